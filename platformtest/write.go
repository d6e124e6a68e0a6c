package platformtest

import (
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
)

// create answers a POST: 201 with Location and no body. A second entity with
// one e-mail address is created too, and reported.
func (s *Server) create(x *exchange, col *collection, _ string) {
	v, ok := x.decoded()
	if !ok {
		return
	}
	members, ok := v.(map[string]any)
	if !ok {
		x.fail(http.StatusBadRequest, "the body is no JSON object")
		return
	}
	s.data.mu.Lock()
	shelf := s.data.shelf(x.req.Tenant, col.name)
	wrong := shelf.check(members, true)
	var id string
	if wrong == nil {
		e := shelf.add(members, time.Now(), s.cfg.IndexLag)
		s.judgeTwin(x, shelf, e, nil)
		id = e.id
	}
	s.data.mu.Unlock()
	if wrong != nil {
		x.fail(http.StatusUnprocessableEntity, "the entity is not valid", wrong...)
		return
	}
	scheme := "http://"
	if x.r.TLS != nil {
		scheme = "https://"
	}
	x.header().Set("Location", scheme+x.r.Host+"/"+col.name+"/"+id)
	x.answer(http.StatusCreated, nil)
}

// judgeTwin reports e when a write has given it an address that another living
// entity has; before are the addresses it had until then.
func (s *Server) judgeTwin(x *exchange, shelf *shelf, e *entity, before []string) {
	now := shelf.emails(e)
	if slices.Equal(now, before) || shelf.name == metadata {
		return
	}
	if twin := shelf.twin(e); twin != nil {
		s.judge.violate(Duplicate, x.req, "%s has the e-mail address of %s, which is alive", e.id, twin.id)
	}
}

// patch answers a PATCH of one entity: 204 and no body, 412 unless If-Match
// carries its entity tag byte for byte.
func (s *Server) patch(x *exchange, col *collection, id string) {
	v, ok := x.decoded()
	if !ok {
		return
	}
	s.data.mu.Lock()
	refusal := s.patchLocked(x, col, id, v)
	s.data.mu.Unlock()
	if refusal != nil {
		refusal()
		return
	}
	x.answer(http.StatusNoContent, nil)
}

func (s *Server) patchLocked(x *exchange, col *collection, id string, v any) (refusal func()) {
	shelf := s.data.shelf(x.req.Tenant, col.name)
	e := shelf.find(id)
	if e == nil {
		return x.missing
	}
	if tags := x.r.Header.Values("If-Match"); len(tags) != 1 || tags[0] != shelf.tag(e) {
		return x.stale
	}
	body, ok := v.(map[string]any)
	if !ok {
		return func() { x.fail(http.StatusBadRequest, "the body is no JSON object") }
	}
	patch, wrong := shelf.writable(e, body)
	if wrong = append(wrong, shelf.check(patch, false)...); wrong != nil {
		return func() { x.fail(http.StatusUnprocessableEntity, "the entity is not valid", wrong...) }
	}
	writer := x.r.Header.Get("Authorization")
	if lost := e.lostUpdates(patch, writer); lost != nil {
		s.judge.violate(LostUpdate, x.req, "%s was put back to what it held before another writer changed it", strings.Join(lost, ", "))
	}
	before := shelf.emails(e)
	unchanged := len(body) - len(patch)
	for _, c := range e.merge(patch, writer, time.Now()) {
		if equal(c.before, c.after) {
			unchanged++
		}
	}
	s.judge.unchanged(unchanged)
	s.judgeTwin(x, shelf, e, before)
	return nil
}

// writable drops read-only members that carry what the entity holds, and
// complains about those that do not.
func (s *shelf) writable(e *entity, body map[string]any) (map[string]any, []fieldError) {
	var wrong []fieldError
	out := maps.Clone(body)
	shown := s.render(e)
	for _, member := range readOnly {
		value, given := body[member]
		if given && !equal(value, shown[member]) {
			wrong = append(wrong, fieldError{member, "cannot be changed"})
		}
		delete(out, member)
	}
	return out, wrong
}

// stale is the answer to an update of a version that is no more, and to one
// that names no version.
func (x *exchange) stale() {
	x.fail(http.StatusPreconditionFailed, "the entity has changed since it was read, or If-Match is missing")
}

// remove answers a DELETE. It is soft: the entity is kept but found no more.
func (s *Server) remove(x *exchange, col *collection, id string) {
	s.data.mu.Lock()
	shelf := s.data.shelf(x.req.Tenant, col.name)
	e := shelf.find(id)
	stale := false
	if e != nil {
		tags := x.r.Header.Values("If-Match") // optional here, but right when given
		if stale = len(tags) > 0 && (len(tags) > 1 || tags[0] != shelf.tag(e)); !stale {
			e.deleted = true
			e.touch(time.Now())
		}
	}
	s.data.mu.Unlock()
	switch {
	case e == nil:
		x.missing()
	case stale:
		x.stale()
	default:
		x.answer(http.StatusNoContent, nil)
	}
}

// patchMetadata applies a JSON Patch to the metadata member.
func (s *Server) patchMetadata(x *exchange, col *collection, id string) {
	v, ok := x.decoded()
	if !ok {
		return
	}
	operations, ok := v.([]any)
	if !ok {
		x.fail(http.StatusBadRequest, "the body is no JSON Patch")
		return
	}
	s.changeMetadata(x, col, id, func(old any) (any, error) { return applyPatch(old, operations) })
}

// putMetadata replaces the metadata member.
func (s *Server) putMetadata(x *exchange, col *collection, id string) {
	v, ok := x.decoded()
	if !ok {
		return
	}
	members, _ := v.(map[string]any)
	value, given := members[metadata]
	if !given {
		x.fail(http.StatusUnprocessableEntity, "the entity is not valid", fieldError{metadata, "is required"})
		return
	}
	s.changeMetadata(x, col, id, func(any) (any, error) { return value, nil })
}

func (s *Server) changeMetadata(x *exchange, col *collection, id string, f func(any) (any, error)) {
	s.data.mu.Lock()
	e := s.data.shelf(x.req.Tenant, col.name).find(id)
	var err error
	if e != nil {
		var value any
		if value, err = f(e.members[metadata]); err == nil {
			e.members[metadata] = value
			e.touch(time.Now())
		}
	}
	s.data.mu.Unlock()
	switch {
	case e == nil:
		x.missing()
	case err != nil:
		x.fail(http.StatusUnprocessableEntity, "the patch cannot be applied", fieldError{metadata, err.Error()})
	default:
		x.answer(http.StatusNoContent, nil)
	}
}

// decoded reads a JSON body. Its media type may be any of JSON's: what a PATCH
// means is seen from its shape.
func (x *exchange) decoded() (any, bool) {
	media, _, err := mime.ParseMediaType(x.r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" && !(strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json")) {
		x.fail(http.StatusUnsupportedMediaType, "the body must be application/json")
		return nil, false
	}
	b, ok := x.body()
	if !ok {
		return nil, false
	}
	v, err := decode(b)
	if err != nil {
		x.fail(http.StatusBadRequest, "the body is no JSON")
		return nil, false
	}
	return v, true
}

// check validates the members of a create, or of a patch, where only what is
// there can be wrong.
func (s *shelf) check(members map[string]any, whole bool) []fieldError {
	var wrong []fieldError
	complain := func(field, format string, args ...any) {
		wrong = append(wrong, fieldError{field, fmt.Sprintf(format, args...)})
	}
	needed := s.needed
	if s.d.cfg.FullSchema {
		needed = append(slices.Clone(needed), s.required...)
	}
	for _, member := range needed {
		if value, given := members[member]; (given || whole) && empty(value) {
			complain(member, "is required")
		}
	}
	for _, member := range slices.Sorted(maps.Keys(members)) {
		value := members[member]
		switch {
		case whole && contains(readOnly, member):
			complain(member, "is set by the platform")
		case value != nil && s.members[member] != 0 && kindOf(value) != s.members[member]:
			complain(member, "must be %s", s.members[member])
		case member == "email" && !empty(value) && !strings.Contains(value.(string), "@"):
			complain(member, "must be an e-mail address")
		}
	}
	for _, id := range (&entity{members: members}).contacts() {
		if s.d.shelf(s.tenant, "contacts").find(id) == nil && s.d.shelf(s.tenant, "companies").find(id) == nil {
			complain("related", "names a contact or company that does not exist")
		}
	}
	return wrong
}

func empty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(v) == ""
	case []any:
		return len(v) == 0
	}
	return false
}

func kindOf(value any) kind {
	switch value.(type) {
	case string:
		return text
	case bool:
		return flag
	case []any:
		return list
	case map[string]any:
		return object
	}
	return number
}
