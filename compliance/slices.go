package compliance

import "math"

// slices is what GT102 knows of one shape: many filters, each read to its end,
// that hardly overlap. Searches overlap; parts of a copy do not.
type slicing struct {
	since     uint32
	filters   sliceTable
	rows      sample
	times     *tally // nil: none yet
	delivered uint32
	exhausted uint32
	size      uint16  // of the last page asked for
	lambda    float64 // rows that chance alone would have repeated
	crossed   float64 // of a merge: the pairs of rows of both sides, which chance could have repeated too
}

const maxSliceRows = 256

// slice judges one new page of a shape as a part of a sliced sweep.
func (l *look) slice(sh *shape, q *pageQuery, page uint32) {
	x, now := l.x, l.now
	c := &sh.slices
	if now-c.since > 86_400 {
		c.filters.reset()
		c.rows.reset()
		if c.times != nil {
			*c.times = tally{}
		}
		*c = slicing{since: now, filters: c.filters, rows: c.rows, times: c.times}
	}
	if l.n > 0 {
		others := max(c.rows.distinct()-int(q.rows-page), 0)
		c.lambda += float64(page) * float64(others) / float64(l.n)
	}
	if c.times == nil && c.filters.distinct() >= l.k.cfg.Thresholds.SliceFilters {
		c.times = &tally{}
	}
	for _, id := range x.found.ids {
		entity := entityOf(x.route, id)
		c.rows.add(entity, maxSliceRows)
		if c.times != nil {
			c.times.add(entity)
		}
	}
	c.delivered += page
	c.size = clip(x.q.size)
	switch {
	case q.ended: // its last page came early
		c.exhausted += page
	case x.lastPage():
		q.ended = true
		c.exhausted += q.rows
	}
	c.filters.add(uint32(q.id), int(page), q.ended)
	l.judgeSlices(sh)
}

func (l *look) judgeSlices(sh *shape) {
	t, c := &l.k.cfg.Thresholds, &sh.slices
	rows := c.rows.distinct()
	if rows < t.SliceRows || c.filters.distinct() < t.SliceFilters || share(int(c.exhausted), int(c.delivered)) < t.SliceExhausted {
		return
	}
	a := alarm{sev: Error, measured: float64(rows), threshold: float64(t.SliceRows), unit: "rows in slices that do not overlap", from: c.since}
	thinned := float64(uint32(1) << c.rows.level)
	seen := c.rows.repeats()
	if l.n == 0 || share(rows, l.n) >= t.CoverDay {
		l.evenSlices(sh, rows, a)
	}
	if l.n == 0 {
		if least := l.manySlices(c); int(c.delivered) >= least && float64(seen)*float64(least) < 0.01*float64(t.SliceAbsolute)*float64(c.rows.hits) {
			a.measured, a.threshold, a.confidence = float64(c.delivered), float64(least), 0.95
			l.raise(gt102, a)
		}
		return
	}
	expected := c.lambda + c.crossed/float64(l.n)
	if share(rows, l.n) < t.SliceShare || expected < t.SliceLambda {
		return
	}
	ratio := t.SliceRatio
	if l.x.user {
		ratio = t.SliceRatioUser
	}
	if p := poisson(seen, expected/thinned); float64(seen) < ratio*expected/thinned && p < 1e-3 {
		a.confidence = 1 - p
		l.raise(gt102, a)
	}
}

// manySlices is how many rows are a copy where nobody says how large the whole is.
// Small pages are a person's, who leafs through one thing after another, though not
// through thousands; single rows are look-ups.
func (l *look) manySlices(c *slicing) int {
	t := &l.k.cfg.Thresholds
	switch filters := c.filters.distinct(); {
	case int(c.delivered) < 2*filters:
		return t.SliceAbsolute * 4 / 3
	case c.size != 0 && int(c.size) <= t.SmallPageSize:
		return t.SliceAbsolute * 3
	case filters < 2*t.SliceFilters:
		return t.SliceAbsolute * 2
	}
	return t.SliceAbsolute
}

// evenSlices judges filters that overlap: where each row came about as often as
// any other, they were laid over the whole like a grid.
func (l *look) evenSlices(sh *shape, rows int, a alarm) {
	t, c := &l.k.cfg.Thresholds, &sh.slices
	least := l.manySlices(c)
	if l.x.user {
		least *= 2
	}
	if c.times == nil || rows < least {
		return
	}
	even, again := c.times.evenness()
	beside := min(float64(c.filters.distinct())/max(again, 1), tallySize) // filters side by side, so many draws
	if again >= t.SliceAgain && (1-even)*math.Sqrt(beside/2) >= t.SliceEven {
		a.measured, a.threshold, a.confidence = float64(rows), float64(least), 0.95
		a.unit = "rows in slices that overlap evenly"
		l.raise(gt102, a)
	}
}

// lastPage tells whether the answer is the last page of its query.
func (x *exchange) lastPage() bool {
	if x.found.pages > 0 && !x.q.cursor && x.q.pageNo > 0 {
		return x.q.pageNo >= x.found.pages
	}
	if x.found.total > 0 && !x.q.paged {
		return x.rows() >= x.found.total
	}
	return x.rows() < x.q.size || x.found.total > 0 && !x.q.cursor && x.q.pageNo*x.q.size >= x.found.total
}
