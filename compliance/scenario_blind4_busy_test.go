package compliance_test

import (
	"slices"
	"strconv"
	"time"
)

// The fourth blind family's busiest clean apps.

// parallelHome fetches the four parts of a phone's screen at once, for whoever
// turns to it.
func parallelHome(g *scene) {
	s := g.w.sets
	g.office(25+g.rng.IntN(35), 1, g.anyHour, true, func(a *actor) {
		mine := "negotiatorId=" + a.label
		row := s["properties"].pick(a.rng)
		id := s["properties"].id(row)
		parts := []func(b *actor){
			func(b *actor) { b.get(s["properties"], row) },
			func(b *actor) { b.list(s["offers"].live("propertyId="+id, 1+row%5), 1, 10) },
			func(b *actor) { b.list(s["appointments"].live("propertyId="+id, 1+row%8), 1, 10) },
			func(b *actor) { b.list(s["tasks"].live(mine+"&activityStatus=active", 9), 1, 10) },
		}
		for i, part := range parts {
			b := *a
			b.at = a.at.Add(time.Duration(i) * 20 * time.Millisecond)
			part(b.on("screen"))
		}
		a.wait(about(a.rng, time.Minute, 0.8))
	})
}

// leadScores weighs each applicant that is new or changed: the person behind him,
// what was written of him, and the score put where it belongs.
func leadScores(g *scene) {
	s, people := g.w.sets["applicants"], g.w.sets["contacts"]
	for _, c := range s.changes(g.rng, g.date(0), g.days, 300+g.rng.Float64()*900) {
		a := g.notified(s, c, "lead scores")
		tag := a.get(s, c.row)
		if g.rng.IntN(2) == 0 {
			a.get(people, c.row*23%people.n)
		}
		a.list(g.w.sets["journalEntries"].where("associatedId="+s.id(c.row), 1+c.row%20), 1, 10)
		body := `{"metadata":{"score":` + strconv.Itoa(g.rng.IntN(100)) + `}}`
		if g.rng.IntN(25) == 0 {
			s.versions[c.row]++
			a.stale(s, c.row, tag, body)
			tag = a.get(s, c.row)
		}
		a.patch(s, c.row, tag, body)
	}
}

// twoRoles: a change of a person is told to the handler of contacts and to that of
// applicants, as one event; the one reads, the other writes.
func twoRoles(g *scene) {
	s, leads := g.w.sets["contacts"], g.w.sets["applicants"]
	for _, c := range s.changes(g.rng, g.date(0), g.days, 200+g.rng.Float64()*500) {
		a := g.notified(s, c, "contacts")
		b := g.notified(s, c, "applicants")
		b.hook = a.hook
		if a.get(s, c.row); g.rng.IntN(3) == 0 {
			a.journal("address changed")
		}
		row := c.row * 31 % leads.n
		b.patch(leads, row, b.get(leads, row), `{"metadata":{"synced":"`+stamp(b.at)+`"}}`)
	}
}

// refetchOnFocus asks anew for what a window shows when its user turns to it; the
// open card by its tag.
func refetchOnFocus(g *scene) {
	s, held := g.w.sets, map[int]string{}
	g.office(10+g.rng.IntN(20), 2, g.officeHour, false, func(a *actor) {
		town, mine := towns[len(a.label)*7%20], "negotiatorId="+a.label
		row := (int(a.label[len(a.label)-1])*97 + a.at.Hour()) % s["properties"].active
		for range 1 + a.rng.IntN(3) {
			a.on("focus").list(s["properties"].live("address="+town+"&bedroomsFrom=2", 22), 1, 25)
			a.list(s["tasks"].live(mine+"&activityStatus=active", 12), 1, 25)
			held[row] = a.revalidate(s["properties"], row, held[row])
			a.wait(about(a.rng, 4*time.Minute, 0.8))
		}
	})
}

// repairs are reported by tenants at all hours, and worked off at a desk.
func repairs(g *scene) {
	s := g.w.sets
	g.visits(50+g.rng.Float64()*120, "report a repair", func(a *actor) {
		row := s["tenancies"].pick(a.rng)
		a.get(s["tenancies"], row)
		a.list(s["tasks"].live("tenancyId="+s["tenancies"].id(row), 1+row%4), 1, 10)
		a.think()
		a.post(s["tasks"], `{"typeId":"REP","text":"it drips"}`)
	})
	g.office(2+g.rng.IntN(4), 3, g.officeHour, false, func(a *actor) {
		rows := a.on("repairs").list(s["tasks"].live("typeId=REP&activityStatus=active", 25), 1, 25)
		row := rows[a.rng.IntN(len(rows))]
		a.think()
		a.amend(s["tasks"], row, `{"text":"plumber at `+strconv.Itoa(a.rng.IntN(24))+`"}`)
		a.journal("repair given out")
	})
}

// auctionNight: from seven to nine a hundred bidders look at a dozen lots, again
// and again, and bid.
func auctionNight(g *scene) {
	s := g.w.sets
	night := g.date(g.rng.IntN(4)).Add(19 * time.Hour)
	first := s["properties"].pick(g.rng)
	for u := range 60 + g.rng.IntN(120) {
		a := g.user("user-"+strconv.Itoa(u), "lot")
		a.at = night.Add(time.Duration(g.rng.IntN(3600)) * time.Second)
		for range 2 + g.rng.IntN(4) {
			lot := (first + g.rng.IntN(12)) % s["properties"].n
			for range 2 + g.rng.IntN(8) {
				a.get(s["properties"], lot)
				a.list(s["offers"].live("propertyId="+s["properties"].id(lot)+"&sortBy=-amount", 8), 1, 3)
				a.wait(about(g.rng, 25*time.Second, 0.6))
			}
			if g.rng.IntN(3) == 0 {
				a.post(s["offers"], `{"amount":`+strconv.Itoa(200_000+g.rng.IntN(99)*1000)+`}`)
			}
		}
	}
	crmDesktop(g)
}

// firstMorning: sixty plots, and many who want them; where another was first the
// plot is read anew, and taken or left.
func firstMorning(g *scene) {
	s := g.w.sets["properties"]
	q := s.where("development=D1", 60)
	morning := g.date(g.rng.IntN(4)).Add(9 * time.Hour)
	for u := range 80 + g.rng.IntN(150) {
		a := g.user("user-"+strconv.Itoa(u), "plots")
		a.at = morning.Add(about(g.rng, 20*time.Minute, 1))
		rows := a.list(q, 1, 30)
		for range 1 + g.rng.IntN(5) {
			a.think()
			row := rows[g.rng.IntN(len(rows))]
			tag := a.get(s, row)
			if a.think(); g.rng.IntN(3) > 0 {
				continue
			}
			body := `{"metadata":{"reserved":"` + a.label + `"}}`
			if g.rng.IntN(3) == 0 {
				s.versions[row]++
				a.stale(s, row, tag, body)
				if tag = a.get(s, row); g.rng.IntN(2) == 0 {
					continue // it is gone
				}
			}
			a.patch(s, row, tag, body)
		}
	}
	crmDesktop(g)
}

// refusedSilently meets refusals that name no wait, and waits twice as long each time.
func refusedSilently(g *scene) {
	s := g.w.sets
	g.office(10+g.rng.IntN(15), 3, g.officeHour, false, func(a *actor) {
		row := s["tenancies"].pick(a.rng)
		a.on("tenancy")
		for pause := time.Second; a.rng.IntN(30) == 0 && pause < time.Minute; pause *= 2 {
			a.throttle(s["tenancies"], row, "")
			a.wait(about(a.rng, pause*3/2, 0.2))
		}
		a.get(s["tenancies"], row)
		if a.rng.IntN(2) == 0 {
			a.list(s["transactions"].where("tenancyId="+s["tenancies"].id(row), 3+row%20), 1, 10)
		}
	})
}

// hooksThroughOutage: for forty minutes a day half of the calls fail; each is made
// again later and later, and put aside after the sixth.
func hooksThroughOutage(g *scene) {
	s, houses := g.w.sets["enquiries"], g.w.sets["properties"]
	out := make([]time.Time, g.days)
	for d := range out {
		out[d] = g.date(d).Add(g.officeHour())
	}
events:
	for _, c := range s.changes(g.rng, g.date(0), g.days, 250+g.rng.Float64()*700) {
		a := g.notified(s, c, "enquiry made")
		pause := 2 * time.Second
		for try := 0; ; try++ {
			since := a.at.Sub(out[min(int(a.at.Sub(firstDay)/day), g.days-1)])
			if since < 0 || since > 40*time.Minute || g.rng.IntN(2) == 0 {
				break
			}
			if try == 6 {
				continue events
			}
			a.send("GET", "/enquiries/"+s.id(c.row), 503, 50*time.Millisecond, nil)
			a.wait(about(g.rng, pause, 0.3))
			pause *= 2
		}
		tag := a.get(s, c.row)
		if a.get(houses, c.row*19%houses.active); g.rng.IntN(3) == 0 {
			a.patch(s, c.row, tag, `{"metadata":{"answered":true}}`)
		}
	}
}

// portalSideBar tells, beside whatever house a user opens on a portal, whether the
// agency has it.
func portalSideBar(g *scene) {
	s, held := g.w.sets["properties"], map[int]string{}
	g.office(15+g.rng.IntN(30), 3, g.anyHour, true, func(a *actor) {
		found := a.rng.IntN(4) / 3
		a.on("side bar").list(s.live("address="+strconv.Itoa(a.rng.IntN(300))+"&postcode=OX"+strconv.Itoa(a.rng.IntN(40)), found), 1, 5)
		if found == 1 {
			row := s.pick(a.rng)
			held[row] = a.revalidate(s, row, held[row])
		}
	})
}

// toolAgent answers questions by reading, and searches wider where it found little.
func toolAgent(g *scene) {
	s := g.w.sets
	g.office(8+g.rng.IntN(14), 2, g.officeHour, false, func(a *actor) {
		a.on("agent")
		wish := a.wish()
		for found := a.rng.IntN(3); ; found += a.rng.IntN(12) {
			rows := a.list(s["properties"].live(wish, found), 1, 10)
			if wish += "&wider=" + strconv.Itoa(found); len(rows) > 4 {
				for _, row := range rows[:2+a.rng.IntN(3)] {
					a.get(s["properties"], row)
				}
				break
			}
			a.wait(about(a.rng, 2*time.Second, 0.4))
		}
		if a.wait(about(a.rng, 3*time.Second, 0.4)); a.rng.IntN(2) == 0 {
			a.open(s["contacts"], a.list(a.byName(s["contacts"]), 1, 10), 2)
		}
	})
}

// arrivedAndLeft: a negotiator's phone notes when he comes to a viewing and when he
// goes, under the version that the morning's list has brought.
func arrivedAndLeft(g *scene) {
	s := g.w.sets["appointments"]
	for d := range g.days {
		for u := range 15 + g.rng.IntN(30) {
			a := g.user("user-"+strconv.Itoa(u), "my viewings")
			a.at = g.date(d).Add(8*time.Hour + time.Duration(g.rng.IntN(3600))*time.Second)
			for _, row := range a.list(s.live("negotiatorId="+a.label+"&start="+a.at.Format(time.DateOnly), 4+g.rng.IntN(7)), 1, 25) {
				tag := s.tag(row)
				a.wait(about(g.rng, 40*time.Minute, 0.5))
				for _, what := range []string{"arrived", "left"} {
					body := `{"metadata":{"` + what + `":"` + stamp(a.at) + `"}}`
					if g.rng.IntN(6) == 0 {
						s.versions[row]++
						a.stale(s, row, tag, body)
						tag = a.get(s, row)
					}
					a.patch(s, row, tag, body)
					a.wait(about(g.rng, 20*time.Minute, 0.4))
					tag = a.get(s, row)
				}
			}
		}
	}
}

// siteCache keeps each house of a public site for ten minutes, and then asks by its
// tag whether there is a newer one.
func siteCache(g *scene) {
	s, held, since := g.w.sets["properties"], map[int]string{}, map[int]time.Time{}
	for d := range g.days {
		visits := make([]time.Duration, poisson(g.rng, 600+g.rng.Float64()*1800))
		for i := range visits {
			visits[i] = g.anyHour()
		}
		slices.Sort(visits)
		for _, at := range visits {
			a := g.user("", "site")
			a.at = g.date(d).Add(at)
			row := int(float64(s.active) * g.rng.Float64() * g.rng.Float64())
			if g.rng.IntN(60) == 0 {
				s.versions[row]++
			}
			if a.at.Sub(since[row]) > 10*time.Minute {
				held[row], since[row] = a.revalidate(s, row, held[row]), a.at
			}
		}
	}
}
