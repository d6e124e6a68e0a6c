package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The ninth blind family's clean connectors, which events and other systems drive.

// gatheredEvents: what is told of houses and meetings within forty seconds is read by
// its ids in one call; when nothing is told, nothing is read.
func gatheredEvents(g *scene) {
	for _, name := range []string{"properties", "appointments"} {
		s := g.w.sets[name]
		all := s.changes(g.rng, g.date(0), g.days, 900+g.rng.Float64()*1800)
		for from := 0; from < len(all); {
			to := from
			for to < len(all) && to-from < 50 && all[to].at.Sub(all[from].at) < 40*time.Second {
				to++
			}
			rows := between(all[from:to], all[from].at, all[to-1].at.Add(1))
			for _, row := range rows {
				s.versions[row]++
			}
			a := g.actor(compliance.System, "gathered "+name, "gathered "+name)
			a.at = all[from].at.Add(41 * time.Second)
			a.byIDs(s.these("", rows), 0, len(rows))
			from = to
		}
	}
}

// brochuresAnew: two to five minutes after the last change of a house it and its
// pictures are read, and the brochure is filed.
func brochuresAnew(g *scene) {
	s, last := g.w.sets, map[int]time.Time{}
	for _, c := range s["properties"].changes(g.rng, g.date(0), g.days, 500+g.rng.Float64()*600) {
		if c.at.Sub(last[c.row]) < 5*time.Minute {
			continue
		}
		last[c.row] = c.at
		a := g.notified(s["properties"], c, "brochure")
		a.wait(2*time.Minute + time.Duration(g.rng.IntN(180))*time.Second)
		a.get(s["properties"], c.row)
		a.list(s["propertyImages"].where("propertyId="+s["properties"].id(c.row), 6+c.row%15), 1, 25)
		a.post(s["documents"], `{"typeId":"BRO","associatedId":"`+s["properties"].id(c.row)+`"}`)
	}
}

// outOfCalendars: what people move about in their own calendars is made, moved or
// cancelled here, as their provider tells it.
func outOfCalendars(g *scene) {
	s := g.w.sets["appointments"]
	g.asked(350+g.rng.Float64()*400, "POST /calendar", g.officeHour, func(a *actor) {
		switch row := s.pick(a.rng); a.rng.IntN(5) {
		case 0, 1:
			a.post(s, `{"typeId":"EXT","start":"`+stamp(a.at.AddDate(0, 0, 1+a.rng.IntN(9)))+`"}`)
		case 2:
			a.amend(s, row, `{"cancelled":true}`)
		default:
			a.amend(s, row, `{"start":"`+stamp(a.at.AddDate(0, 0, 1+a.rng.IntN(9)))+`"}`)
		}
	})
}

// toursBack: makers of tours and plans send what is done, some of it hours later and
// all of an evening's at once; the house is read and gets its link.
func toursBack(g *scene) {
	s := g.w.sets["properties"]
	g.asked(40+g.rng.Float64()*60, "POST /tour", g.officeHour, func(a *actor) {
		b := a.later("POST /tour", 3*time.Hour)
		for range 1 + a.rng.IntN(9) {
			b.amend(s, int(float64(s.active)*a.rng.Float64()), `{"metadata":{"tour":"T`+strconv.Itoa(a.rng.IntN(1e9))+`"}}`)
			b.wait(about(a.rng, time.Second, 0.6))
		}
	})
}

// toLawyers: for each offer that thirty agencies accept a connector reads the house,
// both sides and the papers, and notes that the lawyers have it.
func toLawyers(g *scene) {
	g.eachCustomer(30, func(int) {
		s := g.w.sets
		for _, c := range s["offers"].changes(g.rng, g.date(0), g.days, 3+g.rng.ExpFloat64()*9) {
			a := g.notified(s["offers"], c, "to the lawyers")
			house := c.row * 17 % s["properties"].n
			a.get(s["properties"], house)
			a.get(s["applicants"], c.row*11%s["applicants"].n)
			a.get(s["contacts"], c.row*13%s["contacts"].n)
			a.list(s["documents"].where("associatedId="+s["properties"].id(house), 2+c.row%7), 1, 25)
			a.amend(s["offers"], c.row, `{"metadata":{"lawyers":"told"}}`)
		}
	})
}

// deadLetters: a mistake has let a morning's events lie; a developer has fifty at a
// click handled again, each with its read and its note, some met by a 503.
func deadLetters(g *scene) {
	s := g.w.sets["applicants"]
	for d := range g.days {
		lost := s.changes(g.rng, g.date(d), 1, 350+g.rng.Float64()*400)
		at := g.date(d).Add(19 * time.Hour)
		for i, c := range lost {
			if i%50 == 0 {
				at = at.Add(about(g.rng, 2*time.Minute, 0.5))
			}
			a := g.notified(s, c, "dead letters")
			a.at = at
			if g.rng.IntN(25) == 0 {
				a.send("GET", "/applicants/"+s.id(c.row), 503, 200*time.Millisecond, nil)
				a.wait(2 * time.Second)
			}
			a.patch(s, c.row, a.get(s, c.row), `{"metadata":{"handled":`+strconv.Itoa(i)+`}}`)
			at = a.at.Add(about(g.rng, 300*time.Millisecond, 0.4))
		}
	}
	crmDesktop(g)
}

// peopleCompleted: for each new person his office is read once an hour, who else lives
// at his address, and what was found about it is written over the event's version.
func peopleCompleted(g *scene) {
	s, kept := g.w.sets, map[string]bool{}
	for _, c := range s["contacts"].changes(g.rng, g.date(0), g.days, 400+g.rng.Float64()*600) {
		a := g.notified(s["contacts"], c, "completed")
		office := c.row % s["offices"].n
		if hour := strconv.Itoa(office) + c.at.Format("02T15"); !kept[hour] {
			kept[hour] = true
			a.get(s["offices"], office)
		}
		a.list(s["contacts"].where("address=A"+strconv.Itoa(c.row*7), 1+c.row%3), 1, 10)
		a.patch(s["contacts"], c.row, s["contacts"].tag(c.row), `{"metadata":{"band":"`+string(rune('A'+c.row%8))+`"}}`)
	}
}

// changesMatched: for each house that is new or costs less those who look for such a
// one are searched, a page or three, and a message to some is noted.
func changesMatched(g *scene) {
	s := g.w.sets
	for _, c := range s["properties"].changes(g.rng, g.date(0), g.days, 150+g.rng.Float64()*200) {
		a := g.notified(s["properties"], c, "matcher")
		q := s["applicants"].live("marketingMode=buying&"+a.wish(), min(s["applicants"].active, a.rng.IntN(70)))
		for page := 1; page == 1 || (page-1)*25 < q.total; page++ {
			a.list(q, page, 25)
		}
		b := g.actor(compliance.Webhook, "matcher", "POST /hooks")
		b.at, b.hook = a.at, a.hook
		for range min(q.total, a.rng.IntN(5)) {
			b.journal("told of a house")
		}
	}
}
