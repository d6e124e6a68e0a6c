package dedupe

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/maphash"
	"net/http"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/goodtenant/goodtenant/internal/body"
)

// A flight is one request on its way for all who wait for its answer. It belongs
// to them all, not to its leader:
//
//	state    event                   effect
//	open     another caller          joins, if its rank is not above the flight's
//	open     a write ends            shut: those who wait go on, nobody joins
//	open     a caller leaves         gets its context's error; others wait on
//	any      the last caller leaves  shut first, then cancelled: nobody joins a dying flight
//	open     response headers        shut; landed
//	open     error                   shut; all get it, but for a timeout of the
//	                                 leader's own: who has more time flies again
//	open     panic, Goexit           shut; the leader has it again, others ErrSharedCall
//	landed   one caller waits        it gets the response itself, body unread
//	landed   several wait            the body is gathered, each gets a copy; where it
//	                                 may not be shared, one gets it, the others fetch,
//	                                 and for a while nobody joins for this key
//
// The request runs on the leader's goroutine through singleflight.Do where the
// leader cannot leave (its context has no Done, as most tests and jobs have it):
// that costs three allocations. A leader that can leave waits like the others,
// with DoChan, and the request runs under a context of the flight's own.
type flight struct {
	s     *state
	key   string // the read's key, then a number of its own
	size  int    // of the read's key in key
	hash  uint64 // of the read\'s key
	scope int    // of the endpoint and tenant in key
	path  string
	base  http.RoundTripper
	req   *http.Request
	rank  int

	started        bool // ordered by singleflight: run is never called twice at once
	leaderDeadline time.Time
	cancel         context.CancelCauseFunc // nil: the leader cannot leave
	writes         uint64                  // state.writes when it began

	// Guarded by state.mu.
	waiting    int
	leaderLeft bool
	deadline   time.Time     // the latest of those who wait; zero: one has none
	gone       chan struct{} // closed when run ended without an answer
	landed     bool
	shared     bool           // watched: its answer may go to several
	resp       *http.Response // to be taken by one
	answer     *answer        // to be copied by all
	err        error
	panicked   any
}

// takeOff joins a flight for key, or begins one. ch gives word when it has
// landed; it is nil for a leader that must run it on its own goroutine.
func (t *Transport) takeOff(key []byte, scope int, req *http.Request) (f *flight, leader bool, ch <-chan singleflight.Result) {
	s, ctx, rank := t.state, req.Context(), 0
	if s.cfg.Priority != nil {
		rank = s.cfg.Priority(ctx)
	}
	// Asked before the lock is held: ctx may be the context of another flight.
	deadline, _ := ctx.Deadline()
	detached := ctx.Done() != nil || req.Cancel != nil
	hash := maphash.Bytes(s.seed, key)

	s.mu.Lock()
	defer s.mu.Unlock()
	if f, ch = s.joinLocked(hash, key, rank, deadline); f != nil {
		return f, false, ch
	}
	if !detached {
		f = t.newFlight(hash, key, scope, req, rank)
		s.openLocked(f)
		return f, true, nil
	}
	s.mu.Unlock()
	mine := t.newFlight(hash, key, scope, req, rank)
	mine.detach(deadline)
	s.mu.Lock()
	if f, ch = s.joinLocked(hash, key, rank, deadline); f != nil {
		return f, false, ch // one that began meanwhile
	}
	s.openLocked(mine)
	return mine, true, s.group.DoChan(mine.name(), mine.run)
}

// joinLocked joins the open flight for key, unless its rank is lower, since it may
// wait where the caller would not, or its answer will be one caller's own.
func (s *state) joinLocked(hash uint64, key []byte, rank int, deadline time.Time) (*flight, <-chan singleflight.Result) {
	f := s.flights[hash]
	if f == nil || !f.carries(key) || f.rank < rank || s.isSolitaryLocked(key) {
		return nil, nil
	}
	f.waiting++
	if f.gone == nil {
		f.gone = make(chan struct{})
	}
	if deadline.IsZero() || !f.deadline.IsZero() && deadline.After(f.deadline) {
		f.deadline = deadline
	}
	return f, s.group.DoChan(f.name(), f.run)
}

// openLocked opens f for joining; it may take the place of one of a lower rank, or
// of another key with the same hash: those can be joined no more, nothing else.
func (s *state) openLocked(f *flight) {
	f.writes = s.writes
	s.flights[f.hash] = f
}

// carries tells whether f is for this very read: equal hashes are not enough.
func (f *flight) carries(key []byte) bool { return f.key[:f.size] == string(key) }

// name is f's own in state.group.
func (f *flight) name() string { return f.key[f.size:] }

func (t *Transport) newFlight(hash uint64, key []byte, scope int, req *http.Request, rank int) *flight {
	f := &flight{s: t.state, hash: hash, size: len(key), scope: scope, path: req.URL.Path, base: t.next(), req: req, rank: rank, waiting: 1}
	f.key = string(binary.BigEndian.AppendUint64(key, t.number.Add(1)))
	return f
}

// detach gives f a context of its own and a copy of the leader's request, which
// is the leader's again when it leaves.
func (f *flight) detach(deadline time.Time) {
	f.leaderDeadline, f.deadline = deadline, deadline
	f.gone = make(chan struct{})
	own := &flightContext{f: f}
	own.Context, f.cancel = context.WithCancelCause(context.WithoutCancel(f.req.Context()))
	f.req = f.req.Clone(own)
	f.req.Cancel = nil
}

// flightContext is the context of a flight whose leader can leave: the leader's
// values, the flight's own end, and the latest deadline of those who wait.
type flightContext struct {
	context.Context
	f *flight
}

func (c *flightContext) Deadline() (time.Time, bool) {
	c.f.s.mu.Lock()
	defer c.f.s.mu.Unlock()
	return c.f.deadline, !c.f.deadline.IsZero()
}

// run sends the request and lands. It returns to singleflight whatever happens
// below but Goexit, which closes gone instead.
func (f *flight) run() (any, error) {
	if f.started {
		return nil, nil // a follower's DoChan came before the leader's Do, and ended before it
	}
	f.started = true
	defer func() {
		if f.landed {
			return
		}
		f.panicked = recover()
		f.s.mu.Lock()
		defer f.s.mu.Unlock()
		f.s.shutLocked(f)
		f.err = ErrSharedCall
		f.landed = true
		if f.gone != nil {
			close(f.gone)
		}
	}()
	resp, err := send(f.base, f.req)
	f.land(resp, err)
	return nil, nil
}

func (f *flight) land(resp *http.Response, err error) {
	s := f.s
	s.mu.Lock()
	s.shutLocked(f)
	shared := f.waiting > 1
	s.mu.Unlock()

	var a *answer
	if err == nil && (shared || s.cfg.Coalesce.Reuse > 0) && s.shareable(resp) {
		if a, resp = gather(resp, s.cfg.Coalesce.MaxBody); a != nil {
			s.keepAnswer(f, a.resp, a)
			if f.cancel != nil {
				f.cancel(nil)
			}
		}
	}
	s.mu.Lock()
	if shared && err == nil && a == nil {
		s.solitaryLocked(f)
	}
	f.answer, f.err, f.landed = a, err, true
	if f.waiting > 0 {
		f.resp, resp = resp, nil
	}
	s.mu.Unlock()
	if resp != nil {
		resp.Body.Close()
	}
}

// shutLocked ends joining.
func (s *state) shutLocked(f *flight) {
	if s.flights[f.hash] == f {
		delete(s.flights, f.hash)
	}
}

// leave is for a caller whose context has ended.
func (f *flight) leave(leader bool, cause error) {
	f.s.mu.Lock()
	f.waiting--
	f.leaderLeft = f.leaderLeft || leader
	var orphan *http.Response
	last := f.waiting == 0
	if last {
		f.s.shutLocked(f)
		orphan, f.resp = f.resp, nil
	}
	f.s.mu.Unlock()
	if last && f.cancel != nil {
		f.cancel(cause)
	}
	if orphan != nil {
		orphan.Body.Close()
	}
}

// take gives a caller what it has waited for: a copy of the answer, the response
// itself, an error, or nothing, and then it has to fetch for itself.
func (f *flight) take(req *http.Request, leader bool) (*http.Response, error) {
	f.s.mu.Lock()
	f.waiting--
	var resp *http.Response
	if leader || f.leaderLeft {
		resp, f.resp = f.resp, nil
	}
	f.s.mu.Unlock()
	switch {
	case f.answer != nil:
		return f.answer.copyFor(req), nil
	case resp != nil:
		f.bind(resp, req)
		return resp, nil
	case leader && f.panicked != nil:
		panic(f.panicked)
	}
	return nil, f.err
}

// bind ties the response of a flight that runs under a context of its own to the
// caller that took it: its body ends with that caller's context.
func (f *flight) bind(resp *http.Response, req *http.Request) {
	if resp.Request == f.req {
		resp.Request = req
	}
	if f.cancel == nil {
		return
	}
	if resp.Body == http.NoBody {
		f.cancel(nil)
		return
	}
	ctx := req.Context()
	stop := context.AfterFunc(ctx, func() { f.cancel(context.Cause(ctx)) })
	ended := make(chan struct{})
	resp.Body = body.OnEnd(resp.Body, func(body.End) {
		stop()
		close(ended)
		f.cancel(nil)
	})
	if req.Cancel != nil {
		go func() {
			select {
			case <-req.Cancel:
				f.cancel(context.Canceled)
			case <-ended:
			}
		}()
	}
}

// outlives tells whether a caller has time left after an error that came from
// the leader's own deadline.
func (f *flight) outlives(ctx context.Context) bool {
	if f.leaderDeadline.IsZero() || !isTimeout(f.err) {
		return false
	}
	d, ok := ctx.Deadline()
	return !ok || d.After(f.leaderDeadline)
}

func isTimeout(err error) bool {
	t, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok && t.Timeout()
}

var errNoResponse = errors.New("dedupe: the base returned neither a response nor an error")

// send calls base and mends what breaks the contract of a RoundTripper: a
// response with an error, neither, a nil body.
func send(base http.RoundTripper, req *http.Request) (*http.Response, error) {
	resp, err := base.RoundTrip(req)
	switch {
	case err != nil && resp != nil && resp.Body != nil:
		resp.Body.Close()
		fallthrough
	case err != nil:
		return nil, err
	case resp == nil:
		return nil, errNoResponse
	case resp.Body == nil:
		resp.Body = http.NoBody
	}
	return resp, nil
}
