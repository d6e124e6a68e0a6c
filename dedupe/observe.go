package dedupe

import (
	"net/http"

	"github.com/goodtenant/goodtenant/policy"
)

// watch is read under Observe: the call goes out as it is, and counts as shared
// where Enforce would have had it join. A watched flight ends with the first
// response that one of its callers gets, or when all have failed.
func (t *Transport) watch(mine *flight) (*http.Response, error) {
	req := mine.req
	if _, known := t.recent(&mine.read); known {
		mine.putBack()
		t.wouldShare(req, SharedRead{Reused: true})
		return t.next().RoundTrip(req)
	}
	if t.cfg.Priority != nil {
		mine.rank = t.cfg.Priority(req.Context())
	}
	f := t.board(mine)
	ended := false
	defer func() {
		if !ended { // the base panicked
			t.alight(f, nil)
		}
	}()
	resp, err := t.next().RoundTrip(req)
	ended = true
	shared, alone := t.alight(f, resp)
	if f != mine || alone {
		mine.putBack()
	}
	if shared {
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

// board joins a watched flight, or begins mine.
func (s *state) board(mine *flight) *flight {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.watched[mine.hash]
	if f == nil || f.rank < mine.rank || !f.same(&mine.read, mine.req.Header) {
		mine.writes = s.writes
		s.watched[mine.hash] = mine
		return mine
	}
	f.waiting++
	f.joined = true
	return f
}

// alight is for a caller of a watched flight that has its response, or nil for
// none. It tells whether Enforce would have given it another's answer, and whether
// nobody else has seen f.
func (s *state) alight(f *flight, resp *http.Response) (shared, alone bool) {
	s.mu.Lock()
	f.waiting--
	shared, alone = f.shared, !f.joined
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
	return shared, alone
}

func (t *Transport) wouldShare(req *http.Request, e SharedRead) {
	e.Mode = policy.Observe
	t.count.wouldShared.Add(1)
	if t.cfg.Hooks.Shared != nil {
		t.cfg.Hooks.Shared(req.Context(), e)
	}
}
