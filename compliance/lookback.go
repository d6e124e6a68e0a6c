package compliance

// lookback is a chain of runs that each look back as far as the one before: the
// last ten minutes every three, the hour before last each hour, the last day every
// four hours.
type lookback struct {
	chain, off uint16 // runs of it; runs between them that look back otherwise
	since      uint32 // first
	last       uint32
	watermark  int64
	low, high  int64 // from watermark to run, in seconds
}

// lookBack judges the watermark w of a run that begins now. Somebody at a screen may
// look back so as well, but not day and night without a pause.
func (l *look) lookBack(sh *shape, now uint32, w int64) {
	t, c, back := &l.k.cfg.Thresholds, &sh.marks.back, int64(now)-w
	first := lookback{since: now, last: now, watermark: w, low: back, high: back}
	if c.last == 0 {
		*c = first
	}
	if now <= c.last {
		return
	}
	gap := float64(now - c.last)
	if gap < t.TileGap.Seconds() {
		return
	}
	mean := float64(now-c.since) / float64(c.chain+1)
	low, high := min(c.low, back), max(c.high, back)
	switch {
	case gap > t.LookBackPause.Seconds() || gap > t.RegularMax*mean:
		*c = first
		return
	case w <= c.watermark || float64(high-low) > t.LookBackSpread*mean:
		if c.off++; c.off > 2+c.chain/4 {
			*c = first
		}
		return
	}
	c.chain++
	c.last, c.watermark, c.low, c.high = now, w, low, high
	need := t.LookBackRuns
	if l.x.user {
		need *= 2
	}
	if int(c.chain) >= need && l.dayAndNight(c.since, now) {
		l.raise(gt201, alarm{sev: Warning, measured: float64(c.chain), threshold: float64(need), unit: "runs day and night, each looking back as far as the one before",
			period: medianGap(sh.runs, now), from: c.since, confidence: 0.95}.repeats(l, sh))
	}
}
