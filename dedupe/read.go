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
	if t.cfg.Coalesce.Enabled == policy.Off || ctx.Value(noCoalescing) != nil {
		return send(t.next(), req)
	}
	var space [keySpace]byte
	key, scope, ok := t.appendKey(space[:0], req)
	if !ok {
		t.warnNoCredential(req)
		return send(t.next(), req)
	}
	t.count.reads.Add(1)
	if t.Mode() == policy.Observe {
		return t.watch(key, scope, req)
	}
	if a, _ := t.recent(key); a != nil {
		t.shared(ctx, SharedRead{Reused: true})
		return a.copyFor(req), nil
	}
	return t.fly(key, scope, req)
}

// maxFlights bounds how often a caller flies again after another's deadline.
const maxFlights = 3

func (t *Transport) fly(key []byte, scope int, req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	for n := 1; ; n++ {
		if err := context.Cause(ctx); err != nil {
			return nil, ended(ctx)
		}
		f, leader, ch := t.takeOff(key, scope, req)
		if ch == nil {
			t.group.Do(f.name(), f.run)
			return f.take(req, true)
		}
		select {
		case <-ch:
		case <-f.gone:
		case <-ctx.Done():
			f.leave(leader, context.Cause(ctx))
			return nil, ended(ctx)
		case <-req.Cancel:
			f.leave(leader, context.Canceled)
			return nil, context.Canceled
		}
		resp, err := f.take(req, leader)
		switch {
		case leader:
			return resp, err
		case resp != nil:
			if f.answer != nil {
				t.shared(ctx, SharedRead{Leader: f.req.Context()})
			}
			return resp, nil
		case err == nil:
			t.count.unshared.Add(1)
			return send(t.next(), req)
		case n == maxFlights || !f.outlives(ctx):
			return nil, err
		}
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
