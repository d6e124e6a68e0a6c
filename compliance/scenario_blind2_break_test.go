package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The second blind family's apps that break the guidelines, each by a clear
// margin: a copy takes at least a thousand rows and at least half of its
// collection; a schedule goes on for a dozen runs, or for five days where it runs
// daily; a load test lasts five minutes. TestScenarioBlind2Margins counts them.
// What counts as found is as in the families before: an error for a bulk copy, for
// a timer that leaves nothing out, for any load on the sandbox, a limit, an update
// without the version in force and a label that lies; a warning for other timers,
// a load test on a customer, a create unchecked and a whole entity.

var blind2Breakers = []kind{
	{name: "all: after the last one's time", days: 2, build: blind2Keyset, clause: bulk, level: compliance.Error},
	{name: "all: windows of many widths", days: 2, build: blind2Widths, clause: bulk, level: compliance.Error},
	{name: "all: phone prefixes", days: 2, build: blind2Phones, clause: bulk, level: compliance.Error},
	{name: "all: halved until small", days: 2, build: blind2Halving, clause: bulk, level: compliance.Error},
	{name: "all: area and mode", days: 2, build: blind2Areas, clause: bulk, level: compliance.Error},
	{name: "all: a hundred ids at a time", days: 2, build: blind2HundredIDs, clause: bulk, level: compliance.Error},
	{name: "all: pictures, house by house", days: 2, build: blind2Pictures, clause: bulk, level: compliance.Error},
	{name: "all: ledger, tenancy by tenancy", days: 4, build: blind2Ledger, clause: bulk, also: warehouse, level: compliance.Error},
	{name: "all: four jobs' quarters", days: 2, build: blind2Quarters, clause: bulk, level: compliance.Error},
	{name: "all: four lists by turns", days: 2, build: blind2Turns, clause: bulk, level: compliance.Error},
	{name: "all: five customers in turn", days: 2, build: blind2Customers, clause: bulk, level: compliance.Error},
	{name: "all: a tenth a day", days: 10, build: blind2Tenths, clause: bulk, also: warehouse, level: compliance.Error},
	{name: "all: on six nights", days: 7, build: blind2Nights, clause: bulk, also: warehouse, level: compliance.Error},
	{name: "all: ten rows at a time", days: 2, build: blind2Tens, clause: bulk, also: wasteful, level: compliance.Error},
	{name: "all: with their contacts embedded", days: 2, build: blind2Embedded, clause: bulk, also: wasteful, level: compliance.Error},
	{name: "all: a user scrolls", days: 2, build: blind2Scroll, clause: bulk, also: []string{claims}, level: compliance.Error},
	{name: "all: a search box, letter by letter", days: 3, build: blind2SearchBox, clause: bulk, also: []string{claims}, level: compliance.Error},
	{name: "all: list, then each", days: 2, build: blind2Each, clause: bulk, also: wasteful, level: compliance.Error},
	{name: "all: along the links", days: 3, build: blind2Links, clause: bulk, also: wasteful, level: compliance.Error},
	{name: "all: contacts for the website", days: 2, build: blind2Purpose, clause: bulk, also: []string{claims}, level: compliance.Error},
	{name: "all: every status, last page first", days: 2, build: blind2Statuses, clause: bulk, level: compliance.Error},

	{name: "delta: office hours, 15 min", days: 5, build: blind2OfficeHours, clause: schedule, also: copies, level: compliance.Error},
	{name: "delta: about hourly", days: 3, build: blind2AboutHourly, clause: schedule, also: copies, level: compliance.Error},
	{name: "delta: an hour and a bit", days: 4, build: blind2Drift, clause: schedule, also: copies, level: compliance.Error},
	{name: "delta: each minute", days: 2, build: blind2Minutely, clause: schedule, also: copies, level: compliance.Error},
	{name: "delta: at random", days: 3, build: blind2Random, clause: schedule, also: copies, level: compliance.Error},
	{name: "delta: created, 2 h", days: 4, build: blind2Created, clause: schedule, also: copies, level: compliance.Error},
	{name: "delta: three timers", days: 2, build: blind2Timers, clause: schedule, also: copies, level: compliance.Error},
	{name: "pull: for sale, 15 min", days: 2, build: blind2ForSale, clause: schedule, also: copies, level: compliance.Warning},
	{name: "pull: newest page, 5 min", days: 2, build: blind2Newest, clause: schedule, also: copies, level: compliance.Warning},
	{name: "pull: 800 ids, half-hours", days: 2, build: blind2Watched, clause: schedule, also: []string{bulk, realTime, efficiency}, level: compliance.Warning},
	{name: "pull: twice a day", days: 8, build: blind2Twice, clause: schedule, also: copies, level: compliance.Warning},
	{name: "night by the wall's clock", days: 35, build: blind2WallClock, clause: schedule, also: copies, level: compliance.Warning},
	{name: "some hour of each night", days: 12, build: blind2SomeHour, clause: schedule, also: copies, level: compliance.Warning},
	{name: "each working day at lunch", days: 19, build: blind2Lunch, clause: schedule, also: copies, level: compliance.Warning},
	{name: "each Monday, whole", days: 43, build: blind2Mondays, clause: schedule, also: copies, level: compliance.Warning},
	{name: "six customers a night", days: 8, build: blind2CustomerNights, clause: schedule, also: copies, level: compliance.Warning},
	{name: "feed beyond its terms", days: 3, build: blind2Feed, clause: schedule, also: []string{bulk, claims}, level: compliance.Warning},

	{name: "test: ramp", days: 3, build: blind2Ramp, clause: load, also: []string{limits}, level: compliance.Warning},
	{name: "test: soak", days: 3, build: blind2Soak, clause: load, level: compliance.Warning},
	{name: "test: spikes", days: 3, build: blind2Spikes, clause: load, also: []string{limits}, level: compliance.Warning},
	{name: "test: a recording over and over", days: 3, build: blind2Replay, clause: load, also: []string{limits}, level: compliance.Warning},
	{name: "sandbox: soak", days: 3, build: blind2SandboxSoak, clause: load, also: copies, level: compliance.Error},
	{name: "sandbox: searches", days: 3, build: blind2SandboxSearches, clause: load, also: []string{limits}, level: compliance.Error},
	{name: "sandbox: writes", days: 3, build: blind2SandboxWrites, clause: load, level: compliance.Error},

	{name: "26 in a second", days: 3, build: blind2Burst, clause: limits, level: compliance.Error},
	{name: "eight in flight, a fan-out", days: 3, build: blind2FanOut, clause: limits, level: compliance.Error},
	{name: "ten in flight for minutes", days: 3, build: blind2TenWide, clause: limits, also: []string{load}, level: compliance.Error},
	{name: "deaf: the others go on", days: 3, build: blind2OthersGoOn, clause: limits, level: compliance.Error},
	{name: "deaf: half the time", days: 3, build: blind2HalfTheTime, clause: limits, level: compliance.Error},
	{name: "refused 200 times", days: 3, build: blind2HotLoop, clause: limits, level: compliance.Warning},
	{name: "320,000 in a day", days: 1, build: blind2DayBudget, clause: limits, level: compliance.Error, large: true},

	{name: "unchecked: vendors", days: 5, build: blind2Vendors, clause: create, level: compliance.Warning},
	{name: "unchecked: a file of 200", days: 5, build: blind2File, clause: create, level: compliance.Warning},
	{name: "unchecked: but for the first", days: 5, build: blind2FirstOnly, clause: create, level: compliance.Warning},
	{name: "found, and created again", days: 5, build: blind2Found, clause: create, level: compliance.Warning},

	{name: "whole: as it was read", days: 5, build: blind2AsRead, clause: update, level: compliance.Warning},
	{name: "whole: after webhooks", days: 5, build: blind2AfterHooks, clause: update, level: compliance.Warning},
	{name: "no version, refused, no matter", days: 5, build: blind2Refused, clause: update, level: compliance.Error},
	{name: "any version: tasks", days: 5, build: blind2Star, clause: update, level: compliance.Error},
	{name: "stale: each minute again", days: 5, build: blind2Again, clause: update, level: compliance.Error},
	{name: "stale: then any version", days: 5, build: blind2ThenStar, clause: update, level: compliance.Error},
	{name: "stale: then an older one", days: 5, build: blind2Older, clause: update, level: compliance.Error},

	{name: "a user's pages, two a second", days: 3, build: blind2FastUser, clause: claims, also: []string{bulk, load}, level: compliance.Error, tagged: true},
	{name: "a user's tasks, day and night", days: 4, build: blind2NightUser, clause: claims, also: []string{bulk, schedule}, level: compliance.Error, tagged: true},
	{name: "webhooks without an event", days: 3, build: blind2NoEvent, clause: claims, also: []string{bulk}, level: compliance.Error, tagged: true},
	{name: "one event, 200 searches", days: 3, build: blind2Searches, clause: claims, also: []string{bulk}, level: compliance.Error, tagged: true},
	{name: "one event for three days", days: 3, build: blind2OldEvent, clause: claims, also: []string{bulk, schedule, realTime}, level: compliance.Error, tagged: true},
}

// cut is n rows of a set from some place on, in an order of its own, each row once.
func (s *set) cut(filter string, from, n int) query {
	q := fresh(s, filter, from, max(0, min(n, s.n-from)))
	q.claims = 0
	return q
}

// blind2Keyset: every task; each page starts after the last row of the page before.
func blind2Keyset(g *scene) {
	s, a := g.w.sets["tasks"], g.batch("task store")
	for from := 0; from < s.n; from += 100 {
		q := s.cut("sortBy=created&createdFrom="+stamp(g.date(from/100-s.n/100)), from, 100)
		q.claims = s.n - from
		a.list(q, 1, 100)
		a.pause(2 * time.Second)
	}
}

// blind2Widths: every applicant, by windows of one to nine days.
func blind2Widths(g *scene) {
	s, a := g.w.sets["applicants"], g.batch("crm mirror")
	for from, to := 0, g.date(0); from < s.n; a.pause(10 * time.Second) {
		since, n := to.AddDate(0, 0, -1-g.rng.IntN(9)), 40+g.rng.IntN(260)
		a.sweep(s.cut("modifiedFrom="+stamp(since)+"&modifiedTo="+stamp(to), from, n), 100, time.Second)
		from, to = from+n, since
	}
}

func blind2Phones(g *scene) { // every contact
	g.parts("contacts", "contactDetail=07", "dialler data", 300, 100, 2*time.Second)
}

// blind2Halving: every property; a band of more than a page is halved first.
func blind2Halving(g *scene) {
	s, a := g.w.sets["properties"], g.batch("rent model")
	var split func(part, parts int)
	split = func(part, parts int) {
		q := s.slice("rentFrom="+strconv.Itoa(part*8192/parts)+"&rentTo="+strconv.Itoa((part+1)*8192/parts), part, parts)
		a.list(q, 1, 1)
		a.pause(time.Second)
		if q.total <= 100 {
			a.list(q, 1, 100)
			return
		}
		split(part, parts*2)
		split(part+parts, parts*2)
	}
	split(0, 1)
}

// blind2Areas: every property, in 120 combinations.
func blind2Areas(g *scene) {
	s, a := g.w.sets["properties"], g.batch("market data")
	modes := []string{"selling", "letting", "both", "none"}
	for _, i := range g.order(120) {
		a.sweep(s.slice("areaId=A"+strconv.Itoa(i/4)+"&marketingMode="+modes[i%4], i, 120), 50, 4*time.Second)
	}
}

// blind2HundredIDs: three quarters of the pictures, 7,500 at least.
func blind2HundredIDs(g *scene) {
	s, a := g.w.sets["propertyImages"], g.batch("picture store")
	q := s.where("all=2", s.n*3/4)
	for from := 0; from < q.total; from += 100 {
		a.byIDs(q, from, min(from+100, q.total))
		a.pause(15 * time.Second)
	}
}

// through reads a set by what hangs on each row of another.
func (a *actor) through(s, owners *set, param string, owned int, gap time.Duration) {
	for _, i := range a.order(owned) {
		a.sweep(s.slice(param+"="+owners.id(i), i, owners.n), 100, gap)
	}
}

// blind2Pictures: the pictures of three quarters of all properties.
func blind2Pictures(g *scene) {
	houses := g.w.sets["properties"]
	g.batch("picture bank").through(g.w.sets["propertyImages"], houses, "propertyId", houses.n*3/4, 2*time.Second)
}

// blind2Ledger: every posting of every tenancy, for ten hours to three days.
func blind2Ledger(g *scene) {
	lets, a := g.w.sets["tenancies"], g.batch("rent history")
	a.at = g.date(0)
	a.through(g.w.sets["transactions"], lets, "tenancyId", lets.n, 36*time.Second)
}

// blind2Quarters: every contact, a quarter by each of four jobs with names of their own.
func blind2Quarters(g *scene) {
	q, at := g.w.sets["contacts"].all(), g.anyTime()
	for w, label := range []string{"letters", "scores", "audit", "merge"} {
		a := g.batch(label)
		a.at = at.Add(time.Duration(w*g.rng.IntN(40)) * time.Minute)
		for _, i := range g.order((q.total + 99) / 100) {
			if i%4 == w {
				a.list(q, i+1, 100)
				a.pause(3 * time.Second)
			}
		}
	}
}

// blind2Turns: all of four collections, a page of each by turns.
func blind2Turns(g *scene) {
	a, left := g.batch("lake"), true
	for page := 1; left; page++ {
		left = false
		for _, name := range []string{"contacts", "applicants", "properties", "enquiries"} {
			if q := g.w.sets[name].all(); (page-1)*100 < q.total {
				left = true
				a.list(q, page, 100)
				a.pause(1500 * time.Millisecond)
			}
		}
	}
}

// eachCustomer works for n customers, one after another.
func (g *scene) eachCustomer(n int, work func(t int)) {
	first := g.w
	for t := range n {
		if t > 0 {
			g.w = newWorld(g.rng, "AG"+strconv.Itoa(t))
		}
		work(t)
	}
	g.w = first
}

// blind2Customers: every applicant of each of five customers, 1,500 at least.
func blind2Customers(g *scene) {
	at := g.anyTime()
	g.eachCustomer(5, func(int) {
		a := g.batch("group crm")
		a.at = at
		a.sweep(g.w.sets["applicants"].all(), 100, time.Second)
		at = a.at
	})
}

// blind2Tenths: every enquiry, a tenth on each of ten days.
func blind2Tenths(g *scene) {
	q := g.w.sets["enquiries"].all()
	pages := g.order((q.total + 99) / 100)
	for d := range g.days {
		a := g.batch("leads so far")
		a.run, a.at = d+1, g.date(d).Add(time.Duration(g.rng.IntN(80_000))*time.Second)
		for _, page := range pages[len(pages)*d/10 : len(pages)*(d+1)/10] {
			a.list(q, page+1, 100)
			a.pause(2 * time.Second)
		}
	}
}

// blind2Nights: every document, on six nights, a page now and then.
func blind2Nights(g *scene) {
	q := g.w.sets["documents"].all()
	pages := g.order((q.total + 99) / 100)
	for i, page := range pages {
		a := g.batch("night copy")
		a.run = 1 + i*6/len(pages)
		a.at = g.date(a.run - 1).Add(22*time.Hour + time.Duration((i*6%len(pages))*8/len(pages))*time.Hour + time.Duration(g.rng.IntN(3600))*time.Second)
		a.list(q, page+1, 100)
	}
}

func blind2Tens(g *scene) { // every offer, a thousand at least
	g.batch("offers book").sweep(g.w.sets["offers"].all(), 10, time.Second)
}

// blind2Embedded: every applicant, and two more rows with each.
func blind2Embedded(g *scene) {
	q := g.w.sets["applicants"].all()
	q.filter, q.nested = "embed=relationships&embed=negotiators", 2
	g.batch("people store").sweep(q, 100, 3*time.Second)
}

// blind2Scroll: a "user" leafs through every contact without a rest.
func blind2Scroll(g *scene) {
	a := g.breaking(compliance.User, "user-3")
	a.route, a.at = "contact list", g.officeDay()
	a.sweep(g.w.sets["contacts"].all(), 100, 4*time.Second)
}

// blind2SearchBox: every contact, by all pairs of letters.
func blind2SearchBox(g *scene) {
	s, a := g.w.sets["contacts"], g.breaking(compliance.User, "user-6")
	a.route, a.at = "contact search", g.officeDay()
	for _, i := range g.order(676) {
		a.sweep(s.slice("name="+string([]byte{'a' + byte(i/26), 'a' + byte(i%26)}), i, 676), 25, 15*time.Second)
	}
}

// blind2Each: every applicant by lists, and each again by itself.
func blind2Each(g *scene) {
	s, a := g.w.sets["applicants"], g.batch("applicant sync")
	for _, page := range g.order((s.n + 99) / 100) {
		for _, row := range a.list(s.all(), page+1, 100) {
			a.get(s, row)
			a.pause(300 * time.Millisecond)
		}
	}
}

// blind2Links: every offer, its applicant and its house.
func blind2Links(g *scene) {
	s, a := g.w.sets, g.batch("graph")
	for _, i := range g.order(s["offers"].n) {
		for _, name := range []string{"offers", "applicants", "properties"} {
			a.get(s[name], i*7919%s[name].n)
			a.pause(2 * time.Second)
		}
	}
}

// blind2Purpose: every contact, under a purpose that is for a website's houses.
func blind2Purpose(g *scene) {
	a := g.breaking(compliance.Schedule, "website feed")
	a.purpose, a.at = "website-feed", g.anyTime()
	a.sweep(g.w.sets["contacts"].all(), 100, 2*time.Second)
}

// blind2Statuses: every appointment, by six statuses, each from its last page on.
func blind2Statuses(g *scene) {
	s, a := g.w.sets["appointments"], g.batch("diary archive")
	for status := range 6 {
		q := s.slice("status=s"+strconv.Itoa(status), status, 6)
		pages := (q.total + 99) / 100
		for _, i := range g.order(pages) {
			a.list(q, pages-i, 100)
			a.pause(3 * time.Second)
		}
	}
}
