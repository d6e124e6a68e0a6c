package redisstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/goodtenant/goodtenant/limiter"
)

func micros(n int64) time.Duration { return time.Duration(n) * time.Microsecond }
func microTime(n int64) time.Time  { return time.UnixMicro(n) }

// The script and the model are given the same random steps of five clients, at the
// same times: they answer the same, to the microsecond, and tell others the same.
func TestScriptIsTheModel(t *testing.T) {
	steps := int(span(12_000, 120_000))
	seed := uint64(43)
	r := rand.New(rand.NewPCG(seed, 1))
	t.Logf("%d steps, seed %d", steps, seed)
	rdb := common(t).client(t)
	defer rdb.Close()
	ctx := context.Background()
	sets := []limiter.Limits{
		{limiter.PerSecond(20), limiter.Concurrent(5).EachTenant(), limiter.PerDay(100_000)},
		{limiter.PerWindow(3, 300*time.Millisecond).EachTenant(), limiter.PerMinute(200), limiter.Concurrent(4)},
		{limiter.PerDay(60).EachTenant(), limiter.PerWindow(50, 2*time.Second)},
		{limiter.Concurrent(3), limiter.Concurrent(2).EachTenant(), limiter.PerDay(40)},
	}
	total, grants, pushes, refusals := 0, 0, 0, 0
	for total < steps {
		name := app(t)
		settledState(t, rdb, name)
		prefix := "gt:{" + name + "}"
		limits := sets[r.IntN(len(sets))]
		deafNow := map[string]bool{}
		m := newModel(func(client string) bool { return !deafNow[client] })
		ids := []string{"c0", "c1", "c2", "c3", "c4"}
		sub := rdb.Subscribe(ctx)
		for _, id := range ids {
			if id == "c4" {
				deafNow[id] = true // says that it hears, and does not
				continue
			}
			require.NoError(t, sub.Subscribe(ctx, prefix+":c:"+id))
			_, err := sub.Receive(ctx)
			require.NoError(t, err)
		}
		now := int64(1_795_000_000_000_000) + r.Int64N(1e9)
		n, epoch, seen, ack := map[string]uint64{}, map[string]int64{}, map[string]int64{}, map[string]uint64{}
		held := map[string][]settled{}
		for range 300 {
			now += []int64{r.Int64N(3000), r.Int64N(60_000), r.Int64N(400_000), r.Int64N(9_000_000)}[min(3, r.IntN(12)/3)]
			id, wall := ids[r.IntN(len(ids))], time.Now()
			k := &call{client: id, n: n[id] + 1, epoch: epoch[id], seen: seen[id], ack: int64(ack[id]), guard: micros(r.Int64N(3) * 5000),
				channel: prefix + ":c:" + id, publish: "PUBLISH", sig: "s", limits: limits}
			if id == "c3" {
				k.channel = "-"
			}
			if r.IntN(20) == 0 { // one that keeps to less
				k.limits = slices.Clone(limits)
				k.limits[0].Max = max(1, k.limits[0].Max/2)
				k.sig = "lower"
			}
			for i := range r.IntN(4) {
				k.asks = append(k.asks, want{fmt.Sprint("t", (i+r.IntN(2))%3), r.IntN(5), 1 + r.IntN(2)})
			}
			for range r.IntN(4) {
				if len(held[id]) == 0 {
					break
				}
				i := r.IntN(len(held[id]))
				d := held[id][i]
				held[id] = slices.Delete(held[id], i, i+1)
				switch r.IntN(5) {
				case 0:
					d.what, d.delta, d.at = unsent, -1, wall
				case 1:
					d.what = counted
					d.at = wall.Add(-micros(r.Int64N(100_000)))
				default:
					d.what, d.delta, d.at = counted|freed, r.IntN(2)*r.IntN(3), wall.Add(-micros(r.Int64N(2_000_000)))
				}
				k.done = append(k.done, d)
			}
			for _, d := range held[id] {
				if r.IntN(4) == 0 {
					k.holds = append(k.holds, hold{d.id, d.tenant, counted | freed})
				}
			}
			if r.IntN(60) == 0 {
				k.pauses = append(k.pauses, pause{[]limiter.Kind{limiter.Rate, limiter.Day}[r.IntN(2)], []string{"a", "tt0"}[r.IntN(2)], micros(r.Int64N(3_000_000))})
			}
			if c := m.clients[id]; r.IntN(40) == 0 && c != nil && now-c.seen < 80*second {
				k.n-- // sent again
			}
			got := runAt(t, rdb, prefix, k, now, wall)
			want, err := m.step(k, now, wall)
			require.NoError(t, err)
			if g, w := describeReply(got), describeReply(want); g != w {
				t.Fatalf("step %d of %v at %d by %+v:\nthe script says\n%sthe model says\n%s", total, limits, now, k, g, w)
			}
			if k.n == n[id] {
				continue
			}
			var said []string
			for range m.messages {
				msg, err := sub.ReceiveTimeout(ctx, 5*time.Second)
				require.NoError(t, err, "%v", m.messages)
				text := msg.(*redis.Message).Payload
				said = append(said, text)
				if f := strings.Fields(text); f[0] == "g" {
					g := fields{words: f[3:]}
					pushed := g.grant()
					held[f[1]] = append(held[f[1]], settled{id: pushed.id, tenant: pushed.tenant, label: pushed.label})
					if r.IntN(4) > 0 {
						ack[f[1]] = pushed.id
					}
					pushes++
				}
			}
			slices.Sort(said)
			slices.Sort(m.messages)
			require.Equal(t, m.messages, said)
			n[id], epoch[id], seen[id] = k.n, got.epoch, got.now
			for _, g := range got.grants {
				if !slices.ContainsFunc(held[id], func(d settled) bool { return d.id == g.id }) {
					held[id] = append(held[id], settled{id: g.id, tenant: g.tenant, label: g.label})
				}
				ack[id] = max(ack[id], g.id)
			}
			total, grants, refusals = total+1, grants+len(got.grants), refusals+len(got.refused)
		}
		sub.Close()
	}
	t.Logf("%d steps, %d grants, %d pushed, %d refusals", total, grants, pushes, refusals)
	if grants < total/4 || pushes < total/50 || refusals < total/100 {
		t.Error("the steps prove little")
	}
}

// runAt runs the script at a time: its first argument, which Stores leave empty.
func runAt(t *testing.T, rdb *redis.Client, prefix string, k *call, now int64, wall time.Time) reply {
	t.Helper()
	args := k.args(wall)
	require.Equal(t, "", args[0])
	args[0] = strconv.FormatInt(now, 10)
	text, err := script.Run(context.Background(), rdb, []string{prefix}, args...).Text()
	require.NoError(t, err)
	got, err := parse(text)
	require.NoError(t, err)
	return got
}
