package otelgoodtenant

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	callorigin "github.com/goodtenant/goodtenant/internal/call"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// perAttempt makes the CLIENT span and the measurement of each attempt on the
// wire, inside all layers.
type perAttempt struct {
	t       *telemetry
	next    http.RoundTripper
	foreign bool // another instrumentation below does that
}

func (p *perAttempt) Unwrap() http.RoundTripper { return p.next }

func (p *perAttempt) RoundTrip(req *http.Request) (*http.Response, error) {
	t, ctx := p.t, req.Context()
	k := callOf(ctx)
	origin := callorigin.OriginOf(ctx)
	resend := k.attempt(ctx, origin)
	if p.foreign {
		return p.next.RoundTrip(req)
	}
	above := k != nil && k.above
	measured := !above && t.inst.duration.inst.Enabled(ctx)
	tracing := t.tracing()
	parent := trace.SpanFromContext(ctx)
	propagates := tracing || parent.SpanContext().IsValid() || baggage.FromContext(ctx).Len() > 0
	if !measured && !propagates {
		return p.next.RoundTrip(req)
	}

	s := t.shapeOf(k, req)
	span := parent
	// Below a call that is not sampled no attempt is. The call's span may have ended.
	sc := parent.SpanContext()
	own := tracing && (parent.IsRecording() || sc.IsSampled() || !sc.IsValid() || sc.IsRemote())
	if own {
		ctx, span = t.tracer.Start(ctx, s.attemptName, s.attemptOptions(t, req, above)...)
		describe(span, origin, resend)
	}
	if propagates {
		req = t.inject(ctx, req)
	}
	begun, panicked := time.Now(), true
	if own {
		defer func() {
			if panicked {
				fail(span, "panic")
				span.End()
			}
		}()
	}
	resp, err := p.next.RoundTrip(req)
	panicked = false
	if measured {
		t.inst.duration.record(ctx, time.Since(begun).Seconds(), attemptOf(s, resp, err))
	}
	if own {
		t.shapes.finish(k, span, origin, resp, err)
	}
	return resp, err
}

// shapeOf is the call's own shape where the attempt is for the same.
func (t *telemetry) shapeOf(k *call, req *http.Request) *shape {
	if k != nil && k.url == req.URL && k.method == req.Method {
		return k.shape
	}
	return t.shapes.of(req)
}

// attempt counts one attempt and gives its resend count. A read that others have
// joined may go on, and be sent again, when its call is over.
func (k *call) attempt(ctx context.Context, origin callorigin.Origin) (resend int) {
	resend = callorigin.ResendOf(ctx)
	if k == nil {
		return resend
	}
	k.mu.Lock()
	if !k.ended {
		k.attempts++
	}
	if origin == callorigin.App || origin == callorigin.Replay {
		resend = k.resends
		k.resends++
	}
	wait, told := k.backoff, k.backoffAt
	k.backoff = 0
	k.mu.Unlock()
	if wait >= worthASpan {
		k.backedOff(wait, told)
	}
	return resend
}

// describe adds what most attempts do not have.
func describe(span trace.Span, origin callorigin.Origin, resend int) {
	if origin != callorigin.App {
		span.SetAttributes(keyOrigin.String(origin.String()))
	}
	if resend > 0 {
		span.SetAttributes(semconv.HTTPRequestResendCount(resend))
	}
}

// attemptOf is the kind of a measurement.
func attemptOf(s *shape, resp *http.Response, err error) attemptKind {
	k := attemptKind{method: s.method, host: s.address, port: s.port}
	switch {
	case err != nil:
		k.err = errorType(err)
	case resp != nil:
		k.status = resp.StatusCode
		if k.status >= 400 {
			k.err = strconv.Itoa(k.status)
		}
	}
	return k
}

// finish ends an attempt's span at the answer's headers. A refused version waits
// for the word of the conflict layer: replayed, it is no error.
func (s *shapes) finish(k *call, span trace.Span, origin callorigin.Origin, resp *http.Response, err error) {
	if !span.IsRecording() {
		span.End()
		return
	}
	if err != nil || resp == nil {
		if err != nil {
			fail(span, errorType(err))
		}
		span.End()
		return
	}
	status := resp.StatusCode
	span.SetAttributes(s.answer(status, resp.ProtoMajor, resp.ProtoMinor)...)
	switch {
	case status < 400:
	case status == http.StatusNotFound && (origin == callorigin.Lookup || origin == callorigin.Refetch):
		// What was asked is whether it exists.
	case status == http.StatusPreconditionFailed && k != nil:
		k.hold(span)
		return
	default:
		fail(span, strconv.Itoa(status))
	}
	span.End()
}

// heldSpan is the span of an attempt that is over, but not judged.
type heldSpan struct {
	span trace.Span
	at   time.Time
}

func (h *heldSpan) end(failed bool) {
	if failed {
		h.span.SetAttributes(semconv.ErrorTypeKey.String("412"))
		h.span.SetStatus(codes.Error, "")
	}
	h.span.End(trace.WithTimestamp(h.at))
}

// hold keeps a span until release or the end of the call.
func (k *call) hold(span trace.Span) {
	h := &heldSpan{span, time.Now()}
	k.mu.Lock()
	before := k.held
	if k.held = h; k.ended {
		before, k.held = h, nil
	}
	k.mu.Unlock()
	if before != nil {
		before.end(true)
	}
}

// release ends the span that is held.
func (k *call) release(failed bool) {
	k.mu.Lock()
	h := k.held
	k.held = nil
	k.mu.Unlock()
	if h != nil {
		h.end(failed)
	}
}

// inject writes the trace into a copy of req; where there is nothing to write,
// only the context is new.
func (t *telemetry) inject(ctx context.Context, req *http.Request) *http.Request {
	out := req.WithContext(ctx)
	t.propagator().Inject(ctx, (*carrier)(out))
	return out
}

// carrier writes headers into a request whose Header belongs to somebody else:
// the first write copies the map.
type carrier http.Request

// Get reads a header.
func (c *carrier) Get(key string) string { return c.Header.Get(key) }

// Keys lists the headers.
func (c *carrier) Keys() []string {
	keys := make([]string, 0, len(c.Header))
	for k := range c.Header {
		keys = append(keys, k)
	}
	return keys
}

// Set writes a header.
func (c *carrier) Set(key, value string) {
	h := make(http.Header, len(c.Header)+2)
	for k, v := range c.Header {
		if k != key { // a lower-case spelling would be sent beside ours
			h[k] = v
		}
	}
	if k := callOf((*http.Request)(c).Context()); k != nil {
		h[canonical(key)] = k.list(value)
	} else {
		h[canonical(key)] = []string{value}
	}
	c.Header = h
}

// canonical is http.CanonicalHeaderKey, without its allocation for the names that
// are written into every request.
func canonical(key string) string {
	switch key {
	case "traceparent":
		return "Traceparent"
	case "tracestate":
		return "Tracestate"
	case "baggage":
		return "Baggage"
	}
	return http.CanonicalHeaderKey(key)
}

// answer gives the attributes of a status and a protocol, prepared ahead.
func (s *shapes) answer(status, major, minor int) []attribute.KeyValue {
	key := answerKey{status, major, minor}
	s.answers.mu.RLock()
	kv := s.answers.ready[key]
	s.answers.mu.RUnlock()
	if kv != nil {
		return kv
	}
	version := strconv.Itoa(major)
	if major < 2 {
		version += "." + strconv.Itoa(minor)
	}
	kv = []attribute.KeyValue{semconv.HTTPResponseStatusCode(status), semconv.NetworkProtocolVersion(version)}
	s.answers.mu.Lock()
	defer s.answers.mu.Unlock()
	if len(s.answers.ready) < maxSets {
		s.answers.ready[key] = kv
	}
	return kv
}

type answerKey struct{ status, major, minor int }

type answers struct {
	mu    sync.RWMutex
	ready map[answerKey][]attribute.KeyValue
}
