package route

import (
	"maps"
	"strings"
	"sync"
	"sync/atomic"
)

const (
	maxTemplates = 256 // learned templates; more are Other
	maxLiterals  = 50  // values of one position; more make it a parameter
	maxNodes     = 4096
	maxLiteral   = 32 // bytes of a segment that may be a name
)

// learner builds templates from the paths it sees. A segment is a name until
// its look (varies) or the number of its values says that it varies. What it has
// learned is never changed, but replaced, so that reading takes no lock.
type learner struct {
	root atomic.Pointer[learned]

	mu        sync.Mutex // of who learns
	templates int
	nodes     int
	free      []int // IDs
}

type learned struct {
	literal  map[string]*learned
	any      *learned
	wide     bool // more than maxLiterals values were seen here
	template *Template
}

// newLearner makes one whose first template gets the ID first.
func newLearner(first int) *learner {
	l := &learner{}
	for i := range maxTemplates {
		l.free = append(l.free, first+maxTemplates-1-i)
	}
	l.root.Store(&learned{})
	return l
}

func (l *learner) find(path string) *Template {
	n, rest := l.root.Load(), path
	for depth := 0; n != nil; depth++ {
		var seg string
		if seg, rest = next(rest); seg == "" {
			if n.template == nil {
				break
			}
			return n.template
		}
		if depth == maxSegments {
			return other
		}
		child := n.literal[seg]
		if child == nil && (n.wide || varies(seg)) {
			child = n.any
		}
		n = child
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.full() {
		return other
	}
	root, tpl := l.learn(l.root.Load(), path, "", 0)
	l.root.Store(root)
	return tpl
}

func (l *learner) full() bool { return l.templates >= maxTemplates || l.nodes >= maxNodes }

// learn gives n with the rest of path under it, and path's template. name is that
// of the segments before.
func (l *learner) learn(n *learned, path, name string, depth int) (*learned, *Template) {
	seg, rest := next(path)
	if seg == "" {
		return l.end(n, name)
	}
	if depth == maxSegments {
		return n, other
	}
	grown := *n
	if n.wide || varies(seg) {
		if grown.any == nil {
			if l.full() {
				return n, other
			}
			grown.any = l.node()
		}
		var tpl *Template
		grown.any, tpl = l.learn(grown.any, rest, name+"/{x}", depth+1)
		return &grown, tpl
	}
	child := n.literal[seg]
	if child == nil {
		if len(n.literal) == maxLiterals {
			return l.learn(l.widen(n), path, name, depth)
		}
		if l.full() {
			return n, other
		}
		child = l.node()
	}
	child, tpl := l.learn(child, rest, name+"/"+seg, depth+1)
	grown.literal = maps.Clone(n.literal)
	if grown.literal == nil {
		grown.literal = map[string]*learned{}
	}
	grown.literal[strings.Clone(seg)] = child
	return &grown, tpl
}

func (l *learner) node() *learned {
	l.nodes++
	return &learned{}
}

func (l *learner) end(n *learned, name string) (*learned, *Template) {
	if n.template != nil {
		return n, n.template
	}
	if l.templates >= maxTemplates {
		return n, other
	}
	if name == "" {
		name = "/"
	}
	ended := *n
	last := len(l.free) - 1
	ended.template = &Template{name, l.free[last]}
	l.free, l.templates = l.free[:last], l.templates+1
	return &ended, ended.template
}

// widen is n without the names at its position, which turned out to vary.
func (l *learner) widen(n *learned) *learned {
	for _, child := range n.literal {
		l.forget(child)
	}
	return &learned{any: n.any, wide: true, template: n.template}
}

func (l *learner) forget(n *learned) {
	l.nodes--
	if n.template != nil {
		l.templates--
		l.free = append(l.free, n.template.ID)
	}
	for _, child := range n.literal {
		l.forget(child)
	}
	if n.any != nil {
		l.forget(n.any)
	}
}

// varies tells whether a segment looks like a value and not like the name of a
// resource: a third of it digits (ids such as "ABC123", UUIDs, dates), all
// capitals, long, long hexadecimal, or holding anything that no name holds. A
// version such as "v1" is a name.
func varies(seg string) bool {
	if len(seg) > maxLiteral {
		return true
	}
	if version(seg) {
		return false
	}
	digits, hex, before := 0, 0, looks(0)
	for i := 0; i < len(seg); i++ {
		c := letters[seg[i]]
		if c == 0 || c&before&capital != 0 {
			return true // names write capitals one at a time
		}
		if c&digit != 0 {
			digits++
		}
		if c&hexadecimal != 0 {
			hex++
		}
		before = c
	}
	return digits*3 >= len(seg) || len(seg) >= 8 && hex == len(seg) && digits > 0
}

// looks is what a byte of a segment is; 0: nothing that a name holds.
type looks uint8

const (
	inName looks = 1 << iota
	digit
	hexadecimal
	capital
)

var letters = func() (all [256]looks) {
	for i := range all {
		c := byte(i)
		if !plain(c) {
			continue
		}
		all[i] = inName
		if c >= 'A' && c <= 'Z' {
			all[i] |= capital
		}
		if c >= '0' && c <= '9' {
			all[i] |= digit | hexadecimal
		}
		if c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' {
			all[i] |= hexadecimal
		}
	}
	return all
}()

func version(seg string) bool {
	if len(seg) < 2 || len(seg) > 4 || seg[0] != 'v' {
		return false
	}
	for i := 1; i < len(seg); i++ {
		if seg[i] < '0' || seg[i] > '9' {
			return false
		}
	}
	return true
}
