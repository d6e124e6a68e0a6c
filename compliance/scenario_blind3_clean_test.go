package compliance_test

import (
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// The third blind family: kinds that were written from the guidelines alone and
// scored once. Its clean apps are busy ones, for the most part, with some hundred
// to some thousand calls a day.

var blind3Clean = []kind{
	{name: "queue of three topics", days: 4, build: queueWorker},
	{name: "webhooks after an outage", days: 5, build: redelivered},
	{name: "search with counts", days: 3, build: facets},
	{name: "map, pan by pan", days: 4, build: mapPans},
	{name: "bot on a messenger", days: 4, build: messengerBot},
	{name: "pull to refresh", days: 3, build: pullToRefresh},
	{name: "plug-in for the mail program", days: 4, build: mailPlugin},
	{name: "tenants' app", days: 5, build: tenantsApp},
	{name: "slots to choose from", days: 4, build: slotPicker},
	{name: "walk-ins by phone or name", days: 5, build: walkIns},
	{name: "open day", days: 5, build: openDay},
	{name: "visitors of a fair, a file", days: 5, build: fairVisitors},
	{name: "price review, a file", days: 5, build: priceReview},
	{name: "chosen applicants closed", days: 5, build: closeChosen},
	{name: "grid that saves each cell", days: 5, build: savingGrid},
	{name: "cards asked anew by their tags", days: 4, build: revalidated},
	{name: "some dozen customers", days: 3, build: dozensOfCustomers},
	{name: "searches through an outage", days: 4, build: throughOutage},
	{name: "held back, as one", days: 4, build: heldBack},
	{name: "night shift abroad", days: 5, build: nightShift},
	{name: "one login at the desk", days: 5, build: deskLogin},
	{name: "touch screen", days: 5, build: touchScreen},
	{name: "two hours before each viewing", days: 10, build: twoHoursBefore},
	{name: "two of the same?", days: 5, build: sameTwo},
	{name: "a developer's sandbox", days: 5, build: developer},
	{name: "questions to the journal", days: 5, build: journalQuestions},
	{name: "inventory with pictures", days: 5, build: inventory},
}

// live is a filter over what the agency works on now, which is all that public
// screens show.
func (s *set) live(filter string, total int) query {
	now := set{name: s.name, n: s.active}
	q := now.where(filter, total)
	q.set = s
	return q
}

// visits are an app's callers of a day whom nobody names: so many in the mean, at
// all hours.
func (g *scene) visits(mean float64, route string, visit func(a *actor)) {
	for d := range g.days {
		for range poisson(g.rng, mean) {
			a := g.user("", route)
			a.at = g.date(d).Add(g.anyHour())
			visit(a)
		}
	}
}

// messengerBot knows who writes by his number, and answers with three houses.
func messengerBot(g *scene) {
	s := g.w.sets
	g.visits(150+g.rng.Float64()*350, "bot", func(a *actor) {
		a.lookup(s["contacts"], "contactDetail", phone(a), a.rng.IntN(2))
		for range 1 + a.rng.IntN(4) {
			a.list(s["properties"].live(a.wish(), 3+a.rng.IntN(40)), 1, 3)
			a.think()
		}
		if a.rng.IntN(5) == 0 {
			a.post(s["enquiries"], `{"source":"messenger"}`)
		}
	})
}

// wish is what somebody looks for: few wishes are common, many are rare.
func (a *actor) wish() string {
	town := towns[int(float64(len(towns))*a.rng.Float64()*a.rng.Float64())]
	return "address=" + town + "&bedroomsFrom=" + strconv.Itoa(1+a.rng.IntN(4)) + "&priceTo=" + strconv.Itoa(50_000*(3+a.rng.IntN(12)))
}

func phone(a *actor) string { return "07" + strconv.Itoa(100_000_000+a.rng.IntN(899_999_999)) }

// slotPicker shows visitors when a negotiator is free; one in five takes a slot.
func slotPicker(g *scene) {
	s := g.w.sets
	g.visits(80+g.rng.Float64()*200, "slots", func(a *actor) {
		who := "negotiatorId=N" + strconv.Itoa(a.rng.IntN(15))
		for ahead := range 2 + a.rng.IntN(4) {
			on := a.at.AddDate(0, 0, ahead).Format(time.DateOnly)
			a.list(s["appointments"].live(who+"&start="+on, 3+a.rng.IntN(9)), 1, 25)
			a.think()
		}
		if a.rng.IntN(5) == 0 {
			mail := email(a.rng)
			if known := a.rng.IntN(2); known == 1 {
				a.lookup(s["contacts"], "email", mail, 1)
			} else {
				a.lookup(s["contacts"], "email", mail, 0)
				a.follow(a.post(s["contacts"], contactBody(mail, a.rng)), 1)
			}
			a.post(s["appointments"], `{"typeId":"VW"}`)
		}
	})
}

// walkIns registers who comes in: by his number, or by his name where he leaves none.
func walkIns(g *scene) {
	people := g.w.sets["contacts"]
	g.office(2+g.rng.IntN(4), 2, g.officeHour, false, func(a *actor) {
		a.on("register")
		forename, surname := "F"+strconv.Itoa(a.rng.IntN(999)), "S"+strconv.Itoa(a.rng.IntN(99_999))
		body := `{"forename":"` + forename + `","surname":"` + surname + `","officeIds":["OXF"]`
		key, value := "name", forename+" "+surname
		if a.rng.IntN(3) > 0 {
			key, value = "contactDetail", phone(a)
			body += `,"mobilePhone":"` + value + `"`
		}
		if known := a.rng.IntN(3); known == 0 {
			a.lookup(people, key, value, 1)
			a.note(people, people.pick(a.rng))
			return
		}
		a.lookup(people, key, value, 0)
		a.think()
		where := a.post(people, body+"}")
		a.follow(where, 1+a.rng.IntN(2))
		a.lookup(g.w.sets["applicants"], "contactId", lastSegment(where), 0)
		a.post(g.w.sets["applicants"], relatedBody(where))
	})
}

// openDay takes down everybody who comes to see a house within three hours.
func openDay(g *scene) {
	people, opens := g.w.sets["contacts"], g.date(g.rng.IntN(5)).Add(10*time.Hour)
	for range 60 + g.rng.IntN(60) {
		a := g.user("tablet-"+strconv.Itoa(g.rng.IntN(2)), "open day")
		a.at = opens.Add(time.Duration(g.rng.IntN(3*3600)) * time.Second)
		mail := email(g.rng)
		if g.rng.IntN(3) == 0 {
			a.lookup(people, "email", mail, 1)
			a.amend(people, people.pick(g.rng), newNote(a))
			continue
		}
		a.lookup(people, "email", mail, 0)
		a.follow(a.post(people, contactBody(mail, g.rng)), 1)
		a.post(g.w.sets["journalEntries"], `{"description":"open day"}`)
	}
	searchScreens(g)
}

// fairVisitors is a file of 150 to 300 people that a user uploads: each is looked
// for by his address and by his number before he is created.
func fairVisitors(g *scene) {
	people := g.w.sets["contacts"]
	a := g.actor(compliance.Batch, "upload", "upload")
	a.at = g.date(g.rng.IntN(5)).Add(g.officeHour())
	for range 150 + g.rng.IntN(150) {
		mail := email(g.rng)
		known := g.rng.IntN(6) / 5
		if a.lookup(people, "email", mail, known); known == 0 {
			a.lookup(people, "contactDetail", phone(a), 0)
			a.post(people, contactBody(mail, g.rng))
		}
		a.wait(about(g.rng, 800*time.Millisecond, 0.4))
	}
	crmDesktop(g)
}

// priceReview is a file of new prices that a user uploads: the houses it names are
// read by their ids, and their prices set, unless they are set already.
func priceReview(g *scene) {
	s := g.w.sets["properties"]
	a := g.actor(compliance.Batch, "price review", "price review")
	a.at = g.date(g.rng.IntN(5)).Add(g.officeHour())
	q := s.where("review", 120+g.rng.IntN(180))
	for from := 0; from < q.total; from += 50 {
		to := min(from+50, q.total)
		a.byIDs(q, from, to)
		for i := from; i < to; i++ {
			if a.rng.IntN(4) > 0 {
				a.amend(s, q.at(i), `{"price":`+strconv.Itoa(100_000+a.rng.IntN(900)*1000)+`}`)
				a.wait(about(a.rng, 700*time.Millisecond, 0.4))
			}
		}
	}
	searchScreens(g)
}

// closeChosen: a user ticks some hundred applicants in a list; three workers close them.
func closeChosen(g *scene) {
	s := g.w.sets["applicants"]
	for range 2 {
		a := g.user("user-2", "applicant list")
		a.at = g.officeDay()
		q := s.where("lastCallTo=2025-11-30&officeId=O"+strconv.Itoa(g.rng.IntN(5)), 60+g.rng.IntN(140))
		var chosen []int
		for page := 1; (page-1)*50 < q.total; page++ {
			for _, row := range a.list(q, page, 50) {
				if g.rng.IntN(5) > 0 {
					chosen = append(chosen, row)
				}
			}
			a.think()
		}
		for w := range 3 {
			b := g.actor(compliance.Batch, "close", "close")
			b.at = a.at
			for i := w; i < len(chosen); i += 3 {
				b.amend(s, chosen[i], `{"active":false}`)
				b.wait(about(g.rng, time.Second, 0.4))
			}
		}
	}
	crmDesktop(g)
}

// savingGrid saves each cell as it is left, then reads the row's new version; what
// somebody else was first with is put over his version.
func savingGrid(g *scene) {
	s := g.w.sets["properties"]
	cells := []string{"price", "bedrooms", "receptions", "bathrooms"}
	g.office(3+g.rng.IntN(5), 3, g.officeHour, false, func(a *actor) {
		row := s.pick(a.rng)
		tag := a.on("grid").get(s, row)
		for range 1 + a.rng.IntN(4) {
			a.think()
			body := `{"` + cells[a.rng.IntN(len(cells))] + `":` + strconv.Itoa(1+a.rng.IntN(1e6)) + `}`
			if a.rng.IntN(10) == 0 {
				s.versions[row]++
				a.stale(s, row, tag, body)
				tag = a.get(s, row)
			}
			a.patch(s, row, tag, body)
			tag = a.get(s, row)
		}
	})
}

// sameTwo goes through pairs that may be one person: a search by the name, both
// opened, and at times one of them closed.
func sameTwo(g *scene) {
	s := g.w.sets["contacts"]
	g.office(1+g.rng.IntN(3), 4, g.officeHour, false, func(a *actor) {
		rows := a.on("duplicates").list(a.byName(s), 1, 25)
		if len(rows) < 2 {
			return
		}
		a.get(s, rows[0])
		tag := a.get(s, rows[1])
		if a.think(); a.rng.IntN(3) == 0 {
			a.patch(s, rows[1], tag, `{"active":false}`)
		}
	})
}

// developer tries things out by hand, and gets some of them wrong.
func developer(g *scene) {
	g.w = newWorld(g.rng, "SBOX")
	s := g.w.sets
	g.office(1+g.rng.IntN(2), 6, g.officeHour, false, func(a *actor) {
		row := a.rng.IntN(20)
		switch a.on("console"); a.rng.IntN(6) {
		case 0:
			a.missing(s["contacts"], "OXF24"+strconv.Itoa(90_000+a.rng.IntN(9999)))
		case 1:
			a.write("POST", "/tasks/", "", `{"typeId":""}`, 422)
		case 2:
			a.note(s["applicants"], row)
		case 3:
			a.list(s["properties"].where("embed=images&bedroomsFrom=2", 30), 1, 5)
		default:
			a.get(s["contacts"], row)
		}
	})
}

// journalQuestions: a manager reads what was written about one negotiator in one
// month, two to four pages of a hundred, a few times a day.
func journalQuestions(g *scene) {
	s := g.w.sets["journalEntries"]
	for d := range g.days {
		for range 1 + g.rng.IntN(3) {
			a := g.user("manager", "journal")
			a.at = g.date(d).Add(g.officeHour())
			month := time.Date(2026, time.Month(-g.rng.IntN(12)), 1, 0, 0, 0, 0, time.UTC)
			q := s.where("negotiatorId=N"+strconv.Itoa(g.rng.IntN(30))+"&createdFrom="+stamp(month)+"&createdTo="+stamp(month.AddDate(0, 1, 0)), 120+g.rng.IntN(200))
			for page := 1; g.workday(d) && (page-1)*100 < q.total; page++ {
				a.list(q, page, 100)
				a.wait(about(a.rng, 5*time.Second, 0.6))
			}
		}
	}
	crmDesktop(g)
}
