package compliance

import (
	"slices"
	"strings"
	"time"
)

// Platform is what the rules must know of the platform called: data only, JSON
// in and out. A profile fills it. A zero field takes a default that fits many
// platforms; a negative number means that the platform has no such limit.
type Platform struct {
	// Hosts of the API; other hosts are not judged. Empty: every host.
	Hosts []string `json:"hosts,omitempty"`
	// TokenPaths are the ends of paths that hand out tokens, on any host.
	TokenPaths []string `json:"token_paths,omitempty"`
	// Routes are path templates such as "/contacts/{id}"; other paths are learned. A
	// learned segment that looks like a name, not like an id, is shown in findings as
	// it stands, until fifty others have stood in its place: name the routes whose
	// segments people write.
	Routes []string `json:"routes,omitempty"`

	TenantHeader  string `json:"tenant_header,omitempty"`  // names the customer
	VersionHeader string `json:"version_header,omitempty"` // required on every call; empty: none
	// Sandbox tenants hold no customer's data.
	Sandbox []string `json:"sandbox,omitempty"`

	// Names of query parameters.
	PageParams      []string `json:"page_params,omitempty"`      // a page's number
	OffsetParams    []string `json:"offset_params,omitempty"`    // a page's first row
	CursorParams    []string `json:"cursor_params,omitempty"`    // a page's opaque name
	SizeParams      []string `json:"size_params,omitempty"`      // rows a page
	IDParams        []string `json:"id_params,omitempty"`        // entities by id, repeated or comma-separated
	WatermarkParams []string `json:"watermark_params,omitempty"` // "changed since"
	UntilParams     []string `json:"until_params,omitempty"`     // "changed until"
	EmbedParams     []string `json:"embed_params,omitempty"`     // related rows, billed as calls of their own
	IgnoreParams    []string `json:"ignore_params,omitempty"`    // no filter: sorting, selection of fields
	PageSize        int      `json:"page_size,omitempty"`        // where none is asked for; 25
	MaxPageSize     int      `json:"max_page_size,omitempty"`    // the most that can be asked for; 100

	// Names of members in answers.
	RowsMembers  []string `json:"rows_members,omitempty"`  // the array of rows
	IDMembers    []string `json:"id_members,omitempty"`    // a row's id
	TotalMembers []string `json:"total_members,omitempty"` // rows of the query
	PagesMembers []string `json:"pages_members,omitempty"` // pages of the query

	Collections []Collection `json:"collections,omitempty"`
	// MatchMembers of a create's body identify a person; they are what a
	// uniqueness check looks for.
	MatchMembers []string `json:"match_members,omitempty"`
	// MatchParams are the query parameters of such a check.
	MatchParams []string `json:"match_params,omitempty"`
	// WebhookVersion: notifications carry the entity and its version, so reading
	// it again is needless.
	WebhookVersion bool `json:"webhook_version,omitempty"`
	// NoPrecondition: updates need no If-Match on this platform.
	NoPrecondition bool `json:"no_precondition,omitempty"`

	// Limits; negative: none.
	PerSecond     int `json:"per_second,omitempty"`     // the whole app; 20
	Concurrent    int `json:"concurrent,omitempty"`     // each tenant; 5
	ConcurrentApp int `json:"concurrent_app,omitempty"` // recommended threads of the whole app; 5
	PerDay        int `json:"per_day,omitempty"`        // the whole app; 250,000
}

// Collection is what is known of one collection beforehand.
type Collection struct {
	Name string `json:"name"` // the first literal segments of its routes, "contacts"
	// Contacts: its entities are or belong to people, so a create needs a
	// uniqueness check and a purpose needs an approval.
	Contacts bool `json:"contacts,omitempty"`
	// Reference data is small and rarely changes; copying it is no bulk.
	Reference bool `json:"reference,omitempty"`
	// Lookups are the query parameters that a uniqueness check uses here.
	Lookups []string `json:"lookups,omitempty"`
	// Match are the collections where a check for this one may be made; itself
	// always.
	Match []string `json:"match,omitempty"`
	// Rows is its size where no answer tells it; 0: unknown.
	Rows int `json:"rows,omitempty"`
}

// WithDefaults fills the zero fields of p.
func (p Platform) WithDefaults() Platform {
	list := func(field *[]string, words string) {
		if *field == nil {
			*field = strings.Fields(words)
		}
	}
	setDefault(&p.TenantHeader, "reapit-customer")
	list(&p.TokenPaths, "/oauth2/token /oauth/token /connect/token /token")
	list(&p.Sandbox, "SBOX")
	list(&p.PageParams, "pageNumber page page_number pageNo pageIndex p")
	list(&p.OffsetParams, "offset skip start startIndex $skip startAt")
	list(&p.CursorParams, "cursor pageToken page_token nextToken next_token starting_after after page_info continuationToken $skiptoken marker pageCursor next")
	list(&p.SizeParams, "pageSize page_size per_page perPage limit $top count maxResults size take")
	list(&p.IDParams, "id ids ids[] id[]")
	list(&p.WatermarkParams, "modifiedFrom createdFrom updatedFrom modified_since modifiedSince updated_since updatedSince updated_at_min created_at_min since lastModified changedSince from dateFrom startDate oldest")
	list(&p.UntilParams, "modifiedTo createdTo updatedTo updated_at_max created_at_max until to dateTo endDate latest")
	list(&p.EmbedParams, "embed expand include $expand")
	list(&p.IgnoreParams, "sortBy sort order orderBy $orderby fields select $select")
	setDefault(&p.PageSize, 25)
	setDefault(&p.MaxPageSize, 100)
	list(&p.RowsMembers, "_embedded data items results value rows records entries content values")
	list(&p.IDMembers, "id _id ID Id uuid gid")
	list(&p.TotalMembers, "totalCount total total_count totalResults @odata.count totalElements totalItems")
	list(&p.PagesMembers, "totalPageCount totalPages total_pages pageTotal")
	list(&p.MatchMembers, "email emailAddress mobilePhone homePhone workPhone phone")
	list(&p.MatchParams, "email emailAddress emailAddresses contactDetail phone mobilePhone name search q query")
	if p.Collections == nil {
		p.Collections = defaultCollections()
	}
	setDefault(&p.PerSecond, 20)
	setDefault(&p.Concurrent, 5)
	setDefault(&p.ConcurrentApp, 5)
	setDefault(&p.PerDay, 250_000)
	return p
}

// defaultCollections are names whose meaning is the same on most platforms.
func defaultCollections() []Collection {
	var all []Collection
	for n := range strings.FieldsSeq("contacts applicants landlords vendors companies people persons customers leads users members") {
		all = append(all, Collection{Name: n, Contacts: true})
	}
	for n := range strings.FieldsSeq("offices negotiators areas departments configuration sources types countries currencies metadataSchema") {
		all = append(all, Collection{Name: n, Reference: true})
	}
	return all
}

func (p *Platform) collection(name string) *Collection {
	i := slices.IndexFunc(p.Collections, func(c Collection) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return &p.Collections[i]
}

// spelled writes a collection that the platform's data names as it is written there:
// many servers take "/Contacts/" for "/contacts/".
func (p *Platform) spelled(name string) string {
	for _, c := range p.Collections {
		n := len(c.Name)
		if len(name) >= n && strings.EqualFold(name[:n], c.Name) && (len(name) == n || name[n] == '/') {
			return c.Name + name[n:]
		}
	}
	return name
}

func (p *Platform) contactCentric(name string) bool {
	c := p.collection(p.spelled(name))
	return c != nil && c.Contacts
}

// collectionOf is the name of the collection that a template belongs to: its
// literal segments up to the first parameter, without a version in front;
// "/contacts/{id}/relationships" belongs to contacts/relationships, so that
// related rows are not counted as rows of the parent.
func collectionOf(template string) string {
	var names []string
	for seg := range strings.SplitSeq(template, "/") {
		if seg == "" || strings.HasPrefix(seg, "{") || len(names) == 0 && isVersion(seg) {
			continue
		}
		names = append(names, seg)
	}
	return strings.Join(names, "/")
}

func isVersion(seg string) bool {
	return len(seg) > 1 && len(seg) < 5 && seg[0] == 'v' && strings.Trim(seg[1:], "0123456789.") == "" || seg == "api" || seg == "rest"
}

// hoursAllow tells whether a purpose may run at t.
func (p *Purpose) hoursAllow(t time.Time) bool {
	h := t.UTC().Hour()
	switch {
	case p.From == p.To:
		return true
	case p.From < p.To:
		return h >= p.From && h < p.To
	}
	return h >= p.From || h < p.To
}
