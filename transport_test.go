package goodtenant

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/policy"
	"github.com/goodtenant/goodtenant/profile"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(status int, r *http.Request) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody, Request: r, ProtoMajor: 1, ProtoMinor: 1}
}

// wrapper is a foreign transport around another.
type wrapper struct{ http.RoundTripper }

func (w wrapper) Unwrap() http.RoundTripper { return w.RoundTripper }

type kubeWrapper struct{ http.RoundTripper }

func (w kubeWrapper) WrappedRoundTripper() http.RoundTripper { return w.RoundTripper }

func TestFault27TwoStackedPoliciesAreAnError(t *testing.T) {
	inner := made(t, WithLimiter(limiter.Config{}))
	for _, base := range []http.RoundTripper{inner, wrapper{inner}, wrapper{kubeWrapper{wrapper{inner}}}} {
		if _, err := New(base, WithLimiter(limiter.Config{})); err == nil || !strings.Contains(err.Error(), "under a policy already") {
			t.Errorf("%T: err = %v", base, err)
		}
	}
	if _, err := Wrap(&http.Client{Transport: inner}); err == nil {
		t.Error("Wrap of a wrapped client")
	}
}

func TestFrom(t *testing.T) {
	inner := made(t)
	for _, c := range []*http.Client{{Transport: inner}, {Transport: wrapper{kubeWrapper{inner}}}} {
		if got, ok := From(c); !ok || got != inner {
			t.Errorf("%T: %v, %v", c.Transport, got, ok)
		}
	}
	loop := &struct{ wrapper }{}
	loop.RoundTripper = loop
	for _, c := range []*http.Client{nil, {}, {Transport: http.DefaultTransport}, {Transport: (*Transport)(nil)}, {Transport: loop}, {Transport: wrapper{}}} {
		if got, ok := From(c); ok {
			t.Errorf("found %v", got)
		}
	}
}

func TestWrapLeavesTheClientAlone(t *testing.T) {
	c := &http.Client{Timeout: time.Minute}
	w, err := Wrap(c, WithProfile(profile.Reapit()))
	if err != nil {
		t.Fatal(err)
	}
	if c.Transport != nil || w == c || w.Timeout != time.Minute {
		t.Errorf("%+v became %+v", c, w)
	}
	if w, err := Wrap(nil); err != nil || w == http.DefaultClient || http.DefaultClient.Transport != nil {
		t.Error("a nil client is a copy of http.DefaultClient")
	}
}

func TestOnlyTheProfilesHostsAreUnderThePolicy(t *testing.T) {
	var attempts, calls int
	base := roundTrip(func(r *http.Request) (*http.Response, error) { calls++; return answer(200, r), nil })
	tr, err := New(base, WithProfile(profile.Reapit().At("api.test", "other.test:8443")),
		WithPerAttempt(func(next http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) { attempts++; return next.RoundTrip(r) })
		}))
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{"https://api.test/", "http://API.test.:99/", "https://other.test:8443/", "https://token.test/", "https://other.test/"} {
		req, _ := http.NewRequest("GET", url, nil)
		if _, err := tr.RoundTrip(req); err != nil {
			t.Fatal(err)
		}
	}
	if attempts != 3 || calls != 5 {
		t.Errorf("%d of %d calls were under the policy, want 3 of 5", attempts, calls)
	}
}

func TestFault02RequestsThatAreNone(t *testing.T) {
	tr := made(t)
	for name, req := range map[string]*http.Request{"nil": nil, "no URL": {Header: http.Header{}}, "no header": mustRequest("https://x.test/")} {
		var b *closeCounter
		if req != nil {
			b = &closeCounter{Reader: strings.NewReader("x")}
			req.Body = b
			if name == "no header" {
				req.Header = nil
			}
		}
		if resp, err := tr.RoundTrip(req); err == nil || resp != nil {
			t.Errorf("%s: %v, %v", name, resp, err)
		}
		if b != nil && b.n != 1 {
			t.Errorf("%s: body closed %d times", name, b.n)
		}
	}
}

type closeCounter struct {
	io.Reader
	n int
}

func (c *closeCounter) Close() error { c.n++; return nil }

func mustRequest(url string) *http.Request {
	r, err := http.NewRequest("GET", url, nil)
	if err != nil {
		panic(err)
	}
	return r
}

func TestTenantOfAHeader(t *testing.T) {
	f := bounded(tenantOf("reapit-customer"))
	of := func(set func(http.Header)) string {
		r := mustRequest("https://x.test/")
		set(r.Header)
		return f(r)
	}
	long := strings.Repeat("x", 1<<20)
	seen := map[string]string{}
	for name, set := range map[string]func(http.Header){
		"missing":              func(http.Header) {},
		"one":                  func(h http.Header) { h.Set("Reapit-Customer", "ABC") },
		"twice":                func(h http.Header) { h["Reapit-Customer"] = []string{"ABC", "DEF"} },
		"twice, the other way": func(h http.Header) { h["Reapit-Customer"] = []string{"DEF", "ABC"} },
		"long":                 func(h http.Header) { h.Set("Reapit-Customer", long) },
		"longer":               func(h http.Header) { h.Set("Reapit-Customer", long+"y") },
		"Unicode":              func(h http.Header) { h.Set("Reapit-Customer", "Ünïcode") },
		"lower case":           func(h http.Header) { h.Set("Reapit-Customer", "abc") },
	} {
		got := of(set)
		if other, dup := seen[got]; dup {
			t.Errorf("%q and %q are one tenant, %q", name, other, got)
		}
		seen[got] = name
		if len(got) > longestTenant {
			t.Errorf("%s: a key of %d bytes", name, len(got))
		}
	}
	for name, set := range map[string]func(http.Header){
		"spelling": func(h http.Header) { h["reapit-customer"] = []string{"ABC"} },
		"blanks":   func(h http.Header) { h.Set("reapit-customer", " ABC ") },
	} {
		if got := of(set); got != "ABC" {
			t.Errorf("%s: %q, want ABC", name, got)
		}
	}
	if of(func(h http.Header) { h.Set("reapit-customer", "") }) != "" {
		t.Error("an empty header is the tenant without a name")
	}
}

// A redirect to another host takes nothing along that was meant for the first.
func TestFault23RedirectToAnotherHost(t *testing.T) {
	var got http.Header
	base := roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.Host == "api.test" && r.URL.Path == "/leave" {
			resp := answer(307, r)
			resp.Header.Set("Location", "https://evil.test/x")
			return resp, nil
		}
		if r.URL.Host == "evil.test" && r.URL.Path == "/x" {
			got = r.Header.Clone()
			resp := answer(307, r)
			resp.Header.Set("Location", "https://evil.test/again")
			return resp, nil
		}
		if r.URL.Host == "evil.test" {
			for k, v := range r.Header {
				got[k] = append(got[k], v...)
			}
		}
		return answer(200, r), nil
	})
	c, err := Wrap(&http.Client{Transport: base}, WithProfile(profile.Reapit().At("api.test")))
	if err != nil {
		t.Fatal(err)
	}
	req := mustRequest("https://api.test/leave")
	secret := []string{"Reapit-Customer", "If-Match", "X-Api-Key", "Baggage", "Authorization"}
	for _, h := range append(secret, "Accept") {
		req.Header.Set(h, "v")
	}
	if _, err := c.Do(req); err != nil {
		t.Fatal(err)
	}
	for _, h := range secret {
		if got[h] != nil {
			t.Errorf("%s went along to the other host", h)
		}
	}
	if len(got["Accept"]) != 2 {
		t.Error("an ordinary header did not travel on both hops")
	}
}

func TestSetModeNamesWhatIsWrong(t *testing.T) {
	tr := made(t, WithLimiter(limiter.Config{}))
	for _, c := range []struct {
		l     Layer
		m     policy.Mode
		words string
	}{{Layer(99), policy.Observe, "layer 99"}, {Limiter, policy.Mode(99), "mode 99"}, {Dedupe, policy.Observe, "dedupe is off"}} {
		if err := tr.SetMode(c.l, c.m); err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("SetMode(%v, %v) = %v, want %q", c.l, c.m, err, c.words)
		}
	}
	if err := made(t).SetLimits(limiter.Limits{limiter.PerSecond(1)}); err == nil {
		t.Error("SetLimits without a limiter")
	}
}

func TestClosedTransportsRefuse(t *testing.T) {
	calls := 0
	base := roundTrip(func(r *http.Request) (*http.Response, error) { calls++; return answer(200, r), nil })
	tr, err := New(base)
	if err != nil {
		t.Fatal(err)
	}
	tr.Close()
	if err := tr.Close(); err != nil {
		t.Error("a second Close:", err)
	}
	for _, rt := range []*Transport{tr, tr.Over(base)} {
		_, err := rt.RoundTrip(mustRequest("https://x.test/"))
		if !errors.Is(err, limiter.ErrClosed) {
			t.Errorf("err = %v", err)
		}
	}
	if calls != 0 {
		t.Errorf("%d calls went out", calls)
	}
}

func TestShutdownWaitsForCallsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		base := roundTrip(func(r *http.Request) (*http.Response, error) { time.Sleep(3 * time.Second); return answer(200, r), nil })
		tr, err := New(base)
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				if _, err := tr.RoundTrip(mustRequest("https://x.test/")); err != nil {
					t.Error(err)
				}
			})
		}
		time.Sleep(time.Second)
		start := time.Now()
		wg.Go(func() {
			time.Sleep(time.Millisecond)
			if _, err := tr.RoundTrip(mustRequest("https://x.test/")); !errors.Is(err, limiter.ErrClosed) {
				t.Errorf("a new call while shutting down: %v", err)
			}
		})
		if err := tr.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if d := time.Since(start); d != 2*time.Second {
			t.Errorf("returned after %v", d)
		}
		wg.Wait()
	})
}

func TestShutdownGivesUpWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		block := make(chan struct{})
		base := roundTrip(func(r *http.Request) (*http.Response, error) { <-block; return answer(200, r), nil })
		tr, err := New(base)
		if err != nil {
			t.Fatal(err)
		}
		go tr.RoundTrip(mustRequest("https://x.test/"))
		synctest.Wait()
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		if err := tr.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("err = %v", err)
		}
		close(block)
	})
}

func TestBindIsReleasedByClose(t *testing.T) {
	var bound *Transport
	released := 0
	tr, err := New(nil, WithHooks(Hooks{Bind: func(t *Transport) func() { bound = t; return func() { released++ } }}),
		WithHooks(Hooks{Bind: func(*Transport) func() { return nil }}))
	if err != nil || bound != tr {
		t.Fatal(bound, err)
	}
	tr.Close()
	tr.Close()
	if released != 1 {
		t.Errorf("released %d times", released)
	}
}

func TestMiddlewareOrderAndDefaultTransport(t *testing.T) {
	old := http.DefaultTransport
	defer func() { http.DefaultTransport = old }()
	var order []string
	say := func(name string) func(http.RoundTripper) http.RoundTripper {
		return func(next http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				order = append(order, name)
				return next.RoundTrip(r)
			})
		}
	}
	tr := made(t, WithPerAttempt(say("inner 1")), WithPerCall(say("outer 1")), WithPerAttempt(say("inner 2")), WithPerCall(say("outer 2")))
	// Replaced after the Transport was made: looked up at each call.
	http.DefaultTransport = roundTrip(func(r *http.Request) (*http.Response, error) {
		order = append(order, "base")
		return answer(200, r), nil
	})
	if _, err := tr.RoundTrip(mustRequest("https://x.test/")); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(order, ", "); got != "outer 1, outer 2, inner 1, inner 2, base" {
		t.Error(got)
	}
}

type idleCounter struct {
	roundTrip
	n int
}

func (c *idleCounter) CloseIdleConnections() { c.n++ }

func TestCloseIdleConnectionsReachesTheBase(t *testing.T) {
	base := &idleCounter{}
	c, err := Wrap(&http.Client{Transport: base}, WithGuidelines(profile.Reapit()))
	if err != nil {
		t.Fatal(err)
	}
	c.CloseIdleConnections()
	if base.n != 1 {
		t.Errorf("%d times", base.n)
	}
	tr, _ := From(c)
	tr.Close()
	if tr.Unwrap() != http.RoundTripper(base) || tr.WrappedRoundTripper() != http.RoundTripper(base) {
		t.Error("Unwrap gives something else than the base")
	}
}

// recorder keeps the warnings.
type recorder struct {
	slog.Handler
	lines []string
}

func (r *recorder) Enabled(context.Context, slog.Level) bool { return true }
func (r *recorder) Handle(_ context.Context, rec slog.Record) error {
	line := rec.Message
	rec.Attrs(func(a slog.Attr) bool { line += " " + a.String(); return true })
	r.lines = append(r.lines, line)
	return nil
}

func TestWarnsOnceWhenNoCallIsUnderThePolicy(t *testing.T) {
	base := roundTrip(func(r *http.Request) (*http.Response, error) { return answer(200, r), nil })
	for _, first := range []string{"https://elsewhere.test/?email=a@b.test", "https://api.test/"} {
		log := &recorder{}
		tr, err := New(base, WithProfile(profile.Reapit().At("api.test")), WithLogger(slog.New(log)))
		if err != nil {
			t.Fatal(err)
		}
		tr.RoundTrip(mustRequest(first))
		for range 60 {
			tr.RoundTrip(mustRequest("https://elsewhere.test/?email=a@b.test"))
		}
		if first == "https://api.test/" {
			if len(log.lines) != 0 {
				t.Errorf("one call was under the policy, yet: %q", log.lines)
			}
			continue
		}
		if len(log.lines) != 1 || !strings.Contains(log.lines[0], "elsewhere.test") || !strings.Contains(log.lines[0], "api.test") || strings.Contains(log.lines[0], "a@b") {
			t.Errorf("%q", log.lines)
		}
	}
}
