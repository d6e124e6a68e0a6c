package rttest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// right keeps every promise: a limit whose slots last until the exchange has
// ended, and retries after a 429. It shows that the checks can be passed.
type right struct {
	base  http.RoundTripper
	slots chan struct{}
}

func newRight(limit int) func(http.RoundTripper) http.RoundTripper {
	return func(base http.RoundTripper) http.RoundTripper {
		return &right{base: base, slots: make(chan struct{}, limit)}
	}
}

func (t *right) next() http.RoundTripper {
	if t.base == nil {
		return http.DefaultTransport
	}
	return t.base
}

func (t *right) Unwrap() http.RoundTripper              { return t.next() }
func (t *right) WrappedRoundTripper() http.RoundTripper { return t.next() }
func (t *right) CloseIdleConnections() {
	if c, ok := t.next().(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func (t *right) RoundTrip(req *http.Request) (*http.Response, error) {
	again := t.rewinder(req)
	for attempt := 1; ; attempt++ {
		resp, err := t.once(req, again.body())
		if err != nil || resp.StatusCode != http.StatusTooManyRequests || attempt == 3 || !again.possible() {
			return resp, err
		}
		wait := after(resp)
		if end, ok := req.Context().Deadline(); wait > time.Minute || ok && time.Until(end) < wait {
			return resp, nil
		}
		kept, err := io.ReadAll(resp.Body)
		if err != nil {
			return nil, err
		}
		resp.Body.Close()
		if err := again.rewind(); err != nil {
			resp.Body = io.NopCloser(bytes.NewReader(kept))
			return resp, nil
		}
		select {
		case <-time.After(max(wait, 10*time.Millisecond)):
		case <-req.Context().Done():
			return nil, context.Cause(req.Context())
		}
	}
}

func after(resp *http.Response) time.Duration {
	v := resp.Header.Get("Retry-After")
	if at, err := http.ParseTime(v); err == nil {
		date, _ := http.ParseTime(resp.Header.Get("Date"))
		return at.Sub(date)
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if errors.Is(err, strconv.ErrRange) || n > 1e6 {
		return 1e6 * time.Second
	}
	return time.Duration(n) * time.Second
}

// once sends one attempt, which holds a slot until it has ended.
func (t *right) once(req *http.Request, body io.ReadCloser) (*http.Response, error) {
	ctx := req.Context()
	refuse := func(err error) (*http.Response, error) {
		if body != nil {
			body.Close()
		}
		return nil, err
	}
	if err := context.Cause(ctx); err != nil {
		return refuse(err)
	}
	select {
	case t.slots <- struct{}{}:
	case <-ctx.Done():
		return refuse(context.Cause(ctx))
	case <-req.Cancel:
		return refuse(errors.New("canceled"))
	}
	release := sync.OnceFunc(func() { <-t.slots })
	attempt, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
	end := func() { stop(); cancel(nil); release() }
	ok := false
	defer func() {
		if !ok {
			end()
		}
	}()
	clone := req.WithContext(attempt)
	clone.Body = body
	resp, err := t.next().RoundTrip(clone)
	switch {
	case err != nil:
		if resp != nil && resp.Body != nil {
			resp.Body.Close()
		}
		if cause := context.Cause(ctx); cause != nil {
			err = cause // over HTTP/2 net/http tells how the attempt ended, not why
		}
		return nil, err
	case resp == nil:
		return nil, errors.New("the base returned nothing")
	case resp.Body == nil:
		resp.Body = http.NoBody
	}
	ok = true
	resp.Request = req
	if w, isWriter := resp.Body.(io.Writer); isWriter {
		resp.Body = struct {
			io.ReadCloser
			io.Writer
		}{&slotBody{ReadCloser: resp.Body, end: end, stop: func() bool { return stop() }}, w}
		return resp, nil
	}
	b := &slotBody{ReadCloser: resp.Body, end: end, stop: stop}
	if req.Method == http.MethodHead || resp.StatusCode == 204 || resp.ContentLength == 0 {
		b.Read(make([]byte, 1))
	}
	resp.Body = b
	return resp, nil
}

// slotBody ends the attempt at its end. An early Close leaves the rest to a
// goroutine.
type slotBody struct {
	io.ReadCloser
	end  func()
	stop func() bool

	mu     sync.Mutex
	closed bool
	ended  bool
}

func (b *slotBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	closed := b.closed
	b.mu.Unlock()
	if closed {
		return 0, http.ErrBodyReadAfterClose
	}
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.mu.Lock()
		b.ended = true
		b.mu.Unlock()
		b.end()
	}
	return n, err
}

func (b *slotBody) Close() error {
	b.mu.Lock()
	again, ended := b.closed, b.ended
	b.closed = true
	b.mu.Unlock()
	if again {
		return nil
	}
	if _, upgraded := b.ReadCloser.(io.Writer); ended || upgraded {
		b.end()
		return b.ReadCloser.Close()
	}
	if !b.stop() { // cancelled already
		b.end()
		return b.ReadCloser.Close()
	}
	go func() {
		io.Copy(io.Discard, io.LimitReader(b.ReadCloser, 256<<10))
		b.ReadCloser.Close()
		b.end()
	}()
	return nil
}

// rewinder hands out a request's body for each attempt: by GetBody, or from a
// copy of a small one, or only once.
type rewinder struct {
	req  *http.Request
	next io.ReadCloser
	get  func() (io.ReadCloser, error)
	once *copied
}

func (t *right) rewinder(req *http.Request) *rewinder {
	r := &rewinder{req: req, next: req.Body, get: req.GetBody}
	if req.Body != nil && req.Body != http.NoBody && req.GetBody == nil {
		r.once = &copied{ReadCloser: req.Body}
		r.next = r.once
	}
	return r
}

func (r *rewinder) body() io.ReadCloser { return r.next }

func (r *rewinder) possible() bool {
	return r.req.Body == nil || r.req.Body == http.NoBody || r.get != nil || r.once.whole()
}

func (r *rewinder) rewind() (err error) {
	switch {
	case r.req.Body == nil || r.req.Body == http.NoBody:
	case r.get != nil:
		r.next, err = r.get()
	default:
		r.next = io.NopCloser(bytes.NewReader(r.once.kept.Bytes()))
	}
	return err
}

// copied keeps what is read through it, up to 1 MiB.
type copied struct {
	io.ReadCloser
	mu    sync.Mutex
	kept  bytes.Buffer
	ended bool
	lost  bool
}

func (c *copied) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept.Len()+n > 1<<20 {
		c.lost = true
	} else {
		c.kept.Write(p[:n])
	}
	c.ended = c.ended || err == io.EOF
	return n, err
}

func (c *copied) whole() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended && !c.lost
}
