package compliance_test

import (
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// Apps that acquire data by the clock, without a need to process it at once.

// every runs a job by the clock from the first day to the last. An evasive job
// starts up to a fifth of its period early or late.
func (g *scene) every(label string, period, offset time.Duration, job func(a *actor)) {
	run := 0
	for t := g.date(0).Add(offset); t.Before(g.date(g.days)); t = t.Add(period) {
		run++
		a := g.breaking(compliance.Schedule, label)
		a.run = run
		a.at = t.Add(time.Duration(g.rng.IntN(5000)) * time.Millisecond)
		if g.evasive.jitter {
			a.wait(time.Duration((g.rng.Float64() - 0.5) * 0.4 * float64(period)))
		}
		job(a)
	}
}

// tile copies what changed since the run before, over and over.
func (g *scene) tile(name, param string, period time.Duration, perRun int) {
	s := g.w.sets[name]
	last := g.date(0).Add(-period)
	pool := s.where("pool", s.n)
	next := 0
	g.every(name+" delta", period, time.Duration(g.rng.IntN(int(period/time.Second)))*time.Second, func(a *actor) {
		began := a.at
		rows := make([]int, 1+poisson(g.rng, float64(perRun)))
		for i := range rows {
			rows[i] = pool.at(next)
			next++
		}
		a.sweep(s.these(param+"="+stamp(last), rows), 100, 200*time.Millisecond)
		last = began
	})
}

func tileContacts(g *scene)  { g.tile("contacts", "modifiedFrom", 5*time.Minute, 280) }
func tileHourly(g *scene)    { g.tile("properties", "modifiedFrom", time.Hour, 2_500) }
func tileCreated(g *scene)   { g.tile("enquiries", "createdFrom", 15*time.Minute, 30) }
func tileTwoHourly(g *scene) { g.tile("transactions", "modifiedFrom", 2*time.Hour, 400) }
func tileManyLists(g *scene) {
	g.tile("applicants", "modifiedFrom", 30*time.Minute, 40)
	g.tile("landlords", "modifiedFrom", 30*time.Minute, 15)
}

// fresh gives a routine rows it has not had before.
func fresh(s *set, filter string, from, n int) query {
	pool := s.where("pool", s.n)
	rows := make([]int, n)
	for i := range rows {
		rows[i] = pool.at(from + i)
	}
	q := s.these(filter, rows)
	q.claims = s.n / 2
	return q
}

// regular pulls the newest few pages at a fixed interval.
func (g *scene) regular(name string, period time.Duration, rows int) {
	s, from := g.w.sets[name], 0
	g.every(name+" pull", period, 7*time.Minute, func(a *actor) {
		a.sweep(fresh(s, "sortBy=-modified", from, rows), 100, 300*time.Millisecond)
		from += rows * 9 / 10
	})
}

func regularContacts(g *scene) { g.regular("contacts", 15*time.Minute, 250) }
func regularJournal(g *scene)  { g.regular("journalEntries", 40*time.Minute, 400) }
func regularTasks(g *scene)    { g.regular("tasks", 25*time.Minute, 200) }

// drifting sleeps a fixed time after each run, so that its minute wanders.
func drifting(g *scene) {
	s, from := g.w.sets["applicants"], 0
	a := g.breaking(compliance.Schedule, "loop")
	for a.at = g.date(0).Add(3 * time.Hour); a.at.Before(g.date(g.days)); a.run++ {
		a.sweep(fresh(s, "sortBy=-created", from, 300), 100, time.Second)
		from += 280
		a.pause(35 * time.Minute)
	}
}

// cron fires on the round minute, though not each time: only when it has something to do.
func (g *scene) cron(name string, period time.Duration, share float64) {
	s, from, run := g.w.sets[name], 0, 0
	for t := g.date(0); t.Before(g.date(g.days)); t = t.Add(period) {
		if g.rng.Float64() > share {
			continue
		}
		run++
		a := g.breaking(compliance.Schedule, name+" cron")
		a.run = run
		a.at = t.Add(time.Duration(g.rng.IntN(4)) * time.Second)
		if g.evasive.jitter {
			a.wait(time.Duration(g.rng.Float64() * 0.1 * float64(period)))
		}
		n := 150 + g.rng.IntN(250)
		a.sweep(fresh(s, "active=true", from, n), 100, 300*time.Millisecond)
		from += n
	}
}

func cronContacts(g *scene) { g.cron("contacts", 30*time.Minute, 0.5) }
func cronDocs(g *scene)     { g.cron("documents", 2*time.Hour, 0.6) }

// nightly copies a good part of a collection at the same hour each night.
func (g *scene) nightly(name string, hour int, every int, pages int) {
	s, run := g.w.sets[name], 0
	for d := 0; d < g.days; d += every {
		run++
		a := g.breaking(compliance.Schedule, "nightly")
		a.run = run
		a.at = g.date(d).Add(time.Duration(hour)*time.Hour + time.Duration(g.rng.IntN(60))*time.Second)
		if g.evasive.jitter {
			a.wait(time.Duration(g.rng.IntN(40)) * time.Minute)
		}
		a.sweep(fresh(s, "active=true", d*pages*40, pages*100), 100, time.Second)
	}
}

func nightlyEnquiries(g *scene) { g.nightly("enquiries", 2, 1, 6) }
func nightlyOffers(g *scene)    { g.nightly("tasks", 23, 1, 5) }
func weeklyLandlords(g *scene)  { g.nightly("documents", 4, 7, 7) }

// trickle draws new rows all round the clock at no fixed interval.
func (g *scene) trickle(name string, mean time.Duration, rows int) {
	s, from := g.w.sets[name], 0
	a := g.breaking(compliance.Batch, "drain")
	for a.at = g.date(0); a.at.Before(g.date(g.days)); a.run++ {
		a.sweep(fresh(s, "active=true", from, rows), 100, time.Second)
		from += rows
		a.wait(time.Duration(g.rng.ExpFloat64() * float64(mean)))
	}
}

func trickleContacts(g *scene) { g.trickle("contacts", 12*time.Minute, 60) }
func trickleJournal(g *scene)  { g.trickle("journalEntries", 25*time.Minute, 150) }

// copyAgain reads the same rows whole, again and again.
func (g *scene) copyAgain(name string, times, rows int) {
	s := g.w.sets[name]
	for i := range times * g.days {
		a := g.breaking(compliance.Batch, "full copy")
		a.run = i + 1
		a.at = g.date(0).Add(time.Duration((float64(i) + 0.2 + 0.6*g.rng.Float64()) / float64(times) * float64(day)))
		a.sweep(s.where("internetAdvertising=true", rows), 100, 500*time.Millisecond)
	}
}

func copyProperties(g *scene) { g.copyAgain("properties", 3, 1_400) }
func copyApplicants(g *scene) { g.copyAgain("applicants", 1, 1_300) }

// pollStatus polls a list of many pages day and night on a prime interval.
func pollStatus(g *scene) {
	s, from := g.w.sets["tasks"], 0
	g.every("poll", 37*time.Minute, 11*time.Minute, func(a *actor) {
		a.sweep(fresh(s, "activityStatus=active", from, 220), 50, 400*time.Millisecond)
		from += 190
	})
}
