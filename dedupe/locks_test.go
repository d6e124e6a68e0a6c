package dedupe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var hashKey = []byte("a secret that all replicas share")

// replicas are two Transports that share nothing but a store.
func (w *world) replicas(change func(*Config)) (a, b *Transport) {
	cfg := unique()
	cfg.Locks, cfg.HashKey = NewMemoryLocks(), hashKey
	if change != nil {
		change(&cfg)
	}
	return w.transport(cfg), w.transport(cfg)
}

// Fault 69, in its hardest form: two replicas race to create the same people while
// the platform's search lags 5 s behind and answers get lost.
func TestFault69RacesOverTwoReplicas(t *testing.T) {
	races := 600
	if os.Getenv("GOODTENANT_SOAK") != "" {
		races = 10_000
	}
	const seed = 69
	t.Logf("%d races, seed %d", races, seed)
	synctest.Test(t, func(t *testing.T) {
		w, c := newWorld(t, false), newCRM()
		c.lag = 5 * time.Second
		var mu sync.Mutex
		rnd := rand.New(rand.NewPCG(seed, 1))
		chance := func(percent int) bool {
			mu.Lock()
			defer mu.Unlock()
			return rnd.IntN(100) < percent
		}
		c.after = func(*http.Request) {
			if chance(10) {
				panic(http.ErrAbortHandler) // carried out, and the answer is lost
			}
		}
		w.handle = func(rw http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Duration(10+w.arrivals()%90) * time.Millisecond)
			if r.Method == "GET" && chance(3) {
				rw.WriteHeader(503)
				return
			}
			c.ServeHTTP(rw, r)
		}
		a, b := w.replicas(nil)
		created, refused := 0, 0
		for base := 0; base < races; base += 50 {
			var wg sync.WaitGroup
			for n := base; n < base+50; n++ {
				for try := range 4 {
					wg.Go(func() {
						time.Sleep(time.Duration(try*(n%7)) * 400 * time.Millisecond)
						tr := a
						if (try+n)%2 == 0 {
							tr = b
						}
						r := do(tr, withEmail(t, fmt.Sprintf("p%d@corp.test", n)))
						mu.Lock()
						defer mu.Unlock()
						if r.err == nil && r.status == 201 {
							created++
						} else {
							refused++
						}
					})
				}
			}
			wg.Wait()
		}
		people := map[any]int{}
		for _, row := range c.rows["/contacts"] {
			people[row.members["email"]]++
		}
		twice := 0
		for _, n := range people {
			if n > 1 {
				twice++
			}
		}
		s := a.Stats()
		t.Logf("%d people at the platform, %d created and answered, %d refused; replica A: %+v", len(people), created, refused, s)
		if twice != 0 {
			t.Errorf("%d people exist twice", twice)
		}
		if len(people) != races || created < races*8/10 || s.InDoubt == 0 {
			t.Errorf("the race proves nothing: %d people of %d, %d answered", len(people), races, created)
		}
	})
}

func TestTwentyCreatesOverTwoReplicasAreOne(t *testing.T) {
	overCRM(t, func(t *testing.T, w *world, c *crm) {
		c.lag = time.Hour
		a, b := w.replicas(nil)
		var all []<-chan result
		for i := range 20 {
			all = append(all, start([]*Transport{a, b}[i%2], withEmail(t, "ann@corp.test")))
		}
		for _, ch := range all {
			if r := <-ch; r.err != nil {
				if e := r.duplicate(t, "N1"); e.Existing[0].URL != "http://api.test/contacts/N1" {
					t.Errorf("the other replica's create lost its URL: %+v", e)
				}
			}
		}
		if c.made() != 1 {
			t.Errorf("%d created", c.made())
		}
	})
}

// A replica that dies in the middle of a create leaves a doubt, not a free key.
func TestReplicaThatDiesLeavesDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, c := newWorld(t, false), newCRM()
		c.lag = 2 * time.Minute
		w.handle = c.ServeHTTP
		dead := make(chan struct{})
		cfg := unique()
		cfg.Locks, cfg.HashKey = NewMemoryLocks(), hashKey
		dying := transport(t, stub(func(req *http.Request) (*http.Response, error) {
			resp, err := w.base.RoundTrip(req)
			if req.Method == "POST" {
				<-dead // the process hears of it no more
			}
			return resp, err
		}), cfg)
		other := w.transport(cfg)
		lost := start(dying, withEmail(t, "ann@corp.test"))
		synctest.Wait()
		r := do(other, withEmail(t, "ann@corp.test"))
		if r.unchecked(t, InDoubt); r.at != DefaultHold {
			t.Errorf("the key was free after %v, want %v", r.at, DefaultHold)
		}
		time.Sleep(2 * time.Minute)
		do(other, withEmail(t, "ann@corp.test")).duplicate(t, "N1")
		close(dead)
		<-lost
		if c.made() != 1 {
			t.Errorf("%d created", c.made())
		}
	})
}

// A check that took longer than the hold must not end in a create.
func TestLostHoldSendsNothing(t *testing.T) {
	for _, change := range []func(*Config){nil, failOpen} { // no option sends it: another replica may be creating
		synctest.Test(t, func(t *testing.T) {
			w, c := newWorld(t, false), newCRM()
			c.lag = time.Hour
			slow := true
			c.before = func(_ http.ResponseWriter, r *http.Request) bool {
				if slow && r.Method == "GET" {
					slow = false
					time.Sleep(DefaultHold + time.Second)
				}
				return false
			}
			w.handle = c.ServeHTTP
			a, b := w.replicas(change)
			first := start(a, withEmail(t, "ann@corp.test"))
			synctest.Wait()
			do(b, withEmail(t, "ann@corp.test")).want(t, 201, "")
			e := (<-first).unchecked(t, LocksFailed)
			if !errors.Is(e, ErrLockLost) || c.made() != 1 {
				t.Errorf("%v, %d created", e.Err, c.made())
			}
		})
	}
}

type brokenLocks struct{ Locks }

func (brokenLocks) Lock(context.Context, string, string, time.Duration) ([]byte, error) {
	return nil, io.ErrUnexpectedEOF
}

func TestStoreDown(t *testing.T) {
	overCRM(t, func(t *testing.T, w *world, c *crm) {
		closed, _ := w.replicas(func(c *Config) { c.Locks = brokenLocks{} })
		e := do(closed, withEmail(t, "ann@corp.test")).unchecked(t, LocksFailed)
		if !errors.Is(e, io.ErrUnexpectedEOF) || c.made() != 0 {
			t.Errorf("%v, %d created", e.Err, c.made())
		}
		open, _ := w.replicas(func(c *Config) { c.Locks = brokenLocks{}; failOpen(c) })
		do(open, withEmail(t, "ann@corp.test")).want(t, 201, "")
		do(open, withEmail(t, "ann@corp.test")).duplicate(t, "N1") // by this process's own memory
	})
}

// Where the store fails before the create is sent, nothing was sent and nothing is
// in doubt.
func TestStoreThatFailsBeforeTheCreate(t *testing.T) {
	overCRM(t, func(t *testing.T, w *world, c *crm) {
		store := &flakyLocks{Locks: NewMemoryLocks(), broken: true}
		tr, _ := w.replicas(func(c *Config) { c.Locks = store })
		do(tr, withEmail(t, "ann@corp.test")).unchecked(t, LocksFailed)
		store.broken = false
		do(tr, withEmail(t, "ann@corp.test")).want(t, 201, "")
		if c.made() != 1 {
			t.Errorf("%d created", c.made())
		}
	})
}

// flakyLocks cannot note a doubt while it is broken.
type flakyLocks struct {
	Locks
	broken bool
}

func (f *flakyLocks) Save(ctx context.Context, key, owner string, note []byte, keep, hold time.Duration) error {
	if f.broken && hold > 0 {
		return io.ErrUnexpectedEOF
	}
	return f.Locks.Save(ctx, key, owner, note, keep, hold)
}

// A store sees neither values nor ids, and a note that cannot be read is a doubt.
func TestStoreSeesNothingPersonal(t *testing.T) {
	overCRM(t, func(t *testing.T, w *world, c *crm) {
		spy := &spyLocks{Locks: NewMemoryLocks()}
		c.lag = time.Hour
		a, b := w.replicas(func(c *Config) { c.Locks = spy })
		do(a, contact(t, `{"email":"canary-ann@corp.test","surname":"canary-lee","forename":"x"}`)).want(t, 201, "")
		do(b, withEmail(t, "canary-ann@corp.test")).duplicate(t, "N1")
		if len(spy.seen) == 0 {
			t.Fatal("the store was not used")
		}
		for _, s := range spy.seen {
			for _, secret := range []string{"canary", "corp.test", "contacts", "Bearer one"} {
				if strings.Contains(s, secret) {
					t.Errorf("the store saw %q in %q", secret, s)
				}
			}
		}
		foreign := unique()
		foreign.Locks, foreign.HashKey = spy, hashKey
		other := w.transport(foreign)
		for key := range spy.keys {
			if err := spy.Locks.Save(t.Context(), key, lockFor(t, spy.Locks, key), []byte("damaged"), time.Hour, 0); err != nil {
				t.Fatal(err)
			}
		}
		do(other, withEmail(t, "canary-ann@corp.test")).unchecked(t, InDoubt)
	})
}

func lockFor(t *testing.T, l Locks, key string) string {
	if _, err := l.Lock(t.Context(), key, "test", time.Minute); err != nil {
		t.Fatal(err)
	}
	return "test"
}

type spyLocks struct {
	Locks
	mu   sync.Mutex
	seen []string
	keys map[string]bool
}

func (s *spyLocks) Lock(ctx context.Context, key, owner string, hold time.Duration) ([]byte, error) {
	s.mu.Lock()
	if s.keys == nil {
		s.keys = map[string]bool{}
	}
	s.keys[key] = true
	s.seen = append(s.seen, key, owner)
	s.mu.Unlock()
	return s.Locks.Lock(ctx, key, owner, hold)
}

func (s *spyLocks) Save(ctx context.Context, key, owner string, note []byte, keep, hold time.Duration) error {
	s.mu.Lock()
	s.seen = append(s.seen, key, owner, string(note))
	s.mu.Unlock()
	return s.Locks.Save(ctx, key, owner, note, keep, hold)
}

func TestMemoryLocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemoryLocks()
		ctx := t.Context()
		lock := func(owner string, hold time.Duration) string {
			t.Helper()
			note, err := m.Lock(ctx, "k", owner, hold)
			if err != nil {
				t.Fatal(err)
			}
			return string(note)
		}
		save := func(owner, note string, keep, hold time.Duration, want error) {
			t.Helper()
			if err := m.Save(ctx, "k", owner, []byte(note), keep, hold); err != want {
				t.Errorf("Save by %s: %v, want %v", owner, err, want)
			}
		}
		lock("a", time.Second)
		save("b", "x", time.Hour, 0, ErrLockLost)
		save("a", "1", time.Minute, time.Second, nil)
		begin := time.Now()
		if n := lock("b", time.Second); n != "1" || time.Since(begin) != time.Second {
			t.Errorf("note %q after %v", n, time.Since(begin))
		}
		save("a", "late", time.Hour, 0, ErrLockLost)
		save("b", "2", time.Minute, 0, nil)
		if n := lock("c", time.Second); n != "2" {
			t.Errorf("note %q", n)
		}
		short, cancel := context.WithTimeout(ctx, time.Millisecond)
		defer cancel()
		if _, err := m.Lock(short, "k", "d", time.Second); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting ended with %v", err)
		}
		time.Sleep(time.Second)
		save("c", "late", time.Hour, 0, ErrLockLost)
		time.Sleep(time.Minute)
		if n := lock("d", time.Second); n != "" {
			t.Errorf("note %q outlived its time", n)
		}
	})
}

func TestMemoryLocksForgetWhatSaysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemoryLocks()
		if _, err := m.Lock(t.Context(), "held", "x", forever); err != nil {
			t.Fatal(err)
		}
		for i := range 50_000 {
			key := fmt.Sprint(i)
			m.Lock(t.Context(), key, "x", time.Minute)
			m.Save(t.Context(), key, "x", []byte("n"), time.Second, 0)
			if i%1000 == 0 {
				time.Sleep(time.Second)
			}
		}
		if len(m.keys) > 5000 {
			t.Errorf("%d keys kept", len(m.keys))
		}
		if m.Save(t.Context(), "held", "x", nil, 0, 0) != nil {
			t.Error("a held key was forgotten")
		}
	})
}
