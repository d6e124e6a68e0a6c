package compliance_test

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
)

// kind is a family of scenarios: one sort of app, in many sizes and seeds.
// Half of the kinds of each group are for tuning, the other half is held out:
// thresholds were frozen before the held-out half was first scored. What it showed
// has moved a few of them since; the blind family was scored once, after the last.
type kind struct {
	name  string
	days  int
	build func(*scene)
	held  bool // not used for tuning

	declared bool // clean only where its purpose is declared

	clause string              // that it breaks; "" for a clean app
	also   []string            // clauses that it breaks besides
	level  compliance.Severity // at least, for it to count as found
	tagged bool                // only its labels give it away
	within bound               // how soon it must be found
	large  bool                // too many calls for the short run
}

// bound is a time to detect: so much of what is counted by the unit.
type bound struct {
	most float64
	unit string // "rows", "share" of the collection, "calls", "runs"
}

const (
	bulk       = "bulk"
	schedule   = "schedule"
	load       = "load"
	limits     = "limits"
	create     = "create"
	update     = "update"
	realTime   = "real time"
	efficiency = "efficiency"
	claims     = "claims"
	api        = "api"
)

var (
	warehouse = []string{schedule}           // a copy on a timer is both
	copies    = []string{bulk}               // so is a timer that copies
	wasteful  = []string{efficiency, limits} // how a bulk reader may read
	threeK    = bound{3_000, "rows"}
	fiveShare = bound{0.05, "share"}
	twelve    = bound{12, "runs"}
	fiveRuns  = bound{5, "runs"}
)

var breakers = []kind{
	{name: "sweep: contacts", days: 2, build: sweepContacts, clause: bulk, level: compliance.Error, within: threeK},
	{name: "sweep: properties by 50", days: 2, build: sweepProperties, clause: bulk, level: compliance.Error, within: threeK, held: true},
	{name: "sweep: a third of the ledger", days: 2, build: sweepTransactions, clause: bulk, level: compliance.Error, within: threeK},
	{name: "sweep: active applicants by 80", days: 2, build: sweepLandlords, clause: bulk, level: compliance.Error, within: threeK, held: true},
	{name: "sweep: in pieces", days: 2, build: sweepInPieces, clause: bulk, also: warehouse, level: compliance.Error},
	{name: "sweep: a page now and then", days: 3, build: sweepSlowly, clause: bulk, also: warehouse, level: compliance.Error, held: true},
	{name: "slices: office and status", days: 2, build: sliceByOffice, clause: bulk, level: compliance.Error},
	{name: "slices: letters", days: 2, build: sliceByLetter, clause: bulk, level: compliance.Error, held: true},
	{name: "slices: months", days: 2, build: sliceByMonth, clause: bulk, level: compliance.Error},
	{name: "slices: negotiators", days: 2, build: sliceByNegotiator, clause: bulk, level: compliance.Error, held: true},
	{name: "crawl: contacts", days: 3, build: crawlContacts, clause: bulk, level: compliance.Error, within: fiveShare},
	{name: "crawl: properties", days: 3, build: crawlProperties, clause: bulk, level: compliance.Error, within: fiveShare, held: true},
	{name: "crawl: batches of ids", days: 2, build: crawlBatches, clause: bulk, level: compliance.Error, within: fiveShare},
	{name: "crawl: tenancies and their tenants", days: 2, build: crawlBehindSearch, clause: bulk, level: compliance.Error, held: true}, // nothing ever tells it how many there are
	{name: "enumeration: counting up", days: 2, build: countUp, clause: bulk, level: compliance.Error},
	{name: "enumeration: guessing", days: 2, build: guess, clause: bulk, level: compliance.Error, held: true},
	{name: "bulk run: one filter", days: 2, build: fastRun, clause: bulk, level: compliance.Warning},
	{name: "bulk run: many filters", days: 2, build: manyQueries, clause: bulk, level: compliance.Warning, held: true},
	{name: "hydrate: contacts", days: 2, build: hydrateContacts, clause: bulk, also: wasteful, level: compliance.Warning},
	{name: "hydrate: offers", days: 2, build: hydrateOffers, clause: bulk, also: wasteful, level: compliance.Warning, held: true},

	{name: "tiling: contacts, 5 min", days: 2, build: tileContacts, clause: schedule, also: copies, level: compliance.Error, within: fiveRuns},
	{name: "tiling: properties, hourly", days: 2, build: tileHourly, clause: schedule, also: copies, level: compliance.Error, within: fiveRuns, held: true},
	{name: "tiling: new enquiries, 15 min", days: 2, build: tileCreated, clause: schedule, also: copies, level: compliance.Error, within: twelve},
	{name: "tiling: ledger, 2 h", days: 3, build: tileTwoHourly, clause: schedule, also: copies, level: compliance.Error, within: fiveRuns, held: true},
	{name: "tiling: two lists, 30 min", days: 2, build: tileManyLists, clause: schedule, also: copies, level: compliance.Error, within: twelve, held: true},
	{name: "regular: contacts, 15 min", days: 2, build: regularContacts, clause: schedule, also: copies, level: compliance.Warning, within: twelve},
	{name: "regular: journal, 40 min", days: 2, build: regularJournal, clause: schedule, also: copies, level: compliance.Warning, within: twelve, held: true},
	{name: "regular: tasks, 25 min", days: 2, build: regularTasks, clause: schedule, also: copies, level: compliance.Warning, within: twelve},
	{name: "regular: tasks, 37 min", days: 2, build: pollStatus, clause: schedule, also: copies, level: compliance.Warning, within: twelve, held: true},
	{name: "regular: sleep after each run", days: 4, build: drifting, clause: schedule, also: copies, level: compliance.Warning, within: twelve, held: true},
	{name: "cron: contacts, half-hours", days: 2, build: cronContacts, clause: schedule, also: copies, level: compliance.Warning},
	{name: "cron: documents, even hours", days: 4, build: cronDocs, clause: schedule, also: copies, level: compliance.Warning, held: true},
	{name: "nightly: enquiries", days: 10, build: nightlyEnquiries, clause: schedule, also: copies, level: compliance.Warning, within: fiveRuns},
	{name: "nightly: tasks", days: 10, build: nightlyOffers, clause: schedule, also: copies, level: compliance.Warning, within: fiveRuns, held: true},
	{name: "weekly: documents", days: 36, build: weeklyLandlords, clause: schedule, also: copies, level: compliance.Warning, held: true},
	{name: "round the clock: contacts", days: 4, build: trickleContacts, clause: schedule, also: copies, level: compliance.Warning},
	{name: "round the clock: journal", days: 4, build: trickleJournal, clause: schedule, also: copies, level: compliance.Warning, held: true},
	{name: "copied again: properties", days: 2, build: copyProperties, clause: schedule, also: copies, level: compliance.Error},
	{name: "copied again: applicants", days: 5, build: copyApplicants, clause: schedule, also: copies, level: compliance.Error, held: true},

	{name: "saturation: rate", days: 3, build: saturate, clause: load, also: []string{limits}, level: compliance.Warning},
	{name: "saturation: slots", days: 3, build: slowSaturate, clause: load, also: []string{limits}, level: compliance.Warning, held: true},
	{name: "script: steady", days: 3, build: steadyScript, clause: load, level: compliance.Warning},
	{name: "script: at random", days: 3, build: randomScript, clause: load, level: compliance.Warning, held: true},
	{name: "sandbox: burst", days: 3, build: sandboxBurst, clause: load, level: compliance.Error},
	{name: "sandbox: volume", days: 3, build: sandboxVolume, clause: load, level: compliance.Error, held: true},

	{name: "over 20 a second", days: 3, build: overRate, clause: limits, level: compliance.Error, within: bound{34, "calls"}},
	{name: "over 20 across the second", days: 3, build: edgeRate, clause: limits, level: compliance.Error, within: bound{21, "calls"}, held: true},
	{name: "nine in flight", days: 3, build: nineInFlight, clause: limits, level: compliance.Error, within: bound{6, "calls"}},
	{name: "six in flight", days: 3, build: sixInFlight, clause: limits, level: compliance.Error, within: bound{6, "calls"}, held: true},
	{name: "deaf to Retry-After", days: 3, build: deaf, clause: limits, level: compliance.Error, within: bound{2, "calls"}},
	{name: "hammering a refused call", days: 3, build: hammer, clause: limits, level: compliance.Warning, held: true},
	{name: "over the day by embeds", days: 1, build: overDayByEmbeds, clause: limits, level: compliance.Error, large: true},
	{name: "over the day", days: 1, build: overDay, clause: limits, level: compliance.Error, held: true, large: true},

	{name: "create: unchecked", days: 5, build: unchecked, clause: create, level: compliance.Warning, within: bound{1, "calls"}},
	{name: "create: checked too late", days: 5, build: checkedTooLate, clause: create, level: compliance.Warning, held: true},
	{name: "create: impatient", days: 5, build: impatient, clause: create, level: compliance.Warning, held: true},

	{name: "update: whole entity", days: 5, build: wholePatches, clause: update, level: compliance.Warning},
	{name: "update: half the entity", days: 5, build: halfPatches, clause: update, level: compliance.Warning, held: true},
	{name: "update: no version", days: 5, build: untagged, clause: update, level: compliance.Error},
	{name: "update: any version", days: 5, build: starred, clause: update, level: compliance.Error, held: true},
	{name: "412: sent again", days: 5, build: stubborn, clause: update, level: compliance.Error},
	{name: "412: version guessed", days: 5, build: guessTag, clause: update, level: compliance.Error, held: true},

	{name: "a call a row: properties", days: 5, build: nPlusOne, clause: efficiency, also: []string{bulk}, level: compliance.Note},
	{name: "a call a row: diary", days: 5, build: relatedOneByOne, clause: efficiency, also: []string{bulk}, level: compliance.Note, held: true},
	{name: "small pages: ten", days: 5, build: tenAtATime, clause: efficiency, level: compliance.Note},
	{name: "small pages: 25", days: 5, build: twentyFiveAtATime, clause: efficiency, level: compliance.Note, held: true},
	{name: "read again: contacts", days: 5, build: forgetfulContacts, clause: realTime, level: compliance.Note},
	{name: "read again: properties", days: 5, build: forgetfulProperties, clause: realTime, level: compliance.Note, held: true},
	{name: "read again: after webhooks", days: 5, build: readAgain, clause: realTime, level: compliance.Note, tagged: true, held: true},
	{name: "embeds: images", days: 5, build: embedImages, clause: limits, also: []string{efficiency}, level: compliance.Warning},
	{name: "embeds: all of a tenancy", days: 5, build: embedAll, clause: limits, also: []string{efficiency}, level: compliance.Warning, held: true},
	{name: "headers: no version", days: 5, build: noVersion, clause: api, level: compliance.Warning},
	{name: "headers: no customer", days: 5, build: noCustomer, clause: api, level: compliance.Warning, held: true},
	{name: "times without zone", days: 5, build: noZone, clause: api, level: compliance.Warning},

	{name: "claims: tireless user", days: 3, build: tireless, clause: claims, also: []string{bulk, load}, level: compliance.Error, tagged: true},
	{name: "claims: sleepless user", days: 3, build: sleepless, clause: claims, also: []string{bulk, schedule}, level: compliance.Error, tagged: true, held: true},
	{name: "claims: unnamed webhooks", days: 3, build: hooked, clause: claims, also: []string{bulk}, level: compliance.Error, tagged: true},
	{name: "claims: one event for all", days: 3, build: oneEvent, clause: claims, also: []string{bulk}, level: compliance.Error, tagged: true, held: true},
}

// evasion is what a breaker does to look like something else.
type evasion struct {
	jitter    bool // gaps and starts vary widely
	shuffle   bool // pages and slices in any order
	mixed     bool // among an office's clean traffic
	oneStream bool // which goes by the same name
	disguised bool // it says that users wait for it
	lost      bool // one event in seven is never seen
	restarts  bool // the process starts anew several times a day
}

func (e evasion) String() string {
	var ways []string
	for _, w := range []struct {
		on   bool
		name string
	}{{e.jitter, "jitter"}, {e.shuffle, "shuffle"}, {e.mixed, "mixed"}, {e.oneStream, "one stream"}, {e.disguised, "disguised"}, {e.lost, "lost"}, {e.restarts, "restarts"}} {
		if w.on {
			ways = append(ways, w.name)
		}
	}
	return strings.Join(ways, "+")
}

// play makes one app's days.
func (k *kind) play(seed uint64, evasive bool) *scene {
	rng := seeded(seed, k.name)
	g := &scene{rng: rng, days: k.days, w: newWorld(rng, "AGY")}
	if evasive {
		e := &g.evasive
		ways := []*bool{&e.jitter, &e.shuffle, &e.mixed, &e.disguised, &e.lost, &e.restarts}
		if k.tagged { // its labels are its offence
			ways = slices.DeleteFunc(ways, func(w *bool) bool { return w == &e.disguised })
		}
		for _, i := range rng.Perm(len(ways))[:2] {
			*ways[i] = true
		}
		e.oneStream = e.mixed && rng.IntN(2) == 0
	}
	if k.clause == "" {
		g.evasive.restarts = seed%5 == 4
	}
	k.build(g)
	if g.evasive.mixed {
		tenant := g.w
		g.w = newWorld(rng, "AGY")
		if tenant.tenant == "AGY" {
			g.w = tenant
		}
		[]func(*scene){crmDesktop, searchScreens, callList, webhookSync}[rng.IntN(4)](g)
		g.w = tenant
	}
	for i := range g.calls {
		c := &g.calls[i]
		if g.evasive.disguised && c.bad {
			c.who, c.label, c.route, c.hook = compliance.User, "user-"+strconv.Itoa(c.at.Hour()%7), "contact search", nil
		}
		if g.evasive.oneStream {
			c.route = "app"
		}
	}
	g.finish()
	if g.evasive.lost {
		kept := g.calls[:0]
		for _, c := range g.calls {
			if rng.IntN(7) > 0 {
				kept = append(kept, c)
			}
		}
		g.calls = kept
	}
	return g
}

// mode is what the app tells the checker about its calls.
type mode uint8

const (
	tags    mode = iota // initiator, label, webhook, purpose
	streams             // which handler or job, no more
	nothing
)

var modes = [...]string{"tags", "streams", "nothing"}

func (m mode) String() string { return modes[m] }

// event is what a checker is given of a call.
func (c *call) event(m mode) compliance.Event {
	e := compliance.Event{
		Time: c.at, Duration: c.took, Method: c.method, URL: "https://platform.example" + c.path, Status: c.status,
		RequestHeader: c.ask, ResponseHeader: c.answer, RequestBody: c.sent, ResponseBody: c.got,
	}
	switch m {
	case tags:
		e.Initiator, e.Label, e.Purpose, e.Webhook = c.who, c.label, c.purpose, c.hook
		if e.Label == "" { // a label names the stream, as in a running app
			e.Stream = c.route
		}
	case streams:
		e.Stream = c.route
	}
	return e
}

// settings are what an app on this platform configures.
func settings() compliance.Config {
	person := func(name string, lookups ...string) compliance.Collection {
		return compliance.Collection{Name: name, Contacts: true, Lookups: lookups, Match: []string{"contacts"}}
	}
	known := []compliance.Collection{
		person("contacts", "email", "contactDetail", "name"), person("landlords", "email"), person("vendors", "email"),
		person("applicants", "emailAddresses"), person("companies", "contactDetail"),
	}
	for _, name := range append(reference, "configuration") {
		known = append(known, compliance.Collection{Name: name, Reference: true})
	}
	return compliance.Config{
		Key:      []byte("one seed, one figure"), // samples are drawn by keyed hashes
		Platform: compliance.Platform{TenantHeader: "reapit-customer", VersionHeader: "api-version", WebhookVersion: true, Collections: known},
		Purposes: []compliance.Purpose{{
			Name: "website-feed", Routes: []string{"properties"}, Every: 50 * time.Minute,
			From: 6, To: 20, Owner: "web team",
		}},
	}
}
