package goodtenant

import (
	"context"
	"sync"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
	"github.com/goodtenant/goodtenant/conflict"
	"github.com/goodtenant/goodtenant/dedupe"
	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/policy"
)

// Activity counts what happened in a stretch of time. It marshals to JSON.
type Activity struct {
	Sent       int `json:"sent"`       // attempts that were admitted
	Delayed    int `json:"delayed"`    // of them, those that had waited
	Refused    int `json:"refused"`    // calls refused by the limiter
	Throttled  int `json:"throttled"`  // answers that said no
	Shared     int `json:"shared"`     // reads answered by another call's answer
	Conflicts  int `json:"conflicts"`  // versions that the platform refused
	Replayed   int `json:"replayed"`   // writes that were accepted after a conflict
	Duplicates int `json:"duplicates"` // creates whose entity existed
	Findings   int `json:"findings"`   // told
}

func (a *Activity) add(b Activity) {
	a.Sent += b.Sent
	a.Delayed += b.Delayed
	a.Refused += b.Refused
	a.Throttled += b.Throttled
	a.Shared += b.Shared
	a.Conflicts += b.Conflicts
	a.Replayed += b.Replayed
	a.Duplicates += b.Duplicates
	a.Findings += b.Findings
}

// The history is one hour in steps, of which Snapshot.Recent shows ten minutes.
const (
	historyStep   = 10 * time.Second
	historySteps  = int(time.Hour / historyStep)
	historyRecent = int(10 * time.Minute / historyStep)
)

// history counts Activity by the time it happened. Its hooks are the last to be
// called.
type history struct {
	mu    sync.Mutex
	now   int64 // the newest step
	steps [historySteps]Activity
}

func (h *history) count(a Activity) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.steps[h.atLocked(time.Now())].add(a)
}

// atLocked empties the steps that the clock has passed and gives the newest one's
// place. It never goes back.
func (h *history) atLocked(t time.Time) int64 {
	step := t.UnixNano() / int64(historyStep)
	if step-h.now >= int64(historySteps) {
		clear(h.steps[:])
		h.now = step
	}
	for h.now < step {
		h.now++
		h.steps[h.now%int64(historySteps)] = Activity{}
	}
	return h.now % int64(historySteps)
}

// read gives the sum of the hour, and the last ten minutes step by step, the
// oldest first.
func (h *history) read(t time.Time) (hour Activity, recent []Activity) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.atLocked(t)
	for _, a := range h.steps {
		hour.add(a)
	}
	recent = make([]Activity, historyRecent)
	for i := range recent {
		recent[i] = h.steps[(h.now+1-int64(historyRecent)+int64(i)+int64(historySteps))%int64(historySteps)]
	}
	return hour, recent
}

// hooks count what happened; what enforcing would have done is in the layers' own
// forecasts. observing tells the limiter's mode.
func (h *history) hooks(observing func() bool) Hooks {
	one := func(a Activity) func() { return func() { h.count(a) } }
	refused, throttled, shared := one(Activity{Refused: 1}), one(Activity{Throttled: 1}), one(Activity{Shared: 1})
	conflicted, replayed := one(Activity{Conflicts: 1}), one(Activity{Replayed: 1})
	duplicate, found := one(Activity{Duplicates: 1}), one(Activity{Findings: 1})
	return Hooks{
		Limiter: limiter.Hooks{
			Admitted: func(_ context.Context, a limiter.Admitted) {
				b := Activity{Sent: 1}
				if a.Wait > 0 && !a.Observed {
					b.Delayed = 1
				}
				h.count(b)
			},
			Refused: func(context.Context, *limiter.RefusedError) {
				if !observing() {
					refused()
				}
			},
			Throttled: func(context.Context, limiter.Throttled) { throttled() },
		},
		Conflict: conflict.Hooks{
			Conflicted: func(context.Context, conflict.Conflicted) { conflicted() },
			Finished: func(_ context.Context, o conflict.Outcome) {
				if o.Reason == conflict.Replayed {
					replayed()
				}
			},
		},
		Dedupe: dedupe.Hooks{
			Shared: func(_ context.Context, r dedupe.SharedRead) {
				if r.Mode == policy.Enforce {
					shared()
				}
			},
			Duplicate: func(_ context.Context, d dedupe.Duplicate) {
				if d.Mode == policy.Enforce {
					duplicate()
				}
			},
		},
		Compliance: compliance.Hooks{
			Finding: func(context.Context, compliance.Finding) { found() },
		},
	}
}
