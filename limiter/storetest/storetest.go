// Package storetest is the acceptance suite for a limiter.Store: whoever writes
// one runs it over theirs.
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) limiter.Store { return open(t.Name()) })
//	}
//
// A store that passes never grants more than the limits allow to all its clients
// together, whatever is sent twice, lost, stale or given back, and grants the
// rest in the end.
package storetest

import (
	"context"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goodtenant/goodtenant/limiter"
)

// Run runs the suite in real time; it takes some seconds. Each call of open with
// one t opens the same state once more, as one more process would; with another
// t it begins with nothing counted. Run closes what it opens.
//
// The random schedules print their seed and are longer when the environment has
// GOODTENANT_SOAK=1.
func Run(t *testing.T, open func(t *testing.T) limiter.Store) {
	for _, c := range checks {
		if !c.virtual {
			t.Run(c.name, func(t *testing.T) { c.run(&bench{reporter: t, open: func() limiter.Store { return open(t) }}) })
		}
	}
}

// RunVirtual runs the suite, and what takes days, in synctest bubbles: for stores
// that know no time but the time package's.
func RunVirtual(t *testing.T, open func(t *testing.T) limiter.Store) {
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { c.run(&bench{reporter: t, open: func() limiter.Store { return open(t) }}) })
		})
	}
}

// check is one promise.
type check struct {
	name    string
	promise string // in words, for whoever reads the list
	virtual bool   // takes longer than anybody wants to wait
	of      limiter.Kind
	do      func(*bench)
}

// run does c where the store shares what it is about.
func (c check) run(b *bench) {
	defer b.close()
	s := b.store()
	if c.of != 0 && !s.Shares().Has(c.of) {
		b.Logf("the store does not share %v limits", c.of)
		return
	}
	c.do(b)
}

// reporter is what a check needs of a *testing.T; the suite's own tests have another.
type reporter interface {
	Errorf(format string, a ...any)
	Logf(format string, a ...any)
}

// bench opens stores and closes them.
type bench struct {
	reporter
	open   func() limiter.Store
	opened []limiter.Store
	names  int
}

func (b *bench) store() limiter.Store {
	s := b.open()
	b.opened = append(b.opened, s)
	return s
}

func (b *bench) close() {
	for _, s := range b.opened {
		if err := s.Close(); err != nil {
			b.Errorf("Close: %v", err)
		}
	}
	b.opened = nil
}

// client is one process's side: it counts its steps, and sees to what it was granted.
type client struct {
	*bench
	limiter.Store
	batch limiter.Batch
	done  []limiter.Done
}

// client makes one over s that keeps to limits.
func (b *bench) client(s limiter.Store, day limiter.Boundary, limits ...limiter.Limit) *client {
	b.names++
	return &client{bench: b, Store: s, batch: limiter.Batch{Client: fmt.Sprint("client ", b.names), Limits: limits, Day: day}}
}

// ask steps once for n calls of a tenant.
func (c *client) ask(tenant string, n int) limiter.Grants { return c.asks(ask(tenant, n, 1)) }

func ask(tenant string, n, cost int) limiter.Ask {
	return limiter.Ask{Tenant: tenant, Calls: n, Cost: cost}
}

// asks steps once, and sends what is done with it.
func (c *client) asks(asks ...limiter.Ask) limiter.Grants {
	c.batch.Asks, c.batch.Done, c.done = asks, c.done, nil
	c.batch.Seq++
	g, err := c.again()
	if err != nil {
		c.Errorf("step %d: %v", c.batch.Seq, err)
	}
	wanted := map[string]int{}
	for _, a := range asks {
		wanted[a.Tenant] += a.Calls
	}
	for _, grant := range g.Grants {
		if wanted[grant.Tenant]--; wanted[grant.Tenant] < 0 {
			c.Errorf("step %d: a grant for %q that nobody asked for", c.batch.Seq, grant.Tenant)
		}
	}
	return g
}

// again sends the last step once more.
func (c *client) again() (limiter.Grants, error) {
	g, err := c.Step(context.Background(), c.batch)
	if err == nil {
		c.batch.Seen = g.Now
	}
	return g, err
}

// sent says that grants were counted at the wire just now and have ended.
func (c *client) sent(grants ...limiter.Grant) {
	for _, g := range grants {
		c.done = append(c.done, limiter.Done{ID: g.ID, Free: true})
	}
}

// unsent says that grants were not used.
func (c *client) unsent(grants ...limiter.Grant) {
	for _, g := range grants {
		c.done = append(c.done, limiter.Done{ID: g.ID, Unsent: true, Free: true, Age: -1})
	}
}

// settle sends what is done and asks for nothing.
func (c *client) settle() { c.asks() }

// tooMany is more than any check lets through: a store that never refuses is not
// asked for ever.
const tooMany = 1200

// drain asks until nothing more is granted within patience, and gives the units' sum.
func (c *client) drain(tenant string, patience time.Duration) (units int) {
	for end := time.Now().Add(patience); units < tooMany; {
		g := c.ask(tenant, 10)
		for _, grant := range g.Grants {
			units += max(1, grant.Cost)
			time.Sleep(grant.In)
			c.sent(grant)
		}
		if len(g.Grants) > 0 {
			continue
		}
		if len(g.Refused) > 0 || !time.Now().Before(end) {
			c.settle()
			return units
		}
		time.Sleep(min(max(g.Next, time.Millisecond), time.Until(end)))
	}
	return units
}

// used is what the store says is spent of the first Day limit in g, -1 if nothing.
func used(g limiter.Grants) int {
	if len(g.Day) == 0 {
		return -1
	}
	return g.Day[0].Used
}

func soak() bool { return os.Getenv("GOODTENANT_SOAK") == "1" }

// stepRefused reports whether a step was refused with nothing granted.
func stepRefused(g limiter.Grants, err error) bool { return err != nil && len(g.Grants) == 0 }
