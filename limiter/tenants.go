package limiter

import (
	"fmt"
	"slices"
	"time"
)

// ratesMost bounds the different windows that one scope has ever had: a ticket
// marks each with a bit.
const ratesMost = 64

// install puts limits in force. What was counted stays: a window that goes and
// comes back has forgotten nothing.
func (c *core) install(limits Limits) error {
	app, err := merge(c.appRates, limits, App)
	if err != nil {
		return err
	}
	own, err := merge(c.ownRates, limits, Tenant)
	if err != nil {
		return err
	}
	c.appRates, c.ownRates = app, own
	c.limits = slices.Clone(limits)
	c.version++
	c.fitLocked(&c.app, app, App)
	return nil
}

// merge gives the windows of one scope: those known, switched off (Max 0) where
// limits has them no longer, then the new ones.
func merge(known []Limit, limits Limits, scope Scope) ([]Limit, error) {
	out := slices.Clone(known)
	for i := range out {
		out[i].Max = 0
	}
	var fresh []Limit
	for _, l := range limits {
		if l.Kind != Rate || l.Scope != scope {
			continue
		}
		if i := slices.IndexFunc(out, func(k Limit) bool { return k.Per == l.Per }); i >= 0 {
			out[i] = l
		} else {
			fresh = append(fresh, l)
		}
	}
	for _, l := range fresh {
		if len(out) < ratesMost {
			out = append(out, l)
			continue
		}
		i := replaceable(out)
		if i < 0 {
			return nil, fmt.Errorf("limiter: Limits have more than %d different windows of one scope", ratesMost-1)
		}
		out[i] = l
	}
	return out, nil
}

// replaceable is a window that is switched off and can be made another: any but
// the longest, which remembers for it. -1: none.
func replaceable(rates []Limit) int {
	longest, found := 0, -1
	for i := range rates {
		if rates[i].Per > rates[longest].Per {
			longest = i
		}
	}
	for i := range rates {
		if i != longest && rates[i].Max == 0 && (found < 0 || rates[i].Per < rates[found].Per) {
			found = i
		}
	}
	return found
}

// fitLocked makes s count and keep what is in force.
func (c *core) fitLocked(s *scope, rates []Limit, of Scope) {
	known := len(s.rates)
	for i := known; i < len(rates); i++ {
		s.rates = append(s.rates, rate{win: sliding{per: rates[i].Per}})
		s.rates[i].win.learn(s.rates[:known])
	}
	for i := range s.rates[:known] {
		if w := &s.rates[i].win; w.per != rates[i].Per { // replaced: calls in flight count on
			w.per, w.ends = rates[i].Per, ring{}
			w.learn(s.rates)
			s.rates[i].pace.next, s.rates[i].ladder, s.rates[i].advised = 0, ladder{}, 0
		}
	}
	for i := range s.rates {
		r := &s.rates[i]
		changed := r.limit != rates[i]
		if r.off = rates[i].Max == 0; !r.off {
			r.limit = rates[i]
		}
		r.tune(c.guard, &c.cfg)
		if i >= known {
			r.pace.credit = r.pace.burst
		}
		if changed { // who waits by the old gap need not
			r.pace.next = min(r.pace.next, r.pace.last+r.pace.guard+r.pace.gap)
		}
	}
	advised := 0
	if s.slotAdvisedUntil > c.latest {
		advised = s.slotMax
	}
	s.slotMax, s.slotOf = 0, Limit{}
	if s.day != nil {
		s.day.off = true
	}
	for _, l := range c.limits {
		switch {
		case l.Scope != of:
		case l.Kind == Concurrency:
			if s.slotMax, s.slotOf = l.Max, l; advised > 0 {
				s.slotMax = min(advised, l.Max)
			}
		case l.Kind == Day:
			if s.day == nil {
				s.day = &day{count: dayCount{rule: c.dayRule}}
			}
			s.day.limit, s.day.off = l, false
		}
	}
}

// syncLocked brings a tenant's limits up to date.
func (c *core) syncLocked(t *tenant) {
	if t.version != c.version {
		t.version = c.version
		c.fitLocked(&t.scope, c.ownRates, Tenant)
	}
}

// tenantLocked finds or makes a tenant. State that holds nothing is dropped now
// and then; above MaxTenants the new ones share one bucket.
func (c *core) tenantLocked(name string, now time.Duration, wall time.Time) *tenant {
	t := c.tenants[name]
	if t == nil {
		if len(c.tenants) >= c.sweepAt || len(c.tenants) >= c.cfg.MaxTenants {
			c.evictLocked(now, wall)
		}
		if len(c.tenants) >= c.cfg.MaxTenants {
			if c.overflow == nil {
				c.overflow = &tenant{}
				c.sayLocked("limiter: more tenants than Config.MaxTenants; the new ones share one set of limits", "MaxTenants", c.cfg.MaxTenants)
			}
			t = c.overflow
		} else {
			t = &tenant{name: name}
			c.tenants[name] = t
		}
	}
	c.syncLocked(t)
	return t
}

// evictLocked drops tenants of which nothing is to be remembered: no window, no
// slot, no pause, nothing of today's count. It costs a constant for each new
// tenant, since it waits for twice as many.
func (c *core) evictLocked(now time.Duration, wall time.Time) {
	if len(c.tenants) < c.sweepAt && now-c.evicted < time.Second {
		return // full of those that are to be remembered: looked at not long ago
	}
	c.evicted = now
	for name, t := range c.tenants {
		if t.waiting == 0 && t.scope.idle(now, wall) {
			delete(c.tenants, name)
		}
	}
	c.sweepAt = max(1024, 2*len(c.tenants))
}

// sayLocked logs a warning once.
func (c *core) sayLocked(msg string, args ...any) {
	if c.log == nil || c.said[msg] {
		return
	}
	c.said[msg] = true
	c.warnings = append(c.warnings, warning{msg, args})
}

// warning is to be logged when the mutex is free.
type warning struct {
	msg  string
	args []any
}

// speak logs what sayLocked has collected.
func (c *core) speak() {
	if c.log == nil {
		return
	}
	c.mu.Lock()
	w := c.warnings
	c.warnings = nil
	c.mu.Unlock()
	for _, w := range w {
		c.log.Warn(w.msg, w.args...)
	}
}

// say logs a warning once, from where no lock is held.
func (c *core) say(msg string, args ...any) {
	if c.log == nil {
		return
	}
	c.mu.Lock()
	c.sayLocked(msg, args...)
	c.mu.Unlock()
	c.speak()
}
