package compliance

import (
	"fmt"
	"time"
)

// overlapBounds are those of GT102 and GT103 where rows come more than once.
func overlapBounds() []bound {
	const s = time.Second
	// ring is slices of a collection that nobody tells the size of: each begins step
	// rows after the one before, the last of them runs into the first.
	ring := func(m *maker, slices, step, width int) {
		m.each(slices, time.Minute, func(i int) Event {
			e := listing(fmt.Sprintf("/contacts/?areaId=A%d&pageSize=100", i), i*step, width, width)
			whole := ids(0, slices*step)
			for j := range e.Answer.IDs {
				e.Answer.IDs[j] = whole[(i*step+j)%len(whole)]
			}
			return e
		})
	}
	// twice is all rows of a collection of 220 in queries of two, of which the first n
	// come twice.
	twice := func(m *maker, n int) {
		m.size(220)
		for i := 0; i < 220; i += 2 {
			for again := range 2 {
				if again == 0 || i < n {
					m.add(s, listing(fmt.Sprintf("/contacts/?%c%c=1", 'a'+i%26, 'a'+i/26+again*10), i, 2, 2))
				}
			}
		}
	}
	lots := func(m *maker, n int) { // n reads of a collection by lot
		rng := newRand(1)
		m.size(2400).each(n, s, func(int) Event { return entity(rng.IntN(2400)) })
	}
	small := Thresholds{SmallCollection: 50}
	cover := small
	cover.SliceRows, cover.SliceFilters, cover.UniquePUser, cover.CoverRows = 100, 1000, .01, 1e6
	grid := Thresholds{SliceEven: 1}
	return []bound{
		{rule: "GT102", field: "SliceAgain", of: "rows of a slice, each 100 after the one before", make: func(m *maker, n int) { ring(m, 128, 100, n) }, base: thresholds(grid),
			quiet: 120, loud: 130, want: Error, measured: 12_800, about: .2, threshold: 1500, to: 1.6, movedQuiet: 152, movedLoud: 168},
		{rule: "GT102", field: "SliceEven", of: "slices, each row in two", make: func(m *maker, n int) { ring(m, n, 30, 60) },
			quiet: 60, loud: 70, want: Error, measured: 1800, about: .2, threshold: 1500, to: 3.5, movedQuiet: 50, movedLoud: 60},
		{rule: "GT102", field: "CoverRatio", of: "rows of 220 that come twice", make: twice, base: thresholds(cover),
			quiet: 161, loud: 160, want: Error, measured: 221, threshold: 100, to: .6, movedQuiet: 83, movedLoud: 82},
		{rule: "GT103", field: "UniqueDrawn", of: "reads of 2,400 by lot", make: lots,
			quiet: 2297, loud: 2298, want: Error, measured: 1500, threshold: 1500, to: 1300, movedQuiet: 1844, movedLoud: 1845},
		{rule: "GT103", field: "UniqueSpread", of: "reads of fifty among those of 2,400 by lot", make: func(m *maker, n int) {
			rng := newRand(1)
			lot := func(int) Event { return entity(rng.IntN(2400)) }
			m.size(2400).each(1000, s, lot)
			m.each(n, s, func(i int) Event { return entity(i % 50) }).each(1400, s, lot)
		}, quiet: 196, loud: 195, want: Error, measured: 1500, about: .05, threshold: 1500, to: 1.5, movedQuiet: 246, movedLoud: 245},
	}
}
