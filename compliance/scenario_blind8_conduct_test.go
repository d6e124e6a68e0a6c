package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The eighth blind family's load tests, broken limits, creates and updates, labels
// that lie, and waste.

// blind8Saw: from one to six searches a second within three minutes, three times over;
// 1,800 calls and more.
func blind8Saw(g *scene) {
	s, at := g.w.sets["properties"], g.officeDay()
	for range 3 {
		for step := range 6 {
			g.arrivals("saw", at, float64(step+1), 30*time.Second, func(a *actor) { a.list(s.where("address="+towns[g.rng.IntN(8)], 30), 1, 25) })
			at = at.Add(30 * time.Second)
		}
	}
}

// blind8Browsers: six browsers that click through one test over and over for twelve
// minutes, with the calls of a page each; 3,000 calls and more.
func blind8Browsers(g *scene) {
	s := g.w.sets
	g.workers(6, "ui test", g.officeDay(), 12*time.Minute, func(a *actor, w int) {
		row := w * 3
		a.list(s["contacts"].where("name=Test", 6), 1, 25)
		a.get(s["contacts"], row)
		a.list(s["tasks"].where("contactId="+s["contacts"].id(row), 4), 1, 25)
		a.list(s["journalEntries"].where("contactId="+s["contacts"].id(row), 20), 1, 25)
		a.wait(time.Duration(1_500+g.rng.IntN(1_500)) * time.Millisecond)
	})
}

// blind8FastestIDs: 1, 10, 20 to 100 ids a call, each a hundred times, two calls a
// second, for nine minutes to see which is the fastest; 1,100 calls.
func blind8FastestIDs(g *scene) {
	q, i := g.w.sets["contacts"].where("bench", 100), 0
	g.arrivals("id bench", g.officeDay(), 2, 550*time.Second, func(a *actor) {
		a.byIDs(q, 0, max(1, i/100*10))
		i++
	})
}

// blind8SandboxTen: ten calls a second to a sandbox for six minutes, of which some
// write; 3,600 calls.
func blind8SandboxTen(g *scene) {
	g.w = newWorld(g.rng, "SBOX")
	s := g.w.sets
	g.arrivals("capacity", g.officeDay(), 10, 6*time.Minute, func(a *actor) {
		if g.rng.IntN(8) == 0 {
			a.journal("capacity " + strconv.Itoa(g.rng.IntN(1e9)))
			return
		}
		a.get(s["properties"], g.rng.IntN(60))
	})
}

// blind8Promises: eighteen cards asked for all at once; ten times.
func blind8Promises(g *scene) {
	g.free = true
	s := g.w.sets["contacts"]
	for range 10 {
		g.burst(compliance.User, "user-7", 18, 3*time.Millisecond, 3, func(a *actor) {
			a.route = "board"
			a.get(s, s.pick(g.rng))
		})
	}
}

// blind8QueueLetGo: notes written out of reach and sent all at once when there is a
// network, 28 within a second; eight times.
func blind8QueueLetGo(g *scene) {
	g.free = true
	for range 8 {
		g.burst(compliance.User, "user-7", 28, 25*time.Millisecond, 0.4, func(a *actor) {
			a.route = "outbox"
			a.journal("written on the road " + strconv.Itoa(g.rng.IntN(1e9)))
		})
	}
}

// blind8TwoSeconds: told to wait for twenty seconds, it waits for two at most; sixty
// calls too early.
func blind8TwoSeconds(g *scene) {
	g.deafTo("properties", 15, "20", []time.Duration{time.Second, 2 * time.Second, 2 * time.Second, 2 * time.Second})
}

// blind8Quiz: seventy people who have left their address in a quiz, and none is looked
// for.
func blind8Quiz(g *scene) {
	s := g.w.sets
	for range 14 * g.days {
		a := g.breaking(compliance.System, "POST /quiz")
		a.at = g.officeDay()
		contact := a.post(s["contacts"], contactBody(email(g.rng), g.rng))
		a.pause(2 * time.Second)
		a.post(s["applicants"], relatedBody(contact))
	}
}

// blind8Town: before each of fifty people who else looks for a home in the town, and
// never whether he is there.
func blind8Town(g *scene) {
	s := g.w.sets
	for range 10 * g.days {
		a := g.breaking(compliance.User, "user-7")
		a.route, a.at = "register", g.officeDay()
		a.list(s["applicants"].live("address="+towns[g.rng.IntN(20)], g.rng.IntN(30)), 1, 25)
		a.think()
		a.post(s["applicants"], relatedBody(a.post(s["contacts"], contactBody(email(g.rng), g.rng))))
	}
}

// blind8CardState: a hundred cards whose whole state is sent when one field is edited.
func blind8CardState(g *scene) {
	g.changed("applicants", 25, func(a *actor, s *set, row int, tag string) {
		a.patch(s, row, tag, s.wholeBody(row, 1, "moved on "+strconv.Itoa(g.rng.IntN(1e9))))
	})
}

// blind8SheetPrices: 120 prices out of a sheet, and no version named.
func blind8SheetPrices(g *scene) {
	s := g.w.sets["properties"]
	for range 4 {
		a := g.breaking(compliance.Batch, "price sheet")
		a.at = g.officeDay()
		for range 30 {
			a.patch(s, s.pick(g.rng), "", `{"price":`+strconv.Itoa(100_000+g.rng.IntN(900)*1000)+`}`)
			a.pause(2 * time.Second)
		}
	}
}

// blind8Hiccup: a 412 is tried again like any failure, after 1, 2, 4 and 8 seconds and
// under the same version; 160 stale writes.
func blind8Hiccup(g *scene) {
	g.changed("appointments", 8, func(a *actor, s *set, row int, tag string) {
		body := newNote(a)
		s.versions[row]++
		a.stale(s, row, tag, body)
		for wait := time.Second; wait <= 8*time.Second; wait *= 2 {
			a.wait(wait)
			a.stale(s, row, tag, body)
		}
	})
}

// blind8ScriptUser: one "user" whose script reads a person's journal forty times a
// minute for two hours; 4,800 calls.
func blind8ScriptUser(g *scene) {
	s := g.w.sets
	a := g.breaking(compliance.User, "user-7")
	a.route, a.at = "history", g.date(g.rng.IntN(3)).Add(10*time.Hour)
	for i := range 4_800 {
		a.list(s["journalEntries"].where("contactId="+s["contacts"].id(i*37%s["contacts"].n), 12), 1, 25)
		a.pause(1300 * time.Millisecond)
	}
}

// blind8PeopleEach: fifteen events, and for each 120 people that it does not name.
func blind8PeopleEach(g *scene) {
	s := g.w.sets
	for range 15 {
		a := g.breaking(compliance.Webhook, "office changed")
		a.at = g.officeDay()
		a.event(s["offices"], 0)
		a.walk(s["contacts"], 120, 700*time.Millisecond)
	}
}

// blind8HouseEach: a diary of forty meetings, and the house of each by a call; 25 times.
func blind8HouseEach(g *scene) {
	s := g.w.sets
	for d := range 5 * g.days {
		a := g.breaking(compliance.User, "user-7")
		a.route, a.at = "month", g.officeDay()
		for _, row := range a.list(s["appointments"].where("negotiatorId=N"+strconv.Itoa(d)+"&month=3", 40), 1, 50) {
			a.get(s["properties"], row*17%s["properties"].n)
		}
	}
}

// blind8PaidYet: a contract is asked for each four seconds for forty minutes, and is
// the same; ten times.
func blind8PaidYet(g *scene) {
	s := g.w.sets["tenancies"]
	for range 2 * g.days {
		a := g.breaking(compliance.System, "paid yet")
		a.at = g.officeDay()
		row := s.pick(g.rng)
		for range 600 {
			a.get(s, row)
			a.pause(4 * time.Second)
		}
	}
}
