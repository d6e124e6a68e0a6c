package otelgoodtenant

import (
	"context"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// perCall makes the INTERNAL span of each call, outside of all layers.
type perCall struct {
	t    *telemetry
	next http.RoundTripper
}

func (p *perCall) Unwrap() http.RoundTripper { return p.next }

func (p *perCall) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	if !p.t.tracing() {
		return p.next.RoundTrip(req)
	}
	app := req.Context()
	ctx, span := app, trace.SpanFromContext(app)
	above := p.t.spansCall(span, req)
	shape := p.t.shapes.of(req)
	if !above {
		ctx, span = p.t.tracer.Start(app, shape.callName)
		if !span.IsRecording() {
			return p.next.RoundTrip(req.WithContext(ctx))
		}
	}
	k := &call{Context: ctx, app: app, t: p.t, span: span, url: req.URL, method: req.Method, shape: shape, above: above, resends: redirects(req)}
	panicked := true
	defer func() { k.end(resp, err, panicked) }()
	resp, err = p.next.RoundTrip(req.WithContext(k))
	panicked = false
	return resp, err
}

// redirects counts the redirects that led to req: each was a request sent again.
func redirects(req *http.Request) (n int) {
	for n < 20 && req.Response != nil && req.Response.Request != nil {
		req = req.Response.Request
		n++
	}
	return n
}

// call is what becomes known of one call on its way. It is the call's context as
// well, so that hooks and attempts find it.
type call struct {
	context.Context                 // the app's, with span
	app             context.Context // the app's
	t               *telemetry
	span            trace.Span
	url             *url.URL // of the call, with shape
	method          string
	shape           *shape
	above           bool // span is otelhttp's, which is above us

	mu      sync.Mutex
	ended   bool
	resends int // attempts of the app's own request, and the redirects before it
	held    *heldSpan
	facts

	// What would be allocated one by one is here.
	room    [10]attribute.KeyValue // for the span's attributes
	values  [2]string              // of headers that were written
	written int
}

// list is []string{value}.
func (k *call) list(value string) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := k.written
	if n == len(k.values) {
		return []string{value}
	}
	k.values[n] = value
	k.written++
	return k.values[n : n+1 : n+1]
}

// facts become attributes of the call's span.
type facts struct {
	attempts   int
	waits      [causes]time.Duration
	backoff    time.Duration // that comes before the next attempt,
	backoffAt  time.Time     // as it was told then
	tenant     string
	priority   string
	refused    string
	throttled  int
	observed   bool
	coalesced  bool
	minimised  bool
	sent       int // members
	removed    int
	conflicts  int
	refetches  int
	overlaps   int
	outcome    string
	uniqueness string
	lookups    int
}

type callKey struct{}

// Value finds the call itself under callKey.
func (k *call) Value(key any) any {
	if key == (callKey{}) {
		return k
	}
	return k.Context.Value(key)
}

// callOf is nil where no span is recorded.
func callOf(ctx context.Context) *call {
	k, _ := ctx.Value(callKey{}).(*call)
	return k
}

// note changes the facts, unless the call's span has ended.
func (k *call) note(f func(*facts)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.ended {
		f(&k.facts)
	}
}

// end sets what is known on the span and ends it; a span from above is only
// added to.
func (k *call) end(resp *http.Response, err error, panicked bool) {
	k.mu.Lock()
	k.ended = true
	held := k.held
	k.held = nil
	kv := k.attributesLocked()
	k.mu.Unlock()
	if held != nil {
		held.end(true)
	}
	if !k.span.IsRecording() {
		return
	}
	if k.above {
		k.span.SetAttributes(kv...)
		return
	}
	kind := ""
	switch {
	case panicked:
		kind = "panic"
	case err != nil:
		kind = errorType(err)
	case resp != nil && resp.StatusCode >= 400:
		kind = strconv.Itoa(resp.StatusCode)
	}
	kv = append(kv, k.shape.about...)
	if resp != nil {
		kv = append(kv, semconv.HTTPResponseStatusCode(resp.StatusCode))
	}
	if kind != "" {
		kv = append(kv, semconv.ErrorTypeKey.String(kind))
		k.span.SetStatus(codes.Error, "")
	}
	k.span.SetAttributes(kv...)
	k.span.End()
}

// attributesLocked lists the facts that are worth telling.
func (k *call) attributesLocked() []attribute.KeyValue {
	kv := append(k.room[:0], keyAttempts.Int(k.attempts))
	var waited time.Duration
	for c, d := range k.waits {
		if d > 0 {
			kv = append(kv, attribute.Float64("goodtenant.wait."+causeNames[c], d.Seconds()))
			waited += d
		}
	}
	if waited > 0 {
		kv = append(kv, keyWait.Float64(waited.Seconds()))
	}
	text := func(key attribute.Key, v string) {
		if v != "" {
			kv = append(kv, key.String(v))
		}
	}
	number := func(key attribute.Key, n int) {
		if n > 0 {
			kv = append(kv, key.Int(n))
		}
	}
	flag := func(key attribute.Key, v bool) {
		if v {
			kv = append(kv, key.Bool(v))
		}
	}
	text(keyTenant, k.tenant)
	text(keyPriority, k.priority)
	text(keyRefused, k.refused)
	number(keyThrottled, k.throttled)
	flag(keyObserved, k.observed)
	flag(keyCoalesced, k.coalesced)
	if k.minimised {
		kv = append(kv, keyMembersSent.Int(k.sent), keyMembersRemoved.Int(k.removed))
	}
	number(keyConflicts, k.conflicts)
	number(keyRefetches, k.refetches)
	number(keyOverlaps, k.overlaps)
	text(keyOutcome, k.outcome)
	text(keyUniqueness, k.uniqueness)
	number(keyLookups, k.lookups)
	return kv
}

// fail marks a span as failed. It holds no text of the error: that may hold
// anything.
func fail(span trace.Span, kind string) {
	span.SetAttributes(semconv.ErrorTypeKey.String(kind))
	span.SetStatus(codes.Error, "")
}

// errorType names the kind of an error, of which there are few.
func errorType(err error) string {
	switch err {
	case context.Canceled:
		return "canceled"
	case context.DeadlineExceeded:
		return "timeout"
	}
	if t, ok := err.(interface{ Timeout() bool }); ok && timedOut(t) {
		return "timeout"
	}
	return reflect.TypeOf(err).String()
}

// timedOut contains an error whose method panics on a nil receiver.
func timedOut(t interface{ Timeout() bool }) (is bool) {
	defer func() { _ = recover() }()
	return t.Timeout()
}
