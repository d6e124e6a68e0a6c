package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/goodtenant/goodtenant/limiter"
)

// shared opens the reference store, one state for each name of a test.
func shared(flaw string) func(name string) limiter.Store {
	var mu sync.Mutex
	states := map[string]*state{}
	return func(name string) limiter.Store {
		mu.Lock()
		defer mu.Unlock()
		if states[name] == nil {
			states[name] = newState()
		}
		return &memory{state: states[name], flaw: flaw}
	}
}

func TestReference(t *testing.T) {
	t.Parallel()
	open := shared("")
	Run(t, func(t *testing.T) limiter.Store { return open(t.Name()) })
}

func TestReferenceVirtual(t *testing.T) {
	open := shared("")
	RunVirtual(t, func(t *testing.T) limiter.Store { return open(t.Name()) })
}

// findings collects what a check says of a wrong store.
type findings struct{ said []string }

func (f *findings) Errorf(format string, a ...any) {
	f.said = append(f.said, fmt.Sprintf(format, a...))
}
func (*findings) Logf(string, ...any) {}

// Each wrong store is caught by the checks named, and each check catches one.
func TestWrongStores(t *testing.T) {
	caught := map[string]bool{}
	for flaw, by := range map[string][]string{
		"takes replays":                         {"Replay", "LostReplies"},
		"takes stale steps":                     {"Stale"},
		"counts when told":                      {"DayRandom"},
		"one too many":                          {"DayRandom", "DayReopen"},
		"refuses in silence":                    {"DayRefused"},
		"retry at once":                         {"DayRefused"},
		"gives back twice":                      {"DayGiveBack"},
		"gives nothing back":                    {"DayGiveBack", "DayRandom", "RateGiveBack"},
		"ignores costs":                         {"DayCost"},
		"ignores what it really cost":           {"DayCost"},
		"tenants are one":                       {"DayTenants"},
		"app counts nothing":                    {"DayTenants"},
		"empty tenant is free":                  {"DayTenants"},
		"forgets days":                          {"DayReopen", "FixedDay"},
		"keeps its block":                       {"DayReopen"},
		"higher holds":                          {"DayLowerHolds"},
		"fixed windows":                         {"RateRandom"},
		"starves one":                           {"RateRandom"},
		"counts from the grant":                 {"RateOpen"},
		"windows keep what was not sent":        {"RateGiveBack"},
		"forgets windows":                       {"RateReopen"},
		"spends while it waits":                 {"AllOrNothing"},
		"never closes":                          {"Pause"},
		"closes for all":                        {"Pause"},
		"keeps slots":                           {"Slots"},
		"ignores slots":                         {"Slots"},
		"lives on":                              {"Closed"},
		"UTC days":                              {"RollingDay", "LocalDay"},
		"starts anew from midnight to the hour": {"FixedDay"},
	} {
		for _, c := range checks {
			if !slices.Contains(by, c.name) {
				continue
			}
			f := &findings{}
			synctest.Test(t, func(t *testing.T) {
				open := shared(flaw)
				c.run(&bench{reporter: f, open: func() limiter.Store { return open("") }})
			})
			if len(f.said) == 0 {
				t.Errorf("%s did not catch a store that %q", c.name, flaw)
			}
			caught[c.name] = true
		}
	}
	for _, c := range checks {
		if !caught[c.name] {
			t.Errorf("no wrong store is known to fail %s", c.name)
		}
	}
}
