package compliance

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMergedPurposeWithQuery: what replicas did together has no request to look
// at, so a purpose that asks for parameters is judged by what the calls sent.
func TestMergedPurposeWithQuery(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	feed := Purpose{Name: "website-feed", Routes: []string{"properties"}, Query: []string{"internetAdvertising"}}
	var all []*Checker
	for range 2 {
		snaps, err := NewFileSnapshots(path)
		require.NoError(t, err)
		k, err := New(Config{Snapshots: snaps, Purposes: []Purpose{feed}, SnapshotEvery: time.Hour})
		require.NoError(t, err)
		defer k.Close()
		all = append(all, k)
	}
	for i := range 40 {
		k := all[i%2]
		k.Feed(Event{Time: day0.Add(time.Duration(i) * time.Second), Method: "GET", Status: 200, Purpose: feed.Name, Stream: "feed", Tenant: "ABC",
			URL:    fmt.Sprintf("https://api.example.test/properties/?internetAdvertising=true&pageSize=100&pageNumber=%d", i+1),
			Answer: &Answer{IDs: idRange(i*100, 100), Total: 4000}})
	}
	for range 2 {
		for _, k := range all {
			require.NoError(t, k.Sync(context.Background()))
		}
	}
	f, ok := rulesOf(all[0].Report(), Note)["GT101"]
	require.True(t, ok, "%v", all[0].Findings())
	require.Equal(t, Note, f.Severity, "inside its bounds")
}

func idRange(from, n int) (ids []string) {
	for i := range n {
		ids = append(ids, fmt.Sprintf("X%06dQ", from+i))
	}
	return ids
}

// TestRetryAfterCountsFromTheHead: the platform's pause begins with its answer, not
// when the app closes the body.
func TestRetryAfterCountsFromTheHead(t *testing.T) {
	n := 0
	bubble(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		if n++; n == 1 {
			w.Header().Set("Retry-After", "2")
			w.WriteHeader(429)
		}
		io.WriteString(w, "{}")
	}, func(k *Checker, client *http.Client) {
		resp, err := client.Get("http://api.example.test/contacts/A1")
		require.NoError(t, err)
		time.Sleep(2100 * time.Millisecond)
		resp.Body.Close()
		get(t, client, context.Background(), "http://api.example.test/contacts/A1")
		require.Empty(t, rulesOf(k.Report(), Error), "%v", k.Findings())
	})
}

// TestRetryAfterByTheServersClock: a date is one of the server's clock, which its
// Date header tells.
func TestRetryAfterByTheServersClock(t *testing.T) {
	n := 0
	bubble(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		if n++; n == 1 {
			ahead := time.Now().Add(2 * time.Hour).UTC()
			w.Header().Set("Date", ahead.Format(http.TimeFormat))
			w.Header().Set("Retry-After", ahead.Add(3*time.Second).Format(http.TimeFormat))
			w.WriteHeader(429)
		}
		io.WriteString(w, "{}")
	}, func(k *Checker, client *http.Client) {
		get(t, client, context.Background(), "http://api.example.test/contacts/A1")
		time.Sleep(3100 * time.Millisecond)
		get(t, client, context.Background(), "http://api.example.test/contacts/A1")
		require.Empty(t, rulesOf(k.Report(), Error), "%v", k.Findings())
	})
}

// TestSiteIsOfTheMethodsOwnLine: reads of a route do not lend their line to writes,
// and the wire's findings name the app's line too.
func TestSiteIsOfTheMethodsOwnLine(t *testing.T) {
	bubble(t, Config{}, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "{}") }, func(k *Checker, client *http.Client) {
		for range 40 {
			get(t, client, context.Background(), "http://api.example.test/contacts/A1")
			time.Sleep(time.Minute)
		}
		patchBlindly(t, client, "http://api.example.test/contacts/A1")
		f, ok := rulesOf(k.Report(), Error)["GT504"]
		require.True(t, ok)
		require.Contains(t, f.Site, "hostile_test.go:", "%+v", f)
		require.Equal(t, f.Site, f.Evidence[0].Site)
	})
}

func patchBlindly(t *testing.T, c *http.Client, url string) {
	t.Helper()
	req, err := http.NewRequest("PATCH", url, strings.NewReader(`{"forename":"Ann"}`))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("reapit-customer", "ABC")
	resp, err := c.Do(req)
	require.NoError(t, err)
	resp.Body.Close()
}

// TestSyncAfterClose: the name of this process is given back by Close, so nothing
// may be written under it any more.
func TestSyncAfterClose(t *testing.T) {
	snaps, err := NewFileSnapshots(filepath.Join(t.TempDir(), "state"))
	require.NoError(t, err)
	k, err := New(Config{Snapshots: snaps})
	require.NoError(t, err)
	require.NoError(t, k.Sync(context.Background()))
	require.NoError(t, k.Close())
	require.ErrorIs(t, k.Sync(context.Background()), ErrClosed)
}

// TestSandboxOfCI: integration tests come fast and are soon over; load goes on.
func TestSandboxOfCI(t *testing.T) {
	run := func(calls int, every time.Duration) map[string]Finding {
		k, err := New(Config{})
		require.NoError(t, err)
		defer k.Close()
		for i := range calls {
			k.Feed(Event{Time: day0.Add(time.Duration(i) * every), Method: "GET", URL: fmt.Sprintf("https://api.example.test/contacts/A%d", i%7), Status: 200, Tenant: "SBOX", Initiator: System})
		}
		return rulesOf(k.Report(), Error)
	}
	require.NotContains(t, run(490, 80*time.Millisecond), "GT303", "490 calls in 40 s")
	require.NotContains(t, run(1500, 205*time.Millisecond), "GT303", "4.9 a second for 5 min")
	require.Contains(t, run(400, 180*time.Millisecond), "GT303", "5.6 a second for 72 s")
	require.Contains(t, run(2001, 290*time.Millisecond), "GT303", "2,001 in 10 min")
}

// TestSandboxLoadIsOneFinding: load is a tenant's, whatever collections it falls on.
func TestSandboxLoadIsOneFinding(t *testing.T) {
	k, err := New(Config{})
	require.NoError(t, err)
	defer k.Close()
	for i := range 900 {
		k.Feed(Event{Time: day0.Add(time.Duration(i) * 100 * time.Millisecond), Method: "GET", Status: 200, Tenant: "SBOX", Initiator: System,
			URL: fmt.Sprintf("https://api.example.test/%s/A%dQ", [...]string{"contacts", "properties", "offices"}[i%3], i%50)})
	}
	n := 0
	for _, f := range k.Findings() {
		if f.Rule == "GT303" {
			n++
			require.Empty(t, f.Collection)
		}
	}
	require.Equal(t, 1, n)
}

// TestMoreFindingsThanFit: in a fleet where every tenant has one, a finding is told
// once, not again with each call that pushes another one out.
func TestMoreFindingsThanFit(t *testing.T) {
	told := 0
	k, err := New(Config{OnFinding: func(Finding) { told++ }})
	require.NoError(t, err)
	defer k.Close()
	const tenants = 3 * maxFindings
	for i := range 3 * tenants {
		k.Feed(Event{Time: day0.Add(time.Duration(i) * time.Second), Method: "PATCH", URL: "https://api.example.test/contacts/A1", Status: 204,
			RequestHeader: http.Header{"If-Match": {"*"}}, Tenant: fmt.Sprint("T", i%tenants), Initiator: System})
	}
	require.LessOrEqual(t, told, tenants+10)
	require.Len(t, k.Findings(), maxFindings)
	require.Contains(t, strings.Join(k.Report().Missing, "\n"), "findings")
}

// TestClearsWhileNothingIsCalled: a live finding is cleared by time alone.
func TestClearsWhileNothingIsCalled(t *testing.T) {
	bubble(t, Config{}, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "{}") }, func(k *Checker, client *http.Client) {
		patchBlindly(t, client, "http://api.example.test/contacts/A1")
		require.False(t, rulesOf(k.Report(), Error)["GT504"].Cleared)
		time.Sleep(25 * time.Hour)
		require.True(t, rulesOf(k.Report(), Error)["GT504"].Cleared)
	})
}

// TestGateLeavesTokensAlone: a call for a token belongs to no tenant's stream.
func TestGateLeavesTokensAlone(t *testing.T) {
	bubble(t, Config{Gate: []string{"GT403"}}, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "{}") }, func(k *Checker, client *http.Client) {
		for range 25 {
			resp, err := client.Get("http://api.example.test/contacts/A1")
			if err == nil {
				resp.Body.Close()
			}
		}
		_, err := client.Get("http://api.example.test/contacts/A1")
		require.Error(t, err, "the gate is shut")
		resp, err := client.Post("http://api.example.test/oauth2/token", "application/x-www-form-urlencoded", strings.NewReader("grant_type=client_credentials"))
		require.NoError(t, err)
		resp.Body.Close()
	})
}

// TestBatchFetchAnswersAConflict: entities fetched again by an id filter are
// fetched again.
func TestBatchFetchAnswersAConflict(t *testing.T) {
	k, err := New(Config{})
	require.NoError(t, err)
	defer k.Close()
	url := "https://api.example.test/contacts/A1Q"
	match := http.Header{"If-Match": {`"v1"`}}
	k.Feed(Event{Time: day0, Method: "PATCH", URL: url, Status: 412, RequestHeader: match, Tenant: "ABC"})
	k.Feed(Event{Time: day0.Add(time.Second), Method: "GET", URL: "https://api.example.test/contacts/?id=A1Q&id=B2Q", Status: 200, Tenant: "ABC"})
	k.Feed(Event{Time: day0.Add(2 * time.Second), Method: "PATCH", URL: url, Status: 204, RequestHeader: http.Header{"If-Match": {`"v2"`}}, Tenant: "ABC"})
	require.NotContains(t, rulesOf(k.Report(), Note), "GT503")
}

// TestHugeNamesAndQueries: what an app or a hostile link sends is bounded.
func TestHugeNamesAndQueries(t *testing.T) {
	k, err := New(Config{MaxBytes: 4 << 20})
	require.NoError(t, err)
	defer k.Close()
	huge := strings.Repeat("x", 1<<16)
	grown := heapGrowth(func() {
		for i := range 300 {
			k.Feed(Event{Time: day0.Add(time.Duration(i) * time.Second), Method: "PATCH", Status: 204, Tenant: fmt.Sprint(huge, i), Stream: fmt.Sprint(huge, i), Label: fmt.Sprint(huge, i), Site: fmt.Sprint(huge, i), Initiator: User,
				URL: fmt.Sprintf("https://api.example.test/contacts/%s%d?id=1", huge, i)})
			k.Feed(Event{Time: day0.Add(time.Duration(i) * time.Second), Method: "GET", Status: 200, Tenant: fmt.Sprint(huge, i), Stream: fmt.Sprint(huge, i), Label: fmt.Sprint(huge, i), Site: fmt.Sprint(huge, i), Initiator: User,
				URL: "https://api.example.test/contacts/?id=1" + strings.Repeat("&id=2", 1<<13)})
		}
	})
	require.Less(t, grown, int64(8<<20))
	require.NotEmpty(t, k.Findings())
}

// heapGrowth is what f leaves on the heap.
func heapGrowth(f func()) int64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f()
	runtime.GC()
	runtime.ReadMemStats(&after)
	return int64(after.HeapAlloc) - int64(before.HeapAlloc)
}
