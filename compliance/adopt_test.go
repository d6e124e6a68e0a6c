package compliance

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestKeyIsAdoptedUnderWay: replicas that started at the same moment agree on one
// key while calls are in flight, and the state stays one list.
func TestKeyIsAdoptedUnderWay(t *testing.T) {
	store := &memory{}
	make := func(s *memory, replica string) *Checker {
		k, err := New(Config{Snapshots: s, Replica: replica, SnapshotEvery: time.Hour})
		require.NoError(t, err)
		t.Cleanup(func() { k.Close() })
		return k
	}
	k := make(store, "a")
	base := roundTrip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
	})
	begin := func() *http.Response {
		req, err := http.NewRequest("GET", "https://api.example.test/contacts/K1X", nil)
		require.NoError(t, err)
		resp, err := k.Wire(base).RoundTrip(req)
		require.NoError(t, err)
		return resp
	}
	old := begin()
	mine := k.syncing.key
	for n := 0; bytes.Equal(mine, k.syncing.key); n++ {
		require.Less(t, n, 200, "no smaller key came up")
		other := &memory{}
		make(other, "b")
		store.SaveSnapshot(context.Background(), "b", other.all["b"])
		require.NoError(t, k.Sync(context.Background()))
	}
	require.NoError(t, old.Body.Close())
	require.NoError(t, begin().Body.Close())

	k.mu.Lock()
	defer k.mu.Unlock()
	units, size := 0, 0
	for u := k.st.root.next; u != &k.st.root; u = u.next {
		require.Same(t, u, u.next.prev)
		units, size = units+1, size+u.bytes
		if u.tenant != nil {
			require.Same(t, u.tenant, k.st.tenants[u.tenant.name])
		} else {
			require.Same(t, u.series, k.st.series[u.series.key])
		}
	}
	require.Equal(t, len(k.st.tenants)+len(k.st.series), units)
	require.Equal(t, k.st.bytes, size)
	require.Zero(t, k.st.app.flight.live)
}
