package limiter

import (
	"time"
)

// wrote stamps p's write.
func (c *core) wrote(p *ticket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.tickMono()
	if p.state != granted || p.wrote != 0 {
		return
	}
	c.stampLocked(p, now)
	c.unblockLocked(p.t)
	c.moveLocked(now)
}

func (c *core) stampLocked(p *ticket, now time.Duration) {
	p.wrote, p.sent, p.holding = now, true, "waiting"
	c.writtenLocked(p)
	c.app.wrote(&p.app, now, &c.cfg)
	p.t.scope.wrote(&p.own, now, &c.cfg)
	if c.store != nil && c.cfg.Guarantee == Balanced {
		c.store.countedLocked(p, now)
	}
}

// answered stamps the first byte of p's answer.
func (c *core) answered(p *ticket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.tickMono()
	if p.state != granted {
		return
	}
	if p.wrote == 0 { // a base without trace hooks
		c.stampLocked(p, now)
	} else {
		c.latency.answered(now - p.wrote)
		c.retuneLocked()
	}
	p.answered, p.holding = now, "body"
	c.settleLocked(p, now-c.floorLocked())
	c.recoverLocked(p, now)
	c.unblockLocked(p.t)
	c.moveLocked(now)
}

// settleLocked ends p's open window entries: the call has arrived by at.
func (c *core) settleLocked(p *ticket, at time.Duration) {
	c.writtenLocked(p)
	c.app.settle(&p.app, at)
	p.t.scope.settle(&p.own, at)
	if c.store != nil {
		c.store.countedLocked(p, at)
	}
}

// floorLocked is what every call takes at least.
func (c *core) floorLocked() time.Duration {
	switch {
	case c.cfg.Floor == LearnFloor, c.cfg.Guarantee == Balanced && c.cfg.Floor == 0:
		return c.latency.least()
	}
	return c.cfg.Floor
}

// ended says that the answer was seen to its end.
func (c *core) ended(p *ticket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.tickMono()
	if p.state != granted {
		return
	}
	c.latency.sawEnd(now - p.granted)
	c.settleLocked(p, now)
	c.holdLocked(p, now, c.cfg.ReleaseDelay)
	c.moveLocked(now)
}

// cut says that p's exchange was broken off: the platform may go on with it.
func (c *core) cut(p *ticket, most time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.tickMono()
	if p.state != granted {
		return
	}
	c.totals.Cut++
	linger := c.lingerLocked()
	if most > 0 && c.cfg.Guarantee == Balanced {
		linger = min(linger, most)
	}
	if p.answered == 0 {
		if p.wrote == 0 {
			c.settleLocked(p, now+linger)
		} else {
			c.settleLocked(p, now+max(linger, c.guard)) // it may still be on its way
		}
	}
	p.holding = "cut"
	c.holdLocked(p, now, linger)
	c.moveLocked(now)
}

func (c *core) lingerLocked() time.Duration {
	if c.cfg.Linger > 0 {
		return c.cfg.Linger
	}
	return c.latency.linger()
}

// unsent says that nothing of p reached the wire.
func (c *core) unsent(p *ticket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.tickMono()
	if p.state == granted {
		c.unsentLocked(p, now)
	}
}

func (c *core) unsentLocked(p *ticket, now time.Duration) {
	c.writtenLocked(p)
	c.app.giveBack(&p.app)
	p.t.scope.giveBack(&p.own)
	c.unspendLocked(p)
	if c.store != nil {
		c.store.unusedLocked(p)
	}
	c.freeLocked(p)
	c.moveLocked(now)
}

// holdLocked frees p's slot after d.
func (c *core) holdLocked(p *ticket, now, d time.Duration) {
	if d <= 0 || !p.slot {
		c.freeLocked(p)
		return
	}
	c.overLocked(p)
	p.state = lingering
	c.alarms.push(alarm{at: now + d, p: p})
	c.lingering.pushBack(p)
	c.restedLocked()
}

// overLocked takes p out of flight.
func (c *core) overLocked(p *ticket) {
	switch p.state {
	case granted:
		c.flying.remove(p)
	case lingering:
		c.lingering.remove(p)
	}
}

// freeLocked ends p: its slot is free.
func (c *core) freeLocked(p *ticket) {
	c.overLocked(p)
	p.state = over
	if p.slot {
		p.slot = false
		c.app.slots--
		p.t.scope.slots--
		if c.store != nil {
			c.store.freedLocked(p)
		}
	}
	c.unblockLocked(p.t)
	c.restedLocked()
}

// waitForWriteLocked and writtenLocked keep the list of those whose write is
// still waited for.
func (c *core) waitForWriteLocked(p *ticket) {
	if p.before = c.lastUnwritten; p.before != nil {
		p.before.after = p
	} else {
		c.unwritten = p
	}
	c.lastUnwritten = p
}

func (c *core) writtenLocked(p *ticket) {
	if p.before == nil && p.after == nil && c.unwritten != p {
		return
	}
	if p.before != nil {
		p.before.after = p.after
	} else {
		c.unwritten = p.after
	}
	if p.after != nil {
		p.after.before = p.before
	} else {
		c.lastUnwritten = p.before
	}
	p.before, p.after = nil, nil
}
