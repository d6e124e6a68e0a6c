package conflict

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/goodtenant/goodtenant/policy"
)

// A version that one principal was given is not named for another: tags may be
// made for the reader, and what one was shown is not another's business.
func TestVersionOfAnotherPrincipalIsNotNamed(t *testing.T) {
	s := newServer("/c", `{"a":1,"b":2}`)
	a, _ := newApp(t, s, Config{AutoIfMatch: 1})
	a.get("/c")
	s.forget()
	a.must("PATCH", "/c", `{"a":5}`, "Authorization", "Bearer other")
	wantSeen(t, s, `GET /c`, `PATCH /c "1" {"a":5}`)
}

// The version in the body is the request's address, not a change: a lost reply is
// seen to be one there too.
func TestFault50LostReplyWithTheVersionInTheBody(t *testing.T) {
	s := &speaker{get: func(v int) (http.Header, http.Header, string) {
		return http.Header{}, nil, fmt.Sprintf(`{"a":%d,"b":2,"_rev":"%d-x"}`, v+1, v)
	}, named: pointerOf("/_rev"), want: func(v int) string { return fmt.Sprintf("%d-x", v) }, conflict: 409}
	a, _ := newApp(t, s, Config{Dialect: Dialect{Version: []Source{{Pointer: "/_rev"}}, Precondition: Target{Member: "/_rev"}, Conflict: []Match{{Status: 409}}}})
	a.get("/c")
	s.version, s.seen = 1, nil // the app's own write, whose answer was lost
	r := a.must("PATCH", "/c", `{"a":2,"b":2,"_rev":"0-x"}`)
	if got := fmt.Sprint(s.seen); r.out.Reason != AlreadyApplied || got != `[PATCH /c {"a":2,"_rev":"0-x"} GET /c]` {
		t.Errorf("%v, the server saw %v", r.out, got)
	}
}

func TestNeverReplayHoldsForJSONPatch(t *testing.T) {
	s := newServer("/c", `{"count":1,"b":2}`)
	a, _ := newApp(t, s, Config{NeverReplay: []string{"/count"}})
	a.get("/c")
	s.set("/c", `{"count":1,"b":3}`)
	_, err := a.do(request("PATCH", "/c", `[{"op":"replace","path":"/count","value":2}]`, "If-Match", `"1"`))
	if e, ok := errors.AsType[*Error](err); !ok || e.Reason != NotReplayable || fmt.Sprint(e.Overlaps) != "[/count]" {
		t.Errorf("got %v", err)
	}
}

func TestNeverReplayHoldsForWhatIsAroundIt(t *testing.T) {
	for _, body := range []string{`{"stats":null}`, `{"stats":{"n":2}}`, `{"stats":7}`} {
		s := newServer("/c", `{"stats":{"n":1},"b":2}`)
		a, _ := newApp(t, s, Config{NeverReplay: []string{"/stats/n"}})
		a.get("/c")
		s.set("/c", `{"stats":{"n":1},"b":3}`)
		_, err := a.do(request("PATCH", "/c", body, "If-Match", `"1"`))
		if e, ok := errors.AsType[*Error](err); !ok || e.Reason != NotReplayable {
			t.Errorf("%s: got %v", body, err)
		}
	}
}

// What Resolve gives is sent without what the fresh version holds already, and
// never with a version member.
func TestResolveWithTheWholeEntity(t *testing.T) {
	s := newServer("/c", `{"a":1,"b":2,"c":3}`)
	a, _ := newApp(t, s, Config{Resolve: func(_ context.Context, e *Error) (json.RawMessage, error) {
		return json.RawMessage(strings.Replace(string(e.Theirs), `"a":7`, `"a":8`, 1)), nil
	}})
	a.get("/c")
	s.set("/c", `{"a":7,"b":2,"c":4}`)
	s.forget()
	a.must("PATCH", "/c", `{"a":5}`, "If-Match", `"1"`)
	wantSeen(t, s, `PATCH /c "1" {"a":5}`, `GET /c`, `PATCH /c "2" {"a":8}`)
}

func TestResolveGivesNonsense(t *testing.T) {
	for _, answer := range []string{``, `[]`, `7`, `{"a":1`, `{"a":1,"a":2}`, "{\"a\":\"\xff\"}"} {
		s := newServer("/c", `{"a":1,"b":2,"c":3}`)
		var last Outcome
		a, layer := newApp(t, s, Config{Hooks: Hooks{Finished: func(_ context.Context, o Outcome) { last = o }},
			Resolve: func(_ context.Context, e *Error) (json.RawMessage, error) { return json.RawMessage(answer), nil }})
		a.get("/c")
		s.set("/c", `{"a":7,"b":2,"c":4}`)
		s.forget()
		_, err := a.do(request("PATCH", "/c", `{"a":5}`, "If-Match", `"1"`))
		if err == nil || last.Reason != Overlap || layer.Stats().GaveUp != 1 {
			t.Errorf("%q: %v, %v, gave up %d", answer, err, last.Reason, layer.Stats().GaveUp)
		}
		wantSeen(t, s, `PATCH /c "1" {"a":5}`, `GET /c`)
	}
}

// coalescer shares answers to reads as a layer above may, unless they ask for a
// fresh one.
type coalescer struct {
	base http.RoundTripper
	kept map[string]*reply
}

func (c *coalescer) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method != "GET" || req.Header.Get("Cache-Control") != "" {
		return c.base.RoundTrip(req)
	}
	r := c.kept[req.URL.Path]
	if r == nil {
		resp, err := c.base.RoundTrip(req)
		if err != nil {
			return nil, err
		}
		b, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		r = &reply{status: resp.StatusCode, body: string(b), header: resp.Header}
		c.kept[req.URL.Path] = r
	}
	return &http.Response{StatusCode: r.status, Header: r.header, Body: io.NopCloser(strings.NewReader(r.body)), Request: req}, nil
}

// Update reads for itself: an answer that a layer above shares never reaches this
// one, whose dialect would then be unknown, and the write would name no version.
func TestUpdateUnderALayerThatSharesReads(t *testing.T) {
	s := &speaker{get: func(v int) (http.Header, http.Header, string) {
		return http.Header{}, nil, fmt.Sprintf(`{"a":1,"_rev":"%d-x"}`, v)
	}, named: pointerOf("/_rev"), want: func(v int) string { return fmt.Sprintf("%d-x", v) }, conflict: 409}
	layer, err := NewTransport(s, Config{Dialect: Dialect{Version: []Source{{Pointer: "/_rev"}}, Precondition: Target{Member: "/_rev"}, Conflict: []Match{{Status: 409}}}})
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Transport: &coalescer{layer, map[string]*reply{}}}
	for range 2 {
		if resp, err := c.Do(request("GET", "/c", "")); err != nil || resp.StatusCode != 200 {
			t.Fatal(err)
		}
		resp, err := Update(c, request("GET", "/c", ""), func(json.RawMessage) (any, error) { return map[string]int{"a": 2}, nil })
		if err != nil || resp.StatusCode != 204 {
			t.Errorf("%v %v, the server saw %q", resp, err, s.seen)
		}
	}
}

func TestHostileRefetches(t *testing.T) {
	for name, answer := range map[string]func(w http.ResponseWriter){
		"redirect away": func(w http.ResponseWriter) { w.Header().Set("Location", "http://evil.test/"); w.WriteHeader(302) },
		"html":          func(w http.ResponseWriter) { w.Header().Set("Content-Type", "text/html"); io.WriteString(w, "<html>") },
		"html as json": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("ETag", `"9"`)
			io.WriteString(w, "<html>")
		},
		"list": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("ETag", `"9"`)
			io.WriteString(w, `[{"a":1}]`)
		},
		"no version": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{"a":1}`)
		},
		"nested tag": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{"a":1,"_eTag":{"x":1}}`)
		},
		"CRLF in tag": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{"a":1,"_eTag":"x\r\nEvil: 1"}`)
		},
		"gzip junk": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Set("ETag", `"9"`)
			io.WriteString(w, "\x1f\x8bjunk")
		},
		"br": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "br")
			w.Header().Set("ETag", `"9"`)
			io.WriteString(w, `{"a":9}`)
		},
		"empty": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("ETag", `"9"`)
		},
		"206": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("ETag", `"9"`)
			w.WriteHeader(206)
			io.WriteString(w, `{"a":9}`)
		},
		"429": func(w http.ResponseWriter) { w.WriteHeader(429) },
		"twice a name": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("ETag", `"9"`)
			io.WriteString(w, `{"a":1,"a":2}`)
		},
		"surrogate": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("ETag", `"9"`)
			io.WriteString(w, `{"a":"\ud800"}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer("/c", `{"a":1,"b":2,"c":3}`)
				a, _ := newApp(t, s, Config{})
				a.get("/c")
				s.set("/c", `{"a":1,"b":3,"c":3}`)
				s.forget()
				s.fault = func(w http.ResponseWriter, r *http.Request) bool {
					if r.Method == "GET" {
						answer(w)
					}
					return r.Method == "GET"
				}
				r := a.must("PATCH", "/c", `{"a":5,"b":2}`, "If-Match", `"1"`)
				if r.status != 412 || !strings.Contains(r.body, "stale") || r.out.Reason != RefetchFailed {
					t.Errorf("%+v", r)
				}
				wantSeen(t, s, `PATCH /c "1" {"a":5}`, `GET /c`)
			})
		})
	}
}

// Without a version Update would overwrite what others count: it sends nothing.
func TestUpdateWithoutAVersion(t *testing.T) {
	s := newServer("/c", `{"n":1}`)
	s.fault = func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"n":1}`)
		return true
	}
	a, _ := newApp(t, s, Config{})
	resp, err := Update(a.c, request("GET", "/c", ""), func(json.RawMessage) (any, error) {
		t.Error("asked for a change")
		return nil, nil
	})
	if e, ok := errors.AsType[*Error](err); !ok || e.Reason != NoVersion || resp != nil {
		t.Errorf("%v, %v", resp, err)
	}
	wantSeen(t, s, `GET /c`)
}

// Two reads of one entity whose bodies end in the other order: the version asked
// for last is the newest, not the one whose body was slow.
func TestSlowBodyOfAnOlderVersionIsNotTheNewest(t *testing.T) {
	s := newServer("/c", `{"a":1,"b":2,"c":3}`)
	a, _ := newApp(t, s, Config{AutoIfMatch: 1})
	slow, err := a.c.Do(request("GET", "/c", ""))
	if err != nil {
		t.Fatal(err)
	}
	s.set("/c", `{"a":1,"b":3,"c":3}`)
	a.get("/c")
	io.Copy(io.Discard, slow.Body)
	slow.Body.Close()
	s.forget()
	a.must("PATCH", "/c", `{"a":5}`)
	wantSeen(t, s, `PATCH /c "2" {"a":5}`)
}

// closing tells whether its body was closed.
type closing struct {
	io.Reader
	closed *bool
}

func (c closing) Close() error { *c.closed = true; return nil }

// A hook that panics under Observe harms its own call, whose answer nobody gets:
// it is closed, so that nothing below waits for it.
func TestFault29HookThatPanicsUnderObserve(t *testing.T) {
	closed := false
	base := roundTrip(func(req *http.Request) (*http.Response, error) {
		if req.Body != nil {
			io.Copy(io.Discard, req.Body)
			req.Body.Close()
		}
		return &http.Response{StatusCode: 412, Header: http.Header{}, Body: closing{strings.NewReader("stale"), &closed}}, nil
	})
	layer, err := NewTransport(base, Config{Mode: policy.Observe, Hooks: Hooks{Conflicted: func(context.Context, Conflicted) { panic("hook") }}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() != "hook" || !closed {
			t.Errorf("closed: %v", closed)
		}
	}()
	layer.RoundTrip(request("PATCH", "/c", `{"a":1}`, "If-Match", `"1"`))
	t.Error("no panic")
}

// KeepEqual asserts what is at and below its pointer, at every depth and through
// every merge; names in a pointer are escaped.
func TestKeepEqualAssertsAtEveryDepth(t *testing.T) {
	for _, c := range []struct {
		keep, base, ours, theirs, want string
		deep                           bool
	}{
		{"/a", `{"a":{"x":1},"b":1}`, `{"a":{"x":1},"b":2}`, "", `{"a":{"x":1},"b":2}`, true},
		{"/a", `{"a":{"x":1},"b":1}`, `{"a":{"x":1},"b":2}`, "", `{"a":{"x":1},"b":2}`, false},
		{"/a/x", `{"a":{"x":1,"y":1},"b":1}`, `{"a":{"x":1,"y":1},"b":2}`, "", `{"a":{"x":1},"b":2}`, true},
		{"/a/x", `{"a":{"x":1,"y":1}}`, `{"a":{"x":1,"y":2}}`, `{"a":{"x":9,"y":1,"z":3}}`, `{"a":{"x":1,"y":2,"z":3}}`, false},
		{"/a/x", `{"a":{"x":1,"y":1}}`, `{"a":{"x":1,"y":2}}`, `{"a":{"y":1}}`, `{"a":{"y":2,"x":1}}`, false},
		{"/a/x", `{"a":{"x":1,"y":1}}`, `{"a":{"x":1,"y":2}}`, `{"a":{"x":9,"y":1}}`, `{"a":{"x":1,"y":2}}`, true},
		{"/a", `{"a":{"x":1},"b":1}`, `{"a":{"x":1},"b":2}`, `{"a":{"x":9},"b":1}`, `{"a":{"x":1},"b":2}`, false},
		{"/a~1b/m~0n", `{"a/b":{"m~n":1,"y":1}}`, `{"a/b":{"m~n":1,"y":2}}`, `{"a/b":{"m~n":9,"y":1}}`, `{"a/b":{"m~n":1,"y":2}}`, false},
		{"/a/b", `{"a":{"bc":1,"y":1}}`, `{"a":{"bc":1,"y":2}}`, `{"a":{"bc":9,"y":1}}`, `{"a":{"bc":9,"y":2}}`, false},
	} {
		docs := make([]*doc, 3)
		for i, s := range []string{c.base, c.ours, c.theirs} {
			if s == "" {
				s = c.base
			}
			docs[i], _ = parse([]byte(s))
		}
		if c.theirs == "" {
			docs[2] = docs[0]
		}
		r := &rebase{base: docs[0], ours: docs[1], theirs: docs[2], deep: c.deep, keepEqual: []string{c.keep}}
		if got := string(r.run()); got != c.want {
			t.Errorf("%s deep %v: %s over %s: %s, want %s", c.keep, c.deep, c.ours, c.theirs, got, c.want)
		}
	}
}
