package compliance

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// maker makes recordings for the table below.
type maker struct {
	at time.Time
	es events
}

func (m *maker) add(gap time.Duration, e Event) *maker {
	if e.Time.IsZero() {
		e.Time = m.at
	}
	if e.Status == 0 {
		e.Status = 200
	}
	if e.Tenant == "" {
		e.Tenant = "ABC"
	}
	if e.Duration == 0 {
		e.Duration = time.Millisecond
	}
	e.URL = "https://api.example.test" + e.URL
	m.es = append(m.es, e)
	m.at = m.at.Add(gap)
	return m
}

// each adds n events, the i-th made by f.
func (m *maker) each(n int, gap time.Duration, f func(i int) Event) *maker {
	for i := range n {
		m.add(gap, f(i))
	}
	return m
}

func listing(path string, from, n, total int) Event {
	return Event{URL: path, Answer: &Answer{IDs: ids(from, n), Total: total}}
}

func entity(i int, more ...func(*Event)) Event {
	e := Event{URL: fmt.Sprintf("/contacts/K%dX", i*7919%1_000_003)}
	for _, f := range more {
		f(&e)
	}
	return e
}

func etag(v string) func(*Event) {
	return func(e *Event) { e.ResponseHeader = http.Header{"Etag": {v}} }
}

func by(i Initiator, label string) func(*Event) {
	return func(e *Event) { e.Initiator, e.Label = i, label }
}

func patch(i int, match, body string, status int) Event {
	h := http.Header{}
	if match != "" {
		h.Set("If-Match", match)
	}
	return entity(i, func(e *Event) {
		e.Method, e.RequestHeader, e.Status, e.RequestBody = "PATCH", h, status, []byte(body)
	})
}

func post(body string) Event {
	return Event{Method: "POST", URL: "/contacts/", Status: 201, RequestBody: []byte(body)}
}

func with(e Event, f func(*Event)) Event {
	f(&e)
	return e
}

// TestRules holds for every rule a recording that breaks it, and one that comes
// close and does not.
func TestRules(t *testing.T) {
	const hour = time.Hour
	tested := map[string]bool{}
	whole := func(total int) func(m *maker) { // how large the collection is
		return func(m *maker) { m.add(time.Second, listing("/contacts/?pageSize=1", 0, 1, total)) }
	}
	pages := func(n, total int, more ...func(*Event)) func(m *maker) {
		return func(m *maker) {
			m.each(n, 3*time.Second, func(i int) Event {
				e := listing(fmt.Sprintf("/contacts/?pageSize=100&pageNumber=%d", i+1), i*100, 100, total)
				for _, f := range more {
					f(&e)
				}
				return e
			})
		}
	}
	var c Config
	c.Platform.VersionHeader, c.Platform.TenantHeader, c.Platform.WebhookVersion = "api-version", "reapit-customer", true
	version := http.Header{"Api-Version": {"2020-01-31"}}
	sandbox := func(e *Event) { e.Tenant = "SBOX" }
	slow := func(e *Event) { e.Duration = 30 * time.Second }
	runs := func(n int, every time.Duration, pages, fresh int) func(m *maker) {
		return func(m *maker) {
			row := 0
			for i := range n {
				m.at = day0.Add(time.Duration(i) * every)
				for p := range pages {
					m.add(time.Second, listing(fmt.Sprintf("/contacts/?active=true&pageSize=100&pageNumber=%d", p+1), row+p*100, 100, 0))
				}
				row += fresh
			}
		}
	}
	for _, r := range []struct {
		rule          string
		least         Severity
		breaks, keeps func(m *maker)
	}{
		{"GT101", Error, pages(30, 9000), pages(5, 9000)},
		{"GT101", Error, pages(30, 0), pages(19, 9000, by(User, "ann"))},
		{"GT102", Error, func(m *maker) {
			whole(4000)(m)
			m.each(40, time.Minute, func(i int) Event {
				return listing(fmt.Sprintf("/contacts/?officeId=O%d&pageSize=100", i), i*95, 95, 95)
			})
		}, func(m *maker) { // searches meet the same rows again
			whole(4000)(m)
			rng := newRand(1)
			m.each(80, time.Minute, func(i int) Event {
				return listing(fmt.Sprintf("/contacts/?name=n%d&pageSize=100", i), rng.IntN(3900), 99, 99)
			})
		}},
		{"GT103", Error, func(m *maker) { m.es = crawl(600, 9000, newRand(5)); unhost(m) }, func(m *maker) {
			whole(9000)(m)
			rng := newRand(2)
			m.each(800, time.Minute, func(int) Event { return entity(int(rng.ExpFloat64() * 200)) })
		}},
		{"GT104", Error, func(m *maker) {
			m.each(120, 2*time.Second, func(i int) Event { return Event{URL: fmt.Sprintf("/contacts/OXF%06d", 700+i)} })
		}, func(m *maker) { // the same ids, taken from a list
			m.each(2, time.Second, func(i int) Event {
				return listing(fmt.Sprintf("/contacts/?pageNumber=%d&pageSize=100", i+1), 700+i*100, 100, 9000)
			})
			m.each(120, 10*time.Second, func(i int) Event { return Event{URL: fmt.Sprintf("/contacts/OXF%06d", 700+i)} })
		}},
		{"GT104", Error, func(m *maker) {
			m.each(60, 2*time.Second, func(i int) Event {
				return entity(i, func(e *Event) { e.Status = 200 + 204*(i%3/2) })
			})
		}, func(m *maker) { m.each(60, 2*time.Second, func(int) Event { return entity(1) }) }},
		{"GT105", Warning, func(m *maker) {
			m.each(40, 100*time.Millisecond, func(i int) Event {
				return listing(fmt.Sprintf("/contacts/?officeId=O%d&pageSize=100", i), i*100, 100, 0)
			})
		}, func(m *maker) { // the same hundred rows
			m.each(40, 100*time.Millisecond, func(i int) Event { return listing(fmt.Sprintf("/contacts/?officeId=O%d&pageSize=100", i), 0, 100, 0) })
		}},
		{"GT106", Note, pages(30, 4000), pages(10, 4000)},
		{"GT107", Warning, func(m *maker) {
			pages(3, 9000)(m)
			m.each(200, time.Second, func(i int) Event { return Event{URL: "/contacts/" + ids(i, 1)[0]} })
		}, func(m *maker) {
			pages(3, 9000)(m)
			m.each(4, time.Second, func(i int) Event { return Event{URL: "/contacts/" + ids(i*50, 1)[0]} })
		}},
		{"GT201", Error, func(m *maker) { m.es = polling(time.Hour, 1, false); unhost(m) }, func(m *maker) { // since yesterday, through the day
			for i := range 20 {
				m.at = day0.Add(9*hour + time.Duration(i)*20*time.Minute)
				m.add(0, listing("/contacts/?modifiedFrom=2026-11-01T00:00:00Z", i*10, 25, 0))
			}
		}},
		{"GT202", Warning, runs(14, 40*time.Minute, 3, 300), runs(40, 40*time.Minute, 1, 2)},
		{"GT203", Warning, func(m *maker) { // the round half hour, not each time
			rng, row := newRand(3), 0
			for i := range 80 {
				if rng.IntN(2) == 0 {
					continue
				}
				m.at = day0.Add(time.Duration(i) * 30 * time.Minute)
				for p := range 3 {
					m.add(time.Second, listing(fmt.Sprintf("/contacts/?active=true&pageSize=100&pageNumber=%d", p+1), row, 100, 0))
					row += 100
				}
			}
		}, func(m *maker) { // at any time
			rng, row := newRand(4), 0
			for range 40 {
				m.at = m.at.Add(time.Duration(600+rng.ExpFloat64()*2400) * time.Second)
				for p := range 3 {
					m.add(time.Second, listing(fmt.Sprintf("/contacts/?active=true&pageSize=100&pageNumber=%d", p+1), row, 100, 0))
					row += 100
				}
			}
		}},
		{"GT204", Warning, runs(5, 24*hour, 4, 400), runs(20, 24*hour, 1, 25)},
		{"GT205", Warning, runs(200, 20*time.Minute, 1, 100), runs(200, 20*time.Minute, 1, 1)},
		{"GT206", Error, runs(3, 7*hour, 12, 0), runs(2, 7*hour, 12, 0)},
		{"GT301", Warning, func(m *maker) { m.each(2000, 60*time.Millisecond, func(i int) Event { return entity(i % 300) }) },
			func(m *maker) { m.each(2000, 150*time.Millisecond, func(i int) Event { return entity(i % 300) }) }},
		{"GT302", Warning, func(m *maker) {
			m.each(600, 400*time.Millisecond, func(i int) Event {
				return Event{URL: []string{"/contacts/K1X", "/properties/K2X", "/tasks/?a=1", "/offers/?a=1"}[i%4]}
			})
		}, func(m *maker) { m.each(600, 400*time.Millisecond, func(i int) Event { return entity(i) }) }},
		{"GT303", Error, func(m *maker) { m.each(400, 140*time.Millisecond, func(i int) Event { return entity(i, sandbox) }) },
			func(m *maker) { m.each(400, time.Second, func(i int) Event { return entity(i, sandbox) }) }},
		{"GT401", Error, func(m *maker) {
			m.add(time.Second, entity(1, func(e *Event) { e.Status, e.ResponseHeader = 429, http.Header{"Retry-After": {"5"}} }))
			m.add(time.Second, entity(2))
		}, func(m *maker) {
			m.add(6*time.Second, entity(1, func(e *Event) { e.Status, e.ResponseHeader = 429, http.Header{"Retry-After": {"5"}} }))
			m.add(time.Second, entity(2))
		}},
		{"GT402", Error, func(m *maker) { m.each(6, 100*time.Millisecond, func(i int) Event { return entity(i, slow) }) },
			func(m *maker) { m.each(5, 100*time.Millisecond, func(i int) Event { return entity(i, slow) }) }},
		{"GT403", Error, func(m *maker) { m.each(21, 47*time.Millisecond, func(i int) Event { return entity(i) }) },
			func(m *maker) { m.each(200, 50*time.Millisecond, func(i int) Event { return entity(i) }) }},
		{"GT404", Warning, func(m *maker) {
			m.at = day0.Add(time.Minute)
			m.each(900, 100*time.Millisecond, func(i int) Event {
				return with(listing("/contacts/?pageSize=25&embed=a,b,c", 0, 25, 0), func(e *Event) { e.URL += fmt.Sprint("&n=", i) })
			})
			for i := range m.es { // 80 embeds each: 900 x 81 > 62,500 in the first quarter of a day
				m.es[i].URL += "&embed=" + commas(80)
			}
		}, func(m *maker) { m.each(900, 100*time.Millisecond, func(i int) Event { return entity(i) }) }},
		{"GT405", Warning, func(m *maker) {
			m.each(6, time.Second, func(int) Event { return entity(1, func(e *Event) { e.Status = 503 }) })
		},
			func(m *maker) {
				for i := range 5 {
					m.add(time.Second<<i, entity(1, func(e *Event) { e.Status = 503 }))
				}
			}},
		{"GT501", Warning, func(m *maker) { m.add(0, post(`{"email":"a@example.test"}`)) }, func(m *maker) {
			m.add(time.Minute, Event{URL: "/contacts/?email=A%40example.test", Answer: &Answer{}})
			m.add(0, post(`{"email":"a@example.test"}`))
		}},
		{"GT501", Error, func(m *maker) {
			m.each(12, time.Minute, func(i int) Event { return post(fmt.Sprintf(`{"mobilePhone":"07700 90012%d"}`, i)) })
		}, func(m *maker) {
			m.each(12, time.Minute, func(i int) Event {
				if i%2 == 0 {
					return Event{URL: fmt.Sprintf("/contacts/?contactDetail=%%2B447700900%d", 120+i), Answer: &Answer{}}
				}
				return post(fmt.Sprintf(`{"mobilePhone":"07700 900%d"}`, 120+i-1))
			})
		}},
		{"GT502", Warning, func(m *maker) {
			m.add(time.Second, entity(1, func(e *Event) { e.ResponseBody = []byte(`{"id":"K","a":1,"b":"x","c":[1],"d":null}`) }))
			m.add(0, patch(1, `"1"`, `{"a":2,"b":"x","c":[1]}`, 204))
		}, func(m *maker) { // changed, and changed back
			m.add(time.Second, entity(1, func(e *Event) { e.ResponseBody = []byte(`{"id":"K","a":1,"b":"x","c":[1],"d":null}`) }))
			m.add(time.Second, patch(1, `"1"`, `{"a":2}`, 204))
			m.add(0, patch(1, `"2"`, `{"a":1}`, 204))
		}},
		{"GT503", Error, func(m *maker) {
			m.add(time.Second, patch(1, `"1"`, `{"a":2}`, 412)).add(0, patch(1, `"1"`, `{"a":2}`, 412))
		}, func(m *maker) {
			m.add(time.Second, patch(1, `"1"`, `{"a":2}`, 412)).add(time.Second, entity(1, etag(`"2"`))).add(0, patch(1, `"2"`, `{"a":2}`, 204))
		}},
		{"GT503", Note, func(m *maker) { m.add(2*time.Minute, patch(1, `"1"`, `{"a":2}`, 412)).add(0, entity(2)) },
			func(m *maker) { m.add(2*time.Minute, patch(1, `"1"`, `{"a":2}`, 204)).add(0, entity(2)) }},
		{"GT504", Error, func(m *maker) { m.add(0, patch(1, "", `{"a":2}`, 412)) }, func(m *maker) { m.add(0, patch(1, `"1"`, `{"a":2}`, 204)) }},
		{"GT505", Warning, func(m *maker) {
			m.add(time.Second, with(post(`{}`), func(e *Event) { e.ResponseHeader = http.Header{"Location": {"/contacts/K7X"}} }))
			m.each(7, time.Second, func(int) Event { return Event{URL: "/contacts/K7X", Status: 404} })
		}, func(m *maker) {
			m.add(time.Second, with(post(`{}`), func(e *Event) { e.ResponseHeader = http.Header{"Location": {"/contacts/K7X"}} }))
			m.each(7, 4*time.Second, func(int) Event { return Event{URL: "/contacts/K7X", Status: 404} })
		}},
		{"GT601", Note, func(m *maker) { m.each(4, time.Minute, func(int) Event { return entity(1, etag(`"1"`)) }) },
			func(m *maker) { m.each(4, time.Minute, func(i int) Event { return entity(1, etag(fmt.Sprint(i))) }) }},
		{"GT602", Note, func(m *maker) {
			m.each(12, time.Second, func(i int) Event { return listing(fmt.Sprintf("/contacts/?pageSize=20&pageNumber=%d", i), i*20, 20, 0) })
		}, func(m *maker) { // somebody scrolls
			m.each(12, time.Second, func(i int) Event {
				return with(listing(fmt.Sprintf("/contacts/?pageSize=20&pageNumber=%d", i), i*20, 20, 0), by(User, "ann"))
			})
		}},
		{"GT603", Warning, func(m *maker) { m.each(32, 100*time.Millisecond, func(i int) Event { return entity(i) }) },
			func(m *maker) { m.each(32, time.Second, func(i int) Event { return entity(i) }) }},
		{"GT604", Warning, func(m *maker) {
			m.each(120, time.Minute, func(i int) Event { return listing("/contacts/?embed=a,b,c,d,e", 0, 25, 0) })
		}, func(m *maker) {
			m.each(120, time.Minute, func(i int) Event { return listing("/contacts/?embed=a", 0, 25, 0) })
		}},
		{"GT605", Note, func(m *maker) {
			m.add(0, with(Event{URL: "/contacts/K7X"}, func(e *Event) { e.Webhook = &WebhookEvent{ID: "e", EntityID: "K7X", Time: day0.Add(-time.Second)} }))
		}, func(m *maker) {
			m.add(0, with(Event{URL: "/contacts/K8X"}, func(e *Event) { e.Webhook = &WebhookEvent{ID: "e", EntityID: "K7X", Time: day0.Add(-time.Second)} }))
		}},
		{"GT606", Note, func(m *maker) { m.each(10_001, 10*time.Second, func(i int) Event { return entity(i % 50) }) },
			func(m *maker) {
				m.add(time.Second, post(`{}`))
				m.each(10_001, 10*time.Second, func(i int) Event { return entity(i % 50) })
			}},
		{"GT607", Warning, func(m *maker) {
			m.add(0, with(entity(1), func(e *Event) { e.RequestHeader = http.Header{"X": {"1"}} }))
		},
			func(m *maker) { m.add(0, entity(1)) }},
		{"GT608", Warning, func(m *maker) { m.add(0, with(entity(1), func(e *Event) { e.Tenant = "none" })) }, func(m *maker) { m.add(0, entity(1)) }},
		{"GT609", Warning, func(m *maker) {
			m.each(4, time.Minute, func(int) Event { return tokenCall("grant_type=client_credentials") })
		},
			func(m *maker) {
				m.each(9, time.Minute, func(int) Event { return tokenCall("grant_type=authorization_code") })
			}},
		{"GT610", Warning, func(m *maker) { m.add(0, Event{URL: "/contacts/?modifiedFrom=2026-11-01T10:00:00"}) },
			func(m *maker) {
				m.add(0, Event{URL: "/contacts/?modifiedFrom=2026-11-01T10:00:00%2B01:00&day=2026-11-01"})
			}},
		{"GT701", Error, func(m *maker) {
			m.each(500, 800*time.Millisecond, func(i int) Event { return entity(i, by(User, "ann")) })
		},
			func(m *maker) {
				m.each(500, 1500*time.Millisecond, func(i int) Event { return entity(i, by(User, "ann")) })
			}},
		{"GT702", Error, func(m *maker) {
			m.each(11, time.Second, func(i int) Event { return entity(i, func(e *Event) { e.Webhook = &WebhookEvent{ID: "e", Time: day0} }) })
		}, func(m *maker) {
			m.each(300, time.Second, func(i int) Event {
				return entity(i, func(e *Event) { e.Webhook = &WebhookEvent{ID: fmt.Sprint(i), Time: m.at} })
			})
		}},
		{"GT703", Note, func(m *maker) { m.each(300, time.Minute, func(i int) Event { return entity(i % 9) }) },
			func(m *maker) {
				m.each(300, time.Minute, func(i int) Event { return entity(i%9, by(System, "health")) })
			}},
	} {
		t.Run(r.rule, func(t *testing.T) {
			for _, side := range []struct {
				name  string
				make  func(*maker)
				fires bool
			}{{"breaks", r.breaks, true}, {"keeps", r.keeps, false}} {
				m := &maker{at: day0}
				side.make(m)
				for i := range m.es {
					e := &m.es[i]
					if e.RequestHeader == nil {
						e.RequestHeader = version
					} else if e.RequestHeader.Get("X") == "" {
						e.RequestHeader.Set("Api-Version", "2020-01-31")
					}
					if e.Tenant == "none" {
						e.Tenant = ""
					}
				}
				found := rulesOf(check(t, m.es, c), r.least)
				_, fired := found[r.rule]
				require.Equal(t, side.fires, fired, "%s: %v", side.name, found)
				if fired {
					f := found[r.rule]
					require.NotEmpty(t, f.Remedy)
					require.NotEmpty(t, f.Clears)
					require.NotEmpty(t, f.Message)
					require.NotEmpty(t, f.Evidence)
					require.LessOrEqual(t, len(f.Evidence), maxEvidence)
					off := c
					off.Off = []string{r.rule}
					require.NotContains(t, rulesOf(check(t, m.es, off), Note), r.rule)
				}
			}
		})
		tested[r.rule] = true
	}
	for _, r := range rules {
		require.True(t, tested[r.ID] || r.ID == "GT207", "%s has no line", r.ID) // GT207: TestUsed
	}
}

func unhost(m *maker) {
	for i := range m.es {
		m.es[i].Status = 200
	}
}

func commas(n int) string {
	var s strings.Builder
	s.WriteString("e0")
	for i := 1; i < n; i++ {
		s.WriteString(fmt.Sprint(",e", i))
	}
	return s.String()
}

func tokenCall(body string) Event {
	return Event{Method: "POST", URL: "/oauth2/token", RequestBody: []byte(body), RequestHeader: http.Header{"Authorization": {"Basic x"}}}
}

// TestUsed: GT207 speaks only where somebody says what is used.
func TestUsed(t *testing.T) {
	feed := func(used func(k *Checker)) map[string]Finding {
		k, err := New(Config{})
		require.NoError(t, err)
		for i := range 40 {
			k.Feed(Event{Time: day0.Add(time.Duration(i) * time.Minute), Status: 200, Tenant: "ABC",
				URL: fmt.Sprintf("https://api.example.test/contacts/?officeId=O%d&pageSize=100", i), Answer: &Answer{IDs: ids(i*60, 60)}})
			used(k)
		}
		return rulesOf(k.Report(), Warning)
	}
	require.NotContains(t, feed(func(*Checker) {}), "GT207")
	require.Contains(t, feed(func(k *Checker) { k.Used("ABC", "offers", "1") }), "GT207")
	require.NotContains(t, feed(func(k *Checker) { k.Used("ABC", "contacts", "1", "2") }), "GT207")
}
