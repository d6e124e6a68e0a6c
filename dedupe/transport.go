package dedupe

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/goodtenant/goodtenant/policy"
)

// Transport is an http.RoundTripper that coalesces reads and checks creates. Make
// one with NewTransport. Safe for concurrent use.
type Transport struct {
	base http.RoundTripper
	*state
}

// state is what Transports made by Over share.
type state struct {
	cfg  Config
	mode atomic.Uint32
}

// NewTransport returns a Transport over base; nil is http.DefaultTransport,
// looked up at each call. The error names the field of c and its value.
func NewTransport(base http.RoundTripper, c Config) (*Transport, error) {
	c = c.WithDefaults()
	s := &state{cfg: c}
	s.mode.Store(uint32(c.Mode))
	return &Transport{base: base, state: s}, nil
}

// Over returns a Transport over another base that shares t's configuration,
// memory and mode.
func (t *Transport) Over(base http.RoundTripper) *Transport {
	return &Transport{base: base, state: t.state}
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	return t.next().RoundTrip(req)
}

func (t *Transport) next() http.RoundTripper {
	if t.base == nil {
		return http.DefaultTransport
	}
	return t.base
}

// Mode is the mode in force.
func (t *Transport) Mode() policy.Mode { return policy.Mode(t.mode.Load()) }

// SetMode switches between Enforce and Observe at run time; what is remembered
// is kept.
func (t *Transport) SetMode(m policy.Mode) error {
	if !m.Valid() {
		return fmt.Errorf("dedupe: unknown mode %d", uint8(m))
	}
	t.mode.Store(uint32(m))
	return nil
}

// Stats counts what was done since the Transport was made.
func (t *Transport) Stats() Stats { return Stats{Mode: t.Mode()} }

// Close forgets the answers kept for reuse. Calls in flight end as they would
// have, and creates stay checked.
func (t *Transport) Close() error { return nil }

// CloseIdleConnections passes on to the base.
func (t *Transport) CloseIdleConnections() {
	if c, ok := t.next().(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// Unwrap returns the base.
func (t *Transport) Unwrap() http.RoundTripper { return t.next() }

// WrappedRoundTripper is Unwrap under the name that client-go looks for.
func (t *Transport) WrappedRoundTripper() http.RoundTripper { return t.next() }

type contextKey uint8

const (
	noCoalescing contextKey = iota
	allowDuplicate
	existingKey
)

// WithoutCoalescing has the reads under ctx sent by themselves.
func WithoutCoalescing(ctx context.Context) context.Context {
	return context.WithValue(ctx, noCoalescing, true)
}

// AllowDuplicate has the creates under ctx sent without a lookup. They still
// wait for another create of the same key, and are remembered.
func AllowDuplicate(ctx context.Context) context.Context {
	return context.WithValue(ctx, allowDuplicate, true)
}

// Existing tells whether resp was made here by UseExisting, and what exists.
func Existing(resp *http.Response) (*DuplicateError, bool) {
	if resp == nil || resp.Request == nil {
		return nil, false
	}
	e, ok := resp.Request.Context().Value(existingKey).(*DuplicateError)
	return e, ok
}
