package limiter

import (
	"net/http"
	"net/http/httptrace"
	"time"

	"github.com/goodtenant/goodtenant/policy"
)

// observing reports whether p is only counted.
func (c *core) observing(p *ticket) bool { return p.observed }

// observeLocked lets p go and notes what Enforce would have done with it. All is
// counted as if it had been granted, so that a step to Enforce knows what was
// made before it.
func (c *core) observeLocked(p *ticket, now time.Duration, wall time.Time) {
	p.observed = true
	c.would.Calls++
	if c.queued == 0 && c.app.behind(now) <= now {
		c.app.rest(now)
	}
	if p.t.scope.behind(now) <= now {
		p.t.scope.rest(now)
	}
	p.would = max(c.app.behind(now), p.t.scope.behind(now)) - now
	full := c.app.full() || p.t.scope.full()
	refused := c.hopelessLocked(p, now, wall)
	switch {
	case refused != nil:
	case p.deadline > 0 && now+p.would > p.deadline:
		refused = &RefusedError{Reason: DeadlineTooNear, RetryAt: wall.Add(p.would)}
	case c.app.overdue(now, c.cfg.MaxQueue):
		refused = &RefusedError{Reason: QueueFull, RetryAt: wall.Add(p.would)}
	}
	switch {
	case refused != nil:
		refused.Tenant = p.name
		p.tell().refused = refused
		c.would.Refused++
		c.wouldReasons[refused.Reason]++
	case p.would > 0 || full:
		c.would.Delayed++
		c.would.Time += p.would
		c.would.Longest = max(c.would.Longest, p.would)
	}
	c.grantLocked(p, now, wall)
}

// behind is when a call could go if all those before it had waited their turn:
// under Observe the pace runs ahead of the calls.
func (s *scope) behind(now time.Duration) time.Duration {
	at := now
	for i := range s.rates {
		r := &s.rates[i]
		if r.off {
			continue
		}
		if p := &r.pace; p.gap > 0 && p.credit == 0 {
			from := p.next
			if p.burstToCome > 0 {
				from = max(from, now+p.guard+p.gap)
			}
			at = max(at, from+time.Duration(p.toCome)*p.gap)
		} else if p.gap <= 0 {
			at = max(at, r.win.freeAt(now, 0))
		}
	}
	return at
}

// full reports whether every slot is taken.
func (s *scope) full() bool { return s.slotMax > 0 && s.slots >= s.slotMax }

// overdue reports whether the pace has run so far ahead that a queue of most
// would be full.
func (s *scope) overdue(now time.Duration, most int) bool {
	for i := range s.rates {
		if p := &s.rates[i].pace; p.gap > 0 && p.next-now > time.Duration(most)*p.gap {
			p.next = now + time.Duration(most)*p.gap
			return true
		}
	}
	return false
}

// setMode changes the mode. A step to Observe lets all who wait go at once; a
// step to Enforce begins without a debt in the pace, since nobody has waited.
func (c *core) setMode(m policy.Mode) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, wall := c.tick()
	if m == c.mode {
		return
	}
	c.mode = m
	if m == policy.Observe {
		c.releaseAllLocked(now, wall)
		return
	}
	c.app.settleDebt(now)
	for _, t := range c.tenants {
		t.scope.settleDebt(now)
	}
	c.dispatchLocked(now, wall)
	c.armLocked(now)
}

// releaseAllLocked grants every waiter.
func (c *core) releaseAllLocked(now time.Duration, wall time.Time) {
	for p := c.resent.head; p != nil; p = c.resent.head {
		c.unqueueLocked(p)
		c.grantLocked(p, now, wall)
	}
	for _, t := range c.tenants {
		c.releaseOfLocked(t, now, wall)
	}
	if c.overflow != nil {
		c.releaseOfLocked(c.overflow, now, wall)
	}
}

func (c *core) releaseOfLocked(t *tenant, now time.Duration, wall time.Time) {
	for l := range laneCount {
		for t.lanes[l].n > 0 {
			p := t.lanes[l].head
			c.unqueueLocked(p)
			c.grantLocked(p, now, wall)
		}
	}
}

func (c *core) wouldResend() {
	c.mu.Lock()
	c.would.Resent++
	c.mu.Unlock()
}

func (s *scope) settleDebt(now time.Duration) {
	for i := range s.rates {
		p := &s.rates[i].pace
		p.next = min(p.next, now+p.gap)
	}
}

// observe sends the call as it is, under the app's own context, and only counts.
func (k *sending) observe() (*http.Response, error) {
	a, c := k.a, k.t.core
	k.a = nil
	done := false
	defer func() {
		if !done {
			a.finish(EndCut)
		}
	}()
	a.hook()
	out := k.req.WithContext(httptrace.WithClientTrace(k.ctx, &a.trace))
	resp, err := k.t.Unwrap().RoundTrip(out)
	done = true
	if err != nil || resp == nil {
		a.failed(k.t)
		return resp, err
	}
	a.answered(resp)
	if resp.Request == out {
		resp.Request = k.req
	}
	if th, busy := k.t.classify(resp); th.Kind != 0 {
		asked, said := pauseAsked(th, resp.Header, time.Now())
		v := c.throttled(&a.ticket, th, busy, resp.StatusCode, asked, said)
		if th.Kind != Day && v.wait <= c.cfg.Retry.Cap && k.mayResend(resp.StatusCode) {
			c.wouldResend()
		}
		if f := c.cfg.Hooks.Throttled; f != nil {
			f(k.ctx, v.told)
		}
	}
	if resp.Body == nil || resp.Body == http.NoBody || noContent(k.req, resp) {
		a.finish(EndEOF)
		return resp, nil
	}
	a.handOut(resp, nil, false, true)
	return resp, nil
}
