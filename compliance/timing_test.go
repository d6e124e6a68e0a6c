package compliance

import (
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// series of activity times, by human or bot.
func activity(t *testing.T) (human, bot map[string][]int64) {
	f, err := os.Open("../../shared/data/timestamps.csv.gz")
	if err != nil {
		t.Skip("the recorded activity times are not at hand")
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	human, bot = map[string][]int64{}, map[string][]int64{}
	r := csv.NewReader(z)
	for {
		line, err := r.Read()
		if err == io.EOF {
			return human, bot
		}
		require.NoError(t, err)
		at, err := strconv.ParseInt(line[2], 10, 64)
		if err != nil {
			continue // the heading
		}
		to := human
		if line[1] == "bot" {
			to = bot
		}
		to[line[0]] = append(to[line[0]], at)
	}
}

// copying makes each activity the start of a run of three pages of new rows, as a
// copier's would be: the times alone decide.
func copyingAt(times []int64) (es events) {
	row := 0
	for _, at := range times {
		for p := range 3 {
			es = append(es, Event{Time: time.Unix(at, 0).UTC().Add(time.Duration(p) * 300 * time.Millisecond), Status: 200, Tenant: "ABC",
				URL: fmt.Sprintf("https://api.example.test/contacts/?active=true&pageSize=100&pageNumber=%d", p+1), Answer: &Answer{IDs: ids(row, 100)}})
			row += 100
		}
	}
	return es
}

// TestTimingOfPeople: what people do by hand does not look scheduled. A window is
// one run of a series with enough runs before it to be judged.
func TestTimingOfPeople(t *testing.T) {
	human, bot := activity(t)
	timing := func(r Report) (rules []string) {
		for _, f := range r.Findings {
			if slices.Contains([]string{"GT201", "GT202", "GT203", "GT204"}, f.Rule) {
				rules = append(rules, fmt.Sprintf("%s %s x%d: %s", f.Rule, f.Severity, f.Count, f.Message))
			}
		}
		return rules
	}
	count := func(all map[string][]int64) (windows, alarms, flagged int) {
		for name, times := range all {
			slices.Sort(times)
			windows += max(0, len(times)-11)
			r := check(t, copyingAt(times), Config{})
			for _, f := range r.Findings {
				if slices.Contains([]string{"GT201", "GT202", "GT203", "GT204"}, f.Rule) {
					alarms += f.Count
				}
			}
			if found := timing(r); len(found) > 0 {
				flagged++
				t.Log(name, found)
			}
		}
		return windows, alarms, flagged
	}
	windows, alarms, flagged := count(human)
	t.Logf("people: %d windows of %d series, %d alarms (%.3f %%) in %d series", windows, len(human), alarms, 100*share(alarms, windows), flagged)
	require.LessOrEqual(t, share(alarms, windows), 0.0005)
	bw, ba, bf := count(bot)
	t.Logf("bots: %d windows of %d series, %d alarms in %d series", bw, len(bot), ba, bf)
	require.Positive(t, ba, "the rules can fire")
}
