package redisstore

import (
	"fmt"
	"time"

	"github.com/goodtenant/goodtenant/limiter"
)

// calendar gives the first instants, in Unix seconds, of the day before the one
// that holds t, of that day, and of the next; "" for the rolling day.
func calendar(b limiter.Boundary, t time.Time) (string, error) {
	if err := b.Validate(); err != nil || b.Zone == "" {
		return "", err
	}
	loc, err := time.LoadLocation(b.Zone)
	if err != nil {
		return "", err
	}
	y, m, d := t.In(loc).Date()
	var edges [3]int64
	edges[2] = begin(b, loc, y, m, d+2)
	for i := 1; ; i-- { // a date that a zone left out begins and ends at once
		edges[1] = begin(b, loc, y, m, d+i)
		if edges[1] <= t.Unix() {
			edges[0] = begin(b, loc, y, m, d+i-1)
			return fmt.Sprint(edges[0], edges[1], edges[2]), nil
		}
		edges[2] = edges[1]
	}
}

// begin is the first instant at which the local clock shows the boundary, or a
// later time, on a date: the rule of package limiter, for days that agree with its own.
func begin(b limiter.Boundary, loc *time.Location, y int, m time.Month, d int) int64 {
	wall := time.Date(y, m, d, b.Hour, b.Minute, 0, 0, time.UTC).Unix()
	const apart = 26 * 3600 // further than any offset from UTC and any change of it
	early, late := time.Unix(wall-apart, 0).In(loc), time.Unix(wall+apart, 0).In(loc)
	_, before := early.Zone()
	_, after := late.Zone()
	if before == after {
		return wall - int64(before)
	}
	changed, _ := late.ZoneBounds()
	first, second := wall-int64(before), wall-int64(after)
	switch change := changed.Unix(); {
	case first < change:
		return first
	case second >= change:
		return second
	default:
		return change
	}
}
