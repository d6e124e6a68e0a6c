package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The blind family's apps that break the guidelines.

var blindBreakers = []kind{
	{name: "whole: tenancies", days: 2, build: blindSweepTenancies, clause: bulk, also: warehouse, level: compliance.Error},
	{name: "whole: this year's journal", days: 2, build: blindSweepJournal, clause: bulk, also: warehouse, level: compliance.Error},
	{name: "whole: contacts from the end", days: 2, build: blindSweepBackwards, clause: bulk, level: compliance.Error},
	{name: "whole: three workers", days: 2, build: blindSweepWorkers, clause: bulk, level: compliance.Error},
	{name: "parts: postcodes", days: 2, build: blindSlicePostcodes, clause: bulk, level: compliance.Error},
	{name: "parts: prices", days: 2, build: blindSlicePrices, clause: bulk, level: compliance.Error},
	{name: "parts: days", days: 2, build: blindSliceDays, clause: bulk, level: compliance.Error},
	{name: "one by one: ledger", days: 2, build: blindCrawlLedger, clause: bulk, level: compliance.Error},
	{name: "one by one: two workers", days: 2, build: blindCrawlWorkers, clause: bulk, level: compliance.Error},
	{name: "by twenty ids: documents", days: 3, build: blindCrawlBatches, clause: bulk, also: warehouse, level: compliance.Error},
	{name: "counting down", days: 2, build: blindCountDown, clause: bulk, level: compliance.Error},
	{name: "counting with holes", days: 2, build: blindCountHoles, clause: bulk, level: compliance.Error},
	{name: "in haste: ledger", days: 2, build: blindFast, clause: bulk, level: compliance.Warning},
	{name: "list, then each: landlords", days: 2, build: blindHydrate, clause: bulk, also: wasteful, level: compliance.Warning},

	{name: "since last time: diary, 10 min", days: 2, build: blindTileDiary, clause: schedule, also: copies, level: compliance.Error},
	{name: "since last time, overlapping", days: 2, build: blindTileOverlap, clause: schedule, also: copies, level: compliance.Error},
	{name: "since last time: documents, 6 h", days: 4, build: blindTileSixHourly, clause: schedule, also: copies, level: compliance.Error},
	{name: "each 50 min: offers", days: 3, build: blindRegularOffers, clause: schedule, also: copies, level: compliance.Warning},
	{name: "each 3 h: enquiries", days: 5, build: blindRegularEnquiries, clause: schedule, also: copies, level: compliance.Warning},
	{name: "at the minute: properties", days: 2, build: blindCronProperties, clause: schedule, also: copies, level: compliance.Warning},
	{name: "each night: landlords", days: 12, build: blindNightly, clause: schedule, also: copies, level: compliance.Warning},
	{name: "each working night: tasks", days: 21, build: blindWorkNights, clause: schedule, also: copies, level: compliance.Warning},
	{name: "each Sunday: ledger", days: 43, build: blindSundays, clause: schedule, also: copies, level: compliance.Warning},
	{name: "all hours: documents", days: 4, build: blindTrickle, clause: schedule, also: copies, level: compliance.Warning},
	{name: "whole again: tenancies", days: 4, build: blindCopyAgain, clause: schedule, also: copies, level: compliance.Error},

	{name: "load: four workers", days: 3, build: blindSaturate, clause: load, also: []string{limits}, level: compliance.Warning},
	{name: "load: slow searches", days: 3, build: blindSlowSearches, clause: load, also: []string{limits}, level: compliance.Warning},
	{name: "load: three routes", days: 3, build: blindScript, clause: load, level: compliance.Warning},
	{name: "load: sandbox lists", days: 3, build: blindSandbox, clause: load, level: compliance.Error},
	{name: "thirty in a second", days: 3, build: blindBurst, clause: limits, level: compliance.Error},
	{name: "seven in flight", days: 3, build: blindSeven, clause: limits, level: compliance.Error},
	{name: "back before it may", days: 3, build: blindEarly, clause: limits, level: compliance.Error},

	{name: "created blindly: applicants", days: 5, build: blindCreate, clause: create, level: compliance.Warning},
	{name: "updated blindly: properties", days: 5, build: blindUntagged, clause: update, level: compliance.Error},
	{name: "sent back whole: applicants", days: 5, build: blindWhole, clause: update, level: compliance.Warning},
	{name: "user at all hours", days: 3, build: blindSleepless, clause: claims, also: []string{bulk, schedule}, level: compliance.Error, tagged: true},
	{name: "sixty reads an event", days: 3, build: blindOneEvent, clause: claims, also: []string{bulk}, level: compliance.Error, tagged: true},
}

// batch is a breaking job that starts at some time.
func (g *scene) batch(label string) *actor {
	a := g.breaking(compliance.Batch, label)
	a.at = g.anyTime()
	return a
}

func blindSweepTenancies(g *scene) {
	g.batch("rent ledger").sweep(g.w.sets["tenancies"].all(), 100, time.Second)
}

func blindSweepJournal(g *scene) {
	g.batch("history").sweep(g.w.sets["journalEntries"].slice("createdFrom=2026-01-01T00:00:00Z", 2, 6), 100, 5*time.Second)
}

func blindSweepBackwards(g *scene) {
	a, q := g.batch("backfill"), g.w.sets["contacts"].all()
	pages := (q.total + 99) / 100
	for _, i := range g.order(pages) {
		a.list(q, pages-i, 100)
		a.pause(700 * time.Millisecond)
	}
}

func blindSweepWorkers(g *scene) {
	q, at := g.w.sets["enquiries"].all(), g.anyTime()
	for w := range 3 {
		a := g.batch("loader")
		a.at = at
		for _, i := range g.order(q.total / 100) {
			if i%3 == w {
				a.list(q, i+1, 100)
				a.pause(1500 * time.Millisecond)
			}
		}
	}
}

func (g *scene) parts(name, filter, label string, parts, size int, gap time.Duration) {
	a := g.batch(label)
	for _, i := range g.order(parts) {
		a.sweep(g.w.sets[name].slice(filter+strconv.Itoa(i), i, parts), size, gap)
	}
}

func blindSlicePostcodes(g *scene) {
	g.parts("contacts", "postcode=OX", "mailing data", 200, 100, 2*time.Second)
}

func blindSlicePrices(g *scene) {
	g.parts("properties", "priceFrom=0&band=", "price index", 30, 100, 4*time.Second)
}

func blindSliceDays(g *scene) {
	s, a := g.w.sets["enquiries"], g.batch("lead store")
	for _, i := range g.order(90) {
		from := time.Date(2026, time.February, 27-i, 0, 0, 0, 0, time.UTC)
		a.sweep(s.slice("createdFrom="+stamp(from)+"&createdTo="+stamp(from.AddDate(0, 0, 1)), i, 90), 100, 3*time.Second)
	}
}

// walk reads n entities one by one, in an order of its own.
func (a *actor) walk(s *set, n int, gap time.Duration) {
	stride, row := int(s.stride(a.rng.Uint64())), a.rng.IntN(s.n)
	for range n {
		row = (row + stride) % s.n
		a.get(s, row)
		a.pause(gap)
	}
}

func blindCrawlLedger(g *scene) {
	g.batch("audit copy").walk(g.w.sets["transactions"], 5_000, 3*time.Second)
}

func blindCrawlWorkers(g *scene) {
	s, at := g.w.sets["applicants"], g.anyTime()
	stride, row := int(s.stride(g.rng.Uint64())), 0
	workers := [2]*actor{g.batch("scoring"), g.batch("scoring")}
	workers[0].at, workers[1].at = at, at
	for i := range min(4_000, s.n*3/4) {
		row = (row + stride) % s.n
		workers[i%2].get(s, row)
		workers[i%2].pause(6 * time.Second)
	}
}

func blindCrawlBatches(g *scene) {
	s, a := g.w.sets["documents"], g.batch("archive")
	q := s.where("all=1", min(s.n, 6_000))
	for from := 0; from+20 <= q.total; from += 20 {
		a.byIDs(q, from, from+20)
		a.pause(30 * time.Second)
	}
}

func blindCountDown(g *scene) {
	s, a := g.w.sets["properties"], g.batch("walk")
	step := len(s.offices)
	for i := range min(500, s.n/2/step) {
		a.get(s, s.n-1-i*step)
		a.pause(2 * time.Second)
	}
}

func blindCountHoles(g *scene) {
	s, a := g.w.sets["applicants"], g.batch("walk")
	for i := range min(400, s.n/3) {
		if i%2 == 0 {
			a.get(s, s.n/2+i)
		} else {
			a.missing(s, "OXF19"+strconv.Itoa(10_000+i))
		}
		a.pause(time.Second)
	}
}

func blindFast(g *scene) {
	g.batch("ledger load").sweep(g.w.sets["transactions"].where("type=rent", 5_000), 100, 0)
}

func blindHydrate(g *scene) { g.hydrate("landlords", 8, 40) }

func blindTileDiary(g *scene) { g.tile("appointments", "modifiedFrom", 10*time.Minute, 60) }

// blindTileOverlap asks from two minutes before the last run on, to be sure.
func blindTileOverlap(g *scene) {
	s, last, from := g.w.sets["contacts"], g.date(0), 0
	g.every("changes", 20*time.Minute, 3*time.Minute, func(a *actor) {
		began, n := a.at, 40+g.rng.IntN(160)
		q := fresh(s, "modifiedFrom="+stamp(last.Add(-2*time.Minute)), from, n)
		q.claims = 0
		a.sweep(q, 100, 300*time.Millisecond)
		last, from = began, from+n
	})
}

func blindTileSixHourly(g *scene)    { g.tile("documents", "modifiedFrom", 6*time.Hour, 500) }
func blindRegularOffers(g *scene)    { g.regular("offers", 50*time.Minute, 150) }
func blindRegularEnquiries(g *scene) { g.regular("enquiries", 3*time.Hour, 300) }
func blindCronProperties(g *scene)   { g.cron("properties", 20*time.Minute, 0.7) }
func blindNightly(g *scene)          { g.nightly("landlords", 1, 1, 4) }
func blindSundays(g *scene)          { g.nightly("transactions", 6, 7, 10) }
func blindTrickle(g *scene)          { g.trickle("documents", 15*time.Minute, 80) }

// blindWorkNights copies after each working day, and rests at weekends.
func blindWorkNights(g *scene) {
	s, run := g.w.sets["tasks"], 0
	for d := range g.days {
		if !g.workday(d) {
			continue
		}
		run++
		a := g.breaking(compliance.Schedule, "after hours")
		a.run, a.at = run, g.date(d).Add(22*time.Hour+time.Duration(g.rng.IntN(90))*time.Second)
		if g.evasive.jitter {
			a.wait(time.Duration(g.rng.IntN(30)) * time.Minute)
		}
		a.sweep(fresh(s, "modifiedBy=staff", d*350, 450), 100, time.Second)
	}
}

// blindCopyAgain reads all tenancies twice a day.
func blindCopyAgain(g *scene) {
	s := g.w.sets["tenancies"]
	for i := range 2 * g.days {
		a := g.breaking(compliance.Batch, "refresh")
		a.run, a.at = i+1, g.date(0).Add(time.Duration((float64(i)+0.8*g.rng.Float64())*12*float64(time.Hour)))
		a.sweep(s.slice("status=current", 0, 1), 100, 800*time.Millisecond)
	}
}

func blindSaturate(g *scene) {
	s := g.w.sets["contacts"]
	g.workers(4, "bench", g.officeDay(), 15*time.Minute, func(a *actor, w int) {
		a.get(s, s.pick(g.rng))
		a.pause(110 * time.Millisecond)
	})
}

func blindSlowSearches(g *scene) {
	s := g.w.sets["properties"]
	g.workers(5, "stress", g.officeDay(), 14*time.Minute, func(a *actor, w int) {
		a.slow = 5
		a.list(a.searchForm(s), 1, 25)
	})
}

func blindScript(g *scene) {
	s := g.w.sets
	g.workers(3, "ramp", g.officeDay(), 12*time.Minute, func(a *actor, w int) {
		switch g.rng.IntN(3) {
		case 0:
			a.get(s["applicants"], g.rng.IntN(12))
		case 1:
			a.get(s["tenancies"], g.rng.IntN(12))
		default:
			a.list(s["enquiries"].where("status=new", 20), 1, 25)
		}
		a.wait(about(g.rng, 700*time.Millisecond, 0.1))
	})
}

func blindSandbox(g *scene) {
	g.w = newWorld(g.rng, "SBOX")
	s := g.w.sets["applicants"]
	g.workers(3, "perf", g.officeDay(), 4*time.Minute, func(a *actor, w int) {
		a.list(a.byName(s), 1, 25)
		a.pause(200 * time.Millisecond)
	})
}

func blindBurst(g *scene) {
	g.free = true
	s := g.w.sets["tasks"]
	for range 3 {
		at := g.officeDay()
		for k := range 30 {
			a := g.breaking(compliance.Batch, "notifier")
			a.at, a.slow = at.Add(time.Duration(k)*30*time.Millisecond), 0.2
			a.get(s, s.pick(g.rng))
		}
	}
}

func blindSeven(g *scene) { g.overSlots(7) }

// blindEarly tries again each second, though it was asked to wait for five.
func blindEarly(g *scene) {
	s := g.w.sets["applicants"]
	for range 3 {
		a := g.breaking(compliance.Batch, "sender")
		a.at = g.officeDay()
		for range 5 {
			a.throttle(s, 5, "5")
			a.wait(time.Second)
		}
	}
}

func blindCreate(g *scene) {
	for range 8 * g.days {
		a := g.breaking(compliance.Batch, "lead form")
		a.at = g.officeDay()
		a.post(g.w.sets["applicants"], `{"active":true,"email":"`+email(g.rng)+`","type":"buyer"}`)
	}
}

// changed is a person's update of a row just read.
func (g *scene) changed(name string, n int, update func(a *actor, s *set, row int, tag string)) {
	s := g.w.sets[name]
	for range n * g.days {
		a := g.breaking(compliance.User, "user-8")
		a.route, a.at = name+" form", g.officeDay()
		row := s.pick(g.rng)
		tag := a.get(s, row)
		a.think()
		update(a, s, row, tag)
	}
}

func blindUntagged(g *scene) {
	g.changed("properties", 5, func(a *actor, s *set, row int, _ string) { a.patch(s, row, "", newNote(a)) })
}

func blindWhole(g *scene) {
	g.changed("applicants", 12, func(a *actor, s *set, row int, tag string) {
		a.patch(s, row, tag, s.wholeBody(row, 1, "call "+strconv.Itoa(g.rng.IntN(1e9))))
	})
}

func blindSleepless(g *scene) {
	s := g.w.sets["applicants"]
	a := g.breaking(compliance.User, "user-2")
	a.route = "leads"
	for a.at = g.date(0); a.at.Before(g.date(g.days)); a.pause(6 * time.Minute) {
		a.list(a.byName(s), 1, 25)
	}
}

func blindOneEvent(g *scene) {
	s := g.w.sets["contacts"]
	for range 3 * g.days {
		a := g.breaking(compliance.Webhook, "contact changed")
		a.at = g.officeDay()
		a.event(s, s.pick(g.rng))
		for range 60 {
			a.get(s, g.rng.IntN(s.n))
			a.pause(time.Second)
		}
	}
}
