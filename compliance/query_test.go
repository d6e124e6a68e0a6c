package compliance

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestParamNamesAreKnown: however a name is written, and whatever stands at its place.
func TestParamNamesAreKnown(t *testing.T) {
	p := Platform{PageParams: []string{"pageNumber", strings.Repeat("long", 10), "$seite"}}.WithDefaults()
	ps := newParams(&p, testKey)
	for _, all := range []struct {
		role  paramRole
		names []string
	}{{rolePage, p.PageParams}, {roleSize, p.SizeParams}, {roleID, p.IDParams}, {roleUntil, p.UntilParams}, {roleIgnore, p.IgnoreParams}} {
		for _, name := range all.names {
			for _, written := range []string{name, strings.ToUpper(name), strings.ToLower(name), strings.ToUpper(name[:1]) + name[1:]} {
				got := ps.find(written)
				require.NotNil(t, got, written)
				require.Equal(t, all.role, got.role, written)
				require.Equal(t, testKey.sum(name), got.hash, written)
			}
		}
	}
	for _, unknown := range []string{"", "x", "officeId", "pageNumbers", "pageXumber", strings.Repeat("long", 9), "\xff"} {
		require.Nil(t, ps.find(unknown), unknown)
	}
	require.True(t, ps.find("EmailAddress").match)
}

// TestParamNamesWithEscapes: a name is unescaped once, however often it was escaped.
func TestParamNamesWithEscapes(t *testing.T) {
	p := Platform{}.WithDefaults()
	ps := newParams(&p, testKey)
	for raw, size := range map[string]int{"%24top=7": 7, "%2524top=7": 25, "%=7": 25, "%25=7": 25, "page%53ize=7": 7, "&&$TOP=7&": 7, "pageSize": 25, "=7": 25} {
		var q query
		ps.parse(raw, &q)
		require.Equal(t, size, q.size, raw)
	}
}

// TestPlacesAreFew: of the names that are known by default hardly two share a place.
func TestPlacesAreFew(t *testing.T) {
	p := Platform{}.WithDefaults()
	ps, most := newParams(&p, testKey), 0
	for _, few := range ps.known {
		most = max(most, len(few))
	}
	require.LessOrEqual(t, most, 3, fmt.Sprint(ps.known))
}
