package platformtest

import (
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Control hands the next call to the API for which match holds, and exactly
// that one, to handle instead of the platform: no limit refuses it, but it is
// counted and judged as any other, and in flight until handle returns. A nil
// match takes the next call; several controls are asked in the order in which
// they were set. taken tells whether the call has come. handle may call s.Serve
// to have the platform answer after all.
func (s *Server) Control(match func(*http.Request) bool, handle http.HandlerFunc) (taken func() bool) {
	c := &control{match: match, handle: handle}
	s.controls.add(c)
	return func() bool { return s.controls.wasTaken(c) }
}

type control struct {
	match  func(*http.Request) bool
	handle http.HandlerFunc
	taken  bool
}

type controls struct {
	mu      sync.Mutex
	pending []*control
}

func (cs *controls) add(c *control) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.pending = append(cs.pending, c)
}

func (cs *controls) wasTaken(c *control) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return c.taken
}

// take finds the handler for r. The caller's match runs with no lock held, so a
// control is claimed after it has matched, and passed over when another call
// was quicker.
func (cs *controls) take(r *http.Request) http.HandlerFunc {
	cs.mu.Lock()
	pending := slices.Clone(cs.pending)
	cs.mu.Unlock()
	for _, c := range pending {
		if (c.match == nil || c.match(r)) && cs.claim(c) {
			return c.handle
		}
	}
	return nil
}

func (cs *controls) claim(c *control) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if c.taken {
		return false
	}
	c.taken = true
	cs.pending = slices.DeleteFunc(cs.pending, func(p *control) bool { return p == c })
	return true
}

// Fault is something that goes wrong with one call.
type Fault uint8

const (
	// CutBefore closes the connection before anything is done.
	CutBefore Fault = iota + 1
	// CutAfter does what was asked, then closes the connection unanswered.
	CutAfter
	// Unavailable answers 503; nothing is done.
	Unavailable
	// SlowBody answers as ever, the body spread over ten seconds.
	SlowBody
	// Truncated breaks the answer's body off half way.
	Truncated
	// Malformed answers 200 with JSON that does not parse; nothing is done.
	Malformed
	// Spurious412 answers 412 although the entity tag is right; nothing is done.
	Spurious412
	// Hang never answers; it ends when the client leaves or the server closes.
	Hang
)

func (f Fault) String() string {
	return name(f, "none", "CutBefore", "CutAfter", "Unavailable", "SlowBody", "Truncated", "Malformed", "Spurious412", "Hang")
}

// slowBody is how long SlowBody takes.
const slowBody = 10 * time.Second

// Inject makes f happen to the next call for which match holds, and to exactly
// that one; see Control. Over HTTP/1.1 net/http sends a GET, or another call
// that may be repeated, again by itself when a connection is cut that it has
// used before: its caller sees nothing of the fault.
func (s *Server) Inject(match func(*http.Request) bool, f Fault) (taken func() bool) {
	if f == 0 || f > Hang {
		panic("platformtest: Inject: there is no fault " + f.String())
	}
	return s.Control(match, func(w http.ResponseWriter, r *http.Request) { s.goWrong(f, w.(*exchange)) })
}

func (s *Server) goWrong(f Fault, x *exchange) {
	switch f {
	case CutBefore:
		panic(http.ErrAbortHandler)
	case CutAfter:
		x.discard = true
		s.platform(x)
		panic(http.ErrAbortHandler)
	case Unavailable:
		s.tellRetry(x, time.Now().Add(time.Second))
		x.fail(http.StatusServiceUnavailable, "the service is not available")
	case SlowBody:
		x.bodyTime = slowBody
		s.platform(x)
	case Truncated:
		x.truncate = true
		s.platform(x)
	case Malformed:
		x.header().Set("Content-Type", "application/json; charset=utf-8")
		x.answer(http.StatusOK, []byte(`{"id":"CON000001","surname":"Bro`))
	case Spurious412:
		x.stale()
	case Hang:
		io.Copy(io.Discard, x.r.Body) // net/http watches for a client that leaves only then
		select {
		case <-x.r.Context().Done():
		case <-s.done:
		}
		panic(http.ErrAbortHandler)
	}
}

// Is matches calls by method and path, for Control and Inject. An empty method
// or path matches all.
func Is(method, path string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		return (method == "" || r.Method == method) && (path == "" || r.URL.Path == path)
	}
}
