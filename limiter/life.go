package limiter

import (
	"context"
	"slices"
)

// setLimits puts limits in force, keeping all that was counted.
func (c *core) setLimits(limits Limits) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, wall := c.tick()
	if err := c.install(limits); err != nil {
		return err
	}
	c.wanted = slices.Clone(limits)
	if c.store != nil {
		c.store.limitsLocked()
	}
	for _, t := range c.tenants {
		c.refitLocked(t)
	}
	if c.overflow != nil {
		c.refitLocked(c.overflow)
	}
	c.refuseAllLocked(func(p *ticket) *RefusedError { return c.hopelessLocked(p, now, wall) })
	c.dispatchLocked(now, wall)
	c.armLocked(now)
	return nil
}

// refitLocked brings a tenant that waits up to date; the others follow when they
// are used next.
func (c *core) refitLocked(t *tenant) {
	if t.waiting > 0 {
		c.syncLocked(t)
		c.unblockLocked(t)
	}
}

func (c *core) limitsNow() Limits {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.wanted)
}

// drain waits until nothing is queued or in flight.
func (c *core) drain(ctx context.Context) error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.draining = true
	if c.drained == nil {
		c.drained = make(chan struct{})
	}
	drained := c.drained
	c.restedLocked()
	c.mu.Unlock()
	select {
	case <-drained:
		return nil
	default:
	}
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// close ends the queue, the timer and the goroutines that look after exchanges
// which the app has left.
func (c *core) close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	close(c.ending)
	c.refuseAllLocked(func(*ticket) *RefusedError { return &RefusedError{Reason: Closed} })
	if c.timer != nil {
		c.timer.Stop()
	}
	var left []*attempt
	for p := c.flying.head; p != nil; p = p.next {
		if a := p.attempt; a != nil {
			a.mu.Lock()
			if a.left {
				left = append(left, a)
			}
			a.mu.Unlock()
		}
	}
	if c.drained != nil {
		close(c.drained)
		c.drained = nil
	}
	store := c.store
	c.mu.Unlock()
	for _, a := range left {
		a.cancel(&RefusedError{Reason: Closed})
	}
	if store != nil {
		return store.close()
	}
	return nil
}
