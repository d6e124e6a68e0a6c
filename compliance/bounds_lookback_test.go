package compliance

import "time"

// glances is runs of rows each, a page, that look back as far as the one before:
// the first ago before it begins, the others after each of the gaps.
func (m *maker) glances(ago time.Duration, rows int, gaps []int, more ...func(*Event)) *maker {
	start := day0.Add(time.Hour)
	for i := range len(gaps) + 1 {
		m.at = start
		m.tile(start.Add(-ago), i*rows/2, rows, more...)
		if i < len(gaps) {
			start = start.Add(time.Duration(gaps[i]) * time.Second)
		}
	}
	return m
}

// lookBackBounds are those of timers that look back day and night: GT201, and GT202
// of the same runs without a watermark.
func lookBackBounds() []bound {
	const day, hour, minute = 24 * time.Hour, 3600, 60
	ann := by(User, "ann")
	once := func(n, every, at, pause int) []int { // n gaps, one of them of another length
		gaps := wobble(n, every, 0)
		gaps[at] = pause
		return gaps
	}
	same := func(rows int, gaps []int) func(*maker) { // the same rows each time
		return func(m *maker) {
			at := 0
			for i := range len(gaps) + 1 {
				m.run(time.Duration(at)*time.Second, 0, rows)
				if i < len(gaps) {
					at += gaps[i]
				}
			}
		}
	}
	since := func(e *Event, at time.Time) {
		e.URL = "https://api.example.test/contacts/?pageSize=100&pageNumber=1&modifiedFrom=" + at.Format(time.RFC3339)
	}
	return []bound{
		{rule: "GT201", field: "LookBackRuns", of: "runs that look back a day", make: func(m *maker, n int) { m.glances(day, 20, wobble(n-1, 4*hour, 0)) },
			quiet: 12, loud: 13, want: Warning, measured: 12, threshold: 12, to: 20, movedQuiet: 20, movedLoud: 21},
		{rule: "GT201", field: "LookBackRuns", of: "runs of a user that look back a day", make: func(m *maker, n int) { m.glances(day, 20, wobble(n-1, 4*hour, 0), ann) },
			quiet: 24, loud: 25, want: Warning, measured: 24, threshold: 24, to: 20, movedQuiet: 40, movedLoud: 41},
		{rule: "GT201", field: "LookBackFor", of: "minutes from run to run", make: func(m *maker, n int) { m.glances(day, 20, wobble(12, n*minute, 0)) },
			quiet: 179, loud: 180, want: Warning, measured: 12, threshold: 12, to: day, movedQuiet: 119, movedLoud: 120},
		{rule: "GT201", field: "LookBackFor", of: "minutes from run to run of a user", make: func(m *maker, n int) { m.glances(day, 20, wobble(24, n*minute, 0), ann) },
			quiet: 179, loud: 180, want: Warning, measured: 24, threshold: 24, to: day, movedQuiet: 119, movedLoud: 120},
		{rule: "GT201", field: "LookBackPause", of: "minutes of one pause", make: func(m *maker, n int) { m.glances(day, 20, once(12, 3*hour, 6, n*minute)) },
			quiet: 421, loud: 420, want: Warning, measured: 12, threshold: 12, to: 5 * time.Hour, movedQuiet: 301, movedLoud: 300},
		{rule: "GT201", of: "seconds that the watermark goes on from run to run, of two hours", make: func(m *maker, n int) {
			m.glances(day, 20, wobble(18, 2*hour, 0))
			for i := range m.es {
				since(&m.es[i], day0.Add(time.Duration(i*n)*time.Second))
			}
		}, quiet: 3599, loud: 3600, want: Warning, measured: 18, threshold: 12},
		{rule: "GT201", of: "runs of 19 that ask for an earlier time", make: func(m *maker, n int) {
			m.glances(day, 20, wobble(18, 2*hour, 0))
			for i := range n {
				since(&m.es[2+2*i], day0.AddDate(0, 0, -9))
			}
		}, quiet: 3, loud: 2, want: Warning, measured: 16, threshold: 12},

		{rule: "GT202", field: "LookBackRuns", of: "runs day and night", make: func(m *maker, n int) { same(60, wobble(n-1, 50*minute, 0))(m) },
			quiet: 48, loud: 49, want: Warning, measured: 48, threshold: 48, to: 15, movedQuiet: 60, movedLoud: 61},
		{rule: "GT202", field: "LookBackFor", of: "minutes from run to run, day and night", make: func(m *maker, n int) { same(60, wobble(48, n*minute, 0))(m) },
			quiet: 44, loud: 45, want: Warning, measured: 48, threshold: 48, to: 2 * day, movedQuiet: 59, movedLoud: 60},
		{rule: "GT202", field: "LookBackPause", of: "minutes of the first pause", make: func(m *maker, n int) { same(60, once(48, 50*minute, 0, n*minute))(m) },
			quiet: 421, loud: 420, want: Warning, measured: 48, threshold: 48, to: 5 * time.Hour, movedQuiet: 301, movedLoud: 300},
		{rule: "GT202", field: "RegularRows", of: "rows a run, always the same, day and night", make: func(m *maker, n int) { same(n, wobble(48, 50*minute, 0))(m) },
			quiet: 49, loud: 50, want: Warning, measured: 48, threshold: 48, to: 60, movedQuiet: 29, movedLoud: 30},
		{rule: "GT202", field: "RegularSpread4", of: "spread of runs day and night, of 3,000 s", make: func(m *maker, n int) { same(60, wobble(48, 3000, n))(m) },
			quiet: 751, loud: 749, want: Warning, measured: 48, threshold: 48, to: .1, movedQuiet: 301, movedLoud: 299},
	}
}
