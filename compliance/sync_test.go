package compliance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// together feeds events to n replicas in turn (or to random ones) and gives what
// any of them finds; they share what they know every so often.
func together(t testing.TB, n int, es events, every time.Duration, shuffle *rand.Rand) map[string]Finding {
	t.Helper()
	store := &memory{}
	var all []*Checker
	for range n {
		k, err := New(Config{Snapshots: store, SnapshotEvery: time.Hour})
		require.NoError(t, err)
		defer k.Close()
		all = append(all, k)
	}
	next := es[0].Time.Add(every)
	syncAll := func() {
		for _, k := range all {
			require.NoError(t, k.Sync(context.Background()))
		}
	}
	for i, e := range es {
		for e.Time.After(next) {
			syncAll()
			next = e.Time.Add(every)
		}
		r := i % n
		if shuffle != nil {
			r = shuffle.IntN(n)
		}
		all[r].Feed(e)
	}
	syncAll()
	found := map[string]Finding{}
	for _, k := range all {
		for id, f := range rulesOf(k.Report(), Note) {
			if old, ok := found[id]; !ok || f.Severity > old.Severity {
				found[id] = f
			}
		}
	}
	return found
}

func sweepEvents(pages int) (es events) {
	for p := range pages {
		es = append(es, Event{Time: day0.Add(time.Duration(p) * 2 * time.Second), Duration: 100 * time.Millisecond, Status: 200, Tenant: "ABC",
			URL: fmt.Sprintf("https://api.example.test/contacts/?pageSize=100&pageNumber=%d", p+1), Answer: &Answer{IDs: ids(p*100, 100), Total: 20_000, Pages: 200}})
	}
	return es
}

// crawl reads entities by id, in an order that no counting-up shows.
func crawl(n, of int, rng *rand.Rand) (es events) {
	es = append(es, Event{Time: day0, Status: 200, Tenant: "ABC", URL: "https://api.example.test/contacts/?pageSize=1", Answer: &Answer{IDs: ids(0, 1), Total: of}})
	for i, id := range rng.Perm(of)[:n] {
		es = append(es, Event{Time: day0.Add(time.Duration(i+1) * 10 * time.Second), Duration: 100 * time.Millisecond, Status: 200, Tenant: "ABC",
			URL: fmt.Sprintf("https://api.example.test/contacts/K%dX", id*7919)})
	}
	return es
}

// TestReplicasSeeTogether splits violations over four processes, none of which
// sees enough alone.
func TestReplicasSeeTogether(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	numbered := func(n int) (es events) {
		for i := range n {
			es = append(es, Event{Time: day0.Add(time.Duration(i) * 5 * time.Second), Status: 200, Tenant: "ABC", URL: fmt.Sprintf("https://api.example.test/contacts/OXF%06d", 1000+i)})
		}
		return es
	}
	for _, c := range []struct {
		rule  string
		es    events
		every time.Duration
	}{
		{"GT101", sweepEvents(36), time.Minute},
		{"GT103", crawl(500, 10_000, rng), 10 * time.Minute},
		{"GT104", numbered(160), time.Minute},
		{"GT201", polling(5*time.Minute, 3, false)[:36], time.Minute},
		{"GT202", polling(5*time.Minute, 3, false)[:60], time.Minute},
		{"GT205", polling(10*time.Minute, 3, false), 2 * time.Hour},
	} {
		t.Run(c.rule, func(t *testing.T) {
			require.Contains(t, together(t, 1, c.es, c.every, nil), c.rule)
			require.Contains(t, together(t, 4, c.es, c.every, nil), c.rule)
			require.Contains(t, together(t, 4, c.es, c.every, rng), c.rule)
		})
	}
	// See that it is the merge that sees: alone, a quarter of a sweep is none.
	require.NotContains(t, rulesOf(check(t, sweepEvents(9), Config{}), Note), "GT101")
}
