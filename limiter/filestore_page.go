package limiter

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"
)

// The state file is a head page that never changes, and then cells of two pages
// each. A cell holds one count: a Day limit's units, a rate's window or a pause,
// of the app or of one tenant; cell 0 is the directory. The two pages of a cell
// are written in turn, each with its sequence and a checksum, so that a write
// that was torn, or a page that has gone bad, leaves the state before it.
//
//	head   magic, version, page size, salt for the tenants' keys       checksum
//	page   checksum, cell, sequence, kind, entries, key, fields        entries
//
// A page is what a kernel writes as one, also when the process is killed.
const (
	pageSize    = 4096
	fileVersion = 1
	fileMagic   = "goodtenant limits\n"

	fieldsAt   = 40
	fieldCount = 16
	entriesAt  = fieldsAt + 8*fieldCount
	entrySize  = 12
	maxEntries = (pageSize - entriesAt) / entrySize
)

// Kinds of cells beside those of limits.
const (
	directoryCell Kind = 0
	pauseCell     Kind = 100
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

type fileKey [16]byte

// cell is one count as it stands in the file. Which of its parts are in use
// depends on the kind.
type cell struct {
	index uint32
	seq   uint64
	kind  Kind
	key   fileKey

	expires int64 // wall time after which the cell is of no use

	low lowMark // Day and Rate

	day      dayCount // Day; its seen has no monotonic part
	boundary uint64   // Day: which Boundary the count keeps to

	window window // Rate

	pauses [Day + 1]pause // pauseCell: by kind

	cells, reused int64 // directoryCell: how many there are beside it, how often one changed hands
}

// lowMark is the lowest limit that another process keeps to, while it lives.
type lowMark struct{ max, until, by int64 }

// pause is the end of a pause in wall time, and its whole length: a wall clock
// that is set back does not lengthen it.
type pause struct{ until, length int64 }

var errPage = errors.New("the checksum does not match")

// offset is where the page with the sequence stands.
func pageOffset(index uint32, seq uint64) int64 {
	return pageSize * (1 + 2*int64(index) + int64(seq%2))
}

// fields lists what the fixed part of a page holds.
func (c *cell) fields() []*int64 {
	d := &c.day
	switch c.kind {
	case Day:
		return []*int64{&c.expires, &c.low.max, &c.low.until, &c.low.by, &d.wall, &d.start, &d.end, (*int64)(&d.pos), (*int64)(&d.line), (*int64)(&d.unit)}
	case Rate:
		return []*int64{&c.expires, &c.low.max, &c.low.until, &c.low.by}
	case pauseCell:
		r, d := &c.pauses[Rate], &c.pauses[Day]
		return []*int64{&c.expires, &r.until, &r.length, &d.until, &d.length}
	}
	return []*int64{&c.expires, &c.cells, &c.reused}
}

// marshal writes c as a page.
func (c *cell) marshal(p []byte) {
	clear(p)
	le := binary.LittleEndian
	le.PutUint64(p[8:], c.seq)
	p[16] = byte(c.kind)
	copy(p[24:], c.key[:])
	fields := c.fields()
	for i, v := range fields {
		le.PutUint64(p[fieldsAt+8*i:], uint64(*v))
	}
	n, e := 0, p[entriesAt:]
	put := func(at int64, count uint32) {
		le.PutUint64(e, uint64(at))
		le.PutUint32(e[8:], count)
		e, n = e[entrySize:], n+1
	}
	switch c.kind {
	case Day:
		for i, v := range []int64{c.day.seen.UnixNano(), int64(c.boundary), int64(c.day.prev), int64(c.day.cur), int64(c.day.next)} {
			le.PutUint64(p[fieldsAt+8*(len(fields)+i):], uint64(v))
		}
		c.day.recent.shrink(maxEntries)
		for _, m := range c.day.recent.list[c.day.recent.head:] {
			put(int64(m.minute), uint32(m.n))
		}
	case Rate:
		c.window.shrink(maxEntries)
		for _, s := range c.window {
			count := uint32(s.n)
			if s.open {
				count |= 1 << 31
			}
			put(s.at, count)
		}
	}
	le.PutUint32(p[20:], uint32(n))
	sealPage(p, c.index)
}

// sealPage makes p a good page of cell index.
func sealPage(p []byte, index uint32) {
	binary.LittleEndian.PutUint32(p[4:], index)
	binary.LittleEndian.PutUint32(p, crc32.Checksum(p[4:], castagnoli))
}

// unmarshal reads page p as cell index. It keeps c's storage.
func (c *cell) unmarshal(p []byte, index uint32) error {
	if _, err := pageSeq(p, index); err != nil {
		return err
	}
	le := binary.LittleEndian
	n := le.Uint32(p[20:])
	rule := c.day.rule
	minutes, stamps := c.day.recent.list[:0], c.window[:0]
	*c = cell{index: index, seq: le.Uint64(p[8:]), kind: Kind(p[16])}
	copy(c.key[:], p[24:])
	fields := c.fields()
	for i, v := range fields {
		*v = int64(le.Uint64(p[fieldsAt+8*i:]))
	}
	d := &c.day
	if c.kind == Day {
		more := func(i int) int64 { return int64(le.Uint64(p[fieldsAt+8*(len(fields)+i):])) }
		d.rule, d.seen, c.boundary = rule, time.Unix(0, more(0)), uint64(more(1))
		d.prev, d.cur, d.next = int(more(2)), int(more(3)), int(more(4))
	}
	for e := p[entriesAt:]; n > 0; e, n = e[entrySize:], n-1 {
		at, count := int64(le.Uint64(e)), le.Uint32(e[8:])
		switch c.kind {
		case Day:
			minutes = append(minutes, minuteCount{int32(at), int32(count)})
			d.recent.sum += int(int32(count))
		case Rate:
			stamps = append(stamps, stamp{at: at, n: int32(count &^ (1 << 31)), open: count>>31 == 1})
		}
	}
	d.recent.list, c.window = minutes, stamps
	return nil
}

// pageSeq is the sequence of a page of cell index, if the page is good.
func pageSeq(p []byte, index uint32) (uint64, error) {
	le := binary.LittleEndian
	if le.Uint32(p) != crc32.Checksum(p[4:], castagnoli) || le.Uint32(p[4:]) != index || le.Uint32(p[20:]) > maxEntries {
		return 0, errPage
	}
	return le.Uint64(p[8:]), nil
}

// marshalHead writes the first page.
func marshalHead(p []byte, salt [16]byte) {
	clear(p)
	copy(p, fileMagic)
	binary.LittleEndian.PutUint32(p[24:], fileVersion)
	binary.LittleEndian.PutUint32(p[28:], pageSize)
	copy(p[32:], salt[:])
	checksumHead(p)
}

func checksumHead(p []byte) {
	binary.LittleEndian.PutUint32(p[pageSize-4:], crc32.Checksum(p[:pageSize-4], castagnoli))
}

// unmarshalHead reads it, or says why this is not a file of ours.
func unmarshalHead(p []byte) (salt [16]byte, err error) {
	switch {
	case string(p[:len(fileMagic)]) != fileMagic:
		return salt, errors.New("it is not a state file of this library")
	case binary.LittleEndian.Uint32(p[pageSize-4:]) != crc32.Checksum(p[:pageSize-4], castagnoli):
		return salt, errors.New("its head is damaged")
	case binary.LittleEndian.Uint32(p[24:]) != fileVersion || binary.LittleEndian.Uint32(p[28:]) != pageSize:
		return salt, errors.New("it was written by a newer version")
	}
	copy(salt[:], p[32:])
	return salt, nil
}
