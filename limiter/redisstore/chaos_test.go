//go:build unix

package redisstore

import (
	"context"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// running is a fleet of eight over a server, past its start.
type running struct {
	*server
	p    *platform
	all  []*process
	name string
}

func run(t *testing.T, s *server) *running {
	t.Helper()
	p := newPlatform(t, 20, 5, 60*time.Millisecond)
	r := &running{s, p, nil, app(t)}
	r.all = fleet(t, 8, orders{URL: p.url, Redis: s.socket, App: r.name, Workers: 3, Strict: true})
	time.Sleep(3 * time.Second)
	return r
}

// noneRefused is the judge's verdict over the whole run: Strict, so that it holds on
// a machine that stalls.
func (r *running) noneRefused(t *testing.T) {
	t.Helper()
	n, refused, _, _ := r.p.between(time.Time{}, time.Now())
	if refused > 0 || n < 60 {
		t.Errorf("%d of %d calls were refused by the platform: %v", refused, n, r.p.whys())
	}
}

// use is the part of the rate that was used in the next d.
func (r *running) use(t *testing.T, d time.Duration) (use float64, pause time.Duration) {
	t.Helper()
	from := time.Now()
	time.Sleep(d)
	n, _, _, pause := r.p.between(from, time.Now())
	return float64(n) / (20 * d.Seconds()), pause
}

// Of two that are killed, one by one, the others take over; what they held comes
// back.
func TestKilledProcesses(t *testing.T) {
	r := run(t, common(t))
	before, _ := r.use(t, span(12*time.Second, 60*time.Second))
	for range 2 {
		p := r.all[len(r.all)-1]
		r.all = r.all[:len(r.all)-1]
		require.NoError(t, p.Process.Kill())
		use, pause := r.use(t, span(15*time.Second, 60*time.Second))
		t.Logf("%.1f %% used after kill -9, %.1f %% before the first; longest pause %v", 100*use, 100*before, pause)
		if want := atLeast(0.98) * before; use < want {
			t.Errorf("%.1f %% used after a kill, want %.1f", 100*use, 100*want)
		}
	}
	r.noneRefused(t)
}

// A process that stands still for three seconds, and then goes on with what it held.
func TestStoppedProcess(t *testing.T) {
	r := run(t, common(t))
	for i := range 2 {
		p := r.all[i].Process
		require.NoError(t, p.Signal(syscall.SIGSTOP))
		use, _ := r.use(t, 3*time.Second)
		require.NoError(t, p.Signal(syscall.SIGCONT))
		after, _ := r.use(t, 3*time.Second)
		t.Logf("%.1f %% used meanwhile, %.1f %% after it", 100*use, 100*after)
	}
	r.noneRefused(t)
}

// The server forgets everything, five times.
func TestFlushed(t *testing.T) {
	r := run(t, common(t))
	rdb := r.client(t)
	defer rdb.Close()
	for range 5 {
		from := time.Now()
		mine, err := rdb.Keys(context.Background(), "gt:{"+r.name+"}*").Result()
		require.NoError(t, err)
		require.NotEmpty(t, mine)
		require.NoError(t, rdb.FlushAll(context.Background()).Err())
		time.Sleep(3 * time.Second)
		_, _, _, pause := r.p.between(from, time.Now())
		t.Logf("longest pause %v", pause)
		if pause < 700*time.Millisecond { // a start may have been given out for a quarter of a second ahead
			t.Errorf("a pause of %v: the loss was not noticed", pause)
		}
		if pause > 1200*time.Millisecond {
			t.Errorf("a pause of %v, want at most 1.2 s", pause)
		}
	}
	r.noneRefused(t)
}

// Without the script, without connections: nobody notices.
func TestScriptAndConnectionsLost(t *testing.T) {
	r := run(t, common(t))
	rdb := r.client(t)
	defer rdb.Close()
	ctx := context.Background()
	for what, do := range map[string]func() error{
		"SCRIPT FLUSH":           func() error { return rdb.ScriptFlush(ctx).Err() },
		"CLIENT KILL of pubsub":  func() error { return rdb.ClientKillByFilter(ctx, "TYPE", "pubsub").Err() },
		"CLIENT KILL of all":     func() error { return rdb.ClientKillByFilter(ctx, "TYPE", "normal", "SKIPME", "yes").Err() },
		"CLIENT PAUSE of 500 ms": func() error { return rdb.Do(ctx, "CLIENT", "PAUSE", "500", "ALL").Err() },
	} {
		require.NoError(t, do())
		use, pause := r.use(t, 4*time.Second)
		t.Logf("%s: %.1f %% used, longest pause %v", what, 100*use, pause)
		if use < 0.75 { // Strict, and half a second of pause in one of them
			t.Errorf("%s: %.1f %% used in the 4 s after it", what, 100*use)
		}
	}
	r.noneRefused(t)
}

// The server is killed and starts again with nothing.
func TestServerRestarted(t *testing.T) {
	r := run(t, own(t))
	r.kill()
	time.Sleep(700 * time.Millisecond)
	r.start(t)
	from := time.Now()
	time.Sleep(6 * time.Second)
	n, _, _, pause := r.p.between(from, time.Now())
	t.Logf("%d calls in the 6 s after the restart, longest pause %v", n, pause)
	if n < 50 || pause > 4*time.Second {
		t.Errorf("%d calls in the 6 s after the restart, longest pause %v", n, pause)
	}
	r.noneRefused(t)
}
