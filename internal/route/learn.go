package route

import (
	"strings"
	"sync"
)

const (
	maxTemplates = 256 // learned templates; more are Other
	maxLiterals  = 50  // values of one position; more make it a parameter
	maxNodes     = 4096
	maxLiteral   = 32 // bytes of a segment that may be a name
)

// learner builds templates from the paths it sees. A segment is a name until
// its look (varies) or the number of its values says that it varies.
type learner struct {
	mu        sync.RWMutex
	root      *learned
	templates int
	nodes     int
}

type learned struct {
	literal  map[string]*learned
	any      *learned
	wide     bool // more than maxLiterals values were seen here
	template string
}

func newLearner() *learner { return &learner{root: &learned{}} }

func (l *learner) template(path string) string {
	l.mu.RLock()
	tpl := l.find(path)
	l.mu.RUnlock()
	if tpl != "" {
		return tpl
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.learn(path)
}

func (l *learner) find(path string) string {
	n := l.root
	for depth := 0; n != nil; depth++ {
		seg, rest := next(path)
		if seg == "" {
			return n.template
		}
		if depth == maxSegments {
			return Other
		}
		path = rest
		if n.wide || varies(seg) {
			n = n.any
		} else {
			n = n.literal[seg]
		}
	}
	if l.full() {
		return Other
	}
	return ""
}

func (l *learner) full() bool { return l.templates >= maxTemplates || l.nodes >= maxNodes }

// learn walks path and adds what is missing.
func (l *learner) learn(path string) string {
	var name strings.Builder
	n, rest := l.root, path
	for depth := 0; depth <= maxSegments; depth++ {
		var seg string
		seg, rest = next(rest)
		if seg == "" {
			return l.end(n, name.String())
		}
		name.WriteByte('/')
		if n.wide || varies(seg) {
			name.WriteString("{x}")
			if n.any == nil {
				n.any = &learned{}
				l.nodes++
			}
			n = n.any
			continue
		}
		child := n.literal[seg]
		if child == nil {
			if len(n.literal) == maxLiterals {
				l.widen(n)
				return l.learn(path)
			}
			if l.full() {
				return Other
			}
			if n.literal == nil {
				n.literal = map[string]*learned{}
			}
			child = &learned{}
			n.literal[strings.Clone(seg)] = child
			l.nodes++
		}
		name.WriteString(seg)
		n = child
	}
	return Other
}

func (l *learner) end(n *learned, name string) string {
	switch {
	case n.template != "":
	case l.templates >= maxTemplates:
		return Other
	case name == "":
		n.template, l.templates = "/", l.templates+1
	default:
		n.template, l.templates = name, l.templates+1
	}
	return n.template
}

// widen forgets the names at a position that turned out to vary.
func (l *learner) widen(n *learned) {
	n.wide = true
	for _, child := range n.literal {
		l.forget(child)
	}
	n.literal = nil
}

func (l *learner) forget(n *learned) {
	l.nodes--
	if n.template != "" {
		l.templates--
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
	digits, hex, capitals := 0, 0, 0
	for i := 0; i < len(seg); i++ {
		c := seg[i]
		if !plain(c) {
			return true
		}
		switch {
		case c >= '0' && c <= '9':
			digits++
			hex++
		case c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F':
			hex++
		}
		if c >= 'A' && c <= 'Z' {
			if capitals++; capitals > 1 {
				return true // names write capitals one at a time
			}
		} else {
			capitals = 0
		}
	}
	return digits*3 >= len(seg) || len(seg) >= 8 && hex == len(seg) && digits > 0
}

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
