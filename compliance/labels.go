package compliance

// labelled counts reads without a word on why: GT703.
func (l *look) labelled() {
	x, t, d := l.x, &l.k.cfg.Thresholds, &l.k.st.app.labels
	d.add(l.now, x.initiator == Unknown && x.purpose == nil)
	if int(d.all) >= t.UnlabelledMin && float64(d.some) > t.Unlabelled*float64(d.all) {
		l.raiseApp(gt703, alarm{sev: Note, measured: d.share(), threshold: t.Unlabelled, unit: "of today's reads without an initiator", from: l.now / 86_400 * 86_400, confidence: 1})
	}
}
