package compliance

// app is what is known of the whole app's calls, whatever the tenant.
type app struct {
	first, last int64 // of the calls seen
	newest      int64 // likewise, whatever the view; of an earlier process too
	behind      uint8 // calls in a row that were much older than that
	calls       int
	usage       bool // Used was called

	starts  []int64 // of the last PerSecond+1 calls, a ring
	at      int
	seconds [loadSeconds]secondLoad // by their number modulo loadSeconds
	flight  inFlight
	day     dayCount // all: calls; some: effective calls
	satFor  uint32   // since when the rate has been near its limit
	week    dayCount // of intent: reads; some: writes, since weekAt
	weekAt  uint32
	labels  dayCount // reads; some: unlabelled
	tokens  []tokenCalls
}

// loadSeconds is how many of the last seconds are kept: replicas tell each other
// what they sent some minutes later.
const loadSeconds = 1024

// secondLoad counts the calls of one second, and those the server caused.
type secondLoad struct {
	sec    uint32
	calls  uint16
	server uint16
}
