package compliance_test

import (
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// kinds gives the half of all kinds that is held out, or the other.
func kinds(held bool) []*kind {
	var out []*kind
	for _, group := range [][]kind{people, jobs, breakers} {
		for i := range group {
			if group[i].held == held {
				out = append(out, &group[i])
			}
		}
	}
	return out
}

// plan is what is played: so many seeds of each clean kind and of each breaker,
// plain and evasive.
func plan(held bool, cleanSeeds, plainSeeds, evasiveSeeds int, large bool) []job {
	var out []job
	for _, k := range kinds(held) {
		if k.large && !large {
			continue
		}
		seeds := func(n int, evasive bool) {
			if k.large {
				n = min(n, 2)
			}
			for seed := range n {
				out = append(out, job{k, uint64(seed), evasive})
			}
		}
		if k.clause == "" {
			seeds(cleanSeeds, false)
			continue
		}
		seeds(plainSeeds, false)
		seeds(evasiveSeeds, true)
	}
	return out
}

func soak() bool { return os.Getenv("GOODTENANT_SOAK") != "" }

// TestScenarioDeterministic: a seed is a stream.
func TestScenarioDeterministic(t *testing.T) {
	for _, k := range append(kinds(true), kinds(false)...) {
		if k.large {
			continue
		}
		a, b := k.play(7, k.clause != ""), k.play(7, k.clause != "")
		same := slices.EqualFunc(a.calls, b.calls, func(x, y call) bool {
			return x.at.Equal(y.at) && x.path == y.path && x.took == y.took && string(x.got) == string(y.got)
		})
		assert.True(t, same, k.name)
		assert.NotEmpty(t, a.calls, k.name)
	}
}
