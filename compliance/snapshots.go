package compliance

import "context"

// Snapshots keeps the state of checkers over restarts and shares it among
// replicas, so that work split over processes is seen as a whole. A snapshot
// holds counts and keyed hashes, no names. Implementations must be safe for
// concurrent use and replace a snapshot whole or not at all.
type Snapshots interface {
	// SaveSnapshot replaces the snapshot of one replica.
	SaveSnapshot(ctx context.Context, replica string, data []byte) error
	// LoadSnapshots gives the newest snapshot of every replica, this one's too.
	LoadSnapshots(ctx context.Context) (map[string][]byte, error)
}
