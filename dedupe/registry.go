package dedupe

import "net/http"

// registry holds the rules and what they need.
type registry struct {
	rules  []*rule
	norm   *normaliser
	vault  *vault
	local  *MemoryLocks
	shared Locks
	paging paging

	offspring offspring
}

func newRegistry(c Config) *registry {
	r := &registry{
		norm:   &normaliser{email: c.Email, country: c.Country, custom: c.Normalize},
		vault:  newVault(c.HashKey),
		local:  NewMemoryLocks(),
		shared: c.Locks,
		paging: newPaging(c.Paging),
	}
	for _, rule := range c.Unique {
		r.rules = append(r.rules, compile(rule))
	}
	return r
}

// ruleFor gives the first rule for req, or nil.
func (r *registry) ruleFor(req *http.Request) *rule {
	if len(r.rules) == 0 {
		return nil
	}
	segs := segments(req.URL.Path)
	for _, rule := range r.rules {
		if rule.matches(req, segs) {
			return rule
		}
	}
	return nil
}
