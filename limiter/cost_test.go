package limiter

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

// Units of a day: a call takes what it costs, all or nothing; nonsense costs one,
// and what can never fit is refused at once. Thresholds are told once each.
func TestCosts(t *testing.T) {
	p := &platform{}
	synctest.Test(t, func(t *testing.T) {
		var told []int
		tr := newTransport(t, p, Config{Limits: Limits{PerDay(100)}, Cost: func(r *http.Request) int {
			n, _ := strconv.Atoi(r.Header.Get("Reapit-Customer"))
			return n
		}, Hooks: Hooks{Day: func(_ context.Context, l DayLevel) { told = append(told, l.Percent) }}})
		used := func() int { return tr.Snapshot().App.Limits[0].Used }
		for _, c := range []struct{ cost, used int }{{-5, 1}, {0, 2}, {40, 42}, {101, 42}, {1 << 40, 42}, {59, 42}, {50, 92}, {8, 100}, {1, 100}} {
			err := get(tr, context.Background(), fmt.Sprint(c.cost))
			var refused *RefusedError
			if err != nil && (!errors.As(err, &refused) || refused.Reason != QuotaSpent || refused.RetryAt.IsZero() || refused.RetryAt.After(time.Now().Add(25*time.Hour))) {
				t.Errorf("cost %d: %v", c.cost, err)
			}
			if used() != c.used {
				t.Errorf("cost %d: %d units used, want %d", c.cost, used(), c.used)
			}
		}
		if fmt.Sprint(told) != "[50 80 90 95 100]" {
			t.Errorf("thresholds told: %v", told)
		}
		time.Sleep(25 * time.Hour)
		told = nil
		for range 50 {
			get(tr, context.Background(), "1")
		}
		if fmt.Sprint(told) != "[50]" {
			t.Errorf("thresholds told on the next day: %v", told)
		}
		windUp(tr)
	})
}
