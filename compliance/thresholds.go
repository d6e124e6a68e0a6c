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
	SmallCollection int `json:"small_collection,omitempty"` // collections up to this many rows are exempt from GT1xx and GT2xx

	SweepPages        int     `json:"sweep_pages,omitempty"`     // GT101: pages of one query in 6 h ...
	SweepRows         int     `json:"sweep_rows,omitempty"`      // ... and rows ...
	SweepShare        float64 `json:"sweep_share,omitempty"`     // ... and this share of its total ...
	SweepManyRows     int     `json:"sweep_many_rows,omitempty"` // ... or this many rows
	SweepRowsUser     int     `json:"sweep_rows_user,omitempty"`
	SweepManyRowsUser int     `json:"sweep_many_rows_user,omitempty"`
	SweepErrorShare   float64 `json:"sweep_error_share,omitempty"` // below this share of the collection it is a warning
	SweepWhole        float64 `json:"sweep_whole,omitempty"`       // share of a collection of fewer rows that counts as all of it, in half as many pages

	SliceFilters   int     `json:"slice_filters,omitempty"` // GT102: filter values of one shape
	SliceRows      int     `json:"slice_rows,omitempty"`    // rows
	SliceShare     float64 `json:"slice_share,omitempty"`   // of the collection
	SliceLambda    float64 `json:"slice_lambda,omitempty"`  // overlap expected by chance
	SliceRatio     float64 `json:"slice_ratio,omitempty"`   // observed overlap below this part of it
	SliceRatioUser float64 `json:"slice_ratio_user,omitempty"`
	SliceExhausted float64 `json:"slice_exhausted,omitempty"` // share of rows from queries read to their end
	SliceAgain     float64 `json:"slice_again,omitempty"`     // slices that overlap: how often each row came, on average ...
	SliceEven      float64 `json:"slice_even,omitempty"`      // ... and by how many standard deviations more evenly than by chance
	SliceAbsolute  int     `json:"slice_absolute,omitempty"`  // where the collection's size is unknown: rows, with hardly a repeat

	UniqueReads       int     `json:"unique_reads,omitempty"` // GT103: distinct entities read
	UniqueReadsUser   int     `json:"unique_reads_user,omitempty"`
	UniqueLambda      float64 `json:"unique_lambda,omitempty"` // repeats expected by chance
	UniqueP           float64 `json:"unique_p,omitempty"`
	UniquePUser       float64 `json:"unique_p_user,omitempty"`
	UniqueRatio       float64 `json:"unique_ratio,omitempty"`
	UniqueAbsolute    int     `json:"unique_absolute,omitempty"`     // where the collection's size is unknown: distinct entities in 7 days with hardly a repeat ...
	UniqueAbsoluteDay int     `json:"unique_absolute_day,omitempty"` // ... or in a day

	UniqueDrawn  int     `json:"unique_drawn,omitempty"`  // distinct entities, CoverDay of the collection ...
	UniqueSpread float64 `json:"unique_spread,omitempty"` // ... read as often as each other, but for so many times the variance of chance

	EnumIDs       int     `json:"enum_ids,omitempty"`        // GT104: ids of one prefix
	EnumAdjacent  float64 `json:"enum_adjacent,omitempty"`   // share of them with a neighbour read too
	EnumListed    float64 `json:"enum_listed,omitempty"`     // at most this share was seen in lists before
	EnumRepeats   float64 `json:"enum_repeats,omitempty"`    // at most this share of the reads came back to an id
	EnumProbes    int     `json:"enum_probes,omitempty"`     // or: reads by id ...
	EnumMissShare float64 `json:"enum_miss_share,omitempty"` // ... of which this share is a 404

	RunGap      time.Duration `json:"run_gap,omitempty"`  // GT105, GT2xx: a longer pause begins a new run
	RunRows     int           `json:"run_rows,omitempty"` // GT105
	RunRowsUser int           `json:"run_rows_user,omitempty"`
	RunRate     float64       `json:"run_rate,omitempty"` // rows a second
	RunPage     float64       `json:"run_page,omitempty"` // rows a page

	CoverRows  int     `json:"cover_rows,omitempty"`  // GT106: size of the collection
	CoverDay   float64 `json:"cover_day,omitempty"`   // share in 24 h
	CoverWeek  float64 `json:"cover_week,omitempty"`  // share in 7 d
	CoverRatio float64 `json:"cover_ratio,omitempty"` // GT102: repeats below this part of those by chance, where SweepWhole of the collection was delivered

	HydratePages     int     `json:"hydrate_pages,omitempty"` // GT107: list pages in 10 min
	HydratePagesUser int     `json:"hydrate_pages_user,omitempty"`
	HydrateShare     float64 `json:"hydrate_share,omitempty"` // of their ids fetched singly
	HydrateReads     int     `json:"hydrate_reads,omitempty"`

	TileRuns     int           `json:"tile_runs,omitempty"` // GT201: in a row
	TileRunsUser int           `json:"tile_runs_user,omitempty"`
	TileGap      time.Duration `json:"tile_gap,omitempty"`    // shortest period
	TileBefore   float64       `json:"tile_before,omitempty"` // of a period before the last run
	TileAfter    float64       `json:"tile_after,omitempty"`  // of a period after it

	LookBackRuns  int           `json:"look_back_runs,omitempty"`  // GT201: runs whose watermark goes on with the clock, twice as many of a user
	LookBackFor   time.Duration `json:"look_back_for,omitempty"`   // that they have gone on, day and night; twice as long of a user
	LookBackPause time.Duration `json:"look_back_pause,omitempty"` // a longer one ends them

	RegularIntervals int           `json:"regular_intervals,omitempty"` // GT202: at least; twice and four times as many allow more spread
	RegularSpread    float64       `json:"regular_spread,omitempty"`    // MAD / median
	RegularSpread2   float64       `json:"regular_spread2,omitempty"`
	RegularSpread4   float64       `json:"regular_spread4,omitempty"`
	RegularMax       float64       `json:"regular_max,omitempty"`     // longest interval, in medians
	RegularShort     time.Duration `json:"regular_short,omitempty"`   // shorter intervals must be twice as regular: people at work come so close
	RegularLongest   time.Duration `json:"regular_longest,omitempty"` // interval; longer ones are left to GT204
	RegularRows      int           `json:"regular_rows,omitempty"`    // new rows, median of the runs ...
	RegularFull      int           `json:"regular_full,omitempty"`    // ... or rows, new or not, of twice as many runs

	PhaseRuns int     `json:"phase_runs,omitempty"` // GT203
	PhaseR    float64 `json:"phase_r,omitempty"`    // length of the mean vector
	PhaseP    float64 `json:"phase_p,omitempty"`

	DailyRuns      int     `json:"daily_runs,omitempty"` // GT204: days
	DailyRunsUser  int     `json:"daily_runs_user,omitempty"`
	DailyPerDay    float64 `json:"daily_per_day,omitempty"`
	DailyPages     int     `json:"daily_pages,omitempty"`
	DailyRows      int     `json:"daily_rows,omitempty"`
	DailyR         float64 `json:"daily_r,omitempty"`
	DailyRTwice    float64 `json:"daily_r_twice,omitempty"` // of twice as many days, one run on each
	WeeklyRuns     int     `json:"weekly_runs,omitempty"`   // weeks
	WeeklyRunsUser int     `json:"weekly_runs_user,omitempty"`

	ClockHours     int     `json:"clock_hours,omitempty"` // GT205: hours of the day with new rows, over 48 h
	ClockHoursUser int     `json:"clock_hours_user,omitempty"`
	ClockRows      int     `json:"clock_rows,omitempty"` // new rows that count for an hour, or three times as many of any
	ClockNew       float64 `json:"clock_new,omitempty"`  // share of the delivered rows that must be new: a public site shows the same ones again

	CopyRuns    int     `json:"copy_runs,omitempty"` // GT206
	CopyRows    int     `json:"copy_rows,omitempty"`
	CopyOverlap float64 `json:"copy_overlap,omitempty"`

	UnusedRows  int     `json:"unused_rows,omitempty"`  // GT207: rows a day
	UnusedShare float64 `json:"unused_share,omitempty"` // used within 15 min

	SatShare     float64       `json:"sat_share,omitempty"`     // GT301: of the rate
	SatSeconds   float64       `json:"sat_seconds,omitempty"`   // share of the last 60 s
	SatFor       time.Duration `json:"sat_for,omitempty"`       // until it is an error
	SatSlots     float64       `json:"sat_slots,omitempty"`     // of the slots in use, on average over 5 minutes
	SatServer    float64       `json:"sat_server,omitempty"`    // share of retries, 429 and 5xx that excuses it
	SynthCalls   int           `json:"synth_calls,omitempty"`   // GT302: in 5 min
	SynthRepeat  float64       `json:"synth_repeat,omitempty"`  // share of repeated URLs
	SynthEven    float64       `json:"synth_even,omitempty"`    // evenness of routes ...
	SynthPool    float64       `json:"synth_pool,omitempty"`    // ... which does not count at this share of repeated URLs
	SynthVary    float64       `json:"synth_vary,omitempty"`    // coefficient of variation of the pauses, at most
	SynthSame    int           `json:"synth_same,omitempty"`    // creates of the same thing
	SynthVolume  int           `json:"synth_volume,omitempty"`  // calls in 10 min, twice as many of users ...
	SynthUsual   float64       `json:"synth_usual,omitempty"`   // ... and so many times as many as in the tenant's busiest minutes
	SynthSteady  int           `json:"synth_steady,omitempty"`  // calls in each of four times 5 min, at a program's pace
	SandboxRate  float64       `json:"sandbox_rate,omitempty"`  // GT303: calls a second over 60 s
	SandboxCalls int           `json:"sandbox_calls,omitempty"` // in 10 min

	ThrottledCount int     `json:"throttled_count,omitempty"` // GT401: 429s in 5 min
	ThrottledShare float64 `json:"throttled_share,omitempty"`
	RateShare      float64 `json:"rate_share,omitempty"`  // GT403: of the rate for a minute
	DayShare       float64 `json:"day_share,omitempty"`   // GT404
	HotGrowth      float64 `json:"hot_growth,omitempty"`  // GT405: the last pause, in first ones
	HotRetries     int     `json:"hot_retries,omitempty"` // GT405: in 60 s

	UncheckedDay   int     `json:"unchecked_day,omitempty"` // GT501: a day, then an error
	UncheckedShare float64 `json:"unchecked_share,omitempty"`
	UnchangedShare float64 `json:"unchanged_share,omitempty"` // GT502
	WholeShare     float64 `json:"whole_share,omitempty"`
	ImpatientReads int     `json:"impatient_reads,omitempty"` // GT505: in 10 s

	RefetchReads   int     `json:"refetch_reads,omitempty"` // GT601: same version in 10 min
	RefetchShare   float64 `json:"refetch_share,omitempty"`
	RefetchDay     int     `json:"refetch_day,omitempty"`
	SmallPages     int     `json:"small_pages,omitempty"` // GT602
	SmallPagesUser int     `json:"small_pages_user,omitempty"`
	SmallPageSize  int     `json:"small_page_size,omitempty"`
	EachRow        int     `json:"each_row,omitempty"`      // GT603: note
	EachRowMany    int     `json:"each_row_many,omitempty"` // warning
	EmbedFactor    float64 `json:"embed_factor,omitempty"`  // GT604
	EmbedDay       int     `json:"embed_day,omitempty"`
	ReadOnlyReads  int     `json:"read_only_reads,omitempty"` // GT606: in 7 d
	TokenCalls     int     `json:"token_calls,omitempty"`     // GT609: an hour

	UserReads     int     `json:"user_reads,omitempty"`     // GT701: a minute, for 5 min
	UserPages     int     `json:"user_pages,omitempty"`     // a day
	UserHours     int     `json:"user_hours,omitempty"`     // a day
	WebhookReads  int     `json:"webhook_reads,omitempty"`  // GT702: an event
	WebhookIDs    int     `json:"webhook_ids,omitempty"`    // unbound, a day
	WebhookShare  float64 `json:"webhook_share,omitempty"`  // of the collection
	Unlabelled    float64 `json:"unlabelled,omitempty"`     // GT703
	UnlabelledMin int     `json:"unlabelled_min,omitempty"` // reads before it is judged

	EscalateDays int `json:"escalate_days,omitempty"` // days in a row after which a finding rises
}

var defaultThresholds = Thresholds{
	SmallCollection: 500,

	SweepPages: 10, SweepRows: 1000, SweepShare: 0.5, SweepManyRows: 2900,
	SweepRowsUser: 2000, SweepManyRowsUser: 5000, SweepErrorShare: 0.2, SweepWhole: 0.8,
	SliceFilters: 5, SliceRows: 1000, SliceShare: 0.1, SliceLambda: 60, SliceRatio: 0.25, SliceRatioUser: 0.1, SliceExhausted: 0.6, SliceAgain: 1.25, SliceEven: 4.2, SliceAbsolute: 1500,
	UniqueReads: 200, UniqueReadsUser: 500, UniqueLambda: 9, UniqueP: 1e-4, UniquePUser: 1e-6, UniqueRatio: 0.5, UniqueAbsolute: 2000, UniqueAbsoluteDay: 600, UniqueDrawn: 1500, UniqueSpread: 1.25,
	EnumIDs: 100, EnumAdjacent: 0.8, EnumListed: 0.2, EnumRepeats: 0.2, EnumProbes: 50, EnumMissShare: 0.2,
	RunGap: time.Minute, RunRows: 3000, RunRowsUser: 5000, RunRate: 20, RunPage: 20,
	CoverRows: 2000, CoverDay: 0.5, CoverWeek: 0.9, CoverRatio: 0.8,
	HydratePages: 3, HydratePagesUser: 5, HydrateShare: 0.6, HydrateReads: 40,

	TileRuns: 4, TileRunsUser: 8, TileGap: 30 * time.Second, TileBefore: 1.2, TileAfter: 0.2,
	LookBackRuns: 12, LookBackFor: 36 * time.Hour, LookBackPause: 7 * time.Hour,
	RegularIntervals: 11, RegularSpread: 0.20, RegularSpread2: 0.22, RegularSpread4: 0.25, RegularMax: 4, RegularShort: 5 * time.Minute, RegularLongest: 13 * time.Hour, RegularRows: 100, RegularFull: 200,
	PhaseRuns: 12, PhaseR: 0.9, PhaseP: 1e-6,
	DailyRuns: 5, DailyRunsUser: 10, DailyPerDay: 1.5, DailyPages: 3, DailyRows: 300, DailyR: 0.99, DailyRTwice: 0.9, WeeklyRuns: 3, WeeklyRunsUser: 5,
	ClockHours: 22, ClockHoursUser: 24, ClockRows: 100, ClockNew: 0.5,
	CopyRuns: 3, CopyRows: 1000, CopyOverlap: 0.9,
	UnusedRows: 1000, UnusedShare: 0.01,

	SatShare: 0.7, SatSeconds: 0.7, SatFor: 5 * time.Minute, SatSlots: 0.85, SatServer: 0.2,
	SynthCalls: 500, SynthRepeat: 0.8, SynthEven: 0.81, SynthPool: 0.95, SynthVary: 1.15, SynthSame: 100, SynthVolume: 1500, SynthUsual: 4, SynthSteady: 150, SandboxRate: 5, SandboxCalls: 2000,

	ThrottledCount: 10, ThrottledShare: 0.01, RateShare: 0.8, DayShare: 0.8, HotRetries: 5, HotGrowth: 1.5,

	UncheckedDay: 10, UncheckedShare: 0.05, UnchangedShare: 0.5, WholeShare: 0.8, ImpatientReads: 5,

	RefetchReads: 3, RefetchShare: 0.3, RefetchDay: 200, SmallPages: 10, SmallPagesUser: 30, SmallPageSize: 25,
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
