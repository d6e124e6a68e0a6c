package compliance

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestBreakTotals: a total that is no total is none; a huge one does not turn into a
// small one, which would be exempt.
func TestBreakTotals(t *testing.T) {
	for text, want := range map[string]int{"900": 900, "-5": 0, "1.5e3": 0, "900.0": 0, "4294967296": 0, "9999999999": 0, "99999999999999999999999": 0, "null": 0, "true": 0, `"900"`: 900, `"-1"`: 0, "{}": 0, "[900]": 0} {
		require.Equal(t, want, scanText(`{"totalCount":`+text+`,"_embedded":[{"id":"A1"}]}`, 100, false).total, text)
	}
	for _, total := range []int{-1, -1 << 40, 1 << 32, 1<<32 + 1, 1 << 62} {
		for _, rows := range []int{-100, 100, 1 << 33} {
			es := sweepEvents(30)
			for i := range es {
				es[i].Answer.Total, es[i].Answer.Pages = total, total
				es[i].Answer.Rows = rows
			}
			require.Contains(t, rulesOf(check(t, es, Config{}), Note), "GT101", "total %d, rows %d", total, rows)
		}
	}
}

// TestBreakByteOrderMark: one that is cut in pieces is still one.
func TestBreakByteOrderMark(t *testing.T) {
	for chunk := 1; chunk < 6; chunk++ {
		require.Equal(t, 1, scanText("\xef\xbb\xbf \r\n[{\"id\":\"A1\"}]", chunk, false).rows, "by %d", chunk)
	}
	require.False(t, scanText("\xff\xfe[\x00{\x00", 100, false).json, "UTF-16 is not looked into")
}

// TestBreakHeaderCase: names of headers are the same in any case, as HTTP/2 and
// recordings write them.
func TestBreakHeaderCase(t *testing.T) {
	k, err := New(Config{Platform: Platform{VersionHeader: "api-version"}})
	require.NoError(t, err)
	lower := http.Header{"reapit-customer": {"ABC"}, "api-version": {"2026-01-01"}, "if-match": {`"1"`}}
	for i := range 8 { // at once, of two tenants
		h := maps.Clone(lower)
		h["reapit-customer"] = []string{fmt.Sprint("T", i%2)}
		k.Feed(Event{Time: day0, Duration: time.Second, Method: "PATCH", URL: "https://api.example.test/contacts/A1Q", Status: 204, RequestHeader: h})
	}
	found := rulesOf(k.Report(), Note)
	for _, rule := range []string{"GT504", "GT607", "GT608"} {
		require.NotContains(t, found, rule)
	}
	require.Equal(t, Warning, found["GT402"].Severity, "the app's, not a tenant's")
	k.Feed(Event{Time: day0.Add(time.Hour), Method: "GET", URL: "https://api.example.test/contacts/A1Q", Status: 429, RequestHeader: lower, ResponseHeader: http.Header{"retry-after": {"9"}}})
	k.Feed(Event{Time: day0.Add(time.Hour + time.Second), Method: "GET", URL: "https://api.example.test/contacts/A1Q", Status: 200, RequestHeader: lower})
	require.Contains(t, rulesOf(k.Report(), Error), "GT401")
}

// TestBreakParameterCase: a platform that takes PageNumber for pageNumber serves the
// same sweep.
func TestBreakParameterCase(t *testing.T) {
	es := sweepEvents(30)
	for i := range es {
		es[i].URL = strings.NewReplacer("pageNumber", "PageNumber", "pageSize", "PAGESIZE").Replace(es[i].URL)
	}
	require.Contains(t, rulesOf(check(t, es, Config{}), Note), "GT101")
}

// TestBreakCollectionCase: "/Contacts/" is the collection of contacts.
func TestBreakCollectionCase(t *testing.T) {
	es := events{}
	for i := range 3 {
		es = append(es, Event{Time: day0.Add(time.Duration(i) * time.Minute), Method: "POST", URL: "https://api.example.test/Contacts/", Status: 201, Tenant: "ABC", RequestBody: []byte(`{"email":"a@example.test"}`)})
	}
	require.Contains(t, rulesOf(check(t, es, Config{}), Note), "GT501")
}
