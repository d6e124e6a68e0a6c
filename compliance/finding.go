package compliance

import (
	"time"

	"github.com/goodtenant/goodtenant/internal/enum"
)

// Finding is one thing the app does that a guideline is against, told once per
// fingerprint and day with a rising Count. It holds no id, query value, token or
// personal data, as far as [Platform.Routes] tells ids from names in paths; Tenant
// is the platform's name for the customer, as the app sends it, for the app's own
// eyes.
type Finding struct {
	Rule     string   `json:"rule"`   // "GT101"
	Title    string   `json:"title"`  // "page sweep"
	Clause   string   `json:"clause"` // "bulk", "schedule", "load", "limits", "create", "update", "real time", "efficiency", "claims", "api"
	Severity Severity `json:"severity"`
	// Confidence that this is not chance, 0..1.
	Confidence float64 `json:"confidence"`

	Tenant     string `json:"tenant,omitempty"`
	Stream     string `json:"stream,omitempty"`
	Collection string `json:"collection,omitempty"`
	Purpose    string `json:"purpose,omitempty"` // the declared purpose it was judged under
	Site       string `json:"site,omitempty"`    // file:line of the app

	First     time.Time     `json:"first"` // of what was measured
	Last      time.Time     `json:"last"`
	Count     int           `json:"count"`             // how often it was seen, today
	Cleared   bool          `json:"cleared,omitempty"` // not seen for as long as Clears asks; the gate lets pass
	Measured  float64       `json:"measured"`
	Threshold float64       `json:"threshold"`
	Unit      string        `json:"unit"`             // of both
	Period    time.Duration `json:"period,omitempty"` // of what repeats
	Rows      int           `json:"rows,omitempty"`   // of a run of what repeats ...
	Share     float64       `json:"share,omitempty"`  // ... and the share of the stream's rows that came so
	Message   string        `json:"message"`          // one sentence with the figures

	Evidence    []Evidence `json:"evidence,omitempty"` // at most 20
	Clears      string     `json:"clears"`             // what would make it go away
	Remedy      string     `json:"remedy"`             // what to do instead
	Fingerprint string     `json:"fingerprint"`        // of rule, tenant, stream and collection
}

// Evidence is one call that shows the finding. Names of parameters are in clear,
// their values are not, except the page.
type Evidence struct {
	Time     time.Time `json:"time"`
	Method   string    `json:"method"`
	Template string    `json:"template"`
	Query    string    `json:"query,omitempty"` // the sorted names of its parameters
	Page     int       `json:"page,omitempty"`
	Rows     int       `json:"rows,omitempty"`
	Status   int       `json:"status,omitempty"`
	Site     string    `json:"site,omitempty"`
	Note     string    `json:"note,omitempty"`
}

// Severity orders findings. The zero value is not a severity.
type Severity uint8

const (
	Note    Severity = iota + 1 // worth knowing
	Warning                     // will be an error if it goes on
	Error                       // the guideline is broken
)

var severities = [...]string{"", "note", "warning", "error"}

// String gives "note", "warning" or "error".
func (s Severity) String() string { return enum.String("compliance.Severity", severities[:], s) }

// MarshalText writes the name; an unknown value is an error.
func (s Severity) MarshalText() ([]byte, error) {
	return enum.Marshal("compliance.Severity", severities[:], s)
}

// UnmarshalText reads a name; anything else is an error that shows it.
func (s *Severity) UnmarshalText(b []byte) error {
	return enum.Parse("compliance.Severity", severities[:], s, b)
}

// Report is what a Checker knows at one moment, fit for keeping as evidence for
// an audit: it is dated and names the configuration that made it.
type Report struct {
	From    time.Time `json:"from"` // of the calls seen
	To      time.Time `json:"to"`
	Calls   int       `json:"calls"`
	Skipped int       `json:"skipped,omitempty"` // events that could not be read
	Tenants int       `json:"tenants"`
	// Refused counts the calls that the gate refused; WouldRefuse, under
	// policy.Observe, those that it would have.
	Refused     int `json:"refused,omitempty"`
	WouldRefuse int `json:"would_refuse,omitempty"`

	Findings []Finding `json:"findings"` // worst first
	// Missing lists what was not seen and which rules could not be judged for it.
	Missing []string `json:"missing,omitempty"`
	// Incomplete tells why the events broke off; empty: they did not.
	Incomplete string `json:"incomplete,omitempty"`
	// Evicted counts what was forgotten to stay inside Config.MaxBytes.
	Evicted int    `json:"evicted,omitempty"`
	Config  string `json:"config"` // a hash of the thresholds and the platform's data
}

// Worst is the highest severity among the findings; 0 where there is none.
func (r Report) Worst() Severity {
	var worst Severity
	for _, f := range r.Findings {
		worst = max(worst, f.Severity)
	}
	return worst
}
