package compliance

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestBreakHostileAnswers: no answer makes the checker stumble, grow or fall behind.
func TestBreakHostileAnswers(t *testing.T) {
	big := strings.Repeat("x", 1<<20)
	docs := map[string]string{
		"deep":        strings.Repeat("[", 1<<20),
		"deep rows":   `{"_embedded":[` + strings.Repeat(`{"a":`, 1<<20),
		"long ids":    `{"_embedded":[{"id":"` + big + `"},{"id":"` + big + `"}]}`,
		"numbers":     `{"_embedded":[{"id":1},{"id":1.5},{"id":-3},{"id":1e400},{"id":true},{"id":{}},{"id":[1]}]}`,
		"twice":       `{"_embedded":[{"id":"A","id":"B"}],"_embedded":[{"id":"C"}],"totalCount":1,"totalCount":7}`,
		"UTF-16":      "\xff\xfe{\x00\"\x00i\x00d\x00\"\x00",
		"quotes":      strings.Repeat(`"`, 1<<16),
		"backslashes": `{"id":"` + strings.Repeat(`\`, 1<<16) + `"}`,
		"closing":     strings.Repeat("]}", 1<<16),
		"empty names": `{"":{"":[{"":""}]}}`,
		"zero bytes":  "{" + strings.Repeat("\x00", 1<<16),
		"one row":     `{"_embedded":[{"id":"A1"}],"totalCount":900}`,
	}
	for _, doc := range []string{docs["twice"], docs["one row"]} {
		for cut := range len(doc) {
			docs[doc[:cut]] = doc[:cut]
		}
	}
	heads := []http.Header{
		{},
		{"Retry-After": {"99999999999999999999999"}, "Date": {"Fri, 31 Dec 9999 23:59:59 GMT"}, "Location": {"://%zz"}},
		{"Retry-After": {"Mon, 01 Jan 0001 00:00:00 GMT"}, "Date": {"nonsense"}, "Location": {"/contacts/" + big}},
		{"Retry-After": {"-9223372036854775808"}, "Location": {strings.Repeat("/a", 1<<16)}},
		{"Retry-After": {"9223372036854775807"}, "Location": {""}, "Etag": {""}},
		{"Etag": {`"` + big + `"`}, "Content-Type": {"application/json; " + big}, "Retry-After": {"", "7"}},
		{"Etag": nil, "Retry-After": nil, "Location": nil, "Date": nil, "Content-Type": nil, "Content-Encoding": nil},
	}
	flood := http.Header{}
	for i := range 20_000 {
		flood.Add(fmt.Sprint("X-", i), big[:100])
	}
	heads = append(heads, flood)
	k, err := New(Config{MaxBytes: 1 << 20, OnFinding: func(Finding) {}})
	require.NoError(t, err)
	sites := 0
	grown := heapGrowth(func() {
		for _, status := range []int{-1, 0, 200, 201, 299, 304, 412, 429, 503, 1 << 30} {
			for _, h := range heads {
				for _, doc := range docs {
					for _, method := range []string{"GET", "POST", "PATCH", "x" + big[:100]} {
						if len(doc) > 1<<10 && status != 200 {
							continue
						}
						rt := k.Intent(k.Wire(roundTrip(func(r *http.Request) (*http.Response, error) {
							return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(doc)), Request: r}, nil
						})))
						req, err := http.NewRequest(method, "http://api.example.test/contacts/", strings.NewReader(doc[:min(len(doc), 1<<17)]))
						require.NoError(t, err)
						resp, err := rt.RoundTrip(req)
						require.NoError(t, err)
						n, err := io.Copy(io.Discard, resp.Body)
						require.NoError(t, err)
						require.EqualValues(t, len(doc), n)
						require.NoError(t, resp.Body.Close())
						sites++
					}
				}
			}
		}
	})
	require.Less(t, grown, int64(12<<20))
	require.Zero(t, k.st.app.flight.live)
	require.NoError(t, k.Close())
	t.Logf("%d answers, %d KiB kept", sites, grown>>10)
}

// endless is a body without an end, of rows.
type endless struct{ left int }

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	const row = `{"id":"A1234567","x":[1,2,{"id":"n"}]},`
	n := copy(p, strings.Repeat(row, len(p)/len(row)+1))
	e.left -= n
	return n, nil
}

func (e *endless) Close() error { return nil }

// TestBreakLargeAnswer: of 100 MB no more than the bound is looked at, and nothing is
// kept of them.
func TestBreakLargeAnswer(t *testing.T) {
	k, err := New(Config{})
	require.NoError(t, err)
	rt := k.Intent(k.Wire(roundTrip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: struct {
			io.Reader
			io.Closer
		}{io.MultiReader(strings.NewReader(`{"_embedded":[`), &endless{100 << 20}), &endless{}}, Request: r}, nil
	})))
	req, _ := http.NewRequest("GET", "http://api.example.test/contacts/", nil)
	grown := heapGrowth(func() {
		resp, err := rt.RoundTrip(req)
		require.NoError(t, err)
		n, err := io.Copy(io.Discard, resp.Body)
		require.NoError(t, err)
		require.Greater(t, n, int64(100<<20))
		resp.Body.Close()
	})
	require.Less(t, grown, int64(1<<20))
	for _, s := range k.st.series {
		require.LessOrEqual(t, s.rows, uint64(1<<20/39+1))
	}
	require.NoError(t, k.Close())
}

// TestBreakFloods: a million tenants, streams, paths, labels and events stay inside
// the cap, while calls are in flight, and go on at the same speed.
func TestBreakFloods(t *testing.T) {
	const n = 1_000_000 / floodPart
	for name, event := range map[string]func(i int, e *Event){
		"tenants": func(i int, e *Event) { e.Tenant = fmt.Sprint("T", i) },
		"streams": func(i int, e *Event) { e.Stream = fmt.Sprint("s", i, "x") },
		"paths": func(i int, e *Event) {
			e.URL = fmt.Sprintf("https://api.example.test/%c%c%c/%c%c", 'a'+i%26, 'a'+i/26%26, 'a'+i/676%26, 'a'+i/17576%26, 'a'+i/3%26)
		},
		"labels":  func(i int, e *Event) { e.Initiator, e.Label = User, fmt.Sprint("u", i) },
		"events":  func(i int, e *Event) { e.Webhook = &WebhookEvent{ID: fmt.Sprint("e", i), Time: e.Time} },
		"queries": func(i int, e *Event) { e.URL = fmt.Sprintf("https://api.example.test/contacts/?q%d=%d", i, i) },
		"ids":     func(i int, e *Event) { e.URL = fmt.Sprintf("https://api.example.test/contacts/A%dQ", i*7919) },
		"sites":   func(i int, e *Event) { e.Site = fmt.Sprint("a/b.go:", i) },
	} {
		k, err := New(Config{MaxBytes: 4 << 20})
		require.NoError(t, err)
		held := k.Wire(roundTrip(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
		}))
		var bodies []io.Closer
		var first, last time.Duration
		grown := heapGrowth(func() {
			start := time.Now()
			for i := range n {
				e := Event{Time: day0.Add(time.Duration(i) * 20 * time.Millisecond), Method: "GET", Status: 200, Tenant: "ABC", URL: "https://api.example.test/contacts/?pageNumber=1",
					Answer: &Answer{IDs: []string{"A1", "A2"}, Total: 9000}}
				event(i, &e)
				k.Feed(e)
				if i%(n/20) == 0 {
					req, _ := http.NewRequest("GET", e.URL, nil)
					req.Header.Set("Reapit-Customer", e.Tenant)
					resp, err := held.RoundTrip(req)
					require.NoError(t, err)
					bodies = append(bodies, resp.Body)
				}
				switch i {
				case n / 5:
					first = time.Since(start)
				case n * 4 / 5:
					start = time.Now()
				}
			}
			last = time.Since(start)
		})
		for _, b := range bodies {
			require.NoError(t, b.Close())
		}
		t.Logf("%s: %d KiB, %v for the first fifth, %v for the last, %d evicted", name, grown>>10, first, last, k.Report().Evicted)
		require.Less(t, grown, int64(10<<20), name)
		require.LessOrEqual(t, k.st.bytes, 4<<20, name)
		require.Less(t, last, 6*first+time.Second, name)
		require.Zero(t, k.st.app.flight.live)
		require.LessOrEqual(t, len(k.Findings()), maxFindings)
		require.NoError(t, k.Close())
	}
	runtime.GC()
}

// TestBreakEvictionKeepsSlots: the sixth call in flight is the sixth, whatever was
// forgotten meanwhile.
func TestBreakEvictionKeepsSlots(t *testing.T) {
	k, err := New(Config{MaxBytes: 1 << 16})
	require.NoError(t, err)
	rt := k.Wire(roundTrip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
	}))
	var bodies []io.Closer
	for range 6 {
		req, _ := http.NewRequest("GET", "http://api.example.test/contacts/A1", nil)
		req.Header.Set("reapit-customer", "ABC")
		resp, err := rt.RoundTrip(req)
		require.NoError(t, err)
		bodies = append(bodies, resp.Body)
		for i := range 200 {
			k.Feed(Event{Time: time.Now(), Method: "GET", Status: 200, Tenant: fmt.Sprint("T", i), URL: "https://api.example.test/contacts/?pageNumber=1"})
		}
	}
	require.Positive(t, k.Report().Evicted)
	f := rulesOf(k.Report(), Error)["GT402"]
	require.Equal(t, "ABC", f.Tenant)
	require.EqualValues(t, 6, f.Measured)
	for _, b := range bodies {
		require.NoError(t, b.Close())
	}
	require.Zero(t, k.st.app.flight.live)
	require.NoError(t, k.Close())
}

// floodPart is the part of a million that is fed by default.
const floodPart = 20

// TestBreakCanaries: what is personal or secret, wherever an app or an attacker puts
// it, is in nothing that leaves but the findings' own names for tenant and stream,
// where it is plain.
func TestBreakCanaries(t *testing.T) {
	const canary = "canary"
	var out bytes.Buffer
	path := filepath.Join(t.TempDir(), "state")
	files, err := NewFileSnapshots(path)
	require.NoError(t, err)
	k, err := New(Config{Platform: Platform{Routes: []string{"/contacts/{id}"}}, Snapshots: files, Logger: slog.New(slog.NewTextHandler(&out, nil)),
		Tenant: func(*http.Request) string { panic(canary) }, Stream: func(context.Context) string { panic(canary) },
		OnFinding: func(f Finding) { fmt.Fprintf(&out, "%+v\n", f); panic(canary) }})
	require.NoError(t, err)
	rt := k.Intent(k.Wire(roundTrip(func(r *http.Request) (*http.Response, error) {
		h := http.Header{"Location": {"/canary/canary"}, "Etag": {canary}, "Retry-After": {canary}, "X-Canary": {canary}}
		return &http.Response{StatusCode: 429, Header: h, Body: io.NopCloser(strings.NewReader(`{"_embedded":[{"id":"canary"}],"canary":"canary"}`)), Request: r}, nil
	})))
	for i := range 40 {
		for _, method := range []string{"GET", "PATCH", "POST", "DELETE"} {
			ctx := FromWebhook(context.Background(), WebhookEvent{ID: canary, Topic: canary, EntityID: canary, Time: time.Now()})
			ctx = WithPurpose(WithInitiator(ctx, User, "canary@example.test"), canary)
			req, err := http.NewRequestWithContext(ctx, method, fmt.Sprintf("http://canary:canary@api.example.test/contacts/canary%d?canary%d=canary&x=2026-01-01T00:00:00", i, i), strings.NewReader(`{"email":"canary"}`))
			require.NoError(t, err)
			req.Header.Set("Authorization", canary)
			req.Header.Set("Cookie", canary)
			req.Header.Set("reapit-customer", "canary@")
			resp, err := rt.RoundTrip(req)
			require.NoError(t, err)
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	}
	require.NoError(t, k.Sync(t.Context()))
	require.NotEmpty(t, k.Findings())
	fmt.Fprintf(&out, "%+v", k.Report())
	data, err := files.LoadSnapshots(t.Context())
	require.NoError(t, err)
	fmt.Fprintf(&out, "%s", data)
	require.NoError(t, k.Close())
	if i := strings.Index(strings.ToLower(out.String()), canary); i >= 0 {
		t.Fatal(out.String()[max(0, i-300):min(i+100, out.Len())])
	}
}
