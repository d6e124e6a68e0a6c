package compliance

import "time"

const (
	turnedBack = 3 * 86_400e9 // nanoseconds that calls may be late
	believed   = 16           // calls in a row that have to be later than that
)

// turnBack begins anew where the clock was put back by more than three days: what was
// noted while it was ahead would hide what comes now, for as long as it was ahead,
// and a finding of then would never be cleared.
func (k *Checker) turnBack(x *exchange) {
	a := &k.st.app
	switch {
	case x.at <= 0: // the time is missing
		return
	case max(x.at, x.end) > a.newest-turnedBack:
		a.newest, a.behind = max(a.newest, x.at), 0
		return
	}
	if a.behind++; a.behind < believed {
		return
	}
	old := k.st
	k.startOver()
	k.st.missing, k.st.evicted, k.st.liars = old.missing, old.evicted, old.liars
	k.st.app = app{first: min(a.first, x.at), last: x.at, newest: x.at, calls: a.calls, usage: a.usage, flight: inFlight{live: a.flight.live}}
	for key, f := range k.open {
		if f.Last.After(x.time().Add(24 * time.Hour)) {
			delete(k.open, key)
		}
	}
}

// startOver forgets what is known of tenants and their streams.
func (k *Checker) startOver() {
	key := k.st.key
	k.st.unlink()
	k.st = newState(k.cfg.MaxBytes)
	k.st.key = key
}
