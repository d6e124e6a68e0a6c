package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// Apps with wasteful habits, and apps whose labels do not fit what they do.

// nPlusOne opens each row of a list at once.
func nPlusOne(g *scene) {
	s := g.w.sets["properties"]
	for range 3 * g.days {
		a := g.breaking(compliance.User, "user-7")
		a.route = "property list"
		a.at = g.officeDay()
		for _, row := range a.list(a.searchForm(s), 1, 60) {
			a.get(s, row)
		}
	}
}

// relatedOneByOne reads the negotiator of each appointment by itself.
func relatedOneByOne(g *scene) {
	s, people := g.w.sets["appointments"], g.w.sets["contacts"]
	for range 4 * g.days {
		a := g.breaking(compliance.User, "user-8")
		a.route, a.slow = "diary", 0.6
		a.at = g.officeDay()
		for _, row := range a.list(s.where("start=w"+strconv.Itoa(g.rng.IntN(500)), 50), 1, 50) {
			a.get(people, (row*31)%people.n)
		}
	}
}

// smallPages reads a long result ten rows at a time, as fast as it can.
func (g *scene) smallPages(name string, size int) {
	s := g.w.sets[name]
	for range 2 * g.days {
		a := g.breaking(compliance.Batch, "report")
		a.at = g.officeDay()
		q := s.where("officeId=O"+strconv.Itoa(g.rng.IntN(90)), size*(16+g.rng.IntN(20)))
		for page := 1; (page-1)*size < q.total; page++ {
			a.list(q, page, size)
			a.wait(about(g.rng, 300*time.Millisecond, 0.3))
		}
	}
}

func tenAtATime(g *scene)        { g.smallPages("offers", 10) }
func twentyFiveAtATime(g *scene) { g.smallPages("tasks", 25) }

// forgetful reads the same entities again and again, though nothing changed.
func (g *scene) forgetful(name string, pool int, gap time.Duration) {
	s := g.w.sets[name]
	for d := range g.days {
		if !g.workday(d) {
			continue
		}
		a := g.breaking(compliance.System, "settings")
		for a.at = g.date(d).Add(8 * time.Hour); a.at.Hour() < 18; a.wait(gap) {
			a.get(s, (a.at.Hour()*7+g.rng.IntN(pool))%s.n)
		}
	}
}

func forgetfulContacts(g *scene)   { g.forgetful("contacts", 3, 50*time.Second) }
func forgetfulProperties(g *scene) { g.forgetful("properties", 2, 90*time.Second) }

// readAgain fetches what a webhook has just brought, and little else.
func readAgain(g *scene) {
	s := g.w.sets["applicants"]
	from := len(g.calls)
	g.react(s, s.changes(g.rng, g.date(0), g.days, 150), nil, 0)
	for i := from; i < len(g.calls); i++ {
		g.calls[i].bad = true
	}
}

// embeds asks for all that hangs on each row of a long list.
func (g *scene) embeds(name, embed string, nested int) {
	s := g.w.sets[name]
	for range 120 * g.days {
		a := g.breaking(compliance.User, "user-9")
		a.route = "map"
		a.at = g.officeDay()
		q := s.where("address="+towns[g.rng.IntN(20)], 60)
		q.filter += embed
		q.nested = nested
		a.list(q, 1, 60)
	}
}

func embedImages(g *scene) { g.embeds("properties", "&embed=images", 15) }

// embedAll asks for everything that a tenancy can carry.
func embedAll(g *scene) {
	g.embeds("tenancies", "&embed=applicant&embed=property&embed=negotiator&embed=documents&embed=tasks&embed=appointments&embed=source", 7)
}

// headerless leaves headers out that the platform asks for.
func (g *scene) headerless(name string) {
	s := g.w.sets["contacts"]
	h := g.w.header.Clone()
	h.Del(name)
	for range 40 * g.days {
		a := g.breaking(compliance.User, "user-1")
		a.route = "contact"
		a.at = g.officeDay()
		row := s.pick(g.rng)
		a.send("GET", "/contacts/"+s.id(row), 200, 90*time.Millisecond, func(c *call) {
			c.ask, c.got = h, s.entityBody(row)
		})
	}
}

func noVersion(g *scene)  { g.headerless("Api-Version") }
func noCustomer(g *scene) { g.headerless("Reapit-Customer") }

// noZone filters by a date-time that names no zone.
func noZone(g *scene) {
	s := g.w.sets["appointments"]
	for range 20 * g.days {
		a := g.breaking(compliance.User, "user-1")
		a.route = "diary"
		a.at = g.officeDay()
		a.list(s.where("start="+a.at.Format("2006-01-02T15:04:05"), 9), 1, 25)
	}
}

// tireless is a "user" who opens a record every half second for many minutes.
func tireless(g *scene) {
	s := g.w.sets["properties"]
	for range 2 {
		a := g.breaking(compliance.User, "user-1")
		a.route = "property"
		a.at = g.officeDay()
		for range 700 {
			a.get(s, s.pick(g.rng))
			a.pause(450 * time.Millisecond)
		}
	}
}

// sleepless is a "user" who never goes to bed.
func sleepless(g *scene) {
	s := g.w.sets["contacts"]
	a := g.breaking(compliance.User, "user-1")
	a.route = "contact"
	for a.at = g.date(0); a.at.Before(g.date(g.days)); a.pause(4 * time.Minute) {
		a.get(s, s.pick(g.rng))
	}
}

// hooked claims webhooks that it cannot name, for a walk over the collection.
func hooked(g *scene) {
	s := g.w.sets["applicants"]
	a := g.breaking(compliance.Webhook, "applicants changed")
	a.at = g.date(0)
	stride, row := int(s.stride(77)), 0
	for range min(s.n/2, 6_000) {
		row = (row + stride) % s.n
		a.get(s, row)
		a.pause(8 * time.Second)
	}
}

// oneEvent claims one webhook event for hundreds of reads.
func oneEvent(g *scene) {
	s := g.w.sets["properties"]
	for range 2 * g.days {
		a := g.breaking(compliance.Webhook, "properties changed")
		a.at = g.officeDay()
		a.event(s, s.pick(g.rng))
		for range 150 {
			a.get(s, g.rng.IntN(s.n))
			a.pause(400 * time.Millisecond)
		}
	}
}
