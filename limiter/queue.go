package limiter

import "time"

// ticket is the limiter's side of one attempt: its place in the queue, then what
// it holds. The core's mutex guards it.
type ticket struct {
	t      *tenant
	name   string // the tenant as the app named it
	lane   int    // 0 is served first
	front  bool   // part of a flow that was admitted: goes before the others of its lane
	extra  bool   // a re-send by net/http itself: takes rate and day, no slot
	again  bool   // part of a call that was admitted before: goes on while draining
	asks   bool   // the first attempt of what the app asked for
	cost   int
	method string

	state    ticketState
	err      *RefusedError
	ready    chan struct{} // receives when a queued ticket is granted or refused
	deadline time.Duration // 0: none

	asked, granted, wrote, answered time.Duration
	first                           time.Duration // when nobody of its lane was before it any more
	alarm                           time.Duration // a re-send: set for then
	held                            hold          // what it waited for since then
	app, own                        marks
	appDay, ownDay                  dayMark
	slot                            bool
	runsOn                          bool   // as of its grant
	grant                           uint64 // the shared store's permit; 0: none
	counted                         bool   // the store has been told when it was counted
	sent                            bool   // something was written, or may have been
	holding                         string
	news                            *news         // what its hooks are to be told of; nil: nothing
	would                           time.Duration // under Observe: the wait that Enforce would have asked of it
	observed                        bool          // it went under Observe: counted, not limited

	attempt    *attempt // whose ticket it is
	prev, next *ticket  // in its lane, then among those in flight
	before     *ticket  // among those granted and not written
	after      *ticket
}

// news is what an admission or an answer brought about.
type news struct {
	levels  []DayLevel    // thresholds that its day units crossed
	adapted []Adapted     // steps back that its answer brought
	refused *RefusedError // under Observe: what Enforce would have said
}

// tell notes news for p's hooks.
func (p *ticket) tell() *news {
	if p.news == nil {
		p.news = &news{}
	}
	return p.news
}

type ticketState uint8

const (
	fresh ticketState = iota
	queued
	granted
	refused
	lingering // over, and the slot is kept for a while
	over
)

// lanes, in the order in which they are served.
const (
	laneInteractive = iota
	laneNormal
	laneBackground
	laneCount
)

func laneOf(p Priority) int {
	switch p {
	case Interactive:
		return laneInteractive
	case Background:
		return laneBackground
	}
	return laneNormal
}

func priorityOf(lane int) Priority {
	return [...]Priority{Interactive, Normal, Background}[lane]
}

// list is a FIFO of tickets with O(1) removal from anywhere.
type list struct {
	head, tail *ticket
	n          int
}

func (l *list) pushBack(p *ticket) {
	p.prev, p.next = l.tail, nil
	if l.tail != nil {
		l.tail.next = p
	} else {
		l.head = p
	}
	l.tail = p
	l.n++
}

func (l *list) pushFront(p *ticket) {
	p.prev, p.next = nil, l.head
	if l.head != nil {
		l.head.prev = p
	} else {
		l.tail = p
	}
	l.head = p
	l.n++
}

func (l *list) remove(p *ticket) {
	if p.prev != nil {
		p.prev.next = p.next
	} else {
		l.head = p.next
	}
	if p.next != nil {
		p.next.prev = p.prev
	} else {
		l.tail = p.prev
	}
	p.prev, p.next = nil, nil
	l.n--
}

// tenant is one customer's queue and limits. A tenant with waiters is either in
// the ring of those that may be served, or blocked by its own limits.
type tenant struct {
	name    string
	scope   scope
	version int // of the limits that scope was made from

	lanes    [laneCount]list
	bypassed [laneCount]uint8 // how often a lane that waited was passed over
	waiting  int

	state      tenantState
	prev, next *tenant       // in the ring
	held       hold          // what its first waiter waits for
	wake       time.Duration // blocked: look again at this time; 0: on an event
	alarm      time.Duration // the next alarm that is set for it; 0: none
}

type tenantState uint8

const (
	resting tenantState = iota // nobody waits
	ready                      // in the ring
	blocked                    // by its own limits
)

// bypassMost is how often a lane may be passed over while it waits: it then
// gets one call in ten.
const bypassMost = 9

// pick chooses the lane to serve: the first that waits, or a lower one that has
// been passed over too often. Lanes in closed are left out.
func (t *tenant) pick(closed [laneCount]bool) (lane int, ok bool) {
	first := -1
	for l := range laneCount {
		if t.lanes[l].n > 0 && !closed[l] {
			if first < 0 {
				first = l
			} else if t.bypassed[l] >= bypassMost {
				first = l
			}
		}
	}
	return first, first >= 0
}

// served notes that lane was served, and which lanes were passed over for it.
func (t *tenant) served(lane int) {
	t.bypassed[lane] = 0
	for l := range laneCount {
		if l != lane && t.lanes[l].n > 0 && t.bypassed[l] < 255 {
			t.bypassed[l]++
		}
	}
}

// turns is the ring of tenants that may be served; head is next.
type turns struct{ head *tenant }

func (r *turns) add(t *tenant) {
	if r.head == nil {
		t.prev, t.next = t, t
		r.head = t
		return
	}
	last := r.head.prev
	t.prev, t.next = last, r.head
	last.next, r.head.prev = t, t
}

func (r *turns) remove(t *tenant) {
	if t.next == t {
		r.head = nil
	} else {
		t.prev.next, t.next.prev = t.next, t.prev
		if r.head == t {
			r.head = t.next
		}
	}
	t.prev, t.next = nil, nil
}

// alarm is something to be done at a time: a slot to be freed or a tenant to be
// looked at again.
type alarm struct {
	at time.Duration
	p  *ticket
	t  *tenant
}

// alarms is a heap of them, the earliest first.
type alarms []alarm

func (h *alarms) push(a alarm) {
	*h = append(*h, a)
	s := *h
	i := len(s) - 1
	for i > 0 && s[i].at < s[(i-1)/2].at {
		s[i], s[(i-1)/2] = s[(i-1)/2], s[i]
		i = (i - 1) / 2
	}
}

func (h *alarms) pop() alarm {
	s := *h
	top := s[0]
	last := len(s) - 1
	s[0] = s[last]
	s[last] = alarm{}
	s = s[:last]
	*h = s
	for i := 0; ; {
		c := 2*i + 1
		if c >= len(s) {
			break
		}
		if c+1 < len(s) && s[c+1].at < s[c].at {
			c++
		}
		if s[i].at <= s[c].at {
			break
		}
		s[i], s[c] = s[c], s[i]
		i = c
	}
	return top
}
