package rttest

import (
	"io"
	"net/http"
	"strings"
	"sync"
)

func plumbingChecks() []check {
	return []check{
		{name: "plumbing/close-idle", run: closeIdle},
		{name: "plumbing/unwrap", run: unwrapping},
		{name: "plumbing/nil-base", when: func(o Options) bool { return o.NilBase }, run: nilBase},
		{name: "plumbing/redirects", run: redirects},
		{name: "plumbing/concurrent", run: concurrent},
	}
}

// closeIdle: http.Client.CloseIdleConnections reaches the connections.
func closeIdle(e *env) {
	e.read(e.roundTrip(e.get("/idle")))
	e.client().CloseIdleConnections()
	if e.probe.idleCloses() == 0 {
		e.failf("a wrapper must have a CloseIdleConnections that calls its base's, or http.Client's does nothing; it did not reach the base")
	}
}

// unwrapping: who is given a RoundTripper can find what is inside.
func unwrapping(e *env) {
	for name, next := range map[string]func(http.RoundTripper) http.RoundTripper{
		"Unwrap": func(rt http.RoundTripper) http.RoundTripper {
			if u, ok := rt.(interface{ Unwrap() http.RoundTripper }); ok {
				return u.Unwrap()
			}
			return nil
		},
		"WrappedRoundTripper": func(rt http.RoundTripper) http.RoundTripper {
			if u, ok := rt.(interface{ WrappedRoundTripper() http.RoundTripper }); ok {
				return u.WrappedRoundTripper()
			}
			return nil
		},
	} {
		rt := e.rt
		for range 20 {
			if rt == nil || rt == http.RoundTripper(e.probe) {
				break
			}
			rt = next(rt)
		}
		if rt != http.RoundTripper(e.probe) {
			e.failf("a wrapper must have a method %s() http.RoundTripper that leads to its base; it does not", name)
		}
	}
}

// nilBase: the default is looked up when it is used, as net/http does.
func nilBase(e *env) {
	e.release(e.rt)
	e.rt = e.wrap(nil)
	old := http.DefaultTransport
	defer func() { http.DefaultTransport = old }()
	http.DefaultTransport = e.probe
	if a := e.await(e.send(e.get("/default"))); a.err == nil {
		e.read(a.resp)
	}
	if e.probe.count() != 1 {
		e.failf("a wrapper of nil must use http.DefaultTransport as it is at the time of the call; it did not")
	}
}

// redirects are http.Client's to follow, and each hop is a call.
func redirects(e *env) {
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
		io.Copy(io.Discard, r.Body)
		if r.URL.Path == "/from" {
			w.Header().Set("Location", "/to")
			w.WriteHeader(http.StatusTemporaryRedirect)
		}
	})
	resp := e.roundTrip(e.request(http.MethodPost, "/from", strings.NewReader("content")))
	e.read(resp)
	if resp.StatusCode != http.StatusTemporaryRedirect {
		e.failf("a RoundTripper must not follow redirects; a 307 became %s", resp.Status)
	}
	before := e.probe.count()
	resp, err := e.client().Do(e.request(http.MethodPost, "/from", strings.NewReader("content")))
	if err != nil {
		e.fatalf("http.Client must be able to follow a redirect of a call with GetBody; it failed: %v", err)
	}
	e.read(resp)
	if n := e.probe.count() - before; n != 2 || resp.Request.URL.Path != "/to" {
		e.failf("each hop of a redirect must come through the base; %d of 2 did", n)
	}
}

// concurrent: many goroutines, under the race detector.
func concurrent(e *env) {
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
		io.Copy(w, r.Body)
		io.WriteString(w, r.URL.RawQuery)
	})
	e.read(e.roundTrip(e.get("/first"))) // over HTTP/2 the others share its connection
	const calls = 100
	var all sync.WaitGroup
	for i := range calls {
		all.Go(func() {
			e.guard(func() {
				id := string(rune('a'+i%26)) + string(rune('a'+i/26))
				req := e.request(http.MethodPost, "/many?"+id, strings.NewReader(id))
				resp, err := e.rt.RoundTrip(req)
				if err != nil {
					e.failf("a wrapper must be safe for concurrent use; of %d calls at once one failed: %v", calls, err)
					return
				}
				b, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				if err != nil || string(b) != id+id {
					e.failf("each of many calls at once must get its own answer; one got %q for %q (%v)", b, id+id, err)
				}
			})
		})
	}
	all.Wait()
}
