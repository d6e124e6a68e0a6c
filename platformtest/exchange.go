package platformtest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// recorded is how much of a request body Requests shows.
const recorded = 1 << 20

// largest is the largest request body that is accepted.
const largest = 4 << 20

// exchange is one call on its way through the platform, and its ResponseWriter.
type exchange struct {
	s   *Server
	w   http.ResponseWriter
	r   *http.Request
	req *Request

	verdict verdict
	end     func() // no longer in flight
	wrote   bool

	bodyTime time.Duration // spread the body over this time
	truncate bool          // break off half way
	discard  bool          // do it, answer nothing
}

type exchangeKey struct{}

// ServeHTTP makes the platform an http.Handler, to be mounted elsewhere.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.enter() {
		panic(http.ErrAbortHandler)
	}
	defer s.handlers.Done()

	x := &exchange{s: s, w: w, req: &Request{
		Method: r.Method, Host: r.Host, Path: r.URL.Path, Query: r.URL.RawQuery, Proto: r.Proto,
		Tenant: tenantOf(r), Header: r.Header.Clone(),
	}, bodyTime: s.cfg.BodyTime}
	x.r = r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x))

	if r.Host == s.tokens.host {
		s.judge.token()
		x.end = func() {}
		s.tokens.serve(x)
		return
	}
	x.verdict, x.end = s.judge.arrive(x.req, len(r.URL.Query()["embed"]))
	defer x.end()
	body := &recorder{ReadCloser: r.Body}
	x.r.Body = body
	defer func() { s.judge.body(x.req, body.seen.Bytes()) }()
	x.sign()

	if handle := s.controls.take(x.r); handle != nil {
		handle(x, x.r)
		return
	}
	s.platform(x)
}

// Serve answers r as the platform does, without counting it again: for use in
// a Control.
func (s *Server) Serve(w http.ResponseWriter, r *http.Request) {
	x, ok := r.Context().Value(exchangeKey{}).(*exchange)
	if !ok {
		panic("platformtest: Serve is for calls that a Control was given")
	}
	again := *x
	again.r = r
	if w != http.ResponseWriter(x) { // the control has put a writer of its own around ours
		again.w = w
	}
	s.platform(&again)
}

// platform answers a call that has been counted.
func (s *Server) platform(x *exchange) {
	if len(x.verdict.refused) > 0 {
		s.tellRetry(x, x.verdict.retry)
		x.fail(http.StatusTooManyRequests, "too many requests: "+limitText(x.verdict.refused))
		return
	}
	if s.cfg.ServiceFunc != nil {
		s.sleep(s.cfg.ServiceFunc(x.r))
	} else {
		s.sleep(s.cfg.Service)
	}
	if reason, status := s.unwelcome(x.r); status != 0 {
		x.fail(status, reason)
		return
	}
	s.route(x)
}

func limitText(rules []Rule) string {
	var text strings.Builder
	for i, rule := range rules {
		if i > 0 {
			text.WriteString(", ")
		}
		text.WriteString(rule.String())
	}
	return text.String()
}

// apiVersion is the only version there is.
const apiVersion = "2020-01-31"

func (s *Server) unwelcome(r *http.Request) (reason string, status int) {
	version := r.Header.Get("Api-Version")
	switch {
	case len(r.Header.Values("Reapit-Customer")) > 1:
		return "reapit-customer names more than one customer", http.StatusBadRequest
	case s.cfg.RequireHeaders && tenantOf(r) == "":
		return "reapit-customer is missing", http.StatusBadRequest
	case s.cfg.RequireHeaders && version == "":
		return "api-version is missing", http.StatusBadRequest
	case version != "" && version != apiVersion:
		return "api-version is not " + apiVersion, http.StatusBadRequest
	case s.cfg.RequireToken && !s.tokens.good(r):
		return "the token is missing, unknown or too old", http.StatusUnauthorized
	}
	return "", 0
}

// sign sets what every answer carries.
func (x *exchange) sign() {
	s, h := x.s, x.w.Header()
	h.Set("Date", s.now().Format(http.TimeFormat))
	h.Set("Api-Version", apiVersion)
	id := sha256.Sum256(fmt.Appendf(nil, "request %d %d", s.cfg.Seed, x.req.Seq))
	h.Set("X-Amzn-Requestid", fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:16]))
	if n := s.cfg.HangUpEvery; n > 0 && x.req.Seq%n == 0 {
		h.Set("Connection", "close")
	}
	seconds := roundUp(time.Until(x.verdict.reset))
	switch s.cfg.RateLimitHeaders {
	case RateLimitList:
		h.Set("RateLimit-Policy", fmt.Sprintf(`"rate";q=%d;w=%d`, s.cfg.Rate, roundUp(s.cfg.Per)))
		h.Set("RateLimit", fmt.Sprintf(`"rate";r=%d;t=%d`, x.verdict.left, seconds))
	case RateLimitTriple:
		h.Set("RateLimit-Limit", strconv.Itoa(s.cfg.Rate))
		h.Set("RateLimit-Remaining", strconv.Itoa(x.verdict.left))
		h.Set("RateLimit-Reset", strconv.Itoa(seconds))
	}
}

// now is the time on the server's clock, which may be wrong.
func (s *Server) now() time.Time { return time.Now().Add(s.cfg.ClockSkew).UTC() }

func (s *Server) tellRetry(x *exchange, at time.Time) {
	seconds := roundUp(time.Until(at))
	switch s.cfg.RetryAfter {
	case RetryAfterSeconds:
		x.header().Set("Retry-After", strconv.Itoa(seconds))
	case RetryAfterDate:
		date := at.Add(s.cfg.ClockSkew).UTC()
		if whole := date.Truncate(time.Second); whole.Before(date) {
			date = whole.Add(time.Second)
		}
		x.header().Set("Retry-After", date.Format(http.TimeFormat))
	}
}

func roundUp(d time.Duration) int {
	return int((max(d, 0) + time.Second - 1) / time.Second)
}

func (x *exchange) header() http.Header { return x.w.Header() }

// fieldError is one entry of a validation answer.
type fieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// fail answers in the platform's error shape.
func (x *exchange) fail(status int, description string, errors ...fieldError) {
	answer := map[string]any{
		"statusCode": status, "dateTime": stamp(x.s.now()), "description": description,
	}
	if errors != nil {
		answer["errors"] = errors
	}
	x.json(status, answer)
}

func (x *exchange) json(status int, value any) {
	x.header().Set("Content-Type", "application/json; charset=utf-8")
	x.answer(status, encode(value))
}

// answer sends the whole answer. The call leaves the count of those in flight
// before its last byte does, so that a client which waits for the end of the
// body is never seen with one call too many.
func (x *exchange) answer(status int, body []byte) {
	if x.discard {
		return
	}
	if len(body) == 0 {
		x.end()
		x.WriteHeader(status)
		return
	}
	x.header().Set("Content-Length", strconv.Itoa(len(body)))
	x.WriteHeader(status)
	if x.r.Method == http.MethodHead {
		x.end()
		return
	}
	if x.truncate {
		x.w.Write(body[:len(body)/2])
		x.Flush()
		panic(http.ErrAbortHandler)
	}
	head, last := body[:len(body)-1], body[len(body)-1:]
	if x.bodyTime > 0 {
		x.Flush()
		const parts = 10
		for i := range parts {
			x.w.Write(head[len(head)*i/parts : len(head)*(i+1)/parts])
			x.Flush()
			x.s.sleep(x.bodyTime / parts)
		}
	} else {
		x.w.Write(head)
	}
	x.end()
	x.w.Write(last)
}

// Header, Write and WriteHeader make an exchange the ResponseWriter that a
// Control is given; the answer's status is kept for the record.
func (x *exchange) Header() http.Header { return x.w.Header() }

func (x *exchange) Write(p []byte) (int, error) {
	if !x.wrote {
		x.WriteHeader(http.StatusOK)
	}
	return x.w.Write(p)
}

func (x *exchange) WriteHeader(status int) {
	if !x.wrote && (status >= 200 || status == http.StatusSwitchingProtocols) {
		x.wrote = true
		x.s.judge.status(x.req, status)
	}
	x.w.WriteHeader(status)
}

func (x *exchange) Flush() { http.NewResponseController(x.w).Flush() }

func (x *exchange) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(x.w).Hijack()
}

func (x *exchange) Unwrap() http.ResponseWriter { return x.w }

// recorder keeps the beginning of a body that is read through it.
type recorder struct {
	io.ReadCloser
	seen bytes.Buffer
}

func (r *recorder) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.seen.Write(p[:min(n, recorded-r.seen.Len())])
	return n, err
}

// body reads the request body whole, or answers why it cannot.
func (x *exchange) body() ([]byte, bool) {
	b, err := io.ReadAll(io.LimitReader(x.r.Body, largest+1))
	switch {
	case err != nil:
		x.fail(http.StatusBadRequest, "the body could not be read")
	case len(b) > largest:
		x.fail(http.StatusRequestEntityTooLarge, "the body is too large")
	default:
		return b, true
	}
	return nil, false
}
