package limiter

import (
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/goodtenant/goodtenant/internal/httpdate"
)

const forever = time.Duration(math.MaxInt64)

// retryAfter is how long an answer asks to wait, counted from now, its arrival
// (RFC 9110, section 10.2.3). Of several values the longest counts. What is
// neither digits nor an HTTP-date is as good as absent, with one exception that
// platforms do send: a fraction of seconds. What is too long for a Duration is
// the longest one; a date that has passed is 0.
func retryAfter(h http.Header, now time.Time) (wait time.Duration, ok bool) {
	for _, v := range h["Retry-After"] {
		w, valid := waitOf(strings.Trim(v, " \t"), h, now)
		wait, ok = max(wait, w), ok || valid
	}
	return wait, ok
}

func waitOf(v string, h http.Header, now time.Time) (time.Duration, bool) {
	if at, err := httpdate.ParseAt(v, now); err == nil {
		return max(0, at.Sub(serverTime(h, now))), true
	}
	var longest time.Duration
	for v := range strings.SplitSeq(v, ",") { // "30, 40" is two values that a proxy has joined
		w, ok := seconds(strings.Trim(v, " \t"))
		if !ok {
			return 0, false
		}
		longest = max(longest, w)
	}
	return longest, true
}

// serverTime is the time on the server's clock when it answered, by its own Date
// (ours where it has none), and never later than it was: a date has a grain of
// one second, so that the instant is anywhere in the second named.
func serverTime(h http.Header, now time.Time) time.Time {
	for _, v := range h["Date"] {
		if at, err := httpdate.ParseAt(strings.Trim(v, " \t"), now); err == nil {
			return at
		}
	}
	return now.Round(0).Truncate(time.Second)
}

// seconds reads digits, or digits with a fraction, as seconds: rounded up to the
// nanosecond, and to forever where they are too many.
func seconds(v string) (time.Duration, bool) {
	whole, fraction, dotted := strings.Cut(v, ".")
	if !digits(whole) || dotted && !digits(fraction) {
		return 0, false
	}
	var d time.Duration
	for _, c := range []byte(whole) {
		if d > forever/time.Second/10-10 {
			return forever, true
		}
		d = d*10 + time.Duration(c-'0')
	}
	d *= time.Second
	unit := time.Second
	for _, c := range []byte(fraction) {
		if unit /= 10; unit == 0 {
			if strings.Trim(fraction[9:], "0") != "" {
				d++
			}
			break
		}
		d += time.Duration(c-'0') * unit
	}
	return d, true
}

func digits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}
