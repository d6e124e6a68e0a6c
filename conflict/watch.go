package conflict

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/goodtenant/goodtenant/internal/endpoint"
	"github.com/goodtenant/goodtenant/internal/identity"
	"github.com/goodtenant/goodtenant/policy"
)

// key names the entity at u for a tenant, whoever asks.
func (c *core) key(tenant string, u *url.URL) string {
	b := make([]byte, 0, 128)
	b = identity.AppendField(b, u.Scheme)
	b = identity.AppendField(b, endpoint.Host(u))
	b = identity.AppendField(b, tenant)
	b = identity.AppendField(b, u.EscapedPath())
	return string(identity.AppendField(b, c.cfg.Dialect.entityQuery(u)))
}

// watch remembers the versions in resp when the app has read it to its end. asked
// is the tick at which req went out; written, that it was a write, whose answer
// need not be the entity.
func (c *core) watch(req *http.Request, resp *http.Response, asked uint64, written bool) {
	encoding := resp.Header.Get("Content-Encoding")
	switch {
	case resp.StatusCode != http.StatusOK,
		c.cfg.CacheBytes < 0, c.closed.Load(),
		resp.Body == http.NoBody, resp.ContentLength > int64(c.cfg.MaxBody),
		encoding != "" && encoding != "gzip" && encoding != "identity",
		len(req.Header["Range"]) > 0,
		!isJSON(resp.Header.Get("Content-Type")):
		return
	}
	who, known := c.keyer.Principal(req)
	if !known {
		c.warn(&c.warned.principal, "no credential in sight: a version is used only by a write that names it; "+
			"put this layer under the one that adds the credential, or set Config.Principal")
	}
	s := &sighting{core: c, url: *req.URL, tenant: c.keyer.Tenant(req), who: who, asked: asked,
		tag: c.cfg.Dialect.inHeader(resp.Header), resp: resp, zipped: encoding == "gzip", written: written}
	resp.Body = &recorder{rc: resp.Body, max: c.cfg.MaxBody, whole: s.remember, buf: make([]byte, 0, max(0, resp.ContentLength))}
}

// sighting is one answer that may show versions.
type sighting struct {
	core    *core
	url     url.URL
	tenant  string
	who     [16]byte
	asked   uint64
	tag     string // from the header
	resp    *http.Response
	zipped  bool
	written bool
}

// remember stores what the body shows. atEnd is false where the app stopped
// reading: a body that is complete JSON by then was read whole all the same.
func (s *sighting) remember(body []byte, atEnd bool) {
	c := s.core
	if s.zipped {
		if !atEnd {
			return
		}
		var ok bool
		if body, ok = unzip(body, c.cfg.MaxBody); !ok {
			return
		}
	}
	if cap(body) > len(body)+len(body)/4 {
		body = bytes.Clone(body) // what is remembered is counted by its length
	}
	d, err := parse(body)
	if err != nil {
		return
	}
	tag := s.tag
	if tag == "" {
		var trailer http.Header
		if atEnd {
			trailer = s.resp.Trailer
		}
		tag = c.cfg.Dialect.version(nil, trailer, d)
	}
	now := time.Now()
	if tag != "" && d.isObject(0) {
		c.memory.put(c.key(s.tenant, &s.url), version{tag: tag, body: body, who: s.who, asked: s.asked, at: now, handed: true,
			partial: c.cfg.Dialect.projected(&s.url) || s.written && c.cfg.Dialect.member(d) == ""})
	}
	if c.cfg.ListRows.Enabled(true) {
		s.rows(d, now)
	}
}

// rows stores the rows of a list answer that carry a version and an address of
// this very origin: a row must not speak for another host's entity.
func (s *sighting) rows(d *doc, now time.Time) {
	for _, pointer := range s.core.cfg.Dialect.Lists {
		list := d.at(pointer)
		if list == none || d.nodes[list].kind != '[' {
			continue
		}
		for at := range d.elements(list) {
			tag, link := s.row(d, at)
			if tag == "" || link == nil {
				continue
			}
			s.core.memory.put(s.core.key(s.tenant, link), version{tag: tag, body: bytes.Clone(d.raw(at)), who: s.who, asked: s.asked,
				at: now, handed: true, partial: true})
		}
	}
}

// row gives the version of the row at and its own address; nil where it has none
// that counts.
func (s *sighting) row(d *doc, at int) (tag string, link *url.URL) {
	if !d.isObject(at) {
		return "", nil
	}
	for _, p := range s.core.cfg.Dialect.RowVersion {
		if tag = d.scalar(at, p); tag != "" && sendable(tag) {
			break
		}
	}
	for _, p := range s.core.cfg.Dialect.RowLink {
		href := d.scalar(at, p)
		if href == "" {
			continue
		}
		u, err := s.url.Parse(href)
		if err == nil && u.Scheme == s.url.Scheme && endpoint.Host(u) == endpoint.Host(&s.url) {
			return tag, u
		}
	}
	return tag, nil
}

// unzip decodes a gzip body of at most max bytes; a bomb is not ok.
func unzip(b []byte, max int) ([]byte, bool) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, false
	}
	out, err := io.ReadAll(io.LimitReader(z, int64(max)+1))
	return out, err == nil && len(out) <= max
}

// recorder keeps a copy of what the app reads of a body, and reads nothing by
// itself. whole is called once, on the reader's goroutine, when it was read to
// its end, or closed without an error before that.
type recorder struct {
	rc    io.ReadCloser
	max   int
	whole func(body []byte, atEnd bool)

	mu   sync.Mutex // Read and Close may come from two goroutines
	buf  []byte
	over bool // too large, broken off, or done
}

func (r *recorder) Read(p []byte) (int, error) {
	n, err := r.rc.Read(p)
	r.mu.Lock()
	if !r.over {
		if len(r.buf)+n > r.max {
			r.over, r.buf = true, nil
		} else {
			r.buf = append(r.buf, p[:n]...)
		}
	}
	r.mu.Unlock()
	if err == io.EOF {
		r.finish(true)
	} else if err != nil {
		r.drop()
	}
	return n, err
}

func (r *recorder) Close() error {
	err := r.rc.Close()
	if err == nil {
		r.finish(false)
	}
	return err
}

func (r *recorder) finish(atEnd bool) {
	if buf, ok := r.take(); ok && len(buf) > 0 {
		r.whole(buf, atEnd)
	}
}

func (r *recorder) drop() { r.take() }

func (r *recorder) take() (buf []byte, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	buf, ok = r.buf, !r.over
	r.over, r.buf = true, nil
	return buf, ok
}

// observing tells whether the layer only looks on.
func (c *core) observing() bool { return policy.Mode(c.mode.Load()) == policy.Observe }
