package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The fifth blind family's creates and updates, labels that lie, and waste.

// blind5OwnTable: seventy contacts and an applicant for each, out of a portal's mails,
// which the app has looked for in its own table only.
func blind5OwnTable(g *scene) {
	s := g.w.sets
	for range 14 * g.days {
		a := g.breaking(compliance.System, "portal mails")
		a.at = g.officeDay()
		contact := a.post(s["contacts"], contactBody(email(g.rng), g.rng))
		a.wait(about(g.rng, time.Second, 0.3))
		a.post(s["applicants"], relatedBody(contact))
	}
}

// blind5Nameless: a contact for each of 75 chats, of which the bot knows a first name
// and a number.
func blind5Nameless(g *scene) {
	s := g.w.sets
	for range 15 * g.days {
		a := g.breaking(compliance.User, "")
		a.route, a.at = "chat", g.officeDay()
		a.list(s["properties"].live(a.wish(), 8), 1, 3)
		a.think()
		a.post(s["contacts"], `{"forename":"Kim","mobilePhone":"`+phone(a)+`","officeIds":["OXF"]}`)
	}
}

// blind5Referees: an applicant is looked for, and then his two referees are made
// contacts without a look for them; a hundred.
func blind5Referees(g *scene) {
	s := g.w.sets["contacts"]
	for range 10 * g.days {
		a := g.breaking(compliance.User, "user-2")
		a.route, a.at = "references", g.officeDay()
		a.lookup(s, "email", email(g.rng), 1)
		for range 2 {
			a.think()
			a.post(s, contactBody(email(g.rng), g.rng))
		}
	}
}

// blind5Draft: what a phone has kept as a draft, all fields of it; 75 applicants.
func blind5Draft(g *scene) {
	g.changed("applicants", 15, func(a *actor, s *set, row int, tag string) {
		a.wait(about(g.rng, 4*time.Minute, 0.5))
		a.patch(s, row, tag, s.wholeBody(row, 0, "draft "+strconv.Itoa(g.rng.IntN(1e9))))
	})
}

// blind5OneField: a hundred tenancies get a new negotiator, and with him all but one
// of the fields they had.
func blind5OneField(g *scene) {
	s, a := g.w.sets["tenancies"], g.batch("hand over")
	for _, row := range a.list(s.where("negotiatorId=N4", 100), 1, 100) {
		a.patch(s, row, a.get(s, row), s.wholeBody(row, 1, "now with N"+strconv.Itoa(g.rng.IntN(1e9))))
		a.pause(3 * time.Second)
	}
}

// blind5NoVersion: 90 updates without a version, refused, and sent again without one.
func blind5NoVersion(g *scene) {
	g.changed("properties", 6, func(a *actor, s *set, row int, _ string) {
		body := newNote(a)
		for range 3 {
			a.stale(s, row, "", body)
			a.wait(2 * time.Second)
		}
	})
}

// blind5FirstsVersion: sixty offers, each under the version of the first of them; but
// for that one all are refused, and nobody looks.
func blind5FirstsVersion(g *scene) {
	s, a := g.w.sets["offers"], g.batch("close offers")
	rows := a.list(s.where("status=pending&round=1", 60), 1, 100)
	tag := a.get(s, rows[0])
	a.patch(s, rows[0], tag, `{"status":"withdrawn"}`)
	for _, row := range rows[1:] {
		a.stale(s, row, tag, `{"status":"withdrawn"}`)
		a.pause(900 * time.Millisecond)
	}
}

// blind5QueuedStale: a queue sends what was refused eight times, later and later, and
// never reads what is there; 120 stale writes.
func blind5QueuedStale(g *scene) {
	g.changed("tasks", 3, func(a *actor, s *set, row int, tag string) {
		s.versions[row]++
		body, pause := newNote(a), 5*time.Second
		for range 8 {
			a.stale(s, row, tag, body)
			a.pause(pause)
			pause *= 2
		}
	})
}

// blind5NightDesk: four "users" who open a contact each, one after another, fifty
// seconds apart, by day and night; 3,400 calls.
func blind5NightDesk(g *scene) {
	s, i := g.w.sets["contacts"], 0
	for at := g.date(0); at.Before(g.date(2)); {
		a := g.breaking(compliance.User, "user-"+strconv.Itoa(i%4))
		a.route, a.at = "contact", at
		a.get(s, s.pick(g.rng))
		a.pause(50 * time.Second)
		at, i = a.at, i+1
	}
}

// blind5NameByName: a "user" who searches for a name each half-second for a quarter of
// an hour; 1,500 calls.
func blind5NameByName(g *scene) {
	s := g.w.sets["contacts"]
	a := g.breaking(compliance.User, "user-7")
	a.route, a.at = "contact search", g.officeDay()
	for _, i := range g.order(1_500) {
		name := towns[i%20][:3] + strconv.Itoa(i/20)
		a.list(s.where("name="+name, 3+i%9), 1, 25)
		a.pause(400 * time.Millisecond)
	}
}

// blind5ShareOfList: a list of five thousand contacts, of which each of two hundred
// "users" is said to have turned to one page.
func blind5ShareOfList(g *scene) {
	s, at := g.w.sets["contacts"], g.officeDay()
	q := s.where("active=true", 5_000)
	for n, page := range g.order((q.total + 24) / 25) {
		a := g.breaking(compliance.User, "user-"+strconv.Itoa(n))
		a.route, a.at = "contact list", at
		a.list(q, page+1, 25)
		a.pause(1200 * time.Millisecond)
		at = a.at
	}
}

// blind5OtherHouses: a webhook of one house, for which three hundred others are read;
// twelve times.
func blind5OtherHouses(g *scene) {
	s := g.w.sets["properties"]
	for range 4 * g.days {
		a := g.breaking(compliance.Webhook, "property changed")
		a.at = g.officeDay()
		a.event(s, s.pick(g.rng))
		a.walk(s, 300, 600*time.Millisecond)
	}
}

// blind5LandlordEach: forty tenancies of a list, and the landlord of each by a call;
// 25 times.
func blind5LandlordEach(g *scene) {
	s := g.w.sets
	for range 5 * g.days {
		a := g.breaking(compliance.User, "user-1")
		a.route, a.at = "lets", g.officeDay()
		for _, row := range a.list(s["tenancies"].where("negotiatorId=N"+strconv.Itoa(g.rng.IntN(60)), 40), 1, 40) {
			a.get(s["landlords"], row*17%s["landlords"].n)
		}
	}
}

// blind5Fours: 120 rows or more, four at a time without a pause; 20 times.
func blind5Fours(g *scene) {
	s := g.w.sets["appointments"]
	for range 4 * g.days {
		a := g.breaking(compliance.Batch, "day sheet")
		a.at = g.officeDay()
		a.sweep(s.where("officeId=O"+strconv.Itoa(g.rng.IntN(80))+"&start="+a.at.Format(time.DateOnly), 120+g.rng.IntN(50)), 4, 120*time.Millisecond)
	}
}

// blind5EachKey: the same card read again at each key that its user strikes, sixty
// times for a note; 30 notes.
func blind5EachKey(g *scene) {
	s := g.w.sets["contacts"]
	for range 6 * g.days {
		a := g.breaking(compliance.User, "user-4")
		a.route, a.at = "note", g.officeDay()
		row := s.pick(g.rng)
		for range 60 {
			a.get(s, row)
			a.wait(about(g.rng, 350*time.Millisecond, 0.4))
		}
	}
}
