package limiter

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// says is an answer with a status, a Retry-After and a body.
func says(status int, after, text string) *http.Response {
	h := http.Header{}
	if after != "" {
		h.Set("Retry-After", after)
	}
	return &http.Response{StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Header: h, Body: io.NopCloser(strings.NewReader(text)), ContentLength: int64(len(text))}
}

// TestFault51And52GateOfTheScope: a 429 with Retry-After closes its scope for
// everyone, and no longer than it says.
func TestFault51And52GateOfTheScope(t *testing.T) {
	p := &platform{}
	p.answer = func(n int, r *http.Request) *http.Response {
		if n == 1 {
			return says(429, "3", "slow down")
		}
		return nil
	}
	synctest.Test(t, func(t *testing.T) {
		tr := newTransport(t, p, Config{Limits: usual(), Tenant: byHeader})
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * 100 * time.Millisecond)
				if err := get(tr, context.Background(), "A"); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if p.arrivals() != 11 || p.at[1] < 3*time.Second || p.at[10] > 8*time.Second {
			t.Errorf("arrivals at %v, want 11, the second after 3 s", p.at)
		}
		windUp(tr)
	})
}

// TestTenantsThrottleClosesThatTenantOnly, as the classifier says.
func TestTenantsThrottleClosesThatTenantOnly(t *testing.T) {
	p := &platform{}
	p.answer = func(n int, r *http.Request) *http.Response {
		if n == 1 {
			return says(403, "5", "")
		}
		return nil
	}
	synctest.Test(t, func(t *testing.T) {
		tr := newTransport(t, p, Config{Limits: usual(), Tenant: byHeader, Classify: func(resp *http.Response) Throttle {
			if resp.StatusCode == 403 {
				return Throttle{Kind: Rate, Scope: Tenant}
			}
			return Throttle{}
		}})
		var wg sync.WaitGroup
		wg.Go(func() { get(tr, context.Background(), "A") })
		synctest.Wait()
		at := time.Now()
		if err := get(tr, context.Background(), "B"); err != nil || time.Since(at) > 0 {
			t.Errorf("another tenant: %v after %v", err, time.Since(at))
		}
		if err := get(tr, context.Background(), "A"); err != nil || time.Since(at) < 5*time.Second {
			t.Errorf("the tenant itself: %v after %v", err, time.Since(at))
		}
		wg.Wait()
		windUp(tr)
	})
}

// TestALongRetryAfterIsNotSlept: the 429 at once, then refusals until its end.
func TestALongRetryAfterIsNotSlept(t *testing.T) {
	p := &platform{}
	p.answer = func(n int, r *http.Request) *http.Response {
		if n == 1 {
			return says(429, "100", "later")
		}
		return nil
	}
	synctest.Test(t, func(t *testing.T) {
		tr := newTransport(t, p, Config{Limits: usual()})
		at := time.Now()
		resp, err := tr.RoundTrip(request(t, context.Background(), "A"))
		if err != nil || resp.StatusCode != 429 || time.Since(at) > 0 {
			t.Fatalf("%v %v after %v", resp, err, time.Since(at))
		}
		if b, err := io.ReadAll(resp.Body); string(b) != "later" || err != nil {
			t.Errorf("the 429's body: %q %v", b, err)
		}
		resp.Body.Close()
		err = get(tr, context.Background(), "A")
		if e, ok := err.(*RefusedError); !ok || e.Reason != Paused || e.RetryAt.Before(at.Add(100*time.Second)) {
			t.Errorf("during the pause: %v", err)
		}
		time.Sleep(102 * time.Second)
		if err := get(tr, context.Background(), "A"); err != nil {
			t.Errorf("after the pause: %v", err)
		}
		windUp(tr)
	})
}

// TestTheKept429: when the re-send is refused here the caller gets the 429.
func TestTheKept429(t *testing.T) {
	for _, how := range []string{"closed", "day", "cancelled", "deadline", "for ever"} {
		p := &platform{answer: func(int, *http.Request) *http.Response { return says(429, "2", "kept") }}
		synctest.Test(t, func(t *testing.T) {
			limits := usual()
			if how == "day" {
				limits = append(limits, PerDay(1))
			}
			tr := newTransport(t, p, Config{Limits: limits})
			ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
			defer cancel()
			switch how {
			case "closed":
				time.AfterFunc(time.Second, func() { tr.Close() })
			case "cancelled":
				time.AfterFunc(time.Second, cancel)
			case "deadline":
				ctx, cancel = context.WithTimeout(context.Background(), time.Second)
				defer cancel()
			}
			at := time.Now()
			resp, err := tr.RoundTrip(request(t, ctx, "A"))
			switch {
			case how == "cancelled":
				if !errors.Is(err, context.Canceled) || time.Since(at) != time.Second {
					t.Errorf("cancelled: %v after %v", err, time.Since(at))
				}
			case err != nil || resp.StatusCode != 429:
				t.Errorf("%s: %v %v", how, resp, err)
			default:
				if b, err := io.ReadAll(resp.Body); string(b) != "kept" || err != nil {
					t.Errorf("%s: the body is %q %v", how, b, err)
				}
			}
			if how == "deadline" && time.Since(at) > 0 {
				t.Errorf("a second is left and 2 s are asked for: it slept %v", time.Since(at))
			}
			if want := map[string]int{"for ever": 4}[how]; want > 0 && p.arrivals() != want {
				t.Errorf("%s: %d attempts, want %d", how, p.arrivals(), want)
			}
			if s := tr.Snapshot(); s.App.InFlight != 0 {
				t.Errorf("%s: %d slots are held", how, s.App.InFlight)
			}
			windUp(tr)
		})
	}
}

// TestFault54And55WhatIsSentAgain: the method, the status, the mark, the budget.
func TestFault54And55WhatIsSentAgain(t *testing.T) {
	for _, c := range []struct {
		method string
		status int
		after  string
		cfg    Retry
		mark   bool
		want   int
	}{
		{"POST", 500, "1", Retry{}, false, 1},
		{"POST", 503, "1", Retry{}, false, 1},
		{"POST", 503, "1", Retry{Unsafe503: true}, false, 2},
		{"POST", 503, "1", Retry{}, true, 2},
		{"POST", 429, "1", Retry{}, false, 2},
		{"GET", 503, "1", Retry{}, false, 2},
		{"GET", 503, "", Retry{}, false, 1},
		{"GET", 429, "1", Retry{Max: -1}, false, 1},
		{"GET", 502, "", Retry{}, true, 1},
	} {
		p := &platform{}
		p.answer = func(n int, r *http.Request) *http.Response {
			if n == 1 {
				return says(c.status, c.after, "")
			}
			return nil
		}
		synctest.Test(t, func(t *testing.T) {
			tr := newTransport(t, p, Config{Limits: usual(), Retry: c.cfg})
			ctx := context.Background()
			if c.mark {
				ctx = WithIdempotent(ctx)
			}
			r, _ := http.NewRequestWithContext(ctx, c.method, "http://api.example.test/", strings.NewReader("body"))
			if resp, err := tr.RoundTrip(r); err != nil {
				t.Error(err)
			} else {
				resp.Body.Close()
			}
			if p.arrivals() != c.want {
				t.Errorf("%+v: %d arrivals", c, p.arrivals())
			}
			windUp(tr)
		})
	}
	p := &platform{answer: func(int, *http.Request) *http.Response { return says(503, "1", "") }}
	synctest.Test(t, func(t *testing.T) {
		tr := newTransport(t, p, Config{Limits: Limits{PerSecond(1000)}})
		for range 300 {
			get(tr, context.Background(), "A")
		}
		if n := p.arrivals(); n > 340 || n < 330 {
			t.Errorf("%d arrivals for 300 calls, a tenth and 10 may be re-sends", n)
		}
		windUp(tr)
	})
}

// TestAConnectionErrorIsSentAgainOnlyWhenMarked.
func TestAConnectionErrorIsSentAgainOnlyWhenMarked(t *testing.T) {
	for _, mark := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			n := 0
			tr := newTransport(t, roundTripFunc(func(r *http.Request) (*http.Response, error) {
				b, _ := io.ReadAll(r.Body)
				if n++; n == 1 {
					return nil, errors.New("reset")
				}
				return says(201, "", string(b)), nil
			}), Config{Limits: usual()})
			ctx := context.Background()
			if mark {
				ctx = WithIdempotent(ctx)
			}
			r, _ := http.NewRequestWithContext(ctx, "POST", "http://api.example.test/", struct{ io.Reader }{strings.NewReader("whole")})
			resp, err := tr.RoundTrip(r)
			if !mark {
				if err == nil || n != 1 {
					t.Errorf("sent %d times: %v", n, err)
				}
			} else if err != nil || n != 2 {
				t.Errorf("sent %d times: %v", n, err)
			} else if b, _ := io.ReadAll(resp.Body); string(b) != "whole" {
				t.Errorf("the body was %q the second time", b)
			}
			windUp(tr)
		})
	}
}

// TestFault79TheSpentDayTellsAll, and tells the thresholds on the way there.
func TestFault79TheSpentDayTellsAll(t *testing.T) {
	p := &platform{}
	synctest.Test(t, func(t *testing.T) {
		var levels []int
		tr := newTransport(t, p, Config{Limits: Limits{PerSecond(20), PerDay(40)}, Hooks: Hooks{Day: func(_ context.Context, l DayLevel) { levels = append(levels, l.Percent) }}})
		var wg sync.WaitGroup
		var mu sync.Mutex
		told := 0
		at := time.Now()
		for range 100 {
			wg.Go(func() {
				err := get(tr, context.Background(), "A")
				if e, ok := err.(*RefusedError); ok && e.Reason == QuotaSpent && e.RetryAt.After(at.Add(24*time.Hour)) && time.Since(at) < 2*time.Second {
					mu.Lock()
					told++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if p.arrivals() != 40 || told != 60 {
			t.Errorf("%d arrivals, %d told by the time that the last unit went; want 40 and 60", p.arrivals(), told)
		}
		if len(levels) != 5 {
			t.Errorf("thresholds told: %v", levels)
		}
		tr.Close()
		time.Sleep(time.Minute)
	})
}

// TestBackgroundLeavesAReserve: a day of calls, the background ones held to their
// line, the interactive ones served all day.
func TestBackgroundLeavesAReserve(t *testing.T) {
	p := &platform{}
	synctest.Test(t, func(t *testing.T) {
		tr := newTransport(t, p, Config{Limits: Limits{PerSecond(20), PerDay(2400)}, MaxQueue: 5000})
		ctx, cancel := context.WithCancel(context.Background())
		var back sync.WaitGroup
		for range 4000 {
			back.Go(func() { get(tr, WithPriority(ctx, Background), "A") })
		}
		for range 20 {
			time.Sleep(time.Hour)
			at := time.Now()
			if err := get(tr, WithPriority(context.Background(), Interactive), "A"); err != nil || time.Since(at) > time.Second {
				t.Errorf("interactive: %v after %v", err, time.Since(at))
			}
		}
		n := p.arrivals()
		cancel()
		back.Wait()
		if n < 1500 || n > 1800 { // 80 % of 20/24 of the day, and an hour's worth ahead
			t.Errorf("%d calls in 20 of 24 hours of a day of 2,400", n)
		}
		tr.Close()
		time.Sleep(time.Minute)
	})
}
