package limiter

import (
	"context"
	"time"

	"github.com/goodtenant/goodtenant/internal/enum"
)

// Hooks are told what the limiter does. Every field may be nil. They are called
// with no lock held, on the goroutine of the call they are about (or of the
// scheduler, where no call is); one that blocks or panics harms that call only.
// The context is the call's.
type Hooks struct {
	Admitted  func(context.Context, Admitted)      // a call may be written now
	Refused   func(context.Context, *RefusedError) // a call was refused here
	Ended     func(context.Context, Ended)         // an exchange is over and its slot is free
	Throttled func(context.Context, Throttled)     // the platform said no
	Resent    func(context.Context, Resent)        // a call is sent again
	Adapted   func(context.Context, Adapted)       // the limiter became more careful, or less
	Day       func(context.Context, DayLevel)      // a part of a day is spent: 50, 80, 90, 95 and 100 %
}

// Admitted is one admission.
type Admitted struct {
	Tenant   string
	Priority Priority
	Wait     time.Duration // how long it was queued; under Observe: would have been
	Waits    Waits         // what it waited for; the sum is Wait
	Attempt  int           // 0, then 1 for each re-send
	Cost     int           // day units
	Observed bool          // nothing was delayed: the mode is Observe
	Refused  *RefusedError // under Observe: how Enforce would have refused the call; nil: not at all
}

// Waits splits the time a call was queued by what held it back: Queue while
// others were ahead of it, else the rule that stood in the way.
type Waits struct {
	Day   time.Duration // a day's units, or the line that spreads them
	Queue time.Duration
	Slot  time.Duration // a concurrency limit
	Rate  time.Duration
	Pause time.Duration // the platform asked for it
	Store time.Duration // the shared store's answer
}

// Ended is the end of one exchange.
type Ended struct {
	Tenant string
	Took   time.Duration // from admission to the end
	Status int           // 0 where no answer came
	How    EndKind
}

// EndKind is how an exchange ended.
type EndKind uint8

const (
	// EndEOF: the answer was seen to its end.
	EndEOF EndKind = iota + 1
	// EndUnsent: nothing was written; everything was given back.
	EndUnsent
	// EndCut: broken off; the slot was kept for Linger.
	EndCut
	// EndDropped: the body was neither read nor closed, and was collected.
	EndDropped
)

var endNames = []string{"none", "eof", "unsent", "cut", "dropped"}

// String gives the name.
func (e EndKind) String() string { return enum.String("limiter.EndKind", endNames, e) }

// Throttled is one answer that says no.
type Throttled struct {
	Tenant string
	Status int
	Kind   Kind
	Scope  Scope
	Wait   time.Duration // how long the scope is closed from now
	Inside bool          // we were inside the limits: another client shares this budget?
}

// Resent is one re-send.
type Resent struct {
	Tenant  string
	Attempt int           // 1, 2, ...
	Wait    time.Duration // the back-off before it
	Hidden  bool          // by net/http itself, inside one attempt
}

// Adapted is a step of the ladder.
type Adapted struct {
	Limit  Limit
	Tenant string  // "" for the whole app
	Level  int     // 0: as configured
	Rate   float64 // the part of the limit in use, 0 to 1
	Pause  time.Duration
	Note   string // in words
}

// DayLevel says how much of a day is spent.
type DayLevel struct {
	Limit   Limit
	Tenant  string // "" for the whole app
	Percent int    // 50, 80, 90, 95 or 100
	Used    int
	Resets  time.Time // when the first unit comes back
	RunsOut time.Time // at the pace of the last hour; zero: not before Resets
}
