package compliance

import (
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/goodtenant/goodtenant/policy"
)

// boundOf is the first edge of a rule.
func boundOf(t testing.TB, rule, field string) bound {
	t.Helper()
	all := allBounds()
	i := slices.IndexFunc(all, func(b bound) bool { return b.rule == rule && (field == "" || b.field == field) })
	require.GreaterOrEqual(t, i, 0, "%s %s", rule, field)
	return all[i]
}

// changed judges the loud amount after a change of each event.
func (b *bound) changed(t *testing.T, c Config, change func(*Event)) (Finding, Severity) {
	es := b.events(b.loud)
	for i := range es {
		change(&es[i])
	}
	return worstOf(feed(t, es, c, func(k *Checker, i int) {
		if b.used != nil {
			b.used(k, i, b.loud)
		}
	}), b.rule)
}

// TestBoundsSpareOtherTraffic: what would be loud is silent where it is not what
// the rule is about.
func TestBoundsSpareOtherTraffic(t *testing.T) {
	copying := func(b bound) bool { return ruleOf(b.rule).Clause == bulk || ruleOf(b.rule).Clause == schedule }
	intent := func(b bound) bool { return ruleOf(b.rule).View == IntentView }
	wire := func(b bound) bool {
		return !intent(b) && b.rule != "GT609" && !strings.Contains(b.of, "identical lists")
	}
	reads := func(b bound) bool { return intent(b) || b.rule == "GT601" || b.rule == "GT602" }
	lists := func(b bound) bool {
		return copying(b) && b.rule != "GT103" && b.rule != "GT104" && !strings.Contains(b.of, "one by one") || b.rule == "GT601"
	}
	unfiltered := func(b bound) bool { // pages of all there is, which no event is about
		plain := regexp.MustCompile(`/contacts/\?pageSize=\d+&pageNumber=\d+$`)
		return slices.ContainsFunc(b.events(b.loud), func(e Event) bool { return plain.MatchString(e.URL) })
	}
	empty := func(code int) func(*Event) {
		return func(e *Event) { e.Status, e.Answer, e.ResponseBody = code, nil, nil }
	}
	for _, d := range []struct {
		name   string
		spared func(bound) bool
		change func(*Event)
	}{
		{"reference data", copying, func(e *Event) { e.URL = strings.Replace(e.URL, "/contacts", "/offices", 1) }},
		{"bound to events", func(b bound) bool { return copying(b) && !unfiltered(b) }, func(e *Event) {
			e.Initiator, e.Webhook = Webhook, &WebhookEvent{ID: e.Time.String() + e.URL, Time: e.Time}
		}},
		{"HEAD", reads, func(e *Event) { e.Method = "HEAD" }},
		{"OPTIONS", reads, func(e *Event) { e.Method = "OPTIONS" }},
		{"not modified", lists, empty(http.StatusNotModified)},
		{"redirected", func(b bound) bool { return lists(b) || b.rule == "GT103" || b.rule == "GT104" }, empty(http.StatusFound)},
		{"sent again by a layer", intent, func(e *Event) { e.Attempt = 1 }},
		{"seen at the wire", intent, func(e *Event) { e.View = WireView }},
		{"seen as intent", wire, func(e *Event) { e.View = IntentView }},
	} {
		t.Run(d.name, func(t *testing.T) {
			seen := map[string]bool{}
			for _, b := range eachIn(d.name, allBounds()) {
				if d.spared(b) {
					f, sev := b.changed(t, b.config(nil), d.change)
					require.Zero(t, sev, "%s/%s/%s: %s", b.rule, b.field, b.of, f.Message)
					seen[b.rule] = true
				}
			}
			require.NotEmpty(t, seen)
		})
	}
}

// eachIn is every sparse-th of all, others of them for each guise.
func eachIn(guise string, all []bound) (out []bound) {
	for i := len(guise) % sparse; i < len(all); i += sparse {
		out = append(out, all[i])
	}
	return out
}

// TestBoundsUnderPurpose: inside its bounds a purpose makes a note of what it may;
// outside any of them, and for the other rules, it changes nothing.
func TestBoundsUnderPurpose(t *testing.T) {
	under := func(e *Event) { e.Purpose = "feed" }
	feed := Purpose{Name: "feed", Routes: []string{"contacts"}, Approved: "letter of May"}
	// query is of the rules that are told by a list; a purpose's parameters are of lists.
	query := func(b bound) bool { return b.rule != "GT103" && b.rule != "GT107" }
	periodic := func(b bound) bool {
		return slices.Contains([]string{"GT201", "GT202", "GT203", "GT204", "GT205"}, b.rule)
	}
	always := func(bound) bool { return true }
	for _, c := range []struct {
		name    string
		purpose func(p Purpose, last time.Time) Purpose
		outside func(bound) bool
	}{
		{"inside", func(p Purpose, _ time.Time) Purpose { return p }, func(bound) bool { return false }},
		{"another collection", func(p Purpose, _ time.Time) Purpose { p.Routes = []string{"properties"}; return p }, always},
		{"by its template", func(p Purpose, _ time.Time) Purpose {
			p.Routes = []string{"/contacts", "/contacts/", "/contacts/{id}"}
			return p
		}, func(bound) bool { return false }},
		{"not reviewed", func(p Purpose, _ time.Time) Purpose { p.Review = day0.AddDate(0, 0, -1); return p }, always},
		{"to be reviewed today", func(p Purpose, last time.Time) Purpose { p.Review = last.Truncate(24 * time.Hour); return p }, func(bound) bool { return false }},
		{"at another hour", func(p Purpose, last time.Time) Purpose {
			p.From, p.To = (last.Hour()+1)%24, (last.Hour()+2)%24
			return p
		}, always},
		{"more often", func(p Purpose, _ time.Time) Purpose { p.Every = 400 * 24 * time.Hour; return p }, periodic},
		{"without its parameters", func(p Purpose, _ time.Time) Purpose { p.Query = []string{"officeId", "nope"}; return p }, query},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, b := range eachIn(c.name, allBounds()) {
				if b.want == Note || !ruleOf(b.rule).Purpose && c.name != "inside" {
					continue
				}
				es := b.events(b.loud)
				conf := b.config(nil)
				conf.Purposes = []Purpose{c.purpose(feed, es[len(es)-1].Time)}
				f, sev := b.changed(t, conf, under)
				want := b.want
				if ruleOf(b.rule).Purpose {
					require.Equal(t, "feed", f.Purpose, "%s/%s/%s", b.rule, b.field, b.of)
					if !c.outside(b) {
						want = Note
					}
				}
				require.Equal(t, want, sev, "%s/%s/%s: %s", b.rule, b.field, b.of, f.Message)
			}
		})
	}
}

// TestPurposeEdges: the share and the period of a purpose, to the figure.
func TestPurposeEdges(t *testing.T) {
	for _, c := range []struct {
		rule, field string
		purpose     Purpose
		want        Severity
	}{
		{"GT102", "SliceFilters", Purpose{MaxShare: 150. / 700}, Note},
		{"GT102", "SliceFilters", Purpose{MaxShare: 149.9 / 700}, Error},
		{"GT201", "TileRuns", Purpose{Every: 4000 * time.Second}, Note}, // a tenth early is on time
		{"GT201", "TileRuns", Purpose{Every: 4001 * time.Second}, Error},
		{"GT101", "SweepRows", Purpose{Every: 4001 * time.Second}, Note}, // has no period
		{"GT101", "SweepRows", Purpose{Query: []string{"pageSize", "pageNumber"}}, Note},
		{"GT101", "SweepRows", Purpose{Query: []string{"pageSize", "pageNumber", "officeId"}}, Error},
		{"GT103", "UniqueReads", Purpose{Query: []string{"officeId"}}, Note}, // an entity has no list's parameters
		{"GT101", "SweepRows", Purpose{From: 0, To: 1}, Note},
		{"GT101", "SweepRows", Purpose{From: 1, To: 0}, Error},
		{"GT101", "SweepRows", Purpose{From: 23, To: 1}, Note},
	} {
		b := boundOf(t, c.rule, c.field)
		conf := b.config(nil)
		c.purpose.Name, c.purpose.Routes, c.purpose.Approved = "feed", []string{"contacts"}, "letter of May"
		conf.Purposes = []Purpose{c.purpose}
		f, sev := b.changed(t, conf, func(e *Event) { e.Purpose = "feed" })
		require.Equal(t, c.want, sev, "%s %+v: %s", c.rule, c.purpose, f.Message)
	}
}

// TestFindingClears: each rule's finding is open for as long as Clears asks, and
// then cleared; seen again on another day it begins anew.
func TestFindingClears(t *testing.T) {
	const hour, day = time.Hour, 24 * time.Hour
	lasts := map[string]time.Duration{"GT101": 6 * hour, "GT103": 7 * day, "GT204": 3 * day, "GT301": 5 * time.Minute, "GT302": hour, "GT303": hour,
		"GT401": 5 * time.Minute, "GT402": hour, "GT403": hour, "GT405": hour, "GT505": hour, "GT609": hour}
	tried := map[string]bool{}
	for _, b := range allBounds() {
		if tried[b.rule] {
			continue
		}
		tried[b.rule] = true
		want, ok := lasts[b.rule]
		if !ok {
			want = day
		}
		k, err := New(b.config(nil))
		require.NoError(t, err)
		for i, e := range b.events(b.loud) {
			if b.used != nil {
				b.used(k, i, b.loud)
			}
			k.Feed(e)
		}
		f, sev := worstOf(k.Findings(), b.rule)
		require.Equal(t, b.want, sev)
		require.False(t, f.Cleared)
		for _, after := range []time.Duration{0, time.Second} {
			k.Feed(Event{Time: f.Last.Add(want + after), Tenant: "XYZ", Method: "POST", Status: 201, URL: "https://api.example.test/offices/"})
			f, _ := worstOf(k.Findings(), b.rule)
			require.Equal(t, after > 0, f.Cleared, "%s, %v after", b.rule, want+after)
		}
	}
}

// TestFindingCounts: one finding for what happens again and again, told when it is
// new, when it gets worse and on each further day; at most 20 calls of evidence.
func TestFindingCounts(t *testing.T) {
	var told []Finding
	c := boundConfig(nil)
	c.OnFinding = func(f Finding) { told = append(told, f) }
	m := &maker{at: day0.Add(12 * time.Hour)}
	m.each(25, time.Minute, func(i int) Event { return newContact(i) })
	m.at = day0.Add(25 * time.Hour)
	m.each(3, time.Minute, func(i int) Event { return newContact(i) })
	k, err := New(c)
	require.NoError(t, err)
	for i, e := range m.es {
		k.Feed(e)
		f, sev := worstOf(k.Findings(), "GT501")
		require.Len(t, slices.DeleteFunc(k.Findings(), func(f Finding) bool { return f.Rule != "GT501" }), 1)
		want := i + 1
		if i >= 25 {
			want = i - 24
			require.Equal(t, Error, sev, "a day later it is not yet cleared")
			require.Equal(t, day0.Add(24*time.Hour), f.First)
		} else {
			require.Equal(t, day0, f.First, "of what was measured")
		}
		require.Equal(t, want, f.Count)
		require.Equal(t, e.Time, f.Last)
		require.Len(t, f.Evidence, min(want, maxEvidence))
	}
	var gt501 []Severity
	for _, f := range told {
		if f.Rule == "GT501" {
			require.Equal(t, told[0].Fingerprint, f.Fingerprint)
			gt501 = append(gt501, f.Severity)
		}
	}
	require.Equal(t, []Severity{Warning, Error, Error}, gt501)
}

// TestFindingKeepsItsFigures: a milder alarm of another unit does not take the
// place of the figures that made a finding what it is.
func TestFindingKeepsItsFigures(t *testing.T) {
	m := &maker{at: day0}
	m.add(time.Second, entity(1, holds(members(10, 0)))).add(time.Second, patch(1, `"1"`, members(4, 2), 204))
	m.add(time.Second, entity(1, holds(members(10, 0)))).add(time.Second, patch(1, `"1"`, members(4, 3), 204))
	f, sev := worstOf(feed(t, m.es, boundConfig(nil), nil), "GT502")
	require.Equal(t, Warning, sev)
	require.Equal(t, 2, f.Count)
	require.Equal(t, .5, f.Measured, f.Message)
	require.Equal(t, .5, f.Threshold)
}

// TestFindingsStayMild: what goes on for days rises only where the rule says so.
func TestFindingsStayMild(t *testing.T) {
	for _, r := range rules {
		require.Equal(t, r.ID == "GT203" || r.ID == "GT204", r.Escalates, r.ID)
	}
	m := &maker{at: day0}
	for d := range 6 {
		m.at = day0.Add(time.Duration(d) * 24 * time.Hour)
		m.pages(time.Second, "a=1", 0, 3000, 100, 0)
	}
	_, sev := worstOf(feed(t, m.es, boundConfig(nil), nil), "GT105")
	require.Equal(t, Warning, sev)
}

// TestGateAtBounds: the gate refuses what belongs to an open error, until it is
// cleared, and nothing else.
func TestGateAtBounds(t *testing.T) {
	for _, c := range []struct {
		rule, field string
		tenant      string
		refuses     bool
		whole       bool // whatever the collection
	}{
		{"GT101", "SweepRows", "ABC", true, false}, {"GT102", "SliceFilters", "ABC", true, false}, {"GT103", "UniqueReads", "ABC", true, false},
		{"GT104", "EnumIDs", "ABC", true, false}, {"GT105", "RunRows", "ABC", false, false}, {"GT201", "TileRuns", "ABC", true, false},
		{"GT206", "CopyRuns", "ABC", true, false}, {"GT303", "SandboxRate", "SBOX", true, true}, {"GT402", "Platform.Concurrent", "ABC", true, true},
		{"GT403", "Platform.PerSecond", "XYZ", true, true}, {"GT501", "UncheckedDay", "ABC", true, false}, {"GT601", "RefetchReads", "ABC", false, false},
		{"GT701", "UserPages", "ABC", true, false}, {"GT702", "WebhookReads", "ABC", true, false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := boundOf(t, c.rule, c.field)
				conf := b.config(nil)
				conf.Gate, conf.CallSites = []string{c.rule}, policy.Off
				k, err := New(conf)
				require.NoError(t, err)
				es := b.events(b.loud)
				for _, e := range es {
					k.Feed(e)
				}
				time.Sleep(time.Until(es[len(es)-1].Time))
				f, sev := worstOf(k.Findings(), c.rule)
				require.Equal(t, b.want, sev, "%v", k.Findings())
				gate := k.Intent(roundTrip(func(r *http.Request) (*http.Response, error) {
					return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: r}, nil
				}))
				refused := func(tenant, collection string) *GateError {
					req, _ := http.NewRequest("GET", "https://api.example.test/"+collection+"/?x=1", nil)
					req.Header.Set("Reapit-Customer", tenant)
					resp, err := gate.RoundTrip(req)
					if err == nil {
						resp.Body.Close()
						return nil
					}
					e, ok := errors.AsType[*GateError](err)
					require.True(t, ok, err)
					return e
				}
				e := refused(c.tenant, "contacts")
				require.Equal(t, c.refuses, e != nil)
				require.Equal(t, c.refuses && c.whole, refused(c.tenant, "tasks") != nil)
				if !c.refuses {
					return
				}
				require.Equal(t, c.rule, e.Rule)
				require.Equal(t, f.Last.Add(ruleOf(c.rule).lasts()), e.Until)
				if c.rule != "GT403" { // which is of the whole app
					require.Nil(t, refused("another", "contacts"))
				}
				require.NoError(t, k.SetMode(policy.Observe))
				require.Nil(t, refused(c.tenant, "contacts"))
				require.Equal(t, 1, k.Report().WouldRefuse)
				require.NoError(t, k.SetMode(policy.Enforce))
				time.Sleep(time.Until(e.Until))
				require.NotNil(t, refused(c.tenant, "contacts"))
				time.Sleep(time.Second)
				require.Nil(t, refused(c.tenant, "contacts"))
			})
		})
	}
}
