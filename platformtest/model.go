package platformtest

import "time"

// A meter counts calls against one limit. Its methods take the time, which
// never goes back; it has no clock and no lock.
type meter interface {
	// take counts a call at now when there is room for it.
	take(now time.Time) bool
	// refuse is told of a call that was refused, here or by another limit.
	refuse(now time.Time)
	// left is how many calls there is room for at now.
	left(now time.Time) int
	// next is when there is room for a call, not before now.
	next(now time.Time) time.Time
}

func (c Config) newMeter() meter {
	switch {
	case c.Rate < 0:
		return unlimited{}
	case c.Model == FixedWindow:
		return &fixedWindow{rate: c.Rate, per: c.Per, phase: c.Phase}
	case c.Model == TokenBucket:
		return &tokenBucket{rate: int64(c.Rate), per: int64(c.Per), burst: int64(c.Burst)}
	}
	return newSlidingLog(c.Rate, c.Per, c.CountRejected)
}

func (c Config) newDayMeter() meter {
	switch {
	case c.Day < 0:
		return unlimited{}
	case c.DayBoundary == Boundary{}:
		return newSlidingLog(c.Day, 24*time.Hour, false)
	}
	zone, err := time.LoadLocation(c.DayBoundary.Zone)
	if err != nil { // validate has loaded it before
		zone = time.UTC
	}
	return &calendarDay{max: c.Day, at: c.DayBoundary, zone: zone}
}

type unlimited struct{}

func (unlimited) take(time.Time) bool          { return true }
func (unlimited) refuse(time.Time)             {}
func (unlimited) left(time.Time) int           { return 1 << 30 }
func (unlimited) next(now time.Time) time.Time { return now }

// slidingLog admits rate calls in any half-open window of per. Only the newest
// rate entries matter: there is room when the oldest of them has left.
type slidingLog struct {
	per           time.Duration
	countRejected bool
	rate          int
	entries       []time.Time // a ring once it is full
	oldest        int
}

func newSlidingLog(rate int, per time.Duration, countRejected bool) *slidingLog {
	return &slidingLog{rate: rate, per: per, countRejected: countRejected}
}

func (l *slidingLog) take(now time.Time) bool {
	if l.next(now).After(now) {
		return false
	}
	l.add(now)
	return true
}

func (l *slidingLog) refuse(now time.Time) {
	if l.countRejected {
		l.add(now)
	}
}

func (l *slidingLog) add(now time.Time) {
	if len(l.entries) < l.rate {
		l.entries = append(l.entries, now)
		return
	}
	l.entries[l.oldest] = now
	l.oldest = (l.oldest + 1) % l.rate
}

func (l *slidingLog) left(now time.Time) int {
	n := l.rate - len(l.entries)
	for i := range l.entries {
		if l.entries[(l.oldest+i)%len(l.entries)].Add(l.per).After(now) {
			break
		}
		n++
	}
	return n
}

func (l *slidingLog) next(now time.Time) time.Time {
	if len(l.entries) == l.rate {
		return later(now, l.entries[l.oldest].Add(l.per))
	}
	return now
}

// fixedWindow admits rate calls in each window of per. Windows begin at the
// multiples of per since the Unix epoch, plus phase, and are numbered from there.
type fixedWindow struct {
	rate       int
	per, phase time.Duration
	index      int64
	used       int
}

func (w *fixedWindow) roll(now time.Time) (into time.Duration) {
	since := now.UnixNano() - int64(w.phase)
	index := since / int64(w.per)
	if since%int64(w.per) < 0 {
		index--
	}
	if index != w.index {
		w.index, w.used = index, 0
	}
	return time.Duration(since - index*int64(w.per))
}

func (w *fixedWindow) take(now time.Time) bool {
	if w.left(now) <= 0 {
		return false
	}
	w.used++
	return true
}

func (w *fixedWindow) refuse(time.Time) {}

func (w *fixedWindow) left(now time.Time) int {
	w.roll(now)
	return w.rate - w.used
}

func (w *fixedWindow) next(now time.Time) time.Time {
	if into := w.roll(now); w.used >= w.rate {
		return now.Add(w.per - into)
	}
	return now
}

// tokenBucket refills at rate in per, up to burst. It counts in integers: a
// call costs per, and each nanosecond brings rate.
type tokenBucket struct {
	rate, per, burst int64
	level            int64
	at               time.Time
}

func (b *tokenBucket) refill(now time.Time) {
	full := b.burst * b.per
	since := int64(now.Sub(b.at))
	if b.at.IsZero() || since > (full-b.level)/b.rate {
		b.level = full
	} else if since > 0 {
		b.level += since * b.rate
	}
	b.at = now
}

func (b *tokenBucket) take(now time.Time) bool {
	b.refill(now)
	if b.level < b.per {
		return false
	}
	b.level -= b.per
	return true
}

func (b *tokenBucket) refuse(time.Time) {}

func (b *tokenBucket) left(now time.Time) int {
	b.refill(now)
	return int(b.level / b.per)
}

func (b *tokenBucket) next(now time.Time) time.Time {
	b.refill(now)
	if short := b.per - b.level; short > 0 {
		return now.Add(time.Duration((short + b.rate - 1) / b.rate))
	}
	return now
}

// calendarDay admits max calls from one boundary to the next, in its zone.
type calendarDay struct {
	max  int
	at   Boundary
	zone *time.Location
	end  time.Time
	used int
}

func (d *calendarDay) roll(now time.Time) {
	if !now.Before(d.end) {
		d.end, d.used = d.boundaryAfter(now), 0
	}
}

func (d *calendarDay) boundaryAfter(now time.Time) time.Time {
	y, m, day := now.In(d.zone).Date()
	for {
		if b := time.Date(y, m, day, d.at.Hour, d.at.Minute, 0, 0, d.zone); b.After(now) {
			return b
		}
		day++
	}
}

func (d *calendarDay) take(now time.Time) bool {
	if d.left(now) <= 0 {
		return false
	}
	d.used++
	return true
}

func (d *calendarDay) refuse(time.Time) {}

func (d *calendarDay) left(now time.Time) int {
	d.roll(now)
	return d.max - d.used
}

func (d *calendarDay) next(now time.Time) time.Time {
	if d.left(now) > 0 {
		return now
	}
	return d.end
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
