package compliance_test

import "github.com/goodtenant/goodtenant/compliance"

// The seventh blind family's apps that break the guidelines, each by a clear margin,
// which TestScenarioBlind7Margins counts: 1,500 rows and half of a collection within a
// week, 2,500 where nobody counts it; twelve runs or six days of a timer; and so on as
// in the fifth family. The levels are those of the third.

var blind7Breakers = []kind{
	{name: "lifted: people by status within consent", days: 2, build: blind7Nested, clause: bulk, level: compliance.Error},
	{name: "lifted: ids out of a sheet, sixty a call", days: 2, build: blind7SheetIDs, clause: bulk, level: compliance.Error},
	{name: "lifted: two rehearsals and the move", days: 4, build: blind7Rehearsals, clause: bulk, also: warehouse, level: compliance.Error},
	{name: "lifted: documents, week by week backwards", days: 2, build: blind7Backwards, clause: bulk, level: compliance.Error},
	{name: "lifted: tasks by two sorts, to miss none", days: 2, build: blind7TwoSorts, clause: bulk, level: compliance.Error},
	{name: "lifted: a module's 3,000 at a time", days: 4, build: blind7Module, clause: bulk, also: warehouse, level: compliance.Error},
	{name: "lifted: the journal of ten houses a call", days: 2, build: blind7TenHouses, clause: bulk, level: compliance.Error},
	{name: "lifted: a refresh button, three times", days: 2, build: blind7Refresh, clause: bulk, also: warehouse, level: compliance.Error},
	{name: "lifted: a connector that catches up", days: 2, build: blind7Connector, clause: bulk, also: warehouse, level: compliance.Error},
	{name: "lifted: each one's diary, week by week", days: 2, build: blind7Diaries, clause: bulk, level: compliance.Error},
	{name: "lifted: numbers by their endings", days: 2, build: blind7Endings, clause: bulk, level: compliance.Error},
	{name: "lifted: a page at each webhook", days: 3, build: blind7ByTheWay, clause: bulk, also: []string{claims, schedule}, level: compliance.Error},
	{name: "lifted: searches that fetch every page", days: 2, build: blind7EveryPage, clause: bulk, also: byUser, level: compliance.Error},
	{name: "lifted: pages halved when it fails", days: 2, build: blind7HalvedPages, clause: bulk, level: compliance.Error},
	{name: "lifted: the ledger of twenty landlords a call", days: 2, build: blind7TwentyLandlords, clause: bulk, level: compliance.Error},
	{name: "lifted: an audience by its consent", days: 2, build: blind7Audience, clause: bulk, level: compliance.Error},
	{name: "lifted: the front and the back at once", days: 2, build: blind7FrontBack, clause: bulk, also: warehouse, level: compliance.Error},
	{name: "lifted: six of ten, for a staging copy", days: 2, build: blind7Staging, clause: bulk, level: compliance.Error},

	{name: "ticking: three tables, up to five minutes ago", days: 2, build: blind7Lag, clause: schedule, also: copies, level: compliance.Warning},
	{name: "ticking: backs off when nothing is new", days: 3, build: blind7BackOff, clause: schedule, also: copies, level: compliance.Warning},
	{name: "ticking: six offices' searches, 20 min", days: 2, build: blind7SixOffices, clause: schedule, also: []string{realTime, bulk}, level: compliance.Warning},
	{name: "ticking: an extract at 6, 10, 14 and 18", days: 4, build: blind7Extract, clause: schedule, also: copies, level: compliance.Warning},
	{name: "ticking: half past five, tried thrice", days: 8, build: blind7HalfPastFive, clause: schedule, also: copies, level: compliance.Warning},
	{name: "ticking: a tab's worker, 2 min", days: 2, build: blind7TabWorker, clause: schedule, also: []string{realTime, bulk}, level: compliance.Warning},
	{name: "ticking: a cursor in a file, 400 each half-hour", days: 2, build: blind7Cursor, clause: schedule, also: copies, level: compliance.Warning},
	{name: "ticking: three flows, the newest hundred", days: 3, build: blind7Flows, clause: schedule, also: []string{realTime, bulk}, level: compliance.Warning},
	{name: "ticking: noon and five, to the mart", days: 9, build: blind7NoonAndFive, clause: schedule, also: copies, level: compliance.Warning},
	{name: "ticking: eight customers in turn", days: 2, build: blind7InTurn, clause: schedule, also: copies, level: compliance.Warning},
	{name: "ticking: at each new token", days: 2, build: blind7NewToken, clause: schedule, also: copies, level: compliance.Warning},
	{name: "ticking: hourly, the last three hours", days: 3, build: blind7ThreeHours, clause: schedule, also: copies, level: compliance.Warning},
	{name: "ticking: owners whole at ten past two", days: 8, build: blind7OwnersWhole, clause: schedule, also: copies, level: compliance.Warning},
	{name: "ticking: two jobs by turns, two hours back", days: 2, build: blind7Leapfrog, clause: schedule, also: copies, level: compliance.Warning},

	{name: "stress: warm, hot and cool", days: 3, build: blind7Phases, clause: load, also: flooding, level: compliance.Warning},
	{name: "stress: eight users who think", days: 3, build: blind7Thinkers, clause: load, also: flooding, level: compliance.Warning},
	{name: "stress: one search, no pause", days: 3, build: blind7OneSearch, clause: load, also: flooding, level: compliance.Warning},
	{name: "stress: a thousand notes in nine minutes", days: 3, build: blind7ThousandNotes, clause: load, level: compliance.Warning},
	{name: "stress: sandbox, nine a second", days: 3, build: blind7SandboxNine, clause: load, also: flooding, level: compliance.Warning},
	{name: "stress: sandbox, a mix before the release", days: 3, build: blind7SandboxMix, clause: load, also: flooding, level: compliance.Warning},

	{name: "25 addresses at once, in flight", days: 3, build: blind7AtOnce, clause: limits, level: compliance.Error},
	{name: "a map without a pause, forty in a second", days: 3, build: blind7NoDebounce, clause: limits, level: compliance.Error},
	{name: "nine uploads in flight", days: 3, build: blind7Uploads, clause: limits, level: compliance.Error},
	{name: "deaf: only the refused route waits", days: 3, build: blind7OneRoute, clause: limits, level: compliance.Error},

	{name: "unsearched: its own table only", days: 5, build: blind7OwnTable, clause: create, level: compliance.Warning},
	{name: "unsearched: asks by the postcode", days: 5, build: blind7Postcode, clause: create, level: compliance.Warning},

	{name: "all columns of a mapped row", days: 5, build: blind7Mapped, clause: update, level: compliance.Warning},
	{name: "dragged without a version", days: 5, build: blind7Dragged, clause: update, level: compliance.Error},
	{name: "one version for a whole afternoon", days: 5, build: blind7Afternoon, clause: update, level: compliance.Error},

	{name: "a user, thirty cards a minute, four hours", days: 3, build: blind7ThirtyAMinute, clause: claims, also: machine, level: compliance.Error, tagged: true},
	{name: "two hundred reads for an event", days: 3, build: blind7TwoHundredEach, clause: claims, also: machine, level: compliance.Error, tagged: true},
	{name: "a nightly walk that says webhook", days: 3, build: blind7SaysWebhook, clause: claims, also: restless, level: compliance.Error, tagged: true},

	{name: "a call a row: who owns thirty houses", days: 5, build: blind7OwnerEach, clause: efficiency, also: []string{bulk}, level: compliance.Note},
	{name: "small pages: seven", days: 5, build: blind7Sevens, clause: efficiency, level: compliance.Note},
	{name: "signed yet? each 5 s", days: 5, build: blind7SignedYet, clause: realTime, also: []string{efficiency, schedule}, level: compliance.Note},
}
