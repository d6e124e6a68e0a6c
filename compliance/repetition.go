package compliance

import "math"

// readSet is a sample that begins anew when it is too old.
type readSet struct {
	sample
	since uint32
}

func (r *readSet) add(id uint64, now, window uint32, size int) (in, fresh bool) {
	if now-r.since > window && now > r.since {
		r.reset()
		r.since = now
	}
	return r.sample.add(id, size)
}

const (
	recentReads = 800
	recentSlots = 1024
	weekSlots   = 1024
)

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

// readByID judges one entity asked for by its id: GT103, GT104 and GT107.
func (l *look) readByID(id uint64) {
	x, s, now := l.x, l.s, l.x.sec()
	l.probe(now)
	if !x.ok() && x.status != 304 || l.t.justCreated(id) {
		return
	}
	l.cover(id)
	if int(s.recent.hits) >= recentReads {
		s.recent.reset()
		s.recent.since = now
		s.numbers.restart(now)
	}
	_, fresh := s.recent.add(id, now, 7*86_400, recentSlots)
	s.week.add(id, now, 7*86_400, weekSlots)
	if fresh {
		l.numbered(id)
		l.hydrateRead(id)
	}
	l.judgeUnique(&s.recent)
	l.judgeUnique(&s.week)
	l.judgeCover()
}

// judgeUnique asks whether reads come back to the same entities as often as
// chance alone would have them: of T reads among N entities, about T - N(1 -
// exp(-T/N)) are repeats. People repeat themselves more; a copy, less.
func (l *look) judgeUnique(r *readSet) {
	t := &l.k.cfg.Thresholds
	least, limit := t.UniqueReads, t.UniqueP
	if l.x.user {
		least, limit = t.UniqueReadsUser, t.UniquePUser
	}
	distinct := r.distinct()
	if distinct < least {
		return
	}
	repeats := r.repeats()
	if l.n == 0 {
		least := t.UniqueAbsolute
		if l.x.sec()-r.since <= 86_400 {
			least = min(least, t.UniqueAbsoluteDay)
		}
		if distinct >= least && share(repeats, int(r.hits)) < 0.01 {
			a := alarm{sev: Error, measured: float64(distinct), threshold: float64(least),
				unit: "different entities, hardly one read twice; the collection's size is unknown", from: r.since, confidence: 0.9}
			if 2*distinct < t.UniqueAbsolute { // of a very large collection, perhaps
				a.sev = Warning
			}
			l.raise(gt103, a)
		}
		return
	}
	lambda := r.byChance(l.n)
	if lambda < t.UniqueLambda || float64(repeats) >= t.UniqueRatio*lambda {
		return
	}
	if p := poisson(repeats, lambda); p < limit {
		l.raise(gt103, alarm{sev: Error, measured: float64(distinct), threshold: float64(least),
			unit: "different entities read almost without repetition", from: r.since, confidence: 1 - p})
	}
}

// byChance is how many repeats a sample would have of reads at random among n
// entities.
func (s *sample) byChance(n int) float64 {
	thinned := float64(uint32(1) << s.level)
	reads, all := float64(s.hits)*thinned, float64(n)
	return (reads - all*-math.Expm1(-reads/all)) / thinned
}

// poisson is the chance of at most k where lambda are expected.
func poisson(k int, lambda float64) float64 {
	sum, term := 0.0, math.Exp(-lambda)
	if term == 0 {
		if float64(k) >= lambda {
			return 1
		}
		// Far below a large mean: the normal tail, with its continuity correction.
		return 0.5 * math.Erfc((lambda-float64(k)-0.5)/math.Sqrt(2*lambda))
	}
	for i := 0; i <= k; i++ {
		sum += term
		term *= lambda / float64(i+1)
	}
	return min(sum, 1)
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
