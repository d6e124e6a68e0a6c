package dedupe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// duplicate wants r to be refused since the ids exist.
func (r result) duplicate(t *testing.T, ids ...string) *DuplicateError {
	t.Helper()
	e, ok := errors.AsType[*DuplicateError](r.err)
	if !ok {
		t.Errorf("got %d, %v; want a duplicate of %v", r.status, r.err, ids)
		return &DuplicateError{}
	}
	if error(e) != r.err {
		t.Error("the error is wrapped")
	}
	var got []string
	for _, x := range e.Existing {
		got = append(got, x.ID)
	}
	if fmt.Sprint(got) != fmt.Sprint(ids) {
		t.Errorf("duplicate of %v, want %v", got, ids)
	}
	return e
}

func (r result) unchecked(t *testing.T, reason Reason) *CheckError {
	t.Helper()
	e, ok := errors.AsType[*CheckError](r.err)
	if !ok || e.Reason != reason {
		t.Errorf("got %d, %v; want it unchecked: %v", r.status, r.err, reason)
		return &CheckError{}
	}
	return e
}

func TestTwentyCreatesAtOnceAreOne(t *testing.T) {
	overCRM(t, func(t *testing.T, w *world, c *crm) {
		c.lag = time.Hour
		tr := w.transport(unique())
		var all []<-chan result
		for i := range 20 {
			all = append(all, start(tr, withEmail(t, []string{"ann@corp.test", " Ann@CORP.test "}[i%2])))
		}
		created := 0
		for _, ch := range all {
			if r := <-ch; r.err == nil && r.status == 201 {
				created++
			} else {
				e := r.duplicate(t, "N1")
				if !e.Recent || e.Existing[0].URL != "http://api.test/contacts/N1" {
					t.Errorf("%+v", e)
				}
			}
		}
		if created != 1 || c.made() != 1 {
			t.Errorf("%d created, %d at the platform", created, c.made())
		}
	})
}

func TestField17NobodyFoundIsNotRemembered(t *testing.T) {
	overCRM(t, func(t *testing.T, w *world, c *crm) {
		c.lag = 30 * time.Second
		tr := w.transport(unique())
		do(tr, withEmail(t, "events@example.test")).want(t, 201, "")
		do(tr, withEmail(t, "events@example.test")).duplicate(t, "N1")
		time.Sleep(DefaultRemember + time.Second) // the search decides now
		do(tr, withEmail(t, "events@example.test")).duplicate(t, "N1")

		c.seed("contacts", "C1", map[string]any{"email": "two@example.test"})
		c.seed("contacts", "C2", map[string]any{"email": "Two@example.test"})
		do(tr, withEmail(t, "two@example.test")).duplicate(t, "C1", "C2")

		for i := range 129 {
			c.seed("contacts", fmt.Sprint("L", i), map[string]any{"email": fmt.Sprintf("x%d-late@example.test", i)})
		}
		c.seed("contacts", "P2", map[string]any{"email": "late@example.test"})
		do(tr, withEmail(t, "late@example.test")).duplicate(t, "P2")
		if c.made() != 1 {
			t.Errorf("%d created", c.made())
		}
	})
}

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

func TestField18ValuesAreEncodedOnce(t *testing.T) {
	for _, address := range []string{
		"o'hara@example.test", "a&b@example.test", "a#b@example.test", `"a b"@example.test`, "a%41b@example.test",
		"50%off@example.test", "jörg@exämple.test", "a+b@example.test", "a=b?c@example.test", "a/b@example.test", "*@example.test",
	} {
		overCRM(t, func(t *testing.T, w *world, c *crm) {
			c.seed("contacts", "C9", map[string]any{"email": address})
			do(w.transport(unique()), withEmail(t, address)).duplicate(t, "C9")
			if asked := c.asked(); len(asked) != 1 || asked[0] != address {
				t.Errorf("the server was asked for %q, want %q", asked, address)
			}
			if c.made() != 0 {
				t.Error("created all the same")
			}
		})
	}
	overCRM(t, func(t *testing.T, w *world, c *crm) {
		c.before = func(rw http.ResponseWriter, r *http.Request) bool {
			if r.Method == "GET" {
				rw.WriteHeader(400)
			}
			return r.Method == "GET"
		}
		e := do(w.transport(unique()), withEmail(t, "o'hara@example.test")).unchecked(t, LookupError)
		if e.Status != 400 || c.made() != 0 {
			t.Errorf("%+v, %d created", e, c.made())
		}
	})
}

func TestField19OnlyTheHostReadsTheLocalPart(t *testing.T) {
	overCRM(t, func(t *testing.T, w *world, c *crm) {
		c.seed("contacts", "C1", map[string]any{"email": "jdoe@corp.example"})
		c.seed("contacts", "C2", map[string]any{"email": "Ann.Lee@Corp.Example"})
		c.seed("contacts", "C3", map[string]any{"email": "kim@bücher.example"})
		tr := w.transport(unique())
		do(tr, withEmail(t, "j.doe@corp.example")).want(t, 201, "")
		do(tr, withEmail(t, "jdoe+sales@corp.example")).want(t, 201, "")
		do(tr, withEmail(t, "ann.lee@corp.example")).duplicate(t, "C2")
		do(tr, withEmail(t, "kim@xn--bcher-kva.example")).duplicate(t, "C3")
	})
}

// Searches find loosely; only an equal value is a duplicate.
func TestFault73LooseFindsAreNoDuplicates(t *testing.T) {
	overCRM(t, func(t *testing.T, w *world, c *crm) {
		c.seed("contacts", "C1", map[string]any{"email": "joann@corp.test"})
		c.seed("contacts", "C2", map[string]any{"email": "x@corp.test", "comment": "ann@corp.test"})
		do(w.transport(unique()), withEmail(t, "ann@corp.test")).want(t, 201, "")
	})
}

func TestFault71EmailVariants(t *testing.T) {
	for email, want := range map[string]string{
		"":                                "no key",
		"   ":                             "no key",
		"nobody":                          "no key",
		"@corp.test":                      "no key",
		"ann@":                            "no key",
		"*":                               "no key",
		"ann lee@corp.test":               "no key",
		"a\x00b@corp.test":                "no key",
		strings.Repeat("a", 1<<19) + "@x": "no key",
		"ANN@corp.test":                   "duplicate",
		" ann@corp.test\n":                "duplicate",
		`"ann"@corp.test`:                 "duplicate",
		"ann@corp.test.":                  "duplicate",
		"bea@corp.test":                   "created",
	} {
		synctest.Test(t, func(t *testing.T) {
			w, c := newWorld(t, false), newCRM()
			w.handle = c.ServeHTTP
			c.seed("contacts", "C1", map[string]any{"email": "ann@corp.test"})
			r := do(w.transport(unique()), withEmail(t, email))
			switch want {
			case "no key":
				r.unchecked(t, NoKey)
			case "duplicate":
				r.duplicate(t, "C1")
			default:
				r.want(t, 201, "")
			}
			if made := c.made() == 1; made != (want == "created") {
				t.Errorf("%.40q: created %v", email, made)
			}
		})
	}
}

func TestKeysInOrder(t *testing.T) {
	overCRM(t, func(t *testing.T, w *world, c *crm) {
		c.seed("contacts", "C1", map[string]any{"email": "ann@corp.test", "mobilePhone": "+44 20 7946 0001",
			"forename": "Ann", "surname": "Lee", "primaryAddress": map[string]any{"postcode": "SW1A 1AA"}})
		cfg := unique()
		cfg.Country = "GB"
		tr := w.transport(cfg)
		// An e-mail address decides alone: households share a phone.
		do(tr, contact(t, `{"email":"bea@corp.test","homePhone":"020 7946 0001"}`)).want(t, 201, "")
		if e := do(tr, contact(t, `{"homePhone":"(020) 7946-0001"}`)).duplicate(t, "N1"); e.Key != "phone" {
			t.Errorf("matched by %s", e.Key)
		}
		time.Sleep(DefaultRemember)
		do(tr, contact(t, `{"mobilePhone":"020 7946 0001","homePhone":"020 7946 9999"}`)).duplicate(t, "N1")
		if e := do(tr, contact(t, `{"forename":"ANN","surname":" lee","primaryAddress":{"postcode":"sw1a1aa"}}`)).duplicate(t, "C1"); e.Key != "name and address" {
			t.Errorf("matched by %s", e.Key)
		}
		do(tr, contact(t, `{"forename":"Ann","surname":"Lee","primaryAddress":{"postcode":"SW1A 1AB"}}`)).want(t, 201, "")
		do(tr, contact(t, `{"forename":"Ann","surname":"Lee"}`)).unchecked(t, NoKey)

		cfg.Unique[0].EveryKey = true
		do(w.transport(cfg), contact(t, `{"email":"cid@corp.test","homePhone":"+442079460001"}`)).duplicate(t, "C1")
	})
}

func TestRelatedEntities(t *testing.T) {
	overCRM(t, func(t *testing.T, w *world, c *crm) {
		c.lag = time.Hour
		c.seed("contacts", "C1", map[string]any{"email": "ann@corp.test"})
		c.seed("contacts", "C2", map[string]any{"email": "bea@corp.test"})
		c.seed("contacts", "C3", map[string]any{"surname": "Nomail"})
		c.seed("landlords", "L1", map[string]any{"related": []any{map[string]any{"id": "C1", "email": "ann@corp.test"}}})
		tr := w.transport(unique())
		create := func(related string) result {
			return do(tr, request(t.Context(), "POST", "http://api.test/landlords/", `{"related":`+related+`}`))
		}
		if e := create(`[{"associatedId":"C1","associatedType":"contact"}]`).duplicate(t, "L1"); e.Existing[0].URL != "http://api.test/landlords/L1" {
			t.Errorf("%+v", e)
		}
		create(`[{"associatedId":"C2","associatedType":"contact"}]`).want(t, 201, "")
		create(`[{"associatedId":"C2"}]`).duplicate(t, "N1") // the type is a contact's by default
		create(`[{"associatedId":"C2","associatedType":"contact"}]`).duplicate(t, "N1")
		create(`[{"associatedId":"C3","associatedType":"contact"}]`).unchecked(t, NoKey)
		create(`[{"associatedId":"C9","associatedType":"contact"}]`).unchecked(t, LookupError)
		create(`[]`).unchecked(t, NoKey)
		if c.made() != 1 {
			t.Errorf("%d created", c.made())
		}
	})
}

func TestOutcomes(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Config)
		allow  bool
		status int // 0: refused
		posts  int
	}{
		{"Refuse is the default", func(*Config) {}, false, 0, 0},
		{"UseExisting", func(c *Config) { c.OnDuplicate = UseExisting }, false, 201, 0},
		{"Report", func(c *Config) { c.OnDuplicate = Report }, false, 201, 1},
		{"the rule's word wins", func(c *Config) { c.OnDuplicate = Report; c.Unique[0].OnDuplicate = Refuse }, false, 0, 0},
		{"AllowDuplicate", func(*Config) {}, true, 201, 1},
		{"Unless differs", func(c *Config) { c.Unique[0].Unless = []string{"/forename"} }, false, 201, 1},
		{"Unless equal", func(c *Config) { c.Unique[0].Unless = []string{"/surname"} }, false, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			overCRM(t, func(t *testing.T, w *world, p *crm) {
				p.seed("contacts", "C1", map[string]any{"email": "office@corp.test", "forename": "Ann", "surname": "Lee"})
				cfg := unique()
				c.change(&cfg)
				var events []Duplicate
				cfg.Hooks.Duplicate = func(_ context.Context, e Duplicate) { events = append(events, e) }
				tr := w.transport(cfg)
				req := contact(t, `{"email":"office@corp.test","forename":"Bob","surname":"LEE"}`)
				if c.allow {
					req = req.WithContext(AllowDuplicate(req.Context()))
				}
				r := do(tr, req)
				if c.status == 0 {
					e := r.duplicate(t, "C1")
					if fmt.Sprint(e.Existing[0].Differs) != "[/forename]" || !strings.Contains(e.Error(), "/forename") {
						t.Errorf("differs %v: %v", e.Existing[0].Differs, e)
					}
				} else if r.want(t, c.status, ""); c.posts == 0 {
					e, ok := Existing(r.resp)
					if !ok || e.Existing[0].ID != "C1" || r.header.Get("Location") != "http://api.test/contacts/C1" || r.resp.Request.URL != req.URL {
						t.Errorf("synthesised: %+v, %v", r.resp, e)
					}
				} else if _, ok := Existing(r.resp); ok {
					t.Error("a real answer passes for a synthesised one")
				}
				if p.made() != c.posts {
					t.Errorf("%d created, want %d", p.made(), c.posts)
				}
				if want := !c.allow; (len(events) == 1) != want {
					t.Errorf("events %+v", events)
				}
				s := tr.Stats()
				if s.Duplicates+s.Reported != uint64(len(events)) || s.Creates != 1 {
					t.Errorf("stats %+v", s)
				}
			})
		})
	}
}

func TestUseExistingRefusesWhereItCannotKnow(t *testing.T) {
	overCRM(t, func(t *testing.T, w *world, c *crm) {
		c.seed("contacts", "C1", map[string]any{"email": "two@corp.test"})
		c.seed("contacts", "C2", map[string]any{"email": "two@corp.test"})
		cfg := unique()
		cfg.OnDuplicate = UseExisting
		do(w.transport(cfg), withEmail(t, "two@corp.test")).duplicate(t, "C1", "C2")
	})
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

// A create whose answer was lost is in doubt: looked up before another is sent.
func TestFault70LostAnswerLeavesDoubt(t *testing.T) {
	for name, lose := range map[string]func(rw http.ResponseWriter){
		"connection cut": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"500":            func(rw http.ResponseWriter) { rw.WriteHeader(500) },
		"503":            func(rw http.ResponseWriter) { rw.WriteHeader(503) },
		"408":            func(rw http.ResponseWriter) { rw.WriteHeader(408) },
	} {
		for _, open := range []bool{false, true} {
			t.Run(fmt.Sprint(name, open), func(t *testing.T) {
				overCRM(t, func(t *testing.T, w *world, c *crm) {
					c.lag = 5 * time.Second
					first := true
					real := w.handle
					w.handle = func(rw http.ResponseWriter, r *http.Request) {
						if r.Method == "POST" && first {
							first = false
							real(discard{http.Header{}}, r)
							lose(rw)
							return
						}
						real(rw, r)
					}
					cfg := unique()
					if open {
						failOpen(&cfg)
					}
					tr := w.transport(cfg)
					do(tr, withEmail(t, "ann@corp.test"))
					begin := time.Now()
					e := do(tr, withEmail(t, "ann@corp.test")).unchecked(t, InDoubt)
					if e.RetryAt.Sub(begin) > DefaultRemember || !e.RetryAt.After(begin) {
						t.Errorf("doubt ends at %v", e.RetryAt.Sub(begin))
					}
					time.Sleep(6 * time.Second)
					do(tr, withEmail(t, "ann@corp.test")).duplicate(t, "N1")
					if c.made() != 1 {
						t.Errorf("%d created", c.made())
					}
					if s := tr.Stats(); s.InDoubt != 1 {
						t.Errorf("%+v", s)
					}
				})
			})
		}
	}
}

type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

// Doubt ends: when nothing has shown up for the time of Remember, nothing came.
func TestDoubtEndsAndAttemptsDoNotProlongIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, c := newWorld(t, false), newCRM()
		lost := true
		w.handle = func(rw http.ResponseWriter, r *http.Request) {
			if r.Method == "POST" && lost {
				lost = false
				io.Copy(io.Discard, r.Body)
				panic(http.ErrAbortHandler) // and nothing was created
			}
			c.ServeHTTP(rw, r)
		}
		tr := w.transport(unique())
		do(tr, withEmail(t, "ann@corp.test"))
		for range 9 {
			time.Sleep(time.Minute)
			do(tr, withEmail(t, "ann@corp.test")).unchecked(t, InDoubt)
		}
		time.Sleep(time.Minute)
		do(tr, withEmail(t, "ann@corp.test")).want(t, 201, "")
	})
}

func TestRefusalsDoNotProlongTheMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, c := newWorld(t, false), newCRM()
		w.handle = c.ServeHTTP
		tr := w.transport(unique())
		do(tr, withEmail(t, "ann@corp.test")).want(t, 201, "")
		c.rows = map[string][]row{} // deleted by another app
		for range 9 {
			time.Sleep(time.Minute)
			do(tr, withEmail(t, "ann@corp.test")).duplicate(t, "N1")
		}
		time.Sleep(time.Minute)
		do(tr, withEmail(t, "ann@corp.test")).want(t, 201, "")
	})
}

// Where nothing was sent there is no doubt.
func TestRefusedBelowLeavesNoDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, c := newWorld(t, false), newCRM()
		w.handle = c.ServeHTTP
		refuse := true
		full := errors.New("queue full")
		tr := transport(t, stub(func(req *http.Request) (*http.Response, error) {
			if req.Method == "POST" && refuse {
				req.Body.Close()
				return nil, full
			}
			return w.base.RoundTrip(req)
		}), unique())
		if r := do(tr, withEmail(t, "ann@corp.test")); r.err != full {
			t.Errorf("got %v", r.err)
		}
		refuse = false
		do(tr, withEmail(t, "ann@corp.test")).want(t, 201, "")
	})
}

func TestStatusDecidesWhatIsRemembered(t *testing.T) {
	for status, next := range map[int]string{
		200: "duplicate", 201: "duplicate", 202: "duplicate", 400: "sent", 401: "sent", 404: "sent", 422: "sent",
		429: "sent", 307: "sent", 308: "sent", 409: "exists", 303: "doubt", 500: "doubt", 502: "doubt", 504: "doubt",
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, false)
			posts := 0
			w.handle = func(rw http.ResponseWriter, r *http.Request) {
				if r.Method == "GET" {
					io.WriteString(rw, `{"_embedded":[]}`)
					return
				}
				posts++
				rw.WriteHeader(status)
				if status != 204 {
					io.WriteString(rw, "why")
				}
			}
			tr := w.transport(unique())
			do(tr, withEmail(t, "ann@corp.test")).want(t, status, "why") // a response is handed on whatever its status
			r := do(tr, withEmail(t, "ann@corp.test"))
			switch next {
			case "duplicate", "exists":
				r.duplicate(t)
			case "doubt":
				r.unchecked(t, InDoubt)
			default:
				r.want(t, status, "why")
			}
			if want := map[string]int{"sent": 2}[next]; want != 0 && posts != want || want == 0 && posts != 1 {
				t.Errorf("%d: %d posts", status, posts)
			}
		})
	}
}

func TestFault59LocationElsewhereIsNotFollowed(t *testing.T) {
	for location, want := range map[string]string{
		"/contacts/N1":                "http://api.test/contacts/N1",
		"N1":                          "http://api.test/N1",
		"http://api.test/contacts/N1": "http://api.test/contacts/N1",
		"http://evil.test/contacts/1": "",
		"https://api.test/contacts/1": "",
		"//evil.test/1":               "",
		"http://[":                    "",
		"":                            "",
	} {
		base := get(t.Context(), "http://api.test/contacts").URL
		if _, got := located(base, location); got != want {
			t.Errorf("%q: %q, want %q", location, got, want)
		}
	}
}

// The body of a checked create goes out as it was written, once.
func TestCreateGoesOutUnchangedAndIsNotReplayed(t *testing.T) {
	var out *http.Request
	var sent string
	tr := transport(t, stub(func(req *http.Request) (*http.Response, error) {
		if req.Method == "GET" {
			return answerWith(200, `{"_embedded":[]}`), nil
		}
		out = req
		b, _ := io.ReadAll(req.Body)
		sent = string(b)
		resp := answerWith(201, "")
		resp.Request = req
		return resp, nil
	}), unique())
	body := "{ \"email\" : \"ann@corp.test\", \"price\":1.50 }\n"
	req := contact(t, body)
	before := req.Clone(req.Context())
	r := do(tr, req)
	if sent != body || out.ContentLength != int64(len(body)) || out.GetBody != nil {
		t.Errorf("sent %q (%d), replayable %v", sent, out.ContentLength, out.GetBody != nil)
	}
	if req.GetBody == nil || fmt.Sprint(req.Header) != fmt.Sprint(before.Header) || r.resp.Request != req {
		t.Error("the caller's request was changed, or is not the response's")
	}
}

// Faults 1, 3 and 8: the body is closed exactly once on every path.
func TestFault03BodyIsClosedOnEveryPath(t *testing.T) {
	for name, c := range map[string]struct {
		email string
		base  stub
		ctx   func(context.Context) context.Context
	}{
		"sent":      {"new@corp.test", nil, nil},
		"duplicate": {"ann@corp.test", nil, nil},
		"no key":    {"", nil, nil},
		"unchecked": {"new@corp.test", func(*http.Request) (*http.Response, error) { return answerWith(500, ""), nil }, nil},
		"done ctx": {"new@corp.test", nil, func(ctx context.Context) context.Context {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return ctx
		}},
	} {
		base := c.base
		if base == nil {
			base = func(req *http.Request) (*http.Response, error) {
				if req.Body != nil {
					io.Copy(io.Discard, req.Body)
					req.Body.Close()
					return answerWith(201, ""), nil
				}
				return answerWith(200, `[{"id":"C1","email":"ann@corp.test"}]`), nil
			}
		}
		req := withEmail(t, c.email)
		if c.ctx != nil {
			req = req.WithContext(c.ctx(req.Context()))
		}
		closes := 0
		req.Body = closer{req.Body, func() { closes++ }}
		do(transport(t, base, unique()), req)
		if closes != 1 {
			t.Errorf("%s: body closed %d times", name, closes)
		}
	}
}

func TestFault08BodyThatBlocks(t *testing.T) {
	for _, by := range []string{"context", "Cancel"} {
		synctest.Test(t, func(t *testing.T) {
			tr := transport(t, stub(func(*http.Request) (*http.Response, error) { panic("sent") }), unique())
			pr, _ := io.Pipe()
			ctx, cancel := context.WithCancel(t.Context())
			req := request(ctx, "POST", "http://api.test/contacts", "")
			req.Body, req.GetBody, req.ContentLength = pr, nil, -1
			ch := make(chan struct{})
			if by == "Cancel" {
				req.Cancel = ch
			}
			r := start(tr, req)
			synctest.Wait()
			if by == "Cancel" {
				close(ch)
			}
			cancel()
			if got := <-r; !errors.Is(got.err, context.Canceled) {
				t.Errorf("%s: %v", by, got.err)
			}
		})
	}
}

func TestFault06LargeBodyIsNotRead(t *testing.T) {
	overCRM(t, func(t *testing.T, w *world, c *crm) {
		big := `{"email":"ann@corp.test","comment":"` + strings.Repeat("x", maxCreate) + `"}`
		cfg := unique()
		do(w.transport(cfg), contact(t, big)).unchecked(t, NoKey)
		cfg.Unique[0].OnNoKey = Report
		do(w.transport(cfg), contact(t, big)).want(t, 201, "")
		if got := c.rows["/contacts"][0].members["comment"]; len(got.(string)) != maxCreate {
			t.Error("the body was cut")
		}
	})
}

func TestBodiesWithoutAKey(t *testing.T) {
	for _, b := range []string{"", "[]", "null", `"x"`, "{}", "{", `{"email":7}`, `{"email":null}`, `{"email":["ann@corp.test"]}`, "\xef\xbb\xbf{}"} {
		tr := transport(t, stub(func(*http.Request) (*http.Response, error) { return answerWith(201, ""), nil }), unique())
		do(tr, contact(t, b)).unchecked(t, NoKey)
	}
	zipped := withEmail(t, "ann@corp.test")
	zipped.Header.Set("Content-Encoding", "gzip")
	tr := transport(t, stub(func(*http.Request) (*http.Response, error) { return answerWith(201, ""), nil }), unique())
	do(tr, zipped).unchecked(t, NoKey)
}

func TestFault22Routes(t *testing.T) {
	rule := contactRule()
	rule.Path = "/branches/{branch}/contacts"
	r := newRegistry(Config{Unique: []Rule{rule}}.WithDefaults())
	for p, want := range map[string]bool{
		"POST /branches/B1/contacts": true, "POST /branches/B1/contacts/": true, "POST //branches/B1//contacts": true,
		"POST /branches/./B1/x/../contacts": true, "post /branches/B1/contacts": true, "PUT /branches/B1/contacts": false,
		"POST /branches/B1/contacts/C1": false, "POST /branches/contacts": false, "POST /x/branches/B1/contacts": false,
	} {
		method, path, _ := strings.Cut(p, " ")
		if got := r.ruleFor(request(t.Context(), method, "http://api.test"+path, "")) != nil; got != want {
			t.Errorf("%s: %v", p, got)
		}
	}
}

func TestWaitingCreateLeavesWithItsContext(t *testing.T) {
	overCRM(t, func(t *testing.T, w *world, c *crm) {
		c.after = func(*http.Request) { time.Sleep(time.Minute) }
		tr := w.transport(unique())
		first := start(tr, withEmail(t, "ann@corp.test"))
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r := do(tr, withEmail(t, "ann@corp.test").WithContext(ctx))
		if !errors.Is(r.err, context.DeadlineExceeded) || r.at != time.Second {
			t.Errorf("%v after %v", r.err, r.at)
		}
		(<-first).want(t, 201, "")
	})
}

func TestTenantsAndCredentialsAreApart(t *testing.T) {
	overCRM(t, func(t *testing.T, w *world, c *crm) {
		c.lag = time.Hour
		create := func(tr *Transport, tenant, auth string) result {
			req := withEmail(t, "ann@corp.test")
			req.Header.Set("Authorization", auth)
			if tenant != "" {
				req.Header.Set("Tenant", tenant)
			}
			return do(tr, req)
		}
		tr := w.transport(unique())
		create(tr, "A", "one").want(t, 201, "")
		create(tr, "B", "one").want(t, 201, "")
		create(tr, "A", "two").duplicate(t, "N1") // one customer, whoever asks
		create(tr, "", "one").want(t, 201, "")    // no tenant known: what the credential sees
		create(tr, "", "two").want(t, 201, "")
		create(tr, "", "two").duplicate(t, "N4")
	})
}

// A hook that panics harms its own call, and frees what that held (faults.md 29,
// 30); one that blocks holds up nobody.
func TestFault29HooksThatPanicOrBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, c := newWorld(t, false), newCRM()
		w.handle = c.ServeHTTP
		c.seed("contacts", "C1", map[string]any{"email": "ann@corp.test"})
		cfg := unique()
		panics := true
		block := make(chan struct{})
		cfg.Hooks.Duplicate = func(context.Context, Duplicate) {
			if panics {
				panic("hook")
			}
			<-block
		}
		tr := w.transport(cfg)
		func() {
			defer func() {
				if recover() != "hook" {
					t.Error("the panic went astray")
				}
			}()
			tr.RoundTrip(withEmail(t, "ann@corp.test"))
		}()
		panics = false
		var all []<-chan result
		for range 3 {
			all = append(all, start(tr, withEmail(t, "ann@corp.test")))
		}
		synctest.Wait() // each is in its hook: none holds the key
		if n := tr.Stats().Duplicates; n != 4 {
			t.Errorf("%d came through", n)
		}
		close(block)
		for _, ch := range all {
			(<-ch).duplicate(t, "C1")
		}
	})
}

func TestBaseThatPanicsFreesTheKey(t *testing.T) {
	broken := true
	tr := transport(t, stub(func(req *http.Request) (*http.Response, error) {
		if req.Method == "GET" {
			return answerWith(200, `[]`), nil
		}
		if broken {
			panic("base")
		}
		return answerWith(201, ""), nil
	}), unique())
	func() {
		defer func() { _ = recover() }()
		do(tr, withEmail(t, "ann@corp.test"))
	}()
	broken = false
	do(tr, withEmail(t, "ann@corp.test")).unchecked(t, InDoubt) // it may have been sent
	do(tr, withEmail(t, "bea@corp.test")).want(t, 201, "")
}

func TestManyKeysDoNotDeadlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, c := newWorld(t, false), newCRM()
		w.handle = c.ServeHTTP
		cfg := unique()
		cfg.Unique[0].EveryKey = true
		cfg.Locks, cfg.HashKey = NewMemoryLocks(), []byte("0123456789abcdef")
		a, b := w.transport(cfg), w.transport(cfg)
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				tr := []*Transport{a, b}[i%2]
				do(tr, contact(t, fmt.Sprintf(`{"mobilePhone":"+4420794600%02d","homePhone":"+4420794600%02d"}`, i%3, (i+1)%3)))
			})
		}
		wg.Wait()
		if n := c.made(); n != 1 {
			t.Errorf("%d created of three overlapping pairs, want 1", n)
		}
	})
}

// What this process deletes itself may be created again at once.
func TestDeletedEntitiesAreForgotten(t *testing.T) {
	for _, replicas := range []bool{false, true} {
		overCRM(t, func(t *testing.T, w *world, c *crm) {
			c.lag = time.Hour
			tr := w.transport(unique())
			other := tr
			if replicas {
				tr, other = w.replicas(nil)
			}
			do(tr, withEmail(t, "ann@corp.test")).want(t, 201, "")
			do(other, withEmail(t, "ann@corp.test")).duplicate(t, "N1")
			do(tr, request(t.Context(), "DELETE", "http://api.test/contacts/N2", "")).want(t, 204, "")
			do(other, withEmail(t, "ann@corp.test")).duplicate(t, "N1")
			do(tr, request(t.Context(), "DELETE", "http://api.test/contacts/N1/", "")).want(t, 204, "")
			do(other, withEmail(t, "ann@corp.test")).want(t, 201, "")
		})
	}
}

// A check never holds a slot while it asks for another: one slot is enough
// (faults.md 48).
func TestFault48OneSlotIsEnough(t *testing.T) {
	overCRM(t, func(t *testing.T, w *world, c *crm) {
		c.seed("contacts", "C1", map[string]any{"email": "ann@corp.test"})
		slot := make(chan struct{}, 1)
		tr := transport(t, stub(func(req *http.Request) (*http.Response, error) {
			slot <- struct{}{}
			resp, err := w.base.RoundTrip(req)
			if err != nil {
				<-slot
				return nil, err
			}
			resp.Body = closer{resp.Body, sync.OnceFunc(func() { <-slot })}
			return resp, nil
		}), unique())
		var all []<-chan result
		for i := range 10 {
			all = append(all, start(tr, withEmail(t, fmt.Sprintf("x%d@corp.test", i%5))))
			all = append(all, start(tr, request(t.Context(), "POST", "http://api.test/landlords", `{"related":[{"associatedId":"C1"}]}`)))
			all = append(all, start(tr, get(t.Context(), "http://api.test/contacts/C1")))
		}
		for _, ch := range all {
			<-ch
		}
		if c.made() != 6 {
			t.Errorf("%d created, want 5 contacts and a landlord", c.made())
		}
	})
}
