package compliance

import (
	"slices"
	"unsafe"
)

// shape is what is known of the lists of a series that carry the same parameters:
// the runs in which they come. A run is a sequence of pages without a pause longer
// than Thresholds.RunGap.
type shape struct {
	hash     uint64
	last     uint32
	rows     uint64 // delivered
	run      run
	runs     []pastRun // oldest first, at most maxRuns
	before   [2]*lowest
	copies   copying
	long     []longRun   // copies.go
	marks    *watermarks // nil: no run has one
	slices   slicing
	restless restless // restless.go
}

// run is the run that goes on.
type run struct {
	start, last uint32
	pages       uint32
	pageNo      uint32 // of the last
	delivered   uint32
	set         *lowest
	watermark   int64
	judged      bool // as a long one
	ended       bool // all there was has been read
	at          ending
}

// pastRun is one that is over.
type pastRun struct {
	start uint32
	last  uint32
	since uint32 // its first watermark; 0: none
	pages uint16
	rows  uint16 // distinct
	fresh uint16 // not in the two runs before
}

func (r pastRun) pageCount() uint16  { return r.pages }
func (r pastRun) rowCount() uint16   { return r.rows }
func (r pastRun) freshCount() uint16 { return r.fresh }

const (
	maxShapes = 4
	maxRuns   = 64
)

func (sh *shape) size() int {
	n := int(unsafe.Sizeof(shape{})) + cap(sh.runs)*20 + cap(sh.long)*(16+4*lowestSize+8) + sh.slices.filters.bytes() + sh.slices.rows.bytes()
	if sh.marks != nil {
		n += int(unsafe.Sizeof(watermarks{}))
	}
	n += sh.slices.times.bytes()
	for _, set := range [...]*lowest{sh.run.set, sh.before[0], sh.before[1], sh.copies.set} {
		if set != nil {
			n += 4*lowestSize + 8
		}
	}
	return n
}

func (s *series) shape(hash uint64, now uint32) *shape {
	oldest := 0
	for i, sh := range s.shapes {
		if sh.hash == hash {
			sh.last = now
			return sh
		}
		if sh.last < s.shapes[oldest].last {
			oldest = i
		}
	}
	sh := &shape{hash: hash, last: now}
	if len(s.shapes) < maxShapes {
		s.shapes = append(s.shapes, sh)
	} else {
		s.shapes[oldest] = sh
	}
	return sh
}

// page takes one page of a list into its run. first tells that it begins one.
func (sh *shape) page(x *exchange, t *Thresholds) (first bool) {
	now := x.sec()
	if first = sh.run.pages == 0 || now > sh.run.last+uint32(t.RunGap.Seconds()) && !sh.run.slowly(x) || sh.run.newer(x, t); first {
		sh.keepLong(t.CopyRows / copyPart)
		sh.endRun()
		sh.run.start, sh.run.watermark = now, x.q.watermark
	}
	r := &sh.run
	r.last, r.ended, r.pageNo = max(now, r.last), x.lastPage(), uint32(x.q.pageNo)
	r.pages++
	r.delivered += uint32(x.rows())
	sh.rows += uint64(x.rows())
	if len(x.found.ids) > 0 {
		if r.set == nil {
			r.set = &lowest{}
		}
		for _, id := range x.found.ids {
			r.set.add(entityOf(x.route, id))
		}
	}
	return first
}

// newer tells whether x begins another run though the pause is short: all there was
// has been read, and x asks for what has changed since.
func (r *run) newer(x *exchange, t *Thresholds) bool {
	return r.ended && r.watermark != 0 && x.q.watermark > r.watermark && x.sec()-r.start >= uint32(t.TileGap.Seconds())
}

// slowPage is the longest pause of a run that reads page after page with pauses.
const slowPage = 900

// slowly tells whether x is the next page of a run that has paused as long before.
func (r *run) slowly(x *exchange) bool {
	pause := x.sec() - r.last
	if x.q.pageNo != int(r.pageNo)+1 || x.q.watermark != r.watermark || pause > slowPage {
		return false
	}
	return r.pages == 1 || pause <= 2*(r.last-r.start)/(r.pages-1)
}

// rows is how many different rows the run had: as many as were delivered, unless
// the ids say that rows came again.
func (r *run) rows() int {
	n := int(r.delivered)
	if r.set != nil {
		if d := r.set.distinct(); d < n*5/9 || r.set.n < lowestSize {
			return min(d, n)
		}
	}
	return n
}

// endRun files the run that is over and makes room for the next.
func (sh *shape) endRun() {
	r := &sh.run
	if r.pages == 0 {
		return
	}
	rows, known := r.rows(), 0.0
	if r.set != nil {
		for _, b := range sh.before {
			if b != nil {
				known = max(known, r.set.within(b))
			}
		}
	}
	if len(sh.runs) == maxRuns {
		sh.runs = slices.Delete(sh.runs, 0, 1)
	}
	sh.runs = append(sh.runs, pastRun{r.start, r.last, uint32(r.watermark), clip(int(r.pages)), clip(rows), clip(int(float64(rows)*(1-known) + 0.5))})
	if r.judged && r.set != nil {
		whole := *r.set
		sh.copies.set = &whole
	}
	spare := sh.before[1]
	if r.set != nil {
		sh.before[1], sh.before[0] = sh.before[0], r.set
		if spare != nil {
			*spare = lowest{}
		}
	} else {
		spare = nil
	}
	sh.run = run{set: spare}
}

func clip(n int) uint16 { return uint16(min(n, 65_535)) }

// runPage judges one page as a part of its run: GT105 and GT2xx.
func (l *look) runPage() {
	x, t := l.x, &l.k.cfg.Thresholds
	sh := l.s.shape(x.q.shape, l.now)
	first := sh.page(x, t)
	l.s.rows += uint64(x.rows())
	l.keyset(&sh.run.at)
	q, fresh := l.sweep()
	sh.run.at.ended(x)
	if fresh {
		l.slice(sh, q, uint32(x.rows()))
	}
	if first {
		l.watermark(sh, l.now, x.q.watermark)
		l.intervals(sh)
		l.polled(sh, l.now)
	}
	l.longRun(sh)
	l.jobPage()
	l.hour()
}

// runBatch judges one list of entities by their ids as a part of its run.
func (l *look) runBatch() {
	sh := l.s.shape(l.x.q.shape, l.now)
	first := sh.page(l.x, &l.k.cfg.Thresholds)
	l.s.rows += uint64(l.x.rows())
	if first {
		l.intervals(sh)
	}
	l.longRun(sh)
	l.jobPage()
}

// repeats fills in what a finding about a schedule tells besides.
func (a alarm) repeats(l *look, sh *shape) alarm {
	a.rows = medianOf(sh.runs, pastRun.rowCount)
	if l.s.rows > 0 {
		a.share = min(float64(sh.rows)/float64(l.s.rows), 1)
	}
	return a
}
