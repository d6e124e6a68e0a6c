package dedupe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/goodtenant/goodtenant/internal/call"
)

// The body of a checked create goes out as it was written, once.
func TestCreateGoesOutUnchangedAndIsNotReplayed(t *testing.T) {
	var out *http.Request
	var sent string
	tr := transport(t, stub(func(req *http.Request) (*http.Response, error) {
		if req.Method == "GET" {
			return answerWith(200, `{"_embedded":[]}`), nil
		}
		out = req
		b, _ := io.ReadAll(req.Body)
		sent = string(b)
		resp := answerWith(201, "")
		resp.Request = req
		return resp, nil
	}), unique())
	body := "{ \"email\" : \"ann@corp.test\", \"price\":1.50 }\n"
	req := contact(t, body)
	before := req.Clone(req.Context())
	r := do(tr, req)
	if sent != body || out.ContentLength != int64(len(body)) || out.GetBody != nil {
		t.Errorf("sent %q (%d), replayable %v", sent, out.ContentLength, out.GetBody != nil)
	}
	if req.GetBody == nil || fmt.Sprint(req.Header) != fmt.Sprint(before.Header) || r.resp.Request != req {
		t.Error("the caller's request was changed, or is not the response's")
	}
}

// Faults 1, 3 and 8: the body is closed exactly once on every path.
func TestFault03BodyIsClosedOnEveryPath(t *testing.T) {
	for name, c := range map[string]struct {
		email string
		base  stub
		ctx   func(context.Context) context.Context
	}{
		"sent":      {"new@corp.test", nil, nil},
		"duplicate": {"ann@corp.test", nil, nil},
		"no key":    {"", nil, nil},
		"unchecked": {"new@corp.test", func(*http.Request) (*http.Response, error) { return answerWith(500, ""), nil }, nil},
		"done ctx": {"new@corp.test", nil, func(ctx context.Context) context.Context {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return ctx
		}},
	} {
		base := c.base
		if base == nil {
			base = func(req *http.Request) (*http.Response, error) {
				if req.Body != nil {
					io.Copy(io.Discard, req.Body)
					req.Body.Close()
					return answerWith(201, ""), nil
				}
				return answerWith(200, `[{"id":"C1","email":"ann@corp.test"}]`), nil
			}
		}
		synctest.Test(t, func(t *testing.T) {
			req := withEmail(t, c.email)
			if c.ctx != nil {
				req = req.WithContext(c.ctx(req.Context()))
			}
			closes := 0
			req.Body = closer{req.Body, func() { closes++ }}
			do(transport(t, base, unique()), req)
			synctest.Wait() // the end of a context closes it on a goroutine of its own
			if closes != 1 {
				t.Errorf("%s: body closed %d times", name, closes)
			}
		})
	}
}

func TestFault08BodyThatBlocks(t *testing.T) {
	for _, by := range []string{"context", "Cancel"} {
		synctest.Test(t, func(t *testing.T) {
			tr := transport(t, stub(func(*http.Request) (*http.Response, error) { panic("sent") }), unique())
			pr, _ := io.Pipe()
			ctx, cancel := context.WithCancel(t.Context())
			req := request(ctx, "POST", "http://api.test/contacts", "")
			req.Body, req.GetBody, req.ContentLength = pr, nil, -1
			ch := make(chan struct{})
			if by == "Cancel" {
				req.Cancel = ch
			}
			r := start(tr, req)
			synctest.Wait()
			if by == "Cancel" {
				close(ch)
			}
			cancel()
			if got := <-r; !errors.Is(got.err, context.Canceled) {
				t.Errorf("%s: %v", by, got.err)
			}
		})
	}
}

func TestFault06LargeBodyIsNotRead(t *testing.T) {
	overCRM(t, func(t *testing.T, w *world, c *crm) {
		big := `{"email":"ann@corp.test","comment":"` + strings.Repeat("x", maxCreate) + `"}`
		cfg := unique()
		do(w.transport(cfg), contact(t, big)).unchecked(t, NoKey)
		cfg.Unique[0].OnNoKey = Report
		do(w.transport(cfg), contact(t, big)).want(t, 201, "")
		if got := c.rows["/contacts"][0].members["comment"]; len(got.(string)) != maxCreate {
			t.Error("the body was cut")
		}
	})
}

func TestBodiesWithoutAKey(t *testing.T) {
	for _, b := range []string{"", "[]", "null", `"x"`, "{}", "{", `{"email":7}`, `{"email":null}`, `{"email":["ann@corp.test"]}`, "\xef\xbb\xbf{}"} {
		tr := transport(t, stub(func(*http.Request) (*http.Response, error) { return answerWith(201, ""), nil }), unique())
		do(tr, contact(t, b)).unchecked(t, NoKey)
	}
	zipped := withEmail(t, "ann@corp.test")
	zipped.Header.Set("Content-Encoding", "gzip")
	tr := transport(t, stub(func(*http.Request) (*http.Response, error) { return answerWith(201, ""), nil }), unique())
	do(tr, zipped).unchecked(t, NoKey)
}

// A lookup carries the caller's credentials and tenant, and nothing that belongs
// to the create.
func TestHeadersOfALookup(t *testing.T) {
	var got http.Header
	var origin call.Origin
	tr := transport(t, stub(func(req *http.Request) (*http.Response, error) {
		if req.Method == "GET" {
			got, origin = req.Header, call.OriginOf(req.Context())
			return answerWith(200, "[]"), nil
		}
		if call.OriginOf(req.Context()) != call.App {
			t.Error("the create passes for a lookup")
		}
		return answerWith(201, ""), nil
	}), unique())
	req := withEmail(t, "ann@corp.test")
	req.Header.Set("Tenant", "A")
	req.Header.Set("Api-Version", "2020-01-31")
	for _, name := range notForLookups {
		req.Header.Set(name, "x")
	}
	req.Header.Del("Content-Encoding")
	do(tr, req).want(t, 201, "")
	want := http.Header{"Authorization": {"Bearer one"}, "Tenant": {"A"}, "Api-Version": {"2020-01-31"}, "Accept": {"application/json"}}
	if fmt.Sprint(got) != fmt.Sprint(want) || origin != call.Lookup {
		t.Errorf("%v, %v; want %v", origin, got, want)
	}
}
