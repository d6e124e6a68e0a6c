package limiter

import "context"

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
		h.Admitted(ctx, Admitted{Tenant: p.name, Priority: priorityOf(p.lane), Wait: wait, Attempt: n, Cost: p.cost, Observed: p.observed})
	}
	if h.Day != nil {
		for _, l := range p.levels {
			h.Day(ctx, l)
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
func (c *core) resentHook(ctx context.Context, p *ticket, n int) {
	if f := c.cfg.Hooks.Resent; f != nil {
		f(ctx, Resent{Tenant: p.name, Attempt: n})
	}
}
