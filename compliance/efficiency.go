package compliance

import "slices"

// burst counts calls that follow each other closely.
type burst struct {
	first, last int64
	n           uint16
	id          uint64 // of the last
}

// refetched judges a fetch of an entity that has not changed: GT601.
func (l *look) refetched() {
	x, t, now := l.x, &l.k.cfg.Thresholds, l.x.sec()
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
	x, now := l.x, l.x.sec()
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

// smallPage judges pages that are asked for one after the other: GT602.
func (l *look) smallPage() {
	x, t, b := l.x, &l.k.cfg.Thresholds, &l.s.small
	if !x.q.paged || x.q.size > t.SmallPageSize || x.q.size >= l.k.cfg.Platform.MaxPageSize || !x.ok() || x.known && x.rows() < x.q.size {
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

// oneByOne judges single reads that come together: GT603.
func (l *look) oneByOne() {
	x, t, b := l.x, &l.k.cfg.Thresholds, &l.s.each
	if x.entity == 0 && x.parent == 0 || x.webhook != nil {
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

// afterWebhook judges a read of what a notification has brought: GT605.
func (l *look) afterWebhook() {
	x := l.x
	if x.webhook == nil || x.entity == 0 || !l.k.cfg.Platform.WebhookVersion || x.webhook.EntityID == "" {
		return
	}
	if age := x.time().Sub(x.webhook.Time); age < 0 || age.Seconds() > 60 {
		return
	}
	if x.entity == entityOf(x.route, l.k.d().key.sum(x.webhook.EntityID)) {
		l.raise(gt605, alarm{sev: Note, measured: 1, threshold: 1, unit: "fetch of what the notification carried", confidence: 1})
	}
}

// oneSided judges an app that only reads: GT606.
func (l *look) oneSided() {
	a, t, now := &l.k.st.app, &l.k.cfg.Thresholds, l.x.sec()
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

// headers judges what every call must carry: GT607, GT608 and GT610.
func (l *look) headers() {
	x := l.x
	if !x.versioned {
		l.raiseApp(gt607, alarm{sev: Warning, measured: 1, unit: "call without the API version", confidence: 1})
	}
	if l.k.needTenant && x.tenant == "" {
		l.raiseApp(gt608, alarm{sev: Warning, measured: 1, unit: "call without a tenant", confidence: 1})
	}
	if x.q.zoneless {
		l.raise(gt610, alarm{sev: Warning, measured: 1, unit: "time without a zone", confidence: 1})
	}
}

// tokenCalls are the last calls for a token under one credential.
type tokenCalls struct {
	auth uint64
	at   uint32
	n    uint16
}

// tokens judges calls for tokens of a machine: GT609. Users' sign-ins look the
// same but for the grant, and do not count.
func (l *look) tokens() {
	x, t, a := l.x, &l.k.cfg.Thresholds, &l.k.st.app
	if !x.machine || !x.ok() {
		return
	}
	i := slices.IndexFunc(a.tokens, func(c tokenCalls) bool { return c.auth == x.auth })
	if i < 0 {
		if len(a.tokens) == 16 {
			a.tokens = slices.Delete(a.tokens, 0, 1)
		}
		a.tokens = append(a.tokens, tokenCalls{auth: x.auth, at: x.sec()})
		i = len(a.tokens) - 1
	}
	c := &a.tokens[i]
	if x.sec()-c.at > 3600 {
		c.at, c.n = x.sec(), 0
	}
	if c.n++; int(c.n) > t.TokenCalls {
		l.raiseApp(gt609, alarm{sev: Warning, measured: float64(c.n), threshold: float64(t.TokenCalls), unit: "token calls of one credential in an hour", from: c.at, confidence: 1})
	}
}
