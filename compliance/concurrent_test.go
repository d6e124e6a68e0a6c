package compliance

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/goodtenant/goodtenant/policy"
)

// TestManyAtOnce: calls, reports, snapshots, switches and Close from many
// goroutines; nothing is lost and nothing stays in flight.
func TestManyAtOnce(t *testing.T) {
	store := &memory{}
	k, err := New(Config{Snapshots: store, SnapshotEvery: time.Second, MaxBytes: 1 << 16, Gate: []string{"GT104"},
		Hooks: Hooks{Finding: func(context.Context, Finding) { panic("a hook's fault") }}})
	require.NoError(t, err)
	base := roundTrip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`[{"id":"1"},{"id":"2"}]`)), Request: r}, nil
	})
	tr := k.Intent(k.Wire(base))
	var wg sync.WaitGroup
	const callers, calls = 8, 200
	for g := range callers {
		wg.Go(func() {
			for i := range calls {
				req, _ := http.NewRequest("GET", fmt.Sprintf("http://api.example.test/tasks/?n=%d", i), nil)
				req.Header.Set("Reapit-Customer", fmt.Sprint("T", (g+i)%40))
				resp, err := tr.RoundTrip(req)
				if err != nil {
					t.Error(err)
					return
				}
				if i%3 == 0 { // Close while Read goes on
					go resp.Body.Close()
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		})
	}
	for range 2 {
		wg.Go(func() {
			for i := range 20 {
				k.Report()
				k.Findings()
				k.Used("T1", "tasks", "1")
				k.SetMode(policy.Mode(i % 2))
				if err := k.Sync(context.Background()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	require.Equal(t, callers*calls, k.Report().Calls)
	require.Zero(t, k.st.app.flight.live)
	require.LessOrEqual(t, k.st.bytes, 1<<16)
	require.NoError(t, k.Close())
}

// TestHotKey: what one key may grow to.
func TestHotKey(t *testing.T) {
	k, err := New(Config{})
	require.NoError(t, err)
	for i, e := range append(sweepEvents(200), append(polling(5*time.Minute, 3, false), crawl(5000, 200_000, newRand(9))...)...) {
		e.Time = day0.Add(time.Duration(i) * 20 * time.Second)
		k.Feed(e)
	}
	for _, s := range k.st.series {
		t.Logf("%s: %d bytes", s.key.collection, s.size()+seriesBytes)
		require.LessOrEqual(t, s.size()+seriesBytes, 20<<10)
	}
	require.Len(t, k.st.series, 1)
}
