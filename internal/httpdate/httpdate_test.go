package httpdate

import (
	"net/http"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)

func TestParse(t *testing.T) {
	at := func(y int, m time.Month, d, h, min, s int) time.Time {
		return time.Date(y, m, d, h, min, s, 0, time.UTC)
	}
	for in, want := range map[string]time.Time{
		"Wed, 25 Nov 2026 10:00:20 GMT":     at(2026, 11, 25, 10, 0, 20),
		"Wednesday, 25-Nov-26 10:00:20 GMT": at(2026, 11, 25, 10, 0, 20),
		"Wed Nov 25 10:00:20 2026":          at(2026, 11, 25, 10, 0, 20),
		"Sun Nov  6 08:49:37 1994":          at(1994, 11, 6, 8, 49, 37),
		"Sun, 06 Nov 1994 08:49:37 GMT":     at(1994, 11, 6, 8, 49, 37),
		"Sunday, 06-Nov-94 08:49:37 GMT":    at(1994, 11, 6, 8, 49, 37),
		"Thu, 31 Dec 2026 23:59:60 GMT":     at(2027, 1, 1, 0, 0, 0), // the leap second
		"Thursday, 31-Dec-26 23:59:60 GMT":  at(2027, 1, 1, 0, 0, 0),
		"Thu Dec 31 23:59:60 2026":          at(2027, 1, 1, 0, 0, 0),
		"Sat, 29 Feb 2028 00:00:00 GMT":     at(2028, 2, 29, 0, 0, 0),
		"Mon, 25 Nov 2026 10:00:20 GMT":     at(2026, 11, 25, 10, 0, 20), // another day's name
		"Fri, 31 Dec 9999 23:59:59 GMT":     at(9999, 12, 31, 23, 59, 59),
		"Monday, 01-Jan-76 00:00:00 GMT":    at(2076, 1, 1, 0, 0, 0), // 50 years ahead
		"Monday, 01-Jan-77 00:00:00 GMT":    at(1977, 1, 1, 0, 0, 0), // 51 would be ahead
	} {
		if got, err := ParseAt(in, now); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{
		"",
		" ",
		"0",
		"Tue, 31 Nov 2026 10:00:20 GMT", // November has 30 days
		"Sun, 29 Feb 2026 10:00:20 GMT",
		"Sun, 00 Feb 2026 10:00:20 GMT",
		"Wed, 25 Nov 2026 10:00:20 +0100",
		"Wed, 25 Nov 2026 10:00:20 UTC",
		"Wed, 25 Nov 2026 10:00:20 gmt",
		"Wed, 25 Nov 2026 10:00:20",
		"Wed, 25 Nov 2026 10:00:20 GMT ",
		" Wed, 25 Nov 2026 10:00:20 GMT",
		"Wed, 25 Nov 2026 24:00:00 GMT",
		"Wed, 25 Nov 2026 10:60:00 GMT",
		"Wed, 25 Nov 2026 10:00:60 GMT", // no leap second at this time of day
		"Wed, 25 Nov 2026 10:00:61 GMT",
		"Wed, 25 nov 2026 10:00:20 GMT",
		"wed, 25 Nov 2026 10:00:20 GMT",
		"Wed, +5 Nov 2026 10:00:20 GMT",
		"Wed, 25 Nov -026 10:00:20 GMT",
		"Wednesday, 25-Nov-2026 10:00:20 GMT",
		"Wednesday, 31-Nov-26 10:00:20 GMT",
		"Wed, 25-Nov-26 10:00:20 GMT",
		"Wed Nov 5 10:00:20 2026",
		"Wed Nov 31 10:00:20 2026",
		"Wed Nov 25 10:00:20 2026 GMT",
		"2026-11-25T10:00:20Z",
	} {
		if got, err := ParseAt(in, now); err == nil {
			t.Errorf("%q was read as %v", in, got)
		}
	}
}

func TestParseTakesItsOwnOutput(t *testing.T) {
	for d := range 4 * 366 {
		want := now.AddDate(0, 0, d).Add(time.Duration(d) * time.Second)
		for _, form := range []string{http.TimeFormat, "Monday, 02-Jan-06 15:04:05 GMT", time.ANSIC} {
			if got, err := ParseAt(want.Format(form), now); err != nil || !got.Equal(want) {
				t.Fatalf("%q: %v, %v", want.Format(form), got, err)
			}
		}
	}
}

// FuzzParse checks against net/http: what both take is the same instant, and
// what is taken here and not there is a leap second.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"Wed, 25 Nov 2026 10:00:20 GMT", "Wednesday, 25-Nov-26 10:00:20 GMT", "Wed Nov 25 10:00:20 2026",
		"Thu, 31 Dec 2026 23:59:60 GMT", "Tue, 31 Nov 2026 10:00:20 GMT", "Sun Nov  6 08:49:37 1994",
		"Monday, 01-Jan-77 00:00:00 GMT", "", "99",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseAt(s, now)
		if err != nil {
			return
		}
		theirs, err := http.ParseTime(s)
		switch {
		case err != nil && !got.Equal(got.Truncate(24*time.Hour)):
			t.Fatalf("%q is %v here and %v in net/http", s, got, err)
		case err == nil && !got.Equal(theirs) && (got.Year()-theirs.Year())%100 != 0:
			t.Fatalf("%q is %v here and %v in net/http", s, got, theirs)
		}
	})
}
