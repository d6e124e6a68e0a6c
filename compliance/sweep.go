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
	moved       bool  // the run goes on from another time
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
	page, edge := x.q.page, x.q.watermark
	if edge == 0 {
		edge = x.q.until
	}
	if edge != q.edge { // pages that go on from the last row's time, or another span's, are others
		q.moved = apart(q.last, l.now) <= uint32(l.k.cfg.Thresholds.RunGap.Seconds())
	}
	if q.moved {
		page = mix(page, uint64(edge))
	}
	if x.q.size > 1 || q.moved || page != 1 { // the first row alone is a question for the total
		fresh = q.mark(page)
	}
	q.edge, q.last = edge, l.now
	q.total = max(q.total, uint32(x.found.total))
	rows, isNew := x.rows(), 0
	for _, id := range x.found.ids {
		isNew += l.cover(entityOf(x.route, id))
	}
	if q.moved && len(x.found.ids) > 0 { // a screen asks for the same rows from a later time, too
		rows = isNew
	}
	if fresh {
		q.rows += uint32(rows)
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
