package compliance_test

import (
	"slices"
	"strconv"
	"time"
)

// The ninth blind family's clean apps of the public: sites, portals, widgets and bots.

// linksUnfurled: a house that somebody shares is looked at once for its picture and
// price, and kept for a quarter of an hour.
func linksUnfurled(g *scene) {
	s, kept := g.w.sets["properties"], map[string]bool{}
	g.asked(900+g.rng.Float64()*1200, "GET /p/{id}", g.anyHour, func(a *actor) {
		row := int(float64(s.active) * a.rng.Float64() * a.rng.Float64())
		quarter := strconv.Itoa(row) + stamp(a.at.Truncate(15*time.Minute))
		if !kept[quarter] {
			kept[quarter] = true
			a.get(s, row)
		}
	})
}

// stillThere: a portal asks when a visitor clicks on "call": is it still there, who has
// it, and if it is gone, what is like it.
func stillThere(g *scene) {
	s := g.w.sets
	g.asked(600+g.rng.Float64()*700, "GET /available", g.anyHour, func(a *actor) {
		row := int(float64(s["properties"].active) * a.rng.Float64())
		a.get(s["properties"], row)
		if a.rng.IntN(6) == 0 {
			a.list(s["properties"].live(a.wish(), a.rng.IntN(8)), 1, 3)
			return
		}
		if a.rng.IntN(3) == 0 {
			a.get(s["negotiators"], row%s["negotiators"].n)
		}
	})
}

// savedHomes: buyers sign in and see the homes they have saved, what is new for their
// wish, and open some.
func savedHomes(g *scene) {
	s := g.w.sets["properties"]
	for d := range g.days {
		for range poisson(g.rng, 250+g.rng.Float64()*250) {
			u := g.rng.IntN(600)
			a := g.user("user-"+strconv.Itoa(u), "GET /saved")
			a.at = g.date(d).Add(g.anyHour())
			q := s.live("saved="+a.label, 2+u%14)
			a.byIDs(q, 0, q.total)
			a.think()
			a.open(s, a.list(s.live("modifiedFrom="+stamp(a.at.AddDate(0, 0, -1-u%5))+"&"+a.wish(), a.rng.IntN(10)), 1, 10), 4)
		}
	}
}

// thumbFeed: the newest homes on phones, ten at a time, until the thumb is tired.
func thumbFeed(g *scene) {
	s := g.w.sets["properties"]
	g.visits(150+g.rng.Float64()*250, "feed", func(a *actor) {
		q := s.live("sortBy=-created&sellingStatus=forSale", min(s.active, 120))
		for page := 1; (page-1)*10 < q.total; page++ {
			rows := a.list(q, page, 10)
			a.wait(about(a.rng, 7*time.Second, 0.7))
			if a.rng.IntN(5) == 0 {
				a.get(s, rows[a.rng.IntN(len(rows))])
				a.think()
			}
			if a.rng.IntN(6) == 0 {
				return
			}
		}
	})
}

// soldPrices: what was sold in a quarter, a year at a time as a slider is drawn.
func soldPrices(g *scene) {
	s := g.w.sets["properties"]
	g.visits(120+g.rng.Float64()*150, "sold prices", func(a *actor) {
		quarter, year := "sellingStatus=completed&postcode=P"+strconv.Itoa(a.rng.IntN(300)), 2018+a.rng.IntN(8)
		for range 4 + a.rng.IntN(10) {
			a.list(s.where(quarter+"&year="+strconv.Itoa(year), 1+a.rng.IntN(18)), 1, 20)
			a.wait(about(a.rng, 2*time.Second, 0.6))
			year = min(2025, max(2016, year+a.rng.IntN(5)-2))
		}
	})
}

// alongWalk: people walk with the app open; after each hundred steps it shows what is
// offered there, and some stop for a house.
func alongWalk(g *scene) {
	s := g.w.sets["properties"]
	g.visits(45+g.rng.Float64()*60, "around me", func(a *actor) {
		x, y := a.rng.IntN(200), a.rng.IntN(200)
		for range 8 + a.rng.IntN(25) {
			rows := a.list(s.live("near="+strconv.Itoa(x)+","+strconv.Itoa(y)+"&radius=200", a.rng.IntN(6)), 1, 10)
			if a.wait(about(a.rng, 50*time.Second, 0.5)); len(rows) > 0 && a.rng.IntN(4) == 0 {
				a.get(s, rows[0])
			}
			x, y = x+a.rng.IntN(3)-1, y+a.rng.IntN(3)-1
		}
	})
}

// rentBot: a landlord is found by his number, then his contracts and what has come in
// on one or two of them.
func rentBot(g *scene) {
	s := g.w.sets
	g.asked(220+g.rng.Float64()*250, "POST /message", g.anyHour, func(a *actor) {
		found := min(1, a.rng.IntN(6))
		a.lookup(s["contacts"], "contactDetail", phone(a), found)
		if found == 0 {
			return
		}
		owner := s["landlords"].pick(a.rng)
		rows := a.list(s["tenancies"].live("landlordId="+s["landlords"].id(owner)+"&status=current", min(s["tenancies"].active, 1+owner%4)), 1, 10)
		for range min(len(rows), 1+a.rng.IntN(2)) {
			a.think()
			a.list(s["transactions"].where("tenancyId="+s["tenancies"].id(rows[a.rng.IntN(len(rows))])+"&createdFrom="+stamp(a.at.AddDate(0, -1, 0)), 1+owner%3), 1, 10)
		}
	})
}

// fourTongues: a site in four languages on three machines, each of which keeps a house
// for ten minutes and then asks by its tag.
func fourTongues(g *scene) {
	s := g.w.sets["properties"]
	type copyOf struct{ row, pod int }
	tags, read := map[copyOf]string{}, map[copyOf]time.Duration{}
	for d := range g.days {
		since, visits := time.Duration(d)*day, make([]time.Duration, poisson(g.rng, 1_200+g.rng.Float64()*1_200))
		for i := range visits {
			visits[i] = g.anyHour()
		}
		slices.Sort(visits)
		for _, at := range visits {
			a := g.user("", []string{"/en", "/fr", "/de", "/pl"}[g.rng.IntN(4)])
			a.at = g.date(d).Add(at)
			of := copyOf{int(float64(min(s.active, 300)) * g.rng.Float64() * g.rng.Float64()), g.rng.IntN(3)}
			if last, ok := read[of]; ok && since+at-last < 10*time.Minute {
				continue
			}
			if g.rng.IntN(50) == 0 {
				s.versions[of.row]++
			}
			read[of], tags[of] = since+at, a.revalidate(s, of.row, tags[of])
		}
	}
}

// lendersWidget: what a month costs, on brokers' pages: the house, and two or three
// that cost less.
func lendersWidget(g *scene) {
	s := g.w.sets["properties"]
	g.visits(350+g.rng.Float64()*400, "widget", func(a *actor) {
		row := int(float64(s.active) * a.rng.Float64())
		a.get(s, row)
		for price := 100 + row%800; price > 100 && a.rng.IntN(3) > 0; price -= 50 {
			a.think()
			a.list(s.live("priceTo="+strconv.Itoa(price*1000)+"&"+a.wish(), a.rng.IntN(5)), 1, 3)
		}
	})
}

// metersRead: who lives there opens a link, sees his contract, sends two pictures and a
// number, which is written to the house.
func metersRead(g *scene) {
	s := g.w.sets
	g.asked(150+g.rng.Float64()*200, "POST /meter", g.anyHour, func(a *actor) {
		row := a.rng.IntN(s["tenancies"].n)
		a.get(s["tenancies"], row)
		a.think()
		for range 1 + a.rng.IntN(2) {
			a.post(s["documents"], `{"typeId":"MET","associatedId":"`+s["tenancies"].id(row)+`"}`)
		}
		a.amend(s["properties"], row*17%s["properties"].n, `{"metadata":{"meter":`+strconv.Itoa(a.rng.IntN(99_999))+`}}`)
	})
}

// nightDesk: eight people a shift answer for forty agencies from six to eight: who it is
// by number and name, a house, a task for the morning, and who is new is made.
func nightDesk(g *scene) {
	dusk := func() time.Duration { return (18*time.Hour + time.Duration(g.rng.IntN(14*3600))*time.Second) % day }
	g.eachCustomer(40, func(int) {
		s := g.w.sets
		for d := range g.days {
			for range poisson(g.rng, 4+g.rng.ExpFloat64()*12) {
				at := g.date(d).Add(dusk())
				a := g.user("user-"+strconv.Itoa(at.Hour()/5*8+g.rng.IntN(8)), "call taken")
				a.at = at
				known := a.rng.IntN(3) / 2
				a.lookup(s["contacts"], "contactDetail", phone(a), known)
				if mail := email(a.rng); known == 0 {
					a.think()
					a.lookup(s["contacts"], "name", "F"+strconv.Itoa(a.rng.IntN(999))+" S"+strconv.Itoa(a.rng.IntN(9999)), a.rng.IntN(2))
					a.lookup(s["contacts"], "email", mail, 0)
					a.post(s["contacts"], contactBody(mail, a.rng))
				}
				a.list(s["properties"].live(a.wish(), a.rng.IntN(6)), 1, 5)
				a.post(s["tasks"], `{"typeId":"CB","text":"called by night"}`)
			}
		}
	})
}
