package compliance_test

import (
	"math"
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The sixth blind family's load tests and broken limits.

// blind6Spikes: two calls a second for ten minutes, and three spikes of twelve a
// second for forty seconds each; 2,600 calls.
func blind6Spikes(g *scene) {
	s, at := g.w.sets["contacts"], g.officeDay()
	read := func(a *actor) { a.get(s, g.rng.IntN(60)) }
	g.arrivals("spikes", at, 2, 10*time.Minute, read)
	for i := range 3 {
		g.arrivals("spikes", at.Add(time.Duration(2+3*i)*time.Minute), 12, 40*time.Second, read)
	}
}

// blind6SearchLoops: four loops without a pause, each with fifty names out of a file,
// for six minutes; 6,000 calls and more.
func blind6SearchLoops(g *scene) {
	s := g.w.sets["contacts"]
	g.workers(4, "search bench", g.officeDay(), 6*time.Minute, func(a *actor, _ int) {
		i := g.rng.IntN(50)
		a.list(s.where("name=Bench"+strconv.Itoa(i)+"&sortBy=-modified", 5+i%20), 1, 25)
	})
}

// blind6Soak: one call a second for an hour and a half, the same twenty rows; 5,400
// calls.
func blind6Soak(g *scene) {
	s := g.w.sets["offers"]
	g.arrivals("soak", g.officeDay(), 1, 90*time.Minute, func(a *actor) { a.get(s, g.rng.IntN(20)) })
}

// blind6Poisson: three calls a second in the mean, for twenty minutes at two by night,
// on a customer's data; 3,600 calls.
func blind6Poisson(g *scene) {
	s, from := g.w.sets, g.date(g.rng.IntN(3)).Add(2*time.Hour)
	for at := time.Duration(0); at < 20*time.Minute; at += time.Duration(g.rng.ExpFloat64() * float64(time.Second) / 3) {
		a := g.breaking(compliance.Batch, "open model")
		if a.at = from.Add(at); g.rng.IntN(3) == 0 {
			a.list(s["landlords"].where("name=Load"+strconv.Itoa(g.rng.IntN(30)), 10), 1, 25)
		} else {
			a.get(s["contacts"], g.rng.IntN(100))
		}
	}
}

// blind6ColdWarm: three hundred rows five times over, to time a cache, by three
// workers; 1,500 calls and more in eight minutes.
func blind6ColdWarm(g *scene) {
	s, next := g.w.sets["properties"], 0
	g.workers(3, "cache bench", g.officeDay(), 8*time.Minute, func(a *actor, _ int) {
		a.get(s, next%300)
		a.pause(700 * time.Millisecond)
		next++
	})
}

// blind6SandboxRamp: from one call a second to twelve within eight minutes; 3,100 calls.
func blind6SandboxRamp(g *scene) {
	g.w = newWorld(g.rng, "SBOX")
	s, from := g.w.sets["contacts"], g.officeDay()
	for at := time.Duration(0); at < 8*time.Minute; {
		a := g.breaking(compliance.Batch, "ramp")
		a.at = from.Add(at)
		a.get(s, g.rng.IntN(50))
		at += time.Duration(float64(time.Second) / math.Min(12, 1+11*at.Minutes()/8))
	}
}

// blind6SandboxPairs: three workers make an entry and read it, for ten minutes; 4,000
// calls and more.
func blind6SandboxPairs(g *scene) {
	g.w = newWorld(g.rng, "SBOX")
	s := g.w.sets["journalEntries"]
	g.workers(3, "write bench", g.officeDay(), 10*time.Minute, func(a *actor, _ int) {
		a.post(s, `{"description":"bench `+strconv.Itoa(g.rng.IntN(1e9))+`"}`)
		a.get(s, s.n-1)
		a.pause(450 * time.Millisecond)
	})
}

// blind6Forgotten: sixty look-ups in a second, since nobody waits for any; four times.
func blind6Forgotten(g *scene) {
	g.free = true
	s := g.w.sets["contacts"]
	for range 4 {
		g.burst(compliance.Batch, "guest list", 60, 16*time.Millisecond, 1, func(a *actor) { a.lookup(s, "email", email(g.rng), g.rng.IntN(2)) })
	}
}

// blind6Pool: a pool of eleven with slow answers, for three minutes.
func blind6Pool(g *scene) {
	g.free = true
	s := g.w.sets["transactions"]
	g.workers(11, "pool", g.officeDay(), 3*time.Minute, func(a *actor, _ int) {
		a.slow = 10
		a.list(s.where("account="+strconv.Itoa(4000+g.rng.IntN(80)), 40), 1, 25)
		a.pause(120 * time.Millisecond)
	})
}

// blind6Tiles: a user's screen of 32 tiles, all asked for in half a second; eight times.
func blind6Tiles(g *scene) {
	g.free = true
	s := g.w.sets["offers"]
	for range 8 {
		tile := 0
		g.burst(compliance.User, "user-7", 32, 15*time.Millisecond, 4, func(a *actor) {
			a.route = "tiles"
			a.list(s.live("tile="+strconv.Itoa(tile), 3+tile%12), 1, 10)
			tile++
		})
	}
}

// blind6Tries: told to wait for forty seconds, it tries six times at half a second;
// sixty calls too early.
func blind6Tries(g *scene) {
	var pauses [6]time.Duration
	for i := range pauses {
		pauses[i] = 500 * time.Millisecond
	}
	g.deafTo("contacts", 10, "40", pauses[:])
}

// blind6Anew: told to wait for a minute, the worker dies, and the next one that starts
// knows nothing of it; 45 calls too early.
func blind6Anew(g *scene) {
	g.deafTo("enquiries", 15, "60", []time.Duration{3 * time.Second, 4 * time.Second, 5 * time.Second})
}
