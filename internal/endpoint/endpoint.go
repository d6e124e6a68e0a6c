// Package endpoint gives the one canonical spelling of a request's host, so
// that no other spelling of the same endpoint escapes its limits or shares
// another's answers (upper case, trailing dot, default port, IPv6, IDNA).
package endpoint

import (
	"net"
	"net/url"
	"strings"

	"golang.org/x/net/idna"
)

// Host is u's host in canonical form, always with a port: lower case, no
// trailing dot, the scheme's default port where none is written, an IPv6
// address in brackets, a name beyond ASCII in its IDNA form. It allocates only
// where the spelling is not canonical already.
func Host(u *url.URL) string {
	host, port := split(u.Host)
	if port == "" {
		port = defaultPort(u.Scheme)
	}
	return join(Name(host), port)
}

// Name is a host name or address in canonical form, without a port.
func Name(host string) string {
	host = strings.TrimSuffix(host, ".")
	for i := 0; i < len(host); i++ {
		if c := host[i]; c >= 0x80 {
			if a, err := idna.Lookup.ToASCII(host); err == nil {
				return a
			}
			return strings.ToLower(host)
		}
	}
	return strings.ToLower(host)
}

// Set is a set of hosts, each a name with or without a port. A member without
// one matches any port. The empty Set matches every host.
type Set struct {
	any      bool
	names    map[string]bool
	withPort map[string]bool
}

// NewSet builds a Set from spellings such as "api.example.test" or "[::1]:8443".
func NewSet(hosts []string) *Set {
	s := &Set{any: len(hosts) == 0, names: map[string]bool{}, withPort: map[string]bool{}}
	for _, h := range hosts {
		name, port := split(h)
		if name = Name(name); port == "" {
			s.names[name] = true
		} else {
			s.withPort[join(name, port)] = true
		}
	}
	return s
}

// Has reports whether u's host is in the set.
func (s *Set) Has(u *url.URL) bool {
	if s.any {
		return true
	}
	host, port := split(u.Host)
	host = Name(host)
	if s.names[host] {
		return true
	}
	if len(s.withPort) == 0 {
		return false
	}
	if port == "" {
		port = defaultPort(u.Scheme)
	}
	return s.withPort[join(host, port)]
}

// split cuts host[:port] without judging it; brackets of an IPv6 address go.
func split(hostport string) (host, port string) {
	if i := strings.LastIndexByte(hostport, ':'); i >= 0 && strings.IndexByte(hostport[i:], ']') < 0 {
		if h := hostport[:i]; strings.IndexByte(h, ':') < 0 || strings.HasPrefix(h, "[") {
			host, port = h, hostport[i+1:]
			return trimBrackets(host), port
		}
	}
	return trimBrackets(hostport), ""
}

func trimBrackets(h string) string {
	if len(h) > 1 && h[0] == '[' && h[len(h)-1] == ']' {
		return h[1 : len(h)-1]
	}
	return h
}

func join(host, port string) string {
	if port == "" {
		return host
	}
	return net.JoinHostPort(host, port)
}

func defaultPort(scheme string) string {
	switch scheme {
	case "https", "wss":
		return "443"
	case "http", "ws":
		return "80"
	}
	return ""
}
