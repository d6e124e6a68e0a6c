package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The fourth blind family's copies.

// uneven is part i of parts of a set, of which the first are by far the largest.
func (s *set) uneven(filter string, i, parts int) query {
	sum := func(k int) (h float64) {
		for j := range k {
			h += 1 / float64(j+2)
		}
		return h
	}
	from, to := float64(s.n)*sum(i)/sum(parts), float64(s.n)*sum(i+1)/sum(parts)
	if i+1 == parts {
		to = float64(s.n)
	}
	return s.cut(filter, int(from), int(to)-int(from))
}

// blind4Sources: every contact, by where he came from: forty sources.
func blind4Sources(g *scene) {
	s, a := g.w.sets["contacts"], g.batch("attribution")
	for _, i := range g.order(40) {
		a.sweep(s.uneven("source=S"+strconv.Itoa(i), i, 40), 100, time.Second)
	}
}

// blind4Installs: every applicant and property of four customers, each on the day
// that he installs the app.
func blind4Installs(g *scene) {
	g.eachCustomer(4, func(t int) {
		a := g.breaking(compliance.System, "on install")
		a.at = g.date(t).Add(g.officeHour())
		a.sweep(g.w.sets["applicants"].all(), 100, 600*time.Millisecond)
		a.sweep(g.w.sets["properties"].all(), 100, 600*time.Millisecond)
	})
}

// blind4Sitemap: 55 % of all properties, 2,000 at least, one after another, to warm
// a cache that nobody has asked for.
func blind4Sitemap(g *scene) {
	s, a := g.w.sets["properties"], g.batch("warm the site map")
	a.walk(s, max(2_000, s.n*55/100), 5*time.Second)
}

// blind4Vectors: every document, by twelve types.
func blind4Vectors(g *scene) {
	s, a := g.w.sets["documents"], g.batch("vector index")
	for _, i := range g.order(12) {
		a.sweep(s.uneven("typeId=T"+strconv.Itoa(i), i, 12), 100, 1500*time.Millisecond)
	}
}

// blind4Lake: every appointment, by 104 weeks and three threads.
func blind4Lake(g *scene) {
	s, at := g.w.sets["appointments"], g.anyTime()
	for w := range 3 {
		a := g.batch("lake")
		a.at = at.Add(time.Duration(w) * 300 * time.Millisecond)
		for _, i := range g.order(35) {
			if i = i*3 + w; i < 104 {
				from := time.Date(2026, 3, 1-7*i, 0, 0, 0, 0, time.UTC)
				a.sweep(s.slice("start="+stamp(from)+"&end="+stamp(from.AddDate(0, 0, 7)), i, 104), 100, time.Second)
			}
		}
	}
}

// blind4Bursts: every contact, in bursts of 45 pages, one each two hours.
func blind4Bursts(g *scene) {
	q, a := g.w.sets["contacts"].all(), g.batch("export token")
	a.at = g.date(0).Add(g.officeHour())
	for i, page := range g.order((q.total + 99) / 100) {
		if i%45 == 44 {
			a.wait(about(g.rng, 2*time.Hour, 0.1))
			a.run++
		}
		a.list(q, page+1, 100)
		a.pause(700 * time.Millisecond)
	}
}

// blind4Reload: every applicant, each of five times that a webhook tells of one.
func blind4Reload(g *scene) {
	s := g.w.sets["applicants"]
	for i := range 5 {
		a := g.breaking(compliance.Webhook, "applicant changed")
		a.run, a.at = i+1, g.officeDay()
		a.event(s, s.pick(g.rng))
		a.sweep(s.all(), 100, 500*time.Millisecond)
	}
}

// blind4Logins: every contact, by a script that uses six users' logins in turn.
func blind4Logins(g *scene) {
	at := g.officeDay()
	for i := range 6 {
		a := g.breaking(compliance.User, "user-"+strconv.Itoa(i))
		a.route, a.at = "export", at
		a.sweep(g.w.sets["contacts"].slice("officeId=O"+strconv.Itoa(i), i, 6), 100, 400*time.Millisecond)
		at = a.at.Add(about(g.rng, 2*time.Minute, 0.3))
	}
}

// blind4BothEnds: every enquiry, the newest first by one worker and the oldest first
// by another, until they meet.
func blind4BothEnds(g *scene) {
	s, at := g.w.sets["enquiries"], g.anyTime()
	for w, filter := range []string{"sortBy=-created", "sortBy=created"} {
		q, a := s.all(), g.batch("both ends")
		q.filter, a.at = filter, at.Add(time.Duration(w)*time.Second)
		if w == 1 {
			q.at = func(i int) int { return s.n - 1 - i }
		}
		for _, page := range g.order((s.n + 199) / 200) {
			a.list(q, page+1, 100)
			a.pause(2 * time.Second)
		}
	}
}

// blind4Grid: every property, by 225 squares of a map that overlap by a half.
func blind4Grid(g *scene) {
	s, a := g.w.sets["properties"], g.batch("heat map")
	for _, i := range g.order(225) {
		from, to := s.n*i/225, s.n*(2*i+3)/450
		a.sweep(s.cut("latitude="+strconv.Itoa(i/15)+"&longitude="+strconv.Itoa(i%15), from, to-from+1), 100, 2*time.Second)
	}
}

// blind4Phones: every property, by each of eight phones when its user first signs in.
func blind4Phones(g *scene) {
	for u := range 8 {
		a := g.breaking(compliance.User, "user-"+strconv.Itoa(u))
		a.route, a.at = "first sync", g.officeDay()
		a.sweep(g.w.sets["properties"].all(), 100, 300*time.Millisecond)
	}
}

// blind4Drip: every contact, a page now and then for five days.
func blind4Drip(g *scene) {
	q, a := g.w.sets["contacts"].all(), g.batch("drip")
	a.at = g.date(0).Add(time.Duration(g.rng.IntN(3600)) * time.Second)
	pages := (q.total + 99) / 100
	for _, page := range g.order(pages) {
		a.list(q, page+1, 100)
		a.wait(time.Duration(g.rng.ExpFloat64() * float64(5*day) / float64(pages)))
	}
}

// blind4Leaving: four tables as they stood at midnight, each by a worker, for
// another maker's program: 10,000 rows at least.
func blind4Leaving(g *scene) {
	at := g.anyTime()
	for _, name := range []string{"contacts", "properties", "tasks", "enquiries"} {
		q, a := g.w.sets[name].all(), g.batch("move "+name)
		q.filter, a.at = "modifiedTo="+stamp(g.date(0)), at
		a.sweep(q, 100, 1200*time.Millisecond)
	}
}

// blind4Halves: every contact, the active ones and then the others.
func blind4Halves(g *scene) {
	s, a := g.w.sets["contacts"], g.batch("feature store")
	a.sweep(s.cut("active=true", 0, s.n*2/3), 100, 900*time.Millisecond)
	a.wait(about(g.rng, time.Hour, 0.3))
	a.sweep(s.cut("active=false", s.n*2/3, s.n), 100, 900*time.Millisecond)
}
