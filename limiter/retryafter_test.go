package limiter

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

var tenOClock = time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)

// header builds one from name, value pairs.
func header(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

func TestRetryAfterSeconds(t *testing.T) {
	for v, want := range map[string]time.Duration{
		"0": 0, "2": 2 * time.Second, "007": 7 * time.Second, " 3\t": 3 * time.Second,
		"2.0": 2 * time.Second, "2.5": 2500 * time.Millisecond, "0.001": time.Millisecond,
		"1.0000000001":                 time.Second + 1, // never shorter than it says
		"1.00000000000000":             time.Second,
		"30, 40":                       40 * time.Second,
		"9223372037":                   forever, // over the largest Duration by 0.15 s
		"9223372036":                   forever,
		"315360000":                    315360000 * time.Second,
		"100000000000000000000":        forever,
		strings.Repeat("9", 1e6):       forever,
		strings.Repeat("0", 1e6) + "5": 5 * time.Second,
	} {
		if wait, ok := retryAfter(header("Retry-After", v), tenOClock); !ok || wait != want {
			t.Errorf("%.30q: %v, %v; want %v", v, wait, ok, want)
		}
	}
}

// Words, signs and forms that float parsers know and the grammar does not.
func TestField07(t *testing.T) {
	for _, v := range []string{
		"nan", "NaN", "inf", "+Inf", "-inf", "infinity", "1e400", "1e3", "-5", "-0", "+5", `"30"`, "30s", "30, soon",
		"", " ", ".", ".5", "2.", "2.5.5", "2,5.", "0x10", "1_000", "٣", "soon", "30;", ",", "30,",
	} {
		if wait, ok := retryAfter(header("Retry-After", v), tenOClock); ok || wait != 0 {
			t.Errorf("%q counts as %v", v, wait)
		}
	}
	if _, ok := retryAfter(header(), tenOClock); ok {
		t.Error("no header counts as one")
	}
	if wait, ok := retryAfter(header("Retry-After", "nan", "Retry-After", "4"), tenOClock); !ok || wait != 4*time.Second {
		t.Errorf("a good value beside a bad one: %v, %v", wait, ok)
	}
}

func TestRetryAfterSeveral(t *testing.T) {
	for _, h := range []http.Header{
		header("Retry-After", "2", "Retry-After", "7"),
		header("Retry-After", "7", "Retry-After", "2"),
		header("Retry-After", "Wed, 25 Nov 2026 10:00:07 GMT", "Retry-After", "2", "Date", "Wed, 25 Nov 2026 10:00:00 GMT"),
	} {
		if wait, ok := retryAfter(h, tenOClock); !ok || wait != 7*time.Second {
			t.Errorf("%v: %v, %v; want 7s", h, wait, ok)
		}
	}
}

// The instant stated is never missed by a part of a second, whatever the clocks say.
func TestField06(t *testing.T) {
	for _, skew := range []time.Duration{0, 2 * time.Hour, -2 * time.Hour} {
		for ms := 0; ms < 1000; ms += 50 {
			server := tenOClock.Add(skew).Add(time.Duration(ms) * time.Millisecond)
			stated := tenOClock.Add(skew).Add(3 * time.Second)
			for _, date := range []bool{true, false} {
				if !date && skew != 0 {
					continue // without the server's Date nothing tells its clock
				}
				h := header("Retry-After", stated.Format(http.TimeFormat))
				if date {
					h.Set("Date", server.Format(http.TimeFormat))
				}
				client := server.Add(-skew)
				wait, ok := retryAfter(h, client)
				if wait%time.Second != 0 {
					t.Errorf("%v is not rounded up to the grain of a date", wait)
				}
				if back := server.Add(wait); !ok || back.Before(stated) || back.After(stated.Add(time.Second)) {
					t.Errorf("server at %v, Date %v: back at %v, %v; stated %v", server, date, back, ok, stated)
				}
			}
		}
	}
}

// The two old forms, the leap second, and dates that are none.
func TestField08(t *testing.T) {
	const at = "Wed, 25 Nov 2026 10:00:00 GMT"
	for _, c := range []struct {
		date, value string
		want        time.Duration
	}{
		{at, "Wed, 25 Nov 2026 10:00:20 GMT", 20 * time.Second},
		{at, "Wednesday, 25-Nov-26 10:00:20 GMT", 20 * time.Second},
		{at, "Wed Nov 25 10:00:20 2026", 20 * time.Second},
		{"Thu, 31 Dec 2026 23:59:50 GMT", "Thu, 31 Dec 2026 23:59:60 GMT", 10 * time.Second},
		{at, "Wed, 25 Nov 2026 09:00:00 GMT", 0}, // has passed
		{at, "Fri, 31 Dec 9999 23:59:59 GMT", forever},
		{at, "Tue, 31 Nov 2026 10:00:20 GMT", -1},
		{at, "Wed, 25 Nov 2026 10:00:20 +0100", -1},
		{at, "Wed, 25 Nov 2026 10:00:20", -1},
		{"yesterday", "Wed, 25 Nov 2026 10:00:20 GMT", 20 * time.Second}, // by our clock then
	} {
		wait, ok := retryAfter(header("Date", c.date, "Retry-After", c.value), tenOClock)
		if want := max(c.want, 0); wait != want || ok != (c.want >= 0) {
			t.Errorf("%q at %q: %v, %v; want %v", c.value, c.date, wait, ok, c.want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{
		"0", "007", "2.5", "30, 40", "nan", "-5", "9223372037", "1e400", "100000000000000000000",
		"Wed, 25 Nov 2026 10:00:20 GMT", "Wednesday, 25-Nov-26 10:00:20 GMT", "Thu, 31 Dec 2026 23:59:60 GMT",
	} {
		f.Add(s, "2", "Wed, 25 Nov 2026 10:00:00 GMT")
	}
	f.Fuzz(func(t *testing.T, a, b, date string) {
		h := header("Retry-After", a, "Retry-After", b, "Date", date)
		wait, ok := retryAfter(h, tenOClock)
		if wait < 0 || !ok && wait != 0 {
			t.Fatalf("%q, %q at %q: %v, %v", a, b, date, wait, ok)
		}
		for _, v := range []string{a, b} {
			one, valid := retryAfter(header("Retry-After", v, "Date", date), tenOClock)
			if valid && (!ok || one > wait) {
				t.Fatalf("%q alone asks for %v, with another for %v, %v", v, one, wait, ok)
			}
			if digits(v) && !valid {
				t.Fatalf("the digits %q are no wait", v)
			}
		}
	})
}
