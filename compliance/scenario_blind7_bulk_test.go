package compliance_test

import (
	"strconv"
	"strings"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The seventh blind family's copies.

// blind7Nested: every contact, by six statuses within each of three answers to
// marketing, some large and some small.
func blind7Nested(g *scene) {
	s, a := g.w.sets["contacts"], g.batch("partitions")
	for _, i := range g.order(18) {
		a.sweep(s.uneven("marketingConsent=C"+strconv.Itoa(i/6)+"&status=S"+strconv.Itoa(i%6), i, 18), 100, 700*time.Millisecond)
	}
}

// blind7SheetIDs: it asks how many contacts there are, and fetches eight of ten by ids
// that it has from another system's sheet, sixty a call; six of them a second time.
func blind7SheetIDs(g *scene) {
	s, a := g.w.sets["contacts"], g.batch("sheet join")
	a.list(s.all(), 1, 1)
	q := s.cut("", 0, s.n*8/10)
	for _, i := range g.order((q.total + 53) / 54) {
		a.byIDs(q, i*54, min(q.total, i*54+60))
		a.pause(900 * time.Millisecond)
	}
}

// blind7Rehearsals: a move that is rehearsed with 500 contacts and with half of them,
// and made with all of them on the fourth day.
func blind7Rehearsals(g *scene) {
	s := g.w.sets["contacts"]
	for run, n := range []int{500, s.n / 2, s.n} {
		a := g.breaking(compliance.Batch, "move to us")
		a.run, a.at = run+1, g.date(min(run*2, 3)).Add(time.Duration(9+g.rng.IntN(8))*time.Hour+time.Duration(g.rng.IntN(3000))*time.Second)
		for _, page := range g.order((n + 99) / 100) {
			a.list(s.all(), page+1, 100)
			a.pause(800 * time.Millisecond)
		}
	}
}

// blind7Backwards: every document, by the weeks in which they were changed, from the
// last one back for three years.
func blind7Backwards(g *scene) {
	s, a := g.w.sets["documents"], g.batch("paper trail")
	for _, i := range g.order(156) {
		to := g.date(-7 * i)
		a.sweep(s.slice("modifiedFrom="+stamp(to.AddDate(0, 0, -7))+"&modifiedTo="+stamp(to), i, 156), 100, 900*time.Millisecond)
	}
}

// blind7TwoSorts: every task twice, once as they were made and once as they were
// changed, since rows move between pages; how many there are is asked for first.
func blind7TwoSorts(g *scene) {
	s, a := g.w.sets["tasks"], g.batch("task export")
	a.list(s.all(), 1, 1)
	for _, sort := range []string{"created", "-modified"} {
		q := s.all()
		q.filter = "sortBy=" + sort
		a.sweep(q, 100, time.Second)
	}
}

// blind7Module: a builder's module gives 3,000 rows at most, so he runs it by hand
// with another first page until he has every contact, within four days.
func blind7Module(g *scene) {
	s := g.w.sets["contacts"]
	for from := 0; from < s.n; from += 3_000 {
		a := g.batch("module")
		a.run = 1 + from/3_000
		for _, page := range g.order((min(3_000, s.n-from) + 99) / 100) {
			a.list(s.all(), from/100+page+1, 100)
			a.pause(600 * time.Millisecond)
		}
	}
}

// ofMany is a filter that names some rows of a collection.
func ofMany(param string, s *set, from, to int) string {
	var b strings.Builder
	for row := from; row < to; row++ {
		b.WriteString("&" + param + "=" + s.id(row))
	}
	return b.String()[1:]
}

// blind7TenHouses: the whole journal, ten houses a call, for the vectors of a search.
func blind7TenHouses(g *scene) {
	s, houses, a := g.w.sets["journalEntries"], g.w.sets["properties"], g.batch("vectors")
	parts := (houses.n + 9) / 10
	for _, i := range g.order(parts) {
		a.sweep(s.slice(ofMany("propertyId", houses, i*10, min(houses.n, i*10+10)), i, parts), 100, 500*time.Millisecond)
	}
}

// blind7Refresh: a workbook with every contact and every house, refreshed three times.
func blind7Refresh(g *scene) {
	for run := range 3 {
		a := g.batch("workbook")
		a.run = run + 1
		for _, name := range []string{"contacts", "properties"} {
			a.sweep(g.w.sets[name].all(), 100, 350*time.Millisecond)
		}
	}
}

// blind7Connector: every contact, in the order of its change; two pages, half a minute
// of rest, and on from the last one's time, with those of the same second once more.
func blind7Connector(g *scene) {
	s, a := g.w.sets["contacts"], g.batch("source connector")
	for from := 0; from < s.n; from += 197 {
		q := s.cut("modifiedFrom="+stamp(g.date(0).Add(-time.Duration(s.n-from)*17*time.Minute))+"&sortBy=modified", from, 200)
		q.claims = s.n - from
		for page := range 2 {
			a.list(q, page+1, 100)
			a.pause(400 * time.Millisecond)
		}
		a.pause(30 * time.Second)
	}
}

// blind7Diaries: every appointment, by thirty people and forty weeks.
func blind7Diaries(g *scene) {
	s, a := g.w.sets["appointments"], g.batch("diary move")
	for _, i := range g.order(1_200) {
		from := g.date(-7 * (i % 40))
		a.sweep(s.slice("negotiatorId=N"+strconv.Itoa(i/40)+"&start="+from.Format(time.DateOnly)+"&end="+from.AddDate(0, 0, 7).Format(time.DateOnly), i, 1_200), 100, 600*time.Millisecond)
	}
}

// blind7Endings: every contact, by the last two figures of a number.
func blind7Endings(g *scene) {
	s, a := g.w.sets["contacts"], g.batch("number base")
	for _, i := range g.order(100) {
		a.sweep(s.slice("contactDetail="+strconv.Itoa(100 + i)[1:], i, 100), 100, 900*time.Millisecond)
	}
}

// blind7ByTheWay: whenever a webhook comes, the handler takes the next page of all
// contacts as well, until it has every one.
func blind7ByTheWay(g *scene) {
	s := g.w.sets["contacts"]
	pages := g.order((s.n + 99) / 100)
	for i, c := range s.changes(g.rng, g.date(0), g.days, 400) {
		if i == len(pages) {
			break
		}
		a := g.breaking(compliance.Webhook, "contact changed")
		a.at = c.at.Add(about(g.rng, time.Second, 0.6))
		a.event(s, c.row)
		a.get(s, c.row)
		a.list(s.all(), pages[i]+1, 100)
	}
}

// blind7EveryPage: a search whose app fetches each page of what it finds; by twenty
// towns that is every contact.
func blind7EveryPage(g *scene) {
	s := g.w.sets["contacts"]
	for i, town := range towns {
		a := g.breaking(compliance.User, "user-"+strconv.Itoa(i%6))
		a.route, a.at = "search", g.officeDay()
		a.sweep(s.slice("address="+town+"&sortBy=name", i, len(towns)), 50, 250*time.Millisecond)
	}
}

// blind7HalvedPages: every contact, in the order of the ids; a page that fails is
// asked for with half its size, and after four that do not with double.
func blind7HalvedPages(g *scene) {
	s, a := g.w.sets["contacts"], g.batch("careful export")
	size, well := 100, 0
	for from := 0; from < s.n; {
		q := s.cut("sortBy=id&idFrom="+s.id(from), from, size)
		q.claims = s.n - from
		if g.rng.IntN(25) == 0 {
			a.send("GET", listPath(q, 1, size), 503, 2*time.Second, nil)
			size, well = max(25, size/2), 0
			a.pause(5 * time.Second)
			continue
		}
		from += len(a.list(q, 1, size))
		if well++; well%4 == 0 {
			size = min(100, size*2)
		}
		a.pause(700 * time.Millisecond)
	}
}

// blind7TwentyLandlords: every posting, twenty landlords a call.
func blind7TwentyLandlords(g *scene) {
	s, landlords, a := g.w.sets["transactions"], g.w.sets["landlords"], g.batch("audit file")
	parts := (landlords.n + 19) / 20
	for _, i := range g.order(parts) {
		a.sweep(s.slice(ofMany("landlordId", landlords, i*20, min(landlords.n, i*20+20)), i, parts), 100, 700*time.Millisecond)
	}
}

// blind7Audience: every contact, by his answer to marketing; those who said no to be
// struck off, and the others to be written to.
func blind7Audience(g *scene) {
	s, a := g.w.sets["contacts"], g.batch("audience")
	for _, i := range g.order(3) {
		a.sweep(s.uneven("marketingConsent="+[]string{"notAsked", "grant", "deny"}[i], i, 3), 100, 1200*time.Millisecond)
	}
}

// blind7FrontBack: each five minutes the newest page of all contacts, and five more
// pages of the older ones, until there are no more.
func blind7FrontBack(g *scene) {
	s := g.w.sets["contacts"]
	older := g.order((s.n+99)/100 - 1)
	g.every("front and back", 5*time.Minute, 2*time.Minute, func(a *actor) {
		a.list(s.all(), 1, 100)
		for range min(5, len(older)) {
			a.pause(800 * time.Millisecond)
			a.list(s.all(), older[0]+2, 100)
			older = older[1:]
		}
	})
}

// blind7Staging: the newest six tenths of all contacts and appointments, names made
// up anew, for a copy to test with; each list says how many there are.
func blind7Staging(g *scene) {
	a := g.batch("staging copy")
	for _, name := range []string{"contacts", "appointments"} {
		q := g.w.sets[name].all()
		q.total, q.claims = q.total*6/10, q.total
		a.sweep(q, 100, 900*time.Millisecond)
	}
}
