package policy

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestTextRoundTrip(t *testing.T) {
	type both struct {
		M Mode
		S Switch
	}
	for _, want := range []both{{}, {Observe, On}, {Enforce, Off}} {
		b, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got both
		if err := json.Unmarshal(b, &got); err != nil || got != want {
			t.Errorf("%s: got %v, %v; want %v", b, got, err, want)
		}
	}
}

func TestUnknownIsNamed(t *testing.T) {
	var m Mode
	var s Switch
	for _, err := range []error{
		m.UnmarshalText([]byte("loud")), s.UnmarshalText([]byte("loud")),
	} {
		if err == nil || !strings.Contains(err.Error(), `"loud"`) {
			t.Errorf("err = %v, want one that shows the value", err)
		}
	}
	if _, err := json.Marshal(Mode(99)); err == nil || !strings.Contains(err.Error(), "99") {
		t.Errorf("err = %v, want one that shows 99", err)
	}
	if Mode(99).Valid() || Switch(99).Valid() || !Observe.Valid() || !Off.Valid() {
		t.Error("Valid is wrong")
	}
	if got := Mode(99).String() + Switch(9).String(); got != "policy.Mode(99)policy.Switch(9)" {
		t.Error(got)
	}
}

func TestEnabled(t *testing.T) {
	for _, c := range []struct {
		s         Switch
		def, want bool
	}{{ByProfile, true, true}, {ByProfile, false, false}, {On, false, true}, {Off, true, false}} {
		if got := c.s.Enabled(c.def); got != c.want {
			t.Errorf("%v.Enabled(%v) = %v", c.s, c.def, got)
		}
	}
}
