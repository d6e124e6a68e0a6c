package compliance

// eventReads counts the reads made for one webhook event.
type eventReads struct {
	id uint64
	at uint32
	n  uint16
}

const (
	maxEvents = 512
	eventAge  = 900
)

// webhookClaim binds a read to its event; what is bound is judged by GT702 only.
func (l *look) webhookClaim() {
	x, t, now := l.x, &l.k.cfg.Thresholds, l.x.sec()
	if x.webhook == nil || x.webhook.ID == "" {
		l.s.unbound = true
		l.judgeUnbound()
		return
	}
	e := l.t.event(l.k.d().key.sum(x.webhook.ID), now)
	if e.n++; int(e.n) > t.WebhookReads { // however late they come
		l.raise(gt702, alarm{sev: Error, measured: float64(e.n), threshold: float64(t.WebhookReads), unit: "reads claimed by one event", from: e.at, confidence: 0.99})
		return
	}
	age := x.time().Sub(x.webhook.Time).Seconds()
	x.bound = x.webhook.Time.IsZero() || age <= eventAge && age >= -60
}

// judgeUnbound judges what webhooks without an event have read.
func (l *look) judgeUnbound() {
	t := &l.k.cfg.Thresholds
	if distinct := l.s.cover[0].distinct(); l.s.unbound && distinct >= t.WebhookIDs && (l.n == 0 || share(distinct, l.n) >= t.WebhookShare) {
		l.raise(gt702, alarm{sev: Error, measured: float64(distinct), threshold: float64(t.WebhookIDs), unit: "entities in a day claimed by webhooks without an event", from: l.s.cover[0].since, confidence: 0.99})
	}
}

// event finds the count of one event; two places for each.
func (t *tenant) event(id uint64, now uint32) *eventReads {
	if t.events == nil {
		t.events = make([]eventReads, 16)
	}
	for {
		mask := uint64(len(t.events) - 1)
		a, b := &t.events[id&mask], &t.events[id>>20&mask]
		switch {
		case a.id == id:
			return a
		case b.id == id:
			return b
		}
		if b.at < a.at {
			a = b
		}
		if a.id != 0 && now-a.at < eventAge && len(t.events) < maxEvents {
			t.doubleEvents()
			continue
		}
		*a = eventReads{id: id, at: now}
		return a
	}
}

func (t *tenant) doubleEvents() {
	old := t.events
	t.events = make([]eventReads, 2*len(old))
	mask := uint64(len(t.events) - 1)
	for _, e := range old {
		if e.id == 0 {
			continue
		}
		at := &t.events[e.id&mask]
		if at.id != 0 {
			at = &t.events[e.id>>20&mask]
		}
		if at.at < e.at {
			*at = e
		}
	}
}
