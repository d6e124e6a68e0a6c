package compliance

import (
	"slices"
	"unsafe"
)

// unit is one piece of state that can be forgotten: what is known of a tenant, or
// of one tenant's stream of one collection. Units form a list, used last first.
type unit struct {
	prev, next *unit
	bytes      int
	uses       uint8
	series     *series // exactly one of the two is set
	tenant     *tenant
}

// state is everything a Checker remembers about calls.
type state struct {
	maxBytes int
	bytes    int
	evicted  int
	root     unit // of the list
	series   map[seriesKey]*series
	tenants  map[string]*tenant
	last     *tenant // of the last call; nil: none, or forgotten
	app      app
	missing  missed

	// Restored from a snapshot, by hash, until a call names them.
	dormant         map[uint64]*series
	dormantHoldings map[uint64]*holding
	dormantTenants  map[uint64]*shared
	dormantBytes    int

	key   hashKey           // of hashes in snapshots
	liars map[uint64]uint32 // labels that other replicas do not believe, until when; never changed
}

type seriesKey struct{ tenant, stream, collection string }

func newState(maxBytes int) *state {
	st := &state{maxBytes: maxBytes, series: map[seriesKey]*series{}, tenants: map[string]*tenant{}}
	st.root.prev, st.root.next = &st.root, &st.root
	return st
}

// series is what is known of the calls of one tenant and stream to one
// collection. Its parts grow as they are needed.
type series struct {
	unit    unit
	key     seriesKey
	hash    uint64 // of the key, in snapshots
	route   *routeInfo
	first   uint32
	last    uint32
	rows    uint64 // delivered by its lists
	user    bool   // its last read was a plausible user's
	unbound bool   // it was a webhook's that names no event

	purpose *Purpose // of its last read

	queries []pageQuery // sweep.go
	shapes  []*shape    // shape.go
	cover   [2]readSet  // distinct entities of a day and of a week
	recent  readSet     // repetition.go
	week    readSet
	times   *tally // how often the entities of week came, once they are many; nil: they are not
	numbers enumeration
	hours   hourRows   // clock.go
	repeats []repeated // efficiency.go
	small   burst
	each    burst
}

// tenant is what is known of one tenant's calls, whatever the stream.
type tenant struct {
	unit unit
	name string
	hash uint64     // of the name, in snapshots
	near [8]*series // used lately, by their collection; nil: none, or forgotten

	holdings  []*holding
	entities  entityTable
	bases     []entityBase // entities whose members are known
	created   []createdEntity
	conflicts []conflict
	events    []eventReads
	throttle  throttling
	retries   []retryChain
	flight    inFlight
	streams   *streamNames // nil: none has a name
	embeds    dayCount     // all: calls; some: effective calls
	sandbox   sandboxLoad
	again     *sameWrites // nil: none
	refused   *refusals   // nil: none
	shared                // tenantshare.go
}

// holding is what is known of one tenant's collection, whatever the stream.
type holding struct {
	collection string
	hash       uint64  // of tenant and collection, in snapshots
	rows       uint32  // largest total seen ...
	at         uint32  // ... when
	listed     readSet // ids that lists gave in a day
	hydrate    hydration
	used       dayCount // all: new rows; some: used
	enough     uint32   // when they were not yet enough to judge

	enoughOfAll uint32 // since when they are, all replicas' counted; 0: they are not
	writes      uint32
	wrote       uint32 // last
}

// dayCount counts two things in one UTC day.
type dayCount struct {
	day  uint32
	all  uint32
	some uint32
}

func (d *dayCount) roll(sec uint32) {
	if day := sec / 86_400; day != d.day {
		*d = dayCount{day: day}
	}
}

func (d *dayCount) add(sec uint32, some bool) {
	d.roll(sec)
	d.all++
	if some {
		d.some++
	}
}

func (d *dayCount) share() float64 { return share(int(d.some), int(d.all)) }

func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

func (st *state) seriesOf(t *tenant, x *exchange, hash hashKey) *series {
	near := &t.near[x.route.hash%uint64(len(t.near))]
	if *near == nil || (*near).route.hash != x.route.hash || (*near).key.stream != x.stream {
		*near = st.findSeries(x, hash)
	}
	s := *near
	s.unit.moveBehind(&t.unit)
	s.last = x.sec()
	return s
}

func (st *state) findSeries(x *exchange, hash hashKey) *series {
	key := seriesKey{x.tenant, x.stream, x.route.collection}
	s := st.series[key]
	if s == nil {
		h := mix(mix(hash.sum(x.tenant), hash.sum(x.stream)), x.route.hash)
		if s = st.dormant[h]; s != nil {
			st.wake(h, s)
		} else {
			s = &series{first: x.sec()}
		}
		s.key, s.route, s.hash = key, x.route, h
		s.unit.series = s
		st.series[key] = s
		st.grow(&s.unit, seriesBytes+len(x.tenant)+len(x.stream))
	}
	return s
}

func (st *state) tenantOf(x *exchange) *tenant {
	t := x.of
	if t == nil || t.unit.next == nil { // not looked up, or forgotten since
		if t = st.last; t == nil || t.name != x.tenant {
			t = st.tenants[x.tenant]
		}
	}
	if t == nil {
		t = &tenant{name: x.tenant}
		t.unit.tenant = t
		st.wakeTenant(t)
		st.tenants[x.tenant] = t
		st.grow(&t.unit, tenantBytes+len(x.tenant))
	}
	t.unit.moveBehind(&st.root)
	st.last = t
	return t
}

// What a fresh unit costs with its map entry and its strings' headers.
const (
	seriesBytes  = int(unsafe.Sizeof(series{})) + 112
	tenantBytes  = int(unsafe.Sizeof(tenant{})) + 64
	holdingBytes = int(unsafe.Sizeof(holding{})) + 8
)

// moveBehind says that u is used: a tenant goes behind the list's root, and a series
// behind its tenant.
func (u *unit) moveBehind(o *unit) {
	if o.next == u {
		return
	}
	if u.next != nil {
		u.prev.next, u.next.prev = u.next, u.prev
	}
	u.prev, u.next = o, o.next
	u.prev.next, u.next.prev = u, u
}

// grow accounts for bytes more (or fewer) of u.
func (st *state) grow(u *unit, bytes int) {
	u.bytes += bytes
	st.bytes += bytes
}

// measure accounts for what u has become: at first whenever it is used, then
// every few times.
func (st *state) measure(u *unit) {
	if u.uses++; u.uses <= 8 || u.uses%8 == 0 {
		st.weigh(u)
	}
}

func (st *state) weigh(u *unit) {
	now := 0
	if s := u.series; s != nil {
		now = seriesBytes + len(s.key.tenant) + len(s.key.stream) + s.size()
	} else {
		now = tenantBytes + len(u.tenant.name) + u.tenant.size()
	}
	st.grow(u, now-u.bytes)
}

func (s *series) size() int {
	n := cap(s.queries)*pageQueryBytes + s.cover[0].bytes() + s.cover[1].bytes() +
		s.recent.bytes() + s.week.bytes() + cap(s.repeats)*40 + s.hours.bytes()
	n += s.times.bytes()
	for _, sh := range s.shapes {
		n += sh.size()
	}
	return n
}

func (t *tenant) size() int {
	n := t.entities.size() + t.shared.size() + cap(t.created)*32 + cap(t.conflicts)*32 + cap(t.events)*24 +
		cap(t.retries)*40 + t.flight.size() + t.streams.size() + cap(t.bases)*80
	if t.again != nil {
		n += int(unsafe.Sizeof(*t.again))
	}
	if t.refused != nil {
		n += int(unsafe.Sizeof(*t.refused))
	}
	for _, h := range t.holdings {
		n += h.size()
	}
	for _, b := range t.bases {
		n += (cap(b.members) + cap(b.before)) * 8
	}
	return n
}

func (h *holding) size() int { return holdingBytes + h.listed.bytes() + h.hydrate.single.bytes() }

// last is when a call last told something of it, about.
func (h *holding) last() uint32 {
	return max(h.at, h.listed.since, h.hydrate.since, h.hydrate.single.since, h.wrote, h.used.day*86_400)
}

// restore takes what an earlier process knew, but for what is a week old.
func (st *state) restore(sn *snapshot) {
	st.dormant, st.dormantHoldings, st.dormantTenants = sn.series, sn.holdings, sn.tenants
	for h, s := range st.dormantTenants {
		st.dormantBytes += shareBytes + s.size()
		if !s.fresh(sn.saved) {
			st.dropDormant(h, s)
		}
	}
	for h, s := range st.dormant {
		st.dormantBytes += seriesBytes + s.size()
		if s.last+snapshotLife < sn.saved {
			st.wake(h, s)
		}
	}
	for h, v := range st.dormantHoldings {
		st.dormantBytes += v.size()
		if v.last()+snapshotLife < sn.saved {
			st.wakeHolding(h, v)
		}
	}
}

// wakeHolding takes v out of what is dormant.
func (st *state) wakeHolding(hash uint64, v *holding) {
	delete(st.dormantHoldings, hash)
	st.dormantBytes -= v.size()
}

// wake takes s out of what is dormant.
func (st *state) wake(hash uint64, s *series) {
	delete(st.dormant, hash)
	st.dormantBytes -= seriesBytes + s.size()
}

func (st *state) over() bool { return st.bytes+st.dormantBytes > st.maxBytes }

// evict forgets what was used longest ago until the state fits: first what no
// call has named since the start, then by use. It keeps the two units used last and
// tenants with calls in flight, and gives what went.
func (st *state) evict() (gone []*unit) {
	for h, s := range st.dormant {
		if !st.over() {
			break
		}
		st.wake(h, s)
		st.evicted++
	}
	for h, s := range st.dormantTenants {
		if !st.over() {
			break
		}
		st.dropDormant(h, s)
		st.evicted++
	}
	for h, v := range st.dormantHoldings {
		if !st.over() {
			break
		}
		st.wakeHolding(h, v)
		st.evicted++
	}
	for u := st.root.prev; st.over() && u != &st.root && u != st.root.next && u != st.root.next.next; {
		older := u
		u = u.prev
		if t := older.tenant; t != nil && t.flight.live > 0 {
			continue // or its calls in flight would be counted anew
		}
		st.drop(older)
		st.evicted++
		gone = append(gone, older)
	}
	return gone
}

// unlink takes every unit out of the list, for calls that are still under way and
// know one.
func (st *state) unlink() {
	for u := st.root.next; u != &st.root; {
		next := u.next
		u.prev, u.next = nil, nil
		u = next
	}
}

func (st *state) drop(u *unit) {
	u.prev.next, u.next.prev = u.next, u.prev
	u.prev, u.next = nil, nil
	st.bytes -= u.bytes
	if s := u.series; s != nil {
		delete(st.series, s.key)
		if t := st.tenants[s.key.tenant]; t != nil && t.near[s.route.hash%uint64(len(t.near))] == s {
			t.near[s.route.hash%uint64(len(t.near))] = nil
		}
	} else {
		delete(st.tenants, u.tenant.name)
		if st.last == u.tenant {
			st.last = nil
		}
	}
}

// holding is t's collection of r.
func (t *tenant) holding(r *routeInfo, key hashKey) *holding {
	for _, h := range t.holdings {
		if h.collection == r.collection {
			return h
		}
	}
	if len(t.holdings) >= 64 {
		t.holdings = slices.Delete(t.holdings, 0, 1)
	}
	h := &holding{collection: r.collection, hash: mix(key.sum(t.name), r.hash)}
	t.holdings = append(t.holdings, h)
	return h
}

// rowsOf takes in a list's total and gives the number of rows to reckon with: the
// largest that a query without a filter told within 30 days, or the configured
// one; 0 is unknown. A filtered total says nothing about the whole.
func (h *holding) rowsOf(x *exchange) int {
	if total := uint32(x.found.total); total > 0 && x.unfiltered() && (total >= h.rows || x.sec()-h.at > 30*86_400) {
		h.rows, h.at = total, x.sec()
	}
	return max(int(h.rows), x.route.rows)
}
