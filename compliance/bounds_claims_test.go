package compliance

import (
	"fmt"
	"time"
)

// claimBounds are those of GT701, GT702 and GT703.
func claimBounds() []bound {
	const s = time.Second
	ann := by(User, "ann")
	pace := func(m *maker, minutes, reads int) { // reads in each of some minutes, and one in the next
		for i := range minutes {
			m.spread(time.Minute, reads, func(j int) Event { return entity(i*1000+j, ann) })
		}
	}
	unbound := by(Webhook, "")
	event := func(m *maker, n int) {
		m.single(s, 0, n, func(e *Event) { e.Webhook = &WebhookEvent{ID: "e", Time: day0} })
	}
	return []bound{
		{rule: "GT701", field: "UserReads", of: "entities a minute", make: func(m *maker, n int) { pace(m, 5, n) },
			quiet: 60, loud: 61, want: Error, measured: 61, threshold: 60, to: 30, movedQuiet: 30, movedLoud: 31},
		{rule: "GT701", of: "minutes of 70 entities", make: func(m *maker, n int) { pace(m, n, 70) },
			quiet: 4, loud: 5, want: Error, measured: 70, threshold: 60},
		{rule: "GT701", of: "entities in the third of six minutes", make: func(m *maker, n int) {
			pace(m, 2, 70)
			pace(m, 1, n)
			pace(m, 3, 70)
		}, quiet: 60, loud: 61, want: Error, measured: 70, threshold: 60},
		{rule: "GT701", field: "UserPages", of: "pages", make: func(m *maker, n int) {
			m.each(n, 10*s, func(i int) Event { return with(listing("/contacts/?a=1", 0, 5, 0), ann) })
		},
			quiet: 1000, loud: 1001, want: Error, measured: 1001, threshold: 1000, to: 200, movedQuiet: 200, movedLoud: 201},
		{rule: "GT701", field: "UserHours", of: "hours", make: func(m *maker, n int) { m.single(time.Hour, 0, n, ann) },
			quiet: 20, loud: 21, want: Error, measured: 21, threshold: 20, to: 8, movedQuiet: 8, movedLoud: 9},

		{rule: "GT702", field: "WebhookReads", of: "reads for one event", make: event,
			quiet: 10, loud: 11, want: Error, measured: 11, threshold: 10, to: 3, movedQuiet: 3, movedLoud: 4},
		{rule: "GT702", field: "WebhookIDs", of: "entities before the last", make: func(m *maker, n int) { m.single(2*s, 0, n+1, unbound) },
			quiet: 800, loud: 1300, want: Error, measured: 1300, about: .2, threshold: 1000, to: 200, movedQuiet: 199, movedLoud: 200},
		{rule: "GT702", field: "WebhookShare", of: "entities of 1,000 before the last", make: func(m *maker, n int) { m.size(1000).single(2*s, 0, n+1, unbound) },
			base: thresholds(Thresholds{WebhookIDs: 100}), quiet: 199, loud: 200, want: Error, measured: 200, threshold: 100, to: .15, movedQuiet: 149, movedLoud: 150},

		{rule: "GT703", field: "UnlabelledMin", of: "reads", make: func(m *maker, n int) { m.single(s, 0, n) },
			quiet: 199, loud: 200, want: Note, measured: 1, threshold: .5, to: 50, movedQuiet: 49, movedLoud: 50},
		{rule: "GT703", field: "Unlabelled", of: "unlabelled of 200", make: func(m *maker, n int) { m.single(s, 0, 200-n, by(System, "health")).single(s, 200-n, n) },
			quiet: 100, loud: 101, want: Note, measured: .505, threshold: .5, to: .8, movedQuiet: 160, movedLoud: 161},
	}
}

// sparedCases are what the rules must not call a breach.
func sparedCases() []exactly {
	const s, hour, day = time.Second, time.Hour, 24 * time.Hour
	ann := by(User, "ann")
	screens := func(pages, size int, gap time.Duration) func(*maker) { // one query, paged through by a person
		return func(m *maker) {
			for p := range pages {
				m.add(gap, with(listing(fmt.Sprintf("/contacts/?name=smith&pageSize=%d&pageNumber=%d", size, p+1), p*size, size, 9000), ann))
			}
		}
	}
	export := func(m *maker) { m.size(20_000).pages(s, "officeId=OXF", 0, 500, 100, 500, ann) }
	warm := func(m *maker) { // reference data, at each start
		for d := range 12 {
			for _, name := range []string{"offices", "negotiators", "areas"} {
				m.at = day0.Add(2*hour + time.Duration(d)*day)
				for p := range 40 {
					m.add(s/10, listing(fmt.Sprintf("/%s/?pageSize=100&pageNumber=%d", name, p+1), p*100, 100, 4000))
				}
			}
		}
	}
	search := func(m *maker) { // searches meet the same rows again
		m.size(4000)
		rng := newRand(1)
		m.each(80, time.Minute, func(i int) Event {
			return listing(fmt.Sprintf("/contacts/?name=n%d&pageSize=100", i), rng.IntN(3900), 99, 99)
		})
	}
	calls := func(m *maker) { // a call list: some are called several times
		m.size(9000)
		rng := newRand(2)
		m.each(800, time.Minute, func(int) Event { return entity(int(rng.ExpFloat64() * 200)) })
	}
	burst := func(m *maker) { // a negotiator leaves: hundreds of entities, each with its event
		m.size(2000)
		m.each(900, s, func(i int) Event {
			return entity(i, func(e *Event) { e.Webhook = &WebhookEvent{ID: fmt.Sprint(i), Time: m.at} })
		})
	}
	dashboard := func(m *maker) { // a page of much the same rows
		for i := range 200 {
			m.at = day0.Add(time.Duration(i) * 15 * time.Minute)
			m.add(0, listing("/contacts/?active=true&pageSize=25", i, 25, 0))
		}
	}
	diary := func(m *maker) { // at nine each day
		for i := range 30 {
			m.at = day0.Add(9*hour + time.Duration(i)*day)
			m.add(0, listing(fmt.Sprintf("/appointments/?pageSize=50&start=2026-11-%02d", i+1), i*30, 30, 0))
		}
	}
	yesterday := func(m *maker) { // what has changed since yesterday, through the day
		for i := range 40 {
			m.at = day0.Add(9*hour + time.Duration(i)*20*time.Minute)
			m.page(0, "modifiedFrom=2026-11-01T00:00:00Z", 1, i*100, 100, 0)
		}
	}
	health := func(m *maker) {
		for i := range 300 {
			m.at = day0.Add(time.Duration(i) * 10 * time.Minute)
			m.add(0, with(Event{URL: "/health", Method: "HEAD"}, by(System, "health")))
		}
	}
	tests := func(m *maker) { m.single(s/40, 0, 499, func(e *Event) { e.Tenant = "SBOX" }) }
	retries := func(m *maker) { m.each(60, 10*s, func(int) Event { return entity(1, status(404)) }) }
	storm := func(m *maker) { // of retries that the server caused
		for range 400 {
			m.spread(s, 15, func(i int) Event { return entity(i, func(e *Event) { e.Attempt, e.Status = i%3, 200+303*(i%3/2) }) })
		}
	}
	opened := func(m *maker) {
		m.pages(s, "a=1", 0, 300, 100, 9000, ann)
		m.each(4, 10*s, func(i int) Event { return with(Event{URL: "/contacts/" + ids(i*50, 1)[0]}, ann) })
	}
	written := func(m *maker) { // what was read is written between the copies
		copies(m, 2, 12, 1200, 0)
		m.add(0, patch(1, `"1"`, `{"a":1}`, 204))
		m.at = day0.Add(14 * hour)
		m.pages(s, "active=true", 0, 1200, 100, 0)
	}
	known := func(m *maker) { // an id that a webhook brings and one that the app has made
		m.add(s, with(post(`{}`), createdAt("/contacts/K7X")))
		m.each(60, time.Minute, func(int) Event { return Event{URL: "/contacts/K7X", Status: 404} })
	}
	full := func(pages, total int, more string) func(*maker) { // slices of one full page each
		return func(m *maker) {
			m.size(4000)
			m.each(20, time.Minute, func(i int) Event {
				e := listing(fmt.Sprintf("/contacts/?officeId=O%d&pageSize=100%s", i, more), i*100, 100, total)
				e.Answer.Pages = pages
				return e
			})
		}
	}
	twice := func(m *maker) { // each watermark is asked for twice
		for i := range 20 {
			m.at = day0.Add(time.Duration(i+3) * hour)
			m.tile(day0.Add(time.Duration(3+max(0, i-1)/2*2)*hour), i*100, 100)
		}
	}
	single := func(m *maker) { // searches that find one row, which is opened
		for i := range 60 {
			m.add(s, listing(fmt.Sprintf("/contacts/?name=n%d", i), i, 1, 1)).add(s, Event{URL: "/contacts/" + ids(i, 1)[0]})
		}
	}
	return []exactly{
		{"full pages, and nobody says whether there are more", "GT102", full(0, 0, ""), nil, 0},
		{"the first page of two", "GT102", full(2, 0, "&pageNumber=1"), nil, 0},
		{"the first page of one", "GT102", full(1, 0, "&pageNumber=1"), nil, Error},
		{"all rows in one page", "GT102", full(0, 100, ""), nil, Error},
		{"a page of twice as many rows", "GT102", full(0, 200, ""), nil, 0},
		{"the page with the last row", "GT102", full(0, 100, "&pageNumber=1"), nil, Error},
		{"each watermark twice", "GT201", twice, nil, 0},
		{"one-row searches", "GT107", single, nil, 0},
		{"three pages", "GT101", screens(3, 100, 10*s), nil, 0},
		{"an infinite scroll", "GT101", screens(16, 25, 2*s), nil, 0},
		{"an export of 500", "GT101", export, nil, 0},
		{"an export of 500", "GT105", export, nil, 0},
		{"an infinite scroll", "GT602", screens(16, 25, s), nil, 0},
		{"search screens", "GT102", search, nil, 0},
		{"search screens", "GT106", func(m *maker) {
			search(m)
			for i := range m.es {
				ann(&m.es[i])
			}
		}, nil, 0},
		{"call lists", "GT103", calls, nil, 0},
		{"a burst of webhooks", "GT103", burst, nil, 0},
		{"a burst of webhooks", "GT106", burst, nil, 0},
		{"a burst of webhooks", "GT702", burst, nil, 0},
		{"retries of one id", "GT104", retries, nil, 0},
		{"waiting for what was created", "GT104", known, nil, 0},
		{"reference data at each start", "GT101", warm, nil, 0},
		{"reference data at each start", "GT105", warm, nil, 0},
		{"reference data at each start", "GT204", warm, nil, 0},
		{"reference data at each start", "GT206", warm, nil, 0},
		{"four rows of three lists", "GT107", opened, nil, 0},
		{"since yesterday", "GT201", yesterday, nil, 0},
		{"a dashboard", "GT202", dashboard, nil, 0},
		{"a dashboard", "GT203", dashboard, nil, 0},
		{"a dashboard", "GT205", dashboard, nil, 0},
		{"a dashboard", "GT302", dashboard, nil, 0},
		{"health checks", "GT202", health, nil, 0},
		{"health checks", "GT703", health, nil, 0},
		{"a diary at nine", "GT204", diary, nil, 0},
		{"writes between copies", "GT206", written, nil, 0},
		{"nobody says what is used", "GT207", func(m *maker) { m.pages(time.Minute, "a=1", 0, 5000, 100, 0) }, nil, 0},
		{"a storm of retries", "GT301", storm, nil, 0},
		{"integration tests", "GT303", tests, nil, 0},
		{"a tenant that is none", "GT303", func(m *maker) { m.single(s/10, 0, 3000) }, nil, 0},
	}
}
