package compliance

import (
	"fmt"
	"time"
)

// tile is a run whose watermark is shift away from where the run before began.
func (m *maker) tile(before time.Time, from, rows int, more ...func(*Event)) *maker {
	return m.pages(time.Second, "modifiedFrom="+before.UTC().Format(time.RFC3339), from, rows, 100, 0, more...)
}

// tiled is n runs, each asking for what changed since the one before.
func tiled(m *maker, n int, every time.Duration, rows int, more ...func(*Event)) {
	gaps := make([]int, n-1)
	for i := range gaps {
		gaps[i] = int(every / time.Second)
	}
	tiledBy(m, gaps, 0, rows, more...)
}

// tiledBy is tiled with gaps in seconds and watermarks shift away from the run before.
func tiledBy(m *maker, gaps []int, shift time.Duration, rows int, more ...func(*Event)) {
	start := day0.Add(time.Hour)
	before := start.Add(-time.Hour)
	for i := range len(gaps) + 1 {
		m.at = start
		m.tile(before.Add(shift), i*rows, rows, more...)
		before = start
		if i < len(gaps) {
			start = start.Add(time.Duration(gaps[i]) * time.Second)
		}
	}
}

func tileBounds() []bound {
	const s = time.Second
	ann := by(User, "ann")
	longest := func(n int) []int { // eleven gaps, one of n seconds
		gaps := wobble(11, 1000, 0)
		gaps[5] = n
		return gaps
	}
	return []bound{
		{rule: "GT201", field: "TileRuns", of: "runs", make: func(m *maker, n int) { tiled(m, n, time.Hour, 100) },
			quiet: 4, loud: 5, want: Error, measured: 4, threshold: 4, to: 6, movedQuiet: 6, movedLoud: 7},
		{rule: "GT201", field: "TileRunsUser", of: "runs", make: func(m *maker, n int) { tiled(m, n, time.Hour, 100, ann) },
			quiet: 8, loud: 9, want: Error, measured: 8, threshold: 8, to: 5, movedQuiet: 5, movedLoud: 6},
		{rule: "GT201", field: "TileGap", of: "seconds from run to run", make: func(m *maker, n int) { tiled(m, 6, time.Duration(n)*s, 100) },
			base: thresholds(Thresholds{RunGap: 10 * s}), quiet: 29, loud: 30, want: Error, measured: 5, threshold: 4, to: 20 * s, movedQuiet: 19, movedLoud: 20},
		{rule: "GT201", field: "TileGap", of: "seconds from run to run, of few rows", make: func(m *maker, n int) { tiled(m, 14, time.Duration(n)*s, 20) },
			quiet: 29, loud: 30, want: Error, measured: 13, threshold: 4, to: 20 * s, movedQuiet: 19, movedLoud: 20},
		{rule: "GT201", field: "TileBefore", of: "seconds before the last run, of 1,000", make: func(m *maker, n int) { tiledBy(m, wobble(5, 1000, 0), -time.Duration(n)*s, 100) },
			quiet: 1202, loud: 1201, want: Error, measured: 5, threshold: 4, to: .5, movedQuiet: 502, movedLoud: 501},
		{rule: "GT201", field: "TileAfter", of: "seconds after the last run, of 1,000", make: func(m *maker, n int) { tiledBy(m, wobble(5, 1000, 0), time.Duration(n)*s, 100) },
			quiet: 202, loud: 201, want: Error, measured: 5, threshold: 4, to: .4, movedQuiet: 402, movedLoud: 401},
		{rule: "GT201", field: "RegularRows", of: "rows a run", make: func(m *maker, n int) { tiled(m, 6, time.Hour, n) },
			quiet: 99, loud: 100, want: Error, measured: 5, threshold: 4, to: 50, movedQuiet: 49, movedLoud: 50},
		{rule: "GT201", field: "RegularIntervals", of: "runs of few rows", make: func(m *maker, n int) { tiled(m, n, time.Hour, 10) },
			quiet: 11, loud: 12, want: Error, measured: 11, threshold: 4, to: 6, movedQuiet: 6, movedLoud: 7},
		{rule: "GT201", field: "RegularSpread4", of: "spread of few rows, of 1,000", make: func(m *maker, n int) { tiledBy(m, wobble(44, 1000, n), 0, 10) },
			quiet: 250, loud: 249, want: Error, measured: 44, threshold: 4, to: .3, movedQuiet: 300, movedLoud: 299},
		{rule: "GT201", field: "RegularSpread", of: "spread of few rows, half as often", make: func(m *maker, n int) { tiledBy(m, wobble(22, 1000, n), 0, 10) },
			quiet: 200, loud: 199, want: Error, measured: 22, threshold: 4, to: .1, movedQuiet: 100, movedLoud: 99},
		{rule: "GT201", field: "RegularMax", of: "longest pause between few rows", make: func(m *maker, n int) { tiledBy(m, longest(n), 0, 10) }, base: thresholds(Thresholds{TileRuns: 5}),
			quiet: 4000, loud: 3999, want: Error, measured: 11, threshold: 5, to: 3., movedQuiet: 3000, movedLoud: 2999},
	}
}

func regularBounds() []bound {
	const s = time.Second
	apart := func(intervals, mid int) func(*maker, int) { // the amount is the spread
		return func(m *maker, n int) { m.runs(100, wobble(intervals, mid, n)...) }
	}
	runs := func(every int) func(*maker, int) {
		return func(m *maker, n int) { m.runs(100, wobble(n-1, every, 0)...) }
	}
	return []bound{
		{rule: "GT202", field: "RegularIntervals", of: "runs", make: runs(2820),
			quiet: 11, loud: 12, want: Warning, measured: 0, threshold: .2, to: 8, movedQuiet: 8, movedLoud: 9},
		{rule: "GT202", field: "RegularIntervals", of: "runs, until it is an error", make: runs(2820),
			quiet: 44, loud: 45, milder: Warning, want: Error, measured: 0, threshold: .25, to: 8, movedQuiet: 32, movedLoud: 33},
		{rule: "GT202", field: "RegularIntervals", of: "runs of users", make: func(m *maker, n int) {
			runs(2820)(m, n)
			for i := range m.es {
				by(User, "ann")(&m.es[i])
				m.es[i].Label += fmt.Sprint(i % 3) // so that nobody is up all day
			}
		}, quiet: 22, loud: 23, want: Warning, measured: 0, threshold: .22, to: 8, movedQuiet: 16, movedLoud: 17},
		{rule: "GT202", of: "runs, where three intervals are enough", make: runs(2820), base: thresholds(Thresholds{RegularIntervals: 3}),
			quiet: 4, loud: 5, want: Warning, measured: 0, threshold: .2},
		{rule: "GT202", field: "RegularSpread", of: "spread of 11 intervals, of 3,000 s", make: apart(11, 3000),
			quiet: 600, loud: 599, want: Warning, measured: .1997, threshold: .2, to: .1, movedQuiet: 300, movedLoud: 299},
		{rule: "GT202", field: "RegularSpread2", of: "spread of 22 intervals, of 3,000 s", make: apart(22, 3000),
			quiet: 660, loud: 659, want: Warning, measured: .2197, threshold: .22, to: .3, movedQuiet: 900, movedLoud: 899},
		{rule: "GT202", field: "RegularSpread4", of: "spread of 44 intervals, of 3,000 s", make: apart(44, 3000),
			quiet: 750, loud: 749, want: Error, measured: .2497, threshold: .25, to: .4, movedQuiet: 1200, movedLoud: 1199},
		{rule: "GT202", field: "RegularMax", of: "longest interval, of 3,000 s", make: func(m *maker, n int) {
			gaps := wobble(11, 3000, 0)
			gaps[4] = n
			m.runs(100, gaps...)
		}, quiet: 12_000, loud: 11_999, want: Warning, measured: 0, threshold: .2, to: 3., movedQuiet: 9000, movedLoud: 8999},
		{rule: "GT202", field: "RegularShort", of: "seconds from run to run, 15 % more or less", make: func(m *maker, n int) { m.runs(100, wobble(11, n, n*15/100)...) },
			quiet: 299, loud: 300, want: Warning, measured: .15, threshold: .2, to: 10 * time.Minute, movedQuiet: 599, movedLoud: 600},
		{rule: "GT202", field: "RegularLongest", of: "minutes from run to run", make: func(m *maker, n int) { m.runs(100, wobble(11, n*60, 0)...) },
			quiet: 781, loud: 780, want: Warning, measured: 0, threshold: .2, to: 6 * time.Hour, movedQuiet: 361, movedLoud: 360},
		{rule: "GT202", field: "RegularRows", of: "new rows a run", make: func(m *maker, n int) { m.runs(n, wobble(11, 2820, 0)...) },
			quiet: 99, loud: 100, want: Warning, measured: 0, threshold: .2, to: 30, movedQuiet: 29, movedLoud: 30},
		{rule: "GT202", field: "RegularFull", of: "rows a run, always the same", make: func(m *maker, n int) {
			for i := range 23 { // a page each: more pages are no screen's
				m.at = day0.Add(time.Duration(i) * 20 * time.Minute)
				m.page(s, "active=true", 1, 0, n, 0)
			}
		}, quiet: 199, loud: 200, want: Warning, measured: 0, threshold: .22, to: 300, movedQuiet: 299, movedLoud: 300},
		{rule: "GT202", field: "RunGap", of: "seconds from run to run", make: func(m *maker, n int) { m.runs(100, wobble(11, n, 0)...) },
			quiet: 60, loud: 61, want: Warning, measured: 0, threshold: .1, to: 30 * s, movedQuiet: 30, movedLoud: 31},
	}
}

func phaseBounds() []bound {
	hourly := func(m *maker, n int) { m.runs(100, wobble(n-1, 3600, 0)...) }
	// halves is 20 runs 300 s apart, the first ten n seconds late, the others n early.
	halves := func(m *maker, n int) {
		for i := range 20 {
			at := 3600 + i*300 + n
			if i >= 10 {
				at -= 2 * n
			}
			m.run(time.Duration(at)*time.Second, i*100, 100)
		}
	}
	return []bound{
		{rule: "GT203", field: "PhaseRuns", of: "runs", make: hourly, base: thresholds(Thresholds{RegularIntervals: 4, PhaseP: 1e-4}),
			quiet: 11, loud: 12, want: Warning, measured: 1, threshold: .9, to: 14, movedQuiet: 13, movedLoud: 14},
		{rule: "GT203", field: "PhaseR", of: "seconds early and late, of 300", make: halves, base: thresholds(Thresholds{PhaseRuns: 20, PhaseP: 1e-4}),
			quiet: 22, loud: 21, want: Warning, measured: .9048, threshold: .9, to: .8, movedQuiet: 31, movedLoud: 30},
		{rule: "GT203", field: "PhaseP", of: "runs", make: hourly,
			quiet: 13, loud: 14, want: Warning, measured: 1, threshold: .9, to: 1e-9, movedQuiet: 20, movedLoud: 21},
		{rule: "GT203", field: "EscalateDays", of: "runs, until it has gone on for three days", make: hourly,
			quiet: 48, loud: 49, milder: Warning, want: Error, measured: 1, threshold: .9, to: 2, movedQuiet: 24, movedLoud: 25},
		{rule: "GT203", field: "RegularIntervals", of: "runs", make: hourly, base: thresholds(Thresholds{PhaseRuns: 2, PhaseP: .01}),
			quiet: 11, loud: 12, want: Warning, measured: 1, threshold: .9, to: 8, movedQuiet: 8, movedLoud: 9},
		{rule: "GT203", field: "RegularRows", of: "new rows a run", make: func(m *maker, n int) { m.runs(n, wobble(13, 3600, 0)...) },
			quiet: 99, loud: 100, want: Warning, measured: 1, threshold: .9, to: 30, movedQuiet: 29, movedLoud: 30},
		{rule: "GT203", field: "RegularLongest", of: "hours from run to run", make: func(m *maker, n int) { m.runs(100, wobble(13, n*3600, 0)...) },
			quiet: 24, loud: 12, want: Warning, measured: 1, threshold: .9, to: 6 * time.Hour, movedQuiet: 8, movedLoud: 6},
		{rule: "GT203", of: "seconds from run to run, all near one point of five minutes", make: func(m *maker, n int) { m.runs(100, wobble(13, n, 0)...) },
			base: thresholds(Thresholds{PhaseR: .7, PhaseP: 1e-4}), quiet: 294, loud: 295, want: Warning, measured: .9131, threshold: .7},
	}
}

func dailyBounds() []bound {
	const day, hour, s = 24 * time.Hour, time.Hour, time.Second
	ann := by(User, "ann")
	every := func(period time.Duration, more ...func(*Event)) func(*maker, int) {
		return func(m *maker, n int) {
			for i := range n {
				m.run(2*hour+time.Duration(i)*period, i*600, 600, more...)
			}
		}
	}
	split := func(n int, period time.Duration) func(*maker, int) { // half the runs late, half early, by the amount in seconds
		return func(m *maker, d int) {
			for i := range n {
				m.run(12*hour+time.Duration(i)*period+time.Duration(d*(1-i%2*2))*s, i*600, 600)
			}
		}
	}
	// sized is n daily runs of pages and rows.
	sized := func(m *maker, pages, rows int) {
		for i := range 6 {
			m.at = day0.Add(2*hour + time.Duration(i)*day)
			for p, from := 0, 0; p < pages; p++ {
				n := (rows - from) / (pages - p)
				m.page(s, "active=true", p+1, i*rows+from, n, 0)
				from += n
			}
		}
	}
	calm := Thresholds{EscalateDays: 100}
	six := Thresholds{DailyRuns: 6, EscalateDays: 100}
	return []bound{
		{rule: "GT204", field: "DailyRuns", of: "days", make: every(day),
			quiet: 4, loud: 5, want: Warning, measured: 5, threshold: 5, to: 7, movedQuiet: 6, movedLoud: 7},
		{rule: "GT204", field: "DailyRuns", of: "days, until it is an error", make: every(day), base: thresholds(calm),
			quiet: 9, loud: 10, milder: Warning, want: Error, measured: 10, threshold: 5, to: 7, movedQuiet: 13, movedLoud: 14},
		{rule: "GT204", field: "EscalateDays", of: "days, until it has gone on for three", make: every(day),
			quiet: 6, loud: 7, milder: Warning, want: Error, measured: 7, threshold: 5, to: 2, movedQuiet: 5, movedLoud: 6},
		{rule: "GT204", field: "DailyRunsUser", of: "days", make: every(day, ann), base: thresholds(calm),
			quiet: 9, loud: 10, want: Warning, measured: 10, threshold: 10, to: 8, movedQuiet: 7, movedLoud: 8},
		{rule: "GT204", field: "DailyPerDay", of: "second runs on six days", make: func(m *maker, n int) {
			for i := range 6 {
				m.run(2*hour+time.Duration(i)*day, i*2000, 600)
				if i < n {
					m.run(2*hour+time.Duration(i)*day+20*time.Minute, i*2000+600, 600)
				}
			}
		}, base: thresholds(six), quiet: 4, loud: 3, want: Warning, measured: 9, threshold: 6, to: 1.2, movedQuiet: 2, movedLoud: 1},
		{rule: "GT204", of: "the day of the sixth run", make: func(m *maker, n int) {
			every(day)(m, 5)
			m.run(2*hour+time.Duration(n-1)*day, 4000, 600)
		}, base: thresholds(six), quiet: 11, loud: 10, want: Warning, measured: 6, threshold: 6},
		{rule: "GT204", of: "hours to the fifth run", make: func(m *maker, n int) {
			every(day)(m, 4)
			m.run(time.Duration(2+n)*hour, 4000, 600)
		}, base: thresholds(Thresholds{DailyR: .5}), quiet: 83, loud: 84, want: Warning, measured: 5, threshold: 5},
		{rule: "GT204", field: "DailyPages", of: "pages a run", make: func(m *maker, n int) { sized(m, n, 600) }, base: thresholds(calm),
			quiet: 2, loud: 3, want: Warning, measured: 6, threshold: 5, to: 5, movedQuiet: 4, movedLoud: 5},
		{rule: "GT204", field: "DailyRows", of: "rows a run", make: func(m *maker, n int) { sized(m, 3, n) }, base: thresholds(calm),
			quiet: 299, loud: 300, want: Warning, measured: 6, threshold: 5, to: 500, movedQuiet: 499, movedLoud: 500},
		{rule: "GT204", field: "DailyR", of: "seconds early and late", make: split(6, day), base: thresholds(six),
			quiet: 1947, loud: 1946, want: Warning, measured: 6, threshold: 6, to: .95, movedQuiet: 4367, movedLoud: 4366},
		{rule: "GT204", field: "DailyRTwice", of: "seconds early and late, on ten days", make: split(10, day), base: thresholds(calm),
			quiet: 6203, loud: 6202, want: Warning, measured: 10, threshold: 10, to: .8, movedQuiet: 8849, movedLoud: 8848},
		{rule: "GT204", field: "WeeklyRuns", of: "weeks", make: every(7 * day),
			quiet: 2, loud: 3, want: Warning, measured: 3, threshold: 3, to: 5, movedQuiet: 4, movedLoud: 5},
		{rule: "GT204", field: "WeeklyRunsUser", of: "weeks", make: every(7*day, ann),
			quiet: 4, loud: 5, want: Warning, measured: 5, threshold: 5, to: 4, movedQuiet: 3, movedLoud: 4},
		{rule: "GT204", of: "seconds early and late in the week", make: split(4, 7*day), base: thresholds(Thresholds{WeeklyRuns: 4, DailyR: .5}),
			quiet: 9630, loud: 9629, want: Warning, measured: 4, threshold: 4},
		{rule: "GT204", of: "runs in three weeks", make: func(m *maker, n int) {
			for i := range 3 {
				m.run(2*hour+time.Duration(i*7)*day, i*600, 600)
				if i == 1 {
					for j := range n - 3 {
						m.run(3*hour+time.Duration(i*7)*day+time.Duration(j)*hour, 4000+j*600, 600)
					}
				}
			}
		}, base: thresholds(Thresholds{DailyR: .9}), quiet: 4, loud: 3, want: Warning, measured: 3, threshold: 3},

		{rule: "GT206", field: "CopyRuns", of: "runs", make: func(m *maker, n int) { copies(m, n, 12, 1200, 0) },
			quiet: 2, loud: 3, want: Error, measured: 3, threshold: 3, to: 5, movedQuiet: 4, movedLoud: 5},
		{rule: "GT206", field: "CopyRows", of: "rows", make: func(m *maker, n int) { copies(m, 3, 12, n, 0) },
			quiet: 999, loud: 1000, want: Error, measured: 3, threshold: 3, to: 600, movedQuiet: 599, movedLoud: 600},
		{rule: "GT206", field: "CopyOverlap", of: "% of other rows", make: func(m *maker, n int) { copies(m, 3, 10, 1000, 10*n) },
			quiet: 20, loud: 3, want: Error, measured: 3, threshold: 3, to: .5, movedQuiet: 65, movedLoud: 35},
		{rule: "GT206", field: "DailyPages", of: "pages", make: func(m *maker, n int) { copies(m, 4, n, 1200, 0) }, base: thresholds(Thresholds{CopyRuns: 4}),
			quiet: 2, loud: 3, want: Error, measured: 4, threshold: 4, to: 5, movedQuiet: 4, movedLoud: 5},
		{rule: "GT206", field: "DailyRows", of: "rows", make: func(m *maker, n int) { copies(m, 3, 3, n, 0) }, base: thresholds(Thresholds{CopyRows: 100}),
			quiet: 299, loud: 300, want: Error, measured: 3, threshold: 3, to: 200, movedQuiet: 199, movedLoud: 200},
	}
}

// copies is n runs over about the same rows, 7 h apart; each begins shift rows
// further on.
func copies(m *maker, n, pages, rows, shift int) {
	for i := range n {
		m.at = day0.Add(time.Duration(i) * 7 * time.Hour)
		for p, from := 0, 0; p < pages; p++ {
			n := (rows - from) / (pages - p)
			m.page(time.Second, "active=true", p+1, i*shift+from, n, 0)
			from += n
		}
	}
}

func hourBounds() []bound {
	const hour, s = time.Hour, time.Second
	// hourly is hours of lists, from the hour on, of which rows were new and old were not.
	hourly := func(m *maker, from, hours, rows, old int) {
		for h := from; h < hours; h++ {
			m.at = day0.Add(time.Duration(h) * hour)
			e := listing("/contacts/?a=1", 1000+h*100_000, rows, 0)
			e.Answer.IDs = append(e.Answer.IDs, ids(0, old)...)
			m.add(0, e)
		}
	}
	busy := func(m *maker, n int) { // the last n hours of two days
		if n < 24 {
			hourly(m, 0, 1, 1, 0)
		}
		hourly(m, 24-n, 24, 200, 0)
		hourly(m, 48-n, 48, 200, 0)
	}
	users := func(m *maker, n int) { // in shifts, so that nobody is up all day
		busy(m, n)
		for i := range m.es {
			by(User, fmt.Sprint("user-", m.es[i].Time.Hour()%4))(&m.es[i])
		}
	}
	tell := func(k *Checker, i, _ int) { // that the app says what it uses
		if i == 0 {
			k.Used("ABC", "offers", "1")
		}
	}
	use := func(k *Checker, i, n int) {
		tell(k, i, n)
		if i == 1 {
			k.Used("ABC", "contacts", ids(0, n)...)
		}
	}
	later := func(m *maker, rows int, after time.Duration) { // a list of what is known, some time after the others
		m.pages(s, "a=1", 0, rows, 50, 0)
		m.at = m.at.Add(after - s)
		m.page(0, "a=1", 1, 0, 50, 0)
	}
	return []bound{
		{rule: "GT205", field: "ClockHours", of: "hours with new rows", make: busy,
			quiet: 21, loud: 22, want: Warning, measured: 22, threshold: 22, to: 12, movedQuiet: 11, movedLoud: 12},
		{rule: "GT205", field: "ClockHoursUser", of: "hours with new rows", make: users,
			quiet: 23, loud: 24, want: Warning, measured: 24, threshold: 24, to: 20, movedQuiet: 19, movedLoud: 20},
		{rule: "GT205", field: "ClockRows", of: "new rows an hour of the day", make: func(m *maker, n int) {
			hourly(m, 0, 24, n/2, 0)
			hourly(m, 24, 48, n-n/2, 0)
		}, quiet: 60, loud: 150, want: Warning, measured: 24, threshold: 22, to: 10, movedQuiet: 9, movedLoud: 10},
		{rule: "GT205", field: "ClockRows", of: "rows an hour of the day, 20 of them new", make: func(m *maker, n int) {
			hourly(m, 0, 24, 10, n/2-10)
			hourly(m, 24, 48, 10, n-n/2-10)
		}, base: thresholds(Thresholds{ClockNew: .05}), quiet: 299, loud: 300, want: Warning, measured: 24, threshold: 22, to: 50, movedQuiet: 149, movedLoud: 150},
		{rule: "GT205", field: "ClockNew", of: "new rows of 20", make: func(m *maker, n int) { hourly(m, 0, 48, n, 20-n) },
			base: thresholds(Thresholds{ClockRows: 10}), quiet: 9, loud: 10, want: Warning, measured: 24, threshold: 22, to: 454. / 960, movedQuiet: 8, movedLoud: 9},
		{rule: "GT205", of: "hours in all", make: func(m *maker, n int) { hourly(m, 0, n, 200, 0) },
			quiet: 47, loud: 48, want: Warning, measured: 24, threshold: 22},

		{rule: "GT207", field: "UnusedRows", of: "rows", make: func(m *maker, n int) { later(m, n, 1000*s) }, used: tell,
			quiet: 700, loud: 1400, want: Warning, measured: 0, threshold: .01, to: 300, movedQuiet: 299, movedLoud: 300},
		{rule: "GT207", field: "UnusedShare", of: "rows used of 400", make: func(m *maker, _ int) { later(m, 400, 1000*s) }, used: use, base: thresholds(Thresholds{UnusedRows: 300}), quiet: 4, loud: 3, want: Warning, measured: .0075, threshold: .01, to: .05, movedQuiet: 20, movedLoud: 19},
		{rule: "GT207", of: "seconds since the last of 400 rows, the others a second older", make: func(m *maker, n int) { later(m, 400, time.Duration(n)*s) }, used: tell,
			base: thresholds(Thresholds{UnusedRows: 400}), quiet: 898, loud: 899, want: Warning, measured: 0, threshold: .01},
	}
}
