package limiter

import (
	"time"

	"github.com/goodtenant/goodtenant/policy"
)

// dispatchLocked grants what may go now, a call of each tenant in turn.
func (c *core) dispatchLocked(now time.Duration, wall time.Time) {
	if !c.dispatchResentLocked(now, wall) {
		return
	}
	for c.turns.head != nil {
		if at, known, on := c.app.blocked(now, true); !known || at > now {
			c.held = on
			return
		}
		t := c.turns.head
		c.syncLocked(t)
		at, known, on := t.scope.blocked(now, true)
		if !known {
			c.blockLocked(t, 0, on)
			continue
		}
		if at > now {
			c.blockLocked(t, at, on)
			continue
		}
		if c.store != nil {
			if at, known := c.store.readyLocked(t, now); !known || at > now {
				c.blockLocked(t, at, onStore)
				continue
			}
		}
		closed, until := c.backgroundLocked(t, now, wall)
		lane, ok := t.pick(closed)
		if !ok {
			c.blockLocked(t, until, onDay)
			continue
		}
		p := t.lanes[lane].head
		if err := c.hopelessLocked(p, now, wall); err != nil {
			c.unqueueLocked(p)
			c.refuseLocked(p, err)
			continue
		}
		p.held = t.held
		if p.held == onTurn {
			p.held = c.held
		}
		t.held = onTurn
		c.unqueueLocked(p)
		t.served(lane)
		if c.turns.head == t {
			c.turns.head = t.next
		}
		c.grantLocked(p, now, wall)
	}
}

// dispatchResentLocked grants re-sends by net/http, before all others: they hold
// a slot. It tells whether the app's rates have anything left.
func (c *core) dispatchResentLocked(now time.Duration, wall time.Time) bool {
	for p := c.resent.head; p != nil; {
		q := p
		p = p.next
		if at, known, _ := c.app.blocked(now, false); !known || at > now {
			return false
		}
		c.syncLocked(q.t)
		at, known, _ := q.t.scope.blocked(now, false)
		if known && at <= now && c.store != nil {
			at, known = c.store.readyLocked(q.t, now)
		}
		if known && at > now && at != q.alarm {
			q.alarm = at
			c.alarms.push(alarm{at: at, t: q.t})
		}
		if !known || at > now {
			continue
		}
		err := c.hopelessLocked(q, now, wall)
		if c.unqueueLocked(q); err != nil {
			c.refuseLocked(q, err)
		} else {
			c.grantLocked(q, now, wall)
			p = c.resent.head // with the day's last unit the others are gone
		}
	}
	return true
}

// backgroundLocked tells whether the day's pace line holds t's background lane
// back, and until when.
func (c *core) backgroundLocked(t *tenant, now time.Duration, wall time.Time) (closed [laneCount]bool, until time.Duration) {
	p := t.lanes[laneBackground].head
	if p == nil || c.cfg.Reserve < 0 {
		return closed, 0
	}
	for _, s := range [...]*scope{&c.app, &t.scope} {
		if s.day == nil || s.day.off {
			continue
		}
		if at := now + s.day.count.paceAt(wall, p.cost, s.day.limit.Max).Sub(wall); at > now {
			closed[laneBackground] = true
			until = max(until, at)
		}
	}
	return closed, until
}

// grantLocked takes all that p needs, in one go.
func (c *core) grantLocked(p *ticket, now time.Duration, wall time.Time) {
	p.app, p.own = c.app.take(), p.t.scope.take()
	c.spendLocked(p, wall)
	if !p.extra {
		p.slot = true
		c.app.slots++
		p.t.scope.slots++
		p.runsOn = c.runsOnLocked(p)
	}
	if c.store != nil {
		c.store.useLocked(p)
	}
	p.state, p.granted, p.holding = granted, now, "sending"
	c.flying.pushBack(p)
	c.waitForWriteLocked(p)
	c.totals.Admitted++
	if !p.again && !p.extra {
		c.budget = min(c.budget+c.cfg.Retry.Budget, budgetMost)
	}
	if p.granted > p.asked {
		c.totals.Delayed++
		c.totals.WaitTime += p.granted - p.asked
	}
	p.wakeUp()
	if c.queued > 0 && c.mode == policy.Enforce && (c.app.spentOut() || p.t.scope.spentOut()) {
		c.refuseAllLocked(func(q *ticket) *RefusedError { return c.hopelessLocked(q, now, wall) })
	}
}

func (p *ticket) wakeUp() {
	if p.ready != nil {
		p.ready <- struct{}{}
	}
}

// blockLocked takes t out of the turns until its own limits let it go on; 0: until
// an event.
func (c *core) blockLocked(t *tenant, until time.Duration, on hold) {
	c.turns.remove(t)
	t.held = on
	t.state, t.wake = blocked, until
	if until > 0 {
		c.wakeAtLocked(t, until)
	}
}

// wakeAtLocked sets an alarm for t, unless there is an earlier one: that sets the
// next. A tenant that is blocked again at each event has one alarm all the same.
func (c *core) wakeAtLocked(t *tenant, at time.Duration) {
	if t.alarm == 0 || at < t.alarm {
		t.alarm = at
		c.alarms.push(alarm{at: at, t: t})
	}
}

func (c *core) unblockLocked(t *tenant) {
	if t.state == blocked {
		t.state, t.wake = ready, 0
		c.turns.add(t)
	}
}
