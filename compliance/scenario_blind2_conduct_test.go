package compliance_test

import (
	"strconv"
	"strings"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The second blind family's load tests, broken limits, creates and updates, and
// labels that lie.

// blind2Ramp: one worker more every two minutes, twelve minutes in all.
func blind2Ramp(g *scene) {
	s, at := g.w.sets["properties"], g.officeDay()
	for w := range 5 {
		late := time.Duration(2*w) * time.Minute
		g.workers(1, "ramp", at.Add(late), 12*time.Minute-late, func(a *actor, _ int) {
			a.get(s, g.rng.IntN(20))
			a.pause(150 * time.Millisecond)
		})
	}
}

// blind2Soak: two or three calls a second for ninety minutes, on fifteen rows.
func blind2Soak(g *scene) {
	s := g.w.sets
	g.workers(1, "soak", g.officeDay(), 90*time.Minute, func(a *actor, _ int) {
		if row := g.rng.IntN(15); g.rng.IntN(4) > 0 {
			a.get(s["contacts"], row)
		} else {
			a.list(s["properties"].where("bedroomsFrom="+strconv.Itoa(row%4), 40), 1, 25)
		}
		a.pause(280 * time.Millisecond)
	})
}

// blind2Spikes: fifteen times, once a minute, fifteen seconds as fast as it goes.
func blind2Spikes(g *scene) {
	s, at := g.w.sets["applicants"], g.officeDay()
	for i := range 15 {
		g.workers(5, "spikes", at.Add(time.Duration(i)*time.Minute), 15*time.Second, func(a *actor, w int) {
			a.get(s, w*5+g.rng.IntN(5))
			a.pause(80 * time.Millisecond)
		})
	}
}

// blind2Replay: forty recorded calls, by three workers, for a quarter of an hour.
func blind2Replay(g *scene) {
	s, next := g.w.sets, [3]int{0, 13, 26}
	searches := make([]query, 20)
	for i := range searches {
		searches[i] = g.user("", "").searchForm(s["properties"])
	}
	g.workers(3, "replay", g.officeDay(), 15*time.Minute, func(a *actor, w int) {
		i := next[w] % 40
		if next[w]++; i%2 == 0 {
			a.list(searches[i/2], 1, 25)
		} else {
			a.get(s["properties"], searches[i/2].at(0))
		}
		a.pause(200 * time.Millisecond)
	})
}

// blind2SandboxSoak: four or five calls a second for forty minutes, on any row.
func blind2SandboxSoak(g *scene) {
	g.w = newWorld(g.rng, "SBOX")
	s := g.w.sets["contacts"]
	g.workers(1, "endurance", g.officeDay(), 40*time.Minute, func(a *actor, _ int) {
		a.get(s, g.rng.IntN(s.n))
		a.pause(120 * time.Millisecond)
	})
}

// blind2SandboxSearches: a dozen searches a second for eight minutes.
func blind2SandboxSearches(g *scene) {
	g.w = newWorld(g.rng, "SBOX")
	s := g.w.sets["properties"]
	g.workers(4, "gauge", g.officeDay(), 8*time.Minute, func(a *actor, _ int) {
		a.list(a.searchForm(s), 1, 25)
		a.pause(120 * time.Millisecond)
	})
}

// blind2SandboxWrites: a thousand contacts and more made and changed in ten minutes.
func blind2SandboxWrites(g *scene) {
	g.w = newWorld(g.rng, "SBOX")
	s := g.w.sets["contacts"]
	g.workers(3, "volume", g.officeDay(), 10*time.Minute, func(a *actor, w int) {
		mail, row := email(g.rng), w*10+g.rng.IntN(10)
		a.lookup(s, "email", mail, 0)
		a.post(s, contactBody(mail, g.rng))
		a.patch(s, row, a.get(s, row), newNote(a))
		a.pause(200 * time.Millisecond)
	})
}

// blind2Burst: 26 calls within 0.9 s, five times.
func blind2Burst(g *scene) {
	g.free = true
	s := g.w.sets["applicants"]
	for range 5 {
		at := g.officeDay()
		for k := range 26 {
			a := g.breaking(compliance.Batch, "mailer")
			a.at, a.slow = at.Add(time.Duration(k)*35*time.Millisecond), 0.2
			a.get(s, s.pick(g.rng))
		}
	}
}

// blind2FanOut: a list, and eight of its rows at once, ten times.
func blind2FanOut(g *scene) {
	g.free = true
	s := g.w.sets["properties"]
	for range 10 {
		a := g.breaking(compliance.User, "user-4")
		a.route, a.at = "gallery", g.officeDay()
		for i, row := range a.list(s.where("address="+towns[g.rng.IntN(20)]+"&sortBy=price", 8), 1, 10) {
			b := *a
			b.at, b.slow = a.at.Add(time.Duration(i)*5*time.Millisecond), 6
			b.get(s, row)
		}
	}
}

// blind2TenWide: ten workers, each with a slow call under way, for three minutes.
func blind2TenWide(g *scene) {
	g.free = true
	s := g.w.sets["contacts"]
	g.workers(10, "pool of ten", g.officeDay(), 3*time.Minute, func(a *actor, w int) {
		a.slow = 15
		a.get(s, s.pick(g.rng))
		a.pause(200 * time.Millisecond)
	})
}

// blind2OthersGoOn: one worker is told to wait for half a minute; three others, who
// are told the same, call each second all the while. Twice.
func blind2OthersGoOn(g *scene) {
	s := g.w.sets["properties"]
	for range 2 {
		at := g.officeDay()
		g.workers(4, "senders", at, 30*time.Second, func(a *actor, w int) {
			a.throttle(s, s.pick(g.rng), strconv.Itoa(max(1, int(at.Add(31*time.Second).Sub(a.at)/time.Second))))
			if w == 0 {
				a.wait(40 * time.Second)
			}
			a.pause(time.Second)
		})
	}
}

// blind2HalfTheTime: told to wait for ten seconds, it comes back after five, six
// times on end, four times.
func blind2HalfTheTime(g *scene) {
	s := g.w.sets["contacts"]
	for range 4 {
		a := g.breaking(compliance.System, "outbox")
		a.at = g.officeDay()
		row := s.pick(g.rng)
		for range 6 {
			a.throttle(s, row, "10")
			a.wait(5 * time.Second)
		}
		a.get(s, row)
	}
}

// blind2HotLoop: a refused call is sent again at once, 200 times, three times over.
func blind2HotLoop(g *scene) {
	s := g.w.sets["tasks"]
	for range 3 {
		a := g.breaking(compliance.Batch, "forever")
		a.at = g.officeDay()
		row := s.pick(g.rng)
		for range 200 {
			a.throttle(s, row, "")
			a.wait(90 * time.Millisecond)
		}
	}
}

// blind2DayBudget: 320,000 calls within a day, 28 % more than are allowed.
func blind2DayBudget(g *scene) {
	s := g.w.sets["properties"]
	for k := range 320_000 {
		a := g.breaking(compliance.User, "visitor-"+strconv.Itoa(k%1500))
		a.route, a.at = "site", g.date(0).Add(time.Duration(k)*269*time.Millisecond)
		a.send("GET", "/properties/"+s.id(s.pick(g.rng)), 200, 40*time.Millisecond, nil)
	}
}

// blind2Vendors: eight vendors a day, and not one search for any.
func blind2Vendors(g *scene) {
	people := g.w.sets["contacts"]
	s := &set{name: "vendors", offices: people.offices, n: 900, active: 90, versions: map[int]int{}}
	for range 8 * g.days {
		a := g.breaking(compliance.User, "user-9")
		a.route, a.at = "instruct", g.officeDay()
		row := people.pick(g.rng)
		a.get(people, row)
		a.think()
		a.post(s, relatedBody("/contacts/"+people.id(row)))
	}
}

// created makes n contacts, each after what the app does before it.
func (a *actor) created(n int, before func(i int, mail string)) {
	for i := range n {
		mail := email(a.rng)
		before(i, mail)
		a.post(a.w.sets["contacts"], contactBody(mail, a.rng))
		a.pause(700 * time.Millisecond)
	}
}

func blind2File(g *scene) { // 200 contacts
	g.batch("file import").created(200, func(int, string) {})
}

// blind2FirstOnly: thirty contacts a day, of which the first is looked for.
func blind2FirstOnly(g *scene) {
	for range g.days {
		a := g.batch("daily leads")
		a.created(30, func(i int, mail string) {
			if i == 0 {
				a.lookup(g.w.sets["contacts"], "email", mail, 0)
			}
		})
	}
}

// blind2Found: fifty contacts, each of which the search has just found to be there.
func blind2Found(g *scene) {
	for range 5 {
		a := g.batch("campaign")
		a.created(10, func(_ int, mail string) { a.lookup(g.w.sets["contacts"], "email", mail, 1) })
	}
}

// blind2AsRead: the whole entity, with its id, times and version, for one new note;
// twelve times a day.
func blind2AsRead(g *scene) {
	g.changed("tenancies", 12, func(a *actor, s *set, row int, tag string) {
		a.patch(s, row, tag, strings.Replace(string(s.entityBody(row)), `"note `, `"`+strconv.Itoa(g.rng.IntN(1e9))+` note `, 1))
	})
}

// blind2AfterHooks: the same after each of sixty webhooks a day, ten fields for one.
func blind2AfterHooks(g *scene) {
	s := g.w.sets["applicants"]
	for _, c := range s.changes(g.rng, g.date(0), g.days, 60) {
		a := g.notified(s, c, "applicant changed")
		a.bad, a.run = true, 1
		a.patch(s, c.row, a.get(s, c.row), s.wholeBody(c.row, 0, "scored "+strconv.Itoa(g.rng.IntN(1e9))))
	}
}

// blind2Refused: prices without a version, which the platform refuses; forty a day.
func blind2Refused(g *scene) {
	g.changed("properties", 40, func(a *actor, s *set, row int, _ string) {
		a.stale(s, row, "", `{"price":`+strconv.Itoa(100_000+g.rng.IntN(900_000))+`}`)
	})
}

// blind2Star: ten tasks closed under any version, each day.
func blind2Star(g *scene) {
	g.changed("tasks", 10, func(a *actor, s *set, row int, _ string) {
		a.patch(s, row, "*", `{"completed":"`+stamp(a.at)+`"}`)
	})
}

// blind2Again: a stale write, eight times on end as it was; three a day.
func blind2Again(g *scene) {
	g.changed("applicants", 3, func(a *actor, s *set, row int, tag string) {
		body := newNote(a)
		s.versions[row]++
		for range 8 {
			a.stale(s, row, tag, body)
			a.pause(time.Minute)
		}
	})
}

// blind2ThenStar: a stale write, forced; six a day.
func blind2ThenStar(g *scene) {
	g.changed("contacts", 6, func(a *actor, s *set, row int, tag string) {
		body := newNote(a)
		s.versions[row]++
		a.stale(s, row, tag, body)
		a.wait(time.Second)
		a.patch(s, row, "*", body)
	})
}

// blind2Older: a stale write, then the same under the version before that one.
func blind2Older(g *scene) {
	g.changed("properties", 6, func(a *actor, s *set, row int, older string) {
		s.versions[row]++
		tag, body := a.get(s, row), newNote(a)
		s.versions[row]++
		for _, old := range []string{tag, older} {
			a.stale(s, row, old, body)
			a.wait(time.Second)
		}
	})
}

// blind2FastUser: two pages a second for a quarter of an hour.
func blind2FastUser(g *scene) {
	s, from := g.w.sets["contacts"], 0
	g.workers(1, "", g.officeDay(), 15*time.Minute, func(a *actor, _ int) {
		a.who, a.label, a.route = compliance.User, "user-1", "contact list"
		a.list(fresh(s, "active=true", from, 50), 1, 50)
		from += 50
		a.pause(280 * time.Millisecond)
	})
}

// blind2NightUser: one user, some 180 times a day for four days.
func blind2NightUser(g *scene) {
	s := g.w.sets["tasks"]
	a := g.breaking(compliance.User, "user-5")
	for a.route, a.at = "tasks", g.date(0); a.at.Before(g.date(g.days)); a.pause(8 * time.Minute) {
		a.open(s, a.list(s.where("negotiatorId=N"+strconv.Itoa(g.rng.IntN(30)), 20), 1, 25), 2)
	}
}

// blind2NoEvent: every appointment, 5,000 at least, for webhooks it cannot name.
func blind2NoEvent(g *scene) {
	a := g.breaking(compliance.Webhook, "appointments changed")
	a.at = g.anyTime()
	a.sweep(g.w.sets["appointments"].all(), 50, 8*time.Second)
}

// blind2Searches: 200 searches for each of six events.
func blind2Searches(g *scene) {
	s, buyers := g.w.sets["properties"], g.w.sets["applicants"]
	for range 6 {
		a := g.breaking(compliance.Webhook, "applicant changed")
		a.at = g.officeDay()
		a.event(buyers, buyers.pick(g.rng))
		for range 200 {
			a.list(a.searchForm(s), 1, 50)
			a.pause(500 * time.Millisecond)
		}
	}
}

// blind2OldEvent: one event for two reads every ten minutes, on three days.
func blind2OldEvent(g *scene) {
	s := g.w.sets["applicants"]
	a := g.breaking(compliance.Webhook, "applicant changed")
	a.at = g.date(0)
	for a.event(s, s.pick(g.rng)); a.at.Before(g.date(g.days)); a.pause(10 * time.Minute) {
		a.get(s, g.rng.IntN(s.n))
		a.get(s, g.rng.IntN(s.n))
	}
}
