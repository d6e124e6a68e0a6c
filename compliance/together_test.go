package compliance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// split gives reads of one entity to the second half of n replicas, lists to the
// first.
func split(n int) func(int, *Event) int {
	return func(i int, e *Event) int {
		if strings.Contains(e.URL, "?") {
			return i % (n / 2)
		}
		return n/2 + i%(n/2)
	}
}

// opened lists pages of 25 and opens rows of them one by one, a second each.
func opened(pages, each int) events {
	m := &maker{at: day0}
	for p := range pages {
		m.add(time.Second, listing(fmt.Sprintf("/contacts/?active=true&pageNumber=%d", p+1), p*25, 25, 900))
		m.each(each, time.Second, func(i int) Event { return Event{URL: "/contacts/" + ids(p*25+i, 1)[0]} })
	}
	return m.es
}

// TestReplicasListHereOpenThere: lists are read by one process, their rows by
// another.
func TestReplicasListHereOpenThere(t *testing.T) {
	found := newReplicas(t, 4, Config{}).feed(opened(6, 24), time.Minute, split(4)).found()
	require.Contains(t, found, "GT107")
	require.Equal(t, "contacts", found["GT107"].Collection)
	require.NotContains(t, newReplicas(t, 4, Config{}).feed(opened(6, 4), time.Minute, split(4)).found(), "GT107", "a few of each page")
	late := opened(6, 24)
	for i := range late {
		if !strings.Contains(late[i].URL, "?") {
			late[i].Time = late[i].Time.Add(2 * time.Hour)
		}
	}
	require.NotContains(t, newReplicas(t, 4, Config{}).feed(late, time.Minute, split(4)).found(), "GT107", "not within minutes")
}

// loadTool is a script over a few URLs, with even pauses or in bursts.
func loadTool(calls int, pause time.Duration, burst int) events {
	m, rng := &maker{at: day0}, newRand(5)
	for i := range calls {
		gap := pause
		if burst > 0 {
			if gap = time.Millisecond * 20; i%burst == 0 {
				gap = time.Duration(burst) * pause
			}
		}
		m.add(gap, Event{URL: [...]string{"/contacts/A%dX", "/properties/B%dX", "/contacts/?name=Smith&n=%d", "/properties/?address=Oxford&n=%d"}[rng.IntN(4)]})
		e := &m.es[len(m.es)-1]
		e.URL, e.Duration = fmt.Sprintf(e.URL, rng.IntN(6)), 100*time.Millisecond
	}
	return m.es
}

// TestReplicasLoad: load that four processes make together.
func TestReplicasLoad(t *testing.T) {
	rng := newRand(6)
	four := func(es events) map[string]Finding { return together(t, 4, es, time.Minute, rng) }
	for _, seed := range []uint64{1, 2, 3} {
		rng = newRand(seed)
		require.Contains(t, four(loadTool(3000, 300*time.Millisecond, 0)), "GT302")
		require.NotContains(t, four(loadTool(1400, 300*time.Millisecond, 40)), "GT302", "in bursts, as people do")
		f := four(loadTool(3000, 300*time.Millisecond, 40))["GT302"]
		require.Contains(t, f.Unit, "many more than are usual", "in bursts, and too many")
		require.True(t, f.Last.After(day0), f.Last)
	}
	require.NotContains(t, rulesOf(check(t, loadTool(480, 300*time.Millisecond, 0), Config{}), Note), "GT302", "a quarter is none")

	sandbox := func(calls int, every time.Duration) events {
		m := &maker{at: day0}
		return m.each(calls, every, func(i int) Event { return Event{URL: fmt.Sprintf("/contacts/A%dX", i%7), Tenant: "SBOX"} }).es
	}
	require.Contains(t, four(sandbox(1300, 140*time.Millisecond)), "GT303", "seven a second for three minutes")
	require.Contains(t, four(sandbox(2200, 270*time.Millisecond)), "GT303", "2,200 in ten minutes")
	require.NotContains(t, four(sandbox(490, 80*time.Millisecond)), "GT303", "a CI run")
	require.NotContains(t, four(sandbox(1500, 205*time.Millisecond)), "GT303", "4.9 a second")

	slots := func(took time.Duration) events {
		m := &maker{at: day0}
		return m.each(1500, 400*time.Millisecond, func(i int) Event { return entity(i%50, func(e *Event) { e.Duration = took }) }).es
	}
	f, ok := four(slots(1900 * time.Millisecond))["GT301"]
	require.True(t, ok, "4.75 of 5 slots")
	require.InDelta(t, 0.95, f.Measured, 0.02)
	require.NotContains(t, four(slots(1600*time.Millisecond)), "GT301", "4 of 5 slots")
}

// TestReplicasRate: a second of one clock is not a second of another's.
func TestReplicasRate(t *testing.T) {
	// Each of four sends bursts of 10 in a second, each in its own second; their
	// clocks say that it was the same.
	bursts := func(seconds, each int) events {
		m := &maker{at: day0.Add(time.Hour)}
		for s := range seconds {
			m.at = day0.Add(time.Hour + time.Duration(s)*time.Second)
			for i := range each {
				m.add(time.Millisecond, entity(i%9))
			}
		}
		return m.es
	}
	feed := func(es events) Finding { return together(t, 4, es, time.Minute, nil)["GT403"] }
	require.Equal(t, Warning, feed(bursts(1, 40)).Severity, "one second, if clocks agree")
	require.Equal(t, Warning, feed(bursts(3, 40)).Severity, "three seconds, if clocks agree")
	require.Equal(t, Error, feed(bursts(10, 60)).Severity, "600 calls in 10 seconds, however wrong the clocks")
	require.Equal(t, Error, feed(bursts(60, 24)).Severity, "24 a second for a minute")
	require.NotEqual(t, Error, feed(bursts(120, 20)).Severity, "20 a second")
	require.Empty(t, feed(bursts(60, 16)).Severity)
}

// TestReplicasBudget: the day and the minutes near the limit are the whole app's.
func TestReplicasBudget(t *testing.T) {
	day := func(calls int) Finding {
		m := &maker{at: day0.Add(20 * time.Hour)}
		m.each(calls, time.Second, func(i int) Event { return entity(i % 40) })
		return newReplicas(t, 4, Config{Platform: Platform{PerDay: 1000}}).feed(m.es, time.Minute, func(i int, _ *Event) int { return i % 4 }).found()["GT404"]
	}
	require.Equal(t, Error, day(1200).Severity)
	require.NotEqual(t, Error, day(1100).Severity, "a clock that is wrong at midnight explains it")

	busy := func(minutes, each int) Finding {
		m := &maker{at: day0}
		m.each(minutes*60*each, time.Second/time.Duration(each), func(i int) Event { return entity(i % 40) })
		return together(t, 4, m.es, time.Minute, nil)["GT301"]
	}
	require.Equal(t, Warning, busy(3, 16).Severity)
	require.Equal(t, Error, busy(8, 16).Severity)
	require.Empty(t, busy(8, 12).Severity)
}

// TestReplicasOneUser: what is done under one label counts together, whichever
// process does it.
func TestReplicasOneUser(t *testing.T) {
	user := func(m *maker, n int, gap time.Duration, url func(i int) Event) events {
		return m.each(n, gap, func(i int) Event { return with(url(i), by(User, "user-1")) }).es
	}
	one := func(i int) Event { return entity(i % 40) }
	page := func(i int) Event { return listing(fmt.Sprintf("/contacts/?name=x&n=%d", i%90), i%90, 10, 10) }
	for name, c := range map[string]struct {
		breaks, keeps events
	}{
		"a minute": {user(&maker{at: day0}, 600, 700*time.Millisecond, one), user(&maker{at: day0}, 600, 1050*time.Millisecond, one)},
		"pages":    {user(&maker{at: day0}, 1100, 30*time.Second, page), user(&maker{at: day0}, 950, 30*time.Second, page)},
		"hours":    {user(&maker{at: day0}, 66, 20*time.Minute, one), user(&maker{at: day0.Add(3 * time.Hour)}, 57, 20*time.Minute, one)},
	} {
		rng := newRand(8)
		f, ok := together(t, 4, c.breaks, time.Minute, rng)["GT701"]
		require.True(t, ok, name)
		require.Equal(t, Error, f.Severity)
		require.NotContains(t, together(t, 4, c.keeps, time.Minute, rng), "GT701", name)
	}
}

// TestPaceOverRestarts: a user who never sleeps is seen, though the process starts
// anew every few hours.
func TestPaceOverRestarts(t *testing.T) {
	rs := newReplicas(t, 1, Config{})
	feed := func(hours int) {
		for i := range hours * 3 {
			if i%13 == 12 {
				rs.sync()
				rs.start(0, Config{})
			}
			rs.all[0].Feed(Event{Time: day0.Add(time.Duration(i) * 20 * time.Minute), Status: 200, Tenant: "ABC", Initiator: User, Label: "user-1", URL: fmt.Sprintf("https://api.example.test/contacts/A%dX", i%9)})
		}
	}
	feed(24)
	require.Contains(t, rs.found(), "GT701")
	snapshot := string(rs.store.all["r0"])
	require.NotContains(t, snapshot, "user-1")
	require.NotContains(t, snapshot, "ABC")

	rs = newReplicas(t, 1, Config{})
	feed(19)
	require.NotContains(t, rs.found(), "GT701")
}

// TestLiarElsewhere: a label that is not believed in one replica is not in
// another, whether that knows it already or not.
func TestLiarElsewhere(t *testing.T) {
	for _, known := range []bool{true, false} {
		rs := newReplicas(t, 2, Config{})
		read := func(r int, at time.Time, i int) {
			rs.all[r].Feed(Event{Time: at, Status: 200, Tenant: "ABC", Initiator: User, Label: "user-1", URL: fmt.Sprintf("https://api.example.test/contacts/A%dX", i)})
		}
		if known {
			read(1, day0, 0)
		}
		for i := range 600 {
			read(0, day0.Add(time.Duration(i)*700*time.Millisecond), i%40)
		}
		require.Contains(t, rulesOf(rs.all[0].Report(), Error), "GT701")
		read(0, day0.Add(40*time.Minute), 0) // what was fast is no longer counted
		rs.sync()
		// 1,500 rows are a sweep of a job's, not of a person's.
		for p := range 15 {
			e := sweepEvents(15)[p]
			e.Time, e.Initiator, e.Label = day0.Add(time.Hour+time.Duration(p)*10*time.Second), User, "user-1"
			e.Answer.Total, e.Answer.Pages = 2000, 20
			rs.all[1].Feed(e)
		}
		require.Contains(t, rulesOf(rs.all[1].Report(), Error), "GT101", "known: %v", known)
	}
	alone := newReplicas(t, 1, Config{})
	for p, e := range sweepEvents(15) {
		e.Time, e.Initiator, e.Label = day0.Add(time.Hour+time.Duration(p)*10*time.Second), User, "user-1"
		e.Answer.Total, e.Answer.Pages = 2000, 20
		alone.all[0].Feed(e)
	}
	require.NotContains(t, rulesOf(alone.all[0].Report(), Error), "GT101", "a person's")
}

// copyRuns are runs over the same rows, hours apart.
func copyRuns(runs, pages int, every time.Duration) *maker {
	m := &maker{}
	for r := range runs {
		m.at = day0.Add(time.Duration(r) * every)
		m.each(pages, time.Second, func(p int) Event {
			return listing(fmt.Sprintf("/properties/?forSale=true&pageSize=100&pageNumber=%d", p+1), p*100, 100, 0)
		})
	}
	return m
}

// TestReplicasCopyAgain: each run of a copy is made by another process, or every
// run by all of them.
func TestReplicasCopyAgain(t *testing.T) {
	const every = 3 * time.Hour
	byRun := func(_ int, e *Event) int { return int(e.Time.Sub(day0)/every) % 4 }
	rng := newRand(4)
	atRandom := func(int, *Event) int { return rng.IntN(4) }
	for name, to := range map[string]func(int, *Event) int{"a run each": byRun, "all in each": atRandom} {
		feed := func(m *maker) map[string]Finding {
			return newReplicas(t, 4, Config{}).feed(m.es, time.Minute, to).found()
		}
		require.Contains(t, feed(copyRuns(3, 20, every)), "GT206", name)
		require.NotContains(t, feed(copyRuns(2, 20, every)), "GT206", name)
		others := copyRuns(3, 20, every)
		for i := range others.es { // other rows each time
			others.es[i].Answer.IDs = ids(i*100, 100)
		}
		require.NotContains(t, feed(others), "GT206", name)
		m := copyRuns(3, 20, every)
		write := Event{Time: day0.Add(4 * time.Hour), Method: "DELETE", URL: "https://api.example.test/properties/OXF000001", Status: 204, Tenant: "ABC"}
		m.es = append(m.es[:40:40], append(events{write}, m.es[40:]...)...)
		require.NotContains(t, feed(m), "GT206", "%s, with a write in between", name)
	}
}

// TestReplicasSlices: the two pages of each slice go to two processes, neither of
// which has read a slice.
func TestReplicasSlices(t *testing.T) {
	slices := func(pages int) events {
		m := &maker{at: day0}
		m.add(time.Second, listing("/contacts/?pageSize=1", 0, 1, 4000))
		for i := range 9 { // 900 rows in each process
			m.each(pages, 2*time.Second, func(p int) Event {
				return listing(fmt.Sprintf("/contacts/?name=%c&pageSize=100&pageNumber=%d", 'a'+i, p+1), i*200+p*100, 100, 200)
			})
		}
		return m.es
	}
	pageOf := func(_ int, e *Event) int {
		if strings.HasSuffix(e.URL, "=2") {
			return 1
		}
		return 0
	}
	require.Contains(t, newReplicas(t, 2, Config{}).feed(slices(2), time.Minute, pageOf).found(), "GT102")
	require.NotContains(t, newReplicas(t, 2, Config{}).feed(slices(1), time.Minute, pageOf).found(), "GT102", "none was read to its end")
}

// TestReplicasRefetch: each process's fetches of what it knew, added up.
func TestReplicasRefetch(t *testing.T) {
	fetches := func(versions int) events {
		m := &maker{at: day0}
		return m.each(400, 20*time.Second, func(i int) Event { return entity(i/8%9, etag(fmt.Sprintf(`"%d"`, i/8*versions+i%8*versions/8))) }).es
	}
	four := func(es events) Finding { return together(t, 4, es, time.Minute, nil)["GT601"] }
	f := four(fetches(1))
	require.Equal(t, Warning, f.Severity)
	require.Contains(t, f.Unit, "all replicas")
	require.NotEqual(t, Warning, four(fetches(8)).Severity, "another version each time")
	require.NotEqual(t, Warning, rulesOf(check(t, fetches(1)[:100], Config{}), Note)["GT601"].Severity, "a quarter is too few")
}

// TestReplicasWebhooks: webhooks without an event, walked by four processes.
func TestReplicasWebhooks(t *testing.T) {
	m := &maker{at: day0}
	m.add(time.Second, listing("/contacts/?pageSize=1", 0, 1, 5000))
	es := m.each(1400, 8*time.Second, func(i int) Event {
		return entity(i, func(e *Event) { e.Initiator, e.Webhook = Webhook, &WebhookEvent{Topic: "changed"} })
	}).es
	require.Contains(t, together(t, 4, es, time.Minute, nil), "GT702")
}

// TestReplicasKnowAPerson: small pages and known rows are what they are, in
// several processes too.
func TestReplicasKnowAPerson(t *testing.T) {
	m := &maker{at: day0}
	for q := range 60 {
		m.each(5, 2*time.Second, func(p int) Event {
			return listing(fmt.Sprintf("/propertyImages/?propertyId=P%d&pageSize=10&pageNumber=%d", q, p+1), q*50+p*10, 10-p/4*3, 0)
		})
	}
	require.NotContains(t, together(t, 4, m.es, 10*time.Minute, newRand(3)), "GT102", "a person leafs through pictures")

	site := &maker{}
	for run := range 50 * 4 {
		site.at = day0.Add(time.Duration(run) * 15 * time.Minute)
		site.add(time.Second, listing("/properties/?town=x&pageSize=70", run/4*60, 70, 0))
	}
	require.NotContains(t, together(t, 1, site.es, 10*time.Minute, nil), "GT205")
	require.NotContains(t, together(t, 4, site.es, 10*time.Minute, newRand(3)), "GT205", "what one has shown is not new in another")
}

// TestReplicasConflict: a refetch by another replica is one; an update that the
// platform refuses again is noted, no more.
func TestReplicasConflict(t *testing.T) {
	conflict := func(rs *replicas, status int) Severity {
		url := "https://api.example.test/contacts/A1X"
		update := func(at int, tag string, status int) {
			rs.all[0].Feed(Event{Time: day0.Add(time.Duration(at) * time.Second), Method: "PATCH", URL: url, Status: status, RequestHeader: http.Header{"If-Match": {tag}}, Tenant: "ABC"})
		}
		rs.all[0].Feed(Event{Time: day0, URL: url, Status: 200, Tenant: "ABC", ResponseHeader: http.Header{"Etag": {`"1"`}}})
		update(1, `"1"`, 412)
		rs.all[len(rs.all)-1].Feed(Event{Time: day0.Add(2 * time.Second), URL: url + "?other=view", Status: 404, Tenant: "ABC"})
		update(3, `"2"`, status)
		return rulesOf(rs.all[0].Report(), Note)["GT503"].Severity
	}
	two := newReplicas(t, 2, Config{})
	two.sync()
	require.Zero(t, conflict(two, 204))
	two = newReplicas(t, 2, Config{})
	two.sync()
	require.Equal(t, Note, conflict(two, 412))
	require.Equal(t, Error, conflict(newReplicas(t, 1, Config{}), 204), "nobody else can have fetched it")
	require.NoError(t, two.all[0].Sync(context.Background()))
}

// TestReplicasUse: rows that one process fetches are used by another, or by none.
func TestReplicasUse(t *testing.T) {
	fetch := func(use int) map[string]Finding {
		rs := newReplicas(t, 2, Config{})
		rs.sync()
		m := &maker{at: day0}
		m.each(40, 2*time.Minute, func(i int) Event {
			return listing(fmt.Sprintf("/contacts/?active=true&pageNumber=%d", i+1), i*100, 100, 0)
		})
		for i, e := range m.es {
			rs.all[0].Feed(e)
			if i%4 == 0 {
				rs.all[0].Used("ABC", "contacts") // one row of 400
			}
			if use > 0 {
				rs.all[1].Feed(Event{Time: e.Time, Status: 200, Tenant: "ABC", URL: "https://api.example.test/contacts/A1X"})
				rs.all[1].Used("ABC", "contacts", ids(0, use)...)
			}
			if i%4 == 0 {
				rs.sync()
			}
		}
		return rs.found()
	}
	require.Contains(t, fetch(0), "GT207")
	require.NotContains(t, fetch(20), "GT207")
}

// TestReplicasOpenALongList: new entities stand in a row; each is opened by a
// process that has not listed it.
func TestReplicasOpenALongList(t *testing.T) {
	m := &maker{at: day0}
	for p := range 8 {
		m.add(time.Second, listing(fmt.Sprintf("/contacts/?active=true&pageNumber=%d", p+1), p*25, 25, 900))
	}
	m.each(200, 20*time.Second, func(i int) Event { return Event{URL: "/contacts/" + ids(i, 1)[0]} })
	require.NotContains(t, newReplicas(t, 4, Config{}).feed(m.es, time.Minute, split(4)).found(), "GT104")
	unlisted := m.es[8:]
	require.Contains(t, newReplicas(t, 4, Config{}).feed(unlisted, time.Minute, split(4)).found(), "GT104")
}

// TestReplicasCountOnce: what replicas did is counted once, however often they tell
// each other.
func TestReplicasCountOnce(t *testing.T) {
	rs := newReplicas(t, 2, Config{}).feed(loadTool(3000, 300*time.Millisecond, 0), time.Minute, func(i int, _ *Event) int { return i % 2 })
	before := rs.found()["GT302"]
	require.Positive(t, before.Count)
	for range 5 {
		rs.sync()
	}
	require.Equal(t, before, rs.found()["GT302"])
}

// TestRestoredTenantsFit: what is restored counts, and goes first.
func TestRestoredTenantsFit(t *testing.T) {
	rs := newReplicas(t, 1, Config{})
	for i := range 400 {
		rs.all[0].Feed(Event{Time: day0, Status: 200, Tenant: fmt.Sprint("T", i), Initiator: User, Label: "user-1", URL: "https://api.example.test/contacts/A1X"})
	}
	rs.sync()
	rs.start(0, Config{MaxBytes: 1 << 16})
	st := rs.all[0].st
	require.Len(t, st.dormantTenants, 400)
	rs.all[0].Feed(Event{Time: day0, Status: 200, Tenant: "T1", URL: "https://api.example.test/contacts/A1X"})
	require.LessOrEqual(t, st.bytes+st.dormantBytes, 1<<16)
	require.Less(t, len(st.dormantTenants), 400)
	require.Positive(t, rs.all[0].Report().Evicted)
}

// nightly reads pages of each of some collections, one after the other, on so many
// days, later each day as the minutes say.
func nightly(days, collections, pages, rows int, late func(day int) time.Duration) events {
	m := &maker{}
	for d := range days {
		m.at = day0.Add(time.Duration(24*d+3)*time.Hour + late(d))
		for c := range collections {
			for p := range pages {
				m.add(2*time.Second, listing(fmt.Sprintf("/%s/?active=true&pageSize=100&pageNumber=%d", [...]string{"contacts", "properties", "tasks", "offers"}[c], p+1), d*1000+p*rows, rows, 0))
			}
		}
	}
	return m.es
}

// TestReplicasJobs: a job that reads a little of several collections is one job,
// whatever process sends its calls.
func TestReplicasJobs(t *testing.T) {
	onTime := func(int) time.Duration { return 0 }
	slack := func(d int) time.Duration { return time.Duration(d*d%4) * 25 * time.Minute } // never quite so
	for name, c := range map[string]struct {
		es    events
		found bool
	}{
		"three collections":              {nightly(6, 3, 2, 100, onTime), true},
		"one of them":                    {nightly(6, 1, 2, 100, onTime), false},
		"days too few":                   {nightly(4, 3, 2, 100, onTime), false},
		"a page of each, at odd minutes": {nightly(6, 4, 1, 100, slack), false},
		"rows too few":                   {nightly(6, 4, 1, 60, onTime), false},
	} {
		for _, n := range []int{1, 4} {
			for _, shuffle := range []*rand.Rand{nil, newRand(1), newRand(2)} {
				f, found := together(t, n, c.es, 3*time.Hour, shuffle)["GT204"]
				require.Equal(t, c.found, found, "%s, %d processes: %s", name, n, f.Message)
				if found {
					require.Equal(t, Warning, f.Severity)
					require.Equal(t, 24*time.Hour, f.Period)
					require.Contains(t, f.Unit, "several collections")
				}
			}
		}
	}
}
