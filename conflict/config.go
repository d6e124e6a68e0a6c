package conflict

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/goodtenant/goodtenant/internal/enum"
	"github.com/goodtenant/goodtenant/policy"
)

// Config says how a Transport minimises and replays writes. Its zero value is
// what most callers want; every field documents what its zero means.
type Config struct {
	// Mode: Enforce (zero) acts; Observe only counts what Enforce would do.
	Mode policy.Mode

	// AutoIfMatch names a version for a PATCH that names none: the newest that
	// this principal was given, or one fetched for it. A body that restates the
	// whole entity gets one only when exactly one version was handed out within
	// CacheTTL. The default is off; the Reapit profile turns it on, since that
	// platform refuses a PATCH without a version.
	AutoIfMatch policy.Switch
	// NoRequest answers a PATCH that restates the newest known version, changes
	// nothing and is at most FreshFor old, without a request. The default is on;
	// Off is for apps that send an unchanged entity to touch it.
	NoRequest policy.Switch
	// FreshFor bounds the age of the version NoRequest trusts. 0: 60 s.
	FreshFor time.Duration

	// OnOverlap says what happens when somebody else has meanwhile changed a
	// member that this request changes too. Zero: Replay.
	OnOverlap OnOverlap
	// Resolve, when set, decides overlaps in place of OnOverlap: it returns the
	// change set to send over the fresh version, or an error, which the caller
	// gets. An empty answer with a nil error means: fail with the *Error.
	Resolve func(context.Context, *Error) (json.RawMessage, error)
	// NeverReplay lists JSON pointers of members whose value depends on the
	// version it was computed from (counters, appended text). A conflict on a
	// request that changes one fails with an *Error. See [Update].
	NeverReplay []string
	// KeepEqual lists JSON pointers of members that are sent even when they
	// equal the base: an app that asserts a value.
	KeepEqual []string

	// Depth of minimisation. Zero: TopLevel.
	Depth Depth
	// ZeroForNull takes "", 0 and false in a body that restates the whole entity
	// for unchanged where the base has null: what a Go struct without pointers
	// makes of it. Off by default, since an app may mean the empty value.
	ZeroForNull bool
	// ExactTimes compares timestamps as strings. By default a body that restates
	// the whole entity may spell the same instant differently (RFC 3339).
	ExactTimes bool
	// ExactNumbers compares numbers only by value. By default a body that
	// restates the whole entity may hold the float64 nearest to the base's number.
	ExactNumbers bool

	// ReplayPUT replays a PUT three-way over the fresh version; it needs the base.
	ReplayPUT bool
	// ReplayDELETE sends a DELETE again with the fresh version.
	ReplayDELETE bool

	// MaxAttempts bounds the writes sent for one request. 0: 5.
	MaxAttempts int
	// FailContended returns an *Error when MaxAttempts are used up, in place of
	// the last conflict response.
	FailContended bool
	// Backoff is the first back-off of a repeated conflict; it doubles up to
	// MaxBackoff, with full jitter, and is never below the last round trip.
	// 0: 50 ms and 2 s.
	Backoff, MaxBackoff time.Duration
	// MaxQueueWait bounds how long a write waits for the writes of this process
	// to the same entity. 0: 30 s; negative: no queue.
	MaxQueueWait time.Duration

	// MaxBody bounds, in bytes, what is read of a request or entity; larger ones
	// pass untouched. 0: 1 MiB.
	MaxBody int
	// CacheBytes bounds the remembered versions. 0: 16 MiB; negative: none.
	CacheBytes int
	// CacheTTL is how long a version is remembered. 0: 5 min.
	CacheTTL time.Duration
	// ListRows remembers the rows of list answers as versions. The default is on.
	ListRows policy.Switch

	// Dialect is how the platform speaks about versions. Zero: ETag, If-Match, 412.
	Dialect Dialect

	// Tenant tells which tenant a request is for; nil: all are one.
	Tenant func(*http.Request) string
	// Principal tells who calls; nil: the Credentials headers.
	Principal func(*http.Request) string
	// Credentials are the header names that make up the principal; none:
	// Authorization and Cookie.
	Credentials []string

	Hooks Hooks
	// Logger is told once of what an operator can mend; nil: silent.
	Logger *slog.Logger
}

// OnOverlap is what to do about members changed on both sides.
type OnOverlap uint8

const (
	// Replay sends this request's change set over the fresh version, as the
	// guideline asks. The overlap is reported by Details and the hooks.
	Replay OnOverlap = iota
	// FailOnOverlap returns an *Error that holds the three documents.
	FailOnOverlap
)

var overlaps = [...]string{"replay", "fail-on-overlap"}

// String gives the name.
func (o OnOverlap) String() string { return enum.String("conflict.OnOverlap", overlaps[:], o) }

// MarshalText writes the name.
func (o OnOverlap) MarshalText() ([]byte, error) {
	return enum.Marshal("conflict.OnOverlap", overlaps[:], o)
}

// UnmarshalText reads a name; anything else is an error that shows it.
func (o *OnOverlap) UnmarshalText(b []byte) error {
	return enum.Parse("conflict.OnOverlap", overlaps[:], o, b)
}

// Depth is how deep a body is minimised.
type Depth uint8

const (
	// TopLevel drops whole members of the body's object that equal the base. It
	// is right on servers that merge nested objects and on servers that replace
	// them. A body of type application/merge-patch+json is minimised deeply.
	TopLevel Depth = iota
	// Deep also drops unchanged members of nested objects. Only for servers that
	// merge nested objects as RFC 7396 says.
	Deep
	// Off minimises nothing.
	Off
)

var depths = [...]string{"top-level", "deep", "off"}

// String gives the name.
func (d Depth) String() string { return enum.String("conflict.Depth", depths[:], d) }

// MarshalText writes the name.
func (d Depth) MarshalText() ([]byte, error) { return enum.Marshal("conflict.Depth", depths[:], d) }

// UnmarshalText reads a name; anything else is an error that shows it.
func (d *Depth) UnmarshalText(b []byte) error {
	return enum.Parse("conflict.Depth", depths[:], d, b)
}

// WithDefaults fills zero fields with the documented defaults.
func (c Config) WithDefaults() Config {
	fill(&c.FreshFor, 60*time.Second)
	fill(&c.MaxAttempts, 5)
	fill(&c.Backoff, 50*time.Millisecond)
	fill(&c.MaxBackoff, max(2*time.Second, c.Backoff))
	fill(&c.MaxQueueWait, 30*time.Second)
	fill(&c.MaxBody, 1<<20)
	fill(&c.CacheBytes, 16<<20)
	fill(&c.CacheTTL, 5*time.Minute)
	c.Dialect = c.Dialect.withDefaults()
	return c
}

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// validate judges a Config with its defaults filled in.
func (c Config) validate() error {
	bad := func(field string, value any, want string) error {
		return fmt.Errorf("conflict: Config.%s is %v, want %s", field, value, want)
	}
	switch {
	case !c.Mode.Valid():
		return bad("Mode", c.Mode, "enforce or observe")
	case !c.AutoIfMatch.Valid():
		return bad("AutoIfMatch", c.AutoIfMatch, "by-profile, on or off")
	case !c.NoRequest.Valid():
		return bad("NoRequest", c.NoRequest, "by-profile, on or off")
	case !c.ListRows.Valid():
		return bad("ListRows", c.ListRows, "by-profile, on or off")
	case int(c.OnOverlap) >= len(overlaps):
		return bad("OnOverlap", c.OnOverlap, "replay or fail-on-overlap")
	case int(c.Depth) >= len(depths):
		return bad("Depth", c.Depth, "top-level, deep or off")
	case c.FreshFor < 0:
		return bad("FreshFor", c.FreshFor, "a positive time")
	case c.MaxAttempts < 0:
		return bad("MaxAttempts", c.MaxAttempts, "at least 1 (0: 5)")
	case c.Backoff < 0:
		return bad("Backoff", c.Backoff, "a positive time (0: 50ms)")
	case c.MaxBackoff < c.Backoff:
		return bad("MaxBackoff", c.MaxBackoff, "at least Backoff")
	case c.MaxBody < 0 || c.MaxBody > 1<<30:
		return bad("MaxBody", c.MaxBody, "1 to 1 GiB (0: 1 MiB)")
	case c.CacheTTL < 0:
		return bad("CacheTTL", c.CacheTTL, "a positive time (0: 5m)")
	}
	for field, list := range map[string][]string{"NeverReplay": c.NeverReplay, "KeepEqual": c.KeepEqual} {
		for _, p := range list {
			if !validPointer(p) || p == "" {
				return bad(field, fmt.Sprintf("%q", p), `JSON pointers such as "/notes"`)
			}
		}
	}
	return c.Dialect.validate()
}

// validPointer tells whether p is a JSON pointer (RFC 6901 section 3).
func validPointer(p string) bool {
	if p != "" && p[0] != '/' {
		return false
	}
	for i := 0; i < len(p); i++ {
		if p[i] == '~' && (i+1 == len(p) || !strings.ContainsRune("01", rune(p[i+1]))) {
			return false
		}
	}
	return true
}
