package compliance

import (
	"math"
	"slices"
)

// app is what is known of the whole app's calls, whatever the tenant.
type app struct {
	first, last int64 // of the calls seen
	newest      int64 // likewise, whatever the view; of an earlier process too
	behind      uint8 // calls in a row that were much older than that
	calls       int
	usage       bool // Used was called

	starts  []int64 // of the last PerSecond+1 calls, a ring
	at      int
	seconds [loadSeconds]secondLoad // by their number modulo loadSeconds
	flight  inFlight
	day     dayCount // all: calls; some: effective calls
	satFor  uint32   // since when the rate has been near its limit
	week    dayCount // of intent: reads; some: writes, since weekAt
	weekAt  uint32
	labels  dayCount // reads; some: unlabelled
	tokens  []tokenCalls
}

// loadSeconds is how many of the last seconds are kept: replicas tell each other
// what they sent some minutes later.
const loadSeconds = 1024

// secondLoad counts the calls of one second, and those the server caused.
type secondLoad struct {
	sec    uint32
	calls  uint16
	server uint16
}

// inFlight counts calls that have begun and not ended. Live calls are counted up
// and down; recorded ones by when they end.
type inFlight struct {
	live int
	ends []int64
	from uint32 // of the window of begins
	all  uint32
	used uint32 // sum of the calls in flight at each begin
}

func (f *inFlight) size() int { return 8 * cap(f.ends) }

// at adds a recorded call and gives how many are in flight with it.
func (f *inFlight) recorded(begin, end int64) int {
	f.ends = slices.DeleteFunc(f.ends, func(e int64) bool { return e <= begin })
	n := len(f.ends) + 1
	if end > begin && len(f.ends) < 256 {
		f.ends = append(f.ends, end)
	}
	return n
}

// begin counts a call that starts, in the order of the starts: GT402, GT403 and
// the part of GT401 that is about waiting.
func (k *Checker) begin(x *exchange, live bool) {
	st, p := k.st, &k.cfg.Platform
	a, t := &st.app, st.tenantOf(x)
	x.of = t
	if live {
		a.flight.live++
		t.flight.live++
		x.inFlight, x.inFlightApp = t.flight.live, a.flight.live
	} else {
		x.inFlight, x.inFlightApp = t.flight.recorded(x.at, x.end), a.flight.recorded(x.at, x.end)
	}
	l := k.look(x)
	l.t = t
	if p.Concurrent > 0 && x.inFlight > p.Concurrent {
		l.raise(gt402, alarm{sev: Error, measured: float64(x.inFlight), threshold: float64(p.Concurrent), unit: "calls in flight for one tenant", confidence: 1})
	}
	if p.ConcurrentApp > 0 && x.inFlightApp > p.ConcurrentApp {
		l.raiseApp(gt402, alarm{sev: Warning, measured: float64(x.inFlightApp), threshold: float64(p.ConcurrentApp), unit: "calls in flight for the whole app", confidence: 1})
	}
	if t.throttle.until > x.at && x.at >= t.throttle.from {
		l.raise(gt401, alarm{sev: Error, measured: float64(t.throttle.until-x.at) / 1e9, threshold: 0, unit: "seconds before Retry-After was over", confidence: 1})
	}
	if p.PerSecond > 0 {
		l.rate(a, p.PerSecond)
	}
	l.saturatedSlots()
}

// startSlack is how far the clock here may differ from the one at the wire.
const startSlack = 5e6

func (l *look) rate(a *app, limit int) {
	x := l.x
	if len(a.starts) != limit {
		a.starts = make([]int64, limit)
	}
	oldest := a.starts[a.at]
	a.starts[a.at] = x.at
	if a.at++; a.at == limit {
		a.at = 0
	}
	if oldest != 0 && x.at-oldest < 1e9-startSlack && x.at >= oldest {
		l.raiseApp(gt403, alarm{sev: Error, measured: float64(limit + 1), threshold: float64(limit), unit: "calls in one second", confidence: 1})
	}
	s := &a.seconds[x.sec()%loadSeconds]
	if s.sec != x.sec() {
		*s = secondLoad{sec: x.sec()}
		// Only a busy second can bring the last minute nearer to the limit.
		if last := a.seconds[(x.sec()-1)%loadSeconds]; last.sec == x.sec()-1 && float64(last.calls) >= l.k.cfg.Thresholds.SatShare*float64(limit) {
			l.saturatedRate(a, limit)
		}
	}
	s.calls++
}

// throttling is what a tenant's 429s say.
type throttling struct {
	from, until int64 // the pause the platform asked for
	since       uint32
	calls       uint32
	hits        uint32
}

// throttled judges an answer's 429: GT401.
func (l *look) throttled() {
	x, t, c := l.x, &l.k.cfg.Thresholds, &l.t.throttle
	now := x.sec()
	if now-c.since > 300 {
		c.since, c.calls, c.hits = now, 0, 0
	}
	c.calls++
	if x.status != 429 {
		return
	}
	c.hits++
	if x.pausedTo > c.until {
		c.from, c.until = x.pausedFrom, x.pausedTo
	}
	a := alarm{sev: Note, measured: float64(c.hits), threshold: 1, unit: "429s in 5 minutes", from: c.since, confidence: 1}
	switch of := share(int(c.hits), int(c.calls)); {
	case int(c.hits) >= t.ThrottledCount:
		a.sev, a.threshold = Warning, float64(t.ThrottledCount)
	case c.calls >= 200 && of >= t.ThrottledShare:
		a.sev, a.measured, a.threshold, a.unit = Warning, of, t.ThrottledShare, "of the calls of 5 minutes were throttled"
	}
	l.raise(gt401, a)
}

// budget counts against the day: GT404 and GT604. Embedded rows are billed as
// calls of their own; where two texts of the platform differ, the larger counts.
func (l *look) budget() {
	x, t, p := l.x, &l.k.cfg.Thresholds, &l.k.cfg.Platform
	effective := 1
	if x.q.embeds > 0 {
		effective += max(x.q.embeds, (x.found.nested+x.q.size-1)/max(x.q.size, 1))
		e := &l.t.embeds
		e.roll(x.sec())
		e.all++
		e.some += uint32(effective)
		if factor := float64(e.some) / float64(e.all); factor >= t.EmbedFactor && int(e.some) >= t.EmbedDay {
			l.raise(gt604, alarm{sev: Warning, measured: factor, threshold: t.EmbedFactor, unit: "billed calls for each call", confidence: 1})
		}
	}
	d := &l.k.st.app.day
	d.roll(x.sec())
	d.all++
	d.some += uint32(effective)
	if p.PerDay <= 0 || float64(d.some) < min(t.DayShare, 0.25)*float64(p.PerDay) {
		return
	}
	used := share(int(d.some), p.PerDay)
	gone := max(float64(x.sec()%86_400)/86_400, 0.25)
	switch {
	case used > 1:
		l.raiseApp(gt404, alarm{sev: Error, measured: float64(d.some), threshold: float64(p.PerDay), unit: "calls today, with embedded rows", confidence: 1})
	case used >= t.DayShare:
		l.raiseApp(gt404, alarm{sev: Warning, measured: float64(d.some), threshold: t.DayShare * float64(p.PerDay), unit: "calls today, with embedded rows", confidence: 0.8})
	case used/gone > 1:
		l.raiseApp(gt404, alarm{sev: Warning, measured: math.Round(float64(d.some) / gone), threshold: float64(p.PerDay), unit: "calls today if it goes on so, with embedded rows", confidence: 0.8})
	}
}

// retryChain is a request that is tried again and again.
type retryChain struct {
	url         uint64
	first, last int64
	opening     int64 // the first pause
	until       int64 // the platform asked to wait until then; 0: it did not
	n           uint16
}

const maxChains = 8

// retried judges repeats of a request that has just failed: GT405.
func (l *look) retried() {
	x, t := l.x, &l.k.cfg.Thresholds
	id := mix(x.url, uint64(len(x.method)))
	i := slices.IndexFunc(l.t.retries, func(c retryChain) bool { return c.url == id })
	if i < 0 && !x.failed() {
		return
	}
	if i < 0 {
		if len(l.t.retries) < maxChains {
			l.t.retries = append(l.t.retries, retryChain{})
			i = len(l.t.retries) - 1
		} else {
			i = oldestChain(l.t.retries)
		}
		l.t.retries[i] = retryChain{url: id, first: x.at, last: x.at, until: x.pausedTo, n: 1}
		return
	}
	c := &l.t.retries[i]
	if x.at-c.first > 60e9 {
		*c = retryChain{url: id, first: x.at, last: x.at, until: x.pausedTo, n: 1}
		return
	}
	gap, patient := x.at-c.last, c.until != 0 && x.at >= c.until-startSlack
	c.last, c.until = x.at, x.pausedTo
	if !patient { // who waits as long as he is told to is not in haste
		c.n++
	}
	if c.n == 2 && c.opening == 0 {
		c.opening = gap
	}
	if !patient && int(c.n) >= t.HotRetries && float64(gap) < t.HotGrowth*float64(c.opening) {
		l.raise(gt405, alarm{sev: Warning, measured: float64(c.n), threshold: float64(t.HotRetries), unit: "attempts of one request in 60 s, the pauses not growing",
			from: uint32(c.first / 1e9), confidence: 1})
	}
	if !x.failed() {
		l.t.retries = slices.Delete(l.t.retries, i, i+1)
	}
}

func oldestChain(all []retryChain) int {
	oldest := 0
	for i := range all {
		if all[i].last < all[oldest].last {
			oldest = i
		}
	}
	return oldest
}
