package compliance_test

import "github.com/goodtenant/goodtenant/compliance"

// The eighth blind family's apps that break the guidelines, each by a clear margin,
// which TestScenarioBlind8Margins counts: 1,500 rows and half of a collection within a
// week, 2,500 where nobody counts it; twelve runs or six days of a timer; and so on as
// in the fifth family. The levels are those of the third.

var blind8Breakers = []kind{
	{name: "drained: three shell loops, one broken off", days: 2, build: blind8ShellLoops, clause: bulk, level: compliance.Error},
	{name: "drained: meetings of fifty people a call", days: 2, build: blind8FiftyPeople, clause: bulk, level: compliance.Error},
	{name: "drained: one tablet made fit for no network", days: 2, build: blind8Tablet, clause: bulk, also: byUser, level: compliance.Error},
	{name: "drained: duplicates sought, page and addresses", days: 2, build: blind8Duplicates, clause: bulk, level: compliance.Error},
	{name: "drained: twenty pages from each anchor", days: 2, build: blind8Anchors, clause: bulk, level: compliance.Error},
	{name: "drained: the journal by hand and year", days: 2, build: blind8HandYear, clause: bulk, level: compliance.Error},
	{name: "drained: pods with a shard each, two anew", days: 2, build: blind8Pods, clause: bulk, level: compliance.Error},
	{name: "drained: pictures by windows that adapt", days: 2, build: blind8AdaptiveWindows, clause: bulk, level: compliance.Error},
	{name: "drained: a connector's first full refresh", days: 2, build: blind8FullRefresh, clause: bulk, level: compliance.Error},
	{name: "drained: names, letter by letter where many", days: 2, build: blind8Trie, clause: bulk, level: compliance.Error},
	{name: "drained: applicants, contacts embedded, by tens", days: 2, build: blind8EmbeddedApplicants, clause: bulk, also: wasteful, level: compliance.Error},
	{name: "drained: a migration, a table a day", days: 5, build: blind8TableADay, clause: bulk, also: warehouse, level: compliance.Error},
	{name: "drained: people whom the journal names", days: 2, build: blind8NamedPeople, clause: bulk, level: compliance.Error},

	{name: "beating: a graph at four, yesterday's rows", days: 9, build: blind8Graph, clause: schedule, also: copies, level: compliance.Warning},
	{name: "beating: a dashboard's cache, 45 min by day", days: 4, build: blind8DashboardCache, clause: schedule, also: rereads, level: compliance.Warning},
	{name: "beating: a trigger for twelve customers, 15 min", days: 2, build: blind8TwelveTriggers, clause: schedule, also: copies, level: compliance.Warning},
	{name: "beating: pauses drawn from the last one", days: 3, build: blind8Decorrelated, clause: schedule, also: copies, level: compliance.Warning},
	{name: "beating: 12 min, an hour back", days: 2, build: blind8HourBack, clause: schedule, also: copies, level: compliance.Warning},
	{name: "beating: the week's diary compared, half-hours", days: 2, build: blind8WeekCompared, clause: schedule, also: []string{realTime, bulk}, level: compliance.Warning},
	{name: "beating: eight calendars kept in step, 15 min", days: 2, build: blind8Calendars, clause: schedule, also: []string{realTime, bulk}, level: compliance.Warning},
	{name: "beating: three tables, each 4 h", days: 4, build: blind8ThreeTables, clause: schedule, also: copies, level: compliance.Warning},
	{name: "beating: 250 hot ids, 6 min", days: 2, build: blind8HotIDs, clause: schedule, also: []string{bulk, realTime, efficiency}, level: compliance.Warning},
	{name: "beating: a phone's background fetch", days: 3, build: blind8BackgroundFetch, clause: schedule, also: []string{realTime, bulk}, level: compliance.Warning},
	{name: "beating: every contract, 6 h, by a pipeline", days: 4, build: blind8Pipeline, clause: schedule, also: copies, level: compliance.Warning},

	{name: "hammered: a saw with three teeth", days: 3, build: blind8Saw, clause: load, also: flooding, level: compliance.Warning},
	{name: "hammered: six browsers, the same test", days: 3, build: blind8Browsers, clause: load, also: flooding, level: compliance.Warning},
	{name: "hammered: how many ids are fastest", days: 3, build: blind8FastestIDs, clause: load, also: flooding, level: compliance.Warning},
	{name: "hammered: sandbox, ten a second", days: 3, build: blind8SandboxTen, clause: load, also: flooding, level: compliance.Warning},

	{name: "eighteen promises in flight", days: 3, build: blind8Promises, clause: limits, level: compliance.Error},
	{name: "28 saves in a second, a queue let go", days: 3, build: blind8QueueLetGo, clause: limits, level: compliance.Error},
	{name: "deaf: two breaths at most, whatever it is told", days: 3, build: blind8TwoSeconds, clause: limits, level: compliance.Error},

	{name: "unlooked: a quiz on a public site", days: 5, build: blind8Quiz, clause: create, level: compliance.Warning},
	{name: "unlooked: looks for the applicant's town", days: 5, build: blind8Town, clause: create, level: compliance.Warning},

	{name: "a card's state sent whole", days: 4, build: blind8CardState, clause: update, level: compliance.Warning},
	{name: "prices from a sheet, no version", days: 4, build: blind8SheetPrices, clause: update, level: compliance.Error},
	{name: "412 taken for a hiccup", days: 4, build: blind8Hiccup, clause: update, level: compliance.Error},

	{name: "a user at a script, forty lists a minute", days: 3, build: blind8ScriptUser, clause: claims, also: machine, level: compliance.Error, tagged: true},
	{name: "120 people for each event", days: 3, build: blind8PeopleEach, clause: claims, also: machine, level: compliance.Error, tagged: true},

	{name: "a call a row: houses of forty meetings", days: 5, build: blind8HouseEach, clause: efficiency, also: []string{bulk}, level: compliance.Note},
	{name: "paid yet? each 4 s", days: 5, build: blind8PaidYet, clause: realTime, also: []string{efficiency, schedule}, level: compliance.Note},
}
