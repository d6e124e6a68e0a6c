package compliance

import (
	"fmt"
	"slices"
	"unsafe"
)

// snapshotVersion is raised when what follows changes; other versions are not
// read.
const snapshotVersion = 4

// versionError tells of a snapshot that another build has written.
type versionError struct{ version uint64 }

func (e *versionError) Error() string {
	return fmt.Sprintf("compliance: snapshot of version %d, this build reads %d", e.version, snapshotVersion)
}

// newer tells whether a later build wrote it, which wants to go on with it.
func (e *versionError) newer() bool { return e.version > snapshotVersion }

// snapshot is the state of one replica, without names.
type snapshot struct {
	number   uint64 // another one each time, so that a living replica's snapshots differ
	life     uint32 // of the process, by chance
	closed   bool   // it is the process's last word
	killed   bool   // the process before it had no last word
	key      []byte // under which ids are hashed, where it is not Config.Key
	keyID    uint64
	saved    uint32
	day      dayCount
	usage    bool // Used was called
	seconds  []secondLoad
	series   map[uint64]*series
	holdings map[uint64]*holding
	tenants  map[uint64]*shared
}

const (
	maxUnits  = 1 << 16
	tableSize = 1 << 14
)

func (sn *snapshot) code(c *coder) {
	version := uint64(snapshotVersion)
	c.u64(&version)
	if c.err == nil && version != snapshotVersion {
		c.fail()
		c.err = &versionError{version}
		return
	}
	c.u64(&sn.number)
	number32(c, &sn.life)
	c.bool(&sn.closed)
	c.bool(&sn.killed)
	c.bytes(&sn.key, 64)
	c.u64(&sn.keyID)
	number32(c, &sn.saved)
	sn.day.code(c)
	c.bool(&sn.usage)
	list(c, &sn.seconds, loadSeconds, func(c *coder, s *secondLoad) {
		number32(c, &s.sec)
		number32(c, &s.calls)
		number32(c, &s.server)
	})
	codeMap(c, &sn.series, (*series).code)
	codeMap(c, &sn.holdings, (*holding).code)
	codeMap(c, &sn.tenants, (*shared).code)
}

func codeMap[T any](c *coder, m *map[uint64]*T, code func(*T, *coder)) {
	n := c.length(len(*m), maxUnits)
	if !c.reading {
		for h, v := range *m {
			c.u64(&h)
			code(v, c)
		}
		return
	}
	*m = make(map[uint64]*T, min(n, 1024))
	for range n {
		if c.err != nil {
			return
		}
		var h uint64
		v := new(T)
		c.making(int(unsafe.Sizeof(*v)))
		c.u64(&h)
		code(v, c)
		(*m)[h] = v
	}
}

func (d *dayCount) code(c *coder) {
	number32(c, &d.day)
	number32(c, &d.all)
	number32(c, &d.some)
}

func (s *sample) code(c *coder) {
	number32(c, &s.level)
	number32(c, &s.hits)
	if s.level > 24 {
		c.fail()
		s.level = 0
	}
	kept := make([]uint32, 0, s.used)
	for _, fp := range s.slots {
		if fp != 0 {
			kept = append(kept, fp)
		}
	}
	slices.Sort(kept) // the same set gives the same bytes
	list(c, &kept, tableSize, number32[uint32])
	if c.reading {
		hits := s.hits
		s.slots, s.used = nil, 0
		for _, fp := range kept {
			s.add(uint64(fp), tableSize)
		}
		s.hits = max(hits, s.used)
		c.making(s.bytes())
	}
}

func (r *readSet) code(c *coder) {
	number32(c, &r.since)
	r.sample.code(c)
}

func (l *lowest) code(c *coder) {
	kept := l.h[:l.n]
	list(c, &kept, lowestSize, number32[uint32])
	if c.reading {
		l.n = copy(l.h[:], kept)
		if !slices.IsSorted(l.h[:l.n]) {
			c.fail()
		}
	}
}

// optional codes what may be nil.
func optional[T any](c *coder, p **T, code func(*T, *coder)) {
	there := *p != nil
	c.bool(&there)
	if !there {
		*p = nil
		return
	}
	if c.reading {
		*p = new(T)
		c.making(int(unsafe.Sizeof(**p)))
	}
	code(*p, c)
}

func (q *pageQuery) code(c *coder) {
	c.u64(&q.id)
	number32(c, &q.first)
	number32(c, &q.last)
	for i := range q.pages {
		c.u64(&q.pages[i])
	}
	number32(c, &q.n)
	number32(c, &q.rows)
	number32(c, &q.total)
	c.bool(&q.ended)
	c.bool(&q.moved)
	c.int(&q.edge)
}

func (r *pastRun) code(c *coder) {
	number32(c, &r.start)
	number32(c, &r.last)
	number32(c, &r.since)
	number32(c, &r.pages)
	number32(c, &r.rows)
	number32(c, &r.fresh)
}

func (e *ending) code(c *coder) {
	c.u64(&e.id)
	c.u64(&e.filter)
	number32(c, &e.total)
	number32(c, &e.rows)
}

func (sh *shape) code(c *coder) {
	c.u64(&sh.hash)
	number32(c, &sh.last)
	c.u64(&sh.rows)
	r := &sh.run
	number32(c, &r.start)
	number32(c, &r.last)
	number32(c, &r.pages)
	number32(c, &r.pageNo)
	number32(c, &r.delivered)
	c.int(&r.watermark)
	optional(c, &r.set, (*lowest).code)
	c.bool(&r.judged)
	c.bool(&r.ended)
	r.at.code(c)
	list(c, &sh.runs, maxRuns, func(c *coder, r *pastRun) { r.code(c) })
	for i := range sh.before {
		optional(c, &sh.before[i], (*lowest).code)
	}
	optional(c, &sh.copies.set, (*lowest).code)
	number32(c, &sh.copies.runs)
	number32(c, &sh.copies.since)
	number32(c, &sh.copies.writes)
	list(c, &sh.long, maxLongRuns, func(c *coder, r *longRun) {
		number32(c, &r.start)
		number32(c, &r.last)
		number32(c, &r.rows)
		r.set.code(c)
	})
	optional(c, &sh.marks, (*watermarks).code)
	number32(c, &sh.restless.since)
	number32(c, &sh.restless.runs)
	s := &sh.slices
	number32(c, &s.since)
	s.filters.code(c)
	s.rows.code(c)
	optional(c, &s.times, (*tally).code)
	number32(c, &s.delivered)
	number32(c, &s.exhausted)
	number32(c, &s.size)
	c.float(&s.lambda)
}

func (s *series) code(c *coder) {
	number32(c, &s.first)
	number32(c, &s.last)
	c.u64(&s.rows)
	list(c, &s.queries, maxQueries, func(c *coder, q *pageQuery) { q.code(c) })
	list(c, &s.shapes, maxShapes, func(c *coder, p **shape) {
		if c.reading {
			*p = new(shape)
		}
		(*p).code(c)
	})
	for i := range s.cover {
		s.cover[i].code(c)
	}
	s.recent.code(c)
	s.week.code(c)
	optional(c, &s.times, (*tally).code)
	e := &s.numbers
	c.u64(&e.prefix)
	c.u64(&e.low)
	c.u64(&e.high)
	number32(c, &e.since)
	number32(c, &e.ids)
	number32(c, &e.links)
	number32(c, &e.known)
	number32(c, &e.listed)
	number32(c, &e.probes)
	number32(c, &e.misses)
	list(c, &s.hours.rows, 48, func(c *coder, h *hourCount) {
		number32(c, &h.fresh)
		number32(c, &h.all)
	})
	if n := len(s.hours.rows); n != 0 && n != 48 {
		c.fail()
		s.hours.rows = nil
	}
	number32(c, &s.hours.hour)
	number32(c, &s.hours.first)
}

func (h *holding) code(c *coder) {
	number32(c, &h.rows)
	number32(c, &h.at)
	h.listed.code(c)
	number32(c, &h.hydrate.since)
	number32(c, &h.hydrate.pages)
	number32(c, &h.hydrate.rows)
	number32(c, &h.hydrate.opened)
	h.hydrate.single.code(c)
	number32(c, &h.writes)
	number32(c, &h.wrote)
	h.used.code(c)
}

// decode reads a snapshot; what can not be read is an error, never half of it.
func decode(data []byte) (*snapshot, error) {
	room := maxMade
	return decodeInto(data, &room)
}

// decodeInto is decode where only so much room in memory is left for all.
func decodeInto(data []byte, room *int) (*snapshot, error) {
	c := &coder{reading: true, b: data, made: maxMade - *room}
	sn := &snapshot{}
	sn.code(c)
	if c.err == nil && len(c.b) > 0 {
		c.fail()
	}
	if c.err == nil {
		*room = maxMade - c.made
	}
	return sn, c.err
}

func (sn *snapshot) encode() []byte {
	c := &coder{}
	sn.code(c)
	return c.b
}
