package compliance_test

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// Clean apps without a person at the screen: what webhooks, clocks and
// deployments make them read is what they need at that moment.

// react handles each change pushed to the app: a read of what changed, at times
// one of what hangs on it, at times a write.
func (g *scene) react(s *set, pushed []change, related *set, writes float64) {
	for _, c := range pushed {
		s.versions[c.row]++
		a := g.actor(compliance.Webhook, s.name+" changed", "POST /hooks")
		a.at = c.at.Add(about(g.rng, 900*time.Millisecond, 0.7))
		a.event(s, c.row)
		tag := a.get(s, c.row)
		if related != nil && g.rng.Float64() < 0.4 {
			a.get(related, (c.row*7)%related.n)
		}
		if g.rng.Float64() < writes {
			a.patch(s, c.row, tag, `{"notes":"synced `+strconv.Itoa(g.rng.IntN(1e9))+`"}`)
		}
	}
}

func webhookSync(g *scene) {
	s := g.w.sets["applicants"]
	g.react(s, s.changes(g.rng, g.date(0), g.days, 80+g.rng.Float64()*500), g.w.sets["contacts"], 0.3)
}

// leaver is the burst of webhooks when a negotiator leaves and all his
// properties pass to others within minutes.
func leaver(g *scene) {
	s := g.w.sets["properties"]
	g.react(s, s.changes(g.rng, g.date(0), g.days, 60+g.rng.Float64()*200), nil, 0.1)
	for d := range g.days {
		if !g.workday(d) || g.rng.IntN(6) > 0 {
			continue
		}
		at := g.date(d).Add(g.officeHour())
		var pushed []change
		first, step := g.rng.IntN(s.n), 1+g.rng.IntN(9)
		for i := range 150 + g.rng.IntN(400) {
			at = at.Add(about(g.rng, 700*time.Millisecond, 0.8))
			pushed = append(pushed, change{at, (first + i*step) % s.n})
		}
		g.react(s, pushed, nil, 0)
	}
}

// matching looks for properties for each applicant as he signs up or changes.
func matching(g *scene) {
	s, buyers := g.w.sets["properties"], g.w.sets["applicants"]
	for _, c := range buyers.changes(g.rng, g.date(0), g.days, 30+g.rng.Float64()*80) {
		a := g.actor(compliance.Webhook, "match applicant", "POST /hooks")
		a.at = c.at.Add(2 * time.Second)
		a.event(buyers, c.row)
		a.get(buyers, c.row)
		q := a.searchForm(s)
		for page := 1; page <= 2 && (page-1)*50 < q.total; page++ {
			a.list(q, page, 50)
		}
	}
}

// buyersForProperty looks the other way: who may want this new property?
func buyersForProperty(g *scene) {
	s, buyers := g.w.sets["properties"], g.w.sets["applicants"]
	for _, c := range s.changes(g.rng, g.date(0), g.days, 6+g.rng.Float64()*20) {
		a := g.actor(compliance.Webhook, "match property", "POST /hooks")
		a.at = c.at.Add(3 * time.Second)
		a.event(s, c.row)
		a.get(s, c.row)
		q := buyers.where("priceFrom="+strconv.Itoa(100_000*(1+g.rng.IntN(9)))+"&bedrooms="+strconv.Itoa(1+g.rng.IntN(5))+"&active=true", 20+g.rng.IntN(200))
		for page := 1; page <= 3 && (page-1)*100 < q.total; page++ {
			a.list(q, page, 100)
		}
		for range g.rng.IntN(4) {
			a.post(g.w.sets["journalEntries"], `{"description":"sent particulars"}`)
		}
	}
}

// diaryAtNine shows each office its day as it opens.
func diaryAtNine(g *scene) {
	s := g.w.sets["appointments"]
	for d := range g.days {
		if !g.workday(d) {
			continue
		}
		for _, office := range s.offices {
			a := g.actor(compliance.Schedule, "diary", "diary")
			a.at = g.date(d).Add(9*time.Hour + time.Duration(g.rng.IntN(20))*time.Second)
			date := g.date(d).Format("2006-01-02")
			q := s.where("officeId="+office+"&start="+date+"T00:00:00Z", 8+g.rng.IntN(40))
			rows := a.list(q, 1, 100)
			for _, row := range rows[:min(len(rows), 5)] {
				a.get(g.w.sets["properties"], row%g.w.sets["properties"].n)
			}
		}
	}
	crmMobile(g)
}

// reminders sends each of today's visitors a message: it reads what it sends, and sends it.
func reminders(g *scene) {
	s := g.w.sets
	for d := range g.days {
		if !g.workday(d) {
			continue
		}
		a := g.actor(compliance.Schedule, "reminders", "reminders")
		a.at = g.date(d).Add(8 * time.Hour)
		for _, row := range a.list(s["appointments"].where("start="+g.date(d).Format("2006-01-02")+"T00:00:00Z", 12+g.rng.IntN(30)), 1, 100) {
			a.get(s["contacts"], (row*31)%s["contacts"].n)
			a.wait(about(a.rng, 600*time.Millisecond, 0.3)) // the message goes out
			tag := a.get(s["appointments"], row)
			a.patch(s["appointments"], row, tag, `{"metadata":{"reminded":"`+stamp(a.at)+`"}}`)
		}
	}
}

var reference = []string{"offices", "negotiators", "departments", "areas"}

// warmUp reads the reference data an app needs to start.
func (a *actor) warmUp() {
	for _, name := range reference {
		s := a.w.sets[name]
		for page := 1; (page-1)*100 < s.n; page++ {
			a.list(s.all(), page, 100)
		}
	}
	for _, name := range []string{"appointmentTypes", "contactCategories", "agencyTypes", "documentTypes"} {
		a.send("GET", "/configuration/"+name, 200, 80*time.Millisecond, func(c *call) {
			c.got = []byte(`[{"id":"A","value":"a"},{"id":"B","value":"b"}]`)
			c.rows = 2
		})
	}
}

func restarts(g *scene) {
	crmDesktop(g)
	for d := range g.days {
		for range 1 + g.rng.IntN(6) {
			a := g.actor(compliance.System, "start", "start")
			a.at = g.date(d).Add(g.anyHour())
			a.warmUp()
		}
	}
}

// nightlyDeploy starts four processes at the same minute each morning.
func nightlyDeploy(g *scene) {
	searchScreens(g)
	for d := range g.days {
		for p := range 4 {
			a := g.actor(compliance.System, "start", "start")
			a.at = g.date(d).Add(5*time.Hour + time.Duration(p*20+g.rng.IntN(10))*time.Second)
			a.warmUp()
		}
	}
}

// dashboard asks every minute in office hours for the newest tasks.
func dashboard(g *scene) {
	s := g.w.sets["tasks"]
	made := s.changes(g.rng, g.date(0).Add(-day), g.days+1, 90)
	for d := range g.days {
		if !g.workday(d) {
			continue
		}
		a := g.actor(compliance.Schedule, "dashboard", "dashboard")
		a.at = g.date(d).Add(8 * time.Hour)
		for a.at.Hour() < 18 {
			newest := between(made, a.at.Add(-day), a.at)
			a.list(s.these("sortBy=-created&activityStatus=active", newest), 1, 25)
			a.wait(time.Minute)
		}
	}
}

// wallboard shows four counts and the next viewings, all day, every five minutes.
func wallboard(g *scene) {
	s := g.w.sets
	a := g.actor(compliance.Schedule, "wallboard", "wallboard")
	for a.at = g.date(0); a.at.Before(g.date(g.days)); a.wait(5 * time.Minute) {
		for _, name := range []string{"enquiries", "offers", "tenancies", "applicants"} {
			a.list(s[name].where("createdFrom="+a.at.Format("2006-01-02")+"T00:00:00Z", 20+a.at.Hour()), 1, 1)
		}
		a.list(s["appointments"].where("start="+a.at.Format("2006-01-02"), 15), 1, 25)
	}
	crmMobile(g)
}

// heartbeat asks every half minute whether the platform is there.
func heartbeat(g *scene) {
	a := g.actor(compliance.System, "heartbeat", "heartbeat")
	for a.at = g.date(0); a.at.Before(g.date(g.days)); a.wait(30 * time.Second) {
		a.list(g.w.sets["offices"].all(), 1, 1)
	}
}

// imported brings rows in from elsewhere, each with its uniqueness check.
func (g *scene) imported(rows int, at time.Time, gap time.Duration, entity string) {
	a := g.actor(compliance.Batch, "import", "import")
	a.at = at
	for range rows {
		mail := email(g.rng)
		a.lookup(g.w.sets["contacts"], "email", mail, 0)
		where := a.post(g.w.sets["contacts"], contactBody(mail, g.rng))
		a.follow(where, 1)
		if entity != "" {
			a.lookup(g.w.sets[entity], "email", mail, 0)
			a.post(g.w.sets[entity], relatedBody(where))
		}
		a.wait(about(g.rng, gap, 0.5))
	}
}

func migration50(g *scene) {
	g.imported(50, g.date(1).Add(g.officeHour()), time.Second, "")
	crmDesktop(g)
}

func onboarding(g *scene) {
	for d := range g.days {
		if g.workday(d) && g.rng.IntN(2) == 0 {
			g.imported(40+g.rng.IntN(110), g.date(d).Add(g.officeHour()), 3*time.Second, "landlords")
		}
	}
	crmMobile(g)
}

// integrationTests is a suite of a CI run against the sandbox: fewer than 500 calls.
func (g *scene) integrationTests(at time.Time, calls int) {
	s := g.w.sets
	a := g.actor(compliance.Batch, "ci", "ci")
	a.at = at
	for range calls / 5 {
		row := g.rng.IntN(12)
		a.list(s["contacts"].where("name=test", 3), 1, 25)
		tag := a.get(s["contacts"], row)
		a.patch(s["contacts"], row, tag, `{"notes":"ci `+strconv.Itoa(g.rng.IntN(1e9))+`"}`)
		mail := email(g.rng)
		a.lookup(s["contacts"], "email", mail, 0)
		a.post(s["contacts"], contactBody(mail, g.rng))
		a.wait(about(g.rng, 2*time.Second, 0.7)) // the test's own work
	}
}

func ciByDay(g *scene) {
	g.w = newWorld(g.rng, "SBOX")
	for d := range g.days {
		if g.workday(d) {
			for range g.rng.IntN(7) {
				g.integrationTests(g.date(d).Add(g.officeHour()), 100+g.rng.IntN(380))
			}
		}
	}
}

func ciByNight(g *scene) {
	g.w = newWorld(g.rng, "SBOX")
	for d := range g.days {
		g.integrationTests(g.date(d).Add(2*time.Hour), 250+g.rng.IntN(200))
	}
}

// stormy is an app whose platform fails for some minutes: it backs off.
func stormy(g *scene) {
	crmDesktop(g)
	s := g.w.sets["properties"]
	for d := range g.days {
		at := g.date(d).Add(g.officeHour())
		for range 10 + g.rng.IntN(30) {
			a := g.user("user-1", "property")
			a.at = at.Add(time.Duration(g.rng.IntN(240)) * time.Second)
			pause := time.Second
			path := "/properties/" + s.id(s.pick(g.rng))
			for range 4 {
				a.send("GET", path, 503, 50*time.Millisecond, nil)
				a.wait(about(g.rng, pause, 0.3))
				pause *= 3
			}
		}
	}
}

// throttled meets a 429 now and then, though it paces itself, and waits as told.
func throttled(g *scene) {
	searchScreens(g)
	s := g.w.sets["properties"]
	for d := range g.days {
		for range g.rng.IntN(3) {
			a := g.user("user-1", "property")
			a.at = g.date(d).Add(6 * time.Hour) // before the offices open: nobody else calls
			a.wait(time.Duration(g.rng.IntN(3600)) * time.Second)
			row := s.pick(g.rng)
			a.send("GET", "/properties/"+s.id(row), 429, 20*time.Millisecond, func(c *call) {
				c.answer = http.Header{"Retry-After": {"2"}}
			})
			a.wait(2*time.Second + about(g.rng, 300*time.Millisecond, 0.4))
			a.get(s, row)
			a.wait(5 * time.Minute)
		}
	}
}

// signing carries each new tenancy through its signatures.
func signing(g *scene) {
	s := g.w.sets
	for _, c := range s["tenancies"].changes(g.rng, g.date(0), g.days, 15+g.rng.Float64()*40) {
		a := g.actor(compliance.Webhook, "sign", "POST /hooks")
		a.at = c.at.Add(time.Second)
		a.event(s["tenancies"], c.row)
		tag := a.get(s["tenancies"], c.row)
		a.get(s["contacts"], (c.row*13)%s["contacts"].n)
		a.get(s["properties"], (c.row*17)%s["properties"].n)
		a.post(s["documents"], `{"associatedType":"tenancy","typeId":"TOB"}`)
		a.patch(s["tenancies"], c.row, tag, `{"metadata":{"signed":"`+stamp(a.at)+`"}}`)
	}
}

// feed keeps a website's properties as the platform advises: a seed by filter,
// hourly changes in office hours, ids once a day. Its purpose is declared.
func (g *scene) feed(every time.Duration, offices int) {
	s := g.w.sets["properties"]
	shown := s.where("internetAdvertising=true&sellingStatus=forSale", min(s.n, offices*140))
	made := s.changes(g.rng, g.date(0).Add(-day), g.days+1, float64(12*offices))
	at := func(t time.Time) *actor {
		a := g.actor(compliance.Schedule, "website feed", "website feed")
		a.purpose, a.at = "website-feed", t
		return a
	}
	a := at(g.date(0).Add(6 * time.Hour))
	for page := 1; (page-1)*100 < shown.total; page++ {
		a.list(shown, page, 100)
	}
	last := a.at
	for d := range g.days {
		if g.date(d).Weekday() == time.Sunday {
			continue
		}
		for t := g.date(d).Add(7 * time.Hour); t.Hour() < 19; t = t.Add(every) {
			a := at(t.Add(time.Duration(g.rng.IntN(8)) * time.Second))
			began := a.at
			q := s.these(shown.filter+"&modifiedFrom="+stamp(last), between(made, last, a.at))
			for page := 1; page == 1 || (page-1)*100 < q.total; page++ {
				a.list(q, page, 100)
			}
			last = began
		}
		a := at(g.date(d).Add(19*time.Hour + 30*time.Minute))
		for from := 0; from < shown.total; from += 100 {
			a.byIDs(shown, from, min(from+100, shown.total))
		}
	}
}

// byIDs reads rows [from, to) of q with repeated id filters.
func (a *actor) byIDs(q query, from, to int) {
	var filter []byte
	rows := make([]int, 0, to-from)
	for i := from; i < to; i++ {
		if i > from {
			filter = append(filter, '&')
		}
		filter = append(append(filter, "id="...), q.set.id(q.at(i))...)
		rows = append(rows, q.at(i))
	}
	a.list(q.set.these(string(filter), rows), 1, 100)
}

func websiteFeed(g *scene)  { g.feed(time.Hour, 8) }
func websiteFeed2(g *scene) { g.feed(2*time.Hour, 1+g.rng.IntN(3)) }

func seeded(seed uint64, name string) *rand.Rand {
	h := uint64(14695981039346656037)
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 1099511628211
	}
	return rand.New(rand.NewPCG(seed, h))
}

var jobs = []kind{
	{name: "webhook sync", days: 7, build: webhookSync},
	{name: "leaving negotiator", days: 7, build: leaver, held: true},
	{name: "applicant matching", days: 7, build: matching},
	{name: "property matching", days: 7, build: buyersForProperty, held: true},
	{name: "diary at nine", days: 21, build: diaryAtNine},
	{name: "viewing reminders", days: 21, build: reminders, held: true},
	{name: "restarts with caches", days: 7, build: restarts},
	{name: "deploy each morning", days: 14, build: nightlyDeploy, held: true},
	{name: "dashboard", days: 7, build: dashboard},
	{name: "wallboard", days: 7, build: wallboard, held: true},
	{name: "heartbeat", days: 3, build: heartbeat},
	{name: "migration of 50", days: 7, build: migration50},
	{name: "onboarding imports", days: 7, build: onboarding, held: true},
	{name: "ci by day", days: 7, build: ciByDay},
	{name: "ci by night", days: 14, build: ciByNight, held: true},
	{name: "platform storm", days: 7, build: stormy},
	{name: "throttled politely", days: 7, build: throttled, held: true},
	{name: "signing", days: 7, build: signing, held: true},
	{name: "website feed", days: 14, build: websiteFeed, declared: true},
	{name: "website feed, small", days: 14, build: websiteFeed2, declared: true, held: true},
}
