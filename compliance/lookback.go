package compliance

// lookback is a chain of runs, day and night, that ask for what has changed since a
// time that goes on with the clock: the last run, the last row that was new, three
// hours ago. A day's begin is none: it stands still for most runs.
type lookback struct {
	since, last uint32
	filter      uint64 // of the first; who asks about one thing after another is no timer
	from, at    int64  // the watermarks of the first and of the last
	runs, moved uint16 // runs; those of a later watermark than the one before
	off         uint16 // others, which ask for an earlier time or for other things
}

// lookBack judges the watermark w of a run that begins now: GT201. Somebody at a
// screen asks so as well, but not day and night without a pause.
func (l *look) lookBack(sh *shape, now uint32, w int64) {
	t, c := &l.k.cfg.Thresholds, &sh.marks.back
	switch gap := now - c.last; {
	case c.last == 0 || gap > uint32(t.LookBackPause.Seconds()) && now > c.last:
		*c = lookback{since: now, last: now, filter: l.x.q.filter, from: w, at: w}
		return
	case now <= c.last:
		return
	case w < c.at || l.x.q.filter != c.filter:
		if c.off++; c.off > 2+c.runs/4 {
			*c = lookback{since: now, last: now, filter: l.x.q.filter, from: w, at: w}
		}
		return
	case gap < uint32(t.TileGap.Seconds()):
		return
	}
	if c.runs = clip(int(c.runs) + 1); w > c.at {
		c.moved = clip(int(c.moved) + 1)
	}
	c.last, c.at = now, w
	need := t.LookBackRuns
	if l.x.user {
		need *= 2
	}
	if int(c.moved) >= need && c.moved >= c.runs/8 && l.dayAndNight(c.since, now) && 2*(c.at-c.from) >= int64(now-c.since) {
		l.raise(gt201, alarm{sev: Warning, measured: float64(c.moved), threshold: float64(need), unit: "runs day and night for what is new",
			period: medianGap(sh.runs, now), from: c.since, confidence: 0.95}.repeats(l, sh))
	}
}

// dayAndNight tells whether what has gone on since then, without a night's pause, is
// no person's.
func (l *look) dayAndNight(since, now uint32) bool {
	lasting := l.k.cfg.Thresholds.LookBackFor.Seconds()
	if l.x.user {
		lasting *= 2
	}
	return float64(now-since) >= lasting
}
