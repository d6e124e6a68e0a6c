package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The eighth blind family: kinds that were written from the guidelines alone and
// scored once. Half of its clean apps say little of what makes them call: public
// sites, gateways, integrations and bots.

var blind8Clean = []kind{
	{name: "concierge on a public site", days: 2, build: concierge},
	{name: "within half an hour of work", days: 2, build: nearWork},
	{name: "flats to swipe", days: 2, build: flatsToSwipe},
	{name: "listings kept by their tags", days: 2, build: taggedListings},
	{name: "a seller's own price", days: 3, build: sellersPrice},
	{name: "a valuation booked by the public", days: 3, build: valuationBooked},
	{name: "who calls? a routing table", days: 2, build: whoCalls},
	{name: "calls written down by a machine", days: 3, build: transcripts},
	{name: "texts answered yes or no", days: 3, build: yesOrNo},
	{name: "four portals through one gateway", days: 2, build: fourPortals},
	{name: "an event bus of four topics", days: 2, build: eventBus},
	{name: "offers told to all concerned", days: 3, build: offersTold},
	{name: "confirmations for new viewings", days: 3, build: viewingConfirmed},
	{name: "a reverse proxy for forty agencies", days: 2, build: proxyOfForty},
	{name: "repairs through a tenants' bot", days: 3, build: repairsBot},
	{name: "an office's diaries, on each focus", days: 2, build: diaryOnFocus},
	{name: "a shape drawn on a map", days: 2, build: drawnShape},
	{name: "three circles of comparables", days: 3, build: threeCircles},
	{name: "keys by their chips", days: 3, build: keyChips},
	{name: "the same one, or two?", days: 3, build: sameOrTwo},
	{name: "callers registered, several a sitting", days: 3, build: callersRegistered},
	{name: "open house sent to those chosen", days: 3, build: openHouseSent},
	{name: "rent letters for a block of contracts", days: 3, build: rentLetters},
	{name: "a leaver's tasks dealt out by ticks", days: 3, build: tasksDealtOut},
	{name: "a branch's pack for its manager", days: 3, build: branchPack},
	{name: "searches under 503, later and later", days: 2, build: laterUnder503},
	{name: "a form under 429, with patience", days: 2, build: patientForm},
	{name: "Monday's log-ins in half an hour", days: 1, build: mondayLogins},
	{name: "a new customer's 200 and first clicks", days: 2, build: newCustomer},
	{name: "cards written over each other", days: 3, build: cardsOverCards},
}

// openHouseSent: a user picks some hundred people of a search, and a worker writes to
// each and notes it.
func openHouseSent(g *scene) {
	s := g.w.sets
	for range 4 {
		a := g.user("user-3", "open house")
		a.at = g.officeDay()
		q := s["applicants"].live(a.wish(), min(s["applicants"].active, 60+g.rng.IntN(140)))
		b := g.actor(compliance.Batch, "open house", "open house")
		b.at = a.at.Add(2 * time.Minute)
		for page := 1; (page-1)*50 < q.total; page++ {
			for _, row := range a.list(q, page, 50) {
				b.get(s["contacts"], row*13%s["contacts"].n)
				b.journal("asked to the open house")
				b.wait(about(g.rng, 1200*time.Millisecond, 0.4))
			}
			a.think()
		}
	}
	crmDesktop(g)
}

// rentLetters: a clerk ticks a landlord's contracts whose rent goes up; for each a
// worker reads the contract and who pays, writes a letter and the new rent.
func rentLetters(g *scene) {
	s := g.w.sets
	for range 4 {
		a := g.user("user-1", "rents")
		a.at = g.officeDay()
		q := s["tenancies"].live("landlordId=L"+strconv.Itoa(g.rng.IntN(200)), min(s["tenancies"].active, 15+g.rng.IntN(35)))
		chosen := a.list(q, 1, 50)
		a.think()
		b := g.actor(compliance.Batch, "rent letters", "rent letters")
		b.at = a.at
		for _, row := range chosen {
			b.get(s["contacts"], row*13%s["contacts"].n)
			b.post(s["documents"], `{"typeId":"RNT","associatedId":"`+s["tenancies"].id(row)+`"}`)
			b.amend(s["tenancies"], row, `{"rent":`+strconv.Itoa(700+g.rng.IntN(2000))+`}`)
			b.wait(about(g.rng, 2*time.Second, 0.4))
		}
	}
	crmMobile(g)
}

// tasksDealtOut: a manager lists a leaver's tasks page by page, ticks most of them and
// says whose they are; each is written over the version that was read for it.
func tasksDealtOut(g *scene) {
	s := g.w.sets["tasks"]
	for range 2 {
		a := g.user("user-0", "deal out")
		a.at = g.officeDay()
		q := s.live("negotiatorId=N"+strconv.Itoa(g.rng.IntN(20))+"&activityStatus=active", min(s.active, 80+g.rng.IntN(150)))
		for page := 1; (page-1)*25 < q.total; page++ {
			rows := a.list(q, page, 25)
			a.think()
			for _, row := range rows {
				if g.rng.IntN(5) > 0 {
					a.amend(s, row, `{"negotiatorId":"N`+strconv.Itoa(20+g.rng.IntN(8))+`"}`)
					a.wait(about(g.rng, 500*time.Millisecond, 0.4))
				}
			}
		}
	}
	searchScreens(g)
}

// branchPack: a manager asks for his branch's month: numbers by their totals, and the
// viewings and offers of it, some pages each.
func branchPack(g *scene) {
	s := g.w.sets
	for range 6 {
		a := g.user("user-"+strconv.Itoa(g.rng.IntN(4)), "branch pack")
		a.at = g.officeDay()
		branch := "officeId=O" + strconv.Itoa(g.rng.IntN(5)) + "&createdFrom=" + stamp(g.date(-28))
		for _, name := range []string{"contacts", "applicants", "properties", "enquiries", "tenancies"} {
			a.list(s[name].live(branch, 20+len(name)*5), 1, 1)
		}
		for _, name := range []string{"appointments", "offers"} {
			q := s[name].live(branch, min(s[name].active, 90+len(name)*12))
			for page := 1; (page-1)*100 < q.total; page++ {
				a.list(q, page, 100)
			}
		}
	}
	crmDesktop(g)
}

// mondayLogins: sixty people within half an hour: who they are, their day, their tasks
// and some cards; and then they work.
func mondayLogins(g *scene) {
	s := g.w.sets
	for u := range 45 + g.rng.IntN(30) {
		a := g.user("user-"+strconv.Itoa(u), "home")
		a.at = g.date(0).Add(8*time.Hour + 45*time.Minute + time.Duration(g.rng.IntN(1800))*time.Second)
		a.get(s["negotiators"], u%s["negotiators"].n)
		a.list(s["offices"].all(), 1, 25)
		a.list(s["appointments"].live("negotiatorId="+a.label+"&start="+a.at.Format(time.DateOnly), 2+u%9), 1, 25)
		rows := a.list(s["tasks"].live("negotiatorId="+a.label+"&activityStatus=active", 5+u%20), 1, 25)
		for range 3 {
			a.open(s["tasks"], rows, 3)
		}
	}
	g.office(45, 3, g.officeHour, false, func(a *actor) {
		a.on("search").open(s["contacts"], a.list(a.byName(s["contacts"]), 1, 25), 2)
	})
}

// newCustomer: an administrator brings two hundred people in, each looked for first,
// and thirty colleagues click around meanwhile.
func newCustomer(g *scene) {
	s := g.w.sets
	g.imported(150+g.rng.IntN(100), g.date(0).Add(10*time.Hour), 3*time.Second, "applicants")
	g.office(30, 2, g.officeHour, false, func(a *actor) {
		name := []string{"contacts", "properties", "tasks", "applicants"}[a.rng.IntN(4)]
		a.on("look around").open(s[name], a.list(s[name].live("view=V"+strconv.Itoa(a.rng.IntN(9)), 25), 1, 25), 2)
	})
}
