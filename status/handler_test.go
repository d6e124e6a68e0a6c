package status

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goodtenant/goodtenant"
	"github.com/goodtenant/goodtenant/compliance"
	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/policy"
	"github.com/goodtenant/goodtenant/profile"
	"github.com/stretchr/testify/require"
)

var routes = []string{"/contacts", "/contacts/{id}", "GET /properties/{id}/images"}

func get(t *testing.T, h http.Handler, method, target string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, target, nil))
	return w
}

func TestPageSaysWhatTheSnapshotHolds(t *testing.T) {
	w := get(t, newHandler(busy, routes), "GET", "/")
	require.Equal(t, 200, w.Code)
	page := w.Body.String()
	for _, want := range []string{
		"Reapit Foundations", "limiter: enforce", "dedupe: observe", `http-equiv="refresh" content="2"`,
		"241,870", "of 250,000", "8,130 left", "spent in 3 h 12 min at the pace of the last hour", // a limit and its forecast
		`<rect class="fill high" width="96.75" height="6"/>`,
		"5 of 5", "PATCH waiting 340 ms", "POST waiting 1 min 11 s", "2 interactive, 4 normal", "12 background", "2.3 s", // a tenant
		"paused for 4.2 s: the platform asked for it (Retry-After)", "another client shares this budget?", "the busiest 4 of 148",
		"1 min 30 s ago", "concurrency of the tenant", "inside our limits",
		"balanced", "80 %", "4 ms", // guarantee, rate and guard in force
		"conflicts (412)", "17", "duplicates", "6,301",
		"GT101 page sweep", "seen 14 times", "/contacts: 9,870 rows measured, 500 allowed", "export/run.go:212", "Ask for what a user looks at",
		`class="spark"`, "What enforcing would have done", "41",
	} {
		require.True(t, strings.Contains(page, want), "the page has no %q", want)
	}
	require.Less(t, strings.Index(page, "GT101"), strings.Index(page, "GT607"), "the worst finding is first")
	require.NotContains(t, page, "<script")
}

func TestPageOfAnEmptyState(t *testing.T) {
	w := get(t, newHandler(func() goodtenant.Snapshot { return goodtenant.Snapshot{} }, nil), "GET", "/")
	require.Equal(t, 200, w.Code)
	require.Contains(t, w.Body.String(), "No call has been made yet.")
	require.Contains(t, w.Body.String(), "limiter: off")
}

func TestPageIsSelfContained(t *testing.T) {
	w := get(t, newHandler(crowded, routes, ShowTenants()), "GET", "/")
	require.Less(t, w.Body.Len(), 60_000, "at the most that a Snapshot holds")
	t.Logf("%d bytes busy, %d at most", get(t, newHandler(busy, routes), "GET", "/").Body.Len(), w.Body.Len())
	for _, outside := range []string{"http://", "https://", "src=", "url(", "@import", " style=", " on"} {
		page := w.Body.String()
		for rest := page; ; {
			i := strings.Index(rest, outside)
			if i < 0 {
				break
			}
			if outside == " on" && !strings.Contains(rest[i:min(len(rest), i+12)], "=") {
				rest = rest[i+3:]
				continue
			}
			t.Errorf("the page has %q", rest[max(0, i-40):min(len(rest), i+40)])
			break
		}
	}
}

func TestHeaders(t *testing.T) {
	w := get(t, newHandler(busy, routes), "GET", "/")
	csp := w.Header().Get("Content-Security-Policy")
	require.Contains(t, csp, "default-src 'none'")
	require.NotContains(t, csp, "unsafe")
	require.NotContains(t, csp, "script")
	require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	require.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
}

func TestMethods(t *testing.T) {
	h := newHandler(busy, routes)
	whole := get(t, h, "GET", "/?format=json")
	head := get(t, h, "HEAD", "/?format=json")
	require.Equal(t, 200, head.Code)
	require.Zero(t, head.Body.Len())
	require.Equal(t, fmt.Sprint(whole.Body.Len()), head.Header().Get("Content-Length"))
	for _, m := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"} {
		w := get(t, h, m, "/")
		require.Equal(t, 405, w.Code, m)
		require.Equal(t, "GET, HEAD", w.Header().Get("Allow"), m)
		require.NotContains(t, w.Body.String(), "Reapit")
	}
	require.Equal(t, 400, get(t, h, "GET", "/?format=xml").Code)
}

func TestJSONIsTheSnapshot(t *testing.T) {
	w := get(t, newHandler(busy, routes), "GET", "/?format=json")
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	var s goodtenant.Snapshot
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &s))
	require.Equal(t, 14, s.Limiter.App.InFlight)
	require.Equal(t, 241_870, s.Limiter.App.Limits[1].Used)
	require.Len(t, s.Recent, 60)
	var names func(v any, path string)
	names = func(v any, path string) {
		switch v := v.(type) {
		case map[string]any:
			for k, x := range v {
				if strings.ToLower(k) != k {
					t.Errorf("%s.%s is not in lower case", path, k)
				}
				names(x, path+"."+k)
			}
		case []any:
			for _, x := range v {
				names(x, path)
			}
		}
	}
	var raw any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &raw))
	names(raw, "")
}

func TestTenantsAreDigestsUnlessShown(t *testing.T) {
	a, b, shown := newHandler(busy, routes), newHandler(busy, routes), newHandler(busy, routes, ShowTenants())
	for _, target := range []string{"/", "/?format=json"} {
		hidden := get(t, a, "GET", target).Body.String()
		require.NotContains(t, hidden, "SMITH")
		require.NotContains(t, hidden, "nightly")
		require.NotContains(t, hidden, "f00")
		require.Contains(t, get(t, shown, "GET", target).Body.String(), "SMITH")
		require.Equal(t, hidden, get(t, a, "GET", target).Body.String(), "a digest stays the same")
		require.NotEqual(t, hidden, get(t, b, "GET", target).Body.String(), "and is new with every start: it cannot be looked up")
	}
	require.Equal(t, "SMITH", busy().Limiter.Tenants[0].Tenant)
}

func TestMaskLeavesTheSnapshotAlone(t *testing.T) {
	s := busy()
	s.Limiter.Store = &limiter.StoreState{LastErr: "dial secret"}
	m := newHandler(busy, routes).mask
	masked := m.snapshot(s)
	require.Equal(t, "SMITH", s.Limiter.Tenants[0].Tenant)
	require.NotEmpty(t, s.Findings[1].Evidence)
	require.Equal(t, "dial secret", s.Limiter.Store.LastErr)
	require.Equal(t, "see the log", masked.Limiter.Store.LastErr)
	require.Equal(t, "PATCH", masked.Limiter.Tenants[0].Holders[1].Method)
}

// hostile names, as in faults.md 100.
var hostile = []string{
	"<img src=x onerror=alert(1)>", "\u202Egnp.exe", "a\x00b", strings.Repeat("m", 1<<20), "\xff\xfe", "=cmd|calc", `"><script>alert(1)</script>`,
	"{{.}}", "</style><script>alert(1)</script>", "&lt;b&gt;", "'; --", "\n\n",
}

func TestFault100HostileNamesAreText(t *testing.T) {
	for _, name := range hostile {
		state := func() goodtenant.Snapshot {
			s := busy()
			s.Profile = name
			s.Limiter.App.Note, s.Limiter.App.Pause, s.Limiter.App.PausedFor = name, name, time.Second
			s.Limiter.App.Limits[0].Name = name
			for i := range s.Limiter.Tenants {
				s.Limiter.Tenants[i].Tenant = name
				s.Limiter.Tenants[i].Holders = []limiter.Holder{{Method: name, State: "body"}}
			}
			s.Findings = []compliance.Finding{{Rule: name, Title: name, Clause: name, Site: name, Remedy: name, Collection: name, Message: name, Stream: name, Unit: name, Severity: compliance.Error}}
			return s
		}
		h := newHandler(state, routes, ShowTenants())
		page := get(t, h, "GET", "/").Body.String()
		require.Equal(t, 1, strings.Count(page, "<style>"), "%.40q", name)
		for _, bad := range []string{"<img", "<script", "\u202E", "\x00", "\xff", "</style><"} {
			require.False(t, strings.Contains(page, bad), "%.40q puts %q into the page", name, bad)
		}
		require.Less(t, len(page), 60_000)
		require.True(t, json.Valid(get(t, h, "GET", "/?format=json").Body.Bytes()))
	}
}

// Field names of faults.md 101: with everything of the app's named by a secret,
// neither page nor JSON holds it.
func TestFault101NothingSecretIsShown(t *testing.T) {
	const canary = "CanarySmith"
	p := profile.Reapit().At("api.test")
	base := roundTrip(func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{"X-Echo": {canary}}, Body: io.NopCloser(strings.NewReader(`{"name":"` + canary + `"}`)), Request: req}, nil
	})
	tr, err := goodtenant.New(base, goodtenant.WithGuidelines(p))
	require.NoError(t, err)
	defer tr.Close()
	held, err := http.NewRequest("GET", "https://api.test/contacts/"+canary+"?email="+canary, nil)
	require.NoError(t, err)
	for _, method := range []string{"GET", "PATCH", "POST"} {
		req := held.Clone(compliance.WithInitiator(context.Background(), compliance.Schedule, canary))
		req.Method = method
		req.Header.Set("Reapit-Customer", canary)
		req.Header.Set("Authorization", "Bearer "+canary)
		if resp, err := tr.RoundTrip(req); err == nil {
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	}
	h := Handler(tr)
	for _, target := range []string{"/", "/?format=json"} {
		body := get(t, h, "GET", target).Body.String()
		if i := strings.Index(strings.ToLower(body), strings.ToLower(canary)); i >= 0 {
			t.Errorf("%s shows it: %s", target, body[max(0, i-80):min(len(body), i+40)])
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-1: "0 s", 0: "0 s", 900 * time.Microsecond: "900 µs", 40 * time.Millisecond: "40 ms", time.Second: "1 s", 2300 * time.Millisecond: "2.3 s",
		59 * time.Second: "59 s", time.Minute: "1 min", 71 * time.Second: "1 min 11 s", time.Hour: "1 h", 26*time.Hour + 5*time.Minute: "26 h 5 min",
	} {
		require.Equal(t, want, span(d))
	}
	require.Equal(t, []string{"0", "999", "1,000", "-1,234,567", "12,345"}, []string{count(0), count(999), count(1000), count(-1234567), count(uint64(12345))})
	require.Equal(t, []string{"3", "0.50", "12,345"}, []string{figure(3), figure(.5), figure(12345.6)})
}

func TestListenAndServeIsForThisMachine(t *testing.T) {
	for addr, want := range map[string]string{"": "127.0.0.1:6060", ":0": "127.0.0.1:", "127.0.0.1:0": "127.0.0.1:"} {
		l, err := listen(addr)
		if addr == "" && err != nil {
			continue // the port is taken
		}
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(l.Addr().String(), want), "%q listens on %v", addr, l.Addr())
		l.Close()
	}
	require.Error(t, ListenAndServe("no such address", newTransport(t)))

	srv := newServer(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, newHandler(busy, routes))
	open := newServer(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}, newHandler(busy, routes))
	for host, want := range map[string]int{"127.0.0.1:6060": 200, "localhost:6060": 200, "LOCALHOST": 200, "[::1]:6060": 200, "evil.example:6060": 421, "evil.example": 421, "127.0.0.1.evil.example": 421, "": 421} {
		req := httptest.NewRequest("GET", "/", nil)
		req.Host = host
		w := httptest.NewRecorder()
		srv.Handler.ServeHTTP(w, req)
		require.Equal(t, want, w.Code, host)
		w = httptest.NewRecorder()
		open.Handler.ServeHTTP(w, req)
		require.Equal(t, 200, w.Code, "whoever names a host has decided")
	}
}

func newTransport(t *testing.T) *goodtenant.Transport {
	tr, err := goodtenant.New(roundTrip(func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 204, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
	}), goodtenant.WithGuidelines(profile.Reapit().At("api.test")))
	require.NoError(t, err)
	t.Cleanup(func() { tr.Close() })
	return tr
}

func TestNilTransportPanics(t *testing.T) {
	require.Panics(t, func() { Handler(nil) })
}

// Field case 36: pollers of the status, callers, changing limits, and callbacks that
// themselves ask for the state hold nobody up, and each state is consistent.
func TestField36PollersHoldNobodyUp(t *testing.T) {
	var tr *goodtenant.Transport
	var ready sync.WaitGroup
	ready.Add(1)
	ask := func() { ready.Wait(); tr.Snapshot() }
	base := roundTrip(func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 204, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
	})
	limits := limiter.Limits{limiter.PerWindow(1_000_000, time.Second), limiter.Concurrent(5).EachTenant()}
	var err error
	tr, err = goodtenant.New(base, goodtenant.WithLimiter(limiter.Config{Limits: limits}), goodtenant.WithCompliance(compliance.Config{Mode: policy.Observe}),
		goodtenant.WithTenant(func(r *http.Request) string { ask(); return r.Header.Get("T") }),
		goodtenant.WithHooks(goodtenant.Hooks{Limiter: limiter.Hooks{Admitted: func(context.Context, limiter.Admitted) { ask() }}}))
	require.NoError(t, err)
	ready.Done()

	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	var longest struct {
		sync.Mutex
		time.Duration
	}
	var wg sync.WaitGroup
	loop := func(n int, f func(i int)) {
		for i := range n {
			wg.Go(func() {
				for ctx.Err() == nil {
					begun := time.Now()
					f(i)
					longest.Lock()
					longest.Duration = max(longest.Duration, time.Since(begun))
					longest.Unlock()
				}
			})
		}
	}
	h := Handler(tr)
	loop(2, func(int) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/?format=json", nil))
		var s goodtenant.Snapshot
		if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil {
			t.Error(err)
		}
		for _, sc := range append(s.Limiter.Tenants, s.Limiter.App) {
			for _, l := range sc.Limits {
				if l.Used-l.Over+l.Free != l.Max && l.Used+l.Free != l.Max {
					t.Errorf("used %d + free %d is not %d", l.Used, l.Free, l.Max)
				}
			}
		}
	})
	loop(20, func(i int) {
		req, _ := http.NewRequest("GET", "https://api.test/contacts", nil)
		req.Header.Set("T", fmt.Sprint("T", i%10))
		if resp, err := tr.RoundTrip(req); err == nil {
			resp.Body.Close()
		}
	})
	loop(1, func(int) {
		if err := tr.SetLimits(limits); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Millisecond)
	})
	loop(1, func(int) {
		tr.Over(base).CloseIdleConnections()
		time.Sleep(time.Millisecond)
	})
	wg.Wait()
	require.NoError(t, tr.Close())
	if longest.Duration > time.Second {
		t.Errorf("somebody waited for %v, want at most 1 s", longest.Duration)
	}
	require.NotZero(t, tr.Snapshot().Limiter.Totals.Admitted)
}
