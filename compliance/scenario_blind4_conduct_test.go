package compliance_test

import (
	"strconv"
	"strings"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The fourth blind family's creates and updates, labels that lie, and waste.

// blind4Wizard: sixty contacts and a landlord for each, and no search for any.
func blind4Wizard(g *scene) {
	s := g.w.sets
	for range 12 * g.days {
		a := g.breaking(compliance.User, "user-4")
		a.route, a.at = "landlord wizard", g.officeDay()
		contact := a.post(s["contacts"], contactBody(email(g.rng), g.rng))
		a.think()
		a.post(s["landlords"], relatedBody(contact))
	}
}

// blind4OwnNumber: before each of fifty contacts the app asks for an id of its own
// making, which the platform has never given.
func blind4OwnNumber(g *scene) {
	s := g.w.sets["contacts"]
	for range 10 * g.days {
		a := g.breaking(compliance.System, "POST /leads")
		a.at = g.officeDay()
		a.missing(s, "LEAD-"+strconv.Itoa(g.rng.IntN(1e9)))
		a.post(s, contactBody(email(g.rng), g.rng))
	}
}

// blind4House: before each of fifty contacts the house that he asks about.
func blind4House(g *scene) {
	s := g.w.sets
	for range 10 * g.days {
		a := g.breaking(compliance.User, "")
		a.route, a.at = "ask about a house", g.officeDay()
		a.list(s["properties"].live(a.wish(), 5), 1, 5)
		a.think()
		a.post(s["contacts"], contactBody(email(g.rng), g.rng))
	}
}

// blind4SaveAgain: all fields but two, as they were read, for one new note; 80 rows.
func blind4SaveAgain(g *scene) {
	s, a := g.w.sets["properties"], g.batch("orm")
	for range 80 {
		row := s.pick(g.rng)
		a.patch(s, row, a.get(s, row), s.wholeBody(row, 2, "checked "+strconv.Itoa(g.rng.IntN(1e9))))
		a.pause(4 * time.Second)
	}
}

// blind4Assign: a hundred chosen tasks given to another, and no version named.
func blind4Assign(g *scene) {
	s, a := g.w.sets["tasks"], g.batch("assign")
	for _, row := range a.list(s.where("negotiatorId=N"+strconv.Itoa(g.rng.IntN(40)), 100), 1, 100) {
		a.patch(s, row, "", `{"negotiatorId":"N`+strconv.Itoa(g.rng.IntN(99))+`"}`)
		a.pause(time.Second)
	}
}

// blind4Unquoted: the version without its quotes, refused, read anew, and sent in
// the same way; 120 writes.
func blind4Unquoted(g *scene) {
	g.changed("contacts", 8, func(a *actor, s *set, row int, tag string) {
		body := newNote(a)
		for range 3 {
			a.stale(s, row, strings.Trim(tag, `"`), body)
			a.wait(time.Second)
			tag = a.get(s, row)
		}
	})
}

// blind4NextSave: what is refused is written to a log, and the next save goes out
// under the same version; 80 stale writes.
func blind4NextSave(g *scene) {
	g.changed("applicants", 4, func(a *actor, s *set, row int, tag string) {
		s.versions[row]++
		for range 4 {
			a.stale(s, row, tag, newNote(a))
			a.think()
		}
	})
}

// blind4AnyVersion: any version will do, for each of 75 offers.
func blind4AnyVersion(g *scene) {
	g.changed("offers", 15, func(a *actor, s *set, row int, _ string) {
		a.patch(s, row, "*", `{"status":"s`+strconv.Itoa(g.rng.IntN(9))+`"}`)
	})
}

// blind4InAnHour: one "user" opens 3,000 contacts within an hour, none twice.
func blind4InAnHour(g *scene) {
	a := g.breaking(compliance.User, "user-3")
	a.route, a.at = "contact", g.officeDay()
	a.walk(g.w.sets["contacts"], 3_000, time.Second)
}

// blind4InStep: five "users" who read three cards in two seconds each, at the same
// time, for a quarter of an hour; 6,000 calls.
func blind4InStep(g *scene) {
	s, at := g.w.sets["properties"], g.officeDay()
	for u := range 5 {
		a := g.breaking(compliance.User, "user-"+strconv.Itoa(u))
		a.route, a.at = "property", at.Add(time.Duration(u)*90*time.Millisecond)
		a.walk(s, 1_200, 600*time.Millisecond)
	}
}

// blind4MadeUp: thirty events that the app has made up itself, and 120 pages for each.
func blind4MadeUp(g *scene) {
	s, from := g.w.sets["enquiries"], 0
	a := g.breaking(compliance.Webhook, "enquiry changed")
	a.at = g.officeDay()
	for range 30 {
		a.event(s, s.pick(g.rng))
		for range 120 {
			a.list(fresh(s, "active=true", from, 25), 1, 25)
			from += 25
			a.pause(900 * time.Millisecond)
		}
	}
}

// blind4HookNights: a "webhook" that names no event reads six hundred applicants at
// two, on six nights.
func blind4HookNights(g *scene) {
	for d := range g.days {
		a := g.breaking(compliance.Webhook, "applicant changed")
		a.run, a.at = d+1, g.date(d).Add(2*time.Hour+time.Duration(g.rng.IntN(900))*time.Second)
		a.walk(g.w.sets["applicants"], 600, 800*time.Millisecond)
	}
}

// blind4BuyerEach: thirty offers of a list, and the buyer of each by a call; 25 times.
func blind4BuyerEach(g *scene) {
	s := g.w.sets
	for range 5 * g.days {
		a := g.breaking(compliance.User, "user-2")
		a.route, a.at = "offers", g.officeDay()
		for _, row := range a.list(s["offers"].where("negotiatorId=N"+strconv.Itoa(g.rng.IntN(80)), 30), 1, 30) {
			a.get(s["applicants"], row*13%s["applicants"].n)
		}
	}
}

// blind4Eights: 150 rows or more, eight at a time without a pause; 15 times.
func blind4Eights(g *scene) {
	s := g.w.sets["tasks"]
	for range 3 * g.days {
		a := g.breaking(compliance.Batch, "task sheet")
		a.at = g.officeDay()
		a.sweep(s.where("negotiatorId=N"+strconv.Itoa(g.rng.IntN(80))+"&due="+a.at.Format(time.DateOnly), 150+g.rng.IntN(60)), 8, 150*time.Millisecond)
	}
}

// blind4Yet: has it changed yet? One offer each three seconds for twenty minutes, and
// it has not; ten times.
func blind4Yet(g *scene) {
	s := g.w.sets["offers"]
	for range 2 * g.days {
		a := g.breaking(compliance.Batch, "wait for the offer")
		a.at = g.officeDay()
		row := s.pick(g.rng)
		for range 400 {
			a.get(s, row)
			a.pause(3 * time.Second)
		}
	}
}
