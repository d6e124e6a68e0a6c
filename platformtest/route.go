package platformtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// route finds the resource; a collection is reached with and without the slash
// at its end.
func (s *Server) route(x *exchange) {
	name, id, _ := strings.Cut(strings.TrimPrefix(x.r.URL.Path, "/"), "/")
	col := s.data.collections[name]
	if col == nil || strings.Contains(id, "/") {
		x.fail(http.StatusNotFound, "there is no such resource")
		return
	}
	methods := map[string]func(*exchange, *collection, string){
		http.MethodGet: s.list, http.MethodHead: s.list, http.MethodPost: s.create,
	}
	if id != "" {
		methods = map[string]func(*exchange, *collection, string){
			http.MethodGet: s.get, http.MethodHead: s.get, http.MethodPatch: s.patch, http.MethodDelete: s.remove,
		}
		if name == metadata {
			methods[http.MethodPatch], methods[http.MethodPut] = s.patchMetadata, s.putMetadata
		}
	}
	serve := methods[x.r.Method]
	if serve == nil {
		var allowed strings.Builder
		for _, m := range []string{"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"} {
			if methods[m] != nil {
				allowed.WriteString(", " + m)
			}
		}
		x.header().Set("Allow", allowed.String()[2:])
		x.fail(http.StatusMethodNotAllowed, "the resource has no such method")
		return
	}
	serve(x, col, id)
}

func (s *Server) get(x *exchange, col *collection, id string) {
	embeds, ok := x.embeds(col)
	if !ok {
		return
	}
	s.data.mu.Lock()
	shelf := s.data.shelf(x.req.Tenant, col.name)
	e := shelf.find(id)
	var body json.RawMessage
	var tag string
	if e != nil {
		body, tag = shelf.with(e, embeds), shelf.tag(e)
	}
	s.data.mu.Unlock()
	if e == nil {
		x.missing()
		return
	}
	if col.name != metadata {
		x.header().Set("ETag", tag)
	}
	x.json(http.StatusOK, body)
}

func (x *exchange) missing() { x.fail(http.StatusNotFound, "there is no such entity") }

// embeds reads the embed parameters.
func (x *exchange) embeds(col *collection) ([]string, bool) {
	embeds := x.r.URL.Query()["embed"]
	for _, e := range embeds {
		if !contains(col.embeds, e) {
			x.fail(http.StatusBadRequest, "the request is not valid", fieldError{"embed", "cannot be embedded here"})
			return nil, false
		}
	}
	return embeds, true
}

// with is the entity with what was asked for embedded. Of the relations that
// the platform names, those to collections that are served here have content;
// the others are empty.
func (s *shelf) with(e *entity, embeds []string) json.RawMessage {
	if len(embeds) == 0 {
		return s.show(e)
	}
	embedded := map[string]any{}
	for _, name := range embeds {
		embedded[name] = s.related(e, name)
	}
	body := s.render(e)
	body["_embedded"] = embedded
	return encode(body)
}

func (s *shelf) related(e *entity, name string) any {
	switch name {
	case "offices", "negotiators":
		if s.name == "offices" { // an office's negotiators point at it
			return s.d.shelf(s.tenant, name).pointingAt("officeId", e.id)
		}
		return s.d.shelf(s.tenant, name).rendered(e.refs(name))
	case "office", "negotiator":
		return one(s.d.shelf(s.tenant, name+"s").rendered(e.refs(name + "s")))
	case "property":
		return one(s.d.shelf(s.tenant, "properties").rendered(ids(e.members["propertyId"])))
	case "landlord":
		return one(s.d.shelf(s.tenant, "landlords").rendered(ids(e.inside("letting", "landlordId"))))
	case "vendor":
		return one(s.d.shelf(s.tenant, "vendors").rendered(ids(e.inside("selling", "vendorId"))))
	case "properties":
		owned := []any{}
		properties := s.d.shelf(s.tenant, "properties")
		for p := range properties.living {
			if p.inside("letting", "landlordId") == e.id {
				owned = append(owned, properties.show(p))
			}
		}
		return owned
	case "relationships":
		roles := []any{}
		for _, role := range []string{"applicants", "landlords", "vendors"} {
			for r := range s.d.shelf(s.tenant, role).living {
				if contains(r.contacts(), e.id) {
					roles = append(roles, map[string]any{"associatedId": r.id, "associatedType": strings.TrimSuffix(role, "s")})
				}
			}
		}
		return roles
	}
	return []any{}
}

func (s *shelf) pointingAt(member, id string) []any {
	out := []any{}
	for e := range s.living {
		if e.members[member] == id {
			out = append(out, s.show(e))
		}
	}
	return out
}

func (s *shelf) rendered(ids []string) []any {
	out := []any{}
	for _, id := range ids {
		if e := s.find(id); e != nil {
			out = append(out, s.show(e))
		}
	}
	return out
}

func (e *entity) inside(object, member string) any {
	m, _ := e.members[object].(map[string]any)
	return m[member]
}

func ids(v any) []string {
	if id, ok := v.(string); ok {
		return []string{id}
	}
	return nil
}

func one(found []any) any {
	if len(found) == 0 {
		return nil
	}
	return found[0]
}

func contains(list []string, s string) bool {
	return slices.Contains(list, s)
}
