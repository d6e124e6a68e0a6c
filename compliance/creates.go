package compliance

import (
	"slices"
	"strings"
)

// checkMade is a uniqueness check.
type checkMade struct {
	collection uint64
	value      uint64 // of what identifies the person; 0: another search
	at         uint32
	found      bool // somebody is there
}

const (
	maxChecks = 256
	checkAge  = 900
)

// checked notes a search that looks like a uniqueness check.
func (l *look) checked() {
	x := l.x
	if x.q.match == 0 || !x.ok() {
		return
	}
	c := checkMade{x.route.hash, x.q.match, x.sec(), x.known && x.rows() > 0}
	if len(l.t.checks) < maxChecks {
		l.t.checks = append(l.t.checks, c)
		return
	}
	copy(l.t.checks, l.t.checks[1:])
	l.t.checks[maxChecks-1] = c
}

// checkAnswered notes what the app was told by a search, whose body the wire view
// has not looked into.
func (l *look) checkAnswered() {
	x := l.x
	if x.view != IntentView || !x.known {
		return
	}
	for i := range slices.Backward(l.t.checks) {
		if c := &l.t.checks[i]; c.collection == x.route.hash && c.value == x.q.match {
			c.found = x.rows() > 0
			return
		}
	}
}

// foundBy tells whether the last check for w in its own collection had found
// somebody.
func (w *waitingCreate) foundBy(checks []checkMade) bool {
	for _, c := range slices.Backward(checks) {
		if c.collection == w.collection && w.at <= c.at+checkAge && slices.Contains(w.values, c.value) {
			return c.found
		}
	}
	return false
}

// create judges a create: GT501 and, later, GT505.
func (l *look) create() {
	x, now := l.x, l.x.sec()
	if !x.ok() || x.entity != 0 {
		return
	}
	if x.location != 0 {
		if len(l.t.created) == 8 {
			l.t.created = slices.Delete(l.t.created, 0, 1)
		}
		l.t.created = append(l.t.created, createdEntity{x.location, now, 0})
	}
	if !x.route.contacts {
		return
	}
	values := identifyingValues(x.body, l.k.cfg.Platform.MatchMembers, l.k.d().key)
	w := waitingCreate{at: now, collection: x.route.hash, values: values, route: x.route, site: x.site}
	l.t.nameRoute(x.route)
	switch {
	case w.foundBy(l.t.checks):
		l.t.creates.add(now, true)
		l.unchecked(l.t.creates, "creates of who was there already, or without a check, today")
	case w.checkedBy(l.t.checks, 0):
		l.t.creates.add(now, false)
	case l.k.justKilled(now): // nobody can say
	case l.k.replicas() > 0 || l.k.unasked():
		l.t.wait(w, l.k.syncing.epoch)
	default:
		l.t.creates.add(now, true)
		l.t.bare = &bareCreate{now, x.route, x.site}
		l.unchecked(l.t.creates, "creates without a uniqueness check today")
	}
}

// unchecked raises a create that no check went before, the day's creates so far
// being d.
func (l *look) unchecked(d dayCount, what string) {
	t := &l.k.cfg.Thresholds
	a := alarm{sev: Warning, measured: float64(d.some), threshold: 1, unit: what, from: d.day * 86_400, confidence: 0.9}
	switch {
	case int(d.some) >= t.UncheckedDay:
		a.sev, a.threshold = Error, float64(t.UncheckedDay)
	case d.all >= 20 && d.share() >= t.UncheckedShare:
		a.sev, a.measured, a.threshold, a.unit = Error, d.share(), t.UncheckedShare, "of today's creates without a uniqueness check"
	}
	l.raise(gt501, a)
}

// identifyingValues are the hashes of what identifies a person in a create's
// body, wherever it stands.
func identifyingValues(body []byte, names []string, key hashKey) (values []uint64) {
	eachMember(body, func(name, value string) {
		if slices.Contains(names, name) && strings.TrimSpace(value) != "" {
			values = append(values, key.sum(identifying(value)))
		}
	})
	return values
}
