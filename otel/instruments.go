package otelgoodtenant

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/httpconv"
)

// instruments are the metrics that are recorded as things happen; those that are
// read from a Snapshot are in gauges.go.
type instruments struct {
	meter metric.Meter

	duration histogram[attemptKind] // http.client.request.duration
	queue    histogram[queueKind]
	wait     histogram[waitKind]
	lease    histogram[leaseKind]

	refused   counter[refusedKind]
	resent    counter[resentKind]
	throttled counter[throttledKind]
	saved     counter[savedKind]
	members   counter[observedKind]
	conflicts counter[conflictKind]
	writes    counter[outcomeKind]
	creates   counter[outcomeKind]
	lookups   counter[outcomeKind]
	findings  counter[findingKind]
	gated     counter[gatedKind]
	evicted   counter[struct{}]
}

// The kinds of measurement that are told apart.
type (
	attemptKind struct {
		method, host string
		port, status int
		err          string
		tenant       string
	}
	queueKind struct {
		priority string
		observed bool
		tenant   string
	}
	waitKind struct {
		cause    cause
		observed bool
		tenant   string
	}
	leaseKind   struct{ end, tenant string }
	refusedKind struct {
		reason, kind, scope string
		observed            bool
		tenant              string
	}
	resentKind    struct{ hidden bool }
	throttledKind struct {
		status      int
		kind, scope string
		inside      bool
		tenant      string
	}
	savedKind struct {
		reason   string
		observed bool
	}
	observedKind struct{ observed bool }
	conflictKind struct {
		next     string
		observed bool
	}
	outcomeKind struct {
		outcome  string
		observed bool
	}
	findingKind struct{ rule, severity string }
	gatedKind   struct {
		rule     string
		observed bool
	}
)

// seconds are the buckets of waits and leases: up to the minutes that a call may
// wait for its turn.
var seconds = []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}

func newInstruments(m metric.Meter, fixed func() []attribute.KeyValue) *instruments {
	kv := func(kv ...attribute.KeyValue) []attribute.KeyValue { return kv }
	i := &instruments{meter: m}

	d, err := httpconv.NewClientRequestDuration(m)
	if err != nil {
		otel.Handle(err)
	}
	i.duration = histogram[attemptKind]{d.Inst(), newSets(none, attemptAttributes)}
	i.queue = newHistogram(m, "goodtenant.request.time_in_queue", "Time from a call's arrival until it may be sent.", fixed, func(k queueKind) []attribute.KeyValue {
		return tenanted(k.tenant, keyPriority.String(k.priority), keyObserved.Bool(k.observed))
	})
	i.wait = newHistogram(m, "goodtenant.wait.duration", "Waits of calls, by what they waited for.", fixed, func(k waitKind) []attribute.KeyValue {
		return tenanted(k.tenant, keyWaitCause.String(k.cause.String()), keyObserved.Bool(k.observed))
	})
	i.lease = newHistogram(m, "goodtenant.lease.duration", "Time for which an exchange held its slot, until the end of the answer's body.", fixed, func(k leaseKind) []attribute.KeyValue {
		return tenanted(k.tenant, keyEnd.String(k.end))
	})

	i.refused = newCounter(m, "goodtenant.requests.refused", "{request}", "Calls refused here, by reason.", fixed, func(k refusedKind) []attribute.KeyValue {
		return tenanted(k.tenant, keyRefused.String(k.reason), keyLimitKind.String(k.kind), keyLimitScope.String(k.scope), keyObserved.Bool(k.observed))
	})
	i.resent = newCounter(m, "goodtenant.requests.resent", "{request}", "Calls sent again after an answer that said no, or inside net/http (hidden).", fixed, func(k resentKind) []attribute.KeyValue {
		return kv(keyHidden.Bool(k.hidden))
	})
	i.throttled = newCounter(m, "goodtenant.throttles", "{response}", "Answers of the platform that said no, by the limit they were about.", fixed, func(k throttledKind) []attribute.KeyValue {
		return tenanted(k.tenant, semconv.HTTPResponseStatusCode(k.status), keyLimitKind.String(k.kind), keyLimitScope.String(k.scope), keyInside.Bool(k.inside))
	})
	i.saved = newCounter(m, "goodtenant.requests.saved", "{request}", "Calls that needed no request of their own, by reason.", fixed, func(k savedKind) []attribute.KeyValue {
		return kv(keySaved.String(k.reason), keyObserved.Bool(k.observed))
	})
	i.members = newCounter(m, "goodtenant.patch.members.removed", "{member}", "Members of PATCH bodies that were not sent since they do not change.", fixed, func(k observedKind) []attribute.KeyValue {
		return kv(keyObserved.Bool(k.observed))
	})
	i.conflicts = newCounter(m, "goodtenant.conflicts", "{response}", "Versions that the platform refused, by what followed.", fixed, func(k conflictKind) []attribute.KeyValue {
		return kv(keyOutcome.String(k.next), keyObserved.Bool(k.observed))
	})
	i.writes = newCounter(m, "goodtenant.writes", "{request}", "Writes under the care of the conflict layer, by outcome.", fixed, func(k outcomeKind) []attribute.KeyValue {
		return kv(keyOutcome.String(k.outcome))
	})
	i.creates = newCounter(m, "goodtenant.creates", "{request}", "Creates of entities that exist, or that could not be checked, by outcome.", fixed, func(k outcomeKind) []attribute.KeyValue {
		return kv(keyUniqueness.String(k.outcome), keyObserved.Bool(k.observed))
	})
	i.lookups = newCounter(m, "goodtenant.lookups", "{request}", "Requests made to find an entity before it is created, by outcome.", fixed, func(k outcomeKind) []attribute.KeyValue {
		return kv(keyUniqueness.String(k.outcome))
	})
	i.findings = newCounter(m, "goodtenant.findings", "{finding}", "Findings about conduct that the platform forbids.", fixed, func(k findingKind) []attribute.KeyValue {
		return kv(keyRule.String(k.rule), keySeverity.String(k.severity))
	})
	i.gated = newCounter(m, "goodtenant.requests.gated", "{request}", "Calls refused because of an open finding, by its rule.", fixed, func(k gatedKind) []attribute.KeyValue {
		return kv(keyRule.String(k.rule), keyObserved.Bool(k.observed))
	})
	i.evicted = newCounter(m, "goodtenant.compliance.evictions", "{eviction}", "Pieces of the checker's state forgotten to stay inside its memory.", fixed, func(struct{}) []attribute.KeyValue { return nil })
	return i
}

func none() []attribute.KeyValue { return nil }

// fixed are the attributes of every metric of our own.
func (t *telemetry) fixed() []attribute.KeyValue {
	var kv []attribute.KeyValue
	if t.profile != "" {
		kv = append(kv, keyProfile.String(t.profile))
	}
	if t.cfg.name != "" {
		kv = append(kv, keyClient.String(t.cfg.name))
	}
	return kv
}

func attemptAttributes(k attemptKind) []attribute.KeyValue {
	kv := tenanted(k.tenant, semconv.HTTPRequestMethodKey.String(k.method), semconv.ServerAddress(k.host), semconv.ServerPort(k.port))
	if k.status != 0 {
		kv = append(kv, semconv.HTTPResponseStatusCode(k.status))
	}
	if k.err != "" {
		kv = append(kv, semconv.ErrorTypeKey.String(k.err))
	}
	return kv
}

// tenanted adds the tenant where one is shown.
func tenanted(tenant string, kv ...attribute.KeyValue) []attribute.KeyValue {
	if tenant != "" {
		kv = append(kv, keyTenant.String(tenant))
	}
	return kv
}

// histogram is one with its attributes prepared for each kind K.
type histogram[K comparable] struct {
	inst metric.Float64Histogram
	sets *sets[K]
}

func newHistogram[K comparable](m metric.Meter, name, description string, fixed func() []attribute.KeyValue, attributes func(K) []attribute.KeyValue) histogram[K] {
	h, err := m.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(description), metric.WithExplicitBucketBoundaries(seconds...))
	if err != nil {
		otel.Handle(err)
		h = noop.Float64Histogram{}
	}
	return histogram[K]{h, newSets(fixed, attributes)}
}

func (h histogram[K]) record(ctx context.Context, v float64, k K) {
	if h.inst.Enabled(ctx) {
		h.inst.Record(ctx, v, h.sets.of(k).record...)
	}
}

// counter is one with its attributes prepared for each kind K.
type counter[K comparable] struct {
	inst metric.Int64Counter
	sets *sets[K]
}

func newCounter[K comparable](m metric.Meter, name, unit, description string, fixed func() []attribute.KeyValue, attributes func(K) []attribute.KeyValue) counter[K] {
	c, err := m.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(description))
	if err != nil {
		otel.Handle(err)
		c = noop.Int64Counter{}
	}
	return counter[K]{c, newSets(fixed, attributes)}
}

func (c counter[K]) add(ctx context.Context, n int, k K) {
	if n > 0 && c.inst.Enabled(ctx) {
		c.inst.Add(ctx, int64(n), c.sets.of(k).add...)
	}
}
