package rttest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"reflect"
	"strings"
	"sync/atomic"
	"testing/synctest"
	"time"
)

func requestChecks() []check {
	return []check{
		{name: "request/untouched", run: untouched},
		{name: "request/body-closed", run: bodyClosed},
		{name: "request/unread-when-refused", run: unreadWhenRefused},
		{name: "request/invalid", run: invalidRequest},
		{name: "request/framing", run: framing},
		{name: "request/upload-streams", run: uploadStreams},
		{name: "request/expect-continue", run: expectContinue},
		{name: "request/trace-hooks", run: traceHooks},
	}
}

var errBase = errors.New("rttest: the base failed")

// untouched: a caller may inspect its request, and send it again.
func untouched(e *env) {
	cases := map[string]func(w http.ResponseWriter, r *http.Request, n int){
		"a 200": func(w http.ResponseWriter, r *http.Request, n int) { io.Copy(w, r.Body) },
		"a 404": func(w http.ResponseWriter, r *http.Request, n int) { w.WriteHeader(http.StatusNotFound) },
	}
	if e.Retries {
		cases["a 429, then a 200"] = throttleOnce
	}
	for name, handler := range cases {
		e.handle(from(e.arrived(), handler))
		e.compare(name)
	}
	e.probe.fail(func(*http.Request) (*http.Response, error) { return nil, errBase })
	e.compare("an error")
}

func (e *env) compare(after string) {
	content := []byte(`{"surname":"Oak"}`)
	req := e.request(http.MethodPut, "/untouched?q=1&q=2", nil)
	req.Body = newBody(bytes.NewReader(content))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }
	req.ContentLength = int64(len(content))
	req.Header["X-Twice"] = []string{"a", "b"}
	before := *req
	beforeURL, beforeHeader := req.URL.String(), req.Header.Clone()
	a := e.await(e.send(req))
	if a.err == nil {
		e.read(a.resp)
	}
	synctest.Wait()
	for field, same := range map[string]bool{
		"URL":                   req.URL == before.URL && req.URL.String() == beforeURL,
		"Header":                reflect.DeepEqual(req.Header, beforeHeader),
		"Body":                  req.Body == before.Body,
		"GetBody":               reflect.ValueOf(req.GetBody).Pointer() == reflect.ValueOf(before.GetBody).Pointer(),
		"ContentLength":         req.ContentLength == before.ContentLength,
		"Method, Host or Close": req.Method == before.Method && req.Host == before.Host && req.Close == before.Close,
		"Trailer":               reflect.DeepEqual(req.Trailer, before.Trailer),
		"Context":               req.Context() == before.Context(),
	} {
		if !same {
			e.failf("a RoundTripper must not change the caller's request; after %s its %s had changed", after, field)
		}
	}
}

// throttleOnce answers 429 to the first call and 200 to the next.
func throttleOnce(w http.ResponseWriter, r *http.Request, n int) {
	io.Copy(io.Discard, r.Body)
	if n == 1 {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
		io.WriteString(w, "too many")
	}
}

// from numbers the arrivals anew.
func from(seen int, f func(http.ResponseWriter, *http.Request, int)) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, r *http.Request, n int) { f(w, r, n-seen) }
}

// bodyClosed: the caller's body is the RoundTripper's to close, on every path.
func bodyClosed(e *env) {
	closed := func(path string, ctx context.Context) {
		b := newBody(strings.NewReader("content"))
		req := e.request(http.MethodPost, "/closed", nil).WithContext(ctx)
		req.Body, req.ContentLength = b, 7
		if a := e.await(e.send(req)); a.err == nil {
			e.read(a.resp)
		}
		synctest.Wait()
		if _, closes := b.counts(); closes == 0 {
			e.failf("a RoundTripper must close the request's body on every path; %s it did not", path)
		}
	}
	closed("after a success", e.ctx)
	dead, cancel := context.WithCancel(e.ctx)
	cancel()
	closed("with a context that had ended before the call", dead)
	e.probe.fail(func(*http.Request) (*http.Response, error) { return nil, errBase })
	closed("after an error of the base", e.ctx)
}

// unreadWhenRefused: a body whose call is never sent may be a pipe that nobody
// writes to, or a file that the caller wants to send later.
func unreadWhenRefused(e *env) {
	dead, cancel := context.WithCancel(e.ctx)
	cancel()
	b := newBody(strings.NewReader("content"))
	req := e.request(http.MethodPost, "/refused", nil).WithContext(dead)
	req.Body, req.ContentLength = b, 7
	a := e.await(e.send(req))
	if a.err == nil {
		e.failf("a call whose context has ended must fail; it was answered %s", a.resp.Status)
	} else if !errors.Is(a.err, context.Canceled) {
		e.failf("a call whose context has ended must fail with the context's error; it failed with: %v", a.err)
	}
	synctest.Wait()
	if reads, _ := b.counts(); reads > 0 {
		e.failf("a call that is refused before it is sent must not read its body; it did")
	}
	if n := e.arrived(); n > 0 {
		e.failf("a call whose context has ended must not be sent; it arrived")
	}
}

// invalidRequest: what net/http answers with an error must not become a panic.
func invalidRequest(e *env) {
	for what, spoil := range map[string]func(*http.Request){
		"URL":    func(r *http.Request) { r.URL = nil },
		"Header": func(r *http.Request) { r.Header = nil },
	} {
		b := newBody(strings.NewReader("content"))
		req := e.request(http.MethodPost, "/invalid", nil)
		req.Body, req.ContentLength = b, 7
		spoil(req)
		a := e.await(e.send(req))
		if a.err == nil {
			e.failf("a request whose %s is nil must fail, as it does without the wrapper; it was answered %s", what, a.resp.Status)
			e.read(a.resp)
		}
		synctest.Wait()
		if _, closes := b.counts(); closes == 0 {
			e.failf("a RoundTripper must close the request's body on every path; with a nil %s it did not", what)
		}
	}
}

// framing: the server must learn the body's length exactly as from a bare
// client.
func framing(e *env) {
	var length atomic.Int64
	var content atomic.Value
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
		b, _ := io.ReadAll(r.Body)
		length.Store(r.ContentLength)
		content.Store(string(b))
	})
	for _, c := range []struct {
		what string
		body io.Reader
		text string
		want int64
	}{
		{"a body of known length", strings.NewReader("content"), "content", 7},
		{"http.NoBody", http.NoBody, "", 0},
		{"a reader of unknown length", io.MultiReader(strings.NewReader("content")), "content", -1},
	} {
		e.read(e.roundTrip(e.request(http.MethodPost, "/framing", c.body)))
		if got := length.Load(); got != c.want {
			e.failf("%s must arrive with Content-Length %d (-1: none), as without the wrapper; it arrived with %d", c.what, c.want, got)
		}
		if got := content.Load(); got != c.text {
			e.failf("%s must arrive as %q; %q arrived", c.what, c.text, got)
		}
	}
}

// uploadStreams: an upload may be longer than memory, or wait for the server.
func uploadStreams(e *env) {
	first := make(chan struct{})
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
		one := make([]byte, 1)
		if _, err := io.ReadFull(r.Body, one); err == nil {
			close(first)
		}
		io.Copy(io.Discard, r.Body)
	})
	pr, pw := io.Pipe()
	call := e.send(e.request(http.MethodPost, "/upload", io.NopCloser(pr)))
	go pw.Write([]byte("a"))
	select {
	case <-first:
	case <-time.After(10*time.Second + e.Patience):
		e.failf("an upload must stream: its first byte must reach the server while the rest is not yet written; it did not")
	}
	go func() { pw.Write([]byte("b")); pw.Close() }()
	if a := e.await(call); a.err == nil {
		e.read(a.resp)
	}
}

// expectContinue: a server that refuses an upload by its header alone must not
// be sent the upload.
func expectContinue(e *env) {
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) { w.WriteHeader(http.StatusExpectationFailed) })
	b := newBody(strings.NewReader("content"))
	req := e.request(http.MethodPost, "/expect", nil)
	req.Body, req.ContentLength = b, 7
	req.Header.Set("Expect", "100-continue")
	e.read(e.roundTrip(req))
	if reads, _ := b.counts(); reads > 0 {
		e.failf("with Expect: 100-continue the body must not be read before the server asks for it; it was")
	}
}

// traceHooks: what an app observes through httptrace is what happens.
func traceHooks(e *env) {
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusOK)
	})
	var conns, wrote, early atomic.Int32
	trace := &httptrace.ClientTrace{
		GotConn:      func(httptrace.GotConnInfo) { conns.Add(1) },
		WroteRequest: func(httptrace.WroteRequestInfo) { wrote.Add(1) },
		Got1xxResponse: func(int, textproto.MIMEHeader) error {
			early.Add(1)
			return nil
		},
	}
	req := e.get("/trace")
	e.read(e.roundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), trace))))
	for hook, n := range map[string]int32{"GotConn": conns.Load(), "WroteRequest": wrote.Load(), "Got1xxResponse (for a 103)": early.Load()} {
		if n != 1 {
			e.failf("the caller's httptrace hooks must fire once for one attempt; %s fired %d times", hook, n)
		}
	}
}
