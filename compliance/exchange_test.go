package compliance

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTenantAsItIsSent: net/http trims what it sends, so the tenant is without it.
func TestTenantAsItIsSent(t *testing.T) {
	k, err := New(Config{})
	require.NoError(t, err)
	defer k.Close()
	for _, sent := range []string{"ABC", " ABC", "ABC ", "\tA C\r\n", " ", "", "A", "\u00a0ABC", "ABC\u2003", "é", "\xff", "\x7f"} {
		x := k.d().get()
		k.d().request(x, "GET", &url.URL{Path: "/contacts/"}, http.Header{"Reapit-Customer": {sent}})
		require.Equal(t, strings.TrimSpace(sent), x.tenant, "%q", sent)
		k.d().put(x)
	}
}

// TestConditionIsOfTheCall: a conditional fetch whose answer has a version is known
// as one, however its header is written, and the next call is none.
func TestConditionIsOfTheCall(t *testing.T) {
	k, err := New(Config{})
	require.NoError(t, err)
	defer k.Close()
	for _, c := range []struct {
		sent http.Header
		want bool
	}{
		{http.Header{"If-None-Match": {`"v1"`}, "Reapit-Customer": {"ABC"}}, true},
		{http.Header{"Reapit-Customer": {"ABC"}}, false},
		{http.Header{"if-none-match": {`"v1"`}}, true},
		{nil, false},
	} {
		x := k.d().get()
		k.d().request(x, "GET", &url.URL{Path: "/contacts/OXF1"}, c.sent)
		k.d().response(x, 200, http.Header{"Etag": {`"v1"`}})
		require.Equal(t, c.want, x.ifNone, "%v", c.sent)
		k.d().put(x)
	}
}
