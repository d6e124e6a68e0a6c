package compliance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, seed)) }

// TestFault101NothingPersonalLeaves plants canaries wherever a call can carry
// one, provokes findings, and looks for them in all that leaves.
func TestFault101NothingPersonalLeaves(t *testing.T) {
	canaries := []string{"canarymail", "CANARYTOKEN", "CANARYID", "canaryvalue", "canarybody", "canarylabel", "canarystream", "CANARYTAG", "canarytenant"}
	var logs, hooks bytes.Buffer
	path := filepath.Join(t.TempDir(), "state")
	files, err := NewFileSnapshots(path)
	require.NoError(t, err)
	k, err := New(Config{
		Snapshots: files, Logger: slog.New(slog.NewTextHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		OnFinding: func(f Finding) {
			f.Tenant = ""
			fmt.Fprintf(&hooks, "%+v\n", f)
		},
		Gate: []string{"GT101"},
	})
	require.NoError(t, err)
	base := roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Body != nil {
			io.Copy(io.Discard, r.Body)
			r.Body.Close()
		}
		h := http.Header{"Etag": {`"CANARYTAG"`}, "Location": {"/contacts/CANARYID9"}, "Content-Type": {"application/json"}}
		doc := fmt.Sprintf(`{"_embedded":[%s{"id":"CANARYID"}],"totalCount":1200,"x":"canarybody"}`, strings.Repeat(`{"id":"CANARYID1","email":"canarymail@example.test"},`, 99))
		return &http.Response{StatusCode: 200 + len(r.Method)/4, Header: h, Body: io.NopCloser(strings.NewReader(doc)), Request: r}, nil
	})
	client := &http.Client{Transport: k.Intent(k.Wire(base))}
	do := func(method, url, body string, n int) {
		for i := range n {
			ctx := WithInitiator(context.Background(), Batch, "canarylabel@example.test")
			ctx = WithPurpose(FromWebhook(ctx, WebhookEvent{ID: "CANARYID", Topic: "canaryvalue", EntityID: "CANARYID"}), "canaryvalue")
			ctx = WithInitiator(ctx, Unknown, "canarystream=1 <b>")
			req, err := http.NewRequestWithContext(ctx, method, fmt.Sprintf(url, i+1), strings.NewReader(body))
			require.NoError(t, err)
			req.Header.Set("Authorization", "Bearer CANARYTOKEN")
			req.Header.Set("reapit-customer", "canarytenant")
			req.Header.Set("If-Match", `"CANARYTAG"`)
			resp, err := client.Do(req)
			if err != nil {
				fmt.Fprintln(&hooks, strings.ReplaceAll(err.Error(), req.URL.String(), ""))
				continue
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	}
	do("GET", "http://api.example.test/contacts/CANARYID%d?canaryvalue", "", 60)
	do("GET", "http://api.example.test/x/canarymail@example.test/%d", "", 10)
	do("PATCH", "http://api.example.test/contacts/CANARYID%d", `{"email":"canarymail@example.test","x":"canarybody"}`, 3)
	do("POST", "http://api.example.test/contacts/?n=%d", `{"email":"canarymail@example.test","x":"canarybody"}`, 12)
	do("POST", "http://login.example.test/oauth2/token?n=%d", `grant_type=client_credentials&client_secret=CANARYTOKEN`, 5)
	do("GET", "http://api.example.test/contacts/?name=canaryvalue&email=canarymail%%40example.test&pageSize=100&pageNumber=%d", "", 40)
	require.NoError(t, k.Sync(context.Background()))
	r := k.Report()
	require.GreaterOrEqual(t, len(rulesOf(r, Note)), 4, "%v", r.Findings)
	require.NoError(t, k.Close())

	sinks := map[string]string{"logs": logs.String(), "hooks": hooks.String()}
	for i := range r.Findings {
		require.Equal(t, "canarytenant", firstOf(r.Findings[i].Tenant, "canarytenant"), "the tenant is named to the app, in findings alone")
		r.Findings[i].Tenant = ""
	}
	b, err := json.Marshal(r)
	require.NoError(t, err)
	sinks["report"] = string(b)
	names, err := filepath.Glob(path + "*")
	require.NoError(t, err)
	for _, name := range names {
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		sinks["file "+filepath.Base(name)] = string(b)
	}
	require.NotEmpty(t, sinks["logs"])
	require.Contains(t, sinks["hooks"], "refused by rule")
	for name, text := range sinks {
		for _, c := range canaries {
			require.False(t, strings.Contains(strings.ToLower(text), strings.ToLower(c)), "%s is in the %s", c, name)
		}
	}
}

// TestFault102ManyTenants: ten thousand tenants fit inside the cap; a million
// calls' tenants stay inside it too, and what was forgotten is told.
func TestFault102ManyTenants(t *testing.T) {
	feed := func(k *Checker, tenants int) {
		for i := range tenants {
			k.Feed(Event{Time: day0.Add(time.Duration(i) * time.Second), Status: 200, Tenant: fmt.Sprint("T", i), URL: "https://api.example.test/contacts/K1X",
				ResponseHeader: http.Header{"Etag": {`"1"`}}})
			k.Feed(Event{Time: day0.Add(time.Duration(i) * time.Second), Status: 200, Tenant: fmt.Sprint("T", i), URL: "https://api.example.test/contacts/?pageNumber=1",
				Answer: &Answer{IDs: ids(0, 25), Total: 9000}})
		}
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	k, err := New(Config{})
	require.NoError(t, err)
	feed(k, 10_000)
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Zero(t, k.Report().Evicted)
	require.Equal(t, 10_000, k.Report().Tenants)
	require.Less(t, k.st.bytes, 32<<20)
	t.Logf("%d bytes a tenant by our count, %d by the heap's", k.st.bytes/10_000, (after.HeapAlloc-before.HeapAlloc)/10_000)
	require.Less(t, after.HeapAlloc-before.HeapAlloc, uint64(k.st.bytes)*5/4, "the count is the heap's, but for tables that Go's maps keep free")

	evictions := 0
	small, err := New(Config{MaxBytes: 1 << 20, Hooks: Hooks{Evicted: func(context.Context, Eviction) { evictions++ }}})
	require.NoError(t, err)
	feed(small, 3000)
	r := small.Report()
	require.LessOrEqual(t, small.st.bytes, 1<<20)
	require.Equal(t, r.Evicted, evictions)
	require.Positive(t, evictions)
	require.Contains(t, strings.Join(r.Missing, "\n"), "forgotten")
}
