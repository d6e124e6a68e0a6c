package platformtest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
)

// Config says what the server enforces and how it behaves. Its zero value is
// the platform as its guidelines publish it: 20 calls in any second, 5 at a
// time for each customer, 250,000 a day, a little seeded data, HTTP/1.1 on a
// loopback port.
type Config struct {
	// Model is how the rate is counted; zero: SlidingLog.
	Model Model
	// Rate is how many calls are admitted in Per, over all customers.
	// Zero: 20; negative: no limit.
	Rate int
	// Per is the rate's window. Zero: one second.
	Per time.Duration
	// CountRejected lets a refused call count against the sliding log too, as
	// strict gateways do: a client that hammers on is locked out for as long
	// as it does. The other models have no use for it.
	CountRejected bool
	// Phase shifts the windows of FixedWindow: they begin at multiples of Per
	// since the Unix epoch, plus Phase.
	Phase time.Duration
	// Burst is the capacity of TokenBucket. Zero: Rate.
	Burst int
	// Concurrent is how many calls of one customer may be in flight, counted
	// from arrival to the end of the handler. Zero: 5; negative: no limit.
	Concurrent int
	// Day is how many calls are admitted in a day, over all customers.
	// Zero: 250,000; negative: no limit.
	Day int
	// DayBoundary is where a day begins; its zero value is no boundary: any 24
	// hours.
	DayBoundary Boundary

	// RetryAfter is the form of Retry-After in a 429 or 503; zero: none, since
	// the platform publishes none.
	RetryAfter RetryAfter
	// RateLimitHeaders is the form in which every answer tells what is left of
	// the rate; zero: not at all.
	RateLimitHeaders RateLimitHeaders
	// RequireHeaders refuses a call without a customer or an api-version (400).
	RequireHeaders bool
	// FullSchema refuses a create that lacks a member which the published
	// description requires (422), not just one that makes no sense without.
	FullSchema bool
	// RequireToken refuses a call without a token from TokenURL, or with one
	// that is older than an hour (401).
	RequireToken bool

	// Rows is how many entities a collection holds for every customer, e.g.
	// {"contacts": 5000}; a collection not named here holds a few. They are
	// made when they are first looked at.
	Rows map[string]int
	// Seed decides every seeded value, entity tag and request id. The same
	// seed gives the same platform.
	Seed uint64
	// IndexLag is how long a new entity stays out of every list and search.
	// It is found by its id at once.
	IndexLag time.Duration
	// Service is how long each call is worked on before its answer begins. A
	// client that leaves does not shorten it, as with a real server.
	Service time.Duration
	// ServiceFunc, when set, replaces Service for each call.
	ServiceFunc func(*http.Request) time.Duration
	// BodyTime is how long each answer's body takes from its first byte to its
	// last; the call is in flight until then.
	BodyTime time.Duration
	// ClockSkew is how far the server's clock is ahead in Date, Retry-After
	// dates and the times it reports. It changes nothing that is enforced.
	ClockSkew time.Duration

	// InMemory serves over a network inside the process instead of loopback
	// TCP: for testing/synctest bubbles. Start and close the server inside the
	// bubble.
	InMemory bool
	// Up, Down and Dial delay one write to the server, one write to the client
	// and one dial, InMemory only; nil: no delay. A connection keeps its order.
	Up, Down, Dial func() time.Duration
	// TLS serves https with a certificate of its own that Client trusts.
	TLS bool
	// HTTP2 serves HTTP/2 beside HTTP/1.1; it implies TLS, and Client speaks it.
	HTTP2 bool
	// MaxStreams is SETTINGS_MAX_CONCURRENT_STREAMS over HTTP/2. Zero: net/http's.
	MaxStreams int
	// HangUpEvery ends the connection after every n-th answer: by Connection:
	// close over HTTP/1.1, by GOAWAY over HTTP/2. Zero: never.
	HangUpEvery int

	// Keep is how many of the newest requests Requests returns. Zero: 100,000;
	// negative: none. Stats and Violations count all of them whatever it is.
	Keep int
	// Wire keeps every byte received, for Wire. Without TLS only.
	Wire bool
}

// Model is how a server counts a rate.
type Model uint8

const (
	// SlidingLog admits Rate calls in any Per whatever its phase: the
	// strictest of the three.
	SlidingLog Model = iota
	// FixedWindow admits Rate calls in each window of Per; see Config.Phase.
	FixedWindow
	// TokenBucket refills at Rate in Per up to Burst.
	TokenBucket
)

func (m Model) String() string { return name(m, "SlidingLog", "FixedWindow", "TokenBucket") }

// RetryAfter is the form of a Retry-After field (RFC 9110 section 10.2.3).
type RetryAfter uint8

const (
	// NoRetryAfter sends none.
	NoRetryAfter RetryAfter = iota
	// RetryAfterSeconds sends whole seconds, rounded up.
	RetryAfterSeconds
	// RetryAfterDate sends an HTTP-date on the server's clock, rounded up.
	RetryAfterDate
)

func (f RetryAfter) String() string {
	return name(f, "NoRetryAfter", "RetryAfterSeconds", "RetryAfterDate")
}

// RateLimitHeaders is the form of the rate limit header fields.
type RateLimitHeaders uint8

const (
	// NoRateLimitHeaders sends none.
	NoRateLimitHeaders RateLimitHeaders = iota
	// RateLimitList sends RateLimit and RateLimit-Policy as structured fields,
	// as the current draft of the IETF's httpapi group writes them.
	RateLimitList
	// RateLimitTriple sends RateLimit-Limit, RateLimit-Remaining and
	// RateLimit-Reset (seconds), as drafts up to the seventh wrote them.
	RateLimitTriple
)

func (f RateLimitHeaders) String() string {
	return name(f, "NoRateLimitHeaders", "RateLimitList", "RateLimitTriple")
}

// Boundary is the time of day at which the day's count starts again. Its zero
// value is no boundary: the count is over any 24 hours. Midnight UTC is
// Boundary{Zone: "UTC"}.
type Boundary struct {
	// Zone is an IANA time zone name, such as "Europe/London".
	Zone         string
	Hour, Minute int
}

func name[E ~uint8](e E, names ...string) string {
	if int(e) < len(names) {
		return names[e]
	}
	return fmt.Sprintf("%d", uint8(e))
}

// WithDefaults returns c with its zero fields filled in.
func (c Config) WithDefaults() Config {
	fill(&c.Rate, 20)
	fill(&c.Per, time.Second)
	fill(&c.Burst, c.Rate)
	fill(&c.Concurrent, 5)
	fill(&c.Day, 250_000)
	fill(&c.Keep, 100_000)
	c.TLS = c.TLS || c.HTTP2
	rows := defaultRows()
	maps.Copy(rows, c.Rows)
	c.Rows = rows
	return c
}

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (c Config) validate() error {
	bad := func(field string, value any, want string) error {
		return fmt.Errorf("platformtest: Config.%s is %v, want %s", field, value, want)
	}
	switch {
	case c.Model > TokenBucket:
		return bad("Model", c.Model, "SlidingLog, FixedWindow or TokenBucket")
	case c.RetryAfter > RetryAfterDate:
		return bad("RetryAfter", c.RetryAfter, "NoRetryAfter, RetryAfterSeconds or RetryAfterDate")
	case c.RateLimitHeaders > RateLimitTriple:
		return bad("RateLimitHeaders", c.RateLimitHeaders, "NoRateLimitHeaders, RateLimitList or RateLimitTriple")
	case c.Per < 0:
		return bad("Per", c.Per, "a positive duration")
	case c.Rate > 0 && c.Burst < 0:
		return bad("Burst", c.Burst, "a positive number")
	case c.Service < 0:
		return bad("Service", c.Service, "a duration that is not negative")
	case c.BodyTime < 0:
		return bad("BodyTime", c.BodyTime, "a duration that is not negative")
	case c.IndexLag < 0:
		return bad("IndexLag", c.IndexLag, "a duration that is not negative")
	case c.MaxStreams < 0:
		return bad("MaxStreams", c.MaxStreams, "a number that is not negative")
	case c.HangUpEvery < 0:
		return bad("HangUpEvery", c.HangUpEvery, "a number that is not negative")
	case c.Wire && c.TLS:
		return bad("Wire", c.Wire, "false with TLS or HTTP2, where only ciphertext would be seen")
	case !c.InMemory && (c.Up != nil || c.Down != nil || c.Dial != nil):
		return bad("InMemory", c.InMemory, "true with Up, Down or Dial: loopback TCP cannot be delayed")
	}
	if b := c.DayBoundary; b != (Boundary{}) {
		if _, err := time.LoadLocation(b.Zone); err != nil || b.Zone == "" || b.Zone == "Local" {
			return bad("DayBoundary.Zone", fmt.Sprintf("%q", b.Zone), "an IANA time zone name")
		}
		if b.Hour < 0 || b.Hour > 23 || b.Minute < 0 || b.Minute > 59 {
			return bad("DayBoundary", fmt.Sprintf("%02d:%02d", b.Hour, b.Minute), "a time of day from 00:00 to 23:59")
		}
	}
	for _, c2 := range slices.Sorted(maps.Keys(c.Rows)) {
		if _, known := defaultRows()[c2]; !known {
			return bad("Rows", fmt.Sprintf("%q", c2), fmt.Sprint("one of ", slices.Sorted(maps.Keys(defaultRows()))))
		}
		if c.Rows[c2] < 0 {
			return bad("Rows["+c2+"]", c.Rows[c2], "a number that is not negative")
		}
	}
	return nil
}
