package limiter

import (
	"net/http"
	"time"
)

// Advice is kept for this many windows, and at least for adviceLeast.
const (
	adviceWindows = 10
	adviceLeast   = time.Minute
	adviceEntries = 10_000 // of one window that are taken as somebody else's at most
)

// advised lowers what the answer's header fields say is lower than what is
// configured. They never raise a limit.
func (c *core) advised(p *ticket, h http.Header) {
	if !speaksOfLimits(h) {
		return
	}
	var room [maxAdvice]advice
	all := advise(h, time.Now(), room[:0])
	if len(all) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now, wall := c.tick()
	for _, a := range all {
		s := &c.app
		if a.scope == Tenant || !c.app.limits(a.kind) {
			s = &p.t.scope
		}
		switch a.kind {
		case Concurrency:
			if a.max > 0 && s.slotOf.Max > a.max {
				s.slotMax, s.slotAdvisedUntil = a.max, now+adviceLeast
			}
		case Day:
			s.day.advised(a, wall)
		case Rate:
			if r := s.rateFor(a); r != nil {
				r.advise(a, now)
				r.tune(c.guard, &c.cfg)
			}
		}
	}
	c.moveLocked(now)
}

// limits reports whether the scope has a limit of the kind.
func (s *scope) limits(k Kind) bool {
	switch k {
	case Concurrency:
		return s.slotOf.Max > 0
	case Day:
		return s.day != nil && !s.day.off
	}
	return s.shortest() != nil
}

// rateFor is the rate that a speaks of: that of its window; where it names none,
// the shortest whose window holds the time until the reset.
func (s *scope) rateFor(a advice) (found *rate) {
	for i := range s.rates {
		r := &s.rates[i]
		switch {
		case r.off, a.per > 0 && a.per != r.limit.Per, a.per == 0 && a.reset > r.limit.Per+time.Second:
		case found == nil || r.limit.Per < found.limit.Per:
			found = r
		}
	}
	return found
}

// advise takes a lower limit over, and what others have used of the window: its
// entries are kept until the reset.
func (r *rate) advise(a advice, now time.Duration) {
	if a.max > 0 && a.max < r.limit.Max {
		r.advised, r.advisedUntil = a.max, now+max(adviceLeast, adviceWindows*r.limit.Per)
		r.win.max = min(r.win.max, a.max)
	}
	if a.remaining < 0 || a.reset <= 0 {
		return
	}
	others := r.win.max - r.win.used(now) - a.remaining
	for range min(others, adviceEntries) {
		r.win.ends.insert(now + min(a.reset, r.limit.Per))
	}
}

// advised notes what the platform says is left of the day.
func (d *day) advised(a advice, wall time.Time) {
	if d == nil || d.off || a.remaining < 0 {
		return
	}
	most := d.limit.Max
	if a.max > 0 {
		most = min(most, a.max)
	}
	until := wall.Add(adviceLeast)
	if a.reset > 0 {
		until = wall.Add(min(a.reset, dayLength))
	}
	if spent := d.limit.Max - min(a.remaining, most); spent > d.count.used(wall) {
		d.elsewhere, d.elsewhereUntil = spent, until
	}
}
