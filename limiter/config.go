package limiter

import (
	"cmp"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"time"

	"github.com/goodtenant/goodtenant/internal/enum"
	"github.com/goodtenant/goodtenant/policy"
)

// Config says what a Transport keeps to. The zero value of every field is its
// documented default (WithDefaults writes them out); only Limits has none, and
// without a limit calls pass, counted. A Config is copied by NewTransport.
type Config struct {
	// Mode is Enforce, or Observe to count only. Change it at run time with SetMode.
	Mode policy.Mode
	// Limits are the platform's rules. Change them at run time with SetLimits.
	Limits Limits
	// Guarantee chooses between the full rate (Balanced, the default) and a
	// bound that holds whatever the delays (Strict).
	Guarantee Guarantee
	// Floor is a time that every call takes at least, from the first byte written
	// to the answer seen. Strict gives a window's entry back that much earlier.
	// 0: none, the theorem of the package comment. LearnFloor: measured, a
	// heuristic. A positive time is what the app vouches for.
	Floor time.Duration
	// Burst is how many calls may follow each other without spacing after a rest
	// (Balanced). 0: 5.
	Burst int

	// MaxQueue bounds the calls that wait, for each tenant and lane. 0: 1,000.
	MaxQueue int
	// MaxWait bounds the wait of one call. 0: only the caller's own deadline does.
	MaxWait time.Duration
	// MaxTenants bounds the tenants whose state is kept; those above it share one
	// strict bucket, which is reported once. 0: 100,000.
	MaxTenants int

	// Linger is how long an exchange that was cut (a read error, a write that was
	// cancelled) keeps its slot. 0: in Balanced learned, 5 s until 100 answers
	// were seen, then their p99.9 within 1 s and 30 s; in Strict 30 s.
	Linger time.Duration
	// ReleaseDelay keeps a slot for a while after the answer's end, for servers
	// that count a call out only then. 0: none.
	ReleaseDelay time.Duration
	// MaxHold cancels an answer whose body nobody has read for this long, when
	// another call waits (looked at once a second). 0: never.
	MaxHold time.Duration
	// RunOn lets an exchange that the app has left run to its end (30 s at most),
	// because the platform goes on with it and counts it as in flight. Default On;
	// it acts only where a Concurrency limit is.
	RunOn policy.Switch
	// ReadAhead is the largest JSON answer of known length that is read inside
	// RoundTrip, so that its slot is free at once. 0: 64 KiB. Negative: off.
	ReadAhead int
	// Streams says which answers never end by themselves.
	Streams Streams

	// Day says when a day begins, for Day limits. Zero: the rolling 24 hours.
	Day Boundary
	// Reserve is the part of a day that Background calls leave to the others: they
	// are held back by a line that spreads the rest over the day. 0: 0.2.
	// Negative: no line.
	Reserve float64

	// Retry says how often a 429 (or a 503 with Retry-After) is sent again.
	Retry Retry
	// Classify tells what an answer says about the limits. nil: a 429, and a 503
	// with Retry-After, are throttles of the widest rate. The answer's body must
	// not be read. A zero Throttle takes the default's word.
	Classify func(*http.Response) Throttle

	// Store shares limits between processes or keeps them over restarts. nil: memory.
	Store Store
	// Outage says what happens while the Store fails. Default FailClosed.
	Outage Outage

	// Tenant names the customer a request is for. nil: all are one tenant. "" is
	// a tenant of its own.
	Tenant func(*http.Request) string
	// Cost is how many units of a Day limit a request is billed. nil, or below 1: one.
	Cost func(*http.Request) int
	// Hooks are told what happens.
	Hooks Hooks
	// Logger is told once of each thing that wants a remedy. nil: silent.
	Logger *slog.Logger
}

// LearnFloor as Config.Floor uses 0.9 of the shortest answer time seen lately.
// When the platform gets faster than it has ever been, a window may hold more
// than the limit; see the package comment.
const LearnFloor time.Duration = -1

// Guarantee is what is promised about windows.
type Guarantee uint8

const (
	// Balanced: the full rate, with calls spaced and stamped as they are written,
	// and a learned guard for delays on the way. Right while the way's delay
	// varies by less than the guard; a 429 makes it more careful.
	Balanced Guarantee = iota
	// Strict: never more than the limit in any window, whatever the delays. It
	// costs rate: N/(W+L) at a latency of L.
	Strict
)

// Outage is what happens while the Store does not answer.
type Outage uint8

const (
	// FailClosed refuses calls with StoreDown.
	FailClosed Outage = iota
	// LocalShare keeps to this process's share of the limits, where the Store
	// knows its Replicas; else, and where that share is nothing, it is FailClosed.
	LocalShare
	// FailOpen keeps to the limits as if this process were alone.
	FailOpen
)

// Boundary says when a day begins, for Day limits. The zero value is a rolling
// day: at most Max in any 24 hours, safe wherever the platform's day begins.
type Boundary struct {
	Zone         string // an IANA name such as "America/Chicago"; "" is the rolling day
	Hour, Minute int    // local time at which the day begins
}

// Retry bounds what is sent again after a throttled answer.
type Retry struct {
	// Max is the number of re-sends of one call. 0: 3. -1: a 429 is handed on.
	Max int
	// Budget is the part of all calls that may be re-sends. 0: 0.1. Negative: no bound but Max.
	Budget float64
	// Cap is the longest Retry-After that is slept; with a longer one the answer is
	// handed on and calls are refused with Paused until then. 0: 30 s.
	Cap time.Duration
	// MaxBody is the largest request body without GetBody that is remembered to be
	// sent again. 0: 1 MiB. Negative: none.
	MaxBody int64
	// Unsafe503 also sends POST, PATCH and other unsafe methods again after a 503
	// with Retry-After, for platforms that have surely not processed them.
	Unsafe503 bool
}

// Streams is a policy for answers without an end: event streams and watches.
type Streams struct {
	// Types are media types, such as "text/event-stream" (always in).
	Types []string
	// Paths are prefixes of request paths.
	Paths []string
	// Exempt gives a stream's slot back when its headers come.
	Exempt bool
}

// Throttle is what an answer says about a limit. The zero value: nothing.
type Throttle struct {
	Kind  Kind          // the kind of limit that was hit
	Scope Scope         // whose
	Wait  time.Duration // come back after this long; 0: as the headers say
	Until time.Time     // or at this time
}

var guaranteeNames, outageNames = []string{"balanced", "strict"}, []string{"fail-closed", "local-share", "fail-open"}

// String gives the guarantee's name.
func (g Guarantee) String() string { return enum.String("limiter.Guarantee", guaranteeNames, g) }

// MarshalText writes the name.
func (g Guarantee) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// UnmarshalText reads a name; anything else is an error that shows it.
func (g *Guarantee) UnmarshalText(b []byte) error {
	return enum.Parse("limiter.Guarantee", guaranteeNames, g, b)
}

// String gives the name.
func (o Outage) String() string { return enum.String("limiter.Outage", outageNames, o) }

// MarshalText writes the name.
func (o Outage) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads a name; anything else is an error that shows it.
func (o *Outage) UnmarshalText(b []byte) error {
	return enum.Parse("limiter.Outage", outageNames, o, b)
}

// Bounds of learned and default times.
const (
	lingerMin     = time.Second
	lingerDefault = 5 * time.Second
	lingerCap     = 30 * time.Second
)

// WithDefaults returns c with its zero fields filled in.
func (c Config) WithDefaults() Config {
	c.Burst = or(c.Burst, 5)
	c.MaxQueue = or(c.MaxQueue, 1000)
	c.MaxTenants = or(c.MaxTenants, 100_000)
	if c.Guarantee == Strict {
		c.Linger = or(c.Linger, lingerCap)
	}
	if c.RunOn == policy.ByProfile {
		c.RunOn = policy.On
	}
	c.ReadAhead = or(c.ReadAhead, 64<<10)
	c.Reserve = or(c.Reserve, 0.2)
	c.Retry.Max = or(c.Retry.Max, 3)
	c.Retry.Budget = or(c.Retry.Budget, 0.1)
	c.Retry.Cap = or(c.Retry.Cap, 30*time.Second)
	c.Retry.MaxBody = or(c.Retry.MaxBody, 1<<20)
	return c
}

func or[T comparable](v, byDefault T) T {
	var zero T
	if v == zero {
		return byDefault
	}
	return v
}

// Validate says what is wrong with c, naming the field and the value.
// NewTransport calls it.
func (c Config) Validate() error {
	bad := func(field string, value any, want string) error {
		return fmt.Errorf("limiter: Config.%s is %v, want %s", field, value, want)
	}
	switch {
	case !c.Mode.Valid():
		return bad("Mode", c.Mode, "policy.Enforce or policy.Observe")
	case c.Guarantee > Strict:
		return bad("Guarantee", c.Guarantee, "Balanced or Strict")
	case c.Outage > FailOpen:
		return bad("Outage", c.Outage, "FailClosed, LocalShare or FailOpen")
	case !c.RunOn.Valid():
		return bad("RunOn", c.RunOn, "policy.ByProfile, policy.On or policy.Off")
	case c.Floor < 0 && c.Floor != LearnFloor || c.Floor > time.Hour:
		return bad("Floor", c.Floor, "0, a time up to 1h, or LearnFloor")
	case c.Burst < 0 || c.Burst > maxCount:
		return bad("Burst", c.Burst, "0 (the default) or more")
	case c.MaxQueue < 0:
		return bad("MaxQueue", c.MaxQueue, "0 (the default) or more")
	case c.MaxWait < 0:
		return bad("MaxWait", c.MaxWait, "0 (no bound) or more")
	case c.MaxTenants < 0:
		return bad("MaxTenants", c.MaxTenants, "0 (the default) or more")
	case c.Linger < 0 || c.Linger > time.Hour:
		return bad("Linger", c.Linger, "0 (learned) to 1h")
	case c.ReleaseDelay < 0 || c.ReleaseDelay > time.Hour:
		return bad("ReleaseDelay", c.ReleaseDelay, "0 to 1h")
	case c.MaxHold < 0:
		return bad("MaxHold", c.MaxHold, "0 (never) or more")
	case math.IsNaN(c.Reserve) || c.Reserve > 1:
		return bad("Reserve", c.Reserve, "0 (the default) to 1, or negative for none")
	case c.Retry.Max < -1 || c.Retry.Max > 100:
		return bad("Retry.Max", c.Retry.Max, "-1 (none), 0 (the default) to 100")
	case math.IsNaN(c.Retry.Budget) || c.Retry.Budget > 1:
		return bad("Retry.Budget", c.Retry.Budget, "0 (the default) to 1, or negative for no bound")
	case c.Retry.Cap < 0 || c.Retry.Cap > 24*time.Hour:
		return bad("Retry.Cap", c.Retry.Cap, "0 (the default) to 24h")
	}
	return cmp.Or(c.Day.Validate(), c.Limits.Validate())
}
