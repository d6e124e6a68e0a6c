package dedupe

import (
	"context"
	"errors"
	"net/http"

	"github.com/goodtenant/goodtenant/policy"
)

// read sends a GET or HEAD, or shares another's answer.
func (t *Transport) read(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if t.cfg.Coalesce.Enabled == policy.Off || !plainRead(req) || ctx.Value(noCoalescing) != nil {
		return send(t.next(), req)
	}
	mine := t.newFlight(req)
	if !t.describe(&mine.read, req) {
		mine.putBack()
		t.warnNoCredential(req)
		return send(t.next(), req)
	}
	t.count.reads.Add(1)
	if t.Mode() == policy.Observe {
		return t.watch(mine)
	}
	if a, _ := t.recent(&mine.read); a != nil {
		mine.putBack()
		t.shared(ctx, SharedRead{Reused: true})
		return a.copyFor(req), nil
	}
	return t.fly(mine)
}

// maxFlights bounds how often a caller flies again after another's deadline.
const maxFlights = 3

// fly takes off with mine, or follows another flight in its place.
func (t *Transport) fly(mine *flight) (*http.Response, error) {
	req := mine.req
	ctx := req.Context()
	for n := 1; ; n++ {
		if context.Cause(ctx) != nil {
			mine.putBack()
			return nil, ended(ctx)
		}
		f := t.takeOff(mine)
		if f == mine {
			return f.lead()
		}
		err := f.wait(req, false)
		if err != nil {
			mine.putBack()
			return nil, err
		}
		resp, err := f.take(req, false)
		switch {
		case err != nil && n < maxFlights && f.outlives(ctx):
			continue
		case f.answer != nil:
			t.shared(ctx, SharedRead{Leader: f.req.Context()})
		case resp == nil && err == nil:
			t.count.unshared.Add(1)
			resp, err = send(t.next(), req)
		}
		mine.putBack()
		return resp, err
	}
}

// shared counts a call saved, or that Enforce would have saved.
func (t *Transport) shared(ctx context.Context, e SharedRead) {
	e.Mode = policy.Enforce
	t.count.shared.Add(1)
	if e.Reused {
		t.count.reused.Add(1)
	}
	if t.cfg.Hooks.Shared != nil {
		t.cfg.Hooks.Shared(ctx, e)
	}
}

// ended is the error of a call whose context has ended: the cause, which still
// answers errors.Is for the context's own error.
func ended(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return &endedError{err: err, cause: cause}
}

type endedError struct{ err, cause error }

func (e *endedError) Error() string   { return e.err.Error() }
func (e *endedError) Unwrap() []error { return []error{e.err, e.cause} }
func (e *endedError) Timeout() bool   { return e.err == context.DeadlineExceeded }
