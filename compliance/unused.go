package compliance

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
