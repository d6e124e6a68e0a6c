package limiter

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"time"
)

// recentMost bounds Snapshot.Recent.
const recentMost = 32

// classify tells what an answer says about the limits; Kind 0: nothing. busy says
// that the platform asks for a pause, and not because of how much it was called.
func (t *Transport) classify(resp *http.Response) (th Throttle, busy bool) {
	if f := t.core.cfg.Classify; f != nil {
		th = f(resp)
	}
	if th.Kind != 0 {
		return th, false
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests:
	case http.StatusServiceUnavailable:
		if len(resp.Header["Retry-After"]) == 0 {
			return Throttle{}, false
		}
		busy = true
	default:
		return Throttle{}, false
	}
	return Throttle{Kind: Rate, Scope: t.core.widest(Rate)}, busy
}

// widest is the scope of the widest limit of a kind, or of any kind where there
// is none: who is told no without a word why may be any of those who share it.
func (c *core) widest(k Kind) Scope {
	c.mu.Lock()
	defer c.mu.Unlock()
	if slices.ContainsFunc(c.limits, func(l Limit) bool { return l.Kind == k && l.Scope == App }) {
		return App
	}
	if slices.ContainsFunc(c.limits, func(l Limit) bool { return l.Kind == k }) ||
		len(c.limits) > 0 && !slices.ContainsFunc(c.limits, func(l Limit) bool { return l.Scope == App }) {
		return Tenant
	}
	return App
}

// pauseAsked is how long th or the headers ask to wait; ok is false where they do not say.
func pauseAsked(th Throttle, h http.Header, now time.Time) (time.Duration, bool) {
	if !th.Until.IsZero() {
		return max(0, th.Until.Sub(now)), true
	}
	if th.Wait > 0 {
		return th.Wait, true
	}
	return retryAfter(h, now)
}

// verdict is what follows from a throttled answer.
type verdict struct {
	wait    time.Duration // the scope is closed for so long
	told    Throttled
	adapted []Adapted
}

// throttled takes in a throttled answer to p: the gate of the scope closes for
// everyone, and the ladder takes a step unless the platform is only busy.
func (c *core) throttled(p *ticket, th Throttle, busy bool, status int, asked time.Duration, said bool) (v verdict) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, wall := c.tick()
	said = said && asked > 0
	asked = min(asked, maxPause)
	c.totals.Throttled++
	defer func() {
		v.told = Throttled{Tenant: p.name, Status: status, Kind: th.Kind, Scope: th.Scope, Wait: v.wait, Inside: !busy}
		if len(c.recent) == recentMost {
			c.recent = slices.Delete(c.recent, 0, 1)
		}
		c.recent = append(c.recent, Throttle429{At: wall, Status: status, Kind: th.Kind, Scope: th.Scope, Wait: v.wait, Inside: v.told.Inside})
	}()
	if c.observing(p) {
		v.wait = asked
		return v
	}
	s, who := &c.app, ""
	if th.Scope == Tenant {
		s, who = &p.t.scope, p.name
	}
	if th.Kind == Day && s.day != nil && !s.day.off {
		v.wait = asked
		if !said {
			v.wait = s.day.count.freeAt(wall, s.day.limit.Max, s.day.limit.Max).Sub(wall)
		}
		s.day.until = wall.Add(v.wait)
		c.refuseAllLocked(func(q *ticket) *RefusedError { return c.hopelessLocked(q, now, wall) })
		return v
	}
	limit := Limit{}
	r := s.shortest()
	if r != nil {
		limit = r.limit
	}
	switch {
	case th.Kind == Rate && r != nil && !busy:
		gap := r.limit.Per / time.Duration(r.limit.Max)
		stepped, pause := r.ladder.throttled(now, p.wrote, r.guard, gap, max(5, r.limit.Max/4))
		if stepped {
			c.version++ // the tenants' rates are tuned when they are used next
			r.tune(c.guard, &c.cfg)
			v.wait = jitter(max(gap, 50*time.Millisecond), 0.5)
			if pause > 0 {
				v.wait = min(c.cfg.Retry.Cap, jitter(time.Duration(pause)*r.limit.Per, 0.1))
			}
			v.adapted = append(v.adapted, r.adapted(who, v.wait))
			c.sayLocked("limiter: a call was refused with 429 although this app keeps to its limits: another client shares this budget? Send its calls through the same Transport (Over), or lower this app's part with SetLimits", "limit", r.limit.String())
		}
	case th.Kind == Concurrency:
		limit = s.slotOf
		v.wait = jitter(100*time.Millisecond, 0.5)
	default:
		v.wait = jitter(100*time.Millisecond, 0.5)
	}
	if said {
		v.wait = max(v.wait, jitter(asked, min(0.1, float64(time.Second)/float64(asked))))
	}
	c.closeGateLocked(s, now+v.wait, now, wall, limit, status)
	return v
}

// maxPause bounds what a header may ask for, so that no sum overflows.
const maxPause = 100 * 365 * 24 * time.Hour

// jitter adds up to part of d to it; never less than d.
func jitter(d time.Duration, part float64) time.Duration {
	return d + time.Duration(rand.Float64()*part*float64(d))
}

// shortest is the enforced rate with the shortest window, nil where there is none.
func (s *scope) shortest() (least *rate) {
	for i := range s.rates {
		if r := &s.rates[i]; !r.off && (least == nil || r.limit.Per < least.limit.Per) {
			least = r
		}
	}
	return least
}

// closeGateLocked closes a scope until a time and tells those who wait in vain.
func (c *core) closeGateLocked(s *scope, until, now time.Duration, wall time.Time, by Limit, status int) {
	if until <= now {
		return
	}
	if s.gate == nil {
		s.gate = &gate{}
	}
	g := s.gate
	if until > g.until {
		g.until, g.limit = until, by
		g.why = http.StatusText(status)
	}
	c.refuseAllLocked(func(q *ticket) *RefusedError {
		if err := c.hopelessLocked(q, now, wall); err != nil {
			return err
		}
		if q.deadline > 0 && (s == &c.app || s == &q.t.scope) && g.until > q.deadline {
			return &RefusedError{Reason: DeadlineTooNear, Limit: g.limit, RetryAt: wall.Add(g.until - now)}
		}
		return nil
	})
	c.armLocked(now)
}

// recoverLocked takes steps back after quiet times.
func (c *core) recoverLocked(p *ticket, now time.Duration) {
	for _, s := range [...]*scope{&c.app, &p.t.scope} {
		who := ""
		if s != &c.app {
			who = p.name
		}
		for i := range s.rates {
			r := &s.rates[i]
			r.ladder.ok++
			if r.advised > 0 && now >= r.advisedUntil {
				r.advised = 0
				r.tune(c.guard, &c.cfg)
			}
			if r.ladder.recover(now) {
				r.tune(c.guard, &c.cfg)
				n := p.tell()
				n.adapted = append(n.adapted, r.adapted(who, 0))
			}
		}
		if s.slotAdvisedUntil > 0 && now >= s.slotAdvisedUntil {
			s.slotMax, s.slotAdvisedUntil = s.slotOf.Max, 0
		}
	}
}

func (r *rate) adapted(tenant string, pause time.Duration) Adapted {
	a := Adapted{Limit: r.limit, Tenant: tenant, Level: r.ladder.level, Rate: r.ladder.part(), Pause: pause, Note: sharesNote}
	if r.ladder.level == 0 {
		a.Note = "as configured again"
	}
	return a
}

const sharesNote = "another client shares this budget?"
