package rttest

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/goodtenant/goodtenant/internal/memnet"
)

// Run checks the wrapper that wrap makes, each check as a subtest named
// protocol/part/check. Call it from a plain test: it makes its own bubbles.
// wrap is called for each check with the RoundTripper to be wrapped, and must
// send every request through that.
func Run(t *testing.T, wrap func(http.RoundTripper) http.RoundTripper, o Options) {
	t.Helper()
	o = o.withDefaults()
	if o.Limit < 0 || o.Patience < 0 {
		t.Fatalf("rttest: Options.Limit is %d and Options.Patience %s; neither may be negative", o.Limit, o.Patience)
	}
	known := map[string]bool{}
	trust := newTrust(t)
	for _, proto := range []string{"HTTP/1.1", "HTTP/2"} {
		if o.Proto != "" && o.Proto != proto {
			continue
		}
		t.Run(proto, func(t *testing.T) {
			for _, c := range checks() {
				known[c.name] = true
				if !c.applies(o, proto) {
					continue
				}
				t.Run(c.name, func(t *testing.T) {
					if reason, skip := o.Skip[c.name]; skip {
						t.Skip(reason)
					}
					for _, failure := range examine(t, c, proto, trust, wrap, o) {
						t.Error(failure)
					}
				})
			}
		})
	}
	for name := range o.Skip {
		if !known[name] {
			t.Errorf("rttest: Options.Skip names %q, which is no check", name)
		}
	}
}

// check is one promise. Its run reports to the env what was broken.
type check struct {
	name string
	when func(Options) bool // nil: always
	only string             // the only protocol that has it; empty: both
	run  func(*env)
}

func (c check) applies(o Options, proto string) bool {
	return (c.when == nil || c.when(o)) && (c.only == "" || c.only == proto)
}

func retries(o Options) bool { return o.Retries }
func limits(o Options) bool  { return o.Limit > 0 }

func checks() []check {
	var all []check
	for _, part := range [][]check{
		requestChecks(), responseChecks(), contextChecks(), retryChecks(), slotChecks(), shareChecks(), plumbingChecks(),
	} {
		all = append(all, part...)
	}
	return all
}

// trust is a certificate and the pool that holds it, made once for a Run.
type trust struct {
	cert tls.Certificate
	pool *x509.CertPool
}

func newTrust(t *testing.T) trust {
	cert, pool, err := memnet.Certificate(host)
	if err != nil {
		t.Fatal("rttest: no certificate: ", err)
	}
	return trust{cert, pool}
}

// examine runs one check in a bubble of its own and returns what failed. A
// bubble that cannot end, because goroutines are left that nothing will wake,
// panics; that is a failure of the check too.
func examine(t *testing.T, c check, proto string, trust trust, wrap func(http.RoundTripper) http.RoundTripper, o Options) (failures []string) {
	e := &env{Options: o, proto: proto, trust: trust}
	defer func() {
		if p := recover(); p != nil {
			failures = append(e.failures, fmt.Sprintf("a wrapper must leave nothing behind once its calls have ended and it is closed; this one left goroutines blocked for ever (%v)", p))
		}
	}()
	synctest.Test(t, func(*testing.T) { e.run(c, wrap) })
	return e.failures
}
