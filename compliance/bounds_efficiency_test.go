package compliance

import (
	"fmt"
	"time"
)

// efficiencyBounds are those of GT601 to GT609.
func efficiencyBounds() []bound {
	const s, ms = time.Second, time.Millisecond
	same := func(m *maker, n int) { m.each(n, s, func(int) Event { return entity(1, etag(`"1"`)) }) }
	pairs := func(m *maker, twice, once int) { // entities read twice, and once
		m.each(2*twice, s, func(i int) Event { return entity(i/2, etag(`"1"`)) })
		m.single(s, twice, once, etag(`"1"`))
	}
	small := func(m *maker, n, size int, gap time.Duration, more ...func(*Event)) {
		m.each(n, gap, func(i int) Event {
			e := listing(fmt.Sprintf("/contacts/?pageSize=%d&pageNumber=%d", size, i+1), i*size, size, 0)
			for _, f := range more {
				f(&e)
			}
			return e
		})
	}
	embed := func(m *maker, calls, embeds int) {
		m.each(calls, s, func(int) Event { return listing("/contacts/?embed="+commas(embeds), 0, 25, 0) })
	}
	machine := func(m *maker, n int, last time.Duration) {
		m.each(n-1, time.Minute, func(int) Event { return tokenCall("grant_type=client_credentials") })
		m.at = day0.Add(last)
		m.add(0, tokenCall("grant_type=client_credentials"))
	}
	return []bound{
		{rule: "GT601", field: "RefetchReads", of: "fetches of one version", make: same,
			quiet: 2, loud: 3, want: Note, measured: 3, threshold: 3, to: 5, movedQuiet: 4, movedLoud: 5},
		{rule: "GT601", field: "RefetchShare", of: "entities read twice, of 200 fetches", make: func(m *maker, n int) { pairs(m, n, 200-2*n) },
			quiet: 59, loud: 60, want: Warning, measured: .3, threshold: .3, to: .2, movedQuiet: 39, movedLoud: 40},
		{rule: "GT601", field: "RefetchDay", of: "fetches, each entity twice", make: func(m *maker, n int) { pairs(m, n/2, n%2) },
			quiet: 199, loud: 200, want: Warning, measured: .5, threshold: .3, to: 100, movedQuiet: 99, movedLoud: 100},
		{rule: "GT601", of: "seconds for three fetches", make: func(m *maker, n int) {
			same(m, 2)
			m.at = day0.Add(time.Duration(n) * s)
			same(m, 1)
		}, quiet: 601, loud: 600, want: Note, measured: 3, threshold: 3},
		{rule: "GT601", of: "identical lists", make: func(m *maker, n int) { m.each(n, s, func(int) Event { return listing("/contacts/?a=1", 0, 5, 0) }) },
			quiet: 19, loud: 20, want: Note, measured: 20, threshold: 20},
		{rule: "GT601", of: "identical lists, many", make: func(m *maker, n int) { m.each(n, s, func(int) Event { return listing("/contacts/?a=1", 0, 5, 0) }) },
			quiet: 99, loud: 100, milder: Note, want: Warning, measured: 100, threshold: 100},
		{rule: "GT601", of: "seconds for 20 identical lists", make: func(m *maker, n int) {
			m.each(19, s, func(int) Event { return listing("/contacts/?a=1", 0, 5, 0) })
			m.at = day0.Add(time.Duration(n) * s)
			m.add(0, listing("/contacts/?a=1", 0, 5, 0))
		}, quiet: 601, loud: 600, want: Note, measured: 20, threshold: 20},

		{rule: "GT602", field: "SmallPages", of: "pages", make: func(m *maker, n int) { small(m, n, 20, s) },
			quiet: 9, loud: 10, want: Note, measured: 10, threshold: 10, to: 5, movedQuiet: 4, movedLoud: 5},
		{rule: "GT602", field: "SmallPagesUser", of: "pages", make: func(m *maker, n int) { small(m, n, 20, s, by(User, "ann")) },
			quiet: 29, loud: 30, want: Note, measured: 30, threshold: 30, to: 15, movedQuiet: 14, movedLoud: 15},
		{rule: "GT602", field: "SmallPageSize", of: "rows a page", make: func(m *maker, n int) { small(m, 10, n, s) },
			quiet: 26, loud: 25, want: Note, measured: 10, threshold: 10, to: 50, movedQuiet: 51, movedLoud: 50},
		{rule: "GT602", field: "Platform.MaxPageSize", of: "rows a page", make: func(m *maker, n int) { small(m, 10, n, s) },
			base: thresholds(Thresholds{SmallPageSize: 200}), quiet: 100, loud: 99, want: Note, measured: 10, threshold: 10, to: 20, movedQuiet: 20, movedLoud: 19},
		{rule: "GT602", of: "milliseconds from page to page", make: func(m *maker, n int) { small(m, 10, 20, time.Duration(n)*ms) },
			quiet: 1501, loud: 1500, want: Note, measured: 10, threshold: 10},

		{rule: "GT603", field: "EachRow", of: "reads", make: func(m *maker, n int) { m.single(100*ms, 0, n) },
			quiet: 9, loud: 10, want: Note, measured: 10, threshold: 10, to: 5, movedQuiet: 4, movedLoud: 5},
		{rule: "GT603", field: "EachRowMany", of: "reads", make: func(m *maker, n int) { m.single(100*ms, 0, n) },
			quiet: 29, loud: 30, milder: Note, want: Warning, measured: 30, threshold: 30, to: 20, movedQuiet: 19, movedLoud: 20},
		{rule: "GT603", of: "milliseconds for ten reads", make: func(m *maker, n int) {
			m.single(100*ms, 0, 9)
			m.at = day0.Add(time.Duration(n) * ms)
			m.single(0, 9, 1)
		}, quiet: 5001, loud: 5000, want: Note, measured: 10, threshold: 10},

		{rule: "GT604", field: "EmbedFactor", of: "embeds a call", make: func(m *maker, n int) { embed(m, 300, n) },
			quiet: 3, loud: 4, want: Warning, measured: 5, threshold: 5, to: 3., movedQuiet: 1, movedLoud: 2},
		{rule: "GT604", field: "EmbedDay", of: "calls with nine embeds", make: func(m *maker, n int) { embed(m, n, 9) },
			quiet: 49, loud: 50, want: Warning, measured: 10, threshold: 5, to: 200, movedQuiet: 19, movedLoud: 20},

		{rule: "GT605", of: "seconds after the event", make: func(m *maker, n int) {
			m.add(0, Event{URL: "/contacts/K7X", Webhook: &WebhookEvent{ID: "e", EntityID: "K7X", Time: day0.Add(-time.Duration(n) * s)}})
		}, base: platform(Platform{WebhookVersion: true}), quiet: 61, loud: 60, want: Note, measured: 1, threshold: 1},

		{rule: "GT606", field: "ReadOnlyReads", of: "reads", make: func(m *maker, n int) { m.single(10*s, 0, n) },
			quiet: 9_999, loud: 10_000, want: Note, measured: 10_000, threshold: 10_000, to: 100, movedQuiet: 99, movedLoud: 100},
		{rule: "GT606", of: "seconds for 100 reads", make: func(m *maker, n int) {
			m.single(s, 0, 99)
			m.at = day0.Add(time.Duration(n) * s)
			m.single(0, 99, 1)
		}, base: thresholds(Thresholds{ReadOnlyReads: 100}), quiet: 7*86_400 + 1, loud: 7 * 86_400, want: Note, measured: 100, threshold: 100},

		{rule: "GT609", field: "TokenCalls", of: "token calls", make: func(m *maker, n int) { machine(m, n, 50*time.Minute) },
			quiet: 2, loud: 3, want: Warning, measured: 3, threshold: 2, to: 5, movedQuiet: 5, movedLoud: 6},
		{rule: "GT609", of: "seconds for three token calls", make: func(m *maker, n int) { machine(m, 3, time.Duration(n)*s) },
			quiet: 3601, loud: 3600, want: Warning, measured: 3, threshold: 2},
	}
}

func efficiencyCases() []exactly {
	const s = time.Second
	alone := func(e Event) func(*maker) { return func(m *maker) { m.add(0, e) } }
	versioned := platform(Platform{VersionHeader: "api-version"})
	tenants := platform(Platform{TenantHeader: "customer"})
	carried := platform(Platform{WebhookVersion: true})
	event := func(entityID string, before time.Duration) Event {
		return Event{URL: "/contacts/K7X", Webhook: &WebhookEvent{ID: "e", EntityID: entityID, Time: day0.Add(-before)}}
	}
	untold := func(m *maker) {
		m.add(0, entity(1))
		m.es[0].Tenant = ""
	}
	times := func(m *maker, n int, more ...func(*Event)) {
		m.each(n, s, func(int) Event { return entity(1, more...) })
	}
	return []exactly{
		{"no ETag", "GT601", func(m *maker) { times(m, 300) }, nil, 0},
		{"another version each time", "GT601", func(m *maker) { m.each(300, s, func(i int) Event { return entity(1, etag(fmt.Sprint(i))) }) }, nil, 0},
		{"asked with If-None-Match", "GT601", func(m *maker) { times(m, 300, etag(`"1"`), header1("If-None-Match", `"1"`), status(304)) }, nil, 0},
		{"a list that changes", "GT601", func(m *maker) { m.each(100, s, func(i int) Event { return listing("/contacts/?a=1", i, 5, 0) }) }, nil, 0},

		{"the last page is not full", "GT602", func(m *maker) {
			m.each(10, s, func(i int) Event {
				return listing(fmt.Sprintf("/contacts/?pageSize=20&pageNumber=%d", i+1), i*20, 20-i/9, 0)
			})
		}, nil, 0},
		{"one page again and again", "GT602", func(m *maker) {
			m.each(20, s, func(int) Event { return listing("/contacts/?pageSize=20&pageNumber=1", 0, 20, 0) })
		}, nil, 0},

		{"one entity again and again", "GT603", func(m *maker) { m.each(50, s/10, func(int) Event { return entity(1) }) }, nil, 0},
		{"several by their ids", "GT603", func(m *maker) {
			m.each(50, s/10, func(i int) Event { return Event{URL: fmt.Sprintf("/contacts/?id=K%dX&id=J%dX", i, i)} })
		}, nil, 0},
		{"related lists one by one", "GT603", func(m *maker) {
			m.each(30, s/10, func(i int) Event { return Event{URL: fmt.Sprintf("/contacts/K%dX/relationships", i*7919)} })
		}, nil, Warning},
		{"for as many events", "GT603", func(m *maker) {
			m.each(50, s/10, func(i int) Event {
				return entity(i, func(e *Event) { e.Webhook = &WebhookEvent{ID: fmt.Sprint(i), Time: day0} })
			})
		}, nil, 0},

		{"what the event carried", "GT605", alone(event("K7X", s)), carried, Note},
		{"what the event carried, at once", "GT605", alone(event("K7X", 0)), carried, Note},
		{"what the event did not carry", "GT605", alone(event("K8X", s)), carried, 0},
		{"an event that names nothing", "GT605", alone(event("", s)), carried, 0},
		{"an event of the future", "GT605", alone(event("K7X", -s)), carried, 0},
		{"events carry no entity", "GT605", alone(event("K7X", s)), nil, 0},

		{"one write", "GT606", func(m *maker) { m.add(s, post(`{}`)).single(s, 0, 200) }, thresholds(Thresholds{ReadOnlyReads: 100}), 0},

		{"no version", "GT607", alone(entity(1)), versioned, Warning},
		{"a version", "GT607", alone(entity(1, header1("Api-Version", "1"))), versioned, 0},
		{"no version asked for", "GT607", alone(entity(1)), nil, 0},
		{"no tenant", "GT608", untold, tenants, Warning},
		{"a tenant", "GT608", func(m *maker) {
			untold(m)
			header1("Customer", "ABC")(&m.es[0])
		}, tenants, 0},
		{"no tenant asked for", "GT608", untold, nil, 0},

		{"people sign in", "GT609", func(m *maker) { m.each(50, s, func(int) Event { return tokenCall("grant_type=authorization_code") }) }, nil, 0},
		{"people's tokens are renewed", "GT609", func(m *maker) { m.each(50, s, func(int) Event { return tokenCall("grant_type=refresh_token") }) }, nil, 0},
		{"credentials of many", "GT609", func(m *maker) {
			m.each(16, s, func(i int) Event {
				return with(tokenCall("grant_type=client_credentials"), header1("Authorization", fmt.Sprint("Basic ", i)))
			})
		}, nil, 0},
		{"refused", "GT609", func(m *maker) {
			m.each(9, s, func(int) Event { return with(tokenCall("grant_type=client_credentials"), status(401)) })
		}, nil, 0},

		{"no zone", "GT610", alone(Event{URL: "/contacts/?modifiedFrom=2026-11-01T10:00:00"}), nil, Warning},
		{"no zone, to the end", "GT610", alone(Event{URL: "/contacts/?modifiedTo=2026-11-01T10:00:00"}), nil, Warning},
		{"no zone, in a filter", "GT610", alone(Event{URL: "/appointments/?begin=2026-11-01T10:00:00"}), nil, Warning},
		{"a zone", "GT610", alone(Event{URL: "/contacts/?modifiedFrom=2026-11-01T10:00:00%2B01:00"}), nil, 0},
		{"UTC", "GT610", alone(Event{URL: "/contacts/?modifiedFrom=2026-11-01T10:00:00Z"}), nil, 0},
		{"a day", "GT610", alone(Event{URL: "/contacts/?modifiedFrom=2026-11-01"}), nil, 0},
	}
}
