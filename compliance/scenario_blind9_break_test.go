package compliance_test

import "github.com/goodtenant/goodtenant/compliance"

// The ninth blind family's apps that break the guidelines, each by a clear margin,
// which TestScenarioBlind9Margins counts: 1,500 rows and half of a collection within a
// week, 2,500 where nobody counts it; twelve runs or six days of a timer; and so on as
// in the fifth family. The levels are those of the third.

var blind9Breakers = []kind{
	{name: "emptied: a sheet with a page in each cell", days: 2, build: blind9SheetCells, clause: bulk, level: compliance.Error},
	{name: "emptied: a function for each page", days: 2, build: blind9FunctionEach, clause: bulk, level: compliance.Error},
	{name: "emptied: a map cut in four, and again", days: 2, build: blind9Quadtree, clause: bulk, level: compliance.Error},
	{name: "emptied: five pages with each log-in", days: 4, build: blind9LoginPages, clause: bulk, also: []string{schedule, claims}, level: compliance.Error},
	{name: "emptied: months counted, all of them differ", days: 2, build: blind9MonthsDiffer, clause: bulk, level: compliance.Error},
	{name: "emptied: a star of meetings, houses and people", days: 2, build: blind9Star, clause: bulk, level: compliance.Error},
	{name: "emptied: a list, and each fifth row to be sure", days: 2, build: blind9EachFifth, clause: bulk, also: wasteful, level: compliance.Error},
	{name: "emptied: each third page too slow", days: 2, build: blind9TooSlow, clause: bulk, level: compliance.Error},
	{name: "emptied: one table, a tile's sort each", days: 2, build: blind9Tiles, clause: bulk, also: rereads, level: compliance.Error},
	{name: "emptied: two vendors, three fifths each", days: 2, build: blind9TwoVendors, clause: bulk, level: compliance.Error},
	{name: "emptied: tasks by who, state and sort", days: 2, build: blind9WhoStateSort, clause: bulk, level: compliance.Error},
	{name: "emptied: a look, a sample and the rest", days: 4, build: blind9Prototype, clause: bulk, also: warehouse, level: compliance.Error},
	{name: "emptied: houses by twenty, meetings embedded", days: 2, build: blind9HousesEmbedded, clause: bulk, also: wasteful, level: compliance.Error},
	{name: "emptied: pictures of 25 houses a call", days: 2, build: blind9PicturesOf25, clause: bulk, level: compliance.Error},
	{name: "emptied: three agencies made one", days: 2, build: blind9ThreeMadeOne, clause: bulk, level: compliance.Error},
	{name: "emptied: a thread that nobody named", days: 2, build: blind9NoName, clause: bulk, level: compliance.Error},

	{name: "pulling: two hours' windows", days: 3, build: blind9TwoHours, clause: schedule, also: copies, level: compliance.Warning},
	{name: "pulling: all tasks at half past one", days: 8, build: blind9AllTasks, clause: schedule, also: copies, level: compliance.Warning},
	{name: "pulling: 7, 11 and 13 min, a table each", days: 2, build: blind9Primes, clause: schedule, also: copies, level: compliance.Warning},
	{name: "pulling: two replicas, a cursor each", days: 2, build: blind9TwoReplicas, clause: schedule, also: copies, level: compliance.Warning},
	{name: "pulling: hourly, three pages of the week", days: 2, build: blind9ThreePages, clause: schedule, also: []string{realTime, bulk}, level: compliance.Warning},
	{name: "pulling: a desktop's views, 8 min", days: 2, build: blind9DesktopViews, clause: schedule, also: []string{realTime, bulk}, level: compliance.Warning},
	{name: "pulling: a crontab on three machines", days: 2, build: blind9ThreeMachines, clause: schedule, also: []string{realTime, bulk}, level: compliance.Warning},
	{name: "pulling: thrice a day, when idle", days: 6, build: blind9WhenIdle, clause: schedule, also: copies, level: compliance.Warning},
	{name: "pulling: whole on Monday, then by night", days: 8, build: blind9WholeThenDeltas, clause: schedule, also: copies, level: compliance.Warning},
	{name: "pulling: a view made anew at 25 min", days: 2, build: blind9LazyView, clause: schedule, also: []string{realTime, bulk}, level: compliance.Warning},
	{name: "pulling: ids staged, then rows, 3 h", days: 3, build: blind9Staged, clause: schedule, also: copies, level: compliance.Warning},
	{name: "pulling: sixty days' diary at a quarter past seven", days: 10, build: blind9SixtyDays, clause: schedule, also: []string{realTime, bulk}, level: compliance.Warning},

	{name: "pounded: phases of a script", days: 3, build: blind9Phases, clause: load, also: flooding, level: compliance.Warning},
	{name: "pounded: a number against the cache", days: 3, build: blind9AgainstCache, clause: load, also: flooding, level: compliance.Warning},
	{name: "pounded: calls cut off on purpose", days: 3, build: blind9CutOff, clause: load, also: flooding, level: compliance.Warning},
	{name: "pounded: read, write, read, by night", days: 3, build: blind9ReadWriteRead, clause: load, also: flooding, level: compliance.Warning},
	{name: "pounded: twenty seconds on, forty off", days: 3, build: blind9OnOff, clause: load, also: flooding, level: compliance.Warning},
	{name: "pounded: sandbox, a suite in a loop", days: 3, build: blind9SuiteLoop, clause: load, also: flooding, level: compliance.Warning},

	{name: "fifteen comparables in flight", days: 3, build: blind9Fifteen, clause: limits, level: compliance.Error},
	{name: "thirty cards in a second, a prefetch", days: 3, build: blind9Prefetch, clause: limits, level: compliance.Error},
	{name: "three processes, four in flight each", days: 3, build: blind9ThreeByFour, clause: limits, also: hasty, level: compliance.Error},
	{name: "deaf: takes its own backoff, told or not", days: 3, build: blind9OwnBackoff, clause: limits, level: compliance.Error},

	{name: "unsought: visitors of a fair on a tablet", days: 5, build: blind9FairTablet, clause: create, level: compliance.Warning},
	{name: "unsought: guarantors with each application", days: 5, build: blind9Guarantors, clause: create, level: compliance.Warning},

	{name: "a DTO and all it holds", days: 4, build: blind9DTO, clause: update, level: compliance.Warning},
	{name: "stamped by a job, no version", days: 4, build: blind9Stamped, clause: update, level: compliance.Error},
	{name: "412: press save again", days: 4, build: blind9PressAgain, clause: update, level: compliance.Error},

	{name: "a user's export of people, card by card", days: 3, build: blind9CardByCard, clause: claims, also: machine, level: compliance.Error, tagged: true},
	{name: "a night job in a manager's name", days: 6, build: blind9ManagersName, clause: claims, also: restless, level: compliance.Error, tagged: true},
	{name: "ninety diaries for each event", days: 3, build: blind9NinetyDiaries, clause: claims, also: machine, level: compliance.Error, tagged: true},

	{name: "a call a row: papers of forty flats", days: 5, build: blind9PaperEach, clause: efficiency, also: []string{bulk}, level: compliance.Note},
	{name: "small pages: six", days: 5, build: blind9SixARow, clause: efficiency, level: compliance.Note},
	{name: "accepted yet? each 3 s", days: 5, build: blind9AcceptedYet, clause: realTime, also: []string{efficiency, schedule}, level: compliance.Note},
}
