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
	holdMargins(t, each(blind2Breakers), nil)
}

// TestScenarioBlind3Margins holds the third family to more than that: a copy is
// made within a week, what a timer brings is counted, and what no margin of the
// second family names happens 25 times.
func TestScenarioBlind3Margins(t *testing.T) {
	holdMargins(t, each(blind3Breakers), func(k *kind, seed uint64, g *scene, m margins) { holdMore(t, k, seed, g, m) })
}

// TestScenarioBlind4Margins holds the fourth family to more again.
func TestScenarioBlind4Margins(t *testing.T) {
	holdMargins(t, each(blind4Breakers), func(k *kind, seed uint64, g *scene, m margins) { holdWide(t, k, seed, g, m, 2_000) })
}

// TestScenarioBlind5Margins holds the fifth family to a little more: a copy takes 1,500
// rows, and 2,500 of a collection that nobody counts.
func TestScenarioBlind5Margins(t *testing.T) {
	holdMargins(t, each(blind5Breakers), func(k *kind, seed uint64, g *scene, m margins) { holdRows(t, k, seed, g, m) })
}

// TestScenarioBlind6Margins holds the sixth family to what the fourth keeps, and its
// uncounted copies to 2,500 rows.
func TestScenarioBlind6Margins(t *testing.T) {
	holdMargins(t, each(blind6Breakers), func(k *kind, seed uint64, g *scene, m margins) { holdWide(t, k, seed, g, m, 2_500) })
}

// TestScenarioBlind7Margins holds the seventh family to what the fifth keeps.
func TestScenarioBlind7Margins(t *testing.T) {
	holdMargins(t, each(blind7Breakers), func(k *kind, seed uint64, g *scene, m margins) { holdRows(t, k, seed, g, m) })
}

// TestScenarioBlind8Margins holds the eighth family to the same.
func TestScenarioBlind8Margins(t *testing.T) {
	holdMargins(t, each(blind8Breakers), func(k *kind, seed uint64, g *scene, m margins) { holdRows(t, k, seed, g, m) })
}

// TestScenarioBlind9Margins holds the ninth family to the same.
func TestScenarioBlind9Margins(t *testing.T) {
	holdMargins(t, each(blind9Breakers), func(k *kind, seed uint64, g *scene, m margins) { holdRows(t, k, seed, g, m) })
}

// holdRows holds a breaker to what the fifth family keeps.
func holdRows(t *testing.T, k *kind, seed uint64, g *scene, m margins) {
	t.Helper()
	holdWide(t, k, seed, g, m, 2_500)
	if k.clause == bulk {
		assert.GreaterOrEqual(t, m.rows, 1_500, "%s, seed %d: rows", k.name, seed)
	}
}

// holdWide holds a breaker to what the fourth family keeps; uncounted is the least that
// a copy takes of a collection that nobody counts.
func holdWide(t *testing.T, k *kind, seed uint64, g *scene, m margins, uncounted int) {
	t.Helper()
	holdMore(t, k, seed, g, m)
	switch {
	case k.clause == bulk:
		assert.GreaterOrEqual(t, m.of, 1_500, "%s, seed %d: rows to be copied", k.name, seed)
		if !m.counted {
			assert.GreaterOrEqual(t, m.rows, uncounted, "%s, seed %d: rows that nobody counts", k.name, seed)
		}
	case k.clause == schedule && len(m.fed) <= len(m.fedDates):
		for run := range m.fed {
			assert.GreaterOrEqual(t, m.brought[run], 300, "%s, seed %d: rows of run %d", k.name, seed, run)
		}
	case k.clause == load && g.w.tenant == "SBOX":
		assert.True(t, m.within(10*time.Minute) >= 2_500 || m.within(3*time.Minute) >= 3*60*6, "%s, seed %d: calls on a sandbox", k.name, seed)
	}
}

// holdMore holds a breaker to what the third family keeps.
func holdMore(t *testing.T, k *kind, seed uint64, g *scene, m margins) {
	t.Helper()
	switch k.clause {
	case bulk:
		assert.LessOrEqual(t, k.days, 7, "%s: days", k.name)
	case schedule:
		assert.True(t, len(m.fed) >= 12 || len(m.fedDates) >= 6, "%s, seed %d: %d runs on %d days", k.name, seed, len(m.fed), len(m.fedDates))
	case limits:
		f := factsOf(g)
		assert.GreaterOrEqual(t, f.over+f.early, 25, "%s, seed %d: calls too many or too early", k.name, seed)
	case efficiency, realTime:
		assert.GreaterOrEqual(t, m.calls, 25, "%s, seed %d: calls", k.name, seed)
	}
}

// holdMargins holds breakers to what all of them keep, and to more.
func holdMargins(t *testing.T, kinds []*kind, more func(*kind, uint64, *scene, margins)) {
	t.Helper()
	for _, k := range some(kinds) {
		if k.large {
			continue
		}
		for seed := range seeds(1, 4) {
			g := k.play(seed, false)
			m := marginsOf(g)
			if more != nil {
				more(k, seed, g, m)
			}
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

	fed      map[int]bool    // runs that bring the customer's rows by the hundred, or all that has changed
	fedDates map[string]bool // on which they are made
	brought  map[int]int     // the rows of each run

	of      int  // rows there are in the collection that is read most
	counted bool // a list of it without a filter was read
	times   []time.Time
}

// within is the most calls of any time so long.
func (m margins) within(span time.Duration) (most int) {
	first := 0
	for i, at := range m.times {
		for at.Sub(m.times[first]) >= span {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

var changedSince = regexp.MustCompile(`[?&](modified|created)From=`)

var idOf = regexp.MustCompile(`"id":"([A-Z]{3}\d+)"`)

func marginsOf(g *scene) (m margins) {
	seen, dates := map[string]map[string]bool{}, map[string]bool{}
	m.fed, m.fedDates = map[int]bool{}, map[string]bool{}
	m.brought = map[int]int{}
	whole := map[string]bool{}
	var began, last time.Time
	for i := range g.calls {
		c := &g.calls[i]
		if !c.bad {
			continue
		}
		m.calls++
		m.times = append(m.times, c.at)
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
		m.brought[c.run] += c.rows
		if m.brought[c.run] >= 100 || c.status == 200 && changedSince.MatchString(c.path) {
			m.fed[c.run], m.fedDates[c.at.Format(time.DateOnly)] = true, true
		}
		name, rest, _ := strings.Cut(c.path[1:], "/")
		whole[name] = whole[name] || strings.HasPrefix(rest, "?pageSize=")
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
			m.of, m.counted = g.w.sets[name].n, whole[name]
		}
	}
	return m
}
