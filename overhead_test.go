package goodtenant_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/goodtenant/goodtenant"
	"github.com/goodtenant/goodtenant/compliance"
	"github.com/goodtenant/goodtenant/conflict"
	"github.com/goodtenant/goodtenant/dedupe"
	"github.com/goodtenant/goodtenant/limiter"
	otelgoodtenant "github.com/goodtenant/goodtenant/otel"
	"github.com/goodtenant/goodtenant/profile"
	nooplog "go.opentelemetry.io/otel/log/noop"
	noopmetric "go.opentelemetry.io/otel/metric/noop"
	nooptrace "go.opentelemetry.io/otel/trace/noop"
)

// noContent is the stub that the costs are measured over: it answers 204, and
// allocates the answer and nothing else.
type noContent struct{}

func (noContent) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 204, ProtoMajor: 1, ProtoMinor: 1, Header: noHeader, Body: http.NoBody, Request: r}, nil
}

var noHeader = http.Header{}

// wide are limits that no call here reaches, of the same kinds as the platform's.
var wide = limiter.Limits{limiter.PerSecond(1_000_000_000), limiter.Concurrent(1_000_000).EachTenant(), limiter.PerDay(1_000_000_000)}

// reapit is the profile for any host.
var reapit = goodtenant.WithProfile(profile.Reapit().At())

// costs are what the library adds to a call, and how many allocations it may.
var costs = []struct {
	name    string
	allowed float64
	opts    []goodtenant.Option
}{
	{"no layer", 0, nil},
	{"limiter", 6, []goodtenant.Option{reapit, goodtenant.WithLimiter(limiter.Config{Limits: wide})}},
	{"conflict", 4, []goodtenant.Option{reapit, goodtenant.WithConflict(conflict.Config{})}},
	{"dedupe", 1, []goodtenant.Option{reapit, goodtenant.WithDedupe(dedupe.Config{})}},
	{"compliance", 4, []goodtenant.Option{reapit, goodtenant.WithCompliance(compliance.Config{})}},
	{"all layers", 12, []goodtenant.Option{goodtenant.WithGuidelines(profile.Reapit().At()), goodtenant.WithLimiter(limiter.Config{Limits: wide})}},
	{"all layers, telemetry off", 12, []goodtenant.Option{
		goodtenant.WithGuidelines(profile.Reapit().At()), goodtenant.WithLimiter(limiter.Config{Limits: wide}),
		otelgoodtenant.Instrument(otelgoodtenant.WithTracerProvider(nooptrace.NewTracerProvider()),
			otelgoodtenant.WithMeterProvider(noopmetric.NewMeterProvider()), otelgoodtenant.WithLoggerProvider(nooplog.NewLoggerProvider())),
	}},
}

// one is a call of an ordinary app: a read of one entity with a token and a
// customer.
func one(tb testing.TB, rt http.RoundTripper) func() {
	req, err := http.NewRequest("GET", "https://platform.reapit.cloud/contacts/CON1", nil)
	if err != nil {
		tb.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer x")
	req.Header.Set("reapit-customer", "SBOX")
	return func() {
		resp, err := rt.RoundTrip(req)
		if err != nil {
			tb.Fatal(err)
		}
		resp.Body.Close()
	}
}

func under(tb testing.TB, opts []goodtenant.Option) http.RoundTripper {
	tr, err := goodtenant.New(noContent{}, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { tr.Close() })
	return tr
}

// The allocations that a call costs beside the stub's one.
func TestAllocationsOfACall(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates too; make test runs this without it, too")
	}
	stub := testing.AllocsPerRun(1000, one(t, noContent{}))
	for _, c := range costs {
		call := one(t, under(t, c.opts))
		for range 2000 {
			call() // state is made, call sites are known
		}
		got := testing.AllocsPerRun(2000, call) - stub
		t.Logf("%s: %v allocations, at most %v", c.name, got, c.allowed)
		if got > c.allowed {
			t.Errorf("%s: %v allocations, want at most %v", c.name, got, c.allowed)
		}
	}
}

// batch is how many calls are timed at once: turns so short that whatever else
// runs on the machine slows all three alike.
const batch = 100

type nanoseconds int64

func (ns *nanoseconds) of(call func()) {
	start := time.Now()
	for range batch {
		call()
	}
	*ns += nanoseconds(time.Since(start))
}

// BenchmarkOverhead measures each stack in pairs with the bare stub, and the
// stacks of more layers beside the limiter alone.
func BenchmarkOverhead(b *testing.B) {
	alone := one(b, under(b, costs[1].opts))
	for _, c := range costs {
		b.Run(c.name, func(b *testing.B) {
			bare, call := one(b, noContent{}), one(b, under(b, c.opts))
			var without, limited, with nanoseconds
			for b.Loop() {
				without.of(bare)
				limited.of(alone)
				with.of(call)
			}
			n := float64(b.N * batch)
			b.ReportMetric(0, "ns/op") // of three together: of no use
			b.ReportMetric(float64(without)/n, "ns-bare/call")
			b.ReportMetric(float64(with-without)/n, "ns-added/call")
			b.ReportMetric(float64(with-without)/float64(limited-without), "x-limiter")
		})
	}
}
