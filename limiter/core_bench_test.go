package limiter

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"
)

// stub answers 204 without a network.
type stub struct{}

func (stub) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 204, ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody, Request: r}, nil
}

// wide never binds: what is measured is the limiter, not the waiting.
func wide() Limits {
	return Limits{PerSecond(1_000_000_000), Concurrent(1_000_000).EachTenant(), PerDay(1_000_000_000)}
}

func newTransport(t testing.TB, base http.RoundTripper, c Config) *Transport {
	t.Helper()
	tr, err := NewTransport(base, c)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func request(t testing.TB, ctx context.Context, tenant string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, "GET", "http://api.example.test/contacts/1", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Reapit-Customer", tenant)
	return r
}

func byHeader(r *http.Request) string { return r.Header.Get("Reapit-Customer") }

// BenchmarkAcquire is admission and release alone, nobody waiting.
func BenchmarkAcquire(b *testing.B) {
	tr := newTransport(b, stub{}, Config{Limits: wide()})
	defer tr.Close()
	c, ctx := tr.core, context.Background()
	b.ReportAllocs()
	p := new(ticket)
	for b.Loop() {
		*p = ticket{cost: 1, lane: laneNormal}
		if err := c.admit(ctx, time.Time{}, nil, p); err != nil {
			b.Fatal(err)
		}
		c.ended(p)
	}
}

func BenchmarkRoundTripBare(b *testing.B) { benchRoundTrip(b, stub{}, context.Background()) }

func BenchmarkRoundTrip(b *testing.B) {
	tr := newTransport(b, stub{}, Config{Limits: wide(), Tenant: byHeader})
	defer tr.Close()
	benchRoundTrip(b, tr, context.Background())
}

// BenchmarkRoundTripRunOn has a context that may end: an exchange that is left
// would be seen to its end, on a goroutine of its own.
func BenchmarkRoundTripRunOn(b *testing.B) {
	tr := newTransport(b, stub{}, Config{Limits: wide(), Tenant: byHeader})
	defer tr.Close()
	ctx := b.Context()
	benchRoundTrip(b, tr, ctx)
}

func benchRoundTrip(b *testing.B, rt http.RoundTripper, ctx context.Context) {
	r := request(b, ctx, "AAA")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := rt.RoundTrip(r); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkNetHTTP is what a call over net/http takes on loopback, and what the
// limiter adds to it, by what the context may do: the least of many short runs in
// turn.
func BenchmarkNetHTTP(b *testing.B) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	defer srv.Close()
	base := &http.Transport{}
	defer base.CloseIdleConnections()
	tr := newTransport(b, base, Config{Limits: wide(), Tenant: byHeader})
	defer tr.Close()
	const calls = 20
	runs := []struct {
		name string
		rt   http.RoundTripper
		ctx  context.Context
	}{{"bare", base, b.Context()}, {"never-ends", tr, context.Background()}, {"may-end", tr, b.Context()}}
	least := make([]time.Duration, len(runs))
	for b.Loop() {
		for i, run := range runs {
			at := time.Now()
			for range calls {
				r, _ := http.NewRequestWithContext(run.ctx, "GET", srv.URL, nil)
				resp, err := run.rt.RoundTrip(r)
				if err != nil {
					b.Fatal(err)
				}
				resp.Body.Close()
			}
			if took := time.Since(at) / calls; least[i] == 0 || took < least[i] {
				least[i] = took
			}
		}
	}
	b.ReportMetric(0, "ns/op") // of three together: of no use
	b.ReportMetric(float64(least[0]), "ns-bare/call")
	for i, run := range runs[1:] {
		b.ReportMetric(float64(least[i+1]-least[0]), "ns-added-"+run.name+"/call")
	}
}

// BenchmarkTenants shows what many tenants add to a call.
func BenchmarkTenants(b *testing.B) {
	for _, n := range []int{1, 100, 100_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			tr := newTransport(b, stub{}, Config{Limits: wide(), Tenant: byHeader, MaxTenants: 200_000})
			defer tr.Close()
			reqs := make([]*http.Request, n)
			for i := range reqs {
				reqs[i] = request(b, context.Background(), "T"+strconv.Itoa(i))
			}
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				if _, err := tr.RoundTrip(reqs[i]); err != nil {
					b.Fatal(err)
				}
				if i++; i == n {
					i = 0
				}
			}
		})
	}
}

// BenchmarkRatio runs a bare stub and the limiter over it in turn, so that the
// machine's mood does not matter, and reports how much longer a call takes.
func BenchmarkRatio(b *testing.B) {
	tr := newTransport(b, stub{}, Config{Limits: wide(), Tenant: byHeader})
	defer tr.Close()
	r := request(b, context.Background(), "AAA")
	var took [2]time.Duration
	for b.Loop() {
		for i, rt := range []http.RoundTripper{stub{}, tr} {
			at := time.Now()
			for range 100 {
				send(rt, r)
			}
			took[i] += time.Since(at)
		}
	}
	b.ReportMetric(float64(took[1]-took[0])/float64(b.N)/100, "added-ns/call")
	b.ReportMetric(float64(took[1])/float64(took[0]), "x-bare")
}
