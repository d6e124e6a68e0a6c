package compliance

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestBreakClockStepsForth: a clock that was years ahead for a moment blinds no rule
// when it is put right, and shuts no gate for years.
func TestBreakClockStepsForth(t *testing.T) {
	for _, ahead := range []time.Duration{100 * time.Hour, 400 * 24 * time.Hour, 20 * 365 * 24 * time.Hour} {
		es := polling(5*time.Minute, 3, false)
		blip := slices.Clone(es[:6])
		for i := range blip {
			blip[i].Time = blip[i].Time.Add(ahead)
		}
		sandbox := func(at time.Time) (all events) {
			for i := range 2100 {
				all = append(all, Event{Time: at.Add(time.Duration(i) * 100 * time.Millisecond), Method: "GET", Status: 200, Tenant: "SBOX", URL: "https://api.example.test/contacts/A1"})
			}
			return all
		}
		all := append(append(slices.Clone(es[:3]), blip...), sandbox(day0.Add(ahead))...)
		all = append(append(all, es...), sandbox(day0.Add(49*time.Hour))...)
		found := rulesOf(check(t, all, Config{}), Warning)
		for _, rule := range []string{"GT201", "GT202", "GT205", "GT303"} {
			require.Contains(t, found, rule, "%v ahead", ahead)
			require.Less(t, found[rule].Last, day0.Add(100*time.Hour), "%v ahead: %s", ahead, rule)
		}
	}
}

// TestBreakAnyTime: no order and no value of times makes a finding storm, or a panic.
func TestBreakAnyTime(t *testing.T) {
	times := []time.Time{{}, time.Unix(0, 0), time.Unix(-1, 0), time.Unix(1<<32-1, 0), time.Unix(1<<32, 0), time.Date(2106, 2, 7, 6, 28, 14, 0, time.UTC), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(-5000, 1, 1, 0, 0, 0, 0, time.UTC), day0, day0.Add(-24 * time.Hour), day0.Add(1)}
	rng := newRand(5)
	base := append(append(sweepEvents(30), bitOfEverything()...), polling(time.Hour, 2, false)[:60]...)
	told := 0
	k, err := New(Config{OnFinding: func(Finding) { told++ }})
	require.NoError(t, err)
	for range 10 {
		for _, e := range base {
			e.Time = times[rng.IntN(len(times))]
			e.Duration = []time.Duration{0, -1, -1 << 63, 1<<63 - 1, time.Second}[rng.IntN(5)]
			func() {
				defer func() { require.Nil(t, recover()) }()
				d := k.d()
				x := d.get()
				require.True(t, d.event(x, &e))
				k.mu.Lock()
				if !x.token {
					k.begin(x, false)
				}
				k.judge(x)
				k.unlock(context.Background())
			}()
		}
	}
	require.LessOrEqual(t, told, 3*len(k.Findings())*len(times), "of %d events", 10*len(base))
}
