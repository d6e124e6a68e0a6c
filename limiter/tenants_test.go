package limiter

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// Idle tenants make room for new ones, also at MaxTenants; who is not idle is
// never forgotten.
func TestFault76IdleTenantsMakeRoom(t *testing.T) {
	for _, most := range []int{100, 2000} {
		p := &platform{}
		synctest.Test(t, func(t *testing.T) {
			tr := newTransport(t, p, Config{Limits: Limits{PerSecond(1).EachTenant()}, MaxTenants: most, Tenant: byHeader})
			for round := range 5 {
				began := time.Now()
				for i := range most {
					if err := get(tr, context.Background(), fmt.Sprint(round, " ", i)); err != nil {
						t.Fatal(err)
					}
				}
				if took := time.Since(began); took > 0 {
					t.Fatalf("MaxTenants %d: round %d of as many tenants, the others idle, took %v: they share a bucket", most, round, took)
				}
				time.Sleep(time.Minute)
			}
			windUp(tr)
		})
	}
}

// Eviction forgets no window, no slot, no pause, nothing of the day.
func TestFault76EvictionForgetsNothing(t *testing.T) {
	hold := make(chan struct{})
	p := &platform{answer: func(_ int, r *http.Request) *http.Response {
		switch r.Header.Get("Reapit-Customer") {
		case "held":
			<-hold
		case "paused":
			return &http.Response{StatusCode: 429, Header: header("Retry-After", "3000"), Body: http.NoBody}
		case "spent":
			return &http.Response{StatusCode: 403, Header: http.Header{}, Body: http.NoBody}
		case "narrow":
			return &http.Response{StatusCode: 200, Header: header("RateLimit-Policy", `"c";q=1;qu="concurrent-requests"`, "RateLimit", `"c";r=1`), Body: http.NoBody}
		}
		return nil
	}}
	synctest.Test(t, func(t *testing.T) {
		hold = make(chan struct{})
		tr := newTransport(t, p, Config{Limits: Limits{PerWindow(2, 20*time.Minute).EachTenant(), Concurrent(1).EachTenant(), PerDay(2).EachTenant()}, MaxTenants: 2000, Tenant: byHeader,
			Classify: func(resp *http.Response) Throttle {
				switch {
				case resp.StatusCode == 403:
					return Throttle{Kind: Day, Scope: Tenant, Wait: 72 * time.Hour}
				case resp.StatusCode == 429:
					return Throttle{Kind: Rate, Scope: Tenant}
				}
				return Throttle{}
			}})
		flood := func() {
			for i := range 2000 {
				get(tr, WithPriority(context.Background(), Interactive), fmt.Sprint(time.Now(), i))
			}
		}
		go get(tr, context.Background(), "held")
		synctest.Wait()
		get(tr, context.Background(), "paused")
		get(tr, context.Background(), "spent")
		for range 2 {
			if err := get(tr, context.Background(), "window"); err != nil {
				t.Error(err)
			}
		}
		for range 3 {
			flood()
			time.Sleep(2 * time.Minute)
		}
		soon := func() context.Context {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			t.Cleanup(cancel)
			return ctx
		}
		for _, who := range []string{"held", "paused", "spent", "window"} {
			before := p.arrivals()
			if err := get(tr, soon(), who); err == nil || p.arrivals() != before {
				t.Errorf("%s was forgotten: its call arrived (%v)", who, err)
			}
		}
		close(hold)
		time.Sleep(25 * time.Hour)                // the rolling day is over, the platform's word is not
		get(tr, context.Background(), "one more") // all that are idle make room
		before := p.arrivals()
		if err := get(tr, soon(), "spent"); err == nil || p.arrivals() != before {
			t.Errorf("the platform's word that the day is spent was forgotten: %v", err)
		}
		windUp(tr)
	})
}
