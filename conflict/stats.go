package conflict

import (
	"sync"
	"time"
)

// Stats are counters since the Transport was made; they marshal to JSON.
type Stats struct {
	Counts
	// LastHour holds the same counters over the last 60 minutes.
	LastHour Counts `json:"last_hour"`
	// Would counts, under Observe, what Enforce would have done.
	Would Would `json:"would"`
	// Entities and Bytes are what is remembered now.
	Entities int `json:"entities"`
	Bytes    int `json:"bytes"`
}

// Counts are the counters of Stats.
type Counts struct {
	Writes         int64 `json:"writes"`          // writes that this layer handles
	MembersRemoved int64 `json:"members_removed"` // members not sent
	NoRequest      int64 `json:"no_request"`      // writes answered without a request
	Versioned      int64 `json:"versioned"`       // writes that got their version here
	Conflicts      int64 `json:"conflicts"`       // refused versions, seen on the wire
	KnownStale     int64 `json:"known_stale"`     // doomed attempts not sent
	Refetches      int64 `json:"refetches"`
	Replays        int64 `json:"replays"`         // writes sent again
	AlreadyApplied int64 `json:"already_applied"` // conflicts that were our own lost reply, or the same change
	Overlaps       int64 `json:"overlaps"`        // members changed on both sides
	GaveUp         int64 `json:"gave_up"`         // conflicts handed to the caller
}

// Would is the forecast made under Observe.
type Would struct {
	Removed   int64 `json:"removed"`    // members that would not have been sent
	NoRequest int64 `json:"no_request"` // writes that would have needed no request
	Versioned int64 `json:"versioned"`  // writes that would have got a version
	Replayed  int64 `json:"replayed"`   // conflicts that would have been replayed
}

// plus adds o, times sign.
func (c *Counts) plus(o Counts, sign int64) {
	c.Writes += sign * o.Writes
	c.MembersRemoved += sign * o.MembersRemoved
	c.NoRequest += sign * o.NoRequest
	c.Versioned += sign * o.Versioned
	c.Conflicts += sign * o.Conflicts
	c.KnownStale += sign * o.KnownStale
	c.Refetches += sign * o.Refetches
	c.Replays += sign * o.Replays
	c.AlreadyApplied += sign * o.AlreadyApplied
	c.Overlaps += sign * o.Overlaps
	c.GaveUp += sign * o.GaveUp
}

// tally keeps the counters, and the last hour in buckets of a minute.
type tally struct {
	mu      sync.Mutex
	total   Counts
	would   Would
	minutes [60]Counts
	at      int64 // the minute of the newest bucket
}

// add counts c at now.
func (t *tally) add(now time.Time, c Counts) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rollLocked(now)
	t.total.plus(c, 1)
	t.minutes[t.at%60].plus(c, 1)
}

// foresee counts what Enforce would have done.
func (t *tally) foresee(w Would) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.would.Removed += w.Removed
	t.would.NoRequest += w.NoRequest
	t.would.Versioned += w.Versioned
	t.would.Replayed += w.Replayed
}

// rollLocked empties the buckets that the clock has passed; it never goes back.
func (t *tally) rollLocked(now time.Time) {
	minute := now.Unix() / 60
	if minute-t.at >= 60 {
		t.minutes = [60]Counts{}
		t.at = minute
	}
	for t.at < minute {
		t.at++
		t.minutes[t.at%60] = Counts{}
	}
}

func (t *tally) stats(now time.Time) (s Stats) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rollLocked(now)
	s.Counts, s.Would = t.total, t.would
	for _, m := range t.minutes {
		s.LastHour.plus(m, 1)
	}
	return s
}
