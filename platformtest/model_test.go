package platformtest

import (
	"math/rand/v2"
	"testing"
	"time"
)

var epoch = time.Unix(1_000_000_000, 0)

// Each row is a call at so many milliseconds and whether it is admitted.
func TestModels(t *testing.T) {
	type call struct {
		at       int
		admitted bool
	}
	for name, c := range map[string]struct {
		cfg   Config
		calls []call
	}{
		"sliding log": {Config{Rate: 2}, []call{
			{0, true}, {900, true}, {950, false}, {999, false}, {1000, true}, {1500, false}, {1899, false}, {1900, true}, {2000, true}, {2001, false},
		}},
		"sliding log that counts rejects": {Config{Rate: 2, CountRejected: true}, []call{
			{0, true}, {100, true}, {900, false}, {1000, false}, {1800, false}, {1899, false}, {2800, true}, {2899, true}, {2900, false},
		}},
		"fixed window": {Config{Model: FixedWindow, Rate: 2}, []call{
			{800, true}, {900, true}, {999, false}, {1000, true}, {1001, true}, {1999, false}, {2000, true},
		}},
		"fixed window of another phase": {Config{Model: FixedWindow, Rate: 2, Phase: 250 * time.Millisecond}, []call{
			{800, true}, {900, true}, {1000, false}, {1249, false}, {1250, true}, {1251, true}, {1252, false},
		}},
		"token bucket": {Config{Model: TokenBucket, Rate: 2, Burst: 3}, []call{
			{0, true}, {0, true}, {0, true}, {0, false}, {499, false}, {500, true}, {999, false}, {1000, true}, {60_000, true}, {60_000, true}, {60_000, true}, {60_000, false},
			{62_000, true}, {62_000, true}, {62_000, true}, {62_000, false}, // two seconds bring four, but three is full
		}},
		"no limit": {Config{Rate: -1}, []call{{0, true}, {0, true}, {0, true}}},
	} {
		m := c.cfg.WithDefaults().newMeter()
		for i, call := range c.calls {
			now := epoch.Add(time.Duration(call.at) * time.Millisecond)
			left, next := m.left(now), m.next(now)
			got := m.take(now)
			if !got {
				m.refuse(now)
			}
			if got != call.admitted || got != (left > 0) || got != next.Equal(now) {
				t.Errorf("%s, call %d at %d ms: admitted %v (left %d, next in %s), want %v", name, i, call.at, got, left, next.Sub(now), call.admitted)
			}
		}
	}
}

// next is the first moment at which a call is admitted, and not one earlier.
func TestModelsTellWhenThereIsRoom(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, c := range []Config{
		{Rate: 3}, {Rate: 3, CountRejected: true}, {Model: FixedWindow, Rate: 3, Phase: 123456789}, {Model: TokenBucket, Rate: 7, Burst: 2, Per: 3 * time.Second},
	} {
		m := c.WithDefaults().newMeter()
		now := epoch
		for range 5000 {
			now = now.Add(time.Duration(r.Int64N(int64(400 * time.Millisecond))))
			next := m.next(now)
			if next.After(now) {
				if m.take(now) || m.take(next.Add(-1)) {
					t.Fatalf("%+v: a call before next was admitted", c)
				}
				if r.IntN(2) == 0 {
					continue
				}
				now = next
			}
			if !m.take(now) {
				t.Fatalf("%+v: no call was admitted at next", c)
			}
		}
	}
}

// The ring of the sliding log against a plain count.
func TestSlidingLogAgainstACount(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	l := newSlidingLog(5, time.Second, false)
	var admitted []time.Time
	now := epoch
	for range 20_000 {
		now = now.Add(time.Duration(r.Int64N(int64(300 * time.Millisecond)))).Truncate(time.Millisecond)
		n := 0
		for _, at := range admitted[max(0, len(admitted)-10):] {
			if now.Sub(at) < time.Second {
				n++
			}
		}
		if got := l.take(now); got != (n < 5) {
			t.Fatalf("at %s with %d in the window: admitted %v", now.Sub(epoch), n, got)
		} else if got {
			admitted = append(admitted, now)
		}
	}
	if len(admitted) == 20_000 || len(admitted) < 10_000 {
		t.Fatalf("%d of 20000 admitted: the schedule tests nothing", len(admitted))
	}
}

func TestDayBoundary(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		boundary    Boundary
		start, next time.Time
	}{
		"rolling":               {Boundary{}, time.Date(2026, 3, 28, 18, 0, 0, 0, time.UTC), time.Date(2026, 3, 29, 18, 0, 0, 0, time.UTC)},
		"UTC":                   {Boundary{Zone: "UTC"}, time.Date(2026, 3, 28, 18, 0, 0, 0, time.UTC), time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)},
		"at the boundary":       {Boundary{Zone: "UTC"}, time.Date(2026, 3, 28, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)},
		"another hour":          {Boundary{Zone: "UTC", Hour: 20, Minute: 30}, time.Date(2026, 3, 28, 18, 0, 0, 0, time.UTC), time.Date(2026, 3, 28, 20, 30, 0, 0, time.UTC)},
		"the clocks go forward": {Boundary{Zone: "Europe/London", Hour: 2}, time.Date(2026, 3, 28, 2, 0, 0, 0, london), time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC)},
		"the clocks go back":    {Boundary{Zone: "Europe/London"}, time.Date(2026, 10, 25, 12, 0, 0, 0, london), time.Date(2026, 10, 26, 0, 0, 0, 0, london)},
	} {
		m := Config{Day: 2, DayBoundary: c.boundary}.WithDefaults().newDayMeter()
		if first, second, third := m.take(c.start), m.take(c.start), m.take(c.start); !first || !second || third {
			t.Errorf("%s: not two calls were admitted", name)
		}
		if next := m.next(c.start); !next.Equal(c.next) {
			t.Errorf("%s: next is %s, want %s", name, next.UTC(), c.next.UTC())
		}
		if m.take(c.next.Add(-1)) || !m.take(c.next) {
			t.Errorf("%s: the day does not begin at its boundary", name)
		}
	}
}

func TestWindowFindsTheFullestSecond(t *testing.T) {
	w := window{per: time.Second}
	for _, ms := range []int{0, 1, 2, 900, 950, 999, 1000, 1001, 1899, 1900, 5000} {
		w.add(epoch.Add(time.Duration(ms) * time.Millisecond))
	}
	want(t, "most", w.most, 6) // from 900 to 1899; 1900 is a second after 900
}
