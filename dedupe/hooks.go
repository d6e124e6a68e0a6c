package dedupe

import (
	"context"

	"github.com/goodtenant/goodtenant/policy"
)

// Hooks are called as things happen, on the goroutine of the call concerned and
// with no lock held; nil ones are skipped. A hook that panics or blocks harms
// its own call only. The values hold no personal data.
type Hooks struct {
	// Shared: a read was, or under Observe would have been, answered by
	// another call's answer.
	Shared func(context.Context, SharedRead)
	// Duplicate: the entity of a create exists.
	Duplicate func(context.Context, Duplicate)
	// Unchecked: a create could not be checked.
	Unchecked func(context.Context, Unchecked)
	// Lookup: a search was made before a create.
	Lookup func(context.Context, Lookup)
}

// SharedRead is a call saved.
type SharedRead struct {
	Mode   policy.Mode     // Observe: it was sent all the same
	Reused bool            // by an answer within Coalesce.Reuse, not by a call in flight
	Leader context.Context // of the call whose answer it was; nil where it is not known
}

// Duplicate is a create whose entity exists.
type Duplicate struct {
	Mode    policy.Mode // Observe: it was sent all the same
	Rule    string
	Key     string
	Matches int
	Recent  bool   // known from a create of this app
	Action  Policy // what was done, or under Observe would have been
}

// Unchecked is a create that could not be checked.
type Unchecked struct {
	Mode   policy.Mode // Observe: not checked since Observe sends no lookup; Reason is 0 unless the body had no key
	Rule   string
	Reason Reason
	Sent   bool
}

// Lookup is one search, all its pages.
type Lookup struct {
	Rule    string
	Key     string
	Calls   int // pages read
	Matches int
	Err     error // why it decided nothing; its text holds no personal data
}

// Stats counts since the Transport was made. Marshals to JSON.
type Stats struct {
	Mode       policy.Mode `json:"mode"`
	Reads      uint64      `json:"reads"`      // reads that could be shared
	Shared     uint64      `json:"shared"`     // reads answered by another's answer: calls saved
	Reused     uint64      `json:"reused"`     // of these, within Coalesce.Reuse
	Unshared   uint64      `json:"unshared"`   // reads that had joined and were sent after all
	Creates    uint64      `json:"creates"`    // creates under a rule
	Lookups    uint64      `json:"lookups"`    // calls of our own, pages counted apart
	Duplicates uint64      `json:"duplicates"` // creates refused or answered, since the entity exists
	Reported   uint64      `json:"reported"`   // creates sent although the entity exists
	Refused    uint64      `json:"refused"`    // creates refused unchecked
	Unchecked  uint64      `json:"unchecked"`  // creates sent unchecked
	InDoubt    uint64      `json:"in_doubt"`   // creates whose answer was lost
	Conflicts  uint64      `json:"conflicts"`  // creates that the platform answered 409
	Would      Would       `json:"would"`      // what Enforce would have done, counted under Observe
}

// Would is what Enforce would have done.
type Would struct {
	Shared     uint64 `json:"shared"`     // reads answered by another's answer
	Duplicates uint64 `json:"duplicates"` // creates found to be duplicates from this process's own creates
	Unchecked  uint64 `json:"unchecked"`  // creates sent without a check
}
