package limiter

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"

	"github.com/goodtenant/goodtenant/policy"
)

// Transport is the limiter as an http.RoundTripper. Use NewTransport. Safe for
// concurrent use.
type Transport struct {
	base   http.RoundTripper // nil: http.DefaultTransport, looked up at each call
	core   *core
	hooked *sighting
}

// sighting is set once something has been seen.
type sighting struct{ v atomic.Bool }

func (f *sighting) set() {
	if !f.v.Load() {
		f.v.Store(true)
	}
}

// hooksOf is a sighting that begins as seen where base leads to net/http, which
// is known to call httptrace's hooks.
func hooksOf(base http.RoundTripper) *sighting {
	s := &sighting{}
	for range 32 {
		switch b := base.(type) {
		case nil:
			s.set()
			return s
		case *http.Transport:
			s.set()
			return s
		case interface{ Unwrap() http.RoundTripper }:
			base = b.Unwrap()
		case interface{ WrappedRoundTripper() http.RoundTripper }:
			base = b.WrappedRoundTripper()
		default:
			return s
		}
	}
	return s
}

// NewTransport puts the limits of c in front of base; nil is
// http.DefaultTransport, looked up at each call. A Config that makes no sense is
// an error that names the field and the value.
func NewTransport(base http.RoundTripper, c Config) (*Transport, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	core, err := newCore(c.WithDefaults())
	if err != nil {
		return nil, err
	}
	return &Transport{base: base, core: core, hooked: hooksOf(base)}, nil
}

// Over is the same limits and state over another base. Closing either closes
// both.
func (t *Transport) Over(base http.RoundTripper) *Transport {
	return &Transport{base: base, core: t.core, hooked: hooksOf(base)}
}

// SetLimits changes the limits at run time; windows, slots and the day are kept.
// Lower limits cut nothing: what is over them drains. Higher ones wake who waits
// at once.
func (t *Transport) SetLimits(l Limits) error {
	if err := l.Validate(); err != nil {
		return err
	}
	return t.core.setLimits(l)
}

// Limits are the limits in force.
func (t *Transport) Limits() Limits { return t.core.limitsNow() }

// SetMode changes between Enforce and Observe at run time. All state is kept: a
// step to Enforce knows the calls made under Observe, a step to Observe lets who
// waits go at once. An unknown mode is an error.
func (t *Transport) SetMode(m policy.Mode) error {
	if !m.Valid() {
		return errors.New("limiter: SetMode: unknown mode " + m.String() + ", want policy.Enforce or policy.Observe")
	}
	t.core.setMode(m)
	return nil
}

// Mode is the mode in force.
func (t *Transport) Mode() policy.Mode {
	t.core.mu.Lock()
	defer t.core.mu.Unlock()
	return t.core.mode
}

// Snapshot is the state now, consistent in itself.
func (t *Transport) Snapshot() Snapshot { return t.core.snapshot() }

// Drain refuses new calls with Closed and waits until those queued and in flight
// have ended, or ctx has: then it returns why. Parts of a call that was admitted
// before (its re-sends, refetches) still go.
func (t *Transport) Drain(ctx context.Context) error { return t.core.drain(ctx) }

// Close tells all who wait ErrClosed and gives everything back. Exchanges in the
// app's hands go on; those that run on without it are cut. Close may be called
// twice.
func (t *Transport) Close() error { return t.core.close() }

// Unwrap is the base.
func (t *Transport) Unwrap() http.RoundTripper {
	if t.base == nil {
		return http.DefaultTransport
	}
	return t.base
}

// WrappedRoundTripper is Unwrap under another name that some libraries look for.
func (t *Transport) WrappedRoundTripper() http.RoundTripper { return t.Unwrap() }

// CloseIdleConnections passes it on to the base.
func (t *Transport) CloseIdleConnections() {
	if c, ok := t.Unwrap().(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
