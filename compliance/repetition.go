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
	began := s.week.since
	s.week.add(id, now, 7*86_400, weekSlots)
	s.count(id, began != s.week.since)
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
	if l.drawn(distinct, float64(repeats)/lambda) {
		l.raise(gt103, alarm{sev: Error, measured: float64(distinct), threshold: float64(t.UniqueDrawn),
			unit: "different entities read, as if drawn by lot", from: r.since, confidence: 0.95})
	}
	if lambda < t.UniqueLambda || float64(repeats) >= t.UniqueRatio*lambda {
		return
	}
	if p := poisson(repeats, lambda); p < limit {
		l.raise(gt103, alarm{sev: Error, measured: float64(distinct), threshold: float64(least),
			unit: "different entities read almost without repetition", from: r.since, confidence: 1 - p})
	}
}

// count notes how often entities are read, once they are many.
func (s *series) count(id uint64, anew bool) {
	switch {
	case anew:
		s.times = nil
	case s.times != nil:
		s.times.add(id)
	case int(s.week.used) >= weekSlots/4:
		s.times = &tally{}
	}
}

// drawn tells whether reads are spread over most of a collection as chance would
// have it: people keep to what they work on, and read that again.
func (l *look) drawn(distinct int, ofChance float64) bool {
	t := &l.k.cfg.Thresholds
	if l.x.user || distinct < t.UniqueDrawn || share(distinct, l.n) < t.CoverDay || ofChance >= t.UniqueSpread || l.s.times == nil {
		return false
	}
	even, again := l.s.times.evenness()
	return again > 1 && even < t.UniqueSpread
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
