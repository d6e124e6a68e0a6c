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

	"github.com/goodtenant/goodtenant/policy"
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

// What a call allocates beside what its base does, by what its context may do, and
// admission alone.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	mayEnd := t.Context()
	for _, c := range []struct {
		name string
		ctx  context.Context
		off  policy.Switch // RunOn
		most float64
	}{
		{"a context that never ends", context.Background(), 0, 2},
		{"one that may end, on a goroutine of its own", mayEnd, 0, 7},
		{"one that may end, RunOn Off", mayEnd, policy.Off, 5},
	} {
		tr := newTransport(t, stub{}, Config{Limits: wide(), Tenant: byHeader, RunOn: c.off})
		r := request(t, c.ctx, "A")
		bare := testing.AllocsPerRun(1000, func() { send(stub{}, r) })
		if n := testing.AllocsPerRun(1000, func() { send(tr, r) }) - bare; n > c.most {
			t.Errorf("%s: %v allocations over a bare call's %v, want %v at most", c.name, n, bare, c.most)
		}
		tr.Close()
	}
	tr := newTransport(t, stub{}, Config{Limits: wide(), Tenant: byHeader})
	defer tr.Close()
	c, p := tr.core, new(ticket)
	if n := testing.AllocsPerRun(1000, func() {
		*p = ticket{cost: 1, lane: laneNormal}
		c.admit(context.Background(), time.Time{}, nil, p)
		c.ended(p)
	}); n > 0 {
		t.Errorf("%v allocations for acquire and release, want none", n)
	}
}
