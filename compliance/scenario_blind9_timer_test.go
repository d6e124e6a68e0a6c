package compliance_test

import (
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The ninth blind family's timers: what they bring is stored, and nobody waits for it.

// blind9TwoHours: the contacts and enquiries of each two hours, 140 and more, an hour
// after their end; 36 runs.
func blind9TwoHours(g *scene) {
	people, leads := g.since("contacts", "modifiedFrom"), g.since("enquiries", "modifiedFrom")
	g.every("tumbling window", 2*time.Hour, 5*time.Minute, func(a *actor) {
		to := g.date(0).Add(time.Duration(2*a.run-3) * time.Hour)
		people.window(a, to.Add(-2*time.Hour), to, 110+g.rng.IntN(50))
		leads.window(a, to.Add(-2*time.Hour), to, 30+g.rng.IntN(30))
	})
}

// blind9AllTasks: every task, at half past one; eight nights.
func blind9AllTasks(g *scene) {
	for d := range g.days {
		g.timer("task snapshot", d+1, g.date(d).Add(90*time.Minute), time.Hour).sweep(g.w.sets["tasks"].all(), 100, 600*time.Millisecond)
	}
}

// blind9Primes: what has changed of three tables, each by a timer of its own of 7, 11
// and 13 minutes; 890 runs in all.
func blind9Primes(g *scene) {
	for i, name := range []string{"applicants", "offers", "appointments"} {
		f, period := g.since(name, "modifiedFrom"), time.Duration([]int{7, 11, 13}[i])*time.Minute
		g.every(name+" worker", period, time.Duration(20+40*i)*time.Second, func(a *actor) { f.run(a, 5+2*i) })
	}
}

// blind9TwoReplicas: all changed contacts each ten minutes, by two replicas that began
// at different times and know nothing of each other; 576 runs.
func blind9TwoReplicas(g *scene) {
	for i := range 2 {
		f := g.since("contacts", "modifiedFrom")
		g.every("contact sync", 10*time.Minute, time.Duration(70+230*i)*time.Second, func(a *actor) { f.run(a, 14) })
	}
}

// blind9ThreePages: each hour the first three pages of what has changed within a week,
// the newest first; 48 runs.
func blind9ThreePages(g *scene) {
	s := g.w.sets["properties"]
	g.every("portfolio loader", time.Hour, 23*time.Minute, func(a *actor) {
		from := max(0, 1_200-a.run*12)
		a.sweep(fresh(s, "sortBy=-modified&modifiedFrom="+stamp(a.at.AddDate(0, 0, -7)), from, 300), 100, 800*time.Millisecond)
	})
}

// blind9DesktopViews: a program on a desk that fills three views each eight minutes,
// 190 rows and more, from eight to six, looked at or not; 150 runs.
func blind9DesktopViews(g *scene) {
	s, run := g.w.sets, 0
	views := []query{
		s["tasks"].where("officeId=O1&activityStatus=active", 80+g.rng.IntN(30)),
		s["offers"].where("officeId=O1&status=pending", 50+g.rng.IntN(20)),
		s["applicants"].where("officeId=O1&active=true", 70+g.rng.IntN(25)),
	}
	for d := range g.days {
		for m := 8 * 60; m < 18*60; m += 8 {
			run++
			a := g.timer("views", run, g.date(d).Add(time.Duration(m)*time.Minute), 4*time.Minute)
			for _, q := range views {
				a.sweep(q, 100, 300*time.Millisecond)
			}
		}
	}
}

// blind9ThreeMachines: all tasks that have changed within an hour, 60 and more, each
// half-hour, and by each of three machines that share a crontab; 288 runs.
func blind9ThreeMachines(g *scene) {
	for range 3 {
		g.lookBack("task pull", "tasks", 30*time.Minute, 0, 1, 60)
	}
}

// blind9WhenIdle: four hundred new postings, thrice a day when the machine has nothing
// else to do; eighteen runs.
func blind9WhenIdle(g *scene) {
	f, run := g.since("transactions", "createdFrom"), 0
	for d := range g.days {
		for third := range 3 {
			run++
			at := g.date(d).Add(time.Duration(third)*8*time.Hour + time.Duration(g.rng.IntN(6*3600))*time.Second)
			f.run(g.timer("ledger when idle", run, at, time.Hour), 400)
		}
	}
}

// blind9WholeThenDeltas: every applicant in the night of Monday, and what has changed,
// 350 and more, in each night after; eight nights.
func blind9WholeThenDeltas(g *scene) {
	f := g.since("applicants", "modifiedFrom")
	for d := range g.days {
		a := g.timer("applicant store", d+1, g.date(d).Add(2*time.Hour+40*time.Minute), time.Hour)
		if g.date(d).Weekday() == time.Monday {
			a.sweep(g.w.sets["applicants"].all(), 100, 500*time.Millisecond)
			continue
		}
		f.window(a, g.date(d-1), g.date(d), 350+g.rng.IntN(90))
	}
}

// blind9LazyView: a view of open tasks, 180 and more, is made anew when it is older than
// 25 minutes and anybody asks; a health check asks each minute; 110 runs.
func blind9LazyView(g *scene) {
	q := g.w.sets["tasks"].where("activityStatus=active&sortBy=created", 180+g.rng.IntN(70))
	g.chain("GET /health", func() time.Duration { return 25*time.Minute + time.Duration(g.rng.IntN(60))*time.Second }, func(a *actor) {
		a.who = compliance.System
		a.sweep(q, 100, 300*time.Millisecond)
	})
}

// blind9Staged: each three hours the ids of the newest 300 documents into a table, and
// from there each hundred's rows; 24 runs.
func blind9Staged(g *scene) {
	s := g.w.sets["documents"]
	g.every("staging", 3*time.Hour, 50*time.Minute, func(a *actor) {
		q := fresh(s, "sortBy=-created&fields=id", max(0, 4_000-a.run*120), 300)
		a.sweep(q, 100, 400*time.Millisecond)
		for from := 0; from < q.total; from += 100 {
			a.byIDs(q, from, from+100)
			a.pause(500 * time.Millisecond)
		}
	})
}

// blind9SixtyDays: the diary of the last and the next thirty days, 400 meetings and
// more, each working day at a quarter past seven; eight runs.
func blind9SixtyDays(g *scene) {
	run := 0
	for d := range g.days {
		if !g.workday(d) {
			continue
		}
		run++
		on := g.date(d)
		q := g.w.sets["appointments"].where("start="+on.AddDate(0, 0, -30).Format(time.DateOnly)+"&end="+on.AddDate(0, 0, 30).Format(time.DateOnly), 400+g.rng.IntN(200))
		g.timer("diary to the board", run, on.Add(7*time.Hour+15*time.Minute), 40*time.Minute).sweep(q, 100, 400*time.Millisecond)
	}
}
