package compliance

// oneByOne judges single reads that come together: GT603.
func (l *look) oneByOne() {
	x, t, b := l.x, &l.k.cfg.Thresholds, &l.s.each
	if x.webhook != nil {
		return
	}
	if b.n == 0 || x.at-b.first > 5e9 {
		b.first, b.n = x.at, 0
	}
	if id := x.url; id != b.id {
		b.n, b.id = b.n+1, id
	}
	if int(b.n) < t.EachRow {
		return
	}
	a := alarm{sev: Note, measured: float64(b.n), threshold: float64(t.EachRow), unit: "single reads of one route within 5 s", from: uint32(b.first / 1e9), confidence: 0.9}
	if int(b.n) >= t.EachRowMany {
		a.sev, a.threshold = Warning, float64(t.EachRowMany)
	}
	l.raise(gt603, a)
}
