package identity

import (
	"net/http"
	"testing"
)

func req(url string, header ...string) *http.Request {
	r, err := http.NewRequest("GET", url, nil)
	if err != nil {
		panic(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return r
}

func TestNobodyMeetsAnother(t *testing.T) {
	k := New(func(r *http.Request) string { return r.Header.Get("Reapit-Customer") }, nil, nil)
	reqs := []*http.Request{
		req("https://a.test/", "Authorization", "Bearer 1"),
		req("https://a.test/", "Authorization", "Bearer 2"),
		req("https://a.test/", "Cookie", "Bearer 1"),
		req("https://a.test/", "Authorization", "Bearer 1", "Reapit-Customer", "ABC"),
		req("https://a.test/", "Authorization", "Bearer 1", "Cookie", "x"),
		req("https://a.test/", "Authorization", "Bearer 1x"),
		req("http://a.test/", "Authorization", "Bearer 1"),
		req("https://a.test:8443/", "Authorization", "Bearer 1"),
		req("https://b.test/", "Authorization", "Bearer 1"),
	}
	// A cookie and a token of the same bytes are the same secret: only the
	// pair with the header's name apart would differ, and both prove one owner.
	same := map[[2]int]bool{{0, 2}: true}
	for i, a := range reqs {
		for j, b := range reqs[:i] {
			ka, _ := k.Append(nil, a)
			kb, _ := k.Append(nil, b)
			if (string(ka) == string(kb)) != same[[2]int{j, i}] {
				t.Errorf("requests %d and %d: same key %v", j, i, string(ka) == string(kb))
			}
		}
	}
}

func TestPrincipalKnown(t *testing.T) {
	k := New(nil, nil, nil)
	if _, known := k.Principal(req("https://a.test/")); known {
		t.Error("no credential in sight, yet known")
	}
	one := New(nil, func(*http.Request) string { return "one" }, nil)
	if _, known := one.Principal(req("https://a.test/")); !known {
		t.Error("OnePrincipal is not known")
	}
	if a, b := k.Hash("x"), New(nil, nil, nil).Hash("x"); a == b {
		t.Error("two Keyers share a secret")
	}
	for i := range 3 * memoised {
		k.Principal(req("https://a.test/", "Authorization", string(rune(i))))
	}
	if len(k.memo) > memoised {
		t.Errorf("%d fingerprints remembered", len(k.memo))
	}
}

func TestFieldsAreUnambiguous(t *testing.T) {
	if string(AppendField(AppendField(nil, "ab"), "c")) == string(AppendField(AppendField(nil, "a"), "bc")) {
		t.Error("fields run together")
	}
}
