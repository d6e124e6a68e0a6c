package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The fourth blind family's timers: what they bring is stored, and nobody waits
// for it.

// window asks for what has changed between two times; there are n rows.
func (f *since) window(a *actor, from, to time.Time, n int) {
	f.last = from
	q := fresh(f.s, f.param+"="+stamp(from)+"&modifiedTo="+stamp(to), f.next, n)
	q.claims = 0
	a.sweep(q, 100, 400*time.Millisecond)
	f.next += n
}

// blind4Windows: yesterday's changes of three tables, 450 rows at least, on eight
// nights.
func blind4Windows(g *scene) {
	var tables []*since
	for _, name := range []string{"contacts", "properties", "tasks"} {
		tables = append(tables, g.since(name, "modifiedFrom"))
	}
	for d := range g.days {
		a := g.timer("night windows", d+1, g.date(d).Add(90*time.Minute), 50*time.Minute)
		for _, i := range g.order(3) {
			tables[i].window(a, g.date(d-1), g.date(d), 150+g.rng.IntN(60))
		}
	}
}

// blind4Closed: all changes of one hour, two hours later, each hour; 72 runs.
func blind4Closed(g *scene) {
	f := g.since("applicants", "modifiedFrom")
	g.every("closed hours", time.Hour, 6*time.Minute, func(a *actor) {
		hour := a.at.Truncate(time.Hour)
		f.window(a, hour.Add(-3*time.Hour), hour.Add(-2*time.Hour), 20+g.rng.IntN(60))
	})
}

// blind4EightADay: the appointments of the week, some 450, eight times a day; 32 runs.
func blind4EightADay(g *scene) {
	s, run := g.w.sets["appointments"], 0
	q := s.where("start="+stamp(g.date(0))+"&end="+stamp(g.date(7)), 450)
	for d := range g.days {
		for slot := range 8 {
			run++
			g.timer("dataset refresh", run, g.date(d).Add(8*time.Hour+time.Duration(slot*90)*time.Minute), 25*time.Minute).sweep(q, 100, 800*time.Millisecond)
		}
	}
}

// blind4CatchUp: all changed enquiries, each twenty minutes; what a stop of six
// hours has left out comes slot by slot. 198 runs.
func blind4CatchUp(g *scene) {
	f, owed := g.since("enquiries", "modifiedFrom"), 0
	g.every("dag", 20*time.Minute, 3*time.Minute, func(a *actor) {
		slot := a.at.Truncate(20 * time.Minute)
		if a.at.After(g.date(1).Add(9*time.Hour)) && a.at.Before(g.date(1).Add(15*time.Hour)) {
			owed++
			return
		}
		for ; owed >= 0; owed-- {
			from := slot.Add(-time.Duration(owed+1) * 20 * time.Minute)
			f.window(a, from, from.Add(20*time.Minute), 10+g.rng.IntN(40))
			a.pause(2 * time.Second)
		}
		owed = 0
	})
}

// blind4Lambda: all new enquiries, each two minutes from seven to seven; 720 runs.
func blind4Lambda(g *scene) {
	f, run := g.since("enquiries", "createdFrom"), 0
	for d := range g.days {
		for m := 7 * 60; m < 19*60; m += 2 {
			run++
			a := g.timer("", run, g.date(d).Add(time.Duration(m)*time.Minute), 40*time.Second)
			a.who, a.route = compliance.Unknown, "lambda"
			f.run(a, 2)
		}
	}
}

// blind4Adaptive: all changed contacts, a minute after a change and then later and
// later, up to sixteen minutes; 500 runs and more.
func blind4Adaptive(g *scene) {
	f, gap := g.since("contacts", "modifiedFrom"), time.Minute
	g.chain("adaptive", func() time.Duration { return gap }, func(a *actor) {
		mean := 0.02
		if h := a.at.Hour(); h >= 8 && h < 18 {
			mean = 0.7
		}
		n, began := poisson(g.rng, mean*gap.Minutes()), a.at
		q := fresh(f.s, f.param+"="+stamp(f.last), f.next, n)
		q.claims = 0
		a.list(q, 1, 100)
		f.last, f.next = began, f.next+n
		if gap = min(2*gap, 16*time.Minute); n > 0 {
			gap = time.Minute
		}
	})
}

// blind4Reindex: every property, each six hours; 16 runs.
func blind4Reindex(g *scene) {
	g.every("reindex", 6*time.Hour, 40*time.Minute, func(a *actor) {
		a.sweep(g.w.sets["properties"].all(), 100, 500*time.Millisecond)
	})
}

// blind4ThenNewer: the newest hundred documents each hour, and thirty of them one
// by one; 48 runs.
func blind4ThenNewer(g *scene) {
	s := g.w.sets["documents"]
	g.every("document store", time.Hour, 20*time.Minute, func(a *actor) {
		for _, row := range a.list(fresh(s, "sortBy=-modified", a.run*30, 100), 1, 100)[70:] {
			a.get(s, row)
			a.pause(400 * time.Millisecond)
		}
	})
}

// blind4UntilKnown: the newest tasks, each 25 minutes, back to those it has;
// two hundred rows a run, 115 runs.
func blind4UntilKnown(g *scene) {
	s := g.w.sets["tasks"]
	g.every("task mirror", 25*time.Minute, 4*time.Minute, func(a *actor) {
		q := fresh(s, "sortBy=-modified", a.run*110, 200)
		for page := 1; page <= 2; page++ {
			a.list(q, page, 100)
			a.pause(600 * time.Millisecond)
		}
	})
}

// blind4LookBack: all contacts changed within ten minutes, each three; 960 runs.
func blind4LookBack(g *scene) {
	s := g.w.sets["contacts"]
	g.every("look back", 3*time.Minute, time.Minute, func(a *actor) {
		q := fresh(s, "modifiedFrom="+stamp(a.at.Add(-10*time.Minute)), a.run*2, 5+g.rng.IntN(4))
		q.claims = 0
		a.list(q, 1, 100)
	})
}

// blind4DayBook: the postings of the day before, 320 at least, at seven on eight
// working days.
func blind4DayBook(g *scene) {
	s, run := g.w.sets["transactions"], 0
	for d := range g.days {
		if g.workday(d) {
			run++
			a := g.timer("day book", run, g.date(d).Add(7*time.Hour), 40*time.Minute)
			a.sweep(s.where("date="+g.date(d-1).Format(time.DateOnly), 320+g.rng.IntN(80)), 100, time.Second)
		}
	}
}

// blind4Uptime: all changed applicants, each five minutes, whenever an outside watch
// touches the app's address for it; 576 runs.
func blind4Uptime(g *scene) {
	f := g.since("applicants", "modifiedFrom")
	g.every("GET /sync", 5*time.Minute, 2*time.Minute, func(a *actor) {
		a.who = compliance.System
		f.run(a, 6)
	})
}

// blind4Tray: all changes of three tables, into a file on a user's machine, each ten
// minutes while it is on; 270 runs.
func blind4Tray(g *scene) {
	var tables []*since
	for _, name := range []string{"contacts", "properties", "tasks"} {
		tables = append(tables, g.since(name, "modifiedFrom"))
	}
	run := 0
	for d := range g.days {
		on := g.date(d).Add(8*time.Hour + 30*time.Minute + time.Duration(g.rng.IntN(900))*time.Second)
		for slot := range 54 {
			run++
			a := g.timer("user-3", run, on.Add(time.Duration(slot)*10*time.Minute), 3*time.Minute)
			a.who, a.route = compliance.User, "tray"
			for _, i := range g.order(3) {
				tables[i].run(a, 8)
			}
		}
	}
}

// blind4Mornings: the newest four hundred entries of the journal, at five each morning,
// of each of four customers; eight days.
func blind4Mornings(g *scene) {
	g.eachCustomer(4, func(t int) {
		s := g.w.sets["journalEntries"]
		for d := range g.days {
			a := g.timer("group report", d+1, g.date(d).Add(5*time.Hour+time.Duration(t*9)*time.Minute), 40*time.Minute)
			a.sweep(fresh(s, "officeId="+s.offices[0]+"&sortBy=-created&typeId=T"+strconv.Itoa(t), d*390, 400), 100, time.Second)
		}
	})
}
