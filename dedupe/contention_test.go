package dedupe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestWaitingCreateLeavesWithItsContext(t *testing.T) {
	overCRM(t, func(t *testing.T, w *world, c *crm) {
		c.after = func(*http.Request) { time.Sleep(time.Minute) }
		tr := w.transport(unique())
		first := start(tr, withEmail(t, "ann@corp.test"))
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r := do(tr, withEmail(t, "ann@corp.test").WithContext(ctx))
		if !errors.Is(r.err, context.DeadlineExceeded) || r.at != time.Second {
			t.Errorf("%v after %v", r.err, r.at)
		}
		(<-first).want(t, 201, "")
	})
}

func TestTenantsAndCredentialsAreApart(t *testing.T) {
	overCRM(t, func(t *testing.T, w *world, c *crm) {
		c.lag = time.Hour
		create := func(tr *Transport, tenant, auth string) result {
			req := withEmail(t, "ann@corp.test")
			req.Header.Set("Authorization", auth)
			if tenant != "" {
				req.Header.Set("Tenant", tenant)
			}
			return do(tr, req)
		}
		tr := w.transport(unique())
		create(tr, "A", "one").want(t, 201, "")
		create(tr, "B", "one").want(t, 201, "")
		create(tr, "A", "two").duplicate(t, "N1") // one customer, whoever asks
		create(tr, "", "one").want(t, 201, "")    // no tenant known: what the credential sees
		create(tr, "", "two").want(t, 201, "")
		create(tr, "", "two").duplicate(t, "N4")
	})
}

// A hook that panics harms its own call, and frees what that held (faults.md 29,
// 30); one that blocks holds up nobody.
func TestFault29HooksThatPanicOrBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, c := newWorld(t, false), newCRM()
		w.handle = c.ServeHTTP
		c.seed("contacts", "C1", map[string]any{"email": "ann@corp.test"})
		cfg := unique()
		panics := true
		block := make(chan struct{})
		cfg.Hooks.Duplicate = func(context.Context, Duplicate) {
			if panics {
				panic("hook")
			}
			<-block
		}
		tr := w.transport(cfg)
		func() {
			defer func() {
				if recover() != "hook" {
					t.Error("the panic went astray")
				}
			}()
			tr.RoundTrip(withEmail(t, "ann@corp.test"))
		}()
		panics = false
		var all []<-chan result
		for range 3 {
			all = append(all, start(tr, withEmail(t, "ann@corp.test")))
		}
		synctest.Wait() // each is in its hook: none holds the key
		if n := tr.Stats().Duplicates; n != 4 {
			t.Errorf("%d came through", n)
		}
		close(block)
		for _, ch := range all {
			(<-ch).duplicate(t, "C1")
		}
	})
}

func TestBaseThatPanicsFreesTheKey(t *testing.T) {
	broken := true
	tr := transport(t, stub(func(req *http.Request) (*http.Response, error) {
		if req.Method == "GET" {
			return answerWith(200, `[]`), nil
		}
		if broken {
			panic("base")
		}
		return answerWith(201, ""), nil
	}), unique())
	func() {
		defer func() { _ = recover() }()
		do(tr, withEmail(t, "ann@corp.test"))
	}()
	broken = false
	do(tr, withEmail(t, "ann@corp.test")).unchecked(t, InDoubt) // it may have been sent
	do(tr, withEmail(t, "bea@corp.test")).want(t, 201, "")
}

func TestManyKeysDoNotDeadlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, c := newWorld(t, false), newCRM()
		w.handle = c.ServeHTTP
		cfg := unique()
		cfg.Unique[0].EveryKey = true
		cfg.Locks, cfg.HashKey = NewMemoryLocks(), []byte("0123456789abcdef")
		a, b := w.transport(cfg), w.transport(cfg)
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				tr := []*Transport{a, b}[i%2]
				do(tr, contact(t, fmt.Sprintf(`{"mobilePhone":"+4420794600%02d","homePhone":"+4420794600%02d"}`, i%3, (i+1)%3)))
			})
		}
		wg.Wait()
		if n := c.made(); n != 1 {
			t.Errorf("%d created of three overlapping pairs, want 1", n)
		}
	})
}

// What this process deletes itself may be created again at once.
func TestDeletedEntitiesAreForgotten(t *testing.T) {
	for _, replicas := range []bool{false, true} {
		overCRM(t, func(t *testing.T, w *world, c *crm) {
			c.lag = time.Hour
			tr := w.transport(unique())
			other := tr
			if replicas {
				tr, other = w.replicas(nil)
			}
			do(tr, withEmail(t, "ann@corp.test")).want(t, 201, "")
			do(other, withEmail(t, "ann@corp.test")).duplicate(t, "N1")
			do(tr, request(t.Context(), "DELETE", "http://api.test/contacts/N2", "")).want(t, 204, "")
			do(other, withEmail(t, "ann@corp.test")).duplicate(t, "N1")
			do(tr, request(t.Context(), "DELETE", "http://api.test/contacts/N1/", "")).want(t, 204, "")
			do(other, withEmail(t, "ann@corp.test")).want(t, 201, "")
		})
	}
}

// A check never holds a slot while it asks for another: one slot is enough
// (faults.md 48).
func TestFault48OneSlotIsEnough(t *testing.T) {
	overCRM(t, func(t *testing.T, w *world, c *crm) {
		c.seed("contacts", "C1", map[string]any{"email": "ann@corp.test"})
		slot := make(chan struct{}, 1)
		tr := transport(t, stub(func(req *http.Request) (*http.Response, error) {
			slot <- struct{}{}
			resp, err := w.base.RoundTrip(req)
			if err != nil {
				<-slot
				return nil, err
			}
			resp.Body = closer{resp.Body, sync.OnceFunc(func() { <-slot })}
			return resp, nil
		}), unique())
		var all []<-chan result
		for i := range 10 {
			all = append(all, start(tr, withEmail(t, fmt.Sprintf("x%d@corp.test", i%5))))
			all = append(all, start(tr, request(t.Context(), "POST", "http://api.test/landlords", `{"related":[{"associatedId":"C1"}]}`)))
			all = append(all, start(tr, get(t.Context(), "http://api.test/contacts/C1")))
		}
		for _, ch := range all {
			<-ch
		}
		if c.made() != 6 {
			t.Errorf("%d created, want 5 contacts and a landlord", c.made())
		}
	})
}
