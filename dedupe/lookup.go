package dedupe

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/goodtenant/goodtenant/internal/body"
	"github.com/goodtenant/goodtenant/internal/call"
)

// maxLookup bounds the bytes of one answer to a lookup.
const maxLookup = 8 << 20

// paging is Paging made ready.
type paging struct {
	Paging
	rows, pages, total pointer
}

func newPaging(p Paging) paging {
	rows, _ := parsePointer(p.Rows)
	pages, _ := parsePointer(p.Pages)
	total, _ := parsePointer(p.Total)
	return paging{Paging: p, rows: rows, pages: pages, total: total}
}

// searchURL asks for one page of a search. The value is percent-encoded exactly
// once, a blank as %20: only there do all servers agree (RFC 3986, 2.1 and 2.4).
func (p *paging) searchURL(base *url.URL, path, param, value string, page int) *url.URL {
	u := &url.URL{Scheme: base.Scheme, Host: base.Host, Path: path}
	u.RawQuery = strings.Join([]string{
		escape(param) + "=" + escape(value),
		escape(p.SizeParam) + "=" + strconv.Itoa(p.Size),
		escape(p.NumberParam) + "=" + strconv.Itoa(page),
	}, "&")
	return u
}

func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// entityURL is where an entity lives; its id is one path segment whatever it holds.
func entityURL(base *url.URL, collection, id string) *url.URL {
	u := &url.URL{Scheme: base.Scheme, Host: base.Host, Path: strings.TrimSuffix(collection, "/") + "/" + id}
	u.RawPath = strings.TrimSuffix((&url.URL{Path: collection}).EscapedPath(), "/") + "/" + url.PathEscape(id)
	return u
}

// read finds the rows of a page, and whether more follow after seen others. ok is
// false where the answer is no page, or breaks off before the rows it promised.
func (p *paging) read(doc any, page, seen int) (rows []any, more, ok bool) {
	lists := []any{doc}
	if _, array := doc.([]any); !array {
		lists = p.rows.all(doc)
	}
	if len(lists) != 1 {
		return nil, false, false
	}
	rows, ok = lists[0].([]any)
	if !ok {
		return nil, false, false
	}
	pages, hasPages := p.pages.number(doc)
	total, hasTotal := p.total.number(doc)
	more = hasPages && pages > int64(page) || hasTotal && total > int64(seen+len(rows))
	if len(rows) == 0 {
		return nil, false, !more
	}
	if !hasPages && !hasTotal {
		more = len(rows) >= p.Size
	}
	return rows, more, true
}

// fetch makes one call of our own and reads its JSON. It passes the layers below,
// so it is paced and counted; it is never shared.
func (c *creation) fetch(u *url.URL) (any, *CheckError) {
	c.t.count.lookups.Add(1)
	req := (&http.Request{Method: http.MethodGet, URL: u, Host: c.req.Host, Header: lookupHeader(c.req.Header),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}).WithContext(call.WithOrigin(c.ctx, call.Lookup))
	resp, err := send(c.t.next(), req)
	if err != nil {
		return nil, &CheckError{Reason: LookupError, Err: err}
	}
	if resp.StatusCode != http.StatusOK {
		body.Drain(resp.Body)
		failed := &CheckError{Reason: LookupError, Status: resp.StatusCode}
		if resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden {
			failed.Reason = LookupDenied
			if failed.Scope = c.rule.ReadScope; failed.Scope == "" {
				failed.Scope = "read " + u.Path
			}
		}
		return nil, failed
	}
	doc, err := decode(resp.Body)
	if err != nil {
		return nil, &CheckError{Reason: LookupError, Status: resp.StatusCode, Err: err}
	}
	return doc, nil
}

// notForLookups are the headers of a create that mean nothing to a search, or
// something else.
var notForLookups = []string{"Content-Type", "Content-Length", "Content-Encoding", "Content-Md5", "Digest",
	"Content-Digest", "Transfer-Encoding", "Trailer", "Expect", "Prefer", "Idempotency-Key", "Range",
	"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Accept-Encoding",
	"X-Http-Method-Override", "X-Http-Method", "X-Method-Override"}

func lookupHeader(h http.Header) http.Header {
	h = h.Clone()
	for _, name := range notForLookups {
		h.Del(name)
	}
	h.Set("Accept", "application/json")
	return h
}

var (
	errTooLarge = errors.New("dedupe: the lookup's answer is too large")
	errNotJSON  = errors.New("dedupe: the lookup's answer is not one JSON value")
)

// decode reads one JSON value and closes rc. Its errors quote nothing of it.
func decode(rc io.ReadCloser) (any, error) {
	data, err := io.ReadAll(io.LimitReader(rc, maxLookup+1))
	rc.Close()
	switch {
	case err != nil:
		return nil, err
	case len(data) > maxLookup:
		return nil, errTooLarge
	}
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.UseNumber()
	var doc any
	if dec.Decode(&doc) != nil {
		return nil, errNotJSON
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errNotJSON
	}
	return doc, nil
}
