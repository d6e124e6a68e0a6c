package limiter

import (
	"math"
	"slices"
	"time"
)

// How much later than it was counted here a call may be counted there, or how
// much the two clocks differ, so that no day of the platform gets more.
const (
	edgeGuard   = 5             // seconds on either side of a fixed boundary count in both days
	rollMinutes = 24*60 + 1 + 1 // a unit comes back this many minutes later: 24 h, the oldest minute whole, one for the way
	dayLength   = 24 * time.Hour
)

// dayRule is what all counts of one Transport's Day limits have in common.
type dayRule struct {
	calendar *calendar // nil: the rolling day
	share    float64   // of the budget that background calls may use: 1 - Config.Reserve
}

// newDayRule checks b; reserve is the share kept from background calls, none where negative.
func newDayRule(b Boundary, reserve float64) (*dayRule, error) {
	loc, err := b.location()
	if err != nil {
		return nil, err
	}
	r := &dayRule{share: 1 - max(0, reserve)}
	if loc != nil {
		r.calendar = &calendar{loc: loc, hour: b.Hour, minute: b.Minute}
	}
	return r, nil
}

// unit is how long, in nanoseconds, the pace line of a day takes to rise by one unit.
func (r *dayRule) unit(day time.Duration, most int) float64 {
	return float64(day) / math.Max(1, r.share*float64(most))
}

// dayCount is what one Day limit has spent, for the app or for one tenant. It is
// a plain value with explicit times: the caller's lock guards it.
//
//	c := dayCount{rule: rule}
//	mark, ok := c.take(now, cost, limit.Max) // at admission; false: spent, nothing taken
//	c.giveBack(mark, cost)                   // the call never reached the wire
//	c.used(now)                              // for Snapshot, thresholds
//	c.freeAt(now, cost, limit.Max)           // RefusedError.RetryAt
//	c.paceAt(now, cost, limit.Max)           // when a background call may take cost
//	c.forecast(now, limit.Max)               // when it runs out at the last hour's pace
//
// Time never goes back in it, whatever the clocks do. In the rolling day it goes
// on by the smaller of what the wall clock and the monotonic clock say: a wall
// clock set forward gives nothing back early; after a suspend, in which the
// monotonic clock may stand still, units come back later, never sooner. A fixed
// day follows the wall clock, and the day it is in never gets an earlier one.
type dayCount struct {
	rule *dayRule

	seen time.Time     // the latest time given
	pos  time.Duration // how far time has gone on since the first
	wall int64         // the latest wall time, Unix seconds

	recent minutes       // what was taken in which minute of pos, of the last 24 h
	line   time.Duration // the pos at which the pace line reaches what is spent (rolling)
	unit   time.Duration // what one unit moves the line (rolling)

	start, end      int64 // the fixed day that wall is in, Unix seconds
	prev, cur, next int   // units in the day before it, in it, and in the next one
}

// dayMark remembers which days or minute a take was counted in: the start of the
// fixed day, or the minute, above two bits. The zero mark is that of nothing.
type dayMark int64

const (
	alsoPrev    = 1 // the day before that one counts it as well
	alsoNext    = 2 // or the one after it
	rollingMark = alsoPrev | alsoNext
)

// also reports whether m is of a fixed day and has the bit.
func (m dayMark) also(bit dayMark) bool { return m&rollingMark != rollingMark && m&bit != 0 }

// take counts n units if that many are left of most, and tells where.
func (d *dayCount) take(now time.Time, n, most int) (dayMark, bool) {
	d.advance(now)
	if n <= 0 {
		return 0, true
	}
	if !d.fits(n, most) {
		return 0, false
	}
	return d.charge(n, most), true
}

// charge counts n units whether they are left or not, as of the last time given.
func (d *dayCount) charge(n, most int) dayMark {
	d.recent.add(d.minute(), n)
	d.unit = time.Duration(d.rule.unit(dayLength, most))
	d.line = max(d.line, d.pos) + d.ahead(n)
	mark := d.mark()
	if d.rule.calendar != nil {
		d.cur += n
	}
	if mark.also(alsoPrev) {
		d.prev += n
	}
	if mark.also(alsoNext) {
		d.next += n
	}
	return mark
}

// mark tells where a charge made at the last time given counts.
func (d *dayCount) mark() dayMark {
	if d.rule.calendar == nil {
		return rollingMark | dayMark(d.minute()+1)<<2
	}
	mark := dayMark(d.start) << 2
	if d.afterEdge() {
		mark |= alsoPrev
	}
	if d.beforeEdge() {
		mark |= alsoNext
	}
	return mark
}

// fits reports whether n more units are within most in each day they count in.
func (d *dayCount) fits(n, most int) bool {
	room := most - n
	if d.rule.calendar == nil {
		return d.recent.sum <= room
	}
	return d.cur <= room && (!d.afterEdge() || d.prev <= room) && (!d.beforeEdge() || d.next <= room)
}

// giveBack takes n units of a take off where they were counted. Marks of days
// that are over give nothing back.
func (d *dayCount) giveBack(mark dayMark, n int) {
	if mark == 0 || n <= 0 {
		return
	}
	d.line -= d.ahead(n)
	switch at := int64(mark) >> 2; {
	case d.rule.calendar == nil || mark&rollingMark == rollingMark:
		if m := int32(at) - 1; mark&rollingMark == rollingMark && m > d.minute()-rollMinutes {
			d.recent.remove(m, n)
		}
	case at == d.start:
		d.cur -= n
		if mark.also(alsoPrev) {
			d.prev -= n
		}
		if mark.also(alsoNext) {
			d.next -= n
		}
	case at < d.start && d.follows(at):
		d.prev -= n
		if mark.also(alsoNext) {
			d.cur -= n
		}
	}
}

// follows reports whether the current day comes right after the one that began at start.
func (d *dayCount) follows(start int64) bool {
	_, end := d.rule.calendar.day(start)
	return end == d.start
}

// used is what is spent of the day that now is in.
func (d *dayCount) used(now time.Time) int {
	d.advance(now)
	if d.rule.calendar == nil {
		return d.recent.sum
	}
	return d.cur
}

// freeAt is the earliest time at which n units may be left: now if they are, and
// for a fixed day its end. More than most are never left; for them it is when all
// are back.
func (d *dayCount) freeAt(now time.Time, n, most int) time.Time {
	d.advance(now)
	n = min(n, most)
	switch {
	case d.fits(n, most):
		return now
	case d.rule.calendar == nil:
		back := d.recent.leaves(d.recent.sum+n-most) + rollMinutes
		return now.Add(time.Duration(back)*time.Minute - d.pos)
	case d.cur <= most-n && d.afterEdge():
		return time.Unix(d.start+edgeGuard, 0).In(now.Location())
	default:
		return time.Unix(d.end, 0).In(now.Location())
	}
}

// resetAt is when the first unit comes back: of the rolling day the oldest
// minute's, of a fixed day all at its end. It is zero where nothing is spent.
func (d *dayCount) resetAt(now time.Time) time.Time {
	if d.used(now) == 0 {
		return time.Time{}
	}
	if d.rule.calendar == nil {
		return now.Add(time.Duration(d.recent.leaves(1)+rollMinutes)*time.Minute - d.pos)
	}
	return time.Unix(d.end, 0).In(now.Location())
}

// paceAt is when a background call may take n units: now while what is spent, by
// all, is under the pace line. The line rises evenly over a day to the share of
// most that is not kept in reserve, and an hour's worth may be spent ahead of it;
// a fixed day saves up what was not spent so far, the rolling one has no morning
// to save it from. A call that costs more than that hour goes when nothing is ahead of the line.
func (d *dayCount) paceAt(now time.Time, n, most int) time.Time {
	d.advance(now)
	unit, line := d.rule.unit(dayLength, most), d.line
	if d.rule.calendar != nil {
		unit = d.rule.unit(time.Duration(d.end-d.start)*time.Second, most)
		line = d.pos - time.Duration(d.wall-d.start)*time.Second + time.Duration(float64(d.cur)*unit)
	}
	ahead := time.Duration(math.Min(float64(n)*unit, float64(time.Hour)))
	if at := line + ahead - time.Hour; at > d.pos {
		return now.Add(at - d.pos)
	}
	return now
}

// forecast is when most will be spent if the pace of the last hour goes on; false
// where it will not be within a day, or before a fixed day ends.
func (d *dayCount) forecast(now time.Time, most int) (time.Time, bool) {
	d.advance(now)
	hour := d.recent.since(d.minute() - 60)
	left := most - d.used(now)
	if hour == 0 || left <= 0 {
		return now, left <= 0
	}
	perMinute := float64(hour) / 60
	if d.rule.calendar != nil {
		out := now.Add(time.Duration(float64(left) / perMinute * float64(time.Minute)))
		return out, out.Before(time.Unix(d.end, 0))
	}
	room, back := float64(left), d.recent
	for m := int32(1); m <= rollMinutes; m++ {
		before := back.sum
		back.drop(d.minute() + m - rollMinutes)
		room += float64(before-back.sum) - perMinute
		if room <= 0 {
			return now.Add(time.Duration(m) * time.Minute), true
		}
	}
	return time.Time{}, false
}

// advance moves the count on to now, or leaves it where it is.
func (d *dayCount) advance(now time.Time) {
	if d.seen.IsZero() {
		d.seen, d.wall = now, now.Unix()
		if d.rule.calendar != nil {
			d.start, d.end = d.rule.calendar.day(d.wall)
		}
		return
	}
	if mono := now.Sub(d.seen); mono > 0 {
		if wall := now.Round(0).Sub(d.seen.Round(0)); wall > 0 {
			d.pos += min(mono, wall)
		}
		d.seen = now
	}
	d.recent.drop(d.minute() - rollMinutes)
	if d.wall = max(d.wall, now.Unix()); d.rule.calendar == nil || d.wall < d.end {
		return
	}
	over := d.end
	if d.start, d.end = d.rule.calendar.day(d.wall); d.start == over {
		d.prev, d.cur, d.next = d.cur, d.next, 0
	} else {
		d.prev, d.cur, d.next = 0, 0, 0
	}
}

// ahead is how far n units move the line of the rolling day.
func (d *dayCount) ahead(n int) time.Duration {
	return time.Duration(math.Min(float64(n)*float64(d.unit), float64(dayLength)))
}

// change goes over to another rule. What was taken in the last 24 h is spent of the
// day that the new rule is in.
func (d *dayCount) change(rule *dayRule, now time.Time) {
	d.rule = rule
	d.wall = max(d.wall, now.Unix())
	d.prev, d.cur, d.next = d.recent.sum, d.recent.sum, 0
	if rule.calendar != nil {
		d.start, d.end = rule.calendar.day(d.wall)
	}
}

// minute is where time has got to, as the minutes of recent.
func (d *dayCount) minute() int32 { return int32(d.pos / time.Minute) }

func (d *dayCount) afterEdge() bool  { return d.wall-d.start < edgeGuard }
func (d *dayCount) beforeEdge() bool { return d.end-d.wall <= edgeGuard }

// minutes is a sparse count a minute, in order of time: a tenant that made one
// call takes one element.
type minutes struct {
	list []minuteCount
	head int // the elements before it are dropped
	sum  int
}

type minuteCount struct {
	minute int32
	n      int32
}

// add counts n in minute m, which is never before the last.
func (s *minutes) add(m int32, n int) {
	s.sum += n
	if last := len(s.list) - 1; last >= s.head && s.list[last].minute == m {
		s.list[last].n += int32(n)
		return
	}
	if s.head > 0 && len(s.list) == cap(s.list) {
		s.list = s.list[:copy(s.list, s.list[s.head:])]
		s.head = 0
	}
	s.list = append(s.list, minuteCount{m, int32(n)})
}

// remove takes n off minute m, or off the later one it was joined with, as far as
// it still counts.
func (s *minutes) remove(m int32, n int) {
	i := len(s.list)
	for i > s.head && s.list[i-1].minute >= m {
		i--
	}
	if i < len(s.list) {
		n = min(n, int(s.list[i].n))
		s.list[i].n -= int32(n)
		s.sum -= n
	}
}

// drop forgets minute m and all before it.
func (s *minutes) drop(m int32) {
	for s.head < len(s.list) && s.list[s.head].minute <= m {
		s.sum -= int(s.list[s.head].n)
		s.head++
	}
}

// shrink joins neighbours, the nearest first and always to the later of the two,
// until no more than most are left.
func (s *minutes) shrink(most int) {
	s.list = slices.Delete(s.list, 0, s.head)
	s.head = 0
	for len(s.list) > most {
		best := 1
		for i := 2; i < len(s.list); i++ {
			if s.list[i].minute-s.list[i-1].minute < s.list[best].minute-s.list[best-1].minute {
				best = i
			}
		}
		s.list[best].n += s.list[best-1].n
		s.list = slices.Delete(s.list, best-1, best)
	}
}

// since is what was counted after minute m.
func (s *minutes) since(m int32) (n int) {
	for i := len(s.list) - 1; i >= s.head && s.list[i].minute > m; i-- {
		n += int(s.list[i].n)
	}
	return n
}

// leaves is the minute with whose end n units, counted from the oldest, are gone.
func (s *minutes) leaves(n int) int32 {
	last := int32(0)
	for _, c := range s.list[s.head:] {
		last = c.minute
		if n -= int(c.n); n <= 0 {
			break
		}
	}
	return last
}
