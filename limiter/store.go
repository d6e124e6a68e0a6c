package limiter

import (
	"context"
	"time"
)

// Store keeps limits that several processes share, or that must outlive one. It
// is asked in batches: one Step says what this process wants and what has ended,
// and answers what it may start. Implementations are proved by storetest.Run.
//
// A Store never answers more than the limits allow, whatever is lost: a reply,
// a process, its own state. What it does not share (see Shares) stays in the
// process.
type Store interface {
	// Step carries out b and answers. It is idempotent for one Client and Seq:
	// the same step sent again changes nothing and answers the same. An error
	// means that nothing was granted; Config.Outage says what happens then.
	Step(ctx context.Context, b Batch) (Grants, error)
	// Shares tells which kinds the store keeps; the answer never changes.
	Shares() Kinds
	// Close gives back what is unused and releases the store.
	Close() error
}

// Waker is a Store that can say that another Step may grant more than the last.
type Waker interface {
	// Wake returns a channel that receives (without blocking the store) when a
	// waiting process should ask again.
	Wake() <-chan struct{}
}

// Replicas is a Store that knows how many processes share it. While it fails,
// Outage LocalShare keeps each of them to its part of the limits: the whole part
// of Max / members, and one more for the first Max % members of them.
type Replicas interface {
	// Replicas gives this process's index, from 0, among members, as the store
	// said last; members 0 where that is not known or too old to be trusted.
	Replicas() (index, members int)
}

// Batch is one process's side of a Step.
type Batch struct {
	Client string        // names the process in the store: random, made once
	Seq    uint64        // grows by one with each new Step of the Client
	Seen   time.Time     // the store's time last seen (Grants.Now), zero at first: the store refuses a stale step
	Limits Limits        // the limits in force, of shared kinds; where two processes differ, the lower holds
	Day    Boundary      // when a day begins, for a Day limit
	Guard  time.Duration // how much longer than Limit.Per an entry of a window counts, for delays on the way
	Asks   []Ask         // what is waiting, in the order in which it is to be served
	Done   []Done        // what has ended since the last Step
	Pauses []Pause       // scopes that the platform has closed
}

// Ask is demand: so many calls of one tenant, waiting now. It is absolute, not
// an addition to an earlier one, so that a lost step heals itself.
type Ask struct {
	Tenant     string
	Calls      int  // how many wait
	Cost       int  // day units of each
	Background bool // may be held back by the pace line
}

// Done settles one Grant. A permit that was never used is given back whole.
type Done struct {
	ID     uint64
	Unsent bool          // nothing reached the wire: give window entry, slot and day units back
	Age    time.Duration // how long ago the call was counted at the wire (or its response seen); negative: not known yet, only the slot has ended
	Free   bool          // the slot is free
	Cost   int           // what the call really cost in day units, where it differs; 0: as asked
}

// Pause closes a scope for a time, after a 429.
type Pause struct {
	Kind   Kind
	Tenant string // "" with App
	Scope  Scope
	For    time.Duration
}

// Grants is the store's answer to a Step.
type Grants struct {
	Now     time.Time     // the store's own clock, for Batch.Seen
	Grants  []Grant       // permits, each for one call
	Refused []Refusal     // asks that cannot be served before a time
	Next    time.Duration // ask again after this long, where asks are left; 0: nothing to wait for but a Waker or a Done
	Day     []DayCount    // the shared day counts touched
	Lost    bool          // the store had lost its state and keeps quiet for a window
}

// Grant is a permit for one call: a window entry, a slot and Cost day units of
// every shared limit that applies to the tenant.
type Grant struct {
	ID     uint64
	Tenant string
	Cost   int
	In     time.Duration // the earliest start, from when the reply arrived
}

// Refusal says that a tenant's asks wait for a day to end.
type Refusal struct {
	Tenant  string
	Limit   Limit
	RetryAt time.Time
}

// DayCount is how much of a Day limit is spent, over all who share the store.
type DayCount struct {
	Limit  Limit
	Tenant string
	Used   int
	Resets time.Time // when the first unit comes back
}
