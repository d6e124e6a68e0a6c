package otelgoodtenant

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/goodtenant/goodtenant/internal/route"
	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// shape is what requests of one method, host and route have in common: all that is
// shown of them but the query.
type shape struct {
	method       string // or "_OTHER"
	template     string // "" where the route is not known
	address      string
	port         int
	callName     string // of spans
	attemptName  string
	about        []attribute.KeyValue    // of calls
	client       []trace.SpanStartOption // without url.full
	plain        []trace.SpanStartOption // with the url.full of a request without a query
	internal     []trace.SpanStartOption // plain, of an attempt below another's CLIENT span
	withoutQuery string                  // url.full of such a request
}

type shapeKey struct {
	method, scheme, host, template string
	user                           bool
}

// shapes keeps those that were seen, up to maxSets of them.
type shapes struct {
	t       *telemetry
	mu      sync.RWMutex
	ready   map[shapeKey]*shape
	answers answers
}

func newShapes(t *telemetry) *shapes {
	return &shapes{t: t, ready: map[shapeKey]*shape{}, answers: answers{ready: map[answerKey][]attribute.KeyValue{}}}
}

func (s *shapes) of(req *http.Request) *shape {
	u := req.URL
	template, known := route.Other, false
	if u.Opaque == "" {
		template, known = s.t.routes.Match(req.Method, u.EscapedPath())
	}
	key := shapeKey{req.Method, u.Scheme, u.Host, template, u.User != nil}
	s.mu.RLock()
	v := s.ready[key]
	s.mu.RUnlock()
	if v != nil {
		return v
	}
	v = s.t.newShape(key, known)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.ready) < maxSets && len(key.method)+len(key.host)+len(key.scheme) < 300 {
		s.ready[key] = v
	}
	return v
}

// methods are those of the conventions; others are one, so that a caller's text is
// no name.
var methods = map[string]bool{"GET": true, "HEAD": true, "POST": true, "PUT": true, "DELETE": true,
	"CONNECT": true, "OPTIONS": true, "TRACE": true, "PATCH": true, "QUERY": true}

func (t *telemetry) newShape(key shapeKey, known bool) *shape {
	s := &shape{method: key.method}
	word := s.method
	switch {
	case s.method == "":
		s.method, word = "GET", "GET"
	case !methods[s.method]:
		s.method, word = "_OTHER", "HTTP"
	}
	scheme := key.scheme
	if scheme != "http" {
		scheme = "https"
	}
	host := safeHost(key.host)
	s.address, s.port = splitHost(scheme, host)

	s.attemptName = word
	if known {
		s.template = key.template
		s.attemptName += " " + key.template
	}
	s.callName = "goodtenant " + s.attemptName

	user := ""
	if key.user {
		user = "REDACTED:REDACTED@"
	}
	s.withoutQuery = scheme + "://" + user + host + "/" + strings.TrimPrefix(key.template, "/")

	shared := []attribute.KeyValue{semconv.HTTPRequestMethodKey.String(s.method)}
	if known {
		shared = append(shared, semconv.URLTemplate(key.template))
	}
	if t.profile != "" {
		shared = append(shared, keyProfile.String(t.profile))
	}
	s.about = shared
	wire := append(shared[:len(shared):len(shared)], semconv.ServerAddress(s.address), semconv.ServerPort(s.port))
	whole := append(wire[:len(wire):len(wire)], semconv.URLFull(s.withoutQuery))
	client := trace.WithSpanKind(trace.SpanKindClient)
	s.client = []trace.SpanStartOption{client, trace.WithAttributes(wire...)}
	s.plain = []trace.SpanStartOption{client, trace.WithAttributes(whole...)}
	s.internal = []trace.SpanStartOption{trace.WithAttributes(whole...)}
	return s
}

// attemptOptions are the options of an attempt's span: prepared ahead, unless
// there is a query to show.
func (s *shape) attemptOptions(t *telemetry, req *http.Request, above bool) []trace.SpanStartOption {
	switch {
	case above:
		return s.internal
	case req.URL.RawQuery == "":
		return s.plain
	}
	full := s.withoutQuery + "?" + redactQuery(req.URL.RawQuery, t.cfg.queryValues)
	return []trace.SpanStartOption{s.client[0], s.client[1], trace.WithAttributes(semconv.URLFull(full))}
}

// safeHost is the host in lower case, or "_invalid" where it is none.
func safeHost(host string) string {
	if len(host) == 0 || len(host) > 260 {
		return "_invalid"
	}
	host = strings.ToLower(host)
	for i := range len(host) {
		if c := host[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && !strings.ContainsRune(".-_:[]%", rune(c)) {
			return "_invalid"
		}
	}
	return host
}

func splitHost(scheme, host string) (address string, port int) {
	u := url.URL{Host: host}
	if p, err := strconv.Atoi(u.Port()); err == nil {
		return u.Hostname(), p
	}
	if scheme == "http" {
		return u.Hostname(), 80
	}
	return u.Hostname(), 443
}
