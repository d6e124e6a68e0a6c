package dedupe

import (
	"net/http"
	"path"
	"slices"
	"strings"
)

// rule is a Rule made ready.
type rule struct {
	Rule
	path     []string // segments; "{...}" matches any
	keys     []ruleKey
	related  *relation
	identify []pointer
	unless   []pointer
}

type ruleKey struct {
	Key
	from, also, match []pointer
}

type relation struct {
	*Related
	array pointer
	match []pointer
}

// compile makes a validated Rule with its defaults ready.
func compile(r Rule) *rule {
	c := &rule{Rule: r, path: segments(r.Path), identify: pointers(r.Identify), unless: pointers(r.Unless)}
	for _, k := range r.Keys {
		c.keys = append(c.keys, ruleKey{Key: k, from: pointers(k.From), also: pointers(k.Also), match: pointers(k.Match)})
	}
	if r.Related != nil {
		array, _ := parsePointer(r.Related.Array)
		c.related = &relation{Related: r.Related, array: array, match: pointers(r.Related.Match)}
	}
	return c
}

func pointers(list []string) []pointer {
	made := make([]pointer, len(list))
	for i, s := range list {
		made[i], _ = parsePointer(s)
	}
	return made
}

// segments splits a path in its canonical form: /contacts//, /./contacts and
// /contacts are one route (faults.md 22).
func segments(p string) []string {
	return strings.Split(strings.Trim(path.Clean("/"+p), "/"), "/")
}

// matches tells whether the rule is for req.
func (r *rule) matches(req *http.Request, segs []string) bool {
	if !strings.EqualFold(req.Method, r.Method) || len(segs) != len(r.path) {
		return false
	}
	for i, want := range r.path {
		if want != segs[i] && !(strings.HasPrefix(want, "{") && strings.HasSuffix(want, "}")) {
			return false
		}
	}
	return true
}

// candidate is one usable value of one key.
type candidate struct {
	key       *ruleKey
	value     string // as written
	canonical string
	also      []string // canonical
}

// candidates are the usable values that doc has for the rule's keys: those of the
// first key that has any, or of every key.
func (r *rule) candidates(doc any, n *normaliser) []candidate {
	var all []candidate
	for i := range r.keys {
		all = append(all, r.keys[i].candidates(doc, n)...)
		if len(all) > 0 && !r.EveryKey {
			break
		}
	}
	return all
}

func (k *ruleKey) candidates(doc any, n *normaliser) []candidate {
	also := make([]string, len(k.also))
	for i, p := range k.also {
		if also[i] = squeezed(strings.Join(p.texts(doc), " ")); also[i] == "" {
			return nil // it cannot be compared
		}
	}
	var values []string
	for _, p := range k.from {
		found := p.texts(doc)
		if k.Kind == PersonName && len(found) == 0 {
			return nil // half a name names nobody
		}
		values = append(values, found...)
	}
	if k.Kind == PersonName {
		values = []string{strings.Join(values, " ")}
	}
	var all []candidate
	seen := map[string]bool{}
	for _, v := range values {
		if c, ok := n.canonical(k.Kind, v); ok && !seen[c] {
			seen[c] = true
			all = append(all, candidate{key: k, value: v, canonical: c, also: also})
		}
	}
	return all
}

// matches tells whether a row found has this very value: searches find loosely.
func (c *candidate) matches(row any, n *normaliser) bool {
	for i, p := range c.key.also {
		if squeezed(strings.Join(p.texts(row), " ")) != c.also[i] {
			return false
		}
	}
	var values []string
	for _, p := range c.key.match {
		values = append(values, p.texts(row)...)
	}
	if c.key.Kind == PersonName {
		values = append(values, strings.Join(values, " "))
	}
	for _, v := range values {
		if got, ok := n.canonical(c.key.Kind, v); ok && got == c.canonical {
			return true
		}
	}
	return false
}

// relative is an entity that the body of a create points at.
type relative struct{ kind, id string }

// relatives are those in doc whose type the rule knows, each once.
func (r *rule) relatives(doc any) []relative {
	var all []relative
	seen := map[relative]bool{}
	for _, list := range r.related.array.all(doc) {
		elements, _ := list.([]any)
		for _, e := range elements {
			m, _ := e.(map[string]any)
			rel := relative{kind: text(m[r.related.Type]), id: text(m[r.related.ID])}
			if _, known := r.related.Collections[rel.kind]; known && rel.id != "" && !seen[rel] {
				seen[rel] = true
				all = append(all, rel)
			}
		}
	}
	return all
}

// pointsAt tells whether a row found is made of rel too.
func (r *rule) pointsAt(row any, rel relative) bool {
	for _, p := range r.related.match {
		if slices.Contains(p.texts(row), rel.id) {
			return true
		}
	}
	return false
}

// differs names the members among ps (named by names) that two entities both
// have, with different values.
func (r *rule) differs(names []string, ps []pointer, a, b any, n *normaliser) []string {
	var list []string
	for i, p := range ps {
		va, vb := r.member(names[i], p, a, n), r.member(names[i], p, b, n)
		if va != "" && vb != "" && va != vb {
			list = append(list, names[i])
		}
	}
	return list
}

// member is a member's value as it is compared: by its key's kind where it is one.
func (r *rule) member(name string, p pointer, doc any, n *normaliser) string {
	v := strings.Join(p.texts(doc), " ")
	for _, k := range r.keys {
		for _, from := range k.From {
			if from == name && k.Kind != PersonName {
				if c, ok := n.canonical(k.Kind, v); ok {
					return c
				}
			}
		}
	}
	return squeezed(v)
}
