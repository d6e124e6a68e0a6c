package limiter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/goodtenant/goodtenant/internal/enum"
)

// Reason is why a call was refused here, before anything was sent.
type Reason uint8

const (
	// QuotaSpent: the day's units are used up; RetryAt says when the first one comes back.
	QuotaSpent Reason = iota + 1
	// DeadlineTooNear: the earliest possible start, RetryAt, is past the call's deadline.
	DeadlineTooNear
	// QueueFull: Config.MaxQueue calls of this tenant and lane wait already.
	QueueFull
	// Paused: the platform asked for a pause longer than Retry.Cap, until RetryAt.
	Paused
	// StoreDown: the shared store does not answer, and Outage is FailClosed.
	StoreDown
	// Closed: the Transport is closed or draining.
	Closed
)

var reasonNames = []string{"none", "quota-spent", "deadline-too-near", "queue-full", "paused", "store-down", "closed"}

// String gives the reason's name.
func (r Reason) String() string { return enum.String("limiter.Reason", reasonNames, r) }

// MarshalText writes the name.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// ErrClosed is what errors.Is finds in the refusal of a closed Transport.
var ErrClosed = errors.New("limiter: closed")

// RefusedError says that a call was refused here. Nothing was sent and nothing
// spent. RoundTrip returns it bare; errors.AsType finds it through an
// http.Client. Its text names no tenant.
type RefusedError struct {
	Reason  Reason
	Limit   Limit     // the rule that stands in the way; zero where none does
	Tenant  string    // whose call it was
	RetryAt time.Time // when it is worth trying again; zero: not known
	Used    int       // with QuotaSpent: the units spent
	Cause   error     // with StoreDown: what the store said
}

// Error says the reason, the rule and the time.
func (e *RefusedError) Error() string {
	s := "limiter: refused, "
	switch e.Reason {
	case QuotaSpent:
		s += "the day's quota is spent"
	case DeadlineTooNear:
		s += "the earliest possible start is past the deadline"
	case QueueFull:
		s += "the queue is full"
	case Paused:
		s += "the platform asked for a pause"
	case StoreDown:
		s += "the shared store does not answer"
	case Closed:
		s += "closed"
	default:
		s += e.Reason.String()
	}
	if e.Limit != (Limit{}) {
		s += fmt.Sprintf(" (%v)", e.Limit)
	}
	if !e.RetryAt.IsZero() {
		s += ", retry at " + e.RetryAt.UTC().Format(time.RFC3339)
	}
	return s
}

// Timeout is true where the call's own deadline is the cause, as net.Error means it.
func (e *RefusedError) Timeout() bool { return e.Reason == DeadlineTooNear }

// Temporary is false: RetryAt says more.
func (e *RefusedError) Temporary() bool { return false }

// Is reports a match with context.DeadlineExceeded or ErrClosed, by the reason.
func (e *RefusedError) Is(target error) bool {
	return target == context.DeadlineExceeded && e.Reason == DeadlineTooNear ||
		target == ErrClosed && e.Reason == Closed
}

// Unwrap is the store's error with StoreDown.
func (e *RefusedError) Unwrap() error { return e.Cause }
