package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The seventh blind family: kinds that were written from the guidelines alone and
// scored once. Its apps are what each trade of a marketplace writes: mobile and web
// developers, builders without code, testers and those who bring a customer over.

var blind7Clean = []kind{
	{name: "a map under a finger, calls cut off", days: 3, build: mapUnderFinger},
	{name: "team planner, a column each", days: 3, build: teamPlanner},
	{name: "buyers follow their purchase", days: 3, build: buyersLink},
	{name: "deals told to a channel", days: 3, build: toldToChannel},
	{name: "consent handed down", days: 3, build: consentHandedDown},
	{name: "codes for smart locks", days: 3, build: lockCodes},
	{name: "cards ahead of the thumb", days: 3, build: cardsAhead},
	{name: "households at the counter", days: 3, build: households},
	{name: "a segment by its counts, then mailed", days: 4, build: segmentMailed},
	{name: "league table by counts", days: 5, build: leagueTable},
	{name: "what would it let for?", days: 3, build: rentEstimate},
	{name: "districts drawn anew", days: 5, build: districtsDrawn},
	{name: "saved under a small quota", days: 3, build: smallQuota},
	{name: "a gateway that gives up", days: 3, build: gatewayGivesUp},
	{name: "recipes of forty customers", days: 2, build: recipes},
	{name: "a customer's first day", days: 4, build: firstDayOfCustomer},
	{name: "Saturday on the road", days: 7, build: saturdayOnRoad},
	{name: "mentions in a chat", days: 3, build: mentions},
	{name: "a back end that gathers ids", days: 3, build: gathersIDs},
	{name: "a hot page, asked anew when old", days: 3, build: hotPage},
	{name: "deposits lodged, step by step", days: 4, build: depositsLodged},
	{name: "a campaign's rain of leads", days: 3, build: rainOfLeads},
	{name: "a sandbox for each branch of the code", days: 5, build: previewSandbox},
	{name: "data looked after by counts", days: 4, build: dataCheck},
	{name: "a block, floor by floor", days: 3, build: floorByFloor},
	{name: "parcels of a block", days: 4, build: parcels},
	{name: "a signing service calls back", days: 3, build: signingCallsBack},
	{name: "notes saved while typed", days: 3, build: savedWhileTyped},
	{name: "handhelds of a tenancy's last day", days: 4, build: lastDay},
	{name: "shared view over breakfast", days: 3, build: sharedView},
}

// segmentMailed: a user narrows a segment by looking how many each filter leaves;
// then a worker writes to some hundred people and notes it with each.
func segmentMailed(g *scene) {
	s := g.w.sets["applicants"]
	for range 3 {
		a := g.user("user-2", "segment")
		a.at = g.officeDay()
		filter, left := "active=true", s.n/2
		for range 4 + g.rng.IntN(6) {
			a.list(s.where(filter, left), 1, 1)
			a.think()
			filter, left = filter+"&bedrooms="+strconv.Itoa(1+g.rng.IntN(5)), left*2/3
		}
		q := s.where(filter, min(s.n/12, 80+g.rng.IntN(220)))
		a.list(q, 1, 10)
		a.think()
		b := g.actor(compliance.Batch, "mail-out", "mail-out")
		b.at = a.at
		for page := 1; (page-1)*100 < q.total; page++ {
			for range b.list(q, page, 100) {
				b.journal("mailed: spring news")
				b.wait(about(g.rng, 600*time.Millisecond, 0.4))
			}
		}
	}
	crmMobile(g)
}

// leagueTable: a director asks who did how much this month; each number is the total
// of a list of which one row is read.
func leagueTable(g *scene) {
	s := g.w.sets
	for d := range g.days {
		for range 1 + g.rng.IntN(3) {
			if !g.workday(d) {
				continue
			}
			a := g.user("user-0", "league table")
			a.at = g.date(d).Add(g.officeHour())
			from := "&createdFrom=" + stamp(g.date(-g.rng.IntN(60)))
			for u := range 10 + g.rng.IntN(14) {
				for _, name := range []string{"appointments", "offers", "properties", "applicants"} {
					a.list(s[name].live("negotiatorId=N"+strconv.Itoa(u)+from, 1+(u*7+len(name))%40), 1, 1)
					a.wait(about(g.rng, 60*time.Millisecond, 0.4))
				}
			}
		}
	}
	searchScreens(g)
}

// districtsDrawn: a manager gives the people of some streets to another negotiator;
// a worker writes each over the version it has just read, and again where that is stale.
func districtsDrawn(g *scene) {
	s := g.w.sets["applicants"]
	for range 3 {
		a := g.user("user-0", "districts")
		a.at = g.officeDay()
		q := s.live("negotiatorId=N"+strconv.Itoa(g.rng.IntN(12))+"&address="+towns[g.rng.IntN(len(towns))], 30+g.rng.IntN(60))
		var chosen []int
		for page := 1; (page-1)*50 < q.total; page++ {
			chosen = append(chosen, a.list(q, page, 50)...)
			a.think()
		}
		b := g.actor(compliance.Batch, "districts", "districts")
		b.at = a.at
		for _, row := range chosen {
			b.amend(s, row, `{"negotiatorIds":["N`+strconv.Itoa(12+g.rng.IntN(9))+`"]}`)
			b.wait(about(g.rng, 900*time.Millisecond, 0.4))
		}
	}
	crmDesktop(g)
}

// firstDayOfCustomer: an administrator looks at some rows of each list to say which
// field is which, brings his own vendors' people in, and then the staff logs in.
func firstDayOfCustomer(g *scene) {
	s := g.w.sets
	admin := g.user("user-0", "setup")
	admin.at = g.date(0).Add(8*time.Hour + 30*time.Minute)
	for _, name := range append([]string{"contacts", "applicants", "properties", "landlords", "tasks", "offers"}, reference...) {
		admin.list(s[name].all(), 1, 25)
		admin.think()
	}
	g.imported(60+g.rng.IntN(90), g.date(0).Add(11*time.Hour), 2*time.Second, "landlords")
	for u := range 25 + g.rng.IntN(30) {
		a := g.user("user-"+strconv.Itoa(1+u), "first steps")
		a.at = g.date(0).Add(g.officeHour())
		for range 5 + g.rng.IntN(12) {
			a.open(s["properties"], a.list(a.searchForm(s["properties"]), 1, 25), 2)
			a.think()
		}
	}
	crmDesktop(g)
}

// previewSandbox: each change of the code gets a site of its own on the sandbox, on
// which fifteen people are made and a tester clicks through; four in a day.
func previewSandbox(g *scene) {
	g.w = newWorld(g.rng, "SBOX")
	s := g.w.sets
	for d := range g.days {
		for range g.rng.IntN(5) {
			a := g.actor(compliance.Batch, "preview", "preview")
			a.at = g.date(d).Add(g.officeHour())
			for range 15 {
				mail := email(g.rng)
				a.lookup(s["contacts"], "email", mail, 0)
				a.post(s["contacts"], contactBody(mail, g.rng))
				a.wait(about(g.rng, time.Second, 0.4))
			}
			b := g.user("user-"+strconv.Itoa(g.rng.IntN(4)), "preview site")
			b.at = a.at.Add(4 * time.Minute)
			for range 30 + g.rng.IntN(50) {
				b.open(s["contacts"], b.list(b.byName(s["contacts"]), 1, 25), 1)
				b.think()
			}
		}
	}
}

// dataCheck: a consultant counts what is left empty, by a filter for each field and
// office, and has the oldest few of a list mended by hand.
func dataCheck(g *scene) {
	s := g.w.sets
	for range 2 {
		a := g.user("user-9", "data check")
		a.at = g.officeDay()
		for _, name := range []string{"contacts", "applicants", "landlords", "properties"} {
			for i := range 24 + g.rng.IntN(16) {
				a.list(s[name].where("empty=F"+strconv.Itoa(i%8)+"&officeId=O"+strconv.Itoa(i/8), i*3), 1, 1)
				a.wait(about(g.rng, 400*time.Millisecond, 0.4))
			}
		}
		for _, row := range a.list(s["contacts"].live("empty=email&sortBy=created", 40), 1, 25) {
			a.think()
			a.amend(s["contacts"], row, `{"source":"checked `+strconv.Itoa(g.rng.IntN(1e6))+`"}`)
		}
	}
	callList(g)
}

// lastDay: a clerk walks through an empty house with a handheld: the contract, the
// house and the inventory, a paper for each room, and the end noted in the contract.
func lastDay(g *scene) {
	s := g.w.sets
	g.office(5+g.rng.IntN(8), 1, g.officeHour, false, func(a *actor) {
		row := s["tenancies"].pick(a.rng)
		a.on("check-out").get(s["tenancies"], row)
		a.get(s["properties"], row*17%s["properties"].n)
		a.list(s["documents"].where("associatedId="+s["tenancies"].id(row)+"&typeId=INV", 1+row%3), 1, 10)
		for range 3 + a.rng.IntN(5) {
			a.wait(about(a.rng, 4*time.Minute, 0.5))
			a.post(s["documents"], `{"typeId":"OUT","name":"room `+strconv.Itoa(a.rng.IntN(9))+`"}`)
		}
		a.amend(s["tenancies"], row, `{"metadata":{"out":"`+stamp(a.at)+`"}}`)
	})
}
