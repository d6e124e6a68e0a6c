package endpoint

import (
	"net/url"
	"testing"
)

// One endpoint, many spellings: faults.md 21.
func TestFault21HostSpellings(t *testing.T) {
	for _, c := range []struct{ url, want string }{
		{"https://api.example.test/x", "api.example.test:443"},
		{"https://API.Example.Test./x", "api.example.test:443"},
		{"https://api.example.test:443/x", "api.example.test:443"},
		{"http://api.example.test", "api.example.test:80"},
		{"http://u:p@api.example.test:8080", "api.example.test:8080"},
		{"https://bücher.example.test/", "xn--bcher-kva.example.test:443"},
		{"https://xn--bcher-kva.example.test/", "xn--bcher-kva.example.test:443"},
		{"http://[::1]:8080/", "[::1]:8080"},
		{"http://[::1]/", "[::1]:80"},
		{"http://[fe80::1%25en0]/", "[fe80::1%en0]:80"},
	} {
		u, err := url.Parse(c.url)
		if err != nil {
			t.Fatal(err)
		}
		if got := Host(u); got != c.want {
			t.Errorf("Host(%s) = %s, want %s", c.url, got, c.want)
		}
	}
}

func TestSet(t *testing.T) {
	s := NewSet([]string{"API.example.test", "[::1]:8443", "other.example.test:443"})
	for u, want := range map[string]bool{
		"https://api.example.test/":        true,
		"http://api.example.test.:99/":     true,
		"https://[::1]:8443/":              true,
		"https://[::1]/":                   false,
		"https://other.example.test/":      true,
		"http://other.example.test/":       false,
		"https://evil.test/":               false,
		"https://api.example.test.evil.x/": false,
	} {
		p, _ := url.Parse(u)
		if got := s.Has(p); got != want {
			t.Errorf("Has(%s) = %v", u, got)
		}
	}
	if p, _ := url.Parse("https://any.test"); !NewSet(nil).Has(p) {
		t.Error("the empty set must match every host")
	}
}

func BenchmarkHost(b *testing.B) {
	u, _ := url.Parse("https://platform.example.test/contacts/1")
	b.ReportAllocs()
	for b.Loop() {
		Host(u)
	}
}
