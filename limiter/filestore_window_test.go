package limiter

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

// Whatever is joined to fit a page, no call leaves a window early.
func TestWindowShrinks(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 3))
		var w window
		var exact []int64
		const span = time.Second
		now := int64(0)
		for range 400 {
			now += r.Int64N(int64(5 * time.Millisecond))
			w.advance(now, span)
			exact = slices.DeleteFunc(exact, func(at int64) bool { return at+int64(span) <= now })
			w.add(stamp{at: now, n: 1, open: r.IntN(4) == 0})
			exact = append(exact, now)
			w.shrink(20)
			sum := 0
			for i, s := range w {
				sum += int(s.n)
				if i > 0 && s.at < w[i-1].at {
					t.Fatalf("seed %d: out of order: %v", seed, w)
				}
			}
			if sum < len(exact) || len(w) > 20 {
				t.Fatalf("seed %d: %d calls in %d stamps, %d are in the window", seed, sum, len(w), len(exact))
			}
		}
	}
}

func TestWindowWait(t *testing.T) {
	const ms = int64(time.Millisecond)
	w := window{{at: 0, n: 2}, {at: 100 * ms, n: 1}, {at: 200 * ms, n: 1, open: true}}
	for _, c := range []struct {
		most int
		want time.Duration
	}{{5, 0}, {4, 700 * time.Millisecond}, {3, 700 * time.Millisecond}, {2, 800 * time.Millisecond}, {1, 20 * time.Millisecond}, {0, 20 * time.Millisecond}} {
		if got := w.wait(300*ms, time.Second, c.most); got != c.want {
			t.Errorf("at most %d: wait %v, want %v", c.most, got, c.want)
		}
	}
	w.advance(1000*ms, time.Second)
	if len(w) != 2 {
		t.Errorf("after the first has left: %v", w)
	}
	w.advance(5000*ms, time.Second)
	if len(w) != 1 || !w[0].open {
		t.Errorf("an open permit left its window: %v", w)
	}
	w.advance(200*ms+int64(openLease+time.Second), time.Second)
	if len(w) != 0 {
		t.Errorf("the permit of a process that died stays: %v", w)
	}
	w = window{{at: 900 * ms, n: 1}}
	w.advance(100*ms, time.Second) // the clock was set back
	if w[0].at != 100*ms {
		t.Errorf("a call of the future is at %d", w[0].at)
	}
	w = window{{at: 1, n: 2, open: true}, {at: 9, n: 1, open: true}}
	if !w.takeOpen(5) || !w.takeOpen(1) || !w.takeOpen(3) || w.takeOpen(1) || len(w) != 0 {
		t.Errorf("open permits are taken one by one: %v", w)
	}
}

// age makes what the file holds older, as it looks after the clock was set forward.
func (c *fileClient) age(by time.Duration) {
	c.t.Helper()
	err := c.s.locked(context.Background(), func() error {
		now := c.s.tick()
		if err := c.s.refresh(now); err != nil {
			return err
		}
		for _, x := range c.s.counts {
			if err := c.s.load(x, now); err != nil {
				return err
			}
			if !x.there {
				continue
			}
			for i := range x.cell.window {
				x.cell.window[i].at -= int64(by)
			}
			x.cell.day.seen = x.cell.day.seen.Add(-by)
			c.s.touch(x)
		}
		return c.s.flush(now)
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

// A wall clock that is set, or a machine that slept, makes nothing in the file older.
func TestFileStoreClockSteps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "day")
	c := mustOpen(t, path, PerDay(50), PerWindow(10, time.Hour))
	if n := c.spend(20); n != 10 {
		t.Fatalf("%d of a window of 10", n)
	}
	const by = 3 * 24 * time.Hour
	c.age(by)
	c.s.last = step(c.s.last, -int(by/time.Second)) // the next step finds the clock ahead by that
	for range 2 {
		if n := c.spend(10); n != 0 {
			t.Errorf("set forward: %d calls went at once", n)
		}
	}
	c.age(-by) // and set back: what was made is in the future
	for range 2 {
		if n := c.spend(10); n != 0 {
			t.Errorf("set back: %d calls went at once", n)
		}
	}
	c.batch.Limits = Limits{PerDay(50)}
	c.age(by)
	c.s.last = step(c.s.last, -int(by/time.Second))
	if n := c.spend(60); n != 40 {
		t.Errorf("%d more of a day of 50 went, when 10 had gone before the clock was set", n)
	}
	c.close()
	c = mustOpen(t, path, PerDay(50))
	if n := c.spend(10); n != 0 {
		t.Errorf("%d went when the file was opened again", n)
	}
	c.close()
}

// The last window that a file holds counts as made when it is opened: what the
// clock did meanwhile is not known.
func TestFileStoreReopenedLater(t *testing.T) {
	path := filepath.Join(t.TempDir(), "day")
	c := mustOpen(t, path, PerWindow(10, time.Minute))
	c.spend(10)
	if _, err := c.step(0); err != nil { // tells that they were sent
		t.Fatal(err)
	}
	c.age(59 * time.Second) // not so long that they are dropped
	c.close()
	c = mustOpen(t, path, PerWindow(10, time.Minute))
	for range 2 {
		g, err := c.step(10)
		if err != nil || len(g.Grants) != 0 || g.Next < 50*time.Second {
			t.Errorf("opened again after 59 s: %d went, the next in %v, %v", len(g.Grants), g.Next, err)
		}
	}
	c.close()
}

// Where one Transport's limits change, or its day begins at another time, what
// was counted stays counted.
func TestFileStoreOtherConfig(t *testing.T) {
	path := filepath.Join(t.TempDir(), "day")
	c := mustOpen(t, path, PerDay(100))
	c.spend(30)
	for _, day := range []Boundary{{Zone: "UTC"}, {Zone: "Asia/Tokyo", Hour: 5}, {}} {
		c.batch.Day = day
		g, err := c.step(1)
		if err != nil || len(g.Grants) != 1 {
			t.Fatalf("%v: %v, %v", day, g, err)
		}
	}
	if n := c.spend(100); n > 67 || n < 40 { // blocks that were given back meanwhile may count
		t.Errorf("%d more went over three changes of the day, of 67", n)
	}
	c.batch.Limits = Limits{PerDay(120)}
	if n := c.spend(100); n < 15 || n > 20 {
		t.Errorf("%d went when the limit was raised by 20", n)
	}
	c.batch.Limits = Limits{PerDay(50)}
	if n := c.spend(1); n != 0 {
		t.Errorf("%d went when it was lowered", n)
	}
	c.batch.Day = Boundary{Zone: "Nowhere/Land"}
	if _, err := c.step(1); err == nil {
		t.Error("a zone that is none was taken")
	}
	c.close()
}

// Many tenants, in two stores at once: each has its own count, also the ones that
// the other store made.
func TestFileStoreTenants(t *testing.T) {
	path := filepath.Join(t.TempDir(), "day")
	limits := []Limit{PerDay(5).EachTenant(), PerDay(100_000)}
	one, two := mustOpen(t, path, limits...), mustOpen(t, path, limits...)
	total := map[string]int{}
	r := rand.New(rand.NewPCG(4, 4))
	for i := range 2000 {
		c := []*fileClient{one, two}[r.IntN(2)]
		name := fmt.Sprint("tenant ", r.IntN(300))
		c.batch.Seq++
		c.batch.Asks = []Ask{{Tenant: name, Calls: 2, Cost: 1}}
		g, err := c.s.Step(context.Background(), c.batch)
		if err != nil {
			t.Fatal(i, err)
		}
		if total[name] += len(g.Grants); total[name] > 5 {
			t.Fatalf("%d for %s", total[name], name)
		}
	}
	one.close()
	two.close()
	c := mustOpen(t, path, limits...)
	for name, n := range total {
		c.batch.Seq++
		c.batch.Asks = []Ask{{Tenant: name, Calls: 9, Cost: 1}}
		g, err := c.s.Step(context.Background(), c.batch)
		if err != nil || n+len(g.Grants) != 5 {
			t.Fatalf("%s had %d, and %d more, %v", name, n, len(g.Grants), err)
		}
	}
	c.close()
}

// Many goroutines, two stores: exact, and a bound for the file.
func TestFileStoreConcurrent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "day")
	const most = 3000
	stores := []*fileStore{mustOpen(t, path).s, mustOpen(t, path).s}
	var mu sync.Mutex
	var wg sync.WaitGroup
	total := 0
	for i := range 8 {
		wg.Go(func() {
			b := Batch{Client: fmt.Sprint(i), Limits: Limits{PerDay(most)}, Asks: []Ask{{Calls: 1 + i%3, Cost: 1}}}
			for {
				b.Seq++
				g, err := stores[i%2].Step(context.Background(), b)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				total += len(g.Grants)
				mu.Unlock()
				if len(g.Refused) > 0 {
					return
				}
			}
		})
	}
	wg.Wait()
	for _, s := range stores {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	c := mustOpen(t, path, PerDay(most))
	if total += c.spend(most); total != most {
		t.Errorf("%d of a day of %d", total, most)
	}
	c.close()
}

// What a call costs: beside a day alone (blocks in memory), and with a window,
// which is in the file call by call.
func BenchmarkFileStore(b *testing.B) {
	for name, limits := range map[string][]Limit{"day": {PerDay(maxCount)}, "day+window": {PerDay(maxCount), PerWindow(maxCount, time.Second)}} {
		b.Run(name, func(b *testing.B) {
			c := mustOpen(b, filepath.Join(b.TempDir(), "day"), limits...)
			b.ReportAllocs()
			for b.Loop() {
				if g, err := c.step(1); err != nil || len(g.Grants) != 1 {
					b.Fatal(g, err)
				}
			}
			c.close()
		})
	}
}
