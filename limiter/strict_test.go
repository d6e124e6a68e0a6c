package limiter

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"testing"
	"testing/synctest"
	"time"
)

// resending is a base that writes some requests twice, as net/http does when a
// stream is refused or a kept-alive connection has died: the first try arrives,
// and is not worked on.
type resending struct {
	*platform
	twice func() bool
}

func (b resending) RoundTrip(r *http.Request) (*http.Response, error) {
	trace := httptrace.ContextClientTrace(r.Context())
	if trace == nil || r.Body != nil {
		return b.platform.RoundTrip(r)
	}
	for b.twice() {
		trace.GotConn(httptrace.GotConnInfo{})
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		trace.WroteRequest(httptrace.WroteRequestInfo{})
		if err := wait(r.Context(), b.up); err != nil {
			return nil, err
		}
		b.note()
		if err := wait(r.Context(), b.down); err != nil {
			return nil, err
		}
	}
	return b.platform.RoundTrip(r)
}

// note counts an arrival that is not worked on.
func (p *platform) note() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.began.IsZero() {
		p.began, p.inFlight = time.Now(), map[string]int{}
	}
	p.at = append(p.at, time.Since(p.began))
	p.refusals = append(p.refusals, "")
}

// schedule is one random world: delays up to 2 s in mixes, dials, stalls that let
// all go at once, callers who leave, re-sends.
func schedule(t *testing.T, seed uint64, cfg Config) *platform {
	d := newDice(seed)
	mix := func() func() time.Duration {
		a, b := d.between(0, 100*time.Millisecond), d.between(0, 2*time.Second)
		likely := d.float()
		return func() time.Duration {
			if d.float() < likely {
				return d.between(0, a)
			}
			return d.between(0, b)
		}
	}
	p := &platform{up: mix(), down: mix(), dial: mix(), service: mix()}
	if seed%3 == 0 { // the way up stalls, then lets all go at once
		stall := d.between(500*time.Millisecond, 2*time.Second)
		p.up = func() time.Duration {
			return max(0, stall-time.Duration(time.Now().UnixNano())%(2*stall))
		}
	}
	cold := d.float() * .3
	p.cold = func() bool { return d.float() < cold }
	again := d.float() * .2
	leaving := d.float() * .3
	tenants := 1 + int(d.float()*12)
	synctest.Test(t, func(t *testing.T) {
		cfg.Tenant = byHeader
		tr := newTransport(t, resending{p, func() bool { return d.float() < again }}, cfg)
		fleet(tr, 40, tenants, 6*time.Second, func(ctx context.Context, _ int) (context.Context, context.CancelFunc) {
			if d.float() < leaving {
				return context.WithTimeout(ctx, d.between(0, 3*time.Second))
			}
			return ctx, func() {}
		})
		tr.Close()
		time.Sleep(time.Minute)
		if s := tr.Snapshot(); s.App.InFlight != 0 || s.Queued != 0 {
			t.Errorf("seed %d: after all has ended %d are in flight and %d queued", seed, s.App.InFlight, s.Queued)
		}
	})
	return p
}

// TestStrictWhateverTheDelays is the theorem of the package comment: 10,000
// schedules in the soak.
func TestStrictWhateverTheDelays(t *testing.T) {
	n, calls, worst, peak := times(120, 10_000), 0, 0, 0
	for i := range n {
		seed := *seedFlag + uint64(i)
		p := schedule(t, seed, Config{Limits: usual(), Guarantee: Strict})
		if w := p.worst(time.Second); w > 20 || p.peak > 5 {
			t.Fatalf("seed %d: %d arrivals in a second, %d in flight for one tenant; want 20 and 5 at most", seed, w, p.peak)
		}
		calls, worst, peak = calls+p.arrivals(), max(worst, p.worst(time.Second)), max(peak, p.peak)
	}
	t.Logf("seeds from %d: %d schedules, %d arrivals, worst second %d, most in flight %d", *seedFlag, n, calls, worst, peak)
	if calls < 20*n || worst < 20 || peak < 5 {
		t.Errorf("%d arrivals, worst second %d, most in flight %d: the schedules reach no limit", calls, worst, peak)
	}
	// the same judge bites on Balanced, which does not promise this
	most := 0
	for i := range 30 {
		most = max(most, schedule(t, *seedFlag+uint64(i), Config{Limits: usual()}).worst(time.Second))
	}
	if most <= 20 {
		t.Errorf("Balanced under delays of 2 s has %d arrivals in its worst second: the judge cannot tell", most)
	}
	t.Logf("Balanced under the same delays: %d in its worst second", most)
}

// TestManyWindowsAtOnce: windows of several lengths and scopes hold together.
func TestManyWindowsAtOnce(t *testing.T) {
	limits := Limits{PerSecond(20), PerWindow(50, 5*time.Second), PerWindow(8, time.Second).EachTenant(), Concurrent(12), Concurrent(3).EachTenant()}
	for i := range times(100, 2000) {
		seed := *seedFlag + uint64(i)
		p := schedule(t, seed, Config{Limits: limits, Guarantee: Strict})
		if a, b := p.worst(time.Second), p.worst(5*time.Second); a > 20 || b > 50 || p.peak > 3 {
			t.Fatalf("seed %d: %d in a second, %d in five, %d in flight for one tenant; want 20, 50, 3", seed, a, b, p.peak)
		}
	}
}
