package limiter

import (
	"fmt"
	"math"
	"time"

	"github.com/goodtenant/goodtenant/internal/enum"
)

// Kind is what a Limit counts.
type Kind uint8

const (
	// Rate: calls that reach the platform in any sliding window.
	Rate Kind = iota + 1
	// Concurrency: calls in flight at once.
	Concurrency
	// Day: units (usually calls) a day; Config.Day says when one begins.
	Day
)

var kindNames = [...]string{"none", "rate", "concurrency", "day"}

// String gives the kind's name.
func (k Kind) String() string {
	return enum.String("limiter.Kind", kindNames[:], k)
}

// Kinds is a set of Kind.
type Kinds uint8

// KindsOf builds a set.
func KindsOf(kinds ...Kind) (s Kinds) {
	for _, k := range kinds {
		s |= 1 << k
	}
	return s
}

// Has reports whether k is in the set.
func (s Kinds) Has(k Kind) bool { return s&(1<<k) != 0 }

// Scope is whose calls a Limit adds up.
type Scope uint8

const (
	// App: all calls of the app. The zero value, and the stricter one.
	App Scope = iota
	// Tenant: the calls for one tenant (one customer of the platform).
	Tenant
)

var scopeNames = [...]string{"app", "tenant"}

// String gives the scope's name.
func (s Scope) String() string {
	return enum.String("limiter.Scope", scopeNames[:], s)
}

// Limit is one rule of a platform: at most Max of a Kind in Per for a Scope.
// Limits are values: compare them with ==. Build one with PerSecond, PerMinute,
// PerWindow, Concurrent or PerDay.
type Limit struct {
	Name  string        // shown to people and in RefusedError; "" is made from the rest
	Kind  Kind          // what is counted
	Max   int           // at most this many; 1 or more
	Per   time.Duration // the window of a Rate; 0 for other kinds
	Scope Scope         // zero: the whole app
}

// Limits is a set of rules that hold at once; their order does not matter. At
// most one Concurrency and one Day limit a scope, and any number of rates.
type Limits []Limit

// PerSecond allows n calls in any second.
func PerSecond(n int) Limit { return PerWindow(n, time.Second) }

// PerMinute allows n calls in any minute.
func PerMinute(n int) Limit { return PerWindow(n, time.Minute) }

// PerWindow allows n calls in any window of length per, wherever it begins.
func PerWindow(n int, per time.Duration) Limit { return Limit{Kind: Rate, Max: n, Per: per} }

// Concurrent allows n calls in flight at once.
func Concurrent(n int) Limit { return Limit{Kind: Concurrency, Max: n} }

// PerDay allows n units a day.
func PerDay(n int) Limit { return Limit{Kind: Day, Max: n} }

// EachTenant makes the limit hold for every tenant by itself.
func (l Limit) EachTenant() Limit {
	l.Scope = Tenant
	return l
}

// String says the rule in words, such as "20 in 1s" or "5 at once for each tenant".
func (l Limit) String() string {
	var s string
	switch l.Kind {
	case Rate:
		s = fmt.Sprintf("%d in %v", l.Max, l.Per)
	case Concurrency:
		s = fmt.Sprintf("%d at once", l.Max)
	case Day:
		s = fmt.Sprintf("%d a day", l.Max)
	default:
		s = fmt.Sprintf("%d of %v", l.Max, l.Kind)
	}
	if l.Scope == Tenant {
		s += " for each tenant"
	}
	if l.Name != "" {
		s = l.Name + " (" + s + ")"
	}
	return s
}

// Windows outside these bounds are mistakes: time.Duration(20) is 20 ns.
const (
	minWindow = time.Millisecond
	maxWindow = 31 * 24 * time.Hour
	maxCount  = math.MaxInt32
)

// Validate says what is wrong with the set, naming the limit and the value.
func (ls Limits) Validate() error {
	seen := map[Limit]bool{}
	for i, l := range ls {
		bad := func(format string, a ...any) error {
			return fmt.Errorf("limiter: Limits[%d] (%v): "+format, append([]any{i, l}, a...)...)
		}
		switch {
		case l.Kind < Rate || l.Kind > Day:
			return bad("unknown Kind %d", uint8(l.Kind))
		case l.Scope > Tenant:
			return bad("unknown Scope %d", uint8(l.Scope))
		case l.Max < 1 || l.Max > maxCount:
			return bad("Max is %d, want 1 to %d", l.Max, maxCount)
		case l.Kind == Rate && (l.Per < minWindow || l.Per > maxWindow):
			return bad("Per is %v, want %v to %v", l.Per, minWindow, maxWindow)
		case l.Kind != Rate && l.Per != 0:
			return bad("Per is %v, and only a rate has a window", l.Per)
		}
		id := Limit{Kind: l.Kind, Per: l.Per, Scope: l.Scope}
		if seen[id] {
			return bad("a second limit of this kind, window and scope")
		}
		seen[id] = true
	}
	return nil
}
