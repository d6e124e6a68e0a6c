package compliance

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// members is an object of members a0 to a<n-1>, from 0 on, of which the first new
// have new values.
func members(n, changed int) string {
	var s []string
	for i := range n {
		s = append(s, fmt.Sprintf(`"a%d":%t`, i, i >= changed))
	}
	return "{" + strings.Join(s, ",") + "}"
}

func holds(json string) func(*Event) { return func(e *Event) { e.ResponseBody = []byte(json) } }

func createdAt(location string) func(*Event) {
	return func(e *Event) { e.ResponseHeader = http.Header{"Location": {location}} }
}

func newContact(i int) Event { return post(fmt.Sprintf(`{"email":"p%d@example.test"}`, i)) }

func lookup(i int) Event {
	return Event{URL: fmt.Sprintf("/contacts/?email=P%d%%40example.test", i), Answer: &Answer{}}
}

// writeBounds are those of GT501 to GT505.
func writeBounds() []bound {
	const s = time.Second
	unchecked := func(checked int) func(*maker, int) { // n creates without a check, after others
		return func(m *maker, n int) {
			m.add(s, lookup(0))
			m.each(checked, s, func(int) Event { return newContact(0) })
			m.each(n, s, func(i int) Event { return newContact(1 + i) })
		}
	}
	// update reads an entity of size members and sends some of them after a pause.
	update := func(m *maker, size, sent, changed int, after time.Duration) {
		m.add(after, entity(1, holds(members(size, 0)))).add(0, patch(1, `"1"`, members(sent, changed), 204))
	}
	foreign := func(i int) Event { return patch(i, `"1"`, `{"a":1}`, 412) } // none of them has had that version
	read := func(m *maker, reads int, last time.Duration) {                 // of an entity just created
		m.add(s, with(post(`{}`), createdAt("/contacts/K7X")))
		m.each(reads-1, s, func(int) Event { return Event{URL: "/contacts/K7X", Status: 404} })
		m.at = day0.Add(last)
		m.add(0, Event{URL: "/contacts/K7X", Status: 404})
	}
	return []bound{
		{rule: "GT501", field: "UncheckedDay", of: "creates", make: unchecked(0),
			quiet: 9, loud: 10, milder: Warning, want: Error, measured: 10, threshold: 10, to: 5, movedQuiet: 4, movedLoud: 5},
		{rule: "GT501", field: "UncheckedShare", of: "creates after 95 with a check", make: unchecked(95),
			quiet: 4, loud: 5, milder: Warning, want: Error, measured: .05, threshold: .05, to: .07, movedQuiet: 7, movedLoud: 8},
		{rule: "GT501", of: "creates with a check before one without", make: func(m *maker, n int) { unchecked(n)(m, 1) },
			quiet: 18, loud: 19, milder: Warning, want: Error, measured: .05, threshold: .05},
		{rule: "GT501", of: "seconds from check to create", make: func(m *maker, n int) { m.add(time.Duration(n)*s, lookup(1)).add(0, newContact(1)) },
			quiet: 900, loud: 901, want: Warning, measured: 1, threshold: 1},

		{rule: "GT502", field: "UnchangedShare", of: "unchanged members of four", make: func(m *maker, n int) { update(m, 10, 4, 4-n, s) },
			quiet: 1, loud: 2, milder: Note, want: Warning, measured: .5, threshold: .5, to: .75, movedQuiet: 2, movedLoud: 3},
		{rule: "GT502", field: "WholeShare", of: "members sent of ten, one of them unchanged", make: func(m *maker, n int) { update(m, 10, n, n-1, s) },
			quiet: 7, loud: 8, milder: Note, want: Warning, measured: .8, threshold: .8, to: .6, movedQuiet: 5, movedLoud: 6},
		{rule: "GT502", of: "members of a small entity, all sent, one of them unchanged", make: func(m *maker, n int) { update(m, n, n, n-1, s) },
			quiet: 3, loud: 4, milder: Note, want: Warning, measured: 1, threshold: .8},
		{rule: "GT502", of: "unchanged members sent alone", make: func(m *maker, n int) { update(m, 10, n, 0, s) },
			quiet: 1, loud: 2, milder: Note, want: Warning, measured: 1, threshold: .5},
		{rule: "GT502", of: "unchanged members", make: func(m *maker, n int) { update(m, 10, 4, 4-n, s) }, quiet: 0, loud: 1, want: Note, measured: 1, threshold: 1},
		{rule: "GT502", of: "seconds from read to update", make: func(m *maker, n int) { update(m, 10, 4, 0, time.Duration(n)*s) },
			quiet: 601, loud: 600, want: Warning, measured: 1, threshold: .5},

		{rule: "GT503", of: "entities refused under one version", make: func(m *maker, n int) { m.each(n, s, foreign) },
			quiet: 4, loud: 5, want: Error, measured: 5, threshold: 5},
		{rule: "GT503", of: "seconds to the fifth of them", make: func(m *maker, n int) {
			m.each(4, 0, foreign)
			m.at = day0.Add(time.Duration(n) * s)
			m.add(0, foreign(4))
		}, quiet: 601, loud: 600, milder: Note, want: Error, measured: 5, threshold: 5},
		{rule: "GT503", of: "seconds without a refetch", make: func(m *maker, n int) { m.add(time.Duration(n)*s, patch(1, `"1"`, `{"a":2}`, 412)).add(0, entity(2)) },
			quiet: 60, loud: 61, want: Note, measured: 1, threshold: 0},

		{rule: "GT505", field: "ImpatientReads", of: "reads", make: func(m *maker, n int) { read(m, n, 9*s) },
			quiet: 5, loud: 6, want: Warning, measured: 6, threshold: 5, to: 3, movedQuiet: 3, movedLoud: 4},
		{rule: "GT505", of: "seconds for six reads", make: func(m *maker, n int) { read(m, 6, time.Duration(n)*s) },
			quiet: 11, loud: 10, want: Warning, measured: 6, threshold: 5},
	}
}

func writeCases() []exactly {
	const s = time.Second
	conflict := func(then ...Event) func(*maker) {
		return func(m *maker) {
			m.add(s, patch(1, `"1"`, `{"a":2}`, 412))
			for _, e := range then {
				m.add(s, e)
			}
		}
	}
	alone := func(es ...Event) func(*maker) {
		return func(m *maker) {
			for _, e := range es {
				m.add(s, e)
			}
		}
	}
	elsewhere := func(e *Event) { e.Tenant = "XYZ" }
	noneAsked := platform(Platform{NoPrecondition: true})
	matched := platform(Platform{Collections: []Collection{{Name: "contacts", Contacts: true, Match: []string{"people"}}, {Name: "companies", Contacts: true}}})
	at := func(url string) Event { return Event{URL: url + "?email=p1%40example.test", Answer: &Answer{}} }
	return []exactly{
		{"no check", "GT501", alone(newContact(1)), nil, Warning},
		{"a check", "GT501", alone(lookup(1), newContact(1)), nil, 0},
		{"a check by another tenant", "GT501", alone(with(lookup(1), elsewhere), newContact(1)), nil, Warning},
		{"a check for somebody else", "GT501", alone(lookup(2), newContact(1)), nil, Warning},
		{"a check that failed", "GT501", alone(with(lookup(1), status(503)), newContact(1)), nil, Warning},
		{"a check where people are", "GT501", alone(at("/people/"), newContact(1)), matched, 0},
		{"a check where others are", "GT501", alone(at("/companies/"), newContact(1)), matched, Warning},
		{"a create that failed", "GT501", alone(with(newContact(1), status(422))), nil, 0},
		{"no collection of people", "GT501", alone(with(newContact(1), func(e *Event) { e.URL = "/properties/" })), nil, 0},
		{"a migration of 50 with checks", "GT501", func(m *maker) {
			for i := range 50 {
				m.add(s, lookup(i)).add(s, newContact(i))
			}
		}, nil, 0},

		{"nothing was read", "GT502", alone(patch(1, `"1"`, members(4, 0), 204)), nil, 0},
		{"another entity was read", "GT502", alone(entity(2, holds(members(4, 0))), patch(1, `"1"`, members(4, 0), 204)), nil, 0},
		{"changed and changed back", "GT502", alone(entity(1, holds(members(4, 0))), patch(1, `"1"`, members(2, 2), 204), patch(1, `"2"`, members(2, 0), 204)), nil, 0},

		{"the same version", "GT503", conflict(patch(1, `"1"`, `{"a":2}`, 204)), nil, Error},
		{"another version, not fetched", "GT503", conflict(patch(1, `"2"`, `{"a":2}`, 204)), nil, Error},
		{"another version, by a webhook", "GT503", conflict(with(patch(1, `"2"`, `{"a":2}`, 204), func(e *Event) { e.Webhook = &WebhookEvent{ID: "1", Time: day0} })), nil, 0},
		{"fetched", "GT503", conflict(entity(1, etag(`"2"`)), patch(1, `"2"`, `{"a":2}`, 204)), nil, 0},
		{"fetched in vain", "GT503", conflict(entity(1, status(503)), patch(1, `"1"`, `{"a":2}`, 204)), nil, Error},
		{"fetched with others", "GT503", conflict(Event{URL: "/contacts/?id=K9X&id=K7919X", Answer: &Answer{}}, patch(1, `"2"`, `{"a":2}`, 204)), nil, 0},
		{"another entity", "GT503", conflict(patch(2, `"1"`, `{"a":2}`, 204)), nil, 0},
		{"any version", "GT503", alone(patch(1, `*`, `{"a":2}`, 204)), nil, Error},
		{"any version where none is asked for", "GT503", alone(patch(1, `*`, `{"a":2}`, 204)), noneAsked, 0},

		{"no version", "GT504", alone(patch(1, "", `{"a":2}`, 204)), nil, Error},
		{"no version, refused", "GT504", alone(patch(1, "", `{"a":2}`, 428)), nil, Error},
		{"a version", "GT504", alone(patch(1, `"1"`, `{"a":2}`, 204)), nil, 0},
		{"no version where none is asked for", "GT504", alone(patch(1, "", `{"a":2}`, 204)), noneAsked, 0},
		{"a command on the collection", "GT504", alone(with(patch(1, "", `{"a":2}`, 204), func(e *Event) { e.URL = "/contacts/" })), nil, 0},

		{"another entity is read", "GT505", func(m *maker) {
			m.add(s, with(post(`{}`), createdAt("/contacts/K7X"))).single(s, 1, 9)
		}, nil, 0},
	}
}
