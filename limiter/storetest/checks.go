package storetest

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"time"

	"github.com/goodtenant/goodtenant/limiter"
)

// checks are the suite; the comment of each function argues for it.
var checks = []check{
	{"Replay", "the same step sent again changes nothing and answers the same", false, limiter.Day, replay},
	{"Stale", "an older step is refused and changes nothing", false, limiter.Day, stale},
	{"LostReplies", "what was granted and not heard of is spent, never granted twice", false, limiter.Day, lostReplies},
	{"DayRandom", "clients and stores at random: never above the day, and all of it in the end", false, limiter.Day, dayRandom},
	{"DayRefused", "a day that is spent says so at once, with the limit and the time", false, limiter.Day, dayRefused},
	{"DayGiveBack", "units that were not used come back, once", false, limiter.Day, dayGiveBack},
	{"DayCost", "a call costs what it is said to, before and after", false, limiter.Day, dayCost},
	{"DayTenants", "tenants have days of their own, within the app's", false, limiter.Day, dayTenants},
	{"DayReopen", "a count outlives the store, without what its blocks held", false, limiter.Day, dayReopen},
	{"DayLowerHolds", "where two clients differ, the lower limit holds", false, limiter.Day, dayLowerHolds},
	{"RateRandom", "clients and stores at random: no window holds more, and nobody starves", false, limiter.Rate, rateRandom},
	{"RateOpen", "a permit whose call is not at the wire yet keeps its place", false, limiter.Rate, rateOpen},
	{"RateGiveBack", "a permit that was not used leaves the window", false, limiter.Rate, rateGiveBack},
	{"RateReopen", "a window outlives the store", false, limiter.Rate, rateReopen},
	{"AllOrNothing", "a call that waits for one limit spends nothing of another", false, limiter.Rate, allOrNothing},
	{"Pause", "a closed scope is closed for all, and the others are not", false, limiter.Rate, paused},
	{"Slots", "no more in flight than the limit, and a free slot is given on", false, limiter.Concurrency, slots},
	{"Closed", "a closed store grants nothing and may be closed again", false, 0, closed},
	{"RollingDay", "no unit comes back within 24 h, and all do soon after", true, limiter.Day, rollingDay},
	{"FixedDay", "a fixed day begins once, also with a restart in it (field 01)", true, limiter.Day, fixedDay},
	{"LocalDay", "the platform's local days of 23 and 25 h are kept to (field 02)", true, limiter.Day, localDay},
}

func replay(b *bench) {
	c := b.client(b.store(), limiter.Boundary{}, limiter.PerDay(10))
	first := c.ask("a", 4)
	again, err := c.again()
	if err != nil || !reflect.DeepEqual(first, again) {
		b.Errorf("the step answered %+v, and sent again %+v, %v", first, again, err)
	}
	c.sent(first.Grants...)
	if n := len(first.Grants) + c.drain("a", 0); n != 10 {
		b.Errorf("%d of a day of 10 were granted, 4 of them twice over the wire", n)
	}
}

func stale(b *bench) {
	c := b.client(b.store(), limiter.Boundary{}, limiter.PerDay(10))
	n := len(c.ask("a", 2).Grants) + len(c.ask("a", 2).Grants)
	old := *c
	old.batch.Seq -= 1
	for range 5 {
		if g, err := old.again(); !stepRefused(g, err) {
			b.Errorf("a step older than the last was answered with %d grants, %v", len(g.Grants), err)
		}
	}
	if n += c.drain("a", 0); n != 10 {
		b.Errorf("%d of a day of 10 were granted beside the stale steps", n)
	}
}

// Replies are lost on the way: the client sends the step again, or goes on.
func lostReplies(b *bench) {
	r := b.rand(1)
	c := b.client(b.store(), limiter.Boundary{}, limiter.PerDay(100))
	heard := 0
	for range 400 {
		g := c.ask("a", r.IntN(4))
		if r.IntN(3) == 0 {
			again, err := c.again()
			if err != nil || !slices.Equal(again.Grants, g.Grants) {
				b.Errorf("a step sent again after a lost reply has %d grants, then %d other ones, %v", len(g.Grants), len(again.Grants), err)
			}
		}
		if r.IntN(3) == 0 {
			continue
		}
		heard += len(g.Grants)
		c.sent(g.Grants...)
	}
	if heard > 100 {
		b.Errorf("%d units of a day of 100", heard)
	}
	if heard < 40 {
		b.Errorf("only %d units of a day of 100, when a third of the replies was lost", heard)
	}
}

func (b *bench) rand(salt uint64) *rand.Rand {
	seed := uint64(20261125)
	if soak() {
		seed = uint64(time.Now().UnixNano())
	}
	b.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, salt))
}

func dayRandom(b *bench) {
	r, rounds := b.rand(2), 3
	if soak() {
		rounds = 50
	}
	for round := range rounds {
		const most = 500
		limit := limiter.PerDay(most).EachTenant()
		tenant := string(rune('A' + round))
		var clients []*client
		for range 3 {
			s := b.store()
			clients = append(clients, b.client(s, limiter.Boundary{}, limit), b.client(s, limiter.Boundary{}, limit))
		}
		spent, given := 0, 0
		for range 300 {
			c := clients[r.IntN(len(clients))]
			g := c.asks(ask(tenant, r.IntN(4), 1+r.IntN(2)))
			if r.IntN(10) == 0 {
				c.again()
			}
			for _, grant := range g.Grants {
				if r.IntN(5) == 0 {
					c.unsent(grant)
					given += grant.Cost
				} else {
					c.sent(grant)
					spent += grant.Cost
				}
			}
			if len(c.done) > 0 && r.IntN(2) == 0 {
				c.settle()
			}
		}
		for _, c := range clients {
			c.settle()
		}
		b.close() // what blocks held is given back
		last := b.client(b.store(), limiter.Boundary{}, limit)
		for spent < tooMany {
			g := last.ask(tenant, 10)
			if len(g.Grants) == 0 {
				break
			}
			spent += len(g.Grants)
			last.sent(g.Grants...)
		}
		if spent != most {
			b.Errorf("%d units of a day of %d were spent in the end, and %d given back", spent, most, given)
		}
	}
}

func dayRefused(b *bench) {
	limit := limiter.PerDay(5)
	c := b.client(b.store(), limiter.Boundary{}, limit)
	now := time.Now()
	g := c.ask("a", 8)
	c.sent(g.Grants...)
	if len(g.Grants) != 5 || len(g.Refused) != 1 {
		b.Errorf("8 calls on a day of 5: %d granted and %d refusals", len(g.Grants), len(g.Refused))
		return
	}
	r := g.Refused[0]
	if r.Limit != limit || r.Tenant != "a" || r.RetryAt.Before(now.Add(23*time.Hour)) || r.RetryAt.After(now.Add(25*time.Hour)) {
		b.Errorf("the refusal says %+v", r)
	}
	if used(g) != 5 || !g.Day[0].Resets.After(now) {
		b.Errorf("the day is said to be %+v", g.Day)
	}
}

func dayGiveBack(b *bench) {
	c := b.client(b.store(), limiter.Boundary{}, limiter.PerDay(10))
	g := c.ask("a", 10)
	if len(g.Grants) != 10 {
		b.Errorf("%d of a day of 10", len(g.Grants))
		return
	}
	c.unsent(g.Grants[:4]...)
	c.unsent(g.Grants[:4]...) // and again: nothing more
	c.sent(g.Grants[4:]...)
	c.settle()
	c.unsent(g.Grants[4:]...) // too late, they are settled
	if n := c.drain("a", 0); n != 4 {
		b.Errorf("4 of 10 were given back, and %d went", n)
	}
}

func dayCost(b *bench) {
	c := b.client(b.store(), limiter.Boundary{}, limiter.PerDay(100))
	g := c.asks(ask("a", 2, 20))
	if len(g.Grants) != 2 || used(g) != 40 {
		b.Errorf("2 calls of 20 units: %d granted, %d used", len(g.Grants), used(g))
		return
	}
	c.done = append(c.done, limiter.Done{ID: g.Grants[0].ID, Cost: 5, Free: true}, limiter.Done{ID: g.Grants[1].ID, Cost: 45, Free: true})
	if g := c.ask("a", 0); used(g) != 50 {
		b.Errorf("they turned out to cost 5 and 45, and %d are used", used(g))
	}
	if g := c.asks(ask("a", 3, 40)); len(g.Grants) != 1 || len(g.Refused) != 1 {
		b.Errorf("3 calls of 40 with 50 left: %d granted, %d refusals", len(g.Grants), len(g.Refused))
	}
	if n := c.drain("a", 0); n != 10 {
		b.Errorf("%d were left, want 10", n)
	}
}

func dayTenants(b *bench) {
	limits := []limiter.Limit{limiter.PerDay(10).EachTenant(), limiter.PerDay(25)}
	one, two := b.client(b.store(), limiter.Boundary{}, limits...), b.client(b.store(), limiter.Boundary{}, limits...)
	if n := one.drain("a", 0); n != 10 {
		b.Errorf("%d for the first tenant, want its 10", n)
	}
	if n := two.drain("", 0); n != 10 {
		b.Errorf("%d for the empty tenant, which is one of its own; want 10", n)
	}
	if n := two.drain("a", 0); n != 0 {
		b.Errorf("%d more for the first tenant through another store", n)
	}
	one.Close()
	if n := two.drain("c", 0); n != 5 {
		b.Errorf("%d for the third tenant, when the app has 5 left", n)
	}
}

func dayReopen(b *bench) {
	total := 0
	for i := range 6 {
		c := b.client(b.store(), limiter.Boundary{}, limiter.PerDay(1000))
		for range 10 {
			g := c.ask("a", 7)
			c.sent(g.Grants...)
			total += len(g.Grants)
		}
		c.settle()
		if i < 5 {
			b.close()
			continue
		}
		total += c.drain("a", 0)
	}
	if total != 1000 {
		b.Errorf("%d of a day of 1000 over 6 openings", total)
	}
}

func dayLowerHolds(b *bench) {
	s := b.store()
	low, high := b.client(s, limiter.Boundary{}, limiter.PerDay(10)), b.client(b.store(), limiter.Boundary{}, limiter.PerDay(1000))
	n := len(low.ask("a", 1).Grants)
	n += high.drain("a", 0)
	s.Close()
	if n > 10 {
		b.Errorf("one client keeps to 10 a day, the other to 1000: together %d", n)
	}
}

// The judge takes each call as counted when the client says so.
func rateRandom(b *bench) {
	const most, per = 10, 100 * time.Millisecond
	r, want := b.rand(3), 60
	if soak() {
		want = 600
	}
	stores := []limiter.Store{b.store(), b.store()}
	var clients []*client
	for i := range 4 {
		clients = append(clients, b.client(stores[i%2], limiter.Boundary{}, limiter.PerWindow(most, per)))
	}
	var wire []time.Time
	granted := make([]int, len(clients))
	begun := time.Now()
	for len(wire) < want {
		i := r.IntN(len(clients))
		c := clients[i]
		g := c.ask("a", 1+r.IntN(4))
		granted[i] += len(g.Grants)
		for _, grant := range g.Grants {
			if r.IntN(8) == 0 {
				c.unsent(grant)
				continue
			}
			time.Sleep(grant.In + time.Duration(r.IntN(3))*time.Millisecond) // on its way
			wire = append(wire, time.Now())
			c.sent(grant)
			if r.IntN(2) == 0 {
				c.settle()
			}
		}
		if len(g.Grants) == 0 {
			for _, c := range clients {
				c.settle()
			}
			time.Sleep(max(g.Next, time.Millisecond))
		}
		if time.Since(begun) > 30*time.Second+time.Duration(want)*per {
			b.Errorf("only %d of %d calls in %v", len(wire), want, time.Since(begun))
			return
		}
	}
	slices.SortFunc(wire, time.Time.Compare)
	for i := most; i < len(wire); i++ {
		if gap := wire[i].Sub(wire[i-most]); gap < per {
			b.Errorf("%d calls within %v, the limit is %d in %v", most+1, gap, most, per)
			return
		}
	}
	if slices.Min(granted) == 0 {
		b.Errorf("a client got nothing: %v", granted)
	}
}

func rateOpen(b *bench) {
	const per = 50 * time.Millisecond
	c := b.client(b.store(), limiter.Boundary{}, limiter.PerWindow(3, per))
	other := b.client(b.store(), limiter.Boundary{}, limiter.PerWindow(3, per))
	g := c.ask("a", 3)
	if len(g.Grants) != 3 {
		b.Errorf("%d of 3", len(g.Grants))
		return
	}
	time.Sleep(3 * per) // the calls dial
	if n := len(other.ask("a", 3).Grants); n != 0 {
		b.Errorf("%d calls were granted while 3 of 3 are on their way to the wire", n)
	}
	c.sent(g.Grants...)
	told := time.Now()
	c.settle()
	g = other.ask("a", 3)
	for _, grant := range g.Grants { // for later, maybe
		if time.Since(told)+grant.In < per {
			b.Errorf("a call was granted for %v after 3 of 3 have just been counted, the window is %v", time.Since(told)+grant.In, per)
		}
	}
	time.Sleep(per + 5*time.Millisecond)
	if n := len(g.Grants); n < 3 {
		g.Grants = append(g.Grants, other.ask("a", 3-n).Grants...)
	}
	if n := len(g.Grants); n != 3 {
		b.Errorf("%d of 3 a window later", n)
	}
}

func rateGiveBack(b *bench) {
	c := b.client(b.store(), limiter.Boundary{}, limiter.PerWindow(4, time.Hour))
	g := c.ask("a", 4)
	if len(g.Grants) != 4 {
		b.Errorf("%d of 4", len(g.Grants))
		return
	}
	c.unsent(g.Grants[:3]...)
	c.unsent(g.Grants[:3]...)
	c.sent(g.Grants[3:]...)
	if n := len(c.ask("a", 4).Grants); n != 3 {
		b.Errorf("3 of 4 were given back, and %d went", n)
	}
}

func rateReopen(b *bench) {
	c := b.client(b.store(), limiter.Boundary{}, limiter.PerWindow(4, time.Minute))
	g := c.ask("a", 4)
	c.sent(g.Grants[:2]...)
	c.settle()
	b.close()
	c = b.client(b.store(), limiter.Boundary{}, limiter.PerWindow(4, time.Minute))
	if g := c.ask("a", 4); len(g.Grants) != 0 || g.Next <= 0 || g.Next > 2*time.Minute {
		b.Errorf("4 in a minute, opened again: %d more, next in %v", len(g.Grants), g.Next)
	}
}

func allOrNothing(b *bench) {
	if s := b.store(); !s.Shares().Has(limiter.Day) {
		return
	}
	limits := []limiter.Limit{limiter.PerDay(5), limiter.PerWindow(2, time.Hour).EachTenant()}
	c := b.client(b.store(), limiter.Boundary{}, limits...)
	n := 0
	for range 5 {
		g := c.ask("blocked", 3)
		n += len(g.Grants)
		c.sent(g.Grants...)
	}
	if n != 2 {
		b.Errorf("%d of a window of 2", n)
	}
	g := c.ask("free", 3)
	n += len(g.Grants)
	g = c.ask("another", 3)
	if n += len(g.Grants); n != 5 {
		b.Errorf("%d of a day of 5 went: those that waited for their window have spent the rest", n)
	}
}

func paused(b *bench) {
	const length = 100 * time.Millisecond
	one, two := b.client(b.store(), limiter.Boundary{}, limiter.PerSecond(1000)), b.client(b.store(), limiter.Boundary{}, limiter.PerSecond(1000))
	one.batch.Pauses = []limiter.Pause{{Kind: limiter.Rate, Scope: limiter.Tenant, Tenant: "a", For: length}}
	begun := time.Now()
	one.settle()
	one.batch.Pauses = nil
	g := two.ask("a", 1)
	if time.Since(begun) < length && (len(g.Grants) > 0 && g.Grants[0].In < length-time.Since(begun) || len(g.Grants) == 0 && g.Next <= 0) {
		b.Errorf("a tenant that is closed: %+v", g)
	}
	if n := len(two.ask("b", 1).Grants); n != 1 {
		b.Errorf("another tenant got %d", n)
	}
	time.Sleep(length)
	if n := len(two.ask("a", 1).Grants); n != 1 && len(g.Grants) == 0 {
		b.Errorf("after the pause: %d", n)
	}
	one.batch.Pauses = []limiter.Pause{{Kind: limiter.Rate, Scope: limiter.App, For: length}}
	begun = time.Now()
	one.settle()
	g = two.ask("b", 1)
	if time.Since(begun) < length && len(g.Grants) > 0 && g.Grants[0].In < length-time.Since(begun) {
		b.Errorf("an app that is closed: %+v", g)
	}
}

func slots(b *bench) {
	c := b.client(b.store(), limiter.Boundary{}, limiter.Concurrent(3).EachTenant())
	other := b.client(b.store(), limiter.Boundary{}, limiter.Concurrent(3).EachTenant())
	g := c.ask("a", 5)
	n := len(g.Grants) + len(other.ask("a", 5).Grants)
	if n != 3 {
		b.Errorf("%d in flight at a limit of 3", n)
	}
	if len(g.Grants) == 0 {
		return
	}
	c.sent(g.Grants[0])
	c.settle()
	if n := len(c.ask("a", 5).Grants) + len(other.ask("a", 5).Grants); n != 1 {
		b.Errorf("one slot was freed, %d went", n)
	}
}

func closed(b *bench) {
	s := b.store()
	c := b.client(s, limiter.Boundary{}, limiter.PerDay(10), limiter.PerSecond(10))
	c.ask("a", 1)
	if err := s.Close(); err != nil {
		b.Errorf("Close: %v", err)
	}
	c.batch.Seq++
	if g, err := c.again(); !stepRefused(g, err) {
		b.Errorf("a closed store answers %+v, %v", g, err)
	}
}

func rollingDay(b *bench) {
	c := b.client(b.store(), limiter.Boundary{}, limiter.PerDay(100))
	clock(0, 15, 0, 0)
	begun := time.Now()
	if n := c.drain("a", 0); n != 100 {
		b.Errorf("%d of a day of 100", n)
	}
	for time.Since(begun) < 24*time.Hour-8*time.Minute {
		time.Sleep(7 * time.Minute)
		if n := c.drain("a", 0); n != 0 {
			b.Errorf("%d came back after %v", n, time.Since(begun))
			return
		}
	}
	time.Sleep(24*time.Hour + 10*time.Minute - time.Since(begun))
	if n := c.drain("a", 0); n != 100 {
		b.Errorf("%d of 100 are back after 24 h and 10 min", n)
	}
}

// clock sleeps until the time of day, UTC.
func clock(day, hour, minute, second int) {
	now := time.Now().UTC()
	time.Sleep(time.Until(time.Date(now.Year(), now.Month(), now.Day()+day, hour, minute, second, 0, time.UTC)))
}

func fixedDay(b *bench) {
	open := func() *client {
		return b.client(b.store(), limiter.Boundary{Zone: "UTC"}, limiter.PerDay(100))
	}
	c := open()
	clock(0, 10, 0, 0)
	if n := c.drain("a", 0); n != 100 {
		b.Errorf("%d of the first day", n)
	}
	clock(1, 0, 0, 5)
	if n := c.drain("a", 0); n != 100 {
		b.Errorf("%d of the second day", n)
	}
	for i, at := range [][3]int{{0, 10, 0}, {5, 0, 0}, {9, 59, 59}, {10, 0, 1}, {23, 59, 59}} {
		if i == 1 {
			b.close()
			c = open()
		}
		clock(0, at[0], at[1], at[2])
		g := c.ask("a", 1)
		if len(g.Grants) != 0 || len(g.Refused) != 1 {
			b.Errorf("a call went on the second day at %v", at)
			continue
		}
		y, m, d := time.Now().UTC().Date()
		if want := time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC); !g.Refused[0].RetryAt.Equal(want) {
			b.Errorf("refused at %v until %v, want %v", at, g.Refused[0].RetryAt, want)
		}
	}
	clock(1, 0, 0, 5)
	if n := len(c.ask("a", 1).Grants); n != 1 {
		b.Errorf("the third day did not begin")
	}
}

func localDay(b *bench) {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		b.Logf("no zones on this system: %v", err)
		return
	}
	for _, day := range []limiter.Boundary{{}, {Zone: zone.String()}} {
		limit := limiter.PerDay(10).EachTenant()
		c := b.client(b.store(), day, limit)
		tenant, counted, r := "of "+day.Zone, map[string]int{}, b.rand(4)
		for end := time.Now().AddDate(1, 0, 0); time.Now().Before(end); time.Sleep(time.Duration(r.Int64N(int64(12 * time.Hour)))) {
			g := c.ask(tenant, 10)
			c.sent(g.Grants...)
			counted[time.Now().In(zone).Format(time.DateOnly)] += len(g.Grants)
		}
		total := 0
		for on, n := range counted {
			if total += n; n > 10 {
				b.Errorf("%v: %d on %s, of 10 a day", day, n, on)
			}
		}
		if want := 10 * 365 * 3 / 4; total < want {
			b.Errorf("%v: %d in a year of 10 a day, want %d", day, total, want)
		}
	}
}
