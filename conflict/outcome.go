package conflict

import (
	"context"
	"net/http"

	"github.com/goodtenant/goodtenant/internal/enum"
)

// Outcome is what became of one write. It never holds a value of a member.
type Outcome struct {
	Reason    Reason   `json:"reason"`
	Attempts  int      `json:"attempts"`  // writes sent
	Refetches int      `json:"refetches"` // reads sent for it
	Members   int      `json:"members"`   // of the app's body
	Removed   int      `json:"removed"`   // of them, not sent
	Overlaps  []string `json:"overlaps,omitempty"`
	// BaseKnown: the version that the request named was at hand.
	BaseKnown bool `json:"base_known"`
	// Versioned: the version was named here, not by the app.
	Versioned bool `json:"versioned"`
	// Synthesised: the answer was made here.
	Synthesised bool `json:"synthesised"`
}

// Reason says why a call ended as it did.
type Reason uint8

const (
	// Passed: sent once, its answer is the platform's first.
	Passed Reason = iota
	// NothingToChange: the body restates the newest version; nothing was sent.
	NothingToChange
	// AlreadyApplied: after a conflict, the fresh version held the change set.
	AlreadyApplied
	// Replayed: sent again over a fresh version, and accepted.
	Replayed
	// Overlap: somebody else changed the same members.
	Overlap
	// NotReplayable: the kind of request, its body or its members forbid it.
	NotReplayable
	// NoVersion: the platform wants a version and none may be named for it.
	NoVersion
	// VersionNotAccepted: the platform refuses the very version it hands out.
	VersionNotAccepted
	// RefetchFailed: the fresh version could not be read.
	RefetchFailed
	// Gone: the entity is no longer there.
	Gone
	// Contended: MaxAttempts are used up.
	Contended
	// DeadlineTooNear: the next attempt would have come after the deadline.
	DeadlineTooNear
)

var reasons = [...]string{"passed", "nothing-to-change", "already-applied", "replayed", "overlap", "not-replayable",
	"no-version", "version-not-accepted", "refetch-failed", "gone", "contended", "deadline-too-near"}

// String gives the name.
func (r Reason) String() string { return enum.String("conflict.Reason", reasons[:], r) }

// MarshalText writes the name.
func (r Reason) MarshalText() ([]byte, error) { return enum.Marshal("conflict.Reason", reasons[:], r) }

// UnmarshalText reads a name.
func (r *Reason) UnmarshalText(b []byte) error {
	return enum.Parse("conflict.Reason", reasons[:], r, b)
}

type outcomeKey struct{}

// Details tells what this layer did for the write that resp answers; false for
// other responses and in Observe mode.
func Details(resp *http.Response) (Outcome, bool) {
	if resp == nil || resp.Request == nil {
		return Outcome{}, false
	}
	o, ok := resp.Request.Context().Value(outcomeKey{}).(*Outcome)
	if !ok {
		return Outcome{}, false
	}
	return *o, true
}

// attach makes resp.Request a copy of the caller's request that carries o.
func attach(resp *http.Response, req *http.Request, o *Outcome) {
	resp.Request = req.WithContext(context.WithValue(req.Context(), outcomeKey{}, o))
}
