package platformtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// data is what the platform holds: for each customer its own entities, made
// when they are first looked at.
type data struct {
	cfg         Config
	collections map[string]*collection

	mu      sync.Mutex
	shelves map[[2]string]*shelf // customer and collection
}

func newData(c Config) *data {
	d := &data{cfg: c, collections: map[string]*collection{}, shelves: map[[2]string]*shelf{}}
	for _, col := range collections() {
		d.collections[col.name] = col
	}
	return d
}

// shelf is one customer's part of one collection. Its entities stand in the
// order of their ids; an entry is nil until somebody looks at it.
type shelf struct {
	*collection
	d        *data
	tenant   string
	entities []*entity
}

// entity is one entity with its history, as far as it matters here.
type entity struct {
	id                string
	created, modified time.Time
	version           int
	members           map[string]any // all but the readOnly ones
	listed            time.Time      // in lists and searches from then on
	deleted           bool
	writes            map[string]write // by member path: the newest write
	shown             json.RawMessage  // what show made of this version; nil: not yet
}

// write is who changed a member last, and what it held before.
type write struct {
	writer string
	before any
}

func (d *data) shelf(tenant, name string) *shelf {
	key := [2]string{tenant, name}
	s := d.shelves[key]
	if s == nil {
		s = &shelf{
			collection: d.collections[name], d: d, tenant: tenant,
			entities: make([]*entity, d.cfg.Rows[name]),
		}
		d.shelves[key] = s
	}
	return s
}

// at returns the entity at a position, which it makes if need be.
func (s *shelf) at(i int) *entity {
	e := s.entities[i]
	if e == nil {
		seed := s.d.seeder(s.tenant, s.name, i)
		e = &entity{id: s.id(i), version: 1, members: plain(s.seed(seed)).(map[string]any)}
		e.created, e.modified = seed.when()
		s.entities[i] = e
	}
	return e
}

// find returns a living entity, or nil.
func (s *shelf) find(id string) *entity {
	digits, _ := strings.CutPrefix(id, s.prefix)
	i, err := strconv.Atoi(digits)
	if err != nil || i < 1 || i > len(s.entities) {
		return nil
	}
	if e := s.at(i - 1); e.id == id && !e.deleted {
		return e
	}
	return nil
}

// living yields every entity that is not deleted, in the order of their ids.
func (s *shelf) living(yield func(*entity) bool) {
	for i := range s.entities {
		if e := s.at(i); !e.deleted && !yield(e) {
			return
		}
	}
}

// add puts a new entity at the end.
func (s *shelf) add(members map[string]any, now time.Time, lag time.Duration) *entity {
	e := &entity{
		id: s.id(len(s.entities)), created: now, modified: now, version: 1,
		members: members, listed: now.Add(lag),
	}
	s.entities = append(s.entities, e)
	return e
}

// tag is the entity tag, quotes included.
func (s *shelf) tag(e *entity) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %q %s %s %d", s.d.cfg.Seed, s.tenant, s.name, e.id, e.version))
	return fmt.Sprintf(`"%X"`, sum[:16])
}

// render is the entity as the API shows it.
func (s *shelf) render(e *entity) map[string]any {
	out := make(map[string]any, len(e.members)+len(readOnly))
	maps.Copy(out, e.members)
	out["id"], out["modified"] = e.id, stamp(e.modified)
	if s.name == metadata {
		return out
	}
	out["created"], out["_eTag"] = stamp(e.created), s.tag(e)
	out["_embedded"] = nil
	out["_links"] = s.links(e)
	return out
}

// show is render as JSON, kept until the entity changes.
func (s *shelf) show(e *entity) json.RawMessage {
	if e.shown == nil {
		e.shown = encode(s.render(e))
	}
	return e.shown
}

func (s *shelf) links(e *entity) map[string]any {
	links := map[string]any{"self": link("/" + s.name + "/" + e.id)}
	for _, to := range []string{"offices", "negotiators"} {
		if ids := e.refs(to); len(ids) > 0 {
			var href strings.Builder
			href.WriteString("/" + to + "/?")
			for i, id := range ids {
				if i > 0 {
					href.WriteString("&")
				}
				href.WriteString("id=" + id)
			}
			links[to] = link(href.String())
		}
	}
	return links
}

func link(href string) map[string]any { return map[string]any{"href": href} }

// refs returns the ids of the offices or negotiators that an entity belongs to.
func (e *entity) refs(to string) []string {
	one := map[string]string{"offices": "officeId", "negotiators": "negotiatorId"}[to]
	var ids []string
	if id, ok := e.members[one].(string); ok {
		ids = append(ids, id)
	}
	many, _ := e.members[one+"s"].([]any)
	for _, v := range many {
		if id, ok := v.(string); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// stamp writes a time as the platform does.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.0000000Z") }

// decode reads JSON with its numbers as they are written.
func decode(b []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("more than one JSON value")
	}
	return v, nil
}

// encode writes JSON as the platform does, without HTML escapes.
func encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("platformtest: " + err.Error()) // our own values always marshal
	}
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'})
}

// plain brings a seeded value into the form that decode gives.
func plain(v any) any {
	switch v := v.(type) {
	case int:
		return json.Number(strconv.Itoa(v))
	case map[string]any:
		for member, value := range v {
			v[member] = plain(value)
		}
	case []any:
		for i, value := range v {
			v[i] = plain(value)
		}
	}
	return v
}

// toPlain brings any value that marshals into that form.
func toPlain(v any) (any, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return decode(b)
}

// lookup finds a shelf by a name that a test gave.
func (d *data) lookup(tenant, name string) (*shelf, error) {
	if d.collections[name] == nil {
		return nil, fmt.Errorf("platformtest: there is no collection %q", name)
	}
	return d.shelf(tenant, name), nil
}

// Entity returns an entity as the platform holds it now, or nil when there is
// none: for a test to look at. It is no call and counts as none.
func (s *Server) Entity(tenant, collection, id string) json.RawMessage {
	s.data.mu.Lock()
	defer s.data.mu.Unlock()
	shelf, err := s.data.lookup(tenant, collection)
	if err != nil {
		return nil
	}
	e := shelf.find(id)
	if e == nil {
		return nil
	}
	return bytes.Clone(shelf.show(e))
}

// IDs returns the ids of a customer's living entities, in the platform's order.
func (s *Server) IDs(tenant, collection string) []string {
	s.data.mu.Lock()
	defer s.data.mu.Unlock()
	shelf, err := s.data.lookup(tenant, collection)
	if err != nil {
		return nil
	}
	var ids []string
	for e := range shelf.living {
		ids = append(ids, e.id)
	}
	return ids
}

// anotherApp is the writer of Edit and Create.
const anotherApp = "another app"

// Edit is another app's edit: it merges patch (RFC 7396; anything that marshals
// to a JSON object) into the entity, which gets a new entity tag. It is no call
// and counts as none.
func (s *Server) Edit(tenant, collection, id string, patch any) error {
	change, err := toPlain(patch)
	if err != nil {
		return err
	}
	members, ok := change.(map[string]any)
	if !ok {
		return errors.New("platformtest: Edit: the patch is no JSON object")
	}
	s.data.mu.Lock()
	defer s.data.mu.Unlock()
	shelf, err := s.data.lookup(tenant, collection)
	if err != nil {
		return err
	}
	e := shelf.find(id)
	if e == nil {
		return fmt.Errorf("platformtest: Edit: there is no %s %q", collection, id)
	}
	for member := range members {
		if slices.Contains(readOnly, member) {
			return fmt.Errorf("platformtest: Edit: no update changes %s", member)
		}
	}
	e.merge(members, anotherApp, time.Now())
	return nil
}

// Create is another app's create: it adds an entity (anything that marshals to
// a JSON object) without validation or index lag, and returns its id.
func (s *Server) Create(tenant, collection string, entity any) (id string, err error) {
	v, err := toPlain(entity)
	if err != nil {
		return "", err
	}
	members, ok := v.(map[string]any)
	if !ok {
		return "", errors.New("platformtest: Create: the entity is no JSON object")
	}
	s.data.mu.Lock()
	defer s.data.mu.Unlock()
	shelf, err := s.data.lookup(tenant, collection)
	if err != nil {
		return "", err
	}
	return shelf.add(members, time.Now(), 0).id, nil
}
