package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The sixth blind family: kinds that were written from the guidelines alone and
// scored once. Its apps have the habits of those that live on large CRM and
// bookkeeping platforms: desks, boards, ledgers, sheets and bots. What they call a
// company, a deal, a ticket or an invoice is here a landlord, an offer, a task or a
// transaction.

var blind6Clean = []kind{
	{name: "where is my order? a bot", days: 3, build: orderBot},
	{name: "ledger by date and account", days: 3, build: ledgerDesk},
	{name: "sheet matched, nothing made", days: 4, build: matchedSheet},
	{name: "ticket desk", days: 3, build: ticketDesk},
	{name: "deals on a board", days: 3, build: dealBoard},
	{name: "one box for three searches", days: 2, build: threeSearches},
	{name: "all about a company", days: 3, build: companyView},
	{name: "month's end, asked for", days: 5, build: monthsEnd},
	{name: "statement lines ticked off", days: 3, build: tickedOff},
	{name: "webhooks, the last of each counts", days: 3, build: lastCounts},
	{name: "a won deal's consequences", days: 3, build: wonDeals},
	{name: "leads dealt out", days: 3, build: leadsDealt},
	{name: "business cards by camera", days: 5, build: businessCards},
	{name: "who is in the webinar", days: 4, build: webinar},
	{name: "receipts by phone", days: 4, build: receipts},
	{name: "thirty firms, a partner's portal", days: 2, build: partnerPortal},
	{name: "power dialler", days: 3, build: dialler},
	{name: "invoices for those chosen", days: 5, build: invoiceRun},
	{name: "timeline, more and more", days: 3, build: timeline},
	{name: "columns sorted at a click", days: 3, build: sortedColumns},
	{name: "payments handed on through errors", days: 3, build: paymentsThroughErrors},
	{name: "webhooks under a neighbour's load", days: 3, build: neighboursLoad},
	{name: "a leaver's book handed over", days: 5, build: bookHandedOver},
	{name: "mail filed with its people", days: 3, build: mailFiled},
	{name: "companies near the road", days: 3, build: nearTheRoad},
	{name: "a clock for each ticket", days: 4, build: ticketClocks},
	{name: "customers pay their invoices", days: 3, build: payInvoices},
	{name: "notes after the meeting", days: 5, build: meetingNotes},
	{name: "Monday at nine, all of them", days: 3, build: mondayAtNine},
	{name: "import, tried first", days: 5, build: triedFirst},
	{name: "expenses approved", days: 5, build: expenses},
	{name: "cells of a sheet", days: 4, build: sheetCells},
	{name: "eighty first log-ins", days: 4, build: firstLogins},
	{name: "signed in at the gate", days: 4, build: gate},
	{name: "numbers on a screen, by push", days: 3, build: pushedNumbers},
}

// matchedSheet is a sheet that a user uploads to learn who of it is known: each row
// is looked for by its address, and then by its name. Nothing is kept but the answer.
func matchedSheet(g *scene) {
	people := g.w.sets["contacts"]
	for range 3 {
		a := g.actor(compliance.Batch, "match", "match")
		a.at = g.officeDay()
		for range 200 + g.rng.IntN(400) {
			known := g.rng.IntN(3) / 2
			if a.lookup(people, "email", email(g.rng), known); known == 0 {
				a.lookup(people, "name", "F"+strconv.Itoa(g.rng.IntN(999))+" S"+strconv.Itoa(g.rng.IntN(99_999)), g.rng.IntN(8)/7)
			}
			a.wait(about(g.rng, 500*time.Millisecond, 0.4))
		}
	}
	callList(g)
}

// dealBoard: a column for each stage, and cards that are dragged from one to
// another; the refused ones are moved over the fresh version.
func dealBoard(g *scene) {
	s := g.w.sets["offers"]
	g.office(6+g.rng.IntN(12), 3, g.officeHour, false, func(a *actor) {
		a.on("board")
		var cards []int
		for _, stage := range []string{"new", "qualified", "proposal", "contract"} {
			cards = append(cards, a.list(s.live("negotiatorId="+a.label+"&status="+stage, 4+len(a.label+stage)%9), 1, 20)...)
		}
		for range a.rng.IntN(3) {
			a.think()
			a.amend(s, cards[a.rng.IntN(len(cards))], `{"status":"stage`+strconv.Itoa(a.rng.IntN(4))+`","metadata":{"moved":"`+stamp(a.at)+`"}}`)
		}
	})
}

// monthsEnd is a report on one office's month that a director asks for, and reads:
// some hundred postings and the contracts of the largest.
func monthsEnd(g *scene) {
	s := g.w.sets
	for range 2 + g.rng.IntN(3) {
		a := g.user("user-0", "month's end")
		a.at = g.officeDay()
		month := "2026-0" + strconv.Itoa(1+g.rng.IntN(2))
		q := s["transactions"].where("officeId=O"+strconv.Itoa(g.rng.IntN(12))+"&month="+month+"&sortBy=-amount", min(s["transactions"].n/30, 250+g.rng.IntN(450)))
		for page := 1; (page-1)*100 < q.total; page++ {
			a.list(q, page, 100)
			a.wait(about(g.rng, 1500*time.Millisecond, 0.4))
		}
		for i := range 8 {
			a.think()
			a.get(s["tenancies"], q.at(i)%s["tenancies"].n)
		}
	}
	ledgerDesk(g)
}

// businessCards: a phone reads a card; who is on it is looked for by his name and
// by his number, and made with his company where they are new. Some cards on end.
func businessCards(g *scene) {
	s := g.w.sets
	g.office(4+g.rng.IntN(8), 1, g.anyHour, true, func(a *actor) {
		a.on("card")
		forename, surname, number := "F"+strconv.Itoa(a.rng.IntN(999)), "S"+strconv.Itoa(a.rng.IntN(99_999)), phone(a)
		if a.lookup(s["contacts"], "name", forename+" "+surname, a.rng.IntN(4)/3); a.rng.IntN(4) == 0 {
			a.amend(s["contacts"], s["contacts"].pick(a.rng), `{"mobilePhone":"`+number+`"}`)
			return
		}
		a.lookup(s["contacts"], "contactDetail", number, 0)
		contact := a.post(s["contacts"], `{"forename":"`+forename+`","surname":"`+surname+`","mobilePhone":"`+number+`","officeIds":["OXF"]}`)
		if a.follow(contact, 1); a.rng.IntN(3) == 0 {
			a.lookup(s["landlords"], "email", email(a.rng), 0)
			a.post(s["landlords"], relatedBody(contact))
		}
	})
}

// receipts: a phone sends pictures of receipts, each put to the payment it belongs to.
func receipts(g *scene) {
	s := g.w.sets
	g.office(10+g.rng.IntN(20), 1, g.anyHour, true, func(a *actor) {
		a.on("receipt")
		amount := strconv.Itoa(3 + a.rng.IntN(400))
		rows := a.list(s["transactions"].where("amount="+amount+"&dateFrom="+a.at.AddDate(0, 0, -5).Format(time.DateOnly), a.rng.IntN(5)), 1, 10)
		path := a.post(s["documents"], `{"typeId":"REC","name":"receipt `+amount+`"}`)
		if len(rows) > 0 {
			a.think()
			a.amend(s["transactions"], rows[0], `{"metadata":{"receipt":"`+lastSegment(path)+`"}}`)
		}
	})
}

// invoiceRun: a user ticks some hundred contracts, and a worker writes an invoice
// for each; what has one by then is left out.
func invoiceRun(g *scene) {
	s := g.w.sets
	for range 2 {
		a := g.user("user-1", "contracts")
		a.at = g.officeDay()
		q := s["tenancies"].where("billing=B"+strconv.Itoa(g.rng.IntN(9)), min(s["tenancies"].n/10, 60+g.rng.IntN(120)))
		b := g.actor(compliance.Batch, "invoice run", "invoice run")
		var ticked []int
		for page := 1; (page-1)*50 < q.total; page++ {
			ticked = append(ticked, a.list(q, page, 50)...)
			a.think()
		}
		b.at = a.at
		for _, row := range ticked {
			b.get(s["tenancies"], row)
			done := g.rng.IntN(12) / 11
			if b.list(s["transactions"].where("tenancyId="+s["tenancies"].id(row)+"&month=2026-03", done), 1, 5); done == 0 {
				b.post(s["transactions"], `{"tenancyId":"`+s["tenancies"].id(row)+`","amount":`+strconv.Itoa(90+g.rng.IntN(2000))+`}`)
			}
			b.wait(about(g.rng, 800*time.Millisecond, 0.4))
		}
	}
	crmDesktop(g)
}

// bookHandedOver: a manager gives a leaver's people, deals and tickets to others,
// some dozen at a time, and looks at each first.
func bookHandedOver(g *scene) {
	a := g.user("user-0", "hand over")
	a.at = g.date(g.rng.IntN(5)).Add(9 * time.Hour)
	for _, name := range []string{"contacts", "offers", "tasks"} {
		s := g.w.sets[name]
		q := s.live("negotiatorId=N7&active=true&sortBy=-modified", 30+g.rng.IntN(70))
		for page := 1; (page-1)*25 < q.total; page++ {
			for _, row := range a.list(q, page, 25) {
				a.amend(s, row, `{"negotiatorId":"N`+strconv.Itoa(10+g.rng.IntN(20))+`"}`)
				a.wait(about(g.rng, 1200*time.Millisecond, 0.4))
			}
			a.think()
		}
	}
	crmDesktop(g)
}

// meetingNotes writes down, after each meeting, what was said, with whom, and what
// is to be done: a timer of each meeting's own.
func meetingNotes(g *scene) {
	s := g.w.sets
	for _, c := range s["appointments"].changes(g.rng, g.date(0), g.days, 60+g.rng.Float64()*120) {
		a := g.actor(compliance.System, "notes", "notes")
		a.at = c.at
		tag := a.get(s["appointments"], c.row)
		for i := range 1 + c.row%3 {
			a.get(s["contacts"], (c.row*13+i)%s["contacts"].n)
		}
		a.wait(about(g.rng, 20*time.Second, 0.4))
		a.journal("minutes of " + stamp(a.at))
		for range g.rng.IntN(3) {
			a.post(s["tasks"], `{"typeId":"FUP","text":"as agreed"}`)
		}
		a.patch(s["appointments"], c.row, tag, `{"metadata":{"minutes":"`+stamp(a.at)+`"}}`)
	}
	crmMobile(g)
}

// triedFirst is a file that is imported twice: the first time only to show what
// would be made, the second time to make it.
func triedFirst(g *scene) {
	people := g.w.sets["contacts"]
	a := g.actor(compliance.Batch, "import", "import")
	a.at = g.officeDay()
	rows := 80 + g.rng.IntN(150)
	mails, known := make([]string, rows), make([]int, rows)
	for i := range mails {
		mails[i], known[i] = email(g.rng), g.rng.IntN(3)/2
		a.lookup(people, "email", mails[i], known[i])
		a.wait(about(g.rng, 400*time.Millisecond, 0.4))
	}
	a.wait(about(g.rng, 12*time.Minute, 0.4))
	for i, mail := range mails {
		if a.lookup(people, "email", mail, known[i]); known[i] == 1 {
			a.amend(people, people.pick(g.rng), `{"source":"import `+strconv.Itoa(i)+`"}`)
		} else {
			a.post(people, contactBody(mail, g.rng))
		}
		a.wait(about(g.rng, 900*time.Millisecond, 0.4))
	}
	searchScreens(g)
}

// expenses wait for a word from above: each is opened with its paper and let
// through; where somebody else was first he is shown that.
func expenses(g *scene) {
	s := g.w.sets
	g.office(2+g.rng.IntN(4), 1, g.officeHour, false, func(a *actor) {
		rows := a.on("approvals").list(s["transactions"].live("status=pending&approver="+a.label, 6+len(a.label)), 1, 25)
		for _, row := range rows[:1+a.rng.IntN(len(rows))] {
			tag := a.get(s["transactions"], row)
			a.list(s["documents"].where("associatedId="+s["transactions"].id(row), 1+row%2), 1, 5)
			if a.think(); a.rng.IntN(15) == 0 {
				s["transactions"].versions[row]++
				a.stale(s["transactions"], row, tag, `{"status":"approved"}`)
				a.get(s["transactions"], row) // and he sees that it is done
				continue
			}
			a.patch(s["transactions"], row, tag, `{"status":"approved","metadata":{"by":"`+a.label+`"}}`)
		}
	})
}

// gate: who comes in gives his name; his meeting is found, and noted as begun. Who is
// not known is made a contact by his name and address.
func gate(g *scene) {
	s := g.w.sets
	for d := range g.days {
		for range 60 + g.rng.IntN(160) {
			if !g.workday(d) {
				continue
			}
			a := g.user("", "gate")
			a.at = g.date(d).Add(g.officeHour())
			mail, known := email(a.rng), a.rng.IntN(5)
			if a.lookup(s["contacts"], "name", "F"+strconv.Itoa(a.rng.IntN(999))+" S"+strconv.Itoa(a.rng.IntN(9999)), min(known, 1)); known == 0 {
				a.lookup(s["contacts"], "email", mail, 0)
				a.post(s["contacts"], contactBody(mail, a.rng))
				continue
			}
			a.think()
			for _, row := range a.list(s["appointments"].live("attendee=C"+strconv.Itoa(a.rng.IntN(4000))+"&start="+a.at.Format(time.DateOnly), a.rng.IntN(2)), 1, 3) {
				a.amend(s["appointments"], row, `{"metadata":{"begun":"`+stamp(a.at)+`"}}`)
			}
		}
	}
}
