package rttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// wrong is a wrapper with a flaw, which most of them share with some wrapper in
// use.
type wrong func(base http.RoundTripper, req *http.Request) (*http.Response, error)

type wrongTransport struct {
	base http.RoundTripper
	f    wrong
}

func (t wrongTransport) RoundTrip(req *http.Request) (*http.Response, error) { return t.f(t.base, req) }

func (f wrong) wrap(base http.RoundTripper) http.RoundTripper { return &wrongTransport{base, f} }

// pass hands on and looks on.
func pass(base http.RoundTripper, req *http.Request) (*http.Response, error) {
	return base.RoundTrip(req)
}

// gather reads the request body whole before it is sent.
func gatherBody(base http.RoundTripper, req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	if req.Body != nil {
		b, _ := io.ReadAll(req.Body)
		req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
	}
	return base.RoundTrip(req)
}

// gatherResponse reads the response body whole before it is returned.
func gatherResponse(base http.RoundTripper, req *http.Request) (*http.Response, error) {
	resp, err := base.RoundTrip(req)
	if err == nil {
		b, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
	}
	return resp, err
}

func detached(base http.RoundTripper, req *http.Request) (*http.Response, error) {
	again := req.WithContext(context.WithoutCancel(req.Context()))
	again.Cancel = nil
	return base.RoundTrip(again)
}

func textError(base http.RoundTripper, req *http.Request) (*http.Response, error) {
	resp, err := base.RoundTrip(req)
	if err != nil {
		return nil, errors.New(err.Error())
	}
	return resp, nil
}

// retrying sends again on the condition, after a wait, with what each flaw
// leaves out.
func retrying(when func(*http.Response, error) bool, between func(*http.Request, *http.Response) (*http.Request, error)) wrong {
	return func(base http.RoundTripper, req *http.Request) (*http.Response, error) {
		for attempt := 1; ; attempt++ {
			resp, err := base.RoundTrip(req)
			if !when(resp, err) || attempt == 4 {
				return resp, err
			}
			again, failed := between(req, resp)
			if failed != nil {
				return nil, failed
			}
			req = again
		}
	}
}

func throttled(resp *http.Response, err error) bool { return err == nil && resp.StatusCode == 429 }

func reread(req *http.Request) *http.Request {
	if req.GetBody != nil {
		req = req.Clone(req.Context())
		req.Body, _ = req.GetBody()
	}
	return req
}

// slots is a limit of three with a flaw in when it is freed.
func slots(hold func(base http.RoundTripper, req *http.Request, take, release func()) (*http.Response, error)) func(http.RoundTripper) http.RoundTripper {
	return func(base http.RoundTripper) http.RoundTripper {
		sem := make(chan struct{}, 3)
		return wrong(func(base http.RoundTripper, req *http.Request) (*http.Response, error) {
			return hold(base, req, func() {
				select {
				case sem <- struct{}{}:
				case <-req.Context().Done():
				}
			}, func() {
				select {
				case <-sem:
				default:
				}
			})
		}).wrap(base)
	}
}

type onClose struct {
	io.ReadCloser
	f func()
}

func (c *onClose) Close() error { defer c.f(); return c.ReadCloser.Close() }

type onEnd struct {
	onClose
}

func (c *onEnd) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	if err != nil {
		c.f()
	}
	return n, err
}

func keyed(key func(*http.Request) string, own, leaderCtx bool) func(http.RoundTripper) http.RoundTripper {
	return func(base http.RoundTripper) http.RoundTripper {
		return &sharing{RoundTripper: base, key: key, own: own, leaderCtx: leaderCtx, flights: map[string]*flight{}}
	}
}

var (
	anyOptions = Options{}
	retry      = Options{Retries: true}
	three      = Options{Limit: 3}
)

// flaws names for each check wrappers that it must catch.
var flaws = []struct {
	check string
	flaw  string
	o     Options
	wrap  func(http.RoundTripper) http.RoundTripper
}{
	{"request/untouched", "adds a header", anyOptions, wrong(func(base http.RoundTripper, req *http.Request) (*http.Response, error) {
		if req.Header != nil {
			req.Header.Set("X-Added", "1")
		}
		return base.RoundTrip(req)
	}).wrap},
	{"request/untouched", "replaces the body when it retries", retry, retrying(throttled, func(req *http.Request, resp *http.Response) (*http.Request, error) {
		resp.Body.Close()
		req.Body, _ = req.GetBody()
		return req, nil
	}).wrap},
	{"request/body-closed", "reads the body, but does not close it", anyOptions, wrong(gatherBody).wrap},
	{"request/unread-when-refused", "reads the body first", anyOptions, wrong(gatherBody).wrap},
	{"request/unread-when-refused", "does not look at the context", anyOptions, wrong(detached).wrap},
	{"request/invalid", "takes the URL for granted", anyOptions, wrong(func(base http.RoundTripper, req *http.Request) (*http.Response, error) {
		_ = req.URL.Host
		return base.RoundTrip(req)
	}).wrap},
	{"request/framing", "gives every body a length", anyOptions, wrong(gatherBody).wrap},
	{"request/upload-streams", "reads the body first", anyOptions, wrong(gatherBody).wrap},
	{"request/expect-continue", "reads the body first", anyOptions, wrong(gatherBody).wrap},
	{"request/trace-hooks", "uses a context of its own", anyOptions, wrong(func(base http.RoundTripper, req *http.Request) (*http.Response, error) {
		return base.RoundTrip(req.WithContext(context.Background()))
	}).wrap},
	{"response/every-status", "turns a status into an error", anyOptions, wrong(func(base http.RoundTripper, req *http.Request) (*http.Response, error) {
		resp, err := base.RoundTrip(req)
		if err == nil && resp.StatusCode >= 400 {
			resp.Body.Close()
			return nil, fmt.Errorf("status %d", resp.StatusCode)
		}
		return resp, err
	}).wrap},
	{"response/every-status", "reads the body of an error and does not give it back", anyOptions, wrong(func(base http.RoundTripper, req *http.Request) (*http.Response, error) {
		resp, err := base.RoundTrip(req)
		if err == nil && resp.StatusCode >= 400 {
			io.Copy(io.Discard, resp.Body)
		}
		return resp, err
	}).wrap},
	{"response/streams", "reads the answer first", anyOptions, wrong(gatherResponse).wrap},
	{"response/trailers", "copies the response", anyOptions, wrong(func(base http.RoundTripper, req *http.Request) (*http.Response, error) {
		resp, err := base.RoundTrip(req)
		if err != nil {
			return nil, err
		}
		other := *resp
		return &other, nil
	}).wrap},
	{"response/upgrade", "wraps the body as a reader", anyOptions, wrong(func(base http.RoundTripper, req *http.Request) (*http.Response, error) {
		resp, err := base.RoundTrip(req)
		if err == nil {
			resp.Body = struct{ io.ReadCloser }{resp.Body}
		}
		return resp, err
	}).wrap},
	{"response/no-content", "sets the length to what it read", anyOptions, wrong(gatherResponse).wrap},
	{"response/uncompressed", "asks for gzip itself", anyOptions, wrong(func(base http.RoundTripper, req *http.Request) (*http.Response, error) {
		req = req.Clone(req.Context())
		req.Header.Set("Accept-Encoding", "gzip")
		return base.RoundTrip(req)
	}).wrap},
	{"response/request", "makes a response of its own", anyOptions, wrong(func(base http.RoundTripper, req *http.Request) (*http.Response, error) {
		resp, err := base.RoundTrip(req)
		if err != nil {
			return nil, err
		}
		return &http.Response{Status: resp.Status, StatusCode: resp.StatusCode, Header: resp.Header, Body: resp.Body}, nil
	}).wrap},
	{"response/close", "panics at the second Close", anyOptions, wrong(func(base http.RoundTripper, req *http.Request) (*http.Response, error) {
		resp, err := base.RoundTrip(req)
		if err == nil {
			done := make(chan struct{})
			resp.Body = &onClose{resp.Body, func() { close(done) }}
		}
		return resp, err
	}).wrap},
	{"response/read-error", "passes a broken body off as whole", anyOptions, wrong(gatherResponse).wrap},
	{"response/slow-body", "cancels when RoundTrip returns", anyOptions, wrong(func(base http.RoundTripper, req *http.Request) (*http.Response, error) {
		ctx, cancel := context.WithCancel(req.Context())
		defer cancel()
		return base.RoundTrip(req.WithContext(ctx))
	}).wrap},
	{"response/hostile-base", "hands on what it gets", anyOptions, wrong(pass).wrap},
	{"context/cancel-in-flight", "does not look at the context", anyOptions, wrong(detached).wrap},
	{"context/cancel-body", "does not look at the context", anyOptions, wrong(detached).wrap},
	{"context/deadline", "makes errors of text", anyOptions, wrong(textError).wrap},
	{"context/client-timeout", "does not look at the context", anyOptions, wrong(detached).wrap},
	{"context/base-error", "makes errors of text", anyOptions, wrong(textError).wrap},
	{"context/values", "uses a context of its own", anyOptions, wrong(func(base http.RoundTripper, req *http.Request) (*http.Response, error) {
		return base.RoundTrip(req.WithContext(context.Background()))
	}).wrap},
	{"retry/unsafe", "retries whatever failed", anyOptions, retrying(func(resp *http.Response, err error) bool {
		return err != nil || resp.StatusCode >= 500
	}, func(req *http.Request, resp *http.Response) (*http.Request, error) { return reread(req), nil }).wrap},
	{"retry/final-429", "gives up with an error", anyOptions, wrong(func(base http.RoundTripper, req *http.Request) (*http.Response, error) {
		resp, err := base.RoundTrip(req)
		if throttled(resp, err) {
			resp.Body.Close()
			return nil, errors.New("giving up")
		}
		return resp, err
	}).wrap},
	{"retry/again", "does not retry", retry, wrong(pass).wrap},
	{"retry/again", "does not wait", retry, retrying(throttled, func(req *http.Request, resp *http.Response) (*http.Request, error) {
		resp.Body.Close()
		return reread(req), nil
	}).wrap},
	{"retry/fresh-body", "sends the body that it has sent", retry, retrying(throttled, func(req *http.Request, resp *http.Response) (*http.Request, error) {
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		return req, nil
	}).wrap},
	{"retry/large-body", "sends the body that it has sent", retry, retrying(throttled, func(req *http.Request, resp *http.Response) (*http.Request, error) {
		resp.Body.Close()
		return req, nil
	}).wrap},
	{"retry/getbody-error", "sends nothing in its place", retry, retrying(throttled, func(req *http.Request, resp *http.Response) (*http.Request, error) {
		resp.Body.Close()
		req = req.Clone(req.Context())
		if body, err := req.GetBody(); err == nil {
			req.Body = body
		} else {
			req.Body, req.ContentLength, req.GetBody = http.NoBody, 0, nil
		}
		return req, nil
	}).wrap},
	{"retry/drained", "forgets the earlier answer", retry, retrying(throttled, func(req *http.Request, resp *http.Response) (*http.Request, error) {
		time.Sleep(time.Second)
		return reread(req), nil
	}).wrap},
	{"retry/cancel", "sleeps", retry, retrying(throttled, func(req *http.Request, resp *http.Response) (*http.Request, error) {
		resp.Body.Close()
		time.Sleep(after(resp))
		return reread(req), nil
	}).wrap},
	{"retry/deadline", "sleeps until the deadline", retry, retrying(throttled, func(req *http.Request, resp *http.Response) (*http.Request, error) {
		resp.Body.Close()
		select {
		case <-time.After(after(resp)):
			return reread(req), nil
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
	}).wrap},
	{"retry/after", "does not look at Retry-After", retry, retrying(throttled, func(req *http.Request, resp *http.Response) (*http.Request, error) {
		resp.Body.Close()
		return reread(req), nil
	}).wrap},
	{"slots/limit", "frees the slot at the header", three, slots(func(base http.RoundTripper, req *http.Request, take, release func()) (*http.Response, error) {
		take()
		defer release()
		return base.RoundTrip(req)
	})},
	{"slots/eof", "frees the slot at Close only", three, slots(freeOnClose)},
	{"slots/no-content", "frees the slot at Close only", three, slots(freeOnClose)},
	{"slots/early-close", "frees the slot at Close", three, slots(func(base http.RoundTripper, req *http.Request, take, release func()) (*http.Response, error) {
		take()
		resp, err := base.RoundTrip(req)
		release = sync.OnceFunc(release)
		if err != nil {
			release()
			return nil, err
		}
		resp.Body = &onEnd{onClose{resp.Body, release}}
		return resp, nil
	})},
	{"slots/failures", "keeps the slot of what failed", three, slots(freeOnClose)},
	{"slots/waiters", "waits whatever the context says", three, func(base http.RoundTripper) http.RoundTripper {
		sem := make(chan struct{}, 3)
		return wrong(func(base http.RoundTripper, req *http.Request) (*http.Response, error) {
			sem <- struct{}{}
			defer func() { <-sem }()
			return base.RoundTrip(req)
		}).wrap(base)
	}},
	{"slots/retry", "holds its slot while it asks for another", Options{Limit: 3, Retries: true}, slots(func(base http.RoundTripper, req *http.Request, take, release func()) (*http.Response, error) {
		for held := 1; ; held++ {
			take()
			resp, err := base.RoundTrip(req)
			if throttled(resp, err) {
				time.Sleep(time.Second)
				continue
			}
			for range held {
				release()
			}
			return resp, err
		}
	})},
	{"share/nothing-unasked", "shares", anyOptions, newSharing},
	{"share/own-copies", "shares one header", Options{Dedupes: true}, keyed(wholeKey, false, false)},
	{"share/different", "looks at the URL only", Options{Dedupes: true}, keyed(func(req *http.Request) string { return req.Method + req.URL.String() }, true, false)},
	{"share/different", "does not look at the query", Options{Dedupes: true}, keyed(func(req *http.Request) string { return req.Method + req.URL.Path + req.Header.Get("Authorization") }, true, false)},
	{"share/leader-leaves", "ends with its first caller", Options{Dedupes: true}, keyed(wholeKey, true, true)},
	{"share/methods", "does not look at the method", Options{Dedupes: true}, keyed(func(req *http.Request) string { return req.URL.String() }, true, false)},
	{"plumbing/close-idle", "has no CloseIdleConnections", anyOptions, wrong(pass).wrap},
	{"plumbing/unwrap", "has no Unwrap", anyOptions, wrong(pass).wrap},
	{"plumbing/nil-base", "looks the default up too early", Options{NilBase: true}, func(base http.RoundTripper) http.RoundTripper {
		if base == nil {
			base = refusing{http.DefaultTransport}
		}
		return wrong(pass).wrap(base)
	}},
	{"plumbing/redirects", "follows redirects", anyOptions, wrong(func(base http.RoundTripper, req *http.Request) (*http.Response, error) {
		return (&http.Client{Transport: base}).Do(req)
	}).wrap},
	{"plumbing/concurrent", "answers one call with another's answer", Options{Dedupes: true}, keyed(func(req *http.Request) string { return req.URL.Path }, true, false)},

	// What no check is named after, but each looks at.
	{"response/request", "goes around its base", anyOptions, wrong(func(base http.RoundTripper, req *http.Request) (*http.Response, error) {
		return base.(*probe).next.RoundTrip(req)
	}).wrap},
	{"response/request", "leaves a goroutine behind", anyOptions, wrong(func(base http.RoundTripper, req *http.Request) (*http.Response, error) {
		never := make(chan struct{})
		go func() { <-never }()
		return base.RoundTrip(req)
	}).wrap},
	{"response/request", "returns nothing", anyOptions, wrong(func(http.RoundTripper, *http.Request) (*http.Response, error) { return nil, nil }).wrap},
	{"response/request", "does not return", anyOptions, wrong(func(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
		<-req.Context().Done()
		return nil, req.Context().Err()
	}).wrap},
	{"response/request", "is nil", anyOptions, func(http.RoundTripper) http.RoundTripper { return nil }},
}

// refusing stands for a default transport that was looked up too early: no call
// may leave the test.
type refusing struct{ http.RoundTripper }

func (refusing) RoundTrip(*http.Request) (*http.Response, error) { return nil, errBase }

func freeOnClose(base http.RoundTripper, req *http.Request, take, release func()) (*http.Response, error) {
	take()
	resp, err := base.RoundTrip(req)
	if err == nil {
		resp.Body = &onClose{resp.Body, sync.OnceFunc(release)}
	}
	return resp, err
}

func TestEachCheckCatchesAFlaw(t *testing.T) {
	trust := newTrust(t)
	all := map[string]check{}
	for _, c := range checks() {
		all[c.name] = c
	}
	caught := map[string]bool{}
	for _, f := range flaws {
		t.Run(f.check+"/"+f.flaw, func(t *testing.T) {
			c, ok := all[f.check]
			if !ok {
				t.Fatal("there is no such check")
			}
			o := f.o.withDefaults()
			for _, proto := range []string{"HTTP/1.1", "HTTP/2"} {
				if !c.applies(o, proto) {
					continue
				}
				failures := examine(t, c, proto, trust, f.wrap, o)
				if len(failures) == 0 {
					t.Errorf("over %s the check passes", proto)
					continue
				}
				t.Logf("%s: %s", proto, failures[0])
				caught[f.check] = true
			}
		})
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !caught[name] {
			t.Errorf("%s has never been seen to fail", name)
		}
	}
}
