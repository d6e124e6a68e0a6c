package limiter

import (
	"context"
	"errors"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// odd is a Store whose Step is a function.
type odd struct {
	step func(context.Context, Batch) (Grants, error)
}

func (s odd) Step(ctx context.Context, b Batch) (Grants, error) { return s.step(ctx, b) }
func (s odd) Shares() Kinds                                     { return KindsOf(Rate, Day) }
func (s odd) Close() error                                      { return nil }

// generous grants all that is asked for.
func generous(b Batch) (g Grants) {
	for i, a := range b.Asks {
		for n := range a.Calls {
			g.Grants = append(g.Grants, Grant{ID: b.Seq<<32 | uint64(i)<<16 | uint64(n) + 1, Tenant: a.Tenant, Cost: a.Cost})
		}
	}
	return g
}

// A store that panics, hangs, or answers late is one that fails: calls are
// refused, or go on, as Outage says, and it is asked again.
func TestStoreThatPanicsOrHangs(t *testing.T) {
	for name, bad := range map[string]func(ctx context.Context, until <-chan struct{}) error{
		"panics": func(context.Context, <-chan struct{}) error { panic("store") },
		"hangs":  func(_ context.Context, until <-chan struct{}) error { <-until; return errors.New("late") },
		"late":   func(ctx context.Context, _ <-chan struct{}) error { <-ctx.Done(); return ctx.Err() },
	} {
		for _, o := range []Outage{FailClosed, FailOpen} {
			t.Run(name+" "+o.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := &platform{}
					until := make(chan struct{})
					var mu sync.Mutex
					well, running := false, 0
					tr := newTransport(t, p, Config{Limits: Limits{PerSecond(20)}, Outage: o, Store: odd{func(ctx context.Context, b Batch) (Grants, error) {
						mu.Lock()
						if running++; running > 1 {
							t.Error("two Steps at once")
						}
						ok := well
						mu.Unlock()
						defer func() { mu.Lock(); running--; mu.Unlock() }()
						if !ok {
							return Grants{}, bad(ctx, until)
						}
						return generous(b), nil
					}}})
					began := time.Now()
					for range 40 {
						err := get(tr, context.Background(), "A")
						var refused *RefusedError
						if o == FailClosed && (!errors.As(err, &refused) || refused.Reason != StoreDown) || o == FailOpen && err != nil {
							t.Fatalf("%v", err)
						}
					}
					if took := time.Since(began); o == FailClosed && took > 8*time.Second {
						t.Errorf("40 refusals took %v", took)
					}
					mu.Lock()
					well = true
					mu.Unlock()
					close(until)
					time.Sleep(8 * time.Second)
					get(tr, context.Background(), "A") // it is asked again with the next call
					time.Sleep(8 * time.Second)
					if err := get(tr, context.Background(), "A"); err != nil {
						t.Errorf("after it is well again: %v", err)
					}
					if err := tr.Close(); err != nil {
						t.Error(err)
					}
				})
			})
		}
	}
}

// Close does not wait for a store that hangs.
func TestCloseBesideAStoreThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until := make(chan struct{})
		tr := newTransport(t, &platform{}, Config{Limits: Limits{PerSecond(20)}, Store: odd{func(context.Context, Batch) (Grants, error) {
			<-until
			return Grants{}, nil
		}}})
		told := make(chan error, 1)
		go func() { told <- get(tr, context.Background(), "A") }()
		synctest.Wait()
		began := time.Now()
		if err := tr.Close(); err != nil {
			t.Error(err)
		}
		if err := <-told; !errors.Is(err, ErrClosed) {
			t.Errorf("the waiter got %v", err)
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("Close took %v", took)
		}
		close(until)
	})
}

// What a store says is bounded by what the process counts itself: lies break no
// limit, and nothing overflows.
func TestStoreThatLies(t *testing.T) {
	for name, lie := range map[string]func(g *Grants, b Batch){
		"too many": func(g *Grants, b Batch) { g.Grants = append(g.Grants, generous(b).Grants...) },
		"no ask":   func(g *Grants, b Batch) { g.Grants = append(g.Grants, Grant{ID: 1 << 60, Tenant: "nobody"}) },
		"no id": func(g *Grants, b Batch) {
			for i := range g.Grants {
				g.Grants[i].ID = 0
			}
		},
		"the past": func(g *Grants, b Batch) {
			for i := range g.Grants {
				g.Grants[i].In = math.MinInt64
			}
		},
		"clock back": func(g *Grants, b Batch) { g.Now = time.Unix(0, 0); g.Next = math.MinInt64 },
		"odd days": func(g *Grants, b Batch) {
			g.Day = []DayCount{{Limit: PerDay(5), Used: -1 << 40}, {Tenant: "x", Used: 1 << 60}}
		},
		"odd refusal": func(g *Grants, b Batch) { g.Refused = []Refusal{{Tenant: "nobody"}, {}} },
	} {
		t.Run(name, func(t *testing.T) {
			p := &platform{}
			synctest.Test(t, func(t *testing.T) {
				tr := newTransport(t, p, Config{Limits: Limits{PerSecond(20), PerDay(1000)}, Guarantee: Strict, Tenant: byHeader, Store: odd{func(_ context.Context, b Batch) (Grants, error) {
					g := generous(b)
					lie(&g, b)
					return g, nil
				}}})
				fleet(tr, 30, 3, 10*time.Second, nil)
				windUp(tr)
			})
			if p.worst(time.Second) > 20 || p.arrivals() < 150 {
				t.Errorf("%s", describe(p))
			}
		})
	}
	synctest.Test(t, func(t *testing.T) { // never is not now
		p := &platform{}
		tr := newTransport(t, p, Config{Limits: Limits{PerSecond(20)}, Store: odd{func(_ context.Context, b Batch) (Grants, error) {
			g := generous(b)
			for i := range g.Grants {
				g.Grants[i].In = math.MaxInt64
			}
			return g, nil
		}}})
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := get(tr, ctx, "A"); err == nil || p.arrivals() > 0 {
			t.Errorf("a permit for the end of time was used now")
		}
		tr.Close()
	})
}
