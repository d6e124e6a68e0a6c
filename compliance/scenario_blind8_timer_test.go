package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The eighth blind family's timers: what they bring is stored, and nobody waits for it.

// blind8Graph: a graph of jobs at four, each with a table's rows of the day before,
// four hundred and more of contacts; nine days.
func blind8Graph(g *scene) {
	var feeds []*since
	for _, name := range []string{"contacts", "properties", "applicants"} {
		feeds = append(feeds, g.since(name, "modifiedFrom"))
	}
	for d := range g.days {
		a := g.timer("daily graph", d+1, g.date(d).Add(4*time.Hour), 30*time.Minute)
		for i, f := range feeds {
			f.window(a, g.date(d-1), g.date(d), 420/(i+1)+g.rng.IntN(60))
			a.pause(40 * time.Second)
		}
	}
}

// blind8DashboardCache: all open applicants of an office, 150 and more, each 45 minutes
// from seven to seven; 68 runs.
func blind8DashboardCache(g *scene) {
	q, run := g.w.sets["applicants"].where("officeId=O1&active=true&sortBy=name", 150+g.rng.IntN(60)), 0
	for d := range g.days {
		for m := 7 * 60; m < 19*60+30; m += 45 {
			run++
			g.timer("dashboard cache", run, g.date(d).Add(time.Duration(m)*time.Minute), 15*time.Minute).sweep(q, 100, 400*time.Millisecond)
		}
	}
}

// blind8TwelveTriggers: the newest hundred enquiries of each of twelve customers, each
// quarter of an hour, to see whether there is a new one; 192 runs of each.
func blind8TwelveTriggers(g *scene) {
	g.eachCustomer(12, func(t int) {
		s, first := g.w.sets["enquiries"], 1_400
		g.every("new enquiry trigger", 15*time.Minute, time.Duration(20+70*t)*time.Second, func(a *actor) {
			a.list(fresh(s, "sortBy=-created", first, 100), 1, 100)
			first -= g.rng.IntN(4)
		})
	})
}

// blind8Decorrelated: all changed applicants and offers, with a pause of one minute to
// thrice the last one, twenty at most; some 400 runs.
func blind8Decorrelated(g *scene) {
	buyers, offers, last := g.since("applicants", "modifiedFrom"), g.since("offers", "modifiedFrom"), 3*time.Minute
	g.chain("sync engine", func() time.Duration {
		last = min(20*time.Minute, time.Minute+time.Duration(g.rng.Float64()*float64(3*last-time.Minute)))
		return last
	}, func(a *actor) {
		buyers.run(a, 9)
		offers.run(a, 3)
	})
}

// blind8HourBack: what has changed of the applicants within an hour, 120 and more, each
// twelve minutes; 240 runs.
func blind8HourBack(g *scene) {
	g.lookBack("applicant loader", "applicants", 12*time.Minute, 2*time.Minute, 1, 120)
}

// blind8WeekCompared: all meetings of this week, 200 and more, each half-hour, compared
// with what the app has; 96 runs.
func blind8WeekCompared(g *scene) {
	q := g.w.sets["appointments"].where("start="+g.date(0).Format(time.DateOnly)+"&end="+g.date(7).Format(time.DateOnly), 200+g.rng.IntN(120))
	g.every("diary compare", 30*time.Minute, 7*time.Minute, func(a *actor) { a.sweep(q, 100, 500*time.Millisecond) })
}

// blind8Calendars: the fortnight of each of eight people, 20 meetings and more, each
// quarter of an hour; 192 runs.
func blind8Calendars(g *scene) {
	s := g.w.sets["appointments"]
	g.every("calendar sync", 15*time.Minute, 3*time.Minute, func(a *actor) {
		today := g.date(int(a.at.Sub(firstDay) / day))
		for u := range 8 {
			a.list(s.where("negotiatorId=N"+strconv.Itoa(u)+"&start="+today.AddDate(0, 0, -7).Format(time.DateOnly)+"&end="+today.AddDate(0, 0, 7).Format(time.DateOnly), 20+u), 1, 100)
			a.pause(300 * time.Millisecond)
		}
	})
}

// blind8ThreeTables: the newest 300 rows of three tables, each four hours; 24 runs.
func blind8ThreeTables(g *scene) {
	g.every("mart", 4*time.Hour, 100*time.Minute, func(a *actor) {
		for _, name := range []string{"journalEntries", "documents", "transactions"} {
			a.sweep(fresh(g.w.sets[name], "sortBy=-modified", 8_000-a.run*200, 300), 100, 700*time.Millisecond)
		}
	})
}

// blind8HotIDs: the same 250 houses by their ids, each six minutes, so that a cache
// never misses; 480 runs.
func blind8HotIDs(g *scene) {
	q := g.w.sets["properties"].where("hot", 250)
	g.every("cache refresher", 6*time.Minute, time.Minute, func(a *actor) {
		for from := 0; from < 250; from += 100 {
			a.byIDs(q, from, min(250, from+100))
			a.pause(300 * time.Millisecond)
		}
	})
}

// blind8BackgroundFetch: a phone in a pocket that is woken each 18 to 30 minutes, and
// takes the branch's open tasks and coming meetings, 190 and more; some 180 runs.
func blind8BackgroundFetch(g *scene) {
	s := g.w.sets
	tasks, meetings := s["tasks"].where("officeId=O2&activityStatus=active", 110+g.rng.IntN(40)), s["appointments"].where("officeId=O2&start=next", 80+g.rng.IntN(30))
	g.chain("background fetch", func() time.Duration { return 18*time.Minute + time.Duration(g.rng.IntN(720))*time.Second }, func(a *actor) {
		a.who = compliance.System
		a.sweep(tasks, 100, 200*time.Millisecond)
		a.sweep(meetings, 100, 200*time.Millisecond)
	})
}

// blind8Pipeline: every contract, eight hundred at least, each six hours; 16 runs.
func blind8Pipeline(g *scene) {
	g.every("pipeline", 6*time.Hour, 17*time.Minute, func(a *actor) { a.sweep(g.w.sets["tenancies"].all(), 100, 500*time.Millisecond) })
}
