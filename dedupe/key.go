package dedupe

import (
	"encoding/binary"
	"net/http"
	"net/textproto"
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
	var space [24]string
	names := space[:0]
	for name := range req.Header {
		canonical := textproto.CanonicalMIMEHeaderKey(name)
		if !t.ignored[canonical] {
			if !sharableWith(canonical, req.Header[name]) {
				return nil, 0, false
			}
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		dst = identity.AppendField(dst, name)
		values := req.Header[name]
		dst = binary.AppendUvarint(dst, uint64(len(values)))
		for _, v := range values {
			dst = identity.AppendField(dst, v)
		}
	}
	if t.cfg.Principal == nil {
		return dst, scope, t.hasCredential(req)
	}
	principal := t.cfg.Principal(req)
	return identity.AppendField(dst, principal), scope, principal != ""
}

// appendScope adds the endpoint and the tenant.
func (s *state) appendScope(dst []byte, req *http.Request) []byte {
	dst = identity.AppendField(dst, req.URL.Scheme)
	dst = identity.AppendField(dst, endpoint.Host(req.URL))
	tenant := ""
	if s.cfg.Tenant != nil {
		tenant = s.cfg.Tenant(req)
	}
	return identity.AppendField(dst, tenant)
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

// sharableWith tells whether a read with this header may be shared at all: not a
// part, a condition, a stream, an upgrade, or one that asks for a fresh answer.
func sharableWith(name string, values []string) bool {
	switch name {
	case "Range", "Upgrade", "Pragma", "Expect", "Te", "Http2-Settings":
		return false
	case "Connection":
		return !anyToken(values, "upgrade")
	case "Cache-Control":
		return !anyToken(values, "no-cache", "no-store", "max-age=0")
	case "Accept":
		for _, v := range values {
			if isStream(v) {
				return false
			}
		}
		return true
	}
	return !strings.HasPrefix(name, "If-")
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
// answers: reads above it, beside it and below it in its collection.
func touches(method, written, read string) bool {
	written, read = strings.TrimSuffix(written, "/"), strings.TrimSuffix(read, "/")
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
