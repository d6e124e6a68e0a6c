package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The fifth blind family's timers: what they bring is stored, and nobody waits for it.

// blind5FiveTables: the newest two hundred rows of each of five tables, a thousand
// rows, on eight nights.
func blind5FiveTables(g *scene) {
	for d := range g.days {
		a := g.timer("nightly top", d+1, g.date(d).Add(2*time.Hour+45*time.Minute), 50*time.Minute)
		for _, name := range []string{"contacts", "applicants", "enquiries", "tasks", "offers"} {
			a.sweep(fresh(g.w.sets[name], "sortBy=-modified", d*150, 200), 100, 800*time.Millisecond)
		}
	}
}

// blind5DayAndNight: all changed properties, each five minutes by day and each hour by
// night; some 400 runs.
func blind5DayAndNight(g *scene) {
	f := g.since("properties", "modifiedFrom")
	at := g.date(0).Add(4 * time.Minute)
	for run := 1; at.Before(g.date(g.days)); run++ {
		gap, mean := time.Hour, 1
		if h := at.Hour(); h >= 7 && h < 20 {
			gap, mean = 5*time.Minute, 8
		}
		f.run(g.timer("two paces", run, at, gap/3), mean)
		at = at.Add(gap)
	}
}

// blind5Jittered: all changed contacts, one to nine minutes after each other; 570 runs.
func blind5Jittered(g *scene) {
	f := g.since("contacts", "modifiedFrom")
	gap := func() time.Duration { return time.Minute + time.Duration(g.rng.IntN(8*60))*time.Second }
	g.chain("full jitter", gap, func(a *actor) { f.run(a, 6) })
}

// blind5Streams: what has changed in five tables since the run before and an hour
// more, five hundred rows at least, each six hours; 16 runs.
func blind5Streams(g *scene) {
	names := []string{"contacts", "properties", "applicants", "appointments", "offers"}
	g.every("connector", 6*time.Hour, 25*time.Minute, func(a *actor) {
		for i := range names {
			q := fresh(g.w.sets[names[i]], "modifiedFrom="+stamp(a.at.Add(-7*time.Hour)), a.run*100, 110+g.rng.IntN(60))
			q.claims = 0
			a.sweep(q, 100, 700*time.Millisecond)
		}
	})
}

// blind5EachOffer: every offer, a thousand at least, at half past each hour from eight
// to six; 33 runs.
func blind5EachOffer(g *scene) {
	run := 0
	for d := range g.days {
		for hour := 8; hour < 19; hour++ {
			run++
			a := g.timer("pipeline cube", run, g.date(d).Add(time.Duration(hour)*time.Hour+30*time.Minute), 20*time.Minute)
			a.sweep(g.w.sets["offers"].all(), 100, 600*time.Millisecond)
		}
	}
}

// blind5Midnight: what was made on the day in three tables, 330 rows at least, five
// minutes before midnight, on nine days.
func blind5Midnight(g *scene) {
	for d := range g.days {
		a := g.timer("day's end", d+1, g.date(d).Add(23*time.Hour+35*time.Minute), 20*time.Minute)
		for _, i := range g.order(3) {
			name := []string{"contacts", "enquiries", "appointments"}[i]
			q := fresh(g.w.sets[name], "createdFrom="+stamp(g.date(d))+"&createdTo="+stamp(g.date(d+1)), d*140, 110+g.rng.IntN(30))
			q.claims = 0
			a.sweep(q, 100, time.Second)
		}
	}
}

// blind5Locked: 250 active applicants, each 15 minutes unless the lock of another
// process is in the way, which it is each fifth time; 150 runs.
func blind5Locked(g *scene) {
	s := g.w.sets["applicants"]
	g.every("locked cron", 15*time.Minute, 2*time.Minute, func(a *actor) {
		if g.rng.IntN(5) > 0 {
			a.sweep(fresh(s, "active=true&sortBy=-modified", a.run*90, 250), 100, 500*time.Millisecond)
		}
	})
}

// blind5Grown: has the number of enquiries grown? Each half-minute, and where it has,
// the new ones; 5,700 runs, and every new enquiry.
func blind5Grown(g *scene) {
	s, next := g.w.sets["enquiries"], 0
	g.every("counter", 30*time.Second, 4*time.Second, func(a *actor) {
		n, filter := 0, "createdFrom="+stamp(a.at.Add(-30*time.Second))
		if h := a.at.Hour(); h >= 7 && h < 23 {
			n = poisson(g.rng, 0.2)
		}
		q := fresh(s, filter, next, n)
		q.claims = 0
		if a.list(q, 1, 1); n > 0 {
			a.list(q, 1, 100)
		}
		next += n
	})
}

// blind5Reconciled: webhooks tell of each change of a contact, and all of the last
// day's changes, 150 at least, are fetched again each half-hour; 96 runs.
func blind5Reconciled(g *scene) {
	s := g.w.sets["contacts"]
	for _, c := range s.changes(g.rng, g.date(0), g.days, 170) {
		a := g.notified(s, c, "contact changed")
		a.get(s, c.row)
	}
	g.every("reconcile", 30*time.Minute, 8*time.Minute, func(a *actor) {
		q := fresh(s, "modifiedFrom="+stamp(a.at.Add(-day)), a.run*4, 150+g.rng.IntN(40))
		q.claims = 0
		a.sweep(q, 100, 400*time.Millisecond)
	})
}

// blind5NextFortnight: the appointments of the next fortnight, 340 at least, at six on
// nine days.
func blind5NextFortnight(g *scene) {
	s := g.w.sets["appointments"]
	for d := range g.days {
		a := g.timer("diary print", d+1, g.date(d).Add(6*time.Hour), 40*time.Minute)
		a.sweep(s.where("start="+stamp(g.date(d))+"&end="+stamp(g.date(d+14)), 340+g.rng.IntN(90)), 100, 900*time.Millisecond)
	}
}

// blind5RoundAndRound: the next hundred properties by their ids, each four minutes,
// round and round; 720 runs.
func blind5RoundAndRound(g *scene) {
	q, from := g.w.sets["properties"].all(), 0
	g.every("ring", 4*time.Minute, time.Minute, func(a *actor) {
		a.byIDs(q, from, min(from+100, q.total))
		if from += 100; from >= q.total {
			from = 0
		}
	})
}

// blind5Hosted: every landlord, eight hundred at least, each six hours by a hosted
// clock that is five to thirty minutes late; 16 runs.
func blind5Hosted(g *scene) {
	g.every("workflow", 6*time.Hour, 17*time.Minute, func(a *actor) {
		a.wait(5*time.Minute + time.Duration(g.rng.IntN(1500))*time.Second)
		a.sweep(g.w.sets["landlords"].all(), 100, time.Second)
	})
}

// blind5BlueGreen: all changed tasks, each half-hour, by the old release and by the
// new one a quarter of an hour later; 96 runs of each.
func blind5BlueGreen(g *scene) {
	for i, label := range []string{"blue", "green"} {
		f := g.since("tasks", "modifiedFrom")
		g.every(label, 30*time.Minute, time.Duration(3+15*i)*time.Minute, func(a *actor) { f.run(a, 35) })
	}
}

// blind5SheetByItself: three hundred active applicants, in a user's sheet that fetches
// them by itself each hour, by day and night; 72 runs.
func blind5SheetByItself(g *scene) {
	s := g.w.sets["applicants"]
	q := s.where("active=true&officeId="+s.offices[0], 300)
	g.every("user-2", time.Hour, 12*time.Minute, func(a *actor) {
		a.who, a.route = compliance.User, "sheet"
		a.sweep(q, 100, 500*time.Millisecond)
	})
}

// blind5SmallHours: twelve pages of fifty, one each ten minutes, from one to three, on
// eight nights.
func blind5SmallHours(g *scene) {
	s := g.w.sets["journalEntries"]
	for d := range g.days {
		a := g.timer("small hours", d+1, g.date(d).Add(time.Hour), 30*time.Minute)
		a.sweep(fresh(s, "typeId=NOTE&sortBy=-created", d*590, 600), 50, 10*time.Minute)
	}
}

// blind5BackOff: all new contacts, after one minute, and after half as much again each
// time that there is none, up to half an hour, by six customers; 300 runs and more.
func blind5BackOff(g *scene) {
	g.eachCustomer(6, func(t int) {
		f, gap := g.since("contacts", "createdFrom"), time.Minute
		g.chain("poll "+strconv.Itoa(t), func() time.Duration { return gap }, func(a *actor) {
			n := 0
			if h := a.at.Hour(); h >= 8 && h < 19 {
				n = poisson(g.rng, 0.15*gap.Minutes())
			}
			q, began := fresh(f.s, f.param+"="+stamp(f.last), f.next, n), a.at
			q.claims = 0
			a.list(q, 1, 100)
			f.last, f.next = began, f.next+n
			if gap = min(gap*3/2, 30*time.Minute); n > 0 {
				gap = time.Minute
			}
		})
	})
}
