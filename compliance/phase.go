package compliance

import (
	"math"
	"slices"
	"time"
)

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
