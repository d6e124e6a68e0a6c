package dedupe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
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
