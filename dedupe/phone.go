package dedupe

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The bounds of a phone number's digits: E.164 allows 15, and fewer than 5 are
// an extension of some exchange.
const (
	minDigits = 5
	maxDigits = 15
)

// phone normalises a number: "+" and digits where its country is known, the bare
// digits otherwise; an extension stays a part of it. It knows prefixes, not the
// numbering plans: full judgement is Config.Normalize's.
func phone(s, country string) (string, bool) {
	digits, ext, international := dial(s)
	if len(digits) < minDigits {
		return "", false
	}
	c, known := countries[country]
	switch {
	case international:
	case known && strings.HasPrefix(digits, "00"):
		digits, international = digits[2:], true
	case known && c.exit != "" && strings.HasPrefix(digits, c.exit) && len(digits) > 10:
		digits, international = digits[len(c.exit):], true
	case !known && strings.HasPrefix(digits, "00"):
		digits, international = digits[2:], true
	case known:
		digits, international = c.code+strings.TrimPrefix(digits, c.trunk), true
	}
	if international {
		digits = dropTrunkZero(digits)
	}
	if len(digits) < minDigits || len(digits) > maxDigits {
		return "", false
	}
	if international {
		digits = "+" + digits
	}
	if ext != "" {
		digits += ";ext=" + ext
	}
	return digits, true
}

// dropTrunkZero mends "+44 020 ...", a national number put behind the country's
// code whole.
func dropTrunkZero(digits string) string {
	for _, c := range countries {
		if c.trunk == "0" && strings.HasPrefix(digits, c.code+"0") && len(c.code) > 1 {
			return c.code + digits[len(c.code)+1:]
		}
	}
	return digits
}

// dial reads the digits of a written number, without the "(0)" that many write
// behind the country's code. digits is "" where something else is written.
func dial(s string) (digits, ext string, international bool) {
	s = strings.ToLower(norm.NFKC.String(s))
	s = strings.TrimSpace(strings.TrimPrefix(s, "tel:"))
	for _, mark := range []string{";ext=", "extension", "ext.", "ext", "x", "#"} {
		if i := strings.Index(s, mark); i > 0 {
			ext = onlyDigits(s[i+len(mark):])
			s = s[:i]
			break
		}
	}
	if rest, ok := strings.CutPrefix(s, "+"); ok {
		s, international = strings.Replace(rest, "(0)", "", 1), true
	}
	for _, r := range s {
		switch {
		case unicode.IsDigit(r) || unicode.IsSpace(r) || strings.ContainsRune("-./()\u2010\u2011\u2012\u2013", r):
		default:
			return "", "", false
		}
	}
	return onlyDigits(s), ext, international
}

// onlyDigits keeps decimal digits, of any script, as ASCII ones.
func onlyDigits(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsDigit(r) {
			b.WriteByte('0' + digitValue(r))
		}
	}
	return b.String()
}

// digitValue uses that Unicode keeps the ten digits of a script together.
func digitValue(r rune) byte {
	zero := r
	for unicode.IsDigit(zero-1) && r-zero < 9 {
		zero--
	}
	if r < 0x80 {
		return byte(r - '0')
	}
	return byte(r-zero) % 10
}

// phoneSpellings are the international and the national form.
func phoneSpellings(s, country string) []string {
	canonical, ok := phone(s, country)
	if !ok || strings.Contains(canonical, ";") || canonical[0] != '+' {
		return nil
	}
	list := []string{canonical}
	if c, ok := countries[country]; ok {
		if national, ok := strings.CutPrefix(canonical, "+"+c.code); ok {
			list = append(list, c.trunk+national)
		}
	}
	return list
}
