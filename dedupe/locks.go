package dedupe

import (
	"context"
	"time"
)

// Locks makes creates of one key happen one at a time, and keeps a short note for
// each key. Replicas share one through a store (redisstore); NewMemoryLocks is
// one for Transports of one process. Keys are keyed hashes in hexadecimal, notes
// are sealed: an implementation sees no personal data. Safe for concurrent use.
//
// Whatever is lost, an implementation never lets two owners hold a key at once,
// except that a hold ends after its time.
type Locks interface {
	// Lock waits until nobody holds key, or ctx ends, and then holds it for
	// owner, for at most hold. It returns the key's note, nil where none is
	// kept. An error means that nothing is held.
	Lock(ctx context.Context, key, owner string, hold time.Duration) (note []byte, err error)
	// Save stores note for keep (nil: no note is kept) and goes on holding the
	// key for hold; a hold of 0 frees it. An owner that holds the key no more
	// gets ErrLockLost, and nothing is changed.
	Save(ctx context.Context, key, owner string, note []byte, keep, hold time.Duration) error
}
