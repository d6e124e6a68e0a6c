package compliance

import (
	"bytes"
	"slices"
	"strings"
)

// found is what an answer holds.
type found struct {
	json   bool // it began as JSON
	rows   int
	ids    []uint64 // hashes of the rows' ids
	total  int      // 0: not told
	pages  int      // 0: not told
	nested int      // rows inside rows
	id     uint64   // of the entity itself, where it is no list
	more   bool     // the answer went on past the scanner's bound
	array  bool     // it is a list, whatever its number of rows

	members []member // of the entity itself, where they are wanted
}

// member is one member of an entity, as hashes of its name and value.
type member struct{ name, value uint32 }

func (f *found) reset() {
	*f = found{ids: f.ids[:0], members: f.members[:0]}
}

const (
	maxRows    = 4096 // ids kept of one answer
	maxMembers = 96
	maxDepth   = 63
)

// wants says what the value that follows a name is taken for.
type wants uint8

const (
	nothing wants = iota
	rowID
	entityID
	totalRows
	totalPages
	rowsArray
)

// scanner looks for rows, ids and totals in JSON as it streams by. It keeps a few
// words of state and at most one name or id, whatever the size of the document:
//
//	state            event                      next
//	structure        quote                      text (a name where one is due)
//	structure        brace or bracket           structure, one level up or down
//	structure        comma                      structure; a name is due in an object
//	structure        other                      number or literal until a mark
//	text             backslash                  text; the next byte is taken as it is
//	text             quote                      structure; name or value is judged
//	any              bound reached, not JSON    done: nothing more is looked at
type scanner struct {
	names   *memberNames
	key     hashKey
	out     *found
	ids     bool // hash ids, else only count
	members bool // hash the members of an entity

	left    int64
	done    bool
	started bool

	depth    int
	objects  uint64 // bit d: level d is an object
	rows     int    // level of the array of rows; 0: none yet
	inText   bool
	skipOne  bool // the byte after a backslash
	nameDue  bool
	isName   bool
	want     wants
	buf      [48]byte
	n        int
	member   uint32 // hash of the top-level member whose value runs; 0: none
	value    uint32
	keepText bool
}

// memberNames are the names that the scanner looks for.
type memberNames struct{ rows, ids, totals, pages []string }

func newMemberNames(p *Platform) *memberNames {
	return &memberNames{p.RowsMembers, p.IDMembers, p.TotalMembers, p.PagesMembers}
}

func (s *scanner) start(names *memberNames, key hashKey, out *found, ids, members bool, bound int64) {
	*s = scanner{names: names, key: key, out: out, ids: ids, members: members, left: bound}
	out.reset()
}

// marks are the bytes that end a run of structure, numbers and literals.
var marks = [256]bool{'"': true, '{': true, '}': true, '[': true, ']': true, ',': true}

// write looks at the next piece.
func (s *scanner) write(p []byte) {
	if s.done || len(p) == 0 {
		return
	}
	if int64(len(p)) > s.left {
		p = p[:s.left]
		s.out.more = true
		defer func() { s.done = true }()
	}
	s.left -= int64(len(p))
	if !s.started && !s.begin(&p) {
		return
	}
	for len(p) > 0 && !s.done {
		if s.inText {
			p = s.text(p)
		} else {
			p = s.structure(p)
		}
	}
}

// begin skips blanks and a byte order mark and tells whether JSON follows.
func (s *scanner) begin(p *[]byte) bool {
	rest := *p
	for len(rest) > 0 && strings.IndexByte(" \t\r\n\xef\xbb\xbf", rest[0]) >= 0 {
		rest = rest[1:]
	}
	*p = rest
	if len(rest) == 0 {
		return false
	}
	s.started = true
	s.out.json = rest[0] == '{' || rest[0] == '['
	s.done = !s.out.json
	return s.out.json
}

// structure reads outside of texts. A text that lies whole in p is taken where it
// stands; one that p cuts off is collected by text.
func (s *scanner) structure(p []byte) []byte {
	for i := 0; i < len(p); i++ {
		c := p[i]
		if !marks[c] {
			if s.keepText || s.member != 0 {
				s.loose(c)
			}
			continue
		}
		if c == '"' {
			if s.member == 0 {
				// A quote that no backslash stands before ends the text, whatever is
				// escaped further in front.
				if n := bytes.IndexByte(p[i+1:], '"'); n == 0 || n > 0 && p[i+n] != '\\' {
					s.whole(p[i+1 : i+1+n])
					i += n + 1
					continue
				}
			}
			s.enterText()
			return p[i+1:]
		}
		if s.member != 0 && (s.depth > 1 || c == '{' || c == '[') {
			s.value = (s.value ^ uint32(c)) * 16777619
		}
		switch c {
		case ',':
			if s.want != nothing || s.member != 0 {
				s.endValue()
			}
			s.nameDue = s.objects>>s.depth&1 == 1
		case '{', '[':
			s.open(c)
		default:
			if s.want != nothing || s.member != 0 {
				s.endValue()
			}
			s.close()
		}
		if s.done {
			return nil
		}
	}
	return nil
}

// loose takes a byte of a number or literal.
func (s *scanner) loose(c byte) {
	if c > ' ' && c != ':' {
		s.keep(c)
		s.value = (s.value ^ uint32(c)) * 16777619
	}
}

// whole takes a text that was seen from quote to quote.
func (s *scanner) whole(text []byte) {
	switch {
	case s.nameDue:
		s.nameDue = false
		s.want, s.keepText = nothing, false
		if s.named() && len(text) <= len(s.buf) {
			s.judgeName(text)
		}
	case s.want != nothing:
		s.takeValue(text)
		s.want, s.keepText, s.n = nothing, false, 0
	}
}

func (s *scanner) enterText() {
	s.inText = true
	s.isName = s.nameDue
	s.nameDue = false
	s.keepText = s.isName && s.named() || s.want != nothing && s.want != rowsArray
	s.n = 0
	if s.member != 0 {
		s.value = (s.value ^ '"') * 16777619
	}
}

// named tells whether a name at this level can matter.
func (s *scanner) named() bool {
	return s.depth == 1 || s.rows > 0 && s.depth > s.rows
}

func (s *scanner) keep(c byte) {
	if s.keepText {
		if s.n < len(s.buf) {
			s.buf[s.n] = c
		}
		s.n++
	}
}

func (s *scanner) text(p []byte) []byte {
	if s.skipOne {
		s.skipOne = false
		s.chars(p[:1])
		return p[1:]
	}
	before, after, ok := bytes.Cut(p, []byte{'"'})
	run := p
	if ok {
		run = before
	}
	if esc := bytes.IndexByte(run, '\\'); esc >= 0 {
		s.chars(run[:esc+1])
		s.skipOne = true
		return p[esc+1:]
	}
	s.chars(run)
	if !ok {
		return nil
	}
	s.inText = false
	if s.member != 0 {
		s.value = (s.value ^ '"') * 16777619
	}
	if s.isName {
		kept := s.keepText && s.n <= len(s.buf)
		s.isName, s.want, s.keepText = false, nothing, false
		if kept {
			s.judgeName(s.buf[:s.n])
		}
	} else {
		s.endValue()
	}
	return after
}

func (s *scanner) chars(run []byte) {
	if s.keepText {
		if s.n < len(s.buf) {
			copy(s.buf[s.n:], run)
		}
		s.n += len(run)
	}
	if s.member != 0 {
		v := s.value
		for _, c := range run {
			v = (v ^ uint32(c)) * 16777619
		}
		s.value = v
	}
}

// judgeName decides what the value after a name is wanted for.
func (s *scanner) judgeName(name []byte) {
	if s.rows > 0 && s.depth > s.rows { // in a row, where almost all names are
		if among(s.names.ids, name) {
			if s.depth == s.rows+1 {
				s.want, s.keepText, s.n = rowID, true, 0
			} else {
				s.out.nested++
			}
		}
		return
	}
	switch {
	case s.depth == 1 && s.rows == 0 && among(s.names.rows, name):
		s.want = rowsArray
	case s.depth == 1 && among(s.names.totals, name):
		s.want = totalRows
	case s.depth == 1 && among(s.names.pages, name):
		s.want = totalPages
	case s.depth == 1 && among(s.names.ids, name):
		s.want = entityID
	}
	if s.members && s.depth == 1 {
		h := uint32(2166136261)
		for _, c := range name {
			h = (h ^ uint32(c)) * 16777619
		}
		s.member, s.value = h|1, 2166136261
	}
	s.keepText = s.want != nothing && s.want != rowsArray
	s.n = 0
}

func among(names []string, name []byte) bool {
	for _, n := range names {
		if len(n) == len(name) && n == string(name) {
			return true
		}
	}
	return false
}

// endValue ends the value that was collected.
func (s *scanner) endValue() {
	if s.keepText && s.n > 0 && s.n <= len(s.buf) {
		s.takeValue(s.buf[:s.n])
	}
	s.want, s.keepText, s.n = nothing, false, 0
	if s.member != 0 && s.depth == 1 {
		if len(s.out.members) < maxMembers {
			s.out.members = append(s.out.members, member{s.member, s.value})
		}
		s.member = 0
	}
}

// takeValue takes a value for what was wanted.
func (s *scanner) takeValue(v []byte) {
	if len(v) == 0 || len(v) > len(s.buf) {
		return
	}
	switch s.want {
	case rowID:
		if s.ids && len(s.out.ids) < maxRows && string(v) != "null" {
			s.out.ids = append(s.out.ids, s.hash(v))
		}
	case entityID:
		s.out.id = s.hash(v)
	case totalRows:
		s.out.total = number(v)
	case totalPages:
		s.out.pages = number(v)
	}
}

func (s *scanner) hash(v []byte) uint64 { return s.key.sumBytes(v) }

func (s *scanner) open(c byte) {
	isRows := c == '[' && (s.want == rowsArray && s.depth == 1 || s.depth == 0)
	s.want, s.keepText = nothing, false
	if s.depth++; s.depth > maxDepth {
		s.done = true
		return
	}
	if c == '{' {
		if s.rows > 0 && s.depth == s.rows+1 {
			s.out.rows++
		}
		s.objects |= 1 << s.depth
		s.nameDue = true
		return
	}
	s.objects &^= 1 << s.depth
	s.nameDue = false
	if isRows && s.rows == 0 {
		s.rows = s.depth
		s.out.array = true
	}
}

func (s *scanner) close() {
	if s.depth--; s.depth <= 0 {
		s.done = true
		return
	}
	if s.depth < s.rows {
		// The rows are over; what follows is about the whole list.
		s.rows = maxDepth + 1
	}
	s.nameDue = false
	if s.member != 0 && s.depth == 1 {
		s.endValue()
	}
}

// number reads a whole number; anything else is 0.
func number(v []byte) int {
	n := 0
	for _, c := range v {
		if c < '0' || c > '9' {
			return 0
		}
		if n = n*10 + int(c-'0'); n > maxCount {
			return 0
		}
	}
	return n
}

// maxCount is the largest number of rows that is believed.
const maxCount = 1e9

// plausible is n where it can be a number of rows, else 0: unknown.
func plausible(n int) int {
	if n < 0 || n > maxCount {
		return 0
	}
	return n
}

// scanAll looks at a whole document.
func scanAll(names *memberNames, key hashKey, doc []byte, out *found, ids, members bool, bound int64) {
	var s scanner
	s.start(names, key, out, ids, members, bound)
	s.write(doc)
}

// sameMembers counts the members of a that b has with the same value.
func sameMembers(a, b []member) int {
	n := 0
	for _, m := range a {
		if slices.Contains(b, m) {
			n++
		}
	}
	return n
}

// undoneMembers counts the members of sent that are as they were before, and that
// somebody else has changed since.
func undoneMembers(sent, before, now []member) int {
	n := 0
	for _, m := range sent {
		if slices.Contains(before, m) && slices.ContainsFunc(now, func(o member) bool { return o.name == m.name && o != m }) {
			n++
		}
	}
	return n
}
