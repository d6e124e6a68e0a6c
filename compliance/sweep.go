package compliance

import "math/bits"

// pageQuery is one query that is paged through: which pages, how many rows.
type pageQuery struct {
	id          uint64 // of shape and filter
	first, last uint32
	pages       [16]uint64 // a bit a page, of its number or the hash of its cursor
	n           uint16
	rows        uint32 // on distinct pages
	total       uint32
	ended       bool  // its last page was read
	edge        int64 // of time, where the last page began
}

const (
	pageQueryBytes = 168
	maxQueries     = 4
	sweepWindow    = 6 * 3600
)

// mark notes a page and tells whether it is new.
func (q *pageQuery) mark(page uint64) bool {
	w, b := page>>6&15, uint64(1)<<(page&63)
	if q.pages[w]&b != 0 {
		return false
	}
	q.pages[w] |= b
	q.n++
	return true
}

func (q *pageQuery) marked(page uint64) bool { return q.pages[page>>6&15]&(1<<(page&63)) != 0 }

func (q *pageQuery) merge(o *pageQuery) {
	var pages uint16
	for i := range q.pages {
		q.pages[i] |= o.pages[i]
		pages += uint16(bits.OnesCount64(q.pages[i]))
	}
	// Rows of pages that both read count once: by the mean of a page.
	if n := q.n + o.n; n > 0 {
		q.rows = uint32(uint64(q.rows+o.rows) * uint64(pages) / uint64(n))
	}
	q.n = pages
	q.first, q.last = min(q.first, o.first), max(q.last, o.last)
	q.total, q.ended = max(q.total, o.total), q.ended || o.ended
}

// pageQuery finds the query of x, or the place of the one used longest ago.
func (s *series) pageQuery(x *exchange) *pageQuery {
	id, now := mix(x.q.shape, x.q.filter), x.sec()
	oldest := 0
	for i := range s.queries {
		q := &s.queries[i]
		if q.id == id {
			if now-q.first > sweepWindow {
				*q = pageQuery{id: id, first: now}
			}
			return q
		}
		if q.last < s.queries[oldest].last {
			oldest = i
		}
	}
	if q := s.goesOn(x); q != nil {
		return q
	}
	if len(s.queries) < maxQueries {
		if s.queries == nil {
			s.queries = make([]pageQuery, 0, 1)
		}
		s.queries = append(s.queries, pageQuery{id: id, first: now})
		return &s.queries[len(s.queries)-1]
	}
	s.queries[oldest] = pageQuery{id: id, first: now}
	return &s.queries[oldest]
}

// goesOn finds the query whose next page x is, under a parameter that the platform
// does not heed: a filter that is new each time leaves the same large total as the
// one before, and page by page what that query has not had.
func (s *series) goesOn(x *exchange) *pageQuery {
	if x.q.page == 1 || x.found.total < unheeded {
		return nil
	}
	for i := range s.queries {
		q := &s.queries[i]
		if q.total == uint32(x.found.total) && q.n > 0 && !q.marked(x.q.page) && x.sec()-q.first <= sweepWindow {
			return q
		}
	}
	return nil
}

// unheeded is the total that no two filters have by chance, about.
const unheeded = 1000

// sweep judges one page of a list: GT101, GT102 and GT106. It tells whether the
// page was new to its query.
func (l *look) sweep() (q *pageQuery, fresh bool) {
	x := l.x
	q = l.s.pageQuery(x)
	if x.q.size > 1 || x.q.page != 1 { // the first row alone is a question for the total
		fresh = q.mark(x.q.page)
	}
	edge := x.q.watermark
	if edge == 0 {
		edge = x.q.until
	}
	if edge != q.edge && apart(q.last, x.sec()) <= uint32(l.k.cfg.Thresholds.RunGap.Seconds()) {
		fresh = q.mark(mix(1, uint64(edge))) || fresh // pages that go on from the last row's time
	}
	q.edge, q.last = edge, x.sec()
	q.total = max(q.total, uint32(x.found.total))
	if fresh {
		q.rows += uint32(x.rows())
	}
	for _, id := range x.found.ids {
		l.cover(entityOf(x.route, id))
	}
	l.judgeSweep(q)
	l.judgeCover()
	l.judgeDelivered()
	return q, fresh
}

func (l *look) judgeSweep(q *pageQuery) {
	t := &l.k.cfg.Thresholds
	few, many := t.SweepRows, t.SweepManyRows
	if l.x.user {
		few, many = t.SweepRowsUser, t.SweepManyRowsUser
	}
	rows, pages := int(q.rows), t.SweepPages
	if whole := !l.x.user && share(rows, l.n) >= t.SweepWhole; whole && rows < few && rows > t.SmallCollection {
		few, pages = int(t.SweepWhole*float64(l.n)), pages/2 // all there is, though it is not much
	}
	if int(q.n) < pages || rows < few {
		return
	}
	of := share(rows, int(q.total))
	if rows < many && of < t.SweepShare {
		return
	}
	a := alarm{sev: Error, measured: float64(rows), threshold: float64(many), unit: "rows of one query in 6 h", from: q.first, confidence: 1}
	if of >= t.SweepShare {
		a.threshold = float64(few)
	}
	if l.n > 0 && share(rows, l.n) < t.SweepErrorShare && rows < 2*many {
		a.sev = Warning
	}
	l.raise(gt101, a)
}

// cover notes that an entity was delivered, by a list or alone.
func (l *look) cover(id uint64) {
	now := l.x.sec()
	l.s.cover[0].add(id, now, 86_400, 256)
	l.s.cover[1].add(id, now, 7*86_400, 256)
}

// judgeCover is evidence, not an accusation: a note, whatever the share.
func (l *look) judgeCover() {
	t := &l.k.cfg.Thresholds
	if l.n < t.CoverRows || l.x.user {
		return
	}
	day, week := share(l.s.cover[0].distinct(), l.n), share(l.s.cover[1].distinct(), l.n)
	switch {
	case week >= t.CoverWeek:
		l.raise(gt106, alarm{sev: Note, measured: min(week, 1), threshold: t.CoverWeek, unit: "of the collection in 7 days", from: l.s.cover[1].since})
	case day >= t.CoverDay:
		l.raise(gt106, alarm{sev: Note, measured: min(day, 1), threshold: t.CoverDay, unit: "of the collection in 24 h", from: l.s.cover[0].since})
	}
}

// judgeDelivered judges all that a stream was given of a collection, by whatever
// queries, in a day and in a week: GT102. Who has half of it and hardly a row twice
// has looked for none of them.
func (l *look) judgeDelivered() {
	t := &l.k.cfg.Thresholds
	least, ratio := t.SliceRows, t.SliceRatio
	if l.x.user {
		least, ratio = t.SweepRowsUser, t.SliceRatioUser
	}
	for i := range l.s.cover {
		c := &l.s.cover[i]
		rows := c.distinct()
		if l.n == 0 || rows < least || share(rows, l.n) < t.CoverDay {
			continue
		}
		lambda := c.byChance(l.n)
		if p := poisson(c.repeats(), lambda); float64(c.repeats()) < ratio*lambda && p < t.UniqueP {
			l.raise(gt102, alarm{sev: Error, measured: float64(rows), threshold: float64(least), unit: "rows of any queries, hardly one of them twice", from: c.since, confidence: 1 - p})
			return
		}
	}
}

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

// hydration counts lists whose rows are then opened one by one.
type hydration struct {
	since  uint32
	pages  uint16
	rows   uint32
	opened uint32
	single readSet // what was opened in a window, listed here or by another replica
}

const (
	hydrateWindow = 600
	listedSlots   = 512
	singleSlots   = 256
)

// hydrateList notes a list page for GT107.
func (l *look) hydrateList(fresh bool) {
	h, now := l.h, l.x.sec()
	if now-h.hydrate.since > hydrateWindow {
		h.hydrate = hydration{since: now, single: h.hydrate.single}
	}
	if fresh && l.x.rows() > 1 {
		h.hydrate.pages++
		h.hydrate.rows += uint32(l.x.rows())
	}
	for _, id := range l.x.found.ids {
		if _, isNew := h.listed.add(entityOf(l.x.route, id), now, 86_400, listedSlots); isNew {
			l.fresh += 1 << h.listed.level
		}
	}
}

// hydrateRead judges one entity that is read alone, for the first time in a
// while.
func (l *look) hydrateRead(id uint64) {
	t, h, now := &l.k.cfg.Thresholds, l.h, l.x.sec()
	h.hydrate.single.add(id, now, hydrateWindow, singleSlots)
	there, _ := h.listed.has(id)
	if !there || now-h.hydrate.since > hydrateWindow {
		return
	}
	h.hydrate.opened += 1 << h.listed.level
	pages := t.HydratePages
	if l.x.user {
		pages = t.HydratePagesUser
	}
	c := &h.hydrate
	if int(c.pages) >= pages && int(c.opened) >= t.HydrateReads && share(int(c.opened), int(c.rows)) >= t.HydrateShare {
		l.raise(gt107, alarm{sev: Warning, measured: min(share(int(c.opened), int(c.rows)), 1), threshold: t.HydrateShare,
			unit: "of the listed rows opened one by one", from: c.since, confidence: 1})
	}
}
