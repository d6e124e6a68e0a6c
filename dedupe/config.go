package dedupe

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/goodtenant/goodtenant/policy"
)

// Config says what a Transport shares and what it checks. The zero value shares
// identical reads and checks nothing, for want of a Rule.
type Config struct {
	// Mode: policy.Enforce (default) acts; policy.Observe only counts what
	// Enforce would have done, in Stats.Would and in the hooks.
	Mode policy.Mode
	// Coalesce rules the sharing of identical reads in flight.
	Coalesce Coalesce
	// Unique is what is checked before it is created; none: nothing.
	Unique []Rule
	// OnDuplicate is done with a create whose entity exists already, where the
	// rule does not say otherwise. Default: Refuse.
	OnDuplicate Policy
	// OnLookupDenied is done when the platform answers a lookup 401 or 403:
	// Refuse (default), or Report, which sends the create unchecked.
	OnLookupDenied Policy
	// LookupFailed says whether a create goes out whose lookup failed in another
	// way, and whether, with Locks down, each replica goes on checking for itself.
	// Default: FailClosed. A create in doubt never goes out by it.
	LookupFailed Failure
	// Locks makes a key's creates one at a time over several replicas, and
	// shares what they remember. nil: within this process.
	Locks Locks
	// HashKey is the secret of the keyed hashes and of the sealed notes that go
	// to Locks: 16 bytes or more, the same in each replica. Needed with Locks;
	// without, a random one is made.
	HashKey []byte
	// Remember is how long a create of our own is believed over a search that
	// does not show it yet. It is also how long a create whose answer was lost
	// stays in doubt. Default: 10 min.
	Remember time.Duration
	// Hold is how long a key in Locks outlives a replica that died with it. A
	// create still under way after that is in doubt to the others, never free.
	// Default: 1 min.
	Hold time.Duration
	// Paging is how the platform's searches are paged.
	Paging Paging
	// Email says what is equal in e-mail addresses beyond the rules of mail.
	Email Email
	// Country, an ISO 3166 code such as "GB", is where a phone number without
	// an international prefix belongs. "": such a number equals only others
	// written without one.
	Country string
	// Normalize is asked before the built-in normalisation of a value, for
	// example to judge phone numbers by the full numbering plans; where it
	// answers false, the built-in is used. It may be called concurrently.
	Normalize func(kind Kind, value string) (canonical string, ok bool)

	// Tenant tells which customer of the platform a call is for. nil: one.
	Tenant func(*http.Request) string
	// Principal tells who calls; "" means unknown, and then nothing is shared.
	// nil: the headers in Credentials.
	Principal func(*http.Request) string
	// Credentials names the headers that carry credentials. Default:
	// Authorization and Cookie.
	Credentials []string
	// Priority ranks a call; greater is more urgent. A caller joins only a
	// flight of its own or a higher rank. nil: all are equal.
	Priority func(context.Context) int

	Hooks Hooks
	// Logger gets each warning once, with its remedy. nil: silent.
	Logger *slog.Logger
}

// Coalesce rules the sharing of identical reads in flight.
type Coalesce struct {
	// Enabled is on by default.
	Enabled policy.Switch
	// MaxBody is the largest body, in bytes, that is kept to be shared; above it
	// each caller fetches for itself. Default: 1 MiB.
	MaxBody int64
	// Reuse is how long an answer serves further identical reads after it came.
	// Default: 0, only reads in flight are shared.
	Reuse time.Duration
	// Ignore names the request headers in which two reads may differ and still
	// share. It replaces the default list: those of tracing, User-Agent, Date
	// and X-Request-Id.
	Ignore []string
}

// Rule says what makes one kind of entity unique. It is data; a profile brings
// those of its platform. In pointers (RFC 6901), a segment "*" stands for each
// element of an array.
type Rule struct {
	// Name is shown to people, in errors and telemetry.
	Name string `json:"name"`
	// Method of the create. Default: POST.
	Method string `json:"method,omitempty"`
	// Path of the create, such as "/contacts"; a segment in braces stands for
	// any one segment.
	Path string `json:"path"`
	// Collection is where entities live: one has the URL Collection/id.
	// Default: Path.
	Collection string `json:"collection,omitempty"`
	// Keys in order: the first that the body has a usable value for decides.
	Keys []Key `json:"keys"`
	// EveryKey has all usable keys checked, not only the first.
	EveryKey bool `json:"every_key,omitempty"`
	// Related is set for an entity that is known by the contacts it points at:
	// the keys are then read from those.
	Related *Related `json:"related,omitempty"`
	// Identify points at the members by which people tell two entities apart,
	// such as "/forename"; those that differ are named in Entity.Differs.
	Identify []string `json:"identify,omitempty"`
	// Unless points at members: where one of them differs from that of the
	// entity found, the create is sent and only reported, since couples and
	// offices share a mailbox. Default: none.
	Unless []string `json:"unless,omitempty"`
	// OnDuplicate is done when the entity exists. Default: Config.OnDuplicate.
	OnDuplicate Policy `json:"on_duplicate,omitempty"`
	// OnNoKey is done with a body without a usable key: Refuse (default), or
	// Report, which sends it unchecked.
	OnNoKey Policy `json:"on_no_key,omitempty"`
	// ReadScope is the permission that lookups need; the error for a lookup
	// that was denied names it.
	ReadScope string `json:"read_scope,omitempty"`
}

// Key is one way to find an existing entity.
type Key struct {
	// Name is shown to people, such as "email".
	Name string `json:"name"`
	// Kind says how values are normalised before they are compared.
	Kind Kind `json:"kind"`
	// From points into the body of the create. Each e-mail address and phone
	// number found is a key of its own; the parts of a name are joined.
	From []string `json:"from"`
	// Also points at members that must be equal too, such as a postcode.
	Also []string `json:"also,omitempty"`
	// Lookup is the path of the search. Default: the rule's Collection.
	Lookup string `json:"lookup,omitempty"`
	// Param is the search's query parameter for the value.
	Param string `json:"param"`
	// Match points into a row found; one equal value is a match, a looser
	// find is none. Default: From.
	Match []string `json:"match,omitempty"`
}

// Related is how an entity points at those it is made of.
type Related struct {
	// Array points at the list, such as "/related".
	Array string `json:"array"`
	// ID and Type are member names in its elements, such as "associatedId" and
	// "associatedType".
	ID   string `json:"id"`
	Type string `json:"type,omitempty"`
	// Collections gives the path of each type; "" is for elements without one.
	Collections map[string]string `json:"collections"`
	// Match points into a row found at the ids it is made of. Default: Array's
	// elements, their ID or "id".
	Match []string `json:"match,omitempty"`
}

// Paging is how a platform's searches are paged. The zero value is pageSize and
// pageNumber, from 1, with the rows in _embedded and totals beside them.
type Paging struct {
	SizeParam   string `json:"size_param,omitempty"`   // default "pageSize"
	Size        int    `json:"size,omitempty"`         // rows asked for; default 100
	NumberParam string `json:"number_param,omitempty"` // default "pageNumber"
	Rows        string `json:"rows,omitempty"`         // pointer to the rows; default "/_embedded"; a body that is an array is rows itself
	Pages       string `json:"pages,omitempty"`        // pointer to the number of pages; default "/totalPageCount"
	Total       string `json:"total,omitempty"`        // pointer to the number of rows; default "/totalCount"
	MaxPages    int    `json:"max_pages,omitempty"`    // pages read before the check gives up; default 5
}

// Email says what is equal in addresses. Domains always compare without case and
// in one IDNA form. Only the receiving host may interpret the part before the @
// (RFC 5321, 2.3.11): folding its case is customary, the rest is opt-in.
type Email struct {
	KeepCase bool     `json:"keep_case,omitempty"` // the part before the @ compares with its case
	PlusTags []string `json:"plus_tags,omitempty"` // domains that ignore "+tag"
	Dots     []string `json:"dots,omitempty"`      // domains that ignore dots before the @
}

// Defaults for zero fields of Config.
const (
	DefaultMaxBody  = 1 << 20
	DefaultRemember = 10 * time.Minute
	DefaultHold     = time.Minute
)

// WithDefaults returns c with its zero fields filled with the documented
// defaults. Rules are copied, not changed.
func (c Config) WithDefaults() Config {
	if c.Coalesce.Enabled == policy.ByProfile {
		c.Coalesce.Enabled = policy.On
	}
	def(&c.Coalesce.MaxBody, DefaultMaxBody)
	if c.Coalesce.Ignore == nil {
		c.Coalesce.Ignore = ignoredHeaders()
	}
	def(&c.OnDuplicate, Refuse)
	def(&c.OnLookupDenied, Refuse)
	def(&c.Remember, DefaultRemember)
	def(&c.Hold, DefaultHold)
	if c.Credentials == nil {
		c.Credentials = []string{"Authorization", "Cookie"}
	}
	def(&c.Paging.SizeParam, "pageSize")
	def(&c.Paging.Size, 100)
	def(&c.Paging.NumberParam, "pageNumber")
	def(&c.Paging.Rows, "/_embedded")
	def(&c.Paging.Pages, "/totalPageCount")
	def(&c.Paging.Total, "/totalCount")
	def(&c.Paging.MaxPages, 5)
	rules := make([]Rule, len(c.Unique))
	for i, r := range c.Unique {
		rules[i] = r.withDefaults(c.OnDuplicate)
	}
	if c.Unique != nil {
		c.Unique = rules
	}
	return c
}

func (r Rule) withDefaults(onDuplicate Policy) Rule {
	def(&r.Method, http.MethodPost)
	def(&r.Collection, r.Path)
	def(&r.OnDuplicate, onDuplicate)
	def(&r.OnNoKey, Refuse)
	keys := make([]Key, len(r.Keys))
	for i, k := range r.Keys {
		def(&k.Lookup, r.Collection)
		if k.Match == nil {
			k.Match = k.From
		}
		keys[i] = k
	}
	r.Keys = keys
	if r.Related != nil && r.Related.Match == nil {
		rel := *r.Related
		rel.Match = []string{rel.Array + "/*/" + rel.ID, rel.Array + "/*/id"}
		r.Related = &rel
	}
	return r
}

func def[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// ignoredHeaders are those in which two reads for the same answer differ.
func ignoredHeaders() []string {
	return []string{
		"Traceparent", "Tracestate", "Baggage", "B3", "X-B3-Traceid", "X-B3-Spanid",
		"X-B3-Parentspanid", "X-B3-Sampled", "X-B3-Flags", "Uber-Trace-Id",
		"X-Amzn-Trace-Id", "X-Cloud-Trace-Context", "X-Request-Id", "Request-Id",
		"X-Correlation-Id", "User-Agent", "Date",
	}
}
