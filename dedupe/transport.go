package dedupe

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/goodtenant/goodtenant/internal/body"
	"github.com/goodtenant/goodtenant/internal/call"
	"github.com/goodtenant/goodtenant/internal/identity"
	"github.com/goodtenant/goodtenant/policy"
)

// Transport is an http.RoundTripper that coalesces reads and checks creates. Make
// one with NewTransport. Safe for concurrent use.
type Transport struct {
	base http.RoundTripper
	id   uint64 // reads over different bases do not meet
	*state
}

// state is what Transports made by Over share.
type state struct {
	cfg     Config
	headers headerClasses // of requests
	keyer   *identity.Keyer
	unique  *registry
	mode    atomic.Uint32
	count   counters
	number  atomic.Uint64 // the last number given to a Transport
	warned  [warnings]atomic.Bool
	seed    maphash.Seed
	spare   sync.Pool // of *flight

	mu        sync.Mutex
	flights   map[uint64]*flight     // those that may be joined, by the hash of their read
	watched   map[uint64]*flight     // the same, under Observe
	writes    uint64                 // writes that have ended
	solitary  map[[16]byte]time.Time // reads that are not joined, until when
	kept      map[[16]byte]kept
	keptBytes int
	keptUntil time.Time // when the last of kept is over
}

// NewTransport returns a Transport over base; nil is http.DefaultTransport,
// looked up at each call. The error names the field of c and its value.
func NewTransport(base http.RoundTripper, c Config) (*Transport, error) {
	if stacked(base) {
		return nil, errors.New("dedupe: the base holds a dedupe.Transport already")
	}
	if err := c.validate(); err != nil {
		return nil, err
	}
	c = c.WithDefaults()
	c.Credentials = slices.Clone(c.Credentials)
	for i, name := range c.Credentials {
		c.Credentials[i] = http.CanonicalHeaderKey(name)
	}
	s := &state{
		cfg:     c,
		headers: newHeaderClasses(c),
		keyer:   identity.New(c.Tenant, c.Principal, c.Credentials),
		flights: map[uint64]*flight{},
		watched: map[uint64]*flight{},
		kept:    map[[16]byte]kept{},
		seed:    maphash.MakeSeed(),

		solitary: map[[16]byte]time.Time{},
	}
	s.unique = newRegistry(c)
	s.mode.Store(uint32(c.Mode))
	return (&Transport{state: s}).Over(base), nil
}

// stacked walks down base through Unwrap.
func stacked(base http.RoundTripper) bool {
	for base != nil {
		if _, ok := base.(*Transport); ok {
			return true
		}
		u, ok := base.(interface{ Unwrap() http.RoundTripper })
		if !ok {
			return false
		}
		base = u.Unwrap()
	}
	return false
}

// Over returns a Transport over another base that shares t's configuration,
// memory and mode. Reads over different bases do not share answers: the bases may
// prove different identities.
func (t *Transport) Over(base http.RoundTripper) *Transport {
	return &Transport{base: base, id: t.number.Add(1), state: t.state}
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req == nil || req.URL == nil || req.Header == nil {
		body.CloseRequest(req)
		return nil, errors.New("dedupe: a request needs a URL and a Header")
	}
	switch {
	case call.OriginOf(req.Context()) != call.App:
		return t.next().RoundTrip(req)
	case req.Method == "", req.Method == http.MethodGet, req.Method == http.MethodHead:
		return t.read(req)
	case req.Method == http.MethodOptions, req.Method == http.MethodTrace, req.Method == http.MethodConnect:
		return t.next().RoundTrip(req)
	}
	return t.write(req)
}

// write sends what changes something, checked where a rule applies.
func (t *Transport) write(req *http.Request) (*http.Response, error) {
	defer t.wrote(req)
	if rule := t.unique.ruleFor(req); rule != nil {
		return t.create(rule, req)
	}
	resp, err := t.next().RoundTrip(req)
	if err == nil && req.Method == http.MethodDelete && resp.StatusCode/100 == 2 {
		t.forget(req)
	}
	return resp, err
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
		return fmt.Errorf("dedupe: unknown mode %d, want %v or %v", uint8(m), policy.Enforce, policy.Observe)
	}
	t.mode.Store(uint32(m))
	return nil
}

// Close forgets the answers kept for reuse. Calls in flight end as they would
// have, and later ones go on being checked: there is nothing else to release.
func (t *Transport) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.kept)
	t.keptBytes = 0
	return nil
}

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
