package compliance_test

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// The seventh blind family's busiest clean apps of people.

// mapUnderFinger asks for what is in the window at each rest of a finger; where the
// finger goes on before the answer, the call is cut off.
func mapUnderFinger(g *scene) {
	s := g.w.sets["properties"]
	g.office(12+g.rng.IntN(18), 2, g.anyHour, true, func(a *actor) {
		x, y, zoom := a.rng.IntN(80), a.rng.IntN(80), 1+a.rng.IntN(3)
		for range 3 + a.rng.IntN(8) {
			x, y = x+a.rng.IntN(3)-1, y+a.rng.IntN(3)-1
			if a.rng.IntN(5) == 0 {
				zoom = 1 + a.rng.IntN(3)
			}
			q := s.live("box="+strconv.Itoa(x)+","+strconv.Itoa(y)+","+strconv.Itoa(zoom), a.rng.IntN(25*zoom))
			if a.on("map").wait(about(a.rng, 900*time.Millisecond, 0.6)); a.rng.IntN(4) == 0 {
				a.send("GET", listPath(q, 1, 50), 0, 90*time.Millisecond, func(c *call) { c.answer = nil })
				continue
			}
			a.list(q, 1, 50)
			a.wait(about(a.rng, 2*time.Second, 0.6))
		}
		a.on("house").get(s, s.pick(a.rng))
	})
}

// teamPlanner shows a day or a week of a team, a column for each person; a meeting
// that is dragged is written, and the two columns are asked for again.
func teamPlanner(g *scene) {
	s := g.w.sets["appointments"]
	g.office(6+g.rng.IntN(8), 2, g.officeHour, false, func(a *actor) {
		from := g.date(int(a.at.Sub(firstDay)/day) + a.rng.IntN(8) - 2)
		column := func(i int) []int {
			return a.on("planner").list(s.live("negotiatorId=N"+strconv.Itoa(i)+"&start="+from.Format(time.DateOnly)+"&end="+from.AddDate(0, 0, 6).Format(time.DateOnly), 3+i*5%14), 1, 50)
		}
		var cells []int
		for i := range 5 + len(a.label)%4 {
			cells = append(cells, column(i)...)
		}
		if a.think(); a.rng.IntN(3) == 0 {
			a.amend(s, cells[a.rng.IntN(len(cells))], `{"start":"`+stamp(from.Add(time.Duration(8+a.rng.IntN(9))*time.Hour))+`"}`)
			column(0)
			column(1)
		}
	})
}

// buyersLink: those who buy or sell see behind a link how far it is; nobody logs in.
func buyersLink(g *scene) {
	s := g.w.sets
	g.visits(250+g.rng.Float64()*500, "progress", func(a *actor) {
		row := int(float64(s["offers"].active) * a.rng.Float64())
		a.get(s["offers"], row)
		a.get(s["properties"], row*17%s["properties"].active)
		a.list(s["tasks"].where("offerId="+s["offers"].id(row)+"&sortBy=due", 2+row%9), 1, 25)
		if a.rng.IntN(4) == 0 {
			a.think()
			a.list(s["documents"].where("associatedId="+s["offers"].id(row), row%5), 1, 10)
		}
	})
}

// cardsAhead: a list of the day on a phone, and the next three cards are fetched
// before the thumb asks for them.
func cardsAhead(g *scene) {
	s := g.w.sets["applicants"]
	for u := range 25 + g.rng.IntN(30) {
		for d := range g.days {
			a := g.user("user-"+strconv.Itoa(u), "cards")
			a.at = g.date(d).Add(g.officeHour())
			mine := s.live("negotiatorId="+a.label+"&toCall="+a.at.Format(time.DateOnly), 8+g.rng.IntN(30))
			rows, ahead := a.list(mine, 1, 50), 0
			for i, row := range rows {
				for ; ahead < min(len(rows), i+3); ahead++ {
					a.get(s, rows[ahead])
				}
				if a.think(); g.rng.IntN(4) == 0 {
					a.amend(s, row, `{"notes":"called `+stamp(a.at)+`"}`)
				}
			}
		}
	}
}

// households: people who register at the counter, two or three of a family, and some
// families on end: each is looked for by his address, his number and his name; the
// one who searches for a home is made an applicant.
func households(g *scene) {
	s := g.w.sets
	g.office(5+g.rng.IntN(7), 2, g.officeHour, false, func(a *actor) {
		a.on("register")
		surname, mail, first := "S"+strconv.Itoa(a.rng.IntN(99_999)), "", ""
		for i := range 1 + a.rng.IntN(3) {
			forename, number := "F"+strconv.Itoa(a.rng.IntN(999)), phone(a)
			mail = email(a.rng)
			a.lookup(s["contacts"], "email", mail, 0)
			a.wait(about(a.rng, 6*time.Second, 0.5))
			a.lookup(s["contacts"], "contactDetail", number, 0)
			a.wait(about(a.rng, 6*time.Second, 0.5))
			if known := a.rng.IntN(6) / 5; known == 1 {
				a.lookup(s["contacts"], "name", forename+" "+surname, known)
				a.get(s["contacts"], s["contacts"].pick(a.rng))
				continue
			}
			a.lookup(s["contacts"], "name", forename+" "+surname, 0)
			path := a.post(s["contacts"], `{"forename":"`+forename+`","surname":"`+surname+`","email":"`+mail+`","mobilePhone":"`+number+`","officeIds":["OXF"]}`)
			if i == 0 {
				first = path
			}
			a.follow(path, 1)
		}
		if first != "" {
			a.lookup(s["applicants"], "emailAddresses", mail, 0)
			a.post(s["applicants"], relatedBody(first))
		}
	})
}

// rentEstimate is a form on a public site: what was let near by, and further off
// until there is enough of it.
func rentEstimate(g *scene) {
	s := g.w.sets["properties"]
	g.visits(350+g.rng.Float64()*600, "estimate", func(a *actor) {
		filter := "bedrooms=" + strconv.Itoa(1+a.rng.IntN(5)) + "&lettingStatus=let&postcode=P" + strconv.Itoa(int(150*a.rng.Float64()*a.rng.Float64()))
		for mile, found := 1, 0; mile <= 8 && found < 6; mile *= 2 {
			found = len(a.list(s.where(filter+"&within="+strconv.Itoa(mile), min(30, mile*a.rng.IntN(6))), 1, 10))
		}
	})
}

// gatewayGivesUp: one search in thirty is given up by a gateway after ten seconds,
// and at times one in four; it is tried once again, later, and then the user is told.
func gatewayGivesUp(g *scene) {
	s := g.w.sets["properties"]
	g.office(14+g.rng.IntN(14), 3, g.officeHour, false, func(a *actor) {
		q, often := s.live(a.wish(), 2+a.rng.IntN(40)), 30
		if a.at.Hour() == 10 {
			often = 4
		}
		for try := range 2 {
			if a.rng.IntN(often) > 0 {
				a.open(s, a.on("search").list(q, 1, 25), 2)
				return
			}
			a.on("search").send("GET", listPath(q, 1, 25), 504, 10*time.Second, nil)
			a.wait(about(a.rng, time.Duration(2+3*try)*time.Second, 0.5))
		}
	})
}

// saturdayOnRoad: on the day of the viewings forty negotiators open the next one on
// their phones, see whom they meet and where, and write down what came of it.
func saturdayOnRoad(g *scene) {
	s := g.w.sets
	for d := range g.days {
		viewings := 2
		if g.date(d).Weekday() == time.Saturday {
			viewings = 12
		}
		for u := range 25 + g.rng.IntN(20) {
			a := g.user("user-"+strconv.Itoa(u), "viewing")
			a.at = g.date(d).Add(9*time.Hour + time.Duration(g.rng.IntN(3600))*time.Second)
			for _, row := range a.list(s["appointments"].live("negotiatorId="+a.label+"&typeId=VW&start="+a.at.Format(time.DateOnly), viewings), 1, 25) {
				a.get(s["properties"], row*17%s["properties"].active)
				a.get(s["contacts"], row*13%s["contacts"].n)
				a.wait(about(a.rng, 25*time.Minute, 0.4))
				a.journal("viewed")
				a.amend(s["appointments"], row, `{"followUp":{"notes":"liked it `+strconv.Itoa(g.rng.IntN(1e6))+`"}}`)
			}
		}
	}
}

// mentions: who types an @ in an office's chat is offered colleagues and people whose
// name begins so, from the third letter on; the one chosen is shown as a card.
func mentions(g *scene) {
	s := g.w.sets
	g.office(30+g.rng.IntN(30), 3, g.officeHour, false, func(a *actor) {
		if a.rng.IntN(2) == 0 {
			return // nobody is mentioned
		}
		var typed strings.Builder
		typed.WriteString(string([]byte{letter(a.rng) + 32, letter(a.rng) + 32}))
		for left := 9; left > 0; left -= 3 + a.rng.IntN(4) {
			typed.WriteString(string([]byte{letter(a.rng) + 32}))
			a.on("mention").list(s["contacts"].live("name="+typed.String(), left), 1, 8)
			a.wait(about(a.rng, 500*time.Millisecond, 0.4))
		}
		a.get(s["contacts"], s["contacts"].pick(a.rng))
	})
}

// gathersIDs: a page's back end lists houses, and then the owners of all of them and
// their next meetings by one call each.
func gathersIDs(g *scene) {
	s := g.w.sets
	g.office(14+g.rng.IntN(14), 3, g.officeHour, false, func(a *actor) {
		rows := a.on("overview").leaf(s["properties"].live(a.wish(), 3+a.rng.IntN(30)), 20, 3)
		owners := make([]int, len(rows))
		for i, row := range rows {
			owners[i] = row * 7 % s["landlords"].n
		}
		if len(owners) > 0 {
			a.byIDs(s["landlords"].these("", owners), 0, len(owners))
			a.list(s["appointments"].live("propertyId="+s["properties"].id(rows[0])+"&start="+a.at.Format(time.DateOnly), a.rng.IntN(4)), 1, 10)
		}
	})
}

// hotPage: sixty houses on a site's first page; a visit that meets a house older than
// five minutes has it asked for by its tag.
func hotPage(g *scene) {
	s := g.w.sets["properties"]
	q, tags, asked := s.live("featured=true", 60), map[int]string{}, map[int]time.Time{}
	for d := range g.days {
		visits := make([]time.Duration, poisson(g.rng, 250+g.rng.Float64()*250))
		for i := range visits {
			visits[i] = g.anyHour()
		}
		slices.Sort(visits)
		for _, at := range visits {
			a := g.user("", "front page")
			a.at = g.date(d).Add(at)
			for range 2 + g.rng.IntN(9) {
				row := q.at(int(float64(q.total) * g.rng.Float64() * g.rng.Float64()))
				if a.at.Sub(asked[row]) < 5*time.Minute {
					continue
				}
				if g.rng.IntN(300) == 0 {
					s.versions[row]++
				}
				tags[row], asked[row] = a.revalidate(s, row, tags[row]), a.at
			}
		}
	}
}

// floorByFloor draws a block's floors; the flats of the floor that is pointed at are
// listed, and one of them is shown with its contract, its tenant and what is to be done.
func floorByFloor(g *scene) {
	s := g.w.sets
	g.office(8+g.rng.IntN(10), 2, g.officeHour, false, func(a *actor) {
		block := "blockId=B" + strconv.Itoa(int(30*a.rng.Float64()*a.rng.Float64()))
		for range 2 + a.rng.IntN(5) {
			floor := a.rng.IntN(7)
			flats := a.on("floors").list(s["properties"].live(block+"&floor="+strconv.Itoa(floor), 4+floor%5), 1, 50)
			if a.wait(about(a.rng, 3*time.Second, 0.6)); a.rng.IntN(2) == 0 {
				continue
			}
			flat := flats[a.rng.IntN(len(flats))]
			for _, row := range a.on("flat").list(s["tenancies"].where("propertyId="+s["properties"].id(flat)+"&status=current", flat%2), 1, 5) {
				a.get(s["contacts"], row*13%s["contacts"].n)
			}
			a.list(s["tasks"].where("propertyId="+s["properties"].id(flat)+"&activityStatus=active", flat%4), 1, 10)
			a.think()
		}
	})
}

// parcels: the desk of a block finds who lives where, and notes what lies here.
func parcels(g *scene) {
	s := g.w.sets
	block := s["tenancies"].where("block=B1", min(s["tenancies"].n, 400))
	g.office(2+g.rng.IntN(3), 4, g.officeHour, true, func(a *actor) {
		row := block.at(a.rng.IntN(block.total))
		a.on("parcel").list(s["tenancies"].these("unit="+strconv.Itoa(row)+"&status=current", []int{row}), 1, 5)
		a.get(s["contacts"], row*13%s["contacts"].n)
		a.journal("a parcel for unit " + strconv.Itoa(row))
	})
}

// savedWhileTyped: a report is written at the screen and saved at each longer pause;
// since the answer of a save names no version, it is read before the next one.
func savedWhileTyped(g *scene) {
	s := g.w.sets["appointments"]
	g.office(8+g.rng.IntN(8), 1, g.officeHour, false, func(a *actor) {
		row := s.pick(a.rng)
		for range 3 + a.rng.IntN(8) {
			a.on("report").amend(s, row, `{"notes":"so far `+strconv.Itoa(a.rng.IntN(1e9))+`"}`)
			a.wait(about(a.rng, 25*time.Second, 0.5))
		}
	})
}

// sharedView: a team goes through one list together each morning; whoever it is
// about opens it, and what one of them changes the others see when they ask again.
func sharedView(g *scene) {
	s := g.w.sets["tasks"]
	for d := range g.days {
		team := 12 + g.rng.IntN(20)
		for u := range team {
			a := g.user("user-"+strconv.Itoa(u), "stand-up")
			a.at = g.date(d).Add(8*time.Hour + 45*time.Minute + time.Duration(g.rng.IntN(300))*time.Second)
			q := s.live("view=stand-up&activityStatus=active", 35)
			for range 4 + g.rng.IntN(8) {
				rows := a.list(q, 1, 50)
				if a.think(); g.rng.IntN(3) == 0 && len(rows) > 0 {
					a.amend(s, rows[g.rng.IntN(len(rows))], `{"text":"today `+strconv.Itoa(g.rng.IntN(1e9))+`"}`)
				}
				a.think()
			}
		}
	}
	searchScreens(g)
}
