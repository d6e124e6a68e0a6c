package compliance_test

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// The eighth blind family's busiest clean apps of people.

// concierge answers on a public site: what there is, what it is like, when it can be
// seen; nobody logs in.
func concierge(g *scene) {
	s := g.w.sets
	g.visits(350+g.rng.Float64()*400, "concierge", func(a *actor) {
		for range 1 + a.rng.IntN(3) {
			rows := a.list(s["properties"].live(a.wish(), a.rng.IntN(12)), 1, 5)
			if a.think(); len(rows) == 0 {
				continue
			}
			row := rows[a.rng.IntN(len(rows))]
			a.get(s["properties"], row)
			if a.rng.IntN(3) == 0 {
				a.list(s["appointments"].live("propertyId="+s["properties"].id(row)+"&start="+a.at.Format(time.DateOnly), a.rng.IntN(5)), 1, 10)
			}
			a.think()
		}
	})
}

// nearWork: homes within half an hour of a place, by the three to five towns there.
func nearWork(g *scene) {
	s := g.w.sets["properties"]
	g.visits(350+g.rng.Float64()*400, "near work", func(a *actor) {
		wish, first := "&bedroomsFrom="+strconv.Itoa(1+a.rng.IntN(4))+"&priceTo="+strconv.Itoa(50_000*(3+a.rng.IntN(12))), a.rng.IntN(len(towns))
		for i := range 3 + a.rng.IntN(3) {
			a.list(s.live("address="+towns[(first+i)%len(towns)]+wish, a.rng.IntN(9)), 1, 10)
		}
		if a.rng.IntN(2) == 0 {
			a.think()
			a.get(s, int(float64(s.active)*a.rng.Float64()*a.rng.Float64()))
		}
	})
}

// flatsToSwipe: ten flats of a search, each opened until the thumb has had enough.
func flatsToSwipe(g *scene) {
	s := g.w.sets["properties"]
	g.visits(200+g.rng.Float64()*250, "swipe", func(a *actor) {
		for _, row := range a.list(s.live("lettingStatus=toLet&"+a.wish(), 3+a.rng.IntN(12)), 1, 10) {
			a.get(s, row)
			a.wait(about(a.rng, 5*time.Second, 0.7))
			if a.rng.IntN(6) == 0 {
				return
			}
		}
	})
}

// taggedListings: a site that keeps each house it has shown, and asks by its tag when
// somebody opens it again.
func taggedListings(g *scene) {
	s, tags := g.w.sets["properties"], map[int]string{}
	for d := range g.days {
		visits := make([]time.Duration, poisson(g.rng, 700+g.rng.Float64()*900))
		for i := range visits {
			visits[i] = g.anyHour()
		}
		slices.Sort(visits)
		for _, at := range visits {
			a := g.user("", "listing")
			a.at = g.date(d).Add(at)
			row := int(float64(min(s.active, 250)) * g.rng.Float64() * g.rng.Float64())
			if g.rng.IntN(60) == 0 {
				s.versions[row]++
			}
			tags[row] = a.revalidate(s, row, tags[row])
		}
	}
}

// diaryOnFocus: an office's people have the diary open, and whoever turns to it sees
// his own and one colleague's day asked for anew.
func diaryOnFocus(g *scene) {
	s := g.w.sets["appointments"]
	g.office(18+g.rng.IntN(12), 6, g.officeHour, false, func(a *actor) {
		on := "&start=" + a.at.AddDate(0, 0, a.rng.IntN(4)/3).Format(time.DateOnly)
		a.on("diary").list(s.live("negotiatorId="+a.label+on, 2+len(a.label)), 1, 25)
		a.list(s.live("negotiatorId=user-"+strconv.Itoa(a.rng.IntN(18))+on, 5), 1, 25)
		a.wait(about(a.rng, 3*time.Minute, 1))
	})
}

// drawnShape: a shape drawn on a map, pulled by its corners and each time asked anew.
func drawnShape(g *scene) {
	s := g.w.sets["properties"]
	g.office(14+g.rng.IntN(14), 2, g.anyHour, true, func(a *actor) {
		x, y := a.rng.IntN(60), a.rng.IntN(60)
		for range 2 + a.rng.IntN(6) {
			q := s.live("polygon="+strconv.Itoa(x)+","+strconv.Itoa(y)+","+strconv.Itoa(a.rng.IntN(9)), a.rng.IntN(70))
			a.on("shape").leaf(q, 25, 3)
			a.wait(about(a.rng, 3*time.Second, 0.6))
		}
		a.on("house").get(s, s.pick(a.rng))
	})
}

// threeCircles: what was sold in a street, near by and in the town; the valuer opens
// those that are like the house.
func threeCircles(g *scene) {
	s := g.w.sets["properties"]
	g.office(10+g.rng.IntN(10), 2, g.officeHour, false, func(a *actor) {
		a.on("comparables").get(s, s.pick(a.rng))
		place := "sellingStatus=completed&postcode=P" + strconv.Itoa(a.rng.IntN(400))
		for _, circle := range []int{1, 4, 16} {
			rows := a.list(s.where(place+"&within="+strconv.Itoa(circle), a.rng.IntN(3*circle)), 1, 25)
			a.open(s, rows, 3)
		}
	})
}

// keyChips: a chip is held to a reader; whose house it is, and who has the key now.
func keyChips(g *scene) {
	s := g.w.sets["properties"]
	g.office(14+g.rng.IntN(10), 3, g.officeHour, false, func(a *actor) {
		row := int(float64(s.active) * a.rng.Float64())
		a.on("chip").list(s.these("keyNumber=K"+strconv.Itoa(row), []int{row}), 1, 5)
		a.amend(s, row, `{"metadata":{"key":"`+a.label+" "+stamp(a.at)+`"}}`)
	})
}

// sameOrTwo: who may be there twice, by one's address, number and name; the one that
// is kept gets what the other knows.
func sameOrTwo(g *scene) {
	s := g.w.sets["contacts"]
	g.office(8+g.rng.IntN(8), 2, g.officeHour, false, func(a *actor) {
		row := s.pick(a.rng)
		a.on("same?").get(s, row)
		a.lookup(s, "email", "p"+strconv.Itoa(row)+"@mail.example", 1+row%2)
		a.lookup(s, "contactDetail", "07"+strconv.Itoa(100_000_000+row), 1+row%3/2)
		other := s.pick(a.rng)
		a.get(s, other)
		if a.think(); a.rng.IntN(2) == 0 {
			a.amend(s, row, `{"source":"merged `+strconv.Itoa(other)+`"}`)
			a.amend(s, other, `{"active":false}`)
		}
	})
}

// callersRegistered: people who call are looked for by name, number and address while
// they talk; who is new is made, several in a sitting.
func callersRegistered(g *scene) {
	s := g.w.sets
	g.office(10+g.rng.IntN(10), 2, g.officeHour, false, func(a *actor) {
		mail, number := email(a.rng), phone(a)
		name := "F" + strconv.Itoa(a.rng.IntN(999)) + " S" + strconv.Itoa(a.rng.IntN(99_999))
		a.on("register").lookup(s["contacts"], "name", name, a.rng.IntN(3))
		a.think()
		a.lookup(s["contacts"], "contactDetail", number, 0)
		known := a.rng.IntN(3) / 2
		a.lookup(s["contacts"], "email", mail, known)
		if known == 1 {
			a.note(s["contacts"], s["contacts"].pick(a.rng))
			return
		}
		path := a.post(s["contacts"], contactBody(mail, a.rng))
		a.lookup(s["applicants"], "emailAddresses", mail, 0)
		a.post(s["applicants"], relatedBody(path))
		a.list(s["properties"].live(a.wish(), a.rng.IntN(15)), 1, 10)
	})
}

// laterUnder503: searches and cards while the platform stumbles for two hours; what
// fails is tried after 1, 2 and 4 seconds, and then the user is told.
func laterUnder503(g *scene) {
	s := g.w.sets["contacts"]
	g.office(20+g.rng.IntN(15), 3, g.officeHour, false, func(a *actor) {
		q, often := a.byName(s), 60
		if h := a.at.Hour(); h == 10 || h == 11 {
			often = 3
		}
		for wait := time.Second; wait <= 4*time.Second; wait *= 2 {
			if a.rng.IntN(often) > 0 {
				a.open(s, a.on("search").list(q, 1, 25), 3)
				return
			}
			a.on("search").send("GET", listPath(q, 1, 25), 503, 400*time.Millisecond, nil)
			a.wait(about(a.rng, wait, 0.3))
		}
	})
}

// patientForm: a form whose search is refused now and then; it and all else of the
// customer wait as long as they are told.
func patientForm(g *scene) {
	g.waits = true
	s := g.w.sets["properties"]
	g.office(18+g.rng.IntN(14), 3, g.officeHour, false, func(a *actor) {
		q := s.live(a.wish(), 2+a.rng.IntN(30))
		for a.on("form").rng.IntN(20) == 0 {
			wait := 1 + a.rng.IntN(8)
			a.send("GET", listPath(q, 1, 25), 429, 20*time.Millisecond, func(c *call) {
				c.answer = http.Header{"Retry-After": {strconv.Itoa(wait)}}
			})
			a.wait(time.Duration(wait)*time.Second + about(a.rng, 800*time.Millisecond, 0.4))
		}
		a.open(s, a.list(q, 1, 25), 3)
	})
}

// cardsOverCards: two desks on one board; who is second meets a 412, sees what is new,
// and his change goes over it.
func cardsOverCards(g *scene) {
	s := g.w.sets["offers"]
	g.office(12+g.rng.IntN(10), 2, g.officeHour, false, func(a *actor) {
		row := int(float64(min(s.active, 90)) * a.rng.Float64())
		body := `{"notes":"stage ` + strconv.Itoa(a.rng.IntN(1e9)) + `"}`
		tag := a.on("board").get(s, row)
		if a.rng.IntN(4) == 0 {
			a.wait(about(a.rng, 4*time.Second, 0.4))
			s.versions[row]++
			a.stale(s, row, tag, body)
			tag = a.get(s, row)
			a.think()
		}
		a.patch(s, row, tag, body)
	})
}
