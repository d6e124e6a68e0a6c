package goodtenant

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/goodtenant/goodtenant/compliance"
	"github.com/goodtenant/goodtenant/conflict"
	"github.com/goodtenant/goodtenant/dedupe"
	"github.com/goodtenant/goodtenant/internal/body"
	"github.com/goodtenant/goodtenant/internal/endpoint"
	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/policy"
)

// Transport is an http.RoundTripper under a policy. Make one with [New] or
// [Wrap]; it is safe for concurrent use. Close it when the app ends.
type Transport struct {
	*stack
	base  http.RoundTripper // as given: nil is http.DefaultTransport
	entry http.RoundTripper // the outermost layer
	other http.RoundTripper // for hosts that are not under the policy
}

// stack is what Transports share through Over: the layers' state.
type stack struct {
	cfg     config
	hosts   *endpoint.Set
	foreign []string // headers that do not travel to another host
	values  EffectiveConfig
	warn    warnings
	history history

	limitsSet atomic.Bool // the limits in force are those of SetLimits

	// The layers of the first Transport; a nil one is switched off. They share
	// their state with those of every Over.
	limiter  *limiter.Transport
	conflict *conflict.Transport
	dedupe   *dedupe.Transport
	checker  *compliance.Checker

	active   atomic.Int64  // calls inside RoundTrip
	draining atomic.Bool   // no new call is taken
	idle     chan struct{} // told when active falls to zero while draining
	closing  sync.Once
	closeErr error
	release  []func()
}

// New builds a Transport over base; nil is http.DefaultTransport, looked up at
// each call. Bad options, and a base that is under a policy already, are errors.
func New(base http.RoundTripper, opts ...Option) (*Transport, error) {
	var c config
	if err := Options(opts...).apply(&c); err != nil {
		return nil, err
	}
	s := &stack{cfg: c, idle: make(chan struct{}, 1)}
	t := &Transport{stack: s, base: base}
	if err := s.build(t); err != nil {
		return nil, err
	}
	if err := s.stacked(base); err != nil {
		return nil, s.abandon(err)
	}
	return t, nil
}

// Wrap returns a copy of c whose calls are under the policy; c is untouched. A
// nil c is http.DefaultClient.
func Wrap(c *http.Client, opts ...Option) (*http.Client, error) {
	if c == nil {
		c = http.DefaultClient
	}
	t, err := New(c.Transport, opts...)
	if err != nil {
		return nil, err
	}
	wrapped := *c
	wrapped.Transport = t
	return &wrapped, nil
}

// RoundTrip sends req under the policy. See the package comment for what may
// happen to it on the way.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req == nil || req.URL == nil {
		body.CloseRequest(req)
		return nil, errors.New("goodtenant: the request has no URL")
	}
	if req.Header == nil {
		body.CloseRequest(req)
		return nil, errors.New("goodtenant: the request has a nil Header")
	}
	req = t.stripForeign(req)
	if !t.hosts.Has(req.URL) {
		t.warn.miss(req)
		return t.other.RoundTrip(req)
	}
	t.warn.hit()
	if !t.enter() {
		body.CloseRequest(req)
		return nil, &limiter.RefusedError{Reason: limiter.Closed}
	}
	defer t.leave()
	resp, err := t.entry.RoundTrip(req)
	resp, err = exactlyOne(req, resp, err)
	if resp != nil {
		t.warn.answered(resp, t.base, t.limiter)
	}
	return resp, err
}

// exactlyOne mends what a base or middleware may answer against the contract: a
// response beside an error, neither of them, a response without a body or without
// its request, which http.Client shows to the request of a redirect.
func exactlyOne(req *http.Request, resp *http.Response, err error) (*http.Response, error) {
	switch {
	case err != nil:
		if resp != nil && resp.Body != nil {
			resp.Body.Close()
		}
		return nil, err
	case resp == nil:
		return nil, errors.New("goodtenant: the base transport gave neither a response nor an error")
	}
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	if resp.Request == nil {
		resp.Request = req
	}
	return resp, nil
}

func (s *stack) enter() bool {
	s.active.Add(1)
	if s.draining.Load() {
		s.leave()
		return false
	}
	return true
}

func (s *stack) leave() {
	if s.active.Add(-1) == 0 && s.draining.Load() {
		s.tellIdle()
	}
}

func (s *stack) tellIdle() {
	select {
	case s.idle <- struct{}{}:
	default:
	}
}

// Over returns a Transport with the same policy and the same state (limits,
// slots, versions, findings) over another base: two clients, one budget. Closing
// either closes both. Over a base that is under a policy already, every call is
// refused with an error that says so; after Close, with limiter.ErrClosed.
func (t *Transport) Over(base http.RoundTripper) *Transport {
	o := &Transport{stack: t.stack, base: base}
	o.assemble()
	if err := t.stacked(base); err != nil {
		o.entry = refusing{err}
	}
	return o
}

// CloseIdleConnections reaches the base, so that http.Client's method of that
// name works.
func (t *Transport) CloseIdleConnections() {
	if c, ok := baseOf(t.base).(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// Unwrap returns the base as it was given.
func (t *Transport) Unwrap() http.RoundTripper { return t.base }

// WrappedRoundTripper is Unwrap under the name that Kubernetes' client knows.
func (t *Transport) WrappedRoundTripper() http.RoundTripper { return t.base }

// baseOf looks http.DefaultTransport up at each call: an app may replace it.
func baseOf(base http.RoundTripper) http.RoundTripper {
	if base == nil {
		return http.DefaultTransport
	}
	return base
}

// Compliance gives the checker, for what the app reports itself (Used) and for
// reports; nil where the layer is off.
func (t *Transport) Compliance() *compliance.Checker { return t.checker }

// SetLimits changes the limits while calls are under way. The windows, slots and
// day counts are kept: lower limits drain, higher ones wake waiters at once.
func (t *Transport) SetLimits(l limiter.Limits) error {
	if t.limiter == nil {
		return errors.New("goodtenant: SetLimits: the limiter is off")
	}
	if err := t.limiter.SetLimits(l); err != nil {
		return err
	}
	t.limitsSet.Store(true)
	return nil
}

// SetMode switches a layer between Enforce and Observe while calls are under
// way; its state is kept.
func (t *Transport) SetMode(l Layer, m policy.Mode) error {
	if !l.valid() {
		return fmt.Errorf("goodtenant: SetMode: unknown layer %d", uint8(l))
	}
	if !m.Valid() {
		return fmt.Errorf("goodtenant: SetMode: unknown mode %d", uint8(m))
	}
	switch {
	case l == Limiter && t.limiter != nil:
		return t.limiter.SetMode(m)
	case l == Conflict && t.conflict != nil:
		return t.conflict.SetMode(m)
	case l == Dedupe && t.dedupe != nil:
		return t.dedupe.SetMode(m)
	case l == Compliance && t.checker != nil:
		return t.checker.SetMode(m)
	}
	return fmt.Errorf("goodtenant: SetMode: the layer %v is off", l)
}

// Shutdown refuses new calls, lets the calls under way and the queued ones
// finish, and closes. When ctx ends first, it closes at once (waiters get
// limiter.ErrClosed) and returns ctx's error.
func (t *Transport) Shutdown(ctx context.Context) error {
	t.draining.Store(true)
	for t.active.Load() > 0 {
		select {
		case <-t.idle:
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), t.Close())
		}
	}
	t.tellIdle() // another Shutdown may wait for the same
	return t.Close()
}

// Close ends the policy: waiters and later calls get limiter.ErrClosed, state is
// flushed to its stores, and no goroutine is left. The base stays open. Close may
// be called again and answers the same.
func (t *Transport) Close() error {
	s := t.stack
	s.closing.Do(func() {
		s.draining.Store(true)
		var errs []error
		if s.limiter != nil {
			errs = append(errs, s.limiter.Close())
		}
		if s.dedupe != nil {
			errs = append(errs, s.dedupe.Close())
		}
		if s.conflict != nil {
			errs = append(errs, s.conflict.Close())
		}
		if s.checker != nil {
			errs = append(errs, s.checker.Close())
		}
		for _, f := range s.release {
			f()
		}
		s.closeErr = errors.Join(errs...)
	})
	return s.closeErr
}
