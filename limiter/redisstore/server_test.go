package redisstore

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// server is a real redis-server.
type server struct {
	addr   string // host:port
	socket string
	dir    string
	args   []string
	cmd    *exec.Cmd
}

var shared struct {
	sync.Mutex
	*server
	n int
}

// TestMain ends the server that the tests share.
func TestMain(m *testing.M) {
	code := m.Run()
	if s := shared.server; s != nil {
		s.kill()
		os.RemoveAll(s.dir)
	}
	os.Exit(code)
}

// common is the server that the tests of this binary share, on a unix socket and a
// loopback port.
func common(t testing.TB) *server {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		dir, err := os.MkdirTemp("", "redisstore")
		require.NoError(t, err)
		shared.server = launch(t, dir)
	}
	return shared.server
}

// own is a server for one test.
func own(t testing.TB, args ...string) *server {
	t.Helper()
	s := launch(t, t.TempDir(), args...)
	t.Cleanup(s.kill)
	return s
}

func launch(t testing.TB, dir string, args ...string) *server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("redis-server is not installed, and CI needs it (package redis-server)")
		}
		t.Skip("redis-server is not installed: the tests over a real server are left out")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	l.Close()
	s := &server{addr: addr, socket: filepath.Join(dir, "s"), dir: dir, args: args}
	s.start(t)
	return s
}

func (s *server) start(t testing.TB) {
	t.Helper()
	_, port, _ := net.SplitHostPort(s.addr)
	args := append([]string{"--port", port, "--bind", "127.0.0.1", "--unixsocket", s.socket, "--save", "", "--appendonly", "no",
		"--dir", s.dir, "--daemonize", "no", "--loglevel", "warning", "--logfile", filepath.Join(s.dir, "log")}, s.args...)
	s.cmd = exec.Command("redis-server", args...)
	require.NoError(t, s.cmd.Start())
	c := s.client(t)
	defer c.Close()
	for began := time.Now(); c.Ping(context.Background()).Err() != nil; time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > 10*time.Second {
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			t.Fatalf("redis-server does not answer: %s", log)
		}
	}
}

func (s *server) kill() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
}

func (s *server) client(t testing.TB) *redis.Client {
	return redis.NewClient(&redis.Options{Network: "unix", Addr: s.socket})
}

// app is a name that no other test has.
func app(t testing.TB) string {
	shared.Lock()
	defer shared.Unlock()
	shared.n++
	return "t" + strconv.Itoa(os.Getpid()) + "-" + strconv.Itoa(shared.n)
}

// settledState begins an app's state as one that was there before: without it, the
// first second of an app is quiet.
func settledState(t testing.TB, rdb redis.UniversalClient, app string) {
	t.Helper()
	require.NoError(t, rdb.HSet(context.Background(), "gt:{"+app+"}:s", "e", "1").Err())
}

// open opens a Store of an app; the test's end closes what is open.
func open(t testing.TB, rdb redis.UniversalClient, app string, opts ...Option) *Store {
	t.Helper()
	s, err := New(rdb, append([]Option{WithApp(app)}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func (s *server) String() string { return fmt.Sprintf("redis-server at %s", s.addr) }
