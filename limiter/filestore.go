package limiter

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// NewFileStore keeps Day and Rate counts in the file at path, made if there is
// none (mode 0600): they survive restarts, and all processes of a host that use
// the file share them. Concurrency stays in each process.
//
// A count that may be lost counts as spent. What is at path and is no whole state
// file of this or an earlier version (a link, a directory, a file that others may
// write, a damaged one) is an error that names the path and the reason; remove
// the file to begin with nothing spent. One bad page of the two that each count
// has is mended with the older one and a block of 64 units more.
//
// Day units are taken from the file in blocks of what the last 3 s used, 64 at
// most, and given back by Close: a process that is killed loses the rest of its
// block, and never more is spent than the limit. The file is written before a
// unit is spent and synced behind: a power cut may forget the last block.
//
// Time is the wall clock's, and never goes back in the file. Windows of up to a
// minute that the file holds count as made when it is opened.
//
// The Transport that it is given to closes it. Several Transports open the path
// once each. Network file systems must offer locks that hold between their hosts.
func NewFileStore(path string) (Store, error) {
	f, salt, err := openState(path)
	if err != nil {
		return nil, stateError(path, err)
	}
	s := &fileStore{
		path: path, file: f, salt: salt,
		rules: map[Boundary]*dayRule{}, index: map[fileKey]uint32{}, counts: map[countID]*count{},
		clients: map[string]*stepMemory{}, granted: map[uint64]*permit{},
		last: time.Now(), syncing: make(chan struct{}, 1),
	}
	var id [8]byte
	rand.Read(id[:])
	s.id = int64(binary.LittleEndian.Uint64(id[:]))
	err = s.locked(context.Background(), func() error { return s.verify() })
	if err != nil {
		f.Close()
		return nil, stateError(path, err)
	}
	return s, nil
}

// stateError is the one form of this store's errors.
func stateError(path string, err error) error {
	var at *os.PathError
	if errors.As(err, &at) && at.Path == path {
		err = at.Err // it would name the path twice
	}
	return fmt.Errorf("limiter: state file %s: %w", path, err)
}

// fileStore is one open file. Its mutex is held for a step's arithmetic and its
// few system calls, never while it waits for the lock of the file.
type fileStore struct {
	path    string
	salt    [16]byte
	id      int64         // names this store among those of the file
	syncing chan struct{} // holds a token while a sync runs

	mu      sync.Mutex
	file    *os.File // nil once closed
	page    [2 * pageSize]byte
	rules   map[Boundary]*dayRule
	clients map[string]*stepMemory
	counts  map[countID]*count
	granted map[uint64]*permit // what has been granted and not been settled
	nextID  uint64
	kept    time.Time // when the permits were last seen to
	trimmed int       // how many counts make it worth to forget some

	turn    uint64             // counts the times the file was locked
	index   map[fileKey]uint32 // whose cell is which
	vacant  []uint32           // cells that had expired when the file was opened
	dir     *count             // cell 0
	reuse   cell               // to read others into
	changed []*count           // what is to be written at the end of the turn
	lost    bool               // a page was mended in this turn
	handed  int                // units granted in this turn

	last     time.Time     // of the latest step
	jumped   time.Duration // how much the wall clock was ahead of the monotonic one, in all
	checked  time.Time     // when the path was last seen to be this file
	failed   error         // the file cannot be used until retry
	retry    time.Time
	unsynced bool
}

// stepMemory is what a client was told last.
type stepMemory struct {
	seq    uint64
	grants Grants
}

// permit is a Grant that has not been settled.
type permit struct {
	at      time.Time
	cost    int
	charges []charge
	open    bool // its window entries wait for the wire
}

// charge is a permit's part of one count.
type charge struct {
	of   countID
	mark dayMark // Day
	at   int64   // Rate
}

const (
	lockPatience = 2 * time.Second // another process holds the lock for microseconds, unless it was stopped
	failedRest   = time.Second     // between two tries of a file that fails
	permitAge    = time.Hour       // a permit that nobody settled is forgotten
)

var (
	errStoreClosed = errors.New("closed")
	errStale       = errors.New("a step older than the last one")
	errLocked      = errors.New("another process holds its lock")
)

// Shares says that days and rates are shared.
func (s *fileStore) Shares() Kinds { return KindsOf(Day, Rate) }

// Step carries out b; see Store. Where only Day limits are asked for and the
// blocks suffice it does not touch the file.
func (s *fileStore) Step(ctx context.Context, b Batch) (g Grants, err error) {
	done := false
	err = s.quickly(func() error {
		g, done, err = s.begin(b)
		return err
	})
	if err != nil || done {
		return g, s.named(err)
	}
	err = s.locked(ctx, func() error {
		if g, done, err = s.begin(b); err != nil || done {
			return err
		}
		return s.breaker(func() error {
			g, err = s.step(b)
			return err
		})
	})
	return g, s.named(err)
}

func (s *fileStore) named(err error) error {
	if err == nil {
		return nil
	}
	return stateError(s.path, err)
}

// begin answers b where that takes no file: a step told before, a stale one, or
// one that the blocks in memory can serve.
func (s *fileStore) begin(b Batch) (g Grants, done bool, err error) {
	c := s.clients[b.Client]
	switch {
	case c != nil && b.Seq == c.seq:
		return c.grants, true, nil
	case c != nil && b.Seq < c.seq:
		return g, false, errStale
	}
	if _, err := s.rule(b.Day); err != nil {
		return g, false, err
	}
	now := s.tick()
	if g, done = s.fromBlocks(b, now); done {
		s.remember(b, g)
	}
	return g, done, nil
}

// remember keeps the answer for when it is lost on the way.
func (s *fileStore) remember(b Batch, g Grants) {
	if len(s.clients) > 1000 { // clients come and go; a replay that late is refused by its permits' ids only
		clear(s.clients)
	}
	c := s.clients[b.Client]
	if c == nil {
		c = new(stepMemory)
		s.clients[b.Client] = c
	}
	c.seq, c.grants = b.Seq, g
}

// tick gives the wall time, without a monotonic part, and notes how far the wall
// clock has run ahead of real time since the last step: it was set forward, or
// the machine was suspended. Either way nothing may count as older by it.
func (s *fileStore) tick() time.Time {
	now := time.Now()
	wall := now.Round(0)
	if ahead := wall.Sub(s.last.Round(0)) - now.Sub(s.last); ahead > time.Millisecond {
		s.jumped += ahead
	}
	s.last = now
	return wall
}

// quickly runs f under the mutex.
func (s *fileStore) quickly(f func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return errStoreClosed
	}
	return f()
}

// locked runs f under the mutex and the lock of the file. It waits for the lock
// with neither held.
func (s *fileStore) locked(ctx context.Context, f func() error) error {
	begun := time.Now()
	for pause := 20 * time.Microsecond; ; pause = min(2*pause, 5*time.Millisecond) {
		ok := false
		err := s.quickly(func() (err error) {
			file := s.file
			if ok, err = tryLock(file); !ok {
				return err
			}
			defer unlock(file)
			return f()
		})
		switch {
		case ok || err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case time.Since(begun) > lockPatience:
			return errLocked
		}
		time.Sleep(pause)
	}
}

// breaker keeps a file that fails from being tried for every call.
func (s *fileStore) breaker(f func() error) error {
	if s.failed != nil && s.last.Before(s.retry) {
		return s.failed
	}
	s.failed = f()
	if s.failed != nil {
		s.retry = s.last.Add(failedRest)
		s.forget()
	}
	return s.failed
}

// step is a Step with the file locked.
func (s *fileStore) step(b Batch) (Grants, error) {
	now := s.last.Round(0)
	s.trim(now)
	if err := s.refresh(now); err != nil {
		return Grants{}, err
	}
	err := errors.Join(s.settle(b, now), s.pause(b.Pauses, now))
	if err != nil {
		return Grants{}, err
	}
	g, err := s.admit(b, now)
	if err == nil {
		err = s.flush(now)
	}
	if err != nil {
		s.revoke(g.Grants)
		return Grants{}, err
	}
	if s.unsynced {
		s.sync()
	}
	s.remember(b, g)
	return g, nil
}

// Close gives back what is left of the blocks. Steps after it fail.
func (s *fileStore) Close() error {
	var file *os.File
	err := s.locked(context.Background(), func() error {
		s.tick()
		err := s.breaker(s.release)
		file, s.file = s.file, nil
		return err
	})
	if errors.Is(err, errStoreClosed) {
		return nil
	}
	if file == nil { // locked by another process: what is left of the blocks stays spent
		s.quickly(func() error {
			file, s.file = s.file, nil
			return nil
		})
	}
	s.syncing <- struct{}{} // a sync that runs is waited for
	if s.unsynced {
		err = errors.Join(err, file.Sync())
	}
	return s.named(errors.Join(err, file.Close()))
}

// sync makes what was written durable, behind the steps; one at a time.
func (s *fileStore) sync() {
	select {
	case s.syncing <- struct{}{}:
	default:
		return // the one that runs has it, or the next step's
	}
	s.unsynced = false
	go func(f *os.File) {
		err := f.Sync()
		<-s.syncing
		if err != nil {
			s.quickly(func() error {
				s.failed, s.retry = err, time.Now().Add(failedRest)
				return nil
			})
		}
	}(s.file)
}
