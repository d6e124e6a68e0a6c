package dedupe

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// maxValue bounds the bytes of a value that can be a key; an address has at most
// 254 (RFC 5321, 4.5.3.1.3), more is no person's.
const maxValue = 1 << 10

// A normaliser gives a value the form in which it is compared. ok is false for a
// value that identifies nobody: then it is not a key.
type normaliser struct {
	email   Email
	country string
	custom  func(Kind, string) (string, bool)
}

func (n *normaliser) canonical(kind Kind, value string) (canonical string, ok bool) {
	value = strings.TrimSpace(value)
	if value == "" || len(value) > maxValue || strings.ContainsFunc(value, unicode.IsControl) {
		return "", false
	}
	if n.custom != nil {
		if c, ok := n.custom(kind, value); ok {
			return c, c != ""
		}
	}
	switch kind {
	case EmailAddress:
		return n.address(value)
	case PhoneNumber:
		return phone(value, n.country)
	}
	return foldText(value), true
}

// foldText is one Unicode form without case, and runs of white space as one.
func foldText(s string) string {
	return strings.Join(strings.Fields(foldCase(s)), " ")
}

// squeezed is foldText without any white space: "SW1A 1AA" equals "SW1A1AA".
func squeezed(s string) string {
	return strings.Join(strings.Fields(foldCase(s)), "")
}

// foldCase lowers by way of upper, so that letters with two lower forms (the two
// sigmas) become one.
func foldCase(s string) string {
	return norm.NFC.String(strings.ToLower(strings.ToUpper(norm.NFC.String(s))))
}

// address normalises an e-mail address. The domain compares without case and in
// its IDNA form; only the receiving host may interpret the local part (RFC 5321,
// 2.3.11), so what is folded there is by custom (case) or by option.
func (n *normaliser) address(s string) (string, bool) {
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || at == len(s)-1 {
		return "", false
	}
	local, domain := norm.NFC.String(s[:at]), asciiDomain(s[at+1:])
	local, quoted := unquote(local)
	if domain == "" || local == "" || !quoted && strings.ContainsAny(local, " \t,;:<>()[]\\\"@") {
		return "", false
	}
	if !n.email.KeepCase {
		local = foldCase(local)
	}
	if hasDomain(n.email.PlusTags, domain) {
		if i := strings.IndexByte(local, '+'); i > 0 {
			local = local[:i]
		}
	}
	if hasDomain(n.email.Dots, domain) {
		if bare := strings.ReplaceAll(local, ".", ""); bare != "" {
			local = bare
		}
	}
	return local + "@" + domain, true
}

// unquote takes the quotes off a local part; quoted and bare spellings of one
// local part are the same mailbox.
func unquote(local string) (string, bool) {
	if len(local) < 2 || local[0] != '"' || local[len(local)-1] != '"' {
		return local, false
	}
	var b strings.Builder
	inner := local[1 : len(local)-1]
	for i := 0; i < len(inner); i++ {
		if inner[i] == '\\' && i+1 < len(inner) {
			i++
		}
		b.WriteByte(inner[i])
	}
	return b.String(), true
}

// asciiDomain is a domain in lower case and IDNA form; "" where it is none.
func asciiDomain(d string) string {
	d = strings.TrimSuffix(norm.NFC.String(d), ".")
	if d == "" || strings.ContainsAny(d, " \t@<>\",") {
		return ""
	}
	if a, err := idna.Lookup.ToASCII(d); err == nil {
		d = a
	}
	return strings.ToLower(d)
}

func hasDomain(list []string, domain string) bool {
	return slices.ContainsFunc(list, func(d string) bool { return asciiDomain(d) == domain })
}

// spellings are the ways to ask a search for a value: as it was written first,
// then other spellings under which the same person may be stored.
func (n *normaliser) spellings(kind Kind, value string) []string {
	list := []string{value}
	add := func(s string) {
		if s != "" && !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	add(norm.NFC.String(value))
	switch kind {
	case EmailAddress:
		if at := strings.LastIndexByte(value, '@'); at > 0 {
			local, _ := unquote(norm.NFC.String(value[:at]))
			ascii := asciiDomain(value[at+1:])
			if !n.email.KeepCase {
				local = strings.ToLower(local)
			}
			add(local + "@" + ascii)
			if u, err := idna.Lookup.ToUnicode(ascii); err == nil {
				add(local + "@" + u)
			}
		}
	case PhoneNumber:
		for _, s := range phoneSpellings(value, n.country) {
			add(s)
		}
	}
	return list
}
