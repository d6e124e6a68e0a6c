package compliance

import (
	"slices"
	"unsafe"
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
	firstSlots = 2
	maxSlots   = 256
	entityAge  = 600
)

func (e *entityTable) size() int { return int(unsafe.Sizeof(entitySlot{})) * cap(e.slots) }

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
