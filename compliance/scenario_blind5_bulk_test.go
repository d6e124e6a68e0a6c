package compliance_test

import (
	"strconv"
	"strings"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The fifth blind family's copies.

// blind5Rebalanced: every contact, by four consumers that take ten pages at a time;
// when one of them is late its ten are read twice.
func blind5Rebalanced(g *scene) {
	q, at := g.w.sets["contacts"].all(), g.anyTime()
	blocks := g.order((q.total + 999) / 1000)
	for w := range 4 {
		a := g.breaking(compliance.Batch, "consumer")
		a.at = at.Add(time.Duration(w) * 400 * time.Millisecond)
		for _, i := range blocks {
			if i%4 != w && (i%9 != 0 || i%4 != (w+1)%4) {
				continue
			}
			for page := 10 * i; page < min(10*i+10, (q.total+99)/100); page++ {
				a.list(q, page+1, 100)
				a.pause(2 * time.Second)
			}
		}
	}
}

// blind5Domains: every contact, by the domain of his mail: thirty of them, of which
// the first hold most.
func blind5Domains(g *scene) {
	s, a := g.w.sets["contacts"], g.batch("audience")
	for _, i := range g.order(30) {
		a.sweep(s.uneven("contactDetail=mail"+strconv.Itoa(i)+".example", i, 30), 100, 1800*time.Millisecond)
	}
}

// blind5FiftyHouses: every document, by the ids of fifty houses in each call.
func blind5FiftyHouses(g *scene) {
	s, houses, a := g.w.sets["documents"], g.w.sets["properties"], g.batch("archive")
	parts := houses.n / 50
	for _, i := range g.order(parts) {
		var filter strings.Builder
		for k := range 50 {
			filter.WriteString("&associatedId=" + houses.id(i*50+k))
		}
		a.sweep(s.slice(filter.String()[1:], i, parts), 100, 4*time.Second)
	}
}

// blind5Gaps: contacts by a keyset of ids; one page in nine fails and is left out.
func blind5Gaps(g *scene) {
	s, a := g.w.sets["contacts"], g.batch("keyset")
	for from := 0; from < s.n; from += 100 {
		q := s.cut("sortBy=id&idFrom="+s.id(from), from, 100)
		q.claims = s.n - from
		if from/100%9 == 8 {
			a.send("GET", listPath(q, 1, 100), 500, 300*time.Millisecond, nil)
		} else {
			a.list(q, 1, 100)
		}
		a.pause(1500 * time.Millisecond)
	}
}

// blind5TwoPasses: every appointment, by the month it was made in, and half of them
// again by the fortnight they were last changed in.
func blind5TwoPasses(g *scene) {
	s, a := g.w.sets["appointments"], g.batch("two passes")
	for _, i := range g.order(36) {
		from := time.Date(2026, time.Month(3-i), 1, 0, 0, 0, 0, time.UTC)
		a.sweep(s.slice("createdFrom="+stamp(from)+"&createdTo="+stamp(from.AddDate(0, 1, 0)), i, 36), 100, time.Second)
	}
	for _, i := range g.order(26) {
		from := g.date(-14 * (i + 1))
		a.sweep(s.slice("modifiedFrom="+stamp(from)+"&modifiedTo="+stamp(from.AddDate(0, 0, 14)), i, 52), 100, time.Second)
	}
}

// blind5Weekend: every enquiry, slowly, from Saturday on.
func blind5Weekend(g *scene) {
	q, a := g.w.sets["enquiries"].all(), g.breaking(compliance.Batch, "weekend")
	a.at = g.date(5).Add(time.Duration(g.rng.IntN(3*3600)) * time.Second)
	a.sweep(q, 100, 30*time.Hour/time.Duration(q.total/100+1))
}

// blind5Quarters: a user presses an export button for each of twelve quarters.
func blind5Quarters(g *scene) {
	s := g.w.sets["contacts"]
	a := g.breaking(compliance.User, "user-7")
	a.route, a.at = "export", g.officeDay()
	for _, i := range g.order(12) {
		a.sweep(s.slice("createdFrom="+stamp(time.Date(2023, time.Month(1+3*i), 1, 0, 0, 0, 0, time.UTC)), i, 12), 100, 500*time.Millisecond)
		a.wait(about(g.rng, 40*time.Second, 0.3))
	}
}

// blind5Steps: every contact, five pages by each step of a workflow, and a name of
// its own for each step.
func blind5Steps(g *scene) {
	q, at := g.w.sets["contacts"].all(), g.anyTime()
	for n, i := range g.order((q.total + 499) / 500) {
		a := g.breaking(compliance.Batch, "step-"+strconv.Itoa(n))
		a.at = at
		for page := 5 * i; page < min(5*i+5, (q.total+99)/100); page++ {
			a.list(q, page+1, 100)
			a.pause(900 * time.Millisecond)
		}
		a.pause(5 * time.Second)
		at = a.at
	}
}

// blind5Landlords: the ledger, by the landlord of each posting: three fifths of them.
func blind5Landlords(g *scene) {
	owners := g.w.sets["landlords"]
	g.batch("owner accounts").through(g.w.sets["transactions"], owners, "landlordId", owners.n*3/5, 8*time.Second)
}

// blind5Counted: how many contacts there are of each of sixty kinds, and then all of
// each, the largest kinds first.
func blind5Counted(g *scene) {
	s, a := g.w.sets["contacts"], g.batch("planner")
	a.list(s.all(), 1, 1)
	kinds := make([]query, 60)
	for i := range kinds {
		kinds[i] = s.uneven("source=S"+strconv.Itoa(i/4)+"&active="+strconv.Itoa(i%4), i, len(kinds))
		a.list(kinds[i], 1, 1)
		a.pause(500 * time.Millisecond)
	}
	for _, i := range g.order(len(kinds)) {
		a.sweep(kinds[i], 100, 2*time.Second)
	}
}

// blind5Bootstrap: every property, while what changes meanwhile is asked for each
// five minutes by a second thread.
func blind5Bootstrap(g *scene) {
	q, at := g.w.sets["properties"].all(), g.anyTime()
	a, f := g.breaking(compliance.Batch, "bootstrap"), g.since("properties", "modifiedFrom")
	a.at = at
	a.sweep(q, 100, 20*time.Second)
	for i := 1; at.Before(a.at); i++ {
		b := g.timer("follow", i, at, time.Minute)
		f.run(b, 4)
		at = at.Add(5 * time.Minute)
	}
}

// blind5Retrained: every applicant, for a model that learns anew each evening.
func blind5Retrained(g *scene) {
	for d := range g.days {
		g.timer("train", d+1, g.date(d).Add(20*time.Hour), time.Hour).sweep(g.w.sets["applicants"].all(), 100, 700*time.Millisecond)
	}
}

// blind5Replayed: every contact by his id, thirty in a call, from the last to the
// first: a queue's messages put into it anew.
func blind5Replayed(g *scene) {
	q, a := g.w.sets["contacts"].all(), g.batch("replay")
	parts := (q.total + 29) / 30
	for _, i := range g.order(parts) {
		from := (parts - 1 - i) * 30
		a.byIDs(q, from, min(from+30, q.total))
		a.pause(3 * time.Second)
	}
}

// blind5Extension: every applicant, by an extension in five users' browsers that
// turns the pages by itself.
func blind5Extension(g *scene) {
	q, at := g.w.sets["applicants"].all(), g.officeDay()
	pages := (q.total + 49) / 50
	for u := range 5 {
		a := g.breaking(compliance.User, "user-"+strconv.Itoa(u))
		a.route, a.at = "applicant list", at.Add(time.Duration(u)*11*time.Second)
		for _, page := range g.order(pages) {
			if page*5/pages == u {
				a.list(q, page+1, 50)
				a.pause(2 * time.Second)
			}
		}
	}
}

// blind5Spider: enquiries drawn by lot, nine for each ten that there are and three
// thousand at least, so that some come again; more than half are seen.
func blind5Spider(g *scene) {
	s, a := g.w.sets["enquiries"], g.batch("spider")
	a.list(s.all(), 1, 1)
	for range max(3_000, s.n*9/10) {
		a.get(s, g.rng.IntN(s.n))
		a.pause(2 * time.Second)
	}
}

// blind5Fortnights: every appointment twice, by fortnights that begin each week.
func blind5Fortnights(g *scene) {
	s, a := g.w.sets["appointments"], g.batch("diary cube")
	for _, i := range g.order(78) {
		from := g.date(-7 * i)
		first, last := s.n*i/79, s.n*(i+2)/79
		a.sweep(s.cut("start="+stamp(from)+"&end="+stamp(from.AddDate(0, 0, 14)), first, last-first), 100, time.Second)
	}
}

// blind5Newest: the newest two thirds of all documents, 3,300 at least.
func blind5Newest(g *scene) {
	s, a := g.w.sets["documents"], g.batch("recent documents")
	q := s.all()
	q.filter = "sortBy=-modified"
	for _, page := range g.order((s.n*2/3 + 99) / 100) {
		a.list(q, page+1, 100)
		a.pause(2500 * time.Millisecond)
	}
}

// blind5PageSizes: every property, by pages that become smaller when answers are slow
// and larger again, each reaching back into the one before.
func blind5PageSizes(g *scene) {
	q, a := g.w.sets["properties"].all(), g.batch("adaptive pages")
	for from := 0; from < q.total; {
		size := []int{100, 50, 80, 100, 25}[g.rng.IntN(5)]
		page := from / size
		a.list(q, page+1, size)
		from = (page + 1) * size
		a.pause(1200 * time.Millisecond)
	}
}

// blind5Benchmark: every property of eight customers, side by side.
func blind5Benchmark(g *scene) {
	at := g.anyTime()
	g.eachCustomer(8, func(t int) {
		a := g.batch("market report")
		a.at = at.Add(time.Duration(t) * 3 * time.Second)
		a.sweep(g.w.sets["properties"].all(), 100, 4*time.Second)
	})
}

// blind5JournalKinds: six of ten kinds of entries of the journal, 12,000 at least.
func blind5JournalKinds(g *scene) {
	s, a := g.w.sets["journalEntries"], g.batch("corpus")
	for _, i := range g.order(6) {
		a.sweep(s.slice("typeId=T"+strconv.Itoa(i), i, 10), 100, 1200*time.Millisecond)
	}
}
