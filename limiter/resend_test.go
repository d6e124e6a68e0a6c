package limiter

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goodtenant/goodtenant/policy"
)

// twice is a base that, like net/http, writes each request a second time inside
// one RoundTrip. It does so when all calls have arrived at that point.
type twice struct {
	p     *platform
	ready *sync.WaitGroup
}

func (b twice) RoundTrip(r *http.Request) (*http.Response, error) {
	trace := httptrace.ContextClientTrace(r.Context())
	trace.GotConn(httptrace.GotConnInfo{})
	trace.WroteRequest(httptrace.WroteRequestInfo{})
	b.p.note()
	b.ready.Done()
	b.ready.Wait()
	return b.p.RoundTrip(r)
}

// The day's last unit goes to one of several re-sends by net/http that wait for
// it; the others are refused, once each.
func TestHiddenResendsWhenTheDayEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ready sync.WaitGroup
		ready.Add(4)
		tr := newTransport(t, twice{&platform{}, &ready}, Config{Limits: Limits{PerSecond(4), PerDay(5)}})
		var wg sync.WaitGroup
		var mu sync.Mutex
		served, spent := 0, 0
		for range 4 {
			wg.Go(func() {
				err := get(tr, context.Background(), "A")
				var refused *RefusedError
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					served++
				case errors.As(err, &refused) && refused.Reason == QuotaSpent:
					spent++
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if s := tr.Snapshot(); served != 1 || spent != 3 || s.Queued != 0 {
			t.Errorf("%d served and %d told that the day is spent, want 1 and 3; %d queued", served, spent, s.Queued)
		}
		windUp(tr)
	})
}

// A hook that panics over a re-send by net/http takes nothing with it, and a
// threshold of the day that such a re-send crosses is told.
func TestHiddenResendHooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []int
		boom := false
		var ready sync.WaitGroup
		tr := newTransport(t, twice{&platform{}, &ready}, Config{Limits: Limits{PerSecond(5), PerDay(4)}, Hooks: Hooks{
			Resent: func(context.Context, Resent) {
				if boom {
					panic("resent")
				}
			},
			Day: func(_ context.Context, l DayLevel) { told = append(told, l.Percent) },
		}})
		ready.Add(1)
		if err := get(tr, context.Background(), "A"); err != nil {
			t.Error(err)
		}
		if len(told) != 1 || told[0] != 50 {
			t.Errorf("the day's thresholds told are %v, want 50: the re-send took the second of four units", told)
		}
		boom = true
		ready.Add(1)
		func() {
			defer func() { recover() }()
			get(tr, context.Background(), "A")
			t.Error("the hook's panic got lost")
		}()
		time.Sleep(time.Minute)
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := tr.Drain(ctx); err != nil {
			t.Errorf("Drain after the panic: %v", err)
		}
		if l := tr.Snapshot().App.Limits[0]; l.Used != 0 {
			t.Errorf("%d of %d are taken a minute after the panic", l.Used, l.Max)
		}
		windUp(tr)
	})
}

// The step to Observe lets all who wait go, though the day ends among them.
func TestTheStepToObserveWhenTheDayEnds(t *testing.T) {
	p := &platform{service: constant(10 * time.Millisecond)}
	synctest.Test(t, func(t *testing.T) {
		tr := newTransport(t, p, Config{Limits: Limits{Concurrent(1), PerDay(5)}})
		var wg sync.WaitGroup
		for range 12 {
			wg.Go(func() {
				if err := get(tr, context.Background(), "A"); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		tr.SetMode(policy.Observe)
		wg.Wait()
		windUp(tr)
	})
	if n := p.arrivals(); n != 12 {
		t.Errorf("%d arrivals, want 12", n)
	}
}
