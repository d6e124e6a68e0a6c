package compliance

// throttling is what a tenant's 429s say.
type throttling struct {
	from, until int64 // the pause the platform asked for
	since       uint32
	calls       uint32
	hits        uint32
}

// throttled judges an answer's 429: GT401.
func (l *look) throttled() {
	x, t, c, now := l.x, &l.k.cfg.Thresholds, &l.t.throttle, l.now
	if now-c.since > 300 {
		c.since, c.calls, c.hits = now, 0, 0
	}
	c.calls++
	if x.status != 429 {
		return
	}
	c.hits++
	if x.pausedTo > c.until {
		c.from, c.until = x.pausedFrom, x.pausedTo
	}
	a := alarm{sev: Note, measured: float64(c.hits), threshold: 1, unit: "429s in 5 minutes", from: c.since, confidence: 1}
	switch of := share(int(c.hits), int(c.calls)); {
	case int(c.hits) >= t.ThrottledCount:
		a.sev, a.threshold = Warning, float64(t.ThrottledCount)
	case c.calls >= 200 && of >= t.ThrottledShare:
		a.sev, a.measured, a.threshold, a.unit = Warning, of, t.ThrottledShare, "of the calls of 5 minutes were throttled"
	}
	l.raise(gt401, a)
}
