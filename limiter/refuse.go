package limiter

// refuseLocked refuses p, which is in no queue.
func (c *core) refuseLocked(p *ticket, err *RefusedError) {
	err.Tenant = p.name
	p.err, p.state = err, refused
	c.totals.Refused++
	c.reasons[err.Reason]++
	c.restedLocked()
	p.wakeUp()
}

// refuseAllLocked refuses every waiter for which why has an answer.
func (c *core) refuseAllLocked(why func(*ticket) *RefusedError) {
	if c.queued == 0 {
		return
	}
	for _, t := range c.tenants {
		c.refuseOfLocked(t, why)
	}
	if c.overflow != nil {
		c.refuseOfLocked(c.overflow, why)
	}
	for p := c.resent.head; p != nil; {
		q := p
		p = p.next
		if err := why(q); err != nil {
			c.unqueueLocked(q)
			c.refuseLocked(q, err)
		}
	}
	c.restedLocked()
}

func (c *core) refuseOfLocked(t *tenant, why func(*ticket) *RefusedError) {
	for l := range laneCount {
		for p := t.lanes[l].head; p != nil; {
			q := p
			p = p.next
			if err := why(q); err != nil {
				c.unqueueLocked(q)
				c.refuseLocked(q, err)
			}
		}
	}
}

// unqueueLocked takes p out of its lane.
func (c *core) unqueueLocked(p *ticket) {
	t := p.t
	if p.extra {
		c.resent.remove(p)
		p.state = fresh
		c.queued--
		return
	}
	l := &t.lanes[p.lane]
	if l.remove(p); l.head != nil && l.head.first == 0 {
		l.head.first = c.latest
	}
	p.state = fresh
	t.waiting--
	c.queued--
	if t.waiting == 0 {
		if t.state == ready {
			if c.turns.head == t {
				c.turns.head = t.next
			}
			c.turns.remove(t)
		}
		t.state = resting
	}
}

// restedLocked lets Drain know when nothing is left.
func (c *core) restedLocked() {
	if c.drained != nil && c.queued == 0 && c.flying.n == 0 {
		close(c.drained)
		c.drained = nil
	}
}
