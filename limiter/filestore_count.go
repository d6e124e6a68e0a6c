package limiter

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"time"
)

// count is one cell of the file as this process knows it, and the block of its
// units that this process may spend.
type count struct {
	id     countID
	cell   cell
	loaded uint64 // the turn in which the cell was read
	there  bool   // the cell exists
	away   bool   // it cannot: the file is full

	fresh  bool          // not read yet since the store was opened
	jumped time.Duration // how much of the store's jumps the cell has seen

	grown  int  // units added in this turn
	dirty  bool // to be written
	twice  bool // on both pages
	wanted int  // units asked for in this turn

	boundary Boundary // Day: what the block was taken under
	block    block
}

// countID is what a cell counts, and whose. Two limits of one kind, window and
// scope are one count, whatever their names and values.
type countID struct {
	kind   Kind
	scope  Scope
	per    time.Duration
	tenant string // "" for the app
}

func idOf(l Limit, tenant string) countID {
	if l.Scope == App {
		tenant = ""
	}
	return countID{l.Kind, l.Scope, l.Per, tenant}
}

// block is units that are taken in the file and not spent yet.
type block struct {
	mark       dayMark // where they are counted: they are valid while a new one would be counted there
	left, size int
	most       int // the limit they were taken under
	since      time.Time
}

const (
	blockMax   = 64
	blockSpan  = 3 * time.Second
	maxCells   = 1 << 14 // 128 MiB; tenants above it share one count
	maxCounts  = 10_000  // of them kept in memory
	lowFor     = time.Minute
	quiet      = 1 << 30 // calls: more than any limit, for a window that may have lost some
	keepCell   = 50 * time.Hour
	restampMax = time.Minute
)

// overflow is the tenant of the count that all share when the file is full.
const overflow = "\x00the others"

// nextSize is how many units to take at once: what blockSpan needs at the pace of
// the last block, which may be a few calls only.
func (b *block) nextSize(now time.Time) int {
	took, spent := now.Sub(b.since), b.size-b.left
	if b.size == 0 || spent <= 0 {
		return 1
	}
	pace := blockMax
	if took > 0 {
		pace = int(min(blockMax, math.Ceil(float64(spent)*float64(blockSpan)/float64(took))))
	}
	return min(pace, 4*b.size)
}

// count finds what this process knows of a count. It reads nothing.
func (s *fileStore) count(id countID) *count {
	c := s.counts[id]
	if c == nil {
		c = &count{id: id, fresh: true}
		c.cell.kind, c.cell.key = id.kind, s.key(id)
		s.counts[id] = c
	}
	return c
}

// key hides whose count a cell is: no tenant stands in the file.
func (s *fileStore) key(id countID) (k fileKey) {
	h := sha256.New()
	h.Write(s.salt[:])
	var fixed [10]byte
	fixed[0], fixed[1] = byte(id.kind), byte(id.scope)
	binary.LittleEndian.PutUint64(fixed[2:], uint64(id.per))
	h.Write(fixed[:])
	io.WriteString(h, id.tenant)
	copy(k[:], h.Sum(nil))
	return k
}

// load reads c's cell once a turn; c.there tells whether there is one.
func (s *fileStore) load(c *count, now time.Time) error {
	if c.loaded == s.turn {
		return nil
	}
	index := uint32(0)
	if c.id.kind != directoryCell {
		if index, c.there = s.index[c.cell.key]; !c.there {
			c.loaded = s.turn
			return nil
		}
	}
	key := c.cell.key
	mended, err := s.read(&c.cell, index, now)
	if err != nil {
		return err
	}
	if c.cell.key != key { // another process has given the cell away
		delete(s.index, key)
		c.cell.key, c.there, c.loaded = key, false, s.turn
		return nil
	}
	c.there, c.loaded, c.grown, c.twice = true, s.turn, 0, mended
	if mended {
		s.touch(c)
	}
	s.correct(c, now)
	return nil
}

// correct makes the cell's times safe to go on with: after a restart nothing is
// known of the clock, and a jump of it makes nothing older.
func (s *fileStore) correct(c *count, now time.Time) {
	if c.fresh && c.id.per <= restampMax && len(c.cell.window) > 0 {
		c.cell.window.move(math.MaxInt64/2, now.UnixNano())
		s.touch(c)
	}
	if !c.fresh && c.jumped < s.jumped {
		by := s.jumped - c.jumped
		c.cell.window.move(by, now.UnixNano())
		if c.cell.day.seen = c.cell.day.seen.Add(by); c.cell.day.seen.After(now) {
			c.cell.day.seen = now
		}
		s.touch(c)
	}
	c.fresh, c.jumped = false, s.jumped
}

// read fills in c from the newer good page of cell index. Where one is bad, what
// the other may lack is added.
func (s *fileStore) read(c *cell, index uint32, now time.Time) (mended bool, err error) {
	if _, err := s.file.ReadAt(s.page[:], pageOffset(index, 0)); errors.Is(err, io.EOF) {
		return false, errors.New("it is cut short")
	} else if err != nil {
		return false, err
	}
	good, newer := 0, -1
	for i := range 2 {
		seq, err := pageSeq(s.page[i*pageSize:][:pageSize], index)
		if err != nil || seq%2 != uint64(i) {
			continue
		}
		if good++; newer < 0 || seq > binary.LittleEndian.Uint64(s.page[newer*pageSize+8:]) {
			newer = i
		}
	}
	if good == 0 {
		return false, fmt.Errorf("count %d is damaged on both pages", index)
	}
	if err := c.unmarshal(s.page[newer*pageSize:][:pageSize], index); err != nil || good == 2 {
		return false, err
	}
	c.mend(now)
	s.lost = true
	return true, nil
}

// mend adds to a cell that may be one write behind what one write may add.
func (c *cell) mend(now time.Time) {
	switch c.kind {
	case Day:
		d := &c.day
		if ahead := now.Sub(d.seen); ahead > 0 {
			d.pos += ahead
			d.seen = now
		}
		d.recent.add(d.minute(), blockMax)
		d.prev, d.cur, d.next = d.prev+blockMax, d.cur+blockMax, d.next+blockMax
	case Rate:
		c.window.advance(now.UnixNano(), math.MaxInt64/4)
		c.window.add(stamp{at: now.UnixNano(), n: quiet})
	}
}

// rule is what a Boundary comes to; unknown ones are errors.
func (s *fileStore) rule(b Boundary) (*dayRule, error) {
	if r := s.rules[b]; r != nil {
		return r, nil
	}
	r, err := newDayRule(b, 0)
	if err == nil {
		s.rules[b] = r
	}
	return r, err
}

// dayOf is c's Day count at now, of a cell that has been read.
func (s *fileStore) dayOf(c *count, b Boundary, now time.Time) (*dayCount, error) {
	rule, err := s.rule(b)
	if err != nil {
		return nil, err
	}
	d := &c.cell.day
	if is := b.fingerprint(); c.cell.boundary != is {
		if c.cell.boundary != 0 {
			d.change(rule, now)
		}
		c.cell.boundary = is
	}
	d.rule, c.boundary = rule, b
	d.advance(now)
	return d, nil
}

// fingerprint tells Boundaries apart in the file; it is 0 for none.
func (b Boundary) fingerprint() uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d:%d %s", b.Hour, b.Minute, b.Zone)
	return h.Sum64() | 1
}

// lowest is the limit that holds for c: the lower of ours and another process's.
func (s *fileStore) lowest(c *count, own int, now time.Time) int {
	low, t := &c.cell.low, now.UnixNano()
	if low.by != s.id && t < low.until && int64(own) > low.max {
		return int(low.max)
	}
	*low = lowMark{int64(own), t + int64(lowFor), s.id}
	return own
}

// ensure is load, and makes the cell where there is none.
func (s *fileStore) ensure(id countID, now time.Time) (*count, error) {
	c := s.count(s.home(id))
	if err := s.load(c, now); err != nil || c.there {
		return c, err
	}
	index, err := s.vacancy(now)
	if err != nil {
		return nil, err
	}
	if index == 0 && c.id.tenant != overflow {
		c.away = true
		return s.ensure(id, now)
	}
	seq := c.cell.seq
	if index == 0 || int64(index) > s.dir.cell.cells {
		s.dir.cell.cells++
		index = uint32(s.dir.cell.cells)
	} else {
		s.dir.cell.reused++
		seq = s.reuse.seq
	}
	c.cell = cell{index: index, seq: seq, kind: id.kind, key: c.cell.key}
	c.there, c.twice, c.fresh, c.jumped = true, true, false, s.jumped
	s.index[c.cell.key] = index
	s.touch(c)
	s.touch(s.dir)
	return c, nil
}

// home is the count that id has, which is one that it shares when the file is full.
func (s *fileStore) home(id countID) countID {
	if c := s.counts[id]; c != nil && c.away {
		id.tenant = overflow
	}
	return id
}

// touch has c written at the end of the turn.
func (s *fileStore) touch(c *count) {
	if !c.dirty {
		c.dirty = true
		s.changed = append(s.changed, c)
	}
}

// flush writes what the turn has changed, cells before the directory that counts
// them. A write that adds more than a block goes on both pages, so that the older
// page is never more than one block behind.
func (s *fileStore) flush(now time.Time) error {
	for last := range 2 {
		for _, c := range s.changed {
			if (c == s.dir) != (last == 1) {
				continue
			}
			times := 1
			if c.twice || c.grown > blockMax {
				times = 2
			}
			c.cell.expires = now.Add(keepCell + c.id.per).UnixNano()
			for range times {
				c.cell.seq++
				c.cell.marshal(s.page[:pageSize])
				if _, err := s.file.WriteAt(s.page[:pageSize], pageOffset(c.cell.index, c.cell.seq)); err != nil {
					return err
				}
			}
			s.unsynced = s.unsynced || c.id.kind != Rate
			c.dirty, c.twice, c.grown = false, false, 0
		}
	}
	s.changed = s.changed[:0]
	return nil
}

// forget drops what a turn that failed has changed: blocks it may not have
// written are not spent, and cells are read again.
func (s *fileStore) forget() {
	for _, c := range s.changed {
		c.dirty, c.twice, c.grown, c.loaded, c.block = false, false, 0, 0, block{}
	}
	s.changed = s.changed[:0]
	s.dir.loaded, s.dir.cell = 0, cell{}
	clear(s.index)
}

// trim keeps the memory of counts bounded: what it forgets is read again.
func (s *fileStore) trim(now time.Time) {
	if len(s.counts) < max(maxCounts, s.trimmed) {
		return
	}
	for id, c := range s.counts {
		if c.block.left == 0 || now.Sub(c.block.since).Abs() > 2*time.Minute {
			delete(s.counts, id)
		}
	}
	s.trimmed = 2 * len(s.counts)
}
