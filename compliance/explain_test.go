package compliance

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const rulesPage = "../docs/rules.md"

// TestRulesPage checks that the page in docs says what the rules say. Where
// GOODTENANT_WRITE is set it is written anew.
func TestRulesPage(t *testing.T) {
	var b strings.Builder
	b.WriteString("# The rules\n\nWhat each sees, at the default thresholds, and what it cannot see. Thresholds are in\n" +
		"`compliance.Thresholds` and in the profile's JSON under `thresholds`. Written by\n`GOODTENANT_WRITE=1 go test -run TestRulesPage ./compliance`.\n\n" +
		"| rule | clause | sees | cannot see | clears with | instead |\n|---|---|---|---|---|---|\n")
	for _, r := range Rules() {
		assert.NotEmpty(t, r.Sees, r.ID)
		assert.NotEmpty(t, r.Blind, r.ID)
		assert.NotContains(t, r.Sees, "{", "%s names no threshold there is", r.ID)
		fmt.Fprintf(&b, "| %s %s | %s | %s | %s | %s | %s |\n", r.ID, r.Title, r.Clause, r.Sees, r.Blind, r.Clears, r.Remedy)
	}
	if os.Getenv("GOODTENANT_WRITE") != "" {
		require.NoError(t, os.WriteFile(rulesPage, []byte(b.String()), 0o644))
	}
	page, err := os.ReadFile(rulesPage)
	require.NoError(t, err)
	require.Equal(t, b.String(), string(page))
}

// TestEveryThresholdIsExplained checks that no figure moves a rule in silence, but
// for those that only bound a rule's bookkeeping.
func TestEveryThresholdIsExplained(t *testing.T) {
	var text strings.Builder
	for _, e := range explained {
		text.WriteString(e.sees)
	}
	silent := "SmallCollection SweepErrorShare SliceLambda SliceRatioUser SliceExhausted UniqueP UniquePUser UniqueRatio EnumListed EnumRepeats " +
		"TileBefore TileAfter RegularMax RegularShort RegularLongest PhaseR PhaseP DailyPerDay DailyR WeeklyRunsUser ClockNew SynthVary EscalateDays"
	names := map[string]bool{}
	for name := range strings.FieldsSeq(silent) {
		names[name] = true
	}
	v := fieldNames()
	for _, name := range v {
		said := strings.Contains(text.String(), "{"+name+"}")
		assert.NotEqual(t, names[name], said, "%s: explained or silent, not both and not neither", name)
	}
}

func fieldNames() (names []string) {
	t := reflect.TypeFor[Thresholds]()
	for field := range t.Fields() {
		names = append(names, field.Name)
	}
	return names
}
