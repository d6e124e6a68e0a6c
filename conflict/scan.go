package conflict

import (
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"unicode/utf8"
)

// A doc is a JSON text and, in one flat list in the order of the text, where its
// values stand. The text is never changed, and what is sent is cut from it, so
// numbers keep their digits and strings their spelling. It is read strictly:
// what two readers may understand differently (a name that comes twice, bytes
// that are not UTF-8, half a surrogate pair) is an error, and the caller then
// leaves the body as it is.
type doc struct {
	src   []byte
	nodes []node // nodes[0] is the document
	seed  maphash.Seed
	slots []uint32 // for the names of one object; see table
}

// node is one value, or the name of an object's member. An object's nodes are
// followed by name, value, name, value...; an array's by its elements.
type node struct {
	start, end uint32 // in src; a string's include its quotes
	next       uint32 // the node after this one and all it holds
	size       uint32 // members or elements
	kind       byte   // the first byte of: { [ " t f n, and 0 for any number
	escaped    bool   // a string with a backslash in it
}

// maxDepth is how deep a document may be nested: encoding/json's own bound.
const maxDepth = 10000

var errDepth = errors.New("conflict: JSON is nested too deep")

// syntaxError tells where, never what: the text may be personal.
type syntaxError struct {
	what string
	at   int
}

func (e *syntaxError) Error() string {
	return fmt.Sprintf("conflict: not strict JSON: %s at byte %d", e.what, e.at)
}

// parse reads src, in time linear in its length.
func parse(src []byte) (*doc, error) {
	if uint64(len(src)) > math.MaxUint32/2 {
		return nil, errors.New("conflict: JSON is too large")
	}
	d := &doc{src: src, nodes: make([]node, 0, guess(src))}
	i, err := d.value(d.space(0), 0)
	if err != nil {
		return nil, err
	}
	if i = d.space(i); i != len(src) {
		return nil, &syntaxError{"text after the value", i}
	}
	return d, nil
}

// guess is how many nodes src will have, or some more where its strings hold
// commas and colons.
func guess(src []byte) int {
	n := 1
	for _, c := range [...]string{",", ":", "{", "["} {
		n += bytes.Count(src, []byte(c))
	}
	return min(n, len(src)/3+1)
}

func (d *doc) space(i int) int {
	for i < len(d.src) {
		switch d.src[i] {
		case ' ', '\t', '\n', '\r':
			i++
		default:
			return i
		}
	}
	return i
}

// value reads the value at i and returns the index after it.
func (d *doc) value(i, depth int) (int, error) {
	if i >= len(d.src) {
		return i, &syntaxError{"end of text", i}
	}
	switch c := d.src[i]; c {
	case '{', '[':
		return d.container(i, depth, c)
	case '"':
		return d.text(i)
	case 't':
		return d.word(i, "true")
	case 'f':
		return d.word(i, "false")
	case 'n':
		return d.word(i, "null")
	default:
		return d.number(i)
	}
}

func (d *doc) add(kind byte, start, end int) {
	d.nodes = append(d.nodes, node{start: uint32(start), end: uint32(end), next: uint32(len(d.nodes) + 1), kind: kind})
}

func (d *doc) word(i int, w string) (int, error) {
	if !bytes.HasPrefix(d.src[i:], []byte(w)) {
		return i, &syntaxError{"unknown word", i}
	}
	d.add(w[0], i, i+len(w))
	return i + len(w), nil
}

func (d *doc) container(start, depth int, open byte) (int, error) {
	if depth >= maxDepth {
		return start, errDepth
	}
	at := len(d.nodes)
	d.add(open, start, start)
	size := 0
	shut := open + 2 // } and ] stand two after { and [
	i := d.space(start + 1)
	for first := true; ; first = false {
		if i < len(d.src) && d.src[i] == shut && first {
			break
		}
		var err error
		if open == '{' {
			if i, err = d.name(i); err != nil {
				return i, err
			}
		}
		if i, err = d.value(i, depth+1); err != nil {
			return i, err
		}
		size++
		i = d.space(i)
		if i < len(d.src) && d.src[i] == ',' {
			i = d.space(i + 1)
			continue
		}
		if i < len(d.src) && d.src[i] == shut {
			break
		}
		return i, &syntaxError{"no comma and no end", i}
	}
	n := &d.nodes[at]
	n.end, n.next, n.size = uint32(i+1), uint32(len(d.nodes)), uint32(size)
	if open == '{' {
		if twin := d.twin(at); twin >= 0 {
			return i, &syntaxError{"a name that comes twice", int(d.nodes[twin].start)}
		}
	}
	return i + 1, nil
}

// name reads a member's name and its colon.
func (d *doc) name(i int) (int, error) {
	if i >= len(d.src) || d.src[i] != '"' {
		return i, &syntaxError{"no name", i}
	}
	i, err := d.text(i)
	if err != nil {
		return i, err
	}
	if i = d.space(i); i >= len(d.src) || d.src[i] != ':' {
		return i, &syntaxError{"no colon", i}
	}
	return d.space(i + 1), nil
}

// text reads the string that begins with the quote at start.
func (d *doc) text(start int) (int, error) {
	escaped := false
	for i := start + 1; i < len(d.src); {
		switch c := d.src[i]; {
		case c == '"':
			d.add('"', start, i+1)
			d.nodes[len(d.nodes)-1].escaped = escaped
			return i + 1, nil
		case c == '\\':
			escaped = true
			_, n := escape(d.src[i:])
			if n == 0 {
				return i, &syntaxError{"bad escape", i}
			}
			i += n
		case c < ' ':
			return i, &syntaxError{"control character", i}
		case c < utf8.RuneSelf:
			i++
		default:
			r, n := utf8.DecodeRune(d.src[i:])
			if r == utf8.RuneError && n == 1 {
				return i, &syntaxError{"not UTF-8", i}
			}
			i += n
		}
	}
	return len(d.src), &syntaxError{"end of text", len(d.src)}
}

// number reads a number as RFC 8259 section 6 spells it.
func (d *doc) number(start int) (int, error) {
	i := start
	digits := func() bool {
		from := i
		for i < len(d.src) && '0' <= d.src[i] && d.src[i] <= '9' {
			i++
		}
		return i > from
	}
	is := func(any string) bool {
		return i < len(d.src) && bytes.IndexByte([]byte(any), d.src[i]) >= 0
	}
	if is("-") {
		i++
	}
	if is("0") {
		i++
	} else if !digits() {
		return i, &syntaxError{"unknown value", i}
	}
	if is(".") {
		if i++; !digits() {
			return i, &syntaxError{"no digit", i}
		}
	}
	if is("eE") {
		if i++; is("+-") {
			i++
		}
		if !digits() {
			return i, &syntaxError{"no digit", i}
		}
	}
	d.add(0, start, i)
	return i, nil
}

// raw is the text of node i.
func (d *doc) raw(i int) []byte { return d.src[d.nodes[i].start:d.nodes[i].end] }

// members walks the members of the object at i in the order of the text.
func (d *doc) members(i int) func(func(name, value int) bool) {
	return func(yield func(name, value int) bool) {
		for at, end := i+1, int(d.nodes[i].next); at < end; at = int(d.nodes[at+1].next) {
			if !yield(at, at+1) {
				return
			}
		}
	}
}

// elements walks the elements of the array at i.
func (d *doc) elements(i int) func(func(value int) bool) {
	return func(yield func(value int) bool) {
		for at, end := i+1, int(d.nodes[i].next); at < end; at = int(d.nodes[at].next) {
			if !yield(at) {
				return
			}
		}
	}
}

// isObject tells whether there is a doc and its node i is an object.
func (d *doc) isObject(i int) bool { return d != nil && i >= 0 && d.nodes[i].kind == '{' }
