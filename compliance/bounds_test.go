package compliance

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// bound is one edge of a rule: traffic of a rising (or falling) amount, the last
// amount that the rule lets pass and the first that it does not.
type bound struct {
	rule  string
	field string // of Thresholds, or "Platform.PerDay" and the like; "": the edge is a fixed one
	of    string // what the amount counts
	make  func(m *maker, n int)
	base  func(*Config)              // what would speak before the edge is reached
	used  func(k *Checker, i, n int) // before the i-th event

	quiet, loud         int
	milder, want        Severity // milder: of the quiet amount; 0: silence
	measured, threshold float64  // at the loud amount
	about               float64  // tolerance of measured, where rows are sampled

	to                    any // another value of the field ...
	movedQuiet, movedLoud int // ... and where the edge is then
}

// exactly is one case without an amount.
type exactly struct {
	name string
	rule string
	make func(m *maker)
	base func(*Config)
	want Severity // 0: silence
}

func allBounds() []bound {
	return slices.Concat(sweepBounds(), readingBounds(), runBounds(), tileBounds(), regularBounds(), lookBackBounds(), overlapBounds(), phaseBounds(), dailyBounds(), hourBounds(),
		loadBounds(), programBounds(), limitBounds(), writeBounds(), efficiencyBounds(), claimBounds())
}

func allCases() []exactly {
	return slices.Concat(writeCases(), efficiencyCases(), sparedCases(), guiseCases(), moreCases(), nearCases())
}

func TestBounds(t *testing.T) {
	for _, b := range allBounds() {
		t.Run(strings.Join([]string{b.rule, b.field, b.of}, "/"), func(t *testing.T) {
			require.NotEqual(t, b.quiet, b.loud)
			_, sev := b.judge(t, b.quiet, nil)
			require.Equal(t, b.milder, sev, "just below")
			f, sev := b.judge(t, b.loud, nil)
			require.Equal(t, b.want, sev, "at the threshold")
			if b.about > 0 {
				require.InEpsilon(t, b.measured, f.Measured, b.about)
			} else {
				require.InDelta(t, b.measured, f.Measured, 1e-3, f.Message)
			}
			require.InDelta(t, b.threshold, f.Threshold, 1e-9, f.Message)
			require.LessOrEqual(t, len(f.Evidence), maxEvidence)
			require.NotEmpty(t, f.Evidence)
			if b.field == "" {
				return
			}
			_, sev = b.judge(t, b.movedQuiet, b.to)
			require.Equal(t, b.milder, sev, "just below the moved threshold")
			moved, sev := b.judge(t, b.movedLoud, b.to)
			require.Equal(t, b.want, sev, "at the moved threshold")
			if standing := figureOf(fieldOf(&Config{Thresholds: defaultThresholds, Platform: Platform{}.WithDefaults()}, b.field)); standing == f.Threshold {
				require.InDelta(t, figureOf(reflect.ValueOf(b.to)), moved.Threshold, 1e-9, "the finding tells the threshold in force")
			}
		})
	}
}

func TestBoundCases(t *testing.T) {
	for _, c := range allCases() {
		t.Run(c.rule+"/"+c.name, func(t *testing.T) {
			m := &maker{at: day0}
			c.make(m)
			require.NotEmpty(t, m.es)
			f, sev := worstOf(feed(t, m.es, boundConfig(c.base), nil), c.rule)
			require.Equal(t, c.want, sev, f.Message)
		})
	}
}

// TestBoundsAreComplete: no rule and no threshold is without an edge.
func TestBoundsAreComplete(t *testing.T) {
	ruled, fields := map[string]bool{}, map[string]bool{}
	for _, b := range allBounds() {
		require.NotNil(t, ruleOf(b.rule), b.rule)
		ruled[b.rule], fields[b.field] = true, true
	}
	for _, c := range allCases() {
		ruled[c.rule] = ruled[c.rule] || c.want > 0
	}
	for _, r := range rules {
		require.True(t, ruled[r.ID], "%s has no edge", r.ID)
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Thresholds]()) {
		require.True(t, fields[f.Name], "Thresholds.%s has no edge", f.Name)
	}
}

func (b *bound) config(to any) Config {
	c := boundConfig(b.base)
	if to != nil {
		f := fieldOf(&c, b.field)
		f.Set(reflect.ValueOf(to).Convert(f.Type()))
	}
	return c
}

func (b *bound) events(n int) events {
	m := &maker{at: day0}
	b.make(m, n)
	return m.es
}

func (b *bound) judge(t *testing.T, n int, to any) (Finding, Severity) {
	return worstOf(feed(t, b.events(n), b.config(to), func(k *Checker, i int) {
		if b.used != nil {
			b.used(k, i, n)
		}
	}), b.rule)
}

// boundConfig has a fixed key, so that samples are the same each time.
func boundConfig(base func(*Config)) Config {
	c := Config{Key: []byte("a key of 16 byte")}
	if base != nil {
		base(&c)
	}
	return c
}

func fieldOf(c *Config, name string) reflect.Value {
	if name, ok := strings.CutPrefix(name, "Platform."); ok {
		return reflect.ValueOf(&c.Platform).Elem().FieldByName(name)
	}
	return reflect.ValueOf(&c.Thresholds).Elem().FieldByName(name)
}

func figureOf(v reflect.Value) float64 {
	if v.CanInt() {
		return float64(v.Int())
	}
	return v.Float()
}

func feed(t testing.TB, es events, c Config, used func(k *Checker, i int)) []Finding {
	t.Helper()
	k, err := New(c)
	require.NoError(t, err)
	for i, e := range es {
		if used != nil {
			used(k, i)
		}
		k.Feed(e)
	}
	require.Zero(t, k.Report().Skipped)
	return k.Findings()
}

// worstOf is the worst finding of a rule; the severity of none is 0.
func worstOf(all []Finding, rule string) (Finding, Severity) {
	for _, f := range all { // worst first
		if f.Rule == rule {
			return f, f.Severity
		}
	}
	return Finding{}, 0
}

func thresholds(t Thresholds) func(*Config) { return func(c *Config) { c.Thresholds = t } }

func platform(p Platform) func(*Config) { return func(c *Config) { c.Platform = p } }

// size tells how large the collection is, in a stream of its own.
func (m *maker) size(total int) *maker {
	return m.add(time.Second, with(listing("/contacts/?pageSize=1", 0, 1, total), func(e *Event) { e.Stream = "setup" }))
}

// page adds one page of a filtered list.
func (m *maker) page(gap time.Duration, filter string, page, from, rows, total int, more ...func(*Event)) *maker {
	e := listing(fmt.Sprintf("/contacts/?%s&pageSize=100&pageNumber=%d", filter, page), from, rows, total)
	for _, f := range more {
		f(&e)
	}
	return m.add(gap, e)
}

// pages adds the pages of one filtered list: rows rows from row from, at most per
// a page.
func (m *maker) pages(gap time.Duration, filter string, from, rows, per, total int, more ...func(*Event)) *maker {
	for p := 1; rows > 0; p++ {
		n := min(per, rows)
		m.page(gap, filter, p, from, n, total, more...)
		from, rows = from+n, rows-n
	}
	return m
}

// run begins at a time after day0 and reads new rows, at most 100 a page.
func (m *maker) run(at time.Duration, from, rows int, more ...func(*Event)) *maker {
	m.at = day0.Add(at)
	return m.pages(time.Second, "active=true", from, rows, 100, 0, more...)
}

// runs adds a run of new rows after each of the gaps, in seconds, and a first one.
func (m *maker) runs(rows int, gaps ...int) *maker {
	at := 0
	for i := range len(gaps) + 1 {
		m.run(time.Duration(at)*time.Second, i*rows, rows)
		if i < len(gaps) {
			at += gaps[i]
		}
	}
	return m
}

// wobble is n gaps of mid seconds, three in eight of them each d longer and d
// shorter: their median is mid, and the median deviation from it d.
func wobble(n, mid, d int) []int {
	gaps := make([]int, n)
	for i := range gaps {
		gaps[i] = mid + [...]int{d, -d, 0, d, -d, d, -d, 0}[i%8]
	}
	return gaps
}

// single reads entities one by one: numbers from to from+n-1 of ids that have none.
func (m *maker) single(gap time.Duration, from, n int, more ...func(*Event)) *maker {
	return m.each(n, gap, func(i int) Event { return entity(from+i, more...) })
}

func header1(name, value string) func(*Event) {
	return func(e *Event) {
		if e.RequestHeader == nil {
			e.RequestHeader = http.Header{}
		}
		e.RequestHeader.Set(name, value)
	}
}

func status(code int) func(*Event) { return func(e *Event) { e.Status = code } }
