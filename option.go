package goodtenant

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"

	"github.com/goodtenant/goodtenant/compliance"
	"github.com/goodtenant/goodtenant/conflict"
	"github.com/goodtenant/goodtenant/dedupe"
	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/profile"
)

// Layer names one of the four layers that an option can switch on or off.
type Layer uint8

const (
	Limiter    Layer = iota + 1 // admission under the platform's limits, retries of 429
	Conflict                    // minimal PATCH, replay after 412
	Dedupe                      // uniqueness checks, shared reads
	Compliance                  // findings about forbidden conduct
)

var layerNames = [...]string{"", "limiter", "conflict", "dedupe", "compliance"}

// String gives the layer's name in lower case.
func (l Layer) String() string {
	if l.valid() {
		return layerNames[l]
	}
	return fmt.Sprintf("Layer(%d)", uint8(l))
}

func (l Layer) valid() bool { return l >= Limiter && l <= Compliance }

// layerNamed is the layer of a name that String gives; 0 for any other.
func layerNamed(name string) Layer {
	return Layer(max(0, slices.Index(layerNames[:], name)))
}

// MarshalText writes the layer's name; an unknown layer is an error.
func (l Layer) MarshalText() ([]byte, error) {
	if l.valid() {
		return []byte(layerNames[l]), nil
	}
	return nil, fmt.Errorf("goodtenant: unknown layer %d", uint8(l))
}

// Option changes what [New] builds. The order of options does not matter.
type Option interface{ apply(*config) error }

type optionFunc func(*config) error

func (f optionFunc) apply(c *config) error { return f(c) }

// config is what the options have said.
type config struct {
	profile *profile.Profile
	all     bool // WithGuidelines: every layer, at the profile's defaults
	without map[Layer]bool

	limiter    *limiter.Config
	conflict   *conflict.Config
	dedupe     *dedupe.Config
	compliance *compliance.Config

	tenant     func(*http.Request) string
	principal  func(*http.Request) string
	perCall    []func(http.RoundTripper) http.RoundTripper
	perAttempt []func(http.RoundTripper) http.RoundTripper
	hooks      []Hooks
	logger     *slog.Logger
}

// Options makes one option of several. nil members are passed over.
func Options(opts ...Option) Option {
	return optionFunc(func(c *config) error {
		for _, o := range opts {
			if o == nil {
				continue
			}
			if err := o.apply(c); err != nil {
				return err
			}
		}
		return nil
	})
}

// WithGuidelines takes a platform's facts from p and switches every layer on at
// the profile's defaults. Most callers want this. Change one layer by adding its
// own option; leave one out with WithoutLayer.
func WithGuidelines(p profile.Profile) Option {
	return Options(WithProfile(p), optionFunc(func(c *config) error {
		c.all = true
		return nil
	}))
}

// WithProfile takes a platform's facts (hosts, header names, limits,
// conventions) from p and switches nothing on.
func WithProfile(p profile.Profile) Option {
	return optionFunc(func(c *config) error {
		if c.profile != nil {
			return fmt.Errorf("goodtenant: two profiles, %q and %q: give one", c.profile.Name, p.Name)
		}
		if err := p.Validate(); err != nil {
			return err
		}
		c.profile = &p
		return nil
	})
}

// WithLimiter switches the limiter on. A zero field of lc takes the profile's
// value, then the default.
func WithLimiter(lc limiter.Config) Option {
	return optionFunc(func(c *config) error { return once(&c.limiter, lc, Limiter) })
}

// WithConflict switches the conflict layer on. A zero field of cc takes the
// profile's value, then the default.
func WithConflict(cc conflict.Config) Option {
	return optionFunc(func(c *config) error { return once(&c.conflict, cc, Conflict) })
}

// WithDedupe switches coalescing and uniqueness checks on. A zero field of dc
// takes the profile's value, then the default.
func WithDedupe(dc dedupe.Config) Option {
	return optionFunc(func(c *config) error { return once(&c.dedupe, dc, Dedupe) })
}

// WithCompliance switches the checker on. A zero field of cc takes the profile's
// value, then the default.
func WithCompliance(cc compliance.Config) Option {
	return optionFunc(func(c *config) error { return once(&c.compliance, cc, Compliance) })
}

func once[T any](field **T, v T, l Layer) error {
	if *field != nil {
		return fmt.Errorf("goodtenant: the layer %v is configured twice; give its option once", l)
	}
	*field = &v
	return nil
}

// WithoutLayer switches l off, whatever other options say.
func WithoutLayer(l Layer) Option {
	return optionFunc(func(c *config) error {
		if !l.valid() {
			return fmt.Errorf("goodtenant: WithoutLayer: unknown layer %d", uint8(l))
		}
		if c.without == nil {
			c.without = map[Layer]bool{}
		}
		c.without[l] = true
		return nil
	})
}

// WithTenant says which tenant (customer of the platform) a request is for. The
// default reads the profile's tenant header; without one, all calls are for one
// tenant. f must not change the request and may be called more than once a call.
func WithTenant(f func(*http.Request) string) Option {
	return optionFunc(func(c *config) error { return set(&c.tenant, f, "WithTenant") })
}

// WithPrincipal says on whose behalf a request is made, so that answers are
// shared and remembered only inside one principal; "" means unknown, and nothing
// is. The default is the value of the profile's credential headers.
func WithPrincipal(f func(*http.Request) string) Option {
	return optionFunc(func(c *config) error { return set(&c.principal, f, "WithPrincipal") })
}

func set(field *func(*http.Request) string, f func(*http.Request) string, name string) error {
	switch {
	case f == nil:
		return fmt.Errorf("goodtenant: %s: the function is nil", name)
	case *field != nil:
		return fmt.Errorf("goodtenant: %s is given twice", name)
	}
	*field = f
	return nil
}

// OnePrincipal is for [WithPrincipal]: this client acts for one principal only,
// such as an app whose requests get their token below the wrapped transport.
func OnePrincipal(*http.Request) string { return "one" }

// WithPerCall adds a middleware outside of all layers: it sees each call once,
// as the app made it. Of several, the first is the outermost.
func WithPerCall(f func(http.RoundTripper) http.RoundTripper) Option {
	return optionFunc(func(c *config) error {
		if f == nil {
			return errors.New("goodtenant: WithPerCall: the function is nil")
		}
		c.perCall = append(c.perCall, f)
		return nil
	})
}

// WithPerAttempt adds a middleware inside all layers: it sees every attempt on
// the wire, retries, refetches and look-ups included. Of several, the first is
// the outermost. A signer of requests belongs here.
func WithPerAttempt(f func(http.RoundTripper) http.RoundTripper) Option {
	return optionFunc(func(c *config) error {
		if f == nil {
			return errors.New("goodtenant: WithPerAttempt: the function is nil")
		}
		c.perAttempt = append(c.perAttempt, f)
		return nil
	})
}

// WithLogger sends warnings to l, each said once, with its remedy. nil is silent,
// which is the default. Nothing personal and nothing secret is logged.
func WithLogger(l *slog.Logger) Option {
	return optionFunc(func(c *config) error {
		c.logger = l
		return nil
	})
}

// WithHooks adds a set of hooks; every set is called, in the order of the
// options.
func WithHooks(h Hooks) Option {
	return optionFunc(func(c *config) error {
		c.hooks = append(c.hooks, h)
		return nil
	})
}
