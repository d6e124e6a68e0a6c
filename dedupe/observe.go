package dedupe

import (
	"hash/maphash"
	"net/http"

	"github.com/goodtenant/goodtenant/policy"
)

// watch is read under Observe: the call goes out as it is, and counts as shared
// where Enforce would have had it join. A watched flight ends with the first
// response that one of its callers gets, or when all have failed.
func (t *Transport) watch(key []byte, scope int, req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if _, known := t.recent(key); known {
		t.wouldShare(req, SharedRead{Reused: true})
		return t.next().RoundTrip(req)
	}
	rank := 0
	if t.cfg.Priority != nil {
		rank = t.cfg.Priority(ctx)
	}
	f := t.board(key, scope, req, rank)
	ended := false
	defer func() {
		if !ended { // the base panicked
			t.alight(f, nil)
		}
	}()
	resp, err := t.next().RoundTrip(req)
	ended = true
	if t.alight(f, resp) {
		told := false
		defer func() {
			if !told && resp != nil && resp.Body != nil { // the hook panicked: nobody else closes it
				resp.Body.Close()
			}
		}()
		t.wouldShare(req, SharedRead{})
		told = true
	}
	return resp, err
}

// board joins a watched flight, or begins one.
func (s *state) board(key []byte, scope int, req *http.Request, rank int) *flight {
	hash := maphash.Bytes(s.seed, key)
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.watched[hash]
	if f == nil || !f.carries(key) || f.rank < rank {
		f = &flight{hash: hash, key: string(key), size: len(key), scope: scope, path: req.URL.Path, rank: rank, writes: s.writes}
		s.watched[f.hash] = f
	}
	f.waiting++
	return f
}

// alight is for a caller of a watched flight that has its response, or nil for
// none. It tells whether Enforce would have given it another's answer.
func (s *state) alight(f *flight, resp *http.Response) (shared bool) {
	s.mu.Lock()
	f.waiting--
	shared = f.shared
	first := resp != nil && !f.landed
	if first {
		f.landed = true
		f.shared = s.shareable(resp)
	}
	if (first || f.waiting == 0) && s.watched[f.hash] == f {
		delete(s.watched, f.hash)
	}
	s.mu.Unlock()
	if first && f.shared {
		s.keepAnswer(f, resp, nil)
	}
	return shared
}

func (t *Transport) wouldShare(req *http.Request, e SharedRead) {
	e.Mode = policy.Observe
	t.count.wouldShared.Add(1)
	if t.cfg.Hooks.Shared != nil {
		t.cfg.Hooks.Shared(req.Context(), e)
	}
}
