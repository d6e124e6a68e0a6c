package compliance_test

import (
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

// blindKinds are the kinds of the blind family.
func blindKinds() []*kind { return each(blindClean, blindBreakers) }

// blind2Kinds are the kinds of the second one.
func blind2Kinds() []*kind { return each(blind2Clean, blind2Breakers) }

// blind3Kinds are the kinds of the third one.
func blind3Kinds() []*kind { return each(blind3Clean, blind3Breakers) }

// blind4Kinds are the kinds of the fourth one.
func blind4Kinds() []*kind { return each(blind4Clean, blind4Breakers) }

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

// TestScenarioBlind scores the kinds that were written after the last threshold
// was set.
func TestScenarioBlind(t *testing.T) {
	scoreBlind(t, "blind family", blindKinds(), reached)
}

// TestScenarioBlind2 scores the second blind family by what the first one reached.
// It is played in the soak only: a family that is seen with every change is blind
// no more.
func TestScenarioBlind2(t *testing.T) {
	if !soak() {
		t.Skip("scored in the soak")
	}
	scoreBlind(t, "second blind family", blind2Kinds(), reached)
}

// TestScenarioBlind3 scores the third one, in the soak only as well.
func TestScenarioBlind3(t *testing.T) {
	if !soak() {
		t.Skip("scored in the soak")
	}
	scoreBlind(t, "third blind family", blind3Kinds(), reached)
}

// TestScenarioBlind4 scores the fourth one, in the soak only as well.
func TestScenarioBlind4(t *testing.T) {
	if !soak() {
		t.Skip("scored in the soak")
	}
	scoreBlind(t, "fourth blind family", blind4Kinds(), reached)
}

// scoreBlind scores kinds and holds them to what is wanted in each mode.
func scoreBlind(t *testing.T, title string, kinds []*kind, wanted [len(modes)]promise) {
	t.Helper()
	jobs := blindPlan(kinds, 1, 1, 1)
	if soak() {
		jobs = blindPlan(kinds, 20, 8, 16)
	}
	scores := scoreAll(t, some(jobs))
	t.Log(table(title, scores))
	for m, s := range scores {
		p, e := sum(s.plain), sum(s.evasive)
		var all tally
		all.merge(p)
		all.merge(e)
		want := wanted[m]
		assert.LessOrEqual(t, s.clean.errors, slack(s.clean.days, want.falseDays), "%v: clean app-days with an error, of %d", mode(m), s.clean.days)
		assert.LessOrEqual(t, p.scenes-p.found, slack(p.scenes, 1-want.plain), "%v: plain scenes missed, of %d", mode(m), p.scenes)
		assert.LessOrEqual(t, e.scenes-e.found, slack(e.scenes, 1-want.evasive), "%v: evasive scenes missed, of %d", mode(m), e.scenes)
		assert.LessOrEqual(t, all.found-all.right, slack(all.found, 0.02), "%v: wrong clause, of %d", mode(m), all.found)
	}
}

// reached is what the one scoring of the blind family came to. Plain recall stays
// under what is promised of the held-out half: a collection of less than a
// thousand rows may be read whole, and a trickle of new rows may leave an hour
// out. With labels, evasive recall does too: a user who never sleeps is not known
// across restarts.
var reached = [...]promise{
	tags:    {falseDays: 0.0001, plain: 0.986, evasive: 0.969},
	streams: {falseDays: 0.0005, plain: 0.985, evasive: 0.982},
	nothing: {falseDays: 0.0005, plain: 0.985, evasive: 0.980},
}
