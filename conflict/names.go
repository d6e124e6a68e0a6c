package conflict

import (
	"bytes"
	"hash/maphash"
	"strings"
	"unicode/utf8"
)

// none stands for a value that is not there.
const none = -1

// fewNames is how many members an object may have to be searched one by one.
const fewNames = 8

// twin finds a name that comes twice in the object at i, or none.
func (d *doc) twin(i int) int {
	if d.nodes[i].size <= fewNames {
		for name := range d.members(i) {
			for other := range d.members(i) {
				if other == name {
					break
				}
				if sameText(d, name, d, other) {
					return name
				}
			}
		}
		return none
	}
	t := table{d: d}
	if d.seed == (maphash.Seed{}) {
		d.seed = maphash.MakeSeed()
	}
	need := slotsFor(d.nodes[i].size)
	if cap(d.slots) < need {
		d.slots = make([]uint32, need)
	}
	t.slots = d.slots[:need]
	clear(t.slots)
	for name := range d.members(i) {
		if t.put(name) {
			return name
		}
	}
	return none
}

// table finds the members of an object with many. Names are hashed with a secret
// seed, so no body can be made to hit one slot.
type table struct {
	d     *doc
	slots []uint32 // name nodes; 0 is free, since node 0 is never a name
}

func slotsFor(size uint32) int {
	n := 16
	for n < 2*int(size) {
		n *= 2
	}
	return n
}

// put adds a name; it tells whether it was there.
func (t *table) put(name int) bool {
	for at := t.d.hash(t.d.seed, name); ; at++ {
		slot := &t.slots[at&uint64(len(t.slots)-1)]
		if *slot == 0 {
			*slot = uint32(name)
			return false
		}
		if sameText(t.d, int(*slot), t.d, name) {
			return true
		}
	}
}

// get finds the member that has the name of node name of o.
func (t *table) get(o *doc, name int) int {
	for at := o.hash(t.d.seed, name); ; at++ {
		slot := t.slots[at&uint64(len(t.slots)-1)]
		if slot == 0 {
			return none
		}
		if sameText(t.d, int(slot), o, name) {
			return int(slot) + 1
		}
	}
}

func (d *doc) hash(seed maphash.Seed, name int) uint64 {
	inner := d.raw(name)
	inner = inner[1 : len(inner)-1]
	if d.nodes[name].escaped {
		return maphash.String(seed, d.unquote(name))
	}
	return maphash.Bytes(seed, inner)
}

// finder looks up the members of one object by the names of another document.
// Names mostly come in the same order in both, so it looks at the next one first.
type finder struct {
	d      *doc
	object int // none: nothing is found
	cursor int
	table  table
}

func (d *doc) finder(object int) finder {
	if !d.isObject(object) {
		object = none
	}
	return finder{d: d, object: object, cursor: object + 1}
}

// find gives the value of the member with the name of node name of o, or none.
func (f *finder) find(o *doc, name int) int {
	if f.object == none {
		return none
	}
	end := int(f.d.nodes[f.object].next)
	if f.cursor < end && sameText(f.d, f.cursor, o, name) {
		value := f.cursor + 1
		f.cursor = int(f.d.nodes[value].next)
		return value
	}
	value := f.search(o, name)
	if value != none {
		f.cursor = int(f.d.nodes[value].next)
	}
	return value
}

func (f *finder) search(o *doc, name int) int {
	if f.d.nodes[f.object].size <= fewNames {
		for at, value := range f.d.members(f.object) {
			if sameText(f.d, at, o, name) {
				return value
			}
		}
		return none
	}
	if f.table.slots == nil {
		if f.d.seed == (maphash.Seed{}) {
			f.d.seed = maphash.MakeSeed()
		}
		f.table = table{f.d, make([]uint32, slotsFor(f.d.nodes[f.object].size))}
		for at := range f.d.members(f.object) {
			f.table.put(at)
		}
	}
	return f.table.get(o, name)
}

// member gives the value of the member called name of the object at i, or none.
func (d *doc) member(i int, name string) int {
	if !d.isObject(i) {
		return none
	}
	for at, value := range d.members(i) {
		if d.named(at, name) {
			return value
		}
	}
	return none
}

// named tells whether the string at node i says name.
func (d *doc) named(i int, name string) bool {
	if d.nodes[i].escaped {
		return d.unquote(i) == name
	}
	raw := d.raw(i)
	return string(raw[1:len(raw)-1]) == name
}

// at gives the value that a JSON pointer (RFC 6901) names, or none.
func (d *doc) at(pointer string) int { return d.below(0, pointer) }

// below is at for a pointer that begins at node i.
func (d *doc) below(i int, pointer string) int {
	if d == nil {
		return none
	}
	for pointer != "" && i != none {
		var token string
		token, pointer = nextToken(pointer)
		i = d.child(i, token)
	}
	return i
}

func (d *doc) child(i int, token string) int {
	switch d.nodes[i].kind {
	case '{':
		return d.member(i, token)
	case '[':
		n, ok := arrayIndex(token)
		for value := range d.elements(i) {
			if ok && n == 0 {
				return value
			}
			n--
		}
	}
	return none
}

func arrayIndex(token string) (n int, ok bool) {
	if token == "" || len(token) > 9 || token[0] == '0' && len(token) > 1 {
		return 0, false
	}
	for _, c := range []byte(token) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// nextToken cuts the first token off a pointer that begins with a slash.
func nextToken(pointer string) (token, rest string) {
	token = pointer[1:]
	if i := strings.IndexByte(token, '/'); i >= 0 {
		token, rest = token[:i], token[i:]
	}
	if strings.IndexByte(token, '~') >= 0 {
		token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
	}
	return token, rest
}

// appendToken adds the string at node i to a pointer.
func (d *doc) appendToken(pointer []byte, i int) []byte {
	pointer = append(pointer, '/')
	name := d.raw(i)
	name = name[1 : len(name)-1]
	if d.nodes[i].escaped {
		name = []byte(d.unquote(i))
	}
	if bytes.IndexByte(name, '~') >= 0 || bytes.IndexByte(name, '/') >= 0 {
		name = bytes.ReplaceAll(bytes.ReplaceAll(name, []byte("~"), []byte("~0")), []byte("/"), []byte("~1"))
	}
	return append(pointer, name...)
}

// unquote gives what the string at node i says.
func (d *doc) unquote(i int) string {
	raw := d.raw(i)
	raw = raw[1 : len(raw)-1]
	if !d.nodes[i].escaped {
		return string(raw)
	}
	out := make([]byte, 0, len(raw))
	for len(raw) > 0 {
		r, n := char(raw)
		out = utf8.AppendRune(out, r)
		raw = raw[n:]
	}
	return string(out)
}
