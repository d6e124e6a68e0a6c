package dedupe

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// pointer is a JSON pointer (RFC 6901) in its segments; "*" is each element of
// an array.
type pointer []string

var unescape = strings.NewReplacer("~1", "/", "~0", "~")

func parsePointer(s string) (pointer, error) {
	if s == "" {
		return nil, nil
	}
	if s[0] != '/' {
		return nil, fmt.Errorf("%q is no JSON pointer, want one such as \"/email\"", s)
	}
	segments := strings.Split(s[1:], "/")
	for i, seg := range segments {
		segments[i] = unescape.Replace(seg)
	}
	return segments, nil
}

// all gives the values that p points at.
func (p pointer) all(doc any) []any {
	if len(p) == 0 {
		return []any{doc}
	}
	switch d := doc.(type) {
	case map[string]any:
		if v, ok := d[p[0]]; ok {
			return p[1:].all(v)
		}
	case []any:
		if p[0] == "*" {
			var found []any
			for _, v := range d {
				found = append(found, p[1:].all(v)...)
			}
			return found
		}
		if i, err := strconv.Atoi(p[0]); err == nil && i >= 0 && i < len(d) {
			return p[1:].all(d[i])
		}
	}
	return nil
}

// texts gives the strings and numbers that p points at, empty ones left out.
func (p pointer) texts(doc any) []string {
	var found []string
	for _, v := range p.all(doc) {
		if s := text(v); s != "" {
			found = append(found, s)
		}
	}
	return found
}

// number gives the integer that p points at, if there is one.
func (p pointer) number(doc any) (int64, bool) {
	for _, v := range p.all(doc) {
		if n, ok := v.(json.Number); ok {
			i, err := n.Int64()
			return i, err == nil
		}
	}
	return 0, false
}

// text is a scalar as written.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	}
	return ""
}
