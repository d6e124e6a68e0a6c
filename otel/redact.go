package otelgoodtenant

import (
	"slices"
	"strings"
)

const (
	redacted  = "REDACTED"
	maxParams = 16 // shown; more are one "..."
)

// names of parameters that are shown. A name that is not known may be anything,
// such as a search that was written without one.
var names = []string{"address", "contactDetail", "createdFrom", "createdTo", "cursor", "email", "emailAddresses", "fields",
	"filter", "id", "limit", "modifiedFrom", "modifiedTo", "name", "negotiatorId", "officeId", "offset", "order", "page", "q",
	"query", "search", "sort", "state", "status", "type"}

// redactQuery shows the names of a query's parameters where they are known, and the
// values of those in shown where they look like settings. Everything else becomes
// REDACTED.
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
		name, value, _ := strings.Cut(part, "=")
		setting := slices.Contains(shown, name)
		if !setting && !slices.Contains(names, name) {
			b.WriteString(redacted)
			continue
		}
		b.WriteString(name)
		b.WriteByte('=')
		if setting && looksLikeSetting(value) {
			b.WriteString(value)
		} else {
			b.WriteString(redacted)
		}
	}
	return b.String()
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
