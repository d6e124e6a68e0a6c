package otelgoodtenant

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goodtenant/goodtenant"
	"github.com/goodtenant/goodtenant/compliance"
	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/platformtest"
	"github.com/goodtenant/goodtenant/policy"
	"github.com/goodtenant/goodtenant/profile"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// real is a whole stack over the strict platform, in a bubble.
type real struct {
	*rig
	platform  *platformtest.Server
	transport *goodtenant.Transport
}

func newReal(t *testing.T, pc platformtest.Config, opts ...goodtenant.Option) *real {
	r := &real{rig: newRig(t)}
	pc.InMemory = true
	r.platform = platformtest.NewServer(pc)
	opts = append(opts, goodtenant.WithGuidelines(profile.Reapit().At("platform.test")), goodtenant.WithPrincipal(goodtenant.OnePrincipal), Instrument(r.options()...))
	var err error
	r.transport, err = goodtenant.New(r.platform.Transport(), opts...)
	require.NoError(t, err)
	t.Cleanup(func() {
		r.transport.Close()
		r.platform.Close()
	})
	return r
}

func (r *real) send(method, path, etag, body string) *http.Response {
	req, err := http.NewRequestWithContext(context.Background(), method, r.platform.URL+path, strings.NewReader(body))
	require.NoError(r.t, err)
	if body == "" {
		req.Body = http.NoBody
	}
	req.Header.Set("Reapit-Customer", "SBOX")
	req.Header.Set("Api-Version", "2020-01-31")
	req.Header.Set("Content-Type", "application/json")
	if etag != "" {
		req.Header.Set("If-Match", etag)
	}
	resp, err := r.transport.RoundTrip(req)
	require.NoError(r.t, err)
	b, err := io.ReadAll(resp.Body)
	require.NoError(r.t, err)
	resp.Body.Close()
	resp.Body = io.NopCloser(strings.NewReader(string(b)))
	return resp
}

// the spans of one call, by name and origin, in the order in which they began.
func (r *real) below(call sdktrace.ReadOnlySpan) (names []string) {
	for _, s := range r.spans.Started() {
		if s.Parent().SpanID() == call.SpanContext().SpanID() && s.Name() != "goodtenant.wait" {
			name := s.Name()
			if o := with(s)["goodtenant.origin"]; o != nil {
				name += " " + o.(string)
			}
			names = append(names, name)
		}
	}
	return names
}

func TestReplayedPatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReal(t, platformtest.Config{})
		etag := r.send("GET", "/contacts/CON000001", "", "").Header.Get("ETag")
		if etag == "" {
			t.Fatal("the platform has no such contact")
		}
		rival := &http.Client{Transport: r.platform.Transport()}
		req, err := http.NewRequest("PATCH", r.platform.URL+"/contacts/CON000001", strings.NewReader(`{"title":"Dr"}`))
		require.NoError(t, err)
		req.Header = http.Header{"Reapit-Customer": {"SBOX"}, "Api-Version": {"2020-01-31"}, "Content-Type": {"application/json"}, "If-Match": {etag}}
		resp, err := rival.Do(req)
		require.NoError(t, err)
		resp.Body.Close()
		require.Equal(t, 204, resp.StatusCode)
		time.Sleep(2 * time.Second)

		require.Equal(t, 204, r.send("PATCH", "/contacts/CON000001", etag, `{"forename":"Canary"}`).StatusCode)
		call := r.one("goodtenant PATCH /contacts/{id}")
		require.Equal(t, []string{"PATCH /contacts/{id}", "GET /contacts/{id} refetch", "PATCH /contacts/{id} replay"}, r.below(call))
		require.Equal(t, "replayed", with(call)["goodtenant.conflict.outcome"])
		require.EqualValues(t, 3, with(call)["goodtenant.attempts"])
		require.EqualValues(t, 204, with(call)["http.response.status_code"])
		attempts := r.ended("PATCH /contacts/{id}")
		require.Len(t, attempts, 2)
		for _, s := range attempts {
			require.NotContains(t, with(s), "error.type", "a 412 that is replayed is no error")
		}
		absent(t, r.dump(), "canary")
	})
}

func TestThrottledCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReal(t, platformtest.Config{})
		r.platform.Control(func(*http.Request) bool { return true }, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "2")
			w.WriteHeader(429)
		})
		require.Equal(t, 200, r.send("GET", "/offices/", "", "").StatusCode)
		call := r.one("goodtenant GET /offices/")
		require.EqualValues(t, 1, with(call)["goodtenant.throttled"])
		require.EqualValues(t, 2, with(call)["goodtenant.attempts"])
		waits := r.ended("goodtenant.wait")
		require.NotEmpty(t, waits)
		var waited time.Duration
		for _, w := range waits {
			waited += w.EndTime().Sub(w.StartTime())
		}
		require.InDelta(t, call.EndTime().Sub(call.StartTime()).Seconds(), waited.Seconds(), .1, "the waits explain the call's time")
		require.Len(t, r.logs.named(eventThrottled), 1)
		for _, s := range r.ended("GET /offices/") {
			if with(s)["http.response.status_code"] == int64(200) {
				require.EqualValues(t, 1, with(s)["http.request.resend_count"])
			} else {
				require.Equal(t, "429", with(s)["error.type"])
			}
		}
	})
}

func TestSharedReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReal(t, platformtest.Config{Service: time.Second})
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { r.send("GET", "/offices/", "", "") })
			synctest.Wait()
		}
		wg.Wait()
		calls := r.ended("goodtenant GET /offices/")
		require.Len(t, calls, 3)
		require.Len(t, r.ended("GET /offices/"), 1, "one request for three")
		var leader sdktrace.ReadOnlySpan
		for _, c := range calls {
			if with(c)["goodtenant.coalesced"] == nil {
				leader = c
			}
		}
		require.NotNil(t, leader)
		for _, c := range calls {
			if c != leader {
				require.Len(t, c.Links(), 1)
				require.Equal(t, leader.SpanContext().SpanID(), c.Links()[0].SpanContext.SpanID())
			}
		}
	})
}

// A leader that leaves its read to those who joined it: its call is over, the read
// is sent again, and no fact of the call changes any more.
func TestLeaderLeavesBeforeTheRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReal(t, platformtest.Config{})
		r.platform.Control(func(*http.Request) bool { return true }, func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(time.Second)
			w.Header().Set("Retry-After", "2")
			w.WriteHeader(429)
		})
		ctx, leave := context.WithCancel(context.Background())
		req, err := http.NewRequestWithContext(ctx, "GET", r.platform.URL+"/offices/", nil)
		require.NoError(t, err)
		req.Header = http.Header{"Reapit-Customer": {"SBOX"}, "Api-Version": {"2020-01-31"}, "Content-Type": {"application/json"}}
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := r.transport.RoundTrip(req)
			require.ErrorIs(t, err, context.Canceled)
		})
		synctest.Wait()
		wg.Go(func() { require.Equal(t, 200, r.send("GET", "/offices/", "", "").StatusCode) })
		synctest.Wait()
		leave()
		wg.Wait()
		calls := r.ended("goodtenant GET /offices/")
		require.Len(t, calls, 2)
		require.Equal(t, "canceled", with(calls[0])["error.type"])
		require.EqualValues(t, 1, with(calls[0])["goodtenant.attempts"])
		require.Len(t, r.ended("GET /offices/"), 2)
	})
}

// Under Observe the platform sees what it sees of a bare client, and the metrics
// say what enforcing would have done.
func TestObserveShowsInMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReal(t, platformtest.Config{Rate: -1}, goodtenant.WithLimiter(limiter.Config{Mode: policy.Observe}))
		for range 60 {
			r.send("GET", "/offices/", "", "")
		}
		got := r.metrics()
		const p = "goodtenant.profile=Reapit Foundations"
		found := 0.
		for k, v := range points(got["goodtenant.would"]) {
			if strings.Contains(k, "goodtenant.action=delay") {
				found = v
			}
		}
		if found < 30 {
			t.Errorf("%v calls would have been delayed, want 30 and more of 60 at once", found)
		}
		require.Equal(t, 1., points(got["goodtenant.observing"])["goodtenant.layer=limiter "+p])
		require.Equal(t, 0., points(got["goodtenant.observing"])["goodtenant.layer=dedupe "+p])
		require.Empty(t, r.ended("goodtenant.wait"))
	})
}

// What is only observed is not counted as done.
func TestObservedRefusals(t *testing.T) {
	r := newRig(t)
	mode := policy.Observe
	r.tel.mode = func(goodtenant.Layer) (policy.Mode, bool) { return mode, true }
	r.layer = func(req *http.Request, next http.RoundTripper) (*http.Response, error) {
		r.tel.limiterHooks().Refused(req.Context(), &limiter.RefusedError{Reason: limiter.QueueFull})
		r.tel.complianceHooks().Gated(req.Context(), compliance.GateError{Rule: "GT101"})
		return next.RoundTrip(req)
	}
	_, err := r.do("GET", address)
	require.NoError(t, err)
	require.NotContains(t, with(r.one(callSpan)), "goodtenant.refused.reason")
	for name, rest := range map[string]string{"goodtenant.requests.refused": "goodtenant.limit.kind=none goodtenant.limit.scope=none goodtenant.observed=true goodtenant.profile=test goodtenant.refused.reason=queue-full",
		"goodtenant.requests.gated": "goodtenant.finding.rule=GT101 goodtenant.observed=true goodtenant.profile=test"} {
		require.Equal(t, map[string]float64{rest: 1}, points(r.metrics()[name]))
	}
}
