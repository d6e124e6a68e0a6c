package limiter

import (
	"time"

	"github.com/goodtenant/goodtenant/policy"
)

// Snapshot is the limiter's state at one instant, consistent in itself: used +
// free = limit in every row. It marshals to JSON with these stable names.
type Snapshot struct {
	Mode      policy.Mode `json:"mode"`
	Guarantee Guarantee   `json:"guarantee"`
	At        time.Time   `json:"at"`
	Closed    bool        `json:"closed,omitempty"` // closed or draining

	App         ScopeState   `json:"app"`
	Tenants     []ScopeState `json:"tenants"` // the busiest first, at most SnapshotTenants
	TenantCount int          `json:"tenant_count"`

	Queued int           `json:"queued_now"` // calls that wait, all tenants
	Totals Totals        `json:"totals"`
	Would  *Would        `json:"would,omitempty"` // what Enforce would have done; only after Observe
	Recent []Throttle429 `json:"recent_429"`      // the last throttled answers, oldest first
	Store  *StoreState   `json:"store,omitempty"`
}

// SnapshotTenants bounds Snapshot.Tenants.
const SnapshotTenants = 50

// ScopeState is the state of the app's limits or of one tenant's.
type ScopeState struct {
	Tenant   string       `json:"tenant"` // "" for the app
	Limits   []LimitState `json:"limits"`
	InFlight int          `json:"in_flight"`
	Holders  []Holder     `json:"holders,omitempty"` // who holds slots, the oldest first, at most 16

	Queued     Lanes         `json:"queued"`
	OldestWait time.Duration `json:"oldest_wait_ns"`

	PausedFor time.Duration `json:"paused_for_ns"`   // 0: open
	Pause     string        `json:"pause,omitempty"` // why, in words
	Note      string        `json:"note,omitempty"`  // "another client shares this budget?"
}

// LimitState is one limit as it stands. Used + Free = Max.
type LimitState struct {
	Name string        `json:"name"`
	Kind Kind          `json:"kind"`
	Per  time.Duration `json:"per_ns,omitempty"`
	Max  int           `json:"limit"` // in force: what was configured, unless the ladder or a header lowered it
	Used int           `json:"used"`
	Free int           `json:"free"`
	Over int           `json:"over,omitempty"` // held above the limit: after it was lowered, or under Observe

	Guard time.Duration `json:"guard_ns,omitempty"` // rates
	Burst int           `json:"burst,omitempty"`    // rates: calls that may go unspaced now at most
	Rate  float64       `json:"rate,omitempty"`     // rates: the part of the limit in use, 1 unless the ladder lowered it
	Level int           `json:"level,omitempty"`    // rates: the ladder's rung

	Resets  *time.Time `json:"resets,omitempty"`   // days: when the first unit comes back
	RunsOut *time.Time `json:"runs_out,omitempty"` // days: forecast at the pace of the last hour
}

// Holder is one exchange that holds a slot.
type Holder struct {
	Method string        `json:"method"`
	State  string        `json:"state"` // sending, waiting, body, left, cut
	Age    time.Duration `json:"age_ns"`
}

// Lanes counts calls by priority.
type Lanes struct {
	Interactive int `json:"interactive"`
	Normal      int `json:"normal"`
	Background  int `json:"background"`
}

// Totals count from the start.
type Totals struct {
	Calls     uint64            `json:"calls"`    // RoundTrips asked for
	Admitted  uint64            `json:"admitted"` // attempts that went, re-sends included
	Delayed   uint64            `json:"was_delayed"`
	WaitTime  time.Duration     `json:"wait_ns"` // the sum of their waits
	Refused   uint64            `json:"refused"`
	ByReason  map[string]uint64 `json:"refused_by_reason,omitempty"`
	Cancelled uint64            `json:"cancelled"` // left while they waited
	Throttled uint64            `json:"throttled"` // 429s and throttling 503s seen
	Resent    uint64            `json:"resent"`
	Hidden    uint64            `json:"resent_by_net_http"`
	Cut       uint64            `json:"cut"`
	RunOn     uint64            `json:"seen_to_the_end"` // exchanges that the app left and that ran on
	Dropped   uint64            `json:"bodies_dropped"`
}

// Would is what Enforce would have done with the calls made under Observe.
type Would struct {
	Calls   uint64        `json:"calls"`
	Delayed uint64        `json:"delayed"`
	Time    time.Duration `json:"delay_sum_ns"`
	Longest time.Duration `json:"longest_ns"`
	Refused uint64        `json:"refused"`
	Resent  uint64        `json:"resent"`

	ByReason map[string]uint64 `json:"refused_by_reason,omitempty"`
}

// Throttle429 is one throttled answer.
type Throttle429 struct {
	At     time.Time     `json:"at"`
	Status int           `json:"status"`
	Kind   Kind          `json:"kind"`
	Scope  Scope         `json:"scope"`
	Wait   time.Duration `json:"wait_ns"`
	Inside bool          `json:"inside_limits"` // another client shares this budget?
}

// StoreState is how the shared store is.
type StoreState struct {
	Up      bool   `json:"up"`
	Steps   uint64 `json:"steps"`
	Errors  uint64 `json:"errors"`
	LastErr string `json:"last_error,omitempty"`
}
