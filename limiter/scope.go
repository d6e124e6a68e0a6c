package limiter

import (
	"math"
	"time"
)

// scope is the state of the limits of the app, or of one tenant.
type scope struct {
	rates            []rate
	slots            int           // exchanges that hold one
	slotMax          int           // 0: no concurrency limit
	slotOf           Limit         // the concurrency limit as configured
	slotAdvisedUntil time.Duration // the platform's headers named a lower slotMax; it is forgotten then
	day              *day          // nil: no day limit
	gate             *gate         // nil: never closed
}

// rate is one Rate limit in force, with what it has counted. A rate that
// SetLimits has taken away is off: it goes on counting, and limits nothing.
type rate struct {
	limit  Limit
	off    bool
	win    sliding
	pace   pace
	ladder ladder
	guard  time.Duration // for delays on the way, at most one gap

	advised      int           // a lower limit that the platform's headers named; 0: none
	advisedUntil time.Duration // it is forgotten then
}

// day is one Day limit with its count.
type day struct {
	limit          Limit
	off            bool
	count          dayCount
	shared         int       // spent by all who share the store, as it said last
	told           int       // how many of dayLevels have been told
	elsewhere      int       // spent at least, as the platform's headers said
	elsewhereUntil time.Time // they are forgotten then
	until          time.Time // the platform said that it is spent until then
}

// gate is closed while the platform wants a pause.
type gate struct {
	until time.Duration
	limit Limit
	why   string
}

// tune sets what follows from the guard, the guarantee and the ladder.
func (r *rate) tune(guard time.Duration, cfg *Config) {
	if r.off {
		r.win.max, r.pace.gap = maxCount, 0
		return
	}
	part := r.ladder.part()
	most := float64(r.limit.Max)
	if r.advised > 0 {
		most = min(most, float64(r.advised))
	}
	most *= part
	r.win.max = int(math.Ceil(most)) // the pace keeps to the fraction
	gap := time.Duration(float64(r.limit.Per) / most)
	r.guard = min(guard+r.ladder.boost, gap)
	if cfg.Guarantee == Strict {
		return // no pace: the window's rule is all
	}
	p := &r.pace
	p.gap = time.Duration(float64(r.limit.Per+r.guard)/most) + 1
	p.guard = r.guard
	p.burst, p.catchUp = min(cfg.Burst, r.win.max), 2
	if r.ladder.level > 0 {
		p.burst, p.catchUp = 0, 0
	}
	p.credit = min(p.credit, p.burst)
}

// untilAnswer tells whether an entry stays open until its answer is seen.
func (r *rate) untilAnswer(cfg *Config) bool {
	return cfg.Guarantee == Strict || r.ladder.level >= strictRung
}

// hold is what a call waits for.
type hold uint8

const (
	onTurn hold = iota // for the calls before it
	onDay
	onSlot
	onRate
	onPause
	onStore
)

// blocked tells until when no call of this scope may be granted, and what for;
// known is false where that waits for an event. at <= now: not blocked. A re-send
// by net/http has its slot already.
func (s *scope) blocked(now time.Duration, slotToo bool) (at time.Duration, known bool, on hold) {
	at = now
	if s.gate != nil && s.gate.until > now {
		at, on = s.gate.until, onPause
	}
	if slotToo && s.slotMax > 0 && s.slots >= s.slotMax {
		return at, false, onSlot
	}
	for i := range s.rates {
		r := &s.rates[i]
		if r.off {
			continue
		}
		t, known := r.win.nextFree(now)
		if !known {
			return at, false, onRate
		}
		if t > at {
			at, on = t, onRate
		}
		if t, known = r.pace.ready(now); !known {
			return at, false, onRate
		}
		if t > at {
			at, on = t, onRate
		}
	}
	return at, true, on
}

// freeAt is the earliest time, slots taken as free, at which a call may go that
// has ahead others before it.
func (s *scope) freeAt(now time.Duration, ahead int) (at time.Duration, by Limit) {
	at = now
	if s.gate != nil && s.gate.until > at {
		at, by = s.gate.until, s.gate.limit
	}
	for i := range s.rates {
		r := &s.rates[i]
		if r.off {
			continue
		}
		if t := max(r.win.freeAt(now, ahead), r.pace.freeAt(now, ahead)); t > at {
			at, by = t, r.limit
		}
	}
	return at, by
}

// marks says what a ticket has taken of a scope's rates, a bit each.
type marks struct {
	open   uint64 // the window's entry has no end yet
	credit uint64 // the pace's credit was used
	toCome uint64 // the pace waits for it
}

// take counts one call in every rate.
func (s *scope) take() (m marks) {
	for i := range s.rates {
		r := &s.rates[i]
		r.win.open++
		if r.pace.grant() {
			m.credit |= 1 << i
		}
	}
	m.open = 1<<len(s.rates) - 1
	m.toCome = m.open
	return m
}

// wrote stamps a call at the wire: the pace goes on, and the entries of the
// rates that do not wait for the answer get their end.
func (s *scope) wrote(m *marks, w time.Duration, cfg *Config) {
	for i := range s.rates {
		r, bit := &s.rates[i], uint64(1)<<i
		if m.toCome&bit != 0 {
			r.pace.forget(m.credit&bit != 0)
		}
		r.pace.wrote(w, m.credit&bit != 0)
		if m.open&bit != 0 && !r.untilAnswer(cfg) {
			r.win.leave(w + r.guard + r.win.per)
			m.open &^= bit
		}
	}
	m.toCome = 0
}

// settle gives the entries that are still open their end, counted from at: the
// latest time at which the call can have arrived.
func (s *scope) settle(m *marks, at time.Duration) {
	for i := range s.rates {
		r, bit := &s.rates[i], uint64(1)<<i
		if m.toCome&bit != 0 {
			r.pace.forget(m.credit&bit != 0)
			r.pace.wrote(at, m.credit&bit != 0)
		}
		if m.open&bit != 0 {
			r.win.leave(at + r.win.per)
		}
	}
	m.open, m.toCome = 0, 0
}

// giveBack undoes take for a call that never reached the wire.
func (s *scope) giveBack(m *marks) {
	for i := range s.rates {
		r, bit := &s.rates[i], uint64(1)<<i
		if m.open&bit != 0 {
			r.win.open--
		}
		if m.toCome&bit != 0 {
			r.pace.giveBack(m.credit&bit != 0)
		}
	}
	m.open, m.toCome = 0, 0
}

// forgive lets the paces go on without waiting for a call that takes long to be
// written.
func (s *scope) forgive(m *marks) {
	for i := range s.rates {
		if bit := uint64(1) << i; m.toCome&bit != 0 {
			s.rates[i].pace.forget(m.credit&bit != 0)
		}
	}
	m.toCome = 0
}

// rest turns the time in which nobody waited into bursts.
func (s *scope) rest(now time.Duration) {
	for i := range s.rates {
		s.rates[i].pace.rest(now)
	}
}

// idle reports whether nothing would be forgotten with the scope.
func (s *scope) idle(now time.Duration, wall time.Time) bool {
	if s.slots > 0 || s.gate != nil && s.gate.until > now {
		return false
	}
	for i := range s.rates {
		if r := &s.rates[i]; r.win.used(now) > 0 || r.ladder.level > 0 || r.ladder.boost > 0 || r.pace.next > now || r.advised > 0 && r.advisedUntil > now {
			return false
		}
	}
	d := s.day
	return s.slotAdvisedUntil <= now &&
		(d == nil || d.count.used(wall) == 0 && !d.until.After(wall) && !d.elsewhereUntil.After(wall))
}
