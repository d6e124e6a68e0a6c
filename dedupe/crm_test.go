package dedupe

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// crm is a platform with contacts: its search is loose (parts match), paged, and
// shows a new row only after lag.
type crm struct {
	lag      time.Duration
	before   func(rw http.ResponseWriter, r *http.Request) (answered bool) // may answer in its place
	after    func(r *http.Request)                                         // between carrying out a create and answering it
	pageSize int                                                           // 0: as asked
	noTotals bool

	mu      sync.Mutex
	rows    map[string][]row // by tenant and collection
	posts   int
	queries []string // decoded values of searches, in order
}

type row struct {
	members map[string]any
	shown   time.Time
	text    string // what a search looks into
}

func newRow(members map[string]any, shown time.Time) row {
	all, _ := json.Marshal(members)
	return row{members, shown, strings.ToLower(fmt.Sprint(string(all), members, members["forename"], " ", members["surname"]))}
}

func newCRM() *crm { return &crm{rows: map[string][]row{}} }

// seed adds a row that searches show.
func (c *crm) seed(collection, id string, members map[string]any) {
	members["id"] = id
	c.rows["/"+collection] = append(c.rows["/"+collection], newRow(members, time.Time{}))
}

func (c *crm) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if c.before != nil && c.before(rw, r) {
		return
	}
	collection := strings.Trim(r.URL.Path, "/")
	key := r.Header.Get("Tenant") + "/" + collection
	switch r.Method {
	case "POST":
		var members map[string]any
		b, err := io.ReadAll(r.Body)
		if err != nil || json.Unmarshal(b, &members) != nil {
			rw.WriteHeader(400)
			return
		}
		c.mu.Lock()
		c.posts++
		id := "N" + strconv.Itoa(c.posts)
		members["id"] = id
		c.rows[key] = append(c.rows[key], newRow(members, time.Now().Add(c.lag)))
		c.mu.Unlock()
		if c.after != nil {
			c.after(r)
		}
		rw.Header().Set("Location", "/"+collection+"/"+id)
		rw.WriteHeader(201)
	case "GET":
		if i := strings.LastIndexByte(collection, '/'); i > 0 {
			c.one(rw, r.Header.Get("Tenant")+"/"+collection[:i], collection[i+1:])
			return
		}
		c.search(rw, r, key)
	case "DELETE":
		c.mu.Lock()
		delete(c.rows, key[:strings.LastIndexByte(key, '/')])
		c.mu.Unlock()
		rw.WriteHeader(204)
	}
}

func (c *crm) one(rw http.ResponseWriter, key, id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, row := range c.rows[key] {
		if row.members["id"] == id {
			json.NewEncoder(rw).Encode(row.members)
			return
		}
	}
	rw.WriteHeader(404)
}

func (c *crm) search(rw http.ResponseWriter, r *http.Request, key string) {
	q := r.URL.Query()
	size, _ := strconv.Atoi(q.Get("pageSize"))
	page, _ := strconv.Atoi(q.Get("pageNumber"))
	if c.pageSize > 0 {
		size = c.pageSize
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	found := []any{}
	for param, values := range q {
		if strings.HasPrefix(param, "page") {
			continue
		}
		c.queries = append(c.queries, values[0])
		for _, row := range c.rows[key] {
			asked := strings.ToLower(values[0])
			hit := strings.Contains(row.text, asked)
			if digits := onlyDigits(asked); param == "contactDetail" && digits != "" {
				hit = strings.Contains(onlyDigits(row.text), digits)
			}
			if hit && !row.shown.After(time.Now()) {
				found = append(found, row.members)
			}
		}
	}
	total := len(found)
	from := min((page-1)*size, total)
	found = found[from:min(from+size, total)]
	answer := map[string]any{"_embedded": found}
	if !c.noTotals {
		answer["totalCount"], answer["totalPageCount"] = total, (total+size-1)/size
	}
	json.NewEncoder(rw).Encode(answer)
}

func (c *crm) made() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.posts
}

func (c *crm) asked() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.queries...)
}

// contactRule is what a profile brings for contacts.
func contactRule() Rule {
	return Rule{
		Name: "contacts", Path: "/contacts", ReadScope: "contacts.read",
		Identify: []string{"/forename", "/surname"},
		Keys: []Key{
			{Name: "e-mail", Kind: EmailAddress, From: []string{"/email"}, Param: "email"},
			{Name: "phone", Kind: PhoneNumber, From: []string{"/mobilePhone", "/homePhone"}, Param: "contactDetail"},
			{Name: "name and address", Kind: PersonName, From: []string{"/forename", "/surname"}, Also: []string{"/primaryAddress/postcode"}, Param: "name"},
		},
	}
}

func landlordRule() Rule {
	return Rule{
		Name: "landlords", Path: "/landlords",
		Keys: []Key{{Name: "e-mail", Kind: EmailAddress, From: []string{"/email"}, Param: "email"}},
		Related: &Related{Array: "/related", ID: "associatedId", Type: "associatedType",
			Collections: map[string]string{"": "/contacts", "contact": "/contacts"}},
	}
}

func unique() Config {
	return Config{Unique: []Rule{contactRule(), landlordRule()}, Tenant: byHeader}
}

// overCRM runs f over HTTP/1.1 and HTTP/2.
func overCRM(t *testing.T, f func(t *testing.T, w *world, c *crm)) {
	t.Helper()
	overBoth(t, func(t *testing.T, w *world) {
		c := newCRM()
		w.handle = c.ServeHTTP
		f(t, w, c)
	})
}

func contact(t *testing.T, body string) *http.Request {
	return request(t.Context(), "POST", "http://api.test/contacts", body)
}

func withEmail(t *testing.T, email string) *http.Request {
	b, _ := json.Marshal(map[string]string{"email": email, "surname": "Secretsurname"})
	return contact(t, string(b))
}
