package goodtenant_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/goodtenant/goodtenant"
	"github.com/goodtenant/goodtenant/platformtest"
	"github.com/goodtenant/goodtenant/profile"
)

// brokenBody cannot be read, and counts how often it is closed.
type brokenBody struct{ closed int }

func (*brokenBody) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
func (b *brokenBody) Close() error           { b.closed++; return nil }

// Whatever a request looks like: an answer or an error, never both and no panic;
// its body is closed, and nothing stays behind.
func TestHostileRequestsThroughTheWholeStack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := platformtest.NewServer(platformtest.Config{InMemory: true})
		defer p.Close()
		tr, err := goodtenant.New(p.Transport(), goodtenant.WithGuidelines(profile.Reapit().At()))
		if err != nil {
			t.Fatal(err)
		}
		defer tr.Close()
		odd := map[string]func(http.Header){
			"plain":         func(http.Header) {},
			"empty names":   func(h http.Header) { h["x-odd"], h[""] = nil, []string{"x"} },
			"three tenants": func(h http.Header) { h["REAPIT-customer"] = []string{"a", "", "b\x00"} },
			"a line break":  func(h http.Header) { h.Set("Authorization", "a\nb") },
		}
		for _, method := range []string{"", "get", "GET", "PATCH", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE", "G ET", "\x00", strings.Repeat("A", 1000)} {
			for _, url := range []string{
				"http://platform.reapit.cloud/contacts/", "http://platform.reapit.cloud/contacts/a%2fb", "http://platform.reapit.cloud", "http:///x",
				"mailto:a@b.c", "ftp://x/y", "http://[::1]:99999/x", "http://xn--/", "http://platform.reapit.cloud/contacts/?%zz",
			} {
				for name, set := range odd {
					req := request("GET", url, "")
					req.Method, req.Body, req.GetBody = method, nil, nil
					set(req.Header)
					b := &brokenBody{}
					if method == "PATCH" || method == "POST" || method == "PUT" {
						req.Body, req.ContentLength = b, -1
						req.Header.Set("If-Match", `"x"`)
					}
					resp, err := tr.RoundTrip(req)
					if (resp == nil) == (err == nil) {
						t.Errorf("%q %s %s: %v, %v", method, url, name, resp, err)
					}
					if resp != nil {
						io.Copy(io.Discard, resp.Body)
						resp.Body.Close()
					}
					if req.Body != nil && b.closed == 0 {
						t.Errorf("%q %s %s: the body was left open: %v", method, url, name, err)
					}
				}
			}
		}
		if err := tr.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
