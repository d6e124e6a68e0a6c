package profile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"
)

// Parse reads a profile from JSON. An unknown member, or a value that makes no
// sense, is an error that names it.
func Parse(b []byte) (Profile, error) {
	if b := bytes.TrimSpace(b); len(b) == 0 || bytes.Equal(b, []byte("null")) {
		// Taken as a profile it would put every host under no limit.
		return Profile{}, fmt.Errorf("profile: %q is none, want a JSON object", b)
	}
	var p Profile
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return Profile{}, fmt.Errorf("profile: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Profile{}, errors.New("profile: something follows the JSON object")
	}
	if err := unique(json.NewDecoder(bytes.NewReader(b)), ""); err != nil {
		return Profile{}, err
	}
	if err := p.Validate(); err != nil {
		return Profile{}, err
	}
	return p, nil
}

// unique reads one value and says which member stands twice in its object: the
// last one would count, silently. The value is sound JSON.
func unique(d *json.Decoder, path string) error {
	open, err := d.Token()
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	seen := map[string]bool{}
	for i := 0; open == json.Delim('{') || open == json.Delim('['); i++ {
		if !d.More() {
			_, err := d.Token()
			return err
		}
		at := fmt.Sprintf("%s[%d]", path, i)
		if open == json.Delim('{') {
			name, err := d.Token()
			if err != nil {
				return fmt.Errorf("profile: %w", err)
			}
			if at = strings.TrimPrefix(path+"."+name.(string), "."); seen[at] {
				return fmt.Errorf("profile: member %s stands twice", at)
			}
			seen[at] = true
		}
		if err := unique(d, at); err != nil {
			return err
		}
	}
	return nil
}

// Validate says what is wrong with p, naming the member and the value. Every
// option that takes a profile calls it.
func (p Profile) Validate() error {
	bad := func(member string, value any, want string) error {
		return fmt.Errorf("profile %q: %s is %v, want %s", p.Name, member, value, want)
	}
	for i, h := range p.Hosts {
		if h == "" || strings.ContainsAny(h, "/@ \t\r\n?#*") {
			return bad(fmt.Sprintf("hosts[%d]", i), fmt.Sprintf("%q", h), `a host or host:port, such as "api.example.com"`)
		}
	}
	for _, h := range append([]string{p.TenantHeader, p.RequiredHeader}, p.CredentialHeaders...) {
		if h != "" && !httpguts.ValidHeaderFieldName(h) {
			return bad("a header", fmt.Sprintf("%q", h), "a header's name")
		}
	}
	if p.Checked != "" {
		if _, err := time.Parse(time.DateOnly, p.Checked); err != nil {
			return bad("checked", fmt.Sprintf("%q", p.Checked), "a day such as 2026-11-25")
		}
	}
	if p.RecommendedThreads < 0 {
		return bad("recommended_threads", p.RecommendedThreads, "0 (none) or more")
	}
	for i, t := range p.Throttles {
		switch member := fmt.Sprintf("throttles[%d]", i); {
		case t.Status < 400 || t.Status > 599:
			return bad(member+".status", t.Status, "400 to 599")
		case t.Kind < limiterKindMin || t.Kind > limiterKindMax:
			return bad(member+".kind", t.Kind, "rate, concurrency or day")
		case t.Header == "" && t.Contains != "":
			return bad(member+".contains", fmt.Sprintf("%q", t.Contains), "a header to look into")
		}
	}
	for name, rows := range p.Embeds.Rows {
		if rows < 1 {
			return bad("embeds.rows."+name, rows, "1 or more")
		}
	}
	l := p.Lists
	if l.DefaultSize < 0 || l.MaxSize < 0 || l.MaxSize > 0 && l.DefaultSize > l.MaxSize {
		return bad("lists.default_size", l.DefaultSize, fmt.Sprintf("0 to max_size (%d)", l.MaxSize))
	}
	for i, c := range p.Collections {
		if !strings.HasPrefix(c.Path, "/") || c.Path == "/" {
			return bad(fmt.Sprintf("collections[%d].path", i), fmt.Sprintf("%q", c.Path), `a path such as "/contacts"`)
		}
	}
	for i, r := range p.Routes {
		if !strings.HasPrefix(r, "/") {
			return bad(fmt.Sprintf("routes[%d]", i), fmt.Sprintf("%q", r), `a template such as "/contacts/{id}"`)
		}
	}
	if err := p.Limits.Validate(); err != nil {
		return fmt.Errorf("profile %q: %w", p.Name, err)
	}
	return p.validateLayers()
}

// canonical gives header names as net/http keeps them.
func canonical(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = http.CanonicalHeaderKey(n)
	}
	return out
}
