package goodtenant

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"slices"

	"github.com/goodtenant/goodtenant/compliance"
	"github.com/goodtenant/goodtenant/conflict"
	"github.com/goodtenant/goodtenant/dedupe"
	"github.com/goodtenant/goodtenant/internal/endpoint"
	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/policy"
	"github.com/goodtenant/goodtenant/profile"
)

// build makes the layers and puts the first Transport's together.
func (s *stack) build(t *Transport) error {
	c := &s.cfg
	var p profile.Profile
	if c.profile != nil {
		p = *c.profile
	}
	s.hosts = endpoint.NewSet(p.Hosts)
	s.warn = warnings{log: c.logger, hosts: p.Hosts}
	s.identify(p)

	note := map[string]origin{}
	s.describe(p)
	lc, lon := settle(s, Limiter, c.limiter, p.Limiter(), note)
	cc, con := settle(s, Conflict, c.conflict, p.Conflict(), note)
	dc, don := settle(s, Dedupe, c.dedupe, p.Dedupe(), note)
	kc, kon := settle(s, Compliance, c.compliance, p.Compliance(), note)

	hooks := joinHooks(append(slices.Clone(c.hooks), s.history.hooks(func() bool {
		m, _ := s.modeOf(Limiter)
		return m == policy.Observe
	})))
	lc.Hooks = joinLimiter(lc.Hooks, hooks.Limiter)
	cc.Hooks = joinConflict(cc.Hooks, hooks.Conflict)
	dc.Hooks = joinDedupe(dc.Hooks, hooks.Dedupe)
	kc.Hooks = joinCompliance(kc.Hooks, hooks.Compliance)

	// Each layer is made once, over a base of its own making; assemble puts it
	// over the right one, and every Over shares its state.
	var err error
	if kon {
		for _, h := range c.hooks {
			orElse(&kc.Stream, h.Stream)
		}
		orElse(&kc.Tenant, c.tenant)
		orElse(&kc.Logger, c.logger)
		if s.checker, err = compliance.New(kc); err != nil {
			return err
		}
	}
	if lon {
		orElse(&lc.Tenant, c.tenant)
		orElse(&lc.Logger, c.logger)
		if s.limiter, err = limiter.NewTransport(nil, lc); err != nil {
			return s.abandon(err)
		}
	}
	if con {
		orElse(&cc.Tenant, c.tenant)
		orElse(&cc.Principal, c.principal)
		orElse(&cc.Logger, c.logger)
		if s.conflict, err = conflict.NewTransport(nil, cc); err != nil {
			return s.abandon(err)
		}
	}
	if don {
		orElse(&dc.Tenant, c.tenant)
		orElse(&dc.Principal, c.principal)
		orElse(&dc.Logger, c.logger)
		if dc.Priority == nil {
			dc.Priority = rank
		}
		if s.dedupe, err = dedupe.NewTransport(nil, dc); err != nil {
			return s.abandon(err)
		}
	}
	t.assemble()
	for _, h := range c.hooks {
		if h.Bind == nil {
			continue
		}
		if release := h.Bind(t); release != nil {
			s.release = append(s.release, release)
		}
	}
	return nil
}

// abandon closes what was made before a constructor failed.
func (s *stack) abandon(err error) error {
	(&Transport{stack: s}).Close()
	return err
}

// assemble puts the layers in their order over the base. This is the order of the
// package comment, from the inside out. Calls to other hosts pass the wire view
// alone, which looks at those for a token and lets the rest be.
func (t *Transport) assemble() {
	s, rt := t.stack, t.base
	if rt == nil {
		rt = defaultTransport{}
	}
	if s.checker != nil {
		rt = s.checker.Wire(rt)
	}
	t.other = rt
	rt = around(rt, s.cfg.perAttempt)
	if s.limiter != nil {
		rt = s.limiter.Over(rt)
	}
	if s.conflict != nil {
		rt = s.conflict.Over(rt)
	}
	if s.dedupe != nil {
		rt = s.dedupe.Over(rt)
	}
	if s.checker != nil {
		rt = s.checker.Intent(rt)
	}
	t.entry = around(rt, s.cfg.perCall)
}

// around puts middleware around rt, the first outermost.
func around(rt http.RoundTripper, middleware []func(http.RoundTripper) http.RoundTripper) http.RoundTripper {
	for _, f := range slices.Backward(middleware) {
		if wrapped := f(rt); wrapped != nil {
			rt = wrapped
		}
	}
	return rt
}

// defaultTransport is http.DefaultTransport as it is at each call.
type defaultTransport struct{}

func (defaultTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	return http.DefaultTransport.RoundTrip(req)
}

func (defaultTransport) Unwrap() http.RoundTripper { return http.DefaultTransport }

// settle decides whether a layer is on, and with which configuration.
func settle[C interface{ WithDefaults() C }](s *stack, l Layer, code *C, fromProfile C, note map[string]origin) (c C, on bool) {
	on = (code != nil || s.cfg.all) && !s.cfg.without[l]
	if !on {
		s.values.Values = append(s.values.Values, ConfigValue{Name: l.String(), Value: "off", From: string(s.offBy(l))})
		return c, false
	}
	if code != nil {
		c = *code
	}
	merge(l.String(), reflect.ValueOf(&c).Elem(), reflect.ValueOf(fromProfile), note)
	s.values.add(l.String(), reflect.ValueOf(c.WithDefaults()), note)
	return c, true
}

func (s *stack) offBy(l Layer) origin {
	if s.cfg.without[l] {
		return fromCode
	}
	return fromDefault
}

// identify settles who a request is for and by whom, and what of a request does
// not travel to another host.
func (s *stack) identify(p profile.Profile) {
	c := &s.cfg
	if c.tenant == nil && p.TenantHeader != "" {
		c.tenant = tenantOf(p.TenantHeader)
	}
	if c.tenant != nil {
		c.tenant = bounded(c.tenant)
	}
	s.foreign = slices.Clone(carried)
	for _, name := range append([]string{p.TenantHeader}, p.CredentialHeaders...) {
		if name != "" {
			s.foreign = append(s.foreign, name)
		}
	}
}

// describe starts the list of values with those of no layer.
func (s *stack) describe(p profile.Profile) {
	if s.cfg.profile == nil {
		return
	}
	add := func(name string, value any) {
		s.values.Values = append(s.values.Values, ConfigValue{Name: "profile." + name, Value: fmt.Sprint(value), From: string(fromProfile)})
	}
	add("name", p.Name)
	add("checked", p.Checked)
	add("hosts", p.Hosts)
	add("tenantHeader", p.TenantHeader)
}

// rank orders the limiter's lanes for dedupe: a caller joins only the flight of
// one that waits in its own lane or a faster one.
func rank(ctx context.Context) int {
	switch limiter.PriorityOf(ctx) {
	case limiter.Interactive:
		return 2
	case limiter.Background:
		return 0
	}
	return 1
}

// orElse sets a field that is not set.
func orElse[T any](field *T, value T) {
	if reflect.ValueOf(field).Elem().IsZero() {
		*field = value
	}
}
