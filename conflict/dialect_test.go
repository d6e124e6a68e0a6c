package conflict

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/goodtenant/goodtenant/policy"
)

// speaker is a platform that is told where it keeps its version: it refuses a
// write that does not name the current one there.
type speaker struct {
	t        *testing.T
	version  int
	get      func(version int) (header, trailer http.Header, body string)
	named    func(req *http.Request, body string) string
	want     func(version int) string
	conflict int
	refusal  string
	seen     []string
}

func (s *speaker) RoundTrip(req *http.Request) (*http.Response, error) {
	var b []byte
	if req.Body != nil {
		b, _ = io.ReadAll(req.Body)
		req.Body.Close()
	}
	s.seen = append(s.seen, strings.TrimSpace(req.Method+" "+req.URL.RequestURI()+" "+string(b)))
	resp := &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Request: req, Body: http.NoBody}
	if req.Method == "GET" {
		h, trailer, body := s.get(s.version)
		maps.Copy(resp.Header, h)
		resp.Trailer = trailer
		resp.Body = io.NopCloser(strings.NewReader(body))
		return resp, nil
	}
	if s.named(req, string(b)) != s.want(s.version) {
		resp.StatusCode = s.conflict
		resp.Body = io.NopCloser(strings.NewReader(s.refusal))
		return resp, nil
	}
	s.version++
	resp.StatusCode = 204
	return resp, nil
}

func pointerOf(pointer string) func(*http.Request, string) string {
	return func(_ *http.Request, body string) string {
		d, err := parse([]byte(body))
		if err != nil {
			return ""
		}
		return d.scalar(0, pointer)
	}
}

func number(v int) string { return fmt.Sprint(v) }

// One write over a stale version in each platform's way: it is minimised, refused,
// read anew, and sent with the new version in the right place.
func TestDialects(t *testing.T) {
	none := http.Header{}
	for _, c := range []struct {
		name     string
		dialect  Dialect
		speaker  speaker
		body     string
		header   []string
		query    string
		want     []string
		accepted int
	}{
		{name: "version in a trailer",
			speaker: speaker{get: func(v int) (http.Header, http.Header, string) {
				return none, http.Header{"Etag": {fmt.Sprintf(`"/c %d"`, v)}}, `{"a":1,"b":2,"c":3}`
			}, named: func(r *http.Request, _ string) string { return r.Header.Get("If-Match") }, want: func(v int) string { return fmt.Sprintf(`"/c %d"`, v) }, conflict: 412},
			body: `{"a":2,"b":2,"c":3}`, header: []string{"If-Match", `"/c 1"`},
			want: []string{`PATCH /c {"a":2}`, `GET /c`, `PATCH /c {"a":2}`}},
		{name: "resourceVersion in the body, 409",
			dialect: Dialect{Version: []Source{{Pointer: "/metadata/resourceVersion"}}, Precondition: Target{Member: "/metadata/resourceVersion"}, Conflict: []Match{{Status: 409}}},
			speaker: speaker{get: func(v int) (http.Header, http.Header, string) {
				return none, nil, fmt.Sprintf(`{"a":1,"b":2,"metadata":{"name":"n","resourceVersion":"%d"}}`, v)
			}, named: pointerOf("/metadata/resourceVersion"), want: number, conflict: 409},
			body: `{"a":2,"b":2,"metadata":{"name":"n","resourceVersion":"1"}}`,
			want: []string{`PATCH /c {"a":2,"metadata":{"name":"n","resourceVersion":"1"}}`, `GET /c`, `PATCH /c {"a":2,"metadata":{"name":"n","resourceVersion":"2"}}`}},
		{name: "_rev, 409",
			dialect: Dialect{Version: []Source{{Pointer: "/_rev"}}, Precondition: Target{Member: "/_rev"}, Conflict: []Match{{Status: 409}}},
			speaker: speaker{get: func(v int) (http.Header, http.Header, string) {
				return none, nil, fmt.Sprintf(`{"a":1,"b":2,"_rev":"%d-x"}`, v)
			}, named: pointerOf("/_rev"), want: func(v int) string { return fmt.Sprintf("%d-x", v) }, conflict: 409},
			body: `{"a":2,"b":2,"_rev":"1-x"}`,
			want: []string{`PATCH /c {"a":2,"_rev":"1-x"}`, `GET /c`, `PATCH /c {"a":2,"_rev":"2-x"}`}},
		{name: "a number in the query",
			dialect: Dialect{Version: []Source{{Pointer: "/metageneration"}}, Precondition: Target{Query: "ifMetagenerationMatch"}},
			speaker: speaker{get: func(v int) (http.Header, http.Header, string) {
				return none, nil, fmt.Sprintf(`{"a":1,"b":2,"metageneration":%d}`, v)
			}, named: func(r *http.Request, _ string) string { return r.URL.Query().Get("ifMetagenerationMatch") }, want: number, conflict: 412},
			body: `{"a":2,"b":2,"metageneration":1}`, query: "?alt=json&ifMetagenerationMatch=1",
			want: []string{`PATCH /c?alt=json&ifMetagenerationMatch=1 {"a":2}`, `GET /c?alt=json`, `PATCH /c?alt=json&ifMetagenerationMatch=2 {"a":2}`}},
		{name: "400 with a fault code, number as version",
			dialect: Dialect{Version: []Source{{Pointer: "/SyncToken"}}, Precondition: Target{Member: "/SyncToken"}, Conflict: []Match{{Status: 400, Contains: `"code":"5010"`}},
				MethodOverride: []string{"X-HTTP-Method-Override"}},
			speaker: speaker{get: func(v int) (http.Header, http.Header, string) {
				return none, nil, fmt.Sprintf(`{"a":1,"b":2,"SyncToken":%d}`, v)
			}, named: pointerOf("/SyncToken"), want: number, conflict: 400, refusal: `{"Fault":{"Error":[{"code":"5010"}]}}`},
			body: `{"a":2,"b":2,"SyncToken":1}`, header: []string{"X-HTTP-Method-Override", "PATCH"},
			want: []string{`POST /c {"a":2,"SyncToken":1}`, `GET /c`, `POST /c {"a":2,"SyncToken":2}`}},
		{name: "another 400 is no conflict",
			dialect: Dialect{Conflict: []Match{{Status: 400, Contains: "5010"}}},
			speaker: speaker{get: func(v int) (http.Header, http.Header, string) { return none, nil, `{}` },
				named: func(*http.Request, string) string { return "" }, want: func(int) string { return "x" }, conflict: 400, refusal: "code 77"},
			body: `{"a":2}`, header: []string{"If-Match", "1"}, want: []string{`PATCH /c {"a":2}`}, accepted: 400},
		{name: "weak tag in odata.etag, MERGE",
			dialect: Dialect{Version: []Source{{Pointer: "/odata.etag"}}, PatchMethods: []string{"MERGE"}},
			speaker: speaker{get: func(v int) (http.Header, http.Header, string) {
				return none, nil, fmt.Sprintf(`{"a":1,"b":2,"odata.etag":"W/\"%d\""}`, v)
			}, named: func(r *http.Request, _ string) string { return r.Header.Get("If-Match") }, want: func(v int) string { return fmt.Sprintf(`W/"%d"`, v) }, conflict: 412},
			body: `{"a":2,"b":2}`, header: []string{"If-Match", `W/"1"`, ":method", "MERGE"},
			want: []string{`MERGE /c {"a":2}`, `GET /c`, `MERGE /c {"a":2}`}},
		{name: "version header of its own",
			dialect: Dialect{Version: []Source{{Pointer: "/sys/version"}}, Precondition: Target{Header: "X-Content-Version"}, Conflict: []Match{{Status: 409}}},
			speaker: speaker{get: func(v int) (http.Header, http.Header, string) {
				return none, nil, fmt.Sprintf(`{"a":1,"b":2,"c":3,"sys":{"version":%d}}`, v)
			}, named: func(r *http.Request, _ string) string { return r.Header.Get("X-Content-Version") }, want: number, conflict: 409},
			body: `{"a":2,"b":2,"c":3,"sys":{"version":1}}`, header: []string{"X-Content-Version", "1"},
			want: []string{`PATCH /c {"a":2}`, `GET /c`, `PATCH /c {"a":2}`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := c.speaker
			s.t, s.version = t, 1
			a, _ := newApp(t, &s, Config{Dialect: c.dialect})
			a.must("GET", "/c"+strings.SplitN(c.query, "&", 2)[0], "")
			s.version, s.seen = 2, nil
			method := "PATCH"
			for i := 0; i < len(c.header); i += 2 {
				switch c.header[i] {
				case ":method":
					method = c.header[i+1]
				case "X-HTTP-Method-Override":
					method = "POST"
				}
			}
			req := request(method, "/c"+c.query, c.body)
			for i := 0; i < len(c.header); i += 2 {
				if c.header[i] != ":method" {
					req.Header.Set(c.header[i], c.header[i+1])
				}
			}
			r, err := a.do(req)
			if err != nil {
				t.Fatal(err)
			}
			accepted := c.accepted
			if accepted == 0 {
				accepted = 204
			}
			if r.status != accepted || !reflect.DeepEqual(s.seen, c.want) {
				t.Errorf("%d, %+v\ngot  %q\nwant %q", r.status, r.out, s.seen, c.want)
			}
		})
	}
}

// The store's own word for two writers at one moment: the same once more.
func TestDialectAgain(t *testing.T) {
	n := 0
	base := roundTrip(func(req *http.Request) (*http.Response, error) {
		io.Copy(io.Discard, req.Body)
		req.Body.Close()
		n++
		return &http.Response{StatusCode: map[bool]int{true: 409, false: 200}[n < 3], Header: http.Header{}, Body: http.NoBody}, nil
	})
	a, _ := newApp(t, base, Config{Backoff: time.Millisecond, MaxBackoff: time.Millisecond, Dialect: Dialect{Again: []Match{{Status: 409}}}})
	if r := a.must("PATCH", "/c", `{"a":1}`, "If-Match", `"1"`); r.status != 200 || n != 3 || r.out.Attempts != 3 {
		t.Errorf("%d after %d, %+v", r.status, n, r.out)
	}
}

// A dialect is data: it survives JSON, and its zero value is the common core.
func TestDialectIsData(t *testing.T) {
	d := Dialect{}.withDefaults()
	b, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var back Dialect
	if err := json.Unmarshal(b, &back); err != nil || !reflect.DeepEqual(d, back) {
		t.Errorf("%+v\n%+v, %v", d, back, err)
	}
	if b, _ := json.Marshal(Dialect{}); string(b) != "{}" {
		t.Errorf("the zero value is %s", b)
	}
	for _, v := range []any{FailOnOverlap, Deep, Contended} {
		text, err := json.Marshal(v)
		into := reflect.New(reflect.TypeOf(v))
		if err != nil || json.Unmarshal(text, into.Interface()) != nil || into.Elem().Interface() != v {
			t.Errorf("%s, %v", text, err)
		}
		if json.Unmarshal([]byte(`"nonsense"`), into.Interface()) == nil {
			t.Errorf("%T takes nonsense", v)
		}
	}
	if OnOverlap(9).String() != "conflict.OnOverlap(9)" || Depth(1).String() != "deep" {
		t.Error("names")
	}
	if _, err := json.Marshal(Depth(9)); err == nil {
		t.Error("an unknown depth marshals")
	}
}

// What a platform says no update takes is left out where no base tells.
func TestReadOnlyMembersWithoutABase(t *testing.T) {
	for _, c := range []struct {
		name, body, want string
		readOnly         []string
	}{
		{"entity as it was read", `{"id":"C1","city":"Frome","modified":"x","_links":{},"_eTag":"1"}`, `{"city":"Frome"}`, nil},
		{"sparse, nothing said", `{"id":"C1","city":"Frome"}`, `{"id":"C1","city":"Frome"}`, nil},
		{"sparse, said so", `{"id":"C1","city":"Frome"}`, `{"city":"Frome"}`, []string{"id"}},
		{"nothing else in it", `{"id":"C1"}`, `{"id":"C1"}`, []string{"id"}},
	} {
		s := newServer("/c", contactText)
		a, _ := newApp(t, s, Config{Dialect: Dialect{ReadOnly: c.readOnly}})
		a.must("PATCH", "/c", c.body, "If-Match", `"1"`)
		if got := s.log[0].body; got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestWithBase(t *testing.T) {
	s := newServer("/c", contactText)
	a, _ := newApp(t, s, Config{AutoIfMatch: policy.On})
	entity := json.RawMessage(strings.Replace(contactText, `{`, `{"_eTag":"\"1\"",`, 1))
	req := request("PATCH", "/c", strings.Replace(contactText, "Wells", "Frome", 1))
	r, err := a.do(req.WithContext(WithBase(req.Context(), entity)))
	wantSeen(t, s, `PATCH /c "1" {"city":"Frome"}`)
	if err != nil || r.status != 204 || !r.out.Versioned || !r.out.BaseKnown {
		t.Errorf("%+v, %v", r, err)
	}
	// Stale: the given base makes the three-way merge.
	s.set("/c", strings.Replace(contactText, "Ann", "Anna", 1))
	s.forget()
	req = request("PATCH", "/c", strings.Replace(contactText, "Wells", "Frome", 1), "If-Match", `"0"`)
	r, err = a.do(req.WithContext(WithBase(req.Context(), entity)))
	wantSeen(t, s, `PATCH /c "0" {"city":"Frome"}`, `GET /c`, `PATCH /c "3" {"city":"Frome"}`)
	if err != nil || r.out.Reason != Replayed {
		t.Errorf("%+v, %v", r, err)
	}
}

// merge-patch+json is minimised deeply, and replayed member by member.
func TestDeepForMergePatch(t *testing.T) {
	s := newServer("/c", contactText)
	a, _ := newApp(t, s, Config{})
	_, tag := a.get("/c")
	s.set("/c", strings.Replace(contactText, `"line2":""`, `"line2":"Flat 2"`, 1))
	s.forget()
	a.must("PATCH", "/c", `{"address":{"line1":"9 Low St","line2":""}}`, "If-Match", tag, "Content-Type", "application/merge-patch+json")
	wantSeen(t, s, `PATCH /c "1" {"address":{"line1":"9 Low St"}}`, `GET /c`, `PATCH /c "2" {"address":{"line1":"9 Low St"}}`)
	if got := s.field("/c", "address"); got != plain(read([]byte(`{"line1":"9 Low St","line2":"Flat 2"}`))) {
		t.Errorf("%s", got)
	}
}

// At top-level depth a nested object is merged whole: right where it is replaced.
func TestNestedObjectIsMergedWhole(t *testing.T) {
	s := newServer("/c", contactText)
	a, _ := newApp(t, s, Config{})
	_, tag := a.get("/c")
	s.set("/c", strings.Replace(contactText, `"line2":""`, `"line2":"Flat 2"`, 1))
	s.forget()
	r := a.must("PATCH", "/c", `{"address":{"line1":"9 Low St","line2":""}}`, "If-Match", tag)
	wantSeen(t, s, `PATCH /c "1" {"address":{"line1":"9 Low St","line2":""}}`, `GET /c`, `PATCH /c "2" {"address":{"line1":"9 Low St","line2":"Flat 2"}}`)
	if len(r.out.Overlaps) != 0 {
		t.Errorf("%+v", r.out)
	}
}

// The answer to a write is a base for the next one where it holds the entity, and
// proves nothing about members that it leaves out.
func TestAnswerToAWriteIsABase(t *testing.T) {
	for name, c := range map[string]struct{ answer, want string }{
		"the entity":     {`{"a":2,"b":2,"c":3,"_eTag":"\"2\""}`, `{"a":9}`},
		"something else": {`{"ok":true,"a":2}`, `{"a":9,"b":2,"c":3,"z":null}`},
	} {
		var wrote []string
		base := roundTrip(func(req *http.Request) (*http.Response, error) {
			b, _ := io.ReadAll(req.Body)
			req.Body.Close()
			wrote = append(wrote, string(b))
			return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}, "Etag": {`"2"`}},
				Body: io.NopCloser(strings.NewReader(c.answer)), ContentLength: int64(len(c.answer)), Request: req}, nil
		})
		a, _ := newApp(t, base, Config{})
		a.must("PATCH", "/c", `{"a":2}`, "If-Match", `"1"`)
		a.must("PATCH", "/c", `{"a":9,"b":2,"c":3,"z":null}`, "If-Match", `"2"`)
		if wrote[1] != c.want {
			t.Errorf("%s: %s, want %s", name, wrote[1], c.want)
		}
	}
}

// A JSON Patch that names no version gets one, and its base with it.
func TestAutoIfMatchForJSONPatch(t *testing.T) {
	s := newServer("/c", contactText)
	s.need = true
	a, _ := newApp(t, s, Config{AutoIfMatch: policy.On})
	a.get("/c")
	s.set("/c", strings.Replace(contactText, "Ann", "Anna", 1))
	s.forget()
	const body = `[{"op":"replace","path":"/city","value":"Frome"}]`
	r := a.must("PATCH", "/c", body)
	wantSeen(t, s, `PATCH /c "1" `+body, `GET /c`, `PATCH /c "2" `+body)
	if r.status != 204 || r.out.Reason != Replayed || !r.out.Versioned {
		t.Errorf("%d, %+v", r.status, r.out)
	}
}
