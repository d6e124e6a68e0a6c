package compliance

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestBreakCheapTricks: what costs an app a line hides no sweep.
func TestBreakCheapTricks(t *testing.T) {
	for name, edit := range map[string]func(i int, e *Event){
		"none":                 func(int, *Event) {},
		"a parameter's value":  func(i int, e *Event) { e.URL += fmt.Sprint("&x=", i) },
		"a parameter's name":   func(i int, e *Event) { e.URL += fmt.Sprintf("&x%d=1", i) },
		"a cache buster":       func(i int, e *Event) { e.URL += fmt.Sprint("&_=", 1_700_000_000_000+i) },
		"a repeated parameter": func(i int, e *Event) { e.URL = strings.Replace(e.URL, "?", "?pageNumber=1&", 1) },
		"slashes": func(i int, e *Event) {
			e.URL = strings.Replace(e.URL, "contacts/", "contacts"+strings.Repeat("/", i%4), 1)
		},
		"an encoded path": func(i int, e *Event) {
			e.URL = strings.Replace(e.URL, "contacts", []string{"%63ontacts", "c%6Fntacts"}[i%2], 1)
		},
		"an encoded parameter": func(i int, e *Event) {
			e.URL = strings.Replace(e.URL, "pageNumber", []string{"page%4Eumber", "pageN%75mber"}[i%2], 1)
		},
		"an encoded page": func(i int, e *Event) { e.URL = strings.Replace(e.URL, "pageNumber=", "pageNumber=%30", 1) },
		"odd sizes":       func(i int, e *Event) { e.URL = strings.Replace(e.URL, "Size=100", fmt.Sprint("Size=", 90+i%11), 1) },
		"users' labels":   func(i int, e *Event) { e.Initiator, e.Label = User, fmt.Sprint("u", i) },
		"jobs' labels":    func(i int, e *Event) { e.Initiator, e.Label = Batch, fmt.Sprint("run ", i) },
		"a small method":  func(i int, e *Event) { e.Method = "get" },
		"another status":  func(i int, e *Event) { e.Status = 206 },
		"a fragment":      func(i int, e *Event) { e.URL += fmt.Sprint("#", i) },
		"two tenant headers": func(i int, e *Event) {
			e.Tenant, e.RequestHeader = "", map[string][]string{"Reapit-Customer": {"ABC", fmt.Sprint(i)}}
		},
		"blanks after a tenant": func(i int, e *Event) {
			e.Tenant, e.RequestHeader = "", map[string][]string{"Reapit-Customer": {"ABC" + strings.Repeat(" ", i)}}
		},
	} {
		es := sweepEvents(100)
		for i := range es {
			es[i].Time = day0.Add(time.Duration(i) * 100 * time.Second)
			edit(i, &es[i])
		}
		require.Contains(t, rulesOf(check(t, es, Config{}), Error), "GT101", name)
	}
}

// TestBreakSearchesOfOneSize: searches that differ are not one query because they have
// as many rows, nor because their users read on.
func TestBreakSearchesOfOneSize(t *testing.T) {
	var es events
	for i := range 200 {
		for p := 1; p <= 3; p++ {
			es = append(es, Event{Time: day0.Add(time.Duration(len(es)) * 30 * time.Second), Method: "GET", Status: 200, Tenant: "ABC", Initiator: User, Label: "u",
				URL: fmt.Sprintf("https://api.example.test/contacts/?area=%d&pageSize=25&pageNumber=%d", i, p), Answer: &Answer{IDs: ids(i*31%700*25+p*25, 25), Total: 1000 + i%7}})
		}
	}
	require.NotContains(t, rulesOf(check(t, es, Config{}), Note), "GT101")
}
