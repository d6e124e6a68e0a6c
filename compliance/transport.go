package compliance

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/goodtenant/goodtenant/internal/body"
	"github.com/goodtenant/goodtenant/internal/call"
	"github.com/goodtenant/goodtenant/policy"
)

// Transport is one of a Checker's two views, as an http.RoundTripper. It hands
// every call and every answer on as it is. Make one with [Checker.Intent],
// [Checker.Wire] or [NewTransport].
type Transport struct {
	k    *Checker
	base http.RoundTripper
	view View
}

// NewTransport makes a Checker with one view that judges everything, for a client
// without other layers. Its Close closes the Checker.
func NewTransport(base http.RoundTripper, c Config) (*Transport, error) {
	k, err := New(c)
	if err != nil {
		return nil, err
	}
	return &Transport{k: k, base: base, view: WireView}, nil
}

// Checker is what judges the calls.
func (t *Transport) Checker() *Checker { return t.k }

// Over gives the same view, with the same state, over another base.
func (t *Transport) Over(base http.RoundTripper) *Transport {
	return &Transport{k: t.k, base: base, view: t.view}
}

// SetMode is Checker.SetMode.
func (t *Transport) SetMode(m policy.Mode) error { return t.k.SetMode(m) }

// Mode is Checker.Mode.
func (t *Transport) Mode() policy.Mode { return t.k.Mode() }

// Close is Checker.Close.
func (t *Transport) Close() error { return t.k.Close() }

// Unwrap gives the base; nil where it is looked up for each call.
func (t *Transport) Unwrap() http.RoundTripper { return t.base }

// WrappedRoundTripper is Unwrap under another name that tools look for.
func (t *Transport) WrappedRoundTripper() http.RoundTripper { return t.base }

// CloseIdleConnections passes the request on to the base.
func (t *Transport) CloseIdleConnections() {
	if c, ok := t.next().(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func (t *Transport) next() http.RoundTripper {
	if t.base == nil {
		return http.DefaultTransport
	}
	return t.base
}

// RoundTrip sends req on and watches its answer until the body's end. Its only
// error of its own is a *GateError.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	k := t.k
	if k.closed.Load() || req.URL == nil || !k.d().judged(req.Method, req.URL) {
		return t.next().RoundTrip(req)
	}
	x := t.exchange(req)
	if err := k.refuse(req, x); err != nil {
		body.CloseRequest(req)
		k.d().put(x)
		return nil, err
	}
	w := &watch{k: k, x: x, ctx: req.Context()}
	if x.view != IntentView {
		req = w.sent(req)
		if !x.token {
			w.begun = true
			k.mu.Lock()
			k.begin(x, true)
			k.unlock(w.ctx)
		}
	}
	returned := false
	defer func() {
		if !returned { // the base panicked: what was counted as in flight is not
			w.end()
		}
	}()
	resp, err := t.next().RoundTrip(req)
	returned = true
	if resp == nil || err != nil { // with an error nobody reads the body
		w.end()
		return resp, err
	}
	x.head = time.Now().UnixNano()
	k.d().response(x, resp.StatusCode, resp.Header)
	w.watch(resp)
	return resp, err
}

// exchange fills what is known before the call is sent.
func (t *Transport) exchange(req *http.Request) *exchange {
	k := t.k
	x := k.d().get()
	x.view = t.view
	if t.view == WireView && !k.hasIntent.Load() {
		x.view = BothViews
	}
	ctx := req.Context()
	x.at, x.live = time.Now().UnixNano(), true
	x.origin, x.attempt = call.OriginOf(ctx), call.ResendOf(ctx)
	if k.d().tenant != nil {
		contain(func() { x.tenant = k.d().tenant(req) })
	}
	k.d().request(x, req.Method, req.URL, req.Header)
	if c := claimOf(ctx); c != nil {
		x.initiator, x.label, x.purpose = c.initiator, c.label, k.d().purposes[c.purpose]
		x.stream = firstOf(workOf(c.initiator, c.label), c.stream)
		if c.event != nil {
			x.webhook = &c.event.WebhookEvent
		}
	}
	if x.stream == "" && k.cfg.Stream != nil {
		contain(func() { x.stream = k.cfg.Stream(ctx) })
	}
	k.d().shorten(x)
	if k.sites != nil && x.view != WireView && x.origin == call.App && x.attempt == 0 {
		x.site = k.sites.find(siteKey{x.tenant, x.method, x.route.template})
		if x.stream == "" {
			x.stream = x.site
		}
	} else if k.sites != nil {
		x.site = k.sites.last(siteKey{x.tenant, x.method, x.route.template})
	}
	return x
}

// watch follows one exchange to its end.
type watch struct {
	k     *Checker
	ctx   context.Context
	begun bool // counted as in flight

	mu      sync.Mutex // Read and Close may come from two goroutines
	x       *exchange  // nil once it has ended
	scan    scanner
	scanned bool // never changed once the body is handed out
	rc      io.ReadCloser
}

// sent arranges for the body of a write to be looked at: asked for a second time
// where it lies in memory, else as it is read.
func (w *watch) sent(req *http.Request) *http.Request {
	if !w.x.write() || req.Body == nil || req.Body == http.NoBody || !jsonOrToken(req.Header) {
		return req
	}
	if rc := copyInMemory(req); rc != nil {
		w.x.body = readUpTo(rc, w.x.body, maxWrite)
		w.x.judgeGrant()
		return req
	}
	again := *req
	again.Body = w.seen(req.Body)
	if req.GetBody != nil {
		again.GetBody = func() (io.ReadCloser, error) {
			rc, err := req.GetBody()
			if err != nil || rc == nil {
				return rc, err
			}
			return w.seen(rc), nil
		}
	}
	return &again
}

// copyInMemory is another reader of a body that lies in memory, as http.NewRequest
// makes them; nil of any other, whose GetBody may rewind the one that is about to be
// sent, or open what costs.
func copyInMemory(req *http.Request) (rc io.ReadCloser) {
	first := inMemory(req.Body)
	if first == nil || req.GetBody == nil {
		return nil
	}
	contain(func() {
		if again, err := req.GetBody(); err == nil {
			if second := inMemory(again); second != nil && second != first {
				rc = again
			}
		}
	})
	return rc
}

var (
	nopCloser         = reflect.TypeOf(io.NopCloser(struct{ io.Reader }{}))
	nopCloserWriterTo = reflect.TypeOf(io.NopCloser(&bytes.Reader{}))
)

// inMemory is the reader within a body that net/http knows to lie in memory, else nil.
func inMemory(rc io.ReadCloser) io.Reader {
	if t := reflect.TypeOf(rc); t != nopCloser && t != nopCloserWriterTo {
		return nil
	}
	switch r := reflect.ValueOf(rc).Field(0).Interface().(type) {
	case *bytes.Reader:
		return r
	case *bytes.Buffer:
		return r
	case *strings.Reader:
		return r
	}
	return nil
}

func jsonOrToken(h http.Header) bool {
	ct := h.Get("Content-Type")
	return ct == "" || strings.Contains(ct, "json") || strings.Contains(ct, "x-www-form-urlencoded")
}

// judgeGrant tells a machine's token call from a user's sign-in. What the body
// holds besides is a secret, and dropped.
func (x *exchange) judgeGrant() {
	if x.token {
		x.machine = x.machine || strings.Contains(string(x.body), "client_credentials")
		clear(x.body)
		x.body = x.body[:0]
	}
}

func readUpTo(r io.Reader, buf []byte, limit int) []byte {
	for len(buf) < limit {
		if len(buf) == cap(buf) {
			buf = append(buf, make([]byte, 512)...)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):min(cap(buf), limit)])
		buf = buf[:len(buf)+n]
		if err != nil {
			break
		}
	}
	return buf
}

// seen looks at rc from its beginning.
func (w *watch) seen(rc io.ReadCloser) io.ReadCloser {
	w.mu.Lock()
	if x := w.x; x != nil {
		x.body = x.body[:0]
	}
	w.mu.Unlock()
	s := &seen{ReadCloser: rc, w: w}
	if isWriterTo(rc) {
		return seenWriterTo{s}
	}
	return s
}

// seen is a request's body whose bytes are looked at as they are sent.
type seen struct {
	io.ReadCloser
	w *watch
}

func (s *seen) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	s.note(p[:min(max(n, 0), len(p))])
	return n, err
}

func (s *seen) note(p []byte) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	if x := s.w.x; x != nil && len(x.body) < maxWrite {
		x.body = append(x.body, p[:min(len(p), maxWrite-len(x.body))]...)
	}
}

// seenWriterTo is for a body that writes itself: it goes on doing so, since a body
// of unknown length makes chunks as large as its writes.
type seenWriterTo struct{ *seen }

func isWriterTo(rc io.ReadCloser) bool {
	_, ok := rc.(io.WriterTo)
	return ok
}

// WriteTo implements io.WriterTo.
func (s seenWriterTo) WriteTo(out io.Writer) (int64, error) {
	return s.ReadCloser.(io.WriterTo).WriteTo(noting{out, s.seen})
}

type noting struct {
	io.Writer
	seen *seen
}

func (n noting) Write(p []byte) (int, error) {
	written, err := n.Writer.Write(p)
	n.seen.note(p[:min(max(written, 0), len(p))])
	return written, err
}

// watch puts a scanner around an answer's body where it has one.
func (w *watch) watch(resp *http.Response) {
	if resp.Body == nil || resp.Body == http.NoBody {
		w.mu.Lock()
		w.x.known = true
		w.mu.Unlock()
		w.end()
		return
	}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		resp.Body = body.OnEnd(resp.Body, func(body.End) { w.end() })
		return
	}
	x := w.x
	wanted := x.view != WireView || x.q.embeds > 0
	if wanted && x.ok() && x.read() && w.k.cfg.Scan != ScanOff && looksJSON(resp.Header) {
		w.scan.start(w.k.d().names, w.k.d().key, &x.found, w.k.cfg.Scan == ScanIDs, x.entity != 0, w.k.cfg.MaxScan)
		w.scanned = true
	} else {
		x.known = !x.ok()
	}
	w.rc = resp.Body
	resp.Body = w
}

func looksJSON(h http.Header) bool {
	ct := header(h, "Content-Type")
	return len(header(h, "Content-Encoding")) == 0 && (len(ct) == 0 || strings.Contains(ct[0], "json"))
}

// Read is the body's.
func (w *watch) Read(p []byte) (int, error) {
	n, err := w.rc.Read(p)
	if w.scanned && n > 0 && n <= len(p) {
		w.mu.Lock()
		if w.x != nil {
			w.scan.write(p[:n])
		}
		w.mu.Unlock()
	}
	if err != nil {
		w.end()
	}
	return n, err
}

// Close is the body's.
func (w *watch) Close() error {
	defer w.end() // one whose Close panics has ended too
	return w.rc.Close()
}

// end judges the exchange, once.
func (w *watch) end() {
	w.mu.Lock()
	x := w.x
	w.x = nil
	w.mu.Unlock()
	if x == nil {
		return
	}
	x.end = time.Now().UnixNano()
	x.known = x.known || x.found.json
	x.judgeGrant()
	k := w.k
	k.mu.Lock()
	if w.begun {
		k.st.app.flight.live--
		x.of.flight.live--
	}
	contain(func() { k.judge(x) }) // a mirror must not break what it shows
	k.unlock(w.ctx)
	k.d().put(x)
}
