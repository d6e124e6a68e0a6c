package profile

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
	"github.com/goodtenant/goodtenant/conflict"
	"github.com/goodtenant/goodtenant/dedupe"
	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/policy"
)

// profiles are all that ship.
var profiles = map[string]func() Profile{"reapit": Reapit}

func TestEveryProfileIsDataThatEveryLayerTakes(t *testing.T) {
	for name, make := range profiles {
		p := make()
		if p.Name == "" || p.Source == "" || p.Checked == "" {
			t.Errorf("%s: name, source or day of the facts is missing", name)
		}
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Parse(b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !reflect.DeepEqual(back, p) {
			t.Errorf("%s is not the same after JSON:\n%+v\n%+v", name, back, p)
		}
		if l, err := limiter.NewTransport(nil, p.Limiter()); err != nil {
			t.Errorf("%s: %v", name, err)
		} else {
			l.Close()
		}
		if _, err := conflict.NewTransport(nil, p.Conflict()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if d, err := dedupe.NewTransport(nil, p.Dedupe()); err != nil {
			t.Errorf("%s: %v", name, err)
		} else {
			d.Close()
		}
		if k, err := compliance.New(p.Compliance()); err != nil {
			t.Errorf("%s: %v", name, err)
		} else {
			k.Close()
		}
		if a, b := make(), make(); len(a.Collections) > 0 {
			a.Collections[0].Path = "/changed"
			a.Limits[0].Max = 1
			if b.Collections[0].Path == "/changed" || b.Limits[0].Max == 1 {
				t.Errorf("%s: two profiles share memory", name)
			}
		}
	}
}

// The numbers and names of the guidelines, one by one.
func TestReapitFacts(t *testing.T) {
	p := Reapit()
	want := limiter.Limits{limiter.PerSecond(20), limiter.Concurrent(5).EachTenant(), limiter.PerDay(250_000)}
	if !slices.Equal(p.Limits, want) {
		t.Errorf("limits %v, want %v", p.Limits, want)
	}
	if p.TenantHeader != "reapit-customer" || !slices.Equal(p.Sandbox, []string{"SBOX"}) || p.RequiredHeader != "api-version" {
		t.Error("header names or sandbox")
	}
	if p.Lists.DefaultSize != 25 || p.Lists.MaxSize != 100 || p.Lists.SizeParam != "pageSize" || p.Lists.NumberParam != "pageNumber" {
		t.Errorf("lists %+v", p.Lists)
	}
	if c := p.Conflict(); c.AutoIfMatch != policy.On || !slices.Contains(c.Dialect.ReadOnly, "_eTag") {
		t.Errorf("conflict %+v", c)
	}
	k := p.Compliance().Platform
	if k.PerSecond != 20 || k.Concurrent != 5 || k.PerDay != 250_000 || k.ConcurrentApp != 5 || k.NoPrecondition {
		t.Errorf("compliance %+v", k)
	}
	var rules []string
	for _, r := range p.Dedupe().Unique {
		rules = append(rules, r.Name)
	}
	if !slices.Equal(rules, []string{"contacts", "companies", "landlords", "applicants", "vendors"}) {
		t.Errorf("uniqueness rules for %q", rules)
	}
	for _, c := range p.Compliance().Platform.Collections {
		if c.Contacts && c.Name != "tenancies" && len(c.Lookups) == 0 {
			t.Errorf("compliance knows no look-up for %s", c.Name)
		}
	}
}

// The platform's own example: 50 properties with 15 images each are billed nine
// calls by one of its texts and sixteen by the other; the larger counts.
func TestEmbedsAreBilled(t *testing.T) {
	cost := Reapit().Limiter().Cost
	for url, want := range map[string]int{
		"https://x.test/properties/":                                            1,
		"https://x.test/properties/?pageSize=50&embed=images":                   16,
		"https://x.test/properties/?embed=images&embed=landlord":                17,
		"https://x.test/properties/?embed=office,negotiator":                    3,
		"https://x.test/properties/?embedded=1":                                 1,
		"https://x.test/properties/?name=embed":                                 1,
		"https://x.test/properties/?embed=":                                     1,
		"https://x.test/contacts/A1?embed=offices&embed=negotiators&pageSize=1": 3,
	} {
		req, err := http.NewRequest("GET", url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := cost(req); got != want {
			t.Errorf("%s costs %d, want %d", url, got, want)
		}
	}
}

func TestThrottlesAreRecognised(t *testing.T) {
	p := Profile{Name: "x", Throttles: []Throttle{
		{Status: 429, Header: "X-Rate-Limit-Problem", Contains: "day", Kind: limiter.Day, Scope: limiter.Tenant},
		{Status: 403, Kind: limiter.Day},
	}}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	classify := p.Limiter().Classify
	for _, c := range []struct {
		status int
		header http.Header
		want   limiter.Throttle
	}{
		{429, http.Header{"X-Rate-Limit-Problem": {"Daily"}}, limiter.Throttle{}},
		{429, http.Header{"X-Rate-Limit-Problem": {"Day"}}, limiter.Throttle{Kind: limiter.Day, Scope: limiter.Tenant}},
		{429, http.Header{}, limiter.Throttle{}},
		{403, http.Header{}, limiter.Throttle{Kind: limiter.Day}},
		{200, http.Header{"X-Rate-Limit-Problem": {"day"}}, limiter.Throttle{}},
	} {
		if got := classify(&http.Response{StatusCode: c.status, Header: c.header}); got != c.want {
			t.Errorf("%d %v: %+v, want %+v", c.status, c.header, got, c.want)
		}
	}
}

func TestParseNamesWhatIsWrong(t *testing.T) {
	for in, words := range map[string]string{
		`{"name":"x","limit":[]}`:                                     `"limit"`,
		`{"name":"x","limits":[{"kind":"rate","max":0,"per":"1s"}]}`:  "Max is 0",
		`{"name":"x","limits":[{"kind":"rate","max":1,"pre":"1s"}]}`:  `"pre"`,
		`{"name":"x","hosts":["https://api.test/"]}`:                  `hosts[0] is "https://api.test/"`,
		`{"name":"x","tenant_header":"a b"}`:                          `"a b"`,
		`{"name":"x","checked":"yesterday"}`:                          `"yesterday"`,
		`{"name":"x","day":{"Zone":"Mars/Olympus"}}`:                  "Mars/Olympus",
		`{"name":"x","throttles":[{"status":200,"kind":"day"}]}`:      "throttles[0].status is 200",
		`{"name":"x","lists":{"default_size":200,"max_size":100}}`:    "lists.default_size is 200",
		`{"name":"x","collections":[{"path":"contacts"}]}`:            `collections[0].path is "contacts"`,
		`{"name":"x","embeds":{"param":"embed","rows":{"images":0}}}`: "embeds.rows.images is 0",
		`{"name":"x"} {}`: "follows",
		`{"name":"x","versions":{"conflict":[{"status":9}]}}`:             "Conflict",
		`{"name":"x","collections":[{"path":"/c","keys":[{"name":""}]}]}`: "c",
		`{"name":"x","thresholds":{"sweep_row":1}}`:                       `"sweep_row"`,
		`{"name":"x","thresholds":{"sweep_rows":-1}}`:                     "SweepRows is -1",
		`{"name":"x","limits":[],"name":"y"}`:                             "member name stands twice",
		`{"name":"x","limits":[{"kind":"day","max":1,"max":2}]}`:          "member limits[0].max stands twice",
		``:       "want a JSON object",
		` null `: "want a JSON object",
		`7`:      "number",
	} {
		if _, err := Parse([]byte(in)); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: err = %v, want one with %s", in, err, words)
		}
	}
}

// TestThresholdsAreTheProfiles checks that a profile's own thresholds are the ones
// that its checker judges by.
func TestThresholdsAreTheProfiles(t *testing.T) {
	p, err := Parse([]byte(`{"name":"x","thresholds":{"run_rows":100,"run_gap":"5m"}}`))
	if err != nil {
		t.Fatal(err)
	}
	got := p.Compliance().WithDefaults().Thresholds
	want := compliance.Thresholds{RunRows: 100, RunGap: 5 * time.Minute}.WithDefaults()
	if got != want {
		t.Errorf("thresholds are %+v, want %+v", got, want)
	}
	b, err := json.Marshal(p)
	if err != nil || !strings.Contains(string(b), `"thresholds":{"run_gap":"5m0s","run_rows":100}`) {
		t.Errorf("%s, %v", b, err)
	}
}

func FuzzParse(f *testing.F) {
	b, _ := json.Marshal(Reapit())
	f.Add(b)
	f.Add([]byte(`{"name":"x","limits":[{"kind":"rate","max":1,"per":"1s"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Parse(b)
		if err != nil {
			return
		}
		out, err := json.Marshal(p)
		if err != nil {
			t.Fatalf("parsed, but does not marshal: %v", err)
		}
		if _, err := Parse(out); err != nil {
			t.Fatalf("its own JSON is refused: %v", err)
		}
	})
}
