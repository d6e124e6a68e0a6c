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

	"github.com/goodtenant/goodtenant/policy"
)

// A storm of SetLimits with windows of ever other lengths keeps the limit that
// stays, and what was counted; the state does not grow with it.
func TestWindowsOfEverOtherLengths(t *testing.T) {
	for _, g := range []Guarantee{Strict, Balanced} {
		d := newDice(*seedFlag)
		p := &platform{service: func() time.Duration { return d.between(0, 200*time.Millisecond) }}
		synctest.Test(t, func(t *testing.T) {
			long := PerWindow(150, 10*time.Second)
			tr := newTransport(t, p, Config{Limits: append(usual(), long), Guarantee: g, Tenant: byHeader})
			var wg sync.WaitGroup
			took := time.Duration(times(5, 60)) * time.Second
			end := time.Now().Add(took)
			wg.Go(func() {
				for i := 0; time.Now().Before(end); i++ {
					other := PerWindow(100+i%7, 100*time.Millisecond+time.Duration(i)*time.Millisecond+1)
					own := PerWindow(100+i%5, 50*time.Millisecond+time.Duration(i)*time.Millisecond).EachTenant()
					if err := tr.SetLimits(append(usual(), long, other, own)); err != nil {
						t.Fatal(err)
					}
					time.Sleep(2 * time.Millisecond)
				}
			})
			if lost := fleet(tr, 24, 4, took, nil); lost > 0 {
				t.Errorf("%v: %d calls were lost", g, lost)
			}
			wg.Wait()
			windUp(tr)
		})
		if p.worst(time.Second) > 20 || p.worst(10*time.Second) > 150 || p.peak > 5 || p.arrivals() < 60 {
			t.Errorf("%v: %s, %d in 10 s", g, describe(p), p.worst(10*time.Second))
		}
	}
}

// What a header lowered stays lowered while the guard is tuned.
func TestAHeaderLowersTheSlotsForAWhile(t *testing.T) {
	p := &platform{concurrent: 5, service: constant(100 * time.Millisecond)}
	p.answer = func(n int, r *http.Request) *http.Response {
		if n > 5 {
			return nil
		}
		return &http.Response{StatusCode: 204, Header: header("RateLimit-Policy", `"c";q=2;qu="concurrent-requests"`, "RateLimit", `"c";r=1`), Body: http.NoBody}
	}
	d := newDice(*seedFlag)
	p.up = func() time.Duration { return d.between(0, 8*time.Millisecond) }
	synctest.Test(t, func(t *testing.T) {
		tr := newTransport(t, p, Config{Limits: Limits{PerSecond(200), Concurrent(5).EachTenant()}, Tenant: byHeader})
		fleet(tr, 1, 1, 200*time.Millisecond, nil)
		p.mu.Lock()
		p.peak = 0
		p.mu.Unlock()
		fleet(tr, 12, 1, 30*time.Second, nil)
		if p.peak != 2 {
			t.Errorf("%d in flight within a minute of a header that says 2", p.peak)
		}
		time.Sleep(time.Minute)
		fleet(tr, 12, 1, 5*time.Second, nil)
		if p.peak != 5 {
			t.Errorf("%d in flight after the header's word has aged, want 5 again", p.peak)
		}
		windUp(tr)
	})
}

// A lower day limit tells those who wait in vain at once.
func TestALowerDayTellsWhoWaits(t *testing.T) {
	p := &platform{service: constant(10 * time.Second)}
	synctest.Test(t, func(t *testing.T) {
		tr := newTransport(t, p, Config{Limits: Limits{Concurrent(3).EachTenant(), PerDay(100).EachTenant()}, Tenant: byHeader})
		var wg sync.WaitGroup
		var mu sync.Mutex
		told := 0
		began := time.Now()
		for range 20 {
			wg.Go(func() {
				var refused *RefusedError
				if err := get(tr, context.Background(), "A"); errors.As(err, &refused) && refused.Reason == QuotaSpent && time.Since(began) == time.Second {
					mu.Lock()
					told++
					mu.Unlock()
				}
			})
		}
		time.Sleep(time.Second)
		tr.SetLimits(Limits{Concurrent(3).EachTenant(), PerDay(3).EachTenant()})
		wg.Wait()
		if told != 17 {
			t.Errorf("%d of 17 who waited were told at once", told)
		}
		windUp(tr)
	})
}

// Who is blocked for long and looked at often is one alarm.
func TestAlarmsDoNotPileUp(t *testing.T) {
	p := &platform{}
	synctest.Test(t, func(t *testing.T) {
		tr := newTransport(t, p, Config{Limits: Limits{PerDay(10_000)}, Tenant: byHeader})
		for range 5000 {
			get(tr, WithPriority(context.Background(), Interactive), "A")
		}
		ctx, cancel := context.WithCancel(WithPriority(context.Background(), Background))
		go get(tr, ctx, "A") // above the line for hours
		synctest.Wait()
		for range 2000 {
			get(tr, WithPriority(context.Background(), Interactive), "A")
			time.Sleep(time.Millisecond)
		}
		tr.core.mu.Lock()
		n := len(tr.core.alarms)
		tr.core.mu.Unlock()
		if tr.Snapshot().Queued != 1 || n > 10 {
			t.Errorf("%d alarms for one waiter", n)
		}
		cancel()
		windUp(tr)
	})
}

// Observe says how many, and why: what would have been refused, and sent again.
func TestObserveSaysWhy(t *testing.T) {
	p := &platform{rate: 8, per: time.Minute}
	synctest.Test(t, func(t *testing.T) {
		var why []Reason
		tr := newTransport(t, p, Config{Mode: policy.Observe, Limits: Limits{PerDay(10)}, Hooks: Hooks{Admitted: func(_ context.Context, a Admitted) {
			if a.Refused != nil {
				why = append(why, a.Refused.Reason)
			}
		}, Refused: func(context.Context, *RefusedError) { t.Error("Observe refuses none") }}})
		for range 12 {
			get(tr, context.Background(), "A")
		}
		s := tr.Snapshot()
		if fmt.Sprint(why) != "[quota-spent quota-spent]" || s.Would.ByReason["quota-spent"] != 2 || s.Would.Resent != 4 || s.Totals.Calls != 12 || s.Totals.Refused != 0 {
			t.Errorf("hooks say %v, Would is %+v, %d calls", why, *s.Would, s.Totals.Calls)
		}
		windUp(tr)
	})
}
