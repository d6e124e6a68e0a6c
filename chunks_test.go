package goodtenant_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/goodtenant/goodtenant"
	"github.com/goodtenant/goodtenant/compliance"
	"github.com/goodtenant/goodtenant/conflict"
	"github.com/goodtenant/goodtenant/dedupe"
	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/platformtest"
	"github.com/goodtenant/goodtenant/policy"
	"github.com/goodtenant/goodtenant/profile"
)

// A large body of unknown length goes out in the chunks that a bare client makes,
// whatever layers observe it.
func TestObserveKeepsTheChunksOfEveryBody(t *testing.T) {
	observed := goodtenant.Options(
		goodtenant.WithGuidelines(profile.Reapit().At()),
		goodtenant.WithLimiter(limiter.Config{Mode: policy.Observe}), goodtenant.WithConflict(conflict.Config{Mode: policy.Observe}),
		goodtenant.WithDedupe(dedupe.Config{Mode: policy.Observe}), goodtenant.WithCompliance(compliance.Config{Mode: policy.Observe}))
	wire := func(method, path string, opts ...goodtenant.Option) (sent []byte) {
		synctest.Test(t, func(t *testing.T) {
			p := platformtest.NewServer(platformtest.Config{InMemory: true, Wire: true})
			defer p.Close()
			c := p.Client()
			if opts != nil {
				var err error
				if c, err = goodtenant.Wrap(c, opts...); err != nil {
					t.Fatal(err)
				}
				tr, _ := goodtenant.From(c)
				defer tr.Close()
			}
			req := request(method, p.URL+path, "")
			req.Body = io.NopCloser(strings.NewReader(`{"surname":"Lee","email":"ann@example.com","title":"` + strings.Repeat("x", 100<<10) + `"}`))
			req.GetBody, req.ContentLength = nil, -1
			req.Header.Set("If-Match", `"unknown"`)
			resp, err := c.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			sent = bytes.Join(p.Wire(), nil)
		})
		return sent
	}
	for _, method := range []string{http.MethodPost, http.MethodPatch} {
		path := map[string]string{http.MethodPost: "/contacts/", http.MethodPatch: "/contacts/X1"}[method]
		bare, seen := wire(method, path), wire(method, path, observed)
		if len(bare) < 100<<10 || !bytes.Equal(bare, seen) {
			t.Errorf("%s: %d bytes bare, %d observed", method, len(bare), len(seen))
		}
	}
}
