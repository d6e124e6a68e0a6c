package platformtest

import (
	"encoding/json"
	"net/http"
)

// Control hands the next call to the API for which match holds, and exactly
// that one, to handle instead of the platform. It is counted and judged as any
// other. A nil match takes the next call; several controls are asked in the
// order in which they were set. taken tells whether the call has come. handle
// may call s.Serve to have the platform answer after all.
func (s *Server) Control(match func(*http.Request) bool, handle http.HandlerFunc) (taken func() bool) {
	return nil
}

// Serve answers r as the platform does, without counting it again: for use in
// a Control.
func (s *Server) Serve(w http.ResponseWriter, r *http.Request) {}

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

// Inject makes f happen to the next call for which match holds, and to exactly
// that one; see Control.
func (s *Server) Inject(match func(*http.Request) bool, f Fault) (taken func() bool) { return nil }

// Is matches calls by method and path, for Control and Inject. An empty method
// or path matches all.
func Is(method, path string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		return (method == "" || r.Method == method) && (path == "" || r.URL.Path == path)
	}
}

// Entity returns an entity as the platform holds it now, or nil: for a test to
// look at. It is no call and counts as none.
func (s *Server) Entity(tenant, collection, id string) json.RawMessage { return nil }

// Edit is another app's edit: it merges patch (RFC 7396) into the entity, which
// gets a new entity tag. It is no call and counts as none.
func (s *Server) Edit(tenant, collection, id string, patch any) error { return nil }

// Create is another app's create: it adds an entity without validation or index
// lag, and returns its id.
func (s *Server) Create(tenant, collection string, entity any) (id string, err error) { return "", nil }

// IDs returns the ids of a customer's living entities, in the platform's order.
func (s *Server) IDs(tenant, collection string) []string { return nil }
