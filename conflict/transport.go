package conflict

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

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
	cfg   Config
	mode  atomic.Uint32
	tally tally
}

// NewTransport returns a layer over base; nil means http.DefaultTransport, looked
// up at every call. A bad value in c is an error that names its field.
func NewTransport(base http.RoundTripper, c Config) (*Transport, error) {
	c = c.WithDefaults()
	if err := c.validate(); err != nil {
		return nil, err
	}
	t := &Transport{core: &core{cfg: c}, base: base}
	t.mode.Store(uint32(c.Mode))
	return t, nil
}

// Over returns a Transport with the same policy and state over another base.
func (t *Transport) Over(base http.RoundTripper) *Transport {
	return &Transport{core: t.core, base: base}
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	return t.next().RoundTrip(req)
}

func (t *Transport) next() http.RoundTripper {
	if t.base != nil {
		return t.base
	}
	return http.DefaultTransport
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
func (t *Transport) Stats() Stats { return t.tally.stats(time.Now()) }

// Config returns the configuration in force, defaults filled in.
func (t *Transport) Config() Config { return t.cfg }

// Close forgets the remembered versions. Calls under way finish.
func (t *Transport) Close() error { return nil }

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
