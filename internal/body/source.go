package body

import (
	"errors"
	"io"
	"net/http"
	"sync"
)

// Source hands a request's body out once per attempt, a fresh reader each time,
// and closes the caller's body exactly once. A body with GetBody is asked for
// again; another is remembered, up to a bound, while the first attempt streams
// it. Methods may be called from several goroutines: net/http may still read or
// close the first attempt's body after RoundTrip has returned.
//
// The life of it: NewSource, Next once per attempt, and Finish when no attempt
// will follow. The caller's body is closed when the last attempt's reader is, or
// by Finish where no reader is open.
type Source struct {
	getBody func() (io.ReadCloser, error)
	max     int64
	rc      io.ReadCloser // the caller's

	mu       sync.Mutex
	idle     sync.Cond // signalled when no read of rc is under way
	reading  bool
	seen     []byte // what was read of rc, while it is remembered
	over     bool   // more than max was read: it cannot be sent again
	err      error  // how reading rc ended; nil while it goes on
	attempts int
	open     bool // the current attempt's reader is not closed
	finished bool
	closed   bool // rc is closed
}

// ErrNotReplayable says that a body cannot be sent a second time.
var ErrNotReplayable = errors.New("request body cannot be sent again")

var errOvertaken = errors.New("body: read of an earlier attempt's body")

// NewSource takes over req's body. max bounds what is remembered of a body
// without GetBody. It returns nil where req has none; a nil Source is a body
// that is empty at every attempt.
func NewSource(req *http.Request, max int64) *Source {
	if req.Body == nil || req.Body == http.NoBody {
		return nil
	}
	s := &Source{getBody: req.GetBody, max: max, rc: req.Body}
	s.over = req.GetBody == nil && req.ContentLength > max
	s.idle.L = &s.mu
	return s
}

// Next gives the body for one more attempt.
func (s *Source) Next() (io.ReadCloser, error) {
	if s == nil {
		return nil, nil
	}
	s.mu.Lock()
	if s.attempts > 0 && !s.replayableLocked() {
		s.mu.Unlock()
		return nil, ErrNotReplayable
	}
	s.attempts++
	again := s.attempts > 1 && s.getBody != nil
	if !again {
		s.open = true
	}
	n := s.attempts
	s.mu.Unlock()
	if again {
		return s.getBody()
	}
	return &attempt{s: s, n: n}, nil
}

// Replayable tells whether Next can give the body once more.
func (s *Source) Replayable() bool {
	if s == nil {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.replayableLocked()
}

func (s *Source) replayableLocked() bool {
	return s.getBody != nil || !s.over && (s.err == io.EOF || s.err == nil && !s.closed)
}

// Finish says that no attempt follows. A reader still open (net/http may be
// sending while its answer is here already) goes on and closes the caller's body
// with its own Close; otherwise that body is closed now.
func (s *Source) Finish() {
	if s == nil {
		return
	}
	s.mu.Lock()
	s.finished = true
	shut := !s.open
	s.mu.Unlock()
	if shut {
		s.close()
	}
}

// Abort is Finish for a call that has failed: an open reader is cut too.
func (s *Source) Abort() {
	if s == nil {
		return
	}
	s.mu.Lock()
	s.finished, s.open = true, false
	s.mu.Unlock()
	s.close()
}

// close closes the caller's body once; a Close that panics is contained. It must
// not hold mu: Close is how a blocked Read is freed.
func (s *Source) close() {
	s.mu.Lock()
	again := s.closed
	s.closed = true
	s.mu.Unlock()
	if !again {
		defer func() { _ = recover() }()
		s.rc.Close()
	}
}

// attempt reads the source from its start: what is remembered, then the rest.
type attempt struct {
	s   *Source
	n   int // an attempt overtaken by a later one reads no more
	off int
}

func (a *attempt) Read(p []byte) (int, error) {
	s := a.s
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.reading {
		s.idle.Wait()
	}
	if a.n != s.attempts {
		return 0, errOvertaken
	}
	if a.off < len(s.seen) {
		n := copy(p, s.seen[a.off:])
		a.off += n
		return n, nil
	}
	if s.err != nil {
		return 0, s.err
	}
	s.reading = true
	s.mu.Unlock()
	n, err := s.rc.Read(p)
	s.mu.Lock()
	s.reading = false
	s.idle.Broadcast()
	s.err = err
	if s.getBody == nil && !s.over {
		if int64(len(s.seen)+n) > s.max || s.finished && len(s.seen) == 0 {
			s.over, s.seen = true, nil
		} else {
			s.seen = append(s.seen, p[:n]...)
			a.off += n
		}
	}
	return n, err
}

// Close ends this attempt. What a later attempt may still need of the caller's
// body is kept open.
func (a *attempt) Close() error {
	s := a.s
	s.mu.Lock()
	if a.n != s.attempts {
		s.mu.Unlock()
		return nil
	}
	s.open = false
	keep := !s.finished && s.getBody == nil && !s.over && s.err == nil
	s.mu.Unlock()
	if !keep {
		s.close()
	}
	return nil
}
