package limiter

import "time"

// latency learns from how long answers take, from the request written to the
// first byte of the answer seen, and from how long whole exchanges take.
type latency struct {
	recent [latencies]time.Duration // the last answers, a ring
	n      int
	floor  time.Duration // the least of the recent ones
	spread time.Duration // how far above it they reach

	late time.Duration // how late this process's own timer is on a bad day, fading

	ended   int
	longest time.Duration // of the exchanges seen to their end, slowly fading
}

const (
	latencies    = 256
	floorSamples = 50
	guardSamples = 30
	guardFirst   = 50 * time.Millisecond // until there are samples: dials, cold code
	guardDefault = 10 * time.Millisecond
	guardLeast   = time.Millisecond
	guardBusy    = 30 * time.Millisecond // the most, on a machine that is late itself
)

// answered notes one answer.
func (l *latency) answered(took time.Duration) {
	l.recent[l.n%latencies] = took
	l.n++
	switch {
	case l.n == 1:
		l.floor = took
	case l.n%64 == 0:
		seen := l.recent[:min(l.n, latencies)]
		least, most := seen[0], seen[0]
		for _, d := range seen {
			least, most = min(least, d), max(most, d)
		}
		l.floor, l.spread = least, most-least
	case took < l.floor:
		l.spread += l.floor - took
		l.floor = took
	default:
		l.spread = max(l.spread, took-l.floor)
	}
}

// guard is how much a call's way to the server may vary: no more than its answer
// does, and no more than the default, since most of that may be the server's work.
// On a machine that wakes its own timer late, a call is late too.
func (l *latency) guard() time.Duration {
	if l.n < guardSamples {
		return guardFirst
	}
	return max(min(l.late, guardBusy), min(guardDefault, max(guardLeast, l.spread+l.spread/4)))
}

// woke notes how late the timer was.
func (l *latency) woke(late time.Duration) { l.late = max(late, l.late-l.late/64) }

// least is the learned floor: a heuristic, 0 until enough was seen.
func (l *latency) least() time.Duration {
	if l.n < floorSamples {
		return 0
	}
	return l.floor * 9 / 10
}

// sawEnd notes how long an exchange took that was seen to its end.
func (l *latency) sawEnd(took time.Duration) {
	l.ended++
	l.longest = max(took, l.longest-l.longest/1024)
}

// linger is how long what was cut keeps its slot: about the p99.9 of what was
// seen, which is its slowly fading maximum.
func (l *latency) linger() time.Duration {
	if l.ended < 100 {
		return lingerDefault
	}
	return min(lingerCap, max(lingerMin, l.longest))
}
