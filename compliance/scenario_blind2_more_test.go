package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// More clean apps of the second blind family: storms, imports, feeds, and what
// goes wrong on the way.

// backOnline: a phone that was out of reach gets its owner's day anew, and sends
// what he wrote meanwhile.
func backOnline(g *scene) {
	s := g.w.sets["appointments"]
	g.office(4+g.rng.IntN(8), 1, g.officeHour, false, func(a *actor) {
		day := a.at.Format(time.DateOnly)
		rows := a.on("my day").list(s.where("negotiatorId="+a.label+"&start="+day, 4+a.rng.IntN(8)), 1, 25)
		for _, row := range rows[:a.rng.IntN(min(3, len(rows)+1))] {
			a.amend(s, row, `{"followUp":{"notes":"n`+strconv.Itoa(a.rng.IntN(1e9))+`"}}`)
		}
		a.wait(about(a.rng, 25*time.Minute, 0.7))
	})
}

// dashboardTab is five tiles before a manager's eyes, two of some pages.
func dashboardTab(g *scene) {
	s := g.w.sets
	for d := range g.days {
		if !g.workday(d) {
			continue
		}
		a, date := g.user("manager", "dashboard"), g.date(d).Format(time.DateOnly)
		a.at = g.date(d).Add(g.officeHour())
		leaves := a.at.Add(time.Hour + time.Duration(g.rng.IntN(120))*time.Minute)
		for ; a.at.Before(leaves); a.wait(about(a.rng, 10*time.Minute, 0.2)) {
			for _, name := range []string{"enquiries", "applicants", "tenancies"} {
				a.list(s[name].where("createdFrom="+date+"T00:00:00Z", 10), 1, 1)
			}
			for _, q := range []query{s["offers"].where("status=pending&day="+date, 45), s["appointments"].where("start="+date, 65)} {
				for page := 1; (page-1)*25 < q.total; page++ {
					a.list(q, page, 25)
				}
			}
		}
	}
	callList(g)
}

// booksByWebhook hands each posting on; what the books refuse comes again later.
func booksByWebhook(g *scene) {
	s := g.w.sets["transactions"]
	for _, c := range s.changes(g.rng, g.date(0), g.days, 50+g.rng.Float64()*250) {
		a := g.notified(s, c, "posting")
		a.get(s, c.row)
		for pause := time.Minute; pause < time.Hour && g.rng.IntN(6) == 0; pause *= 5 {
			a.wait(about(a.rng, pause, 0.2))
			a.get(s, c.row)
		}
	}
}

// leaverInBatches gathers a storm of notifications and reads each row once.
func leaverInBatches(g *scene) {
	s := g.w.sets["properties"]
	g.react(s, s.changes(g.rng, g.date(0), g.days, 40+g.rng.Float64()*100), nil, 0.2)
	at := g.date(g.rng.IntN(5)).Add(g.officeHour())
	q := s.where("negotiatorId=N7", 150+g.rng.IntN(350))
	for from := 0; from < q.total; from += 20 {
		at = at.Add(about(g.rng, 15*time.Second, 0.5))
		g.notified(s, change{at, q.at(from)}, "properties changed").byIDs(q, from, min(from+20, q.total))
	}
}

// onboardingDay brings fifty people in: whoever is there already is updated.
func onboardingDay(g *scene) {
	s := g.w.sets
	a := g.actor(compliance.Batch, "onboarding", "onboarding")
	a.at = g.date(g.rng.IntN(5)).Add(g.officeHour())
	for range 50 {
		mail := email(g.rng)
		if g.rng.IntN(5) == 0 {
			a.lookup(s["contacts"], "email", mail, 1)
			a.amend(s["contacts"], s["contacts"].pick(g.rng), newNote(a))
			continue
		}
		a.lookup(s["contacts"], "email", mail, 0)
		where := a.post(s["contacts"], contactBody(mail, g.rng))
		a.follow(where, 1)
		a.lookup(s["applicants"], "emailAddresses", mail, 0)
		a.post(s["applicants"], relatedBody(where))
		a.wait(about(g.rng, 2*time.Second, 0.5))
	}
	crmMobile(g)
}

// officesMerged: a user moves one office's properties to another.
func officesMerged(g *scene) {
	s := g.w.sets["properties"]
	a := g.user("manager", "merge offices")
	a.at = g.date(g.rng.IntN(5)).Add(g.officeHour())
	q := s.where("officeId=OLD", 120+g.rng.IntN(230))
	for page := 1; (page-1)*100 < q.total; page++ {
		for _, row := range a.list(q, page, 100) {
			a.amend(s, row, `{"officeIds":["NEW"]}`)
			a.wait(about(a.rng, 1500*time.Millisecond, 0.5))
		}
	}
	crmDesktop(g)
}

// subjectAccess gathers all there is about one person, who has asked for it.
func subjectAccess(g *scene) {
	s := g.w.sets
	for range 2 + g.rng.IntN(4) {
		a := g.user("privacy", "subject access")
		a.at = g.officeDay()
		row := s["contacts"].pick(g.rng)
		a.get(s["contacts"], row)
		for _, name := range []string{"journalEntries", "documents", "appointments", "offers", "applicants", "tenancies"} {
			q := s[name].where("contactId="+s["contacts"].id(row), int(about(g.rng, 12, 1.2)))
			for page := 1; (page-1)*100 < q.total; page++ {
				a.list(q, page, 100)
				a.wait(about(a.rng, time.Second, 0.4))
			}
		}
	}
	supportDesk(g)
}

// lettingsFeed is a website's own, as the platform advises: a seed by filter, what
// changed each hour of the working day, and a daily look for what has gone.
func lettingsFeed(g *scene) {
	s := g.w.sets["properties"]
	shown := s.where("internetAdvertising=true&lettingStatus=toLet&lettingStatus=underOffer", min(s.n/3, 300+g.rng.IntN(900)))
	made := s.changes(g.rng, g.date(0).Add(-day), g.days+1, 50)
	a := g.actor(compliance.Schedule, "lettings feed", "lettings feed")
	a.purpose, a.at = "website-feed", g.date(0).Add(6*time.Hour+30*time.Minute)
	last := a.at
	for page := 1; (page-1)*100 < shown.total; page++ {
		a.list(shown, page, 100)
	}
	for d := range g.days {
		for hour := 8; hour < 19 && g.date(d).Weekday() != time.Sunday; hour++ {
			a.at = g.date(d).Add(time.Duration(hour)*time.Hour + time.Duration(g.rng.IntN(20))*time.Second)
			began := a.at
			a.list(s.these(shown.filter+"&modifiedFrom="+stamp(last), between(made, last, began)), 1, 100)
			for from := 0; hour == 13 && from < shown.total; from += 100 {
				a.byIDs(shown, from, min(from+100, shown.total))
			}
			last = began
		}
	}
}

// patient works a list alone and is refused often: it waits as long as it is told,
// or ever longer where it is told nothing.
func patient(g *scene) {
	s := g.w.sets["applicants"]
	for d := range g.days {
		a := g.user("user-1", "call sheet")
		for a.at = g.date(d).Add(9 * time.Hour); a.at.Hour() < 17; a.wait(about(a.rng, time.Minute, 0.6)) {
			row, told, refusals := s.pick(a.rng), a.rng.IntN(2) == 0, 0
			if a.rng.IntN(20) == 0 {
				refusals = 1 + a.rng.IntN(4)
			}
			for try := range refusals {
				wait, header := 1<<try, ""
				if told {
					wait = 1 + a.rng.IntN(30)
					header = strconv.Itoa(wait)
				}
				a.throttle(s, row, header)
				a.wait(time.Duration(wait)*time.Second + about(a.rng, 500*time.Millisecond, 0.3))
			}
			a.get(s, row)
		}
	}
}

// manyCustomers is one app that reacts for five to thirty agencies.
func manyCustomers(g *scene) {
	first := g.w
	for t := range 5 + g.rng.IntN(26) {
		if t > 0 {
			g.w = newWorld(g.rng, "AG"+strconv.Itoa(t))
		}
		s := g.w.sets
		g.react(s["tenancies"], s["tenancies"].changes(g.rng, g.date(0), g.days, 4+g.rng.Float64()*20), s["landlords"], 0.3)
	}
	g.w = first
}

// clocksSet greets the offices at 8:45 by the wall's clock, before and after
// summer time begins; and one afternoon the app's own clock is set back.
func clocksSet(g *scene) {
	s := g.w.sets["appointments"]
	callList(g)
	for d := range g.days {
		at := g.date(d).Add(8*time.Hour + 45*time.Minute)
		if d >= 27 {
			at = at.Add(-time.Hour)
		}
		for i := 0; g.workday(d) && i < len(s.offices); i++ {
			a := g.actor(compliance.Schedule, "morning post", "morning post")
			a.at = at.Add(time.Duration(g.rng.IntN(15)) * time.Second)
			a.list(s.where("officeId="+s.offices[i]+"&start="+g.date(d).Format(time.DateOnly), 5+g.rng.IntN(30)), 1, 100)
		}
	}
	set := g.date(8).Add(14 * time.Hour)
	for i := range g.calls {
		if c := &g.calls[i]; c.at.After(set) && c.at.Before(set.Add(2*time.Hour)) {
			c.at = c.at.Add(-3 * time.Minute)
		}
	}
}

// lost is a call whose answer never comes.
func (a *actor) lost(method, path, tag, body string) {
	a.write(method, path, tag, body, 0)
	c := &a.scene.calls[len(a.scene.calls)-1]
	c.answer, c.took = nil, 10*time.Second
	a.wait(10*time.Second + about(a.rng, time.Second, 0.3))
}

// lostAnswers asks again where an answer was lost; before a write goes out a
// second time it looks whether the first one arrived.
func lostAnswers(g *scene) {
	s := g.w.sets["contacts"]
	g.office(3+g.rng.IntN(4), 3, g.officeHour, false, func(a *actor) {
		row := s.pick(a.rng)
		path := "/contacts/" + s.id(row)
		if a.on("contact"); a.rng.IntN(5) == 0 {
			a.lost("GET", path, "", "")
		}
		tag := a.get(s, row)
		a.think()
		switch mail := email(a.rng); a.rng.IntN(12) {
		case 0: // the version has moved on: by this very write
			a.lost("PATCH", path, tag, newNote(a))
			s.versions[row]++
			a.get(s, row)
		case 1:
			a.lookup(s, "email", mail, 0)
			a.lost("POST", "/contacts/", "", contactBody(mail, a.rng))
			a.lookup(s, "email", mail, 1)
		case 2:
			a.note(s, row)
		}
	})
}

// gasCertificates writes a task for each certificate that runs out in 30 days.
func gasCertificates(g *scene) {
	s := g.w.sets
	for d := range g.days {
		a, due := g.actor(compliance.Schedule, "gas", "gas"), g.date(d).AddDate(0, 0, 30)
		a.at = g.date(d).Add(7 * time.Hour)
		for range a.list(s["documents"].where("typeId=GAS&expiryFrom="+stamp(due)+"&expiryTo="+stamp(due.Add(day)), g.rng.IntN(25)), 1, 100) {
			a.post(s["tasks"], `{"typeId":"GAS","text":"book the engineer"}`)
		}
	}
	crmDesktop(g)
}

// portalLeads: each lead from a portal becomes an applicant, unless he is one.
func portalLeads(g *scene) {
	s := g.w.sets
	for d := range g.days {
		for range poisson(g.rng, 20+g.rng.Float64()*100) {
			a := g.actor(compliance.System, "lead", "POST /leads")
			a.at = g.date(d).Add(g.anyHour())
			mail, known := email(g.rng), g.rng.IntN(2)
			where := "/contacts/" + s["contacts"].id(s["contacts"].pick(g.rng))
			if a.lookup(s["contacts"], "email", mail, known); known == 0 {
				where = a.post(s["contacts"], contactBody(mail, g.rng))
			}
			if a.lookup(s["applicants"], "emailAddresses", mail, 0); g.rng.IntN(2) == 0 {
				a.post(s["applicants"], relatedBody(where))
			}
			a.post(s["enquiries"], `{"source":"portal"}`)
		}
	}
}
