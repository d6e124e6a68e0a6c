package compliance_test

import (
	"net/http"
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The seventh blind family's clean apps that no person drives, and those that the
// platform holds back.

// toldToChannel tells a channel of each deal: whose it is and for which house. Names
// are kept for a day and asked for by their tags after that.
func toldToChannel(g *scene) {
	s := g.w.sets
	names, known := map[int]string{}, map[int]int{}
	for _, c := range s["offers"].changes(g.rng, g.date(0), g.days, 400+g.rng.Float64()*600) {
		a := g.notified(s["offers"], c, "channel")
		a.get(s["properties"], c.row*17%s["properties"].active)
		who, today := c.row%s["negotiators"].n, 1+int(c.at.Sub(firstDay)/day)
		if known[who] != today {
			names[who], known[who] = a.revalidate(s["negotiators"], who, names[who]), today
		}
	}
}

// consentHandedDown: when somebody's consent changes, the searches that hang on him
// are changed too, each over the version that the list has told.
func consentHandedDown(g *scene) {
	people, s := g.w.sets["contacts"], g.w.sets["applicants"]
	for _, c := range people.changes(g.rng, g.date(0), g.days, 300+g.rng.Float64()*600) {
		a := g.notified(people, c, "consent")
		if g.rng.IntN(3) > 0 {
			continue // something else has changed, and the event says so
		}
		for _, row := range a.list(s.where("contactId="+people.id(c.row), c.row%4), 1, 25) {
			a.patch(s, row, s.tag(row), `{"metadata":{"consent":"`+stamp(a.at)+`"}}`)
		}
	}
	callList(g)
}

// lockCodes: each viewing gets a code for the door, which is written into it; the day
// before somebody who comes is told.
func lockCodes(g *scene) {
	s := g.w.sets
	for _, c := range s["appointments"].changes(g.rng, g.date(0), g.days, 150+g.rng.Float64()*350) {
		a := g.notified(s["appointments"], c, "lock codes")
		tag := a.get(s["appointments"], c.row)
		a.get(s["properties"], c.row*17%s["properties"].active)
		a.patch(s["appointments"], c.row, tag, `{"metadata":{"code":"`+strconv.Itoa(g.rng.IntN(1e6))+`"}}`)
		b := a.later("tell the visitor", 5*time.Hour)
		b.get(s["contacts"], c.row*13%s["contacts"].n)
	}
}

// depositsLodged carries each new contract through the lodging of its deposit, which
// takes hours: who pays, what has come in, the certificate, and a note of its number.
func depositsLodged(g *scene) {
	s := g.w.sets
	for _, c := range s["tenancies"].changes(g.rng, g.date(0), g.days, 60+g.rng.Float64()*120) {
		a := g.notified(s["tenancies"], c, "deposit")
		a.get(s["tenancies"], c.row)
		for i := range 1 + c.row%3 {
			a.get(s["contacts"], (c.row*13+i)%s["contacts"].n)
		}
		b := a.later("deposit paid?", 2*time.Hour)
		for range 1 + g.rng.IntN(4) { // it is looked for less and less often
			b.list(s["transactions"].where("tenancyId="+s["tenancies"].id(c.row)+"&typeId=DEP", g.rng.IntN(2)), 1, 5)
			b.wait(about(g.rng, 2*time.Hour, 0.5))
		}
		b.post(s["documents"], `{"typeId":"CER","associatedId":"`+s["tenancies"].id(c.row)+`"}`)
		b.amend(s["tenancies"], c.row, `{"metadata":{"deposit":"`+strconv.Itoa(g.rng.IntN(1e9))+`"}}`)
	}
	crmMobile(g)
}

// rainOfLeads: a campaign that brings a thousand leads within two hours; each is
// looked for by his address and his number, and made where he is new.
func rainOfLeads(g *scene) {
	s := g.w.sets
	for d := range g.days {
		n := 80 + g.rng.IntN(120)
		if d == 1 {
			n = 700 + g.rng.IntN(600)
		}
		at := g.date(d).Add(11 * time.Hour)
		for range n {
			a := g.actor(compliance.System, "leads", "POST /lead")
			a.at = at.Add(time.Duration(g.rng.ExpFloat64() * float64(50*time.Minute)))
			mail, number, known := email(g.rng), phone(a), g.rng.IntN(3)/2
			a.lookup(s["contacts"], "email", mail, known)
			if known == 0 {
				a.lookup(s["contacts"], "contactDetail", number, 0)
				a.post(s["contacts"], `{"email":"`+mail+`","mobilePhone":"`+number+`","surname":"S`+strconv.Itoa(g.rng.IntN(99_999))+`","source":"campaign"}`)
			}
			a.post(s["enquiries"], `{"enquiryType":"salesApplicant","position":"renting"}`)
		}
	}
	crmDesktop(g)
}

// signingCallsBack: a signing service tells of each paper that it was opened, signed
// by one and signed by all; each time the paper is read and one field of it written.
func signingCallsBack(g *scene) {
	s := g.w.sets["documents"]
	for _, c := range s.changes(g.rng, g.date(0), g.days, 120+g.rng.Float64()*200) {
		a := g.actor(compliance.System, "signing", "POST /signing")
		a.at = c.at
		for _, step := range []string{"opened", "signed by one", "signed by all"} {
			a.amend(s, c.row, `{"metadata":{"signing":"`+step+` `+stamp(a.at)+`"}}`)
			a.wait(about(g.rng, 90*time.Minute, 1))
		}
	}
}

// recipes: customers who have put their own automations together: when this changes,
// read that and make a task; some have one, some a dozen.
func recipes(g *scene) {
	names := []string{"applicants", "offers", "enquiries", "properties", "landlords"}
	g.eachCustomer(30+g.rng.IntN(15), func(t int) {
		s := g.w.sets
		for i := range 1 + g.rng.IntN(4) {
			on, read := s[names[(t+i)%5]], s[names[(t+2*i+1)%5]]
			for _, c := range on.changes(g.rng, g.date(0), g.days, 5+g.rng.ExpFloat64()*40) {
				a := g.notified(on, c, "recipe")
				if a.get(on, c.row); i%2 == 0 {
					a.get(read, c.row*11%read.n)
				}
				if g.rng.IntN(2) == 0 {
					a.post(s["tasks"], `{"typeId":"RCP","text":"by recipe `+strconv.Itoa(i)+`"}`)
				}
			}
		}
	})
}

// smallQuota: a customer whose other apps leave little of the limit; a save that is
// refused waits as it is told and so does all else, and one that fails is looked for
// before it is sent again.
func smallQuota(g *scene) {
	g.waits = true
	s := g.w.sets
	g.office(10+g.rng.IntN(10), 2, g.officeHour, false, func(a *actor) {
		row := s["tasks"].pick(a.rng)
		body := `{"text":"moved on ` + strconv.Itoa(a.rng.IntN(1e9)) + `"}`
		tag := a.on("task").get(s["tasks"], row)
		for a.rng.IntN(25) == 0 {
			wait := 1 + a.rng.IntN(5)
			a.write("PATCH", "/tasks/"+s["tasks"].id(row), tag, body, 429)
			a.scene.calls[len(a.scene.calls)-1].answer = http.Header{"Retry-After": {strconv.Itoa(wait)}}
			a.wait(time.Duration(wait)*time.Second + about(a.rng, 700*time.Millisecond, 0.4))
		}
		a.patch(s["tasks"], row, tag, body)
		if a.rng.IntN(40) == 0 {
			a.write("POST", "/journalEntries/", "", `{"description":"task moved"}`, 503)
			a.wait(about(a.rng, 4*time.Second, 0.4))
			a.list(s["journalEntries"].where("taskId="+s["tasks"].id(row)+"&createdFrom="+stamp(a.at.Add(-time.Minute)), 0), 1, 5)
		}
		a.journal("task moved")
		a.open(s["contacts"], a.list(a.byName(s["contacts"]), 1, 25), 2)
	})
}
