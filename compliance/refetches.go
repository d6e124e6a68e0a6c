package compliance

import "slices"

// refetched judges a fetch of an entity that has not changed: GT601.
func (l *look) refetched() {
	x, t, now := l.x, &l.k.cfg.Thresholds, l.now
	if !x.ok() {
		return
	}
	for _, id := range x.q.ids {
		l.t.fetchedAgain(id, now)
	}
	if x.entity == 0 {
		return
	}
	slot := l.t.entities.slot(x.entity, now)
	slot.fetched = true
	l.t.followed(x.entity)
	unchanged := x.etag != 0 && slot.etag == x.etag && !x.ifNone && now-slot.first <= entityAge
	if unchanged {
		slot.same++
	} else {
		slot.etag, slot.first, slot.same = x.etag, now, 1
	}
	slot.read = now
	if x.etag == 0 {
		return
	}
	l.t.refetches.add(now, unchanged)
	d := &l.t.refetches
	switch {
	case int(d.all) >= t.RefetchDay && d.share() >= t.RefetchShare:
		l.raise(gt601, alarm{sev: Warning, measured: d.share(), threshold: t.RefetchShare, unit: "of today's fetches gave what was known", from: now / 86_400 * 86_400, confidence: 1})
	case int(slot.same) >= t.RefetchReads:
		l.raise(gt601, alarm{sev: Note, measured: float64(slot.same), threshold: float64(t.RefetchReads), unit: "fetches of one unchanged entity in 10 min", from: slot.first, confidence: 1})
	}
}

// repeated is a list request that gives the same rows again.
type repeated struct {
	url   uint64
	rows  uint64 // hash of the rows' ids
	first uint32
	n     uint16
}

const (
	maxRepeats  = 4
	repeatsNote = 20
	repeatsMany = 100
)

// again judges a list that gives the same rows again and again: GT601. A loop
// over a cycle of cursors looks so.
func (l *look) again() {
	x, now := l.x, l.now
	if len(x.found.ids) == 0 {
		return
	}
	rows := uint64(len(x.found.ids))
	for _, id := range x.found.ids {
		rows = mix(rows, id)
	}
	i := slices.IndexFunc(l.s.repeats, func(r repeated) bool { return r.url == x.url })
	if i < 0 {
		if len(l.s.repeats) < maxRepeats {
			l.s.repeats = append(l.s.repeats, repeated{})
			i = len(l.s.repeats) - 1
		} else {
			i = 0
			for j := range l.s.repeats {
				if l.s.repeats[j].n < l.s.repeats[i].n || now-l.s.repeats[j].first > entityAge {
					i = j
				}
			}
		}
		l.s.repeats[i] = repeated{url: x.url, rows: rows, first: now, n: 1}
		return
	}
	r := &l.s.repeats[i]
	if r.rows != rows || now-r.first > entityAge {
		*r = repeated{url: x.url, rows: rows, first: now, n: 1}
		return
	}
	if r.n++; r.n < repeatsNote {
		return
	}
	a := alarm{sev: Note, measured: float64(r.n), threshold: repeatsNote, unit: "identical answers to one request in 10 min", from: r.first, confidence: 1,
		note: "the same rows each time", once: r.url}
	if r.n >= repeatsMany {
		a.sev, a.threshold = Warning, repeatsMany
	}
	l.raise(gt601, a)
}
