package compliance

import "time"

// restless is the runs of a shape that have gone on day and night.
type restless struct {
	since uint32
	runs  uint16
}

// polled judges a run that begins now: GT202. Who asks for the same day and night, at
// a timer's pace, looks at none of it by night, whatever is new.
func (l *look) polled(sh *shape, now uint32) {
	t, c := &l.k.cfg.Thresholds, &sh.restless
	if len(sh.runs) == 0 || c.since == 0 {
		*c = restless{since: now}
		return
	}
	last := sh.runs[len(sh.runs)-1].start
	if now <= last {
		return
	}
	gap := float64(now - last)
	if gap > t.LookBackPause.Seconds() || c.runs > 3 && gap > 2*t.RegularMax*float64(last-c.since)/float64(c.runs) {
		*c = restless{since: now}
		return
	}
	if c.runs = clip(int(c.runs) + 1); int(c.runs) < 4*t.LookBackRuns || !l.dayAndNight(c.since, now) || len(sh.runs) < 2*t.RegularIntervals {
		return
	}
	lately := sh.runs[len(sh.runs)-2*t.RegularIntervals:]
	mid, mad := spread(gapsOf(lately, now))
	if 2*medianOf(lately, pastRun.rowCount) >= t.RegularRows && mad < t.RegularSpread4 {
		l.raise(gt202, alarm{sev: Warning, measured: float64(c.runs), threshold: float64(4 * t.LookBackRuns), unit: "runs day and night", period: time.Duration(mid) * time.Second,
			from: c.since, confidence: 1 - mad}.repeats(l, sh))
	}
}
