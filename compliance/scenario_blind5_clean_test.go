package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The fifth blind family: kinds that were written from the guidelines alone. Its
// clean apps are what a marketplace sells to whole offices and to the public, most
// of them with hundreds or thousands of calls a day.

var blind5Clean = []kind{
	{name: "versions out of payloads", days: 3, build: byPayload},
	{name: "webhooks, once it is quiet", days: 4, build: onceQuiet},
	{name: "webhooks delivered twice", days: 4, build: deliveredTwice},
	{name: "notes before a meeting", days: 4, build: beforeMeeting},
	{name: "map in tiles", days: 3, build: tiledMap},
	{name: "diary that is pushed to", days: 3, build: pushedDiary},
	{name: "houses side by side", days: 4, build: sideBySide},
	{name: "spoken to in the car", days: 4, build: inTheCar},
	{name: "palette over three tables", days: 3, build: palette},
	{name: "comparables for valuations", days: 4, build: comparables},
	{name: "chains of sales", days: 4, build: salesChain},
	{name: "templates in a word processor", days: 4, build: templates},
	{name: "favourites asked anew", days: 3, build: favourites},
	{name: "own sheet of houses", days: 5, build: ownSheet},
	{name: "codes on boards", days: 4, build: boardCodes},
	{name: "push to phones", days: 4, build: pushToPhones},
	{name: "inspections, forty agencies", days: 3, build: fortyAgencies},
	{name: "circuit breaker", days: 4, build: circuitBreaker},
	{name: "two desks, one offer", days: 4, build: twoDesks},
	{name: "Monday after a holiday", days: 3, build: afterHoliday},
	{name: "training day", days: 4, build: trainingDay},
	{name: "contractors' jobs", days: 4, build: contractors},

	{name: "co-owners of a house", days: 5, build: coOwners},
	{name: "brokers' leads", days: 4, build: brokerLeads},
	{name: "tenants and guarantors", days: 4, build: guarantors},
	{name: "texts to matches, and answers", days: 5, build: textsToMatches},
	{name: "report of a branch, when asked for", days: 5, build: branchReport},
	{name: "holiday cover", days: 5, build: holidayCover},
	{name: "rents reviewed, a ticked list", days: 5, build: rentReview},
	{name: "card payments", days: 4, build: cardPayments},
	{name: "preferences behind a link", days: 5, build: preferences},
	{name: "price cut, and whom to call", days: 5, build: priceCut},
	{name: "demos on the sandbox", days: 5, build: sandboxDemos},
	{name: "notes written out of reach", days: 4, build: outOfReach},
}

// coOwners: a house is put on the books by two or three owners, each looked for by
// mail, number and name, and made a contact and a landlord where he is new.
func coOwners(g *scene) {
	s := g.w.sets
	g.office(3+g.rng.IntN(6), 1, g.officeHour, false, func(a *actor) {
		if a.on("new instruction"); a.rng.IntN(3) > 0 {
			a.list(s["properties"].live(a.wish(), 6), 1, 10)
			return
		}
		surname := "S" + strconv.Itoa(a.rng.IntN(99_999))
		for range 2 + a.rng.IntN(2) {
			mail, number, forename := email(a.rng), phone(a), "F"+strconv.Itoa(a.rng.IntN(999))
			if a.lookup(s["contacts"], "email", mail, a.rng.IntN(4)/3); a.rng.IntN(4) == 0 {
				a.get(s["contacts"], s["contacts"].pick(a.rng))
				continue
			}
			a.lookup(s["contacts"], "contactDetail", number, 0)
			a.lookup(s["contacts"], "name", forename+" "+surname, 0)
			a.think()
			contact := a.post(s["contacts"], `{"forename":"`+forename+`","surname":"`+surname+`","email":"`+mail+`","mobilePhone":"`+number+`","officeIds":["OXF"]}`)
			a.lookup(s["landlords"], "email", mail, 0)
			a.post(s["landlords"], relatedBody(contact))
		}
		a.think()
		a.post(s["properties"], `{"strategy":"sale"}`)
	})
}

// brokerLeads: brokers hand in one to five people at a time, all day; who is known
// by his mail or his number is brought up to date.
func brokerLeads(g *scene) {
	s := g.w.sets
	for d := range g.days {
		for range poisson(g.rng, 80+g.rng.Float64()*150) {
			a := g.actor(compliance.System, "leads", "POST /brokers")
			a.at = g.date(d).Add(g.anyHour())
			for range 1 + g.rng.IntN(5) {
				mail, number := email(g.rng), phone(a)
				known := g.rng.IntN(4)
				a.lookup(s["contacts"], "email", mail, known/3)
				if known == 3 {
					a.amend(s["contacts"], s["contacts"].pick(g.rng), `{"metadata":{"broker":"`+stamp(a.at)+`"}}`)
					continue
				}
				if a.lookup(s["contacts"], "contactDetail", number, known/2); known == 2 {
					a.amend(s["contacts"], s["contacts"].pick(g.rng), `{"email":"`+mail+`"}`)
					continue
				}
				contact := a.post(s["contacts"], `{"forename":"Jo","surname":"S`+strconv.Itoa(g.rng.IntN(9999))+`","email":"`+mail+`","mobilePhone":"`+number+`","officeIds":["OXF"]}`)
				a.lookup(s["applicants"], "emailAddresses", mail, 0)
				a.post(s["applicants"], relatedBody(contact))
			}
		}
	}
}

// guarantors: who applies for a let names a guarantor; both are looked for, made,
// and asked for until they can be found.
func guarantors(g *scene) {
	s := g.w.sets
	g.visits(50+g.rng.Float64()*120, "apply", func(a *actor) {
		a.get(s["properties"], int(float64(s["properties"].active)*a.rng.Float64()))
		for range 2 {
			a.think()
			mail := email(a.rng)
			if known := a.rng.IntN(5) / 4; known == 1 {
				a.lookup(s["contacts"], "email", mail, 1)
				continue
			}
			a.lookup(s["contacts"], "email", mail, 0)
			a.follow(a.post(s["contacts"], contactBody(mail, a.rng)), 1+a.rng.IntN(3))
		}
		a.post(s["tasks"], `{"typeId":"REF","text":"references"}`)
		a.post(s["documents"], `{"associatedType":"contact","typeId":"ID"}`)
	})
}

// textsToMatches: for a new house a user has those texted who look for one like it,
// fifty to two hundred and fifty; what they answer is written down as it comes.
func textsToMatches(g *scene) {
	s := g.w.sets
	for range 6 {
		a := g.user("user-"+strconv.Itoa(g.rng.IntN(9)), "matches")
		a.at = g.officeDay()
		house := s["properties"].pick(g.rng)
		a.get(s["properties"], house)
		a.think()
		q := s["applicants"].live(a.wish()+"&marketingMode=buying", 50+g.rng.IntN(200))
		var rows []int
		for page := 1; (page-1)*50 < q.total; page++ {
			rows = append(rows, a.list(q, page, 50)...)
			a.think()
		}
		b := g.actor(compliance.Batch, "texts", "texts")
		b.at = a.at
		for i, row := range rows {
			if i%50 == 0 {
				b.byIDs(s["applicants"].these("", rows), i, min(i+50, len(rows)))
			}
			b.post(s["journalEntries"], `{"associatedId":"`+s["applicants"].id(row)+`","description":"texted"}`)
			b.wait(about(g.rng, 800*time.Millisecond, 0.4))
			if g.rng.IntN(4) == 0 {
				c := b.later("POST /texts", 25*time.Minute)
				c.lookup(s["contacts"], "contactDetail", phone(c), 1)
				c.journal("has answered")
			}
		}
	}
	crmDesktop(g)
}

// branchReport: a manager asks for the month of his branch and waits for it.
func branchReport(g *scene) {
	s := g.w.sets
	names := []string{"offers", "appointments", "tenancies", "enquiries"}
	for range 3 * g.days {
		a := g.user("user-"+strconv.Itoa(g.rng.IntN(5)), "branch report")
		a.at = g.officeDay()
		office := s["offers"].offices[g.rng.IntN(len(s["offers"].offices))]
		for _, name := range names {
			q := s[name].where("officeId="+office+"&createdFrom=2026-02-01T00:00:00Z&createdTo=2026-03-01T00:00:00Z", min(60+int(office[0]-'A')*8, s[name].n/15))
			for page := 1; (page-1)*100 < q.total; page++ {
				a.list(q, page, 100)
			}
		}
		if a.think(); g.rng.IntN(2) == 0 {
			a.open(s["offers"], a.list(s["offers"].live("officeId="+office, 25), 1, 25), 4)
		}
	}
	crmMobile(g)
}

// holidayCover gives what one negotiator has to do in a week to three others, and on
// Friday what is left of it back to him.
func holidayCover(g *scene) {
	s := g.w.sets
	for n := range 4 {
		a := g.user("user-"+strconv.Itoa(n), "cover")
		a.at = g.date(0).Add(8*time.Hour + time.Duration(g.rng.IntN(7200))*time.Second)
		for _, name := range []string{"tasks", "appointments"} {
			rows := a.list(s[name].live("negotiatorId=N"+strconv.Itoa(n), 25+g.rng.IntN(40)), 1, 100)
			a.think()
			b := g.actor(compliance.Batch, "cover", "cover")
			for back := range 2 {
				if b.at = a.at.Add(time.Duration(back) * (4*day + 7*time.Hour)); back == 1 {
					rows = rows[:len(rows)/3]
				}
				for i, row := range rows {
					b.amend(s[name], row, `{"negotiatorId":"N`+strconv.Itoa(40+i%3*(1-back))+`"}`)
					b.wait(about(g.rng, 700*time.Millisecond, 0.3))
				}
			}
		}
	}
	crmDesktop(g)
}

// rentReview: a user ticks sixty to a hundred and fifty tenancies, and for each the
// letter is written, filed and noted.
func rentReview(g *scene) {
	s := g.w.sets
	for range 3 {
		a := g.user("user-3", "rent review")
		a.at = g.officeDay()
		q := s["tenancies"].where("endDateTo=2026-0"+strconv.Itoa(4+g.rng.IntN(5))+"-01", 60+g.rng.IntN(90))
		var ticked []int
		for page := 1; (page-1)*50 < q.total; page++ {
			ticked = append(ticked, a.list(q, page, 50)...)
			a.think()
		}
		b := g.actor(compliance.Batch, "review letters", "review letters")
		b.at = a.at
		for _, row := range ticked {
			b.get(s["properties"], row*7%s["properties"].n)
			b.post(s["documents"], `{"associatedType":"tenancy","associatedId":"`+s["tenancies"].id(row)+`","typeId":"RR"}`)
			b.amend(s["tenancies"], row, `{"metadata":{"review":"`+stamp(b.at)+`"}}`)
			b.wait(about(g.rng, 1500*time.Millisecond, 0.4))
		}
	}
	crmDesktop(g)
}

// cardPayments books each payment when the provider tells of it.
func cardPayments(g *scene) {
	s := g.w.sets
	for d := range g.days {
		for range poisson(g.rng, 150+g.rng.Float64()*450) {
			a := g.actor(compliance.System, "payments", "POST /payments")
			a.at = g.date(d).Add(g.anyHour())
			row := s["tenancies"].pick(g.rng)
			a.get(s["tenancies"], row)
			a.post(s["transactions"], `{"tenancyId":"`+s["tenancies"].id(row)+`","amount":`+strconv.Itoa(500+g.rng.IntN(900))+`}`)
			if g.rng.IntN(4) == 0 {
				a.list(s["transactions"].where("tenancyId="+s["tenancies"].id(row)+"&status=due", 1+row%5), 1, 10)
				a.amend(s["tenancies"], row, `{"metadata":{"paidTo":"`+stamp(a.at)+`"}}`)
			}
		}
	}
}

// preferences: after a letter to many, some hundreds follow its link within hours
// and say what they want to hear of.
func preferences(g *scene) {
	s := g.w.sets["contacts"]
	sent := g.date(g.rng.IntN(4)).Add(10 * time.Hour)
	for range 200 + g.rng.IntN(500) {
		a := g.user("", "preferences")
		a.at = sent.Add(min(about(g.rng, 70*time.Minute, 1.1), 30*time.Hour))
		row := s.pick(g.rng)
		if a.get(s, row); g.rng.IntN(3) > 0 {
			a.think()
			a.amend(s, row, `{"marketingConsent":"c`+strconv.Itoa(g.rng.IntN(3))+`"}`)
		}
	}
	crmDesktop(g)
}

// priceCut: a user lowers a price and is shown who can now afford the house; each
// whom he means to call gets a task.
func priceCut(g *scene) {
	s := g.w.sets
	g.office(4+g.rng.IntN(8), 1, g.officeHour, false, func(a *actor) {
		house := s["properties"].pick(a.rng)
		if a.on("price").get(s["properties"], house); a.rng.IntN(3) > 0 {
			return
		}
		price := strconv.Itoa(150_000 + 5_000*a.rng.IntN(90))
		a.think()
		a.amend(s["properties"], house, `{"price":`+price+`}`)
		rows := a.list(s["applicants"].live("priceTo="+price+"&bedroomsFrom=2", 10+a.rng.IntN(60)), 1, 50)
		for range min(len(rows), 3+a.rng.IntN(12)) {
			a.think()
			row := rows[a.rng.IntN(len(rows))]
			a.get(s["applicants"], row)
			a.post(s["tasks"], `{"applicantId":"`+s["applicants"].id(row)+`","typeId":"CALL"}`)
		}
	})
}

// sandboxDemos: sales people show the app to customers on the sandbox, several times
// a day.
func sandboxDemos(g *scene) {
	g.w = newWorld(g.rng, "SBOX")
	s := g.w.sets
	g.office(3+g.rng.IntN(5), 2, g.officeHour, false, func(a *actor) {
		a.on("demo").open(s["properties"], a.list(s["properties"].live(a.wish(), 5+a.rng.IntN(20)), 1, 25), 2)
		switch a.rng.IntN(4) {
		case 0:
			a.addContact()
		case 1:
			a.note(s["contacts"], s["contacts"].pick(a.rng))
		default:
			a.list(s["appointments"].live("start="+a.at.Format(time.DateOnly), 12), 1, 25)
		}
	})
}
