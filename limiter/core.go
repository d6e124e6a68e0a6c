package limiter

import (
	"errors"
	"log/slog"
	"slices"
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
	limits             Limits  // in force
	wanted             Limits  // as configured: limits is less during an outage with LocalShare
	version            int     // of limits
	appRates, ownRates []Limit // every Rate limit ever in force, by index
	app                scope
	tenants            map[string]*tenant
	overflow           *tenant       // of those above MaxTenants
	evicted            time.Duration // when they were dropped last
	sweepAt            int           // the number of tenants at which the idle ones are dropped

	turns     turns
	resent    list // re-sends by net/http that wait for a rate and a day, not for a slot
	queued    int
	held      hold // what stood in the app's way last
	alarms    alarms
	timer     *time.Timer
	timerAt   time.Duration // 0: not set
	sweepNext time.Duration // when dropped bodies are looked for next, while anyone waits

	lingering     list    // over, and the slot is kept
	flying        list    // granted, not over
	unwritten     *ticket // granted, not written, the oldest first
	lastUnwritten *ticket
	open          int // bodies handed to the app and not ended
	closed        bool
	draining      bool
	drained       chan struct{} // closed when draining and nothing is left
	ending        chan struct{} // closed by close

	latency latency
	guard   time.Duration // as last tuned
	totals  Totals
	reasons [Closed + 1]uint64
	would   Would

	wouldReasons [Closed + 1]uint64

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
	c := &core{cfg: cfg, log: cfg.Logger, began: time.Now().Add(-1), dayRule: rule, mode: cfg.Mode,
		tenants: map[string]*tenant{}, sweepAt: 1024, guard: guardFirst, ending: make(chan struct{}), budget: retryReserve, said: map[string]bool{}}
	c.wanted = slices.Clone(cfg.Limits)
	if err := c.install(cfg.Limits); err != nil {
		return nil, err
	}
	if cfg.Store != nil {
		c.store = newStoreClient(c, cfg.Store)
	}
	return c, nil
}

// tick reads the clocks under the mutex, so that time never goes back, and does
// what has come due. The wall clock is for days only.
func (c *core) tick() (now time.Duration, wall time.Time) {
	wall = time.Now()
	return c.tickTo(wall.Sub(c.began)), wall
}

// tickMono is tick for what needs no wall clock.
func (c *core) tickMono() time.Duration { return c.tickTo(time.Since(c.began)) }

func (c *core) tickTo(now time.Duration) time.Duration {
	c.latest = max(c.latest, now)
	now = c.latest
	for len(c.alarms) > 0 && c.alarms[0].at <= now {
		a := c.alarms.pop()
		if a.p != nil {
			c.freeLocked(a.p)
			continue
		}
		if a.at == a.t.alarm {
			a.t.alarm = 0
		}
		switch {
		case a.t.state != blocked || a.t.wake == 0:
		case a.t.wake <= now:
			c.unblockLocked(a.t)
		default:
			c.wakeAtLocked(a.t, a.t.wake)
		}
	}
	for p := c.unwritten; p != nil && now-p.granted >= patience; p = c.unwritten {
		c.app.forgive(&p.app)
		p.t.scope.forgive(&p.own)
		c.writtenLocked(p)
		c.unblockLocked(p.t)
	}
	return now
}

// moveLocked serves who can be served after something has changed.
func (c *core) moveLocked(now time.Duration) {
	if c.queued > 0 {
		c.dispatchLocked(now, time.Now())
		c.armLocked(now)
	}
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
