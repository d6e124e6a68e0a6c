package limiter

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// This file is the judge of the property tests: a strict server behind a way with
// delays, which sees what arrives and when. It knows nothing of the limiter.

var seedFlag = flag.Uint64("seed", 1, "first seed of the property tests")

// soak reports whether the full counts are to be run.
func soak() bool { return os.Getenv("GOODTENANT_SOAK") == "1" }

// times gives the reduced or the full count.
func times(reduced, full int) int {
	if soak() {
		return full
	}
	return reduced
}

// dice is a source of random numbers for goroutines.
type dice struct {
	mu sync.Mutex
	r  *rand.Rand
}

func newDice(seed uint64) *dice { return &dice{r: rand.New(rand.NewPCG(seed, 1))} }

func (d *dice) float() float64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.r.Float64()
}

func (d *dice) norm() float64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.r.NormFloat64()
}

func (d *dice) between(a, b time.Duration) time.Duration {
	return a + time.Duration(d.float()*float64(b-a))
}

// lognormal has the given median.
func (d *dice) lognormal(median time.Duration, sigma float64) time.Duration {
	return time.Duration(float64(median) * math.Exp(sigma*d.norm()))
}

// model is how the server counts a rate.
type model int

const (
	slidingLog model = iota
	countsRejects
	fixedWindow
	bucket
	slidingCounter
)

var modelNames = [...]string{"sliding log", "log that counts rejects", "fixed window", "token bucket", "sliding counter"}

func (m model) String() string { return modelNames[m] }

// platform is the strict server together with the way to it.
type platform struct {
	model      model
	rate       int           // in a window
	per        time.Duration // 0: a second
	burst      int           // of a token bucket
	phase      time.Duration // of a fixed window
	concurrent int           // for each tenant; 0: not judged
	foreign    time.Duration // between the calls of another client; 0: none

	foreignUntil time.Duration // when that client leaves; 0: never

	up, down, dial, service func() time.Duration // nil: 0
	cold                    func() bool          // nil: never
	answer                  func(n int, r *http.Request) *http.Response

	mu        sync.Mutex
	began     time.Time
	at        []time.Duration // all arrivals, refused ones too
	refusals  []string        // "" where it was let in
	counted   []time.Duration // what counts
	tat       time.Duration
	elsewhere time.Duration // of the last call of the other client
	inFlight  map[string]int
	peak      int
}

func (p *platform) window() time.Duration {
	if p.per == 0 {
		return time.Second
	}
	return p.per
}

func wait(ctx context.Context, f func() time.Duration) error {
	if f == nil {
		return ctx.Err()
	}
	d := f()
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// RoundTrip takes the request to the server and the answer back. A client that
// leaves does not stop what is under way.
func (p *platform) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	trace := httptrace.ContextClientTrace(ctx)
	if trace != nil && trace.GetConn != nil {
		trace.GetConn("judge:443")
	}
	if p.cold != nil && p.cold() {
		if err := wait(ctx, p.dial); err != nil {
			return nil, err
		}
	}
	if trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	if err := ctx.Err(); err != nil { // net/http asks too, or finds its connection closed
		return nil, err
	}
	if r.Body != nil {
		io.Copy(io.Discard, r.Body)
		r.Body.Close()
	}
	if trace != nil && trace.WroteRequest != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{})
	}
	came := make(chan *http.Response, 1)
	go func() {
		wait(context.Background(), p.up)
		resp := p.arrive(r)
		wait(context.Background(), p.down)
		came <- resp
	}()
	select {
	case resp := <-came:
		return resp, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// arrive is the server's side.
func (p *platform) arrive(r *http.Request) *http.Response {
	tenant := r.Header.Get("Reapit-Customer")
	p.mu.Lock()
	if p.began.IsZero() {
		p.began, p.inFlight = time.Now(), map[string]int{}
	}
	now := time.Since(p.began)
	for p.foreign > 0 && p.elsewhere+p.foreign <= now && (p.foreignUntil == 0 || p.elsewhere < p.foreignUntil) {
		p.elsewhere += p.foreign
		p.admits(p.elsewhere)
	}
	why := ""
	if p.inFlight[tenant]++; p.inFlight[tenant] > p.peak {
		p.peak = p.inFlight[tenant]
	}
	if p.concurrent > 0 && p.inFlight[tenant] > p.concurrent {
		why = "concurrency"
	} else if !p.admits(now) {
		why = "rate"
	}
	p.at = append(p.at, now)
	p.refusals = append(p.refusals, why)
	n := len(p.at)
	p.mu.Unlock()
	if why == "" {
		wait(context.Background(), p.service)
	}
	p.mu.Lock()
	p.inFlight[tenant]--
	p.mu.Unlock()
	if why == "" && p.answer != nil {
		if resp := p.answer(n, r); resp != nil {
			resp.Request = r
			return resp
		}
	}
	status := 204
	if why != "" {
		status = 429
	}
	return &http.Response{StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: http.NoBody, Request: r}
}

// admits counts one arrival.
func (p *platform) admits(now time.Duration) bool {
	if p.rate == 0 {
		return true
	}
	w := p.window()
	switch p.model {
	case bucket:
		gap := w / time.Duration(p.rate)
		if p.tat-time.Duration(p.burst-1)*gap > now {
			return false
		}
		p.tat = max(p.tat, now) + gap
		return true
	case fixedWindow:
		start := (now+p.phase)/w*w - p.phase
		if p.since(start-1) >= p.rate {
			return false
		}
	case slidingCounter:
		start := now / w * w
		cur, prev := p.since(start-1), p.since(start-w-1)
		prev -= cur
		if float64(prev)*(1-float64(now-start)/float64(w))+float64(cur) >= float64(p.rate) {
			return false
		}
	case countsRejects:
		p.counted = append(p.counted, now)
		return p.since(now-w) <= p.rate
	default:
		if p.since(now-w) >= p.rate {
			return false
		}
	}
	p.counted = append(p.counted, now)
	return true
}

// since counts what was counted after t.
func (p *platform) since(t time.Duration) (n int) {
	for i := len(p.counted) - 1; i >= 0 && p.counted[i] > t; i-- {
		n++
	}
	return n
}

// refused counts the refusals of arrivals from a time on.
func (p *platform) refused(from time.Duration) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, why := range p.refusals {
		if why != "" && p.at[i] >= from {
			n++
		}
	}
	return n
}

// served counts those let in, between two times.
func (p *platform) served(from, to time.Duration) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, at := range p.at {
		if p.refusals[i] == "" && at >= from && at < to {
			n++
		}
	}
	return n
}

// worst is the most arrivals in any window of length w.
func (p *platform) worst(w time.Duration) (most int) {
	p.mu.Lock()
	at := slices.Clone(p.at)
	p.mu.Unlock()
	slices.Sort(at)
	for i, j := 0, 0; j < len(at); j++ {
		for at[j]-at[i] >= w {
			i++
		}
		most = max(most, j-i+1)
	}
	return most
}

func (p *platform) arrivals() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.at)
}

// fleet keeps n callers busy until the time is up.
func fleet(rt http.RoundTripper, n, tenants int, d time.Duration, each func(ctx context.Context, i int) (context.Context, context.CancelFunc)) (errs int) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	end := time.Now().Add(d)
	for i := range n {
		wg.Go(func() {
			for time.Now().Before(end) {
				ctx, cancel := context.Background(), context.CancelFunc(func() {})
				if each != nil {
					ctx, cancel = each(ctx, i)
				}
				if err := get(rt, ctx, fmt.Sprint("T", i%tenants)); err != nil {
					mu.Lock()
					errs++
					mu.Unlock()
					time.Sleep(time.Millisecond)
				}
				cancel()
			}
		})
	}
	wg.Wait()
	return errs
}

// get makes one call and reads its answer.
func get(rt http.RoundTripper, ctx context.Context, tenant string) error {
	r, err := http.NewRequestWithContext(ctx, "GET", "http://api.example.test/contacts/1", nil)
	if err != nil {
		return err
	}
	r.Header.Set("Reapit-Customer", tenant)
	resp, err := rt.RoundTrip(r)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	if err == nil && resp.StatusCode >= 400 {
		err = fmt.Errorf("status %d", resp.StatusCode)
	}
	return err
}

func constant(d time.Duration) func() time.Duration { return func() time.Duration { return d } }

// both runs f against the limiter, and hands the judge's view back.
func describe(p *platform) string {
	return strings.TrimSpace(fmt.Sprintf("%v: %d arrivals, %d refused, worst second %d, most in flight %d", p.model, p.arrivals(), p.refused(0), p.worst(time.Second), p.peak))
}

var _ testing.TB
