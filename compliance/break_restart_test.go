package compliance

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestBreakRestartForEachCall: where each call has a process of its own, as functions
// of a cloud have, what the calls come to is the same.
func TestBreakRestartForEachCall(t *testing.T) {
	pages := func(gap time.Duration, f func(i int) Event) events {
		return (&maker{at: day0.Add(2 * time.Hour)}).each(60, gap, f).es
	}
	for name, es := range map[string]events{
		"beyond the last id": pages(time.Second, func(i int) Event {
			e := listing("/contacts/?pageSize=100&active=true", i*100, 100, 6000-i*100)
			if i > 0 {
				e.URL += "&beyond=" + ids(i*100-1, 1)[0]
			}
			return e
		}),
		"beyond what nobody else knows": pages(time.Second, func(i int) Event {
			return listing(fmt.Sprintf("/contacts/?pageSize=100&active=true&beyond=z%d", i), i*100, 100, 6000-i*100)
		}),
		"from the last row's time": pages(time.Second, func(i int) Event {
			return listing("/contacts/?pageSize=100&modifiedFrom="+day0.Add(time.Duration(i)*time.Hour).Format(time.RFC3339), i*100, 100, 6000-i*100)
		}),
		"eight minutes a page": pages(8*time.Minute, func(i int) Event {
			return listing(fmt.Sprintf("/contacts/?pageSize=100&pageNumber=%d", i+1), i*100, 100, 6000)
		}),
	} {
		told := func(all map[string]Severity) Config {
			return Config{Key: []byte("0123456789abcdef"), OnFinding: func(f Finding) { all[f.Rule] = max(all[f.Rule], f.Severity) }}
		}
		one, each := map[string]Severity{}, map[string]Severity{}
		check(t, es, told(one))
		c := told(each)
		c.Snapshots, c.Replica = &memory{}, "r"
		for _, e := range es {
			k, err := New(c)
			require.NoError(t, err)
			k.Feed(e)
			require.NoError(t, k.Close())
		}
		require.Equal(t, Error, one["GT101"], name)
		require.Equal(t, one, each, name)
	}
}

// TestBreakScreenFromALaterTime: a screen shows what was changed in the last hours, and
// asks for it twice a minute: the same rows, which are none of a copy.
func TestBreakScreenFromALaterTime(t *testing.T) {
	for _, every := range []time.Duration{20 * time.Second, 50 * time.Second} {
		m := &maker{at: day0.Add(9 * time.Hour)}
		m.each(300, every, func(i int) Event {
			e := listing("/appointments/?pageSize=100&modifiedFrom="+m.at.Add(-8*time.Hour).Format(time.RFC3339), i/10, 100, 130)
			e.Initiator, e.Label = User, "front desk"
			return e
		})
		require.NotContains(t, rulesOf(check(t, m.es, Config{}), Warning), "GT101", every)
	}
}

// TestBreakSyncWhenOpened: a mobile app asks for what has changed whenever somebody
// opens it, thirty times a day. That some of the pauses are alike is chance.
func TestBreakSyncWhenOpened(t *testing.T) {
	for seed := range uint64(40) {
		m, rng := &maker{}, newRand(seed)
		last := day0.Add(-12 * time.Hour)
		for d := range 10 {
			m.at = day0.Add(time.Duration(d)*24*time.Hour + 7*time.Hour)
			for evening := m.at.Add(14 * time.Hour); m.at.Before(evening); {
				m.at = m.at.Add(time.Duration(rng.ExpFloat64() * float64(27*time.Minute)))
				n := rng.IntN(8)
				m.add(0, listing("/appointments/?negotiatorId=ANN&pageSize=100&modifiedFrom="+last.Format(time.RFC3339), rng.IntN(300), n, n))
				last = m.at
			}
		}
		f := rulesOf(check(t, m.es, Config{}), Warning)["GT201"]
		require.Empty(t, f.Message, seed)
	}
}

// TestBreakFirstMinute: replicas that start together do not know each other before
// their first Sync; a check made by one of them meanwhile is one.
func TestBreakFirstMinute(t *testing.T) {
	for _, checked := range []bool{true, false} {
		m := &maker{at: day0}
		for i := range 60 {
			mail := fmt.Sprintf("p%d@example.test", i)
			if !checked {
				mail = "else@example.test"
			}
			m.add(400*time.Millisecond, listing("/contacts/?email="+mail, 0, 0, 0))
			m.add(400*time.Millisecond, Event{Method: "POST", URL: "/contacts/", Status: 201, RequestBody: fmt.Appendf(nil, `{"email":"p%d@example.test"}`, i)})
		}
		for n := 1; n <= 4; n++ {
			found := newReplicas(t, n, Config{}).feed(m.es, 2*time.Minute, func(i int, e *Event) int { return (n - 1) * (1 - i%2) }).found()
			if checked {
				require.NotContains(t, found, "GT501", n)
			} else {
				require.Equal(t, Error, found["GT501"].Severity, n)
			}
		}
	}
}
