package limiter

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// flaky is a Store that grants all it is asked for while it is up.
type flaky struct {
	mu      sync.Mutex
	down    bool
	id      uint64
	members int
	open    map[uint64]bool // granted and not settled
	closed  bool
}

func (s *flaky) Step(_ context.Context, b Batch) (g Grants, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return g, errors.New("down")
	}
	for _, d := range b.Done {
		delete(s.open, d.ID)
	}
	for _, a := range b.Asks {
		for range a.Calls {
			s.id++
			s.open[s.id] = true
			g.Grants = append(g.Grants, Grant{ID: s.id, Tenant: a.Tenant, Cost: a.Cost})
		}
	}
	return g, nil
}
func (s *flaky) set(down bool)        { s.mu.Lock(); s.down = down; s.mu.Unlock() }
func (s *flaky) Shares() Kinds        { return KindsOf(Rate, Day) }
func (s *flaky) Close() error         { s.closed = true; return nil }
func (s *flaky) Replicas() (int, int) { return 0, s.members }

// TestFault84StoreOutage: closed, local share, or open, and back.
func TestFault84StoreOutage(t *testing.T) {
	for _, c := range []struct {
		outage  Outage
		members int
		want    int // calls in the first second of an outage
	}{{FailClosed, 4, 0}, {LocalShare, 4, 5}, {LocalShare, 0, 0}, {LocalShare, 40, 1}, {FailOpen, 4, 20}} {
		synctest.Test(t, func(t *testing.T) {
			p := &platform{}
			s := &flaky{members: c.members, open: map[uint64]bool{}}
			tr := newTransport(t, p, Config{Limits: Limits{PerSecond(20)}, Guarantee: Strict, Store: s, Outage: c.outage})
			for range 10 {
				if err := get(tr, context.Background(), ""); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(10 * time.Second)
			s.set(true)
			began := time.Now()
			down := 0
			for time.Since(began) < 900*time.Millisecond {
				ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
				at := time.Now()
				err := get(tr, ctx, "")
				cancel()
				if r, ok := err.(*RefusedError); ok && r.Reason == StoreDown {
					down++
					if time.Since(at) > 0 {
						t.Errorf("%v: StoreDown was said after %v", c.outage, time.Since(at))
					}
				}
				time.Sleep(10 * time.Millisecond)
			}
			if n := p.arrivals() - 10; n != c.want || (c.want == 0) != (down > 0) {
				t.Errorf("%v of %d: %d calls in a second of outage, %d refused with StoreDown; want %d", c.outage, c.members, n, down, c.want)
			}
			s.set(false)
			time.Sleep(3 * time.Second)
			for range 20 {
				if err := get(tr, context.Background(), ""); err != nil {
					t.Errorf("%v: the store is back: %v", c.outage, err)
				}
			}
			if err := tr.Close(); err != nil || !s.closed {
				t.Errorf("Close: %v, the store is closed: %v", err, s.closed)
			}
			if len(s.open) > 0 {
				t.Errorf("%v: %d permits were never settled", c.outage, len(s.open))
			}
		})
	}
}
