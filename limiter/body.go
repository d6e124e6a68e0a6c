package limiter

import (
	"errors"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/goodtenant/goodtenant/internal/body"
)

// answer is the body that the app gets while the exchange goes on. It is
// allocated apart from its attempt: net/http's body points back at the response
// and so at this, and only what nothing else points at is ever collected.
type answer struct {
	rc      io.ReadCloser
	a       *attempt
	prefix  []byte // read already
	stream  bool   // has no end: Close cuts it
	bare    bool   // the mode was Observe: Close cuts it, as without us
	up      bool   // an upgraded connection: it is over when either side closes it
	cleanup runtime.Cleanup

	mu      sync.Mutex
	reading bool
	closed  bool
	ended   bool
	left    error       // the app's context has ended
	unwatch func() bool // of the app's context
}

// duplex is the answer to an upgrade: it is written to as well, and may be closed for
// writing alone.
func (b *answer) duplex() io.ReadCloser {
	switch w := b.rc.(type) {
	case interface {
		io.Writer
		CloseWrite() error
	}:
		return struct {
			*answer
			io.Writer
			closeWriter
		}{b, w, w}
	case io.Writer:
		return struct {
			*answer
			io.Writer
		}{b, w}
	}
	return b
}

type closeWriter interface{ CloseWrite() error }

// self is b, also of what embeds it.
func (b *answer) self() *answer { return b }

// handOut gives resp's body to the app, to be watched until it ends.
func (a *attempt) handOut(resp *http.Response, prefix []byte, stream, bare bool) *answer {
	b := &answer{rc: resp.Body, a: a, prefix: prefix, stream: stream, bare: bare, up: resp.StatusCode == http.StatusSwitchingProtocols}
	b.cleanup = runtime.AddCleanup(b, func(a *attempt) { a.core.drop(a) }, a)
	a.core.opened(a)
	resp.Body = b
	if b.up {
		resp.Body = b.duplex()
	}
	return b
}

// Read reads on. EOF frees the slot; an error keeps it for Linger.
func (b *answer) Read(p []byte) (int, error) {
	b.mu.Lock()
	switch {
	case b.left != nil:
		defer b.mu.Unlock()
		return 0, b.left
	case b.closed:
		b.mu.Unlock()
		return 0, http.ErrBodyReadAfterClose
	case len(b.prefix) > 0:
		defer b.mu.Unlock()
		n := copy(p, b.prefix)
		b.prefix = b.prefix[n:]
		return n, nil
	}
	b.reading = true
	b.mu.Unlock()
	n, err := b.rc.Read(p)
	b.mu.Lock()
	b.reading = false
	left := b.left
	b.mu.Unlock()
	b.a.noteRead()
	switch {
	case err == io.EOF:
		b.end(EndEOF)
	case err != nil:
		b.end(EndCut)
		if left != nil {
			err = left
		}
	}
	return n, err
}

// Close returns at once. An answer that has not ended is read on behind the
// app's back, since the platform goes on with it: up to body.DrainLimit and
// lingerCap, which also saves the connection.
func (b *answer) Close() error {
	b.mu.Lock()
	if b.closed || b.left != nil {
		b.closed = true
		b.mu.Unlock()
		return nil
	}
	b.closed = true
	ended, on := b.ended, !b.reading && !b.stream && !b.bare
	b.mu.Unlock()
	if !ended && on {
		b.release()
		b.a.core.loose(b.a, func() { b.a.drain(b.rc) })
		return nil
	}
	err := b.rc.Close()
	b.end(EndCut)
	return err
}

// leave is called when the app's context ends before the body does.
func (b *answer) leave(why error) {
	on := !b.stream && b.a.core.runsOn(&b.a.ticket)
	b.mu.Lock()
	if b.ended || b.closed || b.left != nil {
		b.mu.Unlock()
		return
	}
	b.left = why
	reading := b.reading
	b.mu.Unlock()
	if reading || !on {
		b.a.cancel(why)
		if !reading {
			b.rc.Close()
		}
		b.end(EndCut)
		return
	}
	b.release()
	b.a.core.loose(b.a, func() { b.a.drain(b.rc) })
}

// release lets go of what watches the body.
func (b *answer) release() {
	b.cleanup.Stop()
	b.a.core.shut(b.a)
	b.mu.Lock()
	unwatch := b.unwatch
	b.mu.Unlock()
	if unwatch != nil {
		unwatch()
	}
}

func (b *answer) end(how EndKind) {
	b.mu.Lock()
	if b.ended {
		b.mu.Unlock()
		return
	}
	b.ended = true
	b.mu.Unlock()
	if b.up {
		how = EndEOF
	}
	b.release()
	b.a.finish(how)
}

func (a *attempt) noteRead() {
	a.mu.Lock()
	a.reads++
	a.mu.Unlock()
}

// drain reads what the app does not want, so that the slot is free when the
// platform has finished.
func (a *attempt) drain(rc io.ReadCloser) {
	stop := time.AfterFunc(lingerCap, func() { a.cancel(errLong) })
	defer stop.Stop()
	if body.Drain(rc) {
		a.finish(EndEOF)
		return
	}
	a.cancel(errLong)
	a.finish(EndCut)
}

var errLong = errors.New("limiter: an answer that nobody waits for did not end")

// fetched is a body that was read inside RoundTrip, or that is read to its end
// by a goroutine of ours.
type fetched struct {
	mu     sync.Mutex
	data   []byte
	err    error // after data; io.EOF as a rule
	tail   *tail // nil: err is known
	closed bool
}

// tail is the end of a body that is waited for: trailers come with it. Who reads
// up to it waits no longer than the app wants.
type tail struct {
	done   chan struct{}
	data   []byte // what came although nothing was announced
	err    error
	req    *http.Request // the app's
	closed chan struct{} // by Close
}

// wait waits for the end, or gives the reason why not.
func (t *tail) wait() error {
	select {
	case <-t.done:
		return nil
	default:
	}
	select {
	case <-t.done:
		return nil
	case <-t.req.Context().Done():
		return leftBecause(t.req.Context())
	case <-t.req.Cancel:
		return errCanceled
	case <-t.closed:
		return http.ErrBodyReadAfterClose
	}
}

func (f *fetched) Read(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return 0, http.ErrBodyReadAfterClose
	}
	if len(f.data) == 0 && f.tail != nil {
		t := f.tail
		f.mu.Unlock()
		err := t.wait()
		f.mu.Lock()
		if err != nil {
			return 0, err
		}
		if f.tail != nil {
			f.data, f.err, f.tail = t.data, t.err, nil
		}
	}
	if len(f.data) > 0 {
		n := copy(p, f.data)
		f.data = f.data[n:]
		return n, nil
	}
	return 0, f.err
}

func (f *fetched) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed && f.tail != nil {
		close(f.tail.closed)
	}
	f.closed = true
	return nil
}

// settle looks at an answer before the app does: what has no content is read to
// its end here, a small JSON body too. later, where not nil, waits for the end of
// the stream and is to be run on a goroutine.
func (a *attempt) settle(req *http.Request, resp *http.Response) (later func()) {
	cfg := &a.core.cfg
	switch {
	case resp.Body == http.NoBody:
		a.finish(EndEOF)
		return nil
	case resp.StatusCode == http.StatusSwitchingProtocols:
		a.handOut(resp, nil, true, false)
		return nil
	case noContent(req, resp):
		return a.waitForEnd(req, resp, nil)
	}
	if cfg.Streams.match(req, resp) {
		if cfg.Streams.Exempt {
			a.finish(EndEOF)
			return nil
		}
		a.handOut(resp, nil, true, false)
		return nil
	}
	if !readsAhead(cfg.ReadAhead, resp) {
		a.handOut(resp, nil, false, false)
		return nil
	}
	data := make([]byte, resp.ContentLength)
	n, err := io.ReadFull(resp.Body, data)
	data = data[:n]
	switch {
	case err != nil:
		if err == io.EOF { // net/http says so itself; another base may not
			err = io.ErrUnexpectedEOF
		}
		rc := resp.Body
		resp.Body = &fetched{data: data, err: err}
		rc.Close()
		a.finish(EndCut)
		return nil
	case resp.ProtoMajor >= 2:
		return a.waitForEnd(req, resp, data)
	}
	// over HTTP/1 the end comes with the last byte
	var more [1]byte
	n, err = resp.Body.Read(more[:])
	if err != io.EOF || n > 0 {
		a.handOut(resp, append(data, more[:n]...), false, false)
		return nil
	}
	resp.Body.Close()
	resp.Body = &fetched{data: data, err: io.EOF}
	a.finish(EndEOF)
	return nil
}

// noContent reports whether resp has nothing to be read. Over HTTP/2 its body is
// not http.NoBody, and its stream may end later than its headers came.
func noContent(req *http.Request, resp *http.Response) bool {
	switch {
	case req.Method == http.MethodHead, resp.StatusCode == http.StatusNoContent, resp.StatusCode == http.StatusNotModified:
		return true
	}
	return resp.ContentLength == 0 && resp.ProtoMajor >= 2
}

func readsAhead(most int, resp *http.Response) bool {
	if resp.ContentLength <= 0 || resp.ContentLength > int64(most) || resp.Uncompressed {
		return false
	}
	t := mediaType(resp.Header)
	return t == "application/json" || strings.HasSuffix(t, "+json")
}

// mediaType is the Content-Type without its parameters, in lower case.
func mediaType(h http.Header) string {
	v := h["Content-Type"]
	if len(v) == 0 {
		return ""
	}
	t, _, _ := strings.Cut(v[0], ";")
	return strings.ToLower(strings.TrimSpace(t))
}

// waitForEnd leaves the end of the stream to a goroutine. A Read that comes to
// that point waits for it too, as it would without us.
func (a *attempt) waitForEnd(req *http.Request, resp *http.Response, data []byte) func() {
	t := &tail{done: make(chan struct{}), req: req, closed: make(chan struct{})}
	rc := resp.Body
	resp.Body = &fetched{data: data, tail: t}
	return func() {
		stop := time.AfterFunc(lingerCap, func() { a.cancel(errLong) })
		defer stop.Stop()
		t.data, t.err = io.ReadAll(io.LimitReader(rc, 64<<10))
		how := EndCut
		if t.err == nil {
			t.err, how = io.EOF, EndEOF
		}
		rc.Close()
		close(t.done)
		a.finish(how)
	}
}

// match reports whether an answer is a stream by the policy.
func (s *Streams) match(req *http.Request, resp *http.Response) bool {
	if t := mediaType(resp.Header); t == "text/event-stream" || slices.Contains(s.Types, t) && t != "" {
		return true
	}
	for _, p := range s.Paths {
		if req.URL != nil && strings.HasPrefix(req.URL.Path, p) {
			return true
		}
	}
	return false
}
