package compliance

// hydration counts lists whose rows are then opened one by one.
type hydration struct {
	since  uint32
	pages  uint16
	rows   uint32
	opened uint32
	single readSet // what was opened in a window, listed here or by another replica
}

const (
	hydrateWindow = 600
	listedSlots   = 512
	singleSlots   = 256
)

// hydrateList notes a list page for GT107.
func (l *look) hydrateList(fresh bool) {
	h, now := l.h, l.x.sec()
	if now-h.hydrate.since > hydrateWindow {
		h.hydrate = hydration{since: now, single: h.hydrate.single}
	}
	if fresh && l.x.rows() > 1 {
		h.hydrate.pages++
		h.hydrate.rows += uint32(l.x.rows())
	}
	for _, id := range l.x.found.ids {
		if _, isNew := h.listed.add(entityOf(l.x.route, id), now, 86_400, listedSlots); isNew {
			l.fresh += 1 << h.listed.level
		}
	}
}

// hydrateRead judges one entity that is read alone, for the first time in a
// while.
func (l *look) hydrateRead(id uint64) {
	t, h, now := &l.k.cfg.Thresholds, l.h, l.x.sec()
	h.hydrate.single.add(id, now, hydrateWindow, singleSlots)
	there, _ := h.listed.has(id)
	if !there || now-h.hydrate.since > hydrateWindow {
		return
	}
	h.hydrate.opened += 1 << h.listed.level
	pages := t.HydratePages
	if l.x.user {
		pages = t.HydratePagesUser
	}
	c := &h.hydrate
	if int(c.pages) >= pages && int(c.opened) >= t.HydrateReads && share(int(c.opened), int(c.rows)) >= t.HydrateShare {
		l.raise(gt107, alarm{sev: Warning, measured: min(share(int(c.opened), int(c.rows)), 1), threshold: t.HydrateShare,
			unit: "of the listed rows opened one by one", from: c.since, confidence: 1})
	}
}
