package conflict

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// far is a base some milliseconds away from its server.
type far struct {
	*entityServer
	roundTrip time.Duration
}

func (f far) RoundTrip(req *http.Request) (*http.Response, error) {
	time.Sleep(f.roundTrip / 2)
	resp, err := f.entityServer.RoundTrip(req)
	time.Sleep(f.roundTrip / 2)
	return resp, err
}

// board is an entity with one field a writer.
func board(n int) string {
	var m []string
	for i := range n {
		m = append(m, fmt.Sprintf(`"f%02d":0`, i))
	}
	return "{" + strings.Join(m, ",") + "}"
}

// write reads the board, sets one field and writes it back whole.
func writeField(a *app, i int) (reply, error) {
	entity, tag := a.get("/b")
	m := map[string]any{}
	json.Unmarshal([]byte(entity), &m)
	m[fmt.Sprintf("f%02d", i)] = i + 1
	body, _ := json.Marshal(m)
	return a.do(request("PATCH", "/b", string(body), "If-Match", tag))
}

// crowd lets writers writers over clients clients set a field each, all at once.
// It gives how many succeeded, the most calls of one writer (its read included),
// and the fields that were lost although their write succeeded.
func crowd(t *testing.T, writers, clients int, wrap func(http.RoundTripper) http.RoundTripper) (ok, mostCalls, allCalls, lost int) {
	s := newServer("/b", board(writers))
	var mu sync.Mutex
	calls := map[string]int{}
	s.fault = func(_ http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		calls[r.Header.Get("X-Writer")]++
		mu.Unlock()
		return false
	}
	var apps []*app
	for range clients {
		apps = append(apps, &app{t, &http.Client{Transport: wrap(far{s, 20 * time.Millisecond})}})
	}
	succeeded := make([]bool, writers)
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			a := &app{t, &http.Client{Transport: label{apps[i%clients].c.Transport, fmt.Sprint(i)}}}
			r, err := writeField(a, i)
			succeeded[i] = err == nil && r.status == 204
		})
	}
	wg.Wait()
	for i, done := range succeeded {
		if done {
			ok++
			if s.field("/b", fmt.Sprintf("f%02d", i)) != canonical(fmt.Sprint(i+1)) {
				lost++
			}
		}
	}
	for _, n := range calls {
		mostCalls = max(mostCalls, n)
		allCalls += n
	}
	return ok, mostCalls, allCalls, lost
}

// label tells the server which writer a call is for.
type label struct {
	next http.RoundTripper
	name string
}

func (l label) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("X-Writer", l.name)
	return l.next.RoundTrip(req)
}

func layered(t testing.TB, c Config) func(http.RoundTripper) http.RoundTripper {
	return func(base http.RoundTripper) http.RoundTripper {
		layer, err := NewTransport(base, c)
		if err != nil {
			t.Fatal(err)
		}
		return layer
	}
}

// fiveSteps is the retry that client-go does by default (5 steps, 10 ms flat with
// 10 % jitter), with a correct three-way replay in it, so that only the waiting
// is compared.
type fiveSteps struct{ next http.RoundTripper }

func (f fiveSteps) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method != "PATCH" {
		return f.next.RoundTrip(req)
	}
	body, _ := io.ReadAll(req.Body)
	field := "f" + fmt.Sprintf("%02s", req.Header.Get("X-Writer"))
	m := map[string]json.RawMessage{}
	json.Unmarshal(body, &m)
	change := fmt.Sprintf(`{%q:%s}`, field, m[field])
	tag := req.Header.Get("If-Match")
	for n := 1; ; n++ {
		out := req.Clone(req.Context())
		setBody(out, []byte(change))
		out.Header.Set("If-Match", tag)
		resp, err := f.next.RoundTrip(out)
		if err != nil || resp.StatusCode != 412 || n == 5 {
			return resp, err
		}
		time.Sleep(10*time.Millisecond + rand.N(time.Millisecond))
		get := req.Clone(req.Context())
		get.Method, get.Body = "GET", nil
		fresh, err := f.next.RoundTrip(get)
		if err != nil {
			return nil, err
		}
		tag = fresh.Header.Get("ETag")
	}
}

// 50 writers in one process, all at once: all succeed, with at most 4 calls each.
func TestFiftyWritersInOneProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ok, most, all, lost := crowd(t, 50, 1, layered(t, Config{}))
		t.Logf("50 writers, 1 transport: %d succeed, at most %d calls each, %.2f on average, %d lost", ok, most, float64(all)/50, lost)
		if ok != 50 || most > 4 || lost != 0 {
			t.Errorf("%d of 50 succeed, at most %d calls, %d lost", ok, most, lost)
		}
	})
}

// 20 writers over 4 transports, as in 4 processes: nothing is lost, and all get
// through.
func TestTwentyWritersOverFourTransports(t *testing.T) {
	runs, failed := times(40, 1000), 0
	for range runs {
		synctest.Test(t, func(t *testing.T) {
			ok, most, all, lost := crowd(t, 20, 4, layered(t, Config{}))
			failed += 20 - ok
			if lost != 0 || most > 11 {
				t.Errorf("%d of 20 succeed with at most %d calls (%.2f on average), %d lost", ok, most, float64(all)/20, lost)
			}
		})
	}
	t.Logf("%d of %d writers used their five attempts up", failed, 20*runs)
}

// The peer's way at the same game: most writers fail.
func TestFiveStepsFailWhereTheQueueDoesNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, n := range []int{10, 20, 50} {
			ok, _, all, _ := crowd(t, n, 1, func(base http.RoundTripper) http.RoundTripper { return fiveSteps{base} })
			ours, _, oursAll, _ := crowd(t, n, 1, layered(t, Config{}))
			t.Logf("%d writers: 5 steps of 10 ms: %d fail (%d %%), %.1f calls each; this layer: %d fail, %.1f calls each",
				n, n-ok, 100*(n-ok)/n, float64(all)/float64(n), n-ours, float64(oursAll)/float64(n))
			if ok == n || ours != n {
				t.Errorf("%d writers: peer %d, ours %d succeed", n, ok, ours)
			}
		}
	})
}

// Counters: 50 increments through Update are 50, whoever else writes.
func TestUpdateCountsUp(t *testing.T) {
	for _, wrap := range map[string]func(http.RoundTripper) http.RoundTripper{
		"with the layer": layered(t, Config{}), "without": func(rt http.RoundTripper) http.RoundTripper { return rt },
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer("/n", `{"count":0,"other":1}`)
			c := &http.Client{Transport: wrap(far{s, 20 * time.Millisecond})}
			var wg sync.WaitGroup
			for range 50 {
				wg.Go(func() {
					resp, err := Update(c, request("GET", "/n", ""), func(entity json.RawMessage) (any, error) {
						var v struct{ Count int }
						err := json.Unmarshal(entity, &v)
						return map[string]int{"count": v.Count + 1}, err
					})
					if err != nil {
						t.Error(err)
						return
					}
					resp.Body.Close()
					if resp.StatusCode != 204 {
						t.Errorf("status %d", resp.StatusCode)
					}
				})
			}
			wg.Wait()
			if got := s.field("/n", "count"); got != canonical("50") {
				t.Errorf("count is %s", got)
			}
		})
	}
}

// One call at a time below, held until the body has ended: a conflict needs three
// calls, one after the other.
func TestFault48LimitOneDoesNotDeadlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer("/c", contactText)
		limited := &one{next: s, slot: make(chan struct{}, 1)}
		a, _ := newApp(t, limited, Config{})
		entity, tag := a.get("/c")
		s.set("/c", strings.Replace(contactText, "Ann", "Anna", 1))
		r := a.must("PATCH", "/c", strings.Replace(entity, "Wells", "Frome", 1), "If-Match", tag)
		if r.status != 204 || r.out.Reason != Replayed || limited.passed != 4 {
			t.Errorf("%d, %+v, %d calls passed the limit", r.status, r.out, limited.passed)
		}
		if len(limited.slot) != 0 {
			t.Error("the slot is still taken")
		}
	})
}

// one is a limiter of one call at a time, until the body's end.
type one struct {
	next   http.RoundTripper
	slot   chan struct{}
	passed int
}

func (o *one) RoundTrip(req *http.Request) (*http.Response, error) {
	o.slot <- struct{}{}
	o.passed++
	resp, err := o.next.RoundTrip(req)
	if err != nil {
		<-o.slot
		return nil, err
	}
	resp.Body = &slotBody{rc: resp.Body, free: sync.OnceFunc(func() { <-o.slot })}
	return resp, nil
}

type slotBody struct {
	rc   io.ReadCloser
	free func()
}

func (b *slotBody) Read(p []byte) (int, error) {
	n, err := b.rc.Read(p)
	if err != nil {
		b.free()
	}
	return n, err
}

func (b *slotBody) Close() error { b.free(); return b.rc.Close() }
