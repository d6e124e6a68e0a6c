package limiter

import (
	"math"
	"time"
)

// ladder is how careful one rate has become after 429s that came although we
// were inside the limits: another client shares this budget, or the platform
// counts in another way.
//
//	rung  what it does                                       reached by
//	0     as configured
//	1     no burst, no catch-up, twice the guard             a 429
//	2...  entries held until the answer, as in Strict with
//	      LearnFloor; the rate x 0.93 each time; the scope
//	      pauses W, 2W, 4W, 8W                               another within 5 W
//
// Every quiet ten seconds give one step of the rate back, then the rungs, in
// reverse order. 429s for calls that were written before the last step say
// nothing new.
type ladder struct {
	level   int
	cuts    float64       // the rate is 0.93 to this power
	stepped time.Duration // when it became more careful, or less
	cut     time.Duration // when it became more careful
}

const (
	strictRung   = 2
	cutBy        = 0.93
	partLeast    = 0.05
	quietTime    = 10 * time.Second
	recoverSteps = 0.25 // of a cut, each quiet time
)

// part is the part of the limit in use.
func (l *ladder) part() float64 {
	if l.cuts == 0 {
		return 1
	}
	return max(partLeast, math.Pow(cutBy, l.cuts))
}

// widen is the guard on this rung.
func (l *ladder) widen(guard time.Duration) time.Duration {
	if l.level > 0 {
		return 2 * guard
	}
	return guard
}

// throttled takes a step after a 429 for a call written at w. It tells whether
// it did and, from the second step within 5 windows on, that the scope pauses.
func (l *ladder) throttled(now, w, per time.Duration) (stepped, pause bool) {
	if l.level > 0 && w <= l.cut {
		return false, false
	}
	again := l.level > 0 && now-l.cut <= 5*per
	l.level = max(l.level, 1)
	if again || l.level >= strictRung {
		l.level = strictRung
		l.cuts = min(l.cuts+1, 42)
	}
	l.cut, l.stepped = now, now
	return true, again
}

// recover takes a step back for each quiet time that has passed.
func (l *ladder) recover(now time.Duration) (stepped bool) {
	for l.level > 0 && now-l.stepped >= quietTime {
		l.stepped += quietTime
		stepped = true
		switch {
		case l.cuts > 0:
			l.cuts = max(0, l.cuts-recoverSteps)
		default:
			l.level--
		}
	}
	return stepped
}
