package limiter

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
	"unsafe"
)

func countOf(t testing.TB, b Boundary) *dayCount {
	t.Helper()
	r, err := newDayRule(b, 0.2)
	if err != nil {
		t.Fatal(err)
	}
	return &dayCount{rule: r}
}

// spend makes n calls of one unit and tells how many were let through.
func spend(d *dayCount, at time.Time, n, most int) (got int) {
	for range n {
		if _, ok := d.take(at, 1, most); ok {
			got++
		}
	}
	return got
}

func utc(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", s)
	if err != nil {
		panic(err)
	}
	return t
}

// One rule finds and applies the roll-over, so that the count starts anew once a day.
func TestField01(t *testing.T) {
	const most = 100
	d := countOf(t, Boundary{Zone: "UTC"})
	if n := spend(d, utc("2026-11-24 10:00:00"), 50, most) + spend(d, utc("2026-11-24 10:05:00"), 50, most); n != 100 {
		t.Fatalf("%d of the first 100 went", n)
	}
	if n := spend(d, utc("2026-11-25 00:00:05"), 100, most); n != 100 {
		t.Fatalf("%d of 100 went on the next day", n)
	}
	for _, at := range []string{"2026-11-25 00:10:00", "2026-11-25 05:00:00", "2026-11-25 09:59:59", "2026-11-25 10:00:01", "2026-11-25 23:59:59"} {
		if spend(d, utc(at), 1, most) != 0 {
			t.Errorf("a call went at %s", at)
		}
		if back := d.freeAt(utc(at), 1, most); !back.Equal(utc("2026-11-26 00:00:00")) {
			t.Errorf("at %s the next unit is said to come at %v", at, back)
		}
	}
	if spend(d, utc("2026-11-26 00:00:05"), 1, most) != 1 {
		t.Error("the day after did not begin")
	}

	d = countOf(t, Boundary{})
	spend(d, utc("2026-11-24 10:00:00"), 50, most)
	spend(d, utc("2026-11-24 10:05:00"), 50, most)
	for at := utc("2026-11-24 10:06:00"); at.Before(utc("2026-11-25 10:00:00")); at = at.Add(time.Minute) {
		if spend(d, at, 1, most) != 0 {
			t.Fatalf("rolling: a call went at %v", at)
		}
	}
	if n := spend(d, utc("2026-11-25 10:02:00"), 100, most); n != 50 {
		t.Errorf("rolling: %d came back from the first minute, want 50", n)
	}
}

// A platform's day that begins in another zone than ours is kept to wherever it begins.
func TestField02(t *testing.T) {
	const most = 10
	judge := calendarOf(t, Boundary{Zone: "America/Los_Angeles"})
	for name, b := range map[string]Boundary{"rolling": {}, "its zone": {Zone: "America/Los_Angeles"}} {
		d, days, total := countOf(t, b), map[int64]int{}, 0
		for _, at := range []string{
			"2026-11-01 06:30:00", "2026-11-01 07:30:00", "2026-11-01 08:30:00", "2026-11-02 07:30:00", "2026-11-02 08:30:00",
			"2026-11-10 23:30:00", "2026-11-11 00:30:00", "2026-11-11 08:30:00", "2026-11-12 00:30:00",
		} {
			start, _ := judge.day(utc(at).Unix())
			n := spend(d, utc(at), most, most)
			days[start] += n
			total += n
		}
		for start, n := range days {
			if n > most {
				t.Errorf("%s: %d calls on the day from %v", name, n, time.Unix(start, 0).UTC())
			}
		}
		if want := map[string]int{"rolling": 40, "its zone": 50}[name]; total != want {
			t.Errorf("%s: %d calls went, want %d", name, total, want)
		}
	}
	// the client that this is about: a ledger of UTC days
	d, n := countOf(t, Boundary{Zone: "UTC"}), 0
	for _, at := range []string{"2026-11-10 23:30:00", "2026-11-11 00:30:00"} {
		n += spend(d, utc(at), most, most)
	}
	if n != 20 {
		t.Errorf("the check does not bite: a UTC ledger spent %d", n)
	}
}

// step gives t with its wall clock set on by whole seconds and its monotonic
// clock left alone, as a clock step does; nothing exported can.
func step(t time.Time, seconds int) time.Time {
	p := (*struct {
		wall uint64
		ext  int64
		loc  *time.Location
	})(unsafe.Pointer(&t))
	if p.wall>>63 == 0 {
		panic("no monotonic reading")
	}
	p.wall += uint64(seconds) << 30
	return t
}

// Wall clock steps, leap seconds, DST and suspend never bring a unit back early.
func TestFault77(t *testing.T) {
	const most, day = 10, 24 * 3600
	base := time.Now()
	t.Run("rolling", func(t *testing.T) {
		d := countOf(t, Boundary{})
		if n := spend(d, base, 20, most); n != most {
			t.Fatalf("%d of a day of %d", n, most)
		}
		for _, c := range []struct {
			name string
			at   time.Time
			want int
		}{
			{"set forward by two days", step(base.Add(time.Second), 2*day), 0},
			{"set back by two days", step(base.Add(2*time.Second), -2*day), 0},
			{"and right again", base.Add(3 * time.Second), 0},
			{"a leap second", step(base.Add(4*time.Second), -1), 0},
			{"an hour of summer time", base.Add(time.Hour).In(time.FixedZone("", 7200)), 0},
			{"out of order", base.Add(-time.Hour), 0},
			{"the same day", base.Add(23*time.Hour + 59*time.Minute), 0},
		} {
			if n := spend(d, c.at, 1, most); n != c.want {
				t.Errorf("%s: %d went", c.name, n)
			}
		}
		// nothing that was stepped is lost for good: real time brings it back
		if n := spend(d, base.Add(24*time.Hour+3*time.Minute), 20, most); n != most {
			t.Errorf("a day later %d of %d are back", n, most)
		}
	})
	t.Run("suspended", func(t *testing.T) { // the wall clock goes on, the monotonic one does not
		d := countOf(t, Boundary{})
		spend(d, base, most, most)
		if n := spend(d, step(base.Add(time.Hour), 20*3600), 1, most); n != 0 {
			t.Errorf("%d came back within 21 h", n)
		}
		if n := spend(d, step(base.Add(24*time.Hour+3*time.Minute), 20*3600), most, most); n != most {
			t.Errorf("%d of %d were back in the end", n, most)
		}
	})
	t.Run("fixed", func(t *testing.T) {
		d := countOf(t, Boundary{Zone: "UTC"})
		at := utc("2026-11-25 12:00:00")
		spend(d, at, most, most)
		if n := spend(d, at.Add(-36*time.Hour), 1, most); n != 0 {
			t.Errorf("set back over midnight, %d went", n)
		}
		if n := spend(d, at.Add(time.Hour), 1, most); n != 0 {
			t.Errorf("and on again, %d went", n)
		}
		if n := spend(d, at.Add(24*time.Hour), 20, most); n != most {
			t.Errorf("on the next day %d of %d went", n, most)
		}
		if n := spend(d, at, 1, most) + spend(d, at.Add(-24*time.Hour), 1, most); n != 0 {
			t.Errorf("set back to a day that is over, %d went: the day it is in never gets an earlier one", n)
		}
	})
}

// What is sent about the edge of a day counts on the day it was sent, and on the
// other one as well while the clocks may differ; what is given back goes back there.
func TestFault78(t *testing.T) {
	const most = 100
	d := countOf(t, Boundary{Zone: "UTC"})
	edge := utc("2026-11-26 00:00:00")
	early, _ := d.take(edge.Add(-time.Hour), 60, most)
	late, ok := d.take(edge.Add(-2*time.Second), 5, most)
	if !ok || d.used(edge.Add(-2*time.Second)) != 65 {
		t.Fatalf("before the edge: %v, used %d", ok, d.used(edge.Add(-2*time.Second)))
	}
	if n := d.used(edge); n != 5 {
		t.Errorf("the new day begins with %d, want the 5 sent a moment ago", n)
	}
	if n := spend(d, edge.Add(time.Second), most, most); n != 35 {
		t.Errorf("%d more went in the new day's first seconds, when the old day has 35 left", n)
	}
	if at := d.freeAt(edge.Add(2*time.Second), 1, most); !at.Equal(edge.Add(5 * time.Second)) {
		t.Errorf("the rest is said to come at %v", at)
	}
	if n := spend(d, edge.Add(5*time.Second), most, most); n != 60 {
		t.Errorf("%d went after the guard, want 60", n)
	}
	d.giveBack(late, 5)
	if n := spend(d, edge.Add(6*time.Second), most, most); n != 5 {
		t.Errorf("%d of the 5 given back came back to the new day", n)
	}
	d.giveBack(early, 60)
	if n := spend(d, edge.Add(7*time.Second), most, most); n != 0 {
		t.Errorf("what yesterday gave back went today: %d", n)
	}
}

func TestDayGiveBack(t *testing.T) {
	at := utc("2026-11-25 12:00:30")
	for name, b := range map[string]Boundary{"rolling": {}, "fixed": {Zone: "UTC"}} {
		d := countOf(t, b)
		one, _ := d.take(at, 3, 10)
		two, _ := d.take(at.Add(time.Hour), 4, 10)
		if none, ok := d.take(at.Add(time.Hour), 4, 10); ok || none != 0 || d.used(at.Add(time.Hour)) != 7 {
			t.Errorf("%s: a refused take counted", name)
		}
		d.giveBack(one, 3)
		if n := d.used(at.Add(time.Hour)); n != 4 {
			t.Errorf("%s: %d used after 3 of 7 were given back", name, n)
		}
		d.giveBack(two, 1)
		d.giveBack(0, 5)
		if n := d.used(at.Add(time.Hour)); n != 3 {
			t.Errorf("%s: %d used, want 3", name, n)
		}
		if _, ok := d.take(at.Add(30*time.Hour), 10, 10); !ok {
			t.Errorf("%s: the next day is not whole", name)
		}
		d.giveBack(two, 3)
		if n := d.used(at.Add(30 * time.Hour)); n != 10 {
			t.Errorf("%s: a unit of a day that is over came back to this one: %d", name, n)
		}
	}
}

func TestDayReset(t *testing.T) {
	at := utc("2026-11-25 12:00:00")
	d := countOf(t, Boundary{})
	if !d.resetAt(at).IsZero() {
		t.Error("something is to come back, and nothing was spent")
	}
	d.take(at, 4, 10)
	d.take(at.Add(3*time.Hour), 6, 10)
	now := at.Add(4 * time.Hour)
	for n, want := range map[int]time.Duration{1: 24*time.Hour + 2*time.Minute, 4: 24*time.Hour + 2*time.Minute,
		5: 27*time.Hour + 2*time.Minute, 10: 27*time.Hour + 2*time.Minute, 99: 27*time.Hour + 2*time.Minute} {
		back := d.freeAt(now, n, 10)
		if back.Sub(at) != want {
			t.Errorf("%d units are back after %v, want %v", n, back.Sub(at), want)
		}
		if e := *d; n <= 10 { // and they are, then and not a minute earlier
			e.recent.list = slices.Clone(d.recent.list)
			if _, ok := e.take(back.Add(-time.Minute), n, 10); ok {
				t.Errorf("%d units were there before %v", n, back)
			}
			if _, ok := e.take(back, n, 10); !ok {
				t.Errorf("%d units were not there at %v", n, back)
			}
		}
	}
	if first := d.resetAt(now); first.Sub(at) != 24*time.Hour+2*time.Minute {
		t.Errorf("the first unit comes back after %v", first.Sub(at))
	}
}

func TestDayPaceLine(t *testing.T) {
	const most = 24_000 // 800 an hour without the reserve of a fifth
	for name, b := range map[string]Boundary{"rolling": {}, "fixed": {Zone: "UTC"}} {
		d, at := countOf(t, b), utc("2026-11-25 00:00:10")
		background := func() (n int) {
			for !d.paceAt(at, 1, most).After(at) {
				if _, ok := d.take(at, 1, most); !ok {
					break
				}
				n++
			}
			return n
		}
		if n := background(); n < 795 || n > 810 {
			t.Errorf("%s: %d ahead of the line, want an hour's worth", name, n)
		}
		wait := d.paceAt(at, 10, most).Sub(at)
		if want := 45 * time.Second; wait < want-5*time.Second || wait > want+5*time.Second {
			t.Errorf("%s: 10 more wait %v, want about %v", name, wait, want)
		}
		if at = at.Add(wait); d.paceAt(at, 10, most).After(at) {
			t.Errorf("%s: at the time told it has to wait on", name)
		}
		if _, ok := d.take(at, 2000, most); !ok {
			t.Errorf("%s: the line held up a call that is not background", name)
		}
		if wait := d.paceAt(at, 1, most).Sub(at); wait < 2*time.Hour {
			t.Errorf("%s: what others spent moves the line by %v only", name, wait)
		}
		// a fixed day saves up what was not spent; of the rolling one an hour's worth
		at = utc("2026-11-25 22:00:00")
		low, high := 795, 810
		if name == "fixed" {
			low, high = 15_500, 15_600 // 19,200 of a day, by 23:00, less what is spent
		}
		if n := background(); n < low || n > high {
			t.Errorf("%s: %d late in a quiet day, want %d to %d", name, n, low, high)
		}
	}
}

func TestDayForecast(t *testing.T) {
	for name, b := range map[string]Boundary{"rolling": {}, "fixed": {Zone: "UTC"}} {
		d, at := countOf(t, b), utc("2026-11-25 08:00:00")
		if _, ok := d.forecast(at, 1000); ok {
			t.Errorf("%s: a forecast without a call", name)
		}
		for range 60 {
			at = at.Add(time.Minute)
			d.take(at, 10, 2000)
		}
		when, ok := d.forecast(at, 2000) // 600 an hour, 1,400 left
		if want := 140 * time.Minute; !ok || when.Sub(at) < want-5*time.Minute || when.Sub(at) > want+5*time.Minute {
			t.Errorf("%s: runs out in %v, %v; want %v", name, when.Sub(at), ok, want)
		}
		if _, ok := d.forecast(at, 20_000); ok {
			t.Errorf("%s: at 14,400 a day it does not run out of 20,000", name)
		}
		d.take(at, 1400, 2000)
		if when, ok := d.forecast(at, 2000); !ok || !when.Equal(at) {
			t.Errorf("%s: spent, and said to run out at %v, %v", name, when, ok)
		}
	}
}

// Seven days of random traffic, judged by the platform: no 24 hours of a rolling
// day, and no day of a fixed one, hold more than the limit, whenever within the
// guard a call arrives; and not much of the budget stays unused.
func TestDaySoak(t *testing.T) {
	const most = 500
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 7))
		zone := []string{"", "UTC", "America/Los_Angeles", "Europe/London"}[seed%4]
		d := countOf(t, Boundary{Zone: zone, Hour: map[bool]int{true: int(seed % 24)}[zone != ""]})
		begin := utc("2026-10-24 09:00:00") // over the change to winter time in Europe, or the one in America
		if seed%8 > 3 {
			begin = utc("2026-10-30 09:00:00")
		}
		var arrivals []time.Time
		for at := begin; at.Before(begin.AddDate(0, 0, 7)); at = at.Add(time.Duration(r.Int64N(int64(4 * time.Minute)))) {
			for n := r.IntN(10); n > 0; n-- {
				late := time.Duration(r.Int64N(int64(time.Minute)))
				if zone != "" {
					late = time.Duration(r.Int64N(int64(10*time.Second))) - 5*time.Second + 1 // the clocks differ by this
				}
				mark, ok := d.take(at, 1, most)
				switch {
				case ok && r.IntN(10) == 0:
					d.giveBack(mark, 1)
				case ok:
					arrivals = append(arrivals, at.Add(late))
				case d.used(at) < most && !d.freeAt(at, 1, most).After(at):
					t.Fatalf("seed %d: refused with %d used", seed, d.used(at))
				}
			}
		}
		slices.SortFunc(arrivals, time.Time.Compare)
		if zone == "" {
			for i := most; i < len(arrivals); i++ {
				if arrivals[i].Sub(arrivals[i-most]) < 24*time.Hour {
					t.Fatalf("seed %d: %d calls within 24 h of %v", seed, most+1, arrivals[i-most])
				}
			}
		} else {
			days := map[int64]int{}
			for _, at := range arrivals {
				start, _ := d.rule.calendar.day(at.Unix())
				if days[start]++; days[start] > most {
					t.Fatalf("seed %d: more than %d calls on the day from %v", seed, most, time.Unix(start, 0).UTC())
				}
			}
		}
		if len(arrivals) < 7*most*99/100 {
			t.Errorf("seed %d (%q): only %d calls in 7 days of %d", seed, zone, len(arrivals), most)
		}
	}
}

// A tenant that calls rarely costs little, and a busy day no allocation a call.
func TestDayCost(t *testing.T) {
	d := countOf(t, Boundary{})
	at := utc("2026-11-25 00:00:00")
	d.take(at, 1, 1e6)
	if size := int(unsafe.Sizeof(*d)) + cap(d.recent.list)*int(unsafe.Sizeof(minuteCount{})); size > 256 {
		t.Errorf("a count with one call takes %d bytes", size)
	}
	for range 3 * 24 * 60 {
		at = at.Add(time.Minute)
		d.take(at, 1, 1e6)
	}
	if n := testing.AllocsPerRun(3000, func() { at = at.Add(time.Second); d.take(at, 1, 1e6) }); n != 0 {
		t.Errorf("%v allocations a call", n)
	}
	if n := len(d.recent.list); n > 2*rollMinutes {
		t.Errorf("%d minutes are kept", n)
	}
}

func FuzzDayCount(f *testing.F) {
	f.Add([]byte{10, 1, 200, 3, 0, 0, 255, 255, 90, 7}, false)
	f.Add([]byte("any schedule is a list of steps in time, and of units"), true)
	f.Fuzz(func(t *testing.T, plan []byte, fixed bool) {
		b := Boundary{}
		if fixed {
			b = Boundary{Zone: "Europe/London", Hour: 3}
		}
		d, at := countOf(t, b), utc("2026-10-24 02:59:00")
		const most = 100
		var marks []dayMark
		var costs []int
		for i := 0; i+1 < min(len(plan), 1000); i += 2 {
			at = at.Add(time.Duration(plan[i]) * time.Duration(plan[i]) * time.Second / 4)
			if plan[i] == 255 {
				at = at.Add(-30 * time.Hour)
			}
			n := int(plan[i+1] % 60)
			if plan[i+1]%7 == 0 && len(marks) > 0 {
				d.giveBack(marks[0], costs[0])
				marks, costs = marks[1:], costs[1:]
			} else if mark, ok := d.take(at, n, most); ok {
				marks, costs = append(marks, mark), append(costs, n)
			}
			if used := d.used(at); used < 0 || used > most || d.prev < 0 || d.next < 0 {
				t.Fatalf("step %d: used %d, the day before %d, the next %d", i, used, d.prev, d.next)
			}
			if back := d.freeAt(at, 1, most); back.Before(at) && !fixed {
				t.Fatalf("step %d: free at %v, which is before %v", i, back, at)
			}
			d.paceAt(at, n, most)
			d.forecast(at, most)
		}
	})
}
