package otelgoodtenant

import (
	"net/http"
	"reflect"

	callorigin "github.com/goodtenant/goodtenant/internal/call"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// isInstrumented tells whether an otelhttp transport is below, without linking it.
func isInstrumented(rt http.RoundTripper) bool {
	for range 100 {
		if rt == nil {
			return false
		}
		if t := reflect.TypeOf(rt); t.Kind() == reflect.Pointer && t.Elem().PkgPath() == "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp" {
			return true
		}
		switch x := rt.(type) {
		case interface{ Unwrap() http.RoundTripper }:
			rt = x.Unwrap()
		case interface{ WrappedRoundTripper() http.RoundTripper }:
			rt = x.WrappedRoundTripper()
		default:
			return false
		}
	}
	return false
}

// spansCall tells whether span was made for this very call by an instrumentation
// above: req's traceparent names it. A CLIENT span is one also where no propagator
// writes a traceparent.
func (t *telemetry) spansCall(span trace.Span, req *http.Request) bool {
	sc := span.SpanContext()
	if !sc.IsValid() || sc.IsRemote() {
		return false
	}
	if s, ok := span.(interface{ SpanKind() trace.SpanKind }); ok {
		if s.SpanKind() != trace.SpanKindClient {
			return false
		}
		if len(t.propagator().Fields()) == 0 {
			return true
		}
	}
	parent := req.Header.Get("Traceparent")
	const id = len("00-00000000000000000000000000000000-") // before the span's id
	return len(parent) >= id+16 && parent[id:id+16] == sc.SpanID().String()
}

// Annotate adds the route, the reason and the resend count of an attempt to the
// span of an otelhttp transport above it:
//
//	base := otelhttp.NewTransport(otelgoodtenant.Annotate(http.DefaultTransport))
//	client, err := goodtenant.New(base, ..., otelgoodtenant.Instrument())
//
// A nil base is http.DefaultTransport.
func Annotate(base http.RoundTripper) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	return &annotating{base}
}

type annotating struct{ base http.RoundTripper }

func (a *annotating) Unwrap() http.RoundTripper { return a.base }

func (a *annotating) CloseIdleConnections() {
	if c, ok := a.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func (a *annotating) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	k, span := callOf(ctx), trace.SpanFromContext(ctx)
	if k != nil && span != k.span && span.IsRecording() {
		if s := k.t.shapes.of(req); s.template != "" {
			span.SetAttributes(semconv.URLTemplate(s.template))
		}
		k.mu.Lock()
		resend := k.resends - 1
		k.mu.Unlock()
		origin := callorigin.OriginOf(ctx)
		if origin == callorigin.Lookup || origin == callorigin.Refetch {
			resend = callorigin.ResendOf(ctx)
		}
		describe(span, origin, resend)
	}
	return a.base.RoundTrip(req)
}
