package status

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goodtenant/goodtenant"
	"github.com/goodtenant/goodtenant/compliance"
	"github.com/goodtenant/goodtenant/internal/chart"
	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/policy"
)

// The page shows at most this much of what a Snapshot holds.
const (
	mostTenants  = 20
	mostHolders  = 5
	mostFindings = 20
	mostThrottle = 8
)

// view is what the page says, in words.
type view struct {
	Style   template.CSS
	Refresh int
	Hashed  bool

	Profile string
	At      string
	Closed  bool
	Layers  []layer
	Tiles   []fact

	Spark     template.HTML
	SparkText string

	Limits  []limit
	Pause   string
	Note    string
	Hour    []fact
	InForce []fact

	Tenants     []tenant
	TenantsText string
	Throttles   []throttle
	Forecast    []fact

	Findings     []finding
	FindingsText string
}

type (
	layer struct{ Name, Mode string }
	fact  struct{ Name, Value, Level string }
	limit struct {
		Name, Used, Max, Left, Detail, Level string
		Bar                                  template.HTML
	}
	tenant struct {
		Name, InFlight, Level, Queued, Oldest, Pause, Note string
		Holders                                            []string
	}
	throttle struct {
		When, Status, Limit, Pause string
		Inside                     bool
	}
	finding struct{ Severity, Rule, Title, Clause, Count, Figures, Site, Remedy string }
)

func newView(s goodtenant.Snapshot) view {
	v := view{Profile: s.Profile, At: s.At.UTC().Format("15:04:05 UTC"), Closed: s.Limiter.Closed}
	for _, l := range []goodtenant.Layer{goodtenant.Limiter, goodtenant.Conflict, goodtenant.Dedupe, goodtenant.Compliance} {
		mode := "off"
		if m, on := s.Modes[l.String()]; on {
			mode = m.String()
		}
		v.Layers = append(v.Layers, layer{l.String(), mode})
	}
	v.tiles(s)
	v.spark(s.Recent)
	v.limits(s.Limiter)
	v.hour(s)
	v.inForce(s.Limiter)
	v.tenants(s.Limiter)
	v.throttles(s)
	v.forecast(s)
	v.findings(s.Findings)
	return v
}

func (v *view) tiles(s goodtenant.Snapshot) {
	recent := 0
	for _, a := range s.Recent {
		recent += a.Sent
	}
	saved := int64(s.Dedupe.Shared) + s.Conflict.NoRequest
	v.Tiles = []fact{
		{"in flight", count(s.Limiter.App.InFlight), ""},
		{"waiting", count(s.Limiter.Queued), ""},
		{"calls in 10 min", count(recent), ""},
		{"refused in an hour", count(s.LastHour.Refused), warn(s.LastHour.Refused, "raised")},
		{"429s in an hour", count(s.LastHour.Throttled), warn(s.LastHour.Throttled, "high")},
		{"calls saved", count(saved), ""},
	}
}

func (v *view) spark(recent []goodtenant.Activity) {
	if len(recent) > 0 {
		recent = recent[:len(recent)-1] // the newest step is not over
	}
	values, marks := make([]float64, len(recent)), make([]float64, len(recent))
	most := 0
	for i, a := range recent {
		values[i], marks[i] = float64(a.Sent), float64(a.Throttled)
		most = max(most, a.Sent)
	}
	v.Spark = template.HTML(chart.Spark(values, marks)) // numbers only
	v.SparkText = "at most " + count(most) + " in 10 s; red: answers that said no"
}

func (v *view) limits(s limiter.Snapshot) {
	for _, l := range s.App.Limits {
		v.Limits = append(v.Limits, limitOf(l, s.At))
	}
	if s.App.PausedFor > 0 {
		v.Pause = "Paused for " + span(s.App.PausedFor) + reason(s.App.Pause)
	}
	v.Note = s.App.Note
}

func limitOf(l limiter.LimitState, at time.Time) limit {
	name := l.Name
	if name == "" {
		name = l.Kind.String()
	}
	var detail []string
	switch l.Kind {
	case limiter.Rate:
		detail = append(detail, "in any "+span(l.Per))
	case limiter.Day:
		detail = append(detail, forecastOf(l, at))
	}
	if l.Over > 0 {
		detail = append(detail, count(l.Over)+" above the limit")
	}
	return limit{
		Name: name, Used: count(l.Used), Max: count(l.Max), Left: count(l.Free),
		Detail: strings.Join(detail, ", "),
		Level:  chart.Level(float64(l.Used), float64(l.Max)),
		Bar:    template.HTML(chart.Bar(float64(l.Used), float64(l.Max))), // numbers only
	}
}

// forecastOf says how long a day lasts.
func forecastOf(l limiter.LimitState, at time.Time) string {
	if l.RunsOut != nil && !l.RunsOut.IsZero() {
		return "spent in " + span(l.RunsOut.Sub(at)) + " at the pace of the last hour"
	}
	if l.Resets != nil && !l.Resets.IsZero() {
		return "lasts; the first unit is back in " + span(l.Resets.Sub(at))
	}
	return "lasts at the pace of the last hour"
}

func (v *view) hour(s goodtenant.Snapshot) {
	h := s.LastHour
	v.Hour = []fact{
		{"calls sent", count(h.Sent), ""},
		{"had to wait", count(h.Delayed), ""},
		{"refused", count(h.Refused), warn(h.Refused, "raised")},
		{"conflicts (412)", count(h.Conflicts), ""},
		{"replayed over the fresh version", count(h.Replayed), ""},
		{"handed to the app", count(s.Conflict.LastHour.GaveUp), warn(int(s.Conflict.LastHour.GaveUp), "raised")},
		{"members not sent", count(s.Conflict.LastHour.MembersRemoved), ""},
		{"duplicates", count(h.Duplicates), ""},
		{"reads shared", count(h.Shared), ""},
	}
}

func (v *view) inForce(s limiter.Snapshot) {
	v.InForce = append(v.InForce, fact{"guarantee", s.Guarantee.String(), ""})
	for _, l := range s.App.Limits {
		if l.Kind != limiter.Rate {
			continue
		}
		name := l.Name
		if name == "" {
			name = "rate"
		}
		part, level := fmt.Sprintf("%.0f %%", l.Rate*100), ""
		if l.Rate < 1 {
			level = "raised"
		}
		v.InForce = append(v.InForce,
			fact{name + ": part in use", part, level},
			fact{name + ": guard", span(l.Guard), ""},
			fact{name + ": burst", count(l.Burst), ""})
	}
	t := s.Totals
	v.InForce = append(v.InForce,
		fact{"sent again", count(t.Resent), ""},
		fact{"sent again inside net/http", count(t.Hidden), ""},
		fact{"bodies never closed", count(t.Dropped), warn(int(t.Dropped), "raised")})
	if s.Store != nil {
		store := fact{"shared store", "up", ""}
		if !s.Store.Up {
			store.Value, store.Level = "does not answer", "high"
		}
		v.InForce = append(v.InForce, store)
	}
}

func (v *view) tenants(s limiter.Snapshot) {
	for _, t := range s.Tenants {
		if len(v.Tenants) == mostTenants {
			break
		}
		v.Tenants = append(v.Tenants, tenantOf(t))
	}
	if all := max(s.TenantCount, len(s.Tenants)); all > len(v.Tenants) {
		v.TenantsText = fmt.Sprintf("the busiest %d of %s", len(v.Tenants), count(all))
	}
}

func tenantOf(t limiter.ScopeState) tenant {
	v := tenant{Name: cmp.Or(t.Tenant, "(none named)"), InFlight: count(t.InFlight), Queued: lanes(t.Queued), Oldest: "–", Note: t.Note}
	for _, l := range t.Limits {
		if l.Kind == limiter.Concurrency {
			v.InFlight += " of " + count(l.Max)
			v.Level = chart.Level(float64(l.Used), float64(l.Max))
		}
	}
	for i, h := range t.Holders {
		if i == mostHolders {
			v.Holders = append(v.Holders, fmt.Sprintf("and %d more", len(t.Holders)-i))
			break
		}
		v.Holders = append(v.Holders, h.Method+" "+h.State+" "+span(h.Age))
	}
	if t.OldestWait > 0 {
		v.Oldest = span(t.OldestWait)
	}
	if t.PausedFor > 0 {
		v.Pause = "paused for " + span(t.PausedFor) + reason(t.Pause)
	}
	return v
}

func lanes(l limiter.Lanes) string {
	var parts []string
	for _, p := range []struct {
		n    int
		name string
	}{{l.Interactive, "interactive"}, {l.Normal, "normal"}, {l.Background, "background"}} {
		if p.n > 0 {
			parts = append(parts, count(p.n)+" "+p.name)
		}
	}
	if len(parts) == 0 {
		return "0"
	}
	return strings.Join(parts, ", ")
}

func (v *view) throttles(s goodtenant.Snapshot) {
	for _, t := range slices.Backward(s.Limiter.Recent) {
		if len(v.Throttles) == mostThrottle {
			break
		}
		v.Throttles = append(v.Throttles, throttle{
			When:   span(s.At.Sub(t.At)) + " ago",
			Status: strconv.Itoa(t.Status),
			Limit:  t.Kind.String() + " of the " + t.Scope.String(),
			Pause:  span(t.Wait),
			Inside: t.Inside,
		})
	}
}

func (v *view) forecast(s goodtenant.Snapshot) {
	if w := s.Limiter.Would; w != nil {
		v.Forecast = append(v.Forecast,
			fact{"calls seen", count(w.Calls), ""},
			fact{"delayed", count(w.Delayed) + ", the longest by " + span(w.Longest), ""},
			fact{"refused", count(w.Refused), ""},
			fact{"sent again after a 429", count(w.Resent), ""})
	}
	if s.Modes[goodtenant.Conflict.String()] == policy.Observe {
		w := s.Conflict.Would
		v.Forecast = append(v.Forecast,
			fact{"members not sent", count(w.Removed), ""},
			fact{"conflicts replayed", count(w.Replayed), ""})
	}
	if s.Modes[goodtenant.Dedupe.String()] == policy.Observe {
		w := s.Dedupe.Would
		v.Forecast = append(v.Forecast,
			fact{"reads shared", count(w.Shared), ""},
			fact{"creates without a check", count(w.Unchecked), ""})
	}
}

func (v *view) findings(all []compliance.Finding) {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b compliance.Finding) int { return cmp.Compare(b.Severity, a.Severity) })
	for _, f := range all {
		if len(v.Findings) == mostFindings {
			v.FindingsText = fmt.Sprintf("the worst %d of %s", mostFindings, count(len(all)))
			break
		}
		v.Findings = append(v.Findings, findingOf(f))
	}
}

func findingOf(f compliance.Finding) finding {
	v := finding{Severity: f.Severity.String(), Rule: f.Rule, Title: f.Title, Clause: f.Clause,
		Count: "seen once", Remedy: f.Remedy, Site: f.Site,
		Figures: fmt.Sprintf("%s %s measured, %s allowed", figure(f.Measured), f.Unit, figure(f.Threshold))}
	if f.Count > 1 {
		v.Count = "seen " + count(f.Count) + " times"
	}
	if f.Message != "" {
		v.Figures = f.Message
	}
	if f.Collection != "" {
		v.Figures = f.Collection + ": " + v.Figures
	}
	return v
}

// reason adds why, where that is known.
func reason(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

// warn gives the level to a count that should be zero.
func warn(n int, level string) string {
	if n > 0 {
		return level
	}
	return ""
}

// count writes a whole number in groups of three digits.
func count[N int | int64 | uint64](n N) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// figure writes a measure: whole where it is large, with two digits where not.
func figure(f float64) string {
	if f == float64(int64(f)) || f >= 1000 {
		return count(int64(f))
	}
	return strconv.FormatFloat(f, 'f', 2, 64)
}

// span writes a time to two units at most, as people say it.
func span(d time.Duration) string {
	switch {
	case d <= 0:
		return "0 s"
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return strings.Replace(fmt.Sprintf("%.1f s", d.Seconds()), ".0 ", " ", 1)
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return units(int(d.Minutes()), "min", int(d.Seconds())%60, "s")
	}
	return units(int(d.Hours()), "h", int(d.Minutes())%60, "min")
}

func units(a int, unit string, b int, smaller string) string {
	if b == 0 {
		return fmt.Sprintf("%d %s", a, unit)
	}
	return fmt.Sprintf("%d %s %d %s", a, unit, b, smaller)
}
