package compliance_test

import (
	"encoding/json"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

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

// some is every sparse-th of what there is.
func some[T any](all []T) (out []T) {
	for i := 0; i < len(all); i += sparse {
		out = append(out, all[i])
	}
	return out
}

func everyKind() []*kind {
	all := slices.Concat(kinds(true), kinds(false))
	for _, f := range families {
		all = append(all, each(f[:]...)...)
	}
	return all
}

// seeds is how many seeds are played, and how many in the soak.
func seeds(few, many uint64) uint64 {
	if soak() {
		return many
	}
	return few
}

func soak() bool { return os.Getenv("GOODTENANT_SOAK") != "" }

// TestScenarioDeterministic: a seed is a stream.
func TestScenarioDeterministic(t *testing.T) {
	for _, k := range some(everyKind()) {
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

// TestScenarioTruth: what is called clean keeps the exact limits and the write
// rules, and what is said to break a limit does, by a count of its own.
func TestScenarioTruth(t *testing.T) {
	for _, k := range some(everyKind()) {
		if k.large || k.clause != "" && k.clause != limits {
			continue
		}
		for seed := range seeds(1, 8) {
			f := factsOf(k.play(seed, false))
			switch {
			case k.clause == "":
				assert.LessOrEqual(t, f.inFlight, 5, "%s, seed %d: calls in flight", k.name, seed)
				assert.LessOrEqual(t, f.perSecond, 20, "%s, seed %d: calls in a second", k.name, seed)
				assert.Zero(t, f.untagged, "%s, seed %d: updates without a version", k.name, seed)
				assert.Zero(t, f.unchecked, "%s, seed %d: creates without a check", k.name, seed)
				assert.Zero(t, f.early, "%s, seed %d: calls before Retry-After", k.name, seed)
			case strings.Contains(k.name, "in flight"):
				assert.Greater(t, f.inFlight, 5, k.name)
			case strings.Contains(k.name, "second"):
				assert.Greater(t, f.perSecond, 20, k.name)
			case strings.Contains(k.name, "deaf"):
				assert.Positive(t, f.early, k.name)
			}
		}
	}
}

// facts are exact counts of an app's conduct.
type facts struct {
	inFlight, perSecond, untagged, unchecked, early int

	over int // calls too many, in flight or in a second
}

func factsOf(g *scene) facts {
	var f facts
	recent := map[string][]call{} // a tenant's, while in flight
	var second []time.Time
	until := map[string]time.Time{}
	lookups := map[string]bool{}
	for _, c := range g.calls {
		tenant := c.ask.Get("Reapit-Customer")
		open := slices.DeleteFunc(recent[tenant], func(o call) bool { return !o.at.Add(o.took).After(c.at) })
		recent[tenant] = append(open, c)
		f.inFlight = max(f.inFlight, len(recent[tenant]))
		second = append(slices.DeleteFunc(second, func(at time.Time) bool { return c.at.Sub(at) >= time.Second }), c.at)
		f.perSecond = max(f.perSecond, len(second))
		if len(recent[tenant]) > 5 || len(second) > 20 {
			f.over++
		}
		if c.at.Before(until[tenant]) {
			f.early++
		}
		if wait, err := strconv.Atoi(c.answer.Get("Retry-After")); err == nil && c.status == 429 {
			until[tenant] = c.at.Add(c.took + time.Duration(wait)*time.Second)
		}
		key, value := lookupOf(c.path)
		switch {
		case key != "":
			lookups[value] = true
		case c.method == "PATCH" && !strings.HasPrefix(c.ask.Get("If-Match"), `"`):
			f.untagged++
		case c.method == "POST" && c.path == "/contacts/":
			if !slices.ContainsFunc(personIn(c.sent), func(value string) bool { return lookups[value] }) {
				f.unchecked++
			}
		}
	}
	return f
}

// lookupOf tells what a search is for that begins with a key of persons.
func lookupOf(path string) (key, value string) {
	_, query, _ := strings.Cut(path, "?")
	for _, key := range []string{"email", "contactDetail", "name"} {
		if value, ok := strings.CutPrefix(query, key+"="); ok {
			value, _, _ = strings.Cut(value, "&")
			value, _ = url.QueryUnescape(value)
			return key, value
		}
	}
	return "", ""
}

// personIn gives what a contact's body can be searched by.
func personIn(body []byte) (values []string) {
	var p struct{ Email, MobilePhone, Forename, Surname string }
	if json.Unmarshal(body, &p) != nil {
		return nil
	}
	for _, v := range []string{p.Email, p.MobilePhone, p.Forename + " " + p.Surname} {
		if v != "" {
			values = append(values, v)
		}
	}
	return values
}
