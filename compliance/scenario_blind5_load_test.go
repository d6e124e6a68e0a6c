package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The fifth blind family's load tests and broken limits.

// blind5Sizes: the same list a hundred times by each of nine page sizes, two a second,
// to see how long it takes; 900 calls in seven minutes and more.
func blind5Sizes(g *scene) {
	a, q := g.breaking(compliance.Batch, "page sizes"), g.w.sets["properties"].where("sellingStatus=forSale", 100)
	a.at = g.officeDay()
	for _, i := range g.order(9) {
		for range 100 {
			a.list(q, 1, 20+10*i)
			a.pause(270 * time.Millisecond)
		}
	}
}

// blind5RandomWords: four virtual users who search for random words, a second after
// each answer, for eight minutes; 1,500 calls.
func blind5RandomWords(g *scene) {
	s := g.w.sets["contacts"]
	g.workers(4, "swarm", g.officeDay(), 8*time.Minute, func(a *actor, _ int) {
		a.list(s.where("name="+strconv.FormatUint(g.rng.Uint64(), 36)[:6], g.rng.IntN(3)), 1, 25)
		a.pause(time.Second)
	})
}

// blind5AccessLog: yesterday's access log, six calls a second at random, for ten
// minutes; 3,600 calls.
func blind5AccessLog(g *scene) {
	s, from := g.w.sets, g.officeDay()
	for at := time.Duration(0); at < 10*time.Minute; at += time.Duration(g.rng.ExpFloat64() * float64(time.Second) / 6) {
		a := g.breaking(compliance.Batch, "log replay")
		switch a.at = from.Add(at); g.rng.IntN(4) {
		case 0:
			a.list(a.searchForm(s["properties"]), 1, 25)
		case 1:
			a.get(s["contacts"], s["contacts"].pick(g.rng))
		default:
			a.get(s["properties"], s["properties"].pick(g.rng))
		}
	}
}

// blind5Levels: closed loops of one to five workers, two minutes for each number;
// 8,000 calls.
func blind5Levels(g *scene) {
	s, at := g.w.sets["properties"], g.officeDay()
	for n := range 5 {
		g.workers(n+1, "levels", at.Add(time.Duration(2*n)*time.Minute), 2*time.Minute, func(a *actor, _ int) {
			a.get(s, g.rng.IntN(25))
			a.pause(120 * time.Millisecond)
		})
	}
}

// blind5OneRow: the same appointment read and changed seven hundred times within
// twelve minutes; 1,400 calls.
func blind5OneRow(g *scene) {
	s, a := g.w.sets["appointments"], g.breaking(compliance.Batch, "write stress")
	a.at = g.officeDay()
	row := s.pick(g.rng)
	for i := range 700 {
		a.patch(s, row, a.get(s, row), `{"metadata":{"round":`+strconv.Itoa(i)+`}}`)
		a.pause(800 * time.Millisecond)
	}
}

// blind5Soak: three calls a second for 25 minutes, a dozen searches by turns; 4,500 calls.
func blind5Soak(g *scene) {
	s, i := g.w.sets["applicants"], 0
	g.arrivals("endurance", g.officeDay(), 3, 25*time.Minute, func(a *actor) {
		i++
		a.list(s.where("officeIds=O"+strconv.Itoa(i%12), 25), 1, 25)
	})
}

// blind5TwoPods: sandbox, four and a half calls a second by each of two pods, for six
// minutes; nine a second, 3,200 calls.
func blind5TwoPods(g *scene) {
	g.w = newWorld(g.rng, "SBOX")
	s, at := g.w.sets["properties"], g.officeDay()
	for p := range 2 {
		g.arrivals("pod", at.Add(time.Duration(p*57)*time.Millisecond), 4.5, 6*time.Minute, func(a *actor) { a.get(s, g.rng.IntN(60)) })
	}
}

// blind5Generated: sandbox, 3,000 tasks made by a generator of data, five a second for
// ten minutes, with a look at the list after each tenth.
func blind5Generated(g *scene) {
	g.w = newWorld(g.rng, "SBOX")
	s, i := g.w.sets["tasks"], 0
	g.arrivals("generator", g.officeDay(), 5, 10*time.Minute, func(a *actor) {
		a.post(s, `{"typeId":"GEN","text":"lorem ipsum"}`)
		if i++; i%10 == 0 {
			a.list(s.where("typeId=GEN", 25), 1, 25)
		}
	})
}

// blind5Widgets: a screen of fourteen widgets that asks for all at once, with slow
// answers, opened eight times: 70 calls too many.
func blind5Widgets(g *scene) {
	g.free = true
	s := g.w.sets["tasks"]
	for range 8 {
		i := 0
		g.burst(compliance.User, "user-5", 14, 8*time.Millisecond, 5, func(a *actor) {
			i++
			a.route = "dashboard"
			a.list(s.where("widget=w"+strconv.Itoa(i), 5+i), 1, 25)
		})
	}
}

// blind5OnTheMinute: forty jobs that all begin on the minute, ten times; 200 calls too
// many.
func blind5OnTheMinute(g *scene) {
	g.free = true
	s, at := g.w.sets["appointments"], g.officeDay().Truncate(time.Minute)
	for i := range 10 {
		for range 40 {
			a := g.breaking(compliance.Batch, "reminder")
			a.at, a.slow = at.Add(time.Duration(i)*time.Minute+time.Duration(g.rng.IntN(600))*time.Millisecond), 0.3
			a.get(s, s.pick(g.rng))
		}
	}
}

// blind5Gathered: ten lists at once, gathered, and the next ten as soon as all are
// there, for two minutes.
func blind5Gathered(g *scene) {
	g.free = true
	s, at := g.w.sets["documents"], g.officeDay()
	for n := range 120 {
		for i := range 10 {
			a := g.breaking(compliance.Batch, "gather")
			a.at = at.Add(time.Duration(n)*time.Second + time.Duration(i*3)*time.Millisecond)
			a.slow = 2.5
			a.get(s, s.pick(g.rng))
		}
	}
}

// blind5StartsAnew: told to wait for a minute it ends, is started again after three
// seconds, and reads what it needs to begin with; twelve times, 48 calls too early.
func blind5StartsAnew(g *scene) {
	s := g.w.sets["offers"]
	for range 12 {
		a := g.breaking(compliance.Batch, "worker")
		a.at = g.officeDay()
		a.throttle(s, s.pick(g.rng), "60")
		a.wait(3 * time.Second)
		for range 5 {
			a.get(s, s.pick(g.rng))
			a.wait(time.Second)
		}
	}
}

// blind5AnyPause: told to wait for forty seconds, it waits for one to eight; 60 calls
// too early.
func blind5AnyPause(g *scene) {
	for range 20 {
		pause := func() time.Duration { return time.Duration(1000+g.rng.IntN(7000)) * time.Millisecond }
		g.deafTo("contacts", 1, "40", []time.Duration{pause(), pause(), pause()})
	}
}
