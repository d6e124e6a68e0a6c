package limiter

import (
	"context"
	"time"

	"github.com/goodtenant/goodtenant/policy"
)

// admit waits until p may be written. It returns nil, a *RefusedError, or why the
// caller left.
func (c *core) admit(ctx context.Context, until time.Time, cancel <-chan struct{}, p *ticket) error {
	c.mu.Lock()
	now, wall := c.tick()
	p.asked = now
	if p.asks {
		c.totals.Calls++
	}
	if !until.IsZero() {
		p.deadline = max(1, now+until.Sub(wall))
	}
	if c.cfg.MaxWait > 0 && (p.deadline == 0 || p.deadline > now+c.cfg.MaxWait) {
		p.deadline = now + c.cfg.MaxWait
	}
	if p.t = c.tenantLocked(p.name, now, wall); c.closed || c.draining && !p.again {
		c.refuseLocked(p, &RefusedError{Reason: Closed})
	} else if c.mode == policy.Observe {
		c.observeLocked(p, now, wall)
	} else {
		c.enqueueLocked(p, now, wall)
	}
	if p.state != queued {
		c.armLocked(now)
		c.mu.Unlock()
		return p.result()
	}
	p.ready = make(chan struct{}, 1)
	c.armLocked(now)
	c.mu.Unlock()

	var late <-chan time.Time
	if c.cfg.MaxWait > 0 {
		t := time.NewTimer(p.deadline - now)
		defer t.Stop()
		late = t.C
	}
	select {
	case <-p.ready:
		return p.result()
	case <-ctx.Done():
		return c.leave(p, leftBecause(ctx))
	case <-cancel:
		return c.leave(p, errCanceled)
	case <-late:
		return c.leave(p, nil)
	}
}

func (p *ticket) result() error {
	if p.err != nil {
		return p.err
	}
	return nil
}

// leave takes a caller out that has had enough: exactly one of left and granted
// is true afterwards. A nil why is MaxWait.
func (c *core) leave(p *ticket, why error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, wall := c.tick()
	switch p.state {
	case queued:
		c.unqueueLocked(p)
		if why == nil {
			at, by := c.earliestLocked(p, now, 0)
			c.refuseLocked(p, &RefusedError{Reason: DeadlineTooNear, Limit: by, RetryAt: wall.Add(at - now)})
			return p.err
		}
		p.state = over
		c.totals.Cancelled++
		c.restedLocked()
		c.dispatchLocked(now, wall)
		return why
	case refused:
		return p.err
	}
	if why == nil {
		return nil // granted in the last moment
	}
	c.totals.Cancelled++
	c.unsentLocked(p, now)
	return why
}

// enqueueLocked puts p into its lane and serves who can be served; p is refused
// where waiting is in vain.
func (c *core) enqueueLocked(p *ticket, now time.Duration, wall time.Time) {
	t := p.t
	if c.queued == 0 {
		c.app.rest(now)
	}
	if t.waiting == 0 {
		t.scope.rest(now)
	}
	ahead := c.aheadLocked(p)
	p.state = queued
	c.queued++
	switch {
	case p.extra:
		c.resent.pushBack(p)
	case p.front:
		t.lanes[p.lane].pushFront(p)
	default:
		t.lanes[p.lane].pushBack(p)
	}
	if !p.extra {
		t.waiting++
		switch {
		case t.state == resting:
			t.state = ready
			c.turns.add(t)
		case t.held == onDay: // only its background calls are held back
			c.unblockLocked(t)
		}
	}
	c.dispatchLocked(now, wall)
	if p.state != queued {
		return
	}
	if err := c.hopelessLocked(p, now, wall); err != nil {
		c.unqueueLocked(p)
		c.refuseLocked(p, err)
		return
	}
	if !p.front && t.lanes[p.lane].n > c.cfg.MaxQueue {
		c.unqueueLocked(p)
		at, by := c.earliestLocked(p, now, ahead)
		c.refuseLocked(p, &RefusedError{Reason: QueueFull, Limit: by, RetryAt: wall.Add(at - now)})
		return
	}
	if at, by := c.earliestLocked(p, now, ahead); p.deadline > 0 && at > p.deadline {
		c.unqueueLocked(p)
		c.refuseLocked(p, &RefusedError{Reason: DeadlineTooNear, Limit: by, RetryAt: wall.Add(at - now)})
	}
}

// aheadLocked counts who goes before p for certain, at this moment: those before
// it in its tenant, and as many of each other tenant that may be served.
func (c *core) aheadLocked(p *ticket) int {
	if p.front {
		return 0
	}
	mine := 0
	for l := laneInteractive; l <= p.lane; l++ {
		mine += p.t.lanes[l].n
	}
	all := mine
	if t := c.turns.head; t != nil && mine > 0 {
		for range 64 {
			if t != p.t {
				all += min(t.waiting, mine)
			}
			if t = t.next; t == c.turns.head {
				break
			}
		}
	}
	return all
}

// earliestLocked is the earliest time at which p can start.
func (c *core) earliestLocked(p *ticket, now time.Duration, ahead int) (time.Duration, Limit) {
	at, by := c.app.freeAt(now, ahead)
	if t, l := p.t.scope.freeAt(now, min(ahead, p.t.waiting)); t > at {
		at, by = t, l
	}
	return at, by
}

// hopelessLocked says why p need not wait: the day is spent, or the platform
// wants a pause that is longer than anyone is made to sleep.
func (c *core) hopelessLocked(p *ticket, now time.Duration, wall time.Time) *RefusedError {
	if c.store != nil {
		if err := c.store.downLocked(now); err != nil {
			return err
		}
	}
	for _, s := range [...]*scope{&c.app, &p.t.scope} {
		if err := s.spent(p.cost, wall); err != nil {
			return err
		}
		if g := s.gate; g != nil && g.until-now > c.cfg.Retry.Cap {
			return &RefusedError{Reason: Paused, Limit: g.limit, RetryAt: wall.Add(g.until - now)}
		}
	}
	return nil
}
