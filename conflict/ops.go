package conflict

import "strings"

// operation is one step of a JSON Patch (RFC 6902 section 4).
type operation struct {
	op    string
	path  string
	value int // in the patch's doc; none for remove
}

// operations reads a JSON Patch whose meaning does not hang on the order of an
// array or on the rest of the document: add, replace, remove and test of members.
// ok is false for any other body; such a patch is never sent twice.
func (d *doc) operations() (list []operation, ok bool) {
	if d.nodes[0].kind != '[' {
		return nil, false
	}
	for at := range d.elements(0) {
		o := operation{op: d.scalar(at, "/op"), path: d.scalar(at, "/path"), value: d.member(at, "value")}
		switch o.op {
		case "add", "replace", "test":
			if o.value == none {
				return nil, false
			}
		case "remove":
		default:
			return nil, false
		}
		if o.path == "" || !validPointer(o.path) || strings.HasSuffix(o.path, "/-") {
			return nil, false
		}
		list = append(list, o)
	}
	return list, len(list) > 0
}

// stillMeans tells whether the patch does to theirs what it would have done to
// base: each path ends at a member, and that member is as it was.
func (d *doc) stillMeans(list []operation, base, theirs *doc) bool {
	if base == nil || theirs == nil {
		return false
	}
	for _, o := range list {
		parent := o.path[:strings.LastIndexByte(o.path, '/')]
		if !base.isObject(base.at(parent)) || !theirs.isObject(theirs.at(parent)) {
			return false
		}
		was, is := base.at(o.path), theirs.at(o.path)
		if (was == none) != (is == none) || was != none && !exact.equal(base, was, theirs, is) {
			return false
		}
	}
	return true
}

// doneIn tells whether theirs is as if the patch had been applied.
func (d *doc) doneIn(list []operation, theirs *doc) bool {
	changes := 0
	for _, o := range list {
		is := theirs.at(o.path)
		switch o.op {
		case "remove":
			changes++
			if is != none {
				return false
			}
		case "add", "replace":
			changes++
			if is == none || !exact.equal(theirs, is, d, o.value) {
				return false
			}
		}
	}
	return changes > 0
}
