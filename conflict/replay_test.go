package conflict

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goodtenant/goodtenant/internal/call"
)

const contactText = `{"id":"C1","forename":"Ann","surname":"Lee","city":"Wells","notes":"n","address":{"line1":"1 High St","line2":""}}`

// The whole entity goes in, one member goes out.
func TestMinimisesAgainstTheVersionNamed(t *testing.T) {
	s := newServer("/c", contactText)
	a, layer := newApp(t, s, Config{})
	entity, tag := a.get("/c")
	s.forget()
	r := a.must("PATCH", "/c", strings.Replace(entity, "Wells", "Frome", 1), "If-Match", tag)
	wantSeen(t, s, `PATCH /c "1" {"city":"Frome"}`)
	if r.status != 204 || !r.known || r.out.Reason != Passed || r.out.Removed != 6 || r.out.Members != 7 || !r.out.BaseKnown {
		t.Errorf("%d, %+v", r.status, r.out)
	}
	if st := layer.Stats(); st.MembersRemoved != 6 || st.LastHour.MembersRemoved != 6 || st.Writes != 1 {
		t.Errorf("%+v", st)
	}
}

// A conflict: refetch, replay the change set over the fresh version, resubmit.
func TestReplaysOverTheFreshVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer("/c", contactText)
		a, layer := newApp(t, s, Config{})
		entity, tag := a.get("/c?embed=offices")
		s.set("/c", strings.Replace(contactText, "Ann", "Anna", 1))
		s.forget()
		r := a.must("PATCH", "/c?embed=offices", strings.Replace(entity, "Wells", "Frome", 1), "If-Match", tag, "Idempotency-Key", "k")
		wantSeen(t, s, `PATCH /c?embed=offices "1" {"city":"Frome"}`, `GET /c`, `PATCH /c?embed=offices "2" {"city":"Frome"}`)
		if r.status != 204 || r.out.Reason != Replayed || r.out.Attempts != 2 || r.out.Refetches != 1 || len(r.out.Overlaps) != 0 {
			t.Errorf("%d, %+v", r.status, r.out)
		}
		if s.field("/c", "forename") != `"Anna"` || s.field("/c", "city") != `"Frome"` {
			t.Errorf("the entity is %s", s.text("/c"))
		}
		get, again := s.log[1], s.log[2]
		for name, want := range map[string]string{"Accept-Encoding": "identity", "Cache-Control": "no-cache", "If-Match": "", "Content-Type": "", "Idempotency-Key": "", "Authorization": "Bearer token"} {
			if got := get.header.Get(name); got != want {
				t.Errorf("the refetch has %s: %q, want %q", name, got, want)
			}
		}
		if get.origin != call.Refetch || again.origin != call.Replay || s.log[0].origin != call.App {
			t.Errorf("origins: %v, %v, %v", s.log[0].origin, get.origin, again.origin)
		}
		if s.log[0].header.Get("Idempotency-Key") != "k" || again.header.Get("Idempotency-Key") != "k-r1" {
			t.Errorf("idempotency keys: %q, %q", s.log[0].header.Get("Idempotency-Key"), again.header.Get("Idempotency-Key"))
		}
		if st := layer.Stats(); st.Conflicts != 1 || st.Replays != 1 || st.Refetches != 1 || st.GaveUp != 0 {
			t.Errorf("%+v", st)
		}
	})
}

// Every row of the table at the top of replay.go that ends a write.
func TestEndsOfAWrite(t *testing.T) {
	stale := func(status int) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == "GET" {
				return false
			}
			w.Header().Set("X-Refused", "yes")
			w.WriteHeader(status)
			w.Write([]byte("refused"))
			return true
		}
	}
	onGet := func(f func(w http.ResponseWriter)) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == "GET" {
				f(w)
				return true
			}
			return false
		}
	}
	theirs := strings.Replace(contactText, "Ann", "Anna", 1)
	for _, c := range []struct {
		name      string
		c         Config
		body      string // default: city changed
		set       string // what another app makes of the entity meanwhile
		fault     func(http.ResponseWriter, *http.Request) bool
		header    []string
		method    string
		status    int
		reason    Reason
		calls     int
		readable  string
		wantError bool
	}{
		{name: "nothing to change", body: "same", status: 204, reason: NothingToChange},
		{name: "nothing to change, 200", c: Config{Dialect: Dialect{Success: 200}}, body: "same", status: 200, reason: NothingToChange, readable: `"forename":"Ann"`},
		{name: "nothing to change, no form", c: Config{Dialect: Dialect{Success: -1}}, body: "same", status: 204, reason: Passed, calls: 1},
		{name: "already applied", set: strings.Replace(theirs, "Wells", "Frome", 1), status: 204, reason: AlreadyApplied, calls: 2},
		{name: "entity gone", fault: onGet(func(w http.ResponseWriter) { w.WriteHeader(410); w.Write([]byte("gone")) }), set: theirs, status: 410, reason: Gone, calls: 2, readable: "gone"},
		{name: "entity not found", fault: onGet(func(w http.ResponseWriter) { w.WriteHeader(404) }), set: theirs, status: 404, reason: Gone, calls: 2},
		{name: "forbidden", fault: onGet(func(w http.ResponseWriter) { w.WriteHeader(403) }), set: theirs, status: 412, reason: RefetchFailed, calls: 2, readable: `"statusCode":412`},
		{name: "redirect", fault: onGet(func(w http.ResponseWriter) { w.Header().Set("Location", "/x"); w.WriteHeader(302) }), set: theirs, status: 412, reason: RefetchFailed, calls: 2, readable: "stale"},
		{name: "no version", fault: onGet(func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			w.Write([]byte(`{"a":1}`))
		}), set: theirs, status: 412, reason: RefetchFailed, calls: 2, readable: "stale"},
		{name: "contended", fault: stale(412), set: theirs, c: Config{MaxAttempts: 1}, status: 412, reason: Contended, calls: 1, readable: "refused"},
		{name: "contended, error", fault: stale(412), set: theirs, c: Config{MaxAttempts: 1, FailContended: true}, reason: Contended, calls: 1, wantError: true},
		{name: "version not accepted", fault: stale(412), status: 412, reason: VersionNotAccepted, calls: 6, readable: "refused"},
		{name: "no version named", header: []string{"If-Match", ""}, fault: stale(428), status: 428, reason: NoVersion, calls: 1, readable: "refused"},
		{name: "no version named, 412", header: []string{"If-Match", ""}, fault: stale(412), status: 412, reason: NoVersion, calls: 1, readable: "refused"},
		{name: "any version", header: []string{"If-Match", "*"}, fault: stale(412), status: 412, reason: NotReplayable, calls: 1, readable: "refused"},
		{name: "create only", header: []string{"If-None-Match", "*"}, fault: stale(412), status: 412, reason: NotReplayable, calls: 1, readable: "refused"},
		{name: "signed", header: []string{"Content-Digest", "sha-256=:x:"}, fault: stale(412), status: 412, reason: NotReplayable, calls: 1},
		{name: "whole without its base", header: []string{"If-Match", `"0"`}, fault: stale(412), status: 412, reason: NotReplayable, calls: 1},
		{name: "not a conflict", fault: stale(422), status: 422, reason: Passed, calls: 1, readable: "refused"},
		{name: "overlap, replayed", set: strings.Replace(theirs, "Wells", "Bath", 1), status: 204, reason: Replayed, calls: 3},
		{name: "overlap, fail", set: strings.Replace(theirs, "Wells", "Bath", 1), c: Config{OnOverlap: FailOnOverlap}, reason: Overlap, calls: 2, wantError: true},
		{name: "no overlap, fail", set: theirs, c: Config{OnOverlap: FailOnOverlap}, status: 204, reason: Replayed, calls: 3},
		{name: "never replay", set: theirs, c: Config{NeverReplay: []string{"/city"}}, reason: NotReplayable, calls: 2, wantError: true},
		{name: "never replay another", set: theirs, c: Config{NeverReplay: []string{"/notes"}}, status: 204, reason: Replayed, calls: 3},
		{name: "put by default", method: "PUT", set: theirs, status: 412, calls: 1, readable: "stale"},
		{name: "put", method: "PUT", set: theirs, c: Config{ReplayPUT: true}, status: 204, reason: Replayed, calls: 3},
		{name: "operations", body: `{"operations":[{"op":"replace","path":"/city","value":1}]}`, set: theirs, status: 412, reason: NotReplayable, calls: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer("/c", contactText)
				var finished []Outcome
				c.c.Hooks.Finished = func(_ context.Context, o Outcome) { finished = append(finished, o) }
				a, layer := newApp(t, s, c.c)
				entity, tag := a.get("/c")
				if c.set != "" {
					s.set("/c", c.set)
				}
				s.forget()
				s.fault = c.fault
				body := c.body
				switch body {
				case "":
					body = strings.Replace(entity, "Wells", "Frome", 1)
				case "same":
					body = entity
				}
				method := c.method
				if method == "" {
					method = "PATCH"
				}
				req := request(method, "/c", body, append([]string{"If-Match", tag}, c.header...)...)
				if req.Header.Get("If-Match") == "" {
					req.Header.Del("If-Match")
				}
				r, err := a.do(req)
				if n := len(s.seen()); n != c.calls {
					t.Errorf("%d calls, want %d: %q", n, c.calls, s.seen())
				}
				if c.wantError {
					e, ok := errors.AsType[*Error](err)
					if !ok || e.Reason != c.reason || e.Attempts != 1 {
						t.Fatalf("%v, %+v", err, e)
					}
					return
				}
				if err != nil || r.status != c.status || r.out.Reason != c.reason || !strings.Contains(r.body, c.readable) {
					t.Errorf("%d, %v, %q, %v; want %d, %v", r.status, r.out.Reason, r.body, err, c.status, c.reason)
				}
				if c.calls > 0 && r.out.Synthesised != (c.reason == AlreadyApplied) {
					t.Errorf("%+v", r.out)
				}
				if r.out.Synthesised && r.header.Get("ETag") != "" {
					t.Error("a synthesised answer has a validator")
				}
				if r.known && r.out.Reason != NotReplayable && (len(finished) != 1 || !reflect.DeepEqual(finished[0], r.out)) {
					t.Errorf("Finished got %+v, Details %+v", finished, r.out)
				}
				if len(layer.queue.turns) != 0 {
					t.Error("a turn was not given back")
				}
			})
		})
	}
}

// The typed error carries the documents; its text carries none of them.
func TestErrorCarriesTheDocuments(t *testing.T) {
	s := newServer("/c", contactText)
	a, _ := newApp(t, s, Config{OnOverlap: FailOnOverlap})
	entity, tag := a.get("/c")
	s.set("/c", strings.Replace(contactText, "Wells", "Bath", 1))
	_, err := a.do(request("PATCH", "/c", strings.Replace(entity, "Wells", "Frome", 1), "If-Match", tag))
	e, ok := errors.AsType[*Error](err)
	if !ok || string(e.Base) != entity || string(e.Ours) != `{"city":"Frome"}` || !strings.Contains(string(e.Theirs), "Bath") ||
		!reflect.DeepEqual(e.Overlaps, []string{"/city"}) || e.Version != `"2"` {
		t.Fatalf("%+v", e)
	}
	if want := "conflict: write given up (overlap): 1 member changed on both sides, 1 attempt"; e.Error() != want {
		t.Errorf("%q, want %q", e.Error(), want)
	}
}

func TestResolve(t *testing.T) {
	mine := errors.New("ask the user")
	for _, c := range []struct {
		name   string
		answer json.RawMessage
		err    error
		want   string
	}{
		{"answer", json.RawMessage(`{"city":"Frome and Bath"}`), nil, `"Frome and Bath"`},
		{"refusal", nil, mine, `"Bath"`},
		{"nothing", nil, nil, `"Bath"`},
	} {
		s := newServer("/c", contactText)
		var a *app
		a, _ = newApp(t, s, Config{Resolve: func(ctx context.Context, e *Error) (json.RawMessage, error) {
			// The callback may use the same client for the same entity: no turn is held.
			a.must("PATCH", "/c", `{"notes":"seen"}`, "If-Match", e.Version)
			return c.answer, c.err
		}})
		entity, tag := a.get("/c")
		s.set("/c", strings.Replace(contactText, "Wells", "Bath", 1))
		start := time.Now()
		_, err := a.do(request("PATCH", "/c", strings.Replace(entity, "Wells", "Frome", 1), "If-Match", tag))
		if time.Since(start) > 20*time.Second {
			t.Error("the callback waited for its own turn")
		}
		_, typed := errors.AsType[*Error](err)
		if s.field("/c", "city") != c.want || errors.Is(err, mine) != (c.err != nil) || typed != (c.name == "nothing") {
			t.Errorf("%s: %s, %v", c.name, s.field("/c", "city"), err)
		}
		if s.field("/c", "notes") != `"seen"` {
			t.Errorf("%s: the callback's own write is lost", c.name)
		}
	}
}

func TestDeleteByOption(t *testing.T) {
	for _, c := range []struct {
		name   string
		c      Config
		gone   bool
		status int
	}{
		{"default", Config{}, false, 412},
		{"replayed", Config{ReplayDELETE: true}, false, 204},
		{"gone meanwhile", Config{ReplayDELETE: true}, true, 204},
	} {
		s := newServer("/c", contactText)
		a, _ := newApp(t, s, c.c)
		_, tag := a.get("/c")
		s.set("/c", contactText)
		if c.gone {
			s.fault = func(w http.ResponseWriter, r *http.Request) bool {
				w.WriteHeader(map[string]int{"GET": 404, "DELETE": 412}[r.Method])
				return true
			}
		}
		if r := a.must("DELETE", "/c", "", "If-Match", tag); r.status != c.status {
			t.Errorf("%s: %d, %+v", c.name, r.status, r.out)
		}
	}
}

func TestPutThreeWay(t *testing.T) {
	s := newServer("/c", contactText)
	a, _ := newApp(t, s, Config{ReplayPUT: true})
	entity, tag := a.get("/c")
	s.set("/c", `{"id":"C1","forename":"Anna","surname":"Lee","city":"Wells","added":true,"address":{"line1":"1 High St","line2":"Flat 2"}}`)
	s.forget()
	ours := strings.NewReplacer(`"Wells"`, `"Frome"`, `"1 High St"`, `"9 Low St"`).Replace(entity)
	r := a.must("PUT", "/c", ours, "If-Match", tag)
	want := plain(read([]byte(`{"id":"C1","forename":"Anna","surname":"Lee","city":"Frome","added":true,"address":{"line1":"9 Low St","line2":"Flat 2"}}`)))
	if got := plain(s.entities["/c"]); got != want || len(r.out.Overlaps) != 0 {
		t.Errorf("got %s\nwant %s, %+v", got, want, r.out)
	}
}

func TestJSONPatchWhereItIsSafe(t *testing.T) {
	for _, c := range []struct {
		name, body, set string
		status, calls   int
		reason          Reason
	}{
		{"another member changed", `[{"op":"replace","path":"/city","value":"Frome"}]`, "Ann", 204, 3, Replayed},
		{"the same member changed", `[{"op":"replace","path":"/city","value":"Frome"}]`, "Wells", 412, 2, Overlap},
		{"done already", `[{"op":"replace","path":"/city","value":"Wells!"}]`, "Wells", 204, 2, AlreadyApplied},
		{"array index", `[{"op":"add","path":"/list/-","value":1}]`, "Ann", 412, 1, NotReplayable},
		{"move", `[{"op":"move","from":"/a","path":"/b"}]`, "Ann", 412, 1, NotReplayable},
	} {
		s := newServer("/c", contactText)
		a, _ := newApp(t, s, Config{})
		_, tag := a.get("/c")
		s.set("/c", strings.Replace(contactText, c.set, c.set+"!", 1))
		s.forget()
		r := a.must("PATCH", "/c", c.body, "If-Match", tag)
		if r.status != c.status || len(s.seen()) != c.calls || r.out.Reason != c.reason {
			t.Errorf("%s: %d, %v, %q", c.name, r.status, r.out.Reason, s.seen())
		}
	}
}

// Removing members may not empty a body that was not empty: a sparse one is sent
// as the app wrote it, an entity older than FreshFor as {}.
func TestEmptyChangeSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer("/c", contactText)
		a, _ := newApp(t, s, Config{})
		_, tag := a.get("/c")
		s.forget()
		a.must("PATCH", "/c", `{"city":"Wells"}`, "If-Match", tag)
		wantSeen(t, s, `PATCH /c "1" {"city":"Wells"}`)

		var entity string
		entity, tag = a.get("/c")
		time.Sleep(61 * time.Second)
		s.forget()
		if r := a.must("PATCH", "/c", entity, "If-Match", tag); r.out.Reason != Passed || r.out.Removed != 7 {
			t.Errorf("%+v", r.out)
		}
		wantSeen(t, s, `PATCH /c "2" {}`)

		// After our own write the version is one of the past.
		entity, tag = a.get("/c")
		a.must("PATCH", "/c", `{"city":"Bath"}`, "If-Match", tag)
		s.forget()
		if r := a.must("PATCH", "/c", entity, "If-Match", tag); r.out.Synthesised && r.out.Reason == NothingToChange {
			t.Errorf("%+v", r.out)
		}

		// Off, for apps that touch.
		b, _ := newApp(t, s, Config{NoRequest: 2})
		entity, tag = b.get("/c")
		s.forget()
		b.must("PATCH", "/c", entity, "If-Match", tag)
		wantSeen(t, s, `PATCH /c `+tag+` {}`)
	})
}

// A version that a write of this process has ended costs no doomed call.
func TestKnownStaleGoesStraightToTheRefetch(t *testing.T) {
	s := newServer("/c", contactText)
	a, layer := newApp(t, s, Config{})
	entity, tag := a.get("/c")
	a.must("PATCH", "/c", `{"notes":"first"}`, "If-Match", tag)
	s.forget()
	r := a.must("PATCH", "/c", strings.Replace(entity, "Wells", "Frome", 1), "If-Match", tag)
	wantSeen(t, s, `GET /c`, `PATCH /c "2" {"city":"Frome"}`)
	if r.out.Reason != Replayed || r.out.Attempts != 1 || layer.Stats().KnownStale != 1 {
		t.Errorf("%+v", r.out)
	}
	// The refetch fails: the platform is asked as the app asked.
	s.forget()
	s.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == "GET" {
			w.WriteHeader(500)
		}
		return r.Method == "GET"
	}
	r = a.must("PATCH", "/c", strings.Replace(entity, "Wells", "Frome", 1), "If-Match", tag)
	if r.status != 412 || r.out.Reason != RefetchFailed || len(s.seen()) != 2 || s.log[1].ifMatch != tag {
		t.Errorf("%d, %+v, %q", r.status, r.out, s.seen())
	}
}
