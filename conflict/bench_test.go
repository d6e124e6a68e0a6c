package conflict

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	jsonpatch "github.com/evanphx/json-patch/v5"
)

// sized makes an entity of about n bytes and a body that changes one member.
func sized(n int) (base, body []byte) {
	var b bytes.Buffer
	b.WriteString(`{"id":"C1","modified":"2026-11-24T16:45:12.7654320Z"`)
	for i := 0; b.Len() < n-60; i++ {
		fmt.Fprintf(&b, `,"m%d":{"name":"Value %d","amount":%d.50,"on":true,"tags":["a","b"]}`, i, i, i)
	}
	b.WriteString(`,"city":"Wells"}`)
	base = b.Bytes()
	var m map[string]json.RawMessage
	json.Unmarshal(base, &m)
	m["city"] = json.RawMessage(`"Frome"`)
	body, _ = json.Marshal(m) // other order of members, as a map gives them
	return base, body
}

// nested is n bytes of objects in objects.
func nested(n int) []byte {
	depth := n / 6
	return []byte(strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat("}", depth))
}

// BenchmarkPrune pairs this pruner with json-patch's CreateMergePatch in one run
// and reports the ratio of their times.
func BenchmarkPrune(b *testing.B) {
	for _, size := range []struct {
		name string
		n    int
	}{{"1KB", 1 << 10}, {"100KB", 100 << 10}, {"1MB", 1 << 20}} {
		base, body := sized(size.n)
		b.Run(size.name, func(b *testing.B) {
			b.ReportAllocs()
			var ours, theirs time.Duration
			for b.Loop() {
				start := time.Now()
				out, _, err := Prune(base, body, PruneOptions{})
				ours += time.Since(start)
				if err != nil || string(out) != `{"city":"Frome"}` {
					b.Fatalf("%s, %v", out, err)
				}
				b.StopTimer()
				start = time.Now()
				peer, err := jsonpatch.CreateMergePatch(base, body)
				theirs += time.Since(start)
				if err != nil || string(peer) != string(out) {
					b.Fatalf("%s, %v", peer, err)
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(ours)/float64(theirs), "x-json-patch")
		})
	}
}

// The ratio is a promise: 0.6 at 1 KB, 0.4 at 1 MB; under the race detector, which
// weighs memory accesses, only that it is below 1.
func TestPruneIsFasterThanItsPeer(t *testing.T) {
	for _, c := range []struct {
		n, rounds int
		most      float64
	}{{1 << 10, 200, .6}, {1 << 20, 2, .4}} {
		base, body := sized(c.n)
		best := 1e9
		for range 3 { // the best of three, since others use the machine
			var ours, theirs time.Duration
			for range c.rounds {
				start := time.Now()
				Prune(base, body, PruneOptions{})
				ours += time.Since(start)
				start = time.Now()
				jsonpatch.CreateMergePatch(base, body)
				theirs += time.Since(start)
			}
			best = min(best, float64(ours)/float64(theirs))
		}
		if raced {
			c.most = 1
		}
		t.Logf("%d bytes: %.3f of json-patch's time", c.n, best)
		if best > c.most {
			t.Errorf("%d bytes: %.3f of json-patch's time, want at most %.1f", c.n, best, c.most)
		}
	}
}

// Hostile nesting costs what its bytes cost: 60 KB of objects in objects take less
// than fifty times what as many bytes of an ordinary entity take (quadratic time
// would be thousands of times), for pruning at both depths and for the merge of a
// replay.
func TestFault44NestingIsLinear(t *testing.T) {
	all := func(base []byte, changed func(to string) []byte) {
		body, theirs := changed("2"), changed("3")
		for _, depth := range []Depth{TopLevel, Deep} {
			if _, differs, err := Prune(base, body, PruneOptions{Depth: depth}); err != nil || !differs {
				t.Fatal(differs, err)
			}
		}
		for _, deep := range []bool{false, true} {
			b, _ := parse(base)
			o, _ := parse(body)
			th, _ := parse(theirs)
			r := &rebase{base: b, ours: o, theirs: th, deep: deep}
			if r.run(); len(r.overlaps) != 1 {
				t.Fatal("no overlap")
			}
		}
	}
	deep := nested(59_900)
	flat, _ := sized(len(deep))
	const often = 5 // as many flat ones, so that both rounds are about as long
	nestedTime, flatTime := time.Hour, time.Hour
	rounds := 10 // the best of them, in turn: others use the machine
	if raced {
		rounds = 3
	}
	for range rounds {
		start := time.Now()
		all(deep, func(to string) []byte { return bytes.Replace(deep, []byte("1"), []byte(to), 1) })
		nestedTime = min(nestedTime, time.Since(start))
		start = time.Now()
		for range often {
			all(flat, func(to string) []byte { return bytes.Replace(flat, []byte("Wells"), []byte(to), 1) })
		}
		flatTime = min(flatTime, time.Since(start))
	}
	ratio := often * float64(nestedTime) / float64(flatTime)
	t.Logf("60 KB nested %v, as many bytes flat %v: %.1f times", nestedTime, flatTime/often, ratio)
	if ratio > 50 {
		t.Errorf("nesting costs %.0f times its bytes", ratio)
	}
}

// BenchmarkNesting is 60 KB of nested objects, pruned and rebased.
func BenchmarkNesting(b *testing.B) {
	base := nested(59_900)
	body := bytes.Replace(base, []byte("1"), []byte("2"), 1)
	theirs := bytes.Replace(base, []byte("1"), []byte("3"), 1)
	b.Run("prune", func(b *testing.B) {
		for b.Loop() {
			Prune(base, body, PruneOptions{})
		}
	})
	b.Run("merge of a replay", func(b *testing.B) {
		for b.Loop() {
			d, _ := parse(base)
			o, _ := parse(body)
			th, _ := parse(theirs)
			(&rebase{base: d, ours: o, theirs: th}).run()
		}
	})
}

// BenchmarkRoundTrip pairs a bare base with the layer over it: a read that is
// remembered, a read that is not, a write that is minimised.
func BenchmarkRoundTrip(b *testing.B) {
	entity := []byte(contactText)
	base := roundTrip(func(req *http.Request) (*http.Response, error) {
		resp := &http.Response{StatusCode: 204, Header: http.Header{}, Body: http.NoBody, Request: req}
		if req.Method == "GET" && req.URL.Path == "/c" {
			resp.StatusCode, resp.Header = 200, http.Header{"Content-Type": {"application/json"}, "Etag": {`"1"`}}
			resp.Body, resp.ContentLength = readCloser{bytes.NewReader(entity)}, int64(len(entity))
		}
		return resp, nil
	})
	layer, err := NewTransport(base, Config{NoRequest: 2})
	if err != nil {
		b.Fatal(err)
	}
	whole := strings.Replace(contactText, "Wells", "Frome", 1)
	for _, c := range []struct{ name, method, path, body string }{
		{"204", "GET", "/none", ""}, {"GET", "GET", "/c", ""}, {"PATCH", "PATCH", "/c", whole},
	} {
		for name, rt := range map[string]http.RoundTripper{"bare": base, "layer": layer} {
			b.Run(c.name+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				buf := make([]byte, 1024)
				for b.Loop() {
					resp, err := rt.RoundTrip(request(c.method, c.path, c.body, "If-Match", `"1"`))
					if err != nil {
						b.Fatal(err)
					}
					for err == nil {
						_, err = resp.Body.Read(buf)
					}
					resp.Body.Close()
				}
			})
		}
	}
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

// BenchmarkContention plays 50 writers on one entity in virtual time, with this
// layer and with the peer's five steps, and reports who succeeds at what price.
func BenchmarkContention(b *testing.B) {
	t := &testing.T{}
	for name, wrap := range map[string]func(http.RoundTripper) http.RoundTripper{
		"layer": layered(b, Config{}), "five-steps": func(base http.RoundTripper) http.RoundTripper { return fiveSteps{base} },
	} {
		b.Run(name, func(b *testing.B) {
			var ok, all, n int
			for b.Loop() {
				synctest.Test(t, func(t *testing.T) {
					o, _, a, _ := crowd(t, 50, 1, wrap)
					ok, all, n = ok+o, all+a, n+50
				})
			}
			b.ReportMetric(100*float64(n-ok)/float64(n), "%failed")
			b.ReportMetric(float64(all)/float64(n), "calls/writer")
		})
	}
}
