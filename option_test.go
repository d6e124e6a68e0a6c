package goodtenant

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
	"github.com/goodtenant/goodtenant/conflict"
	"github.com/goodtenant/goodtenant/dedupe"
	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/policy"
	"github.com/goodtenant/goodtenant/profile"
)

func made(t *testing.T, opts ...Option) *Transport {
	t.Helper()
	tr, err := New(nil, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close() })
	return tr
}

func TestBadOptionsAreNamed(t *testing.T) {
	tenant := func(*http.Request) string { return "" }
	for name, c := range map[string]struct {
		opts  []Option
		words string
	}{
		"limiter twice":      {[]Option{WithLimiter(limiter.Config{}), WithLimiter(limiter.Config{})}, "limiter is configured twice"},
		"conflict twice":     {[]Option{WithConflict(conflict.Config{}), WithConflict(conflict.Config{})}, "conflict is configured twice"},
		"dedupe twice":       {[]Option{WithDedupe(dedupe.Config{}), WithDedupe(dedupe.Config{})}, "dedupe is configured twice"},
		"compliance twice":   {[]Option{WithCompliance(compliance.Config{}), WithCompliance(compliance.Config{})}, "compliance is configured twice"},
		"two profiles":       {[]Option{WithProfile(profile.Reapit()), WithGuidelines(profile.Profile{Name: "other"})}, `"other"`},
		"a bad profile":      {[]Option{WithProfile(profile.Reapit().At("https://x"))}, "https://x"},
		"an unknown layer":   {[]Option{WithoutLayer(Layer(99))}, "99"},
		"no tenant function": {[]Option{WithTenant(nil)}, "WithTenant"},
		"tenant twice":       {[]Option{WithTenant(tenant), WithTenant(tenant)}, "WithTenant is given twice"},
		"no middleware":      {[]Option{WithPerCall(nil)}, "WithPerCall"},
		"no inner":           {[]Option{WithPerAttempt(nil)}, "WithPerAttempt"},
		"limiter's own":      {[]Option{WithLimiter(limiter.Config{MaxQueue: -3})}, "MaxQueue is -3"},
		"conflict's own":     {[]Option{WithConflict(conflict.Config{MaxAttempts: -3})}, "MaxAttempts is -3"},
		"compliance's own":   {[]Option{WithCompliance(compliance.Config{MaxScan: -3})}, "MaxScan is -3"},
		"a mode":             {[]Option{WithLimiter(limiter.Config{Mode: policy.Mode(99)})}, "99"},
	} {
		tr, err := New(nil, c.opts...)
		if err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: err = %v, want one with %q", name, err, c.words)
		}
		if tr != nil {
			t.Errorf("%s: a Transport beside the error", name)
		}
	}
}

func TestOptionsSwitchLayers(t *testing.T) {
	on := func(tr *Transport) (l []Layer) {
		for layer, there := range map[Layer]bool{Limiter: tr.limiter != nil, Conflict: tr.conflict != nil, Dedupe: tr.dedupe != nil, Compliance: tr.checker != nil} {
			if there {
				l = append(l, layer)
			}
		}
		return l
	}
	for _, c := range []struct {
		name string
		opts []Option
		want int
	}{
		{"nothing", nil, 0},
		{"a profile switches nothing on", []Option{WithProfile(profile.Reapit())}, 0},
		{"guidelines", []Option{WithGuidelines(profile.Reapit())}, 4},
		{"guidelines without one", []Option{WithoutLayer(Dedupe), WithGuidelines(profile.Reapit())}, 3},
		{"WithoutLayer wins", []Option{WithDedupe(dedupe.Config{}), WithoutLayer(Dedupe)}, 0},
		{"one", []Option{nil, Options(WithConflict(conflict.Config{}), nil)}, 1},
	} {
		if got := on(made(t, c.opts...)); len(got) != c.want {
			t.Errorf("%s: %v are on, want %d", c.name, got, c.want)
		}
	}
}

// A zero field takes the profile's value, then the default; the order of options
// does not matter.
func TestConfigIsMergedFieldByField(t *testing.T) {
	code := limiter.Config{MaxQueue: 7, Retry: limiter.Retry{Cap: time.Minute}}
	a := made(t, WithProfile(profile.Reapit()), WithLimiter(code)).EffectiveConfig()
	b := made(t, WithLimiter(code), WithProfile(profile.Reapit())).EffectiveConfig()
	if !reflect.DeepEqual(a, b) {
		t.Error("the order of options matters")
	}
	from := map[string]ConfigValue{}
	for _, v := range a.Values {
		from[v.Name] = v
	}
	for name, want := range map[string]ConfigValue{
		"limiter.MaxQueue":   {Value: "7", From: "code"},
		"limiter.Retry.Cap":  {Value: "1m0s", From: "code"},
		"limiter.Retry.Max":  {Value: "3", From: "default"},
		"limiter.Limits[0]":  {Value: "20 in 1s", From: "profile"},
		"limiter.Limits[1]":  {Value: "5 at once for each tenant", From: "profile"},
		"limiter.Cost":       {Value: "set", From: "profile"},
		"limiter.MaxTenants": {Value: "100000", From: "default"},
		"dedupe":             {Value: "off", From: "default"},
	} {
		if got := from[name]; got.Value != want.Value || got.From != want.From {
			t.Errorf("%s is %q from %q, want %q from %q", name, got.Value, got.From, want.Value, want.From)
		}
	}
}

// A boundary is one value: half of the app's and half of the profile's would be a
// third day.
func TestWholeValuesAreNotMixed(t *testing.T) {
	p := profile.Profile{Name: "x", Day: limiter.Boundary{Zone: "America/Chicago", Hour: 5}, Limits: limiter.Limits{limiter.PerDay(9)}}
	s := made(t, WithProfile(p), WithLimiter(limiter.Config{Day: limiter.Boundary{Zone: "UTC"}})).EffectiveConfig().String()
	if !strings.Contains(s, "00:00 UTC") || strings.Contains(s, "Chicago") {
		t.Error(s)
	}
}

// Every hook of every layer is joined: a field that hooks.go forgets would be
// silent for whoever sets it.
func TestEveryHookIsJoined(t *testing.T) {
	var sets [2]Hooks
	calls := map[string]int{}
	fill := func(h reflect.Value, layer string) {
		for i := range h.NumField() {
			name := layer + "." + h.Type().Field(i).Name
			f := h.Field(i)
			f.Set(reflect.MakeFunc(f.Type(), func([]reflect.Value) []reflect.Value { calls[name]++; return nil }))
		}
	}
	each := func(h *Hooks, do func(reflect.Value, string)) {
		v := reflect.ValueOf(h).Elem()
		for i := range v.NumField() {
			if v.Field(i).Kind() == reflect.Struct {
				do(v.Field(i), v.Type().Field(i).Name)
			}
		}
	}
	each(&sets[0], fill)
	each(&sets[1], fill)
	joined := joinHooks(sets[:])
	each(&joined, func(h reflect.Value, layer string) {
		for i := range h.NumField() {
			name := layer + "." + h.Type().Field(i).Name
			f := h.Field(i)
			if f.IsNil() {
				t.Errorf("%s is not joined", name)
				continue
			}
			var args []reflect.Value
			for in := range f.Type().Ins() {
				args = append(args, reflect.Zero(in))
			}
			f.Call(args)
			if calls[name] != 2 {
				t.Errorf("%s of two sets was called %d times", name, calls[name])
			}
		}
	})
	if len(calls) < 10 {
		t.Errorf("only %d hooks were seen", len(calls))
	}
}
