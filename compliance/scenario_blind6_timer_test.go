package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The sixth blind family's timers: what they bring is stored, and nobody waits for
// it.

// blind6Overlap: all contacts changed since five minutes before the last run, each
// quarter of an hour; 288 runs.
func blind6Overlap(g *scene) {
	s, from := g.w.sets["contacts"], 0
	last := g.date(0).Add(-15 * time.Minute)
	g.every("updated since", 15*time.Minute, 4*time.Minute, func(a *actor) {
		n, began := 10+g.rng.IntN(30), a.at
		a.sweep(s.cut("updatedSince=&modifiedFrom="+stamp(last.Add(-5*time.Minute))+"&sortBy=modified", from%(s.n-100), n+5), 100, 300*time.Millisecond)
		last, from = began, from+n
	})
}

// blind6Invoices: all changed postings, on the hour from eight to six; 33 runs.
func blind6Invoices(g *scene) {
	f, run := g.since("transactions", "modifiedFrom"), 0
	for d := range g.days {
		for hour := 8; hour <= 18; hour++ {
			run++
			f.run(g.timer("invoice sync", run, g.date(d).Add(time.Duration(hour)*time.Hour), 15*time.Minute), 130)
		}
	}
}

// blind6ThreeJobs: all changes of three objects, each by its own job and each ten
// minutes; 288 runs of each.
func blind6ThreeJobs(g *scene) {
	for i, name := range []string{"landlords", "offers", "enquiries"} {
		f := g.since(name, "modifiedFrom")
		g.every(name+" sync", 10*time.Minute, time.Duration(1+3*i)*time.Minute, func(a *actor) { f.run(a, 4) })
	}
}

// blind6Hashes: every ticket, 2,000 at least, at four each night, for those whose
// hash is another.
func blind6Hashes(g *scene) {
	for d := range g.days {
		a := g.timer("hash compare", d+1, g.date(d).Add(4*time.Hour), 45*time.Minute)
		a.sweep(g.w.sets["tasks"].all(), 100, 600*time.Millisecond)
	}
}

// blind6Drawn: all new enquiries, after a pause of five to 25 minutes; some 280 runs.
func blind6Drawn(g *scene) {
	f := g.since("enquiries", "createdFrom")
	g.chain("sync loop", func() time.Duration { return time.Duration(300+g.rng.IntN(1200)) * time.Second }, func(a *actor) { f.run(a, 8) })
}

// blind6TwentySeconds: all changed deals, each 20 s from eight to six; 3,600 runs.
func blind6TwentySeconds(g *scene) {
	f, run := g.since("offers", "modifiedFrom"), 0
	for d := range g.days {
		for s := 8 * 3600; s < 18*3600; s += 20 {
			run++
			f.run(g.timer("deal trigger", run, g.date(d).Add(time.Duration(s)*time.Second), 7*time.Second), 1)
		}
	}
}

// blind6MonthSoFar: the postings of the month so far, 400 and then some sixty more
// each day, at half past six on eight working days.
func blind6MonthSoFar(g *scene) {
	s, run := g.w.sets["transactions"], 0
	for d := range g.days {
		if g.workday(d) {
			run++
			a := g.timer("month to date", run, g.date(d).Add(6*time.Hour+30*time.Minute), 40*time.Minute)
			a.sweep(s.cut("dateFrom=2026-03-01&dateTo="+g.date(d).Format(time.DateOnly), 0, 400+60*run), 100, time.Second)
		}
	}
}

// blind6OpenDeals: all open deals, some 250, each half-hour; 96 runs.
func blind6OpenDeals(g *scene) {
	s := g.w.sets["offers"]
	g.every("pipeline snapshot", 30*time.Minute, 9*time.Minute, func(a *actor) {
		a.sweep(s.where("status=pending&sortBy=-amount", 240+a.run%20), 100, 500*time.Millisecond)
	})
}

// blind6StandBy: the next two hundred entries of the journal, by the last id, seven
// minutes after the end of each run; 400 runs.
func blind6StandBy(g *scene) {
	s, next := g.w.sets["journalEntries"], 0
	g.chain("stand-by", func() time.Duration { return 7 * time.Minute }, func(a *actor) {
		for range 2 {
			a.list(fresh(s, "sortBy=id&idFrom="+s.id(next%s.n), next, 100), 1, 100)
			a.pause(500 * time.Millisecond)
			next += 100
		}
	})
}

// blind6QuickAndFull: all changed contacts each ten minutes, and every contact at two;
// 435 runs.
func blind6QuickAndFull(g *scene) {
	f := g.since("contacts", "modifiedFrom")
	g.every("quick", 10*time.Minute, 2*time.Minute, func(a *actor) { f.run(a, 7) })
	for d := range g.days {
		a := g.timer("full", 1_000+d, g.date(d).Add(2*time.Hour), 40*time.Minute)
		a.sweep(f.s.all(), 100, 600*time.Millisecond)
	}
}

// blind6Firms: all changed postings of each of five firms, hourly; 48 runs.
func blind6Firms(g *scene) {
	g.eachCustomer(5, func(t int) {
		f := g.since("transactions", "modifiedFrom")
		g.every("practice ledger", time.Hour, time.Duration(5+4*t)*time.Minute, func(a *actor) { f.run(a, 60) })
	})
}

// blind6MailReport: at eight in the evening, what each of three teams has on the day
// after and what it has open, 360 rows and more, into a mail; nine days.
func blind6MailReport(g *scene) {
	s := g.w.sets
	for d := range g.days {
		a := g.timer("evening report", d+1, g.date(d).Add(20*time.Hour), 35*time.Minute)
		for _, team := range g.order(3) {
			a.sweep(s["appointments"].where("departmentId=D"+strconv.Itoa(team)+"&start="+g.date(d+1).Format(time.DateOnly), 50+g.rng.IntN(40)), 100, time.Second)
			a.sweep(s["tasks"].where("departmentId=D"+strconv.Itoa(team)+"&activityStatus=active", 80+g.rng.IntN(20)), 100, time.Second)
		}
	}
}

// blind6SheetTrigger: four hundred contacts of one list into a sheet, hourly; 72 runs.
func blind6SheetTrigger(g *scene) {
	q := g.w.sets["contacts"].where("listId=L9", 400)
	g.every("sheet trigger", time.Hour, 17*time.Minute, func(a *actor) { a.sweep(q, 100, 700*time.Millisecond) })
}

// blind6ByNumber: all new entries of the journal, 110 and more, each half-hour, from
// the time of the last one; 144 runs.
func blind6ByNumber(g *scene) {
	s, next, last := g.w.sets["journalEntries"], 0, g.date(0).Add(-time.Hour)
	g.every("journal feed", 30*time.Minute, 12*time.Minute, func(a *actor) {
		n := 110 + g.rng.IntN(50)
		q := fresh(s, "createdFrom="+stamp(last)+"&sortBy=created", next, n)
		q.claims = 0
		last = a.at.Add(-time.Duration(g.rng.IntN(90)) * time.Second)
		a.sweep(q, 100, 400*time.Millisecond)
		next += n
	})
}

// blind6ToBeSure: an app that hears of each change by webhook asks for all changes
// each twenty minutes besides; 216 runs.
func blind6ToBeSure(g *scene) {
	s, f := g.w.sets["contacts"], g.since("contacts", "modifiedFrom")
	g.react(s, s.changes(g.rng, g.date(0), g.days, 150), nil, 0.2)
	g.every("to be sure", 20*time.Minute, 6*time.Minute, func(a *actor) { f.run(a, 12) })
}

// blind6TwiceADay: the newest five hundred entries of the ledger at one by night and
// at one by day; twelve runs.
func blind6TwiceADay(g *scene) {
	s := g.w.sets["transactions"]
	for d := range g.days {
		for half := range 2 {
			run := 1 + 2*d + half
			a := g.timer("ledger extract", run, g.date(d).Add(time.Duration(1+12*half)*time.Hour), 45*time.Minute)
			a.sweep(fresh(s, "ledger=general&sortBy=-created", run*480, 500), 100, time.Second)
		}
	}
}

// blind6Leader: all changed applicants, each twelve minutes, by whichever of two
// processes leads; 240 runs.
func blind6Leader(g *scene) {
	f := g.since("applicants", "modifiedFrom")
	g.every("", 12*time.Minute, 3*time.Minute, func(a *actor) {
		a.label = "sync-" + strconv.Itoa(g.rng.IntN(2))
		a.who, a.route = compliance.System, a.label
		f.run(a, 9)
	})
}
