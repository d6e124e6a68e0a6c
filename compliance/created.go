package compliance

import "slices"

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
