package limiter

import (
	"cmp"
	"slices"
	"time"
)

// openLease is how long a permit counts as not yet at the wire when nothing more
// is heard of it, for its process may have died.
const openLease = 10 * time.Second

// window is the calls of a rate that several processes share, in order of time.
// A permit is open until its process says when the call was counted at the wire;
// till then it counts as made just now. Times are wall clock nanoseconds.
type window []stamp

type stamp struct {
	at   int64
	n    int32
	open bool
}

// leaves is when s does not count any longer if nothing more is heard of it.
func (s stamp) leaves(span time.Duration) int64 {
	if s.open {
		return s.at + int64(openLease+span)
	}
	return s.at + int64(span)
}

// advance prepares w for now: a wall clock that was set back makes stamps of the
// future those of now, and what has left is dropped.
func (w *window) advance(now int64, span time.Duration) {
	for i := range *w {
		(*w)[i].at = min((*w)[i].at, now)
	}
	*w = slices.DeleteFunc(*w, func(s stamp) bool { return s.leaves(span) <= now })
}

// wait is how long until one more call fits, 0 when it does. Where that hangs on
// a permit that is open it is a short time, to ask again.
func (w window) wait(now int64, span time.Duration, most int) time.Duration {
	const again = 20 * time.Millisecond
	over := 1 - most
	for _, s := range w {
		over += int(s.n)
	}
	if over <= 0 {
		return 0
	}
	byLeave := slices.SortedStableFunc(slices.Values(w), func(a, b stamp) int { return cmp.Compare(a.leaves(span), b.leaves(span)) })
	for _, s := range byLeave {
		if over -= int(s.n); over > 0 {
			continue
		}
		wait := time.Duration(s.leaves(span) - now)
		if s.open {
			return min(wait, again)
		}
		return max(wait, 1)
	}
	return again // most is less than 1
}

// add counts n calls at a time.
func (w *window) add(s stamp) {
	i, found := slices.BinarySearchFunc(*w, s, func(a, b stamp) int {
		return cmp.Or(cmp.Compare(a.at, b.at), compareBool(a.open, b.open))
	})
	if found {
		(*w)[i].n += s.n
		return
	}
	*w = slices.Insert(*w, i, s)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// takeOpen removes the open permit of time at, which may have been moved or
// merged with a later one, and reports whether it was there.
func (w *window) takeOpen(at int64) bool {
	found := -1
	for i, s := range *w {
		if s.open {
			if found = i; s.at >= at {
				break
			}
		}
	}
	if found < 0 {
		return false
	}
	if (*w)[found].n--; (*w)[found].n == 0 {
		*w = slices.Delete(*w, found, found+1)
	}
	return true
}

// move makes all stamps count as made by that much later, but not after now.
func (w window) move(by time.Duration, now int64) {
	for i := range w {
		w[i].at = min(w[i].at+int64(by), now)
	}
}

// shrink joins neighbours, the nearest first and always to the later of the two,
// until no more than most are left.
func (w *window) shrink(most int) {
	for len(*w) > most {
		l, best, gap := *w, -1, int64(0)
		for i := 1; i < len(l); i++ {
			if g := l[i].at - l[i-1].at; l[i].open == l[i-1].open && (best < 0 || g < gap) {
				best, gap = i, g
			}
		}
		if best < 0 { // open and settled in turn: all count as open, which is later
			for i := range l {
				l[i].open = true
			}
			continue
		}
		l[best].n += l[best-1].n
		*w = slices.Delete(l, best-1, best)
	}
}
