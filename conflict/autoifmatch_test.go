package conflict

import (
	"net/http"
	"strings"
	"testing"

	"github.com/goodtenant/goodtenant/policy"
)

// When AutoIfMatch may name a version, and when it must not.
func TestAutoIfMatch(t *testing.T) {
	whole := strings.Replace(contactText, "Wells", "Frome", 1)
	for _, c := range []struct {
		name   string
		before func(s *entityServer, a *app)
		body   string
		header []string
		want   []string
		status int
		out    Outcome
	}{
		{name: "sparse, nothing known: read first", body: `{"city":"Frome"}`,
			want: []string{`GET /c`, `PATCH /c "1" {"city":"Frome"}`}, status: 204, out: Outcome{Versioned: true}},
		{name: "sparse, a version known", before: func(_ *entityServer, a *app) { a.get("/c") }, body: `{"city":"Frome"}`,
			want: []string{`PATCH /c "1" {"city":"Frome"}`}, status: 204, out: Outcome{Versioned: true}},
		{name: "sparse, explicit word stays", before: func(_ *entityServer, a *app) { a.get("/c") }, body: `{"city":"Wells"}`,
			want: []string{`PATCH /c "1" {"city":"Wells"}`}, status: 204, out: Outcome{Versioned: true}},
		{name: "sparse, the version known is stale", before: func(s *entityServer, a *app) { a.get("/c"); s.set("/c", contactText) }, body: `{"city":"Frome"}`,
			want: []string{`PATCH /c "1" {"city":"Frome"}`, `GET /c`, `PATCH /c "2" {"city":"Frome"}`}, status: 204, out: Outcome{Versioned: true, Reason: Replayed}},
		{name: "whole, given once", before: func(_ *entityServer, a *app) { a.get("/c") }, body: whole,
			want: []string{`PATCH /c "1" {"city":"Frome"}`}, status: 204, out: Outcome{Versioned: true, BaseKnown: true}},
		{name: "whole, given twice", before: func(s *entityServer, a *app) { a.get("/c"); s.set("/c", contactText); a.get("/c") }, body: whole,
			want: []string{`PATCH /c ` + whole}, status: 412, out: Outcome{Reason: NoVersion}},
		{name: "whole, never given", body: whole,
			want: []string{`GET /c`, `PATCH /c ` + whole}, status: 412, out: Outcome{Reason: NoVersion}},
		{name: "whole, after our own write", before: func(s *entityServer, a *app) {
			_, tag := a.get("/c")
			a.must("PATCH", "/c", `{"notes":"x"}`, "If-Match", tag)
		}, body: whole,
			want: []string{`PATCH /c ` + whole}, status: 412, out: Outcome{Reason: NoVersion}},
		{name: "version in the body", body: `{"city":"Frome","_eTag":"\"1\""}`,
			want: []string{`PATCH /c "1" {"city":"Frome"}`}, status: 204, out: Outcome{Versioned: true}},
		{name: "another principal was given it", before: func(_ *entityServer, a *app) {
			req := request("GET", "/c", "")
			req.Header.Set("Authorization", "Bearer other")
			a.do(req)
		}, body: whole,
			want: []string{`PATCH /c ` + whole}, status: 412, out: Outcome{Reason: NoVersion}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer("/c", contactText)
			s.need, s.plain = true, true
			a, layer := newApp(t, s, Config{AutoIfMatch: policy.On})
			if c.before != nil {
				c.before(s, a)
			}
			s.forget()
			r := a.must("PATCH", "/c", c.body)
			wantSeen(t, s, c.want...)
			if r.status != c.status || r.out.Reason != c.out.Reason || r.out.Versioned != c.out.Versioned || r.out.BaseKnown != c.out.BaseKnown {
				t.Errorf("%d, %+v", r.status, r.out)
			}
			if n := layer.Stats().Versioned; (n > 0) != c.out.Versioned {
				t.Errorf("%d writes versioned", n)
			}
		})
	}
}

// Off, nothing is named and no call is added.
func TestAutoIfMatchIsOffByDefault(t *testing.T) {
	s := newServer("/c", contactText)
	s.need = true
	a, _ := newApp(t, s, Config{})
	r := a.must("PATCH", "/c", `{"city":"Frome"}`)
	wantSeen(t, s, `PATCH /c {"city":"Frome"}`)
	if r.status != 412 || r.out.Reason != NoVersion {
		t.Errorf("%d, %+v", r.status, r.out)
	}
}

// The read fails: the request goes out as written.
func TestAutoIfMatchWithoutAReadableEntity(t *testing.T) {
	s := newServer("/c", contactText)
	s.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == "GET" {
			w.WriteHeader(403)
		}
		return r.Method == "GET"
	}
	a, _ := newApp(t, s, Config{AutoIfMatch: policy.On})
	if r := a.must("PATCH", "/c", `{"city":"Frome"}`); r.status != 204 || r.out.Versioned {
		t.Errorf("%d, %+v", r.status, r.out)
	}
	wantSeen(t, s, `GET /c`, `PATCH /c {"city":"Frome"}`)
}

// Without a credential in sight a version is used only by a write that names it.
func TestNoCredentialInSight(t *testing.T) {
	s := newServer("/c", contactText)
	s.plain = true
	a, _ := newApp(t, s, Config{AutoIfMatch: policy.On})
	bare := func(method, body string, header ...string) reply {
		req := request(method, "/c", body, header...)
		req.Header.Del("Authorization")
		r, err := a.do(req)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	whole := strings.Replace(contactText, "Wells", "Frome", 1)
	tag := bare("GET", "").header.Get("ETag")
	s.forget()
	bare("PATCH", whole)
	bare("PATCH", whole, "If-Match", tag)
	wantSeen(t, s, "PATCH /c "+whole, `PATCH /c "1" {"city":"Frome"}`, `GET /c`) // the change is there already
}
