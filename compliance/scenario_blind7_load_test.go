package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The seventh blind family's load tests and broken limits.

// blind7Phases: one journey a second for two minutes, three a second for six and one
// again for two; each is a search and a card, 2,600 calls.
func blind7Phases(g *scene) {
	s, at := g.w.sets["properties"], g.officeDay()
	journey := func(a *actor) {
		a.list(s.where("address="+towns[g.rng.IntN(5)], 25), 1, 25)
		a.get(s, g.rng.IntN(40))
	}
	for _, phase := range []struct {
		perSecond float64
		minutes   time.Duration
	}{{1, 2}, {3, 6}, {1, 2}} {
		g.arrivals("phases", at, phase.perSecond, phase.minutes*time.Minute, journey)
		at = at.Add(phase.minutes * time.Minute)
	}
}

// blind7Thinkers: eight users of a tool, each with one to three seconds of thought,
// over thirty rows for twelve minutes; 2,500 calls and more.
func blind7Thinkers(g *scene) {
	s := g.w.sets
	g.workers(8, "virtual agents", g.officeDay(), 12*time.Minute, func(a *actor, w int) {
		switch g.rng.IntN(3) {
		case 0:
			a.list(s["contacts"].where("name=Tester"+strconv.Itoa(w), 12), 1, 25)
		case 1:
			a.list(s["appointments"].where("negotiatorId=N"+strconv.Itoa(w)+"&start=2026-03-02", 9), 1, 25)
		default:
			a.get(s["contacts"], g.rng.IntN(30))
		}
		a.wait(time.Duration(1_000+g.rng.IntN(2_000)) * time.Millisecond)
	})
}

// blind7OneSearch: two connections and one search, again as soon as it is answered,
// for eight minutes; 4,000 calls and more.
func blind7OneSearch(g *scene) {
	q := g.w.sets["properties"].where("address=Oxford&bedroomsFrom=2", 60)
	g.workers(2, "http bench", g.officeDay(), 8*time.Minute, func(a *actor, _ int) { a.list(q, 1, 25) })
}

// blind7ThousandNotes: two notes a second in a customer's journal for nine minutes,
// to see whether it holds; 1,080 calls.
func blind7ThousandNotes(g *scene) {
	g.arrivals("write test", g.officeDay(), 2, 9*time.Minute, func(a *actor) { a.journal("load " + strconv.Itoa(g.rng.IntN(1e9))) })
}

// blind7SandboxNine: nine calls a second to a sandbox for six minutes; 3,240 calls.
func blind7SandboxNine(g *scene) {
	g.w = newWorld(g.rng, "SBOX")
	s := g.w.sets["applicants"]
	g.arrivals("rate probe", g.officeDay(), 9, 6*time.Minute, func(a *actor) { a.get(s, g.rng.IntN(80)) })
}

// blind7SandboxMix: five a second to a sandbox for eleven minutes, of which one in
// four writes; 3,300 calls.
func blind7SandboxMix(g *scene) {
	g.w = newWorld(g.rng, "SBOX")
	s := g.w.sets
	g.arrivals("release gate", g.officeDay(), 5, 11*time.Minute, func(a *actor) {
		switch g.rng.IntN(4) {
		case 0:
			a.journal("gate " + strconv.Itoa(g.rng.IntN(1e9)))
		case 1:
			a.list(s["tasks"].where("typeId=T"+strconv.Itoa(g.rng.IntN(6)), 30), 1, 25)
		default:
			a.get(s["tasks"], g.rng.IntN(50))
		}
	})
}

// blind7AtOnce: a list of 25 addresses that is looked up all at once; five times.
func blind7AtOnce(g *scene) {
	g.free = true
	s := g.w.sets["contacts"]
	for range 5 {
		g.burst(compliance.Batch, "paste", 25, 12*time.Millisecond, 4, func(a *actor) { a.lookup(s, "email", email(g.rng), g.rng.IntN(2)) })
	}
}

// blind7NoDebounce: a map that asks at each frame of a drag, forty times within a
// second; six times.
func blind7NoDebounce(g *scene) {
	g.free = true
	s := g.w.sets["properties"]
	for range 6 {
		x := g.rng.IntN(500)
		g.burst(compliance.User, "user-7", 40, 22*time.Millisecond, 0.3, func(a *actor) {
			a.route = "map"
			x++
			a.list(s.live("box="+strconv.Itoa(x)+",9,1", x%20), 1, 25)
		})
	}
}

// blind7Uploads: the papers of a file, nine at once and each slow; twelve times.
func blind7Uploads(g *scene) {
	g.free = true
	s := g.w.sets["documents"]
	for range 12 {
		g.burst(compliance.User, "user-7", 9, 40*time.Millisecond, 12, func(a *actor) {
			a.route = "upload"
			a.post(s, `{"typeId":"SCN","name":"page `+strconv.Itoa(g.rng.IntN(1e6))+`"}`)
		})
	}
}

// blind7OneRoute: told to wait for half a minute with one list, it goes on with all
// others; sixty calls too early.
func blind7OneRoute(g *scene) {
	s := g.w.sets
	for range 12 {
		a := g.breaking(compliance.System, "per route")
		a.at = g.officeDay()
		a.throttle(s["contacts"], s["contacts"].pick(g.rng), "30")
		for range 5 {
			a.wait(2 * time.Second)
			a.get(s["properties"], s["properties"].pick(g.rng))
		}
		a.wait(2 * time.Minute)
	}
}
