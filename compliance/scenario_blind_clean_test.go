package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The blind family: kinds that were written after the last threshold was set and
// scored once. Its clean apps.

var blindClean = []kind{
	{name: "valuation desk", days: 7, build: valuationDesk},
	{name: "viewings tablet", days: 7, build: viewingsTablet},
	{name: "letters to a list", days: 7, build: lettersToList},
	{name: "arrears each morning", days: 14, build: arrears},
	{name: "site chat", days: 7, build: siteChat},
	{name: "property alerts", days: 7, build: propertyAlerts},
	{name: "identity checks", days: 7, build: identityChecks},
	{name: "phone at the start of the day", days: 7, build: phoneStart},
	{name: "landlord portal", days: 7, build: landlordPortal},
	{name: "photo studio", days: 7, build: photoStudio},
	{name: "suggest while typing", days: 7, build: suggest},
	{name: "counts for the month", days: 7, build: monthCounts},
	{name: "imports over three days", days: 7, build: slowImports},
	{name: "window display", days: 7, build: windowDisplay},
	{name: "branches merged", days: 7, build: branchesMerged},
	{name: "calendar in step", days: 7, build: calendarInStep},
}

// valuationDesk compares a house with its like, some lists of fifty a time.
func valuationDesk(g *scene) {
	s := g.w.sets["properties"]
	g.office(2+g.rng.IntN(4), 3, g.officeHour, false, func(a *actor) {
		a.on("comparables")
		rows := a.list(a.searchForm(s), 1, 50)
		for range min(len(rows), 3+a.rng.IntN(4)) {
			a.get(s, rows[a.rng.IntN(len(rows))])
			a.think()
		}
	})
}

// viewingsTablet refreshes the viewings of today while the office is open.
func viewingsTablet(g *scene) {
	s := g.w.sets["appointments"]
	for d := range g.days {
		a := g.actor(compliance.Schedule, "tablet", "tablet")
		a.at = g.date(d).Add(8*time.Hour + 30*time.Minute)
		for g.workday(d) && a.at.Hour() < 18 {
			a.list(s.where("start="+g.date(d).Format("2006-01-02")+"T00:00:00Z&typeId=VW", 15+d*3), 1, 50)
			a.wait(10 * time.Minute)
		}
	}
	callList(g)
}

// lettersToList is a person who writes to everybody on a list of his choice.
func lettersToList(g *scene) {
	s, people := g.w.sets["applicants"], g.w.sets["contacts"]
	searchScreens(g)
	for d := range g.days {
		if !g.workday(d) || g.rng.IntN(3) > 0 {
			continue
		}
		a := g.user("user-3", "letters")
		a.at = g.date(d).Add(g.officeHour())
		q := s.where("officeId="+s.offices[0]+"&type=letters"+strconv.Itoa(g.rng.IntN(5)), 40+g.rng.IntN(110))
		for page := 1; (page-1)*50 < q.total; page++ {
			for _, row := range a.list(q, page, 50) {
				a.get(people, (row*29)%people.n)
				a.wait(about(a.rng, 2*time.Second, 0.4))
			}
		}
	}
}

// arrears writes to each tenant who is late, every morning, and says so.
func arrears(g *scene) {
	s := g.w.sets
	for d := range g.days {
		a := g.actor(compliance.Schedule, "arrears", "arrears")
		a.at = g.date(d).Add(7*time.Hour + 30*time.Minute)
		for _, row := range a.list(s["tenancies"].where("status=arrears", 15+g.rng.IntN(45)), 1, 100) {
			a.get(s["contacts"], (row*13)%s["contacts"].n)
			a.wait(about(a.rng, time.Second, 0.4))
			a.post(s["journalEntries"], `{"description":"reminded"}`)
		}
	}
	crmDesktop(g)
}

// siteChat answers visitors, at all hours, with five houses at a time.
func siteChat(g *scene) {
	s := g.w.sets["properties"]
	g.office(60+g.rng.IntN(150), 1, g.anyHour, true, func(a *actor) {
		if rows := a.on("chat").list(a.searchForm(s), 1, 5); len(rows) > 0 && a.rng.IntN(2) == 0 {
			a.get(s, rows[a.rng.IntN(len(rows))])
		}
	})
}

// propertyAlerts tells the buyers who may like a house that has changed.
func propertyAlerts(g *scene) {
	s, buyers := g.w.sets["properties"], g.w.sets["applicants"]
	for _, c := range s.changes(g.rng, g.date(0), g.days, 10+g.rng.Float64()*30) {
		a := g.actor(compliance.Webhook, "alerts", "POST /hooks")
		a.at = c.at.Add(about(g.rng, 2*time.Second, 0.5))
		a.event(s, c.row)
		q := buyers.where("priceTo="+strconv.Itoa(50_000*(4+g.rng.IntN(16)))+"&type=house", 10+g.rng.IntN(120))
		for page := 1; page <= 2 && (page-1)*50 < q.total; page++ {
			a.list(q, page, 50)
		}
		a.post(g.w.sets["journalEntries"], `{"description":"alerts sent"}`)
	}
}

// identityChecks looks at each new contact and notes the outcome.
func identityChecks(g *scene) {
	s := g.w.sets["contacts"]
	for _, c := range s.changes(g.rng, g.date(0), g.days, 20+g.rng.Float64()*100) {
		a := g.actor(compliance.Webhook, "identity", "POST /hooks")
		a.at = c.at.Add(about(g.rng, 5*time.Second, 0.8))
		a.event(s, c.row)
		tag := a.get(s, c.row)
		a.wait(about(g.rng, 20*time.Second, 0.5))
		a.patch(s, c.row, tag, `{"metadata":{"identity":"`+stamp(a.at)+`"}}`)
	}
}

// phoneStart fetches what its owner needs for the day, in one batch of ids.
func phoneStart(g *scene) {
	s := g.w.sets
	for u := range 3 + g.rng.IntN(8) {
		for d := range g.days {
			if !g.workday(d) {
				continue
			}
			a := g.user("phone-"+strconv.Itoa(u), "start of day")
			a.at = g.date(d).Add(7*time.Hour + about(g.rng, 50*time.Minute, 0.3))
			q := s["appointments"].where("negotiatorId=N"+strconv.Itoa(u)+"&start="+g.date(d).Format("2006-01-02")+"T00:00:00Z", 4+g.rng.IntN(10))
			if n := len(a.list(q, 1, 50)); n > 0 {
				mine := make([]int, n)
				for i := range mine {
					mine[i] = s["contacts"].pick(g.rng)
				}
				a.byIDs(s["contacts"].these("", mine), 0, n)
			}
		}
	}
	crmMobile(g)
}

// landlordPortal shows landlords their houses and their money.
func landlordPortal(g *scene) {
	s := g.w.sets
	g.office(20+g.rng.IntN(60), 1, g.anyHour, true, func(a *actor) {
		if a.rng.IntN(4) > 0 {
			return
		}
		who := s["landlords"].id(s["landlords"].pick(a.rng))
		a.on("portal home").list(s["properties"].where("landlordId="+who, 1+a.rng.IntN(6)), 1, 25)
		a.think()
		a.on("portal money").leaf(s["transactions"].where("landlordId="+who, 5+a.rng.IntN(70)), 25, 3)
	})
}

// photoStudio lists a house's pictures when the house changes, and adds one.
func photoStudio(g *scene) {
	s := g.w.sets
	for _, c := range s["properties"].changes(g.rng, g.date(0), g.days, 30+g.rng.Float64()*60) {
		a := g.actor(compliance.Webhook, "studio", "POST /hooks")
		a.at = c.at.Add(time.Second)
		a.event(s["properties"], c.row)
		a.list(s["propertyImages"].where("propertyId="+s["properties"].id(c.row), 5+g.rng.IntN(20)), 1, 25)
		a.wait(time.Minute)
		a.post(s["propertyImages"], `{"caption":"front"}`)
	}
}

// suggest searches at each letter that is typed.
func suggest(g *scene) {
	s := g.w.sets["contacts"]
	g.office(3+g.rng.IntN(8), 5, g.officeHour, false, func(a *actor) {
		name := string([]byte{letter(a.rng), 'a' + byte(a.rng.IntN(5)), letter(a.rng) + 32, 'a' + byte(a.rng.IntN(5))})
		var rows []int
		for n := 2; n <= len(name); n++ {
			rows = a.on("suggest").list(s.where("name="+name[:n], 2+200>>n), 1, 10)
			a.wait(about(a.rng, 300*time.Millisecond, 0.4))
		}
		a.on("contact").open(s, rows, 1)
	})
}

// monthCounts asks how many there are of forty things; no row is taken.
func monthCounts(g *scene) {
	crmDesktop(g)
	for d := range g.days {
		if g.date(d).Weekday() != time.Monday {
			continue
		}
		a := g.user("manager", "month")
		a.at = g.date(d).Add(g.officeHour())
		for i := range 40 {
			s := g.w.sets[[]string{"offers", "applicants", "properties", "tenancies"}[i%4]]
			a.list(s.where("createdFrom=2026-02-01T00:00:00Z&negotiatorId=N"+strconv.Itoa(i/4), 3+g.rng.IntN(60)), 1, 1)
			a.wait(about(a.rng, 300*time.Millisecond, 0.3))
		}
	}
}

func slowImports(g *scene) {
	for d := range 3 {
		g.imported(60+g.rng.IntN(140), g.date(d).Add(g.officeHour()), 20*time.Second, "")
	}
	searchScreens(g)
}

// windowDisplay rotates the newest houses in a shop window.
func windowDisplay(g *scene) {
	s := g.w.sets["properties"]
	for d := range g.days {
		a := g.actor(compliance.Schedule, "window", "window")
		a.at = g.date(d).Add(8 * time.Hour)
		for a.at.Hour() < 20 {
			for _, status := range []string{"forSale", "underOffer", "toLet"} {
				a.list(s.where("sortBy=-created&status="+status+"&day="+strconv.Itoa(d), 40), 1, 10)
			}
			a.wait(2 * time.Minute)
		}
	}
	crmDesktop(g)
}

// branchesMerged brings a storm of notifications on one morning.
func branchesMerged(g *scene) {
	s := g.w.sets["applicants"]
	webhookSync(g)
	at := g.date(g.rng.IntN(5)).Add(g.officeHour())
	var pushed []change
	for range 200 + g.rng.IntN(200) {
		at = at.Add(about(g.rng, time.Second, 1))
		pushed = append(pushed, change{at, g.rng.IntN(s.n)})
	}
	g.react(s, pushed, nil, 0.2)
}

// calendarInStep copies each changed appointment to the owner's calendar.
func calendarInStep(g *scene) {
	s := g.w.sets["appointments"]
	g.react(s, s.changes(g.rng, g.date(0), g.days, 60+g.rng.Float64()*240), nil, 0.6)
}
