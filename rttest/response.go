package rttest

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing/synctest"
	"time"
)

func responseChecks() []check {
	return []check{
		{name: "response/every-status", run: everyStatus},
		{name: "response/streams", run: streams},
		{name: "response/trailers", run: trailers},
		{name: "response/upgrade", only: "HTTP/1.1", run: upgrade},
		{name: "response/no-content", run: noContent},
		{name: "response/uncompressed", run: uncompressed},
		{name: "response/request", run: respRequest},
		{name: "response/close", run: closing},
		{name: "response/read-error", run: readError},
		{name: "response/slow-body", run: slowBody},
		{name: "response/hostile-base", run: hostileBase},
	}
}

// everyStatus: an answer that came is a response, whatever its status.
func everyStatus(e *env) {
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
		status, _ := strconv.Atoi(r.URL.Path[1:])
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(status)
		io.WriteString(w, "told "+r.URL.Path[1:])
	})
	for _, status := range []int{200, 201, 400, 401, 403, 404, 409, 412, 422, 429, 500, 502, 503} {
		a := e.await(e.send(e.get(fmt.Sprintf("/%d", status))))
		if a.err != nil {
			e.failf("an answer that came must be returned as a response with a nil error; a %d became the error: %v", status, a.err)
			continue
		}
		if a.resp.StatusCode != status {
			e.failf("a %d must stay one; it became a %d", status, a.resp.StatusCode)
		}
		if text, want := e.read(a.resp), fmt.Sprintf("told %d", status); text != want {
			e.failf("the body of a %d must be readable whole; %q was left of %q", status, text, want)
		}
	}
}

// streams: the first byte must not wait for the last.
func streams(e *env) {
	release := make(chan struct{})
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
		io.WriteString(w, "a")
		http.NewResponseController(w).Flush()
		select {
		case <-release:
		case <-e.done:
		}
		io.WriteString(w, "b")
	})
	read := make(chan string, 1)
	go e.guard(func() {
		a := <-e.send(e.get("/streams"))
		if a.err != nil {
			return
		}
		one := make([]byte, 1)
		io.ReadFull(a.resp.Body, one)
		read <- string(one)
		read <- e.read(a.resp)
	})
	select {
	case got := <-read:
		if got != "a" {
			e.failf("a response must stream; its first byte was %q", got)
		}
	case <-time.After(10*time.Second + e.Patience):
		e.failf("a response must stream: its first byte must be readable while the rest is not yet sent; it was not")
	}
	close(release)
	select {
	case <-read:
	case <-time.After(hour):
		e.fatalf("a streamed body must come to its end; an hour later it had not")
	}
}

// trailers come after the body, announced or not.
func trailers(e *env) {
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
		w.Header().Set("Trailer", "X-Announced")
		io.WriteString(w, "content")
		http.NewResponseController(w).Flush()
		w.Header().Set("X-Announced", "yes")
		w.Header().Set(http.TrailerPrefix+"X-Unannounced", "yes")
	})
	both := e.roundTrip(e.get("/trailers"))
	e.read(both)
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
		io.WriteString(w, "content")
		http.NewResponseController(w).Flush()
		w.Header().Set(http.TrailerPrefix+"X-Unannounced", "yes")
	})
	alone := e.roundTrip(e.get("/trailers/unannounced"))
	e.read(alone)
	for what, got := range map[string]string{
		"announced":                    both.Trailer.Get("X-Announced"),
		"unannounced beside announced": both.Trailer.Get("X-Unannounced"),
		"unannounced and the only one": alone.Trailer.Get("X-Unannounced"),
	} {
		if got != "yes" {
			e.failf("a trailer must be in Response.Trailer once the body has been read (set resp.Body in place; a copied Response loses them); one that is %s was not", what)
		}
	}
}

// upgrade: a 101's body is the connection.
func upgrade(e *env) {
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		line, _ := rw.ReadString('\n')
		io.WriteString(c, line)
	})
	req := e.get("/upgrade")
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", "echo")
	resp := e.roundTrip(req)
	rwc, ok := resp.Body.(io.ReadWriteCloser)
	if !ok {
		resp.Body.Close()
		e.fatalf("the body of a 101 must stay an io.ReadWriteCloser; it is no Writer any more")
	}
	go io.WriteString(rwc, "hello\n")
	if echo := e.read(resp); echo != "hello\n" {
		e.failf("an upgraded connection must carry bytes both ways; %q came back for %q", echo, "hello\n")
	}
}

// noContent: without a body the header fields still say what they say.
func noContent(e *env) {
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
		switch r.URL.Path {
		case "/head":
			w.Header().Set("Content-Length", "1234")
		case "/204":
			w.WriteHeader(http.StatusNoContent)
		case "/304":
			w.Header().Set("ETag", `"1"`)
			w.WriteHeader(http.StatusNotModified)
		}
	})
	head := e.roundTrip(e.request(http.MethodHead, "/head", nil))
	if head.ContentLength != 1234 {
		e.failf("an answer to HEAD must keep its Content-Length of 1234; it has %d", head.ContentLength)
	}
	for _, resp := range []*http.Response{head, e.roundTrip(e.get("/204")), e.roundTrip(e.get("/304"))} {
		if text := e.read(resp); text != "" {
			e.failf("a response without a body must have an empty one; it held %q", text)
		}
	}
}

// uncompressed: the transport unpacks gzip and says so.
func uncompressed(e *env) {
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
		if r.Header.Get("Accept-Encoding") != "gzip" {
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		io.WriteString(z, "content")
		z.Close()
	})
	resp := e.roundTrip(e.get("/gzip"))
	if text := e.read(resp); text != "content" || !resp.Uncompressed {
		e.failf("gzip must be unpacked by the transport as without the wrapper; the body is %q, Uncompressed %v", text, resp.Uncompressed)
	}
}

// respRequest: http.Client and its users look at Response.Request.
func respRequest(e *env) {
	req := e.get("/request?q=1")
	resp := e.roundTrip(req)
	e.read(resp)
	switch {
	case resp.Request == nil:
		e.failf("Response.Request must be set; it is nil")
	case resp.Request.URL == nil || resp.Request.URL.String() != req.URL.String() || resp.Request.Method != req.Method:
		e.failf("Response.Request must be the request that was answered; it is another")
	}
	if want := map[string]int{"HTTP/1.1": 1, "HTTP/2": 2}[e.proto]; resp.ProtoMajor != want {
		e.failf("Response.ProtoMajor must stay %d; it is %d", want, resp.ProtoMajor)
	}
	if (resp.TLS != nil) != (e.proto == "HTTP/2") {
		e.failf("Response.TLS must stay what the transport set; it did not")
	}
}

// closing: bodies are closed twice, after their end, and while they are read.
func closing(e *env) {
	release := make(chan struct{})
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
		io.WriteString(w, "content")
		http.NewResponseController(w).Flush()
		if r.URL.Path == "/busy" {
			<-release
		}
	})
	twice := e.roundTrip(e.get("/twice"))
	e.read(twice) // reads to the end and closes
	if err := twice.Body.Close(); err != nil {
		e.failf("closing a body again must do no harm; it failed: %v", err)
	}
	if n, err := twice.Body.Read(make([]byte, 1)); n != 0 || err == nil {
		e.failf("reading a closed body must fail; it gave %d bytes and %v", n, err)
	}
	busy := e.roundTrip(e.get("/busy"))
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		io.Copy(io.Discard, busy.Body)
	}()
	synctest.Wait()
	busy.Body.Close()
	busy.Body.Close()
	// Nothing may wait here: a second Read of a body of net/http waits for the
	// first on a mutex, where a bubble's clock stands still.
	close(release)
	select {
	case <-stopped:
	case <-time.After(hour):
		e.fatalf("a Read that waits while its body is closed must return; an hour later it had not")
	}
}

// readError: a body that breaks off says so.
func readError(e *env) {
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, "half")
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	a := e.await(e.send(e.get("/broken")))
	if a.err != nil {
		return // the connection may be gone before its header is read
	}
	if text, err := e.readErr(a.resp); err == nil {
		e.failf("a body that breaks off must end in an error; %q was passed off as whole", text)
	}
	if n := e.arrived(); n > 1 {
		e.failf("a call must not be sent again once its response has begun; %d arrived", n)
	}
}

// slowBody: what a wrapper does when RoundTrip returns must not cut the body.
func slowBody(e *env) {
	part := strings.Repeat("x", 10_000)
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
		for range 10 {
			io.WriteString(w, part)
			http.NewResponseController(w).Flush()
			e.wait(time.Second)
		}
	})
	if text := e.read(e.roundTrip(e.get("/slow"))); len(text) != 100_000 {
		e.failf("a body that goes on after RoundTrip has returned must arrive whole; %d of 100000 bytes did", len(text))
	}
}

// hostileBase: the next wrapper below may be wrong.
func hostileBase(e *env) {
	if e.rt == http.RoundTripper(e.probe) {
		return // there is no wrapper
	}
	whole := func(req *http.Request) *http.Response {
		return &http.Response{StatusCode: 200, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Request: req}
	}
	e.probe.fail(func(req *http.Request) (*http.Response, error) { return whole(req), nil })
	if a := e.await(e.send(e.get("/nil-body"))); a.err == nil {
		e.read(a.resp)
	}
	e.probe.fail(func(*http.Request) (*http.Response, error) { return nil, nil })
	if a := <-e.send(e.get("/nothing")); a.err == nil {
		e.failf("a base that returns neither response nor error must become an error; it became %v", a.resp)
	}
	b := newBody(strings.NewReader("content"))
	e.probe.fail(func(req *http.Request) (*http.Response, error) {
		resp := whole(req)
		resp.Body = b
		return resp, errBase
	})
	if a := <-e.send(e.get("/both")); a.resp != nil || !errors.Is(a.err, errBase) {
		e.failf("a base that returns a response and an error must become that error alone; it became %v and %v", a.resp, a.err)
	}
	synctest.Wait()
	if _, closes := b.counts(); closes == 0 {
		e.failf("the body of a response that is not handed on must be closed; it was not")
	}
}
