package otelgoodtenant

import (
	"net/url"
	"slices"
	"strings"
)

const (
	redacted  = "REDACTED"
	maxParams = 16 // shown; more are one "..."
)

// redactQuery shows the names of a query's parameters, where they look like names,
// and the values of those in shown, where they look like settings. Everything else
// becomes REDACTED.
func redactQuery(raw string, shown []string) string {
	var b strings.Builder
	n := 0
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		if n++; n > maxParams {
			b.WriteString("&...")
			break
		}
		if n > 1 {
			b.WriteByte('&')
		}
		name, value, hasValue := strings.Cut(part, "=")
		name, err := url.QueryUnescape(name)
		if err != nil || !hasValue || !looksLikeName(name) {
			b.WriteString(redacted)
			continue
		}
		b.WriteString(name)
		b.WriteByte('=')
		if slices.Contains(shown, name) && looksLikeSetting(value) {
			b.WriteString(value)
		} else {
			b.WriteString(redacted)
		}
	}
	return b.String()
}

// looksLikeName: letters as in "contactDetail" or "filter[owner.id]", never digits
// or a run of capitals, which tokens have.
func looksLikeName(s string) bool {
	if s == "" || len(s) > 32 {
		return false
	}
	capitals := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'A' && c <= 'Z':
			if capitals++; capitals > 3 {
				return false
			}
			continue
		case c >= 'a' && c <= 'z', strings.IndexByte("_-.$[]", c) >= 0:
		default:
			return false
		}
		capitals = 0
	}
	return true
}

// looksLikeSetting: a number, a word or a list of words; nothing that is encoded.
func looksLikeSetting(s string) bool {
	if len(s) > 64 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && strings.IndexByte("_-.,", c) < 0 {
			return false
		}
	}
	return true
}
