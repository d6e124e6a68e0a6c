package compliance

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// nearCases are timers, copies and loads in shapes that take days or many queries to
// see, each beside what people do that is near to it.
func nearCases() []exactly {
	const s, minute, hour, day = time.Second, time.Minute, time.Hour, 24 * time.Hour
	ann := by(User, "ann")
	// lately looks at what has changed within a day, at each of the hours of so many days.
	lately := func(days int, hours []int, more ...func(*Event)) func(*maker) {
		return func(m *maker) {
			for d := range days {
				for i, h := range hours {
					m.at = day0.Add(time.Duration(24*d+h)*hour + time.Duration((7*d+13*i)%50)*minute)
					m.tile(m.at.Add(-day), 40*d+5*i, 20, more...)
				}
			}
		}
	}
	always := []int{0, 3, 6, 9, 12, 15, 18, 21}
	// asked shows the same rows again and again for two days, with pauses drawn by f.
	asked := func(pause func(u float64) float64) func(*maker) {
		return func(m *maker) {
			rng, at := newRand(7), time.Duration(0)
			for at < 2*day {
				m.run(at, 0, 60)
				at += time.Duration(pause(rng.Float64()) * float64(s))
			}
		}
	}
	// maps is 200 views of a map of 3,000 places that tells no total of all, 60 on each.
	maps := func(from func(i int, rng *rand.Rand) int) func(*maker) {
		return func(m *maker) {
			rng, whole := newRand(8), ids(0, 3000)
			m.each(200, 30*s, func(i int) Event {
				at := from(i, rng)
				e := listing(fmt.Sprintf("/properties/?box=%d&pageSize=100", i), 0, 60, 60)
				for j := range e.Answer.IDs {
					e.Answer.IDs[j] = whole[(at+j)%len(whole)]
				}
				return e
			})
		}
	}
	// morning is a page of each of four collections on six days, so many minutes late.
	morning := func(late func(d int) int, more ...func(*Event)) func(*maker) {
		return func(m *maker) {
			m.es = nightly(6, 4, 1, 100, func(d int) time.Duration { return time.Duration(late(d)) * minute })
			for i := range m.es {
				for _, f := range more {
					f(&m.es[i])
				}
			}
		}
	}
	// workday is minutes of so many calls on four days.
	workday := func(calls ...int) func(*maker) {
		return func(m *maker) {
			n := 0
			for d := range 4 {
				m.at = day0.Add(time.Duration(24*d+8) * hour)
				for _, c := range calls {
					m.spread(minute, c, func(int) Event { n++; return entity(n) })
				}
			}
		}
	}
	times := func(minutes, calls int) (all []int) {
		for range minutes {
			all = append(all, calls)
		}
		return all
	}
	grown := append(append(times(20, 30), times(20, 90)...), times(15, 200)...)
	creates := func(body func(i int) string) func(*maker) {
		return func(m *maker) {
			m.each(200, s, func(i int) Event { return with(post(body(i)), func(e *Event) { e.URL = "/tasks/" }) })
		}
	}
	// columns is the first page of a list, sorted or filtered in another way each time.
	columns := func(more func(i int) string) func(*maker) {
		return func(m *maker) {
			m.each(30, 5*s, func(i int) Event { return listing("/contacts/?pageSize=100"+more(i), i*100, 100, 9000-i) })
		}
	}
	// weeks is three pages of each of ten weeks.
	weeks := func(pause time.Duration) func(*maker) {
		return func(m *maker) {
			for w := range 13 {
				since := day0.AddDate(0, 0, -7*w).Format(time.RFC3339)
				for p := range 3 {
					m.add(2*s, listing(fmt.Sprintf("/contacts/?modifiedFrom=%s&pageSize=100&pageNumber=%d", since, p+1), w*300+p*100, 100, 0))
				}
				m.at = m.at.Add(pause)
			}
		}
	}
	days := func(params string, again int) func(*maker) { // 30 days' rows; the same few days where again is less
		return func(m *maker) {
			m.each(30, minute, func(i int) Event {
				d := i % again
				a, b := day0.AddDate(0, 0, -d).Format(time.DateOnly), day0.AddDate(0, 0, 1-d).Format(time.DateOnly)
				return listing("/appointments/?pageSize=100&"+strings.NewReplacer("A", a, "B", b).Replace(params), d*60, 60, 60)
			})
		}
	}
	// each day four pages, one after the other with pauses.
	slow := func(pause time.Duration, page func(p int) int) func(*maker) {
		return func(m *maker) {
			for d := range 6 {
				m.at = day0.Add(time.Duration(24*d+2) * hour)
				for p := range 4 {
					m.page(pause, "active=true", page(p), d*400+p*100, 100, 0)
				}
			}
		}
	}
	bound := func(query string) func(*maker) { // a page for each event
		return func(m *maker) {
			m.each(30, 3*s, func(i int) Event {
				return with(listing(fmt.Sprintf("/contacts/?%spageSize=100&pageNumber=%d", query, i+1), i*100, 100, 9000), func(e *Event) {
					e.Initiator, e.Webhook = Webhook, &WebhookEvent{ID: fmt.Sprint("e", i), Time: m.at}
				})
			})
		}
	}
	reads := func(of int) func(*maker) { // 4,000 by lot, of so many of 3,000 entities
		return func(m *maker) {
			rng := newRand(8)
			m.size(3000).each(4000, 20*s, func(int) Event { return entity(rng.IntN(of)) })
		}
	}
	refused := func(version func(i int) string) func(*maker) {
		return func(m *maker) { m.each(8, s, func(i int) Event { return patch(i, version(i), `{"a":1}`, 412) }) }
	}
	pools := func(pause func(i int) time.Duration) func(*maker) { // 1,200 calls of 200 URLs in ten minutes
		return func(m *maker) {
			for i := range 1200 {
				m.add(pause(i), entity(i%200))
			}
		}
	}
	return []exactly{
		{"since yesterday, every three hours", "GT201", lately(3, always), nil, Warning},
		{"since yesterday, every three hours, of a user", "GT201", lately(5, always, ann), nil, Warning},
		{"since yesterday, a few times a day", "GT201", lately(7, []int{9, 11, 14, 17}, ann), nil, 0},
		{"since yesterday, a few times a day, of somebody", "GT201", lately(7, []int{8, 10, 12, 13, 15, 17, 18}), nil, 0},
		{"day and night, about each ten minutes", "GT202", asked(func(u float64) float64 { return 500 + 200*u }), nil, Warning},
		{"a site with visitors day and night", "GT202", asked(func(u float64) float64 { return 10 + 1200*u*u*u }), nil, 0},
		{"a map, tile by tile, half over the last one", "GT102", maps(func(i int, _ *rand.Rand) int { return i * 30 }), nil, Error},
		{"a map, dragged at random", "GT102", maps(func(_ int, rng *rand.Rand) int { return rng.IntN(3000) }), nil, 0},
		{"four collections at three o'clock", "GT204", morning(func(int) int { return 0 }), nil, Warning},
		{"four collections in the morning", "GT204", morning(func(d int) int { return 13 * d * d % 41 }), nil, 0},
		{"four collections in the morning, of a user", "GT204", morning(func(int) int { return 0 }, ann), nil, 0},
		{"calm, and then a load test", "GT302", workday(append(times(20, 20), times(12, 200)...)...), nil, Warning},
		{"as busy every day", "GT302", workday(grown...), nil, 0},
		{"the same task again and again", "GT302", creates(func(int) string { return `{"title":"load"}` }), nil, Warning},
		{"a batch of tasks", "GT302", creates(func(i int) string { return fmt.Sprintf(`{"title":"call","contactId":"OXF%06d"}`, i) }), nil, 0},
		{"each page from the last row's id", "GT101", columns(func(i int) string { return "&aboveId=" + ids(i*100-1, 1)[0] }), nil, Error},
		{"one column after another", "GT101", columns(func(i int) string { return "&sortBy=" + string(rune('a'+i)) }), nil, 0},
		{"one filter after another", "GT101", columns(func(i int) string { return fmt.Sprint("&officeId=O", i) }), nil, 0},
		{"week by week", "GT101", weeks(2 * s), nil, Error},
		{"three pages now and then", "GT101", weeks(20 * minute), nil, 0},
		{"day by day, from and to", "GT102", days("createdFrom=A&createdTo=B", 30), nil, Error},
		{"day by day", "GT102", days("date=A", 30), nil, Error},
		{"the days of a week again and again", "GT102", days("date=A", 7), nil, 0},
		{"a page each five minutes, each night", "GT204", slow(5*minute, func(p int) int { return p + 1 }), nil, Warning},
		{"the first page each five minutes", "GT204", slow(5*minute, func(int) int { return 1 }), nil, 0},
		{"a page each twenty minutes, each night", "GT204", slow(20*minute, func(p int) int { return p + 1 }), nil, 0},
		{"all there is, an event a page", "GT101", bound(""), nil, Error},
		{"what the events are about", "GT101", bound("propertyId=P1&"), nil, 0},
		{"read by lot", "GT103", reads(3000), nil, Error},
		{"the half that people work on", "GT103", reads(1650), nil, 0},
		{"updates under one version", "GT503", refused(func(int) string { return `"1"` }), nil, Error},
		{"updates that came late", "GT503", refused(func(i int) string { return fmt.Sprintf(`"%d"`, i) }), nil, 0},
		{"200 URLs at a program's pace", "GT302", pools(func(int) time.Duration { return s / 2 }), nil, Warning},
		{"200 URLs in bursts", "GT302", pools(func(i int) time.Duration { return s / 20 * time.Duration(1+i%30/29*270) }), nil, 0},
		{"pages of a hundred, thrice", "GT206", func(m *maker) { copies(m, 3, 12, 1200, 0) }, nil, Error},
		{"pages of 25, thrice", "GT206", func(m *maker) { copies(m, 3, 48, 1200, 0) }, nil, 0},
	}
}
