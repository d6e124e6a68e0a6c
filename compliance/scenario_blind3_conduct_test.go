package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The third blind family's creates and updates, labels that lie, and waste.

// blind3SignUps: sixty contacts whom nobody has looked for.
func blind3SignUps(g *scene) {
	for range 12 * g.days {
		a := g.breaking(compliance.System, "POST /signup")
		a.at = g.officeDay()
		a.post(g.w.sets["contacts"], contactBody(email(g.rng), g.rng))
	}
}

// blind3PageOne: before each of fifty contacts, the first 25 of all.
func blind3PageOne(g *scene) {
	s := g.w.sets["contacts"]
	for range 10 * g.days {
		a := g.breaking(compliance.User, "user-5")
		a.route, a.at = "contact new", g.officeDay()
		a.list(s.all(), 1, 25)
		a.think()
		a.post(s, contactBody(email(g.rng), g.rng))
	}
}

// blind3OneSearch: one search for the sender's own address, and forty contacts; twice.
func blind3OneSearch(g *scene) {
	for range 2 {
		a := g.batch("newsletter")
		a.lookup(g.w.sets["contacts"], "email", "info@mail.example", 1)
		a.created(40, func(int, string) {})
	}
}

// blind3NightApplicants: fifteen applicants each night for known contacts, and no
// search for any.
func blind3NightApplicants(g *scene) {
	people := g.w.sets["contacts"]
	for d := range g.days {
		a := g.breaking(compliance.Batch, "re-activate")
		a.at = g.date(d).Add(time.Duration(g.rng.IntN(5*3600)) * time.Second)
		for range 15 {
			row := people.pick(g.rng)
			a.get(people, row)
			a.post(g.w.sets["applicants"], relatedBody("/contacts/"+people.id(row)))
			a.pause(2 * time.Second)
		}
	}
}

// blind3SavesAll: ten fields for one new note, 75 times.
func blind3SavesAll(g *scene) {
	g.changed("contacts", 15, func(a *actor, s *set, row int, tag string) {
		a.patch(s, row, tag, s.wholeBody(row, 0, "visit "+strconv.Itoa(g.rng.IntN(1e9))))
	})
}

// blind3EachField: the whole form each time a field is left, four times on end; 100 times.
func blind3EachField(g *scene) {
	g.changed("applicants", 5, func(a *actor, s *set, row int, tag string) {
		for range 4 {
			a.patch(s, row, tag, s.wholeBody(row, 0, "typed "+strconv.Itoa(g.rng.IntN(1e9))))
			tag = a.get(s, row)
			a.think()
		}
	})
}

// blind3EveryOther: seventy updates, every other of which names no version.
func blind3EveryOther(g *scene) {
	n := 0
	g.changed("tenancies", 14, func(a *actor, s *set, row int, tag string) {
		if n++; n%2 == 0 {
			tag, a.bad = "", true
		} else {
			a.bad = false
		}
		a.patch(s, row, tag, newNote(a))
	})
}

// blind3TomorrowAgain: a stale write, the same on each of three days after; 48 times.
func blind3TomorrowAgain(g *scene) {
	s := g.w.sets["tasks"]
	for i := range 12 {
		a := g.breaking(compliance.Batch, "outbox")
		a.at = g.date(i % 2).Add(g.officeHour())
		row, body := s.pick(g.rng), newNote(a)
		tag := a.get(s, row)
		s.versions[row]++
		for range 4 {
			a.stale(s, row, tag, body)
			a.wait(day - time.Duration(g.rng.IntN(1800))*time.Second)
		}
	}
}

// blind3SentAsBefore: after a 412 the entity is read, and the write sent under the
// version that was stale; 100 stale writes.
func blind3SentAsBefore(g *scene) {
	g.changed("contacts", 5, func(a *actor, s *set, row int, tag string) {
		body := newNote(a)
		s.versions[row]++
		for range 4 {
			a.stale(s, row, tag, body)
			a.get(s, row)
			a.wait(time.Second)
		}
	})
}

// blind3OldOverNew: after a 412 the entity as it was goes over the fresh version,
// and all that the other app had changed is gone; forty times.
func blind3OldOverNew(g *scene) {
	g.changed("properties", 8, func(a *actor, s *set, row int, tag string) {
		body := s.wholeBody(row, 0, "price agreed "+strconv.Itoa(g.rng.IntN(1e9)))
		s.versions[row]++
		a.stale(s, row, tag, body)
		a.patch(s, row, a.get(s, row), body)
	})
}

// blind3OneLoop: three users take turns at one walk over all contacts, each two
// minutes by day and night.
func blind3OneLoop(g *scene) {
	s := g.w.sets["contacts"]
	a, stride := g.breaking(compliance.User, ""), int(s.stride(g.rng.Uint64()))
	a.route, a.at = "contact", g.date(0)
	for i := 0; a.at.Before(g.date(g.days)); i++ {
		a.label = "user-" + strconv.Itoa(i%3)
		a.get(s, i*stride%s.n)
		a.pause(2 * time.Minute)
	}
}

// blind3FastCards: three cards a second for a quarter of an hour, no card twice.
func blind3FastCards(g *scene) {
	a := g.breaking(compliance.User, "user-1")
	a.route, a.at = "contact", g.officeDay()
	a.walk(g.w.sets["contacts"], 2_600, 240*time.Millisecond)
}

// blind3PollerSays: a poll each five minutes, which says that webhooks made it, and
// names none.
func blind3PollerSays(g *scene) {
	f := g.since("applicants", "modifiedFrom")
	g.every("applicants changed", 5*time.Minute, time.Minute, func(a *actor) {
		a.who = compliance.Webhook
		f.run(a, 8)
	})
}

// blind3AllPages: 150 pages of contacts for each of five events.
func blind3AllPages(g *scene) {
	s, from := g.w.sets["contacts"], 0
	for range 5 {
		a := g.breaking(compliance.Webhook, "contact changed")
		a.at = g.officeDay()
		a.event(s, s.pick(g.rng))
		for range 150 {
			a.list(fresh(s, "active=true", from, 50), 1, 50)
			from += 50
			a.pause(700 * time.Millisecond)
		}
	}
}

// blind3NightJob: a "user" opens 400 houses in five minutes at two, on six nights.
func blind3NightJob(g *scene) {
	for d := range g.days {
		a := g.breaking(compliance.User, "user-6")
		a.route, a.run, a.at = "property", d+1, g.date(d).Add(2*time.Hour+time.Duration(g.rng.IntN(600))*time.Second)
		a.walk(g.w.sets["properties"], 400, 600*time.Millisecond)
	}
}

// blind3CallARow: forty tasks of a list, each read by itself at once; 25 times.
func blind3CallARow(g *scene) {
	s := g.w.sets["tasks"]
	for range 5 * g.days {
		a := g.breaking(compliance.User, "user-7")
		a.route, a.at = "task board", g.officeDay()
		for _, row := range a.list(s.where("negotiatorId=N"+strconv.Itoa(g.rng.IntN(80)), 40), 1, 40) {
			a.get(s, row)
		}
	}
}

// blind3Fives: a hundred rows or more, five at a time without a pause; 15 times.
func blind3Fives(g *scene) {
	s := g.w.sets["appointments"]
	for range 3 * g.days {
		a := g.breaking(compliance.Batch, "rota sheet")
		a.at = g.officeDay()
		a.sweep(s.where("negotiatorId=N"+strconv.Itoa(g.rng.IntN(80))+"&start="+a.at.Format(time.DateOnly), 100+g.rng.IntN(60)), 5, 200*time.Millisecond)
	}
}

// blind3BeforeEachStep: before each of forty pictures of a house the house, which
// nobody has changed; 25 houses.
func blind3BeforeEachStep(g *scene) {
	s := g.w.sets
	for range 5 * g.days {
		a := g.breaking(compliance.Batch, "pictures")
		a.at = g.officeDay()
		row := s["properties"].pick(g.rng)
		for range 40 {
			a.get(s["properties"], row)
			a.post(s["propertyImages"], `{"caption":"c"}`)
			a.pause(4 * time.Second)
		}
	}
}
