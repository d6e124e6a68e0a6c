package compliance_test

import (
	"strconv"
	"time"
)

// The fifth blind family's busiest clean apps.

// byPayload reads nothing that a webhook has brought: it writes under the version
// of the payload, and looks only at what hangs on it.
func byPayload(g *scene) {
	s, houses := g.w.sets["appointments"], g.w.sets["properties"]
	for _, c := range s.changes(g.rng, g.date(0), g.days, 400+g.rng.Float64()*1200) {
		a := g.notified(s, c, "appointment changed")
		if g.rng.IntN(3) > 0 {
			a.get(houses, c.row*17%houses.active)
		}
		if g.rng.IntN(2) == 0 {
			continue
		}
		tag, body := s.tag(c.row), `{"metadata":{"route":`+strconv.Itoa(g.rng.IntN(99))+`}}`
		if g.rng.IntN(20) == 0 {
			s.versions[c.row]++
			a.stale(s, c.row, tag, body)
			tag = a.get(s, c.row)
		}
		a.patch(s, c.row, tag, body)
	}
}

// onceQuiet waits until half a minute has gone by without another change of a house,
// and then reads it and its pictures once.
func onceQuiet(g *scene) {
	s := g.w.sets
	for _, c := range s["properties"].changes(g.rng, g.date(0), g.days, 150+g.rng.Float64()*450) {
		a := g.notified(s["properties"], c, "property changed")
		a.wait(30 * time.Second)
		a.get(s["properties"], c.row)
		if g.rng.IntN(2) == 0 {
			a.list(s["propertyImages"].where("propertyId="+s["properties"].id(c.row), 3+c.row%22), 1, 25)
		}
		if g.rng.IntN(6) == 0 {
			a.list(s["applicants"].live("priceFrom="+strconv.Itoa(c.row%40*10_000), 1+c.row%30), 1, 25)
		}
	}
}

// deliveredTwice: one delivery in eight comes again a few minutes later, and its
// handler asks by the tag it has kept.
func deliveredTwice(g *scene) {
	s, held := g.w.sets["tenancies"], map[int]string{}
	for _, c := range s.changes(g.rng, g.date(0), g.days, 250+g.rng.Float64()*600) {
		a := g.notified(s, c, "tenancy changed")
		held[c.row] = a.revalidate(s, c.row, held[c.row])
		a.list(g.w.sets["tasks"].live("tenancyId="+s.id(c.row), 1+c.row%5), 1, 10)
		if g.rng.IntN(8) == 0 {
			a.wait(about(g.rng, 3*time.Minute, 0.4))
			a.revalidate(s, c.row, held[c.row])
		}
	}
}

// beforeMeeting writes, for each appointment that a webhook tells of, what a
// negotiator should know before it.
func beforeMeeting(g *scene) {
	s := g.w.sets
	for _, c := range s["appointments"].changes(g.rng, g.date(0), g.days, 120+g.rng.Float64()*350) {
		a := g.notified(s["appointments"], c, "briefing")
		person := c.row * 29 % s["contacts"].n
		a.get(s["contacts"], person)
		a.get(s["properties"], c.row*13%s["properties"].active)
		a.list(s["journalEntries"].where("associatedId="+s["contacts"].id(person)+"&sortBy=-created", 1+person%10), 1, 10)
		a.wait(about(g.rng, 6*time.Second, 0.4))
		a.post(s["documents"], `{"associatedType":"appointment","associatedId":"`+s["appointments"].id(c.row)+`","typeId":"BRF"}`)
	}
}

// tiledMap shows houses on a map in tiles: who drags or zooms it is shown four, of
// which those are asked for that he has not seen, side by side.
func tiledMap(g *scene) {
	s := g.w.sets["properties"]
	g.visits(40+g.rng.Float64()*100, "map", func(a *actor) {
		x, y, zoom := a.rng.IntN(30), a.rng.IntN(30), 12
		seen := map[string]bool{}
		for range 3 + a.rng.IntN(9) {
			began := a.at
			for i := range 4 {
				tile := "zoom=" + strconv.Itoa(zoom) + "&latitude=" + strconv.Itoa(x+i%2) + "&longitude=" + strconv.Itoa(y+i/2)
				if seen[tile] {
					continue
				}
				seen[tile] = true
				b := *a
				b.at = began.Add(time.Duration(i) * 15 * time.Millisecond)
				rows := b.list(s.live(tile, max(1, (x*7+y*3+i*5)%45)), 1, 50)
				if a.at = b.at; a.rng.IntN(12) == 0 {
					a.open(s, rows, 2)
				}
			}
			switch a.rng.IntN(4) {
			case 0:
				x, y, zoom = 2*x, 2*y, min(zoom+1, 18)
			case 1:
				x, y, zoom = x/2, y/2, max(zoom-1, 8)
			case 2:
				x += 1 - 2*a.rng.IntN(2)
			default:
				y += 1 - 2*a.rng.IntN(2)
			}
			a.wait(about(a.rng, 3*time.Second, 0.7))
		}
	})
}

// pushedDiary is open on every desk; when an appointment has been moved, the screens
// that show its week ask for the week again.
func pushedDiary(g *scene) {
	s := g.w.sets["appointments"]
	users := 12 + g.rng.IntN(25)
	for _, c := range s.changes(g.rng, g.date(0), g.days, 60+g.rng.Float64()*140) {
		a := g.user("user-"+strconv.Itoa(g.rng.IntN(users)), "diary")
		a.at = c.at
		a.amend(s, c.row, `{"start":"`+stamp(a.at.Add(day))+`"}`)
		week, team := a.at.AddDate(0, 0, 7*(c.row%3)).Format(time.DateOnly), c.row%4
		for u := range users {
			if u%4 == team || g.rng.IntN(9) == 0 {
				b := g.user("user-"+strconv.Itoa(u), "diary")
				b.at = a.at.Add(about(g.rng, 900*time.Millisecond, 0.5))
				b.list(s.live("start="+week+"&departmentId=D"+strconv.Itoa(team), 30+team*15), 1, 100)
			}
		}
	}
}

// sideBySide: visitors set two to four houses side by side, change one of them, and
// ask about another.
func sideBySide(g *scene) {
	s := g.w.sets
	g.visits(70+g.rng.Float64()*200, "compare", func(a *actor) {
		rows := a.list(s["properties"].live(a.wish(), 6+a.rng.IntN(30)), 1, 12)
		for range 2 + a.rng.IntN(4) {
			row := rows[a.rng.IntN(len(rows))]
			a.get(s["properties"], row)
			a.list(s["propertyImages"].where("propertyId="+s["properties"].id(row), 3+row%15), 1, 10)
			a.think()
		}
		if a.rng.IntN(15) == 0 {
			a.post(s["enquiries"], `{"source":"compare"}`)
		}
	})
}

// inTheCar: what comes next, where it is, who will be there, and how to reach him.
func inTheCar(g *scene) {
	s := g.w.sets
	g.office(20+g.rng.IntN(25), 2, g.officeHour, true, func(a *actor) {
		a.on("car")
		rows := a.list(s["appointments"].live("negotiatorId="+a.label+"&start="+a.at.Format(time.DateOnly), 5), 1, 5)
		row := rows[a.rng.IntN(len(rows))]
		a.wait(about(a.rng, 4*time.Second, 0.3))
		if a.get(s["properties"], row*11%s["properties"].active); a.rng.IntN(2) == 0 {
			a.get(s["contacts"], row*37%s["contacts"].n)
		}
		if a.rng.IntN(4) == 0 {
			a.journal("dictated")
		}
	})
}

// palette searches people, houses and applicants at once for what is typed, each
// time that the fingers rest.
func palette(g *scene) {
	s := g.w.sets
	g.office(10+g.rng.IntN(15), 2, g.officeHour, false, func(a *actor) {
		a.on("palette")
		word := towns[a.rng.IntN(20)] + strconv.Itoa(a.rng.IntN(40))
		var rows []int
		for n := 3; n <= len(word); n += 2 + a.rng.IntN(3) {
			began := a.at
			for i, name := range []string{"contacts", "properties", "applicants"} {
				b := *a
				b.at = began.Add(time.Duration(i) * 10 * time.Millisecond)
				rows = b.list(s[name].live("name="+word[:n], 2+(int(word[0])*n+i)%(60/n)), 1, 5)
				a.at = b.at
			}
			a.wait(about(a.rng, 700*time.Millisecond, 0.3))
		}
		if a.rng.IntN(3) > 0 {
			a.get(s["applicants"], rows[0])
		}
	})
}

// comparables: what was sold of late near a house, ever wider until there is enough,
// and the six or more that resemble it most.
func comparables(g *scene) {
	s := g.w.sets
	sold := &set{name: "properties", n: s["properties"].n / 4}
	g.office(8+g.rng.IntN(14), 1, g.officeHour, false, func(a *actor) {
		a.on("comparables").get(s["properties"], s["properties"].pick(a.rng))
		near, found := a.wish(), a.rng.IntN(5)
		for km := 1; km < 5 && found < 12; km++ {
			found += a.rng.IntN(14)
			q := sold.where(near+"&sellingStatus=completed&km="+strconv.Itoa(km), found)
			q.set = s["properties"]
			rows := a.list(q, 1, 25)
			if a.wait(about(a.rng, 2*time.Second, 0.4)); found >= 12 {
				for range 6 + a.rng.IntN(5) {
					a.get(s["properties"], rows[a.rng.IntN(len(rows))])
					a.wait(about(a.rng, 4*time.Second, 0.6))
				}
			}
		}
		if a.rng.IntN(3) == 0 {
			a.post(s["documents"], `{"associatedType":"property","typeId":"VAL"}`)
		}
	})
}

// salesChain opens a sale and walks along the chain above and below it.
func salesChain(g *scene) {
	s := g.w.sets
	g.office(6+g.rng.IntN(10), 2, g.officeHour, false, func(a *actor) {
		a.on("chain")
		link := s["offers"].pick(a.rng)
		for range 1 + a.rng.IntN(5) {
			a.get(s["offers"], link)
			a.get(s["properties"], link*5%s["properties"].active)
			a.get(s["contacts"], link*41%s["contacts"].n)
			link = (link*7 + 3) % s["offers"].active
		}
		if a.think(); a.rng.IntN(3) == 0 {
			a.amend(s["offers"], link, `{"metadata":{"step":"s`+strconv.Itoa(a.rng.IntN(1e6))+`"}}`)
		}
	})
}

// templates fills a letter in a word processor from five records, and files it.
func templates(g *scene) {
	s := g.w.sets
	g.office(8+g.rng.IntN(14), 2, g.officeHour, false, func(a *actor) {
		row := s["tenancies"].pick(a.rng)
		a.on("template").get(s["tenancies"], row)
		a.get(s["properties"], row*3%s["properties"].n)
		a.get(s["contacts"], row*19%s["contacts"].n)
		a.get(s["negotiators"], row%s["negotiators"].n)
		if a.think(); a.rng.IntN(2) == 0 {
			a.post(s["documents"], `{"associatedType":"tenancy","associatedId":"`+s["tenancies"].id(row)+`","typeId":"LET"}`)
		}
	})
}

// favourites are asked anew by their tags when a phone's user opens his list.
func favourites(g *scene) {
	s := g.w.sets["properties"]
	held := map[string]string{}
	for u := range 60 + g.rng.IntN(90) {
		rows := make([]int, 4+g.rng.IntN(10))
		for i := range rows {
			rows[i] = s.pick(g.rng)
		}
		for d := range g.days {
			for range g.rng.IntN(3) {
				a := g.user("user-"+strconv.Itoa(u), "favourites")
				a.at = g.date(d).Add(g.anyHour())
				for _, row := range rows {
					key := a.label + s.id(row)
					held[key] = a.revalidate(s, row, held[key])
				}
			}
		}
	}
}
