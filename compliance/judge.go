package compliance

import (
	"github.com/goodtenant/goodtenant/internal/call"
)

// look is one exchange before the detectors: what it is, and the state that it
// touches. It lives as long as the checker's lock is held.
type look struct {
	k     *Checker
	x     *exchange
	now   uint32 // x's second
	t     *tenant
	s     *series  // of a read
	h     *holding // of a read
	n     int      // rows of the collection; 0: unknown
	fresh int      // rows that the collection's lists had not given today, about

	merged bool // no call, but what replicas did together
}

func (k *Checker) look(x *exchange) *look {
	k.looking = look{k: k, x: x, now: x.sec()}
	return &k.looking
}

// judge takes in an exchange that has ended.
//
//	view     judged                                     by
//	intent   reads of the app, first attempts           sweep, repetition, clock, claims, efficiency
//	wire     every attempt, lookups and refetches too   limits, load, writes, efficiency
//	both     both
func (k *Checker) judge(x *exchange) {
	k.turnBack(x)
	l := k.look(x)
	l.t = k.st.tenantOf(x)
	if x.stream != x.site {
		x.stream = l.t.streamOf(x.stream, x.initiator == User, x.sec())
	}
	k.live = k.live || x.live
	if x.token {
		l.tokens()
		return
	}
	if x.view != WireView && x.attempt == 0 && x.origin == call.App {
		l.intent()
	}
	if x.view != IntentView {
		l.wire()
	}
	k.st.measure(&l.t.unit)
	if l.s != nil {
		k.st.measure(&l.s.unit)
	}
}

func (l *look) intent() {
	x, a := l.x, &l.k.st.app
	if a.first == 0 {
		a.first = x.at
	}
	a.last = max(a.last, x.at)
	a.calls++
	l.oneSided()
	if x.write() {
		h := l.k.holding(l.t, x.route)
		h.writes, h.wrote = h.writes+1, x.sec()
		h.used.add(x.sec(), true)
		h.used.all--
		return
	}
	if !x.read() {
		return
	}
	l.s = l.k.st.seriesOf(l.t, x, l.k.d().key)
	l.h = l.k.holding(l.t, x.route)
	l.n = l.h.rowsOf(x)
	l.claim()
	l.s.user, l.s.purpose = x.user, x.purpose
	if x.q.match != 0 {
		l.checkAnswered()
	}
	if x.webhook != nil {
		l.afterWebhook()
	}
	if x.entity != 0 || x.parent != 0 {
		l.oneByOne()
	}
	if x.entity != 0 {
		l.remember()
	} else {
		l.missing()
	}
	if l.k.exempt(x.route, l.n) {
		return
	}
	if x.bound && !x.unfiltered() { // no event is about all there is
		return
	}
	if ids := x.reads(&l.k.one); len(ids) > 0 {
		for _, id := range ids {
			l.readByID(id)
		}
		if len(ids) > 1 && x.ok() && x.known && x.found.array {
			l.runBatch()
		}
		return
	}
	if x.ok() && x.known && x.found.array {
		l.hydrateList(true)
		l.again()
		l.runPage()
		l.used()
	}
}

// exempt tells whether a collection of n rows, 0 where nobody tells, may be copied as
// often as one likes: reference data, and what is small.
func (k *Checker) exempt(r *routeInfo, n int) bool {
	return r.reference || n > 0 && n <= k.cfg.Thresholds.SmallCollection
}

// holding is t's collection, with what an earlier process knew of it.
func (k *Checker) holding(t *tenant, r *routeInfo) *holding {
	h := t.holding(r, k.d().key)
	if len(k.st.dormantHoldings) == 0 {
		return h
	}
	if old := k.st.dormantHoldings[h.hash]; old != nil {
		k.st.wakeHolding(h.hash, old)
		old.collection, old.hash = h.collection, h.hash
		*h = *old
	}
	return h
}

// missing notes what an answer did not tell, for the report.
func (l *look) missing() {
	x, m := l.x, &l.k.st.missing
	if !x.ok() || len(x.q.ids) > 0 {
		return
	}
	m.lists++
	if !x.known {
		m.rows++
	} else if x.found.total == 0 {
		m.totals++
	}
	if x.known && len(x.found.ids) == 0 && x.rows() > 0 {
		m.ids++
	}
}

func (l *look) wire() {
	x := l.x
	l.headers()
	l.throttled()
	l.budget()
	if len(l.t.retries) > 0 || x.failed() {
		l.retried()
	}
	l.loaded()
	if l.k.sandbox(x.tenant) {
		l.sandboxed()
	}
	l.synthesized()
	if len(l.t.conflicts) > 0 {
		l.unanswered()
	}
	switch {
	case x.read():
		if l.s == nil {
			l.s = l.k.st.seriesOf(l.t, x, l.k.d().key)
		}
		l.refetched()
		if x.q.paged {
			l.smallPage()
		}
		if x.entity != 0 {
			l.awaited()
			l.remember()
		} else {
			l.checked()
		}
	case x.method == "PATCH":
		l.patch()
		l.updatedAgain()
	case x.method == "POST":
		l.create()
		l.createdAgain()
	}
}

// remember keeps the members of an entity that was read, for GT502.
func (l *look) remember() {
	if x := l.x; x.ok() && len(x.found.members) > 0 {
		l.t.remember(x.entity, x.sec(), x.found.members)
	}
}

// missed counts what answers did not tell.
type missed struct{ lists, rows, totals, ids int }

func (m *missed) lines() (lines []string) {
	if m.lists == 0 {
		return nil
	}
	add := func(n int, text string) {
		if n*2 > m.lists {
			lines = append(lines, text)
		}
	}
	add(m.rows, "no rows in the answers: bulk and schedule rules (GT101, GT102, GT105, GT107, GT201-GT206) and repeated answers (GT601) were not judged for lists")
	if m.rows*2 <= m.lists {
		add(m.totals, "no totals in the answers: GT101 by absolute rows only, GT102 and GT103 only where the collection's size is known")
		add(m.ids, "no ids in the answers: rows counted as delivered, GT102, GT107, GT206 and GT601 not judged for lists")
	}
	return lines
}
