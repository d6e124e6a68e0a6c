package platformtest

import (
	"fmt"
	"net/http"
	"time"
)

// Request is one call as the server saw it.
type Request struct {
	// Seq numbers the calls in the order of their arrival, from 1.
	Seq int
	// Arrival is when the handler was entered, End when the call stopped
	// counting as in flight; End is zero while it is.
	Arrival, End time.Time
	// Host is what the client asked for, Query the raw query.
	Method, Host, Path, Query string
	// Proto is "HTTP/1.1" or "HTTP/2.0".
	Proto string
	// Tenant is the customer that the call named.
	Tenant string
	// Header is a copy of the header as received.
	Header http.Header
	// Body is what was read of the body, up to 1 MiB.
	Body []byte
	// Status is the answer's status; 0: there was none.
	Status int
	// Refused names the limits that the call broke.
	Refused []Rule
}

// Rule is what a Violation is a violation of.
type Rule uint8

const (
	// RateLimit: the call came too soon for the rate.
	RateLimit Rule = iota + 1
	// Concurrency: too many calls of its customer were in flight.
	Concurrency
	// DayLimit: the day's calls were spent.
	DayLimit
	// Duplicate: two living entities of one collection and customer have one
	// e-mail address. The platform itself accepts them.
	Duplicate
	// LostUpdate: the call wrote back what a member held before another writer
	// changed it, as a client does that sends its old copy with a fresh entity
	// tag. (One that means to take the change back looks the same from here.) A
	// writer is an Authorization field; Edit is a writer of its own.
	LostUpdate
)

func (r Rule) String() string {
	return name(r, "none", "rate", "concurrency", "day", "duplicate", "lost update")
}

// Violation is one breach of the guidelines, judged where the call arrived.
type Violation struct {
	Rule Rule
	Time time.Time
	// Request is the Seq of the call that broke the rule.
	Request int
	Tenant  string
	// Detail says in words what happened.
	Detail string
}

func (v Violation) String() string {
	return fmt.Sprintf("%s: request %d at %s (customer %q): %s",
		v.Rule, v.Request, v.Time.UTC().Format("15:04:05.000"), v.Tenant, v.Detail)
}

// Stats are the figures that the guidelines are about, counted since the start
// over all calls to the API, refused ones included. Calls to the token endpoint
// are counted apart.
type Stats struct {
	// Requests is how many calls arrived, Admitted how many of them no limit
	// refused, Tokens how many went to the token endpoint.
	Requests, Admitted, Tokens int
	// Refused is how many calls broke a limit, and how many broke each.
	Refused                 int
	RateLimited, Concurrent int
	DaySpent                int
	// MostInWindow is the most arrivals in any window of Config.Per, wherever
	// it begins.
	MostInWindow int
	// MostInFlight is the most calls of one customer in flight at once, and
	// MostByTenant the same for each.
	MostInFlight int
	MostByTenant map[string]int
	// Billed is what the platform would bill: each admitted call, and one more
	// for each embed value.
	Billed int
	// Unchanged is how many members PATCH bodies carried that already had the
	// value they were given.
	Unchanged int
	// Connections is how many connections were accepted.
	Connections int
}
