package compliance_test

import (
	"slices"
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The eighth blind family's clean apps that no person drives by a screen: gateways,
// integrations, bots and what events call.

// asked gives an integration's calls from outside: so many a weekday, in the offices'
// hours or at any.
func (g *scene) asked(mean float64, route string, hour func() time.Duration, answer func(a *actor)) {
	for d := range g.days {
		for range poisson(g.rng, mean) {
			a := g.actor(compliance.System, route, route)
			a.at = g.date(d).Add(hour())
			answer(a)
		}
	}
}

// sellersPrice: sellers see behind a link what their house is offered for and who has
// seen it, and now and then change the price.
func sellersPrice(g *scene) {
	s := g.w.sets
	g.asked(250+g.rng.Float64()*300, "GET /my-sale", g.anyHour, func(a *actor) {
		row := int(float64(s["properties"].active) * a.rng.Float64())
		a.get(s["properties"], row)
		a.list(s["appointments"].live("typeId=VW&propertyId="+s["properties"].id(row), row%7), 1, 25)
		a.list(s["offers"].live("propertyId="+s["properties"].id(row), row%3), 1, 10)
		if a.rng.IntN(12) == 0 {
			a.amend(s["properties"], row, `{"price":`+strconv.Itoa(100_000+a.rng.IntN(900)*1000)+`}`)
		}
	})
}

// valuationBooked: free times of a form on a public site, and one in four books: he is
// looked for by address and number, and made where he is new.
func valuationBooked(g *scene) {
	s := g.w.sets
	g.asked(120+g.rng.Float64()*200, "POST /valuation", g.anyHour, func(a *actor) {
		for ahead := range 2 + a.rng.IntN(3) {
			a.list(s["appointments"].live("typeId=MA&start="+a.at.AddDate(0, 0, 1+ahead).Format(time.DateOnly), 4+ahead), 1, 25)
			a.think()
		}
		if a.rng.IntN(4) > 0 {
			return
		}
		mail, known := email(a.rng), a.rng.IntN(3)/2
		a.lookup(s["contacts"], "email", mail, known)
		if known == 0 {
			a.lookup(s["contacts"], "contactDetail", phone(a), 0)
			a.follow(a.post(s["contacts"], contactBody(mail, a.rng)), 1)
		}
		a.post(s["appointments"], `{"typeId":"MA","start":"`+stamp(a.at.AddDate(0, 0, 2))+`"}`)
	})
}

// whoCalls: an exchange asks for each call whose number it is, and whose customer;
// negotiators are kept for the day.
func whoCalls(g *scene) {
	s, known := g.w.sets, map[int]bool{}
	g.asked(600+g.rng.Float64()*900, "GET /route", g.officeHour, func(a *actor) {
		found := min(1, a.rng.IntN(3))
		a.lookup(s["contacts"], "contactDetail", phone(a), found)
		if found == 0 {
			return
		}
		who := a.rng.IntN(s["negotiators"].n) + int(a.at.Sub(firstDay)/day)*1000
		if !known[who] {
			known[who] = true
			a.get(s["negotiators"], who%1000)
		}
	})
}

// transcripts: after each call somebody is found by his number, what was said is noted,
// and what was promised becomes a task.
func transcripts(g *scene) {
	s := g.w.sets
	g.asked(300+g.rng.Float64()*300, "POST /transcript", g.officeHour, func(a *actor) {
		found := min(1, a.rng.IntN(4))
		a.lookup(s["contacts"], "contactDetail", phone(a), found)
		if found == 0 {
			return
		}
		a.journal("call of " + strconv.Itoa(a.rng.IntN(900)) + " s")
		if a.rng.IntN(3) == 0 {
			a.post(s["tasks"], `{"typeId":"CB","text":"promised on the phone"}`)
		}
	})
}

// yesOrNo: answers to texts: who it is, his next viewing, and yes or no written in it.
func yesOrNo(g *scene) {
	s := g.w.sets
	g.asked(200+g.rng.Float64()*250, "POST /sms", g.anyHour, func(a *actor) {
		row := s["contacts"].pick(a.rng)
		a.lookup(s["contacts"], "contactDetail", phone(a), 1)
		for _, next := range a.list(s["appointments"].live("attendeeId="+s["contacts"].id(row)+"&start="+a.at.Format(time.DateOnly), 1), 1, 5) {
			a.amend(s["appointments"], next, `{"attendee":{"confirmed":`+strconv.FormatBool(a.rng.IntN(6) > 0)+`}}`)
		}
	})
}

// fourPortals: leads of four portals, with much doubled; each is looked for by address
// and number, a new one made a contact and an applicant, and all are an enquiry.
func fourPortals(g *scene) {
	s := g.w.sets
	for portal := range 4 {
		g.asked(60+g.rng.Float64()*140, "portal "+strconv.Itoa(portal), g.anyHour, func(a *actor) {
			mail, known := email(a.rng), a.rng.IntN(2)
			a.lookup(s["contacts"], "email", mail, known)
			if known == 0 {
				a.lookup(s["contacts"], "contactDetail", phone(a), 0)
				path := a.post(s["contacts"], contactBody(mail, a.rng))
				a.lookup(s["applicants"], "emailAddresses", mail, 0)
				a.post(s["applicants"], relatedBody(path))
			}
			a.get(s["properties"], int(float64(s["properties"].active)*a.rng.Float64()))
			a.post(s["enquiries"], `{"enquiryType":"lettingsApplicant","position":"renting"}`)
		})
	}
}

// eventBus hands events of four topics on; most of it is in the event, and what an
// entity hangs on is read unless it was within the hour.
func eventBus(g *scene) {
	s := g.w.sets
	for i, name := range []string{"appointments", "offers", "tasks", "applicants"} {
		on, to, read := s[name], s[[]string{"properties", "contacts"}[i%2]], map[int]time.Time{}
		for _, c := range on.changes(g.rng, g.date(0), g.days, 250+g.rng.Float64()*500) {
			row := c.row * 17 % to.n
			if c.at.Sub(read[row]) < time.Hour {
				continue
			}
			read[row] = c.at
			g.notified(on, c, name+" topic").get(to, row)
		}
	}
}

// offersTold: for each offer the house, who offers and who sells are read for three
// messages, and that they were sent is noted.
func offersTold(g *scene) {
	s := g.w.sets
	for _, c := range s["offers"].changes(g.rng, g.date(0), g.days, 150+g.rng.Float64()*250) {
		a := g.notified(s["offers"], c, "offer messages")
		a.get(s["properties"], c.row*17%s["properties"].active)
		a.get(s["applicants"], c.row*11%s["applicants"].n)
		a.get(s["contacts"], c.row*13%s["contacts"].n)
		a.journal("told of the offer")
	}
	crmMobile(g)
}

// viewingConfirmed: each new viewing is confirmed to who comes and to who lives there.
func viewingConfirmed(g *scene) {
	s := g.w.sets
	for _, c := range s["appointments"].changes(g.rng, g.date(0), g.days, 250+g.rng.Float64()*350) {
		a := g.notified(s["appointments"], c, "confirm")
		a.get(s["contacts"], c.row*13%s["contacts"].n)
		if c.row%3 == 0 {
			a.list(s["tenancies"].where("propertyId="+s["properties"].id(c.row*17%s["properties"].n)+"&status=current", 1), 1, 5)
		}
		a.amend(s["appointments"], c.row, `{"metadata":{"told":"`+stamp(a.at)+`"}}`)
	}
}

// proxyOfForty: one back end for forty agencies' small sites, which knows nobody.
func proxyOfForty(g *scene) {
	g.eachCustomer(35+g.rng.IntN(10), func(int) {
		s := g.w.sets["properties"]
		g.asked(10+g.rng.ExpFloat64()*25, "GET /", g.anyHour, func(a *actor) {
			for _, row := range a.list(s.live(a.wish(), a.rng.IntN(14)), 1, 12) {
				if a.think(); a.rng.IntN(4) == 0 {
					a.get(s, row)
				}
			}
		})
	})
}

// repairsBot: a tenant is found by his address, his contract and what is open are
// shown, and a repair becomes a task; the photographs follow.
func repairsBot(g *scene) {
	s := g.w.sets
	hours := make([]time.Duration, 200)
	for i := range hours {
		hours[i] = g.anyHour()
	}
	slices.Sort(hours) // most come in the evening, some on end
	g.asked(120+g.rng.Float64()*200, "bot", func() time.Duration { return hours[g.rng.IntN(len(hours))] }, func(a *actor) {
		row := a.rng.IntN(s["tenancies"].n)
		a.lookup(s["contacts"], "email", email(a.rng), 1)
		a.get(s["tenancies"], row)
		a.list(s["tasks"].live("tenancyId="+s["tenancies"].id(row)+"&activityStatus=active", row%4), 1, 10)
		if a.think(); a.rng.IntN(2) == 0 {
			a.post(s["tasks"], `{"typeId":"REP","text":"reported by the bot"}`)
			for range a.rng.IntN(4) {
				a.think()
				a.post(s["documents"], `{"typeId":"PHO","name":"picture"}`)
			}
		}
	})
}
