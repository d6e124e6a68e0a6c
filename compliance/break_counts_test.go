package compliance

import (
	"fmt"
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestBreakCountsThatAreFull: what has gone on for 65,535 runs goes on as a finding.
func TestBreakCountsThatAreFull(t *testing.T) {
	k, err := New(Config{})
	require.NoError(t, err)
	at := day0
	run := func(back time.Duration) {
		k.Feed(Event{Time: at, Method: "GET", Status: 200, Tenant: "ABC", Stream: "board", Answer: &Answer{IDs: ids(0, 100), Total: 100},
			URL: "https://api.example.test/contacts/?pageSize=100&modifiedFrom=" + at.Add(-back).UTC().Format(time.RFC3339)})
		at = at.Add(10 * time.Minute)
	}
	for range 300 {
		run(3 * time.Hour)
	}
	for _, s := range k.st.series {
		for _, sh := range s.shapes {
			sh.restless = restless{since: uint32(at.Unix()) - 600*math.MaxUint16, runs: math.MaxUint16}
			sh.marks.back.runs, sh.marks.back.moved = math.MaxUint16, math.MaxUint16
		}
	}
	run(3 * time.Hour)
	f := rulesOf(k.Report(), Warning)["GT201"]
	require.EqualValues(t, math.MaxUint16, f.Measured)
	require.Equal(t, at.Add(-10*time.Minute), f.Last)
	for _, s := range k.st.series {
		for _, sh := range s.shapes {
			require.EqualValues(t, math.MaxUint16, sh.restless.runs)
		}
	}
	for range 8 {
		run(10 * time.Minute)
	}
	for _, s := range k.st.series {
		for _, sh := range s.shapes {
			sh.marks.tile.chain = math.MaxUint16
		}
	}
	run(10 * time.Minute)
	require.EqualValues(t, math.MaxUint16, rulesOf(k.Report(), Error)["GT201"].Measured)
	require.NoError(t, k.Close())

	k, err = New(Config{})
	require.NoError(t, err)
	foreign := func(i int) {
		k.Feed(Event{Time: day0.Add(time.Duration(i) * 2 * time.Second), Method: "PATCH", Status: 412, Tenant: "ABC", URL: fmt.Sprintf("https://api.example.test/contacts/A%dQ", i),
			RequestHeader: http.Header{"If-Match": {`"v"`}}})
	}
	for i := range 6 {
		foreign(i)
	}
	k.st.tenants["ABC"].refused.entities = math.MaxUint16
	foreign(6)
	require.EqualValues(t, math.MaxUint16, rulesOf(k.Report(), Error)["GT503"].Measured)
	require.NoError(t, k.Close())
}
