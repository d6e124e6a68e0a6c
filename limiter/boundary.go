package limiter

import (
	"fmt"
	"time"
)

// Validate says what is wrong with b, naming the field and the value. A zone
// that the system does not know is an error: a program for systems without zone
// files imports time/tzdata.
func (b Boundary) Validate() error {
	_, err := b.location()
	return err
}

// location is b's zone, nil for the rolling day.
func (b Boundary) location() (*time.Location, error) {
	switch {
	case b.Hour < 0 || b.Hour > 23:
		return nil, fmt.Errorf("limiter: Config.Day.Hour is %d, want 0 to 23", b.Hour)
	case b.Minute < 0 || b.Minute > 59:
		return nil, fmt.Errorf("limiter: Config.Day.Minute is %d, want 0 to 59", b.Minute)
	case b.Zone == "" && (b.Hour != 0 || b.Minute != 0):
		return nil, fmt.Errorf("limiter: Config.Day begins at %02d:%02d of no Zone, want a name such as \"UTC\", or neither for the rolling day", b.Hour, b.Minute)
	case b.Zone == "":
		return nil, nil
	case b.Zone == "Local":
		return nil, fmt.Errorf("limiter: Config.Day.Zone is \"Local\", which differs from machine to machine; want a name such as \"Europe/London\"")
	}
	loc, err := time.LoadLocation(b.Zone)
	if err != nil {
		return nil, fmt.Errorf("limiter: Config.Day.Zone is %q, which this system does not know (%w); a program for systems without zone files imports time/tzdata", b.Zone, err)
	}
	return loc, nil
}

// String says when the day begins, in words.
func (b Boundary) String() string {
	if b.Zone == "" {
		return "any 24 h"
	}
	return fmt.Sprintf("%02d:%02d %s", b.Hour, b.Minute, b.Zone)
}

// calendar knows where the days of a fixed Boundary begin.
type calendar struct {
	loc          *time.Location
	hour, minute int
}

// day gives the day that holds t: its first instant and the first of the next
// one, in Unix seconds. A local day has 23, 24 or 25 hours when clocks change.
func (c calendar) day(t int64) (start, end int64) {
	y, m, d := time.Unix(t, 0).In(c.loc).Date()
	// a boundary late in the day puts t into the day that began yesterday, and
	// a date that a zone left out (Samoa in 2011) begins and ends at once
	end = c.begin(y, m, d+2)
	for i := 1; ; i-- {
		if start = c.begin(y, m, d+i); start <= t {
			return start, end
		}
		end = start
	}
}

// begin is the first instant, in Unix seconds, at which the local clock shows
// the boundary, or a later time, on a date. time.Date leaves open what it
// answers where clocks skip or repeat that time.
func (c calendar) begin(y int, m time.Month, d int) int64 {
	wall := time.Date(y, m, d, c.hour, c.minute, 0, 0, time.UTC).Unix()
	const apart = 26 * 3600 // further than any offset from UTC and any change of it
	early, late := time.Unix(wall-apart, 0).In(c.loc), time.Unix(wall+apart, 0).In(c.loc)
	_, before := early.Zone()
	_, after := late.Zone()
	if before == after {
		return wall - int64(before)
	}
	changed, _ := late.ZoneBounds()
	first, second := wall-int64(before), wall-int64(after)
	switch change := changed.Unix(); {
	case first < change:
		return first // shown before the change, whether or not again after it
	case second >= change:
		return second
	default:
		return change // skipped: the change steps over it
	}
}
