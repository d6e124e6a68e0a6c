package compliance_test

import (
	"net/http"
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The ninth blind family: kinds that were written from the guidelines alone and
// scored once. Most of its clean apps call some thousand times a day.

var blind9Clean = []kind{
	{name: "links unfurled in messengers", days: 2, build: linksUnfurled},
	{name: "still to be had? a portal asks", days: 2, build: stillThere},
	{name: "homes saved by those who sign in", days: 2, build: savedHomes},
	{name: "newest homes under a thumb", days: 2, build: thumbFeed},
	{name: "sold prices, a year at a time", days: 2, build: soldPrices},
	{name: "homes along a walk", days: 2, build: alongWalk},
	{name: "a landlord asks a bot for his rent", days: 3, build: rentBot},
	{name: "a site in four tongues", days: 2, build: fourTongues},
	{name: "a lender's widget", days: 2, build: lendersWidget},
	{name: "meters read by who lives there", days: 3, build: metersRead},
	{name: "desk for the nights of forty agencies", days: 3, build: nightDesk},
	{name: "events gathered for 40 s, read at once", days: 2, build: gatheredEvents},
	{name: "brochures made anew after changes", days: 3, build: brochuresAnew},
	{name: "meetings out of people's calendars", days: 3, build: outOfCalendars},
	{name: "tours and plans come back", days: 3, build: toursBack},
	{name: "sales handed to lawyers, thirty agencies", days: 2, build: toLawyers},
	{name: "dead letters, fifty a click", days: 2, build: deadLetters},
	{name: "new people completed", days: 2, build: peopleCompleted},
	{name: "each change matched with who looks", days: 3, build: changesMatched},
	{name: "a time that suits five", days: 2, build: suitsFive},
	{name: "Monday's leads, first come", days: 1, build: mondaysLeads},
	{name: "a rival's book brought in", days: 2, build: rivalsBook},
	{name: "a branch closes, its diary moves", days: 2, build: branchCloses},
	{name: "letters about licences to those ticked", days: 3, build: licenceLetters},
	{name: "deposits paid back", days: 3, build: depositsBack},
	{name: "who would buy it?", days: 2, build: whoWouldBuy},
	{name: "refused without a time, backs off", days: 2, build: backsOff},
	{name: "inspections brought home", days: 3, build: broughtHome},
	{name: "evidence for a valuation", days: 3, build: valuationEvidence},
	{name: "a franchise's first morning", days: 1, build: franchiseMorning},
}

// suitsFive: the coming days of three to five people side by side, and the meeting
// that suits them.
func suitsFive(g *scene) {
	s := g.w.sets["appointments"]
	g.office(12+g.rng.IntN(10), 2, g.officeHour, false, func(a *actor) {
		for ahead := range 1 + a.rng.IntN(3) {
			on := "&start=" + a.at.AddDate(0, 0, ahead+1).Format(time.DateOnly)
			for range 3 + a.rng.IntN(3) {
				a.on("suits").list(s.live("negotiatorId=N"+strconv.Itoa(a.rng.IntN(25))+on, a.rng.IntN(9)), 1, 25)
			}
			a.think()
		}
		if a.rng.IntN(2) == 0 {
			a.post(s, `{"typeId":"MT","start":"`+stamp(a.at.AddDate(0, 0, 2))+`"}`)
		}
	})
}

// mondaysLeads: what came over the weekend is shared by all; whoever takes a lead that
// somebody has just taken meets a 412, sees whose it is, and takes another.
func mondaysLeads(g *scene) {
	s := g.w.sets
	g.office(35+g.rng.IntN(25), 3, g.officeHour, false, func(a *actor) {
		rows := a.on("leads").list(s["enquiries"].live("status=new&page="+strconv.Itoa(a.at.Hour()), 25), 1, 25)
		row := rows[a.rng.IntN(len(rows))]
		tag, mine := a.get(s["enquiries"], row), `{"negotiatorId":"`+a.label+`"}`
		if a.think(); a.rng.IntN(7) == 0 {
			s["enquiries"].versions[row]++
			a.stale(s["enquiries"], row, tag, mine)
			a.get(s["enquiries"], row)
			return
		}
		a.patch(s["enquiries"], row, tag, mine)
		mail, known := email(a.rng), a.rng.IntN(2)
		a.lookup(s["contacts"], "email", mail, known)
		if known == 0 {
			a.post(s["contacts"], contactBody(mail, a.rng))
		}
	})
}

// rivalsBook: a partner brings in some hundred people of a book that was bought, each
// looked for by address, number and name; it waits where it is told to.
func rivalsBook(g *scene) {
	g.waits = true
	s := g.w.sets["contacts"]
	for d := range g.days {
		a := g.actor(compliance.Batch, "book of a rival", "book of a rival")
		a.at = g.date(d).Add(9*time.Hour + time.Duration(g.rng.IntN(7200))*time.Second)
		for range 200 + g.rng.IntN(250) {
			mail, known := email(g.rng), g.rng.IntN(4)/3
			a.lookup(s, "email", mail, known)
			if known == 0 {
				a.lookup(s, "contactDetail", phone(a), 0)
				a.lookup(s, "name", "F"+strconv.Itoa(g.rng.IntN(999))+" S"+strconv.Itoa(g.rng.IntN(9999)), g.rng.IntN(2))
				a.post(s, contactBody(mail, g.rng))
			}
			if g.rng.IntN(40) == 0 {
				a.throttle(s, s.pick(g.rng), strconv.Itoa(2+g.rng.IntN(8)))
				a.wait(11 * time.Second)
			}
			a.wait(about(g.rng, 2500*time.Millisecond, 0.5))
		}
	}
	crmDesktop(g)
}

// branchCloses: a manager moves the meetings and tasks of a branch that closes, page by
// page, to one near by; who has them open meanwhile is met with a 412.
func branchCloses(g *scene) {
	s := g.w.sets
	for d := range g.days {
		for _, name := range []string{"appointments", "tasks"} {
			a := g.user("user-2", "branch closes")
			a.at = g.date(d).Add(g.officeHour())
			q := s[name].live("officeId=O"+strconv.Itoa(3+d), min(s[name].active, 70+g.rng.IntN(130)))
			for page := 1; (page-1)*25 < q.total; page++ {
				rows := a.list(q, page, 25)
				a.think()
				for _, row := range rows {
					a.amend(s[name], row, `{"officeId":"O1"}`)
					a.wait(about(g.rng, 700*time.Millisecond, 0.4))
				}
			}
		}
	}
	crmDesktop(g)
	crmMobile(g)
}

// licenceLetters: a clerk ticks the flats of a street that need a licence; for each a
// worker reads it and who owns it, and files a letter.
func licenceLetters(g *scene) {
	s := g.w.sets
	for range 9 {
		a := g.user("user-"+strconv.Itoa(g.rng.IntN(3)), "licences")
		a.at = g.officeDay()
		chosen := a.list(s["properties"].live("lettingStatus=let&address="+towns[g.rng.IntN(20)]+"&street=S"+strconv.Itoa(g.rng.IntN(900)), min(s["properties"].active, 20+g.rng.IntN(60))), 1, 100)
		a.think()
		b := g.actor(compliance.Batch, "licence letters", "licence letters")
		b.at = a.at
		for _, row := range chosen {
			b.get(s["properties"], row)
			b.get(s["landlords"], row*13%s["landlords"].n)
			b.post(s["documents"], `{"typeId":"LIC","associatedId":"`+s["properties"].id(row)+`"}`)
			b.journal("told of the licence")
			b.wait(about(g.rng, 1500*time.Millisecond, 0.4))
		}
	}
	crmDesktop(g)
}

// depositsBack: at the end of a contract the clerk sees it, what was paid and who shares
// it; what goes back is written, with a document.
func depositsBack(g *scene) {
	s := g.w.sets
	g.office(6+g.rng.IntN(6), 3, g.officeHour, false, func(a *actor) {
		row := s["tenancies"].pick(a.rng)
		a.on("deposit").get(s["tenancies"], row)
		a.list(s["transactions"].where("tenancyId="+s["tenancies"].id(row), 8+row%50), 1, 50)
		for who := range 1 + row%3 {
			a.get(s["contacts"], (row*13+who)%s["contacts"].n)
		}
		a.think()
		a.post(s["documents"], `{"typeId":"DEP","associatedId":"`+s["tenancies"].id(row)+`"}`)
		a.amend(s["tenancies"], row, `{"deposit":{"returned":`+strconv.Itoa(a.rng.IntN(2000))+`}}`)
	})
}

// whoWouldBuy: for a house those who look for such a one, some pages; the likeliest are
// opened, and whom the user has spoken to is noted.
func whoWouldBuy(g *scene) {
	s := g.w.sets
	g.office(14+g.rng.IntN(10), 2, g.officeHour, false, func(a *actor) {
		row := s["properties"].pick(a.rng)
		a.on("match").get(s["properties"], row)
		rows := a.leaf(s["applicants"].live("marketingMode=buying&priceTo="+strconv.Itoa(row%30*25_000)+"&"+a.wish(), min(s["applicants"].active, 5+a.rng.IntN(70))), 25, 3)
		a.open(s["applicants"], rows, 5)
		if a.rng.IntN(2) == 0 {
			a.journal("spoken to of a house")
		}
	})
}

// backsOff: searches and cards that are refused in a busy hour, and no time is told;
// each waits 1, 2, 4, 8 seconds and a bit, and gives up after that.
func backsOff(g *scene) {
	s := g.w.sets["applicants"]
	g.office(22+g.rng.IntN(14), 3, g.officeHour, false, func(a *actor) {
		q, often := s.live(a.wish(), 2+a.rng.IntN(30)), 80
		if h := a.at.Hour(); h == 10 || h == 15 {
			often = 4
		}
		for wait := time.Second; wait <= 8*time.Second; wait *= 2 {
			if a.rng.IntN(often) > 0 {
				a.open(s, a.on("buyers").list(q, 1, 25), 3)
				return
			}
			a.on("buyers").send("GET", listPath(q, 1, 25), http.StatusTooManyRequests, 20*time.Millisecond, nil)
			a.wait(wait + time.Duration(a.rng.Int64N(int64(wait))))
		}
	})
}

// broughtHome: inspectors take their day's houses along at seven, and at home what they
// have found is written over what the office has changed meanwhile.
func broughtHome(g *scene) {
	s := g.w.sets
	for u := range 18 + g.rng.IntN(14) {
		for d := range g.days {
			a := g.user("user-"+strconv.Itoa(u), "inspections")
			a.at = g.date(d).Add(7*time.Hour + time.Duration(g.rng.IntN(3000))*time.Second)
			rows := a.list(s["appointments"].live("typeId=IN&negotiatorId="+a.label+"&start="+a.at.Format(time.DateOnly), 5+g.rng.IntN(8)), 1, 25)
			versions := make([]string, len(rows))
			for i, row := range rows {
				versions[i] = a.get(s["appointments"], row)
				a.get(s["properties"], row*17%s["properties"].active)
			}
			a.at = g.date(d).Add(16*time.Hour + time.Duration(g.rng.IntN(9000))*time.Second)
			for i, row := range rows {
				found := `{"followUp":{"notes":"found ` + strconv.Itoa(g.rng.IntN(1e9)) + `"}}`
				if s["appointments"].tag(row) != versions[i] || g.rng.IntN(6) == 0 {
					s["appointments"].versions[row]++
					a.stale(s["appointments"], row, versions[i], found)
					versions[i] = a.get(s["appointments"], row)
				}
				a.patch(s["appointments"], row, versions[i], found)
				for range g.rng.IntN(5) {
					a.post(s["documents"], `{"typeId":"INS","name":"picture"}`)
				}
				a.wait(about(g.rng, 3*time.Second, 0.6))
			}
		}
	}
}

// valuationEvidence: a valuer's house, what was sold in its street and its quarter, the
// pictures and offers of those that are like it; and the report is filed.
func valuationEvidence(g *scene) {
	s := g.w.sets
	g.office(7+g.rng.IntN(6), 2, g.officeHour, false, func(a *actor) {
		row := s["properties"].pick(a.rng)
		a.on("evidence").get(s["properties"], row)
		street := "sellingStatus=completed&street=S" + strconv.Itoa(row%700)
		rows := a.list(s["properties"].where(street, 3+row%9), 1, 25)
		rows = append(rows, a.list(s["properties"].where(street+"&within=2", 8+row%15), 1, 25)...)
		for range 2 + a.rng.IntN(4) {
			like := rows[a.rng.IntN(len(rows))]
			a.think()
			a.get(s["properties"], like)
			a.list(s["propertyImages"].where("propertyId="+s["properties"].id(like), 8), 1, 25)
			a.list(s["offers"].where("propertyId="+s["properties"].id(like), 1+like%4), 1, 25)
		}
		a.post(s["documents"], `{"typeId":"VAL","associatedId":"`+s["properties"].id(row)+`"}`)
	})
}

// franchiseMorning: a hundred people of a new franchise set the app up within two
// hours, look for each other and themselves, and click around.
func franchiseMorning(g *scene) {
	s := g.w.sets
	for u := range 80 + g.rng.IntN(50) {
		a := g.user("user-"+strconv.Itoa(u), "first steps")
		a.at = g.date(0).Add(9*time.Hour + time.Duration(g.rng.IntN(7200))*time.Second)
		a.list(s["offices"].all(), 1, 25)
		a.think()
		a.list(s["negotiators"].live("name=N"+strconv.Itoa(u), 1), 1, 10)
		a.get(s["negotiators"], u%s["negotiators"].n)
		for range 4 + g.rng.IntN(8) {
			name := []string{"contacts", "properties", "tasks", "appointments", "offers"}[g.rng.IntN(5)]
			a.think()
			a.on(name).open(s[name], a.list(s[name].live("officeId=O"+strconv.Itoa(u%12)+"&view=V"+strconv.Itoa(g.rng.IntN(5)), 20), 1, 25), 3)
		}
	}
}
