package limiter

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/goodtenant/goodtenant/policy"
)

// core is the one scheduler behind a Transport and all that share its state. One
// mutex guards it; nothing waits and nothing is called back while it is held.
//
//	ticket      event                                      next
//	fresh       admit                                      queued
//	queued      its turn: day, slot and rate are free      granted, all of them taken
//	            day spent, pause too long, closed          refused
//	            the caller leaves                          over, nothing was taken
//	granted     written (wrote), answered (answered)       granted, stamped
//	            never written (unsent)                     over, all given back
//	            the answer's end (ended)                   over, the slot is free
//	            broken off (cut)                           lingering
//	lingering   its time has come                          over, the slot is free
type core struct {
	cfg     Config
	log     *slog.Logger
	began   time.Time
	dayRule *dayRule
	store   *storeClient // nil: memory

	mu                 sync.Mutex
	latest             time.Duration // the latest time seen
	mode               policy.Mode
	limits             Limits
	version            int     // of limits
	appRates, ownRates []Limit // every Rate limit ever in force, by index
	app                scope
	tenants            map[string]*tenant
	overflow           *tenant // of those above MaxTenants
	sweepAt            int     // the number of tenants at which the idle ones are dropped

	turns     turns
	queued    int
	alarms    alarms
	timer     *time.Timer
	timerAt   time.Duration // 0: not set
	sweepNext time.Duration // when dropped bodies are looked for next, while anyone waits

	flying        list    // granted, not over
	unwritten     *ticket // granted, not written, the oldest first
	lastUnwritten *ticket
	open          int // bodies handed to the app and not ended
	closed        bool
	draining      bool
	drained       chan struct{} // closed when draining and nothing is left
	ending        chan struct{} // closed by close

	latency  latency
	guard    time.Duration // as last tuned
	totals   Totals
	reasons  [Closed + 1]uint64
	would    Would
	budget   float64 // re-sends that may be made
	recent   []Throttle429
	said     map[string]bool // warnings given
	warnings []warning       // to be logged when the mutex is free

	droppedMu sync.Mutex
	dropped   []*attempt // bodies that were collected; filled by cleanups
}

// patience is how long the pace waits for a granted call to be written.
const patience = 500 * time.Millisecond

func newCore(cfg Config) (*core, error) {
	rule, err := newDayRule(cfg.Day, max(0, cfg.Reserve))
	if err != nil {
		return nil, err
	}
	c := &core{cfg: cfg, log: cfg.Logger, began: time.Now(), dayRule: rule, mode: cfg.Mode,
		tenants: map[string]*tenant{}, sweepAt: 1024, guard: guardDefault, ending: make(chan struct{}), budget: retryReserve, said: map[string]bool{}}
	if err := c.install(cfg.Limits); err != nil {
		return nil, err
	}
	if cfg.Store != nil {
		c.store = newStoreClient(c, cfg.Store)
	}
	return c, nil
}

// tick reads the clock under the mutex, so that time never goes back, and does
// what has come due.
func (c *core) tick() (now time.Duration, wall time.Time) {
	wall = time.Now()
	c.latest = max(c.latest, wall.Sub(c.began))
	now = c.latest
	for len(c.alarms) > 0 && c.alarms[0].at <= now {
		a := c.alarms.pop()
		switch {
		case a.p != nil:
			c.freeLocked(a.p)
		case a.t.state == blocked && a.t.wake == a.at:
			c.unblockLocked(a.t)
		}
	}
	for p := c.unwritten; p != nil && now-p.granted >= patience; p = c.unwritten {
		c.app.forgive(&p.app)
		p.t.scope.forgive(&p.own)
		c.writtenLocked(p)
		c.unblockLocked(p.t)
	}
	return now, wall
}

// admit waits until p may be written. It returns nil, a *RefusedError, or why the
// caller left.
func (c *core) admit(ctx context.Context, until time.Time, cancel <-chan struct{}, p *ticket) error {
	c.mu.Lock()
	now, wall := c.tick()
	p.asked = now
	if !until.IsZero() {
		p.deadline = max(1, now+until.Sub(wall))
	}
	if c.cfg.MaxWait > 0 && (p.deadline == 0 || p.deadline > now+c.cfg.MaxWait) {
		p.deadline = now + c.cfg.MaxWait
	}
	if p.t = c.tenantLocked(p.name, now, wall); c.closed || c.draining && !p.again {
		c.refuseLocked(p, &RefusedError{Reason: Closed})
	} else if c.mode == policy.Observe {
		c.observeLocked(p, now, wall)
	} else {
		c.enqueueLocked(p, now, wall)
	}
	if p.state != queued {
		c.armLocked(now)
		c.mu.Unlock()
		return p.result()
	}
	p.ready = make(chan struct{}, 1)
	c.armLocked(now)
	c.mu.Unlock()

	var late <-chan time.Time
	if c.cfg.MaxWait > 0 {
		t := time.NewTimer(p.deadline - now)
		defer t.Stop()
		late = t.C
	}
	select {
	case <-p.ready:
		return p.result()
	case <-ctx.Done():
		return c.leave(p, leftBecause(ctx))
	case <-cancel:
		return c.leave(p, errCanceled)
	case <-late:
		return c.leave(p, nil)
	}
}

func (p *ticket) result() error {
	if p.err != nil {
		return p.err
	}
	return nil
}

// leave takes a caller out that has had enough: exactly one of left and granted
// is true afterwards. A nil why is MaxWait.
func (c *core) leave(p *ticket, why error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, wall := c.tick()
	switch p.state {
	case queued:
		c.unqueueLocked(p)
		if why == nil {
			at, by := c.earliestLocked(p, now, 0)
			c.refuseLocked(p, &RefusedError{Reason: DeadlineTooNear, Limit: by, RetryAt: wall.Add(at - now)})
			return p.err
		}
		p.state = over
		c.totals.Cancelled++
		c.dispatchLocked(now, wall)
		return why
	case refused:
		return p.err
	}
	if why == nil {
		return nil // granted in the last moment
	}
	c.totals.Cancelled++
	c.unsentLocked(p, now, wall)
	return why
}

// enqueueLocked puts p into its lane and serves who can be served; p is refused
// where waiting is in vain.
func (c *core) enqueueLocked(p *ticket, now time.Duration, wall time.Time) {
	t := p.t
	if c.queued == 0 {
		c.app.rest(now)
	}
	if t.waiting == 0 {
		t.scope.rest(now)
	}
	ahead := c.aheadLocked(p)
	if p.front {
		t.lanes[p.lane].pushFront(p)
	} else {
		t.lanes[p.lane].pushBack(p)
	}
	p.state = queued
	t.waiting++
	c.queued++
	if t.state == resting {
		t.state = ready
		c.turns.add(t)
	}
	if err := c.hopelessLocked(p, now, wall); err != nil {
		c.unqueueLocked(p)
		c.refuseLocked(p, err)
		return
	}
	c.dispatchLocked(now, wall)
	if p.state != queued {
		return
	}
	if !p.front && t.lanes[p.lane].n > c.cfg.MaxQueue {
		c.unqueueLocked(p)
		at, by := c.earliestLocked(p, now, ahead)
		c.refuseLocked(p, &RefusedError{Reason: QueueFull, Limit: by, RetryAt: wall.Add(at - now)})
		return
	}
	if at, by := c.earliestLocked(p, now, ahead); p.deadline > 0 && at > p.deadline {
		c.unqueueLocked(p)
		c.refuseLocked(p, &RefusedError{Reason: DeadlineTooNear, Limit: by, RetryAt: wall.Add(at - now)})
	}
}

// aheadLocked counts who goes before p for certain, at this moment: those before
// it in its tenant, and as many of each other tenant that may be served.
func (c *core) aheadLocked(p *ticket) int {
	if p.front {
		return 0
	}
	mine := 0
	for l := laneInteractive; l <= p.lane; l++ {
		mine += p.t.lanes[l].n
	}
	all := mine
	if t := c.turns.head; t != nil && mine > 0 {
		for range 64 {
			if t != p.t {
				all += min(t.waiting, mine)
			}
			if t = t.next; t == c.turns.head {
				break
			}
		}
	}
	return all
}

// earliestLocked is the earliest time at which p can start.
func (c *core) earliestLocked(p *ticket, now time.Duration, ahead int) (time.Duration, Limit) {
	at, by := c.app.freeAt(now, ahead)
	if t, l := p.t.scope.freeAt(now, min(ahead, p.t.waiting)); t > at {
		at, by = t, l
	}
	return at, by
}

// hopelessLocked says why p need not wait: the day is spent, or the platform
// wants a pause that is longer than anyone is made to sleep.
func (c *core) hopelessLocked(p *ticket, now time.Duration, wall time.Time) *RefusedError {
	if c.store != nil {
		if err := c.store.downLocked(now); err != nil {
			return err
		}
	}
	for _, s := range [...]*scope{&c.app, &p.t.scope} {
		if err := s.spent(p.cost, wall); err != nil {
			return err
		}
		if g := s.gate; g != nil && g.until-now > c.cfg.Retry.Cap {
			return &RefusedError{Reason: Paused, Limit: g.limit, RetryAt: wall.Add(g.until - now)}
		}
	}
	return nil
}

// dispatchLocked grants what may go now, a call of each tenant in turn.
func (c *core) dispatchLocked(now time.Duration, wall time.Time) {
	for c.turns.head != nil {
		if at, known, _ := c.app.blocked(now); !known || at > now {
			return
		}
		t := c.turns.head
		c.syncLocked(t)
		at, known, _ := t.scope.blocked(now)
		if !known {
			c.blockLocked(t, 0)
			continue
		}
		if at > now {
			c.blockLocked(t, at)
			continue
		}
		if c.store != nil {
			if at, known := c.store.readyLocked(t, now); !known || at > now {
				c.blockLocked(t, at)
				continue
			}
		}
		closed, until := c.backgroundLocked(t, now, wall)
		lane, ok := t.pick(closed)
		if !ok {
			c.blockLocked(t, until)
			continue
		}
		p := t.lanes[lane].head
		if err := c.hopelessLocked(p, now, wall); err != nil {
			c.unqueueLocked(p)
			c.refuseLocked(p, err)
			continue
		}
		c.unqueueLocked(p)
		t.served(lane)
		if c.turns.head == t {
			c.turns.head = t.next
		}
		c.grantLocked(p, now, wall)
	}
}

// backgroundLocked tells whether the day's pace line holds t's background lane
// back, and until when.
func (c *core) backgroundLocked(t *tenant, now time.Duration, wall time.Time) (closed [laneCount]bool, until time.Duration) {
	p := t.lanes[laneBackground].head
	if p == nil || c.cfg.Reserve < 0 {
		return closed, 0
	}
	for _, s := range [...]*scope{&c.app, &t.scope} {
		if s.day == nil || s.day.off {
			continue
		}
		if at := now + s.day.count.paceAt(wall, p.cost, s.day.limit.Max).Sub(wall); at > now {
			closed[laneBackground] = true
			until = max(until, at)
		}
	}
	return closed, until
}

// grantLocked takes all that p needs, in one go.
func (c *core) grantLocked(p *ticket, now time.Duration, wall time.Time) {
	p.app, p.own = c.app.take(), p.t.scope.take()
	c.spendLocked(p, wall)
	if !p.extra {
		p.slot = true
		c.app.slots++
		p.t.scope.slots++
	}
	if c.store != nil {
		c.store.useLocked(p)
	}
	p.state, p.granted, p.holding = granted, now, "sending"
	c.flying.pushBack(p)
	c.waitForWriteLocked(p)
	c.totals.Admitted++
	if !p.again && !p.extra {
		c.budget = min(c.budget+c.cfg.Retry.Budget, budgetMost)
	}
	if p.granted > p.asked {
		c.totals.Delayed++
		c.totals.WaitTime += p.granted - p.asked
	}
	p.wakeUp()
	if c.spentOutLocked(p, wall) {
		c.refuseAllLocked(func(q *ticket) *RefusedError { return c.hopelessLocked(q, now, wall) })
	}
}

func (p *ticket) wakeUp() {
	if p.ready != nil {
		p.ready <- struct{}{}
	}
}

// refuseLocked refuses p, which is in no queue.
func (c *core) refuseLocked(p *ticket, err *RefusedError) {
	err.Tenant = p.name
	p.err, p.state = err, refused
	c.totals.Refused++
	c.reasons[err.Reason]++
	p.wakeUp()
}

// refuseAllLocked refuses every waiter for which why has an answer.
func (c *core) refuseAllLocked(why func(*ticket) *RefusedError) {
	if c.queued == 0 {
		return
	}
	for _, t := range c.tenants {
		c.refuseOfLocked(t, why)
	}
	if c.overflow != nil {
		c.refuseOfLocked(c.overflow, why)
	}
	c.restedLocked()
}

func (c *core) refuseOfLocked(t *tenant, why func(*ticket) *RefusedError) {
	for l := range laneCount {
		for p := t.lanes[l].head; p != nil; {
			q := p
			p = p.next
			if err := why(q); err != nil {
				c.unqueueLocked(q)
				c.refuseLocked(q, err)
			}
		}
	}
}

// unqueueLocked takes p out of its lane.
func (c *core) unqueueLocked(p *ticket) {
	t := p.t
	t.lanes[p.lane].remove(p)
	p.state = fresh
	t.waiting--
	c.queued--
	if t.waiting == 0 {
		if t.state == ready {
			if c.turns.head == t {
				c.turns.head = t.next
			}
			c.turns.remove(t)
		}
		t.state = resting
	}
	c.restedLocked()
}

// restedLocked lets Drain know when nothing is left.
func (c *core) restedLocked() {
	if c.drained != nil && c.queued == 0 && c.flying.n == 0 {
		close(c.drained)
		c.drained = nil
	}
}

func (c *core) blockLocked(t *tenant, until time.Duration) {
	c.turns.remove(t)
	t.state, t.wake = blocked, until
	if until > 0 {
		c.alarms.push(alarm{at: until, t: t})
	}
}

func (c *core) unblockLocked(t *tenant) {
	if t.state == blocked {
		t.state, t.wake = ready, 0
		c.turns.add(t)
	}
}

// waitForWriteLocked and writtenLocked keep the list of those whose write is
// still waited for.
func (c *core) waitForWriteLocked(p *ticket) {
	if p.before = c.lastUnwritten; p.before != nil {
		p.before.after = p
	} else {
		c.unwritten = p
	}
	c.lastUnwritten = p
}

func (c *core) writtenLocked(p *ticket) {
	if p.before == nil && p.after == nil && c.unwritten != p {
		return
	}
	if p.before != nil {
		p.before.after = p.after
	} else {
		c.unwritten = p.after
	}
	if p.after != nil {
		p.after.before = p.before
	} else {
		c.lastUnwritten = p.before
	}
	p.before, p.after = nil, nil
}

// armLocked sets the one timer for the next thing that time alone brings, while
// anyone waits.
func (c *core) armLocked(now time.Duration) {
	next := time.Duration(0)
	sooner := func(at time.Duration) {
		if next == 0 || at < next {
			next = max(at, now+1)
		}
	}
	if c.queued > 0 && !c.closed {
		if c.turns.head != nil {
			if at, known, _ := c.app.blocked(now); known {
				sooner(at)
			}
		}
		if len(c.alarms) > 0 {
			sooner(c.alarms[0].at)
		}
		if c.unwritten != nil {
			sooner(c.unwritten.granted + patience)
		}
		if c.open > 0 {
			if c.sweepNext < now {
				c.sweepNext = now + sweepEvery
			}
			sooner(c.sweepNext)
		}
	}
	switch {
	case next == 0 || c.timerAt != 0 && c.timerAt <= next && c.timerAt > now:
	case c.timer == nil:
		c.timer = time.AfterFunc(next-now, c.due)
		c.timerAt = next
	default:
		c.timer.Reset(next - now)
		c.timerAt = next
	}
}

// due is the timer's function.
func (c *core) due() {
	c.mu.Lock()
	now, wall := c.tick()
	c.timerAt = 0
	var cuts []*attempt
	if c.sweepNext != 0 && now >= c.sweepNext {
		cuts = c.sweepLocked(now)
	}
	c.dispatchLocked(now, wall)
	c.armLocked(now)
	c.mu.Unlock()
	defer c.contain()
	for _, a := range cuts {
		a.cancel(errDropped)
		a.finish(EndDropped)
	}
	c.speak()
}

// wrote stamps p's write.
func (c *core) wrote(p *ticket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, wall := c.tick()
	if p.state != granted || p.wrote != 0 {
		return
	}
	c.stampLocked(p, now)
	c.unblockLocked(p.t)
	c.dispatchLocked(now, wall)
	c.armLocked(now)
}

func (c *core) stampLocked(p *ticket, now time.Duration) {
	p.wrote, p.sent, p.holding = now, true, "waiting"
	c.writtenLocked(p)
	c.app.wrote(&p.app, now, &c.cfg)
	p.t.scope.wrote(&p.own, now, &c.cfg)
	if c.store != nil && c.cfg.Guarantee == Balanced {
		c.store.countedLocked(p, now)
	}
}

// answered stamps the first byte of p's answer.
func (c *core) answered(p *ticket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, wall := c.tick()
	if p.state != granted {
		return
	}
	if p.wrote == 0 { // a base without trace hooks
		c.stampLocked(p, now)
	} else {
		c.latency.answered(now - p.wrote)
		c.retuneLocked()
	}
	p.answered, p.holding = now, "body"
	c.settleLocked(p, now-c.floorLocked())
	c.recoverLocked(p, now)
	c.unblockLocked(p.t)
	c.dispatchLocked(now, wall)
	c.armLocked(now)
}

// settleLocked ends p's open window entries: the call has arrived by at.
func (c *core) settleLocked(p *ticket, at time.Duration) {
	c.writtenLocked(p)
	c.app.settle(&p.app, at)
	p.t.scope.settle(&p.own, at)
	if c.store != nil {
		c.store.countedLocked(p, at)
	}
}

// floorLocked is what every call takes at least.
func (c *core) floorLocked() time.Duration {
	switch {
	case c.cfg.Floor == LearnFloor, c.cfg.Guarantee == Balanced && c.cfg.Floor == 0:
		return c.latency.least()
	}
	return c.cfg.Floor
}

// ended says that the answer was seen to its end.
func (c *core) ended(p *ticket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, wall := c.tick()
	if p.state != granted {
		return
	}
	c.latency.sawEnd(now - p.granted)
	c.settleLocked(p, now)
	c.holdLocked(p, now, c.cfg.ReleaseDelay)
	c.dispatchLocked(now, wall)
	c.armLocked(now)
}

// cut says that p's exchange was broken off: the platform may go on with it.
func (c *core) cut(p *ticket, most time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, wall := c.tick()
	if p.state != granted {
		return
	}
	c.totals.Cut++
	linger := c.lingerLocked()
	if most > 0 && c.cfg.Guarantee == Balanced {
		linger = min(linger, most)
	}
	if p.answered == 0 {
		if p.wrote == 0 {
			c.settleLocked(p, now+linger)
		} else {
			c.settleLocked(p, now+max(linger, c.guard)) // it may still be on its way
		}
	}
	p.holding = "cut"
	c.holdLocked(p, now, linger)
	c.dispatchLocked(now, wall)
	c.armLocked(now)
}

func (c *core) lingerLocked() time.Duration {
	if c.cfg.Linger > 0 {
		return c.cfg.Linger
	}
	return c.latency.linger()
}

// unsent says that nothing of p reached the wire.
func (c *core) unsent(p *ticket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, wall := c.tick()
	if p.state == granted {
		c.unsentLocked(p, now, wall)
	}
}

func (c *core) unsentLocked(p *ticket, now time.Duration, wall time.Time) {
	c.writtenLocked(p)
	c.app.giveBack(&p.app)
	p.t.scope.giveBack(&p.own)
	c.unspendLocked(p)
	if c.store != nil {
		c.store.unusedLocked(p)
	}
	c.freeLocked(p)
	c.dispatchLocked(now, wall)
	c.armLocked(now)
}

// holdLocked frees p's slot after d.
func (c *core) holdLocked(p *ticket, now, d time.Duration) {
	if d <= 0 || !p.slot {
		c.freeLocked(p)
		return
	}
	c.overLocked(p)
	p.state = lingering
	c.alarms.push(alarm{at: now + d, p: p})
	c.flying.pushBack(p)
}

// overLocked takes p out of flight.
func (c *core) overLocked(p *ticket) {
	if p.state == granted || p.state == lingering {
		c.flying.remove(p)
	}
}

// freeLocked ends p: its slot is free.
func (c *core) freeLocked(p *ticket) {
	c.overLocked(p)
	p.state = over
	if p.slot {
		p.slot = false
		c.app.slots--
		p.t.scope.slots--
		if c.store != nil {
			c.store.freedLocked(p)
		}
	}
	c.unblockLocked(p.t)
	c.restedLocked()
}

// retuneLocked follows a change of the learned guard.
func (c *core) retuneLocked() {
	g := c.latency.guard()
	if d := g - c.guard; g != c.guard && (d > c.guard/8 || -d > c.guard/8 || c.latency.n%64 == 0) {
		c.guard = g
		c.version++ // the tenants' rates are tuned when they are used next
		c.tuneLocked(&c.app)
	}
}

func (c *core) tuneLocked(s *scope) {
	for i := range s.rates {
		s.rates[i].tune(c.guard, &c.cfg)
	}
}

var (
	errCanceled = errors.New("net/http: request canceled")
	errDropped  = errors.New("limiter: the body was neither read nor closed")
)
