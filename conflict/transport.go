package conflict

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/goodtenant/goodtenant/internal/body"
	"github.com/goodtenant/goodtenant/internal/call"
	"github.com/goodtenant/goodtenant/internal/identity"
	"github.com/goodtenant/goodtenant/policy"
)

// Transport is the layer: an http.RoundTripper over another. It is safe for
// concurrent use. Make one with NewTransport.
type Transport struct {
	*core
	base http.RoundTripper
}

// core is what the Transports made by Over share.
type core struct {
	cfg    Config
	mode   atomic.Uint32
	closed atomic.Bool
	keyer  *identity.Keyer
	memory *memory
	queue  *queue
	tally  tally
	warned struct{ principal, sources, notAccepted atomic.Bool }
}

// NewTransport returns a layer over base; nil means http.DefaultTransport, looked
// up at every call. A bad value in c is an error that names its field.
func NewTransport(base http.RoundTripper, c Config) (*Transport, error) {
	c = c.WithDefaults()
	if err := c.validate(); err != nil {
		return nil, err
	}
	credentials := make([]string, len(c.Credentials))
	for i, name := range c.Credentials {
		credentials[i] = http.CanonicalHeaderKey(name)
	}
	if c.Dialect.Precondition.Member != "" {
		c.KeepEqual = append(slices.Clone(c.KeepEqual), c.Dialect.Precondition.Member)
	}
	t := &Transport{base: base, core: &core{
		cfg:    c,
		keyer:  identity.New(c.Tenant, c.Principal, credentials),
		memory: newMemory(c.CacheBytes, c.CacheTTL),
		queue:  newQueue(c.MaxQueueWait),
	}}
	t.mode.Store(uint32(c.Mode))
	return t, nil
}

// Over returns a Transport with the same policy and state over another base.
func (t *Transport) Over(base http.RoundTripper) *Transport {
	return &Transport{core: t.core, base: base}
}

// RoundTrip implements http.RoundTripper. A GET passes untouched, and the version
// in its answer is remembered as the app reads it. A PATCH, and by option a PUT
// or DELETE, is minimised and, after a conflict, replayed. Everything else passes.
// The error is the base's, the context's, or an *Error.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req == nil {
		return nil, errors.New("conflict: the request is nil")
	}
	if req.URL == nil || req.Header == nil {
		body.CloseRequest(req)
		return nil, errors.New("conflict: the request has no URL or no header")
	}
	if req.Method == http.MethodGet {
		return t.read(req)
	}
	switch k := t.cfg.kind(req); {
	case k == other || k == untouched || call.OriginOf(req.Context()) != call.App:
		return t.pass(req, k)
	case t.observing():
		return t.observe(req, k)
	default:
		return t.write(req, k)
	}
}

// read passes a GET on. What our own lookups are shown is not what the app saw.
func (t *Transport) read(req *http.Request) (*http.Response, error) {
	if u := updatingOf(req.Context()); u != nil {
		u.cfg = t.cfg
	}
	asked := t.memory.tick()
	resp, err := t.send(req)
	if err == nil && call.OriginOf(req.Context()) == call.App {
		t.watch(req, resp, asked, false)
	}
	return resp, err
}

// pass sends a write that this layer leaves alone: the entity at its address may
// be another afterwards.
func (t *Transport) pass(req *http.Request, k kind) (*http.Response, error) {
	if k == other && (req.Method == http.MethodPost || req.Method == http.MethodHead || req.Method == http.MethodOptions) {
		return t.send(req)
	}
	key := t.key(t.keyer.Tenant(req), req.URL)
	resp, err := t.send(req)
	if err != nil || resp.StatusCode < 300 {
		t.memory.end(key, "")
	}
	if err != nil || k == other || t.observing() {
		return resp, err
	}
	o := &Outcome{Attempts: 1}
	named := t.cfg.Dialect.Precondition.Header == "" || len(req.Header.Values(t.cfg.Dialect.Precondition.Header)) > 0
	if m := t.cfg.Dialect.meaning(resp.StatusCode, named, func() []byte { return nil }); m != settled {
		o.Reason = NotReplayable
		t.tally.add(time.Now(), Counts{Conflicts: 1, GaveUp: 1})
	}
	attach(resp, req, o)
	return resp, nil
}

// send makes one call and mends what a base may get wrong: a response beside an
// error, neither, or a response without a body.
func (t *Transport) send(req *http.Request) (*http.Response, error) {
	resp, err := t.next().RoundTrip(req)
	switch {
	case err != nil && resp != nil:
		if resp.Body != nil {
			resp.Body.Close()
		}
		return nil, err
	case err == nil && resp == nil:
		return nil, errors.New("conflict: the base gave neither a response nor an error")
	case err == nil && resp.Body == nil:
		resp.Body = http.NoBody
	}
	return resp, err
}

func (t *Transport) next() http.RoundTripper {
	if t.base != nil {
		return t.base
	}
	return http.DefaultTransport
}

// warn says a thing once.
func (c *core) warn(said *atomic.Bool, text string) {
	if c.cfg.Logger != nil && said.CompareAndSwap(false, true) {
		c.cfg.Logger.Warn("goodtenant: conflict", slog.String("problem", text))
	}
}

// Mode tells whether the layer acts.
func (t *Transport) Mode() policy.Mode { return policy.Mode(t.mode.Load()) }

// SetMode switches between Enforce and Observe; what is remembered stays.
func (t *Transport) SetMode(m policy.Mode) error {
	if !m.Valid() {
		return fmt.Errorf("conflict: mode is %v, want enforce or observe", m)
	}
	t.mode.Store(uint32(m))
	return nil
}

// Stats returns the counters.
func (t *Transport) Stats() Stats {
	s := t.tally.stats(time.Now())
	s.Entities, s.Bytes = t.memory.size()
	return s
}

// Config returns the configuration in force, defaults filled in.
func (t *Transport) Config() Config { return t.cfg }

// Close forgets the remembered versions and remembers no more. Calls under way
// finish; later ones are still served. It never fails.
func (t *Transport) Close() error {
	t.closed.Store(true)
	t.memory.clear()
	return nil
}

// CloseIdleConnections passes the request on to the base.
func (t *Transport) CloseIdleConnections() {
	if c, ok := t.next().(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// Unwrap returns the base.
func (t *Transport) Unwrap() http.RoundTripper { return t.next() }

// WrappedRoundTripper returns the base, under the name that other wrappers use.
func (t *Transport) WrappedRoundTripper() http.RoundTripper { return t.next() }
