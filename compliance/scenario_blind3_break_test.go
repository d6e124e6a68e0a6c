package compliance_test

import "github.com/goodtenant/goodtenant/compliance"

// The third blind family's apps that break the guidelines, each by a clear margin:
// a copy takes at least a thousand rows and half of their collection within a week;
// a timer runs twelve times, or on six days, and takes a hundred rows each time or
// all that has changed; a load test lasts five minutes and makes 600 calls for no
// user's work; the rest happens 25 times. TestScenarioBlind3Margins counts them.
// What counts as found is an error where the guidelines forbid outright: copies,
// limits, updates and labels that lie; a warning for timers, load tests and
// creates; a note for waste, which no guideline names.

var (
	byUser   = []string{claims}             // a machine under a user's name
	flooding = []string{limits}             // a load test near the limits
	machine  = []string{bulk, load}         // a user who reads like one
	restless = []string{bulk, schedule}     // a user who never rests
	hasty    = []string{load, efficiency}   // a loop without a limiter
	rereads  = []string{realTime, schedule} // what is read again and again
)

var blind3Breakers = []kind{
	{name: "copy: a first load of four tables", days: 2, build: blind3Tables, clause: bulk, level: compliance.Error},
	{name: "copy: five threads, a range each", days: 2, build: blind3Ranges, clause: bulk, level: compliance.Error},
	{name: "copy: warm-up at each deploy", days: 4, build: blind3Deploys, clause: bulk, also: warehouse, level: compliance.Error},
	{name: "copy: keys first, then rows", days: 2, build: blind3KeysThenRows, clause: bulk, also: wasteful, level: compliance.Error},
	{name: "copy: downwards, a row twice", days: 2, build: blind3Downwards, clause: bulk, level: compliance.Error},
	{name: "copy: negotiator and month", days: 2, build: blind3NegotiatorMonths, clause: bulk, level: compliance.Error},
	{name: "copy: bedrooms, type and status", days: 2, build: blind3Combinations, clause: bulk, level: compliance.Error},
	{name: "copy: pages drawn by lot", days: 2, build: blind3ByLot, clause: bulk, level: compliance.Error},
	{name: "copy: applicants and their people", days: 2, build: blind3People, clause: bulk, level: compliance.Error},
	{name: "copy: three workers and a queue", days: 2, build: blind3Queue, clause: bulk, also: wasteful, level: compliance.Error},
	{name: "copy: seven evenings", days: 7, build: blind3Evenings, clause: bulk, also: warehouse, level: compliance.Error},
	{name: "copy: a page a minute, in office hours", days: 4, build: blind3WhileTheyWork, clause: bulk, also: warehouse, level: compliance.Error},
	{name: "copy: a user exports all", days: 2, build: blind3ExportAll, clause: bulk, also: byUser, level: compliance.Error},
	{name: "copy: a job for each office", days: 3, build: blind3OfficeJobs, clause: bulk, level: compliance.Error},
	{name: "copy: facts and dimensions", days: 2, build: blind3Star, clause: bulk, level: compliance.Error},
	{name: "copy: begun anew after crashes", days: 2, build: blind3Crashes, clause: bulk, level: compliance.Error},
	{name: "copy: by known addresses", days: 3, build: blind3Addresses, clause: bulk, also: wasteful, level: compliance.Error},
	{name: "copy: four customers by turns", days: 2, build: blind3CustomersByTurns, clause: bulk, level: compliance.Error},
	{name: "copy: odd pages, then even ones", days: 5, build: blind3OddEven, clause: bulk, level: compliance.Error},
	{name: "copy: all who consent", days: 2, build: blind3Consenting, clause: bulk, level: compliance.Error},
	{name: "copy: the older three fifths", days: 2, build: blind3OlderPart, clause: bulk, level: compliance.Error},

	{name: "etl: three tables each night", days: 8, build: blind3EachNight, clause: schedule, also: copies, level: compliance.Warning},
	{name: "etl: what changed since yesterday", days: 9, build: blind3SinceYesterday, clause: schedule, also: copies, level: compliance.Warning},
	{name: "etl: at six, twelve and six", days: 5, build: blind3ThriceADay, clause: schedule, also: copies, level: compliance.Warning},
	{name: "etl: working evenings at seven", days: 12, build: blind3Sevens, clause: schedule, also: copies, level: compliance.Warning},
	{name: "etl: hourly by night", days: 4, build: blind3NightHours, clause: schedule, also: copies, level: compliance.Warning},
	{name: "etl: each office's day, at its end", days: 10, build: blind3DaysEnd, clause: schedule, also: copies, level: compliance.Warning},
	{name: "poll: 45 s in working hours", days: 2, build: blind3Poll45, clause: schedule, also: copies, level: compliance.Warning},
	{name: "poll: four topics, 5 min", days: 2, build: blind3FourTopics, clause: schedule, also: copies, level: compliance.Warning},
	{name: "sync: half-hours, again after errors", days: 3, build: blind3AfterErrors, clause: schedule, also: copies, level: compliance.Warning},
	{name: "sync: from a cursor, 10 min", days: 2, build: blind3Cursor, clause: schedule, also: copies, level: compliance.Warning},
	{name: "sync: both ways, 15 min", days: 3, build: blind3BothWays, clause: schedule, also: copies, level: compliance.Warning},
	{name: "sync: the last day, every 4 h", days: 5, build: blind3LastDay, clause: schedule, also: copies, level: compliance.Warning},
	{name: "mirror: splayed by a quarter", days: 3, build: blind3Splayed, clause: schedule, also: copies, level: compliance.Warning},
	{name: "mirror: a thousand ids each morning", days: 10, build: blind3ThousandIDs, clause: schedule, also: rereads, level: compliance.Warning},
	{name: "mirror: another table each hour", days: 4, build: blind3Rota, clause: schedule, also: copies, level: compliance.Warning},
	{name: "mirror: three pages on, each 10 min", days: 3, build: blind3PagesOn, clause: schedule, also: copies, level: compliance.Warning},
	{name: "mirror: five customers, half-hours", days: 2, build: blind3CustomersHalfHours, clause: schedule, also: copies, level: compliance.Warning},

	{name: "k6: constant rate", days: 3, build: blind3ConstantRate, clause: load, also: flooding, level: compliance.Warning},
	{name: "k6: up and down", days: 3, build: blind3UpAndDown, clause: load, also: flooding, level: compliance.Warning},
	{name: "locust: weighted tasks", days: 3, build: blind3Weighted, clause: load, level: compliance.Warning},
	{name: "jmeter: five threads, no pause", days: 3, build: blind3ClosedLoop, clause: load, also: flooding, level: compliance.Warning},
	{name: "gatling: in steps", days: 3, build: blind3Steps, clause: load, also: flooding, level: compliance.Warning},
	{name: "until it refuses", days: 3, build: blind3UntilRefused, clause: load, also: flooding, level: compliance.Warning},
	{name: "sandbox: three a second", days: 3, build: blind3SandboxRate, clause: load, level: compliance.Warning},
	{name: "sandbox: 800 contacts", days: 3, build: blind3SandboxContacts, clause: load, level: compliance.Warning},
	{name: "sandbox: a perf suite, three nights", days: 3, build: blind3SandboxNights, clause: load, level: compliance.Warning},

	{name: "all forty rows in a second", days: 3, build: blind3AllAtOnce, clause: limits, also: []string{efficiency}, level: compliance.Error},
	{name: "thirty a second, one after another", days: 3, build: blind3Unlimited, clause: limits, also: hasty, level: compliance.Error},
	{name: "twelve in flight by two processes", days: 3, build: blind3TwoProcesses, clause: limits, also: hasty, level: compliance.Error},
	{name: "seven in flight at one customer", days: 3, build: blind3SevenAtOne, clause: limits, level: compliance.Error},
	{name: "deaf: caps what it is told", days: 3, build: blind3Capped, clause: limits, level: compliance.Error},
	{name: "deaf: doubles its own pause", days: 3, build: blind3OwnBackOff, clause: limits, level: compliance.Error},

	{name: "blind: sign-up form", days: 5, build: blind3SignUps, clause: create, level: compliance.Warning},
	{name: "blind: looks at page one", days: 5, build: blind3PageOne, clause: create, level: compliance.Warning},
	{name: "blind: one search for all", days: 5, build: blind3OneSearch, clause: create, level: compliance.Warning},
	{name: "blind: applicants by night", days: 5, build: blind3NightApplicants, clause: create, level: compliance.Warning},

	{name: "whole: a form saves all it shows", days: 5, build: blind3SavesAll, clause: update, level: compliance.Warning},
	{name: "whole: the form at each field", days: 5, build: blind3EachField, clause: update, level: compliance.Warning},
	{name: "no version on every other", days: 5, build: blind3EveryOther, clause: update, level: compliance.Error},
	{name: "412: tomorrow the same", days: 5, build: blind3TomorrowAgain, clause: update, level: compliance.Error},
	{name: "412: read anew, sent as before", days: 5, build: blind3SentAsBefore, clause: update, level: compliance.Error},
	{name: "412: the old entity over the new", days: 5, build: blind3OldOverNew, clause: update, level: compliance.Error},

	{name: "users who are one loop", days: 4, build: blind3OneLoop, clause: claims, also: restless, level: compliance.Error, tagged: true},
	{name: "a user's cards, three a second", days: 3, build: blind3FastCards, clause: claims, also: machine, level: compliance.Error, tagged: true},
	{name: "webhooks, says the poller", days: 2, build: blind3PollerSays, clause: claims, also: restless, level: compliance.Error, tagged: true},
	{name: "one event, all pages", days: 3, build: blind3AllPages, clause: claims, also: machine, level: compliance.Error, tagged: true},
	{name: "a user's night job", days: 6, build: blind3NightJob, clause: claims, also: restless, level: compliance.Error, tagged: true},

	{name: "a call a row: tasks", days: 5, build: blind3CallARow, clause: efficiency, also: []string{bulk}, level: compliance.Note},
	{name: "small pages: five", days: 5, build: blind3Fives, clause: efficiency, level: compliance.Note},
	{name: "read again: before each step", days: 5, build: blind3BeforeEachStep, clause: realTime, also: []string{efficiency}, level: compliance.Note},
}
