package conflict

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/goodtenant/goodtenant/internal/call"
)

// This file speaks the Dialect: where versions are found and named, and what an
// answer means.

// version finds an entity's version in an answer; "" where there is none that can
// be sent back.
func (d *Dialect) version(header, trailer http.Header, entity *doc) string {
	for _, s := range d.Version {
		tag := ""
		switch {
		case s.Header != "":
			tag = header.Get(s.Header)
		case s.Trailer != "":
			tag = trailer.Get(s.Trailer)
		default:
			tag = entity.scalar(0, s.Pointer)
		}
		if tag != "" && sendable(tag) {
			return tag
		}
	}
	return ""
}

// inHeader is the version as far as the header tells.
func (d *Dialect) inHeader(header http.Header) string {
	return d.version(header, nil, nil)
}

// member is the version that a document carries in its members.
func (d *Dialect) member(entity *doc) string {
	return d.version(nil, nil, entity)
}

// scalar gives the string or the number at a pointer below root, as text.
func (d *doc) scalar(root int, pointer string) string {
	i := d.below(root, pointer)
	if i == none {
		return ""
	}
	switch d.nodes[i].kind {
	case '"':
		return d.unquote(i)
	case 0:
		return string(d.raw(i))
	}
	return ""
}

// sendable: a header line can hold it.
func sendable(tag string) bool {
	return !strings.ContainsFunc(tag, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// versionMember tells whether name is a top-level member that holds a version.
func (d *Dialect) versionMember(name string) bool {
	return slices.ContainsFunc(d.Version, func(s Source) bool {
		return s.Pointer != "" && strings.Count(s.Pointer, "/") == 1 && unescapePointer(s.Pointer) == name
	})
}

func unescapePointer(pointer string) string {
	token, _ := nextToken(pointer)
	return token
}

// precondition reads what version a write names: the raw text, "" for none.
func (d *Dialect) precondition(req *http.Request, body *doc) string {
	p := d.Precondition
	switch {
	case p.Header != "":
		return strings.Join(req.Header.Values(p.Header), ", ")
	case p.Query != "":
		return req.URL.Query().Get(p.Query)
	}
	return body.scalar(0, p.Member)
}

// name makes req, whose body will be body, name the version tag.
func (d *Dialect) name(req *http.Request, body []byte, tag string) []byte {
	p := d.Precondition
	switch {
	case p.Header != "":
		req.Header.Set(p.Header, tag)
	case p.Query != "":
		req.URL.RawQuery = setQuery(req.URL.RawQuery, p.Query, tag)
	default:
		return setScalar(body, p.Member, tag)
	}
	return body
}

// setQuery gives raw with one parameter set, the others as they were spelled.
func setQuery(raw, name, value string) string {
	raw = filterQuery(raw, func(n string) bool { return n != name })
	if raw != "" {
		raw += "&"
	}
	return raw + url.QueryEscape(name) + "=" + url.QueryEscape(value)
}

// filterQuery keeps the parameters whose name is kept, byte for byte.
func filterQuery(raw string, keep func(name string) bool) string {
	if raw == "" {
		return ""
	}
	var kept []string
	for part := range strings.SplitSeq(raw, "&") {
		name, _, _ := strings.Cut(part, "=")
		if n, err := url.QueryUnescape(name); err == nil {
			name = n
		}
		if keep(name) {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "&")
}

// setScalar gives body, an object, with the value at pointer replaced by tag, or
// added. A number stays one.
func setScalar(body []byte, pointer, tag string) []byte {
	d, err := parse(body)
	if err != nil || !d.isObject(0) {
		return body
	}
	value, _ := json.Marshal(tag)
	if i := d.at(pointer); i != none {
		if n, err := parse([]byte(tag)); d.nodes[i].kind == 0 && err == nil && n.nodes[0].kind == 0 {
			value = []byte(tag)
		}
		return slices.Concat(body[:d.nodes[i].start], value, body[d.nodes[i].end:])
	}
	at := 0 // the innermost object that is there
	for {
		token, rest := nextToken(pointer)
		next := d.member(at, token)
		if rest == "" || !d.isObject(next) {
			break
		}
		at, pointer = next, rest
	}
	return d.insert(at, pointer, value)
}

// insert adds the members that pointer names below the object at, and the value.
func (d *doc) insert(at int, pointer string, value []byte) []byte {
	var names, tail []byte
	for pointer != "" {
		var token string
		token, pointer = nextToken(pointer)
		quoted, _ := json.Marshal(token)
		if len(names) > 0 {
			names, tail = append(names, '{'), append(tail, '}')
		}
		names = append(append(names, quoted...), ':')
	}
	if d.nodes[at].size > 0 {
		tail = append(tail, ',')
	}
	open := d.nodes[at].start + 1
	return slices.Concat(d.src[:open], names, value, tail, d.src[open:])
}

// meaning is what an answer to a write says about its version.
type meaning uint8

const (
	settled  meaning = iota // nothing
	stale                   // the version named is not current
	required                // name a version
	again                   // the same once more
)

// meaning judges an answer; prefix gives the beginning of its body.
func (d *Dialect) meaning(status int, named bool, prefix func() []byte) meaning {
	is := func(list []Match) bool {
		return slices.ContainsFunc(list, func(m Match) bool {
			return m.Status == status && (m.Contains == "" || bytes.Contains(prefix(), []byte(m.Contains)))
		})
	}
	switch {
	case status < 400:
		return settled
	case is(d.Again):
		return again
	case is(d.Required), !named && is(d.Conflict):
		return required
	case is(d.Conflict):
		return stale
	}
	return settled
}

// kind is what sort of write a request is.
type kind uint8

const (
	other     kind = iota
	patch          // the body is an object: the members to set
	ops            // the body is a JSON Patch (RFC 6902)
	put            // the body is the whole entity
	remove         // DELETE
	untouched      // a PATCH that this layer leaves alone
)

// kind judges by the request line and the header.
func (c *Config) kind(req *http.Request) kind {
	switch m := req.Method; {
	case m == http.MethodPatch, slices.Contains(c.Dialect.PatchMethods, m), m == http.MethodPost && c.overridden(req):
		if c.rewritable(req) && replaceable(req, c.MaxBody) {
			return patch
		}
		return untouched
	case m == http.MethodPut && c.ReplayPUT && c.rewritable(req) && replaceable(req, c.MaxBody):
		return put
	case m == http.MethodDelete && c.ReplayDELETE && c.rewritable(req) && (req.Body == nil || req.Body == http.NoBody):
		return remove
	}
	return other
}

func (c *Config) overridden(req *http.Request) bool {
	return slices.ContainsFunc(c.Dialect.MethodOverride, func(name string) bool {
		return strings.EqualFold(req.Header.Get(name), http.MethodPatch)
	})
}

// rewritable: nothing in the header binds the request to its bytes, or to a
// precondition that is not a version.
func (c *Config) rewritable(req *http.Request) bool {
	for _, name := range [...]string{"If-None-Match", "If-Unmodified-Since", "Content-Encoding", "Content-Range", "Content-Md5", "Digest",
		"Content-Digest", "Repr-Digest", "Signature", "Signature-Input", "X-Amz-Content-Sha256", "Expect", "Upgrade"} {
		if len(req.Header[name]) > 0 && name != http.CanonicalHeaderKey(c.Dialect.Precondition.Header) {
			return false
		}
	}
	return len(req.Trailer) == 0 && !strings.HasPrefix(req.Header.Get("Authorization"), "AWS4-")
}

// replaceable: there is a body of JSON, of a bearable size, that can be had again.
func replaceable(req *http.Request, max int) bool {
	return req.Body != nil && req.Body != http.NoBody && req.GetBody != nil && req.ContentLength <= int64(max) &&
		isJSON(req.Header.Get("Content-Type"))
}

func isJSON(contentType string) bool {
	t := mediaType(contentType)
	return t == "application/json" || strings.HasPrefix(t, "application/") && strings.HasSuffix(t, "+json") || t == "text/json"
}

func mediaType(contentType string) string {
	if t, _, err := mime.ParseMediaType(contentType); err == nil {
		return t
	}
	t, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(t))
}

// refetch makes the GET that reads the entity anew: bare, uncached, uncompressed.
func (c *Config) refetch(req *http.Request) *http.Request {
	d := &c.Dialect
	get := req.Clone(call.WithOrigin(req.Context(), call.Refetch))
	get.Method = http.MethodGet
	get.Body, get.GetBody, get.ContentLength = nil, nil, 0
	get.TransferEncoding, get.Trailer = nil, nil
	get.URL.RawQuery = d.entityQuery(get.URL)
	for name := range get.Header {
		if strings.HasPrefix(name, "If-") || strings.HasPrefix(name, "Content-") {
			delete(get.Header, name)
		}
	}
	for _, list := range [][]string{{"Expect", "Range", "Prefer", "Idempotency-Key", "Trailer", "Te", d.Precondition.Header}, d.MethodOverride, d.DropHeaders} {
		for _, name := range list {
			get.Header.Del(name)
		}
	}
	get.Header.Set("Accept-Encoding", "identity")
	get.Header.Set("Cache-Control", "no-cache")
	if get.Header.Get("Accept") == "" {
		get.Header.Set("Accept", "application/json")
	}
	return get
}

// entityQuery is the query without what projects the entity or names a version:
// what is left belongs to its address.
func (d *Dialect) entityQuery(u *url.URL) string {
	return filterQuery(u.RawQuery, func(name string) bool {
		return name != d.Precondition.Query && !slices.Contains(d.DropQuery, name)
	})
}

// projected: the query asks for a part of the entity, or for more than it.
func (d *Dialect) projected(u *url.URL) bool {
	return u.RawQuery != "" && len(d.entityQuery(u)) != len(u.RawQuery)
}
