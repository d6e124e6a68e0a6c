package goodtenant

import (
	"errors"
	"slices"

	"github.com/goodtenant/goodtenant/policy"
)

// PerTransport is an option that is made anew for each Transport, for one that
// keeps state of its own: f is called once by each [New] it is given to.
func PerTransport(f func() Option) Option {
	return optionFunc(func(c *config) error {
		if f == nil {
			return errors.New("goodtenant: PerTransport: the function is nil")
		}
		return Options(f()).apply(c)
	})
}

// ProfileName is the name of the profile in force; "" where there is none.
func (t *Transport) ProfileName() string {
	if t.cfg.profile == nil {
		return ""
	}
	return t.cfg.profile.Name
}

// Routes are the path templates of the profile in force, such as
// "/contacts/{id}".
func (t *Transport) Routes() []string {
	if t.cfg.profile == nil {
		return nil
	}
	return slices.Clone(t.cfg.profile.Routes)
}

// Mode tells a layer's mode now; on is false where the layer is off.
func (t *Transport) Mode(l Layer) (m policy.Mode, on bool) { return t.modeOf(l) }

func (s *stack) modeOf(l Layer) (m policy.Mode, on bool) {
	switch {
	case l == Limiter && s.limiter != nil:
		return s.limiter.Mode(), true
	case l == Conflict && s.conflict != nil:
		return s.conflict.Mode(), true
	case l == Dedupe && s.dedupe != nil:
		return s.dedupe.Mode(), true
	case l == Compliance && s.checker != nil:
		return s.checker.Mode(), true
	}
	return m, false
}
