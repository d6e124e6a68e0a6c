package compliance

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/goodtenant/goodtenant/internal/enum"
	"github.com/goodtenant/goodtenant/policy"
)

// Config of a Checker. The zero value watches with the documented defaults and
// refuses nothing.
type Config struct {
	// Mode Observe switches the gate off; nothing else differs, since the checker
	// never alters a call.
	Mode policy.Mode
	// Platform is what the rules must know of the platform. A zero field takes
	// its default.
	Platform Platform
	// Purposes are the declared reasons for traffic that would otherwise be a
	// finding; calls name one with [WithPurpose].
	Purposes []Purpose
	// Thresholds of the rules. A zero field takes its default.
	Thresholds Thresholds
	// Off names rules that are not judged.
	Off []string
	// Gate names rules, such as "GT101": with an open error finding of one of
	// them, further calls of that tenant, stream and collection are refused with a
	// *GateError. For tests, CI and the brave. Empty: nothing is ever refused.
	Gate []string

	// Tenant tells whose data a call touches; nil: Platform.TenantHeader.
	Tenant func(*http.Request) string
	// Stream names the work that a call belongs to, where neither WithInitiator's
	// label nor Inbound did, for example a root span's name; nil or "": the call
	// site.
	Stream func(context.Context) string

	// Scan says how far answers are looked into.
	Scan Scan
	// MaxScan is how many bytes of an answer are looked at; 0: 1 MiB.
	MaxScan int64
	// MaxBytes bounds the memory of all state; 0: 32 MiB. What was used longest ago
	// is forgotten first, and the report says so.
	MaxBytes int
	// CallSites looks for the app's own file:line: the first 16 calls of a route
	// and tenant, then 1 in 64. On by default.
	CallSites policy.Switch

	// Snapshots keeps state over restarts and shares it among replicas; nil: none.
	Snapshots Snapshots
	// SnapshotEvery is how often; 0: one minute, at least one second.
	SnapshotEvery time.Duration
	// Replica names this process among those that share Snapshots; empty: the
	// Snapshots' own name for it, else a random one.
	Replica string
	// Key hashes ids, names and values; replicas that share Snapshots need the same.
	// At least 16 bytes. Empty: a random key is made. With Snapshots it is written
	// into every snapshot, so that replicas and later processes agree; then whoever
	// can read a snapshot has the key too, and can test by trial whether an id, an
	// address or a number is in it. Set Key, and keep it elsewhere, where that
	// matters.
	Key []byte

	Hooks Hooks
	// OnFinding is Hooks.Finding without a context, for a callback in one line.
	OnFinding func(Finding)
	Logger    *slog.Logger // nil: silent
}

// Scan is how far answers are looked into.
type Scan uint8

const (
	ScanIDs    Scan = iota // totals and the ids of rows
	ScanTotals             // totals and the number of rows
	ScanOff                // status and headers only
)

var scans = [...]string{"ids", "totals", "off"}

// String gives the name in lower case.
func (s Scan) String() string { return enum.String("compliance.Scan", scans[:], s) }

// MarshalText writes the name; an unknown value is an error.
func (s Scan) MarshalText() ([]byte, error) { return enum.Marshal("compliance.Scan", scans[:], s) }

// UnmarshalText reads a name; anything else is an error that shows it.
func (s *Scan) UnmarshalText(b []byte) error {
	return enum.Parse("compliance.Scan", scans[:], s, b)
}

// Purpose is a declared, bounded reason for traffic: inside its bounds schedule
// and bulk findings are notes; outside they are what they are. It must be
// reviewed: it says who owns it.
type Purpose struct {
	Name   string   `json:"name"`
	Routes []string `json:"routes"`          // templates or collections; required
	Query  []string `json:"query,omitempty"` // parameters that each list must carry
	// Every is the shortest period it needs; more often is outside its bounds.
	Every time.Duration `json:"every,omitempty"`
	// MaxShare of a collection's rows in 24 h, 0..1; 0: no bound.
	MaxShare float64 `json:"max_share,omitempty"`
	// From and To are the hours of the day (UTC) in which it may run; both 0: all.
	From int `json:"from,omitempty"`
	To   int `json:"to,omitempty"`
	// Approved is the platform's written reference. Without it a purpose can not
	// cover a collection of contacts.
	Approved string    `json:"approved,omitempty"`
	Owner    string    `json:"owner,omitempty"`
	Review   time.Time `json:"review,omitzero"` // after this day it is no longer valid; zero: always
}

// WithDefaults returns c with every zero field at its documented default.
func (c Config) WithDefaults() Config {
	c.Platform = c.Platform.WithDefaults()
	c.Thresholds = c.Thresholds.WithDefaults()
	setDefault(&c.MaxScan, 1<<20)
	setDefault(&c.MaxBytes, 32<<20)
	setDefault(&c.SnapshotEvery, time.Minute)
	return c
}

func setDefault[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}

// validate reports the first bad value of a Config with its defaults filled in.
func (c *Config) validate() error {
	switch {
	case !c.Mode.Valid():
		return fmt.Errorf("compliance: Config.Mode is %v, want enforce or observe", c.Mode)
	case int(c.Scan) >= len(scans):
		return fmt.Errorf("compliance: Config.Scan is %v, want one of %q", c.Scan, scans)
	case !c.CallSites.Valid():
		return fmt.Errorf("compliance: Config.CallSites is %v, want by-profile, on or off", c.CallSites)
	case c.MaxScan < 0:
		return fmt.Errorf("compliance: Config.MaxScan is %d, want at least 0", c.MaxScan)
	case c.MaxBytes < 1<<16:
		return fmt.Errorf("compliance: Config.MaxBytes is %d, want at least %d", c.MaxBytes, 1<<16)
	case c.SnapshotEvery < time.Second:
		return fmt.Errorf("compliance: Config.SnapshotEvery is %v, want at least 1s", c.SnapshotEvery)
	case len(c.Key) > 0 && len(c.Key) < 16:
		return fmt.Errorf("compliance: Config.Key has %d bytes, want at least 16", len(c.Key))
	}
	for _, list := range []struct {
		name string
		ids  []string
	}{{"Gate", c.Gate}, {"Off", c.Off}} {
		for _, id := range list.ids {
			if ruleOf(id) == nil {
				return fmt.Errorf("compliance: Config.%s holds %q, want a rule such as %q", list.name, id, rules[0].ID)
			}
		}
	}
	if err := c.Thresholds.validate(); err != nil {
		return err
	}
	return c.validatePurposes()
}

func (c *Config) validatePurposes() error {
	for i, p := range c.Purposes {
		bad := func(field string, value any, want string) error {
			return fmt.Errorf("compliance: Config.Purposes[%d].%s is %#v, want %s", i, field, value, want)
		}
		switch {
		case p.Name == "":
			return bad("Name", p.Name, "a name")
		case slices.ContainsFunc(c.Purposes[:i], func(q Purpose) bool { return q.Name == p.Name }):
			return bad("Name", p.Name, "a name of its own")
		case len(p.Routes) == 0:
			return bad("Routes", p.Routes, "at least one route")
		case p.Every < 0:
			return bad("Every", p.Every, "at least 0")
		case p.MaxShare < 0 || p.MaxShare > 1:
			return bad("MaxShare", p.MaxShare, "0 to 1")
		case p.From < 0 || p.From > 24:
			return bad("From", p.From, "an hour from 0 to 24")
		case p.To < 0 || p.To > 24:
			return bad("To", p.To, "an hour from 0 to 24")
		}
		for _, r := range p.Routes {
			if p.Approved == "" && c.Platform.contactCentric(collectionOf(r)) {
				return bad("Approved", p.Approved, fmt.Sprintf("the platform's reference, since %q holds contacts", r))
			}
		}
	}
	return nil
}
