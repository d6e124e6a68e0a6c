package compliance

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
)

// A body that writes itself is written in one piece, as without the checker, and
// is looked at all the same.
func TestABodyThatWritesItselfGoesOnDoingSo(t *testing.T) {
	const text = `{"surname":"S","email":"someone@example.com"}`
	for name, body := range map[string]io.Reader{"writes itself": strings.NewReader(text), "is read": struct{ io.Reader }{strings.NewReader(text)}} {
		k, err := New(Config{})
		if err != nil {
			t.Fatal(err)
		}
		pieces := 0
		rt := k.Wire(roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Method == "GET" {
				return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(`{"_embedded":[],"totalCount":0}`)), Request: r}, nil
			}
			var got bytes.Buffer
			if _, ok := r.Body.(io.WriterTo); ok != (name == "writes itself") {
				t.Errorf("%s: an io.WriterTo: %v", name, ok)
			}
			if _, err := io.Copy(counting{&got, &pieces}, r.Body); err != nil {
				t.Error(err)
			}
			if got.String() != text {
				t.Errorf("%s: sent %q", name, &got)
			}
			return &http.Response{StatusCode: 201, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
		}))
		// A look-up of another address is no excuse, where the create's body is seen.
		lookup, err := http.NewRequest("GET", "https://api.test/contacts/?email=other@example.com", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := rt.RoundTrip(lookup)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		req, err := http.NewRequest("POST", "https://api.test/contacts/", io.NopCloser(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		if _, err := rt.RoundTrip(req); err != nil {
			t.Fatal(err)
		}
		if pieces != 1 {
			t.Errorf("%s: written in %d pieces", name, pieces)
		}
		found := false
		for _, f := range k.Findings() {
			found = found || f.Rule == "GT501"
		}
		if !found {
			t.Errorf("%s: the create's body was not looked at: no GT501", name)
		}
		k.Close()
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type counting struct {
	io.Writer
	n *int
}

func (c counting) Write(p []byte) (int, error) { *c.n++; return c.Writer.Write(p) }
