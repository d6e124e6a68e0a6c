package compliance_test

import (
	"net/http"
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The third blind family's busiest clean apps: many users, many notifications,
// many customers, and a platform that is out of breath.

// queueWorker takes what three topics push from a queue. The payload holds what it
// needs, the version for a write among it; only now and then it reads more.
func queueWorker(g *scene) {
	people := g.w.sets["contacts"]
	for _, name := range []string{"contacts", "applicants", "properties"} {
		s := g.w.sets[name]
		for _, c := range s.changes(g.rng, g.date(0), g.days, 150+g.rng.Float64()*650) {
			a := g.notified(s, c, name)
			a.route = "queue"
			a.wait(about(g.rng, 2*time.Second, 0.8))
			switch g.rng.IntN(5) {
			case 0:
				a.patch(s, c.row, s.tag(c.row), `{"metadata":{"seen":"`+stamp(a.at)+`"}}`)
			case 1:
				a.get(people, c.row*7%people.n)
			case 2:
				a.get(s, c.row)
			}
		}
	}
}

// redelivered: the app was down for hours on one day; what it missed comes all at
// once, and four workers go through it.
func redelivered(g *scene) {
	s := g.w.sets["properties"]
	g.react(s, s.changes(g.rng, g.date(0), g.days, 80+g.rng.Float64()*200), nil, 0.2)
	up := g.date(g.rng.IntN(5)).Add(g.officeHour())
	var workers [4]time.Time
	for i := range workers {
		workers[i] = up.Add(time.Duration(i) * 100 * time.Millisecond)
	}
	for i := range 300 + g.rng.IntN(600) {
		row := s.pick(g.rng)
		s.versions[row]++
		a := g.actor(compliance.Webhook, s.name+" changed", "POST /hooks")
		a.at = up.Add(-time.Duration(g.rng.IntN(4*3600)) * time.Second)
		a.event(s, row)
		a.at = workers[i%4]
		if a.get(s, row); g.rng.IntN(4) == 0 {
			a.journal("changed while away")
		}
		a.wait(about(g.rng, 900*time.Millisecond, 0.5))
		workers[i%4] = a.at
	}
}

// facets counts, at each tick of a filter, what four more ticks would leave.
func facets(g *scene) {
	s := g.w.sets["properties"]
	g.office(8+g.rng.IntN(16), 3, g.officeHour, false, func(a *actor) {
		a.on("facets")
		wish, total := a.wish(), 5+a.rng.IntN(60)
		rows := a.list(s.live(wish, total), 1, 20)
		for _, more := range []string{"garden", "parking", "pets", "newBuild"} {
			a.list(s.live(wish+"&situation="+more, total/3), 1, 1)
		}
		a.open(s, rows, 1)
	})
}

// mapPans asks for the houses of each square that the map is moved to.
func mapPans(g *scene) {
	s := g.w.sets["properties"]
	g.office(6+g.rng.IntN(14), 2, g.anyHour, true, func(a *actor) {
		x, y := a.rng.IntN(40), a.rng.IntN(40)
		for range 1 + a.rng.IntN(5) {
			x, y = x+a.rng.IntN(3)-1, y+a.rng.IntN(3)-1
			a.on("map").list(s.live("postcode=OX"+strconv.Itoa(x)+"-"+strconv.Itoa(y), 2+a.rng.IntN(40)), 1, 50)
			a.wait(about(a.rng, 2500*time.Millisecond, 0.5))
		}
	})
}

// pullToRefresh fills five tiles of a phone's first screen whenever it is opened.
func pullToRefresh(g *scene) {
	s := g.w.sets
	g.office(12+g.rng.IntN(25), 1, g.anyHour, true, func(a *actor) {
		mine, today := "negotiatorId="+a.label, a.at.Format(time.DateOnly)
		tiles := []query{
			s["appointments"].live(mine+"&start="+today, 6), s["tasks"].live(mine+"&activityStatus=active", 14),
			s["offers"].live(mine+"&status=pending", 3), s["enquiries"].live("createdFrom="+today+"T00:00:00Z", 8),
			s["properties"].live(mine+"&sellingStatus=forSale", 18),
		}
		for i, q := range tiles {
			b := *a
			b.at = a.at.Add(time.Duration(i) * 15 * time.Millisecond)
			b.on("home").list(q, 1, 10)
		}
		a.wait(about(a.rng, 20*time.Minute, 0.8))
	})
}

// mailPlugin shows who wrote each mail that its users open: strangers, mostly.
func mailPlugin(g *scene) {
	s := g.w.sets["contacts"]
	g.office(10+g.rng.IntN(15), 5, g.officeHour, false, func(a *actor) {
		found := a.rng.IntN(5) / 3
		a.on("sender").lookup(s, "email", "m"+strconv.Itoa(int(3000*a.rng.Float64()*a.rng.Float64()))+"@mail.example", found)
		if found == 1 && a.rng.IntN(2) == 0 {
			if a.get(s, s.pick(a.rng)); a.rng.IntN(4) == 0 {
				a.journal("wrote")
			}
		}
	})
}

// tenantsApp shows each tenant his own tenancy, his last payments and papers.
func tenantsApp(g *scene) {
	s := g.w.sets
	tenants := min(s["tenancies"].n/2, 150+g.rng.IntN(350))
	g.visits(float64(tenants), "tenant", func(a *actor) {
		row := a.rng.IntN(tenants)
		id := s["tenancies"].id(row)
		a.label = "tenant-" + strconv.Itoa(row)
		a.get(s["tenancies"], row)
		a.list(s["transactions"].where("tenancyId="+id, 4+row%40), 1, 10)
		if a.think(); a.rng.IntN(3) == 0 {
			a.list(s["documents"].where("associatedId="+id, 1+row%6), 1, 10)
		}
	})
}

// revalidate asks for an entity that the app holds; only a newer one is sent.
func (a *actor) revalidate(s *set, row int, tag string) string {
	now := s.tag(row)
	if now != tag {
		return a.get(s, row)
	}
	a.send("GET", "/"+s.name+"/"+s.id(row), 304, 60*time.Millisecond, func(c *call) {
		c.ask = a.w.header.Clone()
		c.ask.Set("If-None-Match", tag)
		c.answer = http.Header{"Etag": {tag}}
	})
	return now
}

// revalidated keeps the cards it has shown, and asks anew when one is opened again.
func revalidated(g *scene) {
	s, held := g.w.sets["properties"], map[int]string{}
	g.office(15+g.rng.IntN(35), 2, g.anyHour, true, func(a *actor) {
		for range 1 + a.rng.IntN(3) {
			row := s.pick(a.rng)
			if a.rng.IntN(12) == 0 {
				s.versions[row]++
			}
			held[row] = a.on("card").revalidate(s, row, held[row])
			a.think()
		}
	})
}

// dozensOfCustomers is one app at fifteen to forty agencies: some users at each,
// and what the platform pushes.
func dozensOfCustomers(g *scene) {
	g.eachCustomer(15+g.rng.IntN(25), func(int) {
		s := g.w.sets
		g.react(s["offers"], s["offers"].changes(g.rng, g.date(0), g.days, 5+g.rng.Float64()*25), s["properties"], 0.2)
		g.office(1+g.rng.IntN(3), 2, g.officeHour, false, func(a *actor) {
			a.on("offers").open(s["offers"], a.list(s["offers"].live("status=pending&officeId="+s["offers"].offices[0], 25), 1, 25), 2)
		})
	})
}

// throughOutage: for an hour a day two calls of five fail; each is tried again
// after a pause that doubles, five times at most.
func throughOutage(g *scene) {
	s := g.w.sets["properties"]
	out := make([]time.Time, g.days)
	for d := range out {
		out[d] = g.date(d).Add(g.officeHour())
	}
	g.office(8+g.rng.IntN(15), 3, g.officeHour, false, func(a *actor) {
		a.on("search")
		q := s.live(a.wish(), 2+a.rng.IntN(50))
		since := a.at.Sub(out[int(a.at.Sub(firstDay)/day)%g.days])
		pause := time.Second
		for try := 0; since > 0 && since < time.Hour && a.rng.IntN(5) < 2; try++ {
			a.send("GET", listPath(q, 1, 25), 503, 40*time.Millisecond, nil)
			if try == 4 {
				return // the user is told
			}
			a.wait(about(a.rng, pause, 0.3))
			pause *= 2
		}
		a.open(s, a.list(q, 1, 25), 2)
	})
}

// heldBack shares its customer's limit with other apps: when one call is refused
// all of the app waits, as long as it is told.
func heldBack(g *scene) {
	g.waits = true
	s := g.w.sets["contacts"]
	g.office(8+g.rng.IntN(12), 4, g.officeHour, false, func(a *actor) {
		row := s.pick(a.rng)
		for a.on("contact"); a.rng.IntN(60) == 0; {
			wait := 1 + a.rng.IntN(10)
			a.throttle(s, row, strconv.Itoa(wait))
			a.wait(time.Duration(wait)*time.Second + about(a.rng, time.Second, 0.5))
		}
		if a.get(s, row); a.rng.IntN(8) == 0 {
			a.note(s, row)
		}
	})
}

// nightShift answers the phone from another part of the world, from nine in the
// evening until six; each night has its own people.
func nightShift(g *scene) {
	s := g.w.sets
	for d := range g.days {
		for u := range 4 + g.rng.IntN(4) {
			a := g.user("night-"+strconv.Itoa(d%2*10+u), "night desk")
			a.at = g.date(d).Add(21*time.Hour + time.Duration(g.rng.IntN(1800))*time.Second)
			for ends := a.at.Add(8 * time.Hour); a.at.Before(ends); a.wait(about(g.rng, 6*time.Minute, 0.8)) {
				found := a.rng.IntN(2)
				if a.lookup(s["contacts"], "contactDetail", phone(a), found); found == 1 {
					a.get(s["contacts"], s["contacts"].pick(g.rng))
					a.think()
					a.get(s["properties"], s["properties"].pick(g.rng))
				}
				a.journal("called at night")
			}
		}
	}
}

// deskLogin is one name under which three people work from a quarter to eight
// until seven.
func deskLogin(g *scene) {
	s := g.w.sets
	for d := range g.days {
		for range 3 {
			a := g.user("desk", "desk")
			a.at = g.date(d).Add(7*time.Hour + 45*time.Minute + time.Duration(g.rng.IntN(3600))*time.Second)
			for g.workday(d) && a.at.Hour() < 19 {
				if a.rng.IntN(2) == 0 {
					a.open(s["contacts"], a.list(a.byName(s["contacts"]), 1, 25), 1)
				} else {
					a.open(s["properties"], a.list(s["properties"].live(a.wish(), 1+a.rng.IntN(25)), 1, 25), 1)
				}
				a.wait(about(a.rng, 90*time.Second, 0.8))
			}
		}
	}
}

// touchScreen in a shop window is used by whoever passes, from eight to ten.
func touchScreen(g *scene) {
	s := g.w.sets["properties"]
	for d := range g.days {
		a := g.actor(compliance.Unknown, "", "touch screen")
		for a.at = g.date(d).Add(8 * time.Hour); a.at.Hour() < 22 && a.at.Before(g.date(d+1)); a.wait(about(a.rng, 12*time.Minute, 1)) {
			for range 2 + a.rng.IntN(7) {
				if rows := a.list(s.live(a.wish(), 1+a.rng.IntN(30)), 1, 8); len(rows) > 0 && a.rng.IntN(2) == 0 {
					a.wait(about(a.rng, 4*time.Second, 0.5))
					a.get(s, rows[a.rng.IntN(len(rows))])
				}
				a.wait(about(a.rng, 8*time.Second, 0.6))
			}
		}
	}
}

// twoHoursBefore sends each visitor a text two hours ahead: every quarter of an
// hour it asks who is due, writes to them, and says so.
func twoHoursBefore(g *scene) {
	s, people := g.w.sets["appointments"], g.w.sets["contacts"]
	for d := range g.days {
		for m := 7 * 60; m < 17*60 && g.date(d).Weekday() != time.Sunday; m += 15 {
			a := g.actor(compliance.Schedule, "texts", "texts")
			due := g.date(d).Add(time.Duration(m+120) * time.Minute)
			a.at = due.Add(-2*time.Hour + time.Duration(g.rng.IntN(2500))*time.Millisecond)
			for _, row := range a.list(s.where("typeId=VW&start="+stamp(due)+"&end="+stamp(due.Add(15*time.Minute)), g.rng.IntN(7)), 1, 25) {
				a.get(people, row*31%people.n)
				a.wait(about(g.rng, 500*time.Millisecond, 0.3))
				a.patch(s, row, a.get(s, row), `{"metadata":{"texted":"`+stamp(a.at)+`"}}`)
			}
		}
	}
	crmDesktop(g)
}

// inventory: a clerk walks through a house and sends each picture as he takes it;
// what fails on the way is sent again, later each time.
func inventory(g *scene) {
	s := g.w.sets
	g.office(2+g.rng.IntN(5), 1, g.officeHour, false, func(a *actor) {
		row := s["tenancies"].pick(a.rng)
		a.on("inventory").get(s["tenancies"], row)
		for range 8 + a.rng.IntN(20) {
			for pause := 2 * time.Second; a.rng.IntN(15) == 0; pause *= 2 {
				a.write("POST", "/documents/", "", `{"typeId":"INV"}`, 503)
				a.wait(about(a.rng, pause, 0.3))
			}
			a.post(s["documents"], `{"associatedType":"tenancy","associatedId":"`+s["tenancies"].id(row)+`","typeId":"INV"}`)
			a.wait(about(a.rng, 25*time.Second, 0.6))
		}
	})
}
