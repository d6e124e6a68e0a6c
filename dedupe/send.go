package dedupe

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"path"
	"sync/atomic"
	"time"
)

// send sends the create once: without GetBody, net/http does not send it again by
// itself (faults.md 103).
func (c *creation) send() (*http.Response, error) {
	sent := newSentBody(c.data)
	resp, err := c.pass(sent)
	if err != nil {
		if !sent.read.Load() {
			c.leave(nil)
		} else {
			c.t.count.inDoubt.Add(1)
		}
		return nil, err
	}
	switch s := resp.StatusCode; {
	case s >= 200 && s < 300:
		n := c.created(resp)
		c.adopt(n, c.held)
		c.leave(n)
	case s == http.StatusConflict:
		c.t.count.conflicts.Add(1)
		c.leave(&note{State: noteExists, At: time.Now()})
	case s >= 500 || s == http.StatusRequestTimeout || s >= 300 && s < 307:
		c.t.count.inDoubt.Add(1)
	default:
		c.leave(nil)
	}
	return resp, nil
}

// pass sends the request with rc as its body.
func (c *creation) pass(rc io.ReadCloser) (*http.Response, error) {
	out := c.req.WithContext(c.req.Context())
	out.GetBody = nil
	if out.Body != nil && out.Body != http.NoBody {
		out.Body = rc
	}
	resp, err := send(c.t.next(), out)
	if err == nil && resp.Request == out {
		resp.Request = c.req
	}
	return resp, err
}

// created notes the new entity.
func (c *creation) created(resp *http.Response) *note {
	n := &note{State: noteCreated, At: time.Now(), Marks: map[string]string{}}
	n.ID, n.URL = located(c.req.URL, resp.Header.Get("Location"))
	for _, names := range [][]string{c.rule.Identify, c.rule.Unless} {
		for i, p := range pointers(names) {
			if v := c.rule.member(names[i], p, c.doc, c.t.unique.norm); v != "" {
				n.Marks[names[i]] = c.t.unique.vault.hash("member", names[i], v)
			}
		}
	}
	return n
}

// located is the entity at a Location, if that is at the platform itself
// (faults.md 58, 59).
func located(base *url.URL, location string) (id, abs string) {
	if location == "" {
		return "", ""
	}
	u, err := base.Parse(location)
	if err != nil || u.Scheme != base.Scheme || u.Host != base.Host {
		return "", ""
	}
	u.User, u.Fragment = nil, ""
	return path.Base(u.Path), u.String()
}

// sentBody is the body of a checked create. It tells whether anything asked for
// it: a request whose body was never read has created nothing.
type sentBody struct {
	*bytes.Reader
	read atomic.Bool
}

func newSentBody(data []byte) *sentBody { return &sentBody{Reader: bytes.NewReader(data)} }

func (b *sentBody) Read(p []byte) (int, error) {
	b.read.Store(true)
	return b.Reader.Read(p)
}

func (b *sentBody) WriteTo(w io.Writer) (int64, error) {
	b.read.Store(true)
	return b.Reader.WriteTo(w)
}

func (b *sentBody) Close() error { return nil }

// onceCloser closes a caller's body once, whoever comes first.
type onceCloser struct {
	io.ReadCloser
	closed atomic.Bool
}

func (o *onceCloser) Close() error {
	if o.ReadCloser == nil || o.closed.Swap(true) {
		return nil
	}
	defer func() { _ = recover() }()
	return o.ReadCloser.Close()
}

// orNil is o, or nil for a request without a body.
func (o *onceCloser) orNil() io.ReadCloser {
	if o.ReadCloser == nil {
		return nil
	}
	return o
}

// withCancel is req's context, ended by req.Cancel too.
func withCancel(req *http.Request) (ctx context.Context, stop func()) {
	if req.Cancel == nil {
		return req.Context(), func() {}
	}
	ctx, cancel := context.WithCancel(req.Context())
	go func() {
		select {
		case <-req.Cancel:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}
