package conflict

import "fmt"

// Dialect is how one platform speaks about versions, as data that a profile can
// hold in JSON. A zero field has the default of the common core: version in
// ETag, precondition in If-Match, conflict 412, success 204.
type Dialect struct {
	// Version lists where an entity's version is found; the first hit wins.
	// Default: header ETag, trailer ETag, then the members /_eTag and /@odata.etag.
	Version []Source `json:"version,omitempty"`
	// Precondition is where a write names its version. Default: header If-Match.
	Precondition Target `json:"precondition,omitzero"`

	// Conflict lists the answers that mean: the version named is not current.
	// Default: 412.
	Conflict []Match `json:"conflict,omitempty"`
	// Required lists the answers that mean: name a version. A Conflict answer to
	// a write that named none means the same. Default: 428.
	Required []Match `json:"required,omitempty"`
	// Again lists the answers that ask for the very same request once more, such
	// as the 409 of an object store with writers at the same moment. Default: none.
	Again []Match `json:"again,omitempty"`

	// Success is the status of a PATCH that changed something: 204, or 200 where
	// the entity comes with it. It is the form of an answer made here. 0: 204;
	// -1: none is ever made, and `{}` is sent.
	Success int `json:"success,omitempty"`

	// PatchMethods lists methods with PATCH's meaning beside it, such as MERGE.
	PatchMethods []string `json:"patch_methods,omitempty"`
	// MethodOverride lists headers that turn a POST into a PATCH, such as
	// X-HTTP-Method-Override. Default: none.
	MethodOverride []string `json:"method_override,omitempty"`

	// ReadOnly lists top-level members that no update accepts. They are taken
	// out of a body whose base is unknown. Default: _links, _embedded, id,
	// created, modified, _eTag, and then only of a body that restates the entity.
	ReadOnly []string `json:"read_only,omitempty"`
	// Whole lists top-level members that only an entity as it was read carries,
	// beside the version members. Default: _links.
	Whole []string `json:"whole,omitempty"`

	// DropQuery lists query parameters that change how much of an entity is
	// returned; a refetch goes without them. Default: embed, fields, $select, $expand.
	DropQuery []string `json:"drop_query,omitempty"`
	// DropHeaders lists headers that a refetch goes without, beside conditional
	// ones, Content-*, Expect, Range, Prefer and Idempotency-Key.
	DropHeaders []string `json:"drop_headers,omitempty"`

	// Lists gives the JSON pointers of the arrays of rows in list answers.
	// Default: /_embedded and /value.
	Lists []string `json:"lists,omitempty"`
	// RowVersion gives the JSON pointers of a row's version. Default: those of Version.
	RowVersion []string `json:"row_version,omitempty"`
	// RowLink gives the JSON pointers of a row's own address. Default:
	// /_links/self/href and /@odata.id.
	RowLink []string `json:"row_link,omitempty"`
}

// Source is one place of an entity's version; exactly one field is set.
type Source struct {
	Header  string `json:"header,omitempty"`
	Trailer string `json:"trailer,omitempty"`
	Pointer string `json:"pointer,omitempty"` // JSON pointer of a string or number
}

// Target is the place where a write names its version; exactly one field is set.
type Target struct {
	Header string `json:"header,omitempty"`
	Query  string `json:"query,omitempty"`  // a parameter of the URL
	Member string `json:"member,omitempty"` // JSON pointer into the body
}

// Match recognises an answer by its status and, where several meanings share
// one, by a text within the first 64 KiB of its body.
type Match struct {
	Status   int    `json:"status"`
	Contains string `json:"contains,omitempty"`
}

func (d Dialect) withDefaults() Dialect {
	or := func(field *[]string, def ...string) {
		if *field == nil {
			*field = def
		}
	}
	if d.Version == nil {
		d.Version = []Source{{Header: "ETag"}, {Trailer: "ETag"}, {Pointer: "/_eTag"}, {Pointer: "/@odata.etag"}}
	}
	fill(&d.Precondition, Target{Header: "If-Match"})
	if d.Conflict == nil {
		d.Conflict = []Match{{Status: 412}}
	}
	if d.Required == nil {
		d.Required = []Match{{Status: 428}}
	}
	fill(&d.Success, 204)
	or(&d.Whole, "_links")
	or(&d.DropQuery, "embed", "fields", "$select", "$expand")
	or(&d.Lists, "/_embedded", "/value")
	or(&d.RowLink, "/_links/self/href", "/@odata.id")
	if d.RowVersion == nil {
		for _, s := range d.Version {
			if s.Pointer != "" {
				d.RowVersion = append(d.RowVersion, s.Pointer)
			}
		}
	}
	return d
}

func (d Dialect) validate() error {
	bad := func(field string, value any, want string) error {
		return fmt.Errorf("conflict: Config.Dialect.%s is %+v, want %s", field, value, want)
	}
	for _, s := range d.Version {
		if set(s.Header, s.Trailer, s.Pointer) != 1 || !validPointer(s.Pointer) {
			return bad("Version", s, "exactly one of header, trailer and JSON pointer")
		}
	}
	p := d.Precondition
	if set(p.Header, p.Query, p.Member) != 1 || !validPointer(p.Member) {
		return bad("Precondition", p, "exactly one of header, query and member (a JSON pointer)")
	}
	for _, list := range []struct {
		name    string
		matches []Match
	}{{"Conflict", d.Conflict}, {"Required", d.Required}, {"Again", d.Again}} {
		for _, m := range list.matches {
			if m.Status < 400 || m.Status > 599 {
				return bad(list.name, m, "a status from 400 to 599")
			}
		}
	}
	for _, list := range []struct {
		name     string
		pointers []string
	}{{"Lists", d.Lists}, {"RowVersion", d.RowVersion}, {"RowLink", d.RowLink}} {
		for _, p := range list.pointers {
			if !validPointer(p) {
				return bad(list.name, fmt.Sprintf("%q", p), "JSON pointers")
			}
		}
	}
	if d.Success != 204 && d.Success != 200 && d.Success != -1 {
		return bad("Success", d.Success, "204, 200 or -1")
	}
	return nil
}

func set(values ...string) (n int) {
	for _, v := range values {
		if v != "" {
			n++
		}
	}
	return n
}
