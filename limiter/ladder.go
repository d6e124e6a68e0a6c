package limiter

import (
	"math"
	"time"
)

// ladder is how careful one rate has become after 429s that came although we
// were inside the limits: another client shares this budget, or the platform
// counts in another way, or the way varies by more than the guard.
//
//	rung  what it does                                   reached by
//	0     as configured
//	1     no burst, no catch-up                          a 429
//	2     entries held until the answer, as in Strict    another one, soon
//	      with LearnFloor; the rate x 0.93 (x 0.97 where
//	      it was a while), again for each further one
//	      that comes soon
//
// On every rung a 429 doubles the guard, up to one gap. Where hardly a call was
// let in since the last 429 the whole scope pauses: W, 2W, 4W, 8W. A platform
// that counts what it refuses would else never let anyone in again.
//
// Quiet time gives all of it back in reverse order: the rate quickly up to where
// the last 429 came, from there in steps that grow, then the rungs, the guard in small ones. Who falls back right after the step to
// rung 0 waits twice as long before the next.
type ladder struct {
	level  int
	cuts   float64       // the rate is 0.93 to this power
	peak   float64       // what cuts was when the last 429 came: what is free lies near it
	boost  time.Duration // what is added to the guard
	ok     int           // calls let in since the last 429
	streak int           // quiet times in a row
	pauses int           // in a row

	stepped time.Duration // when it became more careful, or less
	cut     time.Duration // when it became more careful
	freed   time.Duration // when it came back to rung 0
	rest    time.Duration // how long rung 1 lasts at least
}

const (
	strictRung = 2
	cutBy      = 0.93
	cutsMost   = 42                     // 0.93^42 is 5 % of the limit
	soonCalls  = 200                    // a 429 in fewer calls than this is soon
	quietTime  = 10 * time.Second       // gives a step back
	restMost   = 640 * time.Second      // of rung 1
	boostStep  = 500 * time.Microsecond // of the guard, each quiet time
)

// part is the part of the limit in use.
func (l *ladder) part() float64 {
	if l.cuts == 0 {
		return 1
	}
	return math.Pow(cutBy, l.cuts)
}

// throttled takes a step after a 429 for a call written at w. guard is the one in
// force and most the largest, few the number of calls that are hardly any.
// pause is how many windows the scope is to pause.
func (l *ladder) throttled(now, w, guard, most time.Duration, few int) (stepped bool, pause int) {
	if l.cut > 0 && w <= l.cut {
		return false, 0 // it was written before the last step and says nothing new
	}
	l.boost += max(0, min(guard/2, most-guard))
	switch {
	case l.level == 0:
		if l.rest == 0 {
			l.rest = quietTime
		}
		if l.freed > 0 && now-l.freed < 3*l.rest {
			l.rest = min(2*l.rest, restMost)
		}
		l.level = 1
	case l.ok < soonCalls:
		l.level = strictRung
		l.peak = l.cuts
		cut := 1.0
		if l.ok >= 4*few { // not one window after the other: closer to what is free
			cut = 0.4
		}
		l.cuts = min(l.cuts+cut, cutsMost)
		if l.ok < few {
			pause = 1 << min(l.pauses, 3)
			l.pauses++
		}
	}
	if pause == 0 {
		l.pauses = 0
	}
	l.cut, l.stepped = now, now
	l.ok, l.streak = 0, 0
	return true, pause
}

// recover takes a step back for each quiet time that has passed.
func (l *ladder) recover(now time.Duration) (stepped bool) {
	for (l.level > 0 || l.boost > 0) && now-l.stepped >= quietTime {
		l.stepped += quietTime
		l.streak++
		l.boost = max(0, l.boost-boostStep)
		stepped = true
		switch {
		case l.cuts > 0:
			step := max(0.05*float64(l.streak*l.streak), l.peak-l.cuts)
			if above := l.cuts - l.peak; above > 0.25 {
				step = above / 2
			}
			l.cuts = max(0, l.cuts-step)
		case l.level == strictRung:
			l.level = 1
		case l.level == 1 && l.stepped-l.cut >= l.rest:
			l.level, l.freed = 0, l.stepped
		}
	}
	return stepped
}
