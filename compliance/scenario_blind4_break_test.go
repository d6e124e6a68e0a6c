package compliance_test

import "github.com/goodtenant/goodtenant/compliance"

// The fourth blind family's apps that break the guidelines, each by a clear margin,
// which TestScenarioBlind4Margins counts: a copy takes half of a collection of 1,500
// rows or more within a week, and 2,000 of one that nobody counts; a timer's runs
// bring 300 rows each where they are daily, a hundred or all that has changed where
// they are more often; a load test lasts five minutes and makes 600 calls, and on a
// sandbox 2,500 in ten minutes; the rest happens 25 times. The levels are those of
// the third family.

var blind4Breakers = []kind{
	{name: "taken: contacts by forty sources", days: 2, build: blind4Sources, clause: bulk, level: compliance.Error},
	{name: "taken: all on the day of the install", days: 5, build: blind4Installs, clause: bulk, level: compliance.Error},
	{name: "taken: houses for a site map, one by one", days: 3, build: blind4Sitemap, clause: bulk, also: wasteful, level: compliance.Error},
	{name: "taken: documents for a vector index", days: 2, build: blind4Vectors, clause: bulk, level: compliance.Error},
	{name: "taken: diary weeks, three threads", days: 2, build: blind4Lake, clause: bulk, level: compliance.Error},
	{name: "taken: bursts with a token, two hours apart", days: 4, build: blind4Bursts, clause: bulk, also: warehouse, level: compliance.Error},
	{name: "taken: all again when one has changed", days: 4, build: blind4Reload, clause: bulk, also: []string{claims, schedule, efficiency}, level: compliance.Error},
	{name: "taken: six users' logins, a script", days: 2, build: blind4Logins, clause: bulk, also: byUser, level: compliance.Error},
	{name: "taken: from both ends", days: 2, build: blind4BothEnds, clause: bulk, level: compliance.Error},
	{name: "taken: squares of a map, overlapping", days: 2, build: blind4Grid, clause: bulk, level: compliance.Error},
	{name: "taken: first sync of eight phones", days: 2, build: blind4Phones, clause: bulk, also: byUser, level: compliance.Error},
	{name: "taken: a page now and then, five days", days: 6, build: blind4Drip, clause: bulk, also: warehouse, level: compliance.Error},
	{name: "taken: four tables as of midnight, on leaving", days: 2, build: blind4Leaving, clause: bulk, level: compliance.Error},
	{name: "taken: the active, then the others", days: 2, build: blind4Halves, clause: bulk, level: compliance.Error},

	{name: "timed: nightly windows of three tables", days: 8, build: blind4Windows, clause: schedule, also: copies, level: compliance.Warning},
	{name: "timed: the hour before last, each hour", days: 3, build: blind4Closed, clause: schedule, also: copies, level: compliance.Warning},
	{name: "timed: a dataset, eight times a day", days: 4, build: blind4EightADay, clause: schedule, also: copies, level: compliance.Warning},
	{name: "timed: 20 min, caught up after a stop", days: 3, build: blind4CatchUp, clause: schedule, also: copies, level: compliance.Warning},
	{name: "timed: two minutes, a function by day", days: 2, build: blind4Lambda, clause: schedule, also: copies, level: compliance.Warning},
	{name: "timed: sooner after a change, then later", days: 3, build: blind4Adaptive, clause: schedule, also: copies, level: compliance.Warning},
	{name: "timed: index built anew, 6 h", days: 4, build: blind4Reindex, clause: schedule, also: copies, level: compliance.Warning},
	{name: "timed: newest documents, then each, hourly", days: 2, build: blind4ThenNewer, clause: schedule, also: []string{bulk, efficiency}, level: compliance.Warning},
	{name: "timed: newest tasks until known, 25 min", days: 2, build: blind4UntilKnown, clause: schedule, also: copies, level: compliance.Warning},
	{name: "timed: three minutes, looks back ten", days: 2, build: blind4LookBack, clause: schedule, also: copies, level: compliance.Warning},
	{name: "timed: day book at seven", days: 10, build: blind4DayBook, clause: schedule, also: copies, level: compliance.Warning},
	{name: "timed: woken by an uptime watch, 5 min", days: 2, build: blind4Uptime, clause: schedule, also: copies, level: compliance.Warning},
	{name: "timed: into a file at the user's, 10 min", days: 5, build: blind4Tray, clause: schedule, also: []string{bulk, claims}, level: compliance.Warning},
	{name: "timed: four customers' journals at five", days: 8, build: blind4Mornings, clause: schedule, also: copies, level: compliance.Warning},

	{name: "tested: virtual users with a pause", days: 3, build: blind4ThinkTime, clause: load, also: flooding, level: compliance.Warning},
	{name: "tested: arrivals, ever more", days: 3, build: blind4Arriving, clause: load, also: flooding, level: compliance.Warning},
	{name: "tested: intervals with rests", days: 3, build: blind4Intervals, clause: load, also: flooding, level: compliance.Warning},
	{name: "tested: recorded journeys", days: 3, build: blind4Journeys, clause: load, level: compliance.Warning},
	{name: "tested: entries made and read, 700", days: 3, build: blind4Volume, clause: load, level: compliance.Warning},
	{name: "tested: sandbox, eight a second, some write", days: 3, build: blind4SandboxMix, clause: load, also: flooding, level: compliance.Warning},
	{name: "tested: sandbox, pages by five workers", days: 3, build: blind4SandboxLists, clause: load, also: flooding, level: compliance.Warning},

	{name: "a handler each for thirty webhooks in a second", days: 3, build: blind4HookStorm, clause: limits, level: compliance.Error},
	{name: "45 in a second, a full bucket", days: 3, build: blind4FullBucket, clause: limits, level: compliance.Error},
	{name: "thirty a second by three replicas", days: 3, build: blind4EachItsOwn, clause: limits, also: hasty, level: compliance.Error},
	{name: "a semaphore of eight in flight", days: 3, build: blind4Eight, clause: limits, also: hasty, level: compliance.Error},
	{name: "deaf: a library's three retries", days: 3, build: blind4Library, clause: limits, level: compliance.Error},
	{name: "deaf: takes the wait for thousandths", days: 3, build: blind4Milliseconds, clause: limits, level: compliance.Error},

	{name: "unasked: landlord wizard", days: 5, build: blind4Wizard, clause: create, level: compliance.Warning},
	{name: "unasked: asks for its own number", days: 5, build: blind4OwnNumber, clause: create, level: compliance.Warning},
	{name: "unasked: looks at the house only", days: 5, build: blind4House, clause: create, level: compliance.Warning},

	{name: "saved again by a mapper", days: 3, build: blind4SaveAgain, clause: update, level: compliance.Warning},
	{name: "chosen tasks, no version", days: 3, build: blind4Assign, clause: update, level: compliance.Error},
	{name: "version without its quotes", days: 5, build: blind4Unquoted, clause: update, level: compliance.Error},
	{name: "412 logged, next save the same", days: 5, build: blind4NextSave, clause: update, level: compliance.Error},
	{name: "any version: offers", days: 5, build: blind4AnyVersion, clause: update, level: compliance.Error},

	{name: "a user, 3,000 within an hour", days: 3, build: blind4InAnHour, clause: claims, also: machine, level: compliance.Error, tagged: true},
	{name: "five users in step", days: 3, build: blind4InStep, clause: claims, also: machine, level: compliance.Error, tagged: true},
	{name: "events made up", days: 3, build: blind4MadeUp, clause: claims, also: machine, level: compliance.Error, tagged: true},
	{name: "webhooks of the night", days: 6, build: blind4HookNights, clause: claims, also: restless, level: compliance.Error, tagged: true},

	{name: "a call a row: buyers", days: 5, build: blind4BuyerEach, clause: efficiency, also: []string{bulk}, level: compliance.Note},
	{name: "small pages: eight", days: 5, build: blind4Eights, clause: efficiency, level: compliance.Note},
	{name: "changed yet? each 3 s", days: 5, build: blind4Yet, clause: realTime, also: []string{efficiency, schedule}, level: compliance.Note},
}
