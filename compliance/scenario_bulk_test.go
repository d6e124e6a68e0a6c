package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// Apps that carry a customer's data away in bulk, for a warehouse, a BI tool or
// a shadow copy, and apps whose way of reading comes to the same.

// pause is a routine's gap between calls; an evasive one varies it widely.
func (a *actor) pause(d time.Duration) {
	if a.evasive.jitter {
		a.wait(about(a.rng, d*2/3, 0.9)) // the same mean
		return
	}
	a.wait(about(a.rng, d, 0.1))
}

// order is the order in which a routine takes n pieces.
func (g *scene) order(n int) []int {
	if g.evasive.shuffle {
		return g.rng.Perm(n)
	}
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func (g *scene) anyTime() time.Time {
	return g.date(g.rng.IntN(max(1, g.days-1))).Add(time.Duration(g.rng.IntN(86_400)) * time.Second)
}

// sweep reads every page of a query.
func (a *actor) sweep(q query, size int, gap time.Duration) {
	for _, page := range a.order((q.total + size - 1) / size) {
		a.list(q, page+1, size)
		a.pause(gap)
	}
}

func sweepContacts(g *scene) {
	a := g.breaking(compliance.Batch, "warehouse load")
	a.at = g.anyTime()
	a.sweep(g.w.sets["contacts"].all(), 100, 150*time.Millisecond)
}

func sweepProperties(g *scene) {
	a := g.breaking(compliance.Batch, "bi extract")
	a.at = g.anyTime()
	q := g.w.sets["properties"].all()
	q.filter = "sortBy=-created&embed=images"
	a.sweep(q, 50, 2*time.Second)
}

func sweepTransactions(g *scene) {
	a := g.breaking(compliance.Batch, "ledger copy")
	a.at = g.anyTime()
	a.sweep(g.w.sets["transactions"].slice("createdFrom=2020-01-01T00:00:00Z", 0, 3), 100, 400*time.Millisecond)
}

func sweepLandlords(g *scene) {
	a := g.breaking(compliance.Batch, "mailing list")
	a.at = g.anyTime()
	q := g.w.sets["applicants"].slice("active=true", 1, 2)
	a.sweep(q, 80, time.Second)
}

// sweepSlowly reads a page every few minutes, for days.
func sweepSlowly(g *scene) {
	a := g.breaking(compliance.Batch, "quiet copy")
	a.at = g.date(0)
	a.sweep(g.w.sets["applicants"].all(), 100, 8*time.Minute)
}

// sweepInPieces reads the next few pages each time it gets a turn.
func sweepInPieces(g *scene) {
	a := g.breaking(compliance.Batch, "resumed copy")
	a.at = g.date(0)
	q := g.w.sets["contacts"].all()
	for i, page := range g.order(q.total / 100) {
		a.list(q, page+1, 100)
		a.pause(400 * time.Millisecond)
		if i%6 == 5 {
			a.wait(about(g.rng, 14*time.Minute, 0.7))
		}
	}
}

// sliceByOffice reads a collection office by office and status by status.
func sliceByOffice(g *scene) {
	s := g.w.sets["properties"]
	a := g.breaking(compliance.Batch, "shadow copy")
	a.at = g.anyTime()
	for _, i := range g.order(24) {
		a.sweep(s.slice("officeId=O"+strconv.Itoa(i/4)+"&sellingStatus=s"+strconv.Itoa(i%4), i, 24), 100, time.Second)
	}
}

// sliceByLetter reads people by the first letters of their names.
func sliceByLetter(g *scene) {
	s := g.w.sets["contacts"]
	a := g.breaking(compliance.Batch, "contact harvest")
	a.at = g.anyTime()
	for _, i := range g.order(104) {
		a.sweep(s.slice("name="+string(rune('a'+i/4))+string("aeio"[i%4]), i, 104), 100, 3*time.Second)
	}
}

// sliceByMonth reads what was created month by month, back through the years.
func sliceByMonth(g *scene) {
	s := g.w.sets["transactions"]
	a := g.breaking(compliance.Batch, "history load")
	a.at = g.anyTime()
	for _, i := range g.order(60) {
		from := time.Date(2026, time.February-time.Month(i), 1, 0, 0, 0, 0, time.UTC)
		a.sweep(s.slice("createdFrom="+stamp(from)+"&createdTo="+stamp(from.AddDate(0, 1, 0)), i, 60), 100, 2*time.Second)
	}
}

// sliceByNegotiator reads each negotiator's rows.
func sliceByNegotiator(g *scene) {
	s := g.w.sets["applicants"]
	a := g.breaking(compliance.Batch, "leads copy")
	a.at = g.anyTime()
	for _, i := range g.order(40) {
		a.sweep(s.slice("negotiatorId=N"+strconv.Itoa(i), i, 40), 50, 5*time.Second)
	}
}

// crawl reads entities one by one from a list of ids that the app holds.
func (g *scene) crawl(name, label string, gap time.Duration) {
	s := g.w.sets[name]
	a := g.breaking(compliance.Batch, label)
	a.at = g.date(0).Add(time.Duration(g.rng.IntN(36_000)) * time.Second)
	if g.rng.IntN(2) == 0 {
		g.counted = true
		a.list(s.all(), 1, 1) // how many are there?
	}
	stride, row := int(s.stride(g.rng.Uint64())), g.rng.IntN(s.n)
	for range min(s.n/2, 8_000) {
		row = (row + stride) % s.n
		a.get(s, row)
		a.pause(gap)
	}
}

func crawlContacts(g *scene)   { g.crawl("contacts", "profile refresh", 9*time.Second) }
func crawlProperties(g *scene) { g.crawl("properties", "valuation model", 20*time.Second) }

// crawlBatches reads entities by repeated id filters.
func crawlBatches(g *scene) {
	s := g.w.sets["applicants"]
	a := g.breaking(compliance.Batch, "segment refresh")
	a.at = g.anyTime()
	q := s.where("x=1", s.n)
	for from := 0; from < q.total*3/4; from += 50 {
		a.byIDs(q, from, min(from+50, q.total))
		a.pause(20 * time.Second)
	}
}

// crawlBehindSearch reads rows one by one behind one-row searches.
func crawlBehindSearch(g *scene) {
	s := g.w.sets["tenancies"]
	a := g.breaking(compliance.Batch, "rent roll")
	a.at = g.date(0)
	stride, row := int(s.stride(g.rng.Uint64())), 0
	for range s.n * 3 / 4 {
		row = (row + stride) % s.n
		a.get(s, row)
		a.get(g.w.sets["contacts"], (row*13)%g.w.sets["contacts"].n)
		a.pause(12 * time.Second)
	}
}

// countUp tries one running number after another.
func countUp(g *scene) {
	s := g.w.sets["contacts"]
	a := g.breaking(compliance.Batch, "id walk")
	a.at = g.anyTime()
	first, step := g.rng.IntN(s.n/2), len(s.offices)
	for _, i := range g.order(min(600, s.n/2/step)) {
		a.get(s, first+i*step)
		a.pause(800 * time.Millisecond)
	}
}

// guess tries ids of which many do not exist.
func guess(g *scene) {
	s := g.w.sets["landlords"]
	a := g.breaking(compliance.Batch, "id probe")
	a.at = g.anyTime()
	for range 300 {
		if g.rng.IntN(3) == 0 {
			a.get(s, g.rng.IntN(s.n))
		} else {
			a.missing(s, "ZZZ25"+strconv.Itoa(10_000+g.rng.IntN(89_999)))
		}
		a.pause(1500 * time.Millisecond)
	}
}

// fastRun takes some thousand rows of one filter as fast as it can.
func fastRun(g *scene) {
	s := g.w.sets["journalEntries"]
	a := g.breaking(compliance.Batch, "activity load")
	a.at = g.anyTime()
	a.sweep(s.where("typeId=NOTE", min(s.n/3, 6_000)), 100, 20*time.Millisecond)
}

// manyQueries takes as much in one go by many queries of a few pages.
func manyQueries(g *scene) {
	s := g.w.sets["documents"]
	a := g.breaking(compliance.Batch, "archive load")
	a.at = g.anyTime()
	for i := range 40 {
		a.sweep(s.slice("typeId=T"+strconv.Itoa(i), i, 60), 100, 50*time.Millisecond)
	}
}

// hydrate lists pages and then reads each row by itself.
func (g *scene) hydrate(name string, pages, size int) {
	s := g.w.sets[name]
	a := g.breaking(compliance.Batch, name+" sync")
	a.at = g.anyTime()
	q := s.where("active=true", pages*size)
	for _, page := range g.order(min(pages, q.total/size)) {
		rows := a.list(q, page+1, size)
		for _, i := range g.order(len(rows)) {
			a.get(s, rows[i])
			a.pause(250 * time.Millisecond)
		}
	}
}

func hydrateContacts(g *scene) { g.hydrate("contacts", 12, 25) }
func hydrateOffers(g *scene)   { g.hydrate("offers", 6, 50) }
