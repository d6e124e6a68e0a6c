package platformtest

import (
	"slices"
	"strings"
)

// emails are the normal forms of an entity's own e-mail address, or of those of
// the contacts and companies that it points at.
func (s *shelf) emails(e *entity) []string {
	var out []string
	for _, p := range s.people(e) {
		if email, ok := p.members["email"].(string); ok && strings.TrimSpace(email) != "" {
			out = append(out, normal(email))
		}
	}
	return out
}

// details are e-mail addresses and telephone numbers.
func (s *shelf) details(e *entity) []string {
	var out []string
	for _, p := range s.people(e) {
		for _, member := range []string{"email", "homePhone", "workPhone", "mobilePhone"} {
			if v, ok := p.members[member].(string); ok && v != "" {
				out = append(out, normal(v))
			}
		}
	}
	return out
}

func (s *shelf) fullName(e *entity) string {
	var parts []string
	for _, p := range s.people(e) {
		for _, member := range []string{"title", "forename", "surname", "name"} {
			if v, ok := p.members[member].(string); ok {
				parts = append(parts, v)
			}
		}
	}
	return strings.Join(parts, " ")
}

// people are the entities that hold an entity's name and addresses: itself, or
// what its related member points at.
func (s *shelf) people(e *entity) []*entity {
	if s.members["related"] == 0 {
		return []*entity{e}
	}
	var out []*entity
	for _, collection := range []string{"contacts", "companies"} {
		for _, id := range e.contacts() {
			if p := s.d.shelf(s.tenant, collection).find(id); p != nil {
				out = append(out, p)
			}
		}
	}
	return out
}

// contacts are the ids that the related member points at.
func (e *entity) contacts() []string {
	related, _ := e.members["related"].([]any)
	var out []string
	for _, r := range related {
		r, _ := r.(map[string]any)
		if id, ok := r["associatedId"].(string); ok {
			out = append(out, id)
		}
	}
	return out
}

// twin finds another living entity of the shelf with one of e's addresses.
func (s *shelf) twin(e *entity) (other *entity) {
	mine := s.emails(e)
	if len(mine) == 0 {
		return nil
	}
	for o := range s.living {
		if o != e && slices.ContainsFunc(s.emails(o), func(email string) bool { return contains(mine, email) }) {
			return o
		}
	}
	return nil
}

func normal(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}
