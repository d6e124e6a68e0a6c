package compliance_test

import (
	"strconv"
	"strings"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The sixth blind family's busiest clean apps of people.

// orderBot knows who asks by his number or his address, and tells him how his
// contract and his last payments stand.
func orderBot(g *scene) {
	s := g.w.sets
	g.visits(200+g.rng.Float64()*400, "order bot", func(a *actor) {
		known := a.rng.IntN(3)
		if a.rng.IntN(2) == 0 {
			a.lookup(s["contacts"], "contactDetail", phone(a), min(known, 1))
		} else {
			a.lookup(s["contacts"], "email", email(a.rng), min(known, 1))
		}
		if known == 0 {
			return // and is given to a person
		}
		row := s["contacts"].pick(a.rng)
		a.get(s["contacts"], row)
		for _, contract := range a.list(s["tenancies"].where("contactId="+s["contacts"].id(row), 1+row%2), 1, 5) {
			a.think()
			a.list(s["transactions"].where("tenancyId="+s["tenancies"].id(contract)+"&sortBy=-date", 2+contract%25), 1, 5)
		}
		if a.rng.IntN(6) == 0 {
			a.post(s["tasks"], `{"typeId":"BOT","text":"please call back"}`)
		}
	})
}

// ledgerDesk: bookkeepers read an account between two dates, some pages of it, and
// open a posting.
func ledgerDesk(g *scene) {
	s := g.w.sets["transactions"]
	g.office(5+g.rng.IntN(9), 3, g.officeHour, false, func(a *actor) {
		from := a.at.AddDate(0, 0, -1-int(about(a.rng, 20, 0.9)))
		filter := "account=" + strconv.Itoa(4000+a.rng.IntN(60)) + "&dateFrom=" + from.Format(time.DateOnly) + "&dateTo=" + a.at.Format(time.DateOnly) + "&sortBy=-date"
		a.on("ledger").open(s, a.leaf(s.live(filter, 1+int(about(a.rng, 40, 0.9))), 50, 4), 2)
	})
}

// ticketDesk: an agent takes the next ticket of his queue, sees who asks and what
// was written before, answers, and sets it on.
func ticketDesk(g *scene) {
	s := g.w.sets
	g.office(8+g.rng.IntN(14), 2, g.officeHour, false, func(a *actor) {
		queue := a.on("queue").list(s["tasks"].live("typeId=Q"+strconv.Itoa(len(a.label))+"&activityStatus=active&sortBy=created", 25), 1, 25)
		row := queue[a.rng.IntN(len(queue))]
		a.on("ticket").get(s["contacts"], row*37%s["contacts"].n)
		a.list(s["journalEntries"].where("taskId="+s["tasks"].id(row)+"&sortBy=-created", 1+row%12), 1, 10)
		a.think()
		a.journal("answered a ticket")
		a.amend(s["tasks"], row, `{"activityStatus":"s`+strconv.Itoa(a.rng.IntN(3))+`","text":"answered `+stamp(a.at)+`"}`)
	})
}

// threeSearches asks for people, companies and deals at each third letter typed.
func threeSearches(g *scene) {
	s := g.w.sets
	g.office(10+g.rng.IntN(18), 3, g.officeHour, false, func(a *actor) {
		var typed strings.Builder
		for range 2 + a.rng.IntN(3) {
			typed.WriteString(string([]byte{letter(a.rng) + 32, letter(a.rng) + 32}))
			for i, name := range []string{"contacts", "landlords", "offers"} {
				b := *a
				b.at = a.at.Add(time.Duration(i) * 12 * time.Millisecond)
				b.on("search box").list(s[name].live("name="+typed.String(), max(0, 9-2*len(typed.String())+a.rng.IntN(4))), 1, 5)
			}
			a.wait(about(a.rng, 700*time.Millisecond, 0.4))
		}
		a.on("found").get(s["contacts"], s["contacts"].pick(a.rng))
	})
}

// companyView fetches a company and all that hangs on it, four parts at once.
func companyView(g *scene) {
	s := g.w.sets
	g.office(12+g.rng.IntN(16), 2, g.officeHour, false, func(a *actor) {
		row := s["landlords"].pick(a.rng)
		a.on("company").get(s["landlords"], row)
		for i, name := range []string{"contacts", "offers", "transactions", "journalEntries"} {
			b := *a
			b.at = a.at.Add(time.Duration(i) * 25 * time.Millisecond)
			b.list(s[name].live("landlordId="+s["landlords"].id(row)+"&sortBy=-modified", 1+(row+i*5)%17), 1, 10)
		}
		a.wait(about(a.rng, 20*time.Second, 0.8))
	})
}

// tickedOff: for each line of a bank's statement the postings of its sum and week
// are shown, and the right one is marked as paid.
func tickedOff(g *scene) {
	s := g.w.sets["transactions"]
	g.office(4+g.rng.IntN(7), 3, g.officeHour, false, func(a *actor) {
		for range 2 + a.rng.IntN(4) {
			rows := a.on("reconcile").list(s.where("amount="+strconv.Itoa(50+a.rng.IntN(3000))+"&dateFrom="+a.at.AddDate(0, 0, -7).Format(time.DateOnly), a.rng.IntN(4)), 1, 10)
			a.wait(about(a.rng, 5*time.Second, 0.5))
			if len(rows) > 0 {
				a.amend(s, rows[0], `{"metadata":{"line":"`+strconv.Itoa(a.rng.IntN(1e9))+`"}}`)
			}
		}
	})
}

// partnerPortal shows an accountant the firms he looks after, one after another.
func partnerPortal(g *scene) {
	g.eachCustomer(20+g.rng.IntN(15), func(int) {
		s := g.w.sets
		g.office(2+g.rng.IntN(2), 1, g.officeHour, false, func(a *actor) {
			a.on("firm")
			for _, status := range []string{"draft", "overdue", "unmatched"} {
				a.list(s["transactions"].live("status="+status, 3+len(status)), 1, 10)
			}
			a.think()
			a.get(s["transactions"], s["transactions"].pick(a.rng))
		})
	})
}

// dialler gives an agent the next to call as soon as he hangs up, and files what
// came of it.
func dialler(g *scene) {
	s := g.w.sets["contacts"]
	for d := range g.days {
		for u := range 5 + g.rng.IntN(8) {
			a, list := g.user("user-"+strconv.Itoa(u), "dialler"), s.live("callList="+strconv.Itoa(d*20+u), 60+g.rng.IntN(60))
			a.at = g.date(d).Add(9*time.Hour + time.Duration(g.rng.IntN(2400))*time.Second)
			for i := 0; i < list.total; i++ {
				if i%20 == 0 {
					a.list(list, i/20+1, 20)
				}
				row := list.at(i)
				tag := a.get(s, row)
				a.wait(about(a.rng, 2*time.Minute, 0.7))
				if a.journal("called"); g.rng.IntN(3) == 0 {
					a.patch(s, row, tag, `{"metadata":{"outcome":"o`+strconv.Itoa(g.rng.IntN(1e6))+`"}}`)
				}
				a.wait(about(a.rng, 8*time.Second, 0.5))
			}
		}
	}
}

// timeline shows what happened with one customer, twenty entries at a time; more are
// asked for by the time of the last.
func timeline(g *scene) {
	s := g.w.sets["journalEntries"]
	g.office(12+g.rng.IntN(18), 2, g.officeHour, false, func(a *actor) {
		q := s.live("contactId=C"+strconv.Itoa(int(5000*a.rng.Float64()*a.rng.Float64())), 15+int(about(a.rng, 30, 0.8)))
		before := a.at
		for from := 0; from < q.total && from < 120; from += 20 {
			n := min(20, q.total-from)
			rows := make([]int, n)
			for i := range rows {
				rows[i] = q.at(from + i)
			}
			a.on("timeline").list(s.these(q.filter+"&sortBy=-created&createdTo="+stamp(before), rows), 1, 20)
			before = before.Add(-about(a.rng, 9*day, 0.7))
			if a.wait(about(a.rng, 4*time.Second, 0.6)); a.rng.IntN(3) == 0 {
				break
			}
		}
	})
}

// sortedColumns is a table of one view that is asked for anew with each click on a
// column's head, and leafed through.
func sortedColumns(g *scene) {
	s := g.w.sets
	g.office(10+g.rng.IntN(15), 3, g.officeHour, false, func(a *actor) {
		name := []string{"contacts", "offers", "applicants", "tasks"}[a.rng.IntN(4)]
		view := "negotiatorId=" + a.label + "&view=" + strconv.Itoa(a.rng.IntN(3))
		total := 15 + len(name)*int(a.label[len(a.label)-1]-'0')
		for range 1 + a.rng.IntN(4) {
			sort := []string{"-modified", "name", "-created", "created", "-amount"}[a.rng.IntN(5)]
			rows := a.on("table").leaf(s[name].live(view+"&sortBy="+sort, total), 25, 3)
			if a.think(); a.rng.IntN(3) == 0 {
				a.open(s[name], rows, 1)
			}
		}
	})
}

// nearTheRoad shows a traveller the companies of the squares that his map covers:
// nine when he has zoomed out, one when he is near.
func nearTheRoad(g *scene) {
	s := g.w.sets["landlords"]
	g.office(8+g.rng.IntN(12), 2, g.officeHour, false, func(a *actor) {
		x, y, zoom := a.rng.IntN(60), a.rng.IntN(60), a.rng.IntN(3)
		for range 2 + a.rng.IntN(5) {
			switch a.rng.IntN(4) {
			case 0:
				zoom = (zoom + 1) % 3
			default:
				x, y = x+a.rng.IntN(3)-1, y+a.rng.IntN(3)-1
			}
			for tile := range 1 + zoom*2 {
				a.on("near").list(s.live("tile="+strconv.Itoa(zoom)+"-"+strconv.Itoa(x+tile%3)+"-"+strconv.Itoa(y+tile/3), a.rng.IntN(8+zoom*6)), 1, 50)
			}
			a.wait(about(a.rng, 3*time.Second, 0.5))
		}
		a.on("company").get(s, s.pick(a.rng))
	})
}

// payInvoices: customers see their own open invoices, open one, and pay.
func payInvoices(g *scene) {
	s := g.w.sets
	g.visits(200+g.rng.Float64()*300, "pay", func(a *actor) {
		mine := a.rng.IntN(s["tenancies"].n)
		a.label = "user-" + strconv.Itoa(mine)
		rows := a.list(s["transactions"].where("tenancyId="+s["tenancies"].id(mine)+"&status=open&sortBy=due", 1+mine%4), 1, 10)
		a.think()
		row := rows[a.rng.IntN(len(rows))]
		tag := a.get(s["transactions"], row)
		if a.think(); a.rng.IntN(2) == 0 {
			a.patch(s["transactions"], row, tag, `{"metadata":{"paid":"`+stamp(a.at)+`"}}`)
			a.list(s["transactions"].where("tenancyId="+s["tenancies"].id(mine)+"&status=open&sortBy=due", 1+mine%4), 1, 10)
		}
	})
}

// mondayAtNine: all users sit down within the hour, and each gets his day: meetings,
// tickets, deals and what the weekend has brought.
func mondayAtNine(g *scene) {
	s := g.w.sets
	for d := range g.days {
		users, spread := 70+g.rng.IntN(60), 2400.0
		if d == 0 {
			spread = 1200
		}
		for u := range users {
			a := g.user("user-"+strconv.Itoa(u), "my day")
			a.at = g.date(d).Add(9*time.Hour + time.Duration(spread*g.rng.NormFloat64())*time.Second)
			mine := "negotiatorId=" + a.label
			a.list(s["appointments"].live(mine+"&start="+a.at.Format(time.DateOnly), 3+u%6), 1, 25)
			a.list(s["tasks"].live(mine+"&activityStatus=active&sortBy=due", 5+u%20), 1, 25)
			a.list(s["offers"].live(mine+"&status=pending", 2+u%9), 1, 25)
			for range 2 + a.rng.IntN(6) {
				a.think()
				a.open(s["enquiries"], a.list(s["enquiries"].live(mine+"&createdFrom="+stamp(g.date(d-2)), 3+u%5), 1, 10), 2)
				a.get(s["contacts"], s["contacts"].pick(a.rng))
			}
		}
	}
	crmDesktop(g)
}

// sheetCells are formulas of a user's sheet, each of which names a field of a person:
// they are worked out when it is opened, and asked for by their tags thereafter.
func sheetCells(g *scene) {
	s := g.w.sets["contacts"]
	for u := range 6 + g.rng.IntN(8) {
		q, held := s.where("sheet="+strconv.Itoa(u), 20+g.rng.IntN(90)), map[int]string{}
		for d := range g.days {
			for range 1 + g.rng.IntN(3) {
				a := g.user("user-"+strconv.Itoa(u), "cells")
				a.at = g.date(d).Add(g.officeHour())
				for i := range q.total {
					if g.rng.IntN(40) == 0 {
						s.versions[q.at(i)]++
					}
					held[q.at(i)] = a.revalidate(s, q.at(i), held[q.at(i)])
					a.wait(about(g.rng, 250*time.Millisecond, 0.4))
				}
			}
		}
	}
}

// firstLogins: the day a firm begins with the app; everybody logs in, gets the lists
// of reference and looks round.
func firstLogins(g *scene) {
	s := g.w.sets
	for u := range 60 + g.rng.IntN(50) {
		a := g.user("user-"+strconv.Itoa(u), "welcome")
		a.at = g.date(0).Add(g.officeHour())
		for _, name := range reference {
			a.list(s[name].all(), 1, 100)
		}
		for range 6 + g.rng.IntN(14) {
			a.think()
			a.open(s["contacts"], a.list(a.byName(s["contacts"]), 1, 25), 2)
			if g.rng.IntN(4) == 0 {
				a.on("own").list(s["offers"].live("negotiatorId="+a.label, 4+u%9), 1, 25)
			}
		}
	}
	callList(g)
}

// webinar: as people join they are looked for by their address; those who are new
// are made contacts when it ends, and all of them get an entry.
func webinar(g *scene) {
	people := g.w.sets["contacts"]
	for range 2 {
		begins := g.officeDay().Truncate(time.Hour)
		for range 120 + g.rng.IntN(280) {
			a := g.actor(compliance.System, "webinar", "POST /joined")
			a.at = begins.Add(time.Duration(300*g.rng.NormFloat64()) * time.Second)
			mail, known := email(g.rng), g.rng.IntN(2)
			a.lookup(people, "email", mail, known)
			a.at = begins.Add(time.Hour + time.Duration(g.rng.IntN(900))*time.Second)
			if known == 0 {
				a.lookup(people, "email", mail, 0)
				a.post(people, contactBody(mail, g.rng))
			}
			a.journal("was in the webinar")
		}
	}
	crmDesktop(g)
}
