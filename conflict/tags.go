package conflict

import "strings"

// Tags are opaque: they are compared and sent back byte for byte, weak ones and
// those without quotes too. Only a list has to be taken apart.

// splitTags cuts the value of an If-Match header into its entity tags (RFC 9110
// sections 8.8.3 and 13.1.1). ok is false for a value that is not a list of
// tags: such a value is one opaque tag where it has no quote in it, and nothing
// is guessed about one that has.
func splitTags(v string) (tags []string, ok bool) {
	for rest := strings.Trim(v, " \t"); ; {
		start := rest
		rest = strings.TrimPrefix(rest, "W/")
		if !strings.HasPrefix(rest, `"`) {
			return nil, false
		}
		end := strings.IndexByte(rest[1:], '"')
		if end < 0 {
			return nil, false
		}
		rest = rest[end+2:]
		tags = append(tags, start[:len(start)-len(rest)])
		if rest = strings.TrimLeft(rest, " \t"); rest == "" {
			return tags, true
		}
		if rest[0] != ',' {
			return nil, false
		}
		for rest != "" && (rest[0] == ',' || rest[0] == ' ' || rest[0] == '\t') { // empty elements: RFC 9110 section 5.6.1
			rest = rest[1:]
		}
		if rest == "" {
			return tags, true
		}
	}
}
