package compliance

import (
	"slices"
	"time"
)

// dailyRun judges the long runs of a shape, the last of them going on: GT204.
func (l *look) dailyRun(sh *shape) {
	t := &l.k.cfg.Thresholds
	long := make([]pastRun, 0, len(sh.runs))
	for _, r := range sh.runs {
		if int(r.pages) >= t.DailyPages && int(r.rows) >= t.DailyRows {
			long = append(long, r)
		}
	}
	if a, found := l.daily(long, sh.run.start, t.DailyR, t.DailyRTwice); found {
		l.raise(gt204, a.repeats(l, sh))
	}
}

// daily asks whether runs, the last of them beginning at start, come at one time of
// day: sharp is how near to it (a mean vector's length), loose where there are twice
// as many.
func (l *look) daily(long []pastRun, start uint32, sharp, loose float64) (a alarm, found bool) {
	t := &l.k.cfg.Thresholds
	if len(long) == 0 || start <= long[0].start {
		return a, false
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
	isSharp := n >= need && days >= float64(need)-0.5 && perDay <= t.DailyPerDay && perDay >= 0.6 && r >= sharp
	isLoose := n >= 2*need && r >= loose && onceADay(long, start)
	if isSharp || isLoose {
		sev := Warning
		switch {
		case !isSharp:
			need *= 2
		case n >= 2*need:
			sev = Error
		}
		return alarm{sev: sev, measured: float64(n), threshold: float64(need), unit: "days at the same time", period: 24 * time.Hour, from: long[0].start, confidence: r}, true
	}
	weeks := t.WeeklyRuns
	if l.x.user {
		weeks = t.WeeklyRunsUser
	}
	week := meanVector(long, start, 7*86_400)
	if n >= weeks && days >= float64(7*(weeks-1))+0.5 && float64(n)/days <= 1.5/7 && week >= 0.995 && r >= sharp {
		return alarm{sev: Warning, measured: float64(n), threshold: float64(weeks), unit: "weeks at the same time", period: 7 * 24 * time.Hour, from: long[0].start, confidence: week}, true
	}
	return a, false
}

// onceADay tells whether each run came about a day after the one before, the last
// of them now.
func onceADay(runs []pastRun, now uint32) bool {
	return !slices.ContainsFunc(gapsOf(runs, now), func(gap float64) bool { return gap < 43_200 || gap > 129_600 })
}
