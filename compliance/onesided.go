package compliance

// oneSided judges an app that only reads: GT606.
func (l *look) oneSided() {
	a, t, now := &l.k.st.app, &l.k.cfg.Thresholds, l.now
	if now-a.weekAt > 7*86_400 {
		a.weekAt, a.week = now, dayCount{}
	}
	if l.x.write() {
		a.week.some++
		return
	}
	if !l.x.read() {
		return
	}
	a.week.all++
	if int(a.week.all) >= t.ReadOnlyReads && a.week.some == 0 {
		l.raiseApp(gt606, alarm{sev: Note, measured: float64(a.week.all), threshold: float64(t.ReadOnlyReads), unit: "reads and no write in 7 days", from: a.weekAt, confidence: 0.5})
	}
}
