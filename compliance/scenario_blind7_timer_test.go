package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The seventh blind family's timers: what they bring is stored, and nobody waits for
// it.

// blind7Lag: all changes of three tables, each ten minutes, up to five minutes ago so
// that nothing is still being written; 288 runs.
func blind7Lag(g *scene) {
	var feeds []*since
	for _, name := range []string{"contacts", "applicants", "tasks"} {
		feeds = append(feeds, g.since(name, "modifiedFrom"))
	}
	to := g.date(0).Add(-15 * time.Minute)
	g.every("staging load", 10*time.Minute, 3*time.Minute, func(a *actor) {
		from := to
		to = a.at.Add(-5 * time.Minute)
		for _, f := range feeds {
			f.window(a, from, to, poisson(g.rng, 6))
		}
	})
}

// blind7BackOff: all changed offers, a minute and a half after something was new, and
// else each time twice as late, to 24 minutes; some 400 runs.
func blind7BackOff(g *scene) {
	f, gap := g.since("offers", "modifiedFrom"), 90*time.Second
	g.chain("poller", func() time.Duration { return gap/2 + time.Duration(g.rng.Float64()*float64(gap)) }, func(a *actor) {
		quiet := 3
		if a.at.Hour() < 8 || a.at.Hour() >= 19 {
			quiet = 12
		}
		if g.rng.IntN(quiet) == 0 {
			f.run(a, 4)
			gap = 90 * time.Second
			return
		}
		a.list(f.s.these("modifiedFrom="+stamp(f.last), nil), 1, 100)
		gap = min(2*gap, 24*time.Minute)
	})
}

// blind7SixOffices: the open searches of each of six offices, 120 and more, each 20
// minutes by a function of the office's own; 144 runs of each.
func blind7SixOffices(g *scene) {
	s := g.w.sets["applicants"]
	for office := range 6 {
		q := s.where("officeId=O"+strconv.Itoa(office)+"&active=true", 120+20*office)
		g.every("office "+strconv.Itoa(office), 20*time.Minute, time.Duration(1+3*office)*time.Minute, func(a *actor) { a.sweep(q, 100, 500*time.Millisecond) })
	}
}

// blind7Extract: the newest nine hundred postings, of which a third is new, for a
// report's data; at six, ten, two and six on four days, sixteen runs.
func blind7Extract(g *scene) {
	s := g.w.sets["transactions"]
	for d := range g.days {
		for i, hour := range []int{6, 10, 14, 18} {
			run := 1 + 4*d + i
			a := g.timer("extract", run, g.date(d).Add(time.Duration(hour)*time.Hour), 40*time.Minute)
			a.sweep(fresh(s, "ledger=client&sortBy=-created", 10_000-run*300, 900), 100, 800*time.Millisecond)
		}
	}
}

// blind7HalfPastFive: what has changed of the contacts since yesterday, six hundred and
// more, at half past five; where it fails it is tried again ten minutes later. Eight days.
func blind7HalfPastFive(g *scene) {
	f := g.since("contacts", "modifiedFrom")
	for d := range g.days {
		a := g.timer("daily load", d+1, g.date(d).Add(5*time.Hour+30*time.Minute), 40*time.Minute)
		for range g.rng.IntN(3) {
			a.send("GET", "/contacts/?modifiedFrom="+stamp(f.last)+"&pageSize=100&pageNumber=1", 503, 3*time.Second, nil)
			a.pause(10 * time.Minute)
		}
		f.run(a, 650)
	}
}

// blind7TabWorker: the worker of a tab that nobody closes brings all open tasks, some
// 130, to the browser's store each two minutes; 1,440 runs.
func blind7TabWorker(g *scene) {
	q := g.w.sets["tasks"].where("activityStatus=active&typeId=FUP", 120+g.rng.IntN(30))
	g.every("background sync", 2*time.Minute, time.Minute, func(a *actor) {
		a.who = compliance.System
		a.sweep(q, 100, 200*time.Millisecond)
	})
}

// blind7Cursor: four hundred documents on from where a file says, each half-hour, and
// from the first again after the last; 96 runs.
func blind7Cursor(g *scene) {
	s, next := g.w.sets["documents"], 0
	g.every("document feed", 30*time.Minute, 11*time.Minute, func(a *actor) {
		for range 4 {
			a.list(fresh(s, "sortBy=id&idFrom="+s.id(next%s.n), next, 100), 1, 100)
			a.pause(600 * time.Millisecond)
			next += 100
		}
	})
}

// blind7Flows: three flows without code, each with the newest hundred of a list each
// quarter of an hour; 288 runs of each.
func blind7Flows(g *scene) {
	for i, name := range []string{"enquiries", "tasks", "appointments"} {
		s, first := g.w.sets[name], 1_500
		g.every(name+" flow", 15*time.Minute, time.Duration(1+i*4)*time.Minute, func(a *actor) {
			a.list(fresh(s, "sortBy=-created", first, 100), 1, 100)
			first -= g.rng.IntN(6)
		})
	}
}

// blind7NoonAndFive: the newest 350 entries of the journal into a mart at noon and at
// five; seven working days, fourteen runs.
func blind7NoonAndFive(g *scene) {
	s, run := g.w.sets["journalEntries"], 0
	for d := range g.days {
		for _, hour := range []int{12, 17} {
			if g.workday(d) {
				run++
				a := g.timer("mart", run, g.date(d).Add(time.Duration(hour)*time.Hour), 50*time.Minute)
				a.sweep(fresh(s, "typeId=CALL&sortBy=-created", 8_000-run*300, 350), 100, time.Second)
			}
		}
	}
}

// blind7InTurn: all changed contacts of eight customers, the next one's each three
// minutes; 120 runs of each.
func blind7InTurn(g *scene) {
	g.eachCustomer(8, func(t int) {
		f := g.since("contacts", "modifiedFrom")
		g.every("round robin", 24*time.Minute, time.Duration(1+3*t)*time.Minute, func(a *actor) { f.run(a, 14) })
	})
}

// blind7NewToken: all changed landlords and applicants whenever the token is renewed,
// each hour and a little; 47 runs.
func blind7NewToken(g *scene) {
	owners, buyers := g.since("landlords", "modifiedFrom"), g.since("applicants", "modifiedFrom")
	g.chain("token refreshed", func() time.Duration { return 59*time.Minute + time.Duration(g.rng.IntN(90))*time.Second }, func(a *actor) {
		owners.run(a, 6)
		buyers.run(a, 30)
	})
}

// lookBack reads at each period what has changed within so many hours before, where
// perHour rows change.
func (g *scene) lookBack(label, name string, period, offset time.Duration, hours, perHour int) {
	s := g.w.sets[name]
	g.every(label, period, offset, func(a *actor) {
		from := max(0, int(a.at.Sub(g.date(0)).Hours()*float64(perHour)))
		q := fresh(s, "modifiedFrom="+stamp(a.at.Add(-time.Duration(hours)*time.Hour)), from, hours*perHour+g.rng.IntN(9))
		q.claims = 0
		a.sweep(q, 100, 400*time.Millisecond)
	})
}

// blind7ThreeHours: the documents changed within three hours, 180 and more, each hour
// in case one was missed; 72 runs.
func blind7ThreeHours(g *scene) {
	g.lookBack("safe sync", "documents", time.Hour, 8*time.Minute, 3, 60)
}

// blind7Leapfrog: two jobs half an hour apart, each hourly and each with what has
// changed of the contacts within two hours; 96 runs.
func blind7Leapfrog(g *scene) {
	g.lookBack("sync a", "contacts", time.Hour, 5*time.Minute, 2, 40)
	g.lookBack("sync b", "contacts", time.Hour, 35*time.Minute, 2, 40)
}

// blind7OwnersWhole: every landlord, eight hundred at least, at ten past two on eight
// nights.
func blind7OwnersWhole(g *scene) {
	for d := range g.days {
		a := g.timer("owners snapshot", d+1, g.date(d).Add(2*time.Hour+10*time.Minute), 45*time.Minute)
		a.sweep(g.w.sets["landlords"].all(), 100, 600*time.Millisecond)
	}
}
