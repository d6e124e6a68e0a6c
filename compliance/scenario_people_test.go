package compliance_test

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Clean apps with a person at the screen.

// office is the day of an app's users: each sits down a few times and works a
// while; work makes the calls of one thing done.
func (g *scene) office(users, sittings int, hour func() time.Duration, weekends bool, work func(a *actor)) {
	for u := range users {
		keen := 0.4 + 1.2*g.rng.Float64()
		for d := range g.days {
			if !g.workday(d) && !weekends {
				continue
			}
			for range poisson(g.rng, float64(sittings)*keen) {
				a := g.user("user-"+strconv.Itoa(u), "")
				a.at = g.date(d).Add(hour())
				for range 3 + g.rng.IntN(12) {
					work(a)
					a.think()
				}
			}
		}
	}
}

func (g *scene) officeHour() time.Duration { return officeHour(g.rng) }
func (g *scene) anyHour() time.Duration    { return anyHour(g.rng) }

var towns = strings.Fields("Ashford Barnet Camden Dulwich Ealing Fulham Greenwich Hackney Islington Kew Lambeth Merton Newham Oxford Putney Richmond Sutton Tooting Upton Wembley")

// searchForm is a filter as a person fills it in: few are popular, many are rare.
func (a *actor) searchForm(s *set) query {
	var f strings.Builder
	town := towns[int(float64(len(towns))*a.rng.Float64()*a.rng.Float64())]
	fmt.Fprintf(&f, "address=%s", town)
	if a.rng.IntN(2) == 0 {
		fmt.Fprintf(&f, "&bedroomsFrom=%d", 1+a.rng.IntN(4))
	}
	if a.rng.IntN(3) == 0 {
		fmt.Fprintf(&f, "&priceTo=%d", 100_000*(2+a.rng.IntN(8)))
	}
	return s.where(f.String(), 1+int(about(a.rng, 30, 0.9)))
}

// byName searches people by what was typed.
func (a *actor) byName(s *set) query {
	name := string([]byte{letter(a.rng), 'a' + byte(a.rng.IntN(5))})
	return s.where("name="+name, 1+int(about(a.rng, 12, 1)))
}

// leaf pages through a result until bored.
func (a *actor) leaf(q query, size, most int) []int {
	var seen []int
	for page := 1; page <= most; page++ {
		seen = a.list(q, page, size)
		if page*size >= q.total || a.rng.Float64() < 0.6 {
			break
		}
		a.think()
	}
	return seen
}

// open opens a few of the rows shown.
func (a *actor) open(s *set, rows []int, most int) {
	for range min(len(rows), a.rng.IntN(most+1)) {
		a.think()
		a.get(s, rows[a.rng.IntN(len(rows))])
	}
}

// note changes one field, as the guideline asks: from a fresh read, only what changes.
func (a *actor) note(s *set, row int) {
	tag := a.get(s, row)
	a.think()
	a.patch(s, row, tag, `{"notes":"spoke at `+a.at.Format("15:04:05.000")+`"}`)
}

// addContact creates a contact after a uniqueness check, and reads it.
func (a *actor) addContact() {
	contacts, mail := a.w.sets["contacts"], email(a.rng)
	a.lookup(contacts, "email", mail, 0)
	a.think()
	a.follow(a.post(contacts, contactBody(mail, a.rng)), 1+a.rng.IntN(2))
}

func crmDesktop(g *scene) {
	s := g.w.sets
	g.office(2+g.rng.IntN(7), 4, g.officeHour, false, func(a *actor) {
		switch r := a.rng.Float64(); {
		case r < 0.30:
			a.on("contact search")
			a.open(s["contacts"], a.leaf(a.byName(s["contacts"]), 25, 3), 3)
		case r < 0.55:
			a.on("property").get(s["properties"], s["properties"].pick(a.rng))
		case r < 0.75:
			a.on("contact").get(s["contacts"], s["contacts"].pick(a.rng))
		case r < 0.87:
			a.on("contact edit").note(s["contacts"], s["contacts"].pick(a.rng))
		case r < 0.90:
			a.on("contact new").addContact()
		default:
			a.on("tasks").list(s["tasks"].where("negotiatorId=N"+strconv.Itoa(a.rng.IntN(40))+"&activityStatus=active", 18), 1, 25)
		}
	})
}

func crmMobile(g *scene) {
	s := g.w.sets
	g.office(3+g.rng.IntN(10), 3, g.anyHour, true, func(a *actor) {
		switch r := a.rng.Float64(); {
		case r < 0.4:
			day := a.at.Format("2006-01-02")
			a.on("my day").list(s["appointments"].where("negotiatorId="+a.label+"&start="+day+"T00:00:00Z&end="+day+"T23:59:59Z", 7), 1, 25)
		case r < 0.8:
			a.on("property card").get(s["properties"], s["properties"].pick(a.rng))
		default:
			a.on("journal").post(s["journalEntries"], `{"propertyId":"`+s["properties"].id(3)+`","description":"viewing done"}`)
		}
	})
}

func searchScreens(g *scene) {
	s := g.w.sets["properties"]
	g.office(3+g.rng.IntN(6), 5, g.officeHour, false, func(a *actor) {
		a.on("property search").open(s, a.leaf(a.searchForm(s), 25, 4), 4)
	})
}

// websiteSearch is a site whose visitors search live, day and night.
func websiteSearch(g *scene) {
	s := g.w.sets["properties"]
	g.office(120+g.rng.IntN(200), 1, g.anyHour, true, func(a *actor) {
		if a.rng.IntN(4) > 0 {
			return // most visitors leave early
		}
		a.on("site search").open(s, a.leaf(a.searchForm(s), 12, 3), 2)
	})
}

func infiniteScroll(g *scene) {
	s := g.w.sets["contacts"]
	g.office(2+g.rng.IntN(5), 2, g.officeHour, false, func(a *actor) {
		a.on("contact feed")
		q := s.where("officeId="+s.offices[a.rng.IntN(len(s.offices))]+"&active=true", s.n/3)
		for page := 1; page <= 1+a.rng.IntN(16); page++ {
			a.list(q, page, 25)
			a.wait(about(a.rng, 2*time.Second, 0.6))
		}
	})
}

// galleryScroll walks pictures, an eager thumb on a phone.
func galleryScroll(g *scene) {
	s := g.w.sets["propertyImages"]
	g.office(4+g.rng.IntN(8), 3, g.anyHour, true, func(a *actor) {
		q := s.where("propertyId="+g.w.sets["properties"].id(g.w.sets["properties"].pick(a.rng)), 6+a.rng.IntN(60))
		a.on("gallery")
		for page := 1; (page-1)*10 < q.total; page++ {
			a.list(q, page, 10)
			a.wait(about(a.rng, 1500*time.Millisecond, 0.5))
		}
	})
}

// exportButton is a user who takes one filtered list of up to 500 rows away.
func exportButton(g *scene) {
	s := g.w.sets["applicants"]
	crmDesktop(g)
	for d := range g.days {
		if !g.workday(d) || g.rng.IntN(3) > 0 {
			continue
		}
		a := g.user("user-1", "export")
		a.at = g.date(d).Add(g.officeHour())
		q := s.where("marketingConsent=grant&officeId="+s.offices[0], 150+g.rng.IntN(350))
		for page := 1; (page-1)*100 < q.total; page++ {
			a.list(q, page, 100)
		}
	}
}

// boardPack is the manager's afternoon before the board meets: a dozen lists,
// each read to its end.
func boardPack(g *scene) {
	names := []string{"offers", "tenancies", "landlords", "applicants"}
	searchScreens(g)
	for d := range g.days {
		if g.date(d).Weekday() != time.Thursday {
			continue
		}
		a := g.user("manager", "board pack")
		a.at = g.date(d).Add(14*time.Hour + time.Duration(g.rng.IntN(7200))*time.Second)
		for i := range 8 + g.rng.IntN(5) {
			s := g.w.sets[names[i%len(names)]]
			q := s.where("createdFrom=2026-02-01T00:00:00Z&status=s"+strconv.Itoa(i), 10+g.rng.IntN(120))
			for page := 1; (page-1)*50 < q.total; page++ {
				a.list(q, page, 50)
				a.wait(about(a.rng, 700*time.Millisecond, 0.4))
			}
			a.think()
		}
	}
}

func reportSmallPages(g *scene) {
	s := g.w.sets["offers"]
	crmMobile(g)
	for d := range g.days {
		if !g.workday(d) {
			continue
		}
		for range g.rng.IntN(3) {
			a := g.user("user-0", "offers report")
			a.at = g.date(d).Add(g.officeHour())
			q := s.where("dateFrom=2026-0"+strconv.Itoa(1+g.rng.IntN(2))+"-01T00:00:00Z", 60+g.rng.IntN(140))
			for page := 1; (page-1)*25 < q.total; page++ {
				a.list(q, page, 25)
				a.wait(about(a.rng, 2*time.Second, 0.5))
			}
		}
	}
}

// statementRun is a bookkeeper who prints the month's statements, landlord by landlord.
func statementRun(g *scene) {
	s, landlords := g.w.sets["transactions"], g.w.sets["landlords"]
	crmDesktop(g)
	for d := range g.days {
		if g.date(d).Weekday() != time.Tuesday {
			continue
		}
		a := g.user("bookkeeper", "statements")
		a.at = g.date(d).Add(g.officeHour())
		for range 20 + g.rng.IntN(60) {
			id := landlords.id(landlords.pick(g.rng))
			a.list(s.where("landlordId="+id+"&createdFrom=2026-02-01T00:00:00Z", 1+g.rng.IntN(40)), 1, 100)
			a.wait(about(a.rng, 8*time.Second, 0.5))
		}
	}
}

func callList(g *scene) {
	s := g.w.sets["contacts"]
	g.office(1, 2, g.officeHour, false, func(a *actor) { a.on("contact search").leaf(a.byName(s), 25, 2) })
	for d := range g.days {
		if !g.workday(d) {
			continue
		}
		for u := range 1 + g.rng.IntN(3) {
			a := g.user("caller-"+strconv.Itoa(u), "call list")
			a.at = g.date(d).Add(9 * time.Hour)
			row := g.rng.IntN(s.n)
			for range 50 + g.rng.IntN(60) {
				row = (row + 1 + g.rng.IntN(40)) % s.n
				a.get(s, row)
				a.wait(about(a.rng, 4*time.Minute, 0.6))
				if a.at.Hour() >= 18 {
					break
				}
			}
		}
	}
}

// supportDesk opens whatever its callers ask about, in long and odd hours.
func supportDesk(g *scene) {
	s := g.w.sets
	g.office(3+g.rng.IntN(3), 7, g.anyHour, true, func(a *actor) {
		name := []string{"contacts", "properties", "tenancies", "applicants"}[a.rng.IntN(4)]
		a.on("case").get(s[name], s[name].pick(a.rng))
		if a.rng.IntN(3) == 0 {
			a.get(s["contacts"], a.rng.IntN(s["contacts"].n))
		}
		a.wait(time.Minute)
	})
}

// conflictShown is an app that puts a stale write before its user, who decides.
func conflictShown(g *scene) {
	s := g.w.sets["properties"]
	g.office(3+g.rng.IntN(4), 4, g.officeHour, false, func(a *actor) {
		row := s.pick(a.rng)
		a.on("property edit")
		tag := a.get(s, row)
		a.think()
		if a.rng.IntN(5) > 0 {
			a.patch(s, row, tag, `{"price":`+strconv.Itoa(200_000+a.rng.IntN(99_999))+`}`)
			return
		}
		body := `{"notes":"offer of ` + strconv.Itoa(a.rng.IntN(999_999)) + `"}`
		s.versions[row]++ // another app was first
		a.stale(s, row, tag, body)
		tag = a.get(s, row)
		a.think()
		a.patch(s, row, tag, body)
	})
}

// reassign is a manager who moves a leaver's properties, one after another.
func reassign(g *scene) {
	s := g.w.sets["properties"]
	searchScreens(g)
	for d := range g.days {
		if !g.workday(d) || g.rng.IntN(4) > 0 {
			continue
		}
		a := g.user("manager", "reassign")
		a.at = g.date(d).Add(g.officeHour())
		q := s.where("negotiatorId=N"+strconv.Itoa(g.rng.IntN(30)), 30+g.rng.IntN(80))
		for page := 1; (page-1)*100 < q.total; page++ {
			for _, row := range a.list(q, page, 100) {
				tag := a.get(s, row)
				a.patch(s, row, tag, `{"negotiatorId":"M`+strconv.Itoa(g.rng.IntN(30))+`"}`)
				a.wait(about(a.rng, 500*time.Millisecond, 0.5))
			}
		}
	}
}

// whatsNew is a screen that shows what came in since the user last looked.
func whatsNew(g *scene) {
	s := g.w.sets["enquiries"]
	made := s.changes(g.rng, g.date(0), g.days, 60)
	crmDesktop(g)
	for u := range 1 + g.rng.IntN(3) {
		last := g.date(0)
		for d := range g.days {
			if !g.workday(d) {
				continue
			}
			a := g.user("user-"+strconv.Itoa(u), "inbox")
			a.at = g.date(d).Add(8*time.Hour + time.Duration(g.rng.IntN(3600))*time.Second)
			for range 2 + g.rng.IntN(5) {
				seen := a.at
				a.list(s.these("createdFrom="+stamp(last), between(made, last, a.at)), 1, 25)
				last = seen
				a.wait(about(a.rng, 80*time.Minute, 0.8))
			}
		}
	}
}

// sinceYesterday is a screen of what changed since yesterday, opened at will.
func sinceYesterday(g *scene) {
	s := g.w.sets["properties"]
	made := s.changes(g.rng, g.date(0), g.days, 80)
	g.office(2+g.rng.IntN(4), 3, g.officeHour, false, func(a *actor) {
		from := a.at.Truncate(day).Add(-day)
		a.on("changes").open(s, a.leaf(s.these("modifiedFrom="+stamp(from), between(made, from, a.at)), 25, 3), 3)
	})
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// assistant answers questions in words: each takes a few reads at once.
func assistant(g *scene) {
	s := g.w.sets
	g.office(5+g.rng.IntN(10), 2, g.anyHour, true, func(a *actor) {
		a.on("assistant")
		rows := a.list(a.searchForm(s["properties"]), 1, 10)
		for range min(len(rows), 2+a.rng.IntN(4)) {
			a.get(s["properties"], rows[a.rng.IntN(len(rows))])
		}
		a.get(s["contacts"], s["contacts"].pick(a.rng))
	})
}

// agencies is one app with many small customers.
func agencies(g *scene) {
	first := g.w
	for t := range 6 + g.rng.IntN(8) {
		if t > 0 {
			g.w = newWorld(g.rng, "AG"+strconv.Itoa(t))
		}
		s := g.w.sets
		g.office(1+g.rng.IntN(2), 2, g.officeHour, false, func(a *actor) {
			a.on("contact").open(s["contacts"], a.leaf(a.byName(s["contacts"]), 25, 2), 2)
		})
	}
	g.w = first
}

var people = []kind{
	{name: "crm desktop", days: 7, build: crmDesktop},
	{name: "crm on the road", days: 7, build: crmMobile, held: true},
	{name: "search screens", days: 7, build: searchScreens},
	{name: "website search, live", days: 7, build: websiteSearch, held: true},
	{name: "infinite scroll", days: 7, build: infiniteScroll},
	{name: "gallery", days: 7, build: galleryScroll, held: true},
	{name: "export of 500", days: 7, build: exportButton},
	{name: "board pack", days: 7, build: boardPack, held: true},
	{name: "report, small pages", days: 7, build: reportSmallPages},
	{name: "statement run", days: 7, build: statementRun, held: true},
	{name: "call list", days: 7, build: callList},
	{name: "support desk", days: 7, build: supportDesk, held: true},
	{name: "conflict shown to the user", days: 7, build: conflictShown},
	{name: "reassign by hand", days: 7, build: reassign, held: true},
	{name: "changes since yesterday", days: 14, build: sinceYesterday},
	{name: "new since last look", days: 14, build: whatsNew, held: true},
	{name: "many small agencies", days: 7, build: agencies},
	{name: "assistant", days: 7, build: assistant, held: true},
}
