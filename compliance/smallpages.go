package compliance

// burst counts calls that follow each other closely.
type burst struct {
	first, last int64
	n           uint16
	id          uint64 // of the last
}

// smallPage judges pages that are asked for one after the other: GT602.
func (l *look) smallPage() {
	x, t, b := l.x, &l.k.cfg.Thresholds, &l.s.small
	if x.q.size > t.SmallPageSize || x.q.size >= l.k.cfg.Platform.MaxPageSize || !x.ok() || x.known && x.rows() < x.q.size {
		return
	}
	if b.n == 0 || x.at-b.last > 1.5e9 || b.id == x.url {
		b.first, b.n = x.at, 0
	}
	b.n, b.last, b.id = b.n+1, x.at, x.url
	need := t.SmallPages
	if x.initiator == User { // who scrolls on and on
		need = t.SmallPagesUser
	}
	if int(b.n) >= need {
		l.raise(gt602, alarm{sev: Note, measured: float64(b.n), threshold: float64(need), unit: "small pages in a row", from: uint32(b.first / 1e9), confidence: 1})
	}
}
