package limiter

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"weak"

	"github.com/goodtenant/goodtenant/internal/body"
	"github.com/goodtenant/goodtenant/internal/call"
	"github.com/goodtenant/goodtenant/policy"
)

// RoundTrip sends req when the limits allow it, and again after a throttled
// answer, each time admitted and counted. A call refused here is a bare
// *RefusedError; any answer that came is returned with a nil error, the last 429
// too.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL == nil {
		body.CloseRequest(req)
		return nil, errors.New("limiter: Request.URL is nil")
	}
	ctx := req.Context()
	if ctx.Err() != nil {
		body.CloseRequest(req)
		return nil, leftBecause(ctx)
	}
	k := &sending{t: t, req: req, ctx: ctx} // stays on the stack
	returned := false
	defer func() {
		if !returned { // a callback has panicked: nothing is kept
			k.abort()
		}
	}()
	resp, err := k.run()
	returned = true
	return resp, err
}

// sending is one call: its attempts, and what they have in common.
type sending struct {
	t          *Transport
	req        *http.Request
	ctx        context.Context
	src        *body.Source // nil: no body
	a          *attempt     // the current one, until its ticket is somebody else's business
	n          int          // re-sends so far
	bodyClosed bool
}

// costMost bounds what one call can be billed.
const costMost = 1 << 30

func (k *sending) run() (*http.Response, error) {
	t, c := k.t, k.t.core
	name, cost := "", 1
	if f := c.cfg.Tenant; f != nil {
		name = f(k.req)
	}
	if f := c.cfg.Cost; f != nil {
		cost = min(max(1, f(k.req)), costMost)
	}
	var kept *http.Response // a throttled answer that was to be sent again
	for ; ; k.n++ {
		a := k.attempt(name, cost)
		err := c.admit(k.ctx, a.until, k.req.Cancel, &a.ticket)
		c.speak()
		if err != nil {
			k.abort()
			c.refusedHook(k.ctx, err)
			c.dayHooks(k.ctx, &a.ticket)
			if _, refused := err.(*RefusedError); refused && kept != nil {
				return kept, nil
			}
			return nil, err
		}
		k.a = a
		c.admittedHooks(k.ctx, &a.ticket, k.n)
		if a.ticket.observed && k.n == 0 {
			return k.observe()
		}
		resp, err := k.send()
		if err != nil {
			if !k.again(err) {
				return nil, err
			}
			continue
		}
		th, busy := t.classify(resp)
		if th.Kind == 0 {
			return k.deliver(resp), nil
		}
		wait := k.throttled(resp, th, busy)
		if wait < 0 {
			return k.deliver(resp), nil
		}
		if kept = k.keep(resp); kept == nil {
			return k.deliver(resp), nil
		}
		c.resentHook(k.ctx, &a.ticket, k.n+1, wait)
		if why, closed := k.sleep(wait); why != nil {
			k.abort()
			return nil, why
		} else if closed {
			k.abort()
			return kept, nil
		}
	}
}

// attempt makes the next one.
func (k *sending) attempt(name string, cost int) *attempt {
	a := &attempt{}
	a.core, a.values, a.hooked = k.t.core, k.ctx, k.t.hooked
	a.until, _ = k.ctx.Deadline()
	p := &a.ticket // filled in place: it is large
	p.name, p.cost, p.method, p.attempt = name, cost, k.req.Method, a
	p.lane = laneOf(PriorityOf(k.ctx))
	p.front = call.OriginOf(k.ctx) != call.App
	p.asks = k.n == 0
	p.again = p.front || k.n > 0
	return a
}

// closeBody closes the request's body, once.
func (k *sending) closeBody() {
	switch {
	case k.src != nil:
		k.src.Abort()
	case !k.bodyClosed:
		body.CloseRequest(k.req)
	}
	k.bodyClosed = true
}

// abort closes the request's body and gives back what the current attempt holds.
func (k *sending) abort() {
	k.closeBody()
	if a := k.a; a != nil {
		k.a = nil
		a.cancel(errCanceled)
		a.mu.Lock()
		used := a.conns > 0 || a.written
		a.mu.Unlock()
		if used {
			a.finish(EndCut)
		} else {
			a.finish(EndUnsent)
		}
	}
}

// send makes the current attempt and gives its answer, or why there is none.
func (k *sending) send() (*http.Response, error) {
	a, req := k.a, k.req
	if k.n == 0 && req.Body != nil && req.Body != http.NoBody {
		k.src = body.NewSource(req, max(0, k.t.core.cfg.Retry.MaxBody))
	}
	ctx := context.Context(a)
	if k.n > 0 {
		ctx = call.WithResend(ctx, k.n)
	}
	out := req.WithContext(ctx)
	out.Cancel = nil
	if k.src != nil {
		rc, err := k.src.Next()
		if err != nil {
			k.abort()
			return nil, err
		}
		out.Body = rc
	}
	switch leaves := k.ctx.Done() != nil || req.Cancel != nil; {
	case !leaves:
		return k.came(k.t.roundTrip(out))
	case a.ticket.runsOn:
		return k.sendApart(out)
	}
	// the exchange ends with the caller's interest in it, as without us
	out.Cancel = req.Cancel
	stop := cancelWith(k.ctx, a)
	resp, err := k.t.roundTrip(out)
	stop()
	return k.came(resp, err)
}

// cancelWith cancels a when the app's context ends.
func cancelWith(ctx context.Context, a *attempt) (stop func() bool) {
	return context.AfterFunc(ctx, func() { a.cancel(leftBecause(ctx)) })
}

// roundTrip asks the base and mends what it must not do.
func (t *Transport) roundTrip(out *http.Request) (*http.Response, error) {
	resp, err := t.Unwrap().RoundTrip(out)
	switch {
	case err != nil:
		if resp != nil && resp.Body != nil {
			resp.Body.Close()
		}
		return nil, err
	case resp == nil:
		return nil, fmt.Errorf("limiter: %T returned neither a response nor an error", t.Unwrap())
	}
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	return resp, nil
}

// came takes in the end of an attempt that the caller has waited for.
func (k *sending) came(resp *http.Response, err error) (*http.Response, error) {
	a := k.a
	if err == nil {
		a.answered(resp)
		if f := a.core.cfg.Hooks.Adapted; f != nil && a.ticket.news != nil {
			for _, x := range a.ticket.news.adapted {
				f(k.ctx, x)
			}
		}
		return resp, nil
	}
	k.a = nil
	a.failed(k.t)
	if refused, ok := a.canceledBy().(*RefusedError); ok {
		err = refused
	} else if k.ctx.Err() != nil {
		err = leftBecause(k.ctx)
	}
	return nil, err
}

// answered stamps the answer.
func (a *attempt) answered(resp *http.Response) {
	a.mu.Lock()
	a.status = resp.StatusCode
	a.mu.Unlock()
	a.core.answered(&a.ticket)
	a.core.advised(&a.ticket, resp.Header)
}

// failed ends an attempt without an answer: given back where nothing can have
// been written, held for Linger where something may have been.
func (a *attempt) failed(t *Transport) {
	a.mu.Lock()
	conns, cancelled := a.conns, a.cause != nil
	a.mu.Unlock()
	switch {
	case conns > 0 || a.core.touchedBy(&a.ticket):
		a.finish(EndCut)
	case t.hooked.v.Load():
		a.finish(EndUnsent)
	case cancelled:
		a.finish(EndCut)
	default: // a base without hooks: its call is over, and counts
		a.finish(EndEOF)
	}
}

// deliver hands the answer to the app.
func (k *sending) deliver(resp *http.Response) *http.Response {
	a := k.a
	k.a = nil
	k.src.Finish()
	if a == nil {
		return resp // kept: it was read already
	}
	resp.Request = k.req
	var stop func() bool
	if k.ctx.Done() != nil && readsAhead(a.core.cfg.ReadAhead, resp) {
		// who leaves while a small body is read ahead is not held up
		stop = cancelWith(k.ctx, a)
	}
	later := a.settle(k.req, resp)
	if stop != nil {
		stop()
	}
	if later != nil {
		a.core.loose(a, later)
	}
	k.watch(resp)
	return resp
}

// watch lets the caller's leaving interrupt a body that has not ended.
func (k *sending) watch(resp *http.Response) {
	given, ok := resp.Body.(interface{ self() *answer })
	ctx, cancel := k.ctx, k.req.Cancel
	if !ok || ctx.Done() == nil && cancel == nil {
		return
	}
	b := given.self()
	w := weak.Make(b) // a body that the app drops is collected however long its context lives
	leave := func(why error) {
		if b := w.Value(); b != nil {
			b.leave(why)
		}
	}
	var unwatch func() bool
	if ctx.Done() != nil {
		unwatch = context.AfterFunc(ctx, func() { leave(leftBecause(ctx)) })
	} else {
		ended := make(chan struct{})
		unwatch = sync.OnceValue(func() bool { close(ended); return true })
		go func() {
			select {
			case <-cancel:
				leave(errCanceled)
			case <-ended:
			}
		}()
	}
	b.mu.Lock()
	b.unwatch = unwatch
	over := b.ended || b.closed
	b.mu.Unlock()
	if over {
		unwatch()
	}
}

// runsOn tells whether an exchange of p's tenant that the app leaves is seen to
// its end: only where slots are counted.
func (c *core) runsOn(p *ticket) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.runsOnLocked(p)
}

func (c *core) runsOnLocked(p *ticket) bool {
	return c.cfg.RunOn != policy.Off && (c.app.slotMax > 0 || p.t.scope.slotMax > 0)
}

func (c *core) ranOn() {
	c.mu.Lock()
	c.totals.RunOn++
	c.mu.Unlock()
}

func (c *core) touchedBy(p *ticket) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return p.sent
}

// leftBecause is ctx's error, with its cause where there is another one:
// errors.Is finds both.
func leftBecause(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if cause == nil || cause == err {
		return err
	}
	return &leftError{err, cause}
}

type leftError struct{ err, cause error }

func (e *leftError) Error() string   { return e.cause.Error() }
func (e *leftError) Unwrap() []error { return []error{e.err, e.cause} }

// Timeout is true where the deadline was the cause.
func (e *leftError) Timeout() bool { return e.err == context.DeadlineExceeded }
