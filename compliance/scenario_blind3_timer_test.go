package compliance_test

import (
	"strconv"
	"time"
)

// The third blind family's timers: what they bring is stored, and nobody waits
// for it.

// blind3EachNight: every offer, applicant and property at two, on eight nights.
func blind3EachNight(g *scene) {
	for d := range g.days {
		a := g.timer("night etl", d+1, g.date(d).Add(2*time.Hour), 50*time.Minute)
		for _, name := range []string{"offers", "applicants", "properties"} {
			a.sweep(g.w.sets[name].all(), 100, 700*time.Millisecond)
		}
	}
}

// blind3SinceYesterday: all contacts changed since the night before, nine nights.
func blind3SinceYesterday(g *scene) {
	f := g.since("contacts", "modifiedFrom")
	for d := range g.days {
		f.run(g.timer("night delta", d+1, g.date(d).Add(3*time.Hour+20*time.Minute), 50*time.Minute), 350)
	}
}

// blind3ThriceADay: some four hundred houses for sale, fifteen times.
func blind3ThriceADay(g *scene) {
	run := 0
	for d := range g.days {
		for _, hour := range []int{6, 12, 18} {
			run++
			a := g.timer("bi refresh", run, g.date(d).Add(time.Duration(hour)*time.Hour), 40*time.Minute)
			a.sweep(g.w.sets["properties"].where("sellingStatus=forSale&internetAdvertising=true", 380+g.rng.IntN(40)), 100, time.Second)
		}
	}
}

// blind3Sevens: three hundred new rows at seven on ten working days.
func blind3Sevens(g *scene) {
	s, run := g.w.sets["journalEntries"], 0
	for d := range g.days {
		if g.workday(d) {
			run++
			g.timer("evening load", run, g.date(d).Add(19*time.Hour), 30*time.Minute).sweep(fresh(s, "sortBy=-created", run*290, 300), 100, time.Second)
		}
	}
}

// blind3NightHours: three hundred rows of the ledger, on the hour from ten to six,
// 32 times.
func blind3NightHours(g *scene) {
	s, run := g.w.sets["transactions"], 0
	for d := range g.days {
		for _, hour := range []int{0, 1, 2, 3, 4, 5, 22, 23} {
			run++
			g.timer("night shift", run, g.date(d).Add(time.Duration(hour)*time.Hour), 12*time.Minute).sweep(fresh(s, "ledger=sales", run*280, 300), 100, time.Second)
		}
	}
}

// blind3DaysEnd: all that each of four offices made on the day, on eight working days.
func blind3DaysEnd(g *scene) {
	s, run, next := g.w.sets["enquiries"], 0, 0
	for d := range g.days {
		if !g.workday(d) {
			continue
		}
		run++
		a := g.timer("day's end", run, g.date(d).Add(18*time.Hour+30*time.Minute), 30*time.Minute)
		for _, i := range g.order(4) {
			n := 30 + g.rng.IntN(60)
			a.sweep(s.cut("officeId=O"+strconv.Itoa(i)+"&createdFrom="+stamp(g.date(d)), next%(s.n-100), n), 100, time.Second)
			next += n
		}
	}
}

// blind3Poll45: all contacts changed, each 45 s from eight to six; 1,600 runs.
func blind3Poll45(g *scene) {
	f, run := g.since("contacts", "modifiedFrom"), 0
	for d := range g.days {
		for s := 8 * 3600; s < 18*3600; s += 45 {
			run++
			f.run(g.timer("changes", run, g.date(d).Add(time.Duration(s)*time.Second), 15*time.Second), 2)
		}
	}
}

// blind3FourTopics: all changes of four collections, each five minutes; 576 runs.
func blind3FourTopics(g *scene) {
	var topics []*since
	for _, name := range []string{"contacts", "applicants", "properties", "offers"} {
		topics = append(topics, g.since(name, "modifiedFrom"))
	}
	g.every("topics", 5*time.Minute, 2*time.Minute, func(a *actor) {
		for _, i := range g.order(4) {
			topics[i].run(a, 5)
		}
	})
}

// blind3AfterErrors: all changed applicants, each half-hour and again some minutes
// later where that failed; 144 runs.
func blind3AfterErrors(g *scene) {
	f := g.since("applicants", "modifiedFrom")
	g.every("applicant sync", 30*time.Minute, 4*time.Minute, func(a *actor) {
		for wait := time.Minute; g.rng.IntN(6) == 0 && wait < 8*time.Minute; wait *= 2 {
			a.send("GET", "/applicants/?modifiedFrom="+stamp(f.last)+"&pageSize=100&pageNumber=1", 503, 300*time.Millisecond, nil)
			a.wait(about(g.rng, wait, 0.1))
		}
		f.run(a, 45)
	})
}

// blind3Cursor: all changed tasks, each ten minutes, from the time of the newest
// row of the run before; 288 runs.
func blind3Cursor(g *scene) {
	f := g.since("tasks", "sortBy=modified&modifiedFrom")
	g.every("cursor", 10*time.Minute, 3*time.Minute, func(a *actor) {
		f.run(a, 20)
		f.last = a.at.Add(-time.Duration(g.rng.IntN(240)) * time.Second)
	})
}

// blind3BothWays: all changed contacts, each quarter of an hour; what the other
// side has changed goes back as it should. 288 runs.
func blind3BothWays(g *scene) {
	s, f := g.w.sets["contacts"], g.since("contacts", "modifiedFrom")
	g.every("two-way sync", 15*time.Minute, 5*time.Minute, func(a *actor) {
		f.run(a, 30)
		a.bad = false
		for range g.rng.IntN(4) {
			a.amend(s, s.pick(g.rng), newNote(a))
		}
	})
}

// blind3LastDay: all that changed within a day, each four hours; 30 runs, of which
// each brings five sixths of the run before once more.
func blind3LastDay(g *scene) {
	s := g.w.sets["enquiries"]
	g.every("last day", 4*time.Hour, 25*time.Minute, func(a *actor) {
		q := fresh(s, "modifiedFrom="+stamp(a.at.Add(-day)), a.run*40, 240)
		q.claims = 0
		a.sweep(q, 100, time.Second)
	})
}

// blind3Splayed: two hundred rows, every twenty minutes less or more a quarter; 216 runs.
func blind3Splayed(g *scene) {
	s, from := g.w.sets["documents"], 0
	g.every("splayed", 20*time.Minute, 6*time.Minute, func(a *actor) {
		a.wait(time.Duration(g.rng.IntN(600)-300) * time.Second)
		a.sweep(fresh(s, "sortBy=-modified", from, 200), 100, 500*time.Millisecond)
		from += 150
	})
}

// blind3ThousandIDs: the same thousand houses by their ids, on ten mornings.
func blind3ThousandIDs(g *scene) {
	q := g.w.sets["properties"].where("mirrored", 1_000)
	for d := range g.days {
		a := g.timer("morning mirror", d+1, g.date(d).Add(5*time.Hour+40*time.Minute), 45*time.Minute)
		for _, i := range g.order(10) {
			a.byIDs(q, i*100, i*100+100)
			a.pause(2 * time.Second)
		}
	}
}

// blind3Rota: all changes of one of six collections since its last turn, each hour;
// 96 runs.
func blind3Rota(g *scene) {
	var tables []*since
	for _, name := range []string{"contacts", "applicants", "properties", "offers", "tasks", "enquiries"} {
		tables = append(tables, g.since(name, "modifiedFrom"))
	}
	g.every("rota", time.Hour, 10*time.Minute, func(a *actor) { tables[a.run%6].run(a, 150) })
}

// blind3PagesOn: the next three hundred of all contacts, each ten minutes, and from
// the first again after the last; 432 runs.
func blind3PagesOn(g *scene) {
	q := g.w.sets["contacts"].all()
	pages := q.total / 100
	g.every("round", 10*time.Minute, time.Minute, func(a *actor) {
		for _, i := range g.order(3) {
			a.list(q, 1+(a.run*3+i)%pages, 100)
			a.pause(2 * time.Second)
		}
	})
}

// blind3CustomersHalfHours: all changed applicants of each of five customers, at
// seven and 37 minutes past the hour; 96 runs.
func blind3CustomersHalfHours(g *scene) {
	g.eachCustomer(5, func(t int) {
		f := g.since("applicants", "modifiedFrom")
		g.every("group delta", 30*time.Minute, 7*time.Minute+time.Duration(t*20)*time.Second, func(a *actor) { f.run(a, 25) })
	})
}
