package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The seventh blind family's creates and updates, labels that lie, and waste.

// blind7OwnTable: seventy people who ask for a valuation, each looked for in the app's
// own table and never in the customer's.
func blind7OwnTable(g *scene) {
	s := g.w.sets
	for range 14 * g.days {
		a := g.breaking(compliance.System, "POST /valuation")
		a.at = g.officeDay()
		contact := a.post(s["contacts"], contactBody(email(g.rng), g.rng))
		a.pause(time.Second)
		a.post(s["landlords"], relatedBody(contact))
	}
}

// blind7Postcode: before each of fifty people who lives in his street, and never
// whether he is there himself.
func blind7Postcode(g *scene) {
	s := g.w.sets["contacts"]
	for range 10 * g.days {
		a := g.breaking(compliance.User, "user-7")
		a.route, a.at = "new person", g.officeDay()
		a.list(s.live("address=P"+strconv.Itoa(g.rng.IntN(200)), g.rng.IntN(9)), 1, 25)
		a.think()
		a.post(s, contactBody(email(g.rng), g.rng))
	}
}

// blind7Mapped: a hundred rows that a mapper writes with all their columns, since it
// does not know which of them differs.
func blind7Mapped(g *scene) {
	s := g.w.sets["applicants"]
	for range 20 * g.days {
		a := g.breaking(compliance.System, "save changes")
		a.at = g.officeDay()
		row := s.pick(g.rng)
		tag := a.get(s, row)
		a.pause(2 * time.Second)
		a.patch(s, row, tag, s.wholeBody(row, 0, "rated "+strconv.Itoa(g.rng.IntN(1e9))))
	}
}

// blind7Dragged: sixty meetings that are dragged to another time, and no version named.
func blind7Dragged(g *scene) {
	g.changed("appointments", 12, func(a *actor, s *set, row int, _ string) {
		a.patch(s, row, "", `{"start":"`+stamp(a.at.Add(time.Duration(1+g.rng.IntN(90))*time.Hour))+`"}`)
	})
}

// blind7Afternoon: a form that keeps the version it has read first: the first save
// goes through and the seven after it are refused; 140 stale writes.
func blind7Afternoon(g *scene) {
	g.changed("tasks", 4, func(a *actor, s *set, row int, tag string) {
		a.patch(s, row, tag, `{"text":"first `+strconv.Itoa(g.rng.IntN(1e9))+`"}`)
		for range 7 {
			a.wait(about(g.rng, 12*time.Minute, 0.4))
			a.stale(s, row, tag, `{"text":"then `+strconv.Itoa(g.rng.IntN(1e9))+`"}`)
		}
	})
}

// blind7ThirtyAMinute: one "user" who opens thirty cards a minute for four hours;
// 7,200 calls.
func blind7ThirtyAMinute(g *scene) {
	a := g.breaking(compliance.User, "user-7")
	a.route, a.at = "contact", g.date(g.rng.IntN(3)).Add(9*time.Hour)
	a.walk(g.w.sets["contacts"], 7_200, 1900*time.Millisecond)
}

// blind7TwoHundredEach: ten events, and for each two hundred houses that it does not
// name.
func blind7TwoHundredEach(g *scene) {
	s := g.w.sets["properties"]
	for range 10 {
		a := g.breaking(compliance.Webhook, "property changed")
		a.at = g.officeDay()
		a.event(s, s.pick(g.rng))
		a.walk(s, 200, 900*time.Millisecond)
	}
}

// blind7SaysWebhook: two thousand people one by one on each of three nights, by a
// handler of webhooks that none has called.
func blind7SaysWebhook(g *scene) {
	for d := range g.days {
		a := g.breaking(compliance.Webhook, "contact changed")
		a.run, a.at = d+1, g.date(d).Add(time.Hour+time.Duration(g.rng.IntN(1800))*time.Second)
		a.walk(g.w.sets["contacts"], 2_000, 2*time.Second)
	}
}

// blind7OwnerEach: a list of thirty houses, and the owner of each by a call; 25 times.
func blind7OwnerEach(g *scene) {
	s := g.w.sets
	for range 5 * g.days {
		a := g.breaking(compliance.User, "user-7")
		a.route, a.at = "house list", g.officeDay()
		for _, row := range a.list(s["properties"].where(a.wish()+"&page="+strconv.Itoa(g.rng.IntN(60)), 30), 1, 30) {
			a.get(s["landlords"], row*7%s["landlords"].n)
		}
	}
}

// blind7Sevens: two hundred entries and more of a journal, seven at a time without a
// pause; twenty times.
func blind7Sevens(g *scene) {
	s := g.w.sets["journalEntries"]
	for range 4 * g.days {
		a := g.breaking(compliance.Batch, "file print")
		a.at = g.officeDay()
		a.sweep(s.where("contactId=C"+strconv.Itoa(g.rng.IntN(3000))+"&createdTo="+a.at.Format(time.DateOnly), 200+g.rng.IntN(60)), 7, 120*time.Millisecond)
	}
}

// blind7SignedYet: a paper that is to be signed is asked for each five seconds for
// half an hour, and it is the same; ten times.
func blind7SignedYet(g *scene) {
	s := g.w.sets["documents"]
	for range 2 * g.days {
		a := g.breaking(compliance.System, "signed yet")
		a.at = g.officeDay()
		row := s.pick(g.rng)
		for range 360 {
			a.get(s, row)
			a.pause(5 * time.Second)
		}
	}
}
