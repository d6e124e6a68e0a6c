package dedupe

import "time"

// Some platforms set a cookie with every answer. Waiting for an answer that then
// may not be shared costs time and saves nothing, so a read whose answer was one
// caller's own is not joined again for a while.
const (
	solitaryFor = time.Minute
	maxSolitary = 4096
)

// solitaryLocked remembers a read, by a keyed hash: it outlives the call.
func (s *state) solitaryLocked(r *read) {
	if len(s.solitary) >= maxSolitary {
		clear(s.solitary)
	}
	s.solitary[s.keyer.Hash(string(r.appendKey(nil)))] = time.Now().Add(solitaryFor)
}

func (s *state) isSolitaryLocked(r *read) bool {
	if len(s.solitary) == 0 {
		return false
	}
	until, ok := s.solitary[s.keyer.Hash(string(r.appendKey(nil)))]
	return ok && time.Now().Before(until)
}
