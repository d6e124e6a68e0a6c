package compliance

import "slices"

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
