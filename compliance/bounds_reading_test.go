package compliance

import (
	"fmt"
	"time"
)

// readingBounds are those of GT103 and GT104: entities read by their ids.
func readingBounds() []bound {
	const s = time.Second
	ann := by(User, "ann")
	reads := func(size int, gap time.Duration, more ...func(*Event)) func(*maker, int) {
		return func(m *maker, n int) {
			if size > 0 {
				m.size(size)
			}
			m.single(gap, 0, n, more...)
		}
	}
	again := func(size, distinct int, gap time.Duration) func(*maker, int) { // one entity comes n times more
		return func(m *maker, n int) {
			if size > 0 {
				m.size(size)
			}
			m.each(n, gap, func(int) Event { return entity(0) }).single(gap, 0, distinct)
		}
	}
	told := func(m *maker, n int) { // 200 reads of 1,200 entities, each for an event n seconds later
		m.size(1200).single(2*s, 0, 200, func(e *Event) { e.Webhook = &WebhookEvent{ID: e.URL, Time: m.at.Add(time.Duration(n) * s)} })
	}
	counted := func(i int) Event { return Event{URL: fmt.Sprintf("/contacts/OXF%06d", i)} }
	count := func(m *maker, from, n int) { m.each(n, 2*s, func(i int) Event { return counted(from + i) }) }
	return []bound{
		{rule: "GT103", field: "UniqueReads", of: "entities of 1,200", make: reads(1200, 2*s),
			quiet: 199, loud: 200, want: Error, measured: 200, threshold: 200, to: 250, movedQuiet: 249, movedLoud: 250},
		{rule: "GT103", field: "UniqueReadsUser", of: "entities of 6,000", make: reads(6000, 2*s, ann),
			quiet: 499, loud: 500, want: Error, measured: 500, threshold: 500, to: 450, movedQuiet: 449, movedLoud: 450},
		{rule: "GT103", field: "UniqueLambda", of: "entities of 9,000", make: reads(9000, 2*s), base: thresholds(Thresholds{UniqueP: .01}),
			quiet: 405, loud: 406, want: Error, measured: 406, threshold: 200, to: 15, movedQuiet: 524, movedLoud: 525},
		{rule: "GT103", field: "UniqueP", of: "entities of 9,000", make: reads(9000, 2*s),
			quiet: 410, loud: 411, want: Error, measured: 411, threshold: 200, to: 1e-6, movedQuiet: 503, movedLoud: 504},
		{rule: "GT103", field: "UniquePUser", of: "entities of 9,000", make: reads(9000, 2*s, ann),
			quiet: 503, loud: 504, want: Error, measured: 504, threshold: 500, to: 1e-8, movedQuiet: 582, movedLoud: 583},
		{rule: "GT103", field: "UniqueRatio", of: "reads again, 200 entities of 600", make: again(600, 200, 2*s), base: thresholds(Thresholds{UniqueP: .01}),
			quiet: 18, loud: 17, want: Error, measured: 200, threshold: 200, to: .3, movedQuiet: 10, movedLoud: 9},
		{rule: "GT103", field: "UniqueAbsolute", of: "entities in days", make: reads(0, 200*s),
			quiet: 1700, loud: 2300, want: Error, measured: 2300, about: .2, threshold: 2000, to: 850, movedQuiet: 849, movedLoud: 850},
		{rule: "GT103", field: "UniqueAbsoluteDay", of: "entities in a day", make: reads(0, time.Minute),
			quiet: 599, loud: 600, want: Warning, measured: 600, threshold: 600, to: 400, movedQuiet: 399, movedLoud: 400},
		{rule: "GT103", of: "reads again, 600 entities of an unknown number", make: again(0, 600, time.Minute),
			quiet: 7, loud: 6, want: Warning, measured: 600, threshold: 600},
		{rule: "GT103", of: "entities of an unknown number, until it is an error", make: reads(0, 30*s),
			quiet: 800, loud: 1300, milder: Warning, want: Error, measured: 1300, about: .25, threshold: 600},
		{rule: "GT103", of: "seconds since the events that 200 reads are bound to", make: func(m *maker, n int) { told(m, -n) },
			quiet: 900, loud: 901, want: Error, measured: 200, threshold: 200},
		{rule: "GT103", of: "seconds before those events", make: told,
			quiet: 60, loud: 61, want: Error, measured: 200, threshold: 200},
		{rule: "GT103", of: "reads again, 99 entities of an unknown number", make: again(0, 99, time.Minute), base: thresholds(Thresholds{UniqueReads: 50, UniqueAbsoluteDay: 99}),
			quiet: 1, loud: 0, want: Warning, measured: 99, threshold: 99},
		{rule: "GT103", of: "reads again before 200 entities of 1,200", make: again(1200, 200, 2*s),
			quiet: 799, loud: 800, want: Error, measured: 200, threshold: 200},
		{rule: "GT103", of: "seconds for 600 entities", make: func(m *maker, n int) {
			m.single(time.Minute, 0, 599)
			m.at = day0.Add(time.Duration(n) * s)
			m.single(0, 599, 1)
		}, quiet: 86_401, loud: 86_400, want: Warning, measured: 600, threshold: 600},
		{rule: "GT103", of: "seconds for 850 entities", make: func(m *maker, n int) {
			m.single(200*s, 0, 849)
			m.at = day0.Add(time.Duration(n) * s)
			m.single(0, 849, 1)
		}, base: thresholds(Thresholds{UniqueAbsolute: 850}), quiet: 7*86_400 + 1, loud: 7 * 86_400, want: Error, measured: 850, threshold: 850},

		{rule: "GT104", field: "EnumIDs", of: "ids", make: func(m *maker, n int) { count(m, 700, n) },
			quiet: 99, loud: 100, want: Error, measured: 100, threshold: 100, to: 60, movedQuiet: 59, movedLoud: 60},
		{rule: "GT104", of: "ids of another kind before them", make: func(m *maker, n int) {
			m.each(n, 2*s, func(i int) Event { return Event{URL: fmt.Sprintf("/contacts/LON%06d", i*10)} })
			count(m, 700, 100)
		}, quiet: 21, loud: 20, want: Error, measured: 100, threshold: 100},
		{rule: "GT104", field: "EnumAdjacent", of: "neighbours among 100", make: func(m *maker, n int) {
			count(m, 700, n+1)
			m.each(99-n, 2*s, func(i int) Event { return counted(5000 + 10*i) })
		}, quiet: 79, loud: 80, want: Error, measured: 100, threshold: 100, to: .5, movedQuiet: 49, movedLoud: 50},
		{rule: "GT104", field: "EnumAdjacent", of: "width of 100 ids with gaps", make: func(m *maker, n int) {
			m.each(99, 2*s, func(i int) Event { return counted(700 + i + i/4) })
			m.add(0, counted(700+n-1))
		}, quiet: 126, loud: 125, want: Error, measured: 100, threshold: 100, to: .76, movedQuiet: 132, movedLoud: 131},
		{rule: "GT104", field: "EnumListed", of: "listed of 100", make: func(m *maker, n int) {
			m.add(s, listing("/contacts/?a=1", 700, n, 0))
			count(m, 700, 100)
		}, quiet: 21, loud: 20, want: Error, measured: 100, threshold: 100, to: .4, movedQuiet: 41, movedLoud: 40},
		{rule: "GT104", field: "EnumRepeats", of: "reads again", make: func(m *maker, n int) {
			m.each(n, 2*s, func(int) Event { return counted(700) })
			count(m, 700, 100)
		}, quiet: 26, loud: 25, want: Error, measured: 100, threshold: 100, to: .1, movedQuiet: 12, movedLoud: 11},
		{rule: "GT104", field: "EnumProbes", of: "reads of nothing", make: func(m *maker, n int) { m.single(2*s, 0, n, status(404)) },
			quiet: 49, loud: 50, want: Error, measured: 1, threshold: .2, to: 30, movedQuiet: 29, movedLoud: 30},
		{rule: "GT104", field: "EnumMissShare", of: "reads of nothing after 80 others", make: func(m *maker, n int) { m.single(2*s, 0, 80).single(2*s, 80, n, status(404)) },
			quiet: 19, loud: 20, want: Error, measured: .2, threshold: .2, to: .5, movedQuiet: 79, movedLoud: 80},
		{rule: "GT104", of: "seconds for 50 reads of nothing", make: func(m *maker, n int) {
			m.single(2*s, 0, 49, status(404))
			m.at = day0.Add(time.Duration(n) * s)
			m.single(0, 49, 1, status(404))
		}, quiet: 86_401, loud: 86_400, want: Error, measured: 1, threshold: .2},
	}
}

// runBounds are those of GT105 and of what all rules about runs share.
func runBounds() []bound {
	const s = time.Second
	// run reads rows in pages of equal size, the last page after a pause of its own.
	run := func(m *maker, rows, pages int, gap, pause time.Duration, more ...func(*Event)) {
		for p, from := 0, 0; p < pages; p++ {
			if p == pages-1 {
				m.at = m.at.Add(pause - gap)
			}
			n := (rows - from) / (pages - p)
			m.page(gap, "a=1", p+1, from, n, 0, more...)
			from += n
		}
	}
	return []bound{
		{rule: "GT105", field: "RunRows", of: "rows", make: func(m *maker, n int) { run(m, n, 30, s, s) },
			quiet: 2999, loud: 3000, want: Warning, measured: 3000, threshold: 3000, to: 1000, movedQuiet: 999, movedLoud: 1000},
		{rule: "GT105", field: "RunRowsUser", of: "rows", make: func(m *maker, n int) { run(m, n, 50, s, s, by(User, "ann")) },
			quiet: 4999, loud: 5000, want: Warning, measured: 5000, threshold: 5000, to: 2000, movedQuiet: 1999, movedLoud: 2000},
		{rule: "GT105", field: "RunRate", of: "seconds for 3,000 rows", make: func(m *maker, n int) { run(m, 3000, 30, 3*s, time.Duration(n-28*3)*s) },
			base: thresholds(Thresholds{RunGap: 5 * time.Minute}), quiet: 150, loud: 149, want: Warning, measured: 3000, threshold: 3000, to: 30., movedQuiet: 100, movedLoud: 99},
		{rule: "GT105", field: "RunPage", of: "pages of 3,000 rows", make: func(m *maker, n int) { run(m, 3000, n, s/2, s/2) },
			quiet: 151, loud: 150, want: Warning, measured: 3000, threshold: 3000, to: 50., movedQuiet: 61, movedLoud: 60},
		{rule: "GT105", of: "rows, until it is an error", make: func(m *maker, n int) { run(m, n, 60, s, s) },
			quiet: 5999, loud: 6000, milder: Warning, want: Error, measured: 6000, threshold: 3000},
		{rule: "GT105", of: "queries with 3,000 rows", make: func(m *maker, n int) {
			for i, from := 0, 0; i < n; i++ {
				rows := (3000 - from) / (n - i)
				m.add(s, listing(fmt.Sprintf("/contacts/?officeId=O%d&pageSize=100", i), from, rows, rows))
				from += rows
			}
		}, quiet: 49, loud: 50, milder: Warning, want: Error, measured: 3000, threshold: 3000},
		{rule: "GT105", field: "RunGap", of: "seconds between the halves of a run", make: func(m *maker, n int) {
			m.pages(s, "a=1", 0, 1500, 100, 0)
			m.at = m.at.Add(time.Duration(n)*s - s)
			m.pages(s, "a=1", 1500, 1500, 100, 0)
		}, quiet: 61, loud: 60, want: Warning, measured: 3000, threshold: 3000, to: 30 * s, movedQuiet: 31, movedLoud: 30},
		{rule: "GT201", field: "SmallCollection", of: "rows of the collection", make: func(m *maker, n int) {
			m.size(n)
			tiled(m, 6, time.Hour, 100)
		}, quiet: 500, loud: 501, want: Error, measured: 5, threshold: 4, to: 1000, movedQuiet: 1000, movedLoud: 1001},
		{rule: "GT103", field: "SmallCollection", of: "rows of the collection", make: func(m *maker, n int) { m.size(n).single(2*s, 0, 300) },
			quiet: 500, loud: 501, want: Error, measured: 300, threshold: 200, to: 1000, movedQuiet: 1000, movedLoud: 1001},
	}
}
