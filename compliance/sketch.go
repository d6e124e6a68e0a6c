package compliance

import "slices"

// sample is a set of 32-bit fingerprints that stays exact up to its size and then
// thins itself out: at level l it keeps the fingerprints that end in l zero bits,
// and how often any of them came. Two samples of one key merge into the sample of
// both.
type sample struct {
	slots []uint32 // open addressing; 0 is free
	used  uint32
	hits  uint32 // arrivals of fingerprints of this level, repeats too
	level uint8
}

// add puts h into the set of at most max slots (a power of two). in tells whether
// h is of the sample's level; fresh, whether it was new.
func (s *sample) add(h uint64, max int) (in, fresh bool) {
	fp := uint32(h)
	if fp == 0 {
		fp = 1 << 31
	}
	if fp&(1<<s.level-1) != 0 {
		return false, false
	}
	s.hits++
	if len(s.slots) == 0 {
		s.slots = make([]uint32, min(8, max))
	}
	i, found := s.find(fp)
	if found {
		return true, false
	}
	s.slots[i] = fp
	s.used++
	for int(s.used)*8 > len(s.slots)*7 {
		s.grow(max)
	}
	return true, true
}

// has tells whether h is in the set; known is false where h is not of the
// sample's level, so that nobody can say.
func (s *sample) has(h uint64) (there, known bool) {
	fp := uint32(h)
	if fp == 0 {
		fp = 1 << 31
	}
	if fp&(1<<s.level-1) != 0 {
		return false, false
	}
	if len(s.slots) == 0 {
		return false, true
	}
	_, there = s.find(fp)
	return there, true
}

func (s *sample) find(fp uint32) (slot int, found bool) {
	mask := uint32(len(s.slots) - 1)
	for i := (fp * 0x9e3779b1) >> 7 & mask; ; i = (i + 1) & mask {
		switch s.slots[i] {
		case fp:
			return int(i), true
		case 0:
			return int(i), false
		}
	}
}

// grow doubles the slots, or at max halves what is kept.
func (s *sample) grow(max int) {
	old, repeats := s.slots, s.hits-s.used
	if len(old) < max {
		s.slots = make([]uint32, 2*len(old))
	} else {
		s.slots = make([]uint32, len(old))
		s.level++
		repeats /= 2
	}
	s.used = 0
	for _, fp := range old {
		if fp != 0 && fp&(1<<s.level-1) == 0 {
			i, _ := s.find(fp)
			s.slots[i] = fp
			s.used++
		}
	}
	s.hits = s.used + repeats // halving the hits would make repeats of mere chance
}

// distinct is how many different fingerprints came, about.
func (s *sample) distinct() int { return int(s.used) << s.level }

// repeats is how many arrivals were of the sampled fingerprints seen before.
func (s *sample) repeats() int { return int(s.hits) - int(s.used) }

func (s *sample) reset() {
	clear(s.slots)
	s.used, s.hits, s.level = 0, 0, 0
}

// merge takes in what o has seen: what both have is a repeat.
func (s *sample) merge(o *sample, size int) {
	for s.level < o.level {
		s.thin()
	}
	for _, fp := range o.slots {
		if fp != 0 && fp&(1<<s.level-1) == 0 {
			s.add(uint64(fp), size)
		}
	}
	s.hits += uint32(o.repeats()) >> (s.level - o.level) // not of the hits: see grow
}

// common is how many different fingerprints both have, about.
func (s *sample) common(o *sample) int {
	level, n := max(s.level, o.level), 0
	for _, fp := range o.slots {
		if fp != 0 && fp&(1<<level-1) == 0 && len(s.slots) > 0 {
			if _, there := s.find(fp); there {
				n++
			}
		}
	}
	return n << level
}

func (s *sample) thin() {
	if len(s.slots) == 0 {
		s.level++
		return
	}
	s.grow(len(s.slots))
}

func (s *sample) clone() sample {
	c := *s
	c.slots = slices.Clone(s.slots)
	return c
}

func (s *sample) bytes() int { return 4 * cap(s.slots) }

// lowest keeps the smallest hashes of a set (a KMV sketch): how many there were,
// and how much two sets have in common.
type lowest struct {
	n int
	h [lowestSize]uint32 // ascending
}

const lowestSize = 48

func (l *lowest) add(hash uint64) {
	h := uint32(hash >> 31) // bit 63 is set in every entity's fingerprint
	if l.n == lowestSize && h >= l.h[lowestSize-1] {
		return
	}
	i, found := slices.BinarySearch(l.h[:l.n], h)
	if found {
		return
	}
	if l.n < lowestSize {
		l.n++
	}
	copy(l.h[i+1:l.n], l.h[i:])
	l.h[i] = h
}

// distinct is the size of the set, exact below lowestSize, else within about 15 %.
func (l *lowest) distinct() int {
	if l.n < lowestSize {
		return l.n
	}
	return int(float64(lowestSize-1) * (1 << 32) / (float64(l.h[lowestSize-1]) + 1))
}

// within is the share of l's set that is in o's too.
func (l *lowest) within(o *lowest) float64 {
	if l.n == 0 {
		return 0
	}
	limit := ^uint32(0)
	if o.n == lowestSize {
		limit = o.h[o.n-1]
	}
	all, common := 0, 0
	for _, h := range l.h[:l.n] {
		if h > limit {
			break
		}
		all++
		if _, found := slices.BinarySearch(o.h[:o.n], h); found {
			common++
		}
	}
	if all == 0 {
		return 0
	}
	return float64(common) / float64(all)
}

func (l *lowest) merge(o *lowest) {
	for _, h := range o.h[:o.n] {
		l.add(uint64(h) << 31)
	}
}
