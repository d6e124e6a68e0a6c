package compliance

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const childPath = "GOODTENANT_TEST_SNAPSHOTS"

// TestMain is a process to be killed, when asked to: it reads the first half of a
// collection, says so, and waits.
func TestMain(m *testing.M) {
	path := os.Getenv(childPath)
	if path == "" {
		os.Exit(m.Run())
	}
	files, err := NewFileSnapshots(path)
	if err == nil {
		var k *Checker
		if k, err = New(Config{Snapshots: files}); err == nil {
			for _, e := range sweepEvents(18) {
				k.Feed(e)
			}
			err = k.Sync(context.Background())
		}
	}
	fmt.Println("ready", err)
	select {}
}

// TestSurvivesKill: a process is killed in the middle of a sweep; the next one
// goes on with its state and sees the whole.
func TestSurvivesKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childPath+"="+path)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line := make([]byte, 64)
	n, err := out.Read(line)
	require.NoError(t, err)
	require.Equal(t, "ready <nil>", strings.TrimSpace(string(line[:n])))
	require.NoError(t, cmd.Process.Kill())
	cmd.Wait()

	files, err := NewFileSnapshots(path)
	require.NoError(t, err)
	k, err := New(Config{Snapshots: files})
	require.NoError(t, err)
	require.Equal(t, "0", k.syncing.replica, "the dead process's place")
	for _, e := range sweepEvents(36)[18:] {
		k.Feed(e)
	}
	require.Contains(t, rulesOf(k.Report(), Note), "GT101")
	require.NoError(t, k.Close())
	require.NotContains(t, rulesOf(check(t, sweepEvents(36)[18:], Config{}), Note), "GT101", "without the first half it is none")
}

func TestFileSnapshots(t *testing.T) {
	path := filepath.Join(t.TempDir(), "odd[name]*")
	files, err := NewFileSnapshots(path)
	require.NoError(t, err)
	one, free, err := files.Claim()
	require.NoError(t, err)
	two, free2, err := files.Claim()
	require.NoError(t, err)
	require.Equal(t, []string{"0", "1"}, []string{one, two})
	free()
	again, free3, err := files.Claim()
	require.NoError(t, err)
	require.Equal(t, "0", again)
	free2()
	free3()

	ctx := context.Background()
	require.NoError(t, files.SaveSnapshot(ctx, "0", []byte("a")))
	require.NoError(t, files.SaveSnapshot(ctx, "0", []byte("b")))
	info, err := os.Stat(path + ".0")
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.Error(t, files.SaveSnapshot(ctx, "../x", nil))
	require.NoError(t, os.Mkdir(path+".7", 0o700))
	require.NoError(t, os.Symlink("/dev/zero", path+".8"))
	all, err := files.LoadSnapshots(ctx)
	require.Error(t, err, "a directory and a link are told")
	require.Equal(t, map[string][]byte{"0": []byte("b")}, all)

	_, err = NewFileSnapshots("")
	require.Error(t, err)
	_, err = NewFileSnapshots(filepath.Join(t.TempDir(), "no", "where"))
	require.Error(t, err)
}

// busy is a checker that has seen a bit of everything.
func busy(t testing.TB, store Snapshots) *Checker {
	k, err := New(Config{Snapshots: store, SnapshotEvery: time.Hour, Replica: "r"})
	require.NoError(t, err)
	for _, es := range []events{sweepEvents(30), polling(time.Hour, 3, false), crawl(300, 5000, newRand(3))} {
		for _, e := range es {
			k.Feed(e)
		}
	}
	return k
}

// TestSnapshotRoundTrip: what is read is what was written.
func TestSnapshotRoundTrip(t *testing.T) {
	store := &memory{}
	k := busy(t, store)
	require.NoError(t, k.Sync(context.Background()))
	first := store.all["r"]
	sn, err := decode(first)
	require.NoError(t, err)
	require.Len(t, sn.series, len(k.st.series))
	require.Len(t, sn.holdings, 1)
	again, err := decode(sn.encode())
	require.NoError(t, err)
	require.Equal(t, sn, again)
	for _, cut := range []int{0, 1, 10, len(first) / 2, len(first) - 1} {
		_, err := decode(first[:cut])
		require.Error(t, err, "cut at %d", cut)
	}
	_, err = decode(append([]byte{99}, first[1:]...))
	require.Error(t, err, "another version")
	require.NoError(t, k.Close())
}

// FuzzSnapshot: no bytes make decoding panic, hang or grow; what it takes can be
// merged.
func FuzzSnapshot(f *testing.F) {
	store := &memory{}
	k := busy(f, store)
	require.NoError(f, k.Close())
	f.Add(store.all["r"])
	f.Add([]byte{1, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		sn, err := decode(data)
		if err != nil {
			return
		}
		whole := &series{}
		for _, s := range sn.series {
			whole.merge(s, 60)
			whole.merge(s.clone(), 60)
		}
		again, err := decode(sn.encode())
		require.NoError(t, err)
		require.Len(t, again.series, len(sn.series))
	})
}
