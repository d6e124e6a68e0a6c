package limiter

import "time"

// sliding counts what is inside one sliding window: at most max entries. Times
// are durations since the scheduler began, exact to the nanosecond.
//
// An entry is open from its grant until it is known when it leaves: from then on
// it has an end. What that end is, is the guarantee's business (see scope.go).
type sliding struct {
	max  int
	per  time.Duration
	open int
	ends ring
}

// used is what counts now.
func (w *sliding) used(now time.Duration) int {
	w.ends.dropUntil(now)
	return w.open + w.ends.len()
}

// freeAt is the earliest time at which one more entry may be free when ahead
// others go first. It is a bound from below: open entries are taken as leaving a
// window from now.
func (w *sliding) freeAt(now time.Duration, ahead int) time.Duration {
	must := w.used(now) + ahead + 1 - w.max // so many have to leave before
	if must <= 0 {
		return now
	}
	held := w.ends.len()
	rounds, i := (must-1)/w.max, (must-1)%w.max
	if i < held {
		return w.ends.at(i) + time.Duration(rounds)*w.per
	}
	return now + time.Duration(rounds+1)*w.per
}

// nextFree is when an entry is free; known is false where that waits for an
// event, not for a time.
func (w *sliding) nextFree(now time.Duration) (at time.Duration, known bool) {
	must := w.used(now) + 1 - w.max
	switch {
	case must <= 0:
		return now, true
	case must <= w.ends.len():
		return w.ends.at(must - 1), true
	}
	return 0, false
}

// leave gives an open entry its end.
func (w *sliding) leave(end time.Duration) {
	w.open--
	w.ends.insert(end)
}

// learn fills a window that is new with what the longest of the others still
// knows.
func (w *sliding) learn(others []rate) {
	var longest *sliding
	for i := range others {
		if o := &others[i].win; o != w && (longest == nil || o.per > longest.per) {
			longest = o
		}
	}
	if longest == nil {
		return
	}
	for i := range longest.ends.len() {
		w.ends.insert(longest.ends.at(i) - longest.per + w.per)
	}
}

// ring is a sorted queue of times. They come nearly in order, so that insertion
// from the back moves few.
type ring struct {
	buf  []time.Duration // a power of two long
	head int
	n    int
}

func (r *ring) len() int                   { return r.n }
func (r *ring) at(i int) time.Duration     { return r.buf[(r.head+i)&(len(r.buf)-1)] }
func (r *ring) set(i int, t time.Duration) { r.buf[(r.head+i)&(len(r.buf)-1)] = t }

func (r *ring) dropUntil(now time.Duration) {
	for r.n > 0 && r.buf[r.head] <= now {
		r.head = (r.head + 1) & (len(r.buf) - 1)
		r.n--
	}
	if r.n == 0 && len(r.buf) > 64 {
		*r = ring{}
	}
}

func (r *ring) insert(t time.Duration) {
	if r.n == len(r.buf) {
		grown := make([]time.Duration, max(8, 2*len(r.buf)))
		for i := range r.n {
			grown[i] = r.at(i)
		}
		r.buf, r.head = grown, 0
	}
	i := r.n
	r.n++
	for i > 0 && r.at(i-1) > t {
		r.set(i, r.at(i-1))
		i--
	}
	r.set(i, t)
}
