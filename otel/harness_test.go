package otelgoodtenant

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/goodtenant/goodtenant"
	"github.com/goodtenant/goodtenant/profile"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// rig is telemetry with SDKs that keep everything, and a stack of two: the
// per-call span, layer, the per-attempt span, base.
type rig struct {
	t      *testing.T
	tel    *telemetry
	tracer *sdktrace.TracerProvider
	meter  *sdkmetric.MeterProvider
	spans  *tracetest.SpanRecorder
	reader *sdkmetric.ManualReader
	logs   *logRecorder

	layer func(req *http.Request, next http.RoundTripper) (*http.Response, error)
	base  func(req *http.Request) (*http.Response, error)
}

func newRig(t *testing.T, opts ...Option) *rig {
	r := &rig{t: t, spans: tracetest.NewSpanRecorder(), reader: sdkmetric.NewManualReader(), logs: &logRecorder{}}
	r.tracer = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(r.spans))
	r.meter = sdkmetric.NewMeterProvider(sdkmetric.WithReader(r.reader))
	var c config
	for _, o := range append(r.options(), opts...) {
		o.apply(&c)
	}
	r.tel = newTelemetry(c)
	p := profile.Profile{Name: "test", Routes: []string{"/contacts", "/contacts/{id}"}}
	tr, err := goodtenant.New(nil, goodtenant.WithProfile(p))
	require.NoError(t, err)
	release := r.tel.bind(tr)
	t.Cleanup(func() { release(); tr.Close() })
	r.layer = func(req *http.Request, next http.RoundTripper) (*http.Response, error) { return next.RoundTrip(req) }
	r.base = func(*http.Request) (*http.Response, error) { return answer(200), nil }
	return r
}

// options take everything to the rig.
func (r *rig) options() []Option {
	return []Option{
		WithTracerProvider(r.tracer),
		WithMeterProvider(r.meter),
		WithLoggerProvider(sdklog.NewLoggerProvider(sdklog.WithProcessor(r.logs))),
		WithPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})),
	}
}

// stack is the RoundTripper under test.
func (r *rig) stack() http.RoundTripper {
	attempt := &perAttempt{t: r.tel, next: roundTrip(func(req *http.Request) (*http.Response, error) { return r.base(req) }), foreign: r.tel.cfg.withoutHTTP}
	return &perCall{t: r.tel, next: roundTrip(func(req *http.Request) (*http.Response, error) { return r.layer(req, attempt) })}
}

func (r *rig) do(method, url string) (*http.Response, error) {
	r.t.Helper()
	req, err := http.NewRequest(method, url, nil)
	require.NoError(r.t, err)
	return r.stack().RoundTrip(req)
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func answer(status int) *http.Response {
	return &http.Response{StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: http.NoBody}
}

// ended gives the spans that have ended, by name, in their order.
func (r *rig) ended(name string) (found []sdktrace.ReadOnlySpan) {
	for _, s := range r.spans.Ended() {
		if s.Name() == name {
			found = append(found, s)
		}
	}
	return found
}

func (r *rig) one(name string) sdktrace.ReadOnlySpan {
	r.t.Helper()
	found := r.ended(name)
	require.Len(r.t, found, 1, "spans named %q", name)
	return found[0]
}

// with turns a span's attributes into a map that a test can compare.
func with(s sdktrace.ReadOnlySpan) map[string]any { return asMap(s.Attributes()) }

func asMap(kv []attribute.KeyValue) map[string]any {
	m := map[string]any{}
	for _, a := range kv {
		m[string(a.Key)] = a.Value.AsInterface()
	}
	return m
}

// metrics collects what the instruments hold now, by name.
func (r *rig) metrics() map[string]metricdata.Metrics {
	r.t.Helper()
	var rm metricdata.ResourceMetrics
	require.NoError(r.t, r.reader.Collect(context.Background(), &rm))
	all := map[string]metricdata.Metrics{}
	for _, sm := range rm.ScopeMetrics {
		require.Equal(r.t, scopeName, sm.Scope.Name)
		for _, m := range sm.Metrics {
			all[m.Name] = m
		}
	}
	return all
}

// points are the values of a metric: the sum, gauge or count for each set of
// attributes, which is written as "key=value key=value" in the order of the keys.
func points(m metricdata.Metrics) map[string]float64 {
	p := map[string]float64{}
	key := func(s attribute.Set) string {
		var parts []string
		for _, kv := range s.ToSlice() {
			parts = append(parts, string(kv.Key)+"="+kv.Value.String())
		}
		return strings.Join(parts, " ")
	}
	switch d := m.Data.(type) {
	case metricdata.Sum[int64]:
		for _, x := range d.DataPoints {
			p[key(x.Attributes)] = float64(x.Value)
		}
	case metricdata.Gauge[int64]:
		for _, x := range d.DataPoints {
			p[key(x.Attributes)] = float64(x.Value)
		}
	case metricdata.Gauge[float64]:
		for _, x := range d.DataPoints {
			p[key(x.Attributes)] = x.Value
		}
	case metricdata.Histogram[float64]:
		for _, x := range d.DataPoints {
			p[key(x.Attributes)] = float64(x.Count)
		}
	}
	return p
}

// logRecorder keeps log records.
type logRecorder struct {
	mu      sync.Mutex
	records []sdklog.Record
}

func (l *logRecorder) OnEmit(_ context.Context, r *sdklog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.records = append(l.records, r.Clone())
	return nil
}

func (l *logRecorder) Enabled(context.Context, sdklog.EnabledParameters) bool { return true }
func (l *logRecorder) Shutdown(context.Context) error                         { return nil }
func (l *logRecorder) ForceFlush(context.Context) error                       { return nil }

func (l *logRecorder) named(event string) (found []sdklog.Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.records {
		if r.EventName() == event {
			found = append(found, r)
		}
	}
	return found
}

func logAttributes(r sdklog.Record) map[string]any {
	var kv []attribute.KeyValue
	r.WalkAttributes(func(a attribute.KeyValue) bool { kv = append(kv, a); return true })
	return asMap(kv)
}

// inSpan is a context with a span of the app's own.
func (r *rig) inSpan(name string, kind trace.SpanKind) (context.Context, trace.Span) {
	return r.tracer.Tracer("app").Start(context.Background(), name, trace.WithSpanKind(kind))
}
