package limiter_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/policy"
)

// A client that keeps 20 a second, five at once for each tenant, and a day's
// quota. Who is refused learns why and when to come back.
func Example() {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}))
	defer srv.Close()
	t, err := limiter.NewTransport(nil, limiter.Config{
		Limits: limiter.Limits{limiter.PerSecond(20), limiter.Concurrent(5).EachTenant(), limiter.PerDay(2)},
		Tenant: func(r *http.Request) string { return r.Header.Get("X-Customer") },
	})
	if err != nil {
		panic(err)
	}
	defer t.Close()
	c := &http.Client{Transport: t}
	for range 3 {
		resp, err := c.Get(srv.URL)
		if e, ok := errors.AsType[*limiter.RefusedError](err); ok {
			fmt.Println(e.Reason, e.Limit, "back within a day:", time.Until(e.RetryAt) < 25*time.Hour)
			continue
		}
		resp.Body.Close()
		fmt.Println(resp.StatusCode)
	}
	// Output:
	// 200
	// 200
	// quota-spent 2 a day back within a day: true
}

// The way into a running app: observe first, then enforce. What was counted is kept.
func ExampleTransport_SetMode() {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}))
	defer srv.Close()
	t, err := limiter.NewTransport(nil, limiter.Config{Mode: policy.Observe, Limits: limiter.Limits{limiter.PerDay(3)}})
	if err != nil {
		panic(err)
	}
	defer t.Close()
	c := &http.Client{Transport: t}
	call := func() {
		if resp, err := c.Get(srv.URL); err == nil {
			resp.Body.Close()
		}
	}
	for range 5 {
		call()
	}
	fmt.Println("would have refused", t.Snapshot().Would.Refused)
	t.SetMode(policy.Enforce)
	call()
	fmt.Println("refused", t.Snapshot().Totals.Refused)
	// Output:
	// would have refused 2
	// refused 1
}

// Somebody waits for this answer; a nightly check would use Background.
func ExampleWithPriority() {
	ctx := limiter.WithPriority(context.Background(), limiter.Interactive)
	fmt.Println(limiter.PriorityOf(ctx), limiter.PriorityOf(context.Background()))
	// Output: interactive normal
}
