package otelgoodtenant

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// A real otelhttp is put above and below in the module bench; here stands what it
// does: a CLIENT span, and its traceparent in the request.
func outside(t *testing.T, r *rig, write bool) (trace.Span, error) {
	ctx, span := r.inSpan("HTTP GET", trace.SpanKindClient)
	req, err := http.NewRequestWithContext(ctx, "GET", address, nil)
	require.NoError(t, err)
	if write {
		propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(req.Header))
	}
	_, err = r.stack().RoundTrip(req)
	span.End()
	return span, err
}

func TestBelowAnotherInstrumentation(t *testing.T) {
	r := newRig(t)
	span, err := outside(t, r, true)
	require.NoError(t, err)
	require.Len(t, r.spans.Ended(), 2, "its span and our attempt; none around the call")
	attempt := r.one(attemptSpan)
	require.Equal(t, trace.SpanKindInternal, attempt.SpanKind())
	require.Equal(t, span.SpanContext().SpanID(), attempt.Parent().SpanID())
	outer := r.one("HTTP GET")
	require.EqualValues(t, 1, with(outer)["goodtenant.attempts"], "what is known of the call is on its span")
	require.NotContains(t, r.metrics(), "http.client.request.duration")
}

// A CLIENT span of the app's own, around several calls, is none of this call.
func TestBelowAnAppsOwnClientSpan(t *testing.T) {
	r := newRig(t)
	_, err := outside(t, r, false)
	require.NoError(t, err)
	require.Equal(t, trace.SpanKindClient, r.one(attemptSpan).SpanKind())
	r.one(callSpan)
}

func TestBelowAnotherInstrumentationThatWritesNoTrace(t *testing.T) {
	r := newRig(t, WithPropagator(propagation.NewCompositeTextMapPropagator()))
	_, err := outside(t, r, false)
	require.NoError(t, err)
	require.Equal(t, trace.SpanKindInternal, r.one(attemptSpan).SpanKind())
}

// Unsampled, the other's span is known by its id alone.
func TestBelowAnotherInstrumentationUnsampled(t *testing.T) {
	r := newRig(t)
	r.tracer = sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample()))
	_, err := outside(t, r, true)
	require.NoError(t, err)
	require.NotContains(t, r.metrics(), "http.client.request.duration")
	require.Empty(t, r.spans.Ended())
}

func TestAboveAnotherInstrumentation(t *testing.T) {
	r := newRig(t, WithoutHTTP())
	var seen http.Header
	below := Annotate(roundTrip(func(req *http.Request) (*http.Response, error) { seen = req.Header; return answer(200), nil }))
	r.base = func(req *http.Request) (*http.Response, error) { // what otelhttp does
		ctx, span := r.tracer.Tracer("other").Start(req.Context(), "HTTP GET", trace.WithSpanKind(trace.SpanKindClient))
		defer span.End()
		return below.RoundTrip(req.WithContext(ctx))
	}
	r.layer = func(req *http.Request, next http.RoundTripper) (*http.Response, error) {
		next.RoundTrip(req)
		return next.RoundTrip(req)
	}
	_, err := r.do("GET", address)
	require.NoError(t, err)
	require.Empty(t, r.ended(attemptSpan))
	require.Empty(t, seen, "the other one writes the trace")
	require.NotContains(t, r.metrics(), "http.client.request.duration")
	require.EqualValues(t, 2, with(r.one(callSpan))["goodtenant.attempts"])
	theirs := r.ended("HTTP GET")
	require.Len(t, theirs, 2)
	require.Equal(t, map[string]any{"url.template": "/contacts/{id}"}, with(theirs[0]))
	require.Equal(t, map[string]any{"url.template": "/contacts/{id}", "http.request.resend_count": int64(1)}, with(theirs[1]))
}

func TestAnnotateAlone(t *testing.T) {
	a := Annotate(roundTrip(func(*http.Request) (*http.Response, error) { return answer(200), nil }))
	req, err := http.NewRequestWithContext(context.Background(), "GET", address, nil)
	require.NoError(t, err)
	resp, err := a.RoundTrip(req)
	require.NoError(t, err)
	require.Equal(t, 200, resp.StatusCode)
	require.Equal(t, http.DefaultTransport, Annotate(nil).(*annotating).Unwrap())
}

func TestWithoutTracesTheTraceGoesThrough(t *testing.T) {
	r := newRig(t)
	ctx, span := r.inSpan("app", trace.SpanKindServer)
	r.tel.silentForEver = true // no provider
	var seen http.Header
	r.base = func(req *http.Request) (*http.Response, error) { seen = req.Header; return answer(200), nil }
	req, err := http.NewRequestWithContext(ctx, "GET", address, nil)
	require.NoError(t, err)
	_, err = r.stack().RoundTrip(req)
	require.NoError(t, err)
	require.Contains(t, seen.Get("Traceparent"), span.SpanContext().SpanID().String())
	require.Empty(t, r.spans.Ended())
}
