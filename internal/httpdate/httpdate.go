// Package httpdate reads the dates of HTTP in the three forms of RFC 9110,
// section 5.6.7, without the two habits of general date parsers that do harm
// here: a leap second is refused, and a day that no calendar has is moved.
package httpdate

import (
	"errors"
	"strings"
	"time"
)

// ErrSyntax is the error for whatever is not an HTTP-date.
var ErrSyntax = errors.New("httpdate: not an HTTP-date")

// Parse reads s as IMF-fixdate, RFC 850 date or asctime date. The leap second
// 23:59:60 is the instant that follows 23:59:59. A day name is checked to be
// one, not to be the right one. A year of two digits is the one that is at most
// 50 years ahead of today.
func Parse(s string) (time.Time, error) { return ParseAt(s, time.Now()) }

// ParseAt is Parse on the day of now.
func ParseAt(s string, now time.Time) (time.Time, error) {
	var p parser
	switch {
	case len(s) == len("Sun, 06 Nov 1994 08:49:37 GMT"):
		p = parser{rest: s, days: shortDays}
		p.dayName()
		p.literal(", ")
		p.day = p.number(2)
		p.literal(" ")
		p.monthName()
		p.literal(" ")
		p.year = p.number(4)
		p.literal(" ")
		p.clock()
		p.literal(" GMT")
	case strings.IndexByte(s, ',') > 3:
		p = parser{rest: s, days: longDays}
		p.dayName()
		p.literal(", ")
		p.day = p.number(2)
		p.literal("-")
		p.monthName()
		p.literal("-")
		p.year = century(p.number(2), now.UTC().Year())
		p.literal(" ")
		p.clock()
		p.literal(" GMT")
	default:
		p = parser{rest: s, days: shortDays}
		p.dayName()
		p.literal(" ")
		p.monthName()
		p.literal(" ")
		if strings.HasPrefix(p.rest, " ") {
			p.literal(" ")
			p.day = p.number(1)
		} else {
			p.day = p.number(2)
		}
		p.literal(" ")
		p.clock()
		p.literal(" ")
		p.year = p.number(4)
	}
	return p.time()
}

// century gives the full year of yy: the latest that is not more than 50 years
// after this one.
func century(yy, this int) int {
	year := this - this%100 + 100 + yy
	for year > this+50 {
		year -= 100
	}
	return year
}

var (
	shortDays = []string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
	longDays  = []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
	months    = []string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}
)

// parser eats a date from the left; after the first thing that does not fit it
// only says so.
type parser struct {
	rest string
	days []string
	bad  bool

	year, month, day     int
	hour, minute, second int
}

func (p *parser) literal(s string) {
	rest, ok := strings.CutPrefix(p.rest, s)
	p.rest, p.bad = rest, p.bad || !ok
}

func (p *parser) number(digits int) (n int) {
	if p.bad = p.bad || len(p.rest) < digits; p.bad {
		return 0
	}
	for _, c := range []byte(p.rest[:digits]) {
		p.bad = p.bad || c < '0' || c > '9'
		n = n*10 + int(c-'0')
	}
	p.rest = p.rest[digits:]
	return n
}

func (p *parser) name(of []string) int {
	for i, name := range of {
		if rest, ok := strings.CutPrefix(p.rest, name); ok {
			p.rest = rest
			return i
		}
	}
	p.bad = true
	return 0
}

func (p *parser) dayName()   { p.name(p.days) }
func (p *parser) monthName() { p.month = p.name(months) + 1 }

func (p *parser) clock() {
	p.hour = p.number(2)
	p.literal(":")
	p.minute = p.number(2)
	p.literal(":")
	p.second = p.number(2)
}

func (p *parser) time() (time.Time, error) {
	leap := p.hour == 23 && p.minute == 59 && p.second == 60
	if p.bad || p.rest != "" || p.hour > 23 || p.minute > 59 || p.second > 59 && !leap {
		return time.Time{}, ErrSyntax
	}
	date := time.Date(p.year, time.Month(p.month), p.day, 0, 0, 0, 0, time.UTC)
	if date.Day() != p.day {
		return time.Time{}, ErrSyntax
	}
	return date.Add(time.Duration(p.hour*3600+p.minute*60+p.second) * time.Second), nil
}
