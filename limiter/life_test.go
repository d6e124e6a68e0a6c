package limiter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goodtenant/goodtenant/policy"
)

// TestSetLimitsUnderLoad changes the limits 1,000 times a second: no call is
// lost, and the larger of the limits in force is kept.
func TestSetLimitsUnderLoad(t *testing.T) {
	for _, g := range []Guarantee{Strict, Balanced} {
		d := newDice(*seedFlag)
		p := &platform{service: func() time.Duration { return d.between(0, 300*time.Millisecond) }, up: constant(5 * time.Millisecond)}
		synctest.Test(t, func(t *testing.T) {
			five := PerWindow(60, 5*time.Second)
			tr := newTransport(t, p, Config{Limits: append(usual(), five), Guarantee: g, Tenant: byHeader})
			var wg sync.WaitGroup
			end := time.Now().Add(20 * time.Second)
			wg.Go(func() {
				for time.Now().Before(end) {
					n := 1 + int(d.float()*19)
					if err := tr.SetLimits(Limits{PerSecond(n), Concurrent(1 + n/5).EachTenant(), five}); err != nil {
						t.Error(err)
					}
					time.Sleep(time.Millisecond)
				}
				tr.SetLimits(append(usual(), five))
			})
			if lost := fleet(tr, 24, 4, 20*time.Second, nil); lost > 0 {
				t.Errorf("%v: %d calls were lost", g, lost)
			}
			wg.Wait()
			windUp(tr)
		})
		if w, five := p.worst(time.Second), p.worst(5*time.Second); w > 20 || five > 60 || p.peak > 5 || p.arrivals() < 100 {
			t.Errorf("%v: %s, %d in 5 s", g, describe(p), five)
		}
	}
}

// TestFault31LimitsChangeAtRunTime: higher ones wake at once, lower ones drain.
func TestFault31LimitsChangeAtRunTime(t *testing.T) {
	p := &platform{service: constant(10 * time.Second)}
	synctest.Test(t, func(t *testing.T) {
		tr := newTransport(t, p, Config{Limits: Limits{Concurrent(3)}})
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() { get(tr, context.Background(), "A") })
		}
		time.Sleep(time.Second)
		tr.SetLimits(Limits{Concurrent(5)})
		synctest.Wait()
		if n := p.arrivals(); n != 5 {
			t.Errorf("%d calls went when the limit rose from 3 to 5, want 5 at once", n)
		}
		tr.SetLimits(Limits{Concurrent(2)})
		time.Sleep(9*time.Second + time.Millisecond) // the first three have ended
		if n := p.arrivals(); n != 5 {
			t.Errorf("%d arrivals with two in flight at a limit of 2, want 5", n)
		}
		wg.Wait()
		windUp(tr)
	})
	if p.peak > 5 || p.arrivals() != 8 {
		t.Errorf("%s, want 8 arrivals and 5 in flight", describe(p))
	}
}

// TestObserveChangesNothingAndForgetsNothing: the way into a running app.
func TestObserveChangesNothingAndForgetsNothing(t *testing.T) {
	p := &platform{}
	synctest.Test(t, func(t *testing.T) {
		tr := newTransport(t, p, Config{Mode: policy.Observe, Limits: Limits{PerSecond(20), Concurrent(5).EachTenant(), PerDay(40)}, Tenant: byHeader})
		began := time.Now()
		var wg sync.WaitGroup
		for i := range 30 {
			wg.Go(func() { get(tr, context.Background(), fmt.Sprint("T", i)) })
		}
		wg.Wait()
		if took := time.Since(began); took > 0 || p.arrivals() != 30 {
			t.Errorf("%d of 30 calls in %v: Observe delays or refuses", p.arrivals(), took)
		}
		w := tr.Snapshot().Would
		if w == nil || w.Calls != 30 || w.Delayed != 25 || w.Refused != 0 {
			t.Errorf("Would is %+v, want 25 of 30 delayed", w)
		}
		tr.SetMode(policy.Enforce)
		if err := get(tr, WithPriority(context.Background(), Interactive), "X"); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took < time.Second {
			t.Errorf("a call went %v after 30 that were made under Observe, the second was full", took)
		}
		var refused *RefusedError
		for range 9 {
			get(tr, context.Background(), "X")
		}
		if err := get(tr, context.Background(), "X"); !errors.As(err, &refused) || refused.Reason != QuotaSpent {
			t.Errorf("call 41 of a day of 40, 30 of them under Observe: %v", err)
		}
		windUp(tr)
	})
}

// TestTheStepToObserveReleasesTheQueue, and calls are lost at no step.
func TestTheStepToObserveReleasesTheQueue(t *testing.T) {
	p := &platform{service: constant(30 * time.Millisecond)}
	synctest.Test(t, func(t *testing.T) {
		tr := newTransport(t, p, Config{Limits: usual(), Tenant: byHeader})
		var wg sync.WaitGroup
		for i := range 60 {
			wg.Go(func() {
				if err := get(tr, context.Background(), fmt.Sprint("T", i%3)); err != nil {
					t.Error(err)
				}
			})
		}
		time.Sleep(200 * time.Millisecond)
		began := time.Now()
		tr.SetMode(policy.Observe)
		wg.Wait()
		if d := time.Since(began); d > 100*time.Millisecond {
			t.Errorf("the queue took %v after the step to Observe", d)
		}
		wg.Go(func() {
			for i := range 1000 {
				tr.SetMode(policy.Mode(i % 2))
				time.Sleep(time.Millisecond)
			}
			tr.SetMode(policy.Enforce)
		})
		if lost := fleet(tr, 10, 3, 2*time.Second, nil); lost > 0 {
			t.Errorf("%d calls were lost while the mode changed", lost)
		}
		wg.Wait()
		windUp(tr)
	})
	tr := newTransport(t, p, Config{})
	if err := tr.SetMode(7); err == nil || !strings.Contains(err.Error(), "7") {
		t.Errorf("SetMode(7): %v, want an error that names it", err)
	}
}

// TestFault83CloseTellsAllWhoWait, and Drain lets them finish.
func TestFault83CloseTellsAllWhoWait(t *testing.T) {
	p := &platform{service: constant(time.Second)}
	synctest.Test(t, func(t *testing.T) {
		tr := newTransport(t, p, Config{Limits: Limits{Concurrent(1)}})
		over := tr.Over(p)
		var wg sync.WaitGroup
		var told atomic.Int64
		for range 5 {
			wg.Go(func() {
				if err := get(over, context.Background(), "A"); errors.Is(err, ErrClosed) {
					told.Add(1)
				}
			})
		}
		time.Sleep(100 * time.Millisecond)
		tr.Close()
		synctest.Wait()
		if told.Load() != 4 {
			t.Errorf("%d of 4 waiters were told", told.Load())
		}
		if err := get(over, context.Background(), "A"); !errors.Is(err, ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
		if err := tr.Close(); err != nil {
			t.Errorf("Close again: %v", err)
		}
		wg.Wait()

		tr = newTransport(t, p, Config{Limits: Limits{Concurrent(1)}})
		for range 5 {
			wg.Go(func() {
				if err := get(tr, context.Background(), "A"); err != nil {
					t.Errorf("a queued call during Drain: %v", err)
				}
			})
		}
		time.Sleep(100 * time.Millisecond)
		began := time.Now()
		soon, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		if err := tr.Drain(soon); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Drain with a millisecond: %v", err)
		}
		cancel()
		wg.Go(func() {
			time.Sleep(time.Millisecond)
			if err := get(tr, context.Background(), "A"); !errors.Is(err, ErrClosed) {
				t.Errorf("a new call during Drain: %v", err)
			}
		})
		if err := tr.Drain(context.Background()); err != nil || time.Since(began) < 4*time.Second {
			t.Errorf("Drain: %v after %v, with 5 s of calls queued", err, time.Since(began))
		}
		wg.Wait()
		windUp(tr)
	})
}

// TestFault29And30Hooks: one that panics frees what its call held, one that
// blocks or calls back holds nobody up.
func TestFault29And30Hooks(t *testing.T) {
	p := &platform{}
	synctest.Test(t, func(t *testing.T) {
		var tr *Transport
		boom := func(ctx context.Context, where string) {
			switch v := ctx.Value(hookKey{}).(type) {
			case string:
				if v == where {
					panic(where)
				}
			case chan struct{}:
				tr.Snapshot()
				if where == "admitted" {
					<-v
				}
			}
		}
		tr = newTransport(t, p, Config{Limits: Limits{Concurrent(1), PerDay(1000)}, Tenant: func(r *http.Request) string {
			boom(r.Context(), "tenant")
			return byHeader(r)
		}, Hooks: Hooks{
			Admitted: func(ctx context.Context, _ Admitted) { boom(ctx, "admitted") },
			Ended:    func(ctx context.Context, _ Ended) { boom(ctx, "ended") },
			Refused:  func(ctx context.Context, _ *RefusedError) { boom(ctx, "refused") },
			Day:      func(ctx context.Context, _ DayLevel) { boom(ctx, "day") },
		}, Cost: func(r *http.Request) int { boom(r.Context(), "cost"); return 1 }})
		for _, where := range []string{"tenant", "cost", "admitted", "ended"} {
			for range 3 {
				body := &closes{}
				r, _ := http.NewRequestWithContext(context.WithValue(context.Background(), hookKey{}, where), "POST", "http://api.example.test/", body)
				func() {
					defer func() {
						if v := recover(); v != where {
							t.Errorf("%s: recovered %v", where, v)
						}
					}()
					tr.RoundTrip(r)
				}()
				if n := body.n.Load(); n != 1 {
					t.Errorf("%s panicked: the body was closed %d times", where, n)
				}
			}
		}
		if err := get(tr, context.Background(), "A"); err != nil {
			t.Errorf("after the panics: %v", err)
		}
		if s := tr.Snapshot(); s.App.InFlight != 0 {
			t.Errorf("after the panics %d slots are held", s.App.InFlight)
		}
		tr.SetLimits(Limits{Concurrent(2)})
		stuck := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() { get(tr, context.WithValue(context.Background(), hookKey{}, stuck), "A") })
		synctest.Wait()
		if err := get(tr, context.Background(), "B"); err != nil {
			t.Errorf("beside a hook that blocks: %v", err)
		}
		close(stuck)
		wg.Wait()
		windUp(tr)
	})
}

type hookKey struct{}

// closes is an empty body that counts its Closes.
type closes struct{ n atomic.Int64 }

func (c *closes) Read([]byte) (int, error) { return 0, io.EOF }
func (c *closes) Close() error             { c.n.Add(1); return nil }

// TestField36SnapshotsWhileAllChanges: nobody waits, and used + free = limit.
func TestField36SnapshotsWhileAllChanges(t *testing.T) {
	p := &platform{service: constant(5 * time.Millisecond)}
	synctest.Test(t, func(t *testing.T) {
		tr := newTransport(t, p, Config{Limits: usual(), Tenant: byHeader})
		end := time.Now().Add(10 * time.Second)
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				for time.Now().Before(end) {
					s := tr.Snapshot()
					for _, sc := range append(s.Tenants, s.App) {
						for _, l := range sc.Limits {
							if l.Used+l.Free != l.Max {
								t.Errorf("%s: %d used and %d free of %d", l.Name, l.Used, l.Free, l.Max)
							}
						}
					}
					time.Sleep(time.Millisecond)
				}
			})
		}
		wg.Go(func() {
			for i := 0; time.Now().Before(end); i++ {
				tr.SetLimits(Limits{PerSecond(10 + i%10), Concurrent(3 + i%3).EachTenant(), PerDay(1 << 20)})
				time.Sleep(time.Millisecond)
			}
		})
		fleet(tr, 50, 10, 10*time.Second, nil)
		wg.Wait()
		windUp(tr)
	})
}
