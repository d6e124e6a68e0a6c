package compliance_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestScenarioHeldOut scores the kinds that no threshold was tuned on against
// the promised figures.
func TestScenarioHeldOut(t *testing.T) {
	jobs := plan(true, 1, 1, 1, false)
	if soak() {
		jobs = plan(true, 125, 60, 120, true)
	}
	scores := scoreAll(t, jobs)
	t.Log(table("held-out half", scores))
	for m, s := range scores {
		most, plain, evasive := 0.0005, 0.995, 0.97
		if mode(m) == tags {
			most = 0.0001
		}
		if mode(m) == nothing {
			plain, evasive = 0.85, 0.85
		}
		assert.LessOrEqual(t, s.clean.share(), most, "%v: share of clean app-days with an error", mode(m))
		var all tally
		p, e := sum(s.plain), sum(s.evasive)
		all.merge(p)
		all.merge(e)
		assert.GreaterOrEqual(t, p.recall(), plain, "%v: recall, plain", mode(m))
		assert.GreaterOrEqual(t, e.recall(), evasive, "%v: recall, evasive", mode(m))
		assert.GreaterOrEqual(t, all.rightShare(), 0.98, "%v: right clause", mode(m))
		assert.Equal(t, 0, p.late, "%v: found, but late", mode(m))
	}
}

// TestScenarioTuning scores the half that thresholds were tuned on; run with -v.
func TestScenarioTuning(t *testing.T) {
	jobs := plan(false, 1, 1, 1, false)
	if soak() {
		jobs = plan(false, 20, 20, 40, true)
	}
	t.Log(table("tuning half", scoreAll(t, jobs)))
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
		for _, k := range kinds(true) {
			if k.clause != bulk && k.clause != schedule && k.clause != load {
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
