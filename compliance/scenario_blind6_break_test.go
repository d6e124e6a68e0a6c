package compliance_test

import "github.com/goodtenant/goodtenant/compliance"

// The sixth blind family's apps that break the guidelines, each by a clear margin,
// which TestScenarioBlind6Margins counts: those of the fourth family, but for copies
// of a collection that nobody counts, which take 2,500 rows. The levels are those of
// the third family.

var blind6Breakers = []kind{
	{name: "moved: contacts by the last id", days: 2, build: blind6LastID, clause: bulk, level: compliance.Error},
	{name: "moved: documents by the last change, some twice", days: 2, build: blind6LastChange, clause: bulk, level: compliance.Error},
	{name: "moved: the ledger, day by day", days: 3, build: blind6LedgerDays, clause: bulk, level: compliance.Error},
	{name: "moved: compared in full, Monday and Thursday", days: 5, build: blind6Compare, clause: bulk, also: warehouse, level: compliance.Error},
	{name: "moved: with gaps, and the gaps", days: 2, build: blind6Gaps, clause: bulk, level: compliance.Error},
	{name: "moved: ranges halved until small", days: 2, build: blind6Halved, clause: bulk, level: compliance.Error},
	{name: "moved: people by two letters", days: 2, build: blind6TwoLetters, clause: bulk, level: compliance.Error},
	{name: "moved: past a cap, by both orders", days: 2, build: blind6PastCap, clause: bulk, level: compliance.Error},
	{name: "moved: the postings of each contract", days: 3, build: blind6EachContract, clause: bulk, also: wasteful, level: compliance.Error},
	{name: "moved: a backup on a weekend", days: 7, build: blind6Weekend, clause: bulk, also: warehouse, level: compliance.Error},
	{name: "moved: each lead by its id, once counted", days: 3, build: blind6EachLead, clause: bulk, also: wasteful, level: compliance.Error},
	{name: "moved: by a user's report builder", days: 2, build: blind6Builder, clause: bulk, also: byUser, level: compliance.Error},
	{name: "moved: enrichment, fifty a minute", days: 6, build: blind6Enrich, clause: bulk, also: warehouse, level: compliance.Error},
	{name: "moved: all that changed since 1970", days: 2, build: blind6Epoch, clause: bulk, level: compliance.Error},
	{name: "moved: the journal, for a language model", days: 2, build: blind6Corpus, clause: bulk, level: compliance.Error},
	{name: "moved: the ledger by eighty accounts", days: 2, build: blind6Accounts, clause: bulk, level: compliance.Error},
	{name: "moved: three workers, pages leased twice", days: 2, build: blind6Leases, clause: bulk, level: compliance.Error},
	{name: "moved: tickets by month, to another desk", days: 2, build: blind6OtherDesk, clause: bulk, level: compliance.Error},
	{name: "moved: by four hundred surnames", days: 2, build: blind6Surnames, clause: bulk, level: compliance.Error},
	{name: "moved: repaired in full, four evenings", days: 5, build: blind6Repair, clause: bulk, also: warehouse, level: compliance.Error},

	{name: "clockwork: 15 min and five before", days: 3, build: blind6Overlap, clause: schedule, also: copies, level: compliance.Warning},
	{name: "clockwork: invoices, hourly from eight to six", days: 3, build: blind6Invoices, clause: schedule, also: copies, level: compliance.Warning},
	{name: "clockwork: three objects, a job each", days: 2, build: blind6ThreeJobs, clause: schedule, also: copies, level: compliance.Warning},
	{name: "clockwork: all tickets at four, by their hashes", days: 7, build: blind6Hashes, clause: schedule, also: copies, level: compliance.Warning},
	{name: "clockwork: five to 25 min, drawn", days: 3, build: blind6Drawn, clause: schedule, also: copies, level: compliance.Warning},
	{name: "clockwork: deals, 20 s by day", days: 2, build: blind6TwentySeconds, clause: schedule, also: copies, level: compliance.Warning},
	{name: "clockwork: the month so far, at half past six", days: 10, build: blind6MonthSoFar, clause: schedule, also: copies, level: compliance.Warning},
	{name: "clockwork: open deals, half-hours", days: 2, build: blind6OpenDeals, clause: schedule, also: rereads, level: compliance.Warning},
	{name: "clockwork: stand-by, seven minutes after each run", days: 2, build: blind6StandBy, clause: schedule, also: copies, level: compliance.Warning},
	{name: "clockwork: 10 min, and all of it at night", days: 3, build: blind6QuickAndFull, clause: schedule, also: copies, level: compliance.Warning},
	{name: "clockwork: five firms' ledgers, hourly", days: 2, build: blind6Firms, clause: schedule, also: copies, level: compliance.Warning},
	{name: "clockwork: a report by mail at eight", days: 9, build: blind6MailReport, clause: schedule, also: copies, level: compliance.Warning},
	{name: "clockwork: a sheet's trigger, hourly", days: 3, build: blind6SheetTrigger, clause: schedule, also: rereads, level: compliance.Warning},
	{name: "clockwork: the journal by its number", days: 3, build: blind6ByNumber, clause: schedule, also: copies, level: compliance.Warning},
	{name: "clockwork: to be sure, beside webhooks", days: 3, build: blind6ToBeSure, clause: schedule, also: copies, level: compliance.Warning},
	{name: "clockwork: one and one, 500 rows", days: 6, build: blind6TwiceADay, clause: schedule, also: copies, level: compliance.Warning},
	{name: "clockwork: whichever of two leads", days: 2, build: blind6Leader, clause: schedule, also: copies, level: compliance.Warning},

	{name: "loaded: spikes", days: 3, build: blind6Spikes, clause: load, also: flooding, level: compliance.Warning},
	{name: "loaded: four loops of searches", days: 3, build: blind6SearchLoops, clause: load, also: flooding, level: compliance.Warning},
	{name: "loaded: one a second, ninety minutes", days: 3, build: blind6Soak, clause: load, level: compliance.Warning},
	{name: "loaded: three a second at random, by night", days: 3, build: blind6Poisson, clause: load, also: flooding, level: compliance.Warning},
	{name: "loaded: cold and warm", days: 3, build: blind6ColdWarm, clause: load, also: flooding, level: compliance.Warning},
	{name: "loaded: sandbox, a ramp to twelve", days: 3, build: blind6SandboxRamp, clause: load, also: flooding, level: compliance.Warning},
	{name: "loaded: sandbox, made and read", days: 3, build: blind6SandboxPairs, clause: load, also: flooding, level: compliance.Warning},

	{name: "sixty look-ups in a second", days: 3, build: blind6Forgotten, clause: limits, level: compliance.Error},
	{name: "eleven in flight, a pool", days: 3, build: blind6Pool, clause: limits, also: hasty, level: compliance.Error},
	{name: "32 tiles in flight", days: 3, build: blind6Tiles, clause: limits, level: compliance.Error},
	{name: "deaf: counts its tries", days: 3, build: blind6Tries, clause: limits, level: compliance.Error},
	{name: "deaf: begins anew after a crash", days: 3, build: blind6Anew, clause: limits, level: compliance.Error},

	{name: "unasked: checkout", days: 5, build: blind6Checkout, clause: create, level: compliance.Warning},
	{name: "unasked: looks for the company only", days: 5, build: blind6CompanyOnly, clause: create, level: compliance.Warning},
	{name: "unasked: a sheet as it stands", days: 5, build: blind6AsItStands, clause: create, level: compliance.Warning},

	{name: "all columns of an import", days: 3, build: blind6AllColumns, clause: update, level: compliance.Warning},
	{name: "tickets closed, no version", days: 5, build: blind6Closed, clause: update, level: compliance.Error},
	{name: "412, then any version", days: 5, build: blind6Forced, clause: update, level: compliance.Error},
	{name: "412 five times, a cached version", days: 5, build: blind6Cached, clause: update, level: compliance.Error},

	{name: "a user's 2,400 lists in 20 minutes", days: 3, build: blind6Lists, clause: claims, also: machine, level: compliance.Error, tagged: true},
	{name: "a user asks what changed, day and night", days: 3, build: blind6NeverOff, clause: claims, also: restless, level: compliance.Error, tagged: true},
	{name: "sixty reads for each event", days: 3, build: blind6SixtyEach, clause: claims, also: machine, level: compliance.Error, tagged: true},
	{name: "two users by turns, five a second", days: 3, build: blind6ByTurns, clause: claims, also: machine, level: compliance.Error, tagged: true},

	{name: "a call a row: who asks", days: 5, build: blind6AskerEach, clause: efficiency, also: []string{bulk}, level: compliance.Note},
	{name: "small pages: ten of the ledger", days: 5, build: blind6Tens, clause: efficiency, level: compliance.Note},
	{name: "the price again, each 2 s", days: 5, build: blind6PriceAgain, clause: realTime, also: []string{efficiency, schedule}, level: compliance.Note},
}
