package limiter

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"
)

// storeClient is the core's side of a shared Store: it asks for what waits, and
// keeps what was granted until the core's own rules let a call go. The core's
// mutex guards it; no Step is made while that is held.
//
// Its goroutine runs only while there is something to ask for or to tell.
type storeClient struct {
	c      *core
	store  Store
	wakes  <-chan struct{} // nil: the store cannot wake us
	shares Kinds

	client  string
	seq     uint64
	seen    time.Time
	pending *Batch // sent, not answered: sent again as it is

	running bool
	kick    chan struct{}
	stop    context.CancelFunc
	ctx     context.Context

	stock map[string][]inStock // by tenant
	owed  map[string]int       // calls made under Observe that the store is to count
	done  []settled

	late          chan stepped // of a step that has not come back in time
	steps, errors uint64
	local         bool          // our share is in force
	err           error         // of the last step; nil: it is up
	retryAt       time.Duration // while err is set: when to ask it again
	next          time.Duration // when to ask again; 0: on an event
}

// inStock is a permit of the store that no call has used yet.
type inStock struct {
	id   uint64
	from time.Duration // may be used from then on
}

// settled is a Done with the time its Age is counted from.
type settled struct {
	Done
	at time.Duration
}

const (
	asksMost   = 8 // permits of one tenant that are asked for at once
	tenantsAsk = 64
	stepBound  = 5 * time.Second
	downRest   = time.Second // between two tries of a store that fails
	inMost     = maxPause    // of Grant.In
)

func newStoreClient(c *core, s Store) *storeClient {
	ctx, stop := context.WithCancel(context.Background())
	sc := &storeClient{c: c, store: s, shares: s.Shares(), client: rand.Text(), kick: make(chan struct{}, 1),
		ctx: ctx, stop: stop, stock: map[string][]inStock{}, owed: map[string]int{}}
	if w, ok := s.(Waker); ok {
		sc.wakes = w.Wake()
	}
	return sc
}

// kickLocked has the store asked, soon.
func (s *storeClient) kickLocked() {
	if !s.running {
		s.running = true
		go s.run()
		return
	}
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// readyLocked tells from when on t may use a permit of the store; known is false
// where that waits for an answer.
func (s *storeClient) readyLocked(t *tenant, now time.Duration) (at time.Duration, known bool) {
	if s.alone() {
		return now, true
	}
	held := s.stock[t.name]
	if len(held) == 0 {
		s.kickLocked()
		return 0, false
	}
	return max(now, held[0].from), true
}

// alone reports whether calls go without the store.
func (s *storeClient) alone() bool {
	return s.err != nil && (s.local || s.c.cfg.Outage == FailOpen)
}

// limitsLocked puts this process's share in force while the store fails and
// Outage is LocalShare, and what is configured when it answers again.
func (s *storeClient) limitsLocked() {
	c := s.c
	r, ok := s.store.(Replicas)
	if s.err == nil || c.cfg.Outage != LocalShare || !ok {
		if s.local {
			s.local = false
			c.install(c.wanted)
		}
		return
	}
	part, ok := shareOf(c.wanted, s.shares, r)
	if s.local = ok; ok {
		c.install(part)
	}
}

// shareOf is the part of limits, of shared kinds, that one of several replicas
// may use by itself; false where it is nothing, or the replicas are not known.
func shareOf(limits Limits, shared Kinds, r Replicas) (Limits, bool) {
	index, members := r.Replicas()
	if members < 1 || index < 0 || index >= members {
		return nil, false
	}
	part := slices.Clone(limits)
	for i := range part {
		if l := &part[i]; shared.Has(l.Kind) {
			more := 0
			if index < l.Max%members {
				more = 1
			}
			if l.Max = l.Max/members + more; l.Max == 0 {
				return nil, false
			}
		}
	}
	return part, true
}

// downLocked says that calls are refused because the store fails.
func (s *storeClient) downLocked(now time.Duration) *RefusedError {
	if s.err == nil || s.alone() || now >= s.retryAt {
		return nil
	}
	return &RefusedError{Reason: StoreDown, Cause: s.err}
}

// useLocked takes a permit of the store for p.
func (s *storeClient) useLocked(p *ticket) {
	held := s.stock[p.t.name]
	switch {
	case p.observed:
		s.owed[p.t.name]++
		s.kickLocked()
	case len(held) > 0:
		p.grant = held[0].id
		if held = held[1:]; len(held) == 0 {
			delete(s.stock, p.t.name)
		} else {
			s.stock[p.t.name] = held
		}
	}
}

// countedLocked says when p was counted: at the wire, or at its answer.
func (s *storeClient) countedLocked(p *ticket, at time.Duration) {
	if p.grant != 0 && !p.counted {
		p.counted = true
		s.doneLocked(Done{ID: p.grant}, at)
	}
}

// unusedLocked gives p's permit back.
func (s *storeClient) unusedLocked(p *ticket) {
	if p.grant != 0 {
		s.doneLocked(Done{ID: p.grant, Unsent: true, Free: true}, 0)
		p.grant = 0
	}
}

// freedLocked says that p's slot is free.
func (s *storeClient) freedLocked(p *ticket) {
	if p.grant == 0 || !s.shares.Has(Concurrency) {
		return
	}
	d := Done{ID: p.grant, Free: true}
	if !p.counted {
		d.Age = -1
	}
	s.doneLocked(d, s.c.latest)
	s.kickLocked()
}

func (s *storeClient) doneLocked(d Done, at time.Duration) {
	s.done = append(s.done, settled{d, at})
	if len(s.done) >= 256 {
		s.kickLocked()
	}
}

// run steps while there is something to ask for.
func (s *storeClient) run() {
	c := s.c
	for {
		c.mu.Lock()
		now, _ := c.tick()
		b := s.batchLocked(now)
		if b == nil {
			wait, left := s.restLocked(now)
			if !left {
				s.running = false
				c.mu.Unlock()
				return
			}
			c.mu.Unlock()
			if !s.rest(wait) {
				return
			}
			continue
		}
		c.mu.Unlock()
		g, err := s.step(s.ctx, *b)
		c.mu.Lock()
		s.tookLocked(g, err)
		c.mu.Unlock()
		c.speak()
	}
}

// stepped is what a Step came to.
type stepped struct {
	g   Grants
	err error
}

// step asks the store, and waits no longer than stepBound, whatever it does. Who
// has not answered by then is not asked again before it does.
func (s *storeClient) step(parent context.Context, b Batch) (Grants, error) {
	if s.late != nil {
		select {
		case <-s.late:
			s.late = nil
		default:
			return Grants{}, errStoreLate
		}
	}
	ctx, cancel := context.WithTimeout(parent, stepBound)
	defer cancel()
	came := make(chan stepped, 1)
	go func() {
		r := stepped{err: errStorePanic}
		defer func() {
			recover()
			came <- r
		}()
		r.g, r.err = s.store.Step(ctx, b)
	}()
	bound := time.NewTimer(stepBound + time.Second) // it has seen ctx end by then
	defer bound.Stop()
	select {
	case r := <-came:
		return r.g, r.err
	case <-bound.C:
	case <-parent.Done(): // closed
	}
	s.late = came
	return Grants{}, errStoreLate
}

var (
	errStoreLate  = errors.New("limiter: the store has not answered in time")
	errStorePanic = errors.New("limiter: the store has panicked")
)

// restLocked is how long to wait before the next step; left is false where
// nothing is waited for.
func (s *storeClient) restLocked(now time.Duration) (wait time.Duration, left bool) {
	if s.c.closed {
		return 0, false
	}
	switch {
	case s.err != nil && (s.pending != nil || s.c.queued > 0):
		return max(1, s.retryAt-now), true
	case s.next > 0 && s.c.queued > 0:
		return max(1, s.next-now), true
	}
	return 0, s.wakes != nil && s.c.queued > 0
}

// rest waits for a time, a wake-up, or new demand; false: closed.
func (s *storeClient) rest(wait time.Duration) bool {
	var timer <-chan time.Time
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-timer:
	case <-s.kick:
	case <-s.wakes:
	case <-s.ctx.Done():
		s.c.mu.Lock()
		s.running = false
		s.c.mu.Unlock()
		return false
	}
	s.c.mu.Lock()
	s.next = 0
	s.c.mu.Unlock()
	return true
}

// batchLocked is the next step; nil: nothing to ask or to tell now.
func (s *storeClient) batchLocked(now time.Duration) *Batch {
	c := s.c
	if s.err != nil && now < s.retryAt || c.closed {
		return nil
	}
	if s.pending != nil {
		return s.pending
	}
	if s.next > now {
		return nil
	}
	b := Batch{Client: s.client, Seen: s.seen, Day: c.cfg.Day, Guard: min(c.guard, guardDefault)}
	for _, l := range c.wanted {
		if s.shares.Has(l.Kind) {
			b.Limits = append(b.Limits, l)
		}
	}
	if c.app.gate == nil || c.app.gate.until <= now {
		b.Asks = s.asksLocked(now)
	}
	s.returnLocked()
	full := len(s.done) >= 256 || s.shares.Has(Concurrency)
	if len(b.Asks) == 0 && !(full && len(s.done) > 0) {
		return nil
	}
	for _, d := range s.done {
		if d.Age == 0 && !d.Unsent {
			d.Age = max(0, now-d.at)
		}
		b.Done = append(b.Done, d.Done)
	}
	s.done = nil
	s.seq++
	b.Seq = s.seq
	s.pending = &b
	return &b
}

// asksLocked is the demand: what waits, as far as our own rules would let it go.
func (s *storeClient) asksLocked(now time.Duration) (asks []Ask) {
	c := s.c
	ask := func(t *tenant) {
		n := min(t.waiting, asksMost)
		if c.app.slotMax > 0 {
			n = min(n, c.app.slotMax-c.app.slots)
		}
		if t.scope.slotMax > 0 {
			n = min(n, t.scope.slotMax-t.scope.slots)
		}
		if g := t.scope.gate; g != nil && g.until > now {
			n = 0
		}
		if n = max(0, n-len(s.stock[t.name])) + s.owed[t.name]; n == 0 {
			return
		}
		a := Ask{Tenant: t.name, Calls: n, Cost: 1}
		if lane, ok := t.pick([laneCount]bool{}); ok {
			a.Cost, a.Background = t.lanes[lane].head.cost, lane == laneBackground
		}
		asks = append(asks, a)
	}
	if len(c.tenants) <= tenantsAsk {
		for _, t := range c.tenants {
			ask(t)
		}
		if c.overflow != nil {
			ask(c.overflow)
		}
		return asks
	}
	for _, t := range c.tenants {
		if t.waiting > 0 || s.owed[t.name] > 0 {
			if ask(t); len(asks) == tenantsAsk {
				break
			}
		}
	}
	return asks
}

// returnLocked gives back what nobody waits for any more.
func (s *storeClient) returnLocked() {
	for name, held := range s.stock {
		want := 0
		if t := s.tenantLocked(name); t != nil {
			want = t.waiting
		}
		for len(held) > want {
			last := held[len(held)-1]
			held = held[:len(held)-1]
			s.done = append(s.done, settled{Done{ID: last.id, Unsent: true, Free: true}, 0})
		}
		if len(held) == 0 {
			delete(s.stock, name)
		} else {
			s.stock[name] = held
		}
	}
}

func (s *storeClient) tenantLocked(name string) *tenant {
	if t := s.c.tenants[name]; t != nil {
		return t
	}
	if o := s.c.overflow; o != nil && o.name == name {
		return o
	}
	return nil
}

// tookLocked takes in the store's answer and serves who can be served.
func (s *storeClient) tookLocked(g Grants, err error) {
	c := s.c
	now, wall := c.tick()
	s.steps++
	if s.err = err; err != nil {
		s.errors++
		s.retryAt = now + downRest
		c.sayLocked("limiter: the shared store does not answer", "outage", c.cfg.Outage.String(), "error", err.Error())
		if s.limitsLocked(); s.alone() {
			for _, t := range c.tenants {
				c.unblockLocked(t)
			}
		} else {
			c.refuseAllLocked(func(*ticket) *RefusedError { return &RefusedError{Reason: StoreDown, Cause: err} })
		}
		c.dispatchLocked(now, wall)
		c.armLocked(now)
		return
	}
	s.pending, s.seen, s.next = nil, g.Now, 0
	if s.local {
		s.limitsLocked()
	}
	if g.Next > 0 {
		s.next = now + g.Next
	}
	for _, x := range g.Grants {
		if n := s.owed[x.Tenant]; n > 0 { // made under Observe: it has gone already
			if s.owed[x.Tenant]--; n == 1 {
				delete(s.owed, x.Tenant)
			}
			s.done = append(s.done, settled{Done{ID: x.ID, Free: true}, now})
			continue
		}
		s.stock[x.Tenant] = append(s.stock[x.Tenant], inStock{x.ID, now + min(max(0, x.In), inMost)})
		if t := s.tenantLocked(x.Tenant); t != nil {
			c.unblockLocked(t)
		}
	}
	for _, d := range g.Day {
		c.sharedDayLocked(d)
	}
	for _, r := range g.Refused {
		delete(s.owed, r.Tenant)
		if t := s.tenantLocked(r.Tenant); t != nil {
			least := 1 // a cheaper call may still be within the day
			if lane, ok := t.pick([laneCount]bool{}); ok {
				least = t.lanes[lane].head.cost
			}
			c.refuseOfLocked(t, func(q *ticket) *RefusedError {
				if q.cost < least {
					return nil
				}
				return &RefusedError{Reason: QuotaSpent, Limit: r.Limit, RetryAt: r.RetryAt, Used: r.Limit.Max}
			})
		}
	}
	c.restedLocked()
	c.dispatchLocked(now, wall)
	c.armLocked(now)
}

// sharedDayLocked notes what all who share a day have spent.
func (c *core) sharedDayLocked(d DayCount) {
	s := &c.app
	if d.Limit.Scope == Tenant {
		t := c.tenants[d.Tenant]
		if t == nil {
			return
		}
		s = &t.scope
	}
	if s.day != nil && !s.day.off {
		s.day.shared = d.Used
	}
}

func (s *storeClient) stateLocked() *StoreState {
	st := &StoreState{Up: s.err == nil, Steps: s.steps, Errors: s.errors}
	if s.err != nil {
		st.LastErr = s.err.Error()
	}
	return st
}

// close tells the store what is left to tell, then closes it.
func (s *storeClient) close() error {
	s.stop()
	s.c.mu.Lock()
	now := s.c.latest
	for name := range s.stock {
		for _, held := range s.stock[name] {
			s.done = append(s.done, settled{Done{ID: held.id, Unsent: true, Free: true}, 0})
		}
	}
	s.stock = nil
	b := Batch{Client: s.client, Seen: s.seen, Day: s.c.cfg.Day, Guard: min(s.c.guard, guardDefault), Seq: s.seq + 1}
	for _, l := range s.c.wanted {
		if s.shares.Has(l.Kind) {
			b.Limits = append(b.Limits, l)
		}
	}
	for _, d := range s.done {
		if d.Age == 0 && !d.Unsent {
			d.Age = max(0, now-d.at)
		}
		b.Done = append(b.Done, d.Done)
	}
	tell := len(b.Done) > 0 && s.err == nil && s.pending == nil
	s.c.mu.Unlock()
	if tell {
		s.step(context.Background(), b)
	}
	return s.store.Close()
}
