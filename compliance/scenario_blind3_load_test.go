package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The third blind family's load tests and broken limits.

// arrivals starts calls at a rate, whatever becomes of those before.
func (g *scene) arrivals(label string, from time.Time, perSecond float64, lasting time.Duration, work func(a *actor)) {
	for at := time.Duration(0); at < lasting; at += time.Duration(float64(time.Second) / perSecond) {
		a := g.breaking(compliance.Batch, label)
		a.at = from.Add(at)
		work(a)
	}
}

// blind3ConstantRate: five calls a second on thirty rows for eight minutes; 2,400 calls.
func blind3ConstantRate(g *scene) {
	s := g.w.sets["properties"]
	g.arrivals("k6", g.officeDay(), 5, 8*time.Minute, func(a *actor) { a.get(s, g.rng.IntN(30)) })
}

// blind3UpAndDown: one virtual user to five and back to one within 18 minutes.
func blind3UpAndDown(g *scene) {
	s, at := g.w.sets, g.officeDay()
	for w := range 5 {
		late := time.Duration(2*w) * time.Minute
		g.workers(1, "k6 stages", at.Add(late), 18*time.Minute-2*late, func(a *actor, _ int) {
			a.list(s["properties"].where("address="+towns[g.rng.IntN(5)], 30), 1, 25)
			a.get(s["contacts"], g.rng.IntN(40))
			a.pause(700 * time.Millisecond)
		})
	}
}

// blind3Weighted: five users of a load tool, one to three seconds between tasks, for
// 25 minutes.
func blind3Weighted(g *scene) {
	s := g.w.sets
	g.workers(5, "locust", g.officeDay(), 25*time.Minute, func(a *actor, _ int) {
		switch task := g.rng.IntN(10); {
		case task < 6:
			a.get(s["properties"], g.rng.IntN(50))
		case task < 9:
			a.list(s["properties"].where("bedroomsFrom="+strconv.Itoa(g.rng.IntN(4)), 40), 1, 25)
		default:
			a.get(s["applicants"], g.rng.IntN(50))
		}
		a.pause(1800 * time.Millisecond)
	})
}

// blind3ClosedLoop: a file of 200 ids, over and over, by five threads, six minutes.
func blind3ClosedLoop(g *scene) {
	s, next := g.w.sets["contacts"], 0
	g.workers(5, "thread group", g.officeDay(), 6*time.Minute, func(a *actor, _ int) {
		a.slow = 4
		a.get(s, next%200)
		next++
	})
}

// blind3Steps: two calls a second, four, eight and twelve, two minutes each.
func blind3Steps(g *scene) {
	s, at := g.w.sets["applicants"], g.officeDay()
	for i, perSecond := range []float64{2, 4, 8, 12} {
		g.arrivals("steps", at.Add(time.Duration(2*i)*time.Minute), perSecond, 2*time.Minute, func(a *actor) { a.get(s, g.rng.IntN(25)) })
	}
}

// blind3UntilRefused: five workers ever faster for seven minutes; towards the end
// one call of five is refused.
func blind3UntilRefused(g *scene) {
	s, at := g.w.sets["properties"], g.officeDay()
	g.workers(5, "find the limit", at, 7*time.Minute, func(a *actor, _ int) {
		row := g.rng.IntN(60)
		gone := a.at.Sub(at)
		if gone > 5*time.Minute && g.rng.IntN(5) == 0 {
			a.throttle(s, row, "")
		} else {
			a.get(s, row)
		}
		a.pause(900*time.Millisecond - gone*2/1000)
	})
}

// blind3SandboxRate: three calls a second for half an hour; 5,400 calls.
func blind3SandboxRate(g *scene) {
	g.w = newWorld(g.rng, "SBOX")
	s := g.w.sets["properties"]
	g.arrivals("rate", g.officeDay(), 3, 30*time.Minute, func(a *actor) { a.get(s, g.rng.IntN(100)) })
}

// blind3SandboxContacts: 800 contacts, each looked for and created, in some
// thirteen minutes.
func blind3SandboxContacts(g *scene) {
	g.w = newWorld(g.rng, "SBOX")
	s := g.w.sets["contacts"]
	for at, w := g.officeDay(), 0; w < 2; w++ {
		a := g.breaking(compliance.Batch, "seed data")
		a.at = at
		for range 400 {
			mail := email(g.rng)
			a.lookup(s, "email", mail, 0)
			a.post(s, contactBody(mail, g.rng))
			a.pause(1600 * time.Millisecond)
		}
	}
}

// blind3SandboxNights: six calls a second for six minutes, on three nights.
func blind3SandboxNights(g *scene) {
	g.w = newWorld(g.rng, "SBOX")
	s := g.w.sets["contacts"]
	for d := range g.days {
		g.workers(2, "perf suite", g.date(d).Add(time.Hour), 6*time.Minute, func(a *actor, _ int) {
			a.list(s.where("name=N"+strconv.Itoa(g.rng.IntN(20)), 12), 1, 25)
			a.pause(150 * time.Millisecond)
		})
	}
}

// blind3AllAtOnce: a list, and all its forty rows within a second, eight times.
func blind3AllAtOnce(g *scene) {
	g.free = true
	s := g.w.sets["properties"]
	for range 8 {
		a := g.breaking(compliance.User, "user-4")
		a.route, a.at = "compare", g.officeDay()
		for i, row := range a.list(s.where("address="+towns[g.rng.IntN(20)]+"&sortBy=price", 40), 1, 40) {
			b := *a
			b.at, b.slow = a.at.Add(time.Duration(i)*20*time.Millisecond), 2
			b.get(s, row)
		}
	}
}

// blind3Unlimited: some thirty calls a second, each after the last one's end, for
// two minutes.
func blind3Unlimited(g *scene) {
	g.free = true
	s := g.w.sets["applicants"]
	g.workers(1, "recount", g.officeDay(), 2*time.Minute, func(a *actor, _ int) {
		a.slow = 0.3
		a.get(s, s.pick(g.rng))
		a.wait(5 * time.Millisecond)
	})
}

// blind3TwoProcesses: six slow calls under way at each of two processes, for two minutes.
func blind3TwoProcesses(g *scene) {
	g.free = true
	s, at := g.w.sets["tasks"], g.officeDay()
	g.workers(12, "pool", at, 2*time.Minute, func(a *actor, _ int) {
		a.slow = 14
		a.get(s, s.pick(g.rng))
		a.pause(100 * time.Millisecond)
	})
}

// blind3SevenAtOne: of three customers one has seven calls under way at once, thirty
// times; the others have two.
func blind3SevenAtOne(g *scene) {
	g.free = true
	var at [30]time.Time
	for i := range at {
		at[i] = g.officeDay()
	}
	g.eachCustomer(3, func(t int) {
		s := g.w.sets["contacts"]
		for i := range at {
			width := 2
			if t == 0 {
				width = 7
			}
			for k := range width {
				a := g.breaking(compliance.Batch, "letters")
				a.at, a.slow = at[i].Add(time.Duration(k*90+t*20)*time.Millisecond), 20
				a.get(s, s.pick(g.rng))
			}
		}
	})
}

// deafTo is told to wait, so many seconds, and waits as it sees fit; n times.
func (g *scene) deafTo(name string, n int, told string, pauses []time.Duration) {
	s := g.w.sets[name]
	for range n {
		a := g.breaking(compliance.System, "sender")
		a.at = g.officeDay()
		row := s.pick(g.rng)
		for _, pause := range pauses {
			a.throttle(s, row, told)
			a.wait(pause)
		}
		a.get(s, row)
	}
}

// blind3Capped: told to wait for a minute, it never waits more than a second; 40 calls too early.
func blind3Capped(g *scene) {
	var pauses [8]time.Duration
	for i := range pauses {
		pauses[i] = time.Second
	}
	g.deafTo("contacts", 5, "60", pauses[:])
}

// blind3OwnBackOff: told to wait for 45 s, it waits for one, two, four...; 40 calls too early.
func blind3OwnBackOff(g *scene) {
	g.deafTo("offers", 8, "45", []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second})
}
