package goodtenant

import (
	"errors"
	"slices"
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
