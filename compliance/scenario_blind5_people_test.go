package compliance_test

import (
	"strconv"
	"time"
)

// The fifth blind family's clean apps of whole offices and of the public.

// ownSheet is a negotiator's sheet of the thirty to eighty houses he looks after,
// filled anew by their ids when he opens it or presses its button.
func ownSheet(g *scene) {
	s := g.w.sets["properties"]
	for u := range 8 + g.rng.IntN(12) {
		q := s.live("negotiatorId=N"+strconv.Itoa(u), 30+g.rng.IntN(50))
		for d := range g.days {
			if !g.workday(d) {
				continue
			}
			for range 2 + g.rng.IntN(5) {
				a := g.user("user-"+strconv.Itoa(u), "sheet")
				a.at = g.date(d).Add(g.officeHour())
				for from := 0; from < q.total; from += 50 {
					a.byIDs(q, from, min(from+50, q.total))
				}
				for range g.rng.IntN(4) {
					a.think()
					a.amend(s, q.at(g.rng.IntN(q.total)), newNote(a))
				}
			}
		}
	}
}

// boardCodes: whoever passes a house reads the code on its board, most of them at
// the weekend.
func boardCodes(g *scene) {
	s := g.w.sets
	for d := range g.days {
		for range poisson(g.rng, 150+g.rng.Float64()*350) {
			a := g.user("", "board")
			a.at = g.date(d).Add(g.anyHour())
			row := int(float64(s["properties"].active) * g.rng.Float64() * g.rng.Float64())
			a.get(s["properties"], row)
			if a.wait(about(g.rng, 3*time.Second, 0.4)); g.rng.IntN(2) == 0 {
				a.list(s["propertyImages"].where("propertyId="+s["properties"].id(row), 4+row%20), 1, 25)
			}
			if g.rng.IntN(5) == 0 {
				a.think()
				a.open(s["properties"], a.list(s["properties"].live(a.wish(), 3+row%20), 1, 6), 2)
			}
		}
	}
}

// pushToPhones: a house is told to those who wait for one like it, and a third of
// them open it, and then another, within minutes.
func pushToPhones(g *scene) {
	s := g.w.sets
	for range 2 * g.days {
		at, house := g.officeDay(), s["properties"].pick(g.rng)
		for range 60 + g.rng.IntN(240) {
			a := g.user("user-"+strconv.Itoa(g.rng.IntN(900)), "pushed")
			a.at = at.Add(min(about(g.rng, 6*time.Minute, 1.2), 8*time.Hour))
			a.get(s["properties"], house)
			if g.rng.IntN(3) == 0 {
				a.think()
				a.open(s["properties"], a.list(s["properties"].live(a.wish(), 12), 1, 12), 2)
			}
		}
	}
}

// fortyAgencies: inspectors of forty agencies and more go from let to let.
func fortyAgencies(g *scene) {
	g.eachCustomer(40+g.rng.IntN(12), func(t int) {
		s := g.w.sets
		for d := range g.days {
			for u := range 1 + g.rng.IntN(2) {
				a := g.user("user-"+strconv.Itoa(t*2+u), "inspections")
				a.at = g.date(d).Add(8*time.Hour + time.Duration(g.rng.IntN(5400))*time.Second)
				for _, row := range a.list(s["appointments"].live("typeId=IN&negotiatorId="+a.label+"&start="+a.at.Format(time.DateOnly), 3+g.rng.IntN(5)), 1, 25) {
					a.get(s["properties"], row*3%s["properties"].n)
					a.list(s["tenancies"].where("propertyId=P"+strconv.Itoa(row), 1), 1, 1)
					a.wait(about(g.rng, 25*time.Minute, 0.5))
					a.post(s["documents"], `{"associatedType":"appointment","typeId":"INS"}`)
					a.amend(s["appointments"], row, `{"attended":true}`)
				}
			}
		}
	})
}

// circuitBreaker: where five calls in a row have failed, a screen leaves the platform
// alone for half a minute before each further one.
func circuitBreaker(g *scene) {
	s := g.w.sets
	out := g.officeDay()
	g.office(10+g.rng.IntN(14), 2, g.officeHour, false, func(a *actor) {
		row := s["properties"].pick(a.rng)
		a.on("property")
		for fails := range 12 {
			if since := a.at.Sub(out); since < 0 || since > 50*time.Minute || a.rng.IntN(3) > 0 {
				break
			}
			a.send("GET", "/properties/"+s["properties"].id(row), 503, 80*time.Millisecond, nil)
			if a.wait(about(a.rng, time.Second<<min(fails, 4), 0.3)); fails >= 4 {
				a.wait(30 * time.Second)
			}
		}
		a.get(s["properties"], row)
		a.list(s["appointments"].live("propertyId="+s["properties"].id(row), 1+row%6), 1, 10)
	})
}

// twoDesks: what the buyer's desk and the seller's write of an offer meets the other's
// in a third of all cases, and is written again over what is new.
func twoDesks(g *scene) {
	s := g.w.sets["offers"]
	g.office(6+g.rng.IntN(10), 2, g.officeHour, false, func(a *actor) {
		rows := a.on("offers").list(s.live("status=pending&officeId="+s.offices[a.rng.IntN(len(s.offices))], 25), 1, 25)
		row, body := rows[a.rng.IntN(len(rows))], `{"amount":`+strconv.Itoa(200_000+a.rng.IntN(400)*500)+`}`
		tag := a.get(s, row)
		a.think()
		for a.rng.IntN(3) == 0 {
			s.versions[row]++
			a.stale(s, row, tag, body)
			tag = a.get(s, row)
			a.wait(about(a.rng, 2*time.Second, 0.3))
		}
		a.patch(s, row, tag, body)
	})
}

// afterHoliday: four days' enquiries wait on the first morning, and everybody takes
// the next of them until none is left; the rest of the days are as ever.
func afterHoliday(g *scene) {
	s, users := g.w.sets, 10+g.rng.IntN(15)
	waiting := s["enquiries"].live("status=new&sortBy=created", users*40)
	for u := range users {
		a := g.user("user-"+strconv.Itoa(u), "enquiries")
		a.at = g.date(0).Add(8*time.Hour + time.Duration(g.rng.IntN(2400))*time.Second)
		for i := u; i < waiting.total; i += users {
			shown := waiting
			shown.total, shown.at = min(25, waiting.total-i), func(k int) int { return waiting.at(i + k) }
			row := a.list(shown, 1, 25)[0]
			a.get(s["enquiries"], row)
			if mail := email(g.rng); g.rng.IntN(3) == 0 {
				a.lookup(s["contacts"], "email", mail, 0)
				contact := a.post(s["contacts"], contactBody(mail, g.rng))
				a.lookup(s["applicants"], "emailAddresses", mail, 0)
				a.post(s["applicants"], relatedBody(contact))
			} else {
				a.lookup(s["contacts"], "email", mail, 1)
			}
			a.list(s["properties"].live(a.wish(), 4+row%25), 1, 25)
			a.wait(about(g.rng, 3*time.Minute, 0.5))
			a.amend(s["enquiries"], row, `{"status":"answered"}`)
		}
	}
	crmDesktop(g)
}

// trainingDay: thirty people and more do what a trainer shows them, each at his own
// desk and all at about the same time.
func trainingDay(g *scene) {
	s, d := g.w.sets, g.rng.IntN(4)
	shown := []int{s["properties"].pick(g.rng), s["properties"].pick(g.rng), s["properties"].pick(g.rng)}
	for u := range 20 + g.rng.IntN(25) {
		for lesson := range 10 {
			a := g.user("user-"+strconv.Itoa(u), "training")
			a.at = g.date(d).Add(9*time.Hour + time.Duration(lesson*35)*time.Minute + time.Duration(g.rng.IntN(300))*time.Second)
			for range 2 + g.rng.IntN(3) {
				a.get(s["properties"], shown[lesson%3])
				a.list(s["appointments"].live("propertyId="+s["properties"].id(shown[lesson%3]), 6), 1, 10)
				switch a.think(); lesson % 4 {
				case 0:
					a.list(s["contacts"].where("name="+towns[lesson], 14), 1, 25)
				case 1:
					a.addContact()
				case 2:
					a.amend(s["tasks"], s["tasks"].pick(g.rng), `{"text":"practice `+strconv.Itoa(g.rng.IntN(1e6))+`"}`)
				}
				a.think()
			}
		}
	}
	crmDesktop(g)
}

// contractors see the jobs they have been given, go there, and say what was done.
func contractors(g *scene) {
	s := g.w.sets
	g.visits(80+g.rng.Float64()*200, "jobs", func(a *actor) {
		rows := a.list(s["tasks"].live("contractorId=C"+strconv.Itoa(a.rng.IntN(120))+"&activityStatus=active", 1+a.rng.IntN(9)), 1, 25)
		for _, row := range rows[:1+a.rng.IntN(len(rows))] {
			a.get(s["properties"], row*23%s["properties"].n)
			a.think()
			if a.rng.IntN(2) == 0 {
				a.amend(s["tasks"], row, `{"metadata":{"done":"`+stamp(a.at)+`"}}`)
				a.post(s["documents"], `{"associatedType":"task","typeId":"INV"}`)
			}
		}
	})
}

// outOfReach: phones that were out of reach send what was written meanwhile: each
// note under the version that its card had, and where that is refused, over the new.
func outOfReach(g *scene) {
	s := g.w.sets
	g.office(15+g.rng.IntN(25), 2, g.anyHour, true, func(a *actor) {
		for range 1 + a.rng.IntN(4) {
			row := s["applicants"].pick(a.rng)
			tag, body := a.on("card").get(s["applicants"], row), newNote(a)
			if a.think(); a.rng.IntN(3) > 0 {
				continue
			}
			a.wait(about(a.rng, 12*time.Minute, 0.6))
			if a.rng.IntN(5) == 0 {
				s["applicants"].versions[row]++
				a.stale(s["applicants"], row, tag, body)
				tag = a.get(s["applicants"], row)
			}
			a.patch(s["applicants"], row, tag, body)
		}
	})
}
