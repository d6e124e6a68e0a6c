package limiter

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goodtenant/goodtenant/internal/call"
)

// TestCancelledWaitersLeaveNoHole: 60 % of 1,000 leave, and the rate is used.
func TestCancelledWaitersLeaveNoHole(t *testing.T) {
	p := &platform{}
	synctest.Test(t, func(t *testing.T) {
		tr := newTransport(t, p, Config{Limits: Limits{PerSecond(20)}, MaxQueue: 2000})
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(time.Second, cancel)
		var wg sync.WaitGroup
		for i := range 1000 {
			c := ctx
			if i%5 < 2 {
				c = context.Background()
			}
			wg.Go(func() { get(tr, c, "A") })
		}
		wg.Wait()
		windUp(tr)
	})
	first, last := p.at[50], p.at[len(p.at)-1]
	rate := float64(len(p.at)-51) / (last - first).Seconds()
	t.Logf("%d served at %.2f/s", len(p.at), rate)
	if most := 20 / 1.01; rate < .995*most {
		t.Errorf("%.2f/s with 60 %% of the waiters cancelled, want 99.5 %% of %.2f", rate, most)
	}
}

// TestFault75HeavyTenant: 2,000 of one tenant are queued, nine others call.
func TestFault75HeavyTenant(t *testing.T) {
	p := &platform{service: constant(60 * time.Millisecond), rate: 20, concurrent: 5}
	synctest.Test(t, func(t *testing.T) {
		tr := newTransport(t, p, Config{Limits: usual(), Tenant: byHeader, MaxQueue: 5000})
		ctx, cancel := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		for range 2000 {
			wg.Go(func() { get(tr, ctx, "HEAVY") })
		}
		time.Sleep(time.Second)
		d := newDice(*seedFlag)
		var mu sync.Mutex
		var waits []time.Duration
		var light sync.WaitGroup
		for i := range 9 {
			light.Go(func() {
				for range 40 {
					time.Sleep(d.between(500*time.Millisecond, 1500*time.Millisecond))
					at := time.Now()
					if err := get(tr, context.Background(), fmt.Sprint("L", i)); err != nil {
						t.Error(err)
					}
					mu.Lock()
					waits = append(waits, time.Since(at)-60*time.Millisecond)
					mu.Unlock()
				}
			})
		}
		light.Wait()
		t.Logf("seed %d: light tenants wait %v (p99)", *seedFlag, quantile(waits, .99))
		if quantile(waits, .99) > 600*time.Millisecond || p.refused(0) > 0 {
			t.Errorf("light tenants wait %v (p99), %d refused", quantile(waits, .99), p.refused(0))
		}
		cancel()
		wg.Wait()
		windUp(tr)
	})
}

// order queues calls behind a closed slot, and gives the order in which they go.
func order(t *testing.T, queue func(add func(ctx context.Context, name string))) (out []string) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		var mu sync.Mutex
		tr := newTransport(t, roundTripFunc(func(r *http.Request) (*http.Response, error) {
			name, _ := r.Context().Value(nameKey{}).(string)
			if name == "" {
				<-free
			} else {
				mu.Lock()
				out = append(out, name)
				mu.Unlock()
			}
			return stub{}.RoundTrip(r)
		}), Config{Limits: Limits{Concurrent(1)}, MaxQueue: 100})
		var wg sync.WaitGroup
		wg.Go(func() { get(tr, context.Background(), "") })
		synctest.Wait()
		queue(func(ctx context.Context, name string) {
			wg.Go(func() { get(tr, context.WithValue(ctx, nameKey{}, name), "") })
			synctest.Wait()
		})
		close(free)
		wg.Wait()
		windUp(tr)
	})
	return out
}

type nameKey struct{}

// TestFault82LanesAndTheirBound: FIFO in a lane, interactive first, a tenth for
// background, and the rest of an admitted flow at the front.
func TestFault82LanesAndTheirBound(t *testing.T) {
	bg := context.Background()
	got := order(t, func(add func(context.Context, string)) {
		for i := range 3 {
			add(WithPriority(bg, Background), fmt.Sprint("b", i))
		}
		for i := range 20 {
			add(WithPriority(bg, Interactive), fmt.Sprint("i", i))
		}
		add(bg, "n0")
		add(call.WithOrigin(WithPriority(bg, Interactive), call.Refetch), "flow")
	})
	place := map[string]int{}
	for i, n := range got {
		place[n] = i
	}
	if place["flow"] != 0 {
		t.Errorf("part of an admitted flow went as number %d", place["flow"])
	}
	for i := range 19 {
		if place[fmt.Sprint("i", i)] > place[fmt.Sprint("i", i+1)] {
			t.Errorf("i%d went after i%d: %v", i, i+1, got)
		}
	}
	if place["b0"] < 8 || place["b0"] > 11 || place["n0"] > 12 || place["n0"] < 8 {
		t.Errorf("b0 went as number %d and n0 as %d of %v", place["b0"], place["n0"], got)
	}
}

// TestFault74QueueBound, and the refusal says so at once.
func TestFault74QueueBound(t *testing.T) {
	p := &platform{service: constant(time.Minute)}
	synctest.Test(t, func(t *testing.T) {
		tr := newTransport(t, p, Config{Limits: Limits{Concurrent(1)}, MaxQueue: 3})
		var wg sync.WaitGroup
		full := 0
		for range 10 {
			wg.Go(func() {
				at := time.Now()
				err := get(tr, context.Background(), "A")
				if e, ok := errors.AsType[*RefusedError](err); ok && e.Reason == QueueFull && time.Since(at) == 0 {
					full++
				}
			})
			synctest.Wait()
		}
		if full != 6 {
			t.Errorf("%d of 10 calls were refused at once on a slot and a queue of 3, want 6", full)
		}
		wg.Wait()
		windUp(tr)
	})
}

// TestFault17DeadlineTooNear: at once, and again when a pause moves the start.
func TestFault17DeadlineTooNear(t *testing.T) {
	p := &platform{}
	synctest.Test(t, func(t *testing.T) {
		tr := newTransport(t, p, Config{Limits: Limits{PerSecond(1)}, MaxQueue: 100})
		for range 5 {
			go get(tr, context.Background(), "A")
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		at := time.Now()
		err := get(tr, ctx, "A")
		cancel()
		e, ok := err.(*RefusedError)
		if !ok || e.Reason != DeadlineTooNear || !e.Timeout() || !errors.Is(err, context.DeadlineExceeded) || time.Since(at) > 0 {
			t.Errorf("%v after %v", err, time.Since(at))
		} else if d := e.RetryAt.Sub(at); d < 4*time.Second || d > 6*time.Second {
			t.Errorf("RetryAt is %v away, 4 calls are ahead", d)
		}
		ctx, cancel = context.WithTimeout(context.Background(), 10*time.Second)
		told := make(chan error, 1)
		go func() { told <- get(tr, ctx, "A") }()
		synctest.Wait()
		c := tr.core
		c.mu.Lock()
		now, wall := c.tick()
		c.closeGateLocked(&c.app, now+20*time.Second, now, wall, PerSecond(1), 429)
		c.mu.Unlock()
		synctest.Wait()
		select {
		case err := <-told:
			if e, ok := err.(*RefusedError); !ok || e.Reason != DeadlineTooNear {
				t.Errorf("a pause of 20 s, a deadline of 10: %v", err)
			}
		default:
			t.Error("a pause of 20 s, and who has 10 s left still waits")
		}
		cancel()
		windUp(tr)
	})
}

// TestField04TimeNeverGoesBack: the arithmetic is fed with the mutex's time.
func TestField04TimeNeverGoesBack(t *testing.T) {
	c := newTransport(t, stub{}, Config{Limits: Limits{PerSecond(1)}, Guarantee: Strict}).core
	c.mu.Lock()
	defer c.mu.Unlock()
	for range 50 {
		c.tickTo(10 * time.Second)
		if now := c.tickTo(9 * time.Second); now < 10*time.Second {
			t.Fatalf("time went back to %v", now)
		}
	}
}

// TestFault76ManyTenants: idle ones are dropped, what counts is remembered, and
// those above MaxTenants share one bucket.
func TestFault76ManyTenants(t *testing.T) {
	p := &platform{}
	synctest.Test(t, func(t *testing.T) {
		tr := newTransport(t, p, Config{Limits: Limits{PerWindow(1, time.Minute).EachTenant(), Concurrent(5).EachTenant()}, Guarantee: Strict, Tenant: byHeader, MaxTenants: 2000})
		short := func(tenant string) error {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			return get(tr, ctx, tenant)
		}
		for i := range 2000 {
			if err := short(fmt.Sprint("T", i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := short("NEW"); err != nil {
			t.Errorf("the first above MaxTenants: %v", err)
		}
		if err := short("NEWER"); err == nil {
			t.Error("two above MaxTenants went in one window of 1: they share no bucket")
		}
		for i := range 2000 {
			if err := short(fmt.Sprint("T", i)); err == nil {
				t.Fatalf("T%d went twice in its window: it was forgotten", i)
			}
		}
		time.Sleep(2 * time.Minute)
		for i := range 5000 {
			if err := short(fmt.Sprint("U", i)); err != nil {
				t.Fatalf("U%d: %v", i, err)
			}
			if i%1000 == 999 {
				time.Sleep(2 * time.Minute)
			}
		}
		if n := tr.Snapshot().TenantCount; n > 2000 {
			t.Errorf("%d tenants are kept", n)
		}
		windUp(tr)
	})
}

// heap is what is in use after a collection.
func heap() uint64 {
	var m runtime.MemStats
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// TestMemory: 512 bytes an idle tenant, 1 KB of heap a waiter.
func TestMemory(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("the race detector's own memory would be counted")
	}
	const n = 20_000
	tr := newTransport(t, stub{}, Config{Limits: usual(), Tenant: byHeader})
	tr.SetLimits(Limits{Concurrent(5).EachTenant()}) // no rate: it would take minutes
	tr.core.sweepAt = 2 * n                          // keep those that could be dropped
	before := heap()
	for i := range n {
		if err := get(tr, context.Background(), fmt.Sprint("T", i)); err != nil {
			t.Fatal(err)
		}
	}
	idle := (heap() - before) / n
	runtime.KeepAlive(tr)
	tr.Close()

	var m0, m1 runtime.MemStats
	tr = newTransport(t, stub{}, Config{Limits: Limits{Concurrent(1)}, MaxQueue: n})
	p := &ticket{cost: 1, lane: laneNormal}
	tr.core.admit(context.Background(), time.Time{}, nil, p)
	var wg sync.WaitGroup
	start := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	r := request(t, ctx, "A")
	for range n {
		wg.Go(func() { <-start; tr.RoundTrip(r) })
	}
	runtime.GC()
	runtime.ReadMemStats(&m0)
	close(start)
	for tr.Snapshot().Queued < n {
		time.Sleep(time.Millisecond)
	}
	runtime.GC()
	runtime.ReadMemStats(&m1)
	waiter := (m1.HeapAlloc - m0.HeapAlloc) / n
	cancel()
	wg.Wait()
	tr.Close()
	t.Logf("%d bytes an idle tenant, %d bytes of heap a waiter", idle, waiter)
	if idle > 512 || waiter > 1024 {
		t.Errorf("%d bytes an idle tenant, want 512; %d bytes of heap a waiter, want 1 KB", idle, waiter)
	}
}

//go:noinline
func send(rt http.RoundTripper, r *http.Request) { rt.RoundTrip(r) }
