package dedupe

import "sync/atomic"

// counters are Stats as they grow.
type counters struct {
	reads, shared, reused, unshared              atomic.Uint64
	creates, lookups, duplicates, reported       atomic.Uint64
	refused, unchecked, inDoubt, conflicts       atomic.Uint64
	wouldShared, wouldDuplicates, wouldUnchecked atomic.Uint64
}

// Stats counts what was done since the Transport was made.
func (t *Transport) Stats() Stats {
	c := &t.count
	return Stats{
		Mode:       t.Mode(),
		Reads:      c.reads.Load(),
		Shared:     c.shared.Load(),
		Reused:     c.reused.Load(),
		Unshared:   c.unshared.Load(),
		Creates:    c.creates.Load(),
		Lookups:    c.lookups.Load(),
		Duplicates: c.duplicates.Load(),
		Reported:   c.reported.Load(),
		Refused:    c.refused.Load(),
		Unchecked:  c.unchecked.Load(),
		InDoubt:    c.inDoubt.Load(),
		Conflicts:  c.conflicts.Load(),
		Would: Would{
			Shared:     c.wouldShared.Load(),
			Duplicates: c.wouldDuplicates.Load(),
			Unchecked:  c.wouldUnchecked.Load(),
		},
	}
}
