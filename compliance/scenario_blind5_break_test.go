package compliance_test

import "github.com/goodtenant/goodtenant/compliance"

// The fifth blind family's apps that break the guidelines, each by a clear margin,
// which TestScenarioBlind5Margins counts: a copy takes 1,500 rows and more, half of a
// collection within a week, and 2,500 of one that nobody counts; a timer's runs bring
// 300 rows each where they are daily, a hundred or all that has changed where they are
// more often; a load test lasts five minutes and makes 600 calls, and on a sandbox
// 2,500 in ten minutes or six a second for three; the rest happens 25 times. The levels
// are those of the fourth family.

var blind5Breakers = []kind{
	{name: "shipped: contacts by four consumers, rebalanced", days: 2, build: blind5Rebalanced, clause: bulk, level: compliance.Error},
	{name: "shipped: contacts by thirty domains", days: 2, build: blind5Domains, clause: bulk, level: compliance.Error},
	{name: "shipped: documents of fifty houses a call", days: 2, build: blind5FiftyHouses, clause: bulk, level: compliance.Error},
	{name: "shipped: a keyset with gaps", days: 2, build: blind5Gaps, clause: bulk, level: compliance.Error},
	{name: "shipped: diary, made and then changed", days: 2, build: blind5TwoPasses, clause: bulk, level: compliance.Error},
	{name: "shipped: enquiries over a weekend", days: 7, build: blind5Weekend, clause: bulk, also: warehouse, level: compliance.Error},
	{name: "shipped: an export button, twelve quarters", days: 2, build: blind5Quarters, clause: bulk, also: byUser, level: compliance.Error},
	{name: "shipped: a workflow of named steps", days: 2, build: blind5Steps, clause: bulk, level: compliance.Error},
	{name: "shipped: ledger, landlord by landlord", days: 2, build: blind5Landlords, clause: bulk, level: compliance.Error},
	{name: "shipped: counted first, then taken", days: 2, build: blind5Counted, clause: bulk, level: compliance.Error},
	{name: "shipped: all houses, changes followed meanwhile", days: 2, build: blind5Bootstrap, clause: bulk, also: warehouse, level: compliance.Error},
	{name: "shipped: a model trained anew, four evenings", days: 4, build: blind5Retrained, clause: bulk, also: warehouse, level: compliance.Error},
	{name: "shipped: a queue replayed, thirty ids a call", days: 2, build: blind5Replayed, clause: bulk, level: compliance.Error},
	{name: "shipped: an extension in five browsers", days: 2, build: blind5Extension, clause: bulk, also: byUser, level: compliance.Error},
	{name: "shipped: enquiries drawn by lot", days: 3, build: blind5Spider, clause: bulk, also: warehouse, level: compliance.Error},
	{name: "shipped: fortnights, a week apart", days: 2, build: blind5Fortnights, clause: bulk, level: compliance.Error},
	{name: "shipped: newest two thirds of documents", days: 2, build: blind5Newest, clause: bulk, level: compliance.Error},
	{name: "shipped: houses by pages of any size", days: 2, build: blind5PageSizes, clause: bulk, level: compliance.Error},
	{name: "shipped: eight customers side by side", days: 2, build: blind5Benchmark, clause: bulk, level: compliance.Error},
	{name: "shipped: six of ten kinds of journal", days: 2, build: blind5JournalKinds, clause: bulk, level: compliance.Error},

	{name: "clock: newest of five tables, nightly", days: 8, build: blind5FiveTables, clause: schedule, also: copies, level: compliance.Warning},
	{name: "clock: 5 min by day, hourly by night", days: 3, build: blind5DayAndNight, clause: schedule, also: copies, level: compliance.Warning},
	{name: "clock: one to nine minutes", days: 2, build: blind5Jittered, clause: schedule, also: copies, level: compliance.Warning},
	{name: "clock: a connector's five streams, 6 h", days: 4, build: blind5Streams, clause: schedule, also: copies, level: compliance.Warning},
	{name: "clock: every offer at half past", days: 3, build: blind5EachOffer, clause: schedule, also: copies, level: compliance.Warning},
	{name: "clock: the day's new rows before midnight", days: 9, build: blind5Midnight, clause: schedule, also: copies, level: compliance.Warning},
	{name: "clock: 15 min, under a lock", days: 2, build: blind5Locked, clause: schedule, also: copies, level: compliance.Warning},
	{name: "clock: counted each 30 s, read when grown", days: 2, build: blind5Grown, clause: schedule, also: []string{bulk, efficiency}, level: compliance.Warning},
	{name: "clock: half-hours, besides webhooks", days: 2, build: blind5Reconciled, clause: schedule, also: copies, level: compliance.Warning},
	{name: "clock: the next fortnight, at six", days: 9, build: blind5NextFortnight, clause: schedule, also: copies, level: compliance.Warning},
	{name: "clock: a hundred ids on, each 4 min", days: 2, build: blind5RoundAndRound, clause: schedule, also: copies, level: compliance.Warning},
	{name: "clock: hosted, late, 6 h", days: 4, build: blind5Hosted, clause: schedule, also: copies, level: compliance.Warning},
	{name: "clock: blue and green, half-hours", days: 2, build: blind5BlueGreen, clause: schedule, also: copies, level: compliance.Warning},
	{name: "clock: a sheet by itself, hourly", days: 3, build: blind5SheetByItself, clause: schedule, also: []string{bulk, claims}, level: compliance.Warning},
	{name: "clock: two small hours, slowly", days: 8, build: blind5SmallHours, clause: schedule, also: copies, level: compliance.Warning},
	{name: "clock: six customers, backing off", days: 2, build: blind5BackOff, clause: schedule, also: copies, level: compliance.Warning},

	{name: "bench: nine page sizes", days: 3, build: blind5Sizes, clause: load, level: compliance.Warning},
	{name: "bench: a swarm with random words", days: 3, build: blind5RandomWords, clause: load, level: compliance.Warning},
	{name: "bench: an access log again", days: 3, build: blind5AccessLog, clause: load, also: flooding, level: compliance.Warning},
	{name: "bench: one to five workers", days: 3, build: blind5Levels, clause: load, also: flooding, level: compliance.Warning},
	{name: "bench: one appointment, 700 writes", days: 3, build: blind5OneRow, clause: load, level: compliance.Warning},
	{name: "bench: endurance, three a second", days: 3, build: blind5Soak, clause: load, level: compliance.Warning},
	{name: "bench: sandbox, two pods", days: 3, build: blind5TwoPods, clause: load, also: flooding, level: compliance.Warning},
	{name: "bench: sandbox, 3,000 tasks made", days: 3, build: blind5Generated, clause: load, also: flooding, level: compliance.Warning},

	{name: "fourteen widgets in flight at once", days: 3, build: blind5Widgets, clause: limits, level: compliance.Error},
	{name: "forty jobs on the minute, in a second", days: 3, build: blind5OnTheMinute, clause: limits, level: compliance.Error},
	{name: "ten gathered, all in flight", days: 3, build: blind5Gathered, clause: limits, also: hasty, level: compliance.Error},
	{name: "deaf: ends and starts anew", days: 3, build: blind5StartsAnew, clause: limits, level: compliance.Error},
	{name: "deaf: any pause but the one named", days: 3, build: blind5AnyPause, clause: limits, level: compliance.Error},

	{name: "not looked for: portal mails", days: 5, build: blind5OwnTable, clause: create, level: compliance.Warning},
	{name: "not looked for: chats", days: 5, build: blind5Nameless, clause: create, level: compliance.Warning},
	{name: "not looked for: referees", days: 5, build: blind5Referees, clause: create, level: compliance.Warning},

	{name: "draft of a phone, whole", days: 5, build: blind5Draft, clause: update, level: compliance.Warning},
	{name: "one field new, nine sent", days: 3, build: blind5OneField, clause: update, level: compliance.Warning},
	{name: "no version, three times over", days: 5, build: blind5NoVersion, clause: update, level: compliance.Error},
	{name: "the first one's version for sixty", days: 3, build: blind5FirstsVersion, clause: update, level: compliance.Error},
	{name: "412: a queue, later and later", days: 5, build: blind5QueuedStale, clause: update, level: compliance.Error},

	{name: "four users by turns, day and night", days: 3, build: blind5NightDesk, clause: claims, also: []string{bulk, load, schedule}, level: compliance.Error, tagged: true},
	{name: "a user, name by name", days: 3, build: blind5NameByName, clause: claims, also: machine, level: compliance.Error, tagged: true},
	{name: "two hundred users, a page each", days: 3, build: blind5ShareOfList, clause: claims, also: machine, level: compliance.Error, tagged: true},
	{name: "one house's webhook, 300 others", days: 3, build: blind5OtherHouses, clause: claims, also: machine, level: compliance.Error, tagged: true},

	{name: "a call a row: landlords of lets", days: 5, build: blind5LandlordEach, clause: efficiency, also: []string{bulk}, level: compliance.Note},
	{name: "small pages: four", days: 5, build: blind5Fours, clause: efficiency, level: compliance.Note},
	{name: "read again at each key", days: 5, build: blind5EachKey, clause: realTime, also: []string{efficiency}, level: compliance.Note},
}
