package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The eighth blind family's copies.

// blind8ShellLoops: every contact, house and appointment by three loops in a shell;
// the first is broken off after a third and begun again.
func blind8ShellLoops(g *scene) {
	at := g.anyTime()
	for _, name := range []string{"contacts", "properties", "appointments"} {
		a := g.breaking(compliance.Batch, "loop "+name)
		a.at = at.Add(time.Duration(g.rng.IntN(300)) * time.Second)
		q := g.w.sets[name].all()
		if name == "contacts" {
			third := q
			third.total, third.claims = q.total/3, q.total
			a.sweep(third, 100, time.Second)
			a.pause(20 * time.Minute)
		}
		a.sweep(q, 100, time.Second)
	}
}

// blind8FiftyPeople: every appointment, by fifty people whom it is with a call.
func blind8FiftyPeople(g *scene) {
	s, people, a := g.w.sets["appointments"], g.w.sets["contacts"], g.batch("visits model")
	parts := (people.n + 49) / 50
	for _, i := range g.order(parts) {
		a.sweep(s.slice(ofMany("attendeeId", people, i*50, min(people.n, i*50+50)), i, parts), 100, 700*time.Millisecond)
	}
}

// blind8Tablet: a tablet that is to work without a network takes every contact and
// every house, in pages of 50, while its user waits.
func blind8Tablet(g *scene) {
	a := g.breaking(compliance.User, "user-7")
	a.route, a.at = "make available offline", g.officeDay()
	for _, name := range []string{"properties", "contacts"} {
		a.sweep(g.w.sets[name].all(), 50, 300*time.Millisecond)
	}
}

// blind8Duplicates: every contact, and after each page four of its addresses, to see
// who is there twice.
func blind8Duplicates(g *scene) {
	s, a := g.w.sets["contacts"], g.batch("duplicate finder")
	for _, page := range g.order((s.n + 99) / 100) {
		a.list(s.all(), page+1, 100)
		for range 4 {
			a.lookup(s, "email", email(g.rng), 1+g.rng.IntN(2))
		}
		a.pause(900 * time.Millisecond)
	}
}

// blind8Anchors: every document from the newest on; after twenty pages the next ones
// are asked for as of the last row's time, and a page of it comes twice.
func blind8Anchors(g *scene) {
	s, a := g.w.sets["documents"], g.batch("deep paging")
	for from := 0; from < s.n; from += 1_900 {
		q := s.cut("sortBy=-created&createdTo="+stamp(g.date(0).Add(-time.Duration(from)*11*time.Minute)), from, 2_000)
		q.claims = s.n - from
		a.sweep(q, 100, 800*time.Millisecond)
	}
}

// blind8HandYear: the whole journal, by forty people who wrote it and six years.
func blind8HandYear(g *scene) {
	s, a := g.w.sets["journalEntries"], g.batch("who wrote what")
	for _, i := range g.order(240) {
		year := strconv.Itoa(2020 + i%6)
		a.sweep(s.uneven("negotiatorId=N"+strconv.Itoa(i/6)+"&createdFrom="+year+"-01-01T00:00:00Z&createdTo="+year+"-12-31T23:59:59Z", i, 240), 100, 500*time.Millisecond)
	}
}

// blind8Pods: six pods that warm a shard of all contacts each as they are started,
// within an hour or so; two are started anew and read theirs again.
func blind8Pods(g *scene) {
	q, at := g.w.sets["contacts"].all(), g.anyTime()
	for pod := range 8 {
		a := g.breaking(compliance.System, "warm-up")
		a.at = at.Add(time.Duration(pod*9+g.rng.IntN(6)) * time.Minute)
		for _, page := range g.order((q.total + 99) / 100) {
			if page%6 == pod%6 {
				a.list(q, page+1, 100)
				a.pause(700 * time.Millisecond)
			}
		}
	}
}

// blind8AdaptiveWindows: every picture by windows of time, each counted first; one
// with more than 600 is cut to half, and after a small one the next is twice as wide.
func blind8AdaptiveWindows(g *scene) {
	s, a, width := g.w.sets["propertyImages"], g.batch("picture model"), 500
	for from := 0; from < s.n; {
		filter := "createdFrom=" + stamp(g.date(-800).Add(time.Duration(from)*7*time.Minute)) + "&createdTo=" + stamp(g.date(-800).Add(time.Duration(from+width)*7*time.Minute))
		q := s.cut(filter, from, width*(50+g.rng.IntN(100))/100)
		a.list(q, 1, 1)
		if q.total > 600 {
			width /= 2
			continue
		}
		a.sweep(q, 100, 600*time.Millisecond)
		if from += q.total; q.total < 300 {
			width *= 2
		}
	}
}

// blind8FullRefresh: contacts, applicants and tasks by three streams at once, each
// whole; what fails is asked for again.
func blind8FullRefresh(g *scene) {
	at := g.anyTime()
	for _, name := range []string{"contacts", "applicants", "tasks"} {
		a := g.breaking(compliance.Batch, "full refresh")
		a.at = at.Add(time.Duration(g.rng.IntN(20)) * time.Second)
		q := g.w.sets[name].all()
		for _, page := range g.order((q.total + 99) / 100) {
			if g.rng.IntN(30) == 0 {
				a.send("GET", listPath(q, page+1, 100), 500, time.Second, nil)
				a.pause(5 * time.Second)
			}
			a.list(q, page+1, 100)
			a.pause(500 * time.Millisecond)
		}
	}
}

// blind8Trie: every contact by the beginning of his name; where a hundred are not
// enough, by one letter more.
func blind8Trie(g *scene) {
	s, a := g.w.sets["contacts"], g.batch("name crawl")
	var below func(prefix string, part, parts int)
	below = func(prefix string, part, parts int) {
		q := s.slice("name="+prefix, part, parts)
		a.list(q, 1, 100)
		a.pause(700 * time.Millisecond)
		if q.total <= 100 {
			return
		}
		for _, i := range g.order(26) {
			below(prefix+string(rune('a'+i)), part+i*parts, parts*26)
		}
	}
	for _, i := range g.order(26) {
		below(string(rune('a'+i)), i, 26)
	}
}

// blind8EmbeddedApplicants: it asks how many applicants there are, and takes every one
// with three related rows, ten a call.
func blind8EmbeddedApplicants(g *scene) {
	s, a := g.w.sets["applicants"], g.batch("crm mirror")
	a.list(s.all(), 1, 1)
	q := s.all()
	q.filter, q.nested = "embed=appointments", 3
	a.sweep(q, 10, 600*time.Millisecond)
}

// blind8TableADay: a consultant who brings a customer to another system takes one
// table on each of four days, with a look at the first pages before.
func blind8TableADay(g *scene) {
	for d, name := range []string{"contacts", "properties", "appointments", "documents"} {
		a := g.breaking(compliance.Batch, "migration "+name)
		a.run, a.at = d+1, g.date(d).Add(g.officeHour())
		q := g.w.sets[name].all()
		for page := range 3 {
			a.list(q, page+1, 25)
			a.pause(2 * time.Minute)
		}
		a.sweep(q, 100, 1200*time.Millisecond)
	}
}

// blind8NamedPeople: pages of the journal, and after each page those contacts by forty
// ids a call whom it names, until every one has been.
func blind8NamedPeople(g *scene) {
	s, a := g.w.sets["contacts"], g.batch("graph")
	q := s.cut("", 0, s.n)
	for page, i := range g.order((s.n + 39) / 40) {
		if page%3 == 0 {
			a.list(fresh(g.w.sets["journalEntries"], "typeId=CALL&sortBy=created", page*30, 100), 1, 100)
		}
		a.byIDs(q, i*40, min(s.n, i*40+40))
		a.pause(700 * time.Millisecond)
	}
}
