package compliance_test

import (
	"net/url"
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The third blind family's copies.

// blind3Tables: every offer, applicant, property and contact, 8,500 rows at least.
func blind3Tables(g *scene) {
	a := g.batch("first load")
	for _, name := range []string{"offers", "applicants", "properties", "contacts"} {
		a.sweep(g.w.sets[name].all(), 100, time.Second)
	}
}

// blind3Ranges: every contact, a fifth of all pages by each thread.
func blind3Ranges(g *scene) {
	q, at := g.w.sets["contacts"].all(), g.anyTime()
	pages := (q.total + 99) / 100
	share := (pages + 4) / 5
	for w := range 5 {
		a := g.batch("etl")
		a.at = at.Add(time.Duration(w) * 200 * time.Millisecond)
		for _, i := range g.order(share) {
			if page := w*share + i + 1; page <= pages {
				a.list(q, page, 100)
				a.pause(1200 * time.Millisecond)
			}
		}
	}
}

// blind3Deploys: every property, at each of seven starts within four days.
func blind3Deploys(g *scene) {
	for i := range 7 {
		a := g.breaking(compliance.System, "warm-up")
		a.run, a.at = i+1, g.date(i/2).Add(g.officeHour())
		a.sweep(g.w.sets["properties"].all(), 100, 400*time.Millisecond)
	}
}

// blind3KeysThenRows: every enquiry, its id by a list and its row by that id.
func blind3KeysThenRows(g *scene) {
	q, a := g.w.sets["enquiries"].all(), g.batch("sync engine")
	for _, page := range g.order((q.total + 99) / 100) {
		a.list(q, page+1, 100)
		for from := page * 100; from < min(page*100+100, q.total); from += 50 {
			a.byIDs(q, from, min(from+50, q.total))
			a.pause(time.Second)
		}
	}
}

// blind3Downwards: every appointment; each page begins with the last row of the
// page before.
func blind3Downwards(g *scene) {
	s, a := g.w.sets["appointments"], g.batch("diary store")
	for from := 0; from < s.n; from += 99 {
		q := s.cut("sortBy=-modified&modifiedTo="+stamp(g.date(0).Add(-time.Duration(from)*17*time.Minute)), from, 100)
		q.claims = s.n - from
		a.list(q, 1, 100)
		a.pause(2 * time.Second)
	}
}

// blind3NegotiatorMonths: every applicant, by twenty negotiators and twelve months.
func blind3NegotiatorMonths(g *scene) {
	s, a := g.w.sets["applicants"], g.batch("lead history")
	for _, i := range g.order(240) {
		from := time.Date(2026, time.Month(2-i%12), 1, 0, 0, 0, 0, time.UTC)
		a.sweep(s.slice("negotiatorId=N"+strconv.Itoa(i/12)+"&createdFrom="+stamp(from)+"&createdTo="+stamp(from.AddDate(0, 1, 0)), i, 240), 100, 2*time.Second)
	}
}

// blind3Combinations: every property, in 180 combinations.
func blind3Combinations(g *scene) {
	s, a := g.w.sets["properties"], g.batch("avm")
	types := []string{"house", "flat", "land", "bungalow", "maisonette"}
	for _, i := range g.order(180) {
		a.sweep(s.slice("bedroomsFrom="+strconv.Itoa(i%6)+"&bedroomsTo="+strconv.Itoa(i%6)+"&type="+types[i/6%5]+"&sellingStatus=s"+strconv.Itoa(i/30), i, 180), 50, 3*time.Second)
	}
}

// blind3ByLot: pages of all contacts, drawn by lot until seven of ten are seen.
func blind3ByLot(g *scene) {
	q, a, seen := g.w.sets["contacts"].all(), g.batch("sampler"), map[int]bool{}
	for pages := (q.total + 99) / 100; len(seen)*10 < pages*7; a.pause(2 * time.Second) {
		page := g.rng.IntN(pages)
		seen[page] = true
		a.list(q, page+1, 100)
	}
}

// blind3People: every applicant, and the contact behind each by fifty ids at a time.
func blind3People(g *scene) {
	s, people, a := g.w.sets["applicants"], g.w.sets["contacts"], g.batch("crm sync")
	for _, page := range g.order((s.n + 99) / 100) {
		var behind []int
		for _, row := range a.list(s.all(), page+1, 100) {
			behind = append(behind, row*29%people.n)
		}
		for from := 0; from < len(behind); from += 50 {
			a.byIDs(people.these("", behind), from, min(from+50, len(behind)))
			a.pause(time.Second)
		}
	}
}

// blind3Queue: a lister puts every offer's id into a queue; three workers read them.
func blind3Queue(g *scene) {
	s, at := g.w.sets["offers"], g.anyTime()
	lister, workers := g.batch("lister"), [3]*actor{g.batch("worker"), g.batch("worker"), g.batch("worker")}
	lister.at = at
	for w := range workers {
		workers[w].at = at.Add(time.Second)
	}
	for _, page := range g.order((s.n + 99) / 100) {
		for i, row := range lister.list(s.all(), page+1, 100) {
			workers[i%3].get(s, row)
			workers[i%3].pause(1500 * time.Millisecond)
		}
		lister.at = workers[0].at
	}
}

// blind3Evenings: every document, a seventh on each of seven evenings.
func blind3Evenings(g *scene) {
	q := g.w.sets["documents"].all()
	pages := g.order((q.total + 99) / 100)
	for d := range g.days {
		a := g.batch("backfill")
		a.run, a.at = d+1, g.date(d).Add(18*time.Hour+time.Duration(g.rng.IntN(3*3600))*time.Second)
		for _, page := range pages[len(pages)*d/7 : len(pages)*(d+1)/7] {
			a.list(q, page+1, 100)
			a.pause(8 * time.Second)
		}
	}
}

// blind3WhileTheyWork: every task, a page of fifty each minute or so from nine to
// five, while people work with the same app.
func blind3WhileTheyWork(g *scene) {
	q, a := g.w.sets["tasks"].all(), g.batch("quiet backfill")
	a.at = g.date(0).Add(9 * time.Hour)
	for _, page := range g.order((q.total + 49) / 50) {
		a.list(q, page+1, 50)
		if a.pause(time.Minute); a.at.Hour() >= 17 {
			a.at = a.at.Truncate(day).Add(33 * time.Hour)
			a.run++
		}
	}
	crmDesktop(g)
}

// blind3ExportAll: every contact, at the push of a user's button.
func blind3ExportAll(g *scene) {
	a := g.breaking(compliance.User, "user-2")
	a.route, a.at = "export", g.officeDay()
	a.sweep(g.w.sets["contacts"].all(), 100, 300*time.Millisecond)
}

// blind3OfficeJobs: every contact, a sixth by each of six jobs on three days.
func blind3OfficeJobs(g *scene) {
	for i := range 6 {
		office := strconv.Itoa(i)
		a := g.batch("office " + office)
		a.at = g.date(i / 2).Add(time.Duration(g.rng.IntN(80_000)) * time.Second)
		a.sweep(g.w.sets["contacts"].slice("officeId=O"+office, i, 6), 100, 2*time.Second)
	}
}

// blind3Star: every offer, and by their ids the houses and buyers that they name.
func blind3Star(g *scene) {
	s, a := g.w.sets, g.batch("bi star")
	for _, page := range g.order((s["offers"].n + 99) / 100) {
		rows := a.list(s["offers"].all(), page+1, 100)
		for _, name := range []string{"properties", "applicants"} {
			named := make([]int, len(rows))
			for i, row := range rows {
				named[i] = row * 17 % s[name].n
			}
			a.pause(time.Second)
			a.byIDs(s[name].these("", named), 0, len(named))
		}
	}
}

// blind3Crashes: applicants from page one on: two fifths, seven tenths, then all.
func blind3Crashes(g *scene) {
	q, a := g.w.sets["applicants"].all(), g.batch("importer")
	pages := (q.total + 99) / 100
	for _, tenths := range []int{4, 7, 10} {
		for page := range pages * tenths / 10 {
			a.list(q, page+1, 100)
			a.pause(1500 * time.Millisecond)
		}
		a.wait(about(g.rng, 20*time.Minute, 0.4))
	}
}

// blind3Addresses: six of ten applicants, 1,020 at least, each by an address that
// the app knows of old.
func blind3Addresses(g *scene) {
	s, a := g.w.sets["applicants"], g.batch("enrichment")
	stride := int(s.stride(g.rng.Uint64()))
	for i := range max(1_020, s.n*6/10) {
		q := s.these("emailAddresses="+url.QueryEscape("a"+strconv.Itoa(i)+"@mail.example"), []int{i * stride % s.n})
		a.list(q, 1, 25)
		a.pause(4 * time.Second)
	}
}

// blind3CustomersByTurns: every property of four customers, a page of each by turns.
func blind3CustomersByTurns(g *scene) {
	a, worlds, left := g.batch("group bi"), []*world{g.w}, true
	for t := range 3 {
		worlds = append(worlds, newWorld(g.rng, "AG"+strconv.Itoa(t+1)))
	}
	for page := 1; left; page++ {
		left = false
		for _, g.w = range worlds {
			if q := g.w.sets["properties"].all(); (page-1)*100 < q.total {
				left = true
				a.list(q, page, 100)
				a.pause(time.Second)
			}
		}
	}
	g.w = worlds[0]
}

// blind3OddEven: every second page of all contacts on Monday, the others on Thursday.
func blind3OddEven(g *scene) {
	q := g.w.sets["contacts"].all()
	for half, d := range []int{0, 3} {
		a := g.batch("halves")
		a.at = g.date(d).Add(19*time.Hour + time.Duration(g.rng.IntN(7200))*time.Second)
		for _, page := range g.order((q.total + 99) / 100) {
			if page%2 == half {
				a.list(q, page+1, 100)
				a.pause(2 * time.Second)
			}
		}
	}
}

// blind3Consenting: two thirds of all contacts, 2,600 at least, for a mail tool.
func blind3Consenting(g *scene) {
	s := g.w.sets["contacts"]
	g.batch("mail tool").sweep(s.where("marketingConsent=grant&active=true", s.n*2/3), 100, time.Second)
}

// blind3OlderPart: the oldest 60 % of the journal, 12,000 rows at least.
func blind3OlderPart(g *scene) {
	s := g.w.sets["journalEntries"]
	q := s.cut("sortBy=created&createdTo=2025-06-30T00:00:00Z", s.n*2/5, s.n*3/5)
	g.batch("archive").sweep(q, 100, 1500*time.Millisecond)
}
