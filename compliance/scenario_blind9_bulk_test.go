package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The ninth blind family's copies.

// blind9SheetCells: every contact by a sheet with a page in each cell; a dozen or so
// are reckoned at once, then it rests for some minutes.
func blind9SheetCells(g *scene) {
	q, a := g.w.sets["contacts"].all(), g.breaking(compliance.System, "sheet")
	a.at = g.anyTime()
	for i, page := range g.order((q.total + 99) / 100) {
		a.list(q, page+1, 100)
		if a.pause(200 * time.Millisecond); i%(10+g.rng.IntN(8)) == 0 {
			a.pause(90 * time.Second)
		}
	}
}

// blind9FunctionEach: every house, by a function of its own for each page, as a queue
// hands the pages out; each goes by another name.
func blind9FunctionEach(g *scene) {
	q, at := g.w.sets["properties"].all(), g.anyTime()
	for i, page := range g.order((q.total + 49) / 50) {
		a := g.breaking(compliance.Batch, "page-"+strconv.Itoa(page))
		a.at = at.Add(time.Duration(i)*900*time.Millisecond + time.Duration(g.rng.IntN(500))*time.Millisecond)
		a.list(q, page+1, 50)
	}
}

// blind9Quadtree: it asks how many houses there are, and takes every one by the squares
// of a map; one with more than a hundred is cut in four.
func blind9Quadtree(g *scene) {
	s, a := g.w.sets["properties"], g.batch("geo index")
	a.list(s.all(), 1, 1)
	var within func(square string, part, parts int)
	within = func(square string, part, parts int) {
		q := s.slice("square="+square, part, parts)
		a.list(q, 1, 100)
		if a.pause(600 * time.Millisecond); q.total <= 100 {
			return
		}
		for _, i := range g.order(4) {
			within(square+strconv.Itoa(i), part+i*parts, parts*4)
		}
	}
	within("0", 0, 1)
}

// blind9LoginPages: whoever logs in has the next five pages of all contacts read behind
// his back, until there are no more; within four days.
func blind9LoginPages(g *scene) {
	q := g.w.sets["contacts"].all()
	pages := g.order((q.total + 99) / 100)
	for first := 0; first < len(pages); first += 5 {
		a := g.breaking(compliance.User, "user-"+strconv.Itoa(g.rng.IntN(12)))
		a.route, a.at = "log in", g.officeDay()
		for _, page := range pages[first:min(first+5, len(pages))] {
			a.list(q, page+1, 100)
			a.pause(400 * time.Millisecond)
		}
	}
}

// blind9MonthsDiffer: enquiries of 72 months are counted and compared with what is
// there; nothing is, so each month is read.
func blind9MonthsDiffer(g *scene) {
	s, a := g.w.sets["enquiries"], g.batch("reconcile")
	a.list(s.all(), 1, 1)
	for _, i := range g.order(72) {
		from := firstDay.AddDate(0, i-72, 0)
		q := s.slice("createdFrom="+stamp(from)+"&createdTo="+stamp(from.AddDate(0, 1, 0)), i, 72)
		a.list(q, 1, 1)
		a.pause(300 * time.Millisecond)
		a.sweep(q, 100, 600*time.Millisecond)
	}
}

// blind9Star: every meeting as a fact, and with each page the houses and the people in
// it, a hundred ids a call.
func blind9Star(g *scene) {
	s, a := g.w.sets, g.batch("star schema")
	meetings, houses, people := s["appointments"].all(), s["properties"].where("dim", s["properties"].n), s["contacts"].where("dim", s["contacts"].n)
	for _, page := range g.order((meetings.total + 99) / 100) {
		a.list(meetings, page+1, 100)
		for _, q := range []query{houses, people} {
			from := page * 100 % (q.total - 100)
			a.pause(300 * time.Millisecond)
			a.byIDs(q, from, from+100)
		}
		a.pause(900 * time.Millisecond)
	}
}

// blind9EachFifth: a consultant's script lists every applicant, and each fifth is opened
// to see whether the list tells all.
func blind9EachFifth(g *scene) {
	s, a := g.w.sets["applicants"], g.batch("move and verify")
	for _, page := range g.order((s.n + 99) / 100) {
		for i, row := range a.list(s.all(), page+1, 100) {
			if i%5 == 0 {
				a.get(s, row)
				a.pause(250 * time.Millisecond)
			}
		}
	}
}

// blind9TooSlow: every document, a hundred at a time; each third page does not come in
// time, and comes in two halves.
func blind9TooSlow(g *scene) {
	q, a := g.w.sets["documents"].all(), g.batch("archive")
	for _, page := range g.order((q.total + 99) / 100) {
		if page%3 == 2 {
			a.lost("GET", listPath(q, page+1, 100), "", "")
			a.list(q, 2*page+1, 50)
			a.list(q, 2*page+2, 50)
		} else {
			a.list(q, page+1, 100)
		}
		a.pause(800 * time.Millisecond)
	}
}

// blind9Tiles: a dashboard of four tiles, each of which reads all enquiries in an order
// of its own.
func blind9Tiles(g *scene) {
	s, at := g.w.sets["enquiries"], g.anyTime()
	for i, by := range []string{"", "sortBy=created", "sortBy=status", "sortBy=-modified"} {
		a := g.breaking(compliance.System, "dashboard")
		a.at = at.Add(time.Duration(i*3) * time.Second)
		q := s.where("order"+by, s.n)
		q.filter = by
		a.sweep(q, 100, 900*time.Millisecond)
	}
}

// blind9TwoVendors: two firms that know nothing of each other and use one key, each with
// three fifths of the houses, from either end.
func blind9TwoVendors(g *scene) {
	s, at := g.w.sets["properties"], g.anyTime()
	for i, by := range []string{"sortBy=created", "sortBy=-created"} {
		a := g.breaking(compliance.Batch, []string{"stock", "listing import"}[i])
		a.at = at.Add(time.Duration(g.rng.IntN(4*3600)) * time.Second)
		a.list(s.all(), 1, 1)
		q := s.cut(by, i*(s.n*2/5), s.n*3/5)
		q.claims = s.n
		a.sweep(q, 100, 1200*time.Millisecond)
	}
}

// blind9WhoStateSort: every task, by forty people, three states and five sorts; most of
// the six hundred lists are short.
func blind9WhoStateSort(g *scene) {
	s, a := g.w.sets["tasks"], g.batch("task mart")
	a.list(s.all(), 1, 1)
	for _, i := range g.order(600) {
		who := "negotiatorId=N" + strconv.Itoa(i/15) + "&activityStatus=" + strconv.Itoa(i%3) + "&typeId=T" + strconv.Itoa(i/3%5)
		a.sweep(s.uneven(who, i, 600), 100, 400*time.Millisecond)
	}
}

// blind9Prototype: a data scientist takes five pages of the contacts, next day fifty,
// and on the third all of them.
func blind9Prototype(g *scene) {
	s := g.w.sets["contacts"]
	for d, pages := range []int{5, 50, s.n/100 + 1} {
		a := g.breaking(compliance.Batch, "notebook")
		a.run, a.at = d+1, g.date(d).Add(g.officeHour())
		q := s.all()
		q.total, q.claims = min(q.total, pages*100), q.total
		a.sweep(q, 100, 700*time.Millisecond)
	}
}

// blind9HousesEmbedded: every house, twenty a call, with five meetings each.
func blind9HousesEmbedded(g *scene) {
	q, a := g.w.sets["properties"].all(), g.batch("lake")
	a.list(q, 1, 1)
	q.filter, q.nested = "embed=appointments", 5
	a.sweep(q, 20, 700*time.Millisecond)
}

// blind9PicturesOf25: pages of all houses, and after each page its pictures, those of 25
// houses a call.
func blind9PicturesOf25(g *scene) {
	s := g.w.sets
	houses, a := s["properties"], g.batch("picture vault")
	parts := (houses.n + 24) / 25
	for _, page := range g.order((houses.n + 99) / 100) {
		a.list(houses.all(), page+1, 100)
		for i := page * 4; i < min(parts, page*4+4); i++ {
			a.sweep(s["propertyImages"].slice(ofMany("propertyId", houses, i*25, min(houses.n, i*25+25)), i, parts), 100, 500*time.Millisecond)
		}
	}
}

// blind9ThreeMadeOne: every contact and applicant of three agencies that are to be one.
func blind9ThreeMadeOne(g *scene) {
	g.eachCustomer(3, func(int) {
		a := g.batch("consolidation")
		for _, name := range []string{"contacts", "applicants"} {
			a.sweep(g.w.sets[name].all(), 100, 900*time.Millisecond)
		}
	})
}

// blind9NoName: every house and applicant by a thread of which nothing is said.
func blind9NoName(g *scene) {
	a := g.breaking(compliance.Unknown, "")
	a.at = g.anyTime()
	for _, name := range []string{"properties", "applicants"} {
		a.sweep(g.w.sets[name].all(), 100, 2*time.Second)
	}
}
