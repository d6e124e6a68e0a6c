package compliance

// slices is what GT102 knows of one shape: many filters, each read to its end,
// that hardly overlap. Searches overlap; parts of a copy do not.
type slicing struct {
	since     uint32
	filters   sliceTable
	rows      sample
	delivered uint32
	exhausted uint32
	size      uint16   // of the last page asked for
	lambda    float64  // rows that chance alone would have repeated
	crossed   [][2]int // of a merge: rows of each side, which chance could have repeated too
}

const (
	maxSliceRows = 256
)

// slice judges one new page of a shape as a part of a sliced sweep.
func (l *look) slice(sh *shape, q *pageQuery, page uint32) {
	x, now := l.x, l.x.sec()
	c := &sh.slices
	if now-c.since > 86_400 {
		c.filters.reset()
		c.rows.reset()
		*c = slicing{since: now, filters: c.filters, rows: c.rows}
	}
	if l.n > 0 {
		others := max(c.rows.distinct()-int(q.rows-page), 0)
		c.lambda += float64(page) * float64(others) / float64(l.n)
	}
	for _, id := range x.found.ids {
		c.rows.add(entityOf(x.route, id), maxSliceRows)
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
	if l.n == 0 {
		// Nobody says how large the whole is: many rows, hardly one of them twice.
		// Small pages are a person's, who leafs through one thing after another, though
		// not through thousands.
		least := t.SliceAbsolute
		switch filters := c.filters.distinct(); {
		case c.size != 0 && int(c.size) <= t.SmallPageSize:
			least *= 3
		case filters < 2*t.SliceFilters:
			least *= 2
		}
		if int(c.delivered) >= least && float64(seen)*float64(least) < 0.01*float64(t.SliceAbsolute)*float64(c.rows.hits) {
			a.measured, a.threshold, a.confidence = float64(c.delivered), float64(least), 0.95
			l.raise(gt102, a)
		}
		return
	}
	expected := c.lambda
	for _, sides := range c.crossed {
		expected += float64(sides[0]) * float64(sides[1]) / float64(l.n)
	}
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
