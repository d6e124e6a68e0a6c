package limiter

import (
	"time"
)

// armLocked sets the one timer for the next thing that time alone brings, while
// anyone waits.
func (c *core) armLocked(now time.Duration) {
	next := time.Duration(0)
	sooner := func(at time.Duration) {
		if next == 0 || at < next {
			next = max(at, now+1)
		}
	}
	if c.queued > 0 && !c.closed {
		if c.turns.head != nil || c.resent.n > 0 {
			if at, known, _ := c.app.blocked(now, c.resent.n == 0); known && at > now {
				sooner(at)
			}
		}
		if len(c.alarms) > 0 {
			sooner(c.alarms[0].at)
		}
		if c.unwritten != nil {
			sooner(c.unwritten.granted + patience)
		}
		if c.open > 0 {
			if c.sweepNext < now {
				c.sweepNext = now + sweepEvery
			}
			sooner(c.sweepNext)
		}
	}
	switch {
	case next == 0 || c.timerAt != 0 && c.timerAt <= next && c.timerAt > now:
	case c.timer == nil:
		c.timer = time.AfterFunc(next-now, c.due)
		c.timerAt = next
	default:
		c.timer.Reset(next - now)
		c.timerAt = next
	}
}

// due is the timer's function.
func (c *core) due() {
	c.mu.Lock()
	now, wall := c.tick()
	if c.timerAt != 0 {
		c.latency.woke(now - c.timerAt)
	}
	c.timerAt = 0
	var cuts []*attempt
	if c.sweepNext != 0 && now >= c.sweepNext {
		cuts = c.sweepLocked(now)
	}
	c.dispatchLocked(now, wall)
	c.armLocked(now)
	c.mu.Unlock()
	defer c.contain()
	for _, a := range cuts {
		a.cancel(errDropped)
		a.finish(EndDropped)
	}
	c.speak()
}
