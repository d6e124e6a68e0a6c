package compliance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/goodtenant/goodtenant/internal/call"
	"github.com/goodtenant/goodtenant/internal/memnet"
	"github.com/goodtenant/goodtenant/policy"
)

// bubble runs f with a client through both views and a real server in memory.
func bubble(t *testing.T, c Config, handler http.HandlerFunc, f func(k *Checker, client *http.Client)) {
	synctest.Test(t, func(t *testing.T) {
		var network memnet.Network
		server := &http.Server{Handler: handler}
		go server.Serve(network.Listen(""))
		base := &http.Transport{DialContext: network.DialContext}
		k, err := New(c)
		require.NoError(t, err)
		f(k, &http.Client{Transport: k.Intent(k.Wire(base))})
		require.NoError(t, k.Close())
		base.CloseIdleConnections()
		server.Close()
	})
}

func page(rows, total int) string {
	doc := string(realistic(rows))
	return strings.Replace(doc, `"totalCount":900`, fmt.Sprintf(`"totalCount":%d`, total), 1)
}

func get(t *testing.T, c *http.Client, ctx context.Context, url string) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	require.NoError(t, err)
	req.Header.Set("reapit-customer", "ABC")
	resp, err := c.Do(req)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
}

// TestLiveSweep pages through a collection over a real client: the finding names
// this file, and the answers come through byte for byte.
func TestLiveSweep(t *testing.T) {
	doc := page(100, 4000)
	bubble(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, doc)
	}, func(k *Checker, client *http.Client) {
		for p := range 30 {
			get(t, client, context.Background(), fmt.Sprintf("http://api.example.test/contacts/?pageSize=100&pageNumber=%d", p+1))
			time.Sleep(time.Second)
		}
		f, ok := rulesOf(k.Report(), Error)["GT101"]
		require.True(t, ok, "%v", k.Findings())
		require.Contains(t, f.Site, "transport_test.go:")
		require.Equal(t, "ABC", f.Tenant)
		require.Equal(t, "contacts", f.Collection)
		require.Equal(t, "pageNumber&pageSize", f.Evidence[0].Query)
		require.Empty(t, k.Report().Missing)
	})
}

func TestLiveInFlightEndsWithTheBody(t *testing.T) {
	bubble(t, Config{}, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "{}") }, func(k *Checker, client *http.Client) {
		open := func(n int) (bodies []io.ReadCloser) {
			for range n {
				resp, err := client.Get("http://api.example.test/contacts/K1X")
				require.NoError(t, err)
				bodies = append(bodies, resp.Body)
			}
			return bodies
		}
		for _, b := range open(5) {
			require.NoError(t, b.Close())
		}
		require.NotContains(t, rulesOf(k.Report(), Note), "GT402")
		time.Sleep(2 * time.Second)
		bodies := open(6)
		require.Contains(t, rulesOf(k.Report(), Error), "GT402", "the sixth open body")
		for _, b := range bodies {
			b.Close()
		}
		require.Zero(t, k.st.app.flight.live)
		require.Zero(t, k.st.tenants[""].flight.live)
	})
}

// TestLiveViews: retries, lookups and refetches are the wire's only.
func TestLiveViews(t *testing.T) {
	bubble(t, Config{}, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "{}") }, func(k *Checker, client *http.Client) {
		ctx := context.Background()
		wire := &http.Client{Transport: client.Transport.(*Transport).Unwrap()}
		get(t, client, ctx, "http://api.example.test/contacts/K1X")
		get(t, wire, call.WithOrigin(ctx, call.Lookup), "http://api.example.test/contacts/?email=a")
		get(t, wire, call.WithResend(ctx, 1), "http://api.example.test/contacts/K1X")
		require.Equal(t, 1, k.Report().Calls)
		require.EqualValues(t, 3, k.st.app.day.all)
		require.Len(t, k.st.tenants["ABC"].checks, 1)
	})
}

// TestLiveWriteBodies: a body without GetBody is looked at as it is sent, and
// arrives whole; the caller's request is not touched.
func TestLiveWriteBodies(t *testing.T) {
	var got []string
	bubble(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got = append(got, string(b))
		w.WriteHeader(http.StatusCreated)
	}, func(k *Checker, client *http.Client) {
		const doc = `{"email":"Ann@Example.test","surname":"Lee"}`
		for _, body := range []io.Reader{strings.NewReader(doc), io.NopCloser(strings.NewReader(doc))} {
			get(t, client, context.Background(), "http://api.example.test/contacts/?email=ann%40example.TEST")
			req, _ := http.NewRequest("POST", "http://api.example.test/contacts/", body)
			req.Header.Set("reapit-customer", "ABC")
			before := *req
			resp, err := client.Do(req)
			require.NoError(t, err)
			resp.Body.Close()
			require.Equal(t, before.Body, req.Body)
		}
		require.Equal(t, doc, got[1])
		require.Equal(t, doc, got[3])
		require.NotContains(t, rulesOf(k.Report(), Note), "GT501", "checked by the same address, spelt otherwise")
		req, _ := http.NewRequest("POST", "http://api.example.test/contacts/", io.NopCloser(strings.NewReader(`{"email":"other@example.test"}`)))
		req.Header.Set("reapit-customer", "ABC")
		resp, err := client.Do(req)
		require.NoError(t, err)
		resp.Body.Close()
		require.Contains(t, rulesOf(k.Report(), Note), "GT501")
	})
}

func TestGate(t *testing.T) {
	var gated int
	c := Config{Gate: []string{"GT101"}, Hooks: Hooks{Gated: func(context.Context, GateError) { gated++; panic("a hook's fault") }}}
	doc := page(100, 4000)
	calls := 0
	bubble(t, c, func(w http.ResponseWriter, r *http.Request) {
		calls++
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, doc)
	}, func(k *Checker, client *http.Client) {
		sweep := func(n int) (err error) {
			for p := range n {
				ctx := WithInitiator(context.Background(), Batch, "copy")
				req, _ := http.NewRequestWithContext(ctx, "GET", fmt.Sprintf("http://api.example.test/contacts/?pageSize=100&pageNumber=%d", p+1), nil)
				var resp *http.Response
				if resp, err = client.Do(req); err != nil {
					return err
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
			return nil
		}
		err := sweep(40)
		refused, ok := errors.AsType[*GateError](err)
		require.True(t, ok)
		require.Equal(t, "GT101", refused.Rule)
		require.NotContains(t, refused.Error(), "copy")
		require.Equal(t, 20, calls, "half of the collection came through")
		resp, err := client.Get("http://api.example.test/properties/?pageSize=100")
		require.NoError(t, err, "another collection")
		resp.Body.Close()

		require.NoError(t, k.SetMode(policy.Observe))
		require.NoError(t, sweep(3))
		require.Equal(t, 4, gated)
		require.Equal(t, 1, k.Report().Refused)
		require.Equal(t, 3, k.Report().WouldRefuse)
		require.NoError(t, k.SetMode(policy.Enforce))
		require.Error(t, sweep(1))
		time.Sleep(25 * time.Hour)
		require.NoError(t, sweep(1), "cleared by a day without it")
		require.ErrorContains(t, k.SetMode(9), "9")
	})
}

// TestWatchesOnly: what the checker hands on is the base's own answer.
func TestWatchesOnly(t *testing.T) {
	fault := errors.New("dial failed")
	k, err := New(Config{})
	require.NoError(t, err)
	closed := 0
	base := roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == "/fault" {
			return nil, fault
		}
		if r.URL.Path == "/panic" {
			panic("base")
		}
		return &http.Response{StatusCode: 200, Header: http.Header{}, Trailer: http.Header{"X": nil}, Body: closer{strings.NewReader(`[{"id":"1"}]`), &closed}, Request: r}, nil
	})
	tr := k.Intent(k.Wire(base)).(*Transport)
	req, _ := http.NewRequest("GET", "http://api.example.test/fault", nil)
	_, err = tr.RoundTrip(req)
	require.Equal(t, fault, err, "bare")
	req, _ = http.NewRequest("GET", "http://api.example.test/panic", nil)
	require.Panics(t, func() { tr.RoundTrip(req) })
	require.Zero(t, k.st.app.flight.live)
	req, _ = http.NewRequest("GET", "http://api.example.test/rows", nil)
	resp, err := tr.RoundTrip(req)
	require.NoError(t, err)
	require.Same(t, req, resp.Request)
	b, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, `[{"id":"1"}]`, string(b))
	require.NoError(t, resp.Body.Close())
	require.NoError(t, resp.Body.Close())
	require.Equal(t, 2, closed)

	require.NoError(t, k.Close())
	require.NoError(t, k.Close())
	_, err = tr.Over(base).RoundTrip(req)
	require.NoError(t, err, "a closed checker lets calls pass")
	require.NotNil(t, tr.WrappedRoundTripper())
	require.Equal(t, policy.Enforce, tr.Mode())
	tr.CloseIdleConnections()
}

// TestAlone: one view without the other judges both; hosts that are not the
// platform's pass by.
func TestAlone(t *testing.T) {
	base := roundTrip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
	})
	tr, err := NewTransport(base, Config{Platform: Platform{Hosts: []string{"api.example.test"}}})
	require.NoError(t, err)
	for _, url := range []string{"http://API.example.test:80/tasks/", "http://other.example.test/tasks/", "http://other.example.test/oauth2/token"} {
		req, _ := http.NewRequest("GET", url, nil)
		_, err := tr.RoundTrip(req)
		require.NoError(t, err)
	}
	require.Equal(t, 1, tr.Checker().Report().Calls)
	require.EqualValues(t, 1, tr.k.st.app.day.all)
	require.NoError(t, tr.Close())
}

// TestEventJSON: an event is a line of a recording and comes back as it was.
func TestEventJSON(t *testing.T) {
	e := Event{Time: day0, Duration: time.Second, Method: "GET", URL: "https://api.example.test/", Status: 200, Initiator: Webhook, View: WireView,
		RequestHeader: http.Header{"A": {"b"}}, ResponseBody: []byte("{}"), Webhook: &WebhookEvent{ID: "e", Time: day0}, Answer: &Answer{IDs: []string{"1"}, Total: 3}}
	b, err := json.Marshal(e)
	require.NoError(t, err)
	var back Event
	require.NoError(t, json.Unmarshal(b, &back))
	require.Equal(t, e, back)
	require.ErrorContains(t, json.Unmarshal([]byte(`{"initiator":"nobody"}`), &back), "nobody")
	var p Platform
	b, err = json.Marshal(Platform{}.WithDefaults())
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &p))
	require.Equal(t, Platform{}.WithDefaults(), p)
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type closer struct {
	io.Reader
	n *int
}

func (c closer) Close() error { *c.n++; return nil }

func TestInbound(t *testing.T) {
	var seen *claim
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { seen = claimOf(r.Context()) })
	mux := http.NewServeMux()
	mux.Handle("GET /diary/{day}", Inbound(h, VerifiedWebhook(func(r *http.Request) (WebhookEvent, bool) {
		return WebhookEvent{ID: r.Header.Get("X-Event")}, r.Header.Get("X-Event") != ""
	})))
	serve := func(name, value string) {
		req, _ := http.NewRequest("GET", "/diary/7", nil)
		req.Header.Set(name, value)
		mux.ServeHTTP(nil, req)
	}
	serve("Cookie", "s=1")
	require.Equal(t, &claim{initiator: User, stream: "GET /diary/{day}"}, seen)
	serve("X-Other", "1")
	require.Equal(t, Unknown, seen.initiator)
	serve("X-Event", "e1")
	require.Equal(t, Webhook, seen.initiator)
	require.Equal(t, "e1", seen.event.ID)
	ctx := WithPurpose(WithInitiator(context.Background(), Batch, "job"), "feed")
	require.Equal(t, &claim{initiator: Batch, label: "job", purpose: "feed"}, claimOf(ctx))
}

func TestConfigErrors(t *testing.T) {
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{Mode: 7}, "Config.Mode is"},
		{Config{Scan: 9}, "Config.Scan is"},
		{Config{MaxScan: -1}, "Config.MaxScan is -1"},
		{Config{MaxBytes: 5}, "Config.MaxBytes is 5"},
		{Config{SnapshotEvery: time.Millisecond}, "Config.SnapshotEvery is 1ms"},
		{Config{Key: []byte("short")}, "Config.Key has 5 bytes"},
		{Config{Gate: []string{"GT999"}}, `Config.Gate holds "GT999"`},
		{Config{Off: []string{"x"}}, `Config.Off holds "x"`},
		{Config{Thresholds: Thresholds{SweepRows: -1}}, "Thresholds.SweepRows is -1"},
		{Config{Purposes: []Purpose{{}}}, "Purposes[0].Name"},
		{Config{Purposes: []Purpose{{Name: "a"}}}, "Purposes[0].Routes"},
		{Config{Purposes: []Purpose{{Name: "a", Routes: []string{"/contacts/"}}}}, "Purposes[0].Approved"},
		{Config{Purposes: []Purpose{{Name: "a", Routes: []string{"properties"}, MaxShare: 2}}}, "Purposes[0].MaxShare is 2"},
	} {
		_, err := New(c.config)
		require.ErrorContains(t, err, c.want)
	}
	k, err := New(Config{Purposes: []Purpose{{Name: "a", Routes: []string{"contacts"}, Approved: "ref"}}})
	require.NoError(t, err)
	require.NoError(t, k.Close())
}

// TestRulesInOrder: the indices and the rows of the rule book agree.
func TestRulesInOrder(t *testing.T) {
	require.Len(t, Rules(), int(ruleCount))
	for i, id := range map[ruleIndex]string{gt101: "GT101", gt207: "GT207", gt301: "GT301", gt405: "GT405", gt505: "GT505", gt601: "GT601", gt610: "GT610", gt703: "GT703"} {
		require.Equal(t, id, rules[i].ID)
	}
	for i := 1; i < len(rules); i++ {
		require.Less(t, rules[i-1].ID, rules[i].ID)
	}
	var buf bytes.Buffer
	fmt.Fprint(&buf, Note, Warning, Error, User, WireView, ScanTotals)
	require.Equal(t, "note warning error user wire totals", buf.String())
}
