package dedupe

import (
	"context"
	"math"
	"sync"
	"time"
)

// MemoryLocks is a Locks in memory, for Transports of one process. The zero value
// is not ready; use NewMemoryLocks.
type MemoryLocks struct {
	mu    sync.Mutex
	keys  map[string]*memoryKey
	sweep int // size of keys at which those that say nothing are dropped
}

type memoryKey struct {
	owner     string // "" where nobody holds it
	until     time.Time
	note      []byte
	noteUntil time.Time
	freed     chan struct{} // closed when the key is freed; nil where nobody waits
}

// forever is a hold that ends with its owner only.
const forever = time.Duration(math.MaxInt64)

// NewMemoryLocks returns an empty MemoryLocks.
func NewMemoryLocks() *MemoryLocks {
	return &MemoryLocks{keys: map[string]*memoryKey{}, sweep: 1024}
}

// Lock implements Locks.
func (m *MemoryLocks) Lock(ctx context.Context, key, owner string, hold time.Duration) ([]byte, error) {
	for {
		note, freed, left := m.tryLock(key, owner, hold)
		if freed == nil {
			return note, nil
		}
		if err := waitFor(ctx, freed, left); err != nil {
			return nil, err
		}
	}
}

// tryLock holds key, or tells when to try again: at a signal, or after a time.
func (m *MemoryLocks) tryLock(key, owner string, hold time.Duration) (note []byte, freed <-chan struct{}, left time.Duration) {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	k := m.keys[key]
	if k == nil {
		m.sweepLocked(now)
		k = &memoryKey{}
		m.keys[key] = k
	}
	if k.owner != "" && (k.until.IsZero() || now.Before(k.until)) {
		if k.freed == nil {
			k.freed = make(chan struct{})
		}
		if !k.until.IsZero() {
			left = k.until.Sub(now)
		}
		return nil, k.freed, left
	}
	k.hold(owner, now, hold)
	return k.noteAt(now), nil, 0
}

func (k *memoryKey) hold(owner string, now time.Time, hold time.Duration) {
	k.owner, k.until = owner, time.Time{}
	if hold != forever {
		k.until = now.Add(hold)
	}
}

func (k *memoryKey) noteAt(now time.Time) []byte {
	if !now.Before(k.noteUntil) {
		return nil
	}
	return k.note
}

// Save implements Locks.
func (m *MemoryLocks) Save(_ context.Context, key, owner string, note []byte, keep, hold time.Duration) error {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	k := m.keys[key]
	if k == nil || k.owner != owner || !k.until.IsZero() && !now.Before(k.until) {
		return ErrLockLost
	}
	k.note, k.noteUntil = note, now.Add(keep)
	if hold > 0 {
		k.hold(owner, now, hold)
		return nil
	}
	k.owner = ""
	if k.freed != nil {
		close(k.freed)
		k.freed = nil
	}
	return nil
}

// peek and put read and write a note without holding the key: Observe waits for
// nobody.
func (m *MemoryLocks) peek(key string) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	if k := m.keys[key]; k != nil {
		return k.noteAt(time.Now())
	}
	return nil
}

func (m *MemoryLocks) put(key string, note []byte, keep time.Duration) {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	k := m.keys[key]
	if k == nil {
		m.sweepLocked(now)
		k = &memoryKey{}
		m.keys[key] = k
	}
	k.note, k.noteUntil = note, now.Add(keep)
}

// sweepLocked drops the keys that nobody holds or waits for and whose notes are
// over, each time their number has doubled.
func (m *MemoryLocks) sweepLocked(now time.Time) {
	if len(m.keys) < m.sweep {
		return
	}
	for name, k := range m.keys {
		held := k.owner != "" && (k.until.IsZero() || now.Before(k.until))
		if !held && k.freed == nil && k.noteAt(now) == nil {
			delete(m.keys, name)
		}
	}
	m.sweep = max(1024, 2*len(m.keys))
}

// waitFor waits for freed, for d to pass (0: no end), or for ctx to end.
func waitFor(ctx context.Context, freed <-chan struct{}, d time.Duration) error {
	var over <-chan time.Time
	if d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-freed:
	case <-over:
	case <-ctx.Done():
		return ended(ctx)
	}
	return nil
}
