package compliance_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

// each gives the kinds of some groups.
func each(groups ...[]kind) (all []*kind) {
	for _, group := range groups {
		for i := range group {
			all = append(all, &group[i])
		}
	}
	return all
}

// families are the blind ones, in the order in which they were written.
var families = [...][2][]kind{
	{blindClean, blindBreakers}, {blind2Clean, blind2Breakers}, {blind3Clean, blind3Breakers},
	{blind4Clean, blind4Breakers}, {blind5Clean, blind5Breakers}, {blind6Clean, blind6Breakers},
	{blind7Clean, blind7Breakers}, {blind8Clean, blind8Breakers}, {blind9Clean, blind9Breakers},
}

// blindPlan is a blind family: so many seeds of each kind.
func blindPlan(kinds []*kind, cleanSeeds, plainSeeds, evasiveSeeds int) (jobs []job) {
	for _, k := range kinds {
		add := func(seeds int, evasive bool) {
			if k.large {
				seeds = min(seeds, 2)
			}
			for seed := range seeds {
				jobs = append(jobs, job{k, uint64(seed), evasive})
			}
		}
		switch {
		case k.large && !soak():
		case k.clause == "":
			add(cleanSeeds, false)
		default:
			add(plainSeeds, false)
			add(evasiveSeeds, true)
		}
	}
	return jobs
}

// TestScenarioBlind scores the first family: kinds that were written after the
// first thresholds were set. What the families showed has moved rules since;
// docs/compliance-figures.md has what each came to when it was scored for the first
// time.
func TestScenarioBlind(t *testing.T) { scoreBlind(t, 1) }

// TestScenarioBlind2 scores the second family. It and those after it are played in
// the soak only: a family that is seen with every change is blind no more.
func TestScenarioBlind2(t *testing.T) { scoreInSoak(t, 2) }

// TestScenarioBlind3 scores the third.
func TestScenarioBlind3(t *testing.T) { scoreInSoak(t, 3) }

// TestScenarioBlind4 scores the fourth.
func TestScenarioBlind4(t *testing.T) { scoreInSoak(t, 4) }

// TestScenarioBlind5 scores the fifth.
func TestScenarioBlind5(t *testing.T) { scoreInSoak(t, 5) }

// TestScenarioBlind6 scores the sixth, whose apps are those of any CRM's or
// bookkeeper's marketplace.
func TestScenarioBlind6(t *testing.T) { scoreInSoak(t, 6) }

// TestScenarioBlind7 scores the seventh, whose apps are what each trade of a
// marketplace writes.
func TestScenarioBlind7(t *testing.T) { scoreInSoak(t, 7) }

// TestScenarioBlind8 scores the eighth, half of whose clean apps say little of what
// makes them call.
func TestScenarioBlind8(t *testing.T) { scoreInSoak(t, 8) }

// TestScenarioBlind9 scores the ninth, most of whose clean apps call some thousand
// times a day.
func TestScenarioBlind9(t *testing.T) { scoreInSoak(t, 9) }

func scoreInSoak(t *testing.T, family int) {
	t.Helper()
	if !soak() {
		t.Skip("scored in the soak")
	}
	scoreBlind(t, family)
}

// scoreBlind scores a family, counted from one, and holds it to what it has reached in
// each mode.
func scoreBlind(t *testing.T, family int) {
	t.Helper()
	kinds := each(families[family-1][:]...)
	jobs := blindPlan(kinds, 1, 1, 1)
	if soak() {
		jobs = blindPlan(kinds, 20, 8, 16)
	}
	scores := scoreAll(t, some(jobs))
	t.Log(table(fmt.Sprint("blind family ", family), scores))
	for m, s := range scores {
		p, e := sum(s.plain), sum(s.evasive)
		var all tally
		all.merge(p)
		all.merge(e)
		want := reached[family-1][m]
		assert.LessOrEqual(t, s.clean.errors, slack(s.clean.days, want.falseDays), "%v: clean app-days with an error, of %d", mode(m), s.clean.days)
		assert.LessOrEqual(t, p.scenes-p.found, slack(p.scenes, 1-want.plain), "%v: plain scenes missed, of %d", mode(m), p.scenes)
		assert.LessOrEqual(t, e.scenes-e.found, slack(e.scenes, 1-want.evasive), "%v: evasive scenes missed, of %d", mode(m), e.scenes)
		assert.LessOrEqual(t, all.found-all.right, slack(all.found, 0.02), "%v: wrong clause, of %d", mode(m), all.found)
	}
}

// reached is what each family has come to: all but the ninth after what they showed
// was mended, that one when it was scored for the first time. On some of them it is
// less than what was promised: docs/compliance-figures.md says what is missed.
var reached = [...][len(modes)]promise{
	{
		tags:    {falseDays: 0.0001, plain: 0.995, evasive: 0.988},
		streams: {falseDays: 0.0005, plain: 0.995, evasive: 0.992},
		nothing: {falseDays: 0.0005, plain: 0.995, evasive: 0.991},
	}, {
		tags:    {falseDays: 0.0001, plain: 0.994, evasive: 0.984},
		streams: {falseDays: 0.0005, plain: 0.994, evasive: 0.993},
		nothing: {falseDays: 0.0005, plain: 0.995, evasive: 0.994},
	}, {
		tags:    {falseDays: 0.0001, plain: 0.94, evasive: 0.927},
		streams: {falseDays: 0.0005, plain: 0.941, evasive: 0.939},
		nothing: {falseDays: 0.0005, plain: 0.941, evasive: 0.939},
	}, {
		tags:    {falseDays: 0.0001, plain: 0.993, evasive: 0.944},
		streams: {falseDays: 0.0005, plain: 0.995, evasive: 0.982},
		nothing: {falseDays: 0.0005, plain: 0.995, evasive: 0.982},
	}, {
		tags:    {falseDays: 0.0001, plain: 0.994, evasive: 0.941},
		streams: {falseDays: 0.0005, plain: 0.993, evasive: 0.968},
		nothing: {falseDays: 0.0005, plain: 0.993, evasive: 0.968},
	}, {
		tags:    {falseDays: 0.0001, plain: 0.995, evasive: 0.96},
		streams: {falseDays: 0.0005, plain: 0.995, evasive: 0.989},
		nothing: {falseDays: 0.0005, plain: 0.995, evasive: 0.987},
	}, {
		tags:    {falseDays: 0.0001, plain: 0.995, evasive: 0.942},
		streams: {falseDays: 0.0005, plain: 0.995, evasive: 0.993},
		nothing: {falseDays: 0.0005, plain: 0.995, evasive: 0.993},
	}, {
		tags:    {falseDays: 0.0001, plain: 0.995, evasive: 0.968},
		streams: {falseDays: 0.0005, plain: 0.995, evasive: 0.985},
		nothing: {falseDays: 0.0005, plain: 0.995, evasive: 0.985},
	}, {
		tags:    {falseDays: 0.0001, plain: 0.956, evasive: 0.922},
		streams: {falseDays: 0.0005, plain: 0.975, evasive: 0.967},
		nothing: {falseDays: 0.0005, plain: 0.975, evasive: 0.967},
	},
}
