package compliance

import (
	"cmp"
	"slices"
)

// merge takes in what another replica knows of the same tenant, stream and
// collection: fingerprints and pages by union, runs by time, counts by sum.
func (s *series) merge(o *series, gap uint32) {
	s.first, s.last, s.rows = min(s.first, o.first), max(s.last, o.last), s.rows+o.rows
	for i := range o.queries {
		q := &o.queries[i]
		if j := slices.IndexFunc(s.queries, func(p pageQuery) bool { return p.id == q.id }); j < 0 {
			s.queries = append(s.queries, *q)
		} else if apart(s.queries[j].last, q.last) < sweepWindow {
			s.queries[j].merge(q)
		}
	}
	for _, osh := range o.shapes {
		if i := slices.IndexFunc(s.shapes, func(sh *shape) bool { return sh.hash == osh.hash }); i < 0 {
			s.shapes = append(s.shapes, osh.clone())
		} else {
			s.shapes[i].merge(osh, gap)
		}
	}
	s.cover[0].merge(&o.cover[0], 86_400, 256)
	s.cover[1].merge(&o.cover[1], 7*86_400, 256)
	s.recent.merge(&o.recent, 86_400, 4*recentSlots)
	s.week.merge(&o.week, 7*86_400, 4*weekSlots)
	if s.times != nil && o.times != nil {
		s.times.merge(o.times)
	}
	s.numbers.merge(&o.numbers)
	s.hours.merge(&o.hours)
}

func apart(a, b uint32) uint32 { return max(a, b) - min(a, b) }

// merge takes in o unless it is from another time.
func (r *readSet) merge(o *readSet, window uint32, size int) {
	if o.used == 0 || apart(r.since, o.since) > window && r.used > 0 {
		return
	}
	r.since = max(r.since, o.since)
	r.sample.merge(&o.sample, size)
}

func (e *enumeration) merge(o *enumeration) {
	if e.prefix == o.prefix && o.ids > 0 && e.ids > 0 {
		e.low, e.high = min(e.low, o.low), max(e.high, o.high)
		e.ids, e.links, e.known, e.listed = e.ids+o.ids, e.links+o.links, e.known+o.known, e.listed+o.listed
	}
	e.probes, e.misses = e.probes+o.probes, e.misses+o.misses
}

func (h *hourRows) merge(o *hourRows) {
	if len(o.rows) == 0 {
		return
	}
	if len(h.rows) == 0 {
		*h = hourRows{rows: slices.Clone(o.rows), hour: o.hour, first: o.first}
		return
	}
	last := max(h.hour, o.hour)
	h.add(last, 0, 0)
	for back := range uint32(48) {
		hour := o.hour - back
		if last-hour < 48 && hour <= o.hour {
			c := o.rows[hour%48]
			h.rows[hour%48].add(int(c.fresh), int(c.all))
		}
	}
	h.first = min(h.first, o.first)
}

// scale leaves a part of the rows as new.
func (h *hourRows) scale(part float64) {
	for i := range h.rows {
		h.rows[i].fresh = uint16(float64(h.rows[i].fresh) * part)
	}
}

// news tells how many of the rows that were new to each replica were new to all.
type news struct {
	union sample
	sum   int
}

func newsOf(h *holding) *news { return &news{h.listed.clone(), h.listed.distinct()} }

func (n *news) add(o *readSet) {
	n.union.merge(&o.sample, 4*listedSlots)
	n.sum += o.distinct()
}

func (n *news) share() float64 {
	if n.sum == 0 {
		return 1
	}
	return min(share(n.union.distinct(), n.sum), 1)
}

func (sh *shape) clone() *shape {
	c := *sh
	c.runs = slices.Clone(sh.runs)
	c.slices.filters, c.slices.rows = sh.slices.filters.clone(), sh.slices.rows.clone()
	c.long = slices.Clone(sh.long)
	c.marks, c.slices.times = another(sh.marks), another(sh.slices.times)
	for _, p := range [...]**lowest{&c.run.set, &c.before[0], &c.before[1], &c.copies.set} {
		*p = another(*p)
	}
	return &c
}

// merge joins the runs of two replicas that go on at the same time: one run, its
// pages read by both.
func (sh *shape) merge(o *shape, gap uint32) {
	sh.rows += o.rows
	joined := joinRuns(append(sh.everyRun(), o.everyRun()...), gap)
	sh.long = joinLong(append(sh.everyLong(), o.everyLong()...), gap)
	sh.runs, sh.run = joined, run{}
	s, p := &sh.slices, &o.slices
	if apart(s.since, p.since) <= 86_400 {
		before := s.rows.distinct()
		s.filters.merge(&p.filters)
		s.rows.merge(&p.rows, 4*maxSliceRows)
		if s.times != nil && p.times != nil {
			s.times.merge(p.times)
		}
		s.delivered, s.size = s.delivered+p.delivered, max(s.size, p.size)
		s.exhausted = uint32(float64(s.delivered) * s.filters.exhausted())
		s.lambda += p.lambda
		s.crossed += float64(before) * float64(p.rows.distinct())
	}
}

// joinable is a run that another one can be a part of.
type joinable[R any] interface {
	*R
	span() (start, last uint32)
	join(R)
}

// joinRuns joins the runs that no pause longer than gap parts, oldest first.
func joinRuns[R any, P joinable[R]](all []R, gap uint32) []R {
	slices.SortFunc(all, func(a, b R) int {
		first, _ := P(&a).span()
		second, _ := P(&b).span()
		return cmp.Compare(first, second)
	})
	joined := all[:0]
	for _, r := range all {
		if n := len(joined); n > 0 {
			p := P(&joined[n-1])
			start, _ := P(&r).span()
			if _, last := p.span(); start <= last+gap {
				p.join(r)
				continue
			}
		}
		joined = append(joined, r)
	}
	return joined
}

func (r *pastRun) span() (start, last uint32) { return r.start, r.last }

func (r *pastRun) join(o pastRun) {
	r.last = max(r.last, o.last)
	r.pages, r.rows, r.fresh = clip(int(r.pages)+int(o.pages)), clip(int(r.rows)+int(o.rows)), clip(int(r.fresh)+int(o.fresh))
	if r.since == 0 {
		r.since = o.since
	}
}

// everyRun is the past runs and the one that goes on.
func (sh *shape) everyRun() []pastRun {
	all := slices.Clone(sh.runs)
	if r := &sh.run; r.pages > 0 {
		rows := clip(r.rows())
		all = append(all, pastRun{r.start, r.last, uint32(r.watermark), clip(int(r.pages)), rows, rows})
	}
	return all
}

// another is a copy of what p points to; nil: nothing.
func another[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

func (s *series) clone() *series {
	c := *s
	c.unit = unit{}
	c.queries = slices.Clone(s.queries)
	c.shapes = make([]*shape, len(s.shapes))
	for i, sh := range s.shapes {
		c.shapes[i] = sh.clone()
	}
	for _, r := range [...]*readSet{&c.cover[0], &c.cover[1], &c.recent, &c.week} {
		r.sample = r.sample.clone()
	}
	c.hours.rows = slices.Clone(s.hours.rows)
	c.times = another(s.times)
	c.repeats = nil
	return &c
}
