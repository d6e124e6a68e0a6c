package otelgoodtenant

import (
	"context"
	"net/http"
	"reflect"

	"github.com/goodtenant/goodtenant"
	"github.com/goodtenant/goodtenant/internal/route"
	"github.com/goodtenant/goodtenant/policy"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// scopeName is the instrumentation scope of everything that is made here.
const scopeName = "github.com/goodtenant/goodtenant/otel"

// telemetry is the state of one Transport's telemetry.
type telemetry struct {
	cfg    config
	tracer trace.Tracer
	logger log.Logger
	inst   *instruments

	// silent is the provider under which no span is made: a no-op one, or the
	// global placeholder for as long as no other has taken its place.
	silent        trace.TracerProvider
	silentForEver bool

	// These are settled by bind, before the first call.
	profile string
	mode    func(goodtenant.Layer) (policy.Mode, bool)
	routes  *route.Table
	shapes  *shapes
	tenants *tenantNames
}

func newTelemetry(c config) *telemetry {
	t := &telemetry{cfg: c.withDefaults()}
	t.tracer = t.cfg.tracers.Tracer(scopeName, trace.WithSchemaURL(semconv.SchemaURL))
	t.logger = t.cfg.loggers.Logger(scopeName, log.WithSchemaURL(semconv.SchemaURL))
	t.tenants = newTenantNames(t.cfg.tenants)
	t.routes = route.New(t.cfg.routes)
	t.inst = newInstruments(t.cfg.meters.Meter(scopeName, metric.WithSchemaURL(semconv.SchemaURL)), t.fixed)
	t.shapes = newShapes(t)
	if _, none := t.cfg.tracers.(noop.TracerProvider); none {
		t.silentForEver = true
	} else if isPlaceholder(t.cfg.tracers) {
		t.silent = t.cfg.tracers
	}
	return t
}

// isPlaceholder tells the provider that stands in for the global one until the
// app sets it.
func isPlaceholder(p trace.TracerProvider) bool {
	typ := reflect.TypeOf(p)
	return typ.Kind() == reflect.Pointer && typ.Elem().PkgPath() == "go.opentelemetry.io/otel/internal/global"
}

// tracing tells whether anybody may want spans.
func (t *telemetry) tracing() bool {
	return !t.silentForEver && (t.silent == nil || otel.GetTracerProvider() != t.silent)
}

func (t *telemetry) propagator() propagation.TextMapPropagator {
	if t.cfg.propagator != nil {
		return t.cfg.propagator
	}
	return otel.GetTextMapPropagator()
}

func (t *telemetry) option() goodtenant.Option {
	return goodtenant.Options(
		goodtenant.WithPerCall(func(next http.RoundTripper) http.RoundTripper { return &perCall{t, next} }),
		goodtenant.WithPerAttempt(func(next http.RoundTripper) http.RoundTripper {
			return &perAttempt{t: t, next: next, foreign: t.cfg.withoutHTTP || isInstrumented(next)}
		}),
		goodtenant.WithHooks(goodtenant.Hooks{
			Limiter:    t.limiterHooks(),
			Conflict:   t.conflictHooks(),
			Dedupe:     t.dedupeHooks(),
			Compliance: t.complianceHooks(),
			Stream:     streamOf,
			Bind:       t.bind,
		}),
	)
}

// bind learns what the Transport knows, and has its state read at each collection
// of metrics.
func (t *telemetry) bind(tr *goodtenant.Transport) (release func()) {
	t.profile, t.mode = tr.ProfileName(), tr.Mode
	if routes := tr.Routes(); len(routes) > 0 {
		t.routes = route.New(append(routes, t.cfg.routes...))
	}
	return t.inst.observe(tr.Snapshot, t)
}

// observes tells whether a layer only observes now.
func (t *telemetry) observes(l goodtenant.Layer) bool {
	if t.mode == nil {
		return false
	}
	m, _ := t.mode(l)
	return m == policy.Observe
}

// streamOf names the app's work by the span that the call was made under, such as
// the one of an HTTP handler. The OpenTelemetry API has no getter for a name.
func streamOf(ctx context.Context) string {
	if k := callOf(ctx); k != nil {
		ctx = k.app
	}
	if s, ok := trace.SpanFromContext(ctx).(interface{ Name() string }); ok {
		return s.Name()
	}
	return ""
}
