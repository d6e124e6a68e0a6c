package goodtenant

import (
	"context"

	"github.com/goodtenant/goodtenant/compliance"
	"github.com/goodtenant/goodtenant/conflict"
	"github.com/goodtenant/goodtenant/dedupe"
	"github.com/goodtenant/goodtenant/limiter"
)

// Hooks are the layers' hooks in one place. Every func may be nil; each is called
// with the call's context and with no lock held.
type Hooks struct {
	Limiter    limiter.Hooks
	Conflict   conflict.Hooks
	Dedupe     dedupe.Hooks
	Compliance compliance.Hooks

	// Stream names the stream of work that a call belongs to, for compliance, where
	// compliance.Config.Stream is not set; the first of several sets counts.
	Stream func(context.Context) string

	// Bind is called once, when the stack stands, and may keep t: to read its
	// Snapshot, say. release, when not nil, is called by Close.
	Bind func(t *Transport) (release func())
}

// both calls a, then b.
func both[V any](a, b func(context.Context, V)) func(context.Context, V) {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return func(ctx context.Context, v V) { a(ctx, v); b(ctx, v) }
}

func joinHooks(all []Hooks) (j Hooks) {
	for _, h := range all {
		j.Limiter = joinLimiter(j.Limiter, h.Limiter)
		j.Conflict = joinConflict(j.Conflict, h.Conflict)
		j.Dedupe = joinDedupe(j.Dedupe, h.Dedupe)
		j.Compliance = joinCompliance(j.Compliance, h.Compliance)
	}
	return j
}

func joinLimiter(a, b limiter.Hooks) limiter.Hooks {
	return limiter.Hooks{
		Admitted:  both(a.Admitted, b.Admitted),
		Refused:   both(a.Refused, b.Refused),
		Ended:     both(a.Ended, b.Ended),
		Throttled: both(a.Throttled, b.Throttled),
		Resent:    both(a.Resent, b.Resent),
		Adapted:   both(a.Adapted, b.Adapted),
		Day:       both(a.Day, b.Day),
	}
}

func joinConflict(a, b conflict.Hooks) conflict.Hooks {
	return conflict.Hooks{
		Minimised:  both(a.Minimised, b.Minimised),
		Conflicted: both(a.Conflicted, b.Conflicted),
		Finished:   both(a.Finished, b.Finished),
	}
}

func joinDedupe(a, b dedupe.Hooks) dedupe.Hooks {
	return dedupe.Hooks{
		Shared:    both(a.Shared, b.Shared),
		Duplicate: both(a.Duplicate, b.Duplicate),
		Unchecked: both(a.Unchecked, b.Unchecked),
		Lookup:    both(a.Lookup, b.Lookup),
	}
}

func joinCompliance(a, b compliance.Hooks) compliance.Hooks {
	return compliance.Hooks{
		Finding: both(a.Finding, b.Finding),
		Gated:   both(a.Gated, b.Gated),
		Evicted: both(a.Evicted, b.Evicted),
	}
}
