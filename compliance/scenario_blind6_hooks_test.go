package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The sixth blind family's clean apps that no person drives: webhooks, mail and
// clocks of single entities.

// lastCounts waits for ten seconds after a webhook, and reads what has changed once,
// however often it was saved meanwhile.
func lastCounts(g *scene) {
	s := g.w.sets["contacts"]
	for _, c := range s.changes(g.rng, g.date(0), g.days, 300+g.rng.Float64()*700) {
		s.versions[c.row] += g.rng.IntN(4)
		a := g.notified(s, change{c.at.Add(10 * time.Second), c.row}, "contact changed")
		if a.get(s, c.row); g.rng.IntN(5) == 0 {
			a.list(g.w.sets["offers"].where("contactId="+s.id(c.row), c.row%4), 1, 10)
		}
	}
}

// wonDeals: a deal that is won has a buyer, a house and a first invoice, and two
// tickets for those who do the rest.
func wonDeals(g *scene) {
	s := g.w.sets
	for _, c := range s["offers"].changes(g.rng, g.date(0), g.days, 150+g.rng.Float64()*250) {
		a := g.notified(s["offers"], c, "deal changed")
		tag := a.get(s["offers"], c.row)
		if g.rng.IntN(3) == 0 {
			continue // not won
		}
		a.get(s["applicants"], c.row*29%s["applicants"].n)
		a.get(s["properties"], c.row*17%s["properties"].active)
		a.post(s["transactions"], `{"offerId":"`+s["offers"].id(c.row)+`","amount":`+strconv.Itoa(100+g.rng.IntN(5000))+`}`)
		for _, what := range []string{"hand over", "welcome"} {
			a.post(s["tasks"], `{"typeId":"WON","text":"`+what+`"}`)
		}
		a.patch(s["offers"], c.row, tag, `{"metadata":{"invoiced":"`+stamp(a.at)+`"}}`)
	}
}

// leadsDealt gives each new lead to whoever has the fewest: it counts three people's,
// and writes the name into the lead.
func leadsDealt(g *scene) {
	s := g.w.sets["enquiries"]
	for _, c := range s.changes(g.rng, g.date(0), g.days, 200+g.rng.Float64()*500) {
		a := g.notified(s, c, "new lead")
		first := g.rng.IntN(12)
		for i := range 3 {
			a.list(s.live("negotiatorId=N"+strconv.Itoa((first+i*4)%12)+"&status=open", 2+g.rng.IntN(9)), 1, 1)
		}
		a.amend(s, c.row, `{"negotiatorId":"N`+strconv.Itoa(first)+`"}`)
	}
}

// paymentsThroughErrors hands each payment on; where the platform fails it tries
// again later and later, and before it makes an entry twice it looks for the first.
func paymentsThroughErrors(g *scene) {
	s := g.w.sets["transactions"]
	for _, c := range s.changes(g.rng, g.date(0), g.days, 200+g.rng.Float64()*400) {
		a := g.notified(s, c, "payment")
		bad := 40
		if h := c.at.Hour(); h == 11 {
			bad = 3
		}
		pause := 2 * time.Second
		for try := 0; try < 5 && g.rng.IntN(bad) == 0; try++ {
			a.send("GET", "/transactions/"+s.id(c.row), 503, 60*time.Millisecond, nil)
			a.wait(about(g.rng, pause, 0.4))
			pause *= 2
		}
		a.get(s, c.row)
		if g.rng.IntN(bad) == 0 {
			a.send("POST", "/journalEntries/", 503, 90*time.Millisecond, func(c *call) { c.sent = []byte(`{"description":"paid"}`) })
			a.wait(about(g.rng, pause, 0.4))
			a.list(g.w.sets["journalEntries"].where("transactionId="+s.id(c.row), 0), 1, 5)
		}
		a.journal("paid")
	}
}

// neighboursLoad shares the customer's limit with apps that take most of it at noon:
// of its webhooks' calls one in ten is refused then, and all of it waits.
func neighboursLoad(g *scene) {
	g.waits = true
	s := g.w.sets["applicants"]
	for _, c := range s.changes(g.rng, g.date(0), g.days, 250+g.rng.Float64()*600) {
		a := g.notified(s, c, "applicant changed")
		often := 200
		if h := c.at.Hour(); h == 12 || h == 13 {
			often = 10
		}
		for g.rng.IntN(often) == 0 {
			wait := 1 + g.rng.IntN(8)
			a.throttle(s, c.row, strconv.Itoa(wait))
			a.wait(time.Duration(wait)*time.Second + about(g.rng, 900*time.Millisecond, 0.4))
		}
		if tag := a.get(s, c.row); g.rng.IntN(4) == 0 {
			a.patch(s, c.row, tag, `{"metadata":{"segment":"g`+strconv.Itoa(g.rng.IntN(1e6))+`"}}`)
		}
	}
}

// mailFiled puts each mail of a firm's boxes to the person who wrote it; an address
// is asked for once an hour at most.
func mailFiled(g *scene) {
	people := g.w.sets["contacts"]
	asked := map[string]bool{}
	for d := range g.days {
		mean := 600 + g.rng.Float64()*1000
		if !g.workday(d) {
			mean /= 8
		}
		for range poisson(g.rng, mean) {
			a := g.actor(compliance.System, "mail", "mail")
			a.at = g.date(d).Add(g.officeHour())
			who := int(4000 * g.rng.Float64() * g.rng.Float64())
			from := "w" + strconv.Itoa(who) + "@mail.example"
			if hour := from + stamp(a.at.Truncate(time.Hour)); !asked[hour] {
				asked[hour] = true
				a.lookup(people, "email", from, who%3%2)
			}
			if who%3%2 == 1 {
				a.journal("mail from " + from)
			}
		}
	}
}

// ticketClocks: each ticket has its own time to be answered in; when that is near,
// the ticket is read, and where nobody has answered somebody is told.
func ticketClocks(g *scene) {
	s := g.w.sets["tasks"]
	for _, c := range s.changes(g.rng, g.date(0), g.days, 120+g.rng.Float64()*250) {
		a := g.actor(compliance.Schedule, "ticket clock", "ticket clock")
		a.at = c.at.Add(about(g.rng, 3*time.Hour, 0.7))
		if tag := a.get(s, c.row); g.rng.IntN(3) == 0 {
			a.get(g.w.sets["negotiators"], c.row%g.w.sets["negotiators"].n)
			a.patch(s, c.row, tag, `{"metadata":{"escalated":"`+stamp(a.at)+`"}}`)
		}
	}
	crmDesktop(g)
}

// pushedNumbers: a screen in the hall; when a webhook tells of a deal, and no sooner
// than a minute after the last time, four sums are asked for anew.
func pushedNumbers(g *scene) {
	s := g.w.sets
	var shown time.Time
	for _, c := range s["offers"].changes(g.rng, g.date(0), g.days, 200+g.rng.Float64()*500) {
		if c.at.Sub(shown) < time.Minute {
			continue
		}
		shown = c.at
		a := g.notified(s["offers"], c, "hall")
		today := "createdFrom=" + stamp(c.at.Truncate(day))
		for _, q := range []query{
			s["offers"].where("status=won&"+today, 4), s["offers"].where("status=pending", 90),
			s["enquiries"].where(today, 30), s["tasks"].where("activityStatus=active&priority=high", 20),
		} {
			a.list(q, 1, 1)
		}
	}
	callList(g)
}
