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

// Template is what a path stands for.
type Template struct {
	Name string // holds only letters, digits and "/{}-._~", whatever the path holds
	ID   int    // of its table, below Table.Bound; 0 is Other's; a forgotten one's may come again
}

var other = &Template{Name: Other}

// Table maps paths to templates. The zero value and nil know no template and
// give Other; use New. Safe for concurrent use. Looking up takes no lock and does
// not allocate, except when a path is learned for the first time.
type Table struct {
	root    *node
	known   int // templates that were given
	learned *learner
}

// New makes a table of templates such as "/contacts/{id}" or, for one method
// only, "GET /contacts/{id}". A trailing slash makes no difference to what
// matches, and is kept in the template that is given back. Characters that are
// not safe in a name are replaced by "_".
func New(templates []string) *Table {
	t := &Table{root: &node{}, known: len(templates), learned: newLearner(1 + len(templates))}
	for i, tpl := range templates {
		method, path, ok := strings.Cut(tpl, " ")
		if !ok {
			method, path = "", tpl
		}
		t.root.add(method, &Template{safe(path), 1 + i})
	}
	return t
}

// Bound is one more than the largest ID that a template of t can have.
func (t *Table) Bound() int {
	if t == nil {
		return 1
	}
	return 1 + t.known + maxTemplates
}

// Find gives the template of path. Names in braces stand for what varies.
func (t *Table) Find(method, path string) *Template {
	if t == nil || t.root == nil {
		return other
	}
	if t.known > 0 {
		if tpl := t.root.match(method, path, 0); tpl != nil {
			return tpl
		}
	}
	return t.learned.find(path)
}

// node is one position of the trie: literal children, one child for any
// segment, and the templates that end here.
type node struct {
	literal map[string]*node
	any     *node
	ends    []end
}

type end struct {
	method   string
	template *Template
}

func (n *node) add(method string, tpl *Template) {
	for rest := tpl.Name; ; {
		seg, tail := next(rest)
		if seg == "" {
			n.ends = append(n.ends, end{method, tpl})
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
func (n *node) match(method, path string, depth int) *Template {
	seg, rest := next(path)
	if seg == "" {
		return n.endFor(method)
	}
	if depth == maxSegments {
		return nil
	}
	if child := n.literal[seg]; child != nil {
		if tpl := child.match(method, rest, depth+1); tpl != nil {
			return tpl
		}
	}
	if n.any != nil {
		return n.any.match(method, rest, depth+1)
	}
	return nil
}

// endFor gives the template for method, else the one for every method.
func (n *node) endFor(method string) (tpl *Template) {
	for _, e := range n.ends {
		if e.method == method {
			return e.template
		}
		if e.method == "" && tpl == nil {
			tpl = e.template
		}
	}
	return tpl
}

// Segment cuts the first segment off a path or a template; empty segments do not
// count. At the end seg is empty.
func Segment(path string) (seg, rest string) { return next(path) }

// LastSegment cuts the last segment off a path.
func LastSegment(path string) (rest, seg string) {
	end := len(path)
	for end > 0 && path[end-1] == '/' {
		end--
	}
	i := end
	for i > 0 && path[i-1] != '/' {
		i--
	}
	return path[:i], path[i:end]
}

// next is Segment.
func next(path string) (seg, rest string) {
	i := 0
	for i < len(path) && path[i] == '/' {
		i++
	}
	if path = path[i:]; path == "" {
		return "", ""
	}
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
