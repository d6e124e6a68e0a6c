package compliance

import (
	"net/http"
	"slices"
	"strings"
)

// entitySlot is what is known of one entity's version.
type entitySlot struct {
	id       uint64
	etag     uint64
	read     uint32 // when it was last fetched
	first    uint32 // when this version was first fetched
	same     uint16 // fetches of this version without If-None-Match
	fetched  bool   // since the last 412
	told     uint32 // when the app had that 412: milliseconds, as far as they fit
	conflict uint64 // its If-Match; 0: none since the last update
}

// entityTable is a small cache of slots, by two places for each entity.
type entityTable struct{ slots []entitySlot }

const (
	firstSlots = 4
	maxSlots   = 256
	entityAge  = 600
)

func (e *entityTable) size() int { return 40 * cap(e.slots) }

// slot finds the slot of id, or makes one.
func (e *entityTable) slot(id uint64, now uint32) *entitySlot {
	if e.slots == nil {
		e.slots = make([]entitySlot, firstSlots)
	}
	for {
		mask := uint64(len(e.slots) - 1)
		a, b := &e.slots[id>>3&mask], &e.slots[id>>23&mask]
		if a.id == id {
			return a
		}
		if b.id == id {
			return b
		}
		if b.read < a.read {
			a = b
		}
		if a.id != 0 && now-a.read < entityAge && len(e.slots) < maxSlots {
			e.double()
			continue
		}
		*a = entitySlot{id: id, read: now}
		return a
	}
}

func (e *entityTable) double() {
	old := e.slots
	e.slots = make([]entitySlot, 2*len(old))
	mask := uint64(len(e.slots) - 1)
	for _, s := range old {
		if s.id == 0 {
			continue
		}
		at := &e.slots[s.id>>3&mask]
		if at.id != 0 {
			at = &e.slots[s.id>>23&mask]
		}
		if at.id == 0 || at.read < s.read {
			*at = s
		}
	}
}

// entityBase is an entity whose members were seen.
type entityBase struct {
	id      uint64
	at      uint32
	members []member
	before  []member // those that an update was made on which came too late; empty: none
	lost    bool     // such an update has been sent, and nothing read since
}

const maxBases = 8

// remember keeps the members of an entity that was read.
func (t *tenant) remember(id uint64, now uint32, members []member) {
	i := slices.IndexFunc(t.bases, func(b entityBase) bool { return b.id == id })
	if i < 0 && len(t.bases) < maxBases {
		t.bases = append(t.bases, entityBase{})
		i = len(t.bases) - 1
	} else if i < 0 {
		i = 0
		for j := range t.bases {
			if t.bases[j].at < t.bases[i].at {
				i = j
			}
		}
	}
	b := &t.bases[i]
	switch {
	case b.id != id:
		b.before, b.lost = b.before[:0], false
	case b.lost: // what somebody else has made of it
		b.before, b.members, b.lost = b.members, b.before, false
	}
	b.id, b.at, b.members = id, now, append(b.members[:0], members...)
}

// lost says that an update of an entity came too late.
func (t *tenant) lost(id uint64) {
	for i := range t.bases {
		if t.bases[i].id == id {
			t.bases[i].lost = true
		}
	}
}

func (t *tenant) forget(id uint64) {
	for i := range t.bases {
		if t.bases[i].id == id {
			t.bases[i].id, t.bases[i].before, t.bases[i].lost = 0, t.bases[i].before[:0], false
		}
	}
}

// conflict is a 412 that nothing has followed yet.
type conflict struct {
	id    uint64
	at    uint32
	route *routeInfo
}

// patch judges an update: GT502, GT503 and GT504.
func (l *look) patch() {
	x, now := l.x, l.x.sec()
	if l.k.cfg.Platform.NoPrecondition || x.entity == 0 {
		return
	}
	slot := l.t.entities.slot(x.entity, now)
	l.t.followed(x.entity)
	stale := slot.conflict != 0 && int32(uint32(x.at/1e6)-slot.told) >= 0
	switch {
	case x.star:
		l.raise(gt503, alarm{sev: Error, measured: 1, unit: "update with If-Match *, which overwrites any change", confidence: 1})
	case x.ifMatch == 0:
		l.raise(gt504, alarm{sev: Error, measured: 1, unit: "update without If-Match", confidence: 1})
	case stale && slot.conflict == x.ifMatch && !(slot.fetched && slot.etag == x.ifMatch):
		l.raise(gt503, alarm{sev: Error, measured: 1, unit: "the same stale version sent again after a 412", confidence: 1})
	case stale && !slot.fetched && x.webhook == nil:
		l.blind()
	}
	l.unchanged(now)
	switch {
	case x.status == http.StatusPreconditionFailed:
		slot.conflict, slot.fetched, slot.told = x.ifMatch, false, uint32(max(x.head, x.at)/1e6)
		l.t.lost(x.entity)
		if len(l.t.conflicts) < 8 && x.ifMatch != 0 {
			l.t.conflicts = append(l.t.conflicts, conflict{x.entity, now, x.route})
		}
	case x.ok():
		slot.conflict, slot.fetched, slot.etag, slot.same = 0, false, 0, 0
		l.t.forget(x.entity)
	}
}

// blind judges an update after a 412 that no fetch here went before. Another
// replica may have fetched: where the platform takes the version, somebody has.
func (l *look) blind() {
	a := alarm{sev: Error, measured: 1, unit: "update after a 412 without a new fetch", confidence: 1}
	if l.k.replicas() > 0 {
		a.sev, a.confidence = Note, 0.5
	}
	if a.sev == Error || !l.x.ok() {
		l.raise(gt503, a)
	}
}

// followed says that something was done about a conflict.
func (t *tenant) followed(id uint64) {
	t.conflicts = slices.DeleteFunc(t.conflicts, func(c conflict) bool { return c.id == id })
}

// fetchedAgain says that an entity came with others that were asked for by id.
func (t *tenant) fetchedAgain(id uint64, now uint32) {
	if slices.ContainsFunc(t.conflicts, func(c conflict) bool { return c.id == id }) {
		t.entities.slot(id, now).fetched = true
		t.followed(id)
	}
}

// unanswered looks for conflicts that nothing has followed in a minute.
func (l *look) unanswered() {
	for len(l.t.conflicts) > 0 && l.x.sec()-l.t.conflicts[0].at > 60 {
		l.raise(gt503, alarm{sev: Note, measured: 1, unit: "conflict without a refetch in 60 s", from: l.t.conflicts[0].at, confidence: 0.5})
		l.t.conflicts = slices.Delete(l.t.conflicts, 0, 1)
	}
}

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

// checkMade is a uniqueness check.
type checkMade struct {
	collection uint64
	value      uint64 // of what identifies the person; 0: another search
	at         uint32
	found      bool // somebody is there
}

const (
	maxChecks = 256
	checkAge  = 900
)

// checked notes a search that looks like a uniqueness check.
func (l *look) checked() {
	x := l.x
	if x.q.match == 0 || !x.ok() || x.entity != 0 {
		return
	}
	c := checkMade{x.route.hash, x.q.match, x.sec(), x.known && x.rows() > 0}
	if len(l.t.checks) < maxChecks {
		l.t.checks = append(l.t.checks, c)
		return
	}
	copy(l.t.checks, l.t.checks[1:])
	l.t.checks[maxChecks-1] = c
}

// checkAnswered notes what the app was told by a search, whose body the wire view
// has not looked into.
func (l *look) checkAnswered() {
	x := l.x
	if x.q.match == 0 || x.view != IntentView || !x.known {
		return
	}
	for i := range slices.Backward(l.t.checks) {
		if c := &l.t.checks[i]; c.collection == x.route.hash && c.value == x.q.match {
			c.found = x.rows() > 0
			return
		}
	}
}

// foundBy tells whether the last check for w in its own collection had found
// somebody.
func (w *waitingCreate) foundBy(checks []checkMade) bool {
	for _, c := range slices.Backward(checks) {
		if c.collection == w.collection && w.at <= c.at+checkAge && slices.Contains(w.values, c.value) {
			return c.found
		}
	}
	return false
}

// create judges a create: GT501 and, later, GT505.
func (l *look) create() {
	x, now := l.x, l.x.sec()
	if !x.ok() || x.entity != 0 {
		return
	}
	if x.location != 0 {
		if len(l.t.created) == 8 {
			l.t.created = slices.Delete(l.t.created, 0, 1)
		}
		l.t.created = append(l.t.created, createdEntity{x.location, now, 0})
	}
	if !x.route.contacts {
		return
	}
	values := identifyingValues(x.body, l.k.cfg.Platform.MatchMembers, l.k.d().key)
	w := waitingCreate{at: now, collection: x.route.hash, values: values, route: x.route, site: x.site}
	l.t.nameRoute(x.route)
	switch {
	case w.foundBy(l.t.checks):
		l.t.creates.add(now, true)
		l.unchecked(l.t.creates, "creates of who was there already, or without a check, today")
	case w.checkedBy(l.t.checks, 0):
		l.t.creates.add(now, false)
	case l.k.justKilled(now): // nobody can say
	case l.k.replicas() > 0:
		l.t.wait(w, l.k.syncing.epoch)
	default:
		l.t.creates.add(now, true)
		l.t.bare = &bareCreate{now, x.route, x.site}
		l.unchecked(l.t.creates, "creates without a uniqueness check today")
	}
}

// unchecked raises a create that no check went before, the day's creates so far
// being d.
func (l *look) unchecked(d dayCount, what string) {
	t := &l.k.cfg.Thresholds
	a := alarm{sev: Warning, measured: float64(d.some), threshold: 1, unit: what, from: d.day * 86_400, confidence: 0.9}
	switch {
	case int(d.some) >= t.UncheckedDay:
		a.sev, a.threshold = Error, float64(t.UncheckedDay)
	case d.all >= 20 && d.share() >= t.UncheckedShare:
		a.sev, a.measured, a.threshold, a.unit = Error, d.share(), t.UncheckedShare, "of today's creates without a uniqueness check"
	}
	l.raise(gt501, a)
}

// createdEntity is one that was created lately.
type createdEntity struct {
	id    uint64
	at    uint32
	reads uint16
}

// justCreated tells whether the app itself has made this entity lately; to read
// it, even before it is there, is no search for ids.
func (t *tenant) justCreated(id uint64) bool {
	return slices.ContainsFunc(t.created, func(c createdEntity) bool { return c.id == id })
}

// awaited judges reads of an entity just created: GT505.
func (l *look) awaited() {
	x, t := l.x, &l.k.cfg.Thresholds
	for i := range l.t.created {
		c := &l.t.created[i]
		if c.id != x.entity || x.sec()-c.at > 10 {
			continue
		}
		if c.reads++; int(c.reads) > t.ImpatientReads {
			l.raise(gt505, alarm{sev: Warning, measured: float64(c.reads), threshold: float64(t.ImpatientReads), unit: "reads within 10 s of the create", from: c.at, confidence: 1})
		}
	}
}

// identifyingValues are the hashes of what identifies a person in a create's
// body, wherever it stands.
func identifyingValues(body []byte, names []string, key hashKey) (values []uint64) {
	eachMember(body, func(name, value string) {
		if slices.Contains(names, name) && strings.TrimSpace(value) != "" {
			values = append(values, key.sum(identifying(value)))
		}
	})
	return values
}
