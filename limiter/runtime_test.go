package limiter

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Hooks may do anything: look, change the limits and the mode, even close. Calls go
// on, and nothing waits for itself.
func TestHooksThatUseTheTransport(t *testing.T) {
	p := &platform{rate: 15, service: constant(20 * time.Millisecond)}
	synctest.Test(t, func(t *testing.T) {
		var tr *Transport
		var mu sync.Mutex
		n, closing := 0, false
		use := func() {
			mu.Lock()
			n++
			k, last := n, n == 2000
			closing = closing || last
			mu.Unlock()
			tr.Snapshot()
			tr.SetLimits(Limits{PerSecond(15 + k%10), Concurrent(2 + k%3).EachTenant(), PerDay(700)})
			if last {
				tr.Close()
			}
		}
		tr = newTransport(t, p, Config{Limits: Limits{PerSecond(20), Concurrent(5).EachTenant(), PerDay(700)}, Tenant: byHeader, Hooks: Hooks{
			Admitted:  func(context.Context, Admitted) { use() },
			Refused:   func(context.Context, *RefusedError) { use() },
			Ended:     func(context.Context, Ended) { use() },
			Throttled: func(context.Context, Throttled) { use() },
			Resent:    func(context.Context, Resent) { use() },
			Adapted:   func(context.Context, Adapted) { use() },
			Day:       func(context.Context, DayLevel) { use() },
		}})
		var wg sync.WaitGroup
		for i := range 30 {
			wg.Go(func() {
				for {
					err := get(tr, context.Background(), fmt.Sprint("T", i%3))
					if errors.Is(err, ErrClosed) {
						return
					}
					if err != nil {
						time.Sleep(time.Second)
					}
				}
			})
		}
		wg.Wait()
		if mu.Lock(); !closing {
			t.Errorf("%d hooks were called, want 2000 at least", n)
		}
		mu.Unlock()
		if err := get(tr, context.Background(), "A"); !errors.Is(err, ErrClosed) {
			t.Errorf("after Close in a hook: %v", err)
		}
	})
}

// A tenant that the platform has paused for long is refused at once, and the others
// do not notice.
func TestATenantsPauseIsItsOwn(t *testing.T) {
	p := &platform{service: constant(10 * time.Millisecond), answer: func(_ int, r *http.Request) *http.Response {
		if r.Header.Get("Reapit-Customer") == "T0" {
			return &http.Response{StatusCode: 429, Header: header("Retry-After", "300"), Body: http.NoBody}
		}
		return nil
	}}
	synctest.Test(t, func(t *testing.T) {
		tr := newTransport(t, p, Config{Limits: Limits{PerSecond(20), Concurrent(5).EachTenant()}, Tenant: byHeader,
			Classify: func(resp *http.Response) Throttle {
				if resp.StatusCode == 429 {
					return Throttle{Kind: Rate, Scope: Tenant}
				}
				return Throttle{}
			}})
		if err := get(tr, context.Background(), "T0"); fmt.Sprint(err) != "status 429" {
			t.Errorf("the 429 with a long pause is not handed on: %v", err)
		}
		began := time.Now()
		var refused *RefusedError
		if err := get(tr, context.Background(), "T0"); !errors.As(err, &refused) || refused.Reason != Paused || refused.RetryAt.Sub(began) < 299*time.Second || time.Since(began) > 0 {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		for i := range 5 {
			if err := get(tr, context.Background(), fmt.Sprint("U", i)); err != nil || time.Since(began) > time.Second {
				t.Errorf("another tenant: %v after %v", err, time.Since(began))
			}
		}
		time.Sleep(301*time.Second - time.Since(began))
		time.Sleep(time.Second)
		before := p.arrivals()
		get(tr, context.Background(), "T0")
		if p.arrivals() == before {
			t.Error("still refused when the pause was over")
		}
		windUp(tr)
	})
}

// MaxWait bounds the wait to the instant, for those who are first and those who are
// last in the queue, and nothing is lost to those who left.
func TestMaxWaitIsExact(t *testing.T) {
	p := &platform{service: constant(10 * time.Second)}
	synctest.Test(t, func(t *testing.T) {
		tr := newTransport(t, p, Config{Limits: Limits{Concurrent(2)}, MaxWait: 3 * time.Second})
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				began := time.Now()
				err := get(tr, context.Background(), "A")
				var refused *RefusedError
				if errors.As(err, &refused) && (refused.Reason != DeadlineTooNear || time.Since(began) != 3*time.Second) || err != nil && refused == nil {
					t.Errorf("call %d: %v after %v", i, err, time.Since(began))
				}
			})
		}
		wg.Wait()
		began := time.Now()
		if err := get(tr, context.Background(), "A"); err != nil || time.Since(began) != 10*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		windUp(tr)
	})
	if n := p.arrivals(); n != 3 {
		t.Errorf("%d arrivals, want 3", n)
	}
}

// TestFault80: granted calls that stood still for long, all of them at once, and
// then go, make no burst that the windows do not allow.
func TestFault80StandingStill(t *testing.T) {
	for _, g := range []Guarantee{Balanced, Strict} {
		var still sync.Mutex // held: nothing moves between the grant and the write
		p := &platform{rate: 20, concurrent: 5, service: constant(30 * time.Millisecond)}
		p.cold = func() bool { return true }
		until := time.Time{}
		p.dial = func() time.Duration {
			still.Lock()
			defer still.Unlock()
			return max(0, time.Until(until))
		}
		synctest.Test(t, func(t *testing.T) {
			tr := newTransport(t, p, Config{Limits: usual(), Guarantee: g, Tenant: byHeader})
			go func() {
				for range 5 {
					time.Sleep(6 * time.Second)
					still.Lock()
					until = time.Now().Add(5 * time.Second)
					still.Unlock()
				}
			}()
			fleet(tr, 50, 10, 40*time.Second, nil)
			windUp(tr)
		})
		if p.refused(0) > 0 || p.worst(time.Second) > 20 || p.peak > 5 || p.arrivals() < 200 {
			t.Errorf("%v: %s", g, describe(p))
		}
	}
}

// BenchmarkSnapshotOfManyTenants is how long a snapshot holds the mutex.
func BenchmarkSnapshotOfManyTenants(b *testing.B) {
	tr := newTransport(b, stub{}, Config{Limits: usual(), Tenant: byHeader, MaxTenants: 200_000})
	tr.core.sweepAt = 1 << 30
	for i := range 100_000 {
		tr.core.mu.Lock()
		now, wall := tr.core.tick()
		tr.core.tenantLocked(fmt.Sprint(i), now, wall)
		tr.core.mu.Unlock()
	}
	for b.Loop() {
		tr.Snapshot()
	}
}

// TestFault55 is a platform that says 503 for ever: the load grows by a tenth.
func TestFault55StormOf503(t *testing.T) {
	for _, retryAfter := range []bool{false, true} {
		p := &platform{}
		p.answer = func(int, *http.Request) *http.Response {
			resp := &http.Response{StatusCode: 503, Header: http.Header{}, Body: http.NoBody}
			if retryAfter {
				resp.Header.Set("Retry-After", "1")
			}
			return resp
		}
		calls := 0
		synctest.Test(t, func(t *testing.T) {
			tr := newTransport(t, p, Config{Limits: Limits{PerSecond(50), Concurrent(5).EachTenant()}, Tenant: byHeader})
			var mu sync.Mutex
			fleet(tr, 20, 4, 10*time.Minute, func(ctx context.Context, _ int) (context.Context, context.CancelFunc) {
				mu.Lock()
				calls++
				mu.Unlock()
				return ctx, func() {}
			})
			windUp(tr)
		})
		if most := calls + calls/10 + retryReserve; p.arrivals() > most || calls < 50 {
			t.Errorf("Retry-After %v: %d arrivals for %d calls, want %d at most", retryAfter, p.arrivals(), calls, most)
		}
	}
}

// A platform that was down for a while, and said so, is not one whose budget
// another client shares: the full rate is there when it is back.
func TestA503IsNoReasonToSlowDown(t *testing.T) {
	p := &platform{rate: 20, service: constant(20 * time.Millisecond)}
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		p.answer = func(int, *http.Request) *http.Response {
			if time.Since(began) > 20*time.Second {
				return nil
			}
			return &http.Response{StatusCode: 503, Header: header("Retry-After", "1"), Body: http.NoBody}
		}
		tr := newTransport(t, p, Config{Limits: usual(), Tenant: byHeader})
		fleet(tr, 20, 4, 30*time.Second, nil)
		s := tr.Snapshot()
		if l := s.App.Limits[0]; l.Rate != 1 || l.Level != 0 || s.App.Note != "" {
			t.Errorf("after a while of 503 the rate is %v of the limit, on rung %d, %q", l.Rate, l.Level, s.App.Note)
		}
		for _, r := range s.Recent {
			if r.Inside {
				t.Errorf("%+v is said to be another client's doing", r)
				break
			}
		}
		windUp(tr)
	})
	if n := p.served(22*time.Second, 30*time.Second); n < 155 {
		t.Errorf("%d calls in eight seconds when it was back, want 155 at least", n)
	}
}
