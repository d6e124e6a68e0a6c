package compliance_test

import (
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The second blind family's timers: what they bring is stored, and nobody waits
// for it.

// since is a run of a timer that asks for what is new since the run before.
type since struct {
	s     *set
	param string
	last  time.Time
	next  int
}

func (g *scene) since(name, param string) *since {
	return &since{s: g.w.sets[name], param: param, last: g.date(0).Add(-time.Hour), next: 0}
}

func (f *since) run(a *actor, mean int) {
	began, n := a.at, 1+poisson(a.rng, float64(mean))
	q := fresh(f.s, f.param+"="+stamp(f.last), f.next, n)
	q.claims = 0
	a.sweep(q, 100, 300*time.Millisecond)
	f.last, f.next = began, f.next+n
}

// timer is an actor of run number n at a time; an evasive one is late by up to late.
func (g *scene) timer(label string, n int, at time.Time, late time.Duration) *actor {
	a := g.breaking(compliance.Schedule, label)
	a.run, a.at = n, at.Add(time.Duration(g.rng.IntN(3000))*time.Millisecond)
	if g.evasive.jitter {
		a.wait(time.Duration(g.rng.Float64() * float64(late)))
	}
	return a
}

// blind2OfficeHours: forty runs on each of five working days.
func blind2OfficeHours(g *scene) {
	f, run := g.since("contacts", "modifiedFrom"), 0
	for d := range g.days {
		for m := 8 * 60; m < 18*60; m += 15 {
			run++
			f.run(g.timer("crm delta", run, g.date(d).Add(time.Duration(m)*time.Minute), 6*time.Minute), 60)
		}
	}
}

// blind2AboutHourly: seventy runs, each up to ten minutes early or late.
func blind2AboutHourly(g *scene) {
	f := g.since("applicants", "modifiedFrom")
	g.every("applicant delta", time.Hour, 20*time.Minute, func(a *actor) {
		a.wait(time.Duration(g.rng.IntN(1200)-600) * time.Second)
		f.run(a, 120)
	})
}

// chain runs again some time after the end of each run.
func (g *scene) chain(label string, gap func() time.Duration, work func(a *actor)) {
	a := g.breaking(compliance.Schedule, label)
	for a.at = g.date(0).Add(gap()); a.at.Before(g.date(g.days)); a.run++ {
		work(a)
		a.pause(gap())
	}
}

// blind2Drift: ninety runs, each 61 minutes after the one before.
func blind2Drift(g *scene) {
	f := g.since("transactions", "modifiedFrom")
	g.chain("ledger delta", func() time.Duration { return 61 * time.Minute }, func(a *actor) { f.run(a, 180) })
}

// blind2Minutely: 2,880 runs, by day and night, where a webhook would do.
func blind2Minutely(g *scene) {
	f := g.since("contacts", "modifiedFrom")
	g.every("poller", time.Minute, 10*time.Second, func(a *actor) { f.run(a, 3) })
}

// blind2Random: some 170 runs at random, none leaving anything out.
func blind2Random(g *scene) {
	f := g.since("journalEntries", "modifiedFrom")
	gap := func() time.Duration { return time.Duration(g.rng.ExpFloat64() * float64(25*time.Minute)) }
	g.chain("history", gap, func(a *actor) { f.run(a, 150) })
}

// blind2Created: 48 runs.
func blind2Created(g *scene) {
	f := g.since("enquiries", "createdFrom")
	g.every("new leads", 2*time.Hour, 35*time.Minute, func(a *actor) { f.run(a, 40) })
}

// blind2Timers: 144 runs of each of three timers, six minutes apart.
func blind2Timers(g *scene) {
	for i, name := range []string{"applicants", "tasks", "appointments"} {
		f := g.since(name, "modifiedFrom")
		g.every(name+" timer", 20*time.Minute, time.Duration(1+6*i)*time.Minute, func(a *actor) { f.run(a, 25) })
	}
}

// blind2ForSale: the same 300 rows or so, 192 times.
func blind2ForSale(g *scene) {
	s := g.w.sets["properties"]
	g.every("for sale", 15*time.Minute, 4*time.Minute, func(a *actor) {
		a.sweep(s.where("sellingStatus=forSale", 260+g.rng.IntN(40)), 100, 500*time.Millisecond)
	})
}

// blind2Newest: a page of a hundred new rows, 576 times.
func blind2Newest(g *scene) {
	s, from := g.w.sets["journalEntries"], 0
	g.every("newest", 5*time.Minute, 2*time.Minute, func(a *actor) {
		a.list(fresh(s, "sortBy=-created", from, 100), 1, 100)
		from += 90
	})
}

// blind2Watched: the same 800 rows by their ids, 96 times, to see what has changed.
func blind2Watched(g *scene) {
	q := g.w.sets["properties"].where("watched", 800)
	g.every("watch", 30*time.Minute, 3*time.Minute, func(a *actor) {
		for _, i := range g.order(8) {
			a.byIDs(q, i*100, i*100+100)
			a.pause(time.Second)
		}
	})
}

// blind2Twice: every offer at six and at eighteen, on eight days.
func blind2Twice(g *scene) {
	g.every("offers export", 12*time.Hour, 6*time.Hour, func(a *actor) { a.sweep(g.w.sets["offers"].all(), 100, time.Second) })
}

// blind2WallClock: half past two by the wall's clock for 35 nights, of which the
// last seven are in summer time.
func blind2WallClock(g *scene) {
	s := g.w.sets["contacts"]
	for d := range g.days {
		at := g.date(d).Add(2*time.Hour + 30*time.Minute)
		if d >= 27 {
			at = at.Add(-time.Hour)
		}
		g.timer("night job", d+1, at, 25*time.Minute).sweep(fresh(s, "modifiedBy=any", d*300, 500), 100, time.Second)
	}
}

// blind2SomeHour: twelve nights, between midnight and five.
func blind2SomeHour(g *scene) {
	s := g.w.sets["applicants"]
	for d := range g.days {
		at := g.date(d).Add(time.Duration(g.rng.IntN(5*3600)) * time.Second)
		g.timer("nightfall", d+1, at, time.Hour).sweep(fresh(s, "sortBy=modified", d*350, 600), 100, time.Second)
	}
}

// blind2Lunch: fifteen working days at one.
func blind2Lunch(g *scene) {
	s, run := g.w.sets["enquiries"], 0
	for d := range g.days {
		if g.workday(d) {
			run++
			g.timer("lunch load", run, g.date(d).Add(13*time.Hour), 20*time.Minute).sweep(fresh(s, "status=any", run*300, 400), 100, time.Second)
		}
	}
}

// blind2Mondays: every property on each of seven Mondays.
func blind2Mondays(g *scene) {
	for d := 0; d < g.days; d += 7 {
		g.timer("weekly bi", 1+d/7, g.date(d).Add(6*time.Hour), time.Hour).sweep(g.w.sets["properties"].all(), 100, time.Second)
	}
}

// blind2CustomerNights: every applicant of six customers on eight nights.
func blind2CustomerNights(g *scene) {
	g.eachCustomer(6, func(t int) {
		for d := range g.days {
			at := g.date(d).Add(time.Hour + time.Duration(t*40)*time.Minute)
			g.timer("group night", d+1, at, 30*time.Minute).sweep(g.w.sets["applicants"].all(), 100, time.Second)
		}
	})
}

// blind2Feed says that it is a website's, but asks every five minutes, day and
// night, and takes all that is shown once an hour.
func blind2Feed(g *scene) {
	f := g.since("properties", "internetAdvertising=true&modifiedFrom")
	shown := f.s.where("internetAdvertising=true", f.s.n/2)
	g.every("website feed", 5*time.Minute, time.Minute, func(a *actor) {
		if a.purpose = "website-feed"; a.run%12 == 0 {
			a.sweep(shown, 100, 500*time.Millisecond)
			return
		}
		f.run(a, 2)
	})
}
