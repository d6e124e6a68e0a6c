package compliance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// replicas are checkers that share what they know, when they are told to.
type replicas struct {
	t     testing.TB
	store *memory
	all   []*Checker
}

func newReplicas(t testing.TB, n int, c Config) *replicas {
	t.Helper()
	rs := &replicas{t: t, store: &memory{}}
	for i := range n {
		rs.all = append(rs.all, nil)
		rs.start(i, c)
	}
	t.Cleanup(func() {
		for _, k := range rs.all {
			require.NoError(t, k.Close())
		}
	})
	return rs
}

// start makes replica i, or makes it anew without a word from the old one.
func (rs *replicas) start(i int, c Config) {
	rs.t.Helper()
	c.Snapshots, c.SnapshotEvery, c.Replica = rs.store, time.Hour, fmt.Sprint("r", i)
	k, err := New(c)
	require.NoError(rs.t, err)
	rs.all[i] = k
}

func (rs *replicas) sync() {
	rs.t.Helper()
	for _, k := range rs.all {
		require.NoError(rs.t, k.Sync(context.Background()))
	}
}

// feed gives each event to the replica that to names; they share what they know
// every so often, and twice at the end.
func (rs *replicas) feed(es events, every time.Duration, to func(i int, e *Event) int) *replicas {
	rs.t.Helper()
	next := es[0].Time.Add(every)
	for i := range es {
		if es[i].Time.After(next) {
			rs.sync()
			next = es[i].Time.Add(every)
		}
		rs.all[to(i, &es[i])].Feed(es[i])
	}
	rs.sync()
	rs.sync()
	return rs
}

// found is the worst of each rule that any of them finds.
func (rs *replicas) found() map[string]Finding {
	found := map[string]Finding{}
	for _, k := range rs.all {
		for id, f := range rulesOf(k.Report(), Note) {
			if old, ok := found[id]; !ok || f.Severity > old.Severity {
				found[id] = f
			}
		}
	}
	return found
}

// together feeds events to n replicas in turn, or to random ones, and gives what
// any of them finds.
func together(t testing.TB, n int, es events, every time.Duration, shuffle *rand.Rand) map[string]Finding {
	t.Helper()
	return newReplicas(t, n, Config{}).feed(es, every, func(i int, _ *Event) int {
		if shuffle != nil {
			return shuffle.IntN(n)
		}
		return i % n
	}).found()
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
