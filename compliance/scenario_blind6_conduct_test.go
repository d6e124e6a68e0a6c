package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The sixth blind family's creates and updates, labels that lie, and waste.

// blind6Checkout: sixty buyers of a shop, each a contact and an applicant at once, and
// no search for any.
func blind6Checkout(g *scene) {
	s := g.w.sets
	for range 12 * g.days {
		a := g.breaking(compliance.System, "POST /checkout")
		a.at = g.officeDay()
		contact := a.post(s["contacts"], contactBody(email(g.rng), g.rng))
		a.post(s["applicants"], relatedBody(contact))
		a.post(s["transactions"], `{"amount":`+strconv.Itoa(10+g.rng.IntN(900))+`}`)
	}
}

// blind6CompanyOnly: before each of fifty people the company's address, and never his.
func blind6CompanyOnly(g *scene) {
	s := g.w.sets
	for range 10 * g.days {
		a := g.breaking(compliance.User, "user-7")
		a.route, a.at = "new person", g.officeDay()
		a.lookup(s["landlords"], "email", "info"+strconv.Itoa(g.rng.IntN(300))+"@firm.example", 1)
		a.think()
		a.post(s["contacts"], contactBody(email(g.rng), g.rng))
	}
}

// blind6AsItStands: a sheet of sixty people, each row a contact; twice.
func blind6AsItStands(g *scene) {
	for range 2 {
		g.batch("sheet").created(60, func(int, string) {})
	}
}

// blind6AllColumns: ninety rows of a file, each with nine of the ten fields as they
// were read, for one that differs.
func blind6AllColumns(g *scene) {
	s, a := g.w.sets["contacts"], g.batch("column import")
	for range 90 {
		row := s.pick(g.rng)
		a.patch(s, row, a.get(s, row), s.wholeBody(row, 1, "from the file "+strconv.Itoa(g.rng.IntN(1e9))))
		a.pause(3 * time.Second)
	}
}

// blind6Closed: a hundred tickets, each closed as its agent says, and no version named.
func blind6Closed(g *scene) {
	g.changed("tasks", 20, func(a *actor, s *set, row int, _ string) {
		a.patch(s, row, "", `{"activityStatus":"closed","text":"c`+strconv.Itoa(g.rng.IntN(1e9))+`"}`)
	})
}

// blind6Forced: what is refused as stale is sent again for any version; sixty times.
func blind6Forced(g *scene) {
	g.changed("offers", 12, func(a *actor, s *set, row int, tag string) {
		body := `{"metadata":{"stage":"` + strconv.Itoa(g.rng.IntN(1e9)) + `"}}`
		s.versions[row]++
		a.stale(s, row, tag, body)
		a.wait(time.Second)
		a.patch(s, row, "*", body)
	})
}

// blind6Cached: five writes under a version that has been in a cache since long
// before, all refused; 125 stale writes.
func blind6Cached(g *scene) {
	g.changed("landlords", 5, func(a *actor, s *set, row int, tag string) {
		s.versions[row]++
		for range 5 {
			a.stale(s, row, tag, newNote(a))
			a.wait(about(g.rng, 15*time.Second, 0.4))
		}
	})
}

// blind6Lists: one "user" who asks for 2,400 lists within twenty minutes.
func blind6Lists(g *scene) {
	s := g.w.sets["contacts"]
	a := g.breaking(compliance.User, "user-7")
	a.route, a.at = "contact search", g.officeDay()
	for i := range 2_400 {
		a.list(fresh(s, "name=A"+strconv.Itoa(i), i*10, 10), 1, 25)
		a.pause(300 * time.Millisecond)
	}
}

// blind6NeverOff: a "user" who asks each four minutes what has changed, for three
// days and nights; a thousand calls.
func blind6NeverOff(g *scene) {
	f := g.since("enquiries", "modifiedFrom")
	g.every("user-7", 4*time.Minute, time.Minute, func(a *actor) {
		a.who, a.route = compliance.User, "new enquiries"
		f.run(a, 3)
	})
}

// blind6SixtyEach: forty events, and for each of them sixty people whom it does not
// name.
func blind6SixtyEach(g *scene) {
	s := g.w.sets["contacts"]
	for range 40 {
		a := g.breaking(compliance.Webhook, "contact changed")
		a.at = g.officeDay()
		a.event(s, s.pick(g.rng))
		a.walk(s, 60, 500*time.Millisecond)
	}
}

// blind6ByTurns: two "users" by turns, five cards a second for ten minutes.
func blind6ByTurns(g *scene) {
	s, at := g.w.sets["applicants"], g.officeDay()
	for u := range 2 {
		a := g.breaking(compliance.User, "user-"+strconv.Itoa(7+u))
		a.route, a.at = "applicant", at.Add(time.Duration(u)*200*time.Millisecond)
		a.walk(s, 1_500, 300*time.Millisecond)
	}
}

// blind6AskerEach: forty tickets of a list, and who asks of each by a call; 25 times.
func blind6AskerEach(g *scene) {
	s := g.w.sets
	for range 5 * g.days {
		a := g.breaking(compliance.User, "user-7")
		a.route, a.at = "ticket list", g.officeDay()
		for _, row := range a.list(s["tasks"].where("queue=Q"+strconv.Itoa(g.rng.IntN(60)), 40), 1, 40) {
			a.get(s["contacts"], row*19%s["contacts"].n)
		}
	}
}

// blind6Tens: two hundred postings and more, ten at a time without a pause; 20 times.
func blind6Tens(g *scene) {
	s := g.w.sets["transactions"]
	for range 4 * g.days {
		a := g.breaking(compliance.Batch, "account sheet")
		a.at = g.officeDay()
		a.sweep(s.where("account="+strconv.Itoa(4000+g.rng.IntN(80))+"&dateTo="+a.at.Format(time.DateOnly), 200+g.rng.IntN(80)), 10, 150*time.Millisecond)
	}
}

// blind6PriceAgain: the price of one thing each two seconds for a quarter of an hour,
// and it is the same; ten times.
func blind6PriceAgain(g *scene) {
	s := g.w.sets["properties"]
	for range 2 * g.days {
		a := g.breaking(compliance.System, "price")
		a.at = g.officeDay()
		row := s.pick(g.rng)
		for range 450 {
			a.get(s, row)
			a.pause(2 * time.Second)
		}
	}
}
