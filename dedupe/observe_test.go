package dedupe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goodtenant/goodtenant/policy"
)

// The same load, observed and then enforced: the forecast is within 5 % of what
// then happens.
func TestObserveForecastsSharedReads(t *testing.T) {
	for _, reuse := range []time.Duration{0, 200 * time.Millisecond} {
		t.Run(reuse.String(), func(t *testing.T) {
			run := func(mode policy.Mode) Stats {
				var s Stats
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, true)
					w.handle = func(rw http.ResponseWriter, r *http.Request) {
						time.Sleep(time.Duration(30+len(r.URL.Path)*7) * time.Millisecond)
						switch r.URL.Path {
						case "/o/1":
							rw.Header().Set("Set-Cookie", "a=b")
						case "/o/22":
							rw.Header().Set("Vary", "*")
						}
						io.WriteString(rw, "x")
					}
					tr := w.transport(Config{Mode: mode, Coalesce: Coalesce{Reuse: reuse}})
					rnd := rand.New(rand.NewPCG(13, 1))
					var wg sync.WaitGroup
					for range 3000 {
						path := "/o/" + strings.Repeat("2", rnd.IntN(6))
						if rnd.IntN(8) == 0 {
							path = "/o/1"
						}
						req := get(t.Context(), "http://api.test"+path)
						if rnd.IntN(40) == 0 {
							req = request(t.Context(), "PATCH", "http://api.test/o/222", "{}")
						}
						wg.Go(func() { do(tr, req) })
						time.Sleep(time.Duration(rnd.IntN(20)) * time.Millisecond)
					}
					wg.Wait()
					s = tr.Stats()
				})
				return s
			}
			forecast, real := run(policy.Observe), run(policy.Enforce)
			if forecast.Shared != 0 || forecast.Reads != real.Reads {
				t.Errorf("observed %+v", forecast)
			}
			ratio := float64(forecast.Would.Shared) / float64(real.Shared)
			t.Logf("forecast %d, then %d shared of %d reads (ratio %.3f)", forecast.Would.Shared, real.Shared, real.Reads, ratio)
			if real.Shared < 300 || ratio < 0.95 || ratio > 1.05 {
				t.Errorf("forecast %d, real %d", forecast.Would.Shared, real.Shared)
			}
		})
	}
}

// Under Observe every call reaches the base as the caller made it: the same
// request, its body as it streams, and no call of our own.
func TestObserveChangesNothing(t *testing.T) {
	var mu sync.Mutex
	var got []string
	base := stub(func(req *http.Request) (*http.Response, error) {
		line := req.Method + " " + req.URL.String() + fmt.Sprint(req.Header, req.ContentLength, req.GetBody != nil)
		if req.Body != nil {
			b, _ := io.ReadAll(req.Body)
			req.Body.Close()
			line += string(b)
		}
		mu.Lock()
		got = append(got, line)
		mu.Unlock()
		resp := answerWith(201, "", "Location", "/contacts/N1")
		resp.Request = req
		return resp, nil
	})
	cfg := unique()
	cfg.Mode = policy.Observe
	cfg.Locks, cfg.HashKey = brokenLocks{}, hashKey
	var dups []Duplicate
	var unchecked []Unchecked
	cfg.Hooks.Duplicate = func(_ context.Context, e Duplicate) { dups = append(dups, e) }
	cfg.Hooks.Unchecked = func(_ context.Context, e Unchecked) { unchecked = append(unchecked, e) }
	tr := transport(t, base, cfg)
	run := func(rt http.RoundTripper) []string {
		got = nil
		for _, email := range []string{"ann@corp.test", "Ann@corp.test", "bea@corp.test", ""} {
			req := withEmail(t, email)
			if r := do(rt, req); r.err != nil || rt != nil && r.resp.Request == nil || r.resp.Request.Context() != req.Context() {
				t.Errorf("%v", r.err)
			}
		}
		for range 2 {
			do(rt, get(t.Context(), office))
		}
		return got
	}
	if bare, seen := run(base), run(tr); fmt.Sprint(bare) != fmt.Sprint(seen) {
		t.Errorf("bare %q\nobserved %q", bare, seen)
	}
	s := tr.Stats()
	if s.Would.Duplicates != 1 || s.Would.Unchecked != 3 || s.Duplicates+s.Refused+s.Unchecked+s.Lookups != 0 || s.Creates != 4 {
		t.Errorf("%+v", s)
	}
	if len(dups) != 1 || dups[0].Mode != policy.Observe || dups[0].Action != Refuse || len(unchecked) != 3 || unchecked[2].Reason != NoKey || !unchecked[0].Sent {
		t.Errorf("%+v %+v", dups, unchecked)
	}
}

func TestModeSwitchKeepsWhatWasSeen(t *testing.T) {
	overCRM(t, func(t *testing.T, w *world, c *crm) {
		c.lag = time.Hour
		cfg := unique()
		cfg.Mode = policy.Observe
		tr := w.transport(cfg)
		do(tr, withEmail(t, "ann@corp.test")).want(t, 201, "")
		if err := tr.SetMode(policy.Enforce); err != nil || tr.Mode() != policy.Enforce {
			t.Fatal(err)
		}
		do(tr, withEmail(t, "ann@corp.test")).duplicate(t, "N1")
		tr.SetMode(policy.Observe)
		do(tr, withEmail(t, "ann@corp.test")).want(t, 201, "")
		if err := tr.SetMode(9); err == nil || !strings.Contains(err.Error(), "9") || tr.Mode() != policy.Observe {
			t.Errorf("unknown mode: %v", err)
		}
	})
}

// A body that streams is not read ahead: the server sees its first byte before
// the caller has written the last.
func TestObserveStreamsBodies(t *testing.T) {
	overBoth(t, func(t *testing.T, w *world) {
		first := make(chan byte, 1)
		w.handle = func(rw http.ResponseWriter, r *http.Request) {
			b := make([]byte, 1)
			io.ReadFull(r.Body, b)
			first <- b[0]
			io.Copy(io.Discard, r.Body)
			rw.WriteHeader(201)
		}
		cfg := unique()
		cfg.Mode = policy.Observe
		tr := w.transport(cfg)
		pr, pw := io.Pipe()
		req := contact(t, "")
		req.Body, req.GetBody, req.ContentLength = pr, nil, -1
		r := start(tr, req)
		pw.Write([]byte("{"))
		<-first
		pw.Write([]byte(`"email":"ann@corp.test"}`))
		pw.Close()
		(<-r).want(t, 201, "")
		do(tr, withEmail(t, "bea@corp.test"))
		tr.SetMode(policy.Enforce)
		do(tr, withEmail(t, "ann@corp.test")).duplicate(t)
	})
}

// An observed call that its caller leaves is cut as a bare client would cut it,
// and one that ends in an error leaves nothing behind.
func TestObserveCutsAsABareClient(t *testing.T) {
	overBoth(t, func(t *testing.T, w *world) {
		cut := make(chan time.Duration, 1)
		w.handle = func(rw http.ResponseWriter, r *http.Request) {
			begin := time.Now()
			<-r.Context().Done()
			cut <- time.Since(begin)
		}
		tr := w.transport(Config{Mode: policy.Observe})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if r := do(tr, get(ctx, office)); !errors.Is(r.err, context.DeadlineExceeded) {
			t.Errorf("%v", r.err)
		}
		if d := <-cut; d != time.Second {
			t.Errorf("the server saw its end after %v", d)
		}
		if len(tr.watched) != 0 {
			t.Error("a watched flight was left behind")
		}
	})
}

func TestStatsAsJSON(t *testing.T) {
	tr := transport(t, nil, Config{})
	b, err := json.Marshal(map[string]any{"dedupe": tr.Stats()})
	var got struct {
		Dedupe struct {
			Mode  string
			Would struct{ Shared, Duplicates, Unchecked *int }
		}
	}
	if err != nil || json.Unmarshal(b, &got) != nil || got.Dedupe.Mode != "enforce" || got.Dedupe.Would.Shared == nil ||
		got.Dedupe.Would.Duplicates == nil || got.Dedupe.Would.Unchecked == nil || !bytes.Contains(b, []byte(`"would":{"shared":0`)) {
		t.Errorf("%s, %v", b, err)
	}
}

// A body of unknown length is cut into the same chunks as without the layer, and
// is known all the same.
func TestObserveKeepsTheChunks(t *testing.T) {
	big := `{"email":"ann@corp.test","notes":"` + strings.Repeat("x", 100<<10) + `"}`
	wire := func(wrap func(http.RoundTripper) http.RoundTripper) (sent string) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, false)
			w.handle = newCRM().ServeHTTP
			var out bytes.Buffer
			dial := w.base.DialContext
			w.base.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
				c, err := dial(ctx, network, addr)
				return tapped{c, &out}, err
			}
			req := contact(t, "")
			req.Body, req.GetBody, req.ContentLength = io.NopCloser(strings.NewReader(big)), nil, -1
			rt := wrap(w.base)
			do(rt, req).want(t, 201, "")
			if tr, ok := rt.(*Transport); ok {
				if tr.SetMode(policy.Enforce); tr.Mode() == policy.Enforce {
					n := out.Len()
					do(rt, withEmail(t, "ann@corp.test")).duplicate(t, "N1")
					out.Truncate(n)
				}
			}
			w.base.CloseIdleConnections()
			sent = out.String()
		})
		return sent
	}
	bare := wire(func(base http.RoundTripper) http.RoundTripper { return base })
	watched := wire(func(base http.RoundTripper) http.RoundTripper {
		cfg := unique()
		cfg.Mode = policy.Observe
		return transport(t, base, cfg)
	})
	if bare != watched {
		t.Errorf("%d bytes bare, %d observed", len(bare), len(watched))
	}
}

// tapped copies what is written to a connection.
type tapped struct {
	net.Conn
	out *bytes.Buffer
}

func (c tapped) Write(p []byte) (int, error) {
	c.out.Write(p)
	return c.Conn.Write(p)
}
