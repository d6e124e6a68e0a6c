package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The ninth blind family's load tests, broken limits, creates and updates, labels that
// lie, and waste.

// blind9Phases: one a second for two minutes, then two, four and eight for a minute
// each, and six for three; 2,000 calls.
func blind9Phases(g *scene) {
	s, at := g.w.sets["properties"], g.officeDay()
	for _, phase := range [][2]int{{1, 120}, {2, 60}, {4, 60}, {8, 60}, {6, 180}} {
		lasting := time.Duration(phase[1]) * time.Second
		g.arrivals("phases", at, float64(phase[0]), lasting, func(a *actor) { a.get(s, g.rng.IntN(40)) })
		at = at.Add(lasting)
	}
}

// blind9AgainstCache: one search with a number that keeps every cache out, five a
// second for six minutes; 1,800 calls.
func blind9AgainstCache(g *scene) {
	s := g.w.sets["contacts"]
	g.arrivals("no cache", g.officeDay(), 5, 6*time.Minute, func(a *actor) {
		q := s.where("name=Smith", 25)
		q.filter += "&_=" + strconv.Itoa(g.rng.IntN(1e9))
		a.list(q, 1, 25)
	})
}

// blind9CutOff: four calls a second for eight minutes, each fifth of which is cut off to
// see what the app makes of it; 1,900 calls.
func blind9CutOff(g *scene) {
	s := g.w.sets["appointments"]
	g.arrivals("chaos", g.officeDay(), 4, 8*time.Minute, func(a *actor) {
		q := s.where("negotiatorId=N"+strconv.Itoa(g.rng.IntN(6)), 20)
		if g.rng.IntN(5) == 0 {
			a.send("GET", listPath(q, 1, 25), 0, 300*time.Millisecond, nil)
			return
		}
		a.list(q, 1, 25)
	})
}

// blind9ReadWriteRead: by night a row of fifty is read, written and read again, once a
// second for twenty minutes; 3,600 calls.
func blind9ReadWriteRead(g *scene) {
	s, i := g.w.sets["tasks"], 0
	g.arrivals("consistency", g.date(1).Add(3*time.Hour), 1, 20*time.Minute, func(a *actor) {
		i++
		a.patch(s, i%50, a.get(s, i%50), `{"metadata":{"round":`+strconv.Itoa(i)+`}}`)
		a.get(s, i%50)
	})
}

// blind9OnOff: twelve searches a second for twenty seconds, and forty of rest; eight
// times, 1,900 calls.
func blind9OnOff(g *scene) {
	s, at := g.w.sets["properties"], g.officeDay()
	for i := range 8 {
		g.arrivals("bursts", at.Add(time.Duration(i)*time.Minute), 12, 20*time.Second, func(a *actor) {
			a.list(s.where("address="+towns[g.rng.IntN(5)], 20), 1, 25)
		})
	}
}

// blind9SuiteLoop: a sandbox; a suite of eight calls over and over by four workers, some
// ten a second for six minutes; 3,600 calls.
func blind9SuiteLoop(g *scene) {
	g.w = newWorld(g.rng, "SBOX")
	s := g.w.sets
	g.workers(4, "suite", g.officeDay(), 6*time.Minute, func(a *actor, w int) {
		for _, name := range []string{"properties", "contacts", "offers", "tasks"} {
			a.list(s[name].where("name=suite", 10), 1, 25)
			a.wait(250 * time.Millisecond)
			a.get(s[name], w)
			a.wait(250 * time.Millisecond)
		}
	})
}

// blind9Fifteen: fifteen comparables asked for all at once; twelve times.
func blind9Fifteen(g *scene) {
	g.free = true
	s := g.w.sets["properties"]
	for range 12 {
		g.burst(compliance.User, "user-7", 15, 4*time.Millisecond, 3, func(a *actor) {
			a.route = "comparables"
			a.get(s, s.pick(g.rng))
		})
	}
}

// blind9Prefetch: the cards of a page of thirty asked for within half a second; eight
// times.
func blind9Prefetch(g *scene) {
	g.free = true
	s := g.w.sets["applicants"]
	for range 8 {
		g.burst(compliance.User, "user-7", 30, 17*time.Millisecond, 0.4, func(a *actor) {
			a.route = "prefetch"
			a.get(s, s.pick(g.rng))
		})
	}
}

// blind9ThreeByFour: three processes with a pool of four each work a list of ids off,
// for two minutes.
func blind9ThreeByFour(g *scene) {
	g.free = true
	s := g.w.sets["contacts"]
	g.workers(12, "pools", g.officeDay(), 2*time.Minute, func(a *actor, _ int) {
		a.slow = 8
		a.get(s, s.pick(g.rng))
		a.wait(20 * time.Millisecond)
	})
}

// blind9OwnBackoff: told to wait for thirty seconds, it waits for a half, one, two and
// four; sixty calls too early.
func blind9OwnBackoff(g *scene) {
	g.deafTo("appointments", 15, "30", []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second})
}

// blind9FairTablet: eighty visitors who type themselves in at a fair, and none is looked
// for.
func blind9FairTablet(g *scene) {
	s := g.w.sets["contacts"]
	for range 16 * g.days {
		a := g.breaking(compliance.User, "user-7")
		a.route, a.at = "visitor", g.officeDay()
		a.post(s, contactBody(email(g.rng), g.rng))
		a.think()
		a.journal("met at the fair")
	}
}

// blind9Guarantors: fifty applications; the tenant is looked for, the two who vouch for
// him are not: a hundred made blindly.
func blind9Guarantors(g *scene) {
	s := g.w.sets["contacts"]
	for range 10 * g.days {
		a := g.breaking(compliance.System, "POST /application")
		a.at = g.officeDay()
		mail := email(g.rng)
		a.lookup(s, "email", mail, 0)
		a.post(s, contactBody(mail, g.rng))
		for range 2 {
			a.pause(time.Second)
			a.post(s, contactBody(email(g.rng), g.rng))
		}
	}
}

// blind9DTO: a hundred notes, each sent with all that the object holds.
func blind9DTO(g *scene) {
	g.changed("landlords", 25, func(a *actor, s *set, row int, tag string) {
		a.patch(s, row, tag, s.wholeBody(row, 0, "note "+strconv.Itoa(g.rng.IntN(1e9))))
	})
}

// blind9Stamped: a job that writes the time of its last look to 120 people, and names no
// version.
func blind9Stamped(g *scene) {
	s := g.w.sets["contacts"]
	for range 3 {
		a := g.breaking(compliance.Batch, "last seen")
		a.at = g.officeDay()
		for range 40 {
			a.patch(s, s.pick(g.rng), "", `{"metadata":{"seen":"`+stamp(a.at)+`"}}`)
			a.pause(1500 * time.Millisecond)
		}
	}
}

// blind9PressAgain: a 412 is told as "please save again", which the user does three
// times, under the version that the form was opened with; 160 stale writes.
func blind9PressAgain(g *scene) {
	g.changed("properties", 10, func(a *actor, s *set, row int, tag string) {
		body := newNote(a)
		s.versions[row]++
		for range 4 {
			a.stale(s, row, tag, body)
			a.wait(about(g.rng, 4*time.Second, 0.4))
		}
	})
}

// blind9CardByCard: one "user" whose browser's add-on opens 2,400 cards, one a second
// and faster.
func blind9CardByCard(g *scene) {
	a := g.breaking(compliance.User, "user-7")
	a.route, a.at = "card", g.date(g.rng.IntN(3)).Add(9*time.Hour)
	a.walk(g.w.sets["contacts"], 2_400, 700*time.Millisecond)
}

// blind9ManagersName: a job that reads three hundred tasks at two, four and five in six
// nights, in a manager's name.
func blind9ManagersName(g *scene) {
	for d := range g.days {
		for i, hour := range []int{2, 4, 5} {
			a := g.breaking(compliance.User, "user-7")
			a.route, a.run = "tasks", d*3+i+1
			a.at = g.date(d).Add(time.Duration(hour) * time.Hour)
			for page := range 12 {
				a.list(g.w.sets["tasks"].where("activityStatus=active&day="+strconv.Itoa(d*24+hour), 300), page+1, 25)
				a.pause(400 * time.Millisecond)
			}
		}
	}
}

// blind9NinetyDiaries: twelve events of an office, and for each the diaries of ninety
// people that it does not name.
func blind9NinetyDiaries(g *scene) {
	s := g.w.sets
	for range 12 {
		a := g.breaking(compliance.Webhook, "office changed")
		a.at = g.officeDay()
		a.event(s["offices"], 0)
		for i := range 90 {
			a.list(s["appointments"].where("negotiatorId=N"+strconv.Itoa(i)+"&start=next", 10+i%20), 1, 50)
			a.pause(500 * time.Millisecond)
		}
	}
}

// blind9PaperEach: forty flats of a block, and the paper of each by a call; 25 times.
func blind9PaperEach(g *scene) {
	s := g.w.sets
	for i := range 5 * g.days {
		a := g.breaking(compliance.User, "user-7")
		a.route, a.at = "block", g.officeDay()
		for _, row := range a.list(s["properties"].where("block=B"+strconv.Itoa(i), 40), 1, 50) {
			a.get(s["documents"], row*17%s["documents"].n)
		}
	}
}

// blind9SixARow: long lists read six rows at a time.
func blind9SixARow(g *scene) { g.smallPages("tasks", 6) }

// blind9AcceptedYet: an offer is asked for each three seconds for half an hour, and is
// the same; ten times.
func blind9AcceptedYet(g *scene) {
	s := g.w.sets["offers"]
	for range 2 * g.days {
		a := g.breaking(compliance.System, "accepted yet")
		a.at = g.officeDay()
		row := s.pick(g.rng)
		for range 600 {
			a.get(s, row)
			a.pause(3 * time.Second)
		}
	}
}
