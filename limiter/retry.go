package limiter

import (
	"bytes"
	"io"
	"net/http"
	"time"
)

// Re-sends are bounded by Retry.Max for one call, and by Retry.Budget, a part of
// all calls, for all of them; retryReserve may be made before there were calls,
// and no more than budgetMost are saved up.
const (
	retryReserve = 10
	budgetMost   = 50
)

// keptMost is how much of a throttled answer's body is kept while the call waits
// to be sent again. A larger one is handed on instead.
const keptMost = 64 << 10

// throttled takes in a throttled answer. It gives how long to wait before the
// call is sent again, or -1 where it is not.
func (k *sending) throttled(resp *http.Response, th Throttle, busy bool) time.Duration {
	a, c := k.a, k.t.core
	asked, said := pauseAsked(th, resp.Header, time.Now())
	v := c.throttled(&a.ticket, th, busy, resp.StatusCode, asked, said)
	c.speak()
	if f := c.cfg.Hooks.Throttled; f != nil {
		f(k.ctx, v.told)
	}
	if f := c.cfg.Hooks.Adapted; f != nil {
		for _, x := range v.adapted {
			f(k.ctx, x)
		}
	}
	if th.Kind == Day || !k.mayResend(resp.StatusCode) {
		return -1
	}
	wait := max(v.wait, c.backoff(k.n))
	if v.wait > c.cfg.Retry.Cap {
		return -1
	}
	if d, ok := k.ctx.Deadline(); ok && time.Until(d) <= wait {
		return -1
	}
	if !c.payResend() {
		return -1
	}
	return wait
}

// mayResend reports whether a call with this answer may be sent again.
func (k *sending) mayResend(status int) bool {
	cfg := &k.t.core.cfg
	switch {
	case k.n >= cfg.Retry.Max, !k.src.Replayable():
		return false
	case status == http.StatusServiceUnavailable && !safe(k.req.Method):
		return cfg.Retry.Unsafe503 || idempotent(k.ctx)
	}
	return true
}

func safe(method string) bool {
	switch method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}

// again reports whether an attempt that ended with err is made again: only calls
// marked idempotent are, after a connection error.
func (k *sending) again(err error) bool {
	c := k.t.core
	if _, refused := err.(*RefusedError); refused || k.ctx.Err() != nil || err == errCanceled ||
		!idempotent(k.ctx) || k.n >= c.cfg.Retry.Max || !k.src.Replayable() || !c.payResend() {
		k.closeBody()
		return false
	}
	why, closed := k.sleep(c.backoff(k.n))
	if why != nil || closed {
		k.abort()
		return false
	}
	return true
}

// backoff is the least wait before the n-th re-send: a growing part of the
// shortest window, with jitter, never less than a gap.
func (c *core) backoff(n int) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	base := 250 * time.Millisecond
	if r := c.app.shortest(); r != nil {
		base = max(r.limit.Per/time.Duration(r.limit.Max), r.limit.Per/4)
	}
	return min(c.cfg.Retry.Cap, jitter(min(base, 5*time.Second)<<min(n, 6), 0.5))
}

// payResend takes a re-send from the budget.
func (c *core) payResend() bool {
	if c.cfg.Retry.Budget < 0 {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.budget < 1 {
		return false
	}
	c.budget--
	c.totals.Resent++
	return true
}

// keep reads the answer's body, so that it can be handed on if the re-send is
// refused here, and frees the slot. nil: it is too large, and resp is as it was.
func (k *sending) keep(resp *http.Response) *http.Response {
	a := k.a
	stop := cancelWith(k.ctx, a)
	defer stop()
	slow := time.AfterFunc(lingerDefault, func() { a.cancel(errLong) })
	defer slow.Stop()
	data, err := io.ReadAll(io.LimitReader(resp.Body, keptMost+1))
	if len(data) > keptMost {
		resp.Body = &prefixed{Reader: io.MultiReader(bytes.NewReader(data), resp.Body), Closer: resp.Body}
		return nil
	}
	rc := resp.Body
	resp.Body = &fetched{data: data, err: io.EOF}
	resp.Request = k.req
	rc.Close()
	how := EndEOF
	if err != nil {
		resp.Body = &fetched{data: data, err: err}
		how = EndCut
	}
	k.a = nil
	a.finish(how)
	return resp
}

type prefixed struct {
	io.Reader
	io.Closer
}

// sleep waits before a re-send. why is the caller's leaving; closed is true when
// the Transport was closed.
func (k *sending) sleep(d time.Duration) (why error, closed bool) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil, false
	case <-k.ctx.Done():
		return leftBecause(k.ctx), false
	case <-k.req.Cancel:
		return errCanceled, false
	case <-k.t.core.ending:
		return nil, true
	}
}
