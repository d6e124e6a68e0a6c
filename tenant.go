package goodtenant

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"

	"github.com/goodtenant/goodtenant/internal/endpoint"
)

// longestTenant is the longest tenant name kept as it is; state is kept for every
// tenant, so a longer one is kept by its digest.
const longestTenant = 128

// tenantOf reads the tenant from the header named name. A header that is missing
// or empty is the tenant "", one of its own; one that comes twice is the list of
// both, never silently the first.
func tenantOf(name string) func(*http.Request) string {
	canonical := http.CanonicalHeaderKey(name)
	return func(req *http.Request) string {
		values := req.Header[canonical]
		if len(values) == 0 {
			// A header set past Header.Set keeps the caller's spelling, and
			// net/http sends it.
			for k, v := range req.Header {
				if len(k) == len(canonical) && strings.EqualFold(k, canonical) {
					values = append(values, v...)
				}
			}
		}
		switch len(values) {
		case 0:
			return ""
		case 1:
			return strings.TrimSpace(values[0])
		}
		return strings.Join(values, ", ")
	}
}

// bounded keeps f's answers short enough to be kept as keys.
func bounded(f func(*http.Request) string) func(*http.Request) string {
	return func(req *http.Request) string {
		t := f(req)
		if len(t) <= longestTenant {
			return t
		}
		sum := sha256.Sum256([]byte(t))
		return "sha256:" + hex.EncodeToString(sum[:])
	}
}

// carried are headers that mean something to one host only, beside the tenant
// header and the credential headers of the profile.
var carried = []string{"If-Match", "Baggage", "X-Api-Key", "Api-Key", "Apikey"}

// stripForeign gives the request of a redirect that has left the host it was made
// for, without what was meant for that host: http.Client drops Authorization
// and Cookie there, and carries everything else along.
func (s *stack) stripForeign(req *http.Request) *http.Request {
	if req.Response == nil {
		return req
	}
	first := req
	for range deepest { // http.Client gives up after 10, unless the app says otherwise
		if first.Response == nil || first.Response.Request == nil {
			break
		}
		first = first.Response.Request
	}
	if first.URL == nil || endpoint.Host(first.URL) == endpoint.Host(req.URL) {
		return req
	}
	out := req
	for name := range req.Header { // in the spelling of whoever set it
		if !slices.ContainsFunc(s.foreign, func(f string) bool { return strings.EqualFold(f, name) }) {
			continue
		}
		if out == req {
			out = req.Clone(req.Context())
		}
		delete(out.Header, name)
	}
	return out
}
