package compliance

// cover notes that an entity was delivered, by a list or alone, and gives how many
// that were new to the day it stands for.
func (l *look) cover(id uint64) int {
	now, isNew := l.now, 0
	if _, fresh := l.s.cover[0].add(id, now, 86_400, 256); fresh {
		isNew = 1 << l.s.cover[0].level
	}
	l.s.cover[1].add(id, now, 7*86_400, 256)
	return isNew
}

// judgeCover is evidence, not an accusation: a note, whatever the share.
func (l *look) judgeCover() {
	t := &l.k.cfg.Thresholds
	if l.n < t.CoverRows || l.x.user {
		return
	}
	day, week := share(l.s.cover[0].distinct(), l.n), share(l.s.cover[1].distinct(), l.n)
	switch {
	case week >= t.CoverWeek:
		l.raise(gt106, alarm{sev: Note, measured: min(week, 1), threshold: t.CoverWeek, unit: "of the collection in 7 days", from: l.s.cover[1].since})
	case day >= t.CoverDay:
		l.raise(gt106, alarm{sev: Note, measured: min(day, 1), threshold: t.CoverDay, unit: "of the collection in 24 h", from: l.s.cover[0].since})
	}
}
