package compliance

import "slices"

// waitingCreate is a create without a check that this replica knows of. Where
// there are other replicas, one of them may have made it; the create waits until
// what they tell is as new as it is.
type waitingCreate struct {
	at         uint32
	collection uint64
	values     []uint64 // what identifies the person, hashed

	epoch uint32     // of the last Sync before it; 0 of one that was restored
	route *routeInfo // nil of one that was restored, until a create names it
	site  string
}

const (
	maxWaiting     = 256
	maxIdentifying = 16
	checkSkew      = 1 // seconds that a check may seem to be later than its create
)

// checkedBy tells whether one of checks is for w.
func (w *waitingCreate) checkedBy(checks []checkMade, skew uint32) bool {
	return slices.ContainsFunc(checks, func(c checkMade) bool {
		return c.at <= w.at+skew && w.at <= c.at+checkAge+skew && slices.Contains(w.route.lookups, c.collection) &&
			(len(w.values) == 0 || slices.Contains(w.values, c.value))
	})
}

// wait keeps w until replicas have told what they know; the oldest goes where
// there are too many.
func (s *shared) wait(w waitingCreate, epoch uint32) {
	w.epoch = epoch
	w.values = w.values[:min(len(w.values), maxIdentifying)]
	if len(s.waiting) >= maxWaiting {
		s.waiting = slices.Delete(s.waiting, 0, 1)
	}
	s.waiting = append(s.waiting, w)
}

// nameRoute gives its route to what was restored.
func (s *shared) nameRoute(r *routeInfo) {
	for i := range s.waiting {
		if w := &s.waiting[i]; w.route == nil && w.collection == r.hash {
			w.route = r
		}
	}
}

// settled tells whether every replica has told what it knew when w was made.
func (w *waitingCreate) settled(peers map[string]*peer, keyID uint64) bool {
	for _, p := range peers {
		asNew := p.saved >= w.at+clockSkew || p.changed >= w.epoch+2
		if p.alive() && !(p.read && p.keyID == keyID && asNew) {
			return false
		}
	}
	return true
}

// lost tells whether a replica that was killed may have known of a check.
func (w *waitingCreate) lost(peers map[string]*peer, every uint32) bool {
	for _, p := range peers {
		if p.mayKnow(w.at, every) {
			return true
		}
	}
	return false
}

// justKilled tells whether the last process of this name was killed so lately that
// it may have made a check and not saved it.
func (k *Checker) justKilled(now uint32) bool {
	return k.syncing != nil && k.syncing.killed && now <= uint32(k.st.app.first/1e9)+checkAge
}

// judgeCreates judges t's creates whose time has come: GT501. The day's count is of
// all replicas, so the last one is judged again as theirs rise.
func (k *Checker) judgeCreates(t *tenant, others []*shared) {
	t.waiting = slices.DeleteFunc(t.waiting, func(w waitingCreate) bool {
		if w.route == nil {
			return false
		}
		checked := w.checkedBy(t.checks, 0) || slices.ContainsFunc(others, func(o *shared) bool { return w.checkedBy(o.checks, checkSkew) })
		if !checked && !w.settled(k.syncing.peers, k.d().keyID()) {
			return false
		}
		if !checked && w.lost(k.syncing.peers, uint32(k.cfg.SnapshotEvery.Seconds())) {
			return true // nobody can say
		}
		t.creates.add(max(w.at, t.creates.day*86_400), !checked) // of today, if midnight came between
		if !checked {
			t.bare = &bareCreate{w.at, w.route, w.site}
			k.judgeBare(t, others)
		}
		return true
	})
	if len(others) > 0 && t.bare != nil && t.bare.at/86_400 == t.creates.day {
		k.judgeBare(t, others)
	}
}

// bareCreate is the last create without a check.
type bareCreate struct {
	at    uint32
	route *routeInfo
	site  string
}

func (k *Checker) judgeBare(t *tenant, others []*shared) {
	l := k.lookAt(t, &exchange{view: WireView, at: int64(t.bare.at) * 1e9, method: "POST", route: t.bare.route, site: t.bare.site, status: 201})
	l.unchecked(t.creates.together(others, func(o *shared) dayCount { return o.creates }), "creates without a uniqueness check today")
}
