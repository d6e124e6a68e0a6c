package redisstore

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/goodtenant/goodtenant/compliance"
)

// Snapshots are replaced whole, live for eight days, and are bounded.
func TestSnapshots(t *testing.T) {
	rdb := common(t).client(t)
	defer rdb.Close()
	ctx := context.Background()
	name := app(t)
	a, b := open(t, rdb, name), open(t, rdb, name)
	all, err := a.LoadSnapshots(ctx)
	require.NoError(t, err)
	require.Empty(t, all)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 20 {
				data := bytes.Repeat([]byte{byte(j)}, 10_000+100*i)
				if err := []*Store{a, b}[i%2].SaveSnapshot(ctx, fmt.Sprint("replica ", i/2), data); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	all, err = b.LoadSnapshots(ctx)
	require.NoError(t, err)
	require.Len(t, all, 4)
	for replica, data := range all {
		require.NotEmpty(t, data)
		if bytes.Count(data, data[:1]) != len(data) {
			t.Errorf("%s is of two parts", replica)
		}
	}
	dump(t, rdb, "gt:{"+name+"}") // each key has an end
	require.Error(t, a.SaveSnapshot(ctx, "big", make([]byte, snapshotSize+1)))
	for i := range snapshotMost + 20 {
		require.NoError(t, a.SaveSnapshot(ctx, fmt.Sprint("many ", i), []byte("x")))
	}
	all, err = b.LoadSnapshots(ctx)
	require.NoError(t, err)
	require.Len(t, all, snapshotMost)
}

// Two checkers keep their states here, find each other's, and one that starts anew
// under its name goes on with what it knew; no id can be read in them.
func TestCheckersShareSnapshots(t *testing.T) {
	rdb := common(t).client(t)
	defer rdb.Close()
	ctx := context.Background()
	store := open(t, rdb, app(t))
	base := answers(func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(`{"id":"A"}`)), Request: req}, nil
	})
	start := func(replica string) (*compliance.Checker, http.RoundTripper) {
		k, err := compliance.New(compliance.Config{Snapshots: store, SnapshotEvery: time.Hour, Replica: replica})
		require.NoError(t, err)
		return k, k.Intent(k.Wire(base))
	}
	one, tr1 := start("one")
	two, tr2 := start("two")
	for i := range 40 {
		for _, tr := range []http.RoundTripper{tr1, tr2} {
			req, _ := http.NewRequest("GET", fmt.Sprintf("http://api.test/contacts/CON%06d", i%4), nil)
			resp, err := tr.RoundTrip(req)
			require.NoError(t, err)
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	}
	require.NoError(t, one.Sync(ctx))
	require.NoError(t, two.Sync(ctx))
	require.NoError(t, one.Sync(ctx))
	all, err := store.LoadSnapshots(ctx)
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.NotEmpty(t, all["one"])
	require.NotEmpty(t, all["two"])
	require.NotContains(t, string(all["one"]), "CON0000")
	require.NoError(t, two.Close())
	again, _ := start("two")
	require.NoError(t, again.Sync(ctx))
	require.NoError(t, again.Close())
	require.NoError(t, one.Close())
	after, err := store.LoadSnapshots(ctx)
	require.NoError(t, err)
	if len(after["two"]) < len(all["two"])*3/4 {
		t.Errorf("the state of a checker that began anew went from %d bytes to %d", len(all["two"]), len(after["two"]))
	}
}

type answers func(*http.Request) (*http.Response, error)

func (f answers) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
