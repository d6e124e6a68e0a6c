package bench

import (
	"net/http"
	"testing"
	"time"

	"github.com/goodtenant/goodtenant"
	otelgoodtenant "github.com/goodtenant/goodtenant/otel"
	"github.com/goodtenant/goodtenant/profile"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/metric"
	noopmetric "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	nooptrace "go.opentelemetry.io/otel/trace/noop"
)

// stub answers 204 at once.
type stub struct{}

func (stub) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 204, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
}

var routes = profile.Profile{Name: "bench", Routes: []string{"/contacts/{id}"}}

// kinds are what telemetry is asked for, with the allocations that ours may add to
// a call.
var kinds = []struct {
	name    string
	allowed float64
	traces  func() trace.TracerProvider
	meters  func() metric.MeterProvider
}{
	{"off", 0,
		func() trace.TracerProvider { return nooptrace.NewTracerProvider() },
		func() metric.MeterProvider { return noopmetric.NewMeterProvider() }},
	{"unsampled", 9,
		func() trace.TracerProvider {
			return sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample()))
		},
		func() metric.MeterProvider {
			return sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))
		}},
	{"sampled", 14,
		func() trace.TracerProvider { return sdktrace.NewTracerProvider() },
		func() metric.MeterProvider {
			return sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))
		}},
}

func ours(t testing.TB, opts ...otelgoodtenant.Option) http.RoundTripper {
	o := []goodtenant.Option{goodtenant.WithProfile(routes)}
	if len(opts) > 0 {
		o = append(o, otelgoodtenant.Instrument(opts...))
	}
	tr, err := goodtenant.New(stub{}, o...)
	require.NoError(t, err)
	t.Cleanup(func() { tr.Close() })
	return tr
}

// pair is ours and otelhttp for one kind of telemetry, each with what is below it
// without telemetry.
func pair(t testing.TB, i int) (oursWith, oursWithout, theirsWith, theirsWithout http.RoundTripper) {
	k := kinds[i]
	return ours(t, otelgoodtenant.WithTracerProvider(k.traces()), otelgoodtenant.WithMeterProvider(k.meters()), otelgoodtenant.WithPropagator(propagation.TraceContext{})),
		ours(t),
		otelhttp.NewTransport(stub{}, otelhttp.WithTracerProvider(k.traces()), otelhttp.WithMeterProvider(k.meters()), otelhttp.WithPropagators(propagation.TraceContext{})),
		stub{}
}

func newRequest(t testing.TB) *http.Request {
	req, err := http.NewRequest("GET", "https://api.test/contacts/CON1", nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer x")
	req.Header.Set("Accept", "application/json")
	return req
}

func send(t testing.TB, rt http.RoundTripper, req *http.Request) {
	resp, err := rt.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
}

// What telemetry adds to a call, ours beside otelhttp: allocations within the
// targets and below otelhttp's, and less time in the same run.
func TestTelemetryCostsLessThanOtelhttp(t *testing.T) {
	req := newRequest(t)
	for i, k := range kinds {
		oursWith, oursWithout, theirsWith, theirsWithout := pair(t, i)
		allocs := func(rt http.RoundTripper) float64 {
			return testing.AllocsPerRun(500, func() { send(t, rt, req) })
		}
		added, theirs := allocs(oursWith)-allocs(oursWithout), allocs(theirsWith)-allocs(theirsWithout)
		// The least of many short runs in turn: others use the machine too.
		least := [4]time.Duration{1 << 62, 1 << 62, 1 << 62, 1 << 62}
		ratio := 1.
		for round := 0; round < 60 || ratio >= 1 && round < 600; round++ {
			for j, rt := range []http.RoundTripper{oursWith, oursWithout, theirsWith, theirsWithout} {
				begun := time.Now()
				for range 300 {
					send(t, rt, req)
				}
				least[j] = min(least[j], time.Since(begun)/300)
			}
			ratio = float64(least[0]-least[1]) / float64(least[2]-least[3])
		}
		t.Logf("%s: %v allocations more (otelhttp: %v), %v more (otelhttp: %v), ratio %.2f",
			k.name, added, theirs, least[0]-least[1], least[2]-least[3], ratio)
		if added > k.allowed || added >= theirs {
			t.Errorf("%s: %v allocations more, want at most %v and fewer than otelhttp's %v", k.name, added, k.allowed, theirs)
		}
		if ratio >= 1 {
			t.Errorf("%s: %.2f of otelhttp's time, want less", k.name, ratio)
		}
	}
}

func BenchmarkTelemetry(b *testing.B) {
	req := newRequest(b)
	for i, k := range kinds {
		b.Run(k.name, func(b *testing.B) {
			oursWith, oursWithout, theirsWith, theirsWithout := pair(b, i)
			var spent [4]time.Duration
			for b.Loop() {
				for j, rt := range []http.RoundTripper{oursWith, oursWithout, theirsWith, theirsWithout} {
					begun := time.Now()
					for range 100 {
						send(b, rt, req)
					}
					spent[j] += time.Since(begun)
				}
			}
			b.ReportMetric(float64(spent[0]-spent[1])/float64(spent[2]-spent[3]), "x-otelhttp")
			b.ReportMetric(float64(spent[0]-spent[1])/float64(b.N)/100, "ours-ns/call")
			b.ReportMetric(float64(spent[2]-spent[3])/float64(b.N)/100, "otelhttp-ns/call")
		})
	}
}

// A real otelhttp above or below: one CLIENT span for each request, and one
// measurement of its duration.
func TestBesideOtelhttp(t *testing.T) {
	for _, c := range []struct {
		name     string
		sampled  bool
		build    func(theirs []otelhttp.Option, mine goodtenant.Option) http.RoundTripper
		internal int // spans of ours
	}{
		{"below, as the base", true, func(theirs []otelhttp.Option, mine goodtenant.Option) http.RoundTripper {
			return build(t, otelhttp.NewTransport(otelgoodtenant.Annotate(stub{}), theirs...), mine)
		}, 1},
		{"below, as a later middleware", true, func(theirs []otelhttp.Option, mine goodtenant.Option) http.RoundTripper {
			return build(t, stub{}, mine, goodtenant.WithPerAttempt(func(rt http.RoundTripper) http.RoundTripper { return otelhttp.NewTransport(rt, theirs...) }))
		}, 1},
		{"above", true, func(theirs []otelhttp.Option, mine goodtenant.Option) http.RoundTripper {
			return otelhttp.NewTransport(build(t, stub{}, mine), theirs...)
		}, 1},
		{"above, unsampled", false, func(theirs []otelhttp.Option, mine goodtenant.Option) http.RoundTripper {
			return otelhttp.NewTransport(build(t, stub{}, mine), theirs...)
		}, 0},
		{"alone", true, func(_ []otelhttp.Option, mine goodtenant.Option) http.RoundTripper { return build(t, stub{}, mine) }, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			spans, reader := tracetest.NewSpanRecorder(), sdkmetric.NewManualReader()
			sampler := sdktrace.AlwaysSample()
			if !c.sampled {
				sampler = sdktrace.NeverSample()
			}
			tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans), sdktrace.WithSampler(sampler))
			mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
			prop := propagation.TraceContext{}
			rt := c.build([]otelhttp.Option{otelhttp.WithTracerProvider(tp), otelhttp.WithMeterProvider(mp), otelhttp.WithPropagators(prop)},
				otelgoodtenant.Instrument(otelgoodtenant.WithTracerProvider(tp), otelgoodtenant.WithMeterProvider(mp), otelgoodtenant.WithPropagator(prop)))
			const calls = 3
			for range calls {
				send(t, rt, newRequest(t))
			}
			kinds := map[trace.SpanKind]int{}
			for _, s := range spans.Ended() {
				kinds[s.SpanKind()]++
			}
			client := calls
			if !c.sampled {
				client = 0
			}
			require.Equal(t, client, kinds[trace.SpanKindClient], "%v", kinds)
			require.Equal(t, calls*c.internal, kinds[trace.SpanKindInternal], "%v", kinds)

			var rm metricdata.ResourceMetrics
			require.NoError(t, reader.Collect(t.Context(), &rm))
			measured := uint64(0)
			for _, sm := range rm.ScopeMetrics {
				for _, m := range sm.Metrics {
					if h, ok := m.Data.(metricdata.Histogram[float64]); ok && m.Name == "http.client.request.duration" {
						for _, p := range h.DataPoints {
							measured += p.Count
						}
					}
				}
			}
			require.EqualValues(t, calls, measured)
		})
	}
}

func build(t *testing.T, base http.RoundTripper, opts ...goodtenant.Option) http.RoundTripper {
	tr, err := goodtenant.New(base, append(opts, goodtenant.WithProfile(routes))...)
	require.NoError(t, err)
	t.Cleanup(func() { tr.Close() })
	return tr
}
