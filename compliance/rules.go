package compliance

// rule is one row of the rule book: what a detector's alarm means and what to do
// instead. Its thresholds are in Thresholds.
type rule struct {
	ID, Title, Clause string
	View              View     // the view that it judges
	Severity          Severity // of a first alarm; detectors may say otherwise
	// Escalates: alarms of this rule rise by a step when they go on for the day
	// count of Thresholds.EscalateDays.
	Escalates bool
	// Purpose: a declared purpose, inside its bounds, turns it into a note.
	Purpose bool
	Clears  string
	Remedy  string
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

const (
	onDemand   = "Ask for what a user or an event needs, when it is needed: filter, page on demand, subscribe to webhooks."
	useHooks   = "Subscribe to the created and modified webhooks instead of polling; the notification carries the new entity."
	useMock    = "Test load and volume against a mock server (platformtest), never against the platform."
	useLimiter = "Send every call through the limiter layer, with one shared budget for all processes."
)

var rules = []rule{
	{"GT101", "page sweep", bulk, IntentView, Error, false, true, "no query paged through for 6 hours", onDemand},
	{"GT102", "sliced sweep", bulk, IntentView, Error, false, true, "queries that overlap as searches do, for a day", onDemand},
	{"GT103", "reading without repetition", bulk, IntentView, Error, false, true, "reads that come back to the same entities, for 7 days", onDemand},
	{"GT104", "enumeration of ids", bulk, IntentView, Error, false, false, "ids taken from lists and webhooks only, for a day", "Take ids from lists and webhooks; never count them up."},
	{"GT105", "bulk run", bulk, IntentView, Warning, false, true, "runs below the threshold for a day", onDemand},
	{"GT106", "coverage of a collection", bulk, IntentView, Note, false, true, "a smaller share of the collection read in a day", onDemand},
	{"GT107", "list, then every entity", bulk, IntentView, Warning, false, true, "lists whose rows are not all opened, for a day", "Read what the list gives, fetch several with id= batches, or embed."},

	{"GT201", "watermark tiling", schedule, IntentView, Error, false, true, "no polling by watermark for a day", useHooks},
	{"GT202", "regular interval", schedule, IntentView, Warning, false, true, "no regular runs for a day", useHooks},
	{"GT203", "runs locked to the clock", schedule, IntentView, Warning, true, true, "no regular runs for a day", useHooks},
	{"GT204", "runs locked to the time of day", schedule, IntentView, Warning, true, true, "no daily run for 3 days", useHooks},
	{"GT205", "acquisition round the clock", schedule, IntentView, Warning, false, true, "hours without new rows, for a day", useHooks},
	{"GT206", "the same copy again", schedule, IntentView, Error, false, true, "no copy for a day", "Keep no copy that must be renewed: read on demand, use ETags and webhooks."},
	{"GT207", "fetched, not used", schedule, IntentView, Warning, false, true, "data that is used within 15 minutes, for a day", "Fetch what is processed at once, and nothing else."},

	{"GT301", "saturation", load, WireView, Warning, false, false, "5 minutes below 70 % of the limits", useMock},
	{"GT302", "synthetic traffic", load, WireView, Warning, false, false, "an hour without it", useMock},
	{"GT303", "load on the sandbox", load, WireView, Error, false, false, "an hour below the threshold", useMock},

	{"GT401", "throttled", limits, WireView, Note, false, false, "5 minutes without a 429", useLimiter},
	{"GT402", "too many calls in flight", limits, WireView, Error, false, false, "an hour within the limit", useLimiter},
	{"GT403", "too many calls a second", limits, WireView, Error, false, false, "an hour within the limit", useLimiter},
	{"GT404", "day budget", limits, WireView, Warning, false, false, "the next day", "Spread or shed calls; the limiter's reserve keeps the rest for users."},
	{"GT405", "hot retries", limits, WireView, Warning, false, false, "an hour of growing pauses", "Retry with growing, jittered pauses and a small bound; the limiter does."},

	{"GT501", "create without a uniqueness check", create, WireView, Warning, false, false, "a day of creates with checks", "Search by e-mail or phone first, or use the dedupe layer."},
	{"GT502", "update with unchanged fields", update, WireView, Note, false, false, "a day of sparse updates", "Send only the members that change; the conflict layer removes the others."},
	{"GT503", "conflict mishandled", update, WireView, Error, false, false, "a day of refetch and replay", "After a 412 fetch again, replay the change and send it with the new version; the conflict layer does."},
	{"GT504", "update without a version", update, WireView, Error, false, false, "a day of updates with If-Match", "Send If-Match with the version the change was made on; the conflict layer can."},
	{"GT505", "impatient after a create", create, WireView, Warning, false, false, "an hour with pauses", "Wait with growing pauses until the new entity can be read."},

	{"GT601", "unchanged entity fetched again", realTime, WireView, Note, false, false, "a day below the threshold", "Keep it for a short time, send If-None-Match, or wait for the webhook."},
	{"GT602", "small pages", efficiency, WireView, Note, false, false, "a day of larger pages", "Ask for the largest page size that is processed at once."},
	{"GT603", "one call for each row", efficiency, IntentView, Note, false, false, "a day without it", "Fetch several with id= batches, or embed the related rows."},
	{"GT604", "embed multiplies calls", limits, WireView, Warning, false, false, "a day below the threshold", "List the related rows with a filter instead of embedding them in every row."},
	{"GT605", "fetch after a webhook that carried it", realTime, IntentView, Note, false, false, "a day without it", "Use the notification's entity and its version."},
	{"GT606", "reads only", update, IntentView, Note, false, false, "a write, or read-only scopes", "Ask for read-only scopes, or write changes back."},
	{"GT607", "no API version", api, WireView, Warning, false, false, "a day with the version header", "Send the API version header with every call."},
	{"GT608", "no tenant", api, WireView, Warning, false, false, "a day with the tenant header", "Send the tenant header with every call."},
	{"GT609", "tokens not cached", api, WireView, Warning, false, false, "an hour with at most 2 token calls", "Keep a token until shortly before it expires."},
	{"GT610", "time without zone", api, WireView, Warning, false, false, "a day with zones", "Write times as RFC 3339 with a zone."},

	{"GT701", "implausible user", claims, IntentView, Error, false, false, "a day of a person's pace", "Tag honestly: WithInitiator says User only where a person waits."},
	{"GT702", "implausible webhook", claims, IntentView, Error, false, false, "reads bound to events, at most 10 each", "Bind reads to the event that caused them with FromWebhook."},
	{"GT703", "unlabelled", claims, IntentView, Note, false, false, "half of the reads labelled", "Say why the app calls: WithInitiator, FromWebhook, Inbound."},
}

func ruleOf(id string) *rule {
	for i := range rules {
		if rules[i].ID == id {
			return &rules[i]
		}
	}
	return nil
}

// ruleIndex is a rule's place in rules.
type ruleIndex uint8

const (
	gt101 ruleIndex = iota
	gt102
	gt103
	gt104
	gt105
	gt106
	gt107
	gt201
	gt202
	gt203
	gt204
	gt205
	gt206
	gt207
	gt301
	gt302
	gt303
	gt401
	gt402
	gt403
	gt404
	gt405
	gt501
	gt502
	gt503
	gt504
	gt505
	gt601
	gt602
	gt603
	gt604
	gt605
	gt606
	gt607
	gt608
	gt609
	gt610
	gt701
	gt702
	gt703
	ruleCount
)

// Rule is one row of the rule book, for reports that explain it.
type Rule struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Clause   string   `json:"clause"`
	View     View     `json:"view"`
	Severity Severity `json:"severity"` // of a first alarm; it may rise or, early on, be milder
	Sees     string   `json:"sees"`     // from where on it speaks, at the default thresholds
	Blind    string   `json:"blind"`    // what it cannot see
	Clears   string   `json:"clears"`
	Remedy   string   `json:"remedy"`
}

// Rules lists the rules in the order of their ids.
func Rules() []Rule {
	all := make([]Rule, len(rules))
	for i, r := range rules {
		e := explained[i]
		all[i] = Rule{r.ID, r.Title, r.Clause, r.View, r.Severity, defaultThresholds.explain(e.sees), e.blind, r.Clears, r.Remedy}
	}
	return all
}
