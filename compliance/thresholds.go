package compliance

import (
	"fmt"
	"reflect"
	"time"
)

// Thresholds of the rules; a zero field takes its default (the value in
// defaultThresholds). Shares are 0..1. "User" values apply where a plausible user
// waits for the answer. Rows are distinct rows.
type Thresholds struct {
	SmallCollection int `json:"smallCollection,omitempty"` // collections up to this many rows are exempt from GT1xx and GT2xx

	SweepPages        int     `json:"sweepPages,omitempty"`    // GT101: pages of one query in 6 h ...
	SweepRows         int     `json:"sweepRows,omitempty"`     // ... and rows ...
	SweepShare        float64 `json:"sweepShare,omitempty"`    // ... and this share of its total ...
	SweepManyRows     int     `json:"sweepManyRows,omitempty"` // ... or this many rows
	SweepRowsUser     int     `json:"sweepRowsUser,omitempty"`
	SweepManyRowsUser int     `json:"sweepManyRowsUser,omitempty"`
	SweepErrorShare   float64 `json:"sweepErrorShare,omitempty"` // below this share of the collection it is a warning

	SliceFilters   int     `json:"sliceFilters,omitempty"` // GT102: filter values of one shape
	SliceRows      int     `json:"sliceRows,omitempty"`    // rows
	SliceShare     float64 `json:"sliceShare,omitempty"`   // of the collection
	SliceLambda    float64 `json:"sliceLambda,omitempty"`  // overlap expected by chance
	SliceRatio     float64 `json:"sliceRatio,omitempty"`   // observed overlap below this part of it
	SliceRatioUser float64 `json:"sliceRatioUser,omitempty"`
	SliceExhausted float64 `json:"sliceExhausted,omitempty"` // share of rows from queries read to their end
	SliceAbsolute  int     `json:"sliceAbsolute,omitempty"`  // where the collection's size is unknown: rows, with hardly a repeat

	UniqueReads       int     `json:"uniqueReads,omitempty"` // GT103: distinct entities read
	UniqueReadsUser   int     `json:"uniqueReadsUser,omitempty"`
	UniqueLambda      float64 `json:"uniqueLambda,omitempty"` // repeats expected by chance
	UniqueP           float64 `json:"uniqueP,omitempty"`
	UniquePUser       float64 `json:"uniquePUser,omitempty"`
	UniqueRatio       float64 `json:"uniqueRatio,omitempty"`
	UniqueAbsolute    int     `json:"uniqueAbsolute,omitempty"`    // where the collection's size is unknown: distinct entities in 7 days with hardly a repeat ...
	UniqueAbsoluteDay int     `json:"uniqueAbsoluteDay,omitempty"` // ... or in a day

	EnumIDs       int     `json:"enumIDs,omitempty"`       // GT104: ids of one prefix
	EnumAdjacent  float64 `json:"enumAdjacent,omitempty"`  // share of them with a neighbour read too
	EnumListed    float64 `json:"enumListed,omitempty"`    // at most this share was seen in lists before
	EnumRepeats   float64 `json:"enumRepeats,omitempty"`   // at most this share of the reads came back to an id
	EnumProbes    int     `json:"enumProbes,omitempty"`    // or: reads by id ...
	EnumMissShare float64 `json:"enumMissShare,omitempty"` // ... of which this share is a 404

	RunGap      time.Duration `json:"runGap,omitempty"`  // GT105, GT2xx: a longer pause begins a new run
	RunRows     int           `json:"runRows,omitempty"` // GT105
	RunRowsUser int           `json:"runRowsUser,omitempty"`
	RunRate     float64       `json:"runRate,omitempty"` // rows a second
	RunPage     float64       `json:"runPage,omitempty"` // rows a page

	CoverRows int     `json:"coverRows,omitempty"` // GT106: size of the collection
	CoverDay  float64 `json:"coverDay,omitempty"`  // share in 24 h
	CoverWeek float64 `json:"coverWeek,omitempty"` // share in 7 d

	HydratePages     int     `json:"hydratePages,omitempty"` // GT107: list pages in 10 min
	HydratePagesUser int     `json:"hydratePagesUser,omitempty"`
	HydrateShare     float64 `json:"hydrateShare,omitempty"` // of their ids fetched singly
	HydrateReads     int     `json:"hydrateReads,omitempty"`

	TileRuns     int           `json:"tileRuns,omitempty"` // GT201: in a row
	TileRunsUser int           `json:"tileRunsUser,omitempty"`
	TileGap      time.Duration `json:"tileGap,omitempty"`    // shortest period
	TileBefore   float64       `json:"tileBefore,omitempty"` // of a period before the last run
	TileAfter    float64       `json:"tileAfter,omitempty"`  // of a period after it

	RegularIntervals int           `json:"regularIntervals,omitempty"` // GT202: at least; twice and four times as many allow more spread
	RegularSpread    float64       `json:"regularSpread,omitempty"`    // MAD / median
	RegularSpread2   float64       `json:"regularSpread2,omitempty"`
	RegularSpread4   float64       `json:"regularSpread4,omitempty"`
	RegularMax       float64       `json:"regularMax,omitempty"`     // longest interval, in medians
	RegularShort     time.Duration `json:"regularShort,omitempty"`   // shorter intervals must be twice as regular: people at work come so close
	RegularLongest   time.Duration `json:"regularLongest,omitempty"` // interval; longer ones are left to GT204
	RegularRows      int           `json:"regularRows,omitempty"`    // new rows, median of the runs

	PhaseRuns int     `json:"phaseRuns,omitempty"` // GT203
	PhaseR    float64 `json:"phaseR,omitempty"`    // length of the mean vector
	PhaseP    float64 `json:"phaseP,omitempty"`

	DailyRuns     int     `json:"dailyRuns,omitempty"` // GT204: days
	DailyRunsUser int     `json:"dailyRunsUser,omitempty"`
	DailyPerDay   float64 `json:"dailyPerDay,omitempty"`
	DailyPages    int     `json:"dailyPages,omitempty"`
	DailyRows     int     `json:"dailyRows,omitempty"`
	DailyR        float64 `json:"dailyR,omitempty"`
	WeeklyRuns    int     `json:"weeklyRuns,omitempty"` // weeks

	ClockHours int `json:"clockHours,omitempty"` // GT205: hours of the day with new rows, over 48 h
	ClockRows  int `json:"clockRows,omitempty"`  // new rows that count for an hour

	CopyRuns    int     `json:"copyRuns,omitempty"` // GT206
	CopyRows    int     `json:"copyRows,omitempty"`
	CopyOverlap float64 `json:"copyOverlap,omitempty"`

	UnusedRows  int     `json:"unusedRows,omitempty"`  // GT207: rows a day
	UnusedShare float64 `json:"unusedShare,omitempty"` // used within 15 min

	SatShare     float64       `json:"satShare,omitempty"`     // GT301: of the rate
	SatSeconds   float64       `json:"satSeconds,omitempty"`   // share of the last 60 s
	SatFor       time.Duration `json:"satFor,omitempty"`       // until it is an error
	SatServer    float64       `json:"satServer,omitempty"`    // share of retries, 429 and 5xx that excuses it
	SynthCalls   int           `json:"synthCalls,omitempty"`   // GT302: in 5 min
	SynthRepeat  float64       `json:"synthRepeat,omitempty"`  // share of repeated URLs
	SynthEven    float64       `json:"synthEven,omitempty"`    // evenness of routes
	SynthVary    float64       `json:"synthVary,omitempty"`    // coefficient of variation of the pauses, at most
	SandboxRate  float64       `json:"sandboxRate,omitempty"`  // GT303: calls a second over 60 s
	SandboxCalls int           `json:"sandboxCalls,omitempty"` // in 10 min

	ThrottledCount int     `json:"throttledCount,omitempty"` // GT401: 429s in 5 min
	ThrottledShare float64 `json:"throttledShare,omitempty"`
	RateShare      float64 `json:"rateShare,omitempty"`  // GT403: of the rate for a minute
	DayShare       float64 `json:"dayShare,omitempty"`   // GT404
	HotGrowth      float64 `json:"hotGrowth,omitempty"`  // GT405: the last pause, in first ones
	HotRetries     int     `json:"hotRetries,omitempty"` // GT405: in 60 s

	UncheckedDay   int     `json:"uncheckedDay,omitempty"` // GT501: a day, then an error
	UncheckedShare float64 `json:"uncheckedShare,omitempty"`
	UnchangedShare float64 `json:"unchangedShare,omitempty"` // GT502
	WholeShare     float64 `json:"wholeShare,omitempty"`
	ImpatientReads int     `json:"impatientReads,omitempty"` // GT505: in 10 s

	RefetchReads  int     `json:"refetchReads,omitempty"` // GT601: same version in 10 min
	RefetchShare  float64 `json:"refetchShare,omitempty"`
	RefetchDay    int     `json:"refetchDay,omitempty"`
	SmallPages    int     `json:"smallPages,omitempty"` // GT602
	SmallPageSize int     `json:"smallPageSize,omitempty"`
	EachRow       int     `json:"eachRow,omitempty"`     // GT603: note
	EachRowMany   int     `json:"eachRowMany,omitempty"` // warning
	EmbedFactor   float64 `json:"embedFactor,omitempty"` // GT604
	EmbedDay      int     `json:"embedDay,omitempty"`
	ReadOnlyReads int     `json:"readOnlyReads,omitempty"` // GT606: in 7 d
	TokenCalls    int     `json:"tokenCalls,omitempty"`    // GT609: an hour

	UserReads     int     `json:"userReads,omitempty"`     // GT701: a minute, for 5 min
	UserPages     int     `json:"userPages,omitempty"`     // a day
	UserHours     int     `json:"userHours,omitempty"`     // a day
	WebhookReads  int     `json:"webhookReads,omitempty"`  // GT702: an event
	WebhookIDs    int     `json:"webhookIDs,omitempty"`    // unbound, a day
	WebhookShare  float64 `json:"webhookShare,omitempty"`  // of the collection
	Unlabelled    float64 `json:"unlabelled,omitempty"`    // GT703
	UnlabelledMin int     `json:"unlabelledMin,omitempty"` // reads before it is judged

	EscalateDays int `json:"escalateDays,omitempty"` // days in a row after which a finding rises
}

var defaultThresholds = Thresholds{
	SmallCollection: 500,

	SweepPages: 10, SweepRows: 1000, SweepShare: 0.5, SweepManyRows: 2900,
	SweepRowsUser: 2000, SweepManyRowsUser: 5000, SweepErrorShare: 0.2,
	SliceFilters: 5, SliceRows: 1000, SliceShare: 0.1, SliceLambda: 60, SliceRatio: 0.25, SliceRatioUser: 0.1, SliceExhausted: 0.6, SliceAbsolute: 1800,
	UniqueReads: 200, UniqueReadsUser: 500, UniqueLambda: 9, UniqueP: 1e-4, UniquePUser: 1e-6, UniqueRatio: 0.5, UniqueAbsolute: 2000, UniqueAbsoluteDay: 700,
	EnumIDs: 100, EnumAdjacent: 0.8, EnumListed: 0.2, EnumRepeats: 0.2, EnumProbes: 50, EnumMissShare: 0.2,
	RunGap: time.Minute, RunRows: 3000, RunRowsUser: 5000, RunRate: 20, RunPage: 20,
	CoverRows: 2000, CoverDay: 0.5, CoverWeek: 0.9,
	HydratePages: 3, HydratePagesUser: 5, HydrateShare: 0.6, HydrateReads: 40,

	TileRuns: 4, TileRunsUser: 8, TileGap: 30 * time.Second, TileBefore: 1.2, TileAfter: 0.2,
	RegularIntervals: 11, RegularSpread: 0.20, RegularSpread2: 0.22, RegularSpread4: 0.25, RegularMax: 4, RegularShort: 5 * time.Minute, RegularLongest: 13 * time.Hour, RegularRows: 100,
	PhaseRuns: 12, PhaseR: 0.9, PhaseP: 1e-6,
	DailyRuns: 5, DailyRunsUser: 10, DailyPerDay: 1.5, DailyPages: 3, DailyRows: 300, DailyR: 0.99, WeeklyRuns: 3,
	ClockHours: 22, ClockRows: 100,
	CopyRuns: 3, CopyRows: 1000, CopyOverlap: 0.9,
	UnusedRows: 1000, UnusedShare: 0.01,

	SatShare: 0.7, SatSeconds: 0.7, SatFor: 5 * time.Minute, SatServer: 0.2,
	SynthCalls: 500, SynthRepeat: 0.8, SynthEven: 0.95, SynthVary: 1.15, SandboxRate: 5, SandboxCalls: 2000,

	ThrottledCount: 10, ThrottledShare: 0.01, RateShare: 0.8, DayShare: 0.8, HotRetries: 5, HotGrowth: 1.5,

	UncheckedDay: 10, UncheckedShare: 0.05, UnchangedShare: 0.5, WholeShare: 0.8, ImpatientReads: 5,

	RefetchReads: 3, RefetchShare: 0.3, RefetchDay: 200, SmallPages: 10, SmallPageSize: 25,
	EachRow: 10, EachRowMany: 30, EmbedFactor: 5, EmbedDay: 500, ReadOnlyReads: 10_000, TokenCalls: 2,

	UserReads: 60, UserPages: 1000, UserHours: 20, WebhookReads: 10, WebhookIDs: 1000, WebhookShare: 0.2,
	Unlabelled: 0.5, UnlabelledMin: 200,

	EscalateDays: 3,
}

// WithDefaults returns t with every zero field at its default.
func (t Thresholds) WithDefaults() Thresholds {
	v, d := reflect.ValueOf(&t).Elem(), reflect.ValueOf(defaultThresholds)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			v.Field(i).Set(d.Field(i))
		}
	}
	return t
}

// validate refuses negative values and shares above 1.
func (t Thresholds) validate() error {
	v := reflect.ValueOf(t)
	for i := range v.NumField() {
		f := v.Field(i)
		if f.CanInt() && f.Int() < 0 || f.CanFloat() && !(f.Float() >= 0) {
			return fmt.Errorf("compliance: Config.Thresholds.%s is %v, want at least 0", v.Type().Field(i).Name, f)
		}
	}
	return nil
}
