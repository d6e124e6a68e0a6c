package compliance

import (
	"path"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
)

// sites finds the app's own line that led to a call. Walking the stack costs a
// microsecond or two, so it is done for the first calls of a route and tenant and
// for a few after that; the calls between are taken to come from the same line.
type sites struct {
	mu    sync.Mutex
	seen  map[siteKey]*siteCount
	names map[uintptr]string // of a program counter; "" is not the app's
}

type siteKey struct{ tenant, method, template string }

type siteCount struct {
	calls uint32
	site  string
}

const (
	firstSites = 16
	everySite  = 64
	maxSites   = 4096
)

func newSites() *sites {
	return &sites{seen: map[siteKey]*siteCount{}, names: map[uintptr]string{}}
}

// find gives the site for a call.
func (s *sites) find(key siteKey) string {
	s.mu.Lock()
	c := s.seen[key]
	if c == nil {
		if len(s.seen) >= maxSites {
			clear(s.seen)
		}
		c = &siteCount{}
		s.seen[key] = c
	}
	c.calls++
	if c.calls > firstSites && c.calls%everySite != 0 {
		site := c.site
		s.mu.Unlock()
		return site
	}
	s.mu.Unlock()
	var pcs [48]uintptr
	n := runtime.Callers(3, pcs[:])
	s.mu.Lock()
	defer s.mu.Unlock()
	c.site = s.first(pcs[:n])
	return c.site
}

// last is the site of the newest call that find was asked about: where the call
// came from that an attempt at the wire belongs to, most likely.
func (s *sites) last(key siteKey) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.seen[key]; c != nil {
		return c.site
	}
	return ""
}

// first is the innermost frame that is the app's.
func (s *sites) first(pcs []uintptr) string {
	for _, pc := range pcs {
		name, ok := s.names[pc]
		if !ok {
			name = nameSite(pc)
			if len(s.names) >= maxSites {
				clear(s.names)
			}
			s.names[pc] = name
		}
		if name != "" {
			return name
		}
	}
	return ""
}

const module = "github.com/goodtenant/goodtenant"

// nameSite is "dir/file.go:line" of a frame of the app, "" of any other: the
// standard library, this module, and the usual layers between an app and its
// client.
func nameSite(pc uintptr) string {
	frames := runtime.CallersFrames([]uintptr{pc})
	f, _ := frames.Next()
	for _, prefix := range [...]string{"net/http.", "runtime.", "golang.org/x/oauth2", module} {
		if strings.HasPrefix(f.Function, prefix) && !strings.HasSuffix(f.File, "_test.go") {
			return ""
		}
	}
	if f.File == "" || standard(f) {
		return ""
	}
	dir, file := path.Split(f.File)
	return path.Join(path.Base(dir), file) + ":" + strconv.Itoa(f.Line)
}

// standard tells whether f is of the standard library, by where its source is.
func standard(f runtime.Frame) bool {
	file, _ := runtime.FuncForPC(reflect.ValueOf(runtime.Callers).Pointer()).FileLine(0)
	root, _, _ := strings.Cut(file, "runtime/")
	if root != "" {
		return strings.HasPrefix(f.File, root)
	}
	first, _, _ := strings.Cut(f.File, "/")
	return !strings.Contains(first, ".") && !strings.HasPrefix(f.Function, "main.")
}
