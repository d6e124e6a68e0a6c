package dedupe

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goodtenant/goodtenant/policy"
)

// Two values of one create that belong to two entities: both are named, and
// neither is taken for the one that was meant.
func TestKeysThatMatchDifferentEntities(t *testing.T) {
	overCRM(t, func(t *testing.T, w *world, c *crm) {
		c.seed("contacts", "C1", map[string]any{"email": "ann@corp.test"})
		c.seed("contacts", "C2", map[string]any{"mobilePhone": "+447700900001"})
		c.seed("contacts", "C3", map[string]any{"homePhone": "+447700900002"})
		cfg := unique()
		cfg.OnDuplicate, cfg.Country = UseExisting, "GB"
		do(w.transport(cfg), contact(t, `{"mobilePhone":"07700 900001","homePhone":"07700 900002"}`)).duplicate(t, "C2", "C3")
		if e := do(w.transport(cfg), contact(t, `{"email":"ann@corp.test","mobilePhone":"07700 900001"}`)); e.status != 201 {
			t.Errorf("the first usable key decides: %v", e)
		}
		cfg.Unique[0].EveryKey = true
		if e := do(w.transport(cfg), contact(t, `{"email":"ann@corp.test","mobilePhone":"07700 900001"}`)).duplicate(t, "C1", "C2"); e.Key != "e-mail" {
			t.Errorf("%+v", e)
		}
		if e, ok := Existing(do(w.transport(cfg), contact(t, `{"email":"ann@corp.test","mobilePhone":"07700 900009"}`)).resp); !ok || e.Existing[0].ID != "C1" {
			t.Errorf("%+v", e)
		}
	})
}

func TestRelatedEntitiesOfTwoPeople(t *testing.T) {
	overCRM(t, func(t *testing.T, w *world, c *crm) {
		for i, name := range []string{"ann", "bea"} {
			c.seed("contacts", fmt.Sprint("C", i), map[string]any{"email": name + "@corp.test"})
			c.seed("landlords", fmt.Sprint("L", i), map[string]any{"related": []any{map[string]any{"id": fmt.Sprint("C", i), "email": name + "@corp.test"}}})
		}
		do(w.transport(unique()), request(t.Context(), "POST", "http://api.test/landlords/",
			`{"related":[{"associatedId":"C0","associatedType":"contact"},{"associatedId":"C1","associatedType":"contact"}]}`)).duplicate(t, "L0", "L1")
	})
}

// A lookup that fails after another has found somebody takes nothing back.
func TestMatchBeforeAFailureCounts(t *testing.T) {
	overCRM(t, func(t *testing.T, w *world, c *crm) {
		c.seed("contacts", "C1", map[string]any{"email": "ann@corp.test"})
		c.before = func(rw http.ResponseWriter, r *http.Request) bool {
			if r.URL.Query().Has("contactDetail") {
				rw.WriteHeader(500)
				return true
			}
			return false
		}
		cfg := unique()
		cfg.Unique[0].EveryKey = true
		do(w.transport(cfg), contact(t, `{"email":"ann@corp.test","mobilePhone":"+447700900001"}`)).duplicate(t, "C1")
		do(w.transport(cfg), contact(t, `{"email":"new@corp.test","mobilePhone":"+447700900001"}`)).unchecked(t, LookupError)
	})
}

// However the paths of a write and of a read are spelled, a read after the write
// joins no answer from before it.
func TestFault68ReadYourWritesUnderOtherSpellings(t *testing.T) {
	for _, read := range []string{"/offices/O1", "//offices/O1", "/offices/./O1", "/offices/O1/", "/x/../offices"} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, false)
			w.handle = func(rw http.ResponseWriter, r *http.Request) {
				if r.Method == "GET" {
					time.Sleep(time.Second)
				}
			}
			tr := w.transport(Config{})
			before := start(tr, get(t.Context(), "http://api.test"+read))
			synctest.Wait()
			do(tr, request(t.Context(), "PATCH", "http://api.test/offices/O1", "{}"))
			after := start(tr, get(t.Context(), "http://api.test"+read))
			<-before
			<-after
			if n := w.arrivals(); n != 3 {
				t.Errorf("%s: %d arrivals, want 3", read, n)
			}
		})
	}
}

// Reuse is bounded by what its entries take, not by their bodies alone: small
// answers have headers, and each its key.
func TestReuseIsBoundedForSmallAnswers(t *testing.T) {
	tr := transport(t, stub(func(*http.Request) (*http.Response, error) { return answerWith(200, "", "X", "y"), nil }),
		Config{Coalesce: Coalesce{Reuse: time.Hour}})
	for i := range 60_000 {
		do(tr, get(t.Context(), fmt.Sprint(office, i)))
	}
	if n := len(tr.kept); n > maxKept/keptCost || n == 0 {
		t.Errorf("%d answers kept", n)
	}
	do(tr, request(t.Context(), "PATCH", office, "{}"))
	if len(tr.kept) != 0 || tr.keptBytes != 0 {
		t.Errorf("after a write %d answers are kept, %d bytes", len(tr.kept), tr.keptBytes)
	}
}

func TestRelatedEntityNamedTwiceIsLookedUpOnce(t *testing.T) {
	overCRM(t, func(t *testing.T, w *world, c *crm) {
		c.seed("contacts", "C1", map[string]any{"email": "ann@corp.test"})
		do(w.transport(unique()), request(t.Context(), "POST", "http://api.test/landlords/",
			`{"related":[{"associatedId":"C1","associatedType":"contact"},{"associatedId":"C1","associatedType":"contact"}]}`)).want(t, 201, "")
		if n := w.arrivals(); n != 3 { // the contact, the search, the create
			t.Errorf("%d arrivals, want 3", n)
		}
	})
}

// closing tells whether its body was closed.
type closing struct {
	io.Reader
	closed *atomic.Bool
}

func (c closing) Close() error { c.closed.Store(true); return nil }

// A hook that panics under Observe harms its own call, whose answer nobody gets:
// it is closed, so that nothing below waits for it.
func TestFault29HookThatPanicsUnderObserve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var closed [2]atomic.Bool
		var n atomic.Int32
		base := stub(func(*http.Request) (*http.Response, error) {
			i := n.Add(1) - 1
			time.Sleep(time.Duration(i+1) * time.Second)
			resp := answerWith(200, "")
			resp.Body = closing{strings.NewReader("body"), &closed[i]}
			return resp, nil
		})
		tr := transport(t, base, Config{Mode: policy.Observe, Hooks: Hooks{Shared: func(context.Context, SharedRead) { panic("hook") }}})
		first := start(tr, get(t.Context(), office))
		synctest.Wait()
		func() {
			defer func() {
				if recover() != "hook" || !closed[1].Load() {
					t.Errorf("closed: %v", closed[1].Load())
				}
			}()
			tr.RoundTrip(get(t.Context(), office))
			t.Error("no panic")
		}()
		(<-first).want(t, 200, "body")
	})
}

func TestFault101NoVerbPrintsAnID(t *testing.T) {
	e := &DuplicateError{Rule: "contacts", Key: "e-mail", Existing: []Entity{{ID: "C17", URL: "http://api.test/contacts/C17"}}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if s := fmt.Sprintf(verb, e); strings.Contains(s, "C17") {
			t.Errorf("%s: %s", verb, s)
		}
	}
}

// hanging is a store that hangs when a key is to be freed.
type hanging struct{ Locks }

func (h hanging) Save(ctx context.Context, key, owner string, note []byte, keep, hold time.Duration) error {
	if hold == 0 {
		<-ctx.Done()
		return ctx.Err()
	}
	return h.Locks.Save(ctx, key, owner, note, keep, hold)
}

// A store that hangs after the create costs its caller no answer, and the others
// no duplicate: to them the key stays in doubt.
func TestStoreThatHangsAfterTheCreate(t *testing.T) {
	overCRM(t, func(t *testing.T, w *world, c *crm) {
		c.lag = time.Hour
		cfg := unique()
		shared := NewMemoryLocks()
		cfg.HashKey = []byte("0123456789abcdef")
		cfg.Locks = hanging{shared}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r := do(w.transport(cfg), withEmail(t, "ann@corp.test").WithContext(ctx))
		if r.want(t, 201, ""); r.at >= time.Second {
			t.Errorf("answered after %v", r.at)
		}
		cfg.Locks = shared
		do(w.transport(cfg), withEmail(t, "ann@corp.test")).unchecked(t, InDoubt)
		if c.made() != 1 {
			t.Errorf("%d created", c.made())
		}
	})
}
