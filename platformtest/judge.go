package platformtest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// judge counts every call as it arrives, decides under one lock whether a limit
// refuses it, and keeps the record. A call is judged by all limits: it may
// break several.
type judge struct {
	cfg Config

	mu         sync.Mutex
	rate, day  meter
	window     window
	inFlight   map[string]int
	stats      Stats
	violations []Violation
	requests   []*Request // a ring of the newest Config.Keep once it is full
	oldest     int
}

func newJudge(c Config) *judge {
	return &judge{
		cfg: c, rate: c.newMeter(), day: c.newDayMeter(), window: window{per: c.Per},
		inFlight: map[string]int{},
		stats:    Stats{MostByTenant: map[string]int{}},
	}
}

// verdict is what the limits say about one call.
type verdict struct {
	refused []Rule
	retry   time.Time // when a refused call might be admitted
	left    int       // what is left of the rate, where the headers tell it
	reset   time.Time // when the next call may come
}

// arrive counts a call of req.Tenant. end must be called when it is no longer
// in flight; more than once does no harm.
func (j *judge) arrive(req *Request, embeds int) (v verdict, end func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	now := time.Now()
	j.stats.Requests++
	req.Seq, req.Arrival = j.stats.Requests, now
	j.remember(req)

	tenant := req.Tenant
	j.inFlight[tenant]++
	there := j.inFlight[tenant]
	j.stats.MostByTenant[tenant] = max(j.stats.MostByTenant[tenant], there)
	j.stats.MostInFlight = max(j.stats.MostInFlight, there)
	j.window.add(now)
	j.stats.MostInWindow = j.window.most

	v = j.decide(req, now, there)
	if v.refused == nil {
		j.stats.Admitted++
		j.stats.Billed += 1 + embeds
	} else {
		j.stats.Refused++
	}
	var once sync.Once
	return v, func() {
		once.Do(func() {
			j.mu.Lock()
			defer j.mu.Unlock()
			req.End = time.Now()
			if j.inFlight[tenant]--; j.inFlight[tenant] == 0 {
				delete(j.inFlight, tenant)
			}
		})
	}
}

// decide admits a call when all three limits have room for it; only then does
// any of them count it.
func (j *judge) decide(req *Request, now time.Time, there int) verdict {
	v := verdict{retry: now}
	refuse := func(rule Rule, count *int, retry time.Time, format string, args ...any) {
		*count++
		v.refused = append(v.refused, rule)
		v.retry = later(v.retry, retry)
		j.violateLocked(rule, req, format, args...)
	}
	if next := j.day.next(now); next.After(now) {
		refuse(DayLimit, &j.stats.DaySpent, next, "the %d calls of the day are spent; the next may come %s later", j.cfg.Day, next.Sub(now))
	}
	if j.cfg.Concurrent > 0 && there > j.cfg.Concurrent {
		refuse(Concurrency, &j.stats.Concurrent, now, "%d calls of this customer in flight where %d are allowed", there, j.cfg.Concurrent)
	}
	if next := j.rate.next(now); next.After(now) {
		refuse(RateLimit, &j.stats.RateLimited, next, "%d arrivals in the last %s where the %s allows %d; the next may come %s later",
			j.window.count(), j.cfg.Per, j.cfg.Model, j.cfg.Rate, next.Sub(now))
	}
	if v.refused != nil {
		j.rate.refuse(now)
		j.day.refuse(now)
		v.retry = later(v.retry, j.rate.next(now))
	} else {
		j.rate.take(now)
		j.day.take(now)
	}
	req.Refused = v.refused
	if j.cfg.RateLimitHeaders != NoRateLimitHeaders {
		v.left, v.reset = j.rate.left(now), j.rate.next(now)
	}
	return v
}

func (j *judge) remember(req *Request) {
	switch keep := j.cfg.Keep; {
	case keep < 0:
	case len(j.requests) < keep:
		j.requests = append(j.requests, req)
	default:
		j.requests[j.oldest] = req
		j.oldest = (j.oldest + 1) % keep
	}
}

func (j *judge) token() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.stats.Tokens++
}

func (j *judge) connection() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.stats.Connections++
}

func (j *judge) unchanged(n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.stats.Unchanged += n
}

func (j *judge) status(req *Request, status int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	req.Status = status
}

func (j *judge) body(req *Request, body []byte) {
	j.mu.Lock()
	defer j.mu.Unlock()
	req.Body = body
}

func (j *judge) violate(rule Rule, req *Request, format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.violateLocked(rule, req, format, args...)
}

func (j *judge) violateLocked(rule Rule, req *Request, format string, args ...any) {
	j.violations = append(j.violations, Violation{
		Rule: rule, Time: time.Now(), Request: req.Seq, Tenant: req.Tenant,
		Detail: req.Method + " " + req.Path + ": " + fmt.Sprintf(format, args...),
	})
}

// Requests returns the calls to the API in the order of their arrival, those
// still in flight included; see Config.Keep.
func (s *Server) Requests() []Request {
	j := s.judge
	j.mu.Lock()
	defer j.mu.Unlock()
	out := make([]Request, 0, len(j.requests))
	for i := range j.requests {
		out = append(out, *j.requests[(j.oldest+i)%len(j.requests)])
	}
	return out
}

// Violations returns every breach of the guidelines so far, in order.
func (s *Server) Violations() []Violation {
	s.judge.mu.Lock()
	defer s.judge.mu.Unlock()
	return slices.Clone(s.judge.violations)
}

// Stats returns the figures so far.
func (s *Server) Stats() Stats {
	s.judge.mu.Lock()
	defer s.judge.mu.Unlock()
	st := s.judge.stats
	st.MostByTenant = maps.Clone(st.MostByTenant)
	return st
}

// window finds the most arrivals in any half-open window of per: that one ends
// at an arrival, so it is enough to look back from each.
type window struct {
	per     time.Duration
	entries []time.Time
	most    int
}

func (w *window) add(now time.Time) {
	w.entries = append(w.entries, now)
	gone := 0
	for !w.entries[gone].Add(w.per).After(now) {
		gone++
	}
	if gone > 0 {
		w.entries = w.entries[gone:]
	}
	w.most = max(w.most, len(w.entries))
}

func (w *window) count() int { return len(w.entries) }

// tenantOf is the customer that a call names.
func tenantOf(r *http.Request) string { return r.Header.Get("Reapit-Customer") }
