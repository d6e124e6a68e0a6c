package dedupe

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/goodtenant/goodtenant/internal/endpoint"
	"github.com/goodtenant/goodtenant/internal/identity"
)

// A read is what one caller asks for: two that are the same have the same answer.
// It holds copies of all that makes it so, compared exactly as they are: what a
// base does to the request while it is under way is not seen here. The hash is of
// what mostly tells reads apart, and only finds those that may be the same.
type read struct {
	target
	fields []field // of the headers that are compared, in no order
	hash   uint64
}

// target is a read but for its headers.
type target struct {
	scope
	transport              uint64 // reads over different bases do not meet
	method, hostHeader     string
	opaque, path, rawPath  string
	query, user, principal string
	forceQuery             bool
}

// scope tells whose data a call touches: the endpoint, in its one spelling, and
// the tenant.
type scope struct{ scheme, host, port, tenant string }

// field is one value of a header.
type field struct {
	name, value string
	at          int // its place among the values of name; noValues where there are none
}

const noValues = -1

// describe sets r to what req asks for. It is false for a read that is never
// shared, by its headers or since nobody knows who calls.
func (t *Transport) describe(r *read, req *http.Request) bool {
	u := req.URL
	r.target = target{scope: t.scopeOf(req), transport: t.id, method: req.Method, hostHeader: req.Host,
		opaque: u.Opaque, path: u.Path, rawPath: u.RawPath, query: u.RawQuery, forceQuery: u.ForceQuery}
	if u.User != nil {
		r.user = u.User.String() + "@"
	}
	known, ok := t.addFields(r, req.Header)
	if !ok {
		return false
	}
	if t.cfg.Principal != nil {
		r.principal = t.cfg.Principal(req)
		known = r.principal != ""
	}
	r.hash += t.id + maphash.Comparable(t.seed, [...]string{r.method, r.host, r.tenant, r.path, r.query, r.principal})
	return known
}

// addFields adds the headers that are compared, and the hashes of their values,
// whose sum is the same in any order. known is true where one of them is a credential; ok is
// false where one of them says that the read is not to be shared.
func (s *state) addFields(r *read, h http.Header) (known, ok bool) {
	r.fields, r.hash = slices.Grow(r.fields[:0], len(h)), 0
	for name, values := range h {
		class := s.headers.of(name)
		if class == ignored {
			continue
		}
		if class == judged && !sharableWith(name, values) {
			return false, false
		}
		if len(values) == 0 {
			r.fields = append(r.fields, field{name: name, at: noValues})
		}
		for i, v := range values {
			known = known || class == credential && v != ""
			r.fields = append(r.fields, field{name, v, i})
			r.hash += maphash.String(s.seed, v)
		}
	}
	return known, true
}

// same tells whether r and other, whose headers are h, are one read. Its time grows
// as the number of headers: an app may hand on those of others.
func (r *read) same(other *read, h http.Header) bool {
	if r.hash != other.hash || len(r.fields) != len(other.fields) || r.target != other.target {
		return false
	}
	for _, f := range r.fields {
		values, set := h[f.name]
		if f.at == noValues && (!set || len(values) > 0) || f.at != noValues && (f.at >= len(values) || values[f.at] != f.value) {
			return false
		}
	}
	return true
}

// appendKey adds r to dst, for a hash that outlives the call: reads that are not
// the same give other bytes. It sorts the fields.
func (r *read) appendKey(dst []byte) []byte {
	dst = r.scope.append(dst)
	dst = binary.AppendUvarint(dst, r.transport)
	mark := ""
	if r.forceQuery {
		mark = "?"
	}
	for _, s := range [...]string{r.method, r.hostHeader, r.opaque, r.path, r.rawPath, mark, r.query, r.user, r.principal} {
		dst = identity.AppendField(dst, s)
	}
	slices.SortFunc(r.fields, func(a, b field) int { return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.at, b.at)) })
	for _, f := range r.fields {
		dst = identity.AppendField(dst, f.name)
		dst = binary.AppendVarint(dst, int64(f.at))
		dst = identity.AppendField(dst, f.value)
	}
	return dst
}

// scopeOf is the scope of req.
func (s *state) scopeOf(req *http.Request) scope {
	host, port := req.URL.Host, ""
	if strings.IndexByte(host, ':') >= 0 {
		host, port = req.URL.Hostname(), req.URL.Port()
	}
	sc := scope{scheme: req.URL.Scheme, host: endpoint.Name(host), port: portOf(req.URL.Scheme, port)}
	if s.cfg.Tenant != nil {
		sc.tenant = s.cfg.Tenant(req)
	}
	return sc
}

// append adds sc to dst, each field with its length before it.
func (sc scope) append(dst []byte) []byte {
	for _, s := range [...]string{sc.scheme, sc.host, sc.port, sc.tenant} {
		dst = identity.AppendField(dst, s)
	}
	return dst
}

// portOf is port, or that of the scheme where none is written.
func portOf(scheme, port string) string {
	switch {
	case port != "":
	case scheme == "https":
		port = "443"
	case scheme == "http":
		port = "80"
	}
	return port
}

// plainRead tells whether req is a GET or HEAD with nothing to send.
func plainRead(req *http.Request) bool {
	return (req.Method == http.MethodGet || req.Method == http.MethodHead || req.Method == "") &&
		(req.Body == nil || req.Body == http.NoBody) && req.ContentLength == 0 &&
		len(req.TransferEncoding) == 0 && len(req.Trailer) == 0
}

// touches tells whether a write to one path may change what a read of another
// answers: reads above it, beside it and below it in its collection, however the
// paths are spelled (faults.md 22).
func touches(method, written, read string) bool {
	written, read = strings.TrimSuffix(path.Clean("/"+written), "/"), strings.TrimSuffix(path.Clean("/"+read), "/")
	collection := written
	if method != http.MethodPost {
		if i := strings.LastIndexByte(written, '/'); i >= 0 {
			collection = written[:i]
		}
	}
	return within(read, collection) || within(written, read)
}

// within tells whether path is dir or below it.
func within(path, dir string) bool {
	return strings.HasPrefix(path, dir) && (len(path) == len(dir) || path[len(dir)] == '/')
}
