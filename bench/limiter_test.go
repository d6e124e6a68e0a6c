package bench

import (
	"net/http"
	"testing"
	"time"

	"github.com/failsafe-go/failsafe-go/bulkhead"
	"github.com/failsafe-go/failsafe-go/failsafehttp"
	"github.com/failsafe-go/failsafe-go/ratelimiter"
	"github.com/goodtenant/goodtenant/limiter"
	"github.com/hashicorp/go-retryablehttp"
	"github.com/stretchr/testify/require"
	"go.uber.org/ratelimit"
	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"
)

// tripper is a function as an http.RoundTripper.
type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// endless is a rate that never binds: what is measured is the limiter, not the wait.
const endless = 1_000_000_000

// limiters are ours and its peers over the same stub, none of them binding: a rate,
// and five in flight where the library can count that.
func limiters(t testing.TB) (names []string, all map[string]http.RoundTripper) {
	ours, err := limiter.NewTransport(stub{}, limiter.Config{Limits: limiter.Limits{limiter.PerWindow(endless/1000, time.Millisecond), limiter.Concurrent(5)}})
	require.NoError(t, err)
	t.Cleanup(func() { ours.Close() })

	bucket, five := rate.NewLimiter(endless, endless), semaphore.NewWeighted(5)
	waiting := tripper(func(r *http.Request) (*http.Response, error) {
		if err := five.Acquire(r.Context(), 1); err != nil {
			return nil, err
		}
		defer five.Release(1)
		if err := bucket.Wait(r.Context()); err != nil {
			return nil, err
		}
		return stub{}.RoundTrip(r)
	})
	uber := ratelimit.New(endless)
	retrying := retryablehttp.NewClient()
	retrying.Logger, retrying.HTTPClient.Transport = nil, stub{}
	all = map[string]http.RoundTripper{
		"goodtenant": ours,
		"failsafe-go": failsafehttp.NewRoundTripper(stub{},
			bulkhead.NewBuilder[*http.Response](5).WithMaxWaitTime(time.Minute).Build(),
			ratelimiter.NewSmoothBuilder[*http.Response](endless, time.Second).WithMaxWaitTime(time.Minute).Build()),
		"x/time + x/sync":  waiting,
		"uber":             tripper(func(r *http.Request) (*http.Response, error) { uber.Take(); return stub{}.RoundTrip(r) }),
		"go-retryablehttp": &retryablehttp.RoundTripper{Client: retrying},
	}
	names = []string{"goodtenant", "failsafe-go", "x/time + x/sync", "uber", "go-retryablehttp"}
	return names, all
}

// perCall is what a call costs over each, without what the stub costs: the least of
// many short runs in turn, since others use the machine too.
func perCall(t testing.TB, names []string, all map[string]http.RoundTripper, req *http.Request) map[string]time.Duration {
	const rounds, calls = 200, 100
	least := map[string]time.Duration{}
	for range rounds {
		for _, name := range append([]string{""}, names...) {
			rt := all[name]
			if name == "" {
				rt = stub{}
			}
			begun := time.Now()
			for range calls {
				send(t, rt, req)
			}
			if took := time.Since(begun) / calls; least[name] == 0 || took < least[name] {
				least[name] = took
			}
		}
	}
	for _, name := range names {
		least[name] -= least[""]
	}
	return least
}

// The limiter's time beside failsafe-go's executor with a rate limiter and a
// bulkhead, and its allocations. A call whose context may end has a goroutine of
// its own where calls in flight are counted: starting it and waiting for it is half
// of failsafe-go's time, whatever else is saved.
func TestLimiterCostsBesideFailsafe(t *testing.T) {
	names, all := limiters(t)
	req := newRequest(t)
	for _, c := range []struct {
		name  string
		req   *http.Request
		most  float64 // allocations
		ratio float64
	}{{"context that never ends", req, 2, 0.6}, {"context that may end", req.WithContext(t.Context()), 7, 1.45}} {
		// AllocsPerRun counts the stub's too
		allocs := func(rt http.RoundTripper) float64 {
			return testing.AllocsPerRun(500, func() { send(t, rt, c.req) }) - testing.AllocsPerRun(500, func() { send(t, stub{}, c.req) })
		}
		cost := perCall(t, names, all, c.req)
		part := func() float64 { return float64(cost["goodtenant"]) / float64(cost["failsafe-go"]) }
		for range 5 { // a busy machine is no reason
			if part() > c.ratio {
				cost = perCall(t, names, all, c.req)
			}
		}
		for _, name := range names {
			t.Logf("%s: %-16s %6v a call, %2v allocations, %.2f of failsafe-go", c.name, name, cost[name], allocs(all[name]), float64(cost[name])/float64(cost["failsafe-go"]))
		}
		if n := allocs(all["goodtenant"]); n > c.most {
			t.Errorf("%v allocations, want at most %v", n, c.most)
		}
		if r := part(); r > c.ratio {
			t.Errorf("%.2f of failsafe-go's time, want at most %.2f", r, c.ratio)
		}
	}
}

func BenchmarkLimiter(b *testing.B) {
	names, all := limiters(b)
	req := newRequest(b)
	for _, name := range names {
		b.Run(name, func(b *testing.B) {
			var mine, theirs time.Duration
			b.ReportAllocs()
			for b.Loop() {
				begun := time.Now()
				for range 100 {
					send(b, all[name], req)
				}
				mine += time.Since(begun)
				begun = time.Now()
				for range 100 {
					send(b, all["failsafe-go"], req)
				}
				theirs += time.Since(begun)
			}
			b.ReportMetric(float64(mine)/float64(theirs), "x-failsafe")
			b.ReportMetric(float64(mine)/float64(b.N)/100, "ns/call")
		})
	}
}
