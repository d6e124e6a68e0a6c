package compliance

import (
	"net/http"
	"slices"
)

// conflict is a 412 that nothing has followed yet.
type conflict struct {
	id    uint64
	at    uint32
	route *routeInfo
}

// patch judges an update: GT502, GT503 and GT504.
func (l *look) patch() {
	x, now := l.x, l.now
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
		l.foreign()
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

// foreign judges an update that was refused under the version that others were
// refused under before: it is none of theirs.
func (l *look) foreign() {
	x, c := l.x, l.t.refused
	if x.ifMatch == 0 {
		return
	}
	if c == nil {
		c = &refusals{}
		l.t.refused = c
	}
	switch {
	case c.version != x.ifMatch || l.now-c.last > 600:
		*c = refusals{version: x.ifMatch, entity: x.entity, entities: 1}
	case c.entity != x.entity:
		c.entity, c.entities = x.entity, clip(int(c.entities)+1)
	}
	c.last = l.now
	if c.entities >= manyRefused {
		l.raise(gt503, alarm{sev: Error, measured: float64(c.entities), threshold: manyRefused, unit: "entities refused one after another under one version", confidence: 0.95})
	}
}

// refusals are the updates of one entity after another that were refused under one
// version.
type refusals struct {
	version, entity uint64 // of the last
	last            uint32
	entities        uint16
}

const manyRefused = 5

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
