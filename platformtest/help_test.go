package platformtest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

// bubble runs f against an in-memory server over HTTP/1.1 and over HTTP/2.
func bubble(t *testing.T, c Config, f func(t *testing.T, s *Server, client *http.Client)) {
	t.Helper()
	c.InMemory = true
	for _, h2 := range []bool{false, true} {
		c.HTTP2 = h2
		name := map[bool]string{false: "HTTP1", true: "HTTP2"}[h2]
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := NewServer(c)
				defer s.Close()
				f(t, s, s.Client())
			})
		})
	}
}

// reply is an answer, read to its end.
type reply struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

func do(t *testing.T, c *http.Client, method, url, body string, header ...string) reply {
	t.Helper()
	r, err := try(c, method, url, body, header...)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	return r
}

func try(c *http.Client, method, url, body string, header ...string) (reply, error) {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("reapit-customer", "SBOX")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := c.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	r := reply{status: resp.StatusCode, header: resp.Header, text: string(b)}
	json.Unmarshal(b, &r.body)
	return r, err
}

// ids are those of a page.
func (r reply) ids() string {
	var ids []string
	for _, e := range r.body["_embedded"].([]any) {
		ids = append(ids, e.(map[string]any)["id"].(string))
	}
	return strings.Join(ids, " ")
}

func want[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
