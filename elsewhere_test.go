package goodtenant_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/goodtenant/goodtenant"
	"github.com/goodtenant/goodtenant/compliance"
	"github.com/goodtenant/goodtenant/profile"
)

// recording is a base that keeps what it was given.
type recording struct {
	reqs   []*http.Request
	bodies []string
}

func (r *recording) RoundTrip(req *http.Request) (*http.Response, error) {
	text := ""
	if req.Body != nil {
		b, _ := io.ReadAll(req.Body)
		req.Body.Close()
		text = string(b)
	}
	r.reqs, r.bodies = append(r.reqs, req), append(r.bodies, text)
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(`{}`)), Request: req}, nil
}

// TestTokenCallsElsewhereAreSeen checks that tokens fetched again and again from a
// host of their own are a finding, though that host is not under the policy, and
// that calls there are handed on as they are.
func TestTokenCallsElsewhereAreSeen(t *testing.T) {
	base := &recording{}
	tr, err := goodtenant.New(base, goodtenant.WithGuidelines(profile.Reapit()), goodtenant.WithCompliance(compliance.Config{}))
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	over := tr.Over(base)
	send := func(rt http.RoundTripper, req *http.Request) {
		t.Helper()
		resp, err := rt.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(resp.Body); string(b) != `{}` || err != nil {
			t.Errorf("read %q, %v", b, err)
		}
		resp.Body.Close()
	}
	const grant = "grant_type=client_credentials&client_id=a"
	for i := range 4 {
		req, _ := http.NewRequest("POST", "https://connect.example.test/token", strings.NewReader(grant))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		send([]http.RoundTripper{tr, over}[i%2], req)
		if base.reqs[i] != req || base.bodies[i] != grant {
			t.Errorf("the call for a token arrived changed: %q", base.bodies[i])
		}
	}
	plain, _ := http.NewRequest("GET", "https://elsewhere.example.test/contacts/1", nil)
	send(tr, plain)
	if base.reqs[4] != plain {
		t.Error("a call to another host arrived as a copy")
	}
	var rules []string
	for _, f := range tr.Compliance().Findings() {
		rules = append(rules, f.Rule)
	}
	if len(rules) != 1 || rules[0] != "GT609" {
		t.Errorf("findings are %v, want GT609 alone", rules)
	}
	if n := tr.Compliance().Report().Calls; n != 0 {
		t.Errorf("%d calls were judged, want none: these hosts are not under the policy", n)
	}
}
