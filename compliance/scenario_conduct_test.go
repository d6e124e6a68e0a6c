package compliance_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// Apps that break a rule of conduct: load tests, the limits, creates and updates.

// officeDay is a moment of a working day.
func (g *scene) officeDay() time.Time {
	for {
		if d := g.rng.IntN(g.days); g.workday(d) {
			return g.date(d).Add(g.officeHour())
		}
	}
}

// workers run side by side, each one call after another.
func (g *scene) workers(n int, label string, from time.Time, lasting time.Duration, work func(a *actor, worker int)) {
	for w := range n {
		a := g.breaking(compliance.Batch, label)
		a.at = from.Add(time.Duration(w) * 70 * time.Millisecond)
		for a.at.Before(from.Add(lasting)) {
			work(a, w)
		}
	}
}

// saturate keeps the rate near its limit for many minutes.
func saturate(g *scene) {
	s := g.w.sets["properties"]
	g.workers(5, "soak", g.officeDay(), 12*time.Minute, func(a *actor, w int) {
		a.get(s, s.pick(g.rng))
		a.pause(180 * time.Millisecond)
	})
}

// slowSaturate keeps every slot busy with slow answers.
func slowSaturate(g *scene) {
	s := g.w.sets["contacts"]
	g.workers(5, "stress", g.officeDay(), 10*time.Minute, func(a *actor, w int) {
		a.slow = 14
		a.get(s, s.pick(g.rng))
	})
}

// script is a load tool's loop over a few routes and a few ids.
func (g *scene) script(at time.Time, lasting time.Duration, pause func() time.Duration) {
	s := g.w.sets
	g.workers(2, "load script", at, lasting, func(a *actor, w int) {
		row := g.rng.IntN(8)
		switch g.rng.IntN(4) {
		case 0:
			a.get(s["contacts"], row)
		case 1:
			a.get(s["properties"], row)
		case 2:
			a.list(s["properties"].where("address=Oxford", 25), 1, 25)
		default:
			a.list(s["contacts"].where("name=Smith", 25), 1, 25)
		}
		a.wait(pause())
	})
}

func steadyScript(g *scene) {
	g.script(g.officeDay(), 15*time.Minute, func() time.Duration { return about(g.rng, 300*time.Millisecond, 0.05) })
}

func randomScript(g *scene) {
	g.script(g.officeDay(), 20*time.Minute, func() time.Duration {
		return time.Duration(g.rng.ExpFloat64() * float64(500*time.Millisecond))
	})
}

// sandboxBurst sends the sandbox seven to nine calls a second for two minutes.
func sandboxBurst(g *scene) {
	g.w = newWorld(g.rng, "SBOX")
	s := g.w.sets["contacts"]
	g.workers(2, "perf suite", g.officeDay(), 3*time.Minute, func(a *actor, w int) {
		a.get(s, g.rng.IntN(s.n))
		a.pause(140 * time.Millisecond)
	})
}

// sandboxVolume is slower and longer.
func sandboxVolume(g *scene) {
	g.w = newWorld(g.rng, "SBOX")
	s := g.w.sets["properties"]
	g.workers(1, "volume suite", g.officeDay(), 25*time.Minute, func(a *actor, w int) {
		a.get(s, g.rng.IntN(200))
		a.pause(130 * time.Millisecond)
	})
}

// overRate sends more than twenty calls within a second, again and again.
func overRate(g *scene) {
	g.free = true
	s := g.w.sets["contacts"]
	for i := range 6 {
		at := g.officeDay().Add(time.Duration(i) * time.Minute)
		for k := range 24 + g.rng.IntN(10) {
			a := g.breaking(compliance.User, "user-1")
			a.at, a.slow = at.Add(time.Duration(k)*31*time.Millisecond), 0.2
			a.get(s, s.pick(g.rng))
		}
	}
}

// edgeRate sends sixteen calls at the end of one second and as many at the start
// of the next: no clock second sees more than twenty, a sliding one does.
func edgeRate(g *scene) {
	g.free = true
	s := g.w.sets["properties"]
	for range 4 {
		at := g.officeDay().Truncate(time.Second).Add(600 * time.Millisecond)
		for k := range 32 {
			a := g.breaking(compliance.User, "user-1")
			a.at, a.slow = at.Add(time.Duration(k)*25*time.Millisecond), 0.2
			a.get(s, s.pick(g.rng))
		}
	}
}

// overSlots has six to nine calls of one customer in flight.
func (g *scene) overSlots(width int) {
	g.free = true
	s := g.w.sets["contacts"]
	for range 5 {
		at := g.officeDay()
		for k := range width {
			a := g.breaking(compliance.User, "user-2")
			a.at, a.slow = at.Add(time.Duration(k)*60*time.Millisecond), 20
			a.get(s, s.pick(g.rng))
		}
	}
}

func sixInFlight(g *scene)  { g.overSlots(6) }
func nineInFlight(g *scene) { g.overSlots(9) }

// deaf meets a 429 and comes back before it was asked to.
func deaf(g *scene) {
	s := g.w.sets["properties"]
	for range 3 {
		a := g.breaking(compliance.User, "user-3")
		a.at = g.officeDay()
		row := s.pick(g.rng)
		for range 4 {
			a.throttle(s, row, "20")
			a.wait(2 * time.Second)
		}
		a.get(s, row)
	}
}

// hammer repeats a refused call at a fixed short gap; the platform names no wait.
func hammer(g *scene) {
	s := g.w.sets["contacts"]
	for range 2 {
		a := g.breaking(compliance.Batch, "retry loop")
		a.at = g.officeDay()
		row := s.pick(g.rng)
		for range 30 {
			a.throttle(s, row, "")
			a.wait(500 * time.Millisecond)
		}
	}
}

func (a *actor) throttle(s *set, row int, wait string) {
	a.send("GET", "/"+s.name+"/"+s.id(row), 429, 20*time.Millisecond, func(c *call) {
		if wait != "" {
			c.answer = http.Header{"Retry-After": {wait}}
		}
	})
}

// overDay spends more than a day's calls in a day, without haste: under the rate
// limit all day long, on live data with many repeats.
func overDay(g *scene) {
	s := g.w.sets["properties"]
	at := g.date(0)
	for k := range 262_000 {
		a := g.user("visitor-"+strconv.Itoa(k%900), "site search")
		a.bad = true
		a.at = at.Add(time.Duration(k) * 328 * time.Millisecond)
		row := s.pick(g.rng)
		a.send("HEAD", "/"+s.name+"/"+s.id(row), 200, 40*time.Millisecond, nil)
	}
}

// overDayByEmbeds makes fewer calls, each billed as many.
func overDayByEmbeds(g *scene) {
	s := g.w.sets["properties"]
	at := g.date(0)
	for k := range 34_000 {
		a := g.user("visitor-"+strconv.Itoa(k%900), "site search")
		a.bad = true
		a.at = at.Add(time.Duration(k) * 2500 * time.Millisecond)
		q := s.where("address="+towns[g.rng.IntN(20)]+"&embed=images&embed=negotiator&embed=offices", 50)
		q.nested = 17
		a.send("GET", listPath(q, 1, 50), 200, 200*time.Millisecond, func(c *call) {
			c.got, _ = listBody(q, 1, 50)
			c.rows = 50
		})
	}
}

// unchecked creates contacts and asks nothing first.
func unchecked(g *scene) {
	for range 2 * g.days {
		for range 6 {
			a := g.breaking(compliance.User, "user-4")
			a.route = "contact new"
			a.at = g.officeDay()
			a.post(g.w.sets["contacts"], contactBody(email(g.rng), g.rng))
		}
	}
}

// checkedTooLate looks up after the create, or looks up somebody else before it.
func checkedTooLate(g *scene) {
	s := g.w.sets["contacts"]
	for i := range 12 * g.days {
		a := g.breaking(compliance.Batch, "lead import")
		a.at = g.officeDay()
		mail := email(g.rng)
		if i%2 == 0 {
			a.lookup(s, "email", email(g.rng), 0)
		}
		a.post(s, contactBody(mail, g.rng))
		a.wait(time.Second)
		a.lookup(s, "email", mail, 1)
	}
}

// impatient asks for a new entity several times a second.
func impatient(g *scene) {
	s := g.w.sets["contacts"]
	for range 6 * g.days {
		a := g.breaking(compliance.User, "user-5")
		a.route = "contact new"
		a.at = g.officeDay()
		mail := email(g.rng)
		a.lookup(s, "email", mail, 0)
		path := a.post(s, contactBody(mail, g.rng))
		for range 10 {
			a.send("GET", path, 404, 40*time.Millisecond, nil)
			a.wait(300 * time.Millisecond)
		}
	}
}

// edits are a user's changes to entities he has read.
func (g *scene) edits(n int, edit func(a *actor, s *set, row int, tag string)) {
	s := g.w.sets["contacts"]
	for range n * g.days {
		a := g.breaking(compliance.User, "user-6")
		a.route = "contact edit"
		a.at = g.officeDay()
		row := s.pick(g.rng)
		tag := a.get(s, row)
		a.think()
		edit(a, s, row, tag)
	}
}

// wholeBody is the entity as read, with one member changed, in part or whole.
func (s *set) wholeBody(row, leaveOut int, changed string) string {
	var b strings.Builder
	b.WriteByte('{')
	for _, f := range s.fields(row)[leaveOut:] {
		value := f[1]
		if f[0] == "notes" {
			value = strconv.Quote(changed)
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%s", f[0], value)
	}
	return b.String() + "}"
}

func wholePatches(g *scene) {
	g.edits(15, func(a *actor, s *set, row int, tag string) {
		a.patch(s, row, tag, s.wholeBody(row, 0, "seen "+strconv.Itoa(g.rng.IntN(1e9))))
	})
}

func halfPatches(g *scene) {
	g.edits(15, func(a *actor, s *set, row int, tag string) {
		a.patch(s, row, tag, s.wholeBody(row, 4, "seen "+strconv.Itoa(g.rng.IntN(1e9))))
	})
}

func newNote(a *actor) string { return `{"notes":"n` + strconv.Itoa(a.rng.IntN(1e9)) + `"}` }

func untagged(g *scene) {
	g.edits(8, func(a *actor, s *set, row int, tag string) { a.patch(s, row, "", newNote(a)) })
}

func starred(g *scene) {
	g.edits(8, func(a *actor, s *set, row int, tag string) { a.patch(s, row, "*", newNote(a)) })
}

// stubborn sends a stale write again as it was.
func stubborn(g *scene) {
	g.edits(4, func(a *actor, s *set, row int, tag string) {
		body := newNote(a)
		s.versions[row]++
		for range 3 {
			a.stale(s, row, tag, body)
			a.wait(2 * time.Second)
		}
	})
}

// guessTag answers a 412 with a tag it did not read.
func guessTag(g *scene) {
	g.edits(4, func(a *actor, s *set, row int, tag string) {
		body := newNote(a)
		s.versions[row]++
		a.stale(s, row, tag, body)
		a.wait(time.Second)
		a.patch(s, row, `"`+strconv.FormatUint(uint64(row)*2654435761, 36)+`-guess"`, body)
	})
}
