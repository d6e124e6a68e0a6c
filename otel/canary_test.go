package otelgoodtenant

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/goodtenant/goodtenant"
	"github.com/goodtenant/goodtenant/profile"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// What must never be shown, wherever it is put.
var canaries = []string{"tok3n-canary", "canary@mail.test", "CanarySmith"}

// everywhere is a request that has a canary in each place that a request has.
func everywhere(t *testing.T, ctx context.Context, method, canary string) *http.Request {
	req, err := http.NewRequestWithContext(ctx, method, "https://api.test/contacts", strings.NewReader(`{"name":"`+canary+`"}`))
	require.NoError(t, err)
	req.URL.Path = "/contacts/" + canary
	req.URL.RawQuery = "email=" + canary + "&" + canary + "&" + canary + "=1&pageSize=25"
	req.URL.Fragment = canary
	req.Header.Set("Authorization", "Bearer "+canary)
	req.Header.Set("X-Customer", canary)
	req.Header.Set("Cookie", canary)
	return req
}

// Field names of faults.md 101: secrets are absent from every sink.
func TestFault101NothingSecretLeaves(t *testing.T) {
	for _, canary := range canaries {
		r := newRig(t)
		unknown := "https://api.test/" + canary + "/" + canary
		r.base = func(req *http.Request) (*http.Response, error) {
			if req.Method == "DELETE" {
				return nil, fmt.Errorf("dial %s: %w", canary, errors.New(canary))
			}
			resp := answer(422)
			resp.Status = "422 " + canary
			resp.Header.Set("X-Echo", canary)
			return resp, nil
		}
		r.layer = func(req *http.Request, next http.RoundTripper) (*http.Response, error) {
			r.everything(req.Context(), canary)
			return next.RoundTrip(req)
		}
		member, err := baggage.NewMember("user", "x")
		require.NoError(t, err)
		bag, err := baggage.New(member)
		require.NoError(t, err)
		for _, method := range []string{"GET", "PATCH", "DELETE", canary} {
			if strings.Contains(method, "@") {
				continue // no method
			}
			_, _ = r.stack().RoundTrip(everywhere(t, baggage.ContextWithBaggage(t.Context(), bag), method, canary))
		}
		_, _ = r.do("GET", unknown)

		all := r.dump()
		require.Greater(t, len(all), 10_000, "something was recorded")
		require.True(t, strings.Contains(all, "pageSize=25"))
		absent(t, all, "canary")
	}
}

// The canary test can fail: with tenants shown, they are seen by it.
func TestCanaryIsSeenWhereItIsAllowed(t *testing.T) {
	r := newRig(t, WithTenants(3))
	r.layer = func(req *http.Request, next http.RoundTripper) (*http.Response, error) {
		r.everything(req.Context(), "CanarySmith")
		return next.RoundTrip(req)
	}
	_, err := r.do("GET", address)
	require.NoError(t, err)
	require.GreaterOrEqual(t, strings.Count(r.dump(), "CanarySmith"), 10, "on the span, the metrics and the events")
}

// absent fails with what stands around the secret.
func absent(t *testing.T, all, secret string) {
	t.Helper()
	if i := strings.Index(strings.ToLower(all), secret); i >= 0 {
		t.Errorf("%q is shown: ...%s...", secret, all[max(0, i-100):min(len(all), i+60)])
	}
}

// dump is all that left through the providers, as text.
func (r *rig) dump() string {
	var b strings.Builder
	for _, s := range r.spans.Ended() {
		fmt.Fprintf(&b, "%s %v %v %v %v %v\n", s.Name(), with(s), s.Status(), s.Events(), s.Links(), s.Resource())
	}
	for name, m := range r.metrics() {
		fmt.Fprintf(&b, "%s %s %v\n", name, m.Description, points(m))
		if h, ok := m.Data.(metricdata.Histogram[float64]); ok {
			for _, p := range h.DataPoints {
				fmt.Fprintf(&b, "%v\n", p.Exemplars)
			}
		}
	}
	for _, l := range r.logs.records {
		fmt.Fprintf(&b, "%s %s %v\n", l.EventName(), l.Body().AsString(), logAttributes(l))
	}
	return b.String()
}

// Over the whole stack, a tenant and a token are absent too.
func TestWholeStackShowsNothingSecret(t *testing.T) {
	r := newRig(t)
	p := profile.Reapit().At("api.test")
	base := roundTrip(func(*http.Request) (*http.Response, error) { return answer(204), nil })
	tr, err := goodtenant.New(base, goodtenant.WithGuidelines(p), Instrument(r.options()...))
	require.NoError(t, err)
	defer tr.Close()
	for _, canary := range canaries {
		for _, method := range []string{"GET", "PATCH", "DELETE"} {
			req := everywhere(t, t.Context(), method, canary)
			req.Header.Set("Reapit-Customer", canary)
			if resp, err := tr.RoundTrip(req); err == nil {
				resp.Body.Close()
			}
		}
	}
	require.NotEmpty(t, r.spans.Ended())
	absent(t, r.dump(), "canary")
}
