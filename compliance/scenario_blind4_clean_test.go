package compliance_test

import (
	"net/url"
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The fourth blind family: kinds that were written from the guidelines alone and
// scored once. Its clean apps hold what a marketplace sells to many users at once:
// bots, portals, phones, queues, and forms that create several things in one go.

var blind4Clean = []kind{
	{name: "commands in a team's channel", days: 4, build: channelCommands},
	{name: "voice at the switchboard", days: 4, build: switchboard},
	{name: "home screen in parallel", days: 3, build: parallelHome},
	{name: "lead scores by webhook", days: 3, build: leadScores},
	{name: "one event, two roles", days: 4, build: twoRoles},
	{name: "tour of viewings", days: 5, build: viewingTour},
	{name: "bulk editor with undo", days: 5, build: bulkEditor},
	{name: "students in groups", days: 4, build: studentGroups},
	{name: "refetch on focus", days: 4, build: refetchOnFocus},
	{name: "repairs reported", days: 5, build: repairs},
	{name: "auction night", days: 4, build: auctionNight},
	{name: "plots on the first morning", days: 4, build: firstMorning},
	{name: "valuation form under many names", days: 3, build: whiteLabel},
	{name: "refused without a word", days: 4, build: refusedSilently},
	{name: "webhooks through an outage", days: 4, build: hooksThroughOutage},
	{name: "bank statement, a file", days: 5, build: bankStatement},
	{name: "side bar on the portals", days: 4, build: portalSideBar},
	{name: "agent with tools", days: 4, build: toolAgent},
	{name: "shared inbox", days: 4, build: sharedInbox},
	{name: "arrived, and left", days: 4, build: arrivedAndLeft},
	{name: "site behind a cache", days: 3, build: siteCache},
	{name: "brochures to print", days: 5, build: brochures},
}

// channelCommands answers what is typed into a team's channel.
func channelCommands(g *scene) {
	s := g.w.sets
	g.office(10+g.rng.IntN(20), 4, g.officeHour, false, func(a *actor) {
		row := s["properties"].pick(a.rng)
		switch a.on("command"); a.rng.IntN(4) {
		case 0: // /who
			a.list(a.byName(s["contacts"]), 1, 5)
		case 1: // /house
			a.get(s["properties"], row)
			a.list(s["appointments"].live("propertyId="+s["properties"].id(row), 1+row%7), 1, 5)
		case 2: // /offers
			a.list(s["offers"].live("propertyId="+s["properties"].id(row)+"&status=pending", 1+row%4), 1, 10)
		default: // /today
			a.list(s["appointments"].live("negotiatorId="+a.label+"&start="+a.at.Format(time.DateOnly), 6), 1, 10)
		}
	})
}

// switchboard speaks with who calls: it looks for him by number and by name, makes
// a contact and an applicant where he is new, and books.
func switchboard(g *scene) {
	s := g.w.sets
	g.visits(60+g.rng.Float64()*200, "voice", func(a *actor) {
		number, known := phone(a), a.rng.IntN(3)
		if a.lookup(s["contacts"], "contactDetail", number, known/2); known == 2 {
			a.get(s["contacts"], s["contacts"].pick(a.rng))
		} else {
			a.think()
			mail, forename, surname := email(a.rng), "F"+strconv.Itoa(a.rng.IntN(999)), "S"+strconv.Itoa(a.rng.IntN(99_999))
			a.lookup(s["contacts"], "name", forename+" "+surname, 0)
			contact := a.post(s["contacts"], `{"forename":"`+forename+`","surname":"`+surname+`","mobilePhone":"`+number+`","email":"`+mail+`","officeIds":["OXF"]}`)
			if a.follow(contact, 2); a.rng.IntN(2) == 0 {
				a.lookup(s["applicants"], "emailAddresses", mail, 0)
				a.post(s["applicants"], relatedBody(contact))
			}
		}
		for range 1 + a.rng.IntN(2) {
			a.think()
			a.list(s["properties"].live(a.wish(), 1+a.rng.IntN(20)), 1, 5)
		}
		if a.rng.IntN(3) == 0 {
			a.post(s["appointments"], `{"typeId":"VW"}`)
		}
	})
}

// viewingTour: a user orders the viewings of a day; what another was first to move
// is moved over his version.
func viewingTour(g *scene) {
	s := g.w.sets
	g.office(4+g.rng.IntN(8), 2, g.officeHour, false, func(a *actor) {
		a.on("tour")
		on := a.at.AddDate(0, 0, 1+a.rng.IntN(3)).Format(time.DateOnly)
		stops := a.list(s["appointments"].live("typeId=VW&negotiatorId="+a.label+"&start="+on, 4+a.rng.IntN(8)), 1, 25)
		houses := make([]int, len(stops))
		for i, stop := range stops {
			houses[i] = stop * 11 % s["properties"].active
		}
		a.byIDs(s["properties"].these("", houses), 0, len(houses))
		for range 1 + a.rng.IntN(4) {
			a.think()
			a.amend(s["appointments"], stops[a.rng.IntN(len(stops))], `{"start":"`+on+`T1`+strconv.Itoa(a.rng.IntN(8))+`:00:00Z"}`)
		}
	})
}

// bulkEditor sets one field of the rows that a user has ticked in a list, by three
// workers; at times he takes it back.
func bulkEditor(g *scene) {
	s := g.w.sets["properties"]
	for range 3 {
		a := g.user("user-3", "editor")
		a.at = g.officeDay()
		q := s.where("viewingArrangements="+strconv.Itoa(g.rng.IntN(50)), 40+g.rng.IntN(110))
		var ticked []int
		for page := 1; (page-1)*50 < q.total; page++ {
			ticked = append(ticked, a.list(q, page, 50)...)
			a.think()
		}
		for times := g.rng.IntN(3) / 2; times >= 0; times-- {
			began := a.at
			for w := range 3 {
				b := g.actor(compliance.Batch, "bulk edit", "bulk edit")
				b.at = began
				for i := w; i < len(ticked); i += 3 {
					b.amend(s, ticked[i], `{"viewingArrangements":"v`+strconv.Itoa(g.rng.IntN(1e6))+`"}`)
					b.wait(about(g.rng, 900*time.Millisecond, 0.4))
				}
				a.at = b.at
			}
			a.think()
		}
	}
	crmDesktop(g)
}

// studentGroups: three to six look for a house together, and each of them who is
// new becomes a contact and an applicant.
func studentGroups(g *scene) {
	s := g.w.sets
	g.visits(20+g.rng.Float64()*60, "group", func(a *actor) {
		a.list(s["properties"].live(a.wish(), 2+a.rng.IntN(20)), 1, 10)
		for range 3 + a.rng.IntN(4) {
			mail := email(a.rng)
			a.wait(about(a.rng, 25*time.Second, 0.5))
			if a.rng.IntN(4) == 0 {
				a.lookup(s["contacts"], "email", mail, 1)
				continue
			}
			a.lookup(s["contacts"], "email", mail, 0)
			contact := a.post(s["contacts"], contactBody(mail, a.rng))
			a.lookup(s["applicants"], "emailAddresses", mail, 0)
			a.post(s["applicants"], relatedBody(contact))
		}
		a.post(s["enquiries"], `{"source":"group"}`)
	})
}

// whiteLabel is one form on the sites of a dozen agencies and more: who asks for a
// valuation becomes a contact and a landlord, after a look for both.
func whiteLabel(g *scene) {
	g.eachCustomer(12+g.rng.IntN(16), func(int) {
		s := g.w.sets
		g.visits(8+g.rng.Float64()*25, "valuation", func(a *actor) {
			mail := email(a.rng)
			a.list(s["properties"].where("address="+url.QueryEscape(strconv.Itoa(a.rng.IntN(200))+" "+towns[a.rng.IntN(20)]), a.rng.IntN(3)), 1, 5)
			a.think()
			if a.rng.IntN(3) > 0 {
				a.lookup(s["contacts"], "email", mail, 0)
				contact := a.post(s["contacts"], contactBody(mail, a.rng))
				a.lookup(s["landlords"], "email", mail, 0)
				a.post(s["landlords"], relatedBody(contact))
			} else {
				a.lookup(s["contacts"], "email", mail, 1)
				a.lookup(s["landlords"], "email", mail, a.rng.IntN(2))
			}
			a.post(s["appointments"], `{"typeId":"VL"}`)
		})
	})
}

// sharedInbox sorts what people write to the agency: each is looked for by his
// address, his number and his name, and made a contact where he is new.
func sharedInbox(g *scene) {
	s := g.w.sets
	for d := range g.days {
		for range poisson(g.rng, 150+g.rng.Float64()*450) {
			a := g.actor(compliance.System, "inbox", "inbox")
			a.at = g.date(d).Add(g.anyHour())
			mail, number, surname := email(a.rng), phone(a), "S"+strconv.Itoa(a.rng.IntN(99_999))
			known := a.rng.IntN(5)
			switch a.lookup(s["contacts"], "email", mail, known%2); {
			case known%2 == 1:
				a.journal("wrote to the inbox")
				continue
			case known == 0:
				a.lookup(s["contacts"], "contactDetail", number, 1)
				a.amend(s["contacts"], s["contacts"].pick(a.rng), `{"email":"`+mail+`"}`)
				continue
			}
			a.lookup(s["contacts"], "contactDetail", number, 0)
			a.lookup(s["contacts"], "name", "Jo "+surname, 0)
			a.post(s["contacts"], `{"forename":"Jo","surname":"`+surname+`","email":"`+mail+`","mobilePhone":"`+number+`","officeIds":["OXF"]}`)
			a.post(s["enquiries"], `{"source":"inbox"}`)
		}
	}
}

// bankStatement is a file of payments that a user uploads: for each the tenancy that
// it names is read, and a posting made. It holds a hundred.
func bankStatement(g *scene) {
	s := g.w.sets
	for range 2 {
		a := g.actor(compliance.Batch, "statement", "statement")
		a.at = g.officeDay()
		q := s["tenancies"].where("paid="+strconv.Itoa(g.rng.IntN(99)), 100)
		for i := range q.total {
			if a.get(s["tenancies"], q.at(i)); g.rng.IntN(10) > 0 {
				a.post(s["transactions"], `{"tenancyId":"`+s["tenancies"].id(q.at(i))+`","amount":`+strconv.Itoa(500+g.rng.IntN(900))+`}`)
			}
			a.wait(about(g.rng, 700*time.Millisecond, 0.4))
		}
	}
	crmDesktop(g)
}

// brochures: a user picks some dozen houses, and a worker sets each in print when
// the shop has closed.
func brochures(g *scene) {
	s := g.w.sets
	for range 2 {
		a := g.user("user-1", "brochure list")
		a.at = g.officeDay()
		var picked []int
		for range 2 + g.rng.IntN(2) {
			picked = append(picked, a.list(s["properties"].live(a.wish(), 10+g.rng.IntN(25)), 1, 50)...)
			a.think()
		}
		b := g.actor(compliance.Batch, "print", "print")
		b.at = a.at.Truncate(day).Add(19*time.Hour + time.Duration(g.rng.IntN(3600))*time.Second)
		for _, row := range picked {
			b.get(s["properties"], row)
			b.list(s["propertyImages"].where("propertyId="+s["properties"].id(row), 5+row%20), 1, 50)
			b.post(s["documents"], `{"associatedType":"property","associatedId":"`+s["properties"].id(row)+`","typeId":"BR"}`)
			b.wait(about(g.rng, 6*time.Second, 0.5))
		}
	}
	searchScreens(g)
}
