package platformtest

import (
	"maps"
	"reflect"
	"slices"
	"time"
)

// change is one leaf of a merge patch that a PATCH carried.
type change struct {
	path          string
	before, after any
}

// merge applies a merge patch (RFC 7396) to the entity's members and remembers
// who changed what. It returns each leaf of the patch.
func (e *entity) merge(patch map[string]any, writer string, now time.Time) []change {
	var changes []change
	e.members = mergeObject(e.members, patch, "", &changes)
	if e.writes == nil {
		e.writes = map[string]write{}
	}
	for _, c := range changes {
		if !equal(c.before, c.after) {
			e.writes[c.path] = write{writer: writer, before: c.before}
		}
	}
	e.touch(now)
	return changes
}

// touch makes a new version.
func (e *entity) touch(now time.Time) {
	e.version++
	e.shown = nil
	e.modified = later(e.modified, now)
}

// mergeObject returns target with patch merged in; target itself stays as it is.
func mergeObject(target, patch map[string]any, at string, changes *[]change) map[string]any {
	out := maps.Clone(target)
	if out == nil {
		out = map[string]any{}
	}
	for _, member := range slices.Sorted(maps.Keys(patch)) {
		value, path := patch[member], at+"/"+escape(member)
		if sub, isObject := value.(map[string]any); isObject {
			old, wasObject := out[member].(map[string]any)
			if !wasObject || len(sub) == 0 {
				*changes = append(*changes, change{path, out[member], mergeObject(old, sub, path, new([]change))})
				out[member] = mergeObject(old, sub, path, new([]change))
				continue
			}
			out[member] = mergeObject(old, sub, path, changes)
			continue
		}
		*changes = append(*changes, change{path, out[member], value})
		if value == nil {
			delete(out, member)
		} else {
			out[member] = value
		}
	}
	return out
}

// equal compares decoded JSON; a member that is missing equals null.
func equal(a, b any) bool { return reflect.DeepEqual(a, b) }

// lostUpdates are the leaves that put back what they held before another
// writer changed them. It must be asked before the patch is merged.
func (e *entity) lostUpdates(patch map[string]any, writer string) []string {
	var changes []change
	mergeObject(e.members, patch, "", &changes)
	var lost []string
	for _, c := range changes {
		if w, ok := e.writes[c.path]; ok && w.writer != writer && equal(c.after, w.before) && !equal(c.before, c.after) {
			lost = append(lost, c.path)
		}
	}
	return lost
}
