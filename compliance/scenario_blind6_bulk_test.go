package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The sixth blind family's copies.

// blind6LastID: every contact, in the order of the ids; each page asks for what comes
// after the last id of the page before.
func blind6LastID(g *scene) {
	s, a := g.w.sets["contacts"], g.batch("migrate")
	last := ""
	for from := 0; from < s.n; from += 100 {
		q := s.cut("sortBy=id&idFrom="+last, from, 100)
		q.claims = s.n - from
		rows := a.list(q, 1, 100)
		last = s.id(rows[len(rows)-1])
		a.pause(900 * time.Millisecond)
	}
}

// blind6LastChange: every document, in the order of its change; each page begins ten
// rows before the end of the page before.
func blind6LastChange(g *scene) {
	s, a := g.w.sets["documents"], g.batch("content hub")
	for from := 0; from < s.n; from += 90 {
		since := g.date(0).Add(-time.Duration(s.n-from) * 11 * time.Minute)
		q := s.cut("sortBy=modified&modifiedFrom="+stamp(since), from, 100)
		q.claims = s.n - from
		a.list(q, 1, 100)
		a.pause(1200 * time.Millisecond)
	}
}

// blind6LedgerDays: every posting of two years, by 730 days.
func blind6LedgerDays(g *scene) {
	s, a := g.w.sets["transactions"], g.batch("finance mart")
	for _, i := range g.order(730) {
		on := g.date(-i)
		a.sweep(s.slice("dateFrom="+on.Format(time.DateOnly)+"&dateTo="+on.Format(time.DateOnly), i, 730), 100, time.Second)
	}
}

// blind6Compare: every contact and applicant, to be compared with another system's,
// on Monday and on Thursday night.
func blind6Compare(g *scene) {
	for run, d := range []int{0, 3} {
		a := g.batch("full compare")
		a.run, a.at = run+1, g.date(d).Add(20*time.Hour+time.Duration(g.rng.IntN(3600))*time.Second)
		for _, name := range []string{"contacts", "applicants"} {
			a.sweep(g.w.sets[name].all(), 100, 800*time.Millisecond)
		}
	}
}

// blind6Gaps: every appointment; one page in eight fails at first, and those that
// failed are read in a second round, with the page before to be sure.
func blind6Gaps(g *scene) {
	s, a := g.w.sets["appointments"], g.batch("diary load")
	q := s.all()
	var failed []int
	for _, page := range g.order((q.total + 99) / 100) {
		if g.rng.IntN(8) == 0 {
			failed = append(failed, page)
			a.send("GET", listPath(q, page+1, 100), 500, 300*time.Millisecond, nil)
		} else {
			a.list(q, page+1, 100)
		}
		a.pause(time.Second)
	}
	a.wait(about(g.rng, 15*time.Minute, 0.4))
	for _, page := range failed {
		a.list(q, max(1, page), 100)
		a.list(q, page+1, 100)
		a.pause(2 * time.Second)
	}
}

// halved reads what was made between two numbers of a collection, by halves wherever
// there are more than most.
func (a *actor) halved(s *set, from, to, most int) {
	began := firstDay.AddDate(-6, 0, 0)
	since, until := began.Add(time.Duration(from)*37*time.Minute), began.Add(time.Duration(to)*37*time.Minute)
	q := s.cut("createdFrom="+stamp(since)+"&createdTo="+stamp(until), from, to-from)
	if q.total <= most {
		a.sweep(q, 100, 700*time.Millisecond)
		return
	}
	a.list(q, 1, 1) // how many?
	a.pause(500 * time.Millisecond)
	a.halved(s, from, (from+to)/2, most)
	a.halved(s, (from+to)/2, to, most)
}

// blind6Halved: every contact, by ranges that are halved until they hold 400.
func blind6Halved(g *scene) {
	s := g.w.sets["contacts"]
	g.batch("range export").halved(s, 0, s.n, 400)
}

// blind6TwoLetters: every contact, by the first two letters of the name.
func blind6TwoLetters(g *scene) {
	s, a := g.w.sets["contacts"], g.batch("address book")
	for _, i := range g.order(676) {
		a.sweep(s.slice("name="+string([]byte{'A' + byte(i/26), 'a' + byte(i%26)}), i, 676), 100, 800*time.Millisecond)
	}
}

// blind6PastCap: every document of ten owners; since no search gives more than its
// first pages, each is read from both ends.
func blind6PastCap(g *scene) {
	s, a := g.w.sets["documents"], g.batch("search export")
	for _, owner := range g.order(10) {
		from, to := s.n*owner/10, s.n*(owner+1)/10
		middle := (from + to) / 2
		filter := "ownerId=N" + strconv.Itoa(owner) + "&sortBy="
		for _, half := range []query{s.cut(filter+"created", from, middle-from), s.cut(filter+"-created", middle, to-middle)} {
			half.claims = to - from
			a.sweep(half, 100, time.Second)
		}
	}
}

// blind6EachContract: every posting, by the contract that it belongs to.
func blind6EachContract(g *scene) {
	s, contracts, a := g.w.sets["transactions"], g.w.sets["tenancies"], g.batch("rent book")
	for _, i := range g.order(contracts.n) {
		a.sweep(s.slice("tenancyId="+contracts.id(i), i, contracts.n), 100, 1500*time.Millisecond)
	}
}

// blind6Weekend: every document, task and enquiry, from Saturday on.
func blind6Weekend(g *scene) {
	a := g.batch("weekend backup")
	a.at = g.date(5).Add(3*time.Hour + time.Duration(g.rng.IntN(7200))*time.Second)
	for _, name := range []string{"documents", "tasks", "enquiries"} {
		a.sweep(g.w.sets[name].all(), 100, 20*time.Second)
	}
}

// blind6EachLead: it asks how many applicants there are, and opens seven of ten
// one by one, 1,500 at least.
func blind6EachLead(g *scene) {
	s, a := g.w.sets["applicants"], g.batch("lead move")
	a.list(s.all(), 1, 1)
	a.walk(s, max(1_500, s.n*7/10), 2500*time.Millisecond)
}

// blind6Builder: every contact, by a user's forty reports, one for each owner.
func blind6Builder(g *scene) {
	s := g.w.sets["contacts"]
	a := g.breaking(compliance.User, "user-7")
	a.route, a.at = "report builder", g.officeDay()
	for _, i := range g.order(40) {
		a.sweep(s.slice("negotiatorId=N"+strconv.Itoa(i)+"&sortBy=name", i, 40), 100, 400*time.Millisecond)
		a.pause(12 * time.Second)
	}
}

// blind6Enrich: all contacts who have an address, nine of ten, fifty a minute by day
// and night.
func blind6Enrich(g *scene) {
	s, a := g.w.sets["contacts"], g.batch("enrich")
	a.at = g.date(0).Add(time.Duration(g.rng.IntN(7200)) * time.Second)
	a.sweep(s.cut("hasEmail=true", s.n/10, s.n), 50, time.Minute)
}

// blind6Epoch: every contact, appointment and task, as what has changed since 1970.
func blind6Epoch(g *scene) {
	a := g.batch("offline store")
	for _, name := range []string{"contacts", "appointments", "tasks"} {
		q := g.w.sets[name].all()
		q.filter = "modifiedFrom=1970-01-01T00:00:00Z&sortBy=modified"
		a.sweep(q, 100, 500*time.Millisecond)
	}
}

// blind6Corpus: the newest six tenths of the journal, 12,000 entries at least.
func blind6Corpus(g *scene) {
	s := g.w.sets["journalEntries"]
	q := s.all()
	q.total, q.claims = s.n*6/10, s.n
	g.batch("corpus").sweep(q, 100, 600*time.Millisecond)
}

// blind6Accounts: every posting, by eighty accounts, of which some are large.
func blind6Accounts(g *scene) {
	s, a := g.w.sets["transactions"], g.batch("general ledger")
	for _, i := range g.order(80) {
		a.sweep(s.uneven("account="+strconv.Itoa(4000+i), i, 80), 100, 900*time.Millisecond)
	}
}

// blind6Leases: every contact, a page at a time to whichever of three workers is
// free; one page in six is given out twice.
func blind6Leases(g *scene) {
	q, at := g.w.sets["contacts"].all(), g.anyTime()
	var workers [3]*actor
	for w := range workers {
		workers[w] = g.batch("leased")
		workers[w].at = at.Add(time.Duration(w) * 400 * time.Millisecond)
	}
	for i, page := range g.order((q.total + 99) / 100) {
		for range 1 + g.rng.IntN(6)/5 {
			a := workers[i%3]
			a.list(q, page+1, 100)
			a.pause(2 * time.Second)
			i++
		}
	}
}

// blind6OtherDesk: it asks how many tickets there are, and takes all of them by
// thirty months.
func blind6OtherDesk(g *scene) {
	s, a := g.w.sets["tasks"], g.batch("desk migration")
	a.list(s.all(), 1, 1)
	for _, i := range g.order(30) {
		from := time.Date(2026, time.Month(2-i), 1, 0, 0, 0, 0, time.UTC)
		a.sweep(s.slice("createdFrom="+stamp(from)+"&createdTo="+stamp(from.AddDate(0, 1, 0)), i, 30), 100, time.Second)
	}
}

// blind6Surnames: nine tenths of all contacts, by four hundred surnames out of a
// book, each of which finds a hundredth of them.
func blind6Surnames(g *scene) {
	s, a := g.w.sets["contacts"], g.batch("phone book")
	for _, i := range g.order(400) {
		a.sweep(s.where("name=Surname"+strconv.Itoa(i), s.n/100), 100, 900*time.Millisecond)
	}
}

// blind6Repair: every property, on four evenings, in case a webhook was missed.
func blind6Repair(g *scene) {
	for d := range 4 {
		a := g.breaking(compliance.System, "repair")
		a.run, a.at = d+1, g.date(d).Add(21*time.Hour+time.Duration(g.rng.IntN(1800))*time.Second)
		a.sweep(g.w.sets["properties"].all(), 100, 700*time.Millisecond)
	}
}
