package compliance

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var day0 = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)

// events is a recording in the making.
type events []Event

func (es events) each(yield func(Event, error) bool) {
	for _, e := range es {
		if !yield(e, nil) {
			return
		}
	}
}

func ids(from, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("OXF%06d", from+i)
	}
	return out
}

func check(t testing.TB, es events, c Config) Report {
	t.Helper()
	r, err := Check(es.each, c)
	require.NoError(t, err)
	return r
}

func rulesOf(r Report, least Severity) map[string]Finding {
	m := map[string]Finding{}
	for _, f := range r.Findings {
		if f.Severity >= least {
			m[f.Rule] = f
		}
	}
	return m
}

// polling is 48 h of a connector that copies what changed since its last run.
func polling(every time.Duration, pages int, bound bool) (es events) {
	row := 0
	since := day0.Add(-every)
	for at := day0; at.Before(day0.Add(48 * time.Hour)); {
		start := at.Add(time.Duration(row*7919%5000) * time.Millisecond)
		for p := 1; p <= pages; p++ {
			e := Event{Time: start.Add(time.Duration(p-1) * 200 * time.Millisecond), Duration: 50 * time.Millisecond, Status: 200, Tenant: "ABC",
				URL:    fmt.Sprintf("https://api.example.test/contacts/?modifiedFrom=%s&pageSize=100&pageNumber=%d", url.QueryEscape(since.Format(time.RFC3339)), p),
				Answer: &Answer{IDs: ids(row, 100)}}
			if bound {
				e.Webhook = &WebhookEvent{ID: fmt.Sprint("ev", row/300), Time: start.Add(-30 * time.Second)}
			}
			row += 100
			es = append(es, e)
		}
		since = start
		at = at.Add(every)
	}
	return es
}

func TestField23PollingByWatermark(t *testing.T) {
	for _, c := range []struct {
		name  string
		every time.Duration
		pages int
	}{{"5 min", 5 * time.Minute, 3}, {"hourly", time.Hour, 30}} {
		t.Run(c.name, func(t *testing.T) {
			r := check(t, polling(c.every, c.pages, false), Config{})
			found := rulesOf(r, Warning)
			f, ok := found["GT201"]
			require.True(t, ok, "%v", r.Findings)
			require.Equal(t, Error, f.Severity)
			require.InDelta(t, c.every.Seconds(), f.Period.Seconds(), 10)
			require.Contains(t, f.Remedy, "webhook")
			require.Contains(t, found, "GT202")
			require.Contains(t, f.Message, "every")
			require.Contains(t, f.Message, "rows")
			require.NotEmpty(t, f.Evidence)
		})
	}
	r := check(t, polling(5*time.Minute, 3, true), Config{})
	require.Empty(t, rulesOf(r, Warning), "reads bound to webhook events")
}

func TestField23DetectsWithinFiveCalls(t *testing.T) {
	es := polling(5*time.Minute, 3, false)
	require.Contains(t, rulesOf(check(t, es[:13], Config{}), Error), "GT201", "the first page of the fifth run")
	require.NotContains(t, rulesOf(check(t, es[:12], Config{}), Note), "GT201")
}

func TestField24CycleOfCursors(t *testing.T) {
	cycle := func(withRows bool) (es events) {
		for i := range 600 {
			e := Event{Time: day0.Add(time.Duration(i) * time.Second), Duration: 300 * time.Millisecond, Status: 200, Tenant: "ABC",
				URL: "https://api.example.test/contacts/?cursor=" + string(rune('A'+i%2))}
			if withRows {
				e.Answer = &Answer{IDs: ids(i%2*100, 100)}
			}
			es = append(es, e)
		}
		return es
	}
	r := check(t, cycle(true), Config{})
	for _, f := range r.Findings {
		require.NotEqual(t, bulk, f.Clause, f.Message)
		require.NotEqual(t, limits, f.Clause, f.Message)
		require.NotEqual(t, schedule, f.Clause, f.Message)
	}
	f, ok := rulesOf(r, Warning)["GT601"]
	require.True(t, ok, "%v", r.Findings)
	require.Len(t, f.Evidence, 2, "one for each of the two cursors")
	require.NotEqual(t, f.Evidence[0].Note, f.Evidence[1].Note)
	for _, e := range f.Evidence {
		require.Equal(t, "cursor", e.Query)
		require.Contains(t, e.Note, "cursor")
	}

	r = check(t, cycle(false), Config{})
	require.NotContains(t, rulesOf(r, Note), "GT601")
	require.Len(t, r.Missing, 1)
	require.Contains(t, r.Missing[0], "no rows")
	for _, f := range r.Findings {
		require.NotEqual(t, bulk, f.Clause, f.Message)
	}
}
