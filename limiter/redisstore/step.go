package redisstore

import (
	"context"
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/limiter"
)

// client is the store's side of one limiter.Batch.Client. Its turn is held for a
// step, with the calls to the server that it takes; Store.mu guards what messages
// from other clients' steps change.
type client struct {
	s    *Store
	id   string
	turn chan struct{}

	// With the turn.
	n       uint64 // of the last call that was answered
	epoch   int64  // of the state that answered it
	seen    int64  // its time, µs
	seenAt  time.Time
	crowd   int   // others who waited then
	pending *call // sent, and not answered
	seq     uint64
	answer  limiter.Grants
	taken   uint64 // the Seq whose Dones are in
	under   struct {
		limits limiter.Limits
		day    limiter.Boundary
		guard  time.Duration
		sig    string
	}
	pauses []pause
	held   map[uint64]*permit // granted and not settled
	done   []settled          // not told yet
	spent  map[dayKey]int     // own units, to be said again after a loss
	called time.Time          // the last call

	// Under Store.mu.
	wants map[string]want // as the server knows them: by the tenant's hash
	inbox []*permit       // granted and not handed on
	ack   uint64          // the last grant that was pushed
	most  uint64          // the last that a call has brought
	anew  bool            // the state was lost: all is to be said again
	polls time.Time       // when to ask again without a reason
	due   time.Time       // when the keeper is to make a call; zero: not
	used  time.Time       // the last step
}

// dayKey is where own units of a day are counted.
type dayKey struct{ scope, label string }

// permit is a grant in this process.
type permit struct {
	grant
	from    time.Time // may start then
	name    string    // the tenant's
	window  bool      // it has an entry in one
	slot    bool      // it holds one
	counted bool
	free    bool
	renewed time.Time
	days    []string // scopes that count it
}

const (
	renewOpen = time.Second            // the script's OPEN is 4 s
	renewSlot = 10 * time.Second       // and LEASE 30 s
	tellAfter = 100 * time.Millisecond // what may wait for the next step waits no longer
	pollEvery = 2 * time.Second
	pollDeaf  = 250 * time.Millisecond // of a process that hears nothing
	pollMost  = 10 * time.Second
	doneMost  = 200
	countMost = 500 // day counts said anew in one call
)

// Step implements limiter.Store.
func (s *Store) Step(ctx context.Context, b limiter.Batch) (limiter.Grants, error) {
	if err := s.begin(); err != nil {
		return limiter.Grants{}, err
	}
	c := s.clientOf(b.Client)
	if err := c.lock(ctx); err != nil {
		return limiter.Grants{}, err
	}
	defer c.unlock()
	switch {
	case b.Seq == c.seq && c.seq > 0:
		return c.answer, nil
	case b.Seq < c.seq:
		return limiter.Grants{}, errStale
	}
	g, err := c.step(ctx, b)
	if err != nil {
		return limiter.Grants{}, err
	}
	c.seq, c.answer = b.Seq, g
	c.plan()
	return g, nil
}

func (s *Store) clientOf(name string) *client {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.clients[name]
	if c == nil {
		c = &client{s: s, id: s.hash("client", s.id+name), turn: make(chan struct{}, 1),
			held: map[uint64]*permit{}, spent: map[dayKey]int{}, wants: map[string]want{}}
		s.clients[name] = c
	}
	c.used = time.Now()
	return c
}

func (c *client) lock(ctx context.Context) error {
	select {
	case c.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *client) unlock() { <-c.turn }

// step is Step with the turn: it makes a call where the server has to hear of
// something, and hands on what has been granted.
func (c *client) step(ctx context.Context, b limiter.Batch) (limiter.Grants, error) {
	changed := c.take(b)
	if c.pending != nil {
		if _, err := c.send(ctx); err != nil {
			return limiter.Grants{}, err
		}
	}
	g := limiter.Grants{Now: time.UnixMicro(c.seen + time.Since(c.seenAt).Microseconds())}
	left := c.handOn(&g, b.Asks)
	if !changed && !c.urgent(left) {
		g.Next = c.next(left)
		return g, nil
	}
	r, err := c.tell(ctx, left)
	if err != nil {
		c.putBack(g.Grants)
		return limiter.Grants{}, err
	}
	g.Now, g.Lost = time.UnixMicro(r.now), r.lost
	left = c.handOn(&g, left)
	for _, f := range r.refused {
		left[f.ask].Calls = 0
		g.Refused = append(g.Refused, limiter.Refusal{Tenant: b.Asks[f.ask].Tenant, Limit: c.limit(f.limit), RetryAt: f.retryAt})
	}
	for _, d := range r.days {
		g.Day = append(g.Day, limiter.DayCount{Limit: c.limit(d.limit), Tenant: c.whose(d, b), Used: d.used, Resets: d.resets})
	}
	g.Next = c.next(left)
	return g, nil
}

func (c *client) limit(i int) limiter.Limit {
	if i < 0 {
		return limiter.Limit{Kind: limiter.Day}
	}
	return c.under.limits[i]
}

func (c *client) whose(d dayCount, b limiter.Batch) string {
	if c.limit(d.limit).Scope == limiter.App {
		return ""
	}
	return b.Asks[d.ask].Tenant
}

// take notes what the batch says, once, and tells whether something of it has to
// be said at once.
func (c *client) take(b limiter.Batch) (changed bool) {
	u := &c.under
	if !sameLimits(u.limits, b.Limits) || u.day != b.Day {
		u.limits, u.day, u.sig = append(limiter.Limits(nil), b.Limits...), b.Day, signature(b.Limits, b.Day)
		changed = true
	}
	u.guard = b.Guard
	if c.taken == b.Seq {
		return changed
	}
	c.taken = b.Seq
	now := time.Now()
	for _, d := range b.Done {
		c.settle(d, now)
	}
	for _, p := range b.Pauses {
		scope := "a"
		if p.Scope == limiter.Tenant {
			scope = "t" + c.s.hash("tenant", p.Tenant)
		}
		c.pauses = append(c.pauses, pause{p.Kind, scope, p.For})
	}
	return changed
}

// settle notes what has become of a grant. What it does not know is settled.
func (c *client) settle(d limiter.Done, now time.Time) {
	p := c.held[d.ID]
	if p == nil {
		return
	}
	t := settled{id: p.id, tenant: p.tenant, at: now, label: p.label}
	switch {
	case d.Unsent && !p.counted:
		t.what, t.delta = unsent, -p.cost
	case d.Unsent:
		t.what = freed
	default:
		if d.Age >= 0 && !p.counted {
			t.what, t.at, p.counted = counted, now.Add(-d.Age), true
		}
		if d.Free {
			p.free = true
		}
		if d.Cost > 0 && d.Cost != p.cost {
			t.delta, p.cost = d.Cost-p.cost, d.Cost
		}
		if p.free || p.counted && !p.slot {
			t.what |= freed
		}
	}
	for _, scope := range p.days {
		c.spent[dayKey{scope, p.label}] += t.delta
	}
	if t.what&unsent != 0 || p.counted && t.what&freed != 0 {
		delete(c.held, p.id)
	}
	if t.what != 0 || t.delta != 0 {
		c.done = append(c.done, t)
	}
}

// urgent reports whether the server has to hear now of what has ended or is left
// to ask: others may be waiting for it, or we.
func (c *client) urgent(left []limiter.Ask) bool {
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	asks := 0
	for _, a := range left {
		asks += a.Calls
	}
	switch {
	case len(s.wakes) == 0: // nobody would hear of a push
		return true
	case c.anew, len(c.pauses) > 0, len(c.done) >= doneMost:
		return true
	case asks > 0 && !time.Now().Before(c.polls):
		return true
	}
	for _, d := range c.done {
		if d.what&(unsent|freed) != 0 && (c.crowd > 0 || asks > 0) {
			return true
		}
	}
	for _, a := range left {
		if w := c.wants[s.hash("tenant", a.Tenant)]; a.Calls > 0 && (w.calls == 0 || w.cost != max(1, a.Cost)) {
			return true
		}
	}
	return false
}

// next is how long until the asks that are left are to be repeated.
func (c *client) next(left []limiter.Ask) time.Duration {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	for _, a := range left {
		if a.Calls > 0 {
			return max(time.Millisecond, time.Until(c.polls))
		}
	}
	return 0
}

// handOn moves grants from the inbox to g, for the asks; what nobody asks for any
// more goes back. It returns what is left to ask.
func (c *client) handOn(g *limiter.Grants, asks []limiter.Ask) []limiter.Ask {
	s := c.s
	left := append([]limiter.Ask(nil), asks...)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for _, p := range c.inbox {
		c.adopt(p)
		wanted := false
		for i := range left {
			if a := &left[i]; a.Calls > 0 && s.hash("tenant", a.Tenant) == p.tenant {
				a.Calls--
				wanted, p.name = true, a.Tenant
				break
			}
		}
		if !wanted {
			c.settle(limiter.Done{ID: p.id, Unsent: true}, now)
			c.dueLocked(now)
			continue
		}
		g.Grants = append(g.Grants, limiter.Grant{ID: p.id, Tenant: p.name, Cost: p.cost, In: max(0, p.from.Sub(now))})
	}
	c.inbox = nil
	return left
}

// putBack keeps grants for the next step, when this one could not be told.
func (c *client) putBack(grants []limiter.Grant) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	for _, g := range grants {
		c.inbox = append(c.inbox, c.held[g.ID])
	}
}

// tell makes a call with all that is to be said. Where it shows that the state was
// lost, another one says at once what this client holds.
func (c *client) tell(ctx context.Context, asks []limiter.Ask) (reply, error) {
	wants := make([]want, len(asks))
	for i, a := range asks {
		wants[i] = want{c.s.hash("tenant", a.Tenant), a.Calls, max(1, a.Cost)}
	}
	c.prepare(wants)
	r, err := c.send(ctx)
	for err == nil && c.lost() {
		for i := range wants {
			wants[i].calls = c.wanted(wants[i].tenant).calls
		}
		before := r.refused
		c.prepare(wants)
		r, err = c.send(ctx)
		r.refused = append(before, r.refused...)
	}
	return r, err
}

func (c *client) lost() bool {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return c.anew
}

func (c *client) wanted(tenant string) want {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return c.wants[tenant]
}

// adopt takes a grant from the inbox in, once.
func (c *client) adopt(p *permit) {
	if c.held[p.id] != nil {
		return
	}
	c.held[p.id] = p
	for _, l := range c.under.limits {
		switch l.Kind {
		case limiter.Rate:
			p.window = true
		case limiter.Concurrency:
			p.slot = true
		case limiter.Day:
			scope := "a"
			if l.Scope == limiter.Tenant {
				scope = "t" + p.tenant
			}
			p.days = append(p.days, scope)
			c.spent[dayKey{scope, p.label}] += p.cost
		}
	}
}

// prepare makes the next call.
func (c *client) prepare(wants []want) *call {
	s := c.s
	now := time.Now()
	u := &c.under
	k := &call{client: c.id, n: c.n + 1, epoch: c.epoch, seen: c.seen, guard: guardOf(u.limits, u.guard), channel: "-", publish: s.publish, sig: u.sig,
		limits: u.limits, asks: wants, done: c.done, pauses: c.pauses, at: now, day: u.day}
	c.done, c.pauses = nil, nil
	s.mu.Lock()
	defer s.mu.Unlock()
	k.ack = int64(c.ack)
	if s.hears {
		k.channel = s.ownChannel()
	}
	for _, p := range c.inbox {
		c.adopt(p)
	}
	k.reasserted, c.anew = c.anew, false
	for _, p := range c.held {
		what, every := p.holds()
		if what != 0 && (k.reasserted || now.Sub(p.renewed) >= every) {
			p.renewed = now
			k.holds = append(k.holds, hold{p.id, p.tenant, what})
		}
	}
	if k.reasserted {
		k.counts = c.ownCounts(now)
	}
	c.due = time.Time{}
	c.pending = k
	return k
}

// guardOf is the guard of a step: what the process asks for, and at least half a
// percent of the shortest window, up to 5 ms. How late other processes' calls come
// is not for one of them to learn.
func guardOf(limits limiter.Limits, asked time.Duration) time.Duration {
	least := 5 * time.Millisecond
	for _, l := range limits {
		if l.Kind == limiter.Rate {
			least = min(least, l.Per/200)
		}
	}
	return max(asked, least)
}

// holds tells what of p has to be renewed, and how often.
func (p *permit) holds() (what int, every time.Duration) {
	every = renewSlot
	if p.slot && !p.free {
		what = freed
	}
	if p.window && !p.counted {
		what, every = what|counted, renewOpen
	}
	return what, every
}

// ownCounts are the units that this client has spent within the last days, and
// forgets older ones.
func (c *client) ownCounts(now time.Time) (all []count) {
	for k, n := range c.spent {
		if at, err := strconv.ParseInt(k.label, 10, 64); err != nil || now.Sub(time.Unix(at, 0)) > 50*time.Hour {
			delete(c.spent, k)
		} else if n > 0 && len(all) < countMost {
			all = append(all, count{k.scope, k.label, n})
		}
	}
	return all
}

// send makes the pending call and takes the answer in.
func (c *client) send(ctx context.Context) (reply, error) {
	s, k := c.s, c.pending
	r, err := s.run(ctx, c, k)
	if err != nil {
		c.dueAt(time.Now().Add(time.Second))
		return r, err
	}
	now, before := time.Now(), c.called
	c.pending, c.n, c.seen, c.seenAt, c.called, c.crowd = nil, k.n, r.now, now, now, r.crowd
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.epoch != 0 && r.epoch != c.epoch && !k.reasserted {
		c.anew = true
	}
	c.epoch = r.epoch
	s.members = replicas{r.index, r.members, now}
	clear(c.wants)
	for _, w := range k.asks {
		if w.calls > 0 {
			w.calls += c.wants[w.tenant].calls
			c.wants[w.tenant] = w
		}
	}
	for _, g := range r.grants {
		c.answeredLocked(g, now)
	}
	for _, f := range r.refused {
		delete(c.wants, k.asks[f.ask].tenant)
	}
	switch {
	case r.next >= 0:
		c.polls = now.Add(max(time.Millisecond, min(r.next, pollEvery)))
	case k.channel == "-":
		c.polls = now.Add(jitter(pollDeaf))
	default:
		c.polls = now.Add(jitter(min(pollMost, max(pollEvery, time.Duration(r.members)*pollEvery/8))))
	}
	if r.deaf && s.heardSince.Before(before) {
		s.hearAnewLocked()
	}
	if r.mute {
		go s.warn("mute", "the Redis user may not publish: replicas that wait ask again by themselves, which is slower", "remedy", "grant +publish and the channels &"+s.prefix+":*")
	}
	return r, nil
}

// answeredLocked takes in a grant that a call has brought: the last one that was
// pushed may come again.
func (c *client) answeredLocked(g grant, now time.Time) {
	if g.id != c.ack {
		c.most = max(c.most, g.id)
		c.receiveLocked(g, now)
	}
}

// pushedLocked takes in a grant that another client's call has brought, unless a
// call of our own has brought it before.
func (c *client) pushedLocked(g grant, now time.Time) {
	if g.id > c.most && g.id > c.ack {
		c.receiveLocked(g, now)
	}
	c.ack = max(c.ack, g.id)
}

func (c *client) receiveLocked(g grant, now time.Time) {
	if w, ok := c.wants[g.tenant]; ok {
		w.calls = max(0, w.calls-1)
		c.wants[g.tenant] = w
	}
	c.inbox = append(c.inbox, &permit{grant: g, from: now.Add(g.in), renewed: now})
	c.dueLocked(now.Add(renewOpen))
}

// plan says when the keeper is to make a call if no step does before: to tell what
// has waited, to renew what is held, to be known as there.
func (c *client) plan() {
	now := time.Now()
	at := c.called.Add(heartbeat)
	if len(c.done) > 0 {
		at = now.Add(tellAfter)
	}
	for _, p := range c.held {
		what, every := p.holds()
		if t := p.renewed.Add(every); what != 0 && t.Before(at) {
			at = t
		}
	}
	c.dueAt(at)
}

// dueLocked has the keeper make a call, at a time.
func (c *client) dueLocked(at time.Time) {
	if c.due.IsZero() || at.Before(c.due) {
		c.due = at
		if c.s.keepAt.IsZero() || at.Before(c.s.keepAt) {
			select {
			case c.s.kick <- struct{}{}:
			default:
			}
		}
	}
}

func (c *client) dueAt(at time.Time) {
	c.s.mu.Lock()
	c.dueLocked(at)
	c.s.mu.Unlock()
}

// pollsLocked has the client's asks repeated at a time, if not before.
func (c *client) pollsLocked(at time.Time) {
	if at.Before(c.polls) {
		c.polls = at
	}
}

// giveUp settles all that is held: what was not handed on is given back, what was
// counts as made now.
func (c *client) giveUp() {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	now := time.Now()
	for _, p := range c.inbox {
		c.adopt(p)
		c.settle(limiter.Done{ID: p.id, Unsent: true}, now)
	}
	c.inbox = nil
	for _, p := range c.held {
		c.settle(limiter.Done{ID: p.id}, now)
	}
	clear(c.held)
}
