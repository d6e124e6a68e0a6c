package limiter

import (
	"fmt"
	"slices"
	"time"
)

// sweepEvery is how often dropped bodies are looked for, while anyone waits.
const sweepEvery = time.Second

// idleReport is how long an open body is idle, while others wait, before the
// logger says so.
const idleReport = 2 * time.Minute

// drop is called by the collector when an answer's body was neither read nor
// closed. It only notes that: a cleanup runs outside of any synctest bubble.
func (c *core) drop(a *attempt) {
	c.droppedMu.Lock()
	c.dropped = append(c.dropped, a)
	c.droppedMu.Unlock()
}

// opened and shut count the bodies in the app's hands.
func (c *core) opened(a *attempt) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, _ := c.tick()
	a.body, a.idleAt = true, now
	c.open++
	c.armLocked(now)
}

func (c *core) shut(a *attempt) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a.body {
		a.body = false
		c.open--
	}
}

// sweepLocked gives the attempts that are to be cut: their bodies were dropped,
// or nobody has read them for MaxHold.
func (c *core) sweepLocked(now time.Duration) (cuts []*attempt) {
	c.sweepNext = now + sweepEvery
	c.droppedMu.Lock()
	cuts, c.dropped = c.dropped, nil
	c.droppedMu.Unlock()
	for _, a := range cuts {
		if a.body {
			a.body = false
			c.open--
		}
		c.totals.Dropped++
	}
	if len(cuts) > 0 {
		c.sayLocked("limiter: an answer's body was neither read nor closed, its slot was held until it was collected; close every body")
	}
	for p := c.flying.head; p != nil; p = p.next {
		a := p.attempt
		if a == nil || !a.body || slices.Contains(cuts, a) {
			continue
		}
		a.mu.Lock()
		reads := a.reads
		a.mu.Unlock()
		if reads != a.seen {
			a.seen, a.idleAt = reads, now
		}
		idle := now - a.idleAt
		if c.cfg.MaxHold > 0 && idle >= c.cfg.MaxHold {
			cuts = append(cuts, a)
		}
		if idle >= idleReport {
			c.sayLocked("limiter: an answer's body has been open and unread for two minutes while other calls wait for its slot; close every body, or set Config.MaxHold")
		}
	}
	return cuts
}

// loose runs f, which looks after an exchange that the app has left, on a
// goroutine that Close ends.
func (c *core) loose(a *attempt, f func()) {
	a.mu.Lock()
	a.left = true
	a.mu.Unlock()
	c.mu.Lock()
	closed := c.closed // if not, Close will see a.left
	c.mu.Unlock()
	if closed {
		a.cancel(&RefusedError{Reason: Closed})
	}
	go func() {
		defer c.contain()
		f()
	}()
}

// contain keeps a hook's panic on a goroutine of ours from ending the process.
func (c *core) contain() {
	if v := recover(); v != nil {
		c.say("limiter: a hook or the base transport has panicked where no caller was left", "value", fmt.Sprintf("%T", v))
	}
}
