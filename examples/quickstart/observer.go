package main

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// observer is the innermost transport of a -url run: what leaves the program.
type observer struct {
	next http.RoundTripper

	mu       sync.Mutex
	sent     []time.Time
	inFlight int
	peak     int
	tooMany  int
}

func (o *observer) RoundTrip(req *http.Request) (*http.Response, error) {
	o.mu.Lock()
	if len(o.sent) >= most {
		o.mu.Unlock()
		return nil, fmt.Errorf("the cap of %d calls is reached", most)
	}
	o.sent = append(o.sent, time.Now())
	o.inFlight++
	o.peak = max(o.peak, o.inFlight)
	o.mu.Unlock()
	resp, err := o.next.RoundTrip(req)
	o.mu.Lock()
	o.inFlight--
	if resp != nil && resp.StatusCode == http.StatusTooManyRequests {
		o.tooMany++
	}
	o.mu.Unlock()
	return resp, err
}

// watch makes the calls and sums up.
func (o *observer) watch(client *http.Client, req *http.Request, progress io.Writer) result {
	start := time.Now()
	var wg sync.WaitGroup
	var begun atomic.Int64
	a := &app{} // counts the outcomes
	for i := range workers {
		wg.Go(func() {
			for begun.Add(1) <= most && req.Context().Err() == nil {
				r := req.Clone(req.Context())
				r.Header.Set("reapit-customer", customer(i))
				// Each asks for itself: this measures the limits, not the sharing.
				r.Header.Set("Authorization", fmt.Sprintf("Bearer quickstart-%d", i))
				resp, err := client.Do(r)
				if err != nil {
					a.fail(err)
					continue
				}
				io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
				resp.Body.Close()
				if resp.StatusCode >= 300 {
					a.fail(statusError(resp.StatusCode))
				} else {
					a.jobs.Add(1)
				}
				fmt.Fprintf(progress, "\r%d of %d calls ", a.jobs.Load()+a.failures.Load(), most)
			}
		})
	}
	wg.Wait()
	fmt.Fprintln(progress)
	return result{
		Name: "goodtenant", Calls: len(o.sent), TooMany: o.tooMany, MostInSecond: mostInSecond(o.sent), MostInFlight: o.peak,
		Jobs: int(a.jobs.Load()), Failures: int(a.failures.Load()), Reasons: a.reasons, Seconds: time.Since(start).Seconds(),
	}
}

// mostInSecond is the most of times in any second, wherever it begins.
func mostInSecond(times []time.Time) (peak int) {
	slices.SortFunc(times, time.Time.Compare)
	first := 0
	for i, t := range times {
		for t.Sub(times[first]) >= time.Second {
			first++
		}
		peak = max(peak, i-first+1)
	}
	return peak
}
