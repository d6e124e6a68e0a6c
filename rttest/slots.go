package rttest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing/synctest"
	"time"
)

func slotChecks() []check {
	return []check{
		{name: "slots/limit", when: limits, run: limitHeld},
		{name: "slots/eof", when: limits, run: freedAtEOF},
		{name: "slots/no-content", when: limits, run: freedWithoutContent},
		{name: "slots/early-close", when: limits, run: freedAfterClose},
		{name: "slots/failures", when: limits, run: freedAfterFailure},
		{name: "slots/waiters", when: limits, run: waitersLeave},
		{name: "slots/retry", when: func(o Options) bool { return o.Limit > 0 && o.Retries }, run: noHoldAndWait},
	}
}

// crowd counts the handlers that run at once.
type crowd struct {
	mu        sync.Mutex
	now, most int
}

func (c *crowd) enter() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now++
	c.most = max(c.most, c.now)
}

func (c *crowd) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now--
}

func (c *crowd) peak() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.most
}

// settle is the longest that a slot may be kept for an exchange whose end the
// wrapper could not see.
const settle = 2 * time.Minute

// limitHeld: the server never sees more than the limit, whose slots last as
// long as the bodies do.
func limitHeld(e *env) {
	var c crowd
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
		c.enter()
		defer c.leave()
		io.WriteString(w, "a")
		http.NewResponseController(w).Flush()
		e.wait(time.Second)
		io.WriteString(w, "b")
	})
	var all sync.WaitGroup
	for range 6 * e.Limit {
		call := e.send(e.distinct("/crowd"))
		all.Go(func() {
			if a := <-call; a.err == nil {
				io.Copy(io.Discard, a.resp.Body)
				a.resp.Body.Close()
			} else {
				e.failf("a call that waits for a slot must be sent when one is free; it failed: %v", a.err)
			}
		})
	}
	all.Wait()
	if c.peak() > e.Limit {
		e.failf("a slot must be held until the body has ended; the server saw %d calls at once where %d are allowed", c.peak(), e.Limit)
	}
	if c.peak() < e.Limit {
		e.failf("all %d slots must be used while calls wait; the server never saw more than %d at once", e.Limit, c.peak())
	}
}

// fresh expects a whole limit of calls to get through, together, within d.
func (e *env) fresh(d time.Duration, after string) {
	e.probe.fail(nil)
	e.after = "after " + after + " the slots must be free again: "
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) { e.wait(2 * time.Second) })
	start := time.Now()
	reqs := make([]*http.Request, e.Limit)
	for i := range reqs {
		reqs[i] = e.distinct("/fresh")
	}
	for _, a := range e.sendAll(reqs...) {
		if a.err != nil {
			e.failf("after %s a slot must be free again; a call failed: %v", after, a.err)
		}
	}
	if took := time.Since(start) - 2*time.Second; took > d {
		e.failf("after %s the slots must be free within %s; %d calls took %s to begin together", after, d, e.Limit, took)
	}
}

// soon allows for a rate limit that the wrapper may keep as well.
func (e *env) soon() time.Duration { return time.Second + e.Patience }

// freedAtEOF: reading to the end is enough.
func freedAtEOF(e *env) {
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
		io.WriteString(w, "a")
		http.NewResponseController(w).Flush()
		io.WriteString(w, "b")
	})
	for range e.Limit {
		io.Copy(io.Discard, e.roundTrip(e.distinct("/eof")).Body)
	}
	e.fresh(e.soon(), "bodies read to their end, but not closed")
}

// freedWithoutContent: nobody reads a body that is not there.
func freedWithoutContent(e *env) {
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
		if r.Method != http.MethodHead {
			w.WriteHeader(http.StatusNoContent)
		}
	})
	for i := range e.Limit {
		method := http.MethodDelete
		if i%2 == 1 {
			method = http.MethodHead
		}
		e.roundTrip(e.request(method, e.numbered("/nothing"), nil))
	}
	e.fresh(e.soon(), "answers without a body (204, HEAD) that were neither read nor closed")
}

// freedAfterClose: an early Close returns at once, and frees the slot when the
// server has finished, not before.
func freedAfterClose(e *env) {
	var c crowd
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
		c.enter()
		defer c.leave()
		io.WriteString(w, "a")
		http.NewResponseController(w).Flush()
		e.wait(time.Second)
		io.WriteString(w, "b")
	})
	var all sync.WaitGroup
	for range 3 * e.Limit {
		ctx, cancel := context.WithCancel(e.ctx)
		call := e.send(e.distinct("/close").WithContext(ctx))
		all.Go(func() {
			defer cancel() // as callers do; it must not cut what goes on behind the Close
			a := <-call
			if a.err != nil {
				return
			}
			start := time.Now()
			a.resp.Body.Close()
			if took := time.Since(start); took > e.Patience {
				e.failf("Close must return at once; it took %s", took)
			}
		})
	}
	all.Wait()
	if c.peak() > e.Limit {
		e.failf("an early Close must not free the slot before the server has finished; the server saw %d calls at once where %d are allowed", c.peak(), e.Limit)
	}
	e.fresh(settle, "bodies closed before their end")
}

// freedAfterFailure: no failure keeps a slot for good.
func freedAfterFailure(e *env) {
	for what, instead := range map[string]func(*http.Request) (*http.Response, error){
		"errors of the base": func(*http.Request) (*http.Response, error) { return nil, errBase },
		"panics of the base": func(*http.Request) (*http.Response, error) { panic(errBase) },
	} {
		e.probe.fail(instead)
		for range e.Limit {
			done := make(chan struct{})
			go func() {
				defer close(done)
				defer func() { _ = recover() }() // a panic may be handed on to its caller
				e.rt.RoundTrip(e.request(http.MethodPost, "/fails", strings.NewReader("content")))
			}()
			select {
			case <-done:
			case <-time.After(hour):
				e.fatalf("RoundTrip must return; an hour later it had not")
			}
		}
		e.fresh(settle, what)
	}
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) { panic(http.ErrAbortHandler) })
	for range e.Limit {
		if a := e.await(e.send(e.request(http.MethodPost, "/cut", strings.NewReader("content")))); a.err == nil {
			e.readErr(a.resp)
		}
	}
	e.fresh(settle, "connections that broke")
}

// waitersLeave: who gives up waiting is let go at once, has sent nothing, and
// keeps nobody else waiting.
func waitersLeave(e *env) {
	release := make(chan struct{})
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
		select {
		case <-release:
		case <-e.done:
		}
	})
	holders := make([]<-chan answer, e.Limit)
	for i := range holders {
		holders[i] = e.send(e.distinct("/hold"))
	}
	time.Sleep(e.soon())
	seen := e.arrived()

	ctx, cancel := context.WithCancel(e.ctx)
	type waiter struct {
		call <-chan answer
		body *body
	}
	waiters := make([]waiter, 40)
	for i := range waiters {
		b := newBody(strings.NewReader("content"))
		req := e.request(http.MethodPost, "/wait", nil).WithContext(ctx)
		req.Body, req.ContentLength = b, 7
		waiters[i] = waiter{e.send(req), b}
	}
	time.Sleep(time.Second)
	cancel()
	for _, w := range waiters {
		a := e.await(w.call)
		if late := a.took - time.Second; late > e.Patience {
			e.failf("a call that is cancelled while it waits must return at once; it took %s more", late)
		}
		if a.err == nil || !errors.Is(a.err, context.Canceled) {
			e.failf("a call that is cancelled while it waits must fail with context.Canceled; it returned %v", a.err)
		}
		synctest.Wait()
		reads, closes := w.body.counts()
		if reads > 0 {
			e.failf("a call that is never sent must not read its body; it did")
		}
		if closes == 0 {
			e.failf("a call that is cancelled while it waits must close its body; it did not")
		}
	}
	if n := e.arrived() - seen; n > 0 {
		e.failf("a call that is cancelled while it waits must not be sent; %d arrived", n)
	}
	close(release)
	for _, call := range holders {
		if a := e.await(call); a.err == nil {
			e.read(a.resp)
		}
	}
	e.fresh(e.soon(), "40 waiters that left")
}

// noHoldAndWait: a call that is to be sent again lets go of its slot first.
func noHoldAndWait(e *env) {
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
		if n <= e.Limit {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			io.WriteString(w, strings.Repeat("too many ", 1000))
		}
	})
	reqs := make([]*http.Request, 2*e.Limit)
	for i := range reqs {
		reqs[i] = e.distinct("/chain")
	}
	for _, a := range e.sendAll(reqs...) {
		if a.err != nil {
			e.failf("a call that is sent again must not hold a slot while it asks for another; it failed: %v", a.err)
		}
	}
}
