package otelgoodtenant

import (
	"net/http"
	"testing"

	"github.com/goodtenant/goodtenant"
	"github.com/goodtenant/goodtenant/profile"
	"github.com/stretchr/testify/require"
	nooplog "go.opentelemetry.io/otel/log/noop"
	noopmetric "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	nooptrace "go.opentelemetry.io/otel/trace/noop"
)

// The allocations that telemetry adds to a call over a stub that answers 204, with
// the trace written into the request.
var overheads = []struct {
	name    string
	allowed float64
	opts    func() []Option
}{
	{"no-op providers", 0, func() []Option {
		return []Option{WithTracerProvider(nooptrace.NewTracerProvider()), WithMeterProvider(noopmetric.NewMeterProvider()), WithLoggerProvider(nooplog.NewLoggerProvider())}
	}},
	{"metrics only", 0, func() []Option {
		return []Option{WithTracerProvider(nooptrace.NewTracerProvider()), WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader())))}
	}},
	{"unsampled, metrics", 9, func() []Option {
		return []Option{
			WithTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample()))),
			WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))),
			WithPropagator(propagation.TraceContext{}),
		}
	}},
	{"sampled, metrics", 14, func() []Option {
		return []Option{
			WithTracerProvider(sdktrace.NewTracerProvider()),
			WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))),
			WithPropagator(propagation.TraceContext{}),
		}
	}},
}

// stub answers 204 and allocates one response.
type stub struct{}

func (stub) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 204, ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody}, nil
}

func overStub(t testing.TB, opts ...goodtenant.Option) (http.RoundTripper, *http.Request) {
	p := profile.Profile{Name: "test", Routes: []string{"/contacts/{id}"}}
	tr, err := goodtenant.New(stub{}, append(opts, goodtenant.WithProfile(p))...)
	require.NoError(t, err)
	t.Cleanup(func() { tr.Close() })
	req, err := http.NewRequest("GET", "https://platform.test/contacts/CON1", nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer x")
	req.Header.Set("Accept", "application/json")
	return tr, req
}

func allocations(t *testing.T, opts ...goodtenant.Option) float64 {
	rt, req := overStub(t, opts...)
	return testing.AllocsPerRun(200, func() {
		if _, err := rt.RoundTrip(req); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAllocations(t *testing.T) {
	bare := allocations(t)
	for _, c := range overheads {
		extra := allocations(t, Instrument(c.opts()...)) - bare
		t.Logf("%s: %v more allocations a call, %v allowed", c.name, extra, c.allowed)
		if c.allowed > 0 && extra > c.allowed+raceSlack || c.allowed == 0 && extra > 0 {
			t.Errorf("%s: %v more allocations a call, want at most %v", c.name, extra, c.allowed)
		}
	}
}

func BenchmarkCall(b *testing.B) {
	run := func(name string, opts ...goodtenant.Option) {
		b.Run(name, func(b *testing.B) {
			rt, req := overStub(b, opts...)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := rt.RoundTrip(req); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	run("without telemetry")
	for _, c := range overheads {
		run(c.name, Instrument(c.opts()...))
	}
}
