// Package route turns a request's path into the template it stands for, such as
// "/contacts/{id}": few names, without ids, fit for spans, findings and labels.
// Templates come from a table (a profile's); paths that are not in it are
// learned, segment by segment, within a bound.
package route

import "strings"

// Other is the template of every path that is learned after the bound is
// reached, or that has more segments than any route has.
const Other = "{other}"

// maxSegments bounds how deep a path is looked at.
const maxSegments = 24

// Table maps paths to templates. The zero value and nil know no template and
// give Other; use New. Safe for concurrent use. Looking up does not allocate,
// except when a path is learned for the first time.
type Table struct {
	root    *node
	learned *learner
}

// New makes a table of templates such as "/contacts/{id}" or, for one method
// only, "GET /contacts/{id}". A trailing slash makes no difference to what
// matches, and is kept in the template that is given back. Characters that are
// not safe in a name are replaced by "_".
func New(templates []string) *Table {
	t := &Table{root: &node{}, learned: newLearner()}
	for _, tpl := range templates {
		method, path, ok := strings.Cut(tpl, " ")
		if !ok {
			method, path = "", tpl
		}
		t.root.add(method, safe(path))
	}
	return t
}

// Template gives the template of path. Names in braces stand for what varies.
// The answer holds only letters, digits and "/{}-._~", whatever the path holds.
func (t *Table) Template(method, path string) string {
	if t == nil || t.root == nil {
		return Other
	}
	if tpl := t.root.match(method, path, 0); tpl != "" {
		return tpl
	}
	return t.learned.template(path)
}

// node is one position of the trie: literal children, one child for any
// segment, and the templates that end here.
type node struct {
	literal map[string]*node
	any     *node
	ends    []end
}

type end struct{ method, template string }

func (n *node) add(method, path string) {
	for rest := path; ; {
		seg, tail := next(rest)
		if seg == "" {
			n.ends = append(n.ends, end{method, path})
			return
		}
		rest = tail
		if strings.HasPrefix(seg, "{") {
			if n.any == nil {
				n.any = &node{}
			}
			n = n.any
			continue
		}
		if n.literal == nil {
			n.literal = map[string]*node{}
		}
		child := n.literal[seg]
		if child == nil {
			child = &node{}
			n.literal[seg] = child
		}
		n = child
	}
}

// match prefers a literal to a parameter at every position, and goes back to
// the parameter where the literal leads nowhere.
func (n *node) match(method, path string, depth int) string {
	seg, rest := next(path)
	if seg == "" {
		return n.endFor(method)
	}
	if depth == maxSegments {
		return ""
	}
	if child := n.literal[seg]; child != nil {
		if tpl := child.match(method, rest, depth+1); tpl != "" {
			return tpl
		}
	}
	if n.any != nil {
		return n.any.match(method, rest, depth+1)
	}
	return ""
}

// endFor gives the template for method, else the one for every method.
func (n *node) endFor(method string) string {
	tpl := ""
	for _, e := range n.ends {
		if e.method == method {
			return e.template
		}
		if e.method == "" && tpl == "" {
			tpl = e.template
		}
	}
	return tpl
}

// next cuts the first segment off a path; empty segments do not count.
func next(path string) (seg, rest string) {
	i := 0
	for i < len(path) && path[i] == '/' {
		i++
	}
	path = path[i:]
	if j := strings.IndexByte(path, '/'); j >= 0 {
		return path[:j], path[j:]
	}
	return path, ""
}

func safe(template string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && (plain(byte(r)) || strings.ContainsRune("/{}", r)) {
			return r
		}
		return '_'
	}, template)
}

func plain(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}
