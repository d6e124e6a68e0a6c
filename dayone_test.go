package goodtenant_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goodtenant/goodtenant"
	"github.com/goodtenant/goodtenant/compliance"
	"github.com/goodtenant/goodtenant/conflict"
	"github.com/goodtenant/goodtenant/dedupe"
	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/platformtest"
	"github.com/goodtenant/goodtenant/policy"
	"github.com/goodtenant/goodtenant/profile"
)

// soak tells whether the figures are taken at their full counts.
var soak = os.Getenv("GOODTENANT_SOAK") != ""

// counted picks the count of a figure.
func counted(reduced, full int) int {
	if soak {
		return full
	}
	return reduced
}

// observing has every layer look on.
var observing = goodtenant.Options(
	goodtenant.WithLimiter(limiter.Config{Mode: policy.Observe}),
	goodtenant.WithConflict(conflict.Config{Mode: policy.Observe}),
	goodtenant.WithDedupe(dedupe.Config{Mode: policy.Observe}),
	goodtenant.WithCompliance(compliance.Config{Mode: policy.Observe}),
)

// dayOne is what one run of the ordinary program came to.
type dayOne struct {
	requests []platformtest.Request
	wire     [][]byte
	stats    platformtest.Stats
	members  int // that PATCH bodies carried
	reads    int // GETs that arrived
	forecast goodtenant.Snapshot
}

// ordinary runs work with a client of net/http, wrapped with opts; none: bare.
func ordinary(config platformtest.Config, work func(do doer), opts ...goodtenant.Option) (d dayOne, err error) {
	config.InMemory = true
	p := platformtest.NewServer(config)
	defer p.Close()
	c := p.Client()
	c.Transport.(*http.Transport).MaxIdleConnsPerHost = 100
	var tr *goodtenant.Transport
	if len(opts) > 0 {
		if c, err = goodtenant.Wrap(c, append(opts, goodtenant.WithGuidelines(profile.Reapit()))...); err != nil {
			return d, err
		}
		tr, _ = goodtenant.From(c)
	}
	var failed atomic.Int64
	work(func(method, path, body string, header ...string) (*http.Response, string) {
		resp, text, err := call(p, c, method, path, body, header...)
		if err != nil {
			failed.Add(1)
			return &http.Response{Header: http.Header{}}, ""
		}
		return resp, text
	})
	if failed.Load() > 0 {
		err = fmt.Errorf("%d calls failed", failed.Load())
	}
	d.requests, d.wire, d.stats = p.Requests(), p.Wire(), p.Stats()
	for _, r := range d.requests {
		switch r.Method {
		case "GET":
			d.reads++
		case "PATCH":
			var m map[string]json.RawMessage
			json.Unmarshal(r.Body, &m)
			d.members += len(m)
		}
	}
	if tr != nil {
		d.forecast = tr.Snapshot()
		err = errors.Join(err, tr.Close())
	}
	c.CloseIdleConnections()
	return d, err
}

// doer makes a call; what fails is counted.
type doer func(method, path, body string, header ...string) (*http.Response, string)

// edit reads an entity and writes all of it back with another title.
func (do doer) edit(path, title string) {
	resp, text := do("GET", path, "")
	var m map[string]any
	if json.Unmarshal([]byte(text), &m) != nil {
		return
	}
	m["title"] = title
	b, _ := json.Marshal(m)
	do("PATCH", path, string(b), "If-Match", resp.Header.Get("ETag"), "Content-Type", "application/json")
}

// serial does one thing after the other: reads, whole writes, one of them stale,
// creates, what is refused, a HEAD, a page.
func serial(do doer) {
	_, text := do("GET", "/contacts/?pageSize=10", "")
	var page struct {
		Embedded []struct{ ID string } `json:"_embedded"`
	}
	json.Unmarshal([]byte(text), &page)
	for i, e := range page.Embedded {
		do.edit("/contacts/"+e.ID, fmt.Sprint("T", i%3))
		do("PATCH", "/contacts/"+e.ID, `{"title":"Prof"}`, "If-Match", `"stale"`, "Content-Type", "application/json")
		do("PATCH", "/contacts/"+e.ID, `{"title":"Prof"}`, "Content-Type", "application/json")
	}
	for range 3 { // the same person three times
		do("POST", "/contacts/", `{"forename":"Ann","surname":"Lee","email":"ann@example.com"}`, "Content-Type", "application/json")
		do("GET", "/contacts/?email=ann@example.com", "")
	}
	do("HEAD", "/offices/", "")
	do("DELETE", "/nowhere/1", "")
	for i := range 40 { // more than the platform takes
		do("GET", fmt.Sprintf("/properties/?pageNumber=%d&pageSize=5", i+1), "")
	}
}

// Under Observe the platform sees what it saw before, byte for byte, in order,
// connection by connection, at the same time.
func TestObservesWireIsTheBareClients(t *testing.T) {
	for name, config := range map[string]platformtest.Config{
		"HTTP/1.1": {Wire: true, Service: 7 * time.Millisecond, RetryAfter: platformtest.RetryAfterSeconds},
		"HTTP/2":   {HTTP2: true, Service: 7 * time.Millisecond, RetryAfter: platformtest.RetryAfterSeconds},
	} {
		t.Run(name, func(t *testing.T) {
			runs := map[string]dayOne{}
			for run, opts := range map[string][]goodtenant.Option{"bare": nil, "observe": {observing}, "enforce": {goodtenant.Options()}} {
				synctest.Test(t, func(t *testing.T) {
					d, err := ordinary(config, serial, opts...)
					if err != nil && run != "enforce" { // which refuses the duplicates
						t.Error(err)
					}
					runs[run] = d
				})
			}
			bare, seen := runs["bare"], runs["observe"]
			if diff := difference(bare, seen); diff != "" {
				t.Error(diff)
			}
			if bare.stats.Refused == 0 || len(bare.requests) < 70 {
				t.Errorf("the program did too little to show anything: %d calls, %d refused", len(bare.requests), bare.stats.Refused)
			}
			// The check sees a client that is not the bare one.
			if difference(bare, runs["enforce"]) == "" {
				t.Error("Enforce does nothing, or the check sees nothing")
			}
			if config.Wire {
				t.Logf("%d calls and %d connections alike", len(seen.requests), len(seen.wire))
			}
		})
	}
}

func difference(bare, seen dayOne) string {
	if len(bare.requests) != len(seen.requests) {
		return fmt.Sprintf("%d calls, bare %d", len(seen.requests), len(bare.requests))
	}
	for i, a := range bare.requests {
		b := seen.requests[i]
		if a.Method != b.Method || a.Path != b.Path || a.Query != b.Query || !bytes.Equal(a.Body, b.Body) || fmt.Sprint(a.Header) != fmt.Sprint(b.Header) || a.Status != b.Status {
			return fmt.Sprintf("call %d: %s %s %v, bare %s %s %v", i, b.Method, b.Path, b.Header, a.Method, a.Path, a.Header)
		}
		if d := b.Arrival.Sub(seen.requests[0].Arrival) - a.Arrival.Sub(bare.requests[0].Arrival); d != 0 {
			return fmt.Sprintf("call %d arrives %v later", i, d)
		}
	}
	if !slices.EqualFunc(bare.wire, seen.wire, bytes.Equal) {
		return "the bytes on the wire differ"
	}
	return ""
}

// crowd is 25 goroutines that work for 10 customers and begin so far apart:
// reads, many of them the same, and whole writes. Each waits for its next turn by the clock, as
// people do, so that a delay now makes no smaller load later.
func crowd(rounds int, apart time.Duration) func(do doer) {
	return func(do doer) {
		start := time.Now()
		var wg sync.WaitGroup
		for i := range 25 {
			wg.Go(func() {
				customer := fmt.Sprintf("C%02d", i%10)
				with := doer(func(method, path, body string, header ...string) (*http.Response, string) {
					made := strconv.FormatInt(time.Now().UnixNano(), 10) // no part of what is asked
					return do(method, path, body, append(header, "reapit-customer", customer, "X-Request-Id", made)...)
				})
				var page struct {
					Embedded []struct{ ID string } `json:"_embedded"`
				}
				for j := range rounds {
					time.Sleep(time.Until(start.Add(time.Duration(j)*6*time.Second + time.Duration(i)*apart)))
					_, text := with("GET", "/contacts/?pageSize=3", "")
					if json.Unmarshal([]byte(text), &page); len(page.Embedded) > i/10 {
						with.edit("/contacts/"+page.Embedded[i/10].ID, fmt.Sprint("T", j))
					}
				}
			})
		}
		wg.Wait()
	}
}

// What Observe foretells is what Enforce then does.
func TestForecastIsWhatEnforceThenDoes(t *testing.T) {
	rounds := counted(8, 60)
	config := platformtest.Config{Service: 50 * time.Millisecond, Rate: -1, Concurrent: -1, Rows: map[string]int{"contacts": 60}}
	for _, h2 := range []bool{true, false} {
		if config.HTTP2 = h2; !h2 && !soak {
			break // HTTP/2 is the normal case
		}
		const at = time.Millisecond
		forecast, done := map[string]float64{}, map[string]float64{}
		run := func(apart time.Duration, opts ...goodtenant.Option) (d dayOne) {
			synctest.Test(t, func(t *testing.T) {
				var err error
				if d, err = ordinary(config, crowd(rounds, apart), opts...); err != nil {
					t.Error(err)
				}
			})
			return d
		}
		// Reads that are shared never reach the limiter: each forecast in a run
		// where the other layers do in both what they do.
		shared := goodtenant.Options(goodtenant.WithoutLayer(goodtenant.Limiter))
		bare := run(at)
		seen, enforced := run(at, shared, goodtenant.WithDedupe(dedupe.Config{Mode: policy.Observe}), goodtenant.WithConflict(conflict.Config{Mode: policy.Observe})), run(at, shared)
		forecast["shared reads"], done["shared reads"] = float64(seen.forecast.Dedupe.Would.Shared), float64(bare.reads-enforced.reads)
		forecast["removed members"], done["removed members"] = float64(seen.forecast.Conflict.Would.Removed), float64(bare.members-enforced.members)
		alone := goodtenant.WithoutLayer(goodtenant.Dedupe)
		for _, apart := range []time.Duration{at, 160 * time.Millisecond} { // most calls late, or some
			what := fmt.Sprintf("delayed calls, %v apart", apart)
			seen, enforced = run(apart, alone, goodtenant.WithLimiter(limiter.Config{Mode: policy.Observe})), run(apart, alone)
			forecast[what], done[what] = float64(seen.forecast.Limiter.Would.Delayed), float64(delayed(enforced))
		}
		for what, f := range forecast {
			d, within := done[what], 0.05
			if strings.HasPrefix(what, "delayed") {
				within = 0.15
			}
			t.Logf("HTTP/2 %v: %s: %v foretold, %v done", h2, what, f, d)
			if d < 20 || f < d*(1-within) || f > d*(1+within) {
				t.Errorf("HTTP/2 %v: %s: %v foretold, %v done", h2, what, f, d)
			}
		}
	}
}

// delayed is how many calls arrived later than the program made them.
func delayed(d dayOne) (n int) {
	for _, r := range d.requests {
		made, _ := strconv.ParseInt(r.Header.Get("X-Request-Id"), 10, 64)
		if r.Arrival.UnixNano() > made {
			n++
		}
	}
	return n
}
