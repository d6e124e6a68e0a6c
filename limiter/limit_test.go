package limiter

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestLimitJSONRoundTrip(t *testing.T) {
	want := Limits{PerSecond(20), Concurrent(5).EachTenant(), PerDay(250_000), PerWindow(100, 10*time.Second)}
	want[3].Name = "burst"
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Limits
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%s: got %+v, want %+v", b, got[i], want[i])
		}
	}
}

func TestLimitJSONNamesWhatIsWrong(t *testing.T) {
	for in, word := range map[string]string{
		`{"kind":"speed","max":1}`:            `"speed"`,
		`{"kind":"rate","max":1,"scope":"x"}`: `"x"`,
		`{"kind":"rate","max":1,"per":"1"}`:   `"1"`,
		`{"kind":"rate","maxx":1}`:            `"maxx"`,
	} {
		var l Limit
		if err := json.Unmarshal([]byte(in), &l); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: err = %v, want one with %s", in, err, word)
		}
	}
}

func TestFault32NonsenseLimits(t *testing.T) {
	for _, l := range []Limit{
		PerSecond(0), PerSecond(-3), Concurrent(0), PerDay(-1), PerWindow(20, 0), PerWindow(20, 20), PerWindow(1, 1e6*time.Hour),
		{Kind: 9, Max: 1}, {Max: 1}, {Kind: Rate, Max: 1, Per: time.Second, Scope: 7}, {Kind: Day, Max: 1, Per: time.Hour}, PerSecond(1 << 40),
	} {
		err := Limits{PerSecond(20), l}.Validate()
		if err == nil || !strings.Contains(err.Error(), "Limits[1]") {
			t.Errorf("%+v: err = %v, want one that names Limits[1]", l, err)
		}
	}
	if err := (Limits{PerSecond(20), PerSecond(10)}).Validate(); err == nil {
		t.Error("two limits of one kind, window and scope")
	}
	if err := (Limits{PerSecond(20), PerMinute(20), PerSecond(10).EachTenant()}).Validate(); err != nil {
		t.Error(err)
	}
}
