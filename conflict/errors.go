package conflict

import (
	"encoding/json"
	"fmt"
)

// Error says that a write was not sent again, because a person or the app has
// to decide. RoundTrip returns it bare; find it with errors.AsType. It carries
// the documents so that the app can show them, and its text never does.
type Error struct {
	Base     json.RawMessage // the version that the request named; nil where unknown
	Ours     json.RawMessage // the change set: what this request would have changed
	Theirs   json.RawMessage // the version that the platform holds now
	Version  string          // of Theirs, as opaque as it came
	Overlaps []string        // JSON pointers of the members changed on both sides
	Attempts int             // writes sent so far
	Reason   Reason          // Overlap, NotReplayable, Contended; NoVersion from Update
}

// Error tells the reason and the figures, no name and no value.
func (e *Error) Error() string {
	return fmt.Sprintf("conflict: write given up (%v): %s, %s",
		e.Reason, count(len(e.Overlaps), "member")+" changed on both sides", count(e.Attempts, "attempt"))
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// GoString keeps the documents out of %#v too.
func (e *Error) GoString() string { return e.Error() }
