package compliance

import (
	"math"
	"slices"
	"time"
)

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

// medianOf is the median of a count of runs; 0 where there is none.
func medianOf(runs []pastRun, count func(pastRun) uint16) int {
	if len(runs) == 0 {
		return 0
	}
	all := make([]uint16, len(runs))
	for i, r := range runs {
		all[i] = count(r)
	}
	slices.Sort(all)
	return int(all[len(all)/2])
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
	rows := medianOf(sh.runs, pastRun.rowCount)
	isNew, full := medianOf(sh.runs, pastRun.freshCount) >= t.RegularRows, rows >= t.RegularFull
	if !l.merged && rows >= t.RegularRows && medianOf(sh.runs, pastRun.pageCount) > 1 {
		full = true // a screen shows one page; of several replicas nobody knows whose pages they were
	}
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
