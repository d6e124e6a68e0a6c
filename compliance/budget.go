package compliance

import "math"

// budget counts against the day: GT404 and GT604. Embedded rows are billed as
// calls of their own; where two texts of the platform differ, the larger counts.
func (l *look) budget() {
	x, t, p := l.x, &l.k.cfg.Thresholds, &l.k.cfg.Platform
	effective := 1
	if x.q.embeds > 0 {
		effective += max(x.q.embeds, (x.found.nested+x.q.size-1)/max(x.q.size, 1))
		e := &l.t.embeds
		e.roll(l.now)
		e.all++
		e.some += uint32(effective)
		if factor := float64(e.some) / float64(e.all); factor >= t.EmbedFactor && int(e.some) >= t.EmbedDay {
			l.raise(gt604, alarm{sev: Warning, measured: factor, threshold: t.EmbedFactor, unit: "billed calls for each call", confidence: 1})
		}
	}
	d := &l.k.st.app.day
	d.roll(l.now)
	d.all++
	d.some += uint32(effective)
	if p.PerDay <= 0 || float64(d.some) < min(t.DayShare, 0.25)*float64(p.PerDay) {
		return
	}
	used := share(int(d.some), p.PerDay)
	gone := max(float64(l.now%86_400)/86_400, 0.25)
	switch {
	case used > 1:
		l.raiseApp(gt404, alarm{sev: Error, measured: float64(d.some), threshold: float64(p.PerDay), unit: "calls today, with embedded rows", confidence: 1})
	case used >= t.DayShare:
		l.raiseApp(gt404, alarm{sev: Warning, measured: float64(d.some), threshold: t.DayShare * float64(p.PerDay), unit: "calls today, with embedded rows", confidence: 0.8})
	case used/gone > 1:
		l.raiseApp(gt404, alarm{sev: Warning, measured: math.Round(float64(d.some) / gone), threshold: float64(p.PerDay), unit: "calls today if it goes on so, with embedded rows", confidence: 0.8})
	}
}
