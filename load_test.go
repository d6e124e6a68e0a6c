package goodtenant_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goodtenant/goodtenant"
	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/platformtest"
	"github.com/goodtenant/goodtenant/profile"
)

// work makes n reads from 25 goroutines for 10 customers, each of another entity,
// and says how long that took on the clock and how many failed.
func work(p *platformtest.Server, c *http.Client, n int) (took time.Duration, failed int64) {
	var wg sync.WaitGroup
	var next, bad atomic.Int64
	start := time.Now()
	for i := range 25 {
		wg.Go(func() {
			for {
				k := next.Add(1)
				if k > int64(n) {
					return
				}
				resp, _, err := call(p, c, "GET", fmt.Sprintf("/properties/?pageSize=1&pageNumber=%d", k), "", "reapit-customer", fmt.Sprintf("C%02d", i%10))
				if err != nil || resp.StatusCode != 200 {
					bad.Add(1)
				}
			}
		})
	}
	wg.Wait()
	return time.Since(start), bad.Load()
}

// The whole stack under each way of counting: nothing is refused, and the rate is
// used over HTTP/2 as over HTTP/1.1.
func TestEveryModelOverBothProtocols(t *testing.T) {
	n := counted(600, 10_000)
	for name, config := range map[string]platformtest.Config{
		"sliding log":                      {},
		"sliding log that counts rejected": {CountRejected: true},
		"fixed window":                     {Model: platformtest.FixedWindow, Phase: 370 * time.Millisecond},
		"token bucket":                     {Model: platformtest.TokenBucket, Burst: 5},
	} {
		t.Run(name, func(t *testing.T) {
			used := map[bool]float64{}
			for _, h2 := range []bool{false, true} {
				synctest.Test(t, func(t *testing.T) {
					config := config
					config.InMemory, config.HTTP2, config.Service, config.Keep = true, h2, 80*time.Millisecond, -1
					p := platformtest.NewServer(config)
					defer p.Close()
					base := p.Client()
					base.Transport.(*http.Transport).MaxIdleConnsPerHost = 100
					c, err := goodtenant.Wrap(base, goodtenant.WithGuidelines(profile.Reapit()))
					if err != nil {
						t.Fatal(err)
					}
					tr, _ := goodtenant.From(c)
					defer tr.Close()
					work(p, c, 1) // net/http dials several times at once while it does not know that one does
					time.Sleep(2 * time.Second)
					took, failed := work(p, c, n)
					s := p.Stats()
					s.Requests--
					used[h2] = float64(n-1) / took.Seconds() / 20
					if failed > 0 || s.Refused > 0 || s.Requests != n || s.MostInWindow > 20 || s.MostInFlight > 5 {
						t.Errorf("HTTP/2 %v: %d failed, %+v", h2, failed, s)
					}
					if h2 && s.Connections != 1 {
						t.Errorf("%d connections", s.Connections)
					}
				})
			}
			t.Logf("%.2f %% of the rate over HTTP/1.1, %.2f %% over HTTP/2", 100*used[false], 100*used[true])
			if used[false] < 0.985 || used[true] < used[false]*0.99 || used[true] > used[false]*1.01 {
				t.Errorf("used %v of the rate", used)
			}
		})
	}
}

// A server that ends the connection after every 50th answer: every arrival is
// counted and no call is lost.
func TestHangUpsOverBothProtocols(t *testing.T) {
	for _, h2 := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			p := platformtest.NewServer(platformtest.Config{InMemory: true, HTTP2: h2, HangUpEvery: 50, Service: 80 * time.Millisecond})
			defer p.Close()
			c := tenantApp(t, p)
			tr, _ := goodtenant.From(c)
			n := counted(600, 6000)
			_, failed := work(p, c, n)
			s := p.Stats()
			if failed > 0 || s.Refused > 0 || s.MostInWindow > 20 || s.MostInFlight > 5 || s.Connections < n/50 {
				t.Errorf("HTTP/2 %v: %d failed, %+v", h2, failed, s)
			}
			if sent := tr.Snapshot().LastHour.Sent; sent != s.Requests {
				t.Errorf("HTTP/2 %v: %d sent by the library's count, %d arrived", h2, sent, s.Requests)
			}
		})
	}
}

// Limits that change 1,000 times a second under load, through two Transports that
// share them: no call is lost, the larger of the two is kept.
func TestSetLimitsThousandTimesASecond(t *testing.T) {
	for _, h2 := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			p := platformtest.NewServer(platformtest.Config{InMemory: true, HTTP2: h2, Service: 80 * time.Millisecond})
			defer p.Close()
			c := tenantApp(t, p)
			tr, _ := goodtenant.From(c)
			second := &http.Client{Transport: tr.Over(p.Client().Transport)}
			ctx, stop := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			changes := 0
			wg.Go(func() {
				for ; ctx.Err() == nil; changes++ {
					l := limiter.Limits{limiter.PerSecond(10 + 10*(changes%2)), limiter.Concurrent(1 + changes%5).EachTenant(), limiter.PerDay(250_000 - changes%3)}
					if err := tr.SetLimits(l); err != nil {
						t.Error(err)
					}
					time.Sleep(time.Millisecond)
				}
			})
			n := counted(100, 2000)
			var other int64
			wg.Go(func() { _, other = work(p, second, n) })
			_, failed := work(p, c, n)
			stop()
			wg.Wait()
			s := p.Stats()
			if failed+other > 0 || s.Refused > 0 || s.Requests != 2*n || changes < 2000 {
				t.Errorf("HTTP/2 %v: %d changes, %d and %d failed, %+v", h2, changes, failed, other, s)
			}
			second.CloseIdleConnections()
		})
	}
}

// A long life through the whole stack: neither the heap nor the goroutines grow.
func TestTheWholeStackStaysFlat(t *testing.T) {
	n := counted(3000, 100_000)
	synctest.Test(t, func(t *testing.T) {
		p := platformtest.NewServer(platformtest.Config{InMemory: true, Keep: -1, Day: -1, Service: 20 * time.Millisecond})
		defer p.Close()
		base := p.Client()
		base.Transport.(*http.Transport).MaxIdleConnsPerHost = 100
		c, err := goodtenant.Wrap(base, goodtenant.WithGuidelines(profile.Reapit()))
		if err != nil {
			t.Fatal(err)
		}
		tr, _ := goodtenant.From(c)
		defer tr.Close()
		measure := func() (heap uint64, goroutines int) {
			synctest.Wait()
			runtime.GC()
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return m.HeapAlloc, runtime.NumGoroutine()
		}
		if _, failed := work(p, c, n/3); failed > 0 {
			t.Errorf("%d failed", failed)
		}
		heap, goroutines := measure()
		if _, failed := work(p, c, n-n/3); failed > 0 {
			t.Errorf("%d failed", failed)
		}
		after, more := measure()
		t.Logf("%d calls: %d KiB and %d goroutines after a third, %d KiB and %d at the end", n, heap>>10, goroutines, after>>10, more)
		if after > heap+4<<20 || more > goroutines {
			t.Errorf("the heap grew from %d to %d KiB, the goroutines from %d to %d", heap>>10, after>>10, goroutines, more)
		}
	})
}

// Answers that are being read when Shutdown returns are read to their end.
func TestAnswersOutliveShutdown(t *testing.T) {
	for _, h2 := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			p := platformtest.NewServer(platformtest.Config{InMemory: true, HTTP2: h2, BodyTime: 3 * time.Second, Rows: map[string]int{"contacts": 200}})
			defer p.Close()
			c := tenantApp(t, p)
			tr, _ := goodtenant.From(c)
			scheme, _, _ := strings.Cut(p.URL, "://")
			resp, err := c.Do(request("GET", scheme+"://platform.reapit.cloud/contacts/?pageSize=100", ""))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if err := tr.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			b, err := io.ReadAll(resp.Body)
			if err != nil || len(b) < 1000 || b[len(b)-1] != '}' {
				t.Errorf("HTTP/2 %v: %d bytes, then %v", h2, len(b), err)
			}
		})
	}
}
