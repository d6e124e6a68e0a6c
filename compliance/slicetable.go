package compliance

import (
	"cmp"
	"slices"
)

// sliceTable is the filters of one shape: how many rows each has given, and
// whether its last page was read. It is a sample, as [sample] is: at level l it
// keeps the filters whose hash ends in l zero bits.
type sliceTable struct {
	all   []sliceRows // by hash
	level uint8
}

type sliceRows struct {
	hash  uint32
	rows  uint16
	ended bool
}

const maxSlices = 64

// add counts rows of one filter, whose last page was read or not.
func (s *sliceTable) add(hash uint32, rows int, ended bool) {
	if hash&(1<<s.level-1) != 0 {
		return
	}
	i, found := slices.BinarySearchFunc(s.all, hash, func(r sliceRows, h uint32) int { return cmp.Compare(r.hash, h) })
	if !found {
		if len(s.all) == maxSlices {
			s.thin()
			s.add(hash, rows, ended)
			return
		}
		s.all = slices.Insert(s.all, i, sliceRows{hash: hash})
	}
	r := &s.all[i]
	r.rows, r.ended = clip(int(r.rows)+rows), r.ended || ended
}

func (s *sliceTable) thin() {
	s.level++
	s.all = slices.DeleteFunc(s.all, func(r sliceRows) bool { return r.hash&(1<<s.level-1) != 0 })
}

// distinct is how many filters there were, about.
func (s *sliceTable) distinct() int { return len(s.all) << s.level }

// exhausted is the share of the rows that came from filters read to their end.
func (s *sliceTable) exhausted() float64 {
	all, ended := 0, 0
	for _, r := range s.all {
		all += int(r.rows)
		if r.ended {
			ended += int(r.rows)
		}
	}
	return share(ended, all)
}

func (s *sliceTable) reset() { s.all, s.level = s.all[:0], 0 }

func (s *sliceTable) clone() sliceTable { return sliceTable{slices.Clone(s.all), s.level} }

func (s *sliceTable) bytes() int { return 8 * cap(s.all) }

// merge takes in the filters of another replica: the pages of one may have gone to
// both.
func (s *sliceTable) merge(o *sliceTable) {
	for s.level < o.level {
		s.thin()
	}
	for _, r := range o.all {
		s.add(r.hash, int(r.rows), r.ended)
	}
}

func (s *sliceTable) code(c *coder) {
	number32(c, &s.level)
	if s.level > 24 {
		c.fail()
		s.level = 0
	}
	list(c, &s.all, maxSlices, func(c *coder, r *sliceRows) {
		number32(c, &r.hash)
		number32(c, &r.rows)
		c.bool(&r.ended)
	})
	for i, r := range s.all {
		if r.hash&(1<<s.level-1) != 0 || i > 0 && r.hash <= s.all[i-1].hash {
			c.fail()
			s.all = nil
			return
		}
	}
}
