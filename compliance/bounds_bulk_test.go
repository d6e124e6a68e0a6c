package compliance

import (
	"fmt"
	"time"
)

// sweepBounds are those of GT101, GT102, GT106 and GT107.
func sweepBounds() []bound {
	const s = time.Second
	one := func(rows, per, total int, more ...func(*Event)) func(*maker, int) { // rows 0: the amount
		return func(m *maker, n int) { m.pages(3*s, "a=1", 0, max(rows, n), per, total, more...) }
	}
	plain := func(m *maker, rows, per, total int, more ...func(*Event)) { // the whole collection, so its total is its size
		for p := 0; p*per < rows; p++ {
			e := listing(fmt.Sprintf("/contacts/?pageSize=100&pageNumber=%d", p+1), p*per, min(per, rows-p*per), total)
			for _, f := range more {
				f(&e)
			}
			m.add(3*s, e)
		}
	}
	ann := by(User, "ann")
	// sliced is n slices of rows each, of a collection of size rows; the first
	// again rows of the last slice have come before.
	sliced := func(m *maker, size, n, rows, again int, more ...func(*Event)) {
		m.size(size)
		for i := range n {
			e := listing(fmt.Sprintf("/contacts/?officeId=O%d&pageSize=100", i), i*rows, rows, rows)
			if i == n-1 {
				copy(e.Answer.IDs, ids(0, again))
			}
			for _, f := range more {
				f(&e)
			}
			m.add(time.Minute, e)
		}
	}
	inTens := func(m *maker, size, n int) { // n rows in slices of ten
		sliced(m, size, n/10, 10, 0)
		if rest := n % 10; rest > 0 {
			m.add(s, listing("/contacts/?officeId=rest&pageSize=100", n-rest, rest, rest))
		}
	}
	unsized := func(slices, rows int) func(*maker) { // of a collection whose size nobody tells
		return func(m *maker) {
			for i := range slices {
				m.add(time.Minute, listing(fmt.Sprintf("/contacts/?officeId=O%d&pageSize=1000", i), i*rows, rows, 0))
			}
		}
	}
	few := Thresholds{SliceRows: 50, SliceLambda: 5}
	last := Thresholds{SliceRows: 50, SliceLambda: 18} // judged with the last of 20 slices of ten
	hydrated := func(m *maker, pages, per, opened int, more ...func(*Event)) {
		m.pages(s, "a=1", 0, pages*per, per, 0, more...)
		m.each(opened, 2*s, func(i int) Event {
			e := Event{URL: "/contacts/" + ids(i, 1)[0]}
			for _, f := range more {
				f(&e)
			}
			return e
		})
	}
	small := Thresholds{SmallCollection: 50, CoverRows: 100}
	return []bound{
		{rule: "GT101", field: "SweepPages", of: "pages", make: func(m *maker, n int) { plain(m, n*150, 150, 2000) },
			quiet: 9, loud: 10, want: Error, measured: 1500, threshold: 1000, to: 8, movedQuiet: 7, movedLoud: 8},
		{rule: "GT101", field: "SweepRows", of: "rows", make: func(m *maker, n int) { plain(m, n, 50, 1500) },
			quiet: 999, loud: 1000, want: Error, measured: 1000, threshold: 1000, to: 800, movedQuiet: 799, movedLoud: 800},
		{rule: "GT101", field: "SweepShare", of: "rows of 4,000", make: func(m *maker, n int) { plain(m, n, 100, 4000) },
			quiet: 1999, loud: 2000, want: Error, measured: 2000, threshold: 1000, to: .3, movedQuiet: 1199, movedLoud: 1200},
		{rule: "GT101", field: "SweepManyRows", of: "rows", make: one(0, 100, 0),
			quiet: 2899, loud: 2900, want: Error, measured: 2900, threshold: 2900, to: 1500, movedQuiet: 1499, movedLoud: 1500},
		{rule: "GT101", field: "SweepManyRows", of: "rows of a huge collection", make: func(m *maker, n int) { m.size(100_000).pages(3*s, "a=1", 0, n, 100, 0) },
			quiet: 5799, loud: 5800, milder: Warning, want: Error, measured: 5800, threshold: 2900, to: 1500, movedQuiet: 2999, movedLoud: 3000},
		{rule: "GT101", field: "SweepRowsUser", of: "rows", make: func(m *maker, n int) { plain(m, n, 50, 3000, ann) },
			quiet: 1999, loud: 2000, want: Error, measured: 2000, threshold: 2000, to: 1800, movedQuiet: 1799, movedLoud: 1800},
		{rule: "GT101", field: "SweepManyRowsUser", of: "rows", make: one(0, 50, 0, ann),
			quiet: 4999, loud: 5000, want: Error, measured: 5000, threshold: 5000, to: 3000, movedQuiet: 2999, movedLoud: 3000},
		{rule: "GT101", field: "SweepErrorShare", of: "rows of 20,000", make: func(m *maker, n int) { m.size(20_000).pages(3*s, "a=1", 0, n, 100, 0) },
			quiet: 3999, loud: 4000, milder: Warning, want: Error, measured: 4000, threshold: 2900, to: .15, movedQuiet: 2999, movedLoud: 3000},
		{rule: "GT101", field: "SweepWhole", of: "rows of 800", make: func(m *maker, n int) { plain(m, n, 100, 800) },
			quiet: 639, loud: 640, want: Error, measured: 640, threshold: 640, to: .9, movedQuiet: 719, movedLoud: 720},
		{rule: "GT101", field: "SweepPages", of: "pages with 700 rows of 800", make: func(m *maker, n int) { plain(m, 700, (700+n-1)/n, 800) },
			quiet: 4, loud: 5, want: Error, measured: 700, threshold: 640, to: 8, movedQuiet: 3, movedLoud: 4},
		{rule: "GT101", field: "SmallCollection", of: "rows of 600", make: func(m *maker, n int) { plain(m, n, 100, 600) },
			quiet: 500, loud: 501, want: Error, measured: 501, threshold: 480, to: 550, movedQuiet: 550, movedLoud: 551},
		{rule: "GT101", of: "seconds from the first page to the tenth", make: func(m *maker, n int) {
			plain(m, 1350, 150, 2000)
			m.at = day0.Add(time.Duration(n) * s)
			m.add(0, listing("/contacts/?pageSize=100&pageNumber=10", 1350, 150, 2000))
		}, quiet: 6*3600 + 1, loud: 6 * 3600, want: Error, measured: 1500, threshold: 1000},

		{rule: "GT102", field: "SliceFilters", of: "slices", make: func(m *maker, n int) { sliced(m, 700, n, 30, 0) }, base: thresholds(few),
			quiet: 4, loud: 5, want: Error, measured: 150, threshold: 50, to: 6, movedQuiet: 5, movedLoud: 6},
		{rule: "GT102", field: "SliceFilters", of: "slices of an unknown whole", make: func(m *maker, n int) { unsized(n, 200)(m) },
			quiet: 9, loud: 10, want: Error, measured: 2000, threshold: 1500, to: 6, movedQuiet: 11, movedLoud: 12},
		{rule: "GT102", field: "SliceRows", of: "rows of a collection of six times as many", make: func(m *maker, n int) { inTens(m, 6*n, n) },
			base: thresholds(Thresholds{SliceLambda: 5}), quiet: 800, loud: 1250, want: Error, measured: 1250, about: .2, threshold: 1000, to: 100, movedQuiet: 99, movedLoud: 100},
		{rule: "GT102", field: "SliceShare", of: "rows of 2,000", make: func(m *maker, n int) { inTens(m, 2000, n) }, base: thresholds(few),
			quiet: 199, loud: 200, want: Error, measured: 200, threshold: 50, to: .105, movedQuiet: 209, movedLoud: 210},
		{rule: "GT102", field: "SliceLambda", of: "slices of 16 rows of 1,024", make: func(m *maker, n int) { sliced(m, 1024, n, 16, 0) }, base: thresholds(Thresholds{SliceRows: 50}),
			quiet: 17, loud: 28, want: Error, measured: 448, about: .2, threshold: 50, to: 7, movedQuiet: 7, movedLoud: 8},
		{rule: "GT102", of: "slices of ten rows, by chance", make: func(m *maker, n int) { sliced(m, 1000, n, 10, 0) }, base: thresholds(Thresholds{SliceRows: 50, SliceLambda: 1}),
			quiet: 12, loud: 13, want: Error, measured: 130, threshold: 50},
		{rule: "GT102", field: "SliceRatio", of: "rows again, where chance gives 19", make: func(m *maker, n int) { sliced(m, 1000, 20, 10, n) }, base: thresholds(last),
			quiet: 5, loud: 4, want: Error, measured: 196, threshold: 50, to: .15, movedQuiet: 3, movedLoud: 2},
		{rule: "GT102", field: "SliceRatioUser", of: "rows again", make: func(m *maker, n int) { sliced(m, 1000, 20, 10, n, ann) }, base: thresholds(last),
			quiet: 2, loud: 1, want: Error, measured: 199, threshold: 50, to: .3, movedQuiet: 6, movedLoud: 5},
		{rule: "GT102", field: "SliceExhausted", of: "of 20 slices read to their end", make: func(m *maker, n int) {
			sliced(m, 1000, 20, 10, 0)
			for i := range m.es[1+n:] {
				m.es[1+n+i].Answer.Total = 50
			}
		}, base: thresholds(last), quiet: 11, loud: 12, want: Error, measured: 200, threshold: 50, to: .8, movedQuiet: 15, movedLoud: 16},
		{rule: "GT102", field: "SliceAbsolute", of: "rows of an unknown whole", make: func(m *maker, n int) {
			unsized(n/50, 50)(m)
			m.add(s, listing("/contacts/?officeId=rest&pageSize=1000", n/50*50, n%50, 0))
		}, quiet: 1499, loud: 1500, want: Error, measured: 1500, threshold: 1500, to: 2000, movedQuiet: 1999, movedLoud: 2000},
		{rule: "GT102", field: "SmallPageSize", of: "page size", make: func(m *maker, n int) {
			m.each(80, time.Minute, func(i int) Event {
				return listing(fmt.Sprintf("/contacts/?officeId=O%d&pageSize=%d", i, n), i*20, 20, 0)
			})
		}, quiet: 25, loud: 26, want: Error, measured: 1600, threshold: 1500, to: 50, movedQuiet: 50, movedLoud: 51},
		{rule: "GT102", of: "rows again of an unknown whole", make: func(m *maker, n int) {
			m.add(s, listing("/contacts/?officeId=again&pageSize=1000", 0, n, 0))
			unsized(20, 80)(m)
		}, quiet: 100, loud: 1, want: Error, measured: 1601, threshold: 1500},
		{rule: "GT102", of: "rows again among 200 of an unknown whole", make: func(m *maker, n int) {
			unsized(20, 10)(m)
			copy(m.es[19].Answer.IDs, ids(0, n))
		}, base: thresholds(Thresholds{SliceRows: 50, SliceAbsolute: 200}), quiet: 2, loud: 1, want: Error, measured: 200, threshold: 200},
		{rule: "GT102", of: "seconds from the first slice to the last", make: func(m *maker, n int) {
			sliced(m, 700, 4, 30, 0)
			m.at = day0.Add(time.Duration(n+1) * s)
			m.add(0, listing("/contacts/?officeId=last&pageSize=100", 120, 30, 30))
		}, base: thresholds(few), quiet: 86_401, loud: 86_400, want: Error, measured: 150, threshold: 50},

		{rule: "GT106", field: "CoverRows", of: "rows of a collection of which 70 % are read", make: func(m *maker, n int) { plain(m, n*7/10, 100, n) },
			quiet: 1999, loud: 2000, want: Note, measured: .7, about: .2, threshold: .5, to: 3000, movedQuiet: 2999, movedLoud: 3000},
		{rule: "GT106", field: "CoverDay", of: "rows of 400", make: func(m *maker, n int) { plain(m, n, 10, 400) }, base: thresholds(small),
			quiet: 199, loud: 200, want: Note, measured: .5, threshold: .5, to: .4, movedQuiet: 159, movedLoud: 160},
		{rule: "GT106", of: "rows of 400, one by one", make: func(m *maker, n int) { m.size(400).single(s, 0, n) }, base: thresholds(small),
			quiet: 199, loud: 200, want: Note, measured: .5, threshold: .5},
		{rule: "GT106", field: "CoverWeek", of: "rows of 240, 40 a day", make: func(m *maker, n int) {
			plain(m, n, 10, 240)
			for i := range m.es {
				m.es[i].Time = day0.Add(time.Duration(i) * 6 * time.Hour)
			}
		}, base: thresholds(small), quiet: 215, loud: 216, want: Note, measured: .9, threshold: .9, to: .8, movedQuiet: 191, movedLoud: 192},

		{rule: "GT107", field: "HydratePages", of: "lists, three rows in four opened", make: func(m *maker, n int) { hydrated(m, n, 30, n*23) },
			quiet: 2, loud: 3, want: Warning, measured: 69. / 90, threshold: .6, to: 4, movedQuiet: 3, movedLoud: 4},
		{rule: "GT107", field: "HydratePagesUser", of: "lists, three rows in four opened", make: func(m *maker, n int) { hydrated(m, n, 30, n*23, ann) },
			quiet: 4, loud: 5, want: Warning, measured: 115. / 150, threshold: .6, to: 3, movedQuiet: 2, movedLoud: 3},
		{rule: "GT107", field: "HydrateShare", of: "opened of 120", make: func(m *maker, n int) { hydrated(m, 3, 40, n) },
			quiet: 71, loud: 72, want: Warning, measured: .6, threshold: .6, to: .8, movedQuiet: 95, movedLoud: 96},
		{rule: "GT107", field: "HydrateReads", of: "opened of 45", make: func(m *maker, n int) { hydrated(m, 3, 15, n) },
			quiet: 39, loud: 40, want: Warning, measured: 40. / 45, threshold: .6, to: 30, movedQuiet: 29, movedLoud: 30},
		{rule: "GT107", of: "seconds from the first list to the last", make: func(m *maker, n int) {
			m.pages(s, "a=1", 0, 30, 15, 0)
			m.at = day0.Add(time.Duration(n) * s)
			m.page(0, "a=1", 3, 30, 15, 0).each(40, 0, func(i int) Event { return Event{URL: "/contacts/" + ids(i, 1)[0]} })
		}, quiet: 601, loud: 600, want: Warning, measured: 40. / 45, threshold: .6},
		{rule: "GT107", of: "seconds from the first list to the last row opened", make: func(m *maker, n int) {
			hydrated(m, 3, 15, 39)
			m.at = day0.Add(time.Duration(n) * s)
			m.add(0, Event{URL: "/contacts/" + ids(39, 1)[0]})
		}, quiet: 601, loud: 600, want: Warning, measured: 40. / 45, threshold: .6},
	}
}
