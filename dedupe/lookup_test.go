package dedupe

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

func TestFault72PagesAreReadUpToTheirBound(t *testing.T) {
	for _, c := range []struct {
		name           string
		rows, pageSize int
		noTotals       bool
		last           bool // the match is the last row; else there is none
		want           string
	}{
		{"many pages, match on the last", 480, 0, false, true, "duplicate"},
		{"past the bound", 520, 0, false, true, "unchecked"},
		{"no match", 320, 0, false, false, "created"},
		{"smaller pages than asked for", 100, 25, false, true, "duplicate"},
		{"no totals", 320, 0, true, true, "duplicate"},
		{"no totals, no match", 320, 0, true, false, "created"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, p := newWorld(t, false), newCRM()
				w.handle = p.ServeHTTP
				p.pageSize, p.noTotals = c.pageSize, c.noTotals
				for i := range c.rows - 1 {
					p.seed("contacts", fmt.Sprint("L", i), map[string]any{"email": fmt.Sprintf("x%d-late@example.test", i)})
				}
				if c.last {
					p.seed("contacts", "M", map[string]any{"email": "late@example.test"})
				}
				r := do(w.transport(unique()), withEmail(t, "late@example.test"))
				switch c.want {
				case "duplicate":
					r.duplicate(t, "M")
				case "unchecked":
					r.unchecked(t, TooManyRows)
				default:
					r.want(t, 201, "")
				}
			})
		})
	}
}

func TestLookupFailures(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(rw http.ResponseWriter)
		reason Reason
		open   func(*Config)
	}{
		{"500", func(rw http.ResponseWriter) { rw.WriteHeader(500) }, LookupError, failOpen},
		{"404", func(rw http.ResponseWriter) { rw.WriteHeader(404) }, LookupError, failOpen},
		{"429", func(rw http.ResponseWriter) { rw.WriteHeader(429) }, LookupError, failOpen},
		{"204", func(rw http.ResponseWriter) { rw.WriteHeader(204) }, LookupError, failOpen},
		{"401", func(rw http.ResponseWriter) { rw.WriteHeader(401) }, LookupDenied, deniedReport},
		{"403", func(rw http.ResponseWriter) { rw.WriteHeader(403) }, LookupDenied, deniedReport},
		{"HTML", func(rw http.ResponseWriter) { io.WriteString(rw, "<html>") }, LookupError, failOpen},
		{"no rows member", func(rw http.ResponseWriter) { io.WriteString(rw, `{"items":[]}`) }, LookupError, failOpen},
		{"rows are no list", func(rw http.ResponseWriter) { io.WriteString(rw, `{"_embedded":{}}`) }, LookupError, failOpen},
		{"null", func(rw http.ResponseWriter) { io.WriteString(rw, `null`) }, LookupError, failOpen},
		{"two values", func(rw http.ResponseWriter) { io.WriteString(rw, `{"_embedded":[]}{}`) }, LookupError, failOpen},
		{"promised rows do not come", func(rw http.ResponseWriter) { io.WriteString(rw, `{"_embedded":[],"totalCount":3}`) }, LookupError, failOpen},
		{"cut off", func(rw http.ResponseWriter) {
			rw.Header().Set("Content-Length", "99")
			io.WriteString(rw, `{"_embedded":[]}`)
		}, LookupError, failOpen},
		{"deep", func(rw http.ResponseWriter) { io.WriteString(rw, strings.Repeat("[", 100_000)) }, LookupError, failOpen},
	} {
		t.Run(c.name, func(t *testing.T) {
			overCRM(t, func(t *testing.T, w *world, p *crm) {
				p.before = func(rw http.ResponseWriter, r *http.Request) bool {
					if r.Method == "GET" {
						c.answer(rw)
					}
					return r.Method == "GET"
				}
				cfg := unique()
				e := do(w.transport(cfg), withEmail(t, "ann@corp.test")).unchecked(t, c.reason)
				if c.reason == LookupDenied && !strings.Contains(e.Error(), "contacts.read") {
					t.Errorf("the missing permission is not named: %v", e)
				}
				if p.made() != 0 {
					t.Error("created unchecked")
				}
				c.open(&cfg)
				tr := w.transport(cfg)
				do(tr, withEmail(t, "ann@corp.test")).want(t, 201, "")
				if s := tr.Stats(); p.made() != 1 || s.Unchecked != 1 {
					t.Errorf("%d created, %+v", p.made(), s)
				}
				// What was created unchecked is remembered like any other.
				do(tr, withEmail(t, "ann@corp.test")).duplicate(t, "N1")
			})
		})
	}
}

func failOpen(c *Config)     { c.LookupFailed = FailOpen }
func deniedReport(c *Config) { c.OnLookupDenied = Report }
