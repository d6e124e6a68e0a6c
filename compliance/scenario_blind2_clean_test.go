package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The second blind family: kinds that were written from the guidelines alone and
// scored once. Its clean apps read what they need at that moment, check before
// they create, and keep the exact limits.

var blind2Clean = []kind{
	{name: "aml checks by hand", days: 7, build: amlChecks},
	{name: "keys at the desk", days: 7, build: keysAtDesk},
	{name: "feedback by text message", days: 7, build: feedbackTexts},
	{name: "envelopes to sign", days: 7, build: envelopes},
	{name: "pop-ups for phone calls", days: 7, build: callPopups},
	{name: "floor plans, a supplier's board", days: 7, build: floorPlans},
	{name: "renewals worklist", days: 7, build: renewals},
	{name: "mail merge to 300 chosen", days: 7, build: mailMerge},
	{name: "chasing arrears by phone", days: 7, build: chaseByPhone},
	{name: "boards ordered", days: 7, build: boardOrders},
	{name: "rush for statements", days: 7, build: statementRush},
	{name: "mails for new instructions", days: 7, build: newInstructions},
	{name: "bot that books viewings", days: 7, build: bookingBot},
	{name: "phones that come back online", days: 7, build: backOnline},
	{name: "dashboard in a tab", days: 7, build: dashboardTab},
	{name: "books kept by webhooks", days: 7, build: booksByWebhook},
	{name: "leaver, read in batches", days: 7, build: leaverInBatches},
	{name: "onboarding day of 50", days: 7, build: onboardingDay},
	{name: "offices merged by a user", days: 7, build: officesMerged},
	{name: "one person's data", days: 7, build: subjectAccess},
	{name: "lettings feed", days: 14, build: lettingsFeed, declared: true},
	{name: "asked to wait, waits", days: 7, build: patient},
	{name: "many customers' webhooks", days: 7, build: manyCustomers},
	{name: "clocks set forward and back", days: 35, build: clocksSet},
	{name: "answers lost on the way", days: 7, build: lostAnswers},
	{name: "gas certificates run out", days: 21, build: gasCertificates},
	{name: "leads from portals", days: 7, build: portalLeads},
}

// amend changes a row as the guideline asks, also where somebody else was first:
// a fresh read, the same change over it, and once more.
func (a *actor) amend(s *set, row int, body string) {
	tag := a.get(s, row)
	if a.rng.IntN(8) == 0 {
		a.wait(time.Second)
		s.versions[row]++
		a.stale(s, row, tag, body)
		tag = a.get(s, row)
	}
	a.patch(s, row, tag, body)
}

// later is a caller from outside, such as a provider with a result, after a time.
func (a *actor) later(route string, after time.Duration) *actor {
	b := a.actor(compliance.System, route, route)
	b.at = a.at.Add(min(about(a.rng, after, 0.9), 4*after))
	return b
}

func (g *scene) notified(s *set, c change, label string) *actor {
	s.versions[c.row]++
	a := g.actor(compliance.Webhook, label, "POST /hooks")
	a.at = c.at.Add(about(g.rng, time.Second, 0.6))
	a.event(s, c.row)
	return a
}

// journal notes something about somebody.
func (a *actor) journal(what string) {
	s := a.w.sets["journalEntries"]
	a.post(s, `{"description":"`+what+`","associatedType":"contact","associatedId":"`+a.w.sets["contacts"].id(s.n%977)+`"}`)
}

// amlChecks: a user sends a person's papers to a provider, whose result comes later.
func amlChecks(g *scene) {
	s := g.w.sets
	g.office(2+g.rng.IntN(4), 2, g.officeHour, false, func(a *actor) {
		people := s["contacts"]
		row := people.pick(a.rng)
		a.on("aml").get(people, row)
		a.think()
		a.post(s["documents"], `{"associatedType":"contact","typeId":"ID"}`)
		a.later("provider", 3*time.Hour).amend(people, row, `{"metadata":{"aml":"`+stamp(a.at)+`"}}`)
	})
}

// keysAtDesk: a set of keys goes out or comes back.
func keysAtDesk(g *scene) {
	s := g.w.sets["properties"]
	g.office(1+g.rng.IntN(4), 5, g.officeHour, false, func(a *actor) {
		rows := a.on("keys").list(a.searchForm(s), 1, 10)
		if len(rows) == 0 {
			return
		}
		row := rows[a.rng.IntN(len(rows))]
		keys := &set{name: "properties/" + s.id(row) + "/keys", offices: s.offices, n: s.n * 4}
		key := a.list(keys.these("", []int{row * 4, row*4 + 1, row*4 + 2}), 1, 25)[a.rng.IntN(3)]
		a.think()
		a.post(&set{name: keys.name + "/" + keys.id(key) + "/movements", offices: s.offices, n: 9}, `{"type":"checkOut"}`)
	})
}

// feedbackTexts asks after each viewing; the visitor answers when he likes.
func feedbackTexts(g *scene) {
	s := g.w.sets["appointments"]
	for _, c := range s.changes(g.rng, g.date(0), g.days, 20+g.rng.Float64()*80) {
		a := g.notified(s, c, "viewing over")
		a.get(g.w.sets["contacts"], (c.row*19)%g.w.sets["contacts"].n) // the number to write to
		if g.rng.IntN(3) > 0 {
			b := a.later("POST /sms", 40*time.Minute)
			b.amend(s, c.row, `{"attendee":{"feedback":"f`+strconv.Itoa(g.rng.IntN(1e6))+`"}}`)
			b.journal("feedback")
		}
	}
}

// envelopes: a user sends an agreement out; each signature is noted when it comes.
func envelopes(g *scene) {
	s := g.w.sets
	g.office(2+g.rng.IntN(3), 1, g.officeHour, false, func(a *actor) {
		row, n := s["tenancies"].pick(a.rng), 2+a.rng.IntN(3)
		a.on("envelope").get(s["tenancies"], row)
		a.byIDs(s["contacts"].where("tenancy="+strconv.Itoa(row), n), 0, n)
		a.post(s["documents"], `{"associatedType":"tenancy","typeId":"AST"}`)
		for i := range n {
			a.later("POST /signed", 9*time.Hour).amend(s["tenancies"], row, `{"metadata":{"signed`+strconv.Itoa(i)+`":"`+stamp(a.at)+`"}}`)
		}
	})
}

// callPopups shows who is calling, by his number.
func callPopups(g *scene) {
	s := g.w.sets
	g.office(5+g.rng.IntN(10), 3, g.officeHour, true, func(a *actor) {
		a.on("incoming call")
		known := min(1, a.rng.IntN(4))
		for _, row := range a.list(s["contacts"].where("contactDetail=07"+strconv.Itoa(1e8+a.rng.IntN(8e8)), known), 1, 25) {
			who := s["contacts"].id(row)
			a.get(s["contacts"], row)
			a.list(s["appointments"].where("attendeeId="+who, a.rng.IntN(6)), 1, 25)
			a.list(s["offers"].where("applicantId="+who, a.rng.IntN(3)), 1, 25)
		}
		a.wait(about(a.rng, 2*time.Minute, 0.7))
		a.journal("call")
	})
}

// floorPlans: a photographer sees his jobs of the day, and brings in what he drew.
func floorPlans(g *scene) {
	s := g.w.sets
	for u := range 2 + g.rng.IntN(4) {
		for d := range g.days {
			if !g.workday(d) {
				continue
			}
			a := g.user("supplier-"+strconv.Itoa(u), "board")
			a.at = g.date(d).Add(7*time.Hour + about(g.rng, time.Hour, 0.3))
			for _, job := range a.list(s["appointments"].where("typeId=PH&supplier="+strconv.Itoa(u)+"&start="+g.date(d).Format(time.DateOnly), 2+g.rng.IntN(6)), 1, 25) {
				row := job % s["properties"].n
				a.on("job").get(s["properties"], row)
				a.wait(about(a.rng, 50*time.Minute, 0.3))
				for range 3 + a.rng.IntN(8) {
					a.post(s["propertyImages"], `{"caption":"plan","type":"floorPlan"}`)
				}
				a.amend(s["properties"], row, `{"metadata":{"plans":"`+stamp(a.at)+`"}}`)
			}
		}
	}
}

// renewals: the tenancies that end in two months, talked through one by one.
func renewals(g *scene) {
	s := g.w.sets["tenancies"]
	for d := range g.days {
		if !g.workday(d) {
			continue
		}
		from := g.date(d).AddDate(0, 2, 0)
		a := g.user("user-2", "renewals")
		a.at = g.date(d).Add(9*time.Hour + about(g.rng, 20*time.Minute, 0.5))
		q := s.where("endDateFrom="+stamp(from)+"&endDateTo="+stamp(from.AddDate(0, 0, 14)), 15+g.rng.IntN(60))
		for page := 1; (page-1)*25 < q.total; page++ {
			for _, row := range a.list(q, page, 25) {
				if a.think(); a.rng.IntN(3) == 0 {
					a.amend(s, row, `{"metadata":{"renewal":"asked `+a.at.Format(time.TimeOnly)+`"}}`)
					a.wait(about(a.rng, 4*time.Minute, 0.6))
				}
			}
		}
	}
	crmDesktop(g)
}

// mailMerge: a user picks some 300 applicants and writes to them at once.
func mailMerge(g *scene) {
	s := g.w.sets
	searchScreens(g)
	for i := range 2 {
		a := g.user("user-4", "mail merge")
		a.at = g.date(1 + 2*i).Add(g.officeHour())
		q := s["applicants"].where("type=buyer&active=true&priceTo="+strconv.Itoa(100_000*(2+g.rng.IntN(9))), 240+g.rng.IntN(80))
		var chosen []int
		for page := 1; (page-1)*100 < q.total; page++ {
			for _, row := range a.list(q, page, 100) {
				chosen = append(chosen, (row*29)%s["contacts"].n)
			}
			a.think()
		}
		for from := 0; from < len(chosen); from += 100 {
			a.byIDs(s["contacts"].these("", chosen), from, min(from+100, len(chosen)))
		}
		for range chosen {
			a.journal("brochure sent")
			a.wait(about(a.rng, 400*time.Millisecond, 0.3))
		}
	}
}

func chaseByPhone(g *scene) {
	s := g.w.sets
	for d := range g.days {
		if !g.workday(d) {
			continue
		}
		a := g.user("user-5", "chase list")
		a.at = g.date(d).Add(9*time.Hour + 30*time.Minute)
		for _, row := range a.list(s["tenancies"].where("arrears=true", 25+g.rng.IntN(35)), 1, 100) {
			if a.at.Hour() >= 18 {
				break
			}
			a.get(s["tenancies"], row)
			a.list(s["transactions"].where("tenancyId="+s["tenancies"].id(row), 3+a.rng.IntN(20)), 1, 25)
			a.wait(about(a.rng, 5*time.Minute, 0.6))
			a.journal("promised to pay")
		}
	}
	crmMobile(g)
}

// boardOrders notes each order under the version that the webhook brought; the
// fitter's word comes days later.
func boardOrders(g *scene) {
	s := g.w.sets["properties"]
	for _, c := range s.changes(g.rng, g.date(0), g.days, 10+g.rng.Float64()*50) {
		a := g.notified(s, c, "board order")
		a.patch(s, c.row, s.tag(c.row), `{"metadata":{"board":"ordered `+stamp(a.at)+`"}}`)
		a.later("POST /fitted", 26*time.Hour).amend(s, c.row, `{"metadata":{"board":"up"}}`)
	}
}

// statementRush: landlords were told by mail that their statements are ready.
func statementRush(g *scene) {
	s := g.w.sets
	told := g.date(1).Add(10 * time.Hour)
	for l := range 100 + g.rng.IntN(300) {
		a := g.user("landlord-"+strconv.Itoa(l), "statements")
		a.at = told.Add(time.Duration(g.rng.ExpFloat64() * float64(4*time.Hour)))
		rows := a.list(s["transactions"].where("landlordId="+s["landlords"].id(s["landlords"].pick(g.rng)), 4+g.rng.IntN(40)), 1, 25)
		for _, row := range rows[:min(len(rows), g.rng.IntN(3))] {
			a.think()
			a.get(s["documents"], row%s["documents"].n)
		}
	}
	crmDesktop(g)
}

func newInstructions(g *scene) {
	s := g.w.sets
	for _, c := range s["properties"].changes(g.rng, g.date(0), g.days, 3+g.rng.Float64()*12) {
		a := g.notified(s["properties"], c, "new instruction")
		a.get(s["properties"], c.row)
		q := s["applicants"].where("bedroomsFrom="+strconv.Itoa(g.rng.IntN(5))+"&priceTo="+strconv.Itoa(c.row%9*100_000), 20+g.rng.IntN(80))
		n := len(a.list(q, 1, 100))
		a.byIDs(s["contacts"].where("of="+strconv.Itoa(c.row), n), 0, n)
		a.journal("mailed to " + strconv.Itoa(n))
	}
}

// bookingBot finds out who writes, offers times and books one.
func bookingBot(g *scene) {
	s := g.w.sets
	g.office(20+g.rng.IntN(60), 1, g.anyHour, true, func(a *actor) {
		a.on("bot")
		switch {
		case a.rng.IntN(3) > 0:
		case len(a.list(s["contacts"].where("contactDetail=07"+strconv.Itoa(1e8+a.rng.IntN(8e8)), a.rng.IntN(2)), 1, 25)) == 0:
			a.addContact()
		default:
			for d := range 3 {
				date := a.at.AddDate(0, 0, 1+d).Format(time.DateOnly)
				a.list(s["appointments"].where("officeId="+s["contacts"].offices[0]+"&start="+date, 5+a.rng.IntN(15)), 1, 25)
			}
			a.think()
			a.post(s["appointments"], `{"typeId":"VW"}`)
		}
	})
}
