package otelgoodtenant

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goodtenant/goodtenant/conflict"
	"github.com/goodtenant/goodtenant/dedupe"
	callorigin "github.com/goodtenant/goodtenant/internal/call"
	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/policy"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

const (
	callSpan    = "goodtenant GET /contacts/{id}"
	attemptSpan = "GET /contacts/{id}"
	address     = "https://api.test/contacts/CON1"
)

func TestOneCallIsOneInternalAndOneClientSpan(t *testing.T) {
	r := newRig(t)
	var seen http.Header
	r.base = func(req *http.Request) (*http.Response, error) {
		seen = req.Header
		return answer(200), nil
	}
	app, parent := r.inSpan("app", trace.SpanKindServer)
	req, err := http.NewRequestWithContext(app, "GET", address+"?pageSize=25&email=a%40b.test&flag", nil)
	require.NoError(t, err)
	_, err = r.stack().RoundTrip(req)
	require.NoError(t, err)
	parent.End()

	call, attempt := r.one(callSpan), r.one(attemptSpan)
	require.Equal(t, trace.SpanKindInternal, call.SpanKind())
	require.Equal(t, parent.SpanContext().SpanID(), call.Parent().SpanID())
	require.Equal(t, map[string]any{
		"http.request.method": "GET", "url.template": "/contacts/{id}", "goodtenant.profile": "test",
		"goodtenant.attempts": int64(1), "http.response.status_code": int64(200),
	}, with(call))
	require.Equal(t, codes.Unset, call.Status().Code)

	require.Equal(t, trace.SpanKindClient, attempt.SpanKind())
	require.Equal(t, call.SpanContext().SpanID(), attempt.Parent().SpanID())
	require.Equal(t, map[string]any{
		"http.request.method": "GET", "url.template": "/contacts/{id}", "goodtenant.profile": "test",
		"server.address": "api.test", "server.port": int64(443),
		"url.full":                  "https://api.test/contacts/{id}?pageSize=25&email=REDACTED&REDACTED",
		"http.response.status_code": int64(200), "network.protocol.version": "1.1",
	}, with(attempt))
	require.Equal(t, scopeName, attempt.InstrumentationScope().Name)
	require.Contains(t, attempt.InstrumentationScope().SchemaURL, "1.43.0")

	require.Equal(t, "00-"+attempt.SpanContext().TraceID().String()+"-"+attempt.SpanContext().SpanID().String()+"-01", seen.Get("Traceparent"),
		"the attempt's span is what the platform sees")
	require.Empty(t, req.Header, "the caller's request is untouched")
	require.Equal(t, 1, int(points(r.metrics()["http.client.request.duration"])["http.request.method=GET http.response.status_code=200 server.address=api.test server.port=443"]))
}

func TestTraceReplacesWhatTheCallerWrote(t *testing.T) {
	r := newRig(t)
	var seen http.Header
	r.base = func(req *http.Request) (*http.Response, error) { seen = req.Header; return answer(200), nil }
	req, err := http.NewRequest("GET", address, nil)
	require.NoError(t, err)
	req.Header["traceparent"] = []string{"old"}
	req.Header["Accept"] = []string{"x"}
	_, err = r.stack().RoundTrip(req)
	require.NoError(t, err)
	require.NotContains(t, seen, "traceparent")
	require.Len(t, seen["Traceparent"], 1)
	require.Equal(t, []string{"x"}, seen["Accept"])
	require.Equal(t, http.Header{"traceparent": {"old"}, "Accept": {"x"}}, req.Header)
}

func TestResendCount(t *testing.T) {
	r := newRig(t)
	status := []int{429, 200, 412, 200, 204}
	r.base = func(*http.Request) (*http.Response, error) {
		s := status[0]
		status = status[1:]
		return answer(s), nil
	}
	r.layer = func(req *http.Request, next http.RoundTripper) (*http.Response, error) {
		lookup := req.WithContext(callorigin.WithOrigin(req.Context(), callorigin.Lookup))
		next.RoundTrip(lookup)
		next.RoundTrip(lookup.WithContext(callorigin.WithResend(lookup.Context(), 1)))
		next.RoundTrip(req)
		next.RoundTrip(req.WithContext(callorigin.WithOrigin(req.Context(), callorigin.Refetch)))
		return next.RoundTrip(req.WithContext(callorigin.WithOrigin(req.Context(), callorigin.Replay)))
	}
	before := &http.Request{}
	req, err := http.NewRequest("GET", address, nil)
	require.NoError(t, err)
	req.Response = &http.Response{Request: before} // a redirect led here
	_, err = r.stack().RoundTrip(req)
	require.NoError(t, err)

	type row struct{ resend, origin any }
	var got []row
	for _, s := range r.ended(attemptSpan) {
		got = append(got, row{with(s)["http.request.resend_count"], with(s)["goodtenant.origin"]})
	}
	require.ElementsMatch(t, []row{
		{nil, "lookup"}, {int64(1), "lookup"}, // a look-up and its retry
		{int64(1), nil},       // the app's request, which a redirect has sent once
		{nil, "refetch"},      //
		{int64(2), "replay"}}, // and again, after the conflict
		got)
	require.EqualValues(t, 5, with(r.one(callSpan))["goodtenant.attempts"])
}

func TestWhatIsExpectedIsNoError(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		origin callorigin.Origin
		next   conflict.Reason // what the conflict layer says; 255: nothing
		failed bool
	}{
		{"a look-up finds nothing", 404, callorigin.Lookup, 255, false},
		{"an app's GET finds nothing", 404, callorigin.App, 255, true},
		{"a look-up is denied", 403, callorigin.Lookup, 255, true},
		{"a 412 that is replayed", 412, callorigin.App, conflict.Replayed, false},
		{"a 412 that is not", 412, callorigin.App, conflict.Overlap, true},
		{"a 412 without a conflict layer", 412, callorigin.App, 255, true},
		{"a 429", 429, callorigin.App, 255, true},
		{"a 500", 500, callorigin.App, 255, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			r.base = func(*http.Request) (*http.Response, error) { return answer(c.status), nil }
			r.layer = func(req *http.Request, next http.RoundTripper) (*http.Response, error) {
				resp, err := next.RoundTrip(req.WithContext(callorigin.WithOrigin(req.Context(), c.origin)))
				if c.next != 255 {
					r.tel.conflictHooks().Conflicted(req.Context(), conflict.Conflicted{Attempt: 1, Status: 412, Next: c.next})
				}
				return resp, err
			}
			_, err := r.do("GET", address)
			require.NoError(t, err)
			s := r.one(attemptSpan)
			require.Equal(t, c.failed, s.Status().Code == codes.Error)
			require.Equal(t, c.failed, with(s)["error.type"] != nil)
			require.Empty(t, s.Status().Description)
		})
	}
}

// A span ends on every path (faults.md 99): errors, cancels, panics, and bodies that
// nobody reads or closes.
func TestFault99EverySpanEnds(t *testing.T) {
	for _, c := range []struct {
		name string
		base func(*http.Request) (*http.Response, error)
		kind any // error.type of both spans
	}{
		{"body never closed", func(*http.Request) (*http.Response, error) {
			resp := answer(200)
			resp.Body = unread{}
			return resp, nil
		}, nil},
		{"error", func(*http.Request) (*http.Response, error) { return nil, errors.New("secret") }, "*errors.errorString"},
		{"cancel", func(*http.Request) (*http.Response, error) { return nil, context.Canceled }, "canceled"},
		{"deadline", func(*http.Request) (*http.Response, error) { return nil, context.DeadlineExceeded }, "timeout"},
		{"nil error of a type with methods", func(*http.Request) (*http.Response, error) { return nil, (*limiter.RefusedError)(nil) }, "*limiter.RefusedError"},
		{"panic", func(*http.Request) (*http.Response, error) { panic("secret") }, "panic"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			r.base = c.base
			func() {
				defer func() { _ = recover() }()
				r.do("GET", address)
			}()
			require.Len(t, r.spans.Started(), 2)
			require.Len(t, r.spans.Ended(), 2)
			for _, s := range r.spans.Ended() {
				require.Equal(t, c.kind, with(s)["error.type"], s.Name())
				require.Equal(t, c.kind != nil, s.Status().Code == codes.Error)
				require.Empty(t, s.Events(), "no exception text")
			}
		})
	}
}

// unread is a body that must not be touched.
type unread struct{}

func (unread) Read([]byte) (int, error) { panic("read") }
func (unread) Close() error             { panic("closed") }

func TestWaitsBecomeSpansMadeAfterwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		h := r.tel.limiterHooks()
		r.layer = func(req *http.Request, next http.RoundTripper) (*http.Response, error) {
			ctx := req.Context()
			time.Sleep(300 * time.Millisecond)
			h.Admitted(ctx, limiter.Admitted{Priority: limiter.Background, Wait: 300 * time.Millisecond,
				Waits: limiter.Waits{Queue: 100 * time.Millisecond, Slot: 150 * time.Millisecond, Rate: 50 * time.Millisecond}})
			next.RoundTrip(req)
			h.Throttled(ctx, limiter.Throttled{Status: 429, Kind: limiter.Rate, Scope: limiter.App, Wait: time.Second})
			h.Resent(ctx, limiter.Resent{Attempt: 1, Wait: time.Second}) // told before it is slept
			time.Sleep(time.Second)
			h.Admitted(ctx, limiter.Admitted{Priority: limiter.Background, Wait: 4 * time.Millisecond, Attempt: 1})
			next.RoundTrip(req.WithContext(callorigin.WithResend(ctx, 1)))
			time.Sleep(2 * time.Second)
			h.Resent(ctx, limiter.Resent{Attempt: 2, Wait: 2 * time.Second}) // told after it was slept
			return next.RoundTrip(req.WithContext(callorigin.WithResend(ctx, 2)))
		}
		begun := time.Now()
		_, err := r.do("GET", address)
		require.NoError(t, err)

		type row struct {
			from, to time.Duration
			cause    any
		}
		var got []row
		for _, s := range r.ended("goodtenant.wait") {
			require.Equal(t, trace.SpanKindInternal, s.SpanKind())
			require.Equal(t, r.one(callSpan).SpanContext().SpanID(), s.Parent().SpanID())
			got = append(got, row{s.StartTime().Sub(begun), s.EndTime().Sub(begun), with(s)["goodtenant.wait.cause"]})
		}
		require.Equal(t, []row{
			{0, 300 * time.Millisecond, "slot"},
			{300 * time.Millisecond, 1300 * time.Millisecond, "backoff"},
			{1300 * time.Millisecond, 3300 * time.Millisecond, "backoff"},
		}, got)
		require.Equal(t, map[string]any{
			"http.request.method": "GET", "url.template": "/contacts/{id}", "goodtenant.profile": "test",
			"goodtenant.attempts": int64(3), "goodtenant.priority": "background", "goodtenant.throttled": int64(1),
			"goodtenant.wait.duration": 3.304, "goodtenant.wait.queue": .104, "goodtenant.wait.slot": .15, "goodtenant.wait.rate": .05,
			"goodtenant.wait.backoff": 3.0, "http.response.status_code": int64(200),
		}, with(r.one(callSpan)))
		require.Equal(t, map[string]float64{
			"goodtenant.observed=false goodtenant.profile=test goodtenant.wait.cause=backoff": 2,
			"goodtenant.observed=false goodtenant.profile=test goodtenant.wait.cause=queue":   2,
			"goodtenant.observed=false goodtenant.profile=test goodtenant.wait.cause=rate":    1,
			"goodtenant.observed=false goodtenant.profile=test goodtenant.wait.cause=slot":    1,
		}, points(r.metrics()["goodtenant.wait.duration"]))
	})
}

func TestObservedWaitsAreNoSpans(t *testing.T) {
	r := newRig(t)
	r.layer = func(req *http.Request, next http.RoundTripper) (*http.Response, error) {
		r.tel.limiterHooks().Admitted(req.Context(), limiter.Admitted{Wait: time.Hour, Observed: true})
		return next.RoundTrip(req)
	}
	_, err := r.do("GET", address)
	require.NoError(t, err)
	require.Empty(t, r.ended("goodtenant.wait"))
	require.Equal(t, true, with(r.one(callSpan))["goodtenant.observed"])
	require.NotContains(t, with(r.one(callSpan)), "goodtenant.wait.duration")
	require.Contains(t, points(r.metrics()["goodtenant.request.time_in_queue"]), "goodtenant.observed=true goodtenant.priority=normal goodtenant.profile=test")
}

func TestFollowerLinksToItsLeader(t *testing.T) {
	r := newRig(t)
	leader, span := r.inSpan("leader", trace.SpanKindInternal)
	span.End()
	r.layer = func(req *http.Request, _ http.RoundTripper) (*http.Response, error) {
		r.tel.dedupeHooks().Shared(req.Context(), dedupe.SharedRead{Leader: leader})
		return answer(200), nil
	}
	_, err := r.do("GET", address)
	require.NoError(t, err)
	call := r.one(callSpan)
	require.Equal(t, true, with(call)["goodtenant.coalesced"])
	require.Len(t, call.Links(), 1)
	require.Equal(t, span.SpanContext().SpanID(), call.Links()[0].SpanContext.SpanID())
	require.EqualValues(t, 0, with(call)["goodtenant.attempts"])
	require.Empty(t, r.ended(attemptSpan))
}

func TestWritesOnTheSpan(t *testing.T) {
	r := newRig(t)
	r.layer = func(req *http.Request, next http.RoundTripper) (*http.Response, error) {
		c, d, ctx := r.tel.conflictHooks(), r.tel.dedupeHooks(), req.Context()
		c.Minimised(ctx, conflict.Minimised{Members: 9, Removed: 7})
		c.Conflicted(ctx, conflict.Conflicted{Attempt: 1, Status: 412, Next: conflict.Replayed})
		c.Finished(ctx, conflict.Outcome{Reason: conflict.Replayed, Attempts: 2, Refetches: 1, Members: 9, Removed: 7, Overlaps: []string{"secretName"}})
		d.Lookup(ctx, dedupe.Lookup{Calls: 2})
		return next.RoundTrip(req)
	}
	_, err := r.do("PATCH", address)
	require.NoError(t, err)
	got := with(r.one("goodtenant PATCH /contacts/{id}"))
	for key, want := range map[string]any{
		"goodtenant.patch.members.sent": int64(2), "goodtenant.patch.members.removed": int64(7),
		"goodtenant.conflict.count": int64(1), "goodtenant.conflict.refetches": int64(1), "goodtenant.conflict.overlaps": int64(1),
		"goodtenant.conflict.outcome": "replayed", "goodtenant.uniqueness.outcome": "unique", "goodtenant.uniqueness.lookups": int64(2),
	} {
		require.Equal(t, want, got[key], key)
	}
	replayed := r.logs.named(eventReplayed)
	require.Len(t, replayed, 1)
	require.Equal(t, r.one("goodtenant PATCH /contacts/{id}").SpanContext().TraceID(), replayed[0].TraceID(), "an event belongs to its call's trace")
}

func TestRefusalOnTheSpan(t *testing.T) {
	r := newRig(t)
	r.layer = func(req *http.Request, _ http.RoundTripper) (*http.Response, error) {
		e := &limiter.RefusedError{Reason: limiter.QuotaSpent, Limit: limiter.PerDay(10), Tenant: "secret"}
		r.tel.limiterHooks().Refused(req.Context(), e)
		return nil, e
	}
	_, err := r.do("GET", address)
	require.Error(t, err)
	call := r.one(callSpan)
	require.Equal(t, codes.Error, call.Status().Code)
	require.Equal(t, "quota-spent", with(call)["goodtenant.refused.reason"])
	require.Equal(t, "*limiter.RefusedError", with(call)["error.type"])
	require.NotContains(t, with(call), "goodtenant.tenant")
}

func TestDuplicatesAndTheUnchecked(t *testing.T) {
	r := newRig(t)
	d := r.tel.dedupeHooks()
	r.layer = func(req *http.Request, _ http.RoundTripper) (*http.Response, error) {
		d.Duplicate(req.Context(), dedupe.Duplicate{Mode: policy.Observe, Action: dedupe.Refuse})
		d.Unchecked(req.Context(), dedupe.Unchecked{})
		return answer(201), nil
	}
	_, err := r.do("POST", "https://api.test/contacts")
	require.NoError(t, err)
	require.Equal(t, "unchecked", with(r.one("goodtenant POST /contacts"))["goodtenant.uniqueness.outcome"], "what was only observed is not what happened")
}

// A hook may be called after its call is over.
func TestLateHookChangesNothing(t *testing.T) {
	r := newRig(t)
	var kept context.Context
	r.layer = func(req *http.Request, next http.RoundTripper) (*http.Response, error) {
		kept = req.Context()
		return next.RoundTrip(req)
	}
	_, err := r.do("GET", address)
	require.NoError(t, err)
	before := with(r.one(callSpan))
	r.tel.limiterHooks().Throttled(kept, limiter.Throttled{Status: 429})
	callOf(kept).hold(trace.SpanFromContext(context.Background()))
	require.Nil(t, callOf(kept).held)
	require.Zero(t, callOf(kept).throttled)
	require.Equal(t, before, with(r.one(callSpan)))
}

func TestStreamIsTheAppsSpan(t *testing.T) {
	r := newRig(t)
	app, _ := r.inSpan("GET /dashboard", trace.SpanKindServer)
	var inside string
	r.layer = func(req *http.Request, next http.RoundTripper) (*http.Response, error) {
		inside = streamOf(req.Context())
		return next.RoundTrip(req)
	}
	req, err := http.NewRequestWithContext(app, "GET", address, nil)
	require.NoError(t, err)
	_, err = r.stack().RoundTrip(req)
	require.NoError(t, err)
	require.Equal(t, "GET /dashboard", inside)
	require.Empty(t, streamOf(context.Background()))
}
