package compliance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestBreakRestoredHoldings: what was restored counts towards the cap like the rest,
// and is not kept for ever.
func TestBreakRestoredHoldings(t *testing.T) {
	store := &memory{}
	key := []byte("0123456789abcdef")
	big, err := New(Config{Key: key, Snapshots: store, Replica: "r", MaxBytes: 256 << 20})
	require.NoError(t, err)
	for i := range 8000 {
		big.Feed(Event{Time: day0.Add(time.Duration(i) * time.Second), Method: "GET", Status: 200, Tenant: fmt.Sprint("T", i), URL: "https://api.example.test/contacts/?pageNumber=1",
			Answer: &Answer{IDs: ids(0, 100), Total: 9000}})
	}
	require.NoError(t, big.Close())

	var small *Checker
	grown := heapGrowth(func() {
		small, err = New(Config{Key: key, Snapshots: store, Replica: "r", MaxBytes: 1 << 20})
		require.NoError(t, err)
		small.Feed(Event{Time: day0.Add(3 * time.Hour), Method: "GET", Status: 200, Tenant: "T1", URL: "https://api.example.test/contacts/?pageNumber=1", Answer: &Answer{IDs: ids(0, 100), Total: 9000}})
	})
	require.Less(t, grown, int64(2<<20), "with a cap of 1 MiB")
	require.LessOrEqual(t, small.st.bytes+small.st.dormantBytes, 1<<20)
	require.NoError(t, small.Close())

	again, err := New(Config{Key: key, Snapshots: store, Replica: "r"})
	require.NoError(t, err)
	require.NoError(t, again.Close())
	for i := range 10 { // each day another process, and other tenants
		k, err := New(Config{Key: key, Snapshots: store, Replica: "r"})
		require.NoError(t, err)
		for j := range 50 {
			k.Feed(Event{Time: day0.Add(time.Duration(i+2) * 24 * time.Hour), Method: "GET", Status: 200, Tenant: fmt.Sprint("D", i, "-", j), URL: "https://api.example.test/contacts/?pageNumber=1",
				Answer: &Answer{IDs: ids(0, 25), Total: 9000}})
		}
		require.NoError(t, k.Close())
	}
	sn, err := decode(store.all["r"])
	require.NoError(t, err)
	require.LessOrEqual(t, len(sn.holdings), 50*9, "of ten days' tenants those of the last week")
	require.NotEmpty(t, sn.holdings)
}

// faulty are Snapshots that misbehave.
type faulty struct {
	memory
	load func(map[string][]byte) (map[string][]byte, error)
	save func() error
}

func (f *faulty) LoadSnapshots(ctx context.Context) (map[string][]byte, error) {
	all, err := f.memory.LoadSnapshots(ctx)
	if f.load != nil && err == nil {
		return f.load(all)
	}
	return all, err
}

func (f *faulty) SaveSnapshot(ctx context.Context, replica string, data []byte) error {
	if f.save != nil {
		if err := f.save(); err != nil {
			return err
		}
	}
	return f.memory.SaveSnapshot(ctx, replica, data)
}

// TestBreakSnapshotsPanic: a store that panics is one that fails.
func TestBreakSnapshotsPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &faulty{load: func(map[string][]byte) (map[string][]byte, error) { panic("load") }, save: func() error { panic("save") }}
		k, err := New(Config{Snapshots: store})
		require.NoError(t, err)
		require.Error(t, k.Sync(t.Context()))
		time.Sleep(5 * time.Minute)
		require.Error(t, k.Close())
	})
}

// TestBreakCloseFromHook: a hook that closes the checker, or syncs it, comes to an end,
// whoever calls it.
func TestBreakCloseFromHook(t *testing.T) {
	for name, call := range map[string]func(*Checker) error{
		"close": (*Checker).Close,
		"sync":  func(k *Checker) error { return k.Sync(context.Background()) },
		"ask": func(k *Checker) error {
			k.Report()
			k.Findings()
			k.Used("ABC", "contacts", "A")
			k.Feed(Event{Time: day0, Method: "GET", URL: "https://api.example.test/contacts/A1", Status: 200})
			return k.SetMode(0)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &memory{}
				var k *Checker
				var called atomic.Int32
				one, err := New(Config{Key: []byte("0123456789abcdef"), Snapshots: store, Replica: "one"})
				require.NoError(t, err)
				k, err = New(Config{Key: []byte("0123456789abcdef"), Snapshots: store, Replica: "two", OnFinding: func(Finding) {
					called.Add(1)
					if err := call(k); err != nil && !errors.Is(err, ErrClosed) {
						t.Error(err)
					}
				}})
				require.NoError(t, err)
				es := sweepEvents(36)
				for i, e := range es { // each alone has not enough
					[]*Checker{one, k}[i%2].Feed(e)
				}
				before := called.Load()
				require.NoError(t, one.Close())
				time.Sleep(5 * time.Minute)
				require.Greater(t, called.Load(), before, "the finding of both together")
				require.NoError(t, k.Close())
			})
		})
	}
}

// TestBreakSlowStore: Close does not wait for ever for a store that ignores contexts
// while it is being read.
func TestBreakSlowStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var slow atomic.Bool
		store := &faulty{}
		store.load = func(all map[string][]byte) (map[string][]byte, error) {
			if slow.Load() {
				time.Sleep(time.Hour)
			}
			return all, nil
		}
		k, err := New(Config{Snapshots: store})
		require.NoError(t, err)
		slow.Store(true)
		time.Sleep(61 * time.Second)
		start := time.Now()
		require.Error(t, k.Close())
		require.LessOrEqual(t, time.Since(start), time.Minute)
		time.Sleep(2 * time.Hour)
	})
}

// TestBreakCopyOfASnapshot: a copy of this process's own snapshot, or two of another's,
// are not further replicas.
func TestBreakCopyOfASnapshot(t *testing.T) {
	store := &faulty{}
	store.load = func(all map[string][]byte) (map[string][]byte, error) {
		for _, name := range slices.Collect(maps.Keys(all)) {
			for i := range 5 {
				all[fmt.Sprint(name, ".bak", i)] = all[name]
			}
		}
		return all, nil
	}
	key := []byte("0123456789abcdef")
	var all []*Checker
	for i := range 2 {
		k, err := New(Config{Key: key, Snapshots: store, Replica: fmt.Sprint("r", i), SnapshotEvery: time.Hour})
		require.NoError(t, err)
		defer k.Close()
		all = append(all, k)
	}
	for i := range 300 { // 2 a second each
		for _, k := range all {
			k.Feed(Event{Time: day0.Add(time.Duration(i) * 500 * time.Millisecond), Method: "GET", URL: fmt.Sprint("https://api.example.test/contacts/A", i%7), Status: 200, Tenant: "SBOX", Initiator: System})
		}
	}
	for range 3 {
		for _, k := range all {
			require.NoError(t, k.Sync(t.Context()))
		}
	}
	for _, k := range all {
		found := rulesOf(k.Report(), Warning)
		require.NotContains(t, found, "GT303", "%v", found["GT303"].Message)
		require.NotContains(t, found, "GT403", "%v", found["GT403"].Message)
		require.Equal(t, 1, k.replicas())
	}
}

// TestBreakManyReplicas: the snapshots of ten thousand replicas do not take the memory
// of ten thousand.
func TestBreakManyReplicas(t *testing.T) {
	seed := &memory{}
	k := busy(t, seed)
	require.NoError(t, k.Close())
	sn, err := decode(seed.all["r"])
	require.NoError(t, err)
	full := map[string][]byte{}
	for i := range 10_000 {
		sn.life = uint32(i + 1)
		full[fmt.Sprint("x", i)] = sn.encode()
	}
	store := &faulty{load: func(map[string][]byte) (map[string][]byte, error) { return full, nil }}
	k, err = New(Config{Key: []byte("0123456789abcdef"), Snapshots: store, Replica: "mine", SnapshotEvery: time.Hour})
	require.NoError(t, err)
	var most uint64
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = k.Sync(context.Background())
	}()
	for over := false; !over; {
		select {
		case <-done:
			over = true
		default:
			time.Sleep(10 * time.Millisecond)
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}
	}
	require.Error(t, err, "it is told")
	require.Less(t, len(err.Error()), 2000)
	t.Logf("at most %d MiB", most>>20)
	require.Less(t, most, uint64(1<<30))
	require.NoError(t, k.Close())
}
