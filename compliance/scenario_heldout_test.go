package compliance_test

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// promise is what is claimed of one label mode.
type promise struct {
	falseDays      float64 // share of clean app-days with an error
	plain, evasive float64 // recall
}

var promised = [...]promise{
	tags:    {falseDays: 0.0001, plain: 0.995, evasive: 0.97},
	streams: {falseDays: 0.0005, plain: 0.995, evasive: 0.97},
	nothing: {falseDays: 0.0005, plain: 0.85, evasive: 0.85},
}

// slack is how many of n scenes may go wrong at a share, given that each is a
// draw: the share and two standard deviations, at least one of a short run.
func slack(n int, share float64) int {
	mean := float64(n) * share
	return int(math.Floor(mean + 2*math.Sqrt(mean*(1-share))))
}

// TestScenarioFalseAlarms scores the clean kinds that no threshold was tuned on.
func TestScenarioFalseAlarms(t *testing.T) {
	seeds := 1
	if soak() {
		seeds = 125
	}
	scores := scoreAll(t, some(plan(true, seeds, 0, 0, false)))
	t.Log(table("held-out half, clean kinds", scores))
	for m, s := range scores {
		assert.LessOrEqual(t, s.clean.errors, slack(s.clean.days, promised[m].falseDays), "%v: clean app-days with an error, of %d", mode(m), s.clean.days)
	}
}

// TestScenarioRecall scores the breaking kinds that no threshold was tuned on.
func TestScenarioRecall(t *testing.T) {
	jobs := plan(true, 0, 1, 1, false)
	if soak() {
		jobs = plan(true, 0, 12, 24, true)
	}
	scores := scoreAll(t, some(jobs))
	t.Log(table("held-out half, breaking kinds", scores))
	for m, s := range scores {
		p, e := sum(s.plain), sum(s.evasive)
		var all tally
		all.merge(p)
		all.merge(e)
		assert.LessOrEqual(t, p.scenes-p.found, slack(p.scenes, 1-promised[m].plain), "%v: plain scenes missed, of %d", mode(m), p.scenes)
		assert.LessOrEqual(t, e.scenes-e.found, slack(e.scenes, 1-promised[m].evasive), "%v: evasive scenes missed, of %d", mode(m), e.scenes)
		assert.LessOrEqual(t, all.found-all.right, slack(all.found, 0.02), "%v: wrong clause, of %d", mode(m), all.found)
		assert.Zero(t, p.late, "%v: found, but late, of %d", mode(m), p.found)
	}
}

// TestScenarioTuning scores the half that thresholds were tuned on.
func TestScenarioTuning(t *testing.T) {
	jobs := plan(false, 1, 1, 0, false)
	if soak() {
		jobs = plan(false, 20, 20, 40, true)
	}
	scores := scoreAll(t, some(jobs))
	t.Log(table("tuning half", scores))
	for m, s := range scores {
		assert.LessOrEqual(t, s.clean.errors, slack(s.clean.days, promised[m].falseDays), "%v: clean app-days with an error", mode(m))
		p := sum(s.plain)
		assert.LessOrEqual(t, p.scenes-p.found, slack(p.scenes, 1-promised[m].plain), "%v: plain scenes missed", mode(m))
	}
}

// TestScenarioReplicas: a breaker that spreads over four processes is found as
// if it were one.
func TestScenarioReplicas(t *testing.T) {
	seeds := 1
	if soak() {
		seeds = 12
	}
	for m := range modes {
		var one, four tally
		for _, k := range some(kinds(true)) {
			if !slices.Contains([]string{bulk, schedule, load, claims}, k.clause) || k.tagged && mode(m) != tags {
				continue
			}
			for seed := range seeds {
				g := k.play(1_000+uint64(seed), false)
				one.add(k.name, k.verdict(g, g.watch(t, mode(m))))
				four.add(k.name, k.verdict(g, g.watchBy(t, mode(m), 4)))
			}
		}
		t.Logf("%v: one process %.2f %% of %d, four %.2f %%; missed by four: %v", mode(m), 100*one.recall(), one.scenes, 100*four.recall(), four.missed)
		assert.Positive(t, one.found)
		assert.GreaterOrEqual(t, float64(four.found), 0.99*float64(one.found), "%v: four replicas against one process", mode(m))
	}
}

// TestScenarioReplicasClean: what four processes do together is no offence where
// one process's doing it is none.
func TestScenarioReplicasClean(t *testing.T) {
	seeds := 1
	if soak() {
		seeds = 12
	}
	for m := range modes {
		if sparse > 1 && mode(m) != nothing {
			continue // slow under the race detector
		}
		var one, four clean
		for _, k := range some(slices.Concat(kinds(true), kinds(false))) {
			if k.clause != "" || k.declared && mode(m) != tags {
				continue
			}
			for seed := range seeds {
				g := k.play(2_000+uint64(seed), false)
				one.add(k.name, g, g.watch(t, mode(m)))
				four.add(k.name, g, g.watchBy(t, mode(m), 4))
			}
		}
		t.Logf("%v: of %d clean app-days one process has an error on %d (%v), a warning on %d (%v); four on %d (%v) and %d (%v)", mode(m), one.days,
			one.errors, one.rules, one.warnings, one.soft, four.errors, four.rules, four.warnings, four.soft)
		assert.LessOrEqual(t, four.errors, slack(four.days, promised[m].falseDays), "%v: clean app-days with an error, of %d", mode(m), four.days)
	}
}
