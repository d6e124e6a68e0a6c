package compliance

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestSnapshotsOfOtherBuilds: what a later build has written is named and left as
// it is, beside this build's; an earlier build's is followed by this one's.
func TestSnapshotsOfOtherBuilds(t *testing.T) {
	later := append(binary.AppendUvarint(nil, snapshotVersion+1), "whatever a later build keeps"...)
	path := filepath.Join(t.TempDir(), "state")
	require.NoError(t, os.WriteFile(path+".0", later, 0o600))
	require.NoError(t, os.WriteFile(path+".1", append([]byte{snapshotVersion - 1}, "an earlier build's"...), 0o600))
	var logs bytes.Buffer
	start := func() *Checker {
		files, err := NewFileSnapshots(path)
		require.NoError(t, err)
		k, err := New(Config{Snapshots: files, SnapshotEvery: time.Hour, Logger: slog.New(slog.NewTextHandler(&logs, nil))})
		require.NoError(t, err)
		return k
	}
	k := start()
	for _, e := range sweepEvents(18) {
		k.Feed(e)
	}
	require.NoError(t, k.Sync(t.Context()))
	require.NoError(t, k.Close())
	kept, err := os.ReadFile(path + ".0")
	require.NoError(t, err)
	require.Equal(t, later, kept)
	require.Contains(t, logs.String(), (&versionError{snapshotVersion + 1}).Error())
	require.Contains(t, logs.String(), "replica 0")
	require.NotContains(t, logs.String(), "damaged")

	// The next process of this build goes on with this build's state.
	k, second := start(), start()
	for _, e := range sweepEvents(36)[18:] {
		k.Feed(e)
	}
	require.Contains(t, rulesOf(k.Report(), Note), "GT101")
	require.NoError(t, k.Close())
	require.NoError(t, second.Close())
	after, err := os.ReadFile(path + ".1")
	require.NoError(t, err)
	require.Equal(t, byte(snapshotVersion), after[0], "the earlier build's place is taken")
	kept, err = os.ReadFile(path + ".0")
	require.NoError(t, err)
	require.Equal(t, later, kept)
}

// TestLaterBuildUnderOneName: a later build that takes this process's name while it
// runs keeps its snapshot too.
func TestLaterBuildUnderOneName(t *testing.T) {
	rs := newReplicas(t, 1, Config{})
	rs.sync()
	later := binary.AppendUvarint(nil, snapshotVersion+1)
	require.NoError(t, rs.store.SaveSnapshot(t.Context(), "r0", later))
	rs.sync()
	require.Equal(t, later, rs.store.all["r0"])
	require.Contains(t, rs.store.all, fmt.Sprint("r0-v", snapshotVersion))
}
