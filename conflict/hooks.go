package conflict

import (
	"context"
	"time"
)

// Hooks are told what happens to writes, in order, on the caller's goroutine:
// Conflicted at once, the others before RoundTrip returns. No lock and no turn is
// held, so one that blocks or panics harms its own call only. Any may be nil. In
// Observe mode there is no Finished.
type Hooks struct {
	// Minimised: members were taken out of a body, or (in Observe mode) would
	// have been.
	Minimised func(context.Context, Minimised)
	// Conflicted: the platform refused a version.
	Conflicted func(context.Context, Conflicted)
	// Finished: a write has its answer, or failed here.
	Finished func(context.Context, Outcome)
}

// Minimised says how much smaller a body became.
type Minimised struct {
	At                     time.Time
	Members, Removed       int
	BytesBefore, BytesLeft int
	NoRequest              bool // nothing was left, and nothing was sent
	Observed               bool // in Observe mode: nothing was changed
}

// Conflicted is one refused attempt and what follows it.
type Conflicted struct {
	At       time.Time
	Attempt  int // 1: the first write; 0: known to be stale before one was sent
	Status   int // 0: as above
	Overlaps []string
	Next     Reason        // Replayed when the write is sent again; else why not
	Wait     time.Duration // before that
	Observed bool          // in Observe mode: Next is what Enforce would have begun
}
