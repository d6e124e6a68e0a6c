package compliance

import "slices"

// unchanged compares an update with the entity as it was last read: GT502.
func (l *look) unchanged(now uint32) {
	x, t := l.x, &l.k.cfg.Thresholds
	i := slices.IndexFunc(l.t.bases, func(b entityBase) bool { return b.id == x.entity })
	if i < 0 || now-l.t.bases[i].at > entityAge || len(x.body) == 0 {
		return
	}
	var sent found
	scanAll(l.k.d().names, l.k.d().key, x.body, &sent, false, true, maxWrite)
	base := l.t.bases[i].members
	if len(sent.members) == 0 || sent.array {
		return
	}
	if undone := undoneMembers(sent.members, l.t.bases[i].before, base); undone > 0 {
		l.raise(gt503, alarm{sev: Error, measured: float64(undone), unit: "members put back to what they were before somebody else's change", confidence: 0.9})
	}
	same := sameMembers(sent.members, base)
	if same == 0 {
		return
	}
	a := alarm{sev: Note, measured: float64(same), threshold: 1, unit: "members sent that had not changed", confidence: 1}
	of, whole := share(same, len(sent.members)), share(len(sent.members), len(base))
	switch {
	case len(sent.members) > 1 && of >= t.UnchangedShare:
		a.sev, a.measured, a.threshold, a.unit = Warning, of, t.UnchangedShare, "of the members sent had not changed"
	case len(base) > 3 && whole >= t.WholeShare:
		a.sev, a.measured, a.threshold, a.unit = Warning, whole, t.WholeShare, "of the entity's members sent, some of them unchanged"
	}
	l.raise(gt502, a)
}
