package conflict

// rebase lays the changes between base and ours over theirs. Minimising is the
// same with theirs being base.
//
//	base  ours  theirs   sent
//	 a     a     any     nothing: this side changed nothing
//	 a     b      b      nothing: it is there already
//	 a     b      a      b
//	 a     b      c      b, and an overlap
//
// A member that is not there counts as null. Where all three hold an object at
// top-level depth, the rule is applied inside it and the merged object is sent
// whole, which is right on servers that replace it and on servers that merge it;
// at deep level only the members in it that change are sent. Arrays are values:
// their order is data.
type rebase struct {
	base, ours, theirs *doc     // base and theirs may be nil
	like               likeness // ours against base
	deep               bool
	nullIsChange       bool // a null for a member that base does not hold is sent
	keepEqual          []string
	address            string                 // pointer of the member that names the version: never a change
	skip               func(name string) bool // top-level members never sent; may be nil

	out      []byte
	path     []byte
	overlaps []string
	members  int // of ours, at the top
	sent     int // of them
	changes  int // of those sent: the others are only kept
}

// run gives the change set to send over theirs: `{}` when nothing is left. ours
// must be an object; where base or theirs is none, it counts as empty.
func (r *rebase) run() []byte {
	r.out = make([]byte, 0, 256)
	r.members = int(r.ours.nodes[0].size)
	r.patch(root(r.base), 0, root(r.theirs), true)
	return r.out
}

// runWhole gives the whole entity to put in the place of theirs, and tells whether
// it differs from it. All three must be objects.
func (r *rebase) runWhole() (entity []byte, differs bool) {
	r.out = make([]byte, 0, len(r.theirs.src)+256)
	differs = r.merge(0, 0, 0, r.skip)
	return r.out, differs
}

func root(d *doc) int {
	if d.isObject(0) {
		return 0
	}
	return none
}

// patch writes the members of the object ours that are to be sent, and tells
// whether any of them changes theirs.
func (r *rebase) patch(base, ours, theirs int, top bool) (changes bool) {
	inBase, inTheirs := r.base.finder(base), r.theirs.finder(theirs)
	r.out = append(r.out, '{')
	empty := len(r.out)
	for name, value := range r.ours.members(ours) {
		if top && r.skip != nil && r.skip(r.ours.unquote(name)) {
			continue
		}
		was := inBase.find(r.ours, name)
		is := was
		if r.theirs != r.base {
			is = inTheirs.find(r.ours, name)
		}
		length := len(r.path)
		if len(r.keepEqual) > 0 || r.theirs != r.base || r.deep {
			r.path = r.ours.appendToken(r.path, name)
		}
		sent, change := r.member(was, name, value, is, empty)
		if changes = changes || change; top && sent {
			r.sent++
			if change {
				r.changes++
			}
		}
		r.path = r.path[:length]
	}
	r.out = append(r.out, '}')
	return changes
}

// member writes one member where it is to be sent; change is false where it only
// says what theirs holds. empty is len(out) before the first member of its object.
// Objects are gone into rather than compared first: comparing at every level would
// take time quadratic in the depth.
func (r *rebase) member(was, name, value, is, empty int) (sent, change bool) {
	kept, asserted := r.keeps()
	inside := !asserted && r.ours.isObject(value) && r.theirs.isObject(is) && (r.deep || r.theirs != r.base && r.base.isObject(was))
	if !inside && !kept && (r.unchanged(was, value) || r.there(value, is)) {
		return false, false
	}
	mark := len(r.out)
	r.comma(empty)
	r.out = append(append(r.out, r.ours.raw(name)...), ':')
	switch {
	case inside && r.deep:
		change = r.patch(r.object(was), value, is, false)
	case inside:
		change = r.merge(was, value, is, nil)
	default:
		change = !kept || !r.held(was, value, is) && string(r.path) != r.address
		if r.base != nil && !r.untouched(was, is) && !r.unchanged(was, value) && !r.there(value, is) {
			r.overlap()
		}
		r.out = append(r.out, r.ours.raw(value)...)
	}
	if !change && !kept {
		r.out = r.out[:mark]
		return false, false
	}
	return true, change
}

// held: theirs has the member's value, be it the base or a fresh version.
func (r *rebase) held(was, value, is int) bool {
	if r.theirs == r.base {
		return r.unchanged(was, value)
	}
	return r.there(value, is)
}

// merge writes the whole object that results when the changes from base to ours
// are made to theirs: what only theirs changed is theirs, and a member that ours
// left out is gone. settled names members that ours need not mention. It tells
// whether the result differs from theirs.
func (r *rebase) merge(base, ours, theirs int, settled func(name string) bool) (differs bool) {
	inBase, inOurs := r.base.finder(base), r.ours.finder(ours)
	r.out = append(r.out, '{')
	empty := len(r.out)
	for name, is := range r.theirs.members(theirs) {
		was, value := inBase.find(r.theirs, name), inOurs.find(r.theirs, name)
		length := len(r.path)
		r.path = r.theirs.appendToken(r.path, name)
		_, asserted := r.keeps()
		switch {
		case value == none && was == none: // added by them
			r.put(empty, r.theirs, name, is)
		case value == none && settled != nil && settled(r.theirs.unquote(name)):
		case value == none: // left out by us
			differs = true
			if !r.untouched(was, is) {
				r.overlap()
			}
		case asserted:
			differs = differs || !r.there(value, is)
			if !r.unchanged(was, value) && !r.untouched(was, is) && !r.there(value, is) {
				r.overlap()
			}
			r.put(empty, r.ours, nameOf(value), value)
		case r.base.isObject(was) && r.ours.isObject(value) && r.theirs.isObject(is):
			r.comma(empty)
			r.out = append(append(r.out, r.theirs.raw(name)...), ':')
			differs = r.merge(was, value, is, nil) || differs
		case r.unchanged(was, value) || r.there(value, is):
			r.put(empty, r.theirs, name, is)
		case r.untouched(was, is):
			differs = true
			r.put(empty, r.ours, nameOf(value), value)
		default:
			differs = true
			r.overlap()
			r.put(empty, r.ours, nameOf(value), value)
		}
		r.path = r.path[:length]
	}
	inTheirs := r.theirs.finder(theirs)
	for name, value := range r.ours.members(ours) {
		if inTheirs.find(r.ours, name) != none {
			continue
		}
		was := inBase.find(r.ours, name)
		length := len(r.path)
		r.path = r.ours.appendToken(r.path, name)
		_, asserted := r.keeps()
		switch {
		case r.there(value, none), !asserted && r.unchanged(was, value): // never there, or removed by them
		default:
			differs = true
			if was != none && !r.unchanged(was, value) {
				r.overlap()
			}
			r.put(empty, r.ours, name, value)
		}
		r.path = r.path[:length]
	}
	r.out = append(r.out, '}')
	return differs
}

// nameOf is the name node of the member with that value.
func nameOf(value int) int { return value - 1 }

func (r *rebase) comma(empty int) {
	if len(r.out) > empty {
		r.out = append(r.out, ',')
	}
}

func (r *rebase) put(empty int, d *doc, name, value int) {
	r.comma(empty)
	r.out = append(append(append(r.out, d.raw(name)...), ':'), d.raw(value)...)
}

func (r *rebase) overlap() {
	r.overlaps = append(r.overlaps, string(r.path))
}

// keeps tells whether keepEqual has the member at path, or one below it; asserted,
// that it has this one whole.
func (r *rebase) keeps() (kept, asserted bool) {
	if len(r.keepEqual) == 0 {
		return false, false
	}
	path := string(r.path)
	for _, p := range r.keepEqual {
		whole := above(p, path)
		kept = kept || whole || above(path, p)
		asserted = asserted || whole && p != r.address
	}
	return kept, asserted
}

// unchanged: this side left the member as it was.
func (r *rebase) unchanged(was, value int) bool {
	switch {
	case r.base == nil:
		return false
	case was == none:
		return !r.nullIsChange && r.ours.nodes[value].kind == 'n'
	}
	return r.like.equal(r.base, was, r.ours, value)
}

// there: the platform holds the member's value already.
func (r *rebase) there(value, is int) bool {
	switch {
	case r.theirs == nil || r.theirs == r.base:
		return false
	case is == none:
		return r.ours.nodes[value].kind == 'n'
	}
	return exact.equal(r.theirs, is, r.ours, value)
}

// untouched: the other side left the member as it was.
func (r *rebase) untouched(was, is int) bool {
	switch {
	case r.theirs == r.base:
		return true
	case r.base == nil:
		return false
	case was == none:
		return is == none || r.theirs.nodes[is].kind == 'n'
	case is == none:
		return r.base.nodes[was].kind == 'n'
	}
	return exact.equal(r.base, was, r.theirs, is)
}

func (r *rebase) object(i int) int {
	if r.base.isObject(i) {
		return i
	}
	return none
}
