package limiter

import (
	"strings"
	"testing"
	"time"
)

func TestBoundaryValidate(t *testing.T) {
	for _, b := range []Boundary{{}, {Zone: "UTC"}, {Zone: "America/Chicago"}, {Zone: "Europe/London", Hour: 23, Minute: 59}} {
		if err := b.Validate(); err != nil {
			t.Errorf("%v: %v", b, err)
		}
	}
	for want, b := range map[string]Boundary{
		"Hour is 24":         {Zone: "UTC", Hour: 24},
		"Hour is -1":         {Zone: "UTC", Hour: -1},
		"Minute is 60":       {Zone: "UTC", Minute: 60},
		"05:00 of no Zone":   {Hour: 5},
		`Zone is "Local"`:    {Zone: "Local"},
		`"Mars/Olympus"`:     {Zone: "Mars/Olympus"},
		`"../../etc/passwd"`: {Zone: "../../etc/passwd"},
	} {
		if err := b.Validate(); err == nil || !strings.HasPrefix(err.Error(), "limiter: Config.Day") || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want one that says %s", b, err, want)
		}
	}
}

func calendarOf(t testing.TB, b Boundary) calendar {
	t.Helper()
	r, err := newDayRule(b, 0)
	if err != nil {
		t.Fatal(err)
	}
	return *r.calendar
}

func TestCalendarDay(t *testing.T) {
	for _, c := range []struct {
		zone         string
		hour, minute int
		at           string // RFC 3339
		start        string
		hours        float64
	}{
		{"UTC", 0, 0, "2026-11-25T23:59:59Z", "2026-11-25T00:00:00Z", 24},
		{"UTC", 0, 0, "2026-11-25T00:00:00Z", "2026-11-25T00:00:00Z", 24},
		{"UTC", 6, 30, "2026-11-25T06:29:59Z", "2026-11-24T06:30:00Z", 24},
		{"America/Los_Angeles", 0, 0, "2026-11-01T08:30:00Z", "2026-11-01T07:00:00Z", 25},
		{"America/Los_Angeles", 0, 0, "2026-03-08T12:00:00Z", "2026-03-08T08:00:00Z", 23},
		{"Europe/London", 0, 0, "2026-10-25T12:00:00Z", "2026-10-24T23:00:00Z", 25},
		{"Australia/Lord_Howe", 0, 0, "2026-04-04T20:00:00Z", "2026-04-04T13:00:00Z", 24.5},
		// the boundary is skipped: the day begins when the clocks have stepped over it
		{"America/New_York", 2, 30, "2026-03-08T12:00:00Z", "2026-03-08T07:00:00Z", 23.5},
		{"Africa/Cairo", 0, 0, "2023-04-28T12:00:00Z", "2023-04-27T22:00:00Z", 23},
		// it is shown twice: the day begins with the first
		{"America/New_York", 1, 30, "2026-11-01T06:00:00Z", "2026-11-01T05:30:00Z", 25},
		{"America/Havana", 0, 0, "2026-11-01T12:00:00Z", "2026-11-01T04:00:00Z", 25},
		// a date that never was, 2011-12-30
		{"Pacific/Apia", 0, 0, "2011-12-30T09:59:59Z", "2011-12-29T10:00:00Z", 24},
		{"Pacific/Apia", 0, 0, "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z", 24},
	} {
		cal := calendarOf(t, Boundary{c.zone, c.hour, c.minute})
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		start, end := cal.day(at.Unix())
		if got := time.Unix(start, 0).UTC().Format(time.RFC3339); got != c.start || end-start != int64(c.hours*3600) {
			t.Errorf("%s %02d:%02d at %s: begins %s and has %v h, want %s and %v", c.zone, c.hour, c.minute, c.at, got, float64(end-start)/3600, c.start, c.hours)
		}
	}
}

// Days follow each other without a gap, and each instant is in its own, in every
// zone with odd habits and for boundaries that its clocks skip or repeat.
func TestCalendarIsGapless(t *testing.T) {
	for _, zone := range []string{"UTC", "Europe/London", "America/New_York", "America/Havana", "Africa/Cairo", "Africa/Casablanca",
		"Australia/Lord_Howe", "Pacific/Apia", "Pacific/Kiritimati", "Asia/Kathmandu", "America/St_Johns", "Antarctica/Troll"} {
		for _, at := range []Boundary{{zone, 0, 0}, {zone, 1, 30}, {zone, 2, 30}, {zone, 23, 59}} {
			cal := calendarOf(t, at)
			from := time.Date(2011, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
			start, end := cal.day(from)
			for start < from+17*366*86400 {
				for _, in := range []int64{start, start + 1, (start + end) / 2, end - 1} {
					if s, e := cal.day(in); s != start || e != end {
						t.Fatalf("%v: %d is in %d..%d and in %d..%d", at, in, start, end, s, e)
					}
				}
				if h := float64(end-start) / 3600; (h < 22 || h > 26) && zone != "Pacific/Apia" { // it left a day out
					t.Fatalf("%v: the day from %v has %v h", at, time.Unix(start, 0).UTC(), h)
				}
				next, after := cal.day(end)
				if next != end {
					t.Fatalf("%v: after %d comes %d", at, end, next)
				}
				start, end = next, after
			}
		}
	}
}

func FuzzCalendar(f *testing.F) {
	f.Add("America/Los_Angeles", 0, 0, int64(1793521800))
	f.Add("Pacific/Apia", 23, 59, int64(1325239200))
	f.Add("Africa/Casablanca", 2, 30, int64(-1))
	f.Fuzz(func(t *testing.T, zone string, hour, minute int, at int64) {
		r, err := newDayRule(Boundary{zone, hour, minute}, 0)
		if err != nil || r.calendar == nil || at < -1<<40 || at > 1<<40 {
			return
		}
		start, end := r.calendar.day(at)
		if start > at || end <= at || end-start > 52*3600 {
			t.Fatalf("%d is in %d..%d", at, start, end)
		}
	})
}
