package dedupe

import (
	"net/http"
	"slices"
	"strings"
)

// headerClass is what a request header means for sharing.
type headerClass uint8

const (
	compared   headerClass = iota
	ignored                // the answer does not depend on it
	judged                 // see sharableWith
	credential             // tells who calls
)

// headerClasses are the headers that are not simply compared, by the length of
// their names: few have the same.
type headerClasses [][]classified

type classified struct {
	name  string
	class headerClass
}

func newHeaderClasses(c Config) headerClasses {
	var all headerClasses
	add := func(names []string, class headerClass) {
		for _, name := range names {
			for len(all) <= len(name) {
				all = append(all, nil)
			}
			all[len(name)] = slices.Insert(all[len(name)], 0, classified{name, class})
		}
	}
	add(judgedHeaders, judged)
	add(c.Coalesce.Ignore, ignored)
	add(c.Credentials, credential)
	return all
}

// of is the class of a request header, however its name is written.
func (c headerClasses) of(name string) headerClass {
	if len(name) < len(c) {
		for _, h := range c[len(name)] {
			if h.name == name || strings.EqualFold(h.name, name) {
				return h.class
			}
		}
	}
	if len(name) >= 3 && strings.EqualFold(name[:3], "If-") {
		return judged
	}
	return compared
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
