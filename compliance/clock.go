package compliance

import (
	"math"
	"slices"
	"time"
)

// tiling is a chain of runs, each asking for what changed since about the run
// before.
type tiling struct {
	run       uint32 // start of the last run with a watermark
	watermark int64
	chain     uint16
	since     uint32
}

// tiling judges the watermark of a run's first page: GT201. It needs no total.
func (l *look) tiling(sh *shape) {
	if l.x.q.watermark != 0 {
		l.tileAt(sh, l.x.sec(), l.x.q.watermark)
	}
}

func (l *look) tileAt(sh *shape, now uint32, w int64) {
	x, t, c := l.x, &l.k.cfg.Thresholds, &sh.tile
	before := *c
	c.run, c.watermark = now, w
	if before.run == 0 || now <= before.run {
		c.chain, c.since = 0, now
		return
	}
	gap := float64(now - before.run)
	if gap < t.TileGap.Seconds() {
		c.run, c.watermark = before.run, before.watermark
		return
	}
	from, to := float64(before.run)-t.TileBefore*gap, float64(before.run)+t.TileAfter*gap
	if float64(w) < from-1 || float64(w) > to+1 || w <= before.watermark {
		c.chain, c.since = 0, now
		return
	}
	c.chain++
	need := t.TileRuns
	if x.user {
		need = t.TileRunsUser
	}
	if int(c.chain) >= need && !l.byHand(sh, now) {
		l.raise(gt201, alarm{sev: Error, measured: float64(c.chain), threshold: float64(need), unit: "runs, each from where the last one ended",
			period: medianGap(sh.runs, now), from: c.since, confidence: 1}.repeats(l, sh))
	}
}

// byHand tells whether a chain may be a person's, who now and then looks for what
// is new since the last look: few rows, at odd times and not by night. So few
// rows need a timer's pace as well.
func (l *look) byHand(sh *shape, now uint32) bool {
	t, last := &l.k.cfg.Thresholds, sh.runs[max(0, len(sh.runs)-l.k.cfg.Thresholds.TileRuns):]
	rows := make([]float64, len(last))
	for i, r := range last {
		rows[i] = float64(r.rows)
	}
	if len(rows) > 0 && median(rows) >= float64(t.RegularRows) {
		return false
	}
	if len(sh.runs) < t.RegularIntervals {
		return true
	}
	gaps := gapsOf(sh.runs[len(sh.runs)-t.RegularIntervals:], now)
	mid, mad := spread(gaps)
	return mad >= t.RegularSpread4 || slices.Max(gaps) >= t.RegularMax*mid
}

// medianGap is the median time from run to run, the last one beginning now.
func medianGap(runs []pastRun, now uint32) time.Duration {
	gaps := gapsOf(runs, now)
	if len(gaps) == 0 {
		return 0
	}
	return time.Duration(median(gaps)) * time.Second
}

func gapsOf(runs []pastRun, now uint32) []float64 {
	gaps := make([]float64, 0, len(runs))
	for i, r := range runs {
		next := now
		if i+1 < len(runs) {
			next = runs[i+1].start
		}
		gaps = append(gaps, float64(next)-float64(r.start))
	}
	return gaps
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}

// spread is the median absolute deviation from the median, in medians.
func spread(v []float64) (mid, mad float64) {
	mid = median(v)
	if mid == 0 {
		return 0, math.Inf(1)
	}
	dev := make([]float64, len(v))
	for i, g := range v {
		dev[i] = math.Abs(g - mid)
	}
	return mid, median(dev) / mid
}

// intervals judges the starts of the runs of a shape, the last of them now: GT202
// and GT203. Runs that bring few new rows are a dashboard's.
func (l *look) intervals(sh *shape) { l.intervalsAt(sh, l.x.sec()) }

func (l *look) intervalsAt(sh *shape, now uint32) {
	t := &l.k.cfg.Thresholds
	least := t.RegularIntervals
	if l.x.user {
		least *= 2 // a tag moves thresholds, it switches no rule off
	}
	if len(sh.runs) < least || len(sh.runs) < 4 {
		return
	}
	fresh, rows := make([]float64, len(sh.runs)), make([]float64, len(sh.runs))
	for i, r := range sh.runs {
		fresh[i], rows[i] = float64(r.fresh), float64(r.rows)
	}
	isNew, full := median(fresh) >= float64(t.RegularRows), median(rows) >= float64(t.RegularFull)
	if !isNew && !full {
		return
	}
	if median(gapsOf(sh.runs, now)) > t.RegularLongest.Seconds() {
		return
	}
	if isNew || len(sh.runs) >= 2*least {
		l.regular(sh, now)
	}
	l.phase(sh, now)
}

// regular asks for the longest of the spans that is regular.
func (l *look) regular(sh *shape, now uint32) {
	t := &l.k.cfg.Thresholds
	for i, limit := range [...]float64{t.RegularSpread4, t.RegularSpread2, t.RegularSpread} {
		n := t.RegularIntervals << (2 - i)
		if n > len(sh.runs) || l.x.user && i == 2 {
			continue
		}
		gaps := gapsOf(sh.runs[len(sh.runs)-n:], now)
		mid, mad := spread(gaps)
		if mid < t.RegularShort.Seconds() {
			limit /= 2
		}
		if mid > t.RegularLongest.Seconds() || mad >= limit || slices.Max(gaps) >= t.RegularMax*mid {
			continue
		}
		sev := Warning
		if i == 0 {
			sev = Error
		}
		l.raise(gt202, alarm{sev: sev, measured: mad, threshold: limit, unit: "spread of the interval", period: time.Duration(mid) * time.Second,
			from: sh.runs[len(sh.runs)-n].start, confidence: 1 - mad}.repeats(l, sh))
		return
	}
}

// clockPeriods are the pauses that timers are set to, in seconds.
var clockPeriods = [...]float64{300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 14_400, 21_600, 28_800, 43_200}

// phase asks whether the runs begin at the same point of a clock's period
// (Rayleigh's test of the mean vector).
func (l *look) phase(sh *shape, now uint32) {
	t := &l.k.cfg.Thresholds
	if len(sh.runs)+1 < t.PhaseRuns {
		return
	}
	mid := median(gapsOf(sh.runs, now))
	for _, p := range slices.Backward(clockPeriods[:]) {
		if p > mid*1.02 {
			continue
		}
		r := meanVector(sh.runs, now, p)
		n := float64(len(sh.runs) + 1)
		if chance := math.Exp(-n * r * r); r >= t.PhaseR && chance < t.PhaseP {
			l.raise(gt203, alarm{sev: Warning, measured: r, threshold: t.PhaseR, unit: "of the runs at one point of the clock", period: time.Duration(p) * time.Second,
				from: sh.runs[0].start, confidence: 1 - chance}.repeats(l, sh))
			return
		}
	}
}

func meanVector(runs []pastRun, now uint32, period float64) float64 {
	sin, cos := math.Sincos(2 * math.Pi * math.Mod(float64(now), period) / period)
	for _, r := range runs {
		s, c := math.Sincos(2 * math.Pi * math.Mod(float64(r.start), period) / period)
		sin, cos = sin+s, cos+c
	}
	return math.Hypot(sin, cos) / float64(len(runs)+1)
}

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

// hourRows counts the rows of each of the last 48 hours.
type hourRows struct {
	rows  []hourCount // 48, of the hour's number modulo 48
	hour  uint32      // last
	first uint32
}

type hourCount struct{ fresh, all uint16 }

func (h *hourRows) bytes() int { return 4 * cap(h.rows) }

func (h *hourRows) add(hour uint32, fresh, all int) {
	if len(h.rows) == 0 {
		h.rows, h.hour, h.first = make([]hourCount, 48), hour, hour
	}
	if hour < h.hour {
		return
	}
	for past := min(hour-h.hour, 48); past > 0; past-- {
		h.rows[(hour-past+1)%48] = hourCount{}
	}
	h.hour = hour
	h.rows[hour%48].add(fresh, all)
}

func (c *hourCount) add(fresh, all int) {
	c.fresh, c.all = clip(int(c.fresh)+fresh), clip(int(c.all)+all)
}

// hour judges new rows round the clock: GT205.
func (l *look) hour() {
	l.s.hours.add(l.x.sec()/3600, l.fresh, l.x.rows())
	l.judgeHours()
}

func (l *look) judgeHours() {
	t, h := &l.k.cfg.Thresholds, &l.s.hours
	if len(h.rows) == 0 || h.hour-h.first < 47 {
		return
	}
	need := t.ClockHours
	if l.x.user {
		need = t.ClockHoursUser
	}
	busy, fresh, all := 0, 0, 0
	for i := range 24 {
		a, b := h.rows[i], h.rows[i+24]
		if int(a.fresh)+int(b.fresh) >= t.ClockRows || int(a.all)+int(b.all) >= 3*t.ClockRows {
			busy++
		}
		fresh += int(a.fresh) + int(b.fresh)
		all += int(a.all) + int(b.all)
	}
	if busy >= need && share(fresh, all) >= t.ClockNew {
		l.raise(gt205, alarm{sev: Warning, measured: float64(busy), threshold: float64(need), unit: "hours of the day with new rows", period: 24 * time.Hour,
			from: h.first * 3600, confidence: 1})
	}
}

// usedWithin is how many seconds rows may wait for their use.
const usedWithin = 900

// used judges rows that nobody uses: GT207. It speaks only where the app has ever
// called Used: most apps show what they read and write little of it back.
func (l *look) used() {
	t, u := &l.k.cfg.Thresholds, &l.h.used
	if l.x.user {
		return
	}
	now := l.x.sec()
	u.roll(now)
	u.all += uint32(l.fresh)
	if !l.k.st.app.usage || l.k.replicas() > 0 { // what another uses, judgeUsed knows
		return
	}
	if int(u.all) < t.UnusedRows {
		l.h.enough = now
		return
	}
	if now-l.h.enough >= usedWithin && u.share() < t.UnusedShare {
		l.raise(gt207, alarm{sev: Warning, measured: u.share(), threshold: t.UnusedShare, unit: "of the rows fetched today were used", from: now / 86_400 * 86_400, confidence: 0.9})
	}
}
