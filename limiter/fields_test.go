package limiter

import (
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

const tenDate = "Wed, 25 Nov 2026 10:00:00 GMT"

func TestAdvise(t *testing.T) {
	const s, unsaid = time.Second, time.Duration(-1)
	for name, c := range map[string]struct {
		h    http.Header
		want []advice
	}{
		"nothing": {header("Content-Type", "text/plain", "Date", tenDate, "X-Request-Id", "1"), nil},
		"policy and limit": {
			header("RateLimit-Policy", `"burst";q=100;w=60,"daily";q=1000;w=86400`, "RateLimit", `"burst";r=50;t=30`),
			[]advice{{Rate, App, 100, 60 * s, 50, 30 * s}, {Day, App, 1000, 24 * time.Hour, -1, unsaid}},
		},
		"two lines": {
			header("RateLimit-Policy", `"a";q=1;w=1`, "RateLimit-Policy", `"b";q=2;w=2`, "RateLimit", `"b";r=0;t=1`, "RateLimit", `"a";r=1`),
			[]advice{{Rate, App, 1, s, 1, unsaid}, {Rate, App, 2, 2 * s, 0, s}},
		},
		"slots": {
			header("RateLimit-Policy", `"five";q=5;qu="concurrent-requests"`, "RateLimit", `"five";r=0`),
			[]advice{{Concurrency, App, 5, 0, 0, unsaid}},
		},
		"bytes are not counted": {header("RateLimit-Policy", `"b";q=65535;w=10;qu="content-bytes", "r";q=9;w=3;qu="requests"`),
			[]advice{{Rate, App, 9, 3 * s, -1, unsaid}}},
		"partitions": {
			header("RateLimit-Policy", `"p";q=10;w=1;pk=:Zm9v:, "p";q=10;w=1;pk=:YmFy:`, "RateLimit", `"p";r=3;t=1;pk=:YmFy:`),
			[]advice{{Rate, Tenant, 10, s, -1, unsaid}, {Rate, Tenant, 10, s, 3, s}},
		},
		"limit without policy":       {header("RateLimit", `"x";r=7;t=0`), []advice{{Rate, App, 0, 0, 7, 0}}},
		"window not said":            {header("RateLimit-Policy", `"x";q=7`), []advice{{Rate, App, 7, 0, -1, unsaid}}},
		"version 7":                  {header("RateLimit-Policy", "5;w=60", "RateLimit", "limit=5, remaining=4, reset=60"), []advice{{Rate, App, 5, 60 * s, -1, unsaid}, {Rate, App, 5, 0, 4, 60 * s}}},
		"a policy that is an id":     {header("RateLimit-Policy", "standard"), nil},
		"malformed list":             {header("RateLimit-Policy", `"a";q=1;w=1, "b`, "RateLimit", `"a";r=0;t=9,`), nil},
		"a bad line spoils its list": {header("RateLimit-Policy", `"a";q=1;w=1`, "RateLimit-Policy", `???`), nil},
		"bad members are skipped":    {header("RateLimit-Policy", `"a";q=-1, "b";q="9", ("c" "d");q=3, "e";q=0, "f";w=3, "g";q=2.5, "h";q=4;w=1`), []advice{{Rate, App, 4, s, -1, unsaid}}},
		"negative r":                 {header("RateLimit", `"a";r=-1;t=5`), nil},
		"negative t":                 {header("RateLimit", `"a";r=1;t=-5`), []advice{{Rate, App, 0, 0, 1, unsaid}}},
		"huge":                       {header("RateLimit-Policy", `"a";q=999999999999999;w=999999999999999`), []advice{{Day, App, math.MaxInt32, math.MaxInt32 * s, -1, unsaid}}},

		"old names":                  {header("RateLimit-Limit", "100, 100;w=60", "RateLimit-Remaining", "0", "RateLimit-Reset", "12"), []advice{{Rate, App, 100, 0, 0, 12 * s}}},
		"reset in Unix seconds":      {header("X-RateLimit-Limit", "60", "X-RateLimit-Remaining", "1", "X-RateLimit-Reset", "1795600830", "Date", tenDate), []advice{{Rate, App, 60, 0, 1, 30 * s}}},
		"reset in Unix milliseconds": {header("X-Rate-Limit-Limit", "60", "X-Rate-Limit-Remaining", "1", "X-Rate-Limit-Reset", "1795600830250", "Date", tenDate), []advice{{Rate, App, 60, 0, 1, 30250 * time.Millisecond}}},
		"reset long ago":             {header("X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "1000000001", "Date", tenDate), []advice{{Rate, App, 0, 0, 0, 0}}},
		"reset with a fraction":      {header("X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "0.5"), []advice{{Rate, App, 0, 0, 0, s / 2}}},
		"reset that is a word":       {header("X-RateLimit-Limit", "60", "X-RateLimit-Reset", "soon"), []advice{{Rate, App, 60, 0, -1, unsaid}}},
		"overspent":                  {header("X-RateLimit-Remaining", "-3", "X-RateLimit-Reset", "5"), []advice{{Rate, App, 0, 0, 0, 5 * s}}},
		"left of what, till when":    {header("X-RateLimit-Remaining", "3"), nil},
		"not numbers":                {header("X-RateLimit-Limit", "0x10", "X-RateLimit-Remaining", "nan", "X-RateLimit-Reset", "1e3"), nil},
		"interval": {header("X-HubSpot-RateLimit-Max", "190", "X-HubSpot-RateLimit-Remaining", "2", "X-HubSpot-RateLimit-Interval-Milliseconds", "10000",
			"X-HubSpot-RateLimit-Daily", "250000", "X-HubSpot-RateLimit-Daily-Remaining", "12"),
			[]advice{{Rate, App, 190, 10 * s, 2, unsaid}, {Day, App, 250000, 24 * time.Hour, 12, unsaid}}},
		"interval without vendor": {header("X-RateLimit-Max", "100", "X-RateLimit-Remaining", "5", "X-RateLimit-Interval-Milliseconds", "10000"), []advice{{Rate, App, 100, 10 * s, 5, unsaid}}},
		"window in the name":      {header("X-RateLimit-Limit-Minute", "60", "X-RateLimit-Remaining-Minute", "0"), []advice{{Rate, App, 60, time.Minute, 0, unsaid}}},
		"left only, known window": {header("X-MinLimit-Remaining", "59", "X-DayLimit-Remaining", "0"), []advice{{Rate, Tenant, 0, time.Minute, 59, unsaid}, {Day, Tenant, 0, 24 * time.Hour, 0, unsaid}}},
		"endless digits":          {header("X-RateLimit-Limit", strings.Repeat("9", 4000), "X-RateLimit-Reset", strings.Repeat("9", 4000)), []advice{{Rate, App, math.MaxInt32, 0, -1, forever}}},
	} {
		if got := advise(c.h, tenOClock, nil); !slices.Equal(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestAdviseIsBounded(t *testing.T) {
	var items []string
	for range 100 {
		items = append(items, `"x";q=1;w=1`)
	}
	h := header("RateLimit-Policy", strings.Join(items, ","), "X-RateLimit-Limit", "3", "RateLimit-Limit", "4")
	before := []advice{{kind: Rate}}
	if got := advise(h, tenOClock, before); len(got) != 1+maxAdvice || got[0] != before[0] {
		t.Errorf("%d pieces of advice from one answer", len(got)-1)
	}
	long := header("RateLimit-Policy", `"x";q=1;w=1;n="`+strings.Repeat("n", maxField)+`"`)
	if got := advise(long, tenOClock, nil); got != nil {
		t.Errorf("a field of %d bytes was read", maxField)
	}
}

func TestAdviseCostsNothing(t *testing.T) {
	h := header("Content-Type", "application/json", "Date", tenDate, "Etag", `"1"`, "X-Amzn-Requestid", "1",
		"Content-Length", "12", "Cache-Control", "no-store", "Vary", "Accept", "Referrer-Policy", "x")
	if n := testing.AllocsPerRun(100, func() { advise(h, tenOClock, nil) }); n != 0 {
		t.Errorf("%v allocations for an answer without the fields", n)
	}
}

func BenchmarkAdvise(b *testing.B) {
	h := header("Content-Type", "application/json", "Date", tenDate, "Etag", `"1"`, "X-Amzn-Requestid", "1",
		"Content-Length", "12", "Cache-Control", "no-store", "Vary", "Accept", "Referrer-Policy", "x")
	b.ReportAllocs()
	for b.Loop() {
		advise(h, tenOClock, nil)
	}
}

func FuzzAdvise(f *testing.F) {
	names := []string{"Ratelimit-Policy", "Ratelimit"}
	for i := range families {
		fam := &families[i]
		names = append(names, fam.max, fam.left, fam.reset, fam.millis)
	}
	f.Add(`"burst";q=100;w=60,"slots";q=5;qu="concurrent-requests"`, `"burst";r=50;t=30;pk=:Zm9v:`, "100, 100;w=60", "1795600830250", uint8(2))
	f.Add("5;w=60", "limit=5, remaining=4, reset=60", "-3", "0.5", uint8(9))
	f.Add("", `"a";r=1, ???`, "9999999999999999999999999999", "nan", uint8(30))
	f.Fuzz(func(t *testing.T, policy, limit, a, b string, at uint8) {
		h := http.Header{names[0]: {policy}, names[1]: {limit}}
		for i := range 3 {
			h[names[(int(at)+i)%len(names)]] = []string{[]string{a, b, a}[i]}
		}
		for _, v := range advise(h, tenOClock, nil) {
			if v.max < 0 || v.remaining < -1 || v.reset < -1 || v.per < 0 || v.kind < Rate || v.kind > Day {
				t.Fatalf("%+v from %q", v, h)
			}
		}
	})
}
