package compliance

import (
	"slices"
	"time"
)

// daily judges the long runs of a shape, the last of them going on: GT204.
func (l *look) daily(sh *shape) {
	t := &l.k.cfg.Thresholds
	long := make([]pastRun, 0, len(sh.runs))
	for _, r := range sh.runs {
		if int(r.pages) >= t.DailyPages && int(r.rows) >= t.DailyRows {
			long = append(long, r)
		}
	}
	start := sh.run.start
	if len(long) == 0 || start <= long[0].start {
		return
	}
	need := t.DailyRuns
	if l.x.user {
		need = t.DailyRunsUser
	}
	// The last runs only: a job that has moved is judged by where it is now.
	if len(long) > 4*need {
		long = long[len(long)-4*need:]
	}
	days := float64(start-long[0].start)/86_400 + 1
	n := len(long) + 1
	r := meanVector(long, start, 86_400)
	perDay := float64(n) / days
	sharp := n >= need && days >= float64(need)-0.5 && perDay <= t.DailyPerDay && perDay >= 0.6 && r >= t.DailyR
	loose := n >= 2*need && r >= t.DailyRTwice && onceADay(long, start)
	if sharp || loose {
		sev := Warning
		switch {
		case !sharp:
			need *= 2
		case n >= 2*need:
			sev = Error
		}
		l.raise(gt204, alarm{sev: sev, measured: float64(n), threshold: float64(need), unit: "days at the same time", period: 24 * time.Hour, from: long[0].start, confidence: r}.repeats(l, sh))
		return
	}
	weeks := t.WeeklyRuns
	if l.x.user {
		weeks = t.WeeklyRunsUser
	}
	week := meanVector(long, start, 7*86_400)
	if n >= weeks && days >= float64(7*(weeks-1))+0.5 && float64(n)/days <= 1.5/7 && week >= 0.995 && r >= t.DailyR {
		l.raise(gt204, alarm{sev: Warning, measured: float64(n), threshold: float64(weeks), unit: "weeks at the same time", period: 7 * 24 * time.Hour, from: long[0].start, confidence: week}.repeats(l, sh))
	}
}

// onceADay tells whether each run came about a day after the one before, the last
// of them now.
func onceADay(runs []pastRun, now uint32) bool {
	return !slices.ContainsFunc(gapsOf(runs, now), func(gap float64) bool { return gap < 43_200 || gap > 129_600 })
}
