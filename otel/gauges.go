package otelgoodtenant

import (
	"context"
	"slices"
	"time"

	"github.com/goodtenant/goodtenant"
	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/policy"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// gauges are read from a Snapshot at each collection; no lock is held over it.
type gauges struct {
	limit, used, left               metric.Int64ObservableUpDownCounter
	utilization, resets, exhaustion metric.Float64ObservableGauge
	guard, factor, pause, oldest    metric.Float64ObservableGauge
	burst, level                    metric.Int64ObservableGauge
	inFlight, queued, tenants       metric.Int64ObservableUpDownCounter
	open, observing, store          metric.Int64ObservableGauge
	would                           metric.Int64ObservableCounter
}

// observe has the state read at each collection. The answer ends that.
func (i *instruments) observe(state func() goodtenant.Snapshot, t *telemetry) (release func()) {
	var g gauges
	var all []metric.Observable
	level := func(p *metric.Int64ObservableUpDownCounter, name, unit, text string) {
		v, err := i.meter.Int64ObservableUpDownCounter(name, metric.WithUnit(unit), metric.WithDescription(text))
		*p, all = v, keep(all, v, err)
	}
	whole := func(p *metric.Int64ObservableGauge, name, unit, text string) {
		v, err := i.meter.Int64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(text))
		*p, all = v, keep(all, v, err)
	}
	gauge := func(p *metric.Float64ObservableGauge, name, unit, text string) {
		v, err := i.meter.Float64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(text))
		*p, all = v, keep(all, v, err)
	}
	level(&g.limit, "goodtenant.budget.limit", "{request}", "Limits in force.")
	level(&g.used, "goodtenant.budget.usage", "{request}", "What is used of the limits.")
	level(&g.left, "goodtenant.budget.left", "{request}", "What is left of the limits.")
	gauge(&g.utilization, "goodtenant.budget.utilization", "1", "The part of a limit that is used; of tenants' limits, that of the busiest.")
	gauge(&g.resets, "goodtenant.budget.reset", "s", "Time until the first unit of a day comes back.")
	gauge(&g.exhaustion, "goodtenant.budget.exhaustion", "s", "Time until a day is spent at the pace of the last hour; absent where it lasts.")
	gauge(&g.guard, "goodtenant.rate.guard", "s", "Distance kept from the edge of a rate's window for delays on the way.")
	gauge(&g.factor, "goodtenant.rate.factor", "1", "The part of a rate in use; below 1 after answers that said no.")
	whole(&g.burst, "goodtenant.rate.burst", "{request}", "Calls that may follow each other without spacing.")
	whole(&g.level, "goodtenant.rate.level", "{step}", "How careful the limiter is; 0: as configured.")
	level(&g.inFlight, "goodtenant.lease.active", "{request}", "Exchanges in flight.")
	level(&g.queued, "goodtenant.request.queued", "{request}", "Calls that wait, by priority.")
	gauge(&g.oldest, "goodtenant.request.queued.oldest", "s", "The wait of the call that waits longest.")
	gauge(&g.pause, "goodtenant.pause.remaining", "s", "The longest pause that the platform asked for; 0: none.")
	level(&g.tenants, "goodtenant.tenants", "{tenant}", "Tenants whose state is kept.")
	whole(&g.open, "goodtenant.findings.open", "{finding}", "Open findings, by rule.")
	whole(&g.observing, "goodtenant.observing", "{layer}", "1 where a layer only observes.")
	whole(&g.store, "goodtenant.store.up", "{store}", "1 while the shared store answers.")
	would, err := i.meter.Int64ObservableCounter("goodtenant.would", metric.WithUnit("{request}"), metric.WithDescription("What enforcing would have done with the calls made under observation."))
	g.would, all = would, keep(all, would, err)

	reg, err := i.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		g.read(o, state(), t)
		return nil
	}, all...)
	if err != nil {
		otel.Handle(err)
		return nil
	}
	return func() {
		if err := reg.Unregister(); err != nil {
			otel.Handle(err)
		}
	}
}

func keep(all []metric.Observable, v metric.Observable, err error) []metric.Observable {
	if err != nil {
		otel.Handle(err)
		return all
	}
	return append(all, v)
}

func (g *gauges) read(o metric.Observer, s goodtenant.Snapshot, t *telemetry) {
	with := func(kv ...attribute.KeyValue) metric.ObserveOption {
		return metric.WithAttributeSet(attribute.NewSet(append(t.fixed(), kv...)...))
	}
	g.readLimiter(o, s.Limiter, t, with)
	g.readModes(o, s, with)
	g.readFindings(o, s, with)
	g.readForecast(o, s, with)
}

func (g *gauges) readLimiter(o metric.Observer, s limiter.Snapshot, t *telemetry, with func(...attribute.KeyValue) metric.ObserveOption) {
	g.readScope(o, s.App, nil, s.At, with)
	var busiest []limiter.LimitState
	pause, oldest := s.App.PausedFor, s.App.OldestWait
	lanes := s.App.Queued
	sum := limiter.Lanes{}
	for _, sc := range s.Tenants {
		pause, oldest = max(pause, sc.PausedFor), max(oldest, sc.OldestWait)
		sum.Interactive += sc.Queued.Interactive
		sum.Normal += sc.Queued.Normal
		sum.Background += sc.Queued.Background
		busiest = busier(busiest, sc.Limits)
		if name := t.tenants.show(sc.Tenant); name != "" && name != otherTenant {
			g.readScope(o, sc, []attribute.KeyValue{keyTenant.String(name)}, s.At, with)
		}
	}
	if lanes == (limiter.Lanes{}) {
		lanes = sum
	}
	for _, l := range busiest {
		o.ObserveFloat64(g.utilization, utilization(l), with(limitAttributes(l, limiter.Tenant)...))
	}
	o.ObserveInt64(g.inFlight, int64(s.App.InFlight), with())
	o.ObserveInt64(g.queued, int64(lanes.Interactive), with(keyPriority.String(limiter.Interactive.String())))
	o.ObserveInt64(g.queued, int64(lanes.Normal), with(keyPriority.String(limiter.Normal.String())))
	o.ObserveInt64(g.queued, int64(lanes.Background), with(keyPriority.String(limiter.Background.String())))
	o.ObserveFloat64(g.oldest, oldest.Seconds(), with())
	o.ObserveFloat64(g.pause, pause.Seconds(), with())
	o.ObserveInt64(g.tenants, int64(s.TenantCount), with())
	if s.Store != nil {
		o.ObserveInt64(g.store, oneIf(s.Store.Up), with())
	}
}

// readScope reads the limits of the app, or of a tenant that is shown.
func (g *gauges) readScope(o metric.Observer, sc limiter.ScopeState, who []attribute.KeyValue, at time.Time, with func(...attribute.KeyValue) metric.ObserveOption) {
	scope := limiter.App
	if len(who) > 0 {
		scope = limiter.Tenant
	}
	for _, l := range sc.Limits {
		as := with(append(limitAttributes(l, scope), who...)...)
		o.ObserveInt64(g.limit, int64(l.Max), as)
		o.ObserveInt64(g.used, int64(l.Used), as)
		o.ObserveInt64(g.left, int64(l.Free), as)
		o.ObserveFloat64(g.utilization, utilization(l), as)
		switch l.Kind {
		case limiter.Rate:
			o.ObserveFloat64(g.guard, l.Guard.Seconds(), as)
			o.ObserveFloat64(g.factor, l.Rate, as)
			o.ObserveInt64(g.burst, int64(l.Burst), as)
			o.ObserveInt64(g.level, int64(l.Level), as)
		case limiter.Day:
			if l.Resets != nil {
				o.ObserveFloat64(g.resets, max(0, l.Resets.Sub(at).Seconds()), as)
			}
			if l.RunsOut != nil && !l.RunsOut.IsZero() {
				o.ObserveFloat64(g.exhaustion, max(0, l.RunsOut.Sub(at).Seconds()), as)
			}
		}
	}
}

// busier keeps, of each limit, the state that is used most.
func busier(best, more []limiter.LimitState) []limiter.LimitState {
	for _, l := range more {
		i := slices.IndexFunc(best, func(b limiter.LimitState) bool { return b.Name == l.Name && b.Kind == l.Kind && b.Per == l.Per })
		switch {
		case i < 0:
			best = append(best, l)
		case utilization(l) > utilization(best[i]):
			best[i] = l
		}
	}
	return best
}

func utilization(l limiter.LimitState) float64 {
	if l.Max == 0 {
		return 0
	}
	return float64(l.Used) / float64(l.Max)
}

func limitAttributes(l limiter.LimitState, scope limiter.Scope) []attribute.KeyValue {
	return []attribute.KeyValue{keyLimitName.String(l.Name), keyLimitKind.String(l.Kind.String()), keyLimitScope.String(scope.String())}
}

func (g *gauges) readModes(o metric.Observer, s goodtenant.Snapshot, with func(...attribute.KeyValue) metric.ObserveOption) {
	for layer, mode := range s.Modes {
		o.ObserveInt64(g.observing, oneIf(mode == policy.Observe), with(keyLayer.String(layer)))
	}
}

func (g *gauges) readFindings(o metric.Observer, s goodtenant.Snapshot, with func(...attribute.KeyValue) metric.ObserveOption) {
	open := map[findingKind]int64{}
	for _, f := range s.Findings {
		open[findingKind{f.Rule, f.Severity.String()}]++
	}
	for k, n := range open {
		o.ObserveInt64(g.open, n, with(keyRule.String(k.rule), keySeverity.String(k.severity)))
	}
}

// readForecast tells what the layers that observe would have done.
func (g *gauges) readForecast(o metric.Observer, s goodtenant.Snapshot, with func(...attribute.KeyValue) metric.ObserveOption) {
	tell := func(action string, n uint64) {
		o.ObserveInt64(g.would, int64(n), with(keyAction.String(action)))
	}
	if w := s.Limiter.Would; w != nil {
		tell("delay", w.Delayed)
		tell("refuse", w.Refused)
		tell("resend", w.Resent)
	}
	if s.Modes[goodtenant.Conflict.String()] == policy.Observe {
		tell("replay", uint64(s.Conflict.Would.Replayed))
		tell("send_nothing", uint64(s.Conflict.Would.NoRequest))
	}
	if s.Modes[goodtenant.Dedupe.String()] == policy.Observe {
		tell("share", s.Dedupe.Would.Shared)
		tell("refuse_duplicate", s.Dedupe.Would.Duplicates)
	}
}

func oneIf(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
