package conflict

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// minimise takes out of a PATCH's body what the base holds already, and without
// a base what no update accepts.
func (x *exchange) minimise() {
	if x.kind != patch || x.t.cfg.Depth == Off {
		return
	}
	r := x.rebase(x.base)
	out := r.run()
	switch {
	case r.members == 0, r.sent == 0 && x.base == nil:
		return // `{}` is the app's word: please touch
	case r.sent == 0 && !x.whole:
		x.nothing = true
		return // so are members named one by one
	case r.sent == 0:
		x.nothing = true
	case r.sent == r.members && !r.deep:
		return
	}
	x.body = out
	x.out.Members, x.out.Removed = r.members, r.members-r.sent
	x.counts.MembersRemoved += int64(x.out.Removed)
}

// rebase prepares laying the app's changes over theirs.
func (x *exchange) rebase(theirs *doc) *rebase {
	c := &x.t.cfg
	r := &rebase{base: x.base, ours: x.ours, theirs: theirs, nullIsChange: x.partial, keepEqual: c.KeepEqual, address: c.Dialect.Precondition.Member, skip: x.skips,
		deep: c.Depth == Deep || mediaType(x.req.Header.Get("Content-Type")) == "application/merge-patch+json"}
	if x.whole || x.kind == put {
		r.like = likeness{instants: !c.ExactTimes, floats: !c.ExactNumbers && x.ours.fromFloats(), zeroForNull: c.ZeroForNull}
	}
	return r
}

// entityMembers are the members that hardly any update accepts: taken out only of
// a body that restates the entity, and only where its base is unknown.
var entityMembers = [...]string{"_links", "_embedded", "id", "created", "modified", "_eTag"}

// skips tells whether a top-level member is never sent.
func (x *exchange) skips(name string) bool {
	d := &x.t.cfg.Dialect
	switch {
	case d.Precondition.Member == "" && d.versionMember(name):
		return true
	case x.kind == put:
		return slices.Contains(d.ReadOnly, name) || slices.Contains(entityMembers[:], name)
	case x.base != nil:
		return false
	case d.ReadOnly != nil:
		return slices.Contains(d.ReadOnly, name)
	}
	return x.whole && slices.Contains(entityMembers[:], name)
}

// unneeded tells that the request may be answered here: it names the version that
// this process saw last, not long ago, and changes nothing in it. entity is the
// answer's body where the platform's form has one.
func (x *exchange) unneeded() (entity []byte, ok bool) {
	c := &x.t.cfg
	if !x.nothing || !x.whole || !x.byApp || !c.NoRequest.Enabled(true) || c.Dialect.Success < 0 {
		return nil, false
	}
	now := time.Now()
	v, current := x.t.memory.newest(x.key, now)
	if !current || v.tag != x.tag || now.Sub(v.at) > c.FreshFor {
		return nil, false
	}
	if c.Dialect.Success == http.StatusOK && (v.who != x.who || v.partial || !x.known) {
		return nil, false
	}
	return v.body, true
}

// neverReplay lists the members of Config.NeverReplay that the request changes.
func (x *exchange) neverReplay() (hit []string) {
	for _, p := range x.t.cfg.NeverReplay {
		if x.changes(p) {
			hit = append(hit, p)
		}
	}
	return hit
}

// changes tells whether the request changes what p points at, be it by writing
// what is around it.
func (x *exchange) changes(p string) bool {
	if x.kind == ops {
		return slices.ContainsFunc(x.steps, func(o operation) bool {
			return o.op != "test" && (above(o.path, p) || above(p, o.path))
		})
	}
	at, i := p, x.ours.at(p)
	for i == none {
		at = at[:strings.LastIndexByte(at, '/')]
		i = x.ours.at(at)
	}
	if at != p && x.ours.isObject(i) { // not mentioned
		return x.kind == put && x.base.at(p) != none
	}
	return !x.rebase(x.theirs).unchanged(x.base.at(at), i)
}

// above tells whether pointer p is q or leads to it.
func above(p, q string) bool {
	return strings.HasPrefix(q, p) && (len(q) == len(p) || q[len(p)] == '/')
}

// topPointers lists the members of an object.
func topPointers(object []byte) (list []string) {
	d, err := parse(object)
	if err != nil || !d.isObject(0) {
		return nil
	}
	for name := range d.members(0) {
		list = append(list, string(d.appendToken(nil, name)))
	}
	return list
}
