package conflict

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/goodtenant/goodtenant/policy"
)

// Hooks are told in order, a conflict at once, and of what was spared.
func TestHooksAreToldInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer("/c", contactText)
		var told []string
		hooks := Hooks{
			Minimised: func(_ context.Context, m Minimised) {
				told = append(told, fmt.Sprintf("minimised %d of %d, no request %v, observed %v", m.Removed, m.Members, m.NoRequest, m.Observed))
			},
			Conflicted: func(_ context.Context, c Conflicted) {
				told = append(told, fmt.Sprintf("conflicted %d %d %v after %d calls, observed %v", c.Attempt, c.Status, c.Next, len(s.seen()), c.Observed))
			},
			Finished: func(_ context.Context, o Outcome) { told = append(told, "finished "+o.Reason.String()) },
		}
		a, layer := newApp(t, s, Config{Hooks: hooks})
		entity, tag := a.get("/c")
		a.must("PATCH", "/c", entity, "If-Match", tag)
		s.set("/c", strings.Replace(contactText, "Ann", "Anna", 1))
		s.forget()
		a.must("PATCH", "/c", strings.Replace(entity, "Wells", "Frome", 1), "If-Match", tag)
		layer.SetMode(policy.Observe)
		a.must("PATCH", "/c", strings.Replace(entity, "Wells", "Bath", 1), "If-Match", `"1"`)
		want := []string{
			"minimised 7 of 7, no request true, observed false", "finished nothing-to-change",
			"minimised 6 of 7, no request false, observed false", "conflicted 1 412 replayed after 1 calls, observed false", "finished replayed",
			"minimised 6 of 7, no request false, observed true", "conflicted 1 412 replayed after 4 calls, observed true",
		}
		if !reflect.DeepEqual(told, want) {
			t.Errorf("told\n  %s\nwant\n  %s", strings.Join(told, "\n  "), strings.Join(want, "\n  "))
		}
		if len(layer.queue.turns) != 0 {
			t.Error("a turn is held")
		}
	})
}

// 50 writers with a hook that takes its time: the turn is not held meanwhile.
func TestHooksDoNotHoldTheTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := Config{Hooks: Hooks{Conflicted: func(context.Context, Conflicted) { time.Sleep(time.Second) }, Finished: func(context.Context, Outcome) { time.Sleep(time.Minute) }}}
		start := time.Now()
		ok, most, _, lost := crowd(t, 50, 1, layered(t, c))
		if ok != 50 || most > 5 || lost != 0 || time.Since(start) > 80*time.Second {
			t.Errorf("%d succeed, at most %d calls, %d lost, in %v", ok, most, lost, time.Since(start))
		}
	})
}

// Over real net/http, HTTP/1.1 and HTTP/2: one connection serves the whole of a
// replay, so each answer was drained before the next call, and nothing is left.
func TestOverNetHTTP(t *testing.T) {
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(proto, func(t *testing.T) {
			s := newServer("/c", contactText)
			conns := map[string]bool{}
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				conns[r.RemoteAddr] = true
				if r.Proto != proto {
					t.Errorf("%s", r.Proto)
				}
				s.ServeHTTP(w, r)
			}))
			server.EnableHTTP2 = proto == "HTTP/2.0"
			server.StartTLS()
			layer, err := NewTransport(server.Client().Transport, Config{})
			if err != nil {
				t.Fatal(err)
			}
			c := &http.Client{Transport: layer}
			do := func(method, body, tag string) (string, *http.Response) {
				req := request(method, "/c", body, "If-Match", tag)
				req.URL.Host = server.Listener.Addr().String()
				resp, err := c.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				b, err := io.ReadAll(resp.Body)
				if err != nil {
					t.Fatal(err)
				}
				return string(b), resp
			}
			entity, resp := do("GET", "", "")
			tag := resp.Header.Get("ETag")
			s.set("/c", strings.Replace(contactText, "Ann", "Anna", 1))
			s.forget()
			_, resp = do("PATCH", strings.Replace(entity, "Wells", "Frome", 1), tag)
			wantSeen(t, s, `PATCH /c "1" {"city":"Frome"}`, `GET /c`, `PATCH /c "2" {"city":"Frome"}`)
			if out, ok := Details(resp); !ok || out.Reason != Replayed || resp.Proto != proto || len(conns) != 1 {
				t.Errorf("%+v over %d connections", out, len(conns))
			}
			layer.CloseIdleConnections()
			server.Close()
			goleak.VerifyNone(t)
		})
	}
}
