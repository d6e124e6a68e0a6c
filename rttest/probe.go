package rttest

import (
	"io"
	"net/http"
	"sync"
)

// probe is the base that the wrapper is given: a transport that counts what
// comes through, what is closed, and can be made to fail.
type probe struct {
	next *http.Transport

	mu      sync.Mutex
	calls   int
	open    int // bodies handed up that have neither been closed nor come to their end
	idle    int // calls of CloseIdleConnections
	instead func(*http.Request) (*http.Response, error)
}

func (p *probe) RoundTrip(req *http.Request) (*http.Response, error) {
	p.mu.Lock()
	p.calls++
	instead := p.instead
	p.mu.Unlock()
	if instead != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return instead(req)
	}
	resp, err := p.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	p.open++
	p.mu.Unlock()
	body := &probedBody{ReadCloser: resp.Body, p: p}
	if w, ok := resp.Body.(io.Writer); ok {
		resp.Body = struct {
			*probedBody
			io.Writer
		}{body, w}
	} else {
		resp.Body = body
	}
	return resp, nil
}

func (p *probe) CloseIdleConnections() {
	p.mu.Lock()
	p.idle++
	p.mu.Unlock()
	p.next.CloseIdleConnections()
}

// fail makes every further call end in f instead; nil: not any more.
func (p *probe) fail(f func(*http.Request) (*http.Response, error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.instead = f
}

func (p *probe) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls
}

func (p *probe) stillOpen() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open
}

func (p *probe) idleCloses() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.idle
}

type probedBody struct {
	io.ReadCloser
	p    *probe
	once sync.Once
}

func (b *probedBody) Read(buf []byte) (int, error) {
	n, err := b.ReadCloser.Read(buf)
	if err != nil {
		b.end()
	}
	return n, err
}

func (b *probedBody) Close() error {
	b.end()
	return b.ReadCloser.Close()
}

func (b *probedBody) end() {
	b.once.Do(func() {
		b.p.mu.Lock()
		b.p.open--
		b.p.mu.Unlock()
	})
}

// body is a request body that counts what is done to it.
type body struct {
	mu     sync.Mutex
	r      io.Reader
	reads  int
	closes int
}

func newBody(r io.Reader) *body { return &body{r: r} }

func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	b.reads++
	b.mu.Unlock()
	return b.r.Read(p)
}

func (b *body) Close() error {
	b.mu.Lock()
	b.closes++
	b.mu.Unlock()
	return nil
}

func (b *body) counts() (reads, closes int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.reads, b.closes
}
