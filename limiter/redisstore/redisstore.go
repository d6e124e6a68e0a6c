package redisstore

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/goodtenant/goodtenant/limiter"
)

// Store keeps what the processes of an app share in Redis or Valkey: limits (it
// is a limiter.Store, limiter.Waker and limiter.Replicas), the keys of creates
// (dedupe.Locks), and the state of checkers (compliance.Snapshots). One Store may
// serve any number of Transports. It is safe for concurrent use.
//
// The client stays the app's: Close does not close it.
type Store struct {
	rdb     redis.UniversalClient
	prefix  string // of all keys and channels
	hashKey []byte
	log     *slog.Logger
	id      string
	publish string // the command that reaches our channels

	ctx  context.Context
	stop context.CancelFunc
	work sync.WaitGroup // the goroutines

	mu         sync.Mutex
	clients    map[string]*client
	wakes      []chan struct{} // one for each caller of Wake
	begun      bool            // the goroutines run
	closed     bool
	hears      bool // the subscription stands
	heardSince time.Time
	unhear     func()        // ends the subscription, for a new one
	kick       chan struct{} // the keeper looks again
	keepAt     time.Time     // when it does by itself
	members    replicas
	down       error // of the last call; nil: it is up
	moved      bool  // the server takes no writes any more: another does
	downFor    time.Duration
	retryAt    time.Time
	said       map[string]bool // warnings given

	locks lockWaits
}

// replicas is what the server said last.
type replicas struct {
	index, members int
	at             time.Time
}

// New makes a Store over a client of any kind. It does no I/O: the first use does,
// and starts Check in the background.
func New(rdb redis.UniversalClient, opts ...Option) (*Store, error) {
	if rdb == nil {
		return nil, errors.New("redisstore: New: the client is nil")
	}
	c := config{app: "app"}
	for _, o := range opts {
		if err := o.apply(&c); err != nil {
			return nil, err
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Store{
		rdb: rdb, prefix: "gt:{" + c.app + "}", hashKey: c.key, log: c.log, id: rand.Text()[:12], publish: "PUBLISH",
		ctx: ctx, stop: stop, clients: map[string]*client{}, kick: make(chan struct{}, 1), said: map[string]bool{},
	}
	s.locks.waiting = map[string]*lockWait{}
	if _, ok := rdb.(*redis.ClusterClient); ok {
		s.publish = "SPUBLISH" // a plain one counts the receivers of one node only
	}
	return s, nil
}

// Shares implements limiter.Store: all kinds.
func (s *Store) Shares() limiter.Kinds {
	return limiter.KindsOf(limiter.Rate, limiter.Concurrency, limiter.Day)
}

// Wake implements limiter.Waker. Each call gives a channel of its own.
func (s *Store) Wake() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := make(chan struct{}, 1)
	s.wakes = append(s.wakes, w)
	return w
}

func (s *Store) wakeLocked() {
	for _, w := range s.wakes {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}

// trusted is how long the number of replicas is: those that leave are noticed by
// then.
const trusted = time.Minute

// Replicas implements limiter.Replicas.
func (s *Store) Replicas() (index, members int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.members.at) > trusted {
		return 0, 0
	}
	return s.members.index, s.members.members
}

// hash names a tenant, or a key, in the store.
func (s *Store) hash(kind, name string) string {
	h := sha256.New()
	if len(s.hashKey) > 0 {
		h = hmac.New(sha256.New, s.hashKey)
	}
	h.Write([]byte(kind + "\x00" + name))
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// begin starts the goroutines with the first use.
func (s *Store) begin() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	if !s.begun {
		s.begun = true
		s.work.Go(s.listen)
		s.work.Go(s.keep)
		s.work.Go(s.firstCheck)
	}
	return nil
}

// closeBound is how long Close tries to give back what is held.
const closeBound = 2 * time.Second

// Close gives back what is unused and ends the Store's goroutines. Calls after it
// fail; a second Close does nothing.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	var all []*client
	for _, c := range s.clients {
		all = append(all, c)
	}
	up := s.down == nil
	s.mu.Unlock()
	s.stop()
	s.work.Wait()
	if !up {
		return nil // what it holds ends with its leases
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeBound)
	defer cancel()
	var errs []error
	for _, c := range all {
		errs = append(errs, c.leave(ctx))
	}
	return errors.Join(errs...)
}

// warn logs each thing that wants a remedy once.
func (s *Store) warn(about, text string, args ...any) {
	s.mu.Lock()
	told := s.said[about]
	s.said[about] = true
	s.mu.Unlock()
	if !told && s.log != nil {
		s.log.Warn("redisstore: "+text, args...)
	}
}

// sameLimits reports whether two sets ask for the same.
func sameLimits(a, b limiter.Limits) bool { return slices.Equal(a, b) }
