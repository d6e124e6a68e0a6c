package rttest

import (
	"net/http"
	"time"
)

// Options say what the wrapper is meant to do beyond handing calls on; each
// adds the checks that such a wrapper owes its callers. The zero value is for a
// wrapper that only looks on.
type Options struct {
	// Retries: the wrapper sends a call again that was answered 429 with a
	// Retry-After.
	Retries bool
	// MaxBody is the largest request body that the wrapper keeps for another
	// attempt; a larger one is streamed. Zero: 1 MiB.
	MaxBody int64
	// Limit is how many calls the wrapper lets be in flight at once; zero: it
	// has no such limit.
	Limit int
	// Dedupes: identical GETs, or HEADs, in flight may share one answer. Without
	// it every call must arrive.
	Dedupes bool
	// NilBase: wrap(nil) uses http.DefaultTransport as it is at each call. The
	// check replaces that variable for a moment, so nothing else may use it
	// meanwhile.
	NilBase bool
	// Prepare, when set, is called with each request before it is sent, e.g. to
	// name a tenant.
	Prepare func(*http.Request)
	// Close, when set, releases what the wrapper holds at the end of a check.
	// By default its Close method is called, if it has one.
	Close func(http.RoundTripper)
	// Patience is the longest that the wrapper may hold back a single call when
	// nothing else is going on, on the bubble's clock. Zero: 50 ms.
	Patience time.Duration
	// Skip names checks that are left out, with the reason, which is logged.
	Skip map[string]string
	// Proto picks "HTTP/1.1" or "HTTP/2" alone. Empty: both.
	Proto string
}

func (o Options) withDefaults() Options {
	if o.Patience == 0 {
		o.Patience = 50 * time.Millisecond
	}
	if o.MaxBody == 0 {
		o.MaxBody = 1 << 20
	}
	return o
}
