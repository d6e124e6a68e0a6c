package dedupe

import "time"

// Some platforms set a cookie with every answer. Waiting for an answer that then
// may not be shared costs time and saves nothing, so a read whose answer was one
// caller's own is not joined again for a while.
const (
	solitaryFor = time.Minute
	maxSolitary = 4096
)

// solitaryLocked remembers f's read, by a keyed hash: it outlives the call.
func (s *state) solitaryLocked(f *flight) {
	if len(s.solitary) >= maxSolitary {
		clear(s.solitary)
	}
	s.solitary[s.keyer.Hash(f.key[:f.size])] = time.Now().Add(solitaryFor)
}

func (s *state) isSolitaryLocked(key []byte) bool {
	if len(s.solitary) == 0 {
		return false
	}
	until, ok := s.solitary[s.keyer.Hash(string(key))]
	return ok && time.Now().Before(until)
}
