package compliance_test

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// call is one exchange of a scenario, with the truth about it that a detector
// must find out by itself.
type call struct {
	at          time.Time
	took        time.Duration
	method      string
	path        string // with the query
	status      int
	ask, answer http.Header
	sent, got   []byte

	who     compliance.Initiator
	label   string // of the initiator
	route   string // the handler or job that made the call
	purpose string
	hook    *compliance.WebhookEvent

	rows int  // delivered
	bad  bool // part of what breaks the guidelines
	run  int  // of the breaking routine: 1, 2, ...
}

// scene is an app at work for some days.
type scene struct {
	rng     *rand.Rand
	w       *world // the customer
	days    int
	calls   []call
	free    bool // not held to the rate and concurrency limits by a limiter
	waits   bool // all of it, when one call is told to
	evasive evasion
	hooks   int
	counted bool // the routine has asked how many rows there are
}

func (g *scene) date(d int) time.Time { return firstDay.Add(time.Duration(d) * day) }

func (g *scene) workday(d int) bool {
	wd := g.date(d).Weekday()
	return wd != time.Saturday && wd != time.Sunday
}

// actor makes calls one after another: a person at a screen, a job, a worker.
type actor struct {
	*scene
	call // what every call of this actor carries; at is its clock
	slow float64
}

func (g *scene) actor(who compliance.Initiator, label, route string) *actor {
	return &actor{scene: g, call: call{who: who, label: label, route: route}, slow: 1}
}

func (g *scene) user(label, route string) *actor { return g.actor(compliance.User, label, route) }

// breaking is an actor whose calls break the guidelines.
func (g *scene) breaking(who compliance.Initiator, label string) *actor {
	a := g.actor(who, label, label)
	a.bad, a.run = true, 1
	return a
}

func (a *actor) on(route string) *actor { a.route = route; return a }

func (a *actor) wait(d time.Duration) { a.at = a.at.Add(d) }

// think is a person's pause.
func (a *actor) think() {
	a.wait(min(about(a.rng, 9*time.Second, 0.9), 10*time.Minute) + 600*time.Millisecond)
}

// send makes one call and moves the clock to its end.
func (a *actor) send(method, path string, status int, latency time.Duration, fill func(*call)) {
	c := a.call
	c.method, c.path, c.status = method, path, status
	c.took = time.Duration(float64(about(a.rng, latency, 0.35)) * a.slow)
	c.ask, c.answer = a.w.header, a.w.plain
	if fill != nil {
		fill(&c)
	}
	a.scene.calls = append(a.scene.calls, c)
	a.wait(c.took)
}

// list reads one page and gives its rows.
func (a *actor) list(q query, page, size int) []int {
	var rows []int
	a.send("GET", listPath(q, page, size), 200, 160*time.Millisecond+time.Duration(size)*time.Millisecond, func(c *call) {
		c.got, rows = listBody(q, page, size)
		c.rows = len(rows)
	})
	return rows
}

func listPath(q query, page, size int) string {
	p := "/" + q.set.name + "/?"
	if q.filter != "" {
		p += q.filter + "&"
	}
	return p + "pageSize=" + strconv.Itoa(size) + "&pageNumber=" + strconv.Itoa(page)
}

// get reads one entity and gives its tag.
func (a *actor) get(s *set, row int) string {
	tag := s.tag(row)
	a.send("GET", "/"+s.name+"/"+s.id(row), 200, 90*time.Millisecond, func(c *call) {
		c.got, c.rows = s.entityBody(row), 1
		c.answer = http.Header{"Content-Type": {"application/json"}, "Etag": {tag}}
	})
	return tag
}

// missing asks for an entity that is not there.
func (a *actor) missing(s *set, id string) {
	a.send("GET", "/"+s.name+"/"+id, 404, 60*time.Millisecond, func(c *call) {
		c.got = []byte(`{"statusCode":404,"description":"not found"}`)
	})
}

// patch writes the fields given as JSON members under a tag.
func (a *actor) patch(s *set, row int, tag, body string) {
	a.write("PATCH", "/"+s.name+"/"+s.id(row), tag, body, 204)
	s.versions[row]++
}

func (a *actor) write(method, path, tag, body string, status int) {
	a.send(method, path, status, 140*time.Millisecond, func(c *call) {
		c.sent = []byte(body)
		c.ask = a.w.header.Clone()
		c.ask.Set("Content-Type", "application/json")
		if tag != "" {
			c.ask.Set("If-Match", tag)
		}
	})
}

// stale is a PATCH that the platform refuses since the entity has moved on.
func (a *actor) stale(s *set, row int, tag, body string) {
	a.write("PATCH", "/"+s.name+"/"+s.id(row), tag, body, 412)
}

// post creates an entity and gives its path.
func (a *actor) post(s *set, body string) string {
	path := "/" + s.name + "/" + s.id(s.n)
	s.n++
	a.send("POST", "/"+s.name+"/", 201, 170*time.Millisecond, func(c *call) {
		c.sent = []byte(body)
		c.ask = a.w.header.Clone()
		c.ask.Set("Content-Type", "application/json")
		c.answer = http.Header{"Location": {"https://platform.example" + path}}
	})
	return path
}

// lookup searches contacts by e-mail, as the create guideline asks.
func (a *actor) lookup(s *set, param, email string, found int) {
	q := s.where(param+"="+url.QueryEscape(email), found)
	a.send("GET", "/"+s.name+"/?"+q.filter, 200, 150*time.Millisecond, func(c *call) {
		c.got, _ = listBody(q, 1, 25)
		c.rows = found
	})
}

func email(rng *rand.Rand) string {
	return "p" + strconv.FormatUint(rng.Uint64(), 36) + "@mail.example"
}

func contactBody(mail string, rng *rand.Rand) string {
	return `{"title":"Mx","forename":"F` + strconv.Itoa(rng.IntN(999)) + `","surname":"S` + strconv.Itoa(rng.IntN(9999)) +
		`","email":"` + mail + `","officeIds":["OXF"],"negotiatorIds":["N1"],"marketingConsent":"notAsked"}`
}

// relatedBody is a contact-centric entity that points at a contact's path.
func relatedBody(contact string) string {
	return `{"active":true,"officeIds":["OXF"],"related":[{"associatedId":"` + lastSegment(contact) + `","associatedType":"contact"}]}`
}

func lastSegment(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// follow reads a new entity from its Location, with growing pauses.
func (a *actor) follow(path string, tries int) {
	for try := range tries {
		a.wait(time.Duration(try+1) * 4 * time.Second)
		status := 404
		if try == tries-1 {
			status = 200
		}
		a.send("GET", path, status, 90*time.Millisecond, func(c *call) {
			c.got = []byte(`{"id":"` + lastSegment(path) + `","_eTag":"\"n-0\""}`)
		})
	}
}

// event binds what follows to a webhook the app has just received.
func (a *actor) event(s *set, row int) {
	a.hooks++
	a.hook = &compliance.WebhookEvent{
		ID: "ev-" + strconv.Itoa(a.hooks) + "-" + strconv.FormatUint(a.rng.Uint64(), 36), Topic: s.name + ".modified",
		EntityID: s.id(row), Time: a.at.Add(-about(a.rng, 800*time.Millisecond, 0.5)),
	}
}

// finish puts the calls in order, and makes the app wait its turn as behind a
// limiter: five in flight for the customer, twenty a second in all.
func (g *scene) finish() {
	slices.SortStableFunc(g.calls, func(a, b call) int { return a.at.Compare(b.at) })
	if g.free {
		return
	}
	slots, held := map[string][]time.Time{}, map[string]time.Time{}
	var pace time.Time
	for i := range g.calls {
		c := &g.calls[i]
		tenant := c.ask.Get("Reapit-Customer")
		busy := slots[tenant]
		if busy == nil {
			busy = make([]time.Time, 5)
			slots[tenant] = busy
		}
		first := 0
		for k := range busy {
			if busy[k].Before(busy[first]) {
				first = k
			}
		}
		at := c.at
		if at.Before(pace) {
			at = pace
		}
		if at.Before(busy[first]) {
			at = busy[first].Add(time.Millisecond)
		}
		if at.Before(held[tenant]) {
			at = held[tenant]
		}
		if wait, err := strconv.Atoi(c.answer.Get("Retry-After")); err == nil && g.waits {
			held[tenant] = at.Add(c.took + time.Duration(wait)*time.Second)
		}
		pace = at.Add(51 * time.Millisecond)
		busy[first] = at.Add(c.took)
		c.at = at
	}
}
