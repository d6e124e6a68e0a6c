package compliance

import "context"

// Hooks are told what the checker finds. Every func may be nil; each is called
// with no lock held, on the goroutine of the call that led to it. A hook that
// panics is contained.
type Hooks struct {
	// Finding is called when a finding is new, when its severity rises, and when
	// its day is over and it goes on.
	Finding func(context.Context, Finding)
	// Gated is called for each call that the gate refuses, and under
	// policy.Observe for each that it would refuse.
	Gated func(context.Context, GateError)
	// Evicted is called when state was forgotten to stay inside Config.MaxBytes.
	Evicted func(context.Context, Eviction)
}

// Eviction is one forgotten piece of state.
type Eviction struct {
	Tenant, Collection string
	Bytes              int // of all state after it
}
