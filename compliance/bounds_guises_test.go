package compliance

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// guiseCases are copies in guises other than pages of one query, and conduct that
// only looks like a fault, each beside what comes close to it.
func guiseCases() []exactly {
	const s = time.Second
	keyset := func(pause time.Duration) func(*maker) { // each page goes on from the last row's time
		return func(m *maker) {
			for i := range 30 {
				since := day0.AddDate(0, 0, i-400).Format(time.RFC3339)
				m.add(pause, listing("/contacts/?sortBy=created&pageSize=100&createdFrom="+since, i*100, 100, 3000-i*100))
			}
		}
	}
	bands := func(rows int) func(*maker) { // asks how many there are before it takes them
		return func(m *maker) {
			for i := range 20 {
				band := fmt.Sprintf("/contacts/?priceFrom=%d&priceTo=%d", i*100, i*100+100)
				m.add(s, listing(band+"&pageSize=1", i*100, 1, rows)).add(s, listing(band+"&pageSize=100", i*100, rows, rows))
			}
		}
	}
	anyhow := func(again int) func(*maker) { // 1,200 rows of 2,000 in twenty ways, and some of them once more
		return func(m *maker) {
			m.size(2000)
			for i := range 20 {
				m.page(s, fmt.Sprintf("%c=1", 'a'+i), 1, i*60, 60, 60)
				if i < again {
					m.page(s, fmt.Sprintf("%c=2", 'a'+i), 1, i*60, 60, 60)
				}
			}
		}
	}
	found := func(i int) Event {
		return with(lookup(i), func(e *Event) { e.Answer = &Answer{IDs: []string{"K1X"}} })
	}
	told := func(wait time.Duration) func(*maker) { // refused six times, and told to wait for a second
		return func(m *maker) {
			m.each(6, wait, func(int) Event {
				return entity(1, status(429), func(e *Event) { e.ResponseHeader = http.Header{"Retry-After": {"1"}} })
			})
		}
	}
	late := func(events int) func(*maker) { // reads that come ten minutes apart, for so many events of one time
		return func(m *maker) {
			m.each(24, 10*time.Minute, func(i int) Event {
				return entity(i, func(e *Event) { e.Webhook = &WebhookEvent{ID: fmt.Sprint(i % events), Time: day0} })
			})
		}
	}
	second := func(after time.Duration) func(*maker) { // two updates of one version, the first told after two seconds
		return func(m *maker) {
			m.add(after, with(patch(1, `"1"`, `{"a":2}`, 412), func(e *Event) { e.Duration = 2 * s }))
			m.add(s, patch(1, `"1"`, `{"b":2}`, 412))
		}
	}
	return []exactly{
		{"by the last row's time", "GT101", keyset(2 * s), nil, Error},
		{"by the last run's time", "GT101", keyset(10 * time.Minute), nil, 0},
		{"bands that are counted first", "GT102", bands(100), nil, Error},
		{"bands of hardly a row", "GT102", bands(2), nil, 0},
		{"half of the rows in twenty ways", "GT102", anyhow(0), nil, Error},
		{"half of the rows, many of them twice", "GT102", anyhow(12), nil, 0},
		{"found, and created again", "GT501", func(m *maker) { m.add(s, found(1)).add(s, newContact(1)) }, nil, Warning},
		{"somebody else was found", "GT501", func(m *maker) { m.add(s, found(2)).add(s, lookup(1)).add(s, newContact(1)) }, nil, 0},
		{"found once, and then no more", "GT501", func(m *maker) { m.add(s, found(1)).add(s, lookup(1)).add(s, newContact(1)) }, nil, 0},
		{"sooner than it was told", "GT405", told(s / 2), nil, Warning},
		{"as late as it was told", "GT405", told(s), nil, 0},
		{"one event for hours", "GT702", late(1), nil, Error},
		{"late reads of their own events", "GT702", late(24), nil, 0},
		{"before it knew of the conflict", "GT503", second(s), nil, 0},
		{"when it knew of the conflict", "GT503", second(2 * s), nil, Error},
	}
}

// TestFoundAndCreatedAgain: the search is seen by both views, its answer by the
// outer one.
func TestFoundAndCreatedAgain(t *testing.T) {
	for rows, want := range map[string]Severity{`[{"id":"K1X"}]`: Warning, `[]`: 0} {
		k, err := New(Config{})
		require.NoError(t, err)
		base := roundTrip(func(r *http.Request) (*http.Response, error) {
			resp := &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Request: r, Body: io.NopCloser(strings.NewReader(`{"_embedded":` + rows + `}`))}
			if r.Method == "POST" {
				resp.StatusCode, resp.Body = 201, http.NoBody
			}
			return resp, nil
		})
		rt := k.Intent(k.Wire(base))
		send := func(method, url, body string) {
			req, err := http.NewRequest(method, url, strings.NewReader(body))
			require.NoError(t, err)
			resp, err := rt.RoundTrip(req)
			require.NoError(t, err)
			io.Copy(io.Discard, resp.Body)
			require.NoError(t, resp.Body.Close())
		}
		send("GET", "https://api.example.test/contacts/?email=ann%40example.test", "")
		send("POST", "https://api.example.test/contacts/", `{"email":"ann@example.test"}`)
		_, sev := worstOf(k.Findings(), "GT501")
		require.Equal(t, want, sev, rows)
		require.NoError(t, k.Close())
	}
}
