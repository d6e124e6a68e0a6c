package dedupe

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goodtenant/goodtenant/internal/call"
)

func byHeader(r *http.Request) string { return r.Header.Get("Tenant") }

// pair runs two reads at once and tells how many calls reached the base.
func pair(t *testing.T, tr func(base http.RoundTripper) *Transport, a, b *http.Request) (calls int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		rt := tr(stub(func(*http.Request) (*http.Response, error) {
			mu.Lock()
			calls++
			mu.Unlock()
			time.Sleep(time.Second)
			return answerWith(200, "x"), nil
		}))
		first := start(rt, a.WithContext(t.Context()))
		synctest.Wait()
		second := start(rt, b.WithContext(t.Context()))
		(<-first).want(t, 200, "x")
		(<-second).want(t, 200, "x")
	})
	return calls
}

// Reads that differ in what may change the answer never meet (faults.md 12, 14,
// 15, 62); those that differ in what does not, do.
func TestFault62WhatKeepsReadsApart(t *testing.T) {
	ctx := context.Background()
	plain := get(ctx, office, "Tenant", "A", "Accept", "application/json")
	with := func(change func(*http.Request)) *http.Request {
		r := plain.Clone(ctx)
		change(r)
		return r
	}
	header := func(name string, values ...string) *http.Request {
		return with(func(r *http.Request) { r.Header[http.CanonicalHeaderKey(name)] = values })
	}
	url := func(u string) *http.Request {
		return with(func(r *http.Request) { r.URL = get(ctx, u).URL })
	}
	make1 := func(base http.RoundTripper) *Transport { return transport(t, base, Config{Tenant: byHeader}) }
	for name, other := range map[string]*http.Request{
		"Authorization":       header("Authorization", "Bearer two"),
		"a second credential": header("Cookie", "s=1"),
		"tenant":              header("Tenant", "B"),
		"no tenant":           with(func(r *http.Request) { r.Header.Del("Tenant") }),
		"Accept":              header("Accept", "text/plain"),
		"Accept twice":        header("Accept", "application/json", "text/plain"),
		"Accept-Language":     header("Accept-Language", "de"),
		"an unknown header":   header("X-Branch", "7"),
		"an empty header":     header("X-Branch", ""),
		"a header of nothing": header("X-Branch"),
		"query":               url(office + "?a=1"),
		"empty query value":   url(office + "?a"),
		"empty query":         url(office + "?"),
		"path":                url(office + "/"),
		"escaped path":        url("http://api.test/offices/%4F1"),
		"case of the path":    url("http://api.test/Offices/O1"),
		"scheme":              url("https://api.test/offices/O1"),
		"host":                url("http://b.test/offices/O1"),
		"port":                url("http://api.test:8080/offices/O1"),
		"user":                url("http://u:p@api.test/offices/O1"),
		"Host":                with(func(r *http.Request) { r.Host = "other.test" }),
		"HEAD":                with(func(r *http.Request) { r.Method = "HEAD" }),
	} {
		other = other.WithContext(context.WithoutCancel(other.Context()))
		a := plain
		if n := pair(t, make1, a, other); n != 2 {
			t.Errorf("%s: %d calls, want 2", name, n)
		}
	}
	for name, other := range map[string]*http.Request{
		"the same":      plain.Clone(ctx),
		"User-Agent":    header("User-Agent", "x/2"),
		"traceparent":   header("Traceparent", "00-1"),
		"request id":    header("X-Request-Id", "7"),
		"host spelling": url("http://API.test.:80/offices/O1"),
		"fragment":      url(office + "#top"),
	} {
		if other.URL.Host != plain.URL.Host {
			other.Host = plain.Host
		}
		if n := pair(t, make1, plain, other); n != 1 {
			t.Errorf("%s: %d calls, want 1", name, n)
		}
	}
}

func TestFault15NeverShared(t *testing.T) {
	ctx := context.Background()
	for name, r := range map[string]*http.Request{
		"Range":             get(ctx, office, "Range", "bytes=0-1"),
		"If-None-Match":     get(ctx, office, "If-None-Match", `"1"`),
		"If-Modified-Since": get(ctx, office, "If-Modified-Since", "x"),
		"event stream":      get(ctx, office, "Accept", "text/event-stream"),
		"upgrade":           get(ctx, office, "Connection", "keep-alive, Upgrade", "Upgrade", "websocket"),
		"no-cache":          get(ctx, office, "Cache-Control", "no-cache"),
		"a body":            request(ctx, "GET", office, "{}"),
		"OPTIONS":           request(ctx, "OPTIONS", office, ""),
		"POST":              request(ctx, "POST", office, "{}"),
		"no credential":     func() *http.Request { r := get(ctx, office); r.Header.Del("Authorization"); return r }(),
	} {
		if n := pair(t, func(base http.RoundTripper) *Transport { return transport(t, base, Config{}) }, r, r.Clone(ctx)); n != 2 {
			t.Errorf("%s: %d calls, want 2", name, n)
		}
	}
	for name, mark := range map[string]func(context.Context) context.Context{
		"WithoutCoalescing": WithoutCoalescing,
		"a lookup":          func(ctx context.Context) context.Context { return call.WithOrigin(ctx, call.Lookup) },
		"a refetch":         func(ctx context.Context) context.Context { return call.WithOrigin(ctx, call.Refetch) },
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, false)
			w.handle = slowly(time.Second, "x")
			tr := w.transport(Config{})
			first := start(tr, get(t.Context(), office))
			synctest.Wait()
			do(tr, get(mark(t.Context()), office)).want(t, 200, "x")
			<-first
			if w.arrivals() != 2 {
				t.Errorf("%s: %d calls, want 2", name, w.arrivals())
			}
		})
	}
}

func TestOverSharesStateButNotAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, false)
		w.handle = slowly(time.Second, "x")
		tr := w.transport(Config{})
		other := tr.Over(w.base)
		first := start(tr, get(t.Context(), office))
		synctest.Wait()
		do(other, get(t.Context(), office)).want(t, 200, "x")
		<-first
		if w.arrivals() != 2 || other.Stats().Reads != 2 {
			t.Errorf("%d calls, %+v", w.arrivals(), other.Stats())
		}
	})
}

func TestNoCredentialIsSaidOnceWithTheRemedy(t *testing.T) {
	var log bytes.Buffer
	base := stub(func(*http.Request) (*http.Response, error) { return answerWith(200, "x"), nil })
	tr := transport(t, base, Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for range 5 {
		r := get(t.Context(), office+"?email=ann@corp.test")
		r.Header.Del("Authorization")
		do(tr, r)
	}
	if strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), "oauth2.HTTPClient") || !strings.Contains(log.String(), "OnePrincipal") {
		t.Errorf("log %q", log.String())
	}
	if strings.Contains(log.String(), "corp.test") {
		t.Error("the log holds a query value")
	}
	one := func(*http.Request) string { return "one" }
	r := get(context.Background(), office)
	r.Header.Del("Authorization")
	if n := pair(t, func(base http.RoundTripper) *Transport { return transport(t, base, Config{Principal: one}) }, r, r.Clone(t.Context())); n != 1 {
		t.Errorf("with a principal function: %d calls, want 1", n)
	}
}

func TestPriority(t *testing.T) {
	type rank struct{}
	cfg := Config{Priority: func(ctx context.Context) int { n, _ := ctx.Value(rank{}).(int); return n }}
	for _, c := range []struct{ first, second, calls int }{{1, 1, 1}, {2, 1, 1}, {1, 2, 2}} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, false)
			w.handle = slowly(time.Second, "x")
			tr := w.transport(cfg)
			first := start(tr, get(context.WithValue(t.Context(), rank{}, c.first), office))
			synctest.Wait()
			second := start(tr, get(context.WithValue(t.Context(), rank{}, c.second), office))
			synctest.Wait()
			third := start(tr, get(context.WithValue(t.Context(), rank{}, c.second), office))
			for _, ch := range []<-chan result{first, second, third} {
				(<-ch).want(t, 200, "x")
			}
			if w.arrivals() != c.calls {
				t.Errorf("rank %d joined by %d twice: %d calls, want %d", c.first, c.second, w.arrivals(), c.calls)
			}
		})
	}
}

// In random mixes of principals, tenants and reads, an answer never reaches
// another principal or tenant: each body carries its owner as a canary.
func TestNothingIsSharedAcrossOwners(t *testing.T) {
	calls := 50_000
	if os.Getenv("GOODTENANT_SOAK") != "" {
		calls = 1_000_000
	}
	const seed = 20261125
	t.Logf("%d calls, seed %d", calls, seed)
	base := stub(func(req *http.Request) (*http.Response, error) {
		runtimeYield()
		canary := req.Header.Get("Tenant") + "|" + req.Header.Get("Authorization") + "|" + req.URL.RequestURI()
		resp := answerWith(200, canary)
		switch len(canary) % 5 {
		case 0:
			resp.Header.Set("Set-Cookie", canary)
		case 1:
			resp.ContentLength = -1
		}
		return resp, nil
	})
	tr := transport(t, base, Config{Tenant: byHeader})
	const workers = 16
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(seed, uint64(w)))
			for range calls / workers {
				ctx, cancel := context.Background(), context.CancelFunc(func() {})
				if rnd.IntN(2) == 0 {
					ctx, cancel = context.WithCancel(ctx)
				}
				if rnd.IntN(50) == 0 {
					go cancel()
				}
				path := "/o/" + strconv.Itoa(rnd.IntN(2))
				auth, tenant := "Bearer "+strconv.Itoa(rnd.IntN(3)), "T"+strconv.Itoa(rnd.IntN(3))
				req := get(ctx, "http://api.test"+path, "Authorization", auth, "Tenant", tenant)
				if rnd.IntN(20) == 0 {
					req = request(ctx, "POST", "http://api.test/o", "")
					req.Header.Set("Tenant", tenant)
				}
				resp, err := tr.RoundTrip(req)
				if err == nil && req.Method == "GET" {
					b, err := io.ReadAll(resp.Body)
					if want := tenant + "|" + auth + "|" + path; err == nil && string(b) != want {
						t.Errorf("%q reached %q", b, want)
					}
				}
				if err == nil {
					resp.Body.Close()
				}
				cancel()
			}
		})
	}
	wg.Wait()
	s := tr.Stats()
	t.Logf("%d of %d reads shared", s.Shared, s.Reads)
	if s.Shared == 0 {
		t.Error("nothing was shared: the mix proves nothing")
	}
}

func runtimeYield() { time.Sleep(20 * time.Microsecond) }

// Reads that differ are told apart by comparison, whatever their hashes, and so are
// the keys that outlive a call.
func TestReadsAreUnambiguous(t *testing.T) {
	tr := transport(t, nil, Config{Tenant: byHeader})
	with := func(name string, values ...string) *http.Request {
		r := get(t.Context(), "http://a.test/b?c")
		r.Header[name] = values
		return r
	}
	var seen []described
	for _, r := range []*http.Request{
		get(t.Context(), "http://a.test/b?c", "X-A", "1", "X-B", "2"),
		get(t.Context(), "http://a.test/b?c", "X-A", "1X-B2"),
		get(t.Context(), "http://a.test/b?c", "X-A", "", "X-B", "12"),
		get(t.Context(), "http://a.test/b?c", "X-AX-B", "12"),
		get(t.Context(), "http://a.test/b?c", "X-A", "2", "X-B", "1"),
		with("X-A", "1", "2"),
		with("X-A", "2", "1"),
		with("X-A"),
		with("X-B"),
		get(t.Context(), "http://a.test/b?c", "X-A", ""),
		with("X-A", "1", "X-B", "2"),
		with("X-A", "1", "\x03X-B", "2"),
		get(t.Context(), "http://a.test/bc"),
		get(t.Context(), "http://a.test/b?c", "Tenant", "X"),
		get(t.Context(), "http://a.testX/b?c"),
	} {
		var one read
		ok := tr.describe(&one, r)
		one.hash = 0
		for _, other := range seen {
			if one.same(&other.read, other.header) || string(one.appendKey(nil)) == string(other.appendKey(nil)) {
				t.Errorf("%v %v is the same as %v %v", r.URL, r.Header, other.target, other.header)
			}
		}
		if !ok || !one.same(&one, r.Header) {
			t.Errorf("%v %v is not itself", r.URL, r.Header)
		}
		seen = append(seen, described{one, r.Header})
	}
}

// described is a read beside the headers that it was made of.
type described struct {
	read
	header http.Header
}

// Two reads that have one hash do not meet.
func TestEqualHashesAreNotEqualReads(t *testing.T) {
	principal := "one"
	tr := transport(t, nil, Config{Principal: func(*http.Request) string { return principal }})
	flightFor := func(u string, headers ...string) *flight {
		req := get(t.Context(), u, headers...)
		f := tr.newFlight(req)
		if !tr.describe(&f.read, req) {
			t.Fatal("not to be shared")
		}
		f.hash = 7
		return f
	}
	f := flightFor(office, "A", "x")
	tr.openLocked(f)
	for what, other := range map[string]*flight{
		"path":   flightFor(office+"x", "A", "x"),
		"query":  flightFor(office+"?x", "A", "x"),
		"value":  flightFor(office, "A", "y"),
		"header": flightFor(office, "B", "x"),
		"fewer":  flightFor(office),
	} {
		if tr.joinLocked(other) != nil {
			t.Errorf("another %s: joined another read's flight", what)
		}
	}
	if tr.joinLocked(flightFor(office, "A", "x")) != f {
		t.Error("did not join its own")
	}
	principal = "two"
	if tr.joinLocked(flightFor(office, "A", "x")) != nil {
		t.Error("joined another principal's flight")
	}
}

// A base that writes into the request, as none should, changes nothing in who may
// join, and a leader that has left may do with its request what it likes.
func TestRequestChangedUnderWay(t *testing.T) {
	for name, leaves := range map[string]bool{"by the base": false, "by a leader that left": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got []string
				tr := transport(t, stub(func(req *http.Request) (*http.Response, error) {
					got = append(got, req.Header.Get("Authorization"))
					for range 1000 {
						if !leaves {
							req.Header.Set("Authorization", "Bearer two")
							req.URL.Path = "/other"
						}
						time.Sleep(time.Millisecond)
					}
					return answerWith(200, got[len(got)-1]), nil
				}), Config{})
				ctx := context.Background()
				if leaves {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, 300*time.Millisecond)
					defer cancel()
				}
				first := get(ctx, office)
				leader := start(tr, first)
				var all []<-chan result
				for i := range 8 {
					time.Sleep(100 * time.Millisecond)
					all = append(all, start(tr, get(t.Context(), office)))
					if leaves && i == 3 {
						<-leader
						first.Header["Authorization"][0] = "Bearer two"
						first.URL.Path = "/other"
					}
				}
				for _, ch := range all {
					(<-ch).want(t, 200, "Bearer one")
				}
				if !leaves {
					(<-leader).want(t, 200, "Bearer one")
				}
				if len(got) != 1 {
					t.Errorf("%d calls, want 1", len(got))
				}
			})
		})
	}
}

// A flight that waits to be used again holds no header of the last call.
func TestSpareFlightHoldsNothing(t *testing.T) {
	tr := transport(t, nil, Config{Tenant: byHeader})
	req := get(t.Context(), office, "Tenant", "A")
	f := tr.newFlight(req)
	tr.describe(&f.read, req)
	f.putBack()
	fields := f.fields[:cap(f.fields)]
	if len(fields) < 2 || slices.ContainsFunc(fields, func(x field) bool { return x != field{} }) {
		t.Errorf("%+v", fields)
	}
	f.fields = nil
	if !reflect.ValueOf(*f).IsZero() {
		t.Errorf("%+v", f)
	}
}

func TestHeaderClassInAnySpelling(t *testing.T) {
	c := newHeaderClasses(Config{Credentials: []string{"X-Key", "Date"}, Coalesce: Coalesce{Ignore: []string{"trace-id", "Range", "If-Match"}}}.WithDefaults())
	for name, want := range map[string]headerClass{
		"X-Key": credential, "x-kEY": credential, "Date": credential, "Trace-Id": ignored, "TRACE-ID": ignored, "Range": ignored, "if-match": ignored,
		"te": judged, "Connection": judged, "If-None-Match": judged, "if-range": judged, "If-": judged,
		"If": compared, "X-Keys": compared, "": compared, "X-Key": compared, "User-Agent": compared,
	} {
		if got := c.of(name); got != want {
			t.Errorf("%q: %d, want %d", name, got, want)
		}
	}
}
