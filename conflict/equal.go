package conflict

import (
	"bytes"
	"strconv"
	"time"
	"unicode/utf8"
)

// likeness says which values count as equal beyond those that are.
type likeness struct {
	instants    bool // two spellings of one RFC 3339 instant
	floats      bool // the float64 nearest to the base's number
	zeroForNull bool // "", 0, false over the base's null
}

var exact likeness

// equal compares value i of a, the base, with value j of b. Objects are equal
// whatever the order of their members; arrays are not. It takes time linear in
// both.
func (l likeness) equal(a *doc, i int, b *doc, j int) bool {
	m, n := &a.nodes[i], &b.nodes[j]
	if m.kind != n.kind {
		return l.zeroForNull && m.kind == 'n' && b.zero(j)
	}
	switch m.kind {
	case '"':
		return sameText(a, i, b, j) || l.instants && sameInstant(a, i, b, j)
	case 0:
		return sameNumber(a.raw(i), b.raw(j)) || l.floats && nearest(a.raw(i), b.raw(j))
	case '{':
		return m.size == n.size && l.equalMembers(a, i, b, j)
	case '[':
		return m.size == n.size && l.equalElements(a, i, b, j)
	}
	return true
}

func (l likeness) equalMembers(a *doc, i int, b *doc, j int) bool {
	in := a.finder(i)
	for name, value := range b.members(j) {
		of := in.find(b, name)
		if of == none || !l.equal(a, of, b, value) {
			return false
		}
	}
	return true
}

func (l likeness) equalElements(a *doc, i int, b *doc, j int) bool {
	of := i + 1
	for value := range b.elements(j) {
		if !l.equal(a, of, b, value) {
			return false
		}
		of = int(a.nodes[of].next)
	}
	return true
}

// sameText compares two strings by what they say, not by how they are escaped.
func sameText(a *doc, i int, b *doc, j int) bool {
	x, y := a.raw(i), b.raw(j)
	if !a.nodes[i].escaped && !b.nodes[j].escaped {
		return bytes.Equal(x, y)
	}
	x, y = x[1:len(x)-1], y[1:len(y)-1]
	for len(x) > 0 && len(y) > 0 {
		r, n := char(x)
		s, m := char(y)
		if r != s {
			return false
		}
		x, y = x[n:], y[m:]
	}
	return len(x) == len(y)
}

// char reads one character of a string's text and the bytes it takes.
func char(s []byte) (rune, int) {
	if s[0] == '\\' {
		return escape(s)
	}
	return utf8.DecodeRune(s)
}

// escape reads the escape sequence that s begins with, a surrogate pair as the
// one character it stands for. n is 0 where it is not one.
func escape(s []byte) (r rune, n int) {
	if len(s) < 2 {
		return 0, 0
	}
	switch s[1] {
	case '"', '\\', '/':
		return rune(s[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		r = hex4(s)
		if r < 0 || r >= 0xDC00 && r < 0xE000 {
			return 0, 0
		}
		if r < 0xD800 || r >= 0xE000 {
			return r, 6
		}
		if low := hex4(s[6:]); low >= 0xDC00 && low < 0xE000 {
			return 0x10000 + (r-0xD800)<<10 + (low - 0xDC00), 12
		}
	}
	return 0, 0
}

// hex4 reads \uXXXX at the beginning of s; -1 where it is not there.
func hex4(s []byte) (r rune) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return -1
	}
	for _, c := range s[2:6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// sameNumber compares two numbers by value, however large or small, without
// computing either: 1e2 is 100 and 1.0 is 1, 2^53+1 is not 2^53.
func sameNumber(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	x, okX := readDecimal(a)
	y, okY := readDecimal(b)
	if !okX || !okY {
		return false
	}
	if x.first == x.last || y.first == y.last { // zero has neither sign nor exponent
		return x.first == x.last && y.first == y.last
	}
	if x.negative != y.negative || x.exponent != y.exponent {
		return false
	}
	i, j := x.first, y.first
	for i < x.last && j < y.last {
		if x.text[i] == '.' {
			i++
			continue
		}
		if y.text[j] == '.' {
			j++
			continue
		}
		if x.text[i] != y.text[j] {
			return false
		}
		i++
		j++
	}
	return i == x.last && j == y.last
}

// decimal is a number as its significant digits, from the first to the last that
// is not zero, and the power of ten of the first.
type decimal struct {
	text        []byte
	negative    bool
	first, last int // in text; there may be a point between
	exponent    int64
}

// readDecimal takes a JSON number apart. An exponent beyond 17 digits is not ok:
// such a number equals only its own spelling.
func readDecimal(s []byte) (d decimal, ok bool) {
	i := 0
	if s[0] == '-' {
		d.negative = true
		i = 1
	}
	d.text = s
	end := len(s)
	if e := bytes.IndexAny(s, "eE"); e >= 0 {
		end = e
		if d.exponent, ok = smallInt(s[e+1:]); !ok {
			return d, false
		}
	}
	point := end
	if p := bytes.IndexByte(s[:end], '.'); p >= 0 {
		point = p
	}
	for d.first = i; d.first < end && (s[d.first] == '0' || s[d.first] == '.'); d.first++ {
	}
	for d.last = end; d.last > d.first && (s[d.last-1] == '0' || s[d.last-1] == '.'); d.last-- {
	}
	if d.first < point {
		d.exponent += int64(point - d.first - 1)
	} else {
		d.exponent -= int64(d.first - point)
	}
	return d, true
}

func smallInt(s []byte) (n int64, ok bool) {
	negative := s[0] == '-'
	if s[0] == '-' || s[0] == '+' {
		s = s[1:]
	}
	for len(s) > 1 && s[0] == '0' {
		s = s[1:]
	}
	if len(s) > 17 {
		return 0, false
	}
	for _, c := range s {
		n = n*10 + int64(c-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}

// nearest tells whether the number ours is what a float64 makes of base.
func nearest(base, ours []byte) bool {
	f, err := strconv.ParseFloat(string(base), 64)
	if err != nil {
		return false
	}
	var buf [32]byte
	return sameNumber(strconv.AppendFloat(buf[:0], f, 'e', -1, 64), ours)
}

// fromFloats tells whether each number of d could have been printed from a
// float64. One that could not proves that the app keeps digits: its numbers mean
// what they say.
func (d *doc) fromFloats() bool {
	for i := range d.nodes {
		if raw := d.raw(i); d.nodes[i].kind == 0 && !short(raw) && !nearest(raw, raw) {
			return false
		}
	}
	return true
}

// short tells that a number has so few digits that a float64 keeps them.
func short(number []byte) bool {
	return len(number) <= 15 && !bytes.ContainsAny(number, "eE")
}

// sameInstant compares two RFC 3339 timestamps, down to the nanosecond.
func sameInstant(a *doc, i int, b *doc, j int) bool {
	if a.nodes[i].escaped || b.nodes[j].escaped {
		return false
	}
	x, okX := instant(a.raw(i))
	y, okY := instant(b.raw(j))
	return okX && okY && x.Equal(y)
}

func instant(quoted []byte) (t time.Time, ok bool) {
	s := quoted[1 : len(quoted)-1]
	// 2006-01-02T15:04:05Z at the least; nine digits after the point at the most,
	// since time.Parse ignores what follows them.
	if len(s) < 20 || len(s) > 35 || s[4] != '-' || s[10] != 'T' && s[10] != 't' {
		return t, false
	}
	if s[19] == '.' {
		digits := 0
		for k := 20; k < len(s) && '0' <= s[k] && s[k] <= '9'; k++ {
			digits++
		}
		if digits > 9 {
			return t, false
		}
	}
	t, err := time.Parse(time.RFC3339Nano, string(s))
	return t, err == nil
}

// zero tells whether the value is what a Go variable without a value prints.
func (d *doc) zero(i int) bool {
	switch d.nodes[i].kind {
	case '"':
		raw := string(d.raw(i))
		return raw == `""` || raw == `"0001-01-01T00:00:00Z"`
	case 0:
		return sameNumber(d.raw(i), []byte("0"))
	case 'f':
		return true
	case '{':
		for _, value := range d.members(i) {
			if d.nodes[value].kind != 'n' && !d.zero(value) {
				return false
			}
		}
		return d.nodes[i].size > 0
	}
	return false
}
