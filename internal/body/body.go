// Package body holds what every layer needs to do with HTTP bodies: know when a
// response body has ended, drain one without being held up, hand a request body
// out once per attempt, and look into one without losing it.
package body

import (
	"io"
	"net/http"
	"sync"
)

// End says how a response body ended.
type End uint8

const (
	// EOF: read to its end; the server has finished.
	EOF End = iota + 1
	// Failed: a read error.
	Failed
	// Closed: closed before its end.
	Closed
)

// OnEnd returns rc with f called once, at EOF, at a read error or at Close,
// whichever comes first. An io.Writer (a 101 body) stays one, and one that can be
// closed for writing alone stays that too. f runs on the reader's goroutine, before
// Read or Close returns.
func OnEnd(rc io.ReadCloser, f func(End)) io.ReadCloser {
	e := &ending{ReadCloser: rc, f: f}
	if w, ok := rc.(halfCloser); ok {
		return struct {
			*ending
			halfCloser
		}{e, w}
	}
	if w, ok := rc.(io.Writer); ok {
		return struct {
			*ending
			io.Writer
		}{e, w}
	}
	return e
}

// halfCloser is what is written to and closed for writing alone.
type halfCloser interface {
	io.Writer
	CloseWrite() error
}

type ending struct {
	io.ReadCloser
	once sync.Once
	f    func(End)
}

func (e *ending) Read(p []byte) (int, error) {
	n, err := e.ReadCloser.Read(p)
	switch {
	case err == io.EOF:
		e.end(EOF)
	case err != nil:
		e.end(Failed)
	}
	return n, err
}

func (e *ending) Close() error {
	defer e.end(Closed)
	return e.ReadCloser.Close()
}

func (e *ending) end(how End) { e.once.Do(func() { e.f(how) }) }

// DrainLimit is how much of a response that nobody wants is read so that its
// connection can be used again.
const DrainLimit = 256 << 10

// Drain reads at most DrainLimit bytes of rc and closes it. It tells whether
// the end was reached. It may block as long as the server stalls; callers give
// the exchange a deadline.
func Drain(rc io.ReadCloser) (ended bool) {
	if rc == nil {
		return true
	}
	_, err := io.CopyN(io.Discard, rc, DrainLimit)
	rc.Close()
	return err == io.EOF
}

// CloseRequest closes a request's body where there is one: a RoundTripper owes
// that on every path. A body whose Close panics is contained (faults.md 9).
func CloseRequest(req *http.Request) {
	if req == nil || req.Body == nil {
		return
	}
	defer func() { _ = recover() }()
	req.Body.Close()
}

// Peek reads a request body of at most max bytes whole. Where the body is
// larger, whole is false and rest replays what was read, followed by what was
// not; where it is whole, rest is nil and the body is closed. A read error
// closes the body and is returned as it came.
func Peek(rc io.ReadCloser, max int64) (data []byte, whole bool, rest io.ReadCloser, err error) {
	if rc == nil || rc == http.NoBody {
		return nil, true, nil, nil
	}
	data, err = io.ReadAll(io.LimitReader(rc, max+1))
	if err != nil {
		rc.Close()
		return nil, false, nil, err
	}
	if int64(len(data)) <= max {
		rc.Close()
		return data, true, nil, nil
	}
	return data, false, &prefixed{head: data, rc: rc}, nil
}

// prefixed gives back a prefix that was read, then the rest.
type prefixed struct {
	head []byte
	rc   io.ReadCloser
}

func (p *prefixed) Read(b []byte) (int, error) {
	if len(p.head) > 0 {
		n := copy(b, p.head)
		p.head = p.head[n:]
		return n, nil
	}
	return p.rc.Read(b)
}

func (p *prefixed) Close() error { return p.rc.Close() }
