package dedupe

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/goodtenant/goodtenant/internal/enum"
)

// DuplicateError says that a create was not sent because its entity exists. Its
// text holds no personal data and no ids. It is returned bare: find it with
// errors.AsType[*dedupe.DuplicateError].
type DuplicateError struct {
	Rule string // Rule.Name
	Key  string // Key.Name: what matched
	// Existing holds every entity that matched. It is empty where the platform
	// said only that one exists (409) and no search shows it yet.
	Existing []Entity
	// Recent: known from a create of this app, not from a search.
	Recent bool
}

// Entity is an existing one.
type Entity struct {
	ID  string
	URL string // where it can be read; "" where that is not known
	// Differs names the identifying members (pointers of Rule.Identify) whose
	// values differ from those of the create. The values are not here.
	Differs []string
}

func (e *DuplicateError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "dedupe: not created, rule %q: ", e.Rule)
	switch n := len(e.Existing); {
	case n == 1:
		fmt.Fprintf(&b, "one entity exists with this %s", e.Key)
	case n > 1:
		fmt.Fprintf(&b, "%d entities exist with this %s", n, e.Key)
	default:
		fmt.Fprintf(&b, "an entity exists with this %s", e.Key)
	}
	if e.Recent {
		b.WriteString(", created by this app a moment ago")
	}
	if differs := e.differs(); len(differs) > 0 {
		fmt.Fprintf(&b, "; it differs in %s", strings.Join(differs, ", "))
	}
	return b.String()
}

// GoString keeps the ids out of %#v too.
func (e *DuplicateError) GoString() string { return e.Error() }

// differs are the members in which every match differs.
func (e *DuplicateError) differs() []string {
	if len(e.Existing) != 1 {
		return nil
	}
	return e.Existing[0].Differs
}

// Reason is why a create could not be checked.
type Reason uint8

const (
	// LookupError: the search failed, answered something else than rows, or
	// refused the value (400).
	LookupError Reason = iota + 1
	// LookupDenied: the search was answered 401 or 403.
	LookupDenied
	// TooManyRows: the search has more pages than Paging.MaxPages.
	TooManyRows
	// InDoubt: an earlier create of the same key was sent and its answer lost;
	// no search shows it yet. CheckError.RetryAt says when doubt ends.
	InDoubt
	// NoKey: the body has no usable value for any key of the rule.
	NoKey
	// LocksFailed: the shared Locks could not be asked.
	LocksFailed
)

var reasonNames = [...]string{"none", "lookup-error", "lookup-denied", "too-many-rows", "in-doubt", "no-key", "locks-failed"}

// String gives the reason's name.
func (r Reason) String() string { return enum.String("dedupe.Reason", reasonNames[:], r) }

// MarshalText writes the name; an unknown reason is an error.
func (r Reason) MarshalText() ([]byte, error) {
	return enum.Marshal("dedupe.Reason", reasonNames[:], r)
}

// CheckError says that a create was not sent because it could not be checked. It
// is returned bare. Unwrap gives what the lookup ended with, such as the error
// of a context; that error's own text is not repeated here.
type CheckError struct {
	Rule    string
	Reason  Reason
	Status  int       // the lookup's status, where it had one
	Scope   string    // LookupDenied: the read permission that is missing, as far as the rule names it
	RetryAt time.Time // InDoubt: when the doubt ends
	Err     error
}

func (e *CheckError) Error() string {
	s := fmt.Sprintf("dedupe: not created, rule %q: uniqueness not checked: ", e.Rule)
	switch e.Reason {
	case LookupError:
		s += "the lookup failed"
	case LookupDenied:
		s += "the lookup was denied"
	case TooManyRows:
		s += "the lookup has more pages than are read"
	case InDoubt:
		s += "an earlier create of the same key may have succeeded, its answer was lost"
	case NoKey:
		s += "the body has no usable key"
	case LocksFailed:
		s += "the shared locks did not answer"
	default:
		s += e.Reason.String()
	}
	if e.Status != 0 {
		s += fmt.Sprintf(" (status %d)", e.Status)
	}
	if e.Scope != "" {
		s += fmt.Sprintf("; the credential needs the read permission %q", e.Scope)
	}
	if !e.RetryAt.IsZero() {
		s += "; decided at " + e.RetryAt.UTC().Format(time.RFC3339)
	}
	return s
}

// Unwrap gives what the lookup ended with.
func (e *CheckError) Unwrap() error { return e.Err }

// Timeout is true where the lookup ran out of time.
func (e *CheckError) Timeout() bool {
	t, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](e.Err)
	return ok && t.Timeout()
}

var (
	// ErrSharedCall is what followers get when the call that they had joined
	// panicked or ended its goroutine. Another try may succeed.
	ErrSharedCall = errors.New("dedupe: the shared call panicked or ended its goroutine")
	// ErrLockLost is Locks.Save's answer to an owner that no longer holds the key.
	ErrLockLost = errors.New("dedupe: the key is no longer held")
)
