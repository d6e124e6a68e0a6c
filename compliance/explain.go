package compliance

import (
	"fmt"
	"reflect"
	"regexp"
)

// explained says of each rule what it goes by and what it cannot see. A word in
// braces is a threshold.
var explained = [ruleCount]struct{ sees, blind string }{
	gt101: {"{SweepPages} pages and {SweepRows} rows of one query in 6 hours that are {SweepShare} of what it has, or {SweepManyRows} rows whatever it has, in any order of pages; a smaller collection when {SweepWhole} of it is read. A user's: {SweepRowsUser} and {SweepManyRowsUser} rows.",
		"pages read more slowly than that, which GT102 to GT106 and GT205 may see; pages whose address tells neither number, offset nor cursor"},
	gt102: {"{SliceFilters} filters of one shape within a day, read to their ends, that together have {SliceRows} rows and {SliceShare} of the collection and repeat less than {SliceRatio} of the rows that chance would. Where no answer tells a size: {SliceAbsolute} rows, hardly one twice, more where filters are few or pages small. Filters that overlap, where each row came {SliceAgain} times or more and {SliceEven} standard deviations more evenly than by chance. By whatever queries, {CoverDay} of the collection in a day or a week, hardly a row twice, or {SweepWhole} of it with less than {CoverRatio} of the repeats of chance. Spans of time and days are filters, too.",
		"slices that overlap as searches do: at random, or more where people look more; answers without ids"},
	gt103: {"{UniqueReads} different entities read by id of which hardly one is read twice, where chance would have repeated {UniqueLambda} of them; on the last 800 reads and over 7 days. Where the size is unknown: {UniqueAbsoluteDay} in a day, {UniqueAbsolute} in 7. A user's: {UniqueReadsUser}. Of others than users, {UniqueDrawn} and {CoverDay} of the collection, repeated and spread by less than {UniqueSpread} times what chance would: drawn by lot.",
		"a crawl before chance repeats anything: in a collection of N rows, some √(18 N) reads; one that repeats itself on purpose. Favourites that are many and mild, over most of a collection, look like lots"},
	gt104: {"{EnumIDs} ids that no list gave, of which {EnumAdjacent} stand next to another one or fill their range; or {EnumProbes} reads by id of which {EnumMissShare} find nothing.",
		"ids without numbers; ids taken in an order of chance, which GT103 sees. Rows that pass on in the order of their ids, read for notifications without FromWebhook, look the same"},
	gt105: {"one run, without a pause of {RunGap}, of {RunRows} rows at {RunRate} a second and {RunPage} a page. Twice as many, or rows of 50 queries read to their ends, are an error. A user's: {RunRowsUser} rows.",
		"a run so slow that its pauses make it less than that a second"},
	gt106: {"{CoverDay} of a collection of {CoverRows} rows or more delivered in a day, or {CoverWeek} in 7 days, to other than users. A note: evidence, never an accusation.",
		"collections whose size nobody tells"},
	gt107: {"{HydratePages} list pages of whose rows {HydrateShare}, and {HydrateReads} at least, are opened one by one within 10 minutes. A user's: {HydratePagesUser} pages.",
		"rows opened later than that; answers without ids"},

	gt201: {"{TileRuns} runs in a row, each asking for what changed since about the one before, {TileGap} apart or more. Few rows a run need a timer's pace as well. A user's: {TileRunsUser}. Or {LookBackRuns} runs over {LookBackFor}, no pause longer than {LookBackPause}, whose times go on with the clock, however far they look back: a warning; a user's are twice as many, for twice as long.",
		"watermarks in the body or under names the platform's data does not list; a timer that rests by night and looks back further than to its last run"},
	gt202: {"{RegularIntervals} intervals whose median deviation is under {RegularSpread} of the median (twice and four times as many: {RegularSpread2} and {RegularSpread4}), with {RegularRows} new rows a run, or {RegularFull} of any from twice as many on, or as many of any as of new ones where they take more than a page; four times as many: an error. Half as many rows, if it goes on day and night as GT201 has it, for four times as many runs.",
		"intervals drawn from a wide range, which GT205 and GT201 may see"},
	gt203: {"{PhaseRuns} runs that start at one point of a clock's period, from 5 minutes to 12 hours, with {RegularRows} new rows each.",
		"periods that no clock has; timers that drift"},
	gt204: {"runs of {DailyPages} pages and {DailyRows} rows at one time of day on {DailyRuns} days, roughly (a mean vector of {DailyRTwice}) on each of twice as many, or of one weekday in {WeeklyRuns} weeks. A user's: {DailyRunsUser} days. Pages of several collections, one after the other, are one run; little of them needs the same minutes. Pages up to 15 minutes apart are a run, if their numbers follow.",
		"times of day spread over more than an hour; a little of several collections at odd minutes, as people begin their day"},
	gt205: {"{ClockRows} new rows, or three times as many of any, in {ClockHours} hours of the day, over 48 hours, half of what came being new. A user's: {ClockHoursUser} hours.",
		"a copy that rests by night. A public site without labels, busy by night, may look so"},
	gt206: {"{CopyRuns} runs of {CopyRows} rows, 40 a page or more, that are {CopyOverlap} the same, with no write to the collection in between.",
		"answers without ids"},
	gt207: {"{UnusedRows} rows a day of which under {UnusedShare} were used within 15 minutes, as Checker.Used tells.",
		"anything, in an app that never calls Used"},

	gt301: {"{SatShare} of the rate in {SatSeconds} of the last 60 seconds, or {SatSlots} of a tenant's slots taken over 5 minutes, unless {SatServer} of the calls were re-sends, 429 or 5xx; after {SatFor} an error.",
		"a busy app from a test: it warns first"},
	gt302: {"{SynthCalls} calls of a tenant in 5 minutes, {SynthRepeat} of them to URLs called before, spread over routes with an evenness of {SynthEven} (which does not count at {SynthPool}), with pauses as a program makes them. Twice as many in 10 minutes, of which 70 % repeat others; {SynthSteady} in each of four times 5 minutes, of 10 URLs or more. {SynthSame} creates of the same thing, a third of the calls; twice as many updates of one entity. {SynthVolume} calls in 10 minutes that no event explains, a user's counted half, and {SynthUsual} times the tenant's busiest minutes before.",
		"load that is modelled on people, with ids drawn from many, below that volume. A tenant that is busy at once on its first day looks the same"},
	gt303: {"on a sandbox tenant {SandboxRate} calls a second over a minute, or {SandboxCalls} calls in 10 minutes; three quarters of these are a warning. A test run of less than 500 calls is none.",
		"sandboxes that the platform's data does not name"},

	gt401: {"a 429: a note; {ThrottledCount} in 5 minutes, or {ThrottledShare} of the calls: a warning; a call to the tenant before Retry-After is over: an error.",
		"429s that another program on the same credential caused, and pauses that another replica was asked for"},
	gt402: {"a call begun while as many are in flight for the tenant as the platform allows: exactly. For the app as a whole a warning.",
		"calls of other programs and replicas; a server that works on after its answer's end"},
	gt403: {"more calls begun in any second than the platform allows: exactly, but for 5 ms; {RateShare} of it for a minute is a warning. Of several replicas, whose clocks may differ by 3 seconds, an error only where that can not explain it, else a warning.",
		"how calls bunch up on the way to the server"},
	gt404: {"calls of the UTC day, embedded rows counted as the platform bills them: {DayShare} of the budget, or on the way to more than all of it, is a warning; more than all, an error.",
		"a day that begins at another hour; calls of other programs"},
	gt405: {"{HotRetries} attempts of one request within 60 seconds, the last pause less than {HotGrowth} times the first.",
		"attempts that differ in their query"},

	gt501: {"a create of a person without a search for his address or number within 15 minutes before, or whom that search had found, by any replica that shares Snapshots; {UncheckedDay} a day, or {UncheckedShare} of the creates: an error. Where other replicas live it is told when they have told what they know, after two or three of Config.SnapshotEvery.",
		"checks by another program or against the app's own data, and creates in the 15 minutes after a process was killed, whose checks it may not have saved"},
	gt502: {"members of an update that are as they were last read, within 10 minutes; {UnchangedShare} of those sent, or {WholeShare} of the entity: a warning.",
		"entities that this process has not read; bodies past 64 KiB"},
	gt503: {"after a 412 the same version sent again, or an update without a fetch in between; If-Match *. Nothing at all for 60 seconds: a note. Where other replicas live, one of them may have fetched: an update that is refused again is a note then. 5 entities one after another, refused under one version: it is none of theirs.",
		"what the app showed its user"},
	gt504: {"an update without If-Match: exactly.", "platforms whose versions stand elsewhere: the profile switches it off"},
	gt505: {"more than {ImpatientReads} reads of an entity within 10 seconds of its create.", "creates that answer without a Location"},

	gt601: {"one entity fetched {RefetchReads} times in 10 minutes, unchanged and without If-None-Match: a note; {RefetchShare} of {RefetchDay} reads a day: a warning. Lists that give the same rows 20 times in 10 minutes.",
		"entities without an ETag; what one replica fetches and another fetches again"},
	gt602: {"{SmallPages} pages of {SmallPageSize} rows or fewer in a row, hardly a second apart. A user's: {SmallPagesUser}.", "pages with pauses"},
	gt603: {"{EachRow} single reads of one route within 5 seconds: a note; {EachRowMany}: a warning.", "reads that are spread out"},
	gt604: {"{EmbedFactor} billed calls for each call, {EmbedDay} a day.", "answers without the embedded rows' number count one for each name"},
	gt605: {"an entity fetched within 60 seconds of a notification that carried it, with FromWebhook.", "notifications that the app does not name"},
	gt606: {"{ReadOnlyReads} reads and no write in 7 days.", "whether the app holds scopes to write"},
	gt607: {"a call without the version header: exactly.", "versions in the path"},
	gt608: {"a call without the tenant header: exactly.", "tenants in the path or the token"},
	gt609: {"more than {TokenCalls} calls for a machine's token under one credential within an hour, on any host.", "tokens fetched by another client"},
	gt610: {"a time in the query without a zone: exactly.", "times in bodies"},

	gt701: {"under one user's label more than {UserReads} entities a minute for 5 minutes, {UserPages} pages a day or {UserHours} hours of a day.",
		"a program that keeps a person's pace and hours"},
	gt702: {"more than {WebhookReads} reads for one event; {WebhookIDs} entities and {WebhookShare} of the collection in a day without an event.",
		"events that the app makes up, one for each read"},
	gt703: {"more than {Unlabelled} of {UnlabelledMin} reads a day without a word on why.", "whether the words are true: GT701 and GT702 ask"},
}

var thresholdWord = regexp.MustCompile(`\{(\w+)\}`)

// explain puts the figures into a text, shares as per cent.
func (t Thresholds) explain(text string) string {
	v := reflect.ValueOf(t)
	return thresholdWord.ReplaceAllStringFunc(text, func(word string) string {
		switch f := v.FieldByName(word[1 : len(word)-1]); {
		case !f.IsValid():
			return word
		case f.CanFloat() && f.Float() < 1:
			return fmt.Sprintf("%g %%", 100*f.Float())
		default:
			return fmt.Sprint(f.Interface())
		}
	})
}
