package rttest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"github.com/goodtenant/goodtenant/internal/memnet"
)

// host is where the server is; the network has no other.
const host = "rttest.test"

// hour is how long a check waits for something that should come at once: on a
// bubble's clock it costs nothing.
const hour = time.Hour

// env is a server, a transport and the wrapper between them, for one check.
type env struct {
	Options
	proto string
	trust trust

	net    memnet.Network
	server *http.Server
	base   *http.Transport
	probe  *probe
	rt     http.RoundTripper // the wrapper
	wrap   func(http.RoundTripper) http.RoundTripper
	url    string

	after  string          // what went before, for the text of a call that never returns
	ctx    context.Context // of every request; cancelled when the check ends
	cancel context.CancelFunc
	done   chan struct{} // closed when the check ends: handlers that wait return
	calls  atomic.Int64  // made by distinct and numbered

	mu       sync.Mutex
	handler  func(w http.ResponseWriter, r *http.Request, n int)
	arrivals int
	failures []string
}

// stop is the panic that ends a check early.
type stop struct{}

func (e *env) run(c check, wrap func(http.RoundTripper) http.RoundTripper) {
	e.start()
	defer e.finish()
	e.wrap = wrap
	e.guard(func() {
		e.rt = wrap(e.probe)
		if e.rt == nil {
			e.fatalf("wrap returned nil")
		}
		c.run(e)
	})
}

// guard runs f and turns a panic into a failure.
func (e *env) guard(f func()) {
	defer func() {
		if p := recover(); p != nil && p != (stop{}) {
			e.failf("a wrapper must not panic; this one did: %v\n%s", p, debug.Stack())
		}
	}()
	f()
}

func (e *env) start() {
	e.ctx, e.cancel = context.WithCancel(context.Background())
	e.done = make(chan struct{})
	protocols := new(http.Protocols)
	protocols.SetHTTP1(e.proto == "HTTP/1.1")
	protocols.SetHTTP2(e.proto == "HTTP/2")
	e.server = &http.Server{
		Handler: http.HandlerFunc(e.serve), Protocols: protocols, ErrorLog: log.New(io.Discard, "", 0),
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{e.trust.cert}},
	}
	e.base = &http.Transport{
		DialContext: e.net.DialContext, Protocols: protocols, MaxIdleConnsPerHost: 100,
		ExpectContinueTimeout: time.Minute, TLSClientConfig: &tls.Config{RootCAs: e.trust.pool},
	}
	e.probe = &probe{next: e.base}
	l := e.net.Listen(host)
	if e.proto == "HTTP/2" {
		e.url = "https://" + host
		go e.server.ServeTLS(l, "", "")
	} else {
		e.url = "http://" + host
		go e.server.Serve(l)
	}
}

// finish ends what the check began, in the order in which an app would.
func (e *env) finish() {
	if arrivals, calls := e.arrived(), e.probe.count(); arrivals > calls {
		e.failf("a wrapper must send everything through its base; %d calls arrived, %d of them through the base", arrivals, calls)
	}
	close(e.done)
	e.cancel()
	synctest.Wait()
	e.guard(func() { e.release(e.rt) })
	e.base.CloseIdleConnections()
	e.server.Close()
	e.net.Close()
}

// release closes a wrapper.
func (e *env) release(rt http.RoundTripper) {
	if closer, ok := rt.(interface{ Close() error }); e.Close != nil {
		e.Close(rt)
	} else if ok {
		closer.Close()
	}
}

func (e *env) serve(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	e.arrivals++
	n, handler := e.arrivals, e.handler
	e.mu.Unlock()
	if handler == nil {
		io.Copy(io.Discard, r.Body)
		return
	}
	handler(w, r, n)
}

// handle sets the handler; n numbers the arrivals from 1.
func (e *env) handle(f func(w http.ResponseWriter, r *http.Request, n int)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.handler = f
}

func (e *env) arrived() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.arrivals
}

// hang holds a handler until its client leaves or the check ends.
func (e *env) hang(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-e.done:
	}
}

// wait sleeps, unless the check ends.
func (e *env) wait(d time.Duration) {
	select {
	case <-time.After(d):
	case <-e.done:
	}
}

func (e *env) failf(format string, args ...any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.failures = append(e.failures, fmt.Sprintf(format, args...))
}

// fatalf fails and ends the check; only its own goroutine may call it.
func (e *env) fatalf(format string, args ...any) {
	e.failf(format, args...)
	panic(stop{})
}

// request makes a request to the server. It carries a credential, as every
// call to a platform does.
func (e *env) request(method, path string, body io.Reader) *http.Request {
	req, err := http.NewRequestWithContext(e.ctx, method, e.url+path, body)
	if err != nil {
		e.fatalf("rttest: %v", err)
	}
	req.Header.Set("Authorization", "Bearer rttest")
	if e.Prepare != nil {
		e.Prepare(req)
	}
	return req
}

func (e *env) get(path string) *http.Request { return e.request(http.MethodGet, path, nil) }

// distinct is a GET that no wrapper may take for another one.
func (e *env) distinct(path string) *http.Request { return e.get(e.numbered(path)) }

// numbered gives path a query of its own.
func (e *env) numbered(path string) string { return fmt.Sprintf("%s?call=%d", path, e.calls.Add(1)) }

// answer is what a call came to.
type answer struct {
	resp *http.Response
	err  error
	took time.Duration
	text string // of the whole body, where sendAll has read it
}

// send calls the wrapper on a goroutine of its own.
func (e *env) send(req *http.Request) <-chan answer {
	out := make(chan answer, 1)
	go func() {
		start := time.Now()
		a := answer{err: errors.New("panicked")}
		defer func() { out <- a }()
		e.guard(func() {
			a.resp, a.err = e.rt.RoundTrip(req)
			a.took = time.Since(start)
		})
	}()
	return out
}

// await waits for a call; one that does not come back ends the check.
func (e *env) await(calls <-chan answer) answer {
	select {
	case a := <-calls:
		if (a.resp == nil) == (a.err == nil) {
			e.fatalf("RoundTrip must return a response or an error, exactly one of them; it returned %v and %v", a.resp, a.err)
		}
		return a
	case <-time.After(hour):
		e.fatalf("%sRoundTrip must return; an hour later it had not", e.after)
	}
	panic("unreachable")
}

// sendAll sends calls at once, each read to its end by a goroutine of its own,
// and waits for all of them.
func (e *env) sendAll(reqs ...*http.Request) []answer {
	calls := make([]chan answer, len(reqs))
	for i, req := range reqs {
		sent, read := e.send(req), make(chan answer, 1)
		go func() {
			a := <-sent
			if a.resp != nil && a.resp.Body != nil {
				b, err := io.ReadAll(a.resp.Body)
				a.resp.Body.Close()
				a.text, a.err = string(b), err
				if err != nil {
					a.resp = nil
				}
			}
			read <- a
		}()
		calls[i] = read
	}
	all := make([]answer, len(calls))
	for i, call := range calls {
		all[i] = e.await(call)
	}
	return all
}

// roundTrip sends one call and expects a response.
func (e *env) roundTrip(req *http.Request) *http.Response {
	a := e.await(e.send(req))
	if a.err != nil {
		e.fatalf("%s %s must succeed, as it does without the wrapper; it failed: %v", req.Method, req.URL.Path, a.err)
	}
	return a.resp
}

// read reads a body to its end and closes it.
func (e *env) read(resp *http.Response) string {
	text, err := e.readErr(resp)
	if err != nil {
		e.failf("the body must be readable to its end, as it is without the wrapper; after %d bytes: %v", len(text), err)
	}
	return text
}

func (e *env) readErr(resp *http.Response) (string, error) {
	if resp.Body == nil {
		e.fatalf("a response must have a body, if only an empty one; it is nil")
	}
	type result struct {
		b   []byte
		err error
	}
	out := make(chan result, 1)
	go func() {
		b, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		out <- result{b, err}
	}()
	select {
	case r := <-out:
		return string(r.b), r.err
	case <-time.After(hour):
		e.fatalf("a body must come to its end; an hour later it had not")
	}
	panic("unreachable")
}

// client is what an app has around the wrapper.
func (e *env) client() *http.Client { return &http.Client{Transport: e.rt} }
