package otelgoodtenant

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestShapes(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct{ method, url, name, full, address string }{
		{"GET", "https://api.test/contacts/CON1", "GET /contacts/{id}", "https://api.test/contacts/{id}", "api.test"},
		{"", "https://api.test/contacts", "GET /contacts", "https://api.test/contacts", "api.test"},
		{"POST", "https://API.test:8443/contacts/", "POST /contacts", "https://api.test:8443/contacts", "api.test"},
		{"GET", "http://[::1]:80/smith/secret", "GET", "http://[::1]:80/{other}", "::1"},
		{"GET", "https://smith:pw@api.test/contacts", "GET /contacts", "https://REDACTED:REDACTED@api.test/contacts", "api.test"},
		{"SMITH", "https://api.test/contacts", "HTTP /contacts", "https://api.test/contacts", "api.test"},
		{"get", "https://api.test/contacts", "HTTP /contacts", "https://api.test/contacts", "api.test"},
		{"GET", "https://api.test/contacts/a%2Fb", "GET /contacts/{id}", "https://api.test/contacts/{id}", "api.test"},
		{"GET", "https:opaque-smith", "GET", "https://_invalid/{other}", "_invalid"},
	} {
		u, err := url.Parse(c.url)
		require.NoError(t, err)
		for range 2 { // made, then remembered
			s := r.tel.shapes.of(&http.Request{Method: c.method, URL: u})
			require.Equal(t, c.name, s.attemptName, c.url)
			require.Equal(t, c.full, s.withoutQuery, c.url)
			require.Equal(t, c.address, s.address, c.url)
		}
	}
	require.Equal(t, "_OTHER", r.tel.shapes.of(&http.Request{Method: "SMITH", URL: &url.URL{Host: "a.test"}}).method)
}

func TestShapesAreBounded(t *testing.T) {
	r := newRig(t)
	for i := range 3 * maxSets {
		r.tel.shapes.of(&http.Request{Method: "GET", URL: &url.URL{Host: strings.Repeat("a", i%250) + string(rune('a'+i/250)) + ".test"}})
	}
	require.LessOrEqual(t, len(r.tel.shapes.ready), maxSets)
	before := len(r.tel.shapes.ready)
	r.tel.shapes.of(&http.Request{Method: strings.Repeat("M", 1<<20), URL: &url.URL{Host: "b.test"}})
	require.Len(t, r.tel.shapes.ready, before, "a long name is not kept")
}

func TestRedactQuery(t *testing.T) {
	shown := []string{"pageSize", "sortBy"}
	for raw, want := range map[string]string{
		"pageSize=25&sortBy=-created":       "pageSize=25&sortBy=-created",
		"email=a%40b.test":                  "email=REDACTED",
		"id=1&id=2":                         "id=REDACTED&id=REDACTED",
		"smith@example.test":                "REDACTED",
		"smith%40example.test=1":            "REDACTED",
		"smith":                             "REDACTED",
		"%zz=1":                             "REDACTED",
		"TOKEN=1":                           "REDACTED",
		"a1b2=1":                            "REDACTED",
		"filter[owner.id]=7":                "REDACTED",
		"pageSize=a%40b.test":               "pageSize=REDACTED",
		"sortBy=" + strings.Repeat("a", 65): "sortBy=REDACTED",
		"":                                  "",
		"&&id=1":                            "id=REDACTED",
		strings.Repeat("id=1&", maxParams) + "z=1": strings.Repeat("id=REDACTED&", maxParams) + "...",
		"<img src=x>=1":                "REDACTED",
		strings.Repeat("n", 33) + "=1": "REDACTED",
	} {
		require.Equal(t, want, redactQuery(raw, shown), raw)
	}
	require.Equal(t, "REDACTED", redactQuery("pageSize=25", []string{}))
}

func FuzzRedactQuery(f *testing.F) {
	for _, s := range []string{"pageSize=25", "a=b&c", "%ff=\x00", "&=&="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got := redactQuery(raw, []string{"pageSize"})
		if !utf8.ValidString(got) || strings.ContainsAny(got, "@<> %\"'\x00") || len(got) > maxParams*(32+64+2)+4 {
			t.Errorf("redactQuery(%q) = %q", raw, got)
		}
	})
}

func TestTenantNamesAreCapped(t *testing.T) {
	n := newTenantNames(2)
	require.Equal(t, []string{"A", "B", "_other", "A", ""}, []string{n.show("A"), n.show("B"), n.show("C"), n.show("A"), n.show("")})
	require.Empty(t, newTenantNames(0).show("A"))
}
