package dedupe

import (
	"context"
	"errors"
	"net/http"
	"time"

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
//	                                 and for a while nobody joins for this read
//
// The request runs on the leader's goroutine where the leader cannot leave (its
// context has no Done, as most tests and jobs have it). A leader that can leave
// waits like the others, and the request runs under a context of the flight's own.
//
// Each read makes a flight before it knows whether it will join another; one that
// nobody else has seen is used again.
type flight struct {
	read
	s    *state
	base http.RoundTripper
	req  *http.Request // the leader's, or a copy of it
	rank int

	detached       bool // the leader can leave
	leaderDeadline time.Time
	cancel         context.CancelCauseFunc // nil: the leader cannot leave
	writes         uint64                  // state.writes when it began

	// Guarded by state.mu. What follows done is the waiters' to read when that is
	// closed.
	waiting    int
	joined     bool // others than the leader have been here
	leaderLeft bool
	deadline   time.Time      // the latest of those who wait; zero: one has none
	shared     bool           // watched: its answer may go to several
	resp       *http.Response // to be taken by one
	landed     bool
	done       chan struct{} // closed when it has landed; nil where nobody waits for that
	answer     *answer       // to be copied by all
	err        error
	panicked   any
}

// newFlight gives a flight for req that has yet to be described, and to take off.
func (t *Transport) newFlight(req *http.Request) *flight {
	f, _ := t.spare.Get().(*flight)
	if f == nil {
		f = &flight{}
	}
	f.s, f.base, f.req, f.waiting = t.state, t.next(), req, 1
	return f
}

// putBack is for a flight that nobody else has seen, or will.
func (f *flight) putBack() {
	s := f.s
	clear(f.fields)
	*f = flight{read: read{fields: f.fields[:0]}}
	s.spare.Put(f)
}

// takeOff joins a flight for the same read as mine, or begins mine.
func (s *state) takeOff(mine *flight) *flight {
	// Asked before the lock is held: ctx may be the context of another flight.
	ctx := mine.req.Context()
	if s.cfg.Priority != nil {
		mine.rank = s.cfg.Priority(ctx)
	}
	mine.leaderDeadline, _ = ctx.Deadline()
	mine.deadline = mine.leaderDeadline
	mine.detached = ctx.Done() != nil || mine.req.Cancel != nil

	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.joinLocked(mine); f != nil {
		return f
	}
	s.openLocked(mine)
	return mine
}

// joinLocked joins the open flight for mine's read, unless its rank is lower,
// since it may wait where the caller would not, or its answer will be one
// caller's own.
func (s *state) joinLocked(mine *flight) *flight {
	f := s.flights[mine.hash]
	if f == nil || f.rank < mine.rank || !f.same(&mine.read, mine.req.Header) || s.isSolitaryLocked(&mine.read) {
		return nil
	}
	f.waiting++
	f.joined = true
	if f.done == nil {
		f.done = make(chan struct{})
	}
	if mine.deadline.IsZero() || !f.deadline.IsZero() && mine.deadline.After(f.deadline) {
		f.deadline = mine.deadline
	}
	return f
}

// openLocked opens f for joining; it may take the place of one of a lower rank, or
// of another read with the same hash: those can be joined no more, nothing else.
func (s *state) openLocked(f *flight) {
	f.writes = s.writes
	if f.detached {
		f.done = make(chan struct{})
	}
	s.flights[f.hash] = f
}

// lead runs a flight that was begun, and gives its leader the answer.
func (f *flight) lead() (*http.Response, error) {
	req := f.req
	if f.detached {
		f.detach()
		go f.run()
		if err := f.wait(req, true); err != nil {
			return nil, err
		}
		return f.take(req, true)
	}
	f.run()
	if f.joined { // it has landed: nobody joins any more
		return f.take(req, true)
	}
	defer f.putBack()
	if f.answer != nil {
		return f.answer.copyFor(req), nil
	}
	return f.resp, f.err
}

// detach gives f a context of its own and a copy of the leader's request, which
// is the leader's again when it leaves.
func (f *flight) detach() {
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

// run sends the request and lands, whatever happens below.
func (f *flight) run() {
	defer f.crash()
	resp, err := send(f.base, f.req)
	f.land(resp, err)
}

// crash is for a flight that a panic or Goexit has ended. A leader that runs it on
// its own goroutine gets that by itself.
func (f *flight) crash() {
	if f.landed {
		return
	}
	if f.detached {
		f.panicked = recover()
	}
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	f.s.shutLocked(f)
	f.err = ErrSharedCall
	f.landLocked()
}

func (f *flight) land(resp *http.Response, err error) {
	s := f.s
	s.mu.Lock()
	s.shutLocked(f)
	if shared := f.waiting > 1; err == nil && (shared || s.cfg.Coalesce.Reuse > 0) {
		s.mu.Unlock()
		resp = f.share(resp)
		s.mu.Lock()
		if shared && f.answer == nil {
			s.solitaryLocked(&f.read)
		}
	}
	f.err = err
	if f.waiting > 0 {
		f.resp, resp = resp, nil
	}
	f.landLocked()
	s.mu.Unlock()
	if resp != nil {
		resp.Body.Close()
	}
}

// share makes resp the answer for all, where it may be; else it gives resp back.
func (f *flight) share(resp *http.Response) *http.Response {
	if !f.s.shareable(resp) {
		return resp
	}
	a, rest := gather(resp, f.s.cfg.Coalesce.MaxBody)
	if a == nil {
		return rest
	}
	f.s.keepAnswer(f, a.resp, a)
	if f.cancel != nil {
		f.cancel(nil)
	}
	f.answer = a
	return nil
}

func (f *flight) landLocked() {
	f.landed = true
	if f.done != nil {
		close(f.done)
	}
}

// shutLocked ends joining.
func (s *state) shutLocked(f *flight) {
	if s.flights[f.hash] == f {
		delete(s.flights, f.hash)
	}
}

// wait waits for f to land. A caller whose context ends before leaves, with the
// error that it gets.
func (f *flight) wait(req *http.Request, leader bool) error {
	ctx := req.Context()
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
		f.leave(leader, context.Cause(ctx))
		return ended(ctx)
	case <-req.Cancel:
		f.leave(leader, context.Canceled)
		return context.Canceled
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
