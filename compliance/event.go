package compliance

import (
	"net/http"
	"time"

	"github.com/goodtenant/goodtenant/internal/enum"
)

// Event is one exchange, as it is fed to [Check] and [Checker.Feed]: one line of
// a recording. Only Method and URL are needed; what is missing lowers what can be
// judged, and the report says so. A Status of 0 is an attempt without an answer.
type Event struct {
	Time     time.Time     `json:"time"`
	Duration time.Duration `json:"duration,omitempty"` // nanoseconds, until the body's end; 0 is unknown

	Method string `json:"method"`
	URL    string `json:"url"`
	Status int    `json:"status,omitempty"`

	RequestHeader  http.Header `json:"request_header,omitempty"`
	ResponseHeader http.Header `json:"response_header,omitempty"`
	RequestBody    []byte      `json:"request_body,omitempty"`
	ResponseBody   []byte      `json:"response_body,omitempty"`
	// Answer says what a body held where the body itself is not kept. It goes
	// before ResponseBody.
	Answer *Answer `json:"answer,omitempty"`

	// Tenant is for recordings without headers; empty: Config.Tenant and
	// Platform.TenantHeader decide.
	Tenant string `json:"tenant,omitempty"`
	// Stream names the work that the call belongs to (a job, a handler); empty:
	// Label, unless it is a user's, then Site.
	Stream    string        `json:"stream,omitempty"`
	Purpose   string        `json:"purpose,omitempty"`
	Initiator Initiator     `json:"initiator,omitempty"`
	Label     string        `json:"label,omitempty"` // which user, job...: WithInitiator's label
	Webhook   *WebhookEvent `json:"webhook,omitempty"`
	Site      string        `json:"site,omitempty"` // file:line of the app

	// View tells which of the two views saw it; zero: both, as in any capture
	// made from outside.
	View View `json:"view,omitempty"`
	// Attempt is 0 for the first attempt of a call, 1, 2, ... for its re-sends. A
	// re-send is judged by the wire rules only.
	Attempt int `json:"attempt,omitempty"`
}

// Answer is what the scanner finds in a list or an entity.
type Answer struct {
	IDs   []string `json:"ids,omitempty"`   // of the rows, in order; for an entity its own
	Rows  int      `json:"rows,omitempty"`  // where IDs are unknown
	Total int      `json:"total,omitempty"` // rows of the whole query; 0 is unknown
	Pages int      `json:"pages,omitempty"` // pages of the whole query; 0 is unknown
}

// WebhookEvent is a notification that the app has received and verified.
type WebhookEvent struct {
	ID       string    `json:"id"`
	Topic    string    `json:"topic,omitempty"`
	EntityID string    `json:"entity_id,omitempty"`
	Time     time.Time `json:"time"`
}

// Initiator says what made the app call.
type Initiator uint8

const (
	Unknown  Initiator = iota // nothing was said
	User                      // a person waits for the answer
	Webhook                   // the platform's own notification
	Schedule                  // a timer
	Batch                     // a one-off job
	System                    // the app's own needs: health, configuration
)

var initiators = [...]string{"unknown", "user", "webhook", "schedule", "batch", "system"}

// String gives the name in lower case.
func (i Initiator) String() string { return enum.String("compliance.Initiator", initiators[:], i) }

// MarshalText writes the name; an unknown value is an error.
func (i Initiator) MarshalText() ([]byte, error) {
	return enum.Marshal("compliance.Initiator", initiators[:], i)
}

// UnmarshalText reads a name; anything else is an error that shows it.
func (i *Initiator) UnmarshalText(b []byte) error {
	return enum.Parse("compliance.Initiator", initiators[:], i, b)
}

// View is where a call was seen.
type View uint8

const (
	BothViews  View = iota // by a capture that knows no difference
	IntentView             // outermost: what the app asked for
	WireView               // innermost: every attempt
)

var views = [...]string{"both", "intent", "wire"}

// String gives the name in lower case.
func (v View) String() string { return enum.String("compliance.View", views[:], v) }

// MarshalText writes the name; an unknown value is an error.
func (v View) MarshalText() ([]byte, error) { return enum.Marshal("compliance.View", views[:], v) }

// UnmarshalText reads a name; anything else is an error that shows it.
func (v *View) UnmarshalText(b []byte) error {
	return enum.Parse("compliance.View", views[:], v, b)
}
