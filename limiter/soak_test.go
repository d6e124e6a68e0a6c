package limiter

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"testing"
	"time"
)

// TestHeapAndGoroutinesStayFlat: seven days of 240,000 calls through a real
// http.Transport in the soak, two hours of it by default.
func TestHeapAndGoroutinesStayFlat(t *testing.T) {
	hours := times(1, 7*24)
	overWire(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"id":"A","name":"somebody"}`)
	}, func(t *testing.T, x *wire) {
		tr := x.limiter(Config{Limits: append(usual(), PerDay(250_000)), Tenant: byHeader})
		hour := func(h int) {
			calls := times(2_500, 10_000) // an hour: 240,000 in any day of 250,000
			gap := time.Hour / time.Duration(calls)
			for i := range calls {
				r := x.request(context.Background(), "GET", "/", nil)
				r.Header.Set("Reapit-Customer", fmt.Sprint("T", h, i%500))
				resp, err := tr.RoundTrip(r)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				time.Sleep(gap)
			}
		}
		hour(0)
		heap0, routines := heap(), runtime.NumGoroutine()
		for h := range hours {
			hour(1 + h)
		}
		heap1 := heap()
		t.Logf("%d hours, %d calls: heap %d KB after the first, %d KB after the last; %d and %d goroutines", 1+hours, x.arrivals.Load(), heap0>>10, heap1>>10, routines, runtime.NumGoroutine())
		if heap1 > heap0+heap0/4+1<<20 || runtime.NumGoroutine() > routines+5 {
			t.Errorf("the heap went from %d to %d bytes, goroutines from %d to %d", heap0, heap1, routines, runtime.NumGoroutine())
		}
		if s := tr.Snapshot(); s.App.InFlight > 0 || s.TenantCount > 4096 {
			t.Errorf("%d in flight, %d tenants kept", s.App.InFlight, s.TenantCount)
		}
		tr.Close()
	})
}

// TestTheSameUseOverHTTP1AndHTTP2: the rate is used and nothing is refused by a
// strict server, over real connections.
func TestTheSameUseOverHTTP1AndHTTP2(t *testing.T) {
	var judge *platform
	overWire(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(judge.arrive(r).StatusCode)
	}, func(t *testing.T, x *wire) {
		for _, m := range []model{slidingLog, countsRejects, fixedWindow, bucket} {
			judge = &platform{model: m, rate: 20, burst: 5, concurrent: 5, service: constant(60 * time.Millisecond)}
			tr := x.limiter(Config{Limits: usual(), Tenant: byHeader})
			d := time.Duration(times(60, 500)) * time.Second
			fleet(roundTripFunc(func(r *http.Request) (*http.Response, error) {
				r.URL.Scheme = x.url[:len(x.url)-len("://api.example.test")]
				return tr.RoundTrip(r)
			}), 25, 10, d, nil)
			part := float64(judge.served(0, d)) / (20 * d.Seconds())
			t.Logf("%s: use %.2f %%", describe(judge), 100*part)
			if part < .985 || judge.refused(0) > 0 || judge.peak > 5 || judge.worst(time.Second) > 20 {
				t.Errorf("%s: use %.2f %%, want 98.5 %% and none refused", describe(judge), 100*part)
			}
			tr.Close()
			time.Sleep(10 * time.Second)
		}
	})
}
