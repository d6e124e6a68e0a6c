// Package profile describes a platform as data: its hosts, limits, header names
// and conventions. A profile has no functions and makes the round trip through
// JSON, so that an app can keep its own beside [Reapit]; each layer's
// configuration is made from it.
package profile

import (
	"slices"

	"github.com/goodtenant/goodtenant/compliance"
	"github.com/goodtenant/goodtenant/conflict"
	"github.com/goodtenant/goodtenant/dedupe"
	"github.com/goodtenant/goodtenant/limiter"
)

// Profile is what is known of one platform. The zero value knows nothing: no
// limit, every host. A Profile is plain data; copy and change it freely before
// it is given to a Transport.
type Profile struct {
	// Name is shown to people.
	Name string `json:"name"`
	// Source is where the facts were read, and Checked the day (2006-01-02).
	Source  string `json:"source,omitempty"`
	Checked string `json:"checked,omitempty"`

	// Hosts are under the policy: a host, or host:port; without a port, any
	// port. Empty: every host.
	Hosts []string `json:"hosts,omitempty"`
	// TokenPaths are the ends of paths that hand out tokens, on any host.
	TokenPaths []string `json:"token_paths,omitempty"`
	// TenantHeader names the customer; empty: the app has one tenant.
	TenantHeader string `json:"tenant_header,omitempty"`
	// Sandbox tenants hold no customer's data.
	Sandbox []string `json:"sandbox,omitempty"`
	// CredentialHeaders carry who calls. Empty: Authorization and Cookie.
	CredentialHeaders []string `json:"credential_headers,omitempty"`
	// RequiredHeader must be on every call; empty: none.
	RequiredHeader string `json:"required_header,omitempty"`

	// Limits are the platform's rules, and Day when its day begins; the zero Day
	// is unknown, and then any 24 hours are kept to the limit.
	Limits limiter.Limits   `json:"limits,omitempty"`
	Day    limiter.Boundary `json:"day,omitzero"`
	// RecommendedThreads of the whole app, beside Limits; 0: none.
	RecommendedThreads int `json:"recommended_threads,omitempty"`
	// Throttles recognise answers that say no, beside 429 and 503 with Retry-After.
	Throttles []Throttle `json:"throttles,omitempty"`
	// Streams are answers that never end by themselves.
	Streams limiter.Streams `json:"streams,omitzero"`
	// Embeds says what is billed beyond the call itself.
	Embeds Embeds `json:"embeds,omitzero"`

	// Versions is how the platform speaks about versions of an entity.
	Versions conflict.Dialect `json:"versions,omitzero"`
	// VersionRequired: a PATCH that names no version is refused.
	VersionRequired bool `json:"version_required,omitempty"`

	// Lists is how lists are asked for and answered.
	Lists Lists `json:"lists,omitzero"`
	// Routes are path templates such as "/contacts/{id}".
	Routes []string `json:"routes,omitempty"`
	// Collections are those of which something is known beforehand.
	Collections []Collection `json:"collections,omitempty"`
	// Country, an ISO 3166 code, is where phone numbers without an international
	// prefix belong; "" compares them with each other only.
	Country string `json:"country,omitempty"`
	// WebhookVersion: notifications carry the entity and its version.
	WebhookVersion bool `json:"webhook_version,omitempty"`
	// Thresholds tell from where on the platform's guidelines count as broken; a
	// zero field keeps the default of [compliance.Thresholds].
	Thresholds compliance.Thresholds `json:"thresholds,omitzero"`
}

// Throttle recognises one kind of answer that says no. Of several that fit, the
// first counts.
type Throttle struct {
	Status   int           `json:"status"`             // 400 to 599
	Header   string        `json:"header,omitempty"`   // a header that must be there; empty: none
	Contains string        `json:"contains,omitempty"` // a text in its value, without regard to case
	Kind     limiter.Kind  `json:"kind"`               // the limit that was hit
	Scope    limiter.Scope `json:"scope"`              // whose
}

// Embeds says how related rows that are asked for with a list are billed: as calls
// of their own. Rows tells how many rows one entity brings; one where it is not
// named. Where a platform's texts disagree, the larger count is the right one.
type Embeds struct {
	Param string         `json:"param,omitempty"` // the query parameter; empty: nothing is billed beyond the call
	Rows  map[string]int `json:"rows,omitempty"`
}

// Lists is how a platform's lists are asked for and answered. Pointers are JSON
// pointers (RFC 6901).
type Lists struct {
	SizeParam   string   `json:"size_param,omitempty"`
	NumberParam string   `json:"number_param,omitempty"`
	DefaultSize int      `json:"default_size,omitempty"`
	MaxSize     int      `json:"max_size,omitempty"`
	Rows        string   `json:"rows,omitempty"`  // pointer to the array
	ID          string   `json:"id,omitempty"`    // a row's member
	Total       string   `json:"total,omitempty"` // pointer to the number of rows
	Pages       string   `json:"pages,omitempty"` // pointer to the number of pages
	IDParam     string   `json:"id_param,omitempty"`
	Since       []string `json:"since,omitempty"`  // watermark parameters
	Until       []string `json:"until,omitempty"`  // their ends
	Ignore      []string `json:"ignore,omitempty"` // parameters that filter nothing
}

// Collection is what is known of one collection.
type Collection struct {
	Path string `json:"path"` // "/contacts"
	// Contacts: its entities are people, or point at people. A create wants a
	// uniqueness check.
	Contacts bool `json:"contacts,omitempty"`
	// Reference data is small and rarely changes; reading all of it is no bulk.
	Reference bool `json:"reference,omitempty"`
	// Keys find an existing entity before one is created, in order.
	Keys []dedupe.Key `json:"keys,omitempty"`
	// Related is how an entity points at the contacts it is made of.
	Related *dedupe.Related `json:"related,omitempty"`
	// Identify points at the members by which people tell two entities apart.
	Identify []string `json:"identify,omitempty"`
	// OnNoKey is done with a create that has no value to look up. Zero: it is
	// refused.
	OnNoKey dedupe.Policy `json:"on_no_key,omitempty"`
	// ReadScope is the permission that a look-up needs.
	ReadScope string `json:"read_scope,omitempty"`
}

// At gives the same rules for other hosts, such as a test server's.
func (p Profile) At(hosts ...string) Profile {
	p.Hosts = slices.Clone(hosts)
	return p
}
