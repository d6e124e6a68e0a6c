package status

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goodtenant/goodtenant"
	"github.com/goodtenant/goodtenant/compliance"
	"github.com/goodtenant/goodtenant/limiter"
)

// mask hides what may be personal in a Snapshot.
type mask struct {
	show  bool
	key   [32]byte        // of the digests: nobody can try out names
	known map[string]bool // collections that the profile names
}

// snapshot is s with its names masked; s and what it points at stay as they are.
func (m *mask) snapshot(s goodtenant.Snapshot) goodtenant.Snapshot {
	s.Profile = clean(s.Profile)
	s.Limiter.App = m.scope(s.Limiter.App)
	s.Limiter.Tenants = slices.Clone(s.Limiter.Tenants)
	for i, t := range s.Limiter.Tenants {
		s.Limiter.Tenants[i] = m.scope(t)
	}
	if s.Limiter.Store != nil {
		store := *s.Limiter.Store
		if store.LastErr != "" {
			store.LastErr = "see the log" // may name hosts and users
		}
		s.Limiter.Store = &store
	}
	s.Findings = slices.Clone(s.Findings)
	for i, f := range s.Findings {
		s.Findings[i] = m.finding(f)
	}
	return s
}

func (m *mask) scope(s limiter.ScopeState) limiter.ScopeState {
	s.Tenant = m.tenant(s.Tenant)
	s.Pause, s.Note = clean(s.Pause), clean(s.Note)
	s.Holders = slices.Clone(s.Holders)
	for i := range s.Holders {
		if !slices.Contains(methods, s.Holders[i].Method) {
			s.Holders[i].Method = "other"
		}
	}
	s.Limits = slices.Clone(s.Limits)
	for i := range s.Limits {
		s.Limits[i].Name = clean(s.Limits[i].Name)
	}
	return s
}

var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

// finding leaves out the calls that show it, and what an app or a path may have
// named.
func (m *mask) finding(f compliance.Finding) compliance.Finding {
	f.Evidence = nil
	f.Fingerprint = ""
	f.Tenant = m.tenant(f.Tenant)
	f.Rule, f.Title, f.Clause, f.Unit, f.Site = clean(f.Rule), clean(f.Title), clean(f.Clause), clean(f.Unit), clean(f.Site)
	f.Clears, f.Remedy = cleanTo(longestText, f.Clears), cleanTo(longestText, f.Remedy)
	if m.show {
		f.Stream, f.Collection, f.Purpose, f.Message = clean(f.Stream), clean(f.Collection), clean(f.Purpose), cleanTo(longestText, f.Message)
		return f
	}
	f.Stream, f.Purpose, f.Message = "", "", ""
	if !m.known[f.Collection] {
		f.Collection = ""
	}
	return f
}

// tenant is a short digest of a tenant's name, the same for as long as the handler
// lives; the name itself where it is shown.
func (m *mask) tenant(name string) string {
	switch {
	case name == "":
		return ""
	case m.show:
		return clean(name)
	}
	mac := hmac.New(sha256.New, m.key[:])
	mac.Write([]byte(name))
	return "#" + hex.EncodeToString(mac.Sum(nil)[:4])
}

// collectionsOf are the beginnings of the profile's routes, up to the first
// parameter.
func collectionsOf(routes []string) map[string]bool {
	known := map[string]bool{}
	for _, r := range routes {
		if _, path, ok := strings.Cut(r, " "); ok {
			r = path
		}
		r, _, _ = strings.Cut(r, "{")
		r = strings.TrimSuffix(r, "/")
		known[r], known[r+"/"] = true, true
	}
	delete(known, "")
	return known
}

// The longest name and the longest text that are shown.
const (
	longestName = 120
	longestText = 400
)

// clean is a name without what is not text: broken UTF-8, control characters, marks
// that turn the direction of writing round. What is too long is cut.
func clean(s string) string { return cleanTo(longestName, s) }

func cleanTo(longest int, s string) string {
	if len(s) > longest*utf8.UTFMax {
		s = s[:longest*utf8.UTFMax]
	}
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	if r := []rune(s); len(r) > longest {
		return string(r[:longest-1]) + "…"
	}
	return s
}
