package dedupe

import (
	"net/http"
	"time"
)

// maxKept bounds the bytes that Coalesce.Reuse keeps, all answers together.
const maxKept = 16 << 20

// kept is an answer within Coalesce.Reuse. Its map key is a keyed hash: it
// outlives the call that brought the credential.
type kept struct {
	answer *answer // nil: seen under Observe, its body is not here
	until  time.Time
	scope  scope
	path   string
	size   int
}

// keptCost stands for what an entry takes beside its texts.
const keptCost = 512

// weight is what keeping a takes, in bytes, more or less.
func (a *answer) weight() int {
	n := keptCost
	if a == nil {
		return n
	}
	for name, values := range a.resp.Header {
		for _, v := range values {
			n += len(name) + len(v) + 32
		}
	}
	return n + len(a.data)
}

// keepAnswer stores the answer of a flight during which no write has ended.
func (s *state) keepAnswer(f *flight, resp *http.Response, a *answer) {
	window := s.cfg.Coalesce.Reuse
	if window <= 0 || resp.StatusCode != http.StatusOK ||
		anyToken(resp.Header["Cache-Control"], "no-cache", "max-age=0") {
		return
	}
	key := string(f.appendKey(nil))
	hash := s.keyer.Hash(key)
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writes != f.writes {
		return
	}
	k := kept{answer: a, until: now.Add(window), scope: f.scope, path: f.path}
	k.size = a.weight() + len(key) + len(f.path)
	s.dropLocked(hash)
	if s.keptBytes+k.size > maxKept || now.After(s.keptUntil) {
		clear(s.kept)
		s.keptBytes = 0
	}
	s.kept[hash] = k
	s.keptBytes += k.size
	s.keptUntil = now.Add(window)
}

func (s *state) dropLocked(hash [16]byte) {
	s.keptBytes -= s.kept[hash].size
	delete(s.kept, hash)
}

// recent gives the answer that came within Coalesce.Reuse, if there is one. Under
// Observe, whether there is one.
func (s *state) recent(r *read) (a *answer, known bool) {
	if s.cfg.Coalesce.Reuse <= 0 {
		return nil, false
	}
	hash := s.keyer.Hash(string(r.appendKey(nil)))
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.kept[hash]
	if !ok || time.Now().After(k.until) {
		return nil, false
	}
	return k.answer, true
}

// wrote ends joining, and forgets answers, for what a write may have changed: a
// read that begins after it must not get an answer from before it.
func (s *state) wrote(req *http.Request) {
	scope := s.scopeOf(req)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
	for _, flights := range []map[uint64]*flight{s.flights, s.watched} {
		for hash, f := range flights {
			if f.scope == scope && touches(req.Method, req.URL.Path, f.path) {
				delete(flights, hash)
			}
		}
	}
	for hash, k := range s.kept {
		if k.scope == scope && touches(req.Method, req.URL.Path, k.path) {
			s.dropLocked(hash)
		}
	}
}
