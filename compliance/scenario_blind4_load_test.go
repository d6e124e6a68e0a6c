package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The fourth blind family's load tests and broken limits.

// blind4ThinkTime: four virtual users with a short pause, ten searches out of a file
// over and over, for ten minutes; 3,000 calls and more.
func blind4ThinkTime(g *scene) {
	s := g.w.sets["properties"]
	g.workers(4, "vus", g.officeDay(), 10*time.Minute, func(a *actor, _ int) {
		i := g.rng.IntN(10)
		a.list(s.where("address="+towns[i]+"&bedroomsFrom="+strconv.Itoa(i%4), 20+i), 1, 25)
		a.pause(400 * time.Millisecond)
	})
}

// blind4Arriving: from one call a second to fourteen within eight minutes; 3,600 calls.
func blind4Arriving(g *scene) {
	s, from := g.w.sets["contacts"], g.officeDay()
	for at := time.Duration(0); at < 8*time.Minute; {
		a := g.breaking(compliance.Batch, "arrival rate")
		a.at = from.Add(at)
		a.get(s, g.rng.IntN(80))
		at += time.Duration(float64(time.Second) / (1 + 13*at.Minutes()/8))
	}
}

// blind4Intervals: ten calls a second for forty seconds, and twenty seconds of rest,
// fifteen times; 6,000 calls.
func blind4Intervals(g *scene) {
	s, at := g.w.sets["properties"], g.officeDay()
	for i := range 15 {
		g.arrivals("intervals", at.Add(time.Duration(i)*time.Minute), 10, 40*time.Second, func(a *actor) { a.get(s, g.rng.IntN(40)) })
	}
}

// blind4Journeys: the five steps of one recorded visit, by three workers for 20
// minutes; 4,000 calls and more.
func blind4Journeys(g *scene) {
	s := g.w.sets
	g.workers(3, "journeys", g.officeDay(), 20*time.Minute, func(a *actor, _ int) {
		i := g.rng.IntN(6)
		a.list(s["properties"].where("address="+towns[i], 25), 1, 25)
		a.pause(600 * time.Millisecond)
		a.get(s["properties"], i)
		a.pause(600 * time.Millisecond)
		a.list(s["propertyImages"].where("propertyId="+s["properties"].id(i), 12), 1, 25)
		a.pause(600 * time.Millisecond)
		a.get(s["contacts"], i)
		a.pause(600 * time.Millisecond)
		a.list(s["appointments"].where("propertyId="+s["properties"].id(i), 5), 1, 25)
		a.pause(600 * time.Millisecond)
	})
}

// blind4Volume: seven hundred entries of the journal made and read again, one a
// second, on a customer's data; 1,400 calls.
func blind4Volume(g *scene) {
	s, a := g.w.sets["journalEntries"], g.breaking(compliance.Batch, "volume")
	a.at = g.officeDay()
	for range 700 {
		a.post(s, `{"description":"volume test"}`)
		a.get(s, s.n-1)
		a.pause(700 * time.Millisecond)
	}
}

// blind4SandboxMix: eight calls a second for six minutes, of which a quarter writes;
// 2,900 calls.
func blind4SandboxMix(g *scene) {
	g.w = newWorld(g.rng, "SBOX")
	s := g.w.sets["contacts"]
	g.arrivals("mix", g.officeDay(), 8, 6*time.Minute, func(a *actor) {
		if row := g.rng.IntN(50); g.rng.IntN(4) > 0 {
			a.get(s, row)
		} else {
			a.patch(s, row, s.tag(row), newNote(a))
		}
	})
}

// blind4SandboxLists: five workers with pages of a hundred for ten minutes; 6,000 calls.
func blind4SandboxLists(g *scene) {
	g.w = newWorld(g.rng, "SBOX")
	s := g.w.sets["properties"]
	g.workers(5, "pages", g.officeDay(), 10*time.Minute, func(a *actor, _ int) {
		a.list(s.where("sellingStatus=s"+strconv.Itoa(g.rng.IntN(5)), 400), 1+g.rng.IntN(4), 100)
		a.pause(180 * time.Millisecond)
	})
}

// burst starts n calls for nothing but a label, so long apart, each taking its time.
func (g *scene) burst(who compliance.Initiator, label string, n int, apart time.Duration, slow float64, work func(a *actor)) {
	at := g.officeDay()
	for i := range n {
		a := g.breaking(who, label)
		a.at, a.slow = at.Add(time.Duration(i)*apart), slow
		work(a)
	}
}

// blind4HookStorm: thirty webhooks within a second and a handler for each, six times.
func blind4HookStorm(g *scene) {
	g.free = true
	s := g.w.sets["properties"]
	for range 6 {
		g.burst(compliance.Webhook, "property changed", 30, 25*time.Millisecond, 8, func(a *actor) {
			row := s.pick(g.rng)
			a.event(s, row)
			a.get(s, row)
		})
	}
}

// blind4FullBucket: a bucket of a hundred that lets 45 go in a second, eight times.
func blind4FullBucket(g *scene) {
	g.free = true
	s := g.w.sets["tenancies"]
	for range 8 {
		g.burst(compliance.Batch, "rent check", 45, 21*time.Millisecond, 0.3, func(a *actor) { a.get(s, s.pick(g.rng)) })
	}
}

// blind4EachItsOwn: three processes that keep to ten calls a second each, for two
// minutes.
func blind4EachItsOwn(g *scene) {
	g.free = true
	s, at := g.w.sets["applicants"], g.officeDay()
	for p := range 3 {
		g.arrivals("replica", at.Add(time.Duration(p*33)*time.Millisecond), 10, 2*time.Minute, func(a *actor) {
			a.slow = 0.4
			a.get(s, s.pick(g.rng))
		})
	}
}

// blind4Eight: a semaphore of eight, with slow answers, for three minutes.
func blind4Eight(g *scene) {
	g.free = true
	s := g.w.sets["documents"]
	g.workers(8, "thumbnails", g.officeDay(), 3*time.Minute, func(a *actor, _ int) {
		a.slow = 12
		a.get(s, s.pick(g.rng))
		a.pause(80 * time.Millisecond)
	})
}

// blind4Library: told to wait for thirty seconds, a library sends the call three
// times more within two; 45 calls too early.
func blind4Library(g *scene) {
	g.deafTo("properties", 15, "30", []time.Duration{200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond})
}

// blind4Milliseconds: told to wait for twenty seconds, it takes them for thousandths;
// 40 calls too early.
func blind4Milliseconds(g *scene) {
	g.deafTo("applicants", 20, "20", []time.Duration{20 * time.Millisecond, 20 * time.Millisecond})
}
