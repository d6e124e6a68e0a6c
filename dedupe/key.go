package dedupe

import (
	"encoding/binary"
	"net/http"
	"net/textproto"
	"path"
	"slices"
	"strings"

	"github.com/goodtenant/goodtenant/internal/endpoint"
	"github.com/goodtenant/goodtenant/internal/identity"
)

// keySpace is what most keys fit in, on the stack.
const keySpace = 1 << 10

// appendKey adds the key of a read to dst: two reads with equal keys have the
// same answer. Every field has its length before it and is compared as it is:
// the key lives no longer than the call. The first scope bytes say whose data it
// is (endpoint and tenant). ok is false for a read that is never shared.
func (t *Transport) appendKey(dst []byte, req *http.Request) (key []byte, scope int, ok bool) {
	if !plainRead(req) {
		return nil, 0, false
	}
	dst = t.appendScope(dst, req)
	scope = len(dst)
	dst = binary.AppendUvarint(dst, t.id)
	u := req.URL
	dst = identity.AppendField(dst, req.Method)
	dst = identity.AppendField(dst, req.Host)
	dst = identity.AppendField(dst, u.Opaque)
	dst = identity.AppendField(dst, u.Path)
	dst = identity.AppendField(dst, u.RawPath)
	dst = identity.AppendField(dst, u.RawQuery)
	if u.User != nil {
		dst = identity.AppendField(dst, u.User.String())
	}
	var space [10]field
	fields, known, ok := t.fields(space[:0], req.Header)
	if !ok {
		return nil, 0, false
	}
	for _, f := range fields {
		dst = identity.AppendField(dst, f.name)
		dst = binary.AppendUvarint(dst, uint64(len(f.values)))
		for _, v := range f.values {
			dst = identity.AppendField(dst, v)
		}
	}
	if t.cfg.Principal != nil {
		principal := t.cfg.Principal(req)
		dst = identity.AppendField(dst, principal)
		known = principal != ""
	}
	return dst, scope, known
}

// field is one header of a request.
type field struct {
	name   string
	values []string
}

// fields adds the headers that are compared, in the order of their names. known
// is true where one of them is a credential; ok is false where one of them says
// that the read is not to be shared.
func (s *state) fields(dst []field, h http.Header) (fields []field, known, ok bool) {
	for name, values := range h {
		class, listed := s.headers[name]
		if !listed {
			canonical := textproto.CanonicalMIMEHeaderKey(name)
			if strings.HasPrefix(canonical, "If-") {
				return nil, false, false
			}
			if canonical != name {
				class = s.headers[canonical]
			}
		}
		switch class {
		case ignored:
			continue
		case judged:
			if !sharableWith(name, values) {
				return nil, false, false
			}
		case credential:
			known = known || slices.ContainsFunc(values, func(v string) bool { return v != "" })
		}
		dst = append(dst, field{})
		i := len(dst) - 1
		for ; i > 0 && dst[i-1].name > name; i-- {
			dst[i] = dst[i-1]
		}
		dst[i] = field{name, values}
	}
	return dst, known, true
}

// headerClass is what a request header means for sharing.
type headerClass uint8

const (
	compared   headerClass = iota
	ignored                // the answer does not depend on it
	judged                 // see sharableWith
	credential             // tells who calls
)

// headerClasses by canonical name.
func headerClasses(c Config) map[string]headerClass {
	m := map[string]headerClass{}
	for _, name := range []string{"Accept-Encoding", "Accept-Language", "Content-Type", "Origin", "Referer"} {
		m[name] = compared // listed, since they are common
	}
	for _, name := range judgedHeaders {
		m[name] = judged
	}
	for _, name := range c.Coalesce.Ignore {
		m[http.CanonicalHeaderKey(name)] = ignored
	}
	for _, name := range c.Credentials {
		m[http.CanonicalHeaderKey(name)] = credential
	}
	return m
}

// appendScope adds the endpoint and the tenant.
func (s *state) appendScope(dst []byte, req *http.Request) []byte {
	dst = identity.AppendField(dst, req.URL.Scheme)
	host, port := req.URL.Host, ""
	if strings.IndexByte(host, ':') >= 0 {
		host, port = req.URL.Hostname(), req.URL.Port()
	}
	dst = identity.AppendField(dst, endpoint.Name(host))
	dst = identity.AppendField(dst, portOf(req.URL.Scheme, port))
	tenant := ""
	if s.cfg.Tenant != nil {
		tenant = s.cfg.Tenant(req)
	}
	return identity.AppendField(dst, tenant)
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

func (s *state) hasCredential(req *http.Request) bool {
	for _, name := range s.cfg.Credentials {
		for _, v := range req.Header[name] {
			if v != "" {
				return true
			}
		}
	}
	return false
}

// plainRead tells whether req is a GET or HEAD with nothing to send.
func plainRead(req *http.Request) bool {
	return (req.Method == http.MethodGet || req.Method == http.MethodHead || req.Method == "") &&
		(req.Body == nil || req.Body == http.NoBody) && req.ContentLength == 0 &&
		len(req.TransferEncoding) == 0 && len(req.Trailer) == 0
}

// judgedHeaders are those that may keep a read from being shared; so does every
// If-... header.
var judgedHeaders = []string{"Range", "Upgrade", "Pragma", "Expect", "Te", "Http2-Settings", "Connection", "Cache-Control", "Accept"}

// sharableWith tells whether a read with this judged header may be shared: not a
// part, a stream, an upgrade, or one that asks for a fresh answer.
func sharableWith(name string, values []string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Connection":
		return !anyToken(values, "upgrade")
	case "Cache-Control":
		return !anyToken(values, "no-cache", "no-store", "max-age=0")
	case "Accept":
		return !slices.ContainsFunc(values, isStream)
	}
	return false
}

// streams are media types whose bodies may never end.
var streams = [...]string{"text/event-stream", "ndjson", "jsonlines", "json-seq", "stream+json", "x-mixed-replace", "application/grpc"}

func isStream(mediaType string) bool {
	if mediaType == "" || mediaType == "application/json" || mediaType == "*/*" {
		return false // most
	}
	for _, s := range streams {
		if strings.Contains(strings.ToLower(mediaType), s) {
			return true
		}
	}
	return false
}

// anyToken tells whether a comma-separated header holds one of the tokens.
func anyToken(values []string, tokens ...string) bool {
	for _, v := range values {
		for part := range strings.SplitSeq(v, ",") {
			part = strings.TrimSpace(part)
			for _, tok := range tokens {
				if strings.EqualFold(part, tok) {
					return true
				}
			}
		}
	}
	return false
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
