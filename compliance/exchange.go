package compliance

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/goodtenant/goodtenant/internal/call"
	"github.com/goodtenant/goodtenant/internal/endpoint"
	"github.com/goodtenant/goodtenant/internal/route"
)

// exchange is one call as the detectors see it. It is made when the call starts
// and judged when its answer has ended; then its memory serves the next.
type exchange struct {
	view    View
	origin  call.Origin
	attempt int
	at      int64 // unix nanoseconds
	head    int64 // of the answer; 0: unknown
	end     int64
	method  string
	rawURL  *url.URL
	live    bool // not of a recording
	token   bool // a call for a token, whatever the host

	tenant  string
	unclear bool // the tenant header came twice
	route   *routeInfo
	entity  uint64 // of the path's last id, mixed with the collection; 0: a list
	parent  uint64 // of the ids before a list; 0: none
	path    uint64 // of all ids of the path
	lastID  string // of the path, until the call ends
	q       query
	url     uint64 // method, path and query

	initiator Initiator
	stream    string
	label     string
	purpose   *Purpose
	webhook   *WebhookEvent
	bound     bool // a read within an event's allowance
	user      bool // a plausible user waits
	site      string

	status     int
	known      bool // the answer was seen
	found      found
	etag       uint64 // of an entity
	ifMatch    uint64
	star       bool
	sent       http.Header // of a read; not touched once its answer's head is there
	ifNone     bool        // of an entity that came with a version
	versioned  bool
	pausedFrom int64 // Retry-After of a 429 or 503: from its head ...
	pausedTo   int64 // ... to its end; 0: none
	location   uint64
	body       []byte // of a write, up to maxWrite
	auth       uint64
	machine    bool // grant_type=client_credentials

	inFlight, inFlightApp int     // with this one; 0: unknown
	of                    *tenant // found when it began
}

// maxWrite is how much of a write's body is looked at.
const maxWrite = 64 << 10

func (x *exchange) sec() uint32      { return uint32(x.at / 1e9) }
func (x *exchange) read() bool       { return x.method == http.MethodGet }
func (x *exchange) ok() bool         { return x.status >= 200 && x.status < 300 }
func (x *exchange) list() bool       { return x.entity == 0 }
func (x *exchange) unfiltered() bool { return x.list() && x.q.filters == 0 && x.parent == 0 }
func (x *exchange) rows() int        { return x.found.rows }
func (x *exchange) failed() bool     { return x.status == 0 || x.status == 429 || x.status >= 500 }
func (x *exchange) time() time.Time  { return time.Unix(0, x.at).UTC() }

func (x *exchange) write() bool {
	switch x.method {
	case http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete:
		return true
	}
	return false
}

// reads gives the entities that a read asks for by id.
func (x *exchange) reads(buf *[1]uint64) []uint64 {
	if x.entity != 0 {
		buf[0] = x.entity
		return buf[:]
	}
	return x.q.ids
}

// routeInfo is what is known of a template.
type routeInfo struct {
	of         *route.Template
	template   string
	params     []bool // of each segment: it varies
	firstParam int    // the first that does
	collection string
	id         uint64 // hash of the template
	hash       uint64 // hash of the collection
	entity     bool   // it ends with a parameter
	reference  bool
	contacts   bool
	rows       int      // size by configuration
	lookups    []uint64 // hashes of the collections where a check may be made
}

// digester turns requests into exchanges.
type digester struct {
	cfg    *Config
	key    hashKey
	table  *route.Table
	params *params
	names  *memberNames
	hosts  *endpoint.Set
	tenant func(*http.Request) string

	tenantHeader, versionHeader string // canonical

	routes   []atomic.Pointer[routeInfo] // by the template's ID
	purposes map[string]*Purpose
	pool     sync.Pool
}

func newDigester(c *Config, key hashKey) *digester {
	d := &digester{cfg: c, key: key, table: route.New(c.Platform.Routes), params: newParams(&c.Platform, key),
		names: newMemberNames(&c.Platform), hosts: endpoint.NewSet(c.Platform.Hosts), tenant: c.Tenant,
		tenantHeader: http.CanonicalHeaderKey(c.Platform.TenantHeader), versionHeader: http.CanonicalHeaderKey(c.Platform.VersionHeader),
		purposes: map[string]*Purpose{}}
	d.routes = make([]atomic.Pointer[routeInfo], d.table.Bound())
	for i := range c.Purposes {
		d.purposes[c.Purposes[i].Name] = &c.Purposes[i]
	}
	d.pool.New = func() any { return new(exchange) }
	return d
}

// withKey is d with another key; routes are learned anew, since they hold hashes.
func (d *digester) withKey(key hashKey) *digester { return newDigester(d.cfg, key) }

// keyID tells keys apart without telling the key.
func (d *digester) keyID() uint64 { return d.key.sum("goodtenant compliance") }

func (d *digester) get() *exchange {
	x := d.pool.Get().(*exchange)
	asked, ids, members, body := x.q.ids[:0], x.found.ids[:0], x.found.members[:0], x.body[:0]
	*x = exchange{}
	x.q.ids, x.found.ids, x.found.members, x.body = asked, ids, members, body
	return x
}

func (d *digester) put(x *exchange) {
	x.rawURL, x.sent, x.webhook, x.purpose, x.lastID = nil, nil, nil, nil, ""
	d.pool.Put(x)
}

// judged tells whether a call is looked at.
func (d *digester) judged(method string, u *url.URL) bool {
	return d.hosts.Has(u) || d.isToken(method, u)
}

func (d *digester) isToken(method string, u *url.URL) bool {
	if method != http.MethodPost {
		return false
	}
	for _, end := range d.cfg.Platform.TokenPaths {
		if strings.HasSuffix(u.Path, end) {
			return true
		}
	}
	return false
}

// request fills what the request tells.
func (d *digester) request(x *exchange, method string, u *url.URL, h http.Header) {
	x.method, x.rawURL = method, u
	switch method {
	case "":
		x.method = http.MethodGet
	case "get", "head", "post", "patch", "put", "delete": // many servers take them so
		x.method = strings.ToUpper(method)
	}
	x.token = d.isToken(method, u)
	x.route = d.routeOf(x.method, u.Path)
	d.pathIDs(x, u.Path)
	d.params.parse(u.RawQuery, &x.q)
	for i, id := range x.q.ids {
		x.q.ids[i] = entityOf(x.route, id)
	}
	x.q.filter += x.parent
	x.url = d.urlOf(x, u)
	tenants, versions := header(h, d.tenantHeader), header(h, d.versionHeader)
	if d.tenantHeader != "" && tenants == nil || d.versionHeader != "" && versions == nil || !x.read() {
		// What calls have is not there: its name may be written in another way.
		h = canonical(h)
		tenants, versions = header(h, d.tenantHeader), header(h, d.versionHeader)
	}
	if len(tenants) > 0 {
		x.unclear = len(tenants) > 1
		if x.tenant == "" && !x.unclear {
			x.tenant = trimmed(tenants[0]) // as it is sent
		}
	}
	x.versioned = d.versionHeader == "" || len(versions) > 0
	if x.read() {
		x.sent = h
	} else if vs := header(h, "If-Match"); len(vs) > 0 {
		x.ifMatch, x.star = d.key.sum(vs[0])|1, strings.TrimSpace(vs[0]) == "*"
	}
	if x.token {
		if vs := header(h, "Authorization"); len(vs) > 0 {
			x.auth = d.key.sum(vs[0])
		}
	}
}

// urlOf identifies path and query, from what was hashed of them already.
func (d *digester) urlOf(x *exchange, u *url.URL) uint64 {
	if x.route.params == nil { // the template tells nothing
		return mix(d.key.sum(u.Path), d.key.sum(u.RawQuery))
	}
	id := mix(x.route.id, x.path)
	if u.RawQuery != "" {
		id = mix(id, d.key.sum(u.RawQuery))
	}
	return id
}

// shorten bounds the names that are kept: a longer one counts as its hash.
func (d *digester) shorten(x *exchange) {
	for _, name := range [...]*string{&x.tenant, &x.stream, &x.label, &x.site} {
		*name = d.short(*name)
	}
}

const maxName = 200

func (d *digester) short(name string) string {
	if len(name) <= maxName {
		return name
	}
	return fmt.Sprintf("#%016x", d.key.sum(name))
}

// header is h.Values for a canonical name.
func header(h http.Header, name string) []string {
	if name == "" || len(h) == 0 {
		return nil
	}
	return h[name]
}

// trimmed is strings.TrimSpace, quick where nothing is to be trimmed.
func trimmed(s string) string {
	if n := len(s); n > 0 && visible(s[0]) && visible(s[n-1]) {
		return s
	}
	return strings.TrimSpace(s)
}

func visible(c byte) bool { return c > ' ' && c < 0x7f }

func lower(c byte) bool { return c >= 'a' && c <= 'z' }
func upper(c byte) bool { return c >= 'A' && c <= 'Z' }

// canonical is h with its names as net/http writes them. An app may write them
// otherwise straight into the map, and recordings have them in lower case.
func canonical(h http.Header) http.Header {
	for name := range h {
		if len(name) < 2 || !lower(name[0]) && !upper(name[1]) { // as net/http writes all but a few
			continue
		}
		all := make(http.Header, len(h))
		for name, values := range h {
			name = http.CanonicalHeaderKey(name)
			all[name] = append(all[name], values...)
		}
		return all
	}
	return h
}

func (d *digester) routeOf(method, path string) *routeInfo {
	tpl := d.table.Find(method, path)
	if r := d.routes[tpl.ID].Load(); r != nil && r.of == tpl {
		return r
	}
	r := d.newRoute(tpl)
	d.routes[tpl.ID].Store(r)
	return r
}

func (d *digester) newRoute(tpl *route.Template) *routeInfo {
	r := &routeInfo{of: tpl, template: tpl.Name, collection: d.cfg.Platform.spelled(collectionOf(tpl.Name))}
	if tpl.Name != route.Other {
		for rest := tpl.Name; ; {
			var seg string
			if seg, rest = route.Segment(rest); seg == "" {
				break
			}
			r.entity = seg[0] == '{'
			r.params = append(r.params, r.entity)
		}
		if r.firstParam = slices.Index(r.params, true); r.firstParam < 0 {
			r.firstParam = len(r.params)
		}
	}
	r.id, r.hash = d.key.sum(r.template), d.key.sum(r.collection)
	r.lookups = []uint64{r.hash}
	first, _, _ := strings.Cut(r.collection, "/")
	for _, name := range []string{r.collection, first} {
		if c := d.cfg.Platform.collection(name); c != nil {
			r.reference = r.reference || c.Reference
			if name == r.collection {
				r.contacts, r.rows = c.Contacts, c.Rows
				for _, m := range c.Match {
					r.lookups = append(r.lookups, d.key.sum(m))
				}
			}
		}
	}
	return r
}

// response fills what the answer's head tells.
func (d *digester) response(x *exchange, status int, h http.Header) {
	x.status = status
	if x.entity != 0 {
		if vs := header(h, "Etag"); len(vs) > 0 {
			x.etag = d.key.sum(vs[0]) | 1
			x.ifNone = len(header(x.sent, "If-None-Match")) > 0
		}
	}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		if vs := header(h, "Retry-After"); len(vs) > 0 {
			x.pausedFrom = max(x.head, x.at)
			x.pausedTo = x.pausedFrom + int64(waitOf(vs[0], clockOf(h, x.pausedFrom)))
		}
	}
	if status == http.StatusCreated {
		if vs := header(h, "Location"); len(vs) > 0 {
			x.location = d.locate(vs[0])
		}
	}
}

// clockOf is the server's clock, as its answer tells it; else the one here.
func clockOf(h http.Header, here int64) time.Time {
	if vs := header(h, "Date"); len(vs) > 0 {
		if t, err := http.ParseTime(vs[0]); err == nil {
			return t
		}
	}
	return time.Unix(0, here)
}

// waitOf reads a Retry-After of seconds or a date; what is neither is no wait.
func waitOf(v string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(strings.TrimSpace(v)); err == nil {
		return time.Duration(min(max(n, 0), 86_400)) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil {
		return min(max(t.Sub(now), 0), 24*time.Hour)
	}
	return 0
}

// event fills x from a recording.
func (d *digester) event(x *exchange, e *Event) bool {
	u, err := url.Parse(e.URL)
	if err != nil || !d.judged(e.Method, u) {
		return false
	}
	x.view, x.attempt = e.View, e.Attempt
	x.at = e.Time.UnixNano()
	x.end = x.at + int64(max(e.Duration, 0))
	x.head = x.end
	x.tenant = e.Tenant
	if x.tenant == "" && d.tenant != nil {
		x.tenant = d.tenant(&http.Request{Method: e.Method, URL: u, Header: e.RequestHeader})
	}
	d.request(x, e.Method, u, canonical(e.RequestHeader))
	x.initiator, x.label, x.site = e.Initiator, e.Label, e.Site
	x.stream = firstOf(e.Stream, workOf(e.Initiator, e.Label), e.Site)
	d.shorten(x)
	x.purpose = d.purposes[e.Purpose]
	if e.Webhook != nil {
		x.webhook = e.Webhook
		if x.initiator == Unknown {
			x.initiator = Webhook
		}
	}
	if x.write() {
		x.body = append(x.body, e.RequestBody[:min(len(e.RequestBody), maxWrite)]...)
	}
	d.response(x, e.Status, canonical(e.ResponseHeader))
	switch a := e.Answer; {
	case a != nil:
		x.known = true
		x.found.json, x.found.total, x.found.pages = true, plausible(a.Total), plausible(a.Pages)
		if x.route.entity {
			if len(a.IDs) == 1 {
				x.found.id = d.key.sum(a.IDs[0])
			}
			break
		}
		x.found.array = true
		for _, id := range a.IDs {
			x.found.ids = append(x.found.ids, d.key.sum(id))
		}
		x.found.rows = max(plausible(a.Rows), len(a.IDs))
	case len(e.ResponseBody) > 0 && d.cfg.Scan != ScanOff:
		scanAll(d.names, d.key, e.ResponseBody, &x.found, d.cfg.Scan == ScanIDs, x.entity != 0, d.cfg.MaxScan)
		x.known = x.found.json
	case e.Status == http.StatusNoContent || e.Status == http.StatusNotModified || e.Status >= 400:
		x.known = true
	}
	return true
}

func firstOf(names ...string) string {
	i := slices.IndexFunc(names, func(s string) bool { return s != "" })
	if i < 0 {
		return ""
	}
	return names[i]
}
