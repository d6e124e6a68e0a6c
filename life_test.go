package goodtenant

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
	"github.com/goodtenant/goodtenant/conflict"
	"github.com/goodtenant/goodtenant/dedupe"
	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/policy"
	"github.com/goodtenant/goodtenant/profile"
)

// Whoever shuts down, and however many do, all of them return.
func TestEveryShutdownReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		base := roundTrip(func(r *http.Request) (*http.Response, error) { time.Sleep(3 * time.Second); return answer(200, r), nil })
		tr, err := New(base)
		if err != nil {
			t.Fatal(err)
		}
		go tr.RoundTrip(mustRequest("https://x.test/"))
		time.Sleep(time.Second)
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		var wg sync.WaitGroup
		for _, rt := range []*Transport{tr, tr, tr.Over(base)} {
			wg.Go(func() {
				start := time.Now()
				if err := rt.Shutdown(ctx); err != nil || time.Since(start) != 2*time.Second {
					t.Errorf("%v after %v", err, time.Since(start))
				}
			})
		}
		wg.Wait()
	})
}

// A base that is under a policy would have each call counted twice, and one slot
// would wait for the other: New, Wrap and Over say so.
func TestFault27AnyLayerBelowIsAnError(t *testing.T) {
	below := map[Layer]http.RoundTripper{}
	var err [4]error
	below[Limiter], err[0] = limiter.NewTransport(nil, limiter.Config{Limits: limiter.Limits{limiter.PerSecond(1)}})
	below[Conflict], err[1] = conflict.NewTransport(nil, conflict.Config{})
	below[Dedupe], err[2] = dedupe.NewTransport(nil, dedupe.Config{})
	checker, e := compliance.New(compliance.Config{})
	below[Compliance], err[3] = checker.Wire(nil), e
	if err := errors.Join(err[:]...); err != nil {
		t.Fatal(err)
	}
	for l, base := range below {
		if c, ok := base.(io.Closer); ok {
			defer c.Close()
		}
		if _, err := New(wrapper{base}, WithGuidelines(profile.Reapit())); err == nil || !strings.Contains(err.Error(), l.String()) {
			t.Errorf("%v below all layers: %v", l, err)
		}
		if tr, err := New(base, WithGuidelines(profile.Reapit()), WithoutLayer(l)); err != nil {
			t.Errorf("%v below the others: %v", l, err)
		} else {
			tr.Close()
		}
	}
	defer checker.Close()
	tr := made(t, WithLimiter(limiter.Config{Limits: limiter.Limits{limiter.Concurrent(1)}}))
	for name, base := range map[string]http.RoundTripper{"itself": tr, "itself, wrapped": wrapper{tr}, "a limiter": below[Limiter]} {
		b := &closeCounter{Reader: strings.NewReader("x")}
		req := mustRequest("https://x.test/")
		req.Method, req.Body = "POST", b
		resp, err := tr.Over(base).RoundTrip(req)
		if resp != nil || err == nil || !strings.Contains(err.Error(), "under a policy already") || b.n != 1 {
			t.Errorf("Over %s: %v, %v, body closed %d times", name, resp, err, b.n)
		}
	}
}

// What is changed at run time is in force, so EffectiveConfig says it; nobody can
// change the list for others.
func TestEffectiveConfigFollowsChanges(t *testing.T) {
	tr := made(t, WithGuidelines(profile.Reapit()))
	find := func(name string) (v ConfigValue, n int) {
		for _, c := range tr.EffectiveConfig().Values {
			if strings.HasPrefix(c.Name, name) {
				v, n = c, n+1
			}
		}
		return v, n
	}
	if v, n := find("limiter.Limits"); n != 3 || v.From != "profile" {
		t.Fatalf("%d limits: %v", n, v)
	}
	if v, _ := find("limiter.Mode"); v != (ConfigValue{"limiter.Mode", "enforce", "default"}) {
		t.Errorf("%v", v)
	}
	if err := errors.Join(tr.SetLimits(limiter.Limits{limiter.PerSecond(7)}), tr.SetMode(Limiter, policy.Observe)); err != nil {
		t.Fatal(err)
	}
	if v, n := find("limiter.Limits"); n != 1 || v != (ConfigValue{"limiter.Limits[0]", "7 in 1s", "code"}) {
		t.Errorf("after SetLimits: %d, %v", n, v)
	}
	if v, _ := find("limiter.Mode"); v != (ConfigValue{"limiter.Mode", "observe", "code"}) {
		t.Errorf("after SetMode: %v", v)
	}
	if v, _ := find("conflict.Mode"); v != (ConfigValue{"conflict.Mode", "enforce", "default"}) {
		t.Errorf("a mode that nobody changed: %v", v)
	}
	tr.EffectiveConfig().Values[0].Value = "mine"
	if tr.EffectiveConfig().Values[0].Value == "mine" {
		t.Error("a caller can change the list for others")
	}
	e := tr.EffectiveConfig()
	text, marshalled := e.String(), string(must(json.Marshal(e)))
	for _, v := range e.Values {
		if !strings.Contains(text, v.Name) || !strings.Contains(marshalled, `{"name":"`+v.Name+`"`) {
			t.Errorf("%s is not in both forms", v.Name)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// However the header is spelled, and whatever the base forgets to say, nothing
// goes to another host that was meant for the first.
func TestFault23OddSpellingsAndAnswersWithoutARequest(t *testing.T) {
	for _, forgets := range []bool{false, true} {
		var got http.Header
		base := roundTrip(func(r *http.Request) (*http.Response, error) {
			resp := answer(200, r)
			if r.URL.Host == "api.test" {
				resp = answer(307, r)
				resp.Header.Set("Location", "https://evil.test/")
			} else {
				got = r.Header
			}
			if forgets {
				resp.Request = nil
			}
			return resp, nil
		})
		c, err := Wrap(&http.Client{Transport: base}, WithProfile(profile.Reapit().At("api.test")))
		if err != nil {
			t.Fatal(err)
		}
		req := mustRequest("https://api.test/")
		for _, h := range []string{"reapit-customer", "IF-MATCH", "x-api-KEY", "Authorization", "Reapit-Customer"} {
			req.Header[h] = []string{"secret"}
		}
		req.Header.Set("Accept", "text/plain")
		resp, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		for k, v := range got {
			if slices.Contains(v, "secret") {
				t.Errorf("forgets %v: %s went along to the other host", forgets, k)
			}
		}
		if got.Get("Accept") == "" {
			t.Error("an ordinary header did not travel")
		}
		if len(req.Header) != 6 {
			t.Error("the caller's request was changed")
		}
	}
}

// Middleware and functions of the app that panic or break the contract harm their
// own call only: the next one has the slot and the answer.
func TestMisbehavingFunctionsHarmTheirOwnCall(t *testing.T) {
	type misbehaviour struct {
		name  string
		wrong func(*http.Request) (*http.Response, error)
	}
	for _, m := range []misbehaviour{
		{"panics", func(*http.Request) (*http.Response, error) { panic("middleware") }},
		{"answers nothing", func(*http.Request) (*http.Response, error) { return nil, nil }},
		{"answers twice", func(r *http.Request) (*http.Response, error) { return answer(200, r), errors.New("too") }},
		{"leaves the body nil", func(r *http.Request) (*http.Response, error) {
			resp := answer(200, r)
			resp.Body, resp.Header = nil, nil
			return resp, nil
		}},
	} {
		for place, option := range map[string]func(func(http.RoundTripper) http.RoundTripper) Option{"outside": WithPerCall, "inside": WithPerAttempt} {
			t.Run(m.name+" "+place, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					wrong := true
					tr, err := New(roundTrip(func(r *http.Request) (*http.Response, error) { return answer(204, r), nil }),
						WithGuidelines(profile.Reapit().At()), WithLimiter(limiter.Config{Limits: limiter.Limits{limiter.Concurrent(1).EachTenant()}}),
						option(func(next http.RoundTripper) http.RoundTripper {
							return roundTrip(func(r *http.Request) (*http.Response, error) {
								if wrong {
									return m.wrong(r)
								}
								return next.RoundTrip(r)
							})
						}))
					if err != nil {
						t.Fatal(err)
					}
					call := func() (resp *http.Response, panicked any, err error) {
						defer func() { panicked = recover() }()
						req := mustRequest("https://x.test/contacts/CON1")
						req.Header.Set("Authorization", "Bearer x")
						resp, err = tr.RoundTrip(req)
						if (resp == nil) == (err == nil) {
							t.Errorf("%v, %v", resp, err)
						}
						if resp != nil {
							io.Copy(io.Discard, resp.Body)
							resp.Body.Close()
						}
						return resp, nil, err
					}
					if _, panicked, _ := call(); (panicked != nil) != (m.name == "panics") {
						t.Errorf("panicked: %v", panicked)
					}
					wrong = false
					for range 3 {
						if resp, panicked, err := call(); err != nil || panicked != nil || resp.StatusCode != 204 {
							t.Errorf("the next call: %v %v %v", resp, err, panicked)
						}
					}
					if err := tr.Shutdown(t.Context()); err != nil {
						t.Error(err)
					}
				})
			})
		}
	}
}
