package limiter

// Boundary says when a day begins, for Day limits. The zero value is a rolling
// day: at most Max in any 24 hours, safe wherever the platform's day begins.
type Boundary struct {
	Zone         string // an IANA name such as "America/Chicago"; "" is the rolling day
	Hour, Minute int    // local time at which the day begins
}
