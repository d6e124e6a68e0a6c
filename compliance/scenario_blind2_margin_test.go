package compliance_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestScenarioBlind2Margins: each breaker of the second blind family breaks its
// clause by more than a little, by a count that knows nothing of the rules.
func TestScenarioBlind2Margins(t *testing.T) {
	for _, k := range some(each(blind2Breakers)) {
		if k.large {
			continue
		}
		for seed := range uint64(2) {
			m := marginsOf(k.play(seed, false))
			switch k.clause {
			case bulk:
				assert.GreaterOrEqual(t, m.rows, 1_000, "%s, seed %d: rows of one collection", k.name, seed)
				assert.GreaterOrEqual(t, m.share, 0.5, "%s, seed %d: share of it", k.name, seed)
			case schedule:
				assert.True(t, m.runs >= 12 || m.dates >= 5, "%s, seed %d: %d runs on %d days", k.name, seed, m.runs, m.dates)
			case load:
				assert.GreaterOrEqual(t, m.lasted, 5*time.Minute, "%s, seed %d: lasted", k.name, seed)
				assert.GreaterOrEqual(t, m.calls, 600, "%s, seed %d: calls", k.name, seed)
			case create:
				assert.GreaterOrEqual(t, m.creates, 25, "%s, seed %d: creates", k.name, seed)
			case update:
				assert.GreaterOrEqual(t, m.updates, 25, "%s, seed %d: updates", k.name, seed)
			case claims:
				assert.GreaterOrEqual(t, m.calls, 100, "%s, seed %d: calls", k.name, seed)
			}
		}
	}
}

// margins are counts of what breaks the guidelines in a scene.
type margins struct {
	rows                    int     // of the customer's most read collection, each once
	share                   float64 // of that collection
	runs, dates             int
	lasted                  time.Duration // the longest time without a pause of 50 s
	calls, creates, updates int
}

var idOf = regexp.MustCompile(`"id":"([A-Z]{3}\d+)"`)

func marginsOf(g *scene) (m margins) {
	seen, dates := map[string]map[string]bool{}, map[string]bool{}
	var began, last time.Time
	for i := range g.calls {
		c := &g.calls[i]
		if !c.bad {
			continue
		}
		m.calls++
		switch c.method {
		case "POST":
			m.creates++
		case "PATCH":
			m.updates++
		}
		m.runs = max(m.runs, c.run)
		dates[c.at.Format(time.DateOnly)] = true
		if c.at.Sub(last) > 50*time.Second {
			began = c.at
		}
		last = c.at
		m.lasted = max(m.lasted, last.Sub(began))
		if c.ask.Get("Reapit-Customer") != g.w.tenant {
			continue
		}
		name, _, _ := strings.Cut(c.path[1:], "/")
		if seen[name] == nil {
			seen[name] = map[string]bool{}
		}
		for _, id := range idOf.FindAllSubmatch(c.got, -1) {
			seen[name][string(id[1])] = true
		}
	}
	m.dates = len(dates)
	for name, ids := range seen {
		if len(ids) >= 1_000 && share(len(ids), g.w.sets[name].n) > m.share {
			m.rows, m.share = len(ids), share(len(ids), g.w.sets[name].n)
		}
	}
	return m
}
