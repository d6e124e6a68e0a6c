package compliance_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// blindKinds are the kinds of the blind family.
func blindKinds() (all []*kind) {
	for _, group := range [][]kind{blindClean, blindBreakers} {
		for i := range group {
			all = append(all, &group[i])
		}
	}
	return all
}

// blindPlan is the blind family: so many seeds of each kind.
func blindPlan(cleanSeeds, plainSeeds, evasiveSeeds int) (jobs []job) {
	add := func(k *kind, seeds int, evasive bool) {
		for seed := range seeds {
			jobs = append(jobs, job{k, uint64(seed), evasive})
		}
	}
	for _, k := range blindKinds() {
		if k.clause == "" {
			add(k, cleanSeeds, false)
			continue
		}
		add(k, plainSeeds, false)
		add(k, evasiveSeeds, true)
	}
	return jobs
}

// TestScenarioBlind scores the kinds that were written after the last threshold
// was set.
func TestScenarioBlind(t *testing.T) {
	jobs := blindPlan(1, 1, 1)
	if soak() {
		jobs = blindPlan(20, 8, 16)
	}
	scores := scoreAll(t, some(jobs))
	t.Log(table("blind family", scores))
	for m, s := range scores {
		p, e := sum(s.plain), sum(s.evasive)
		var all tally
		all.merge(p)
		all.merge(e)
		want := reached[m]
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
