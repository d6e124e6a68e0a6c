package compliance

import (
	"math"
	"slices"
	"unsafe"
)

// tally keeps how often each of some entities came: of those with the smallest
// fingerprints, so that whoever stays in it has been in it from the first time on.
type tally struct {
	n     int
	h     [tallySize]uint32 // ascending
	times [tallySize]uint8
}

const tallySize = 128

func (t *tally) add(hash uint64) { t.addTimes(uint32(hash>>31), 1) }

func (t *tally) addTimes(h uint32, times uint8) {
	i, found := slices.BinarySearch(t.h[:t.n], h)
	if found {
		t.times[i] = uint8(min(int(t.times[i])+int(times), math.MaxUint8))
		return
	}
	if i == tallySize {
		return
	}
	t.n = min(t.n+1, tallySize)
	copy(t.h[i+1:t.n], t.h[i:])
	copy(t.times[i+1:t.n], t.times[i:])
	t.h[i], t.times[i] = h, times
}

func (t *tally) merge(o *tally) {
	for i, h := range o.h[:o.n] {
		t.addTimes(h, o.times[i])
	}
}

// evenness compares how much the numbers of times differ with how much chance
// would have them differ: 1 is chance, less is a grid that is laid over all, more
// is what people like best. again is the mean number of times.
func (t *tally) evenness() (ratio, again float64) {
	if t.n < tallySize {
		return 1, 0
	}
	var sum, squares float64
	for _, k := range t.times {
		sum, squares = sum+float64(k), squares+float64(k)*float64(k)
	}
	mean := sum / tallySize
	byChance := mean*(1+arrivals(mean)) - mean*mean
	if byChance <= 0 {
		return 1, mean
	}
	return (squares/tallySize - mean*mean) / byChance, mean
}

// arrivals is the mean of a Poisson variable whose mean is m where it is not 0.
func arrivals(m float64) float64 {
	low, high := 0.0, m
	for range 40 {
		if l := (low + high) / 2; l < -math.Expm1(-l)*m {
			low = l
		} else {
			high = l
		}
	}
	return high
}

func (t *tally) bytes() int {
	if t == nil {
		return 0
	}
	return int(unsafe.Sizeof(*t))
}

func (t *tally) code(c *coder) {
	kept, times := t.h[:t.n], t.times[:t.n]
	list(c, &kept, tallySize, number32[uint32])
	list(c, &times, tallySize, number32[uint8])
	if !c.reading {
		return
	}
	if len(kept) != len(times) || !slices.IsSorted(kept) {
		c.fail()
		return
	}
	t.n = copy(t.h[:], kept)
	copy(t.times[:], times)
}
