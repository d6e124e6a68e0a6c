package dedupe

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// answer is a response with its whole body, to be copied for each who shares it.
type answer struct {
	resp *http.Response // its Body is spent
	data []byte
}

// copyFor makes a response that shares nothing mutable with others.
func (a *answer) copyFor(req *http.Request) *http.Response {
	resp := *a.resp
	resp.Header = a.resp.Header.Clone()
	resp.Trailer = a.resp.Trailer.Clone()
	resp.TransferEncoding = append([]string(nil), a.resp.TransferEncoding...)
	resp.Request = req
	resp.Body = http.NoBody
	if len(a.data) > 0 {
		resp.Body = &copyBody{r: bytes.NewReader(a.data)}
	}
	return &resp
}

// copyBody reads an answer's bytes and, as every HTTP body, none after Close.
type copyBody struct {
	r      *bytes.Reader
	closed atomic.Bool
}

func (b *copyBody) Read(p []byte) (int, error) {
	if b.closed.Load() {
		return 0, http.ErrBodyReadAfterClose
	}
	return b.r.Read(p)
}

func (b *copyBody) Close() error {
	b.closed.Store(true)
	return nil
}

// shareable tells by its headers whether a response may go to several callers of
// one principal.
func (s *state) shareable(resp *http.Response) bool {
	h := resp.Header
	if resp.StatusCode == http.StatusSwitchingProtocols || len(h["Set-Cookie"]) > 0 ||
		anyToken(h["Cache-Control"], "no-store") || resp.ContentLength > s.cfg.Coalesce.MaxBody ||
		isStream(h.Get("Content-Type")) {
		return false
	}
	for _, v := range h["Vary"] {
		for name := range strings.SplitSeq(v, ",") {
			name = strings.TrimSpace(name)
			if name == "*" || s.headers.of(name) == ignored {
				return false
			}
		}
	}
	return true
}

// patience is how long those who share wait for the end of a body whose length
// is not known: JSON that never ends looks like any other.
const patience = 2 * time.Second

// gather reads resp's body whole and returns it as an answer. A body that is
// larger than max, fails, or does not end in time is no answer: then resp comes
// back as it was, with what was read put before the rest.
func gather(resp *http.Response, max int64) (*answer, *http.Response) {
	g := &gathering{ReadCloser: resp.Body, max: max, done: make(chan struct{})}
	if resp.ContentLength >= 0 {
		g.fill()
	} else {
		go g.fill()
		timer := time.NewTimer(patience)
		defer timer.Stop()
		select {
		case <-g.done:
		case <-timer.C:
			g.enough.Store(true)
			resp.Body = g
			return nil, resp
		}
	}
	if g.err != io.EOF || int64(len(g.data)) > max {
		resp.Body = g
		return nil, resp
	}
	resp.Body.Close()
	return &answer{resp: resp, data: g.data}, nil
}

// gathering reads ahead until the end, the bound, or until told that it is
// enough; then it is a body that gives what was read, and reads on.
type gathering struct {
	io.ReadCloser
	max    int64
	enough atomic.Bool
	done   chan struct{} // closed when fill has ended; data and err belong to fill before, to Read after
	data   []byte
	err    error
}

func (g *gathering) fill() {
	defer close(g.done)
	for g.err == nil && int64(len(g.data)) <= g.max && !g.enough.Load() {
		if len(g.data) == cap(g.data) {
			g.data = append(g.data, make([]byte, max(512, len(g.data)))...)[:len(g.data)]
		}
		var n int
		n, g.err = g.ReadCloser.Read(g.data[len(g.data):cap(g.data)])
		g.data = g.data[:len(g.data)+n]
	}
}

func (g *gathering) Read(p []byte) (int, error) {
	<-g.done
	switch {
	case len(g.data) > 0:
		n := copy(p, g.data)
		g.data = g.data[n:]
		return n, nil
	case g.err != nil:
		return 0, g.err
	}
	n, err := g.ReadCloser.Read(p)
	g.err = err
	return n, err
}
