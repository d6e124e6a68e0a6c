package limiter

import (
	"context"
	"errors"
	"net/http"

	"github.com/goodtenant/goodtenant/policy"
)

// Transport is the limiter as an http.RoundTripper. Use NewTransport. Safe for
// concurrent use.
type Transport struct {
	base http.RoundTripper
	cfg  Config
}

// NewTransport puts the limits of c in front of base; nil is
// http.DefaultTransport, looked up at each call.
func NewTransport(base http.RoundTripper, c Config) (*Transport, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &Transport{base: base, cfg: c.WithDefaults()}, nil
}

// RoundTrip sends req when the limits allow it.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	return nil, errors.New("limiter: not built yet")
}

// Over is the same limits and state over another base.
func (t *Transport) Over(base http.RoundTripper) *Transport { u := *t; u.base = base; return &u }

// SetLimits changes the limits at run time; windows, slots and the day are kept.
func (t *Transport) SetLimits(l Limits) error { return l.Validate() }

// Limits are the limits in force.
func (t *Transport) Limits() Limits { return t.cfg.Limits }

// SetMode changes between Enforce and Observe, keeping all state.
func (t *Transport) SetMode(m policy.Mode) error { return nil }

// Mode is the mode in force.
func (t *Transport) Mode() policy.Mode { return t.cfg.Mode }

// Snapshot is the state now.
func (t *Transport) Snapshot() Snapshot { return Snapshot{} }

// Drain refuses new calls and waits until those queued and in flight have ended.
func (t *Transport) Drain(ctx context.Context) error { return nil }

// Close tells all who wait ErrClosed and gives everything back.
func (t *Transport) Close() error { return nil }

// Unwrap is the base.
func (t *Transport) Unwrap() http.RoundTripper {
	if t.base == nil {
		return http.DefaultTransport
	}
	return t.base
}

// WrappedRoundTripper is Unwrap under another name that some libraries look for.
func (t *Transport) WrappedRoundTripper() http.RoundTripper { return t.Unwrap() }

// CloseIdleConnections passes it on.
func (t *Transport) CloseIdleConnections() {
	if c, ok := t.Unwrap().(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
