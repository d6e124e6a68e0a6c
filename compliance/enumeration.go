package compliance

// enumeration is what GT104 knows of numbered ids.
type enumeration struct {
	prefix uint64
	since  uint32
	low    uint64 // smallest and largest of the numbers, shifted by a secret
	high   uint64
	ids    uint32 // distinct, of that prefix
	links  uint32 // pairs of neighbours among them
	known  uint32 // of those that lists could have told: looked for ...
	listed uint32 // ... and found
	probes uint32
	misses uint32
	missed uint64 // the last of them
}

func (e *enumeration) restart(now uint32) { *e = enumeration{prefix: e.prefix, since: now} }

// numbered judges one new id with a number in it.
func (l *look) numbered(id uint64) {
	x, s := l.x, l.s
	n, ok := l.k.d().numbered(x)
	if !ok {
		return
	}
	e := &s.numbers
	if e.prefix != n.prefix {
		if e.ids > 20 {
			return
		}
		*e = enumeration{prefix: n.prefix, since: x.sec(), probes: e.probes, misses: e.misses, missed: e.missed}
	}
	if e.ids++; e.ids == 1 {
		e.low, e.high = n.number, n.number
	}
	e.low, e.high = min(e.low, n.number), max(e.high, n.number)
	for _, next := range [2]uint64{n.before, n.after} {
		if there, _ := s.recent.has(next); there && next != 0 {
			e.links++
		}
	}
	if there, known := l.h.listed.has(id); known {
		e.known++
		if there {
			e.listed++
		}
	}
	l.judgeNumbers(e)
}

// judgeNumbers judges ids by how many stand beside another one, or by how densely
// they fill their range.
func (l *look) judgeNumbers(e *enumeration) {
	t := &l.k.cfg.Thresholds
	if int(e.ids) < t.EnumIDs || share(int(e.listed), int(e.known)) > t.EnumListed {
		return
	}
	// People who know most of a small collection come back to what they know.
	if r := &l.s.recent; share(r.repeats(), int(r.hits)) > t.EnumRepeats {
		return
	}
	if dense := float64(e.ids) / float64(e.high-e.low+1); share(int(e.links), int(e.ids)) >= t.EnumAdjacent || dense >= t.EnumAdjacent {
		l.raise(gt104, alarm{sev: Error, measured: float64(e.ids), threshold: float64(t.EnumIDs), unit: "ids counted up", from: e.since, confidence: 1})
	}
}

// probe judges reads by id that find nothing. To ask again for the same one is no
// search for others.
func (l *look) probe(now uint32) {
	e := &l.s.numbers
	if l.x.entity == 0 || l.t.justCreated(l.x.entity) || l.x.entity == e.missed && l.x.status == 404 {
		return
	}
	if now-e.since > 86_400 {
		e.restart(now)
	}
	e.probes++
	if l.x.status != 404 {
		return
	}
	e.misses, e.missed = e.misses+1, l.x.entity
	l.judgeProbes(e)
}

func (l *look) judgeProbes(e *enumeration) {
	t := &l.k.cfg.Thresholds
	if int(e.probes) >= t.EnumProbes && share(int(e.misses), int(e.probes)) >= t.EnumMissShare {
		l.raise(gt104, alarm{sev: Error, measured: share(int(e.misses), int(e.probes)), threshold: t.EnumMissShare,
			unit: "of the ids asked for do not exist", from: e.since, confidence: 1})
	}
}
