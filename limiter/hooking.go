package limiter

import (
	"context"
	"time"
)

// admittedHooks tells of a grant, and of what it brought about.
func (c *core) admittedHooks(ctx context.Context, p *ticket, n int) {
	h := &c.cfg.Hooks
	if h.Admitted == nil && h.Day == nil {
		return
	}
	if h.Admitted != nil {
		wait := p.granted - p.asked
		if p.observed {
			wait = p.would
		}
		told := Admitted{Tenant: p.name, Priority: priorityOf(p.lane), Wait: wait, Waits: p.waits(wait), Attempt: n, Cost: p.cost, Observed: p.observed}
		if p.news != nil {
			told.Refused = p.news.refused
		}
		h.Admitted(ctx, told)
	}
	c.dayHooks(ctx, p)
}

// dayHooks tells of the thresholds that p's units crossed. Each is told once: a
// caller who left in the moment of the grant hears of them too.
func (c *core) dayHooks(ctx context.Context, p *ticket) {
	if f := c.cfg.Hooks.Day; f != nil && p.news != nil {
		levels := p.news.levels
		p.news.levels = nil
		for _, l := range levels {
			f(ctx, l)
		}
	}
}

// refusedHook tells of a refusal.
func (c *core) refusedHook(ctx context.Context, err error) {
	if e, ok := err.(*RefusedError); ok && c.cfg.Hooks.Refused != nil {
		c.cfg.Hooks.Refused(ctx, e)
	}
}

// resentHook tells of a re-send.
func (c *core) resentHook(ctx context.Context, p *ticket, n int, wait time.Duration) {
	if f := c.cfg.Hooks.Resent; f != nil {
		f(ctx, Resent{Tenant: p.name, Attempt: n, Wait: wait})
	}
}

// waits splits a ticket's wait: its turn in the lane, then what held the first of it.
func (p *ticket) waits(wait time.Duration) (w Waits) {
	if p.first > p.asked && !p.observed {
		w.Queue = min(wait, p.first-p.asked)
	}
	rest := wait - w.Queue
	switch p.held {
	case onDay:
		w.Day = rest
	case onSlot:
		w.Slot = rest
	case onRate:
		w.Rate = rest
	case onPause:
		w.Pause = rest
	case onStore:
		w.Store = rest
	default:
		w.Queue += rest
	}
	return w
}
