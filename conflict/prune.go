package conflict

import "bytes"

// PruneOptions says what Prune may drop. Its zero value drops top-level members
// that are exactly equal in value, and a null for a member that base has not.
type PruneOptions struct {
	Depth Depth
	// Instants takes two RFC 3339 timestamps of one instant for equal.
	Instants bool
	// Floats takes the float64 nearest to the base's number for equal to it,
	// where all numbers of the body may be printed float64s.
	Floats bool
	// ZeroForNull takes "", 0 and false for equal to the base's null.
	ZeroForNull bool
	// KeepEqual lists JSON pointers of members that are never dropped.
	KeepEqual []string
}

// Prune returns body, an object of new member values, without the members that
// base holds already. What is left keeps its bytes. changed is false when
// nothing is left: out is then `{}`.
//
// Numbers are compared by value to the last digit and strings by what they say,
// whatever the escapes. Applied to base as RFC 7396 says, out has the effect of
// body, where a member that is null and one that is not there count as equal.
// A body that is not an object is returned as it is; an empty base is none, and
// nothing is dropped. Where base or body is not strict JSON (a name twice, bytes
// that are not UTF-8, half a surrogate pair, nested deeper than 10,000), body is
// returned untouched with an error that tells the place and no content. It takes
// time linear in the sizes, and never panics.
func Prune(base, body []byte, o PruneOptions) (out []byte, changed bool, err error) {
	ours, err := parse(body)
	if err != nil {
		return body, true, err
	}
	if len(bytes.TrimSpace(base)) == 0 {
		return body, !ours.isObject(0) || ours.nodes[0].size > 0, nil
	}
	was, err := parse(base)
	if err != nil {
		return body, true, err
	}
	if !ours.isObject(0) || !was.isObject(0) {
		return body, !exact.equal(was, 0, ours, 0), nil
	}
	if o.Depth == Off || ours.nodes[0].size == 0 {
		return body, ours.nodes[0].size > 0, nil
	}
	r := rebase{base: was, theirs: was, ours: ours, deep: o.Depth == Deep, keepEqual: o.KeepEqual,
		like: likeness{instants: o.Instants, floats: o.Floats && ours.fromFloats(), zeroForNull: o.ZeroForNull}}
	out = r.run()
	if r.sent == r.members && !r.deep {
		return body, true, nil
	}
	return out, r.sent > 0, nil
}
