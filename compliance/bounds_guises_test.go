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

// moreCases are those that are about who speaks, and about what was there before.
func moreCases() []exactly {
	const s = time.Second
	downwards := func(m *maker) { // each page ends where the one before began
		for i := range 30 {
			until := day0.AddDate(0, 0, -i).Format(time.RFC3339)
			m.add(2*s, listing("/contacts/?sortBy=-modified&pageSize=100&modifiedTo="+until, i*99, 100, 3000-i*99))
		}
	}
	spans := func(m *maker) { // each day of a month by itself
		for i := range 30 {
			from := day0.AddDate(0, 0, -i)
			m.add(2*s, listing(fmt.Sprintf("/contacts/?pageSize=100&modifiedFrom=%s&modifiedTo=%s", from.Format(time.RFC3339), from.AddDate(0, 0, 1).Format(time.RFC3339)), i*40, 40, 40))
		}
	}
	fast := func(label string) func(*maker) {
		return func(m *maker) {
			m.each(700, s/2, func(i int) Event { return entity(i%40, by(User, label)) })
		}
	}
	sandbox := func(tenant string) func(*maker) {
		return func(m *maker) {
			m.pages(2*s, "active=true", 0, 4000, 100, 4000, func(e *Event) { e.Tenant = tenant })
		}
	}
	thrice := func(rows int) func(*maker) { // the same rows at six, at noon and at six again
		return func(m *maker) {
			for d := range 6 {
				for h := 6; h <= 18; h += 6 {
					m.run(time.Duration(24*d+h)*time.Hour, 0, rows)
				}
			}
		}
	}
	morning := func(m *maker) { // the same thousand ids each day
		for d := range 6 {
			m.at = day0.Add(time.Duration(24*d+5) * time.Hour)
			for i := range 10 {
				list := ids(i*100, 100)
				m.add(s, Event{URL: "/contacts/?id=" + strings.Join(list, "&id="), Answer: &Answer{IDs: list}})
			}
		}
	}
	// late is an update that came too late, the entity as somebody else left it, and
	// then a second update.
	late := func(then string, tag string) func(*maker) {
		return func(m *maker) {
			m.add(s, entity(1, etag(`"1"`), holds(`{"a":1,"b":1,"c":1}`)))
			m.add(s, patch(1, `"1"`, `{"a":2}`, 412))
			m.add(s, entity(1, etag(`"2"`), holds(`{"a":1,"b":7,"c":1}`)))
			m.add(s, patch(1, tag, then, 204))
		}
	}
	return []exactly{
		{"backwards by the last row's time", "GT101", downwards, nil, Error},
		{"days, one by one", "GT101", spans, nil, 0},
		{"one person, too fast", "GT701", fast("ann"), nil, Error},
		{"some people, who are not told apart", "GT701", fast(""), nil, 0},
		{"a sweep of a customer", "GT101", sandbox("ABC"), nil, Error},
		{"a sweep of the sandbox", "GT101", sandbox("SBOX"), nil, Warning},
		{"thrice a day, hundreds of rows", "GT203", thrice(300), nil, Warning},
		{"thrice a day, a page", "GT203", thrice(100), nil, 0},
		{"the same ids each morning", "GT206", morning, nil, Error},
		{"a refused update, replayed", "GT503", late(`{"a":2}`, `"2"`), nil, 0},
		{"a refused update, as it was", "GT503", late(`{"a":2}`, `"1"`), nil, Error},
		{"a refused entity, whole over the new one", "GT503", late(`{"a":2,"b":1,"c":1}`, `"2"`), nil, Error},
	}
}
