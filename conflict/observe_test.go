package conflict

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goodtenant/goodtenant/internal/memnet"
	"github.com/goodtenant/goodtenant/policy"
)

// tapped copies what a client writes to its connections.
type tapped struct {
	net.Conn
	mu  *sync.Mutex
	out *bytes.Buffer
}

func (c tapped) Write(p []byte) (int, error) {
	c.mu.Lock()
	c.out.Write(p)
	c.mu.Unlock()
	return c.Conn.Write(p)
}

// overNetwork serves s over an in-memory network with net/http on both ends, and
// gives a client transport for it and the bytes that it wrote.
func overNetwork(t *testing.T, s http.Handler) (*http.Transport, func() string, func()) {
	network := &memnet.Network{Up: func() time.Duration { return 5 * time.Millisecond }}
	server := &http.Server{Handler: s}
	go server.Serve(network.Listen("api.test"))
	var mu sync.Mutex
	var out bytes.Buffer
	base := &http.Transport{DialContext: func(ctx context.Context, n, addr string) (net.Conn, error) {
		c, err := network.DialContext(ctx, n, addr)
		return tapped{c, &mu, &out}, err
	}}
	return base, func() string { mu.Lock(); defer mu.Unlock(); return out.String() }, func() {
		base.CloseIdleConnections()
		server.Close()
		network.Close()
	}
}

// Observe: byte for byte and at the same moments what the bare client does, while
// it says what Enforce would have done.
func TestObserveChangesNothing(t *testing.T) {
	type run struct {
		wire  string
		app   []string
		stats Stats
		asked int
		sent  int
	}
	work := func(wrap func(http.RoundTripper) http.RoundTripper) (r run) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer("/c", contactText)
			base, wire, stop := overNetwork(t, s)
			rt := wrap(base)
			c := &http.Client{Transport: rt}
			start := time.Now()
			do := func(req *http.Request) (string, string) {
				req.URL.Scheme = "http"
				resp, err := c.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				b, err := io.ReadAll(resp.Body)
				r.app = append(r.app, fmt.Sprint(resp.StatusCode, len(b), err, time.Since(start), resp.Request == req, resp.Header))
				return string(b), resp.Header.Get("ETag")
			}
			for i := range 5 {
				entity, tag := do(request("GET", "/c", ""))
				var m map[string]any
				json.Unmarshal([]byte(entity), &m)
				m["city"] = fmt.Sprint("City ", i/2)
				body, _ := json.Marshal(m)
				r.asked += len(m)
				do(request("PATCH", "/c", string(body), "If-Match", tag))
				if i == 3 {
					do(request("PATCH", "/c", `{"city":"Bath"}`, "If-Match", tag)) // stale
				}
			}
			do(request("PATCH", "/c", `{"city":"Bath"}`)) // names no version
			do(request("PATCH", "/c", `[`, "If-Match", `"1"`))
			do(request("PUT", "/c", contactText))
			do(request("DELETE", "/c", ""))
			for _, a := range s.log {
				if a.method == "PATCH" && strings.HasPrefix(a.body, "{") && strings.Contains(a.body, "forename") || strings.HasPrefix(a.body, `{"city":"City`) {
					var m map[string]any
					json.Unmarshal([]byte(a.body), &m)
					r.sent += len(m)
				}
			}
			r.wire = wire()
			if layer, ok := rt.(*Transport); ok {
				r.stats = layer.Stats()
			}
			stop()
		})
		return r
	}
	bare := work(func(rt http.RoundTripper) http.RoundTripper { return rt })
	observed := work(layered(t, Config{Mode: policy.Observe, AutoIfMatch: policy.On}))
	if bare.wire != observed.wire {
		t.Errorf("the wire differs:\n%s\n--- observed:\n%s", bare.wire, observed.wire)
	}
	if fmt.Sprint(bare.app) != fmt.Sprint(observed.app) {
		t.Errorf("the app sees\n%v\nbare\n%v", observed.app, bare.app)
	}
	enforced := work(layered(t, Config{AutoIfMatch: policy.On}))
	w := observed.stats.Would
	if did := int64(enforced.asked - enforced.sent); w.Removed != did || did == 0 {
		t.Errorf("%d members would be removed, Enforce removes %d", w.Removed, did)
	}
	if w.NoRequest != enforced.stats.NoRequest || w.NoRequest == 0 || w.Versioned != enforced.stats.Versioned || w.Replayed != 1 {
		t.Errorf("would: %+v, did: %+v", w, enforced.stats.Counts)
	}
	if c := observed.stats.Counts; c.MembersRemoved != 0 || c.Replays != 0 || c.Refetches != 0 || c.Conflicts == 0 {
		t.Errorf("counted as done: %+v", c)
	}
}

// The JSON that a status page shows has the forecast at would.removed.
func TestStatsAsJSON(t *testing.T) {
	b, err := json.Marshal(Stats{Counts: Counts{MembersRemoved: 7}, Would: Would{Removed: 3}})
	var v struct {
		MembersRemoved int `json:"members_removed"`
		LastHour       map[string]int64
		Would          struct{ Removed, Replayed int }
	}
	if err != nil || json.Unmarshal(b, &v) != nil || v.MembersRemoved != 7 || v.Would.Removed != 3 {
		t.Errorf("%s, %v", b, err)
	}
}

func TestLastHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ty tally
		ty.add(time.Now(), Counts{Conflicts: 1})
		time.Sleep(59 * time.Minute)
		ty.add(time.Now(), Counts{Conflicts: 2})
		if s := ty.stats(time.Now()); s.LastHour.Conflicts != 3 || s.Conflicts != 3 {
			t.Errorf("%+v", s)
		}
		time.Sleep(2 * time.Minute)
		if s := ty.stats(time.Now()); s.LastHour.Conflicts != 2 || s.Conflicts != 3 {
			t.Errorf("%+v", s)
		}
		if s := ty.stats(time.Now().Add(-time.Hour)); s.LastHour.Conflicts != 2 { // a clock that jumps back
			t.Errorf("%+v", s)
		}
		time.Sleep(100 * time.Hour)
		if s := ty.stats(time.Now()); s.LastHour.Conflicts != 0 || s.Conflicts != 3 {
			t.Errorf("%+v", s)
		}
	})
}

// From Observe to Enforce and back: what was seen before the step counts after it.
func TestSetModeKeepsWhatWasSeen(t *testing.T) {
	s := newServer("/c", contactText)
	a, layer := newApp(t, s, Config{Mode: policy.Observe})
	entity, tag := a.get("/c")
	if err := layer.SetMode(policy.Enforce); err != nil || layer.Mode() != policy.Enforce {
		t.Fatal(err)
	}
	s.forget()
	a.must("PATCH", "/c", strings.Replace(entity, "Wells", "Frome", 1), "If-Match", tag)
	layer.SetMode(policy.Observe)
	r := a.must("PATCH", "/c", strings.Replace(entity, "Wells", "Bath", 1), "If-Match", `"2"`)
	wantSeen(t, s, `PATCH /c "1" {"city":"Frome"}`, `PATCH /c "2" `+strings.Replace(entity, "Wells", "Bath", 1))
	if r.known {
		t.Error("Details in Observe")
	}
}

// Over: another base, the same memory.
func TestOverSharesTheState(t *testing.T) {
	s := newServer("/c", contactText)
	a, layer := newApp(t, s, Config{})
	entity, tag := a.get("/c")
	other := &app{t, &http.Client{Transport: layer.Over(far{s, 0})}}
	s.forget()
	other.must("PATCH", "/c", strings.Replace(entity, "Wells", "Frome", 1), "If-Match", tag)
	wantSeen(t, s, `PATCH /c "1" {"city":"Frome"}`)
	if layer.Over(s).Unwrap() != http.RoundTripper(s) || layer.WrappedRoundTripper() != http.RoundTripper(s) {
		t.Error("Unwrap")
	}
	nilBase, _ := NewTransport(nil, Config{})
	if nilBase.Unwrap() != http.DefaultTransport {
		t.Error("nil base is not http.DefaultTransport")
	}
	if err := layer.Close(); err != nil || layer.Close() != nil {
		t.Error("Close")
	}
	a.get("/c")
	if layer.Stats().Entities != 0 {
		t.Error("a closed Transport remembers")
	}
}

type idle struct {
	http.RoundTripper
	n int
}

func (i *idle) CloseIdleConnections() { i.n++ }

func TestFault28CloseIdleConnections(t *testing.T) {
	base := &idle{}
	layer, _ := NewTransport(base, Config{})
	(&http.Client{Transport: layer}).CloseIdleConnections()
	if base.n != 1 {
		t.Error("not passed on")
	}
}
