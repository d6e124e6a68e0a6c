package limiter_test

import (
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goodtenant/goodtenant/limiter"
)

// When the day's last unit goes, all who wait are told at once, with the time at
// which the day comes back.
func TestFault79(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, err := limiter.NewTransport(&counting{}, limiter.Config{Limits: limiter.Limits{limiter.PerSecond(20), limiter.PerDay(50)}})
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var wg sync.WaitGroup
		var last time.Time
		var told []time.Time
		for range 200 {
			wg.Go(func() {
				r, _ := http.NewRequest("GET", "http://platform.test/", nil)
				resp, err := tr.RoundTrip(r)
				mu.Lock()
				defer mu.Unlock()
				var refused *limiter.RefusedError
				switch {
				case err == nil:
					resp.Body.Close()
					last = time.Now()
				case !errors.As(err, &refused) || refused.Reason != limiter.QuotaSpent:
					t.Error(err)
				case refused.RetryAt.Before(time.Now().Add(23*time.Hour)) || refused.RetryAt.After(time.Now().Add(24*time.Hour+10*time.Minute)):
					t.Errorf("told to come back at %v", refused.RetryAt)
				default:
					told = append(told, time.Now())
				}
			})
		}
		wg.Wait()
		if len(told) != 150 {
			t.Errorf("%d of 200 were told that a day of 50 is spent, want 150", len(told))
		}
		for _, at := range told {
			if at.After(last) {
				t.Errorf("somebody was told %v after the last unit went", at.Sub(last))
				break
			}
		}
		if err := tr.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A new fixed day does not open a burst past the rate, with a queue that is full.
func TestFault78ThroughATransport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		base := &counting{}
		tr, err := limiter.NewTransport(base, limiter.Config{Limits: limiter.Limits{limiter.PerSecond(20), limiter.PerDay(500)}, Day: limiter.Boundary{Zone: "UTC"}})
		if err != nil {
			t.Fatal(err)
		}
		edge := time.Now().Truncate(24 * time.Hour).Add(24 * time.Hour)
		time.Sleep(time.Until(edge.Add(-10 * time.Second)))
		var wg sync.WaitGroup
		for range 400 {
			wg.Go(func() {
				r, _ := http.NewRequest("GET", "http://platform.test/", nil)
				if resp, err := tr.RoundTrip(r); err == nil {
					resp.Body.Close()
				}
			})
		}
		wg.Wait()
		for i := 20; i < len(base.at); i++ {
			if gap := base.at[i].Sub(base.at[i-20]); gap < time.Second {
				t.Fatalf("21 calls within %v, %v from the new day", gap, base.at[i].Sub(edge))
			}
		}
		if last := base.at[len(base.at)-1]; len(base.at) != 400 || !last.After(edge) {
			t.Errorf("%d of 400 went, the last %v after the edge", len(base.at), last.Sub(edge))
		}
		if err := tr.Close(); err != nil {
			t.Error(err)
		}
	})
}

// counting is a base that answers at once and notes when.
type counting struct {
	mu sync.Mutex
	at []time.Time
}

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.at = append(c.at, time.Now())
	c.mu.Unlock()
	return &http.Response{StatusCode: http.StatusNoContent, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}
