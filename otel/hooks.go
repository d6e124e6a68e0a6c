package otelgoodtenant

import (
	"context"
	"time"

	"github.com/goodtenant/goodtenant"
	"github.com/goodtenant/goodtenant/compliance"
	"github.com/goodtenant/goodtenant/conflict"
	"github.com/goodtenant/goodtenant/dedupe"
	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/policy"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// worthASpan is the shortest wait that gets a span of its own.
const worthASpan = 5 * time.Millisecond

func (t *telemetry) limiterHooks() limiter.Hooks {
	return limiter.Hooks{
		Admitted:  t.admitted,
		Refused:   t.refused,
		Ended:     t.ended,
		Throttled: t.throttled,
		Resent:    t.resent,
		Adapted:   t.adapted,
		Day:       t.dayLevel,
	}
}

func (t *telemetry) admitted(ctx context.Context, a limiter.Admitted) {
	tenant := t.tenants.show(a.Tenant)
	waits := split(a)
	t.inst.queue.record(ctx, a.Wait.Seconds(), queueKind{a.Priority.String(), a.Observed, tenant})
	for c, d := range waits {
		if d > 0 {
			t.inst.wait.record(ctx, d.Seconds(), waitKind{cause(c), a.Observed, tenant})
		}
	}
	k := callOf(ctx)
	if k == nil {
		return
	}
	k.note(func(f *facts) {
		f.tenant, f.priority, f.observed = tenant, a.Priority.String(), a.Observed
		if !a.Observed {
			for c, d := range waits {
				f.waits[c] += d
			}
		}
	})
	if a.Wait >= worthASpan && !a.Observed {
		now := time.Now()
		k.waited(now.Add(-a.Wait), now, longest(waits), waits)
	}
}

// split is what a call waited for; what is not said was time in the queue.
func split(a limiter.Admitted) (w [causes]time.Duration) {
	w[causeDay], w[causeQueue], w[causeSlot] = a.Waits.Day, a.Waits.Queue, a.Waits.Slot
	w[causeRate], w[causePause], w[causeStore] = a.Waits.Rate, a.Waits.Pause, a.Waits.Store
	var sum time.Duration
	for _, d := range w {
		sum += d
	}
	w[causeQueue] += max(0, a.Wait-sum)
	return w
}

func longest(w [causes]time.Duration) (c cause) {
	for i, d := range w {
		if d > w[c] {
			c = cause(i)
		}
	}
	return c
}

// waited makes the span of a wait that is over.
func (k *call) waited(from, to time.Time, why cause, waits [causes]time.Duration) {
	kv := append(make([]attribute.KeyValue, 0, 4), keyWaitCause.String(why.String()))
	for c, d := range waits {
		if d > 0 {
			kv = append(kv, attribute.Float64("goodtenant.wait."+causeNames[c], d.Seconds()))
		}
	}
	_, span := k.t.tracer.Start(k.Context, "goodtenant.wait", trace.WithTimestamp(from), trace.WithAttributes(kv...))
	span.End(trace.WithTimestamp(to))
}

func (t *telemetry) refused(ctx context.Context, e *limiter.RefusedError) {
	kind, scope := "none", "none"
	if e.Limit != (limiter.Limit{}) {
		kind, scope = e.Limit.Kind.String(), e.Limit.Scope.String()
	}
	tenant := t.tenants.show(e.Tenant)
	observed := t.observes(goodtenant.Limiter)
	t.inst.refused.add(ctx, 1, refusedKind{e.Reason.String(), kind, scope, observed, tenant})
	if k := callOf(ctx); k != nil && !observed {
		k.note(func(f *facts) { f.refused, f.tenant = e.Reason.String(), tenant })
	}
}

func (t *telemetry) ended(ctx context.Context, e limiter.Ended) {
	t.inst.lease.record(ctx, e.Took.Seconds(), leaseKind{e.How.String(), t.tenants.show(e.Tenant)})
}

func (t *telemetry) throttled(ctx context.Context, h limiter.Throttled) {
	tenant := t.tenants.show(h.Tenant)
	t.inst.throttled.add(ctx, 1, throttledKind{h.Status, h.Kind.String(), h.Scope.String(), h.Inside, tenant})
	if k := callOf(ctx); k != nil {
		k.note(func(f *facts) { f.throttled++ })
	}
	t.throttledEvent(ctx, h, tenant)
}

func (t *telemetry) resent(ctx context.Context, r limiter.Resent) {
	t.inst.resent.add(ctx, 1, resentKind{r.Hidden})
	if r.Wait <= 0 {
		return
	}
	t.inst.wait.record(ctx, r.Wait.Seconds(), waitKind{causeBackoff, false, t.tenants.show(r.Tenant)})
	if k := callOf(ctx); k != nil {
		k.note(func(f *facts) {
			f.waits[causeBackoff] += r.Wait
			f.backoff, f.backoffAt = r.Wait, time.Now()
		})
	}
}

// backedOff makes the span of a back-off that is over. It was told of before or
// after it was slept; the time that has passed since says which.
func (k *call) backedOff(wait time.Duration, told time.Time) {
	from := told
	if time.Since(told) < wait/2 {
		from = told.Add(-wait)
	}
	k.waited(from, from.Add(wait), causeBackoff, [causes]time.Duration{causeBackoff: wait})
}

func (t *telemetry) conflictHooks() conflict.Hooks {
	return conflict.Hooks{
		Minimised: func(ctx context.Context, m conflict.Minimised) {
			t.inst.members.add(ctx, m.Removed, observedKind{m.Observed})
			if m.NoRequest {
				t.inst.saved.add(ctx, 1, savedKind{"no_change", m.Observed})
			}
			if k := callOf(ctx); k != nil && !m.Observed {
				k.note(func(f *facts) { f.minimised, f.sent, f.removed = true, m.Members-m.Removed, m.Removed })
			}
		},
		Conflicted: func(ctx context.Context, c conflict.Conflicted) {
			t.inst.conflicts.add(ctx, 1, conflictKind{c.Next.String(), c.Observed})
			k := callOf(ctx)
			if k == nil {
				return
			}
			k.release(c.Next != conflict.Replayed || c.Observed)
			k.note(func(f *facts) { f.conflicts++ })
			if c.Wait > 0 && !c.Observed {
				k.note(func(f *facts) { f.waits[causeBackoff] += c.Wait })
			}
		},
		Finished: func(ctx context.Context, o conflict.Outcome) {
			t.inst.writes.add(ctx, 1, outcomeKind{outcome: o.Reason.String()})
			if k := callOf(ctx); k != nil {
				k.note(func(f *facts) {
					f.outcome, f.refetches, f.overlaps = o.Reason.String(), o.Refetches, len(o.Overlaps)
				})
			}
			if o.Reason == conflict.Replayed {
				t.replayedEvent(ctx, o)
			}
		},
	}
}

func (t *telemetry) dedupeHooks() dedupe.Hooks {
	return dedupe.Hooks{
		Shared: func(ctx context.Context, s dedupe.SharedRead) {
			reason := "coalesced"
			if s.Reused {
				reason = "reused"
			}
			observed := s.Mode == policy.Observe
			t.inst.saved.add(ctx, 1, savedKind{reason, observed})
			if k := callOf(ctx); k != nil && !observed {
				k.note(func(f *facts) { f.coalesced = true })
				if s.Leader != nil {
					if sc := trace.SpanContextFromContext(s.Leader); sc.IsValid() {
						k.span.AddLink(trace.Link{SpanContext: sc})
					}
				}
			}
		},
		Duplicate: func(ctx context.Context, d dedupe.Duplicate) {
			observed := d.Mode == policy.Observe
			t.inst.creates.add(ctx, 1, outcomeKind{"duplicate", observed})
			if d.Action != dedupe.Report {
				t.inst.saved.add(ctx, 1, savedKind{"duplicate", observed})
			}
			t.unique(ctx, "duplicate", observed)
		},
		Unchecked: func(ctx context.Context, u dedupe.Unchecked) {
			observed := u.Mode == policy.Observe
			t.inst.creates.add(ctx, 1, outcomeKind{"unchecked", observed})
			t.unique(ctx, "unchecked", observed)
		},
		Lookup: func(ctx context.Context, l dedupe.Lookup) {
			outcome := "none"
			switch {
			case l.Err != nil:
				outcome = "failed"
			case l.Matches > 0:
				outcome = "found"
			}
			t.inst.lookups.add(ctx, l.Calls, outcomeKind{outcome: outcome})
			if k := callOf(ctx); k != nil {
				k.note(func(f *facts) {
					f.lookups += l.Calls
					if f.uniqueness == "" && outcome == "none" {
						f.uniqueness = "unique"
					}
				})
			}
		},
	}
}

func (t *telemetry) unique(ctx context.Context, outcome string, observed bool) {
	if k := callOf(ctx); k != nil && !observed {
		k.note(func(f *facts) { f.uniqueness = outcome })
	}
}

func (t *telemetry) complianceHooks() compliance.Hooks {
	return compliance.Hooks{
		Finding: func(ctx context.Context, f compliance.Finding) {
			t.inst.findings.add(ctx, 1, findingKind{f.Rule, f.Severity.String()})
			t.findingEvent(ctx, f)
		},
		Gated: func(ctx context.Context, g compliance.GateError) {
			observed := t.observes(goodtenant.Compliance)
			t.inst.gated.add(ctx, 1, gatedKind{g.Rule, observed})
			if k := callOf(ctx); k != nil && !observed {
				k.note(func(f *facts) { f.refused = "gate" })
			}
		},
		Evicted: func(ctx context.Context, _ compliance.Eviction) {
			t.inst.evicted.add(ctx, 1, struct{}{})
		},
	}
}
