package redisstore

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/goodtenant/goodtenant/dedupe"
)

// The contract of dedupe.Locks, as package dedupe tests its own, step by step.
func locksContract(t *testing.T, m dedupe.Locks) {
	ctx := t.Context()
	lock := func(owner string, hold time.Duration) string {
		t.Helper()
		note, err := m.Lock(ctx, "k", owner, hold)
		require.NoError(t, err)
		return string(note)
	}
	save := func(owner, note string, keep, hold time.Duration, want error) {
		t.Helper()
		require.Equal(t, want, m.Save(ctx, "k", owner, []byte(note), keep, hold))
	}
	lock("a", time.Second)
	save("b", "x", time.Hour, 0, dedupe.ErrLockLost)
	save("a", "1", time.Minute, time.Second, nil)
	begin := time.Now()
	require.Equal(t, "1", lock("b", time.Second))
	if took := time.Since(begin); took < 990*time.Millisecond || took > 2*time.Second {
		t.Errorf("another's hold of a second ended after %v", took)
	}
	save("a", "late", time.Hour, 0, dedupe.ErrLockLost)
	save("b", "2", time.Second, 0, nil)
	save("b", "2", time.Second, 0, nil) // sent again: its answer was lost
	require.Equal(t, "2", lock("c", time.Second))
	short, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	_, err := m.Lock(short, "k", "d", time.Second)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	time.Sleep(1010 * time.Millisecond)
	save("c", "late", time.Hour, 0, dedupe.ErrLockLost)
	require.Empty(t, lock("d", time.Second), "a note outlived its time")
	save("d", "3", time.Hour, 0, nil)
	require.Equal(t, "3", lock("e", time.Second))
	require.NoError(t, m.Save(ctx, "k", "e", nil, time.Hour, 0))
	require.Empty(t, lock("f", time.Second))
}

func TestLocks(t *testing.T) {
	rdb := common(t).client(t)
	defer rdb.Close()
	locksContract(t, open(t, rdb, app(t)))
}

func TestLocksVirtual(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { locksContract(t, open(t, memory(t), app(t))) })
}

// Who waits hears of a free key at once, and what is in the server is no secret.
func TestLockIsHandedOn(t *testing.T) {
	rdb := common(t).client(t)
	defer rdb.Close()
	name := app(t)
	a, b := open(t, rdb, name), open(t, rdb, name)
	ctx := context.Background()
	_, err := a.Lock(ctx, "canary-key", "canary-owner", time.Minute)
	require.NoError(t, err)
	got := make(chan time.Time, 1)
	go func() {
		_, err := b.Lock(ctx, "canary-key", "other", time.Minute)
		if err == nil {
			got <- time.Now()
		}
	}()
	time.Sleep(500 * time.Millisecond)
	require.NotContains(t, dump(t, rdb, "gt:{"+name+"}"), "canary")
	freed := time.Now()
	require.NoError(t, a.Save(ctx, "canary-key", "canary-owner", nil, 0, 0))
	if took := (<-got).Sub(freed); took > 200*time.Millisecond {
		t.Errorf("it took %v", took)
	}
}

// After the server has lost its state, a key may be held by somebody whom it does
// not know: it is free a hold later only.
func TestLocksAfterALoss(t *testing.T) {
	s := own(t)
	rdb := s.client(t)
	defer rdb.Close()
	name := app(t)
	a, b := open(t, rdb, name), open(t, rdb, name)
	ctx := context.Background()
	for _, l := range []*Store{a, b} {
		_, err := l.Lock(ctx, "warm", "x", time.Second)
		require.NoError(t, err)
		require.NoError(t, l.Save(ctx, "warm", "x", nil, 0, 0))
	}
	_, err := a.Lock(ctx, "k", "a", time.Second)
	require.NoError(t, err)
	require.NoError(t, rdb.FlushAll(ctx).Err())
	begun := time.Now()
	_, err = b.Lock(ctx, "k", "b", time.Second)
	require.NoError(t, err)
	if took := time.Since(begun); took < 990*time.Millisecond {
		t.Errorf("two owners at once: b held it %v after the loss", took)
	}
	require.ErrorIs(t, a.Save(ctx, "k", "a", []byte("late"), time.Hour, time.Second), dedupe.ErrLockLost)
}

// crm is a platform with people, whose search lags behind.
type crm struct {
	mu     sync.Mutex
	people map[string]int
	seen   map[string]time.Time
}

func (c *crm) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if r.Method == "POST" {
		body, _ := io.ReadAll(r.Body)
		_, rest, _ := strings.Cut(string(body), `"email":"`)
		email, _, _ := strings.Cut(rest, `"`)
		time.Sleep(5 * time.Millisecond)
		c.mu.Lock()
		c.people[email]++
		c.seen[email] = time.Now().Add(time.Second)
		n := c.people[email]
		c.mu.Unlock()
		w.Header().Set("Location", fmt.Sprintf("/contacts/%s-%d", email, n))
		w.WriteHeader(http.StatusCreated)
		return
	}
	email := r.URL.Query().Get("email")
	c.mu.Lock()
	at, ok := c.seen[email]
	c.mu.Unlock()
	if !ok || time.Now().Before(at) {
		fmt.Fprint(w, `{"_embedded":[]}`)
		return
	}
	fmt.Fprintf(w, `{"_embedded":[{"id":%q,"email":%q}]}`, email, email)
}

// TestCreator is not a test of its own: it creates people that other processes
// create at the same time.
func TestCreator(t *testing.T) {
	what := strings.Fields(os.Getenv("REDISSTORE_CREATE"))
	if len(what) == 0 {
		return
	}
	rdb := redis.NewClient(&redis.Options{Network: "unix", Addr: what[0]})
	store, err := New(rdb, WithApp(what[1]))
	require.NoError(t, err)
	tr, err := dedupe.NewTransport(http.DefaultTransport, creators(store))
	require.NoError(t, err)
	fmt.Println("ready")
	bufio.NewReader(os.Stdin).ReadString('\n')
	created, known, failed := 0, 0, map[string]int{}
	var n, from int
	fmt.Sscan(what[3], &n)
	fmt.Sscan(what[4], &from)
	for i := range n { // from different ends, so that each is first sometimes
		body := fmt.Sprintf(`{"email":"p%d@corp.test","surname":"x"}`, (from*(n/4+1)+i*(1+2*from))%n)
		req, _ := http.NewRequest("POST", what[2]+"/contacts", strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer one")
		resp, err := tr.RoundTrip(req)
		if e := (*dedupe.DuplicateError)(nil); errors.As(err, &e) {
			known++
		} else if err != nil {
			failed[err.Error()]++
		} else {
			resp.Body.Close()
			created++
		}
	}
	store.Close()
	fmt.Println(created, known, failed)
}

func creators(store *Store) dedupe.Config {
	return dedupe.Config{
		Locks: store, HashKey: []byte("a secret that all replicas share"), Hold: 3 * time.Second,
		Tenant: func(*http.Request) string { return "one" },
		Unique: []dedupe.Rule{{Name: "contacts", Path: "/contacts",
			Keys: []dedupe.Key{{Name: "e-mail", Kind: dedupe.EmailAddress, From: []string{"/email"}, Param: "email"}}}},
	}
}

// Four processes create the same people at once, while the search lags behind, and
// one of them is killed in the middle, when it holds a key: nobody exists twice.
func TestCreateRace(t *testing.T) {
	s := common(t)
	c := &crm{people: map[string]int{}, seen: map[string]time.Time{}}
	h := httptest.NewServer(c)
	defer h.Close()
	name, n := app(t), int(span(41, 503))
	var all []*process
	for i := range 4 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestCreator$", "-test.count=1")
		cmd.Env = append(os.Environ(), fmt.Sprintf("REDISSTORE_CREATE=%s %s %s %d %d", s.socket, name, h.URL, n, i))
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		in, err := cmd.StdinPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		p := &process{cmd, bufio.NewReader(out), in}
		t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
		_, err = p.out.ReadString('\n')
		require.NoError(t, err)
		all = append(all, p)
	}
	for _, p := range all {
		fmt.Fprintln(p.in)
	}
	require.Eventually(t, func() bool { c.mu.Lock(); defer c.mu.Unlock(); return len(c.people) > n/3 }, 60*time.Second, time.Millisecond)
	all[3].Process.Kill()
	for _, p := range all[:3] {
		line, err := p.out.ReadString('\n')
		require.NoError(t, err)
		t.Logf("created, known, failed: %s", strings.TrimSpace(line))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for email, times := range c.people {
		if times != 1 {
			t.Errorf("%s exists %d times", email, times)
		}
	}
	if len(c.people) < n-1 {
		t.Errorf("only %d people of %d", len(c.people), n)
	}
}
