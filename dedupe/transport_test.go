package dedupe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goodtenant/goodtenant/policy"
)

func TestFault32ConfigErrorsNameFieldAndValue(t *testing.T) {
	rule := func(change func(*Rule)) Config {
		r := contactRule()
		change(&r)
		return Config{Unique: []Rule{r}}
	}
	for want, c := range map[string]Config{
		"Config.Mode is policy.Mode(7)":               {Mode: 7},
		"Config.Coalesce.Enabled is policy.Switch(9)": {Coalesce: Coalesce{Enabled: 9}},
		"Config.Coalesce.MaxBody is -1":               {Coalesce: Coalesce{MaxBody: -1}},
		"Config.Coalesce.Reuse is -1s":                {Coalesce: Coalesce{Reuse: -time.Second}},
		"Config.OnDuplicate is dedupe.Policy(9)":      {OnDuplicate: 9},
		"Config.OnLookupDenied is use-existing":       {OnLookupDenied: UseExisting},
		"Config.LookupFailed is dedupe.Failure(5)":    {LookupFailed: 5},
		"Config.Remember is -1ns":                     {Remember: -1},
		"Config.Hold is -1ns":                         {Hold: -1},
		"Config.HashKey is 3 bytes":                   {HashKey: []byte("abc")},
		"Config.HashKey is empty":                     {Locks: NewMemoryLocks()},
		`Config.Country is "XX"`:                      {Country: "XX"},
		"Config.Paging.MaxPages is -1":                {Paging: Paging{MaxPages: -1}},
		"Config.Paging.Size is -1":                    {Paging: Paging{Size: -1}},
		`Config.Paging: "rows" is no JSON pointer`:    {Paging: Paging{Rows: "rows"}},
		`Config.Unique[0] (""): its Name is empty`:    rule(func(r *Rule) { r.Name = "" }),
		`(contacts"): Path is "contacts"`:             rule(func(r *Rule) { r.Path = "contacts" }),
		`Collection is "x"`:                           rule(func(r *Rule) { r.Collection = "x" }),
		"its Keys are empty":                          rule(func(r *Rule) { r.Keys = nil }),
		"OnNoKey is use-existing":                     rule(func(r *Rule) { r.OnNoKey = UseExisting }),
		"OnDuplicate is dedupe.Policy(8)":             rule(func(r *Rule) { r.OnDuplicate = 8 }),
		"Keys[0].Kind is none":                        rule(func(r *Rule) { r.Keys[0].Kind = 0 }),
		"Keys[0].From is empty":                       rule(func(r *Rule) { r.Keys[0].From = nil }),
		"Keys[1].Param is empty":                      rule(func(r *Rule) { r.Keys[1].Param = "" }),
		`Keys[0].Lookup is "x"`:                       rule(func(r *Rule) { r.Keys[0].Lookup = "x" }),
		`"email" is no JSON pointer`:                  rule(func(r *Rule) { r.Keys[0].From = []string{"email"} }),
		"Related needs ID and Collections":            rule(func(r *Rule) { r.Related = &Related{} }),
	} {
		_, err := NewTransport(nil, c)
		if want = strings.ReplaceAll(want, `(contacts"): `, ""); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "dedupe: ") {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func TestFault27Stacked(t *testing.T) {
	inner := transport(t, nil, Config{})
	if _, err := NewTransport(wrapper{inner}, Config{}); err == nil {
		t.Error("two dedupe layers in one stack were accepted")
	}
}

type wrapper struct{ next http.RoundTripper }

func (w wrapper) RoundTrip(r *http.Request) (*http.Response, error) { return w.next.RoundTrip(r) }
func (w wrapper) Unwrap() http.RoundTripper                         { return w.next }

func TestDefaults(t *testing.T) {
	in := unique()
	got := in.WithDefaults()
	if got.Coalesce.Enabled != policy.On || got.Coalesce.MaxBody != 1<<20 || got.Remember != 10*time.Minute || got.Hold != time.Minute ||
		got.OnDuplicate != Refuse || got.Paging.SizeParam != "pageSize" || got.Unique[0].Method != "POST" || got.Unique[0].Keys[0].Lookup != "/contacts" {
		t.Errorf("%+v", got)
	}
	if !reflect.DeepEqual(in.Unique, unique().Unique) {
		t.Error("the rules given were changed")
	}
	if again := got.WithDefaults(); fmt.Sprintf("%+v", again.Unique) != fmt.Sprintf("%+v", got.Unique) {
		t.Error("the defaults of the defaults are others")
	}
	off := transport(t, stub(func(*http.Request) (*http.Response, error) { return answerWith(200, ""), nil }), Config{Coalesce: Coalesce{Enabled: policy.Off}})
	do(off, get(t.Context(), office))
	if off.Stats().Reads != 0 {
		t.Error("Off is not off")
	}
}

func TestRulesAreData(t *testing.T) {
	for _, r := range []Rule{contactRule(), landlordRule(), {Name: "x", Path: "/x", OnDuplicate: UseExisting, OnNoKey: Report, EveryKey: true, Unless: []string{"/a"}}} {
		b, err := json.Marshal(r)
		var back Rule
		if err != nil || json.Unmarshal(b, &back) != nil || !reflect.DeepEqual(r, back) {
			t.Errorf("%s: %v", b, err)
		}
	}
	var p Policy
	if err := p.UnmarshalText([]byte("drop")); err == nil || !strings.Contains(err.Error(), "drop") {
		t.Errorf("unknown policy: %v", err)
	}
	if _, err := Kind(77).MarshalText(); err == nil {
		t.Error("an unknown kind was written")
	}
	for name, v := range map[string]fmt.Stringer{"refuse": Refuse, "fail-open": FailOpen, "email": EmailAddress, "in-doubt": InDoubt, "dedupe.Kind(9)": Kind(9)} {
		if v.String() != name {
			t.Errorf("%v prints %s", name, v)
		}
	}
}

func TestFault02BrokenRequests(t *testing.T) {
	tr := transport(t, stub(func(*http.Request) (*http.Response, error) { panic("sent") }), unique())
	closes := 0
	for _, change := range []func(*http.Request){func(r *http.Request) { r.Header = nil }, func(r *http.Request) { r.URL = nil }} {
		req := contact(t, "{}")
		req.Body = closer{req.Body, func() { closes++ }}
		change(req)
		if _, err := tr.RoundTrip(req); err == nil {
			t.Error("accepted")
		}
	}
	if _, err := tr.RoundTrip(nil); err == nil || closes != 2 {
		t.Errorf("nil: %v; %d bodies closed", err, closes)
	}
}

// Fault 1: the caller's request is as it was, whatever happened.
func TestFault01RequestUntouched(t *testing.T) {
	overCRM(t, func(t *testing.T, w *world, c *crm) {
		tr := w.transport(unique())
		for _, req := range []*http.Request{get(t.Context(), office), withEmail(t, "ann@corp.test"), withEmail(t, "ann@corp.test"), withEmail(t, "")} {
			before := *req
			header, u := req.Header.Clone(), *req.URL
			do(tr, req)
			if req.Body != before.Body || !reflect.DeepEqual(req.Header, header) || *req.URL != u || (req.GetBody == nil) != (before.GetBody == nil) ||
				req.ContentLength != before.ContentLength || req.Context() != before.Context() || req.Host != before.Host {
				t.Errorf("changed: %+v", req)
			}
		}
	})
}

func TestFault18DoneContextSendsNothing(t *testing.T) {
	tr := transport(t, stub(func(*http.Request) (*http.Response, error) { panic("sent") }), unique())
	why := errors.New("shut down")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	for _, req := range []*http.Request{get(ctx, office), withEmail(t, "ann@corp.test").WithContext(ctx)} {
		if r := do(tr, req); !errors.Is(r.err, context.Canceled) || !errors.Is(r.err, why) {
			t.Errorf("%s: %v", req.Method, r.err)
		}
	}
}

type idler struct {
	stub
	closed *bool
}

func (i idler) CloseIdleConnections() { *i.closed = true }

func TestFault28Plumbing(t *testing.T) {
	closed := false
	base := idler{stub(nil), &closed}
	tr := transport(t, base, Config{})
	(&http.Client{Transport: tr}).CloseIdleConnections()
	if !closed {
		t.Error("CloseIdleConnections went no further")
	}
	if _, ok := tr.Unwrap().(idler); !ok {
		t.Error("Unwrap")
	}
	if _, ok := tr.WrappedRoundTripper().(idler); !ok {
		t.Error("WrappedRoundTripper")
	}
	old := http.DefaultTransport
	defer func() { http.DefaultTransport = old }()
	later := transport(t, nil, Config{})
	http.DefaultTransport = stub(func(*http.Request) (*http.Response, error) { return answerWith(200, "late"), nil })
	do(later, get(t.Context(), office)).want(t, 200, "late") // looked up at the call
	if err := later.Close(); err != nil || later.Close() != nil {
		t.Error("Close")
	}
}

func TestFault29CallbacksThatPanic(t *testing.T) {
	for name, cfg := range map[string]Config{
		"Tenant":    {Tenant: func(*http.Request) string { panic("callback") }},
		"Principal": {Principal: func(*http.Request) string { panic("callback") }},
		"Priority":  {Priority: func(context.Context) int { panic("callback") }},
		"Normalize": {Unique: []Rule{contactRule()}, Normalize: func(Kind, string) (string, bool) { panic("callback") }},
		"Unchecked": {Unique: []Rule{contactRule()}, Hooks: Hooks{Unchecked: func(context.Context, Unchecked) { panic("callback") }}},
	} {
		tr := transport(t, stub(func(*http.Request) (*http.Response, error) { return answerWith(200, "x"), nil }), cfg)
		for range 2 {
			func() {
				defer func() {
					if recover() != "callback" {
						t.Errorf("%s: the panic went astray", name)
					}
				}()
				if len(cfg.Unique) > 0 {
					tr.RoundTrip(withEmail(t, map[bool]string{true: "ann@corp.test"}[name == "Normalize"]))
				} else {
					tr.RoundTrip(get(t.Context(), office))
				}
			}()
		}
		if len(tr.flights) != 0 {
			t.Errorf("%s: a flight was left open", name)
		}
	}
}

// A hook for a shared read harms only the follower that it is called for.
func TestSharedHookThatPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, false)
		w.handle = slowly(time.Second, "x")
		panics := 0
		tr := w.transport(Config{Hooks: Hooks{Shared: func(context.Context, SharedRead) { panic("hook") }}})
		leader := start(tr, get(t.Context(), office))
		synctest.Wait()
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer func() {
				if recover() != nil {
					panics++
				}
			}()
			tr.RoundTrip(get(t.Context(), office))
		}()
		(<-leader).want(t, 200, "x")
		<-done
		if panics != 1 {
			t.Error("the hook was not called")
		}
	})
}

// No e-mail address, phone number, name, token, id or query value in any text that
// leaves the layer: errors, logs, hooks, statistics.
func TestFault101NothingPersonalLeaves(t *testing.T) {
	secrets := []string{"canary-ann", "secretsurname", "02079460001", "442079460001", "corp.test", "c-id-9", "tenant-canary", "Bearer", "token-canary"}
	overCRM(t, func(t *testing.T, w *world, c *crm) {
		var out bytes.Buffer
		say := func(v any) { fmt.Fprintf(&out, "%v %+v\n", v, v) }
		cfg := unique()
		cfg.Country = "GB"
		cfg.Logger = slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
		cfg.Hooks = Hooks{
			Shared:    func(_ context.Context, e SharedRead) { say(e) },
			Duplicate: func(_ context.Context, e Duplicate) { say(e) },
			Unchecked: func(_ context.Context, e Unchecked) { say(e) },
			Lookup:    func(_ context.Context, e Lookup) { say(e) },
		}
		c.seed("contacts", "c-id-9", map[string]any{"email": "canary-ann@corp.test", "surname": "Secretsurname", "mobilePhone": "02079460001"})
		for key := range c.rows {
			c.rows["tenant-canary"+key] = c.rows[key]
		}
		status := 200
		c.before = func(rw http.ResponseWriter, r *http.Request) bool {
			if status != 200 && r.Method == "GET" {
				rw.WriteHeader(status)
				io.WriteString(rw, "canary-ann@corp.test")
			}
			return status != 200 && r.Method == "GET"
		}
		run := func(tr *Transport) {
			for _, b := range []string{`{"email":"canary-ann@corp.test"}`, `{"mobilePhone":"020 7946 0001"}`, `{"surname":"Secretsurname"}`, `{"email":"canary-ann"}`, `{"email":"new-canary-ann@corp.test"}`} {
				for range 2 {
					req := contact(t, b)
					req.Header.Set("Tenant", "tenant-canary")
					req.Header.Set("Authorization", "Bearer token-canary")
					if r := do(tr, req); r.err != nil {
						fmt.Fprintf(&out, "%v\n%q\n", r.err, r.err)
						text, _ := json.Marshal(r.err.Error())
						out.Write(text)
					}
				}
			}
			say(tr.Stats())
		}
		run(w.transport(cfg))
		for _, status = range []int{400, 403, 500} {
			run(w.transport(cfg))
		}
		cfg.Locks, cfg.HashKey = brokenLocks{}, hashKey
		run(w.transport(cfg))
		cfg.Mode = policy.Observe
		run(w.transport(cfg))
		w.base.CloseIdleConnections()
		cfg.Mode, cfg.Locks = policy.Enforce, nil
		run(transport(t, stub(func(*http.Request) (*http.Response, error) { return nil, errors.New("dial canary-ann@corp.test") }), cfg))
		for _, secret := range secrets {
			if i := strings.Index(strings.ToLower(out.String()), strings.ToLower(secret)); i >= 0 {
				t.Errorf("%q left: ...%s", secret, out.String()[max(0, i-200):min(out.Len(), i+50)])
			}
		}
		if !strings.Contains(out.String(), "contacts.read") || strings.Count(out.String(), "\n") < 40 {
			t.Error("little was said: the test proves nothing")
		}
	})
}
