package platformtest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// open is a server whose limits are out of the way.
func open(c Config) Config {
	c.Rate, c.Concurrent, c.Day = -1, -1, -1
	return c
}

func TestPages(t *testing.T) {
	bubble(t, open(Config{Rows: map[string]int{"contacts": 1003}}), func(t *testing.T, s *Server, c *http.Client) {
		first := do(t, c, "GET", s.URL+"/contacts", "")
		for member, wanted := range map[string]float64{"pageNumber": 1, "pageSize": 25, "pageCount": 25, "totalPageCount": 41, "totalCount": 1003} {
			want(t, member, first.body[member], any(wanted))
		}
		last := do(t, c, "GET", s.URL+"/contacts/?pageSize=100&pageNumber=11", "")
		want(t, "pageCount of the last", last.body["pageCount"], any(3.0))
		want(t, "ids of the last", last.ids(), "CON001001 CON001002 CON001003")
		want(t, "past the end", do(t, c, "GET", s.URL+"/contacts?pageNumber=999", "").body["pageCount"], any(0.0))

		// The next links lead through all of them, once.
		seen, href := map[string]bool{}, "/contacts?pageSize=100"
		for href != "" {
			page := do(t, c, "GET", s.URL+href, "")
			for id := range strings.FieldsSeq(page.ids()) {
				seen[id] = true
			}
			next, _ := page.body["_links"].(map[string]any)["next"].(map[string]any)
			href, _ = next["href"].(string)
		}
		want(t, "contacts seen", len(seen), 1003)

		for _, q := range []string{"pageSize=101", "pageSize=0", "pageSize=x", "pageNumber=0", "pageNumber=-1", "embed=nothing", "sortBy=nothing", "createdFrom=yesterday", "modifiedTo=2020-01-01"} {
			r := do(t, c, "GET", s.URL+"/contacts?"+q, "")
			errors, _ := r.body["errors"].([]any)
			if r.status != 400 || r.body["statusCode"] != 400.0 || r.body["dateTime"] == nil || len(errors) != 1 {
				t.Errorf("%s: %d %s", q, r.status, r.text)
			}
		}
	})
}

func TestFilters(t *testing.T) {
	bubble(t, open(Config{}), func(t *testing.T, s *Server, c *http.Client) {
		found := func(query string) string {
			t.Helper()
			return do(t, c, "GET", s.URL+query, "").ids()
		}
		contact := do(t, c, "GET", s.URL+"/contacts/CON000007", "").body
		email, phone := contact["email"].(string), contact["mobilePhone"].(string)
		want(t, "id twice", found("/contacts?id=CON000003&id=CON000009"), "CON000003 CON000009")
		want(t, "email in capitals", found("/contacts?email="+url.QueryEscape(strings.ToUpper(email))), "CON000007")
		want(t, "part of an email", found("/contacts?email="+url.QueryEscape(email[:5])), "")
		want(t, "email as detail", found("/contacts?contactDetail="+url.QueryEscape(email)), "CON000007")
		if ids := found("/contacts?contactDetail=" + url.QueryEscape(strings.ReplaceAll(phone, " ", ""))); !strings.Contains(ids, "CON000007") {
			t.Errorf("telephone number: found %q", ids)
		}
		if ids := found("/contacts?pageSize=100&name=" + strings.ToLower(contact["surname"].(string))); !strings.Contains(ids, "CON000007") {
			t.Errorf("name: found %q", ids)
		}
		// A landlord, applicant or vendor has its contact's address.
		want(t, "landlord", found("/landlords?email="+url.QueryEscape(email)), "LLD000007")
		want(t, "vendor", found("/vendors?email="+url.QueryEscape(email)), "VEN000007")
		want(t, "applicant", found("/applicants?emailAddresses="+url.QueryEscape(email)), "APP000007")
		company := do(t, c, "GET", s.URL+"/companies/CMP000002", "").body
		want(t, "company", found("/companies?contactDetail="+url.QueryEscape(company["email"].(string))), "CMP000002")
		office := contact["officeIds"].([]any)[0].(string)
		if ids := found("/contacts?pageSize=100&officeId=" + office); !strings.Contains(ids, "CON000007") || len(strings.Fields(ids)) == 50 {
			t.Errorf("office: found %q", ids)
		}
		want(t, "metadata by entity", found("/metadata?entityType=contact&id=MET000001"), "MET000001")

		modified := contact["modified"].(string)
		want(t, "modified just then", found("/contacts?modifiedFrom="+modified+"&modifiedTo="+modified), "CON000007")
		start := time.Now().Format(time.RFC3339)
		want(t, "modified since the start", found("/contacts?modifiedFrom="+start), "")
		if err := s.Edit("SBOX", "contacts", "CON000012", map[string]any{"title": "Dr"}); err != nil {
			t.Fatal(err)
		}
		want(t, "modified since the start", found("/contacts?modifiedFrom="+start), "CON000012")

		up, down := strings.Fields(found("/contacts?pageSize=50&sortBy=surname,id")), strings.Fields(found("/contacts?pageSize=50&sortBy=-surname,-id"))
		for i := range up {
			if up[i] != down[len(down)-1-i] {
				t.Fatalf("descending is not ascending turned round at %d", i)
			}
		}
		want(t, "newest first", found("/contacts?sortBy=-modified&pageSize=1"), "CON000012")
	})
}

func TestCustomersAreApart(t *testing.T) {
	bubble(t, open(Config{}), func(t *testing.T, s *Server, c *http.Client) {
		at := func(tenant string) reply {
			return do(t, c, "GET", s.URL+"/contacts/CON000001", "", "reapit-customer", tenant)
		}
		if at("A").text == at("B").text {
			t.Error("two customers have the same contact")
		}
		tag := at("A").header.Get("ETag")
		want(t, "PATCH of A", do(t, c, "PATCH", s.URL+"/contacts/CON000001", `{"title":"Sir"}`, "reapit-customer", "A", "If-Match", tag).status, 204)
		want(t, "in A", at("A").body["title"], any("Sir"))
		if at("B").body["title"] == "Sir" {
			t.Error("a PATCH of one customer's contact changed another's")
		}
	})
}

func TestSeedDecides(t *testing.T) {
	look := func(seed uint64, first string) (text string) {
		s := NewServer(Config{Seed: seed, Keep: -1})
		defer s.Close()
		do(t, s.Client(), "GET", s.URL+"/contacts/"+first, "") // what is looked at first does not matter
		for _, col := range collections() {
			text += do(t, s.Client(), "GET", s.URL+"/"+col.name, "").text
		}
		return text
	}
	if look(1, "CON000001") != look(1, "CON000040") {
		t.Error("the same seed gave another platform")
	}
	one, two := newData(Config{Seed: 1}.WithDefaults()), newData(Config{Seed: 2}.WithDefaults())
	if fmt.Sprint(one.shelf("A", "contacts").at(0).members) == fmt.Sprint(two.shelf("A", "contacts").at(0).members) {
		t.Error("another seed gave the same contact")
	}
	if one.shelf("A", "contacts").tag(one.shelf("A", "contacts").at(0)) == two.shelf("A", "contacts").tag(two.shelf("A", "contacts").at(0)) {
		t.Error("another seed gave the same entity tag")
	}
}

func TestEmbed(t *testing.T) {
	bubble(t, open(Config{}), func(t *testing.T, s *Server, c *http.Client) {
		r := do(t, c, "GET", s.URL+"/contacts/CON000001?embed=offices&embed=relationships&embed=documents", "")
		embedded := r.body["_embedded"].(map[string]any)
		office := embedded["offices"].([]any)[0].(map[string]any)
		want(t, "office", office["id"], r.body["officeIds"].([]any)[0])
		roles := fmt.Sprint(embedded["relationships"])
		if !strings.Contains(roles, "LLD000001") || !strings.Contains(roles, "APP000001") {
			t.Errorf("relationships are %s", roles)
		}
		want(t, "documents", len(embedded["documents"].([]any)), 0)
		want(t, "billed", s.Stats().Billed, 4)
		property := do(t, c, "GET", s.URL+"/properties/PRP000001?embed=landlord&embed=vendor&embed=negotiator", "").body
		landlord := property["_embedded"].(map[string]any)["landlord"].(map[string]any)
		want(t, "landlord", landlord["id"], property["letting"].(map[string]any)["landlordId"])
		list := do(t, c, "GET", s.URL+"/offices?embed=negotiators", "").body["_embedded"].([]any)
		for _, o := range list {
			for _, n := range o.(map[string]any)["_embedded"].(map[string]any)["negotiators"].([]any) {
				want(t, "a negotiator's office", n.(map[string]any)["officeId"], o.(map[string]any)["id"])
			}
		}
	})
}

func TestPatch(t *testing.T) {
	bubble(t, open(Config{}), func(t *testing.T, s *Server, c *http.Client) {
		const path = "/contacts/CON000004"
		before := do(t, c, "GET", s.URL+path, "")
		tag := before.header.Get("ETag")
		if before.body["_eTag"] != tag || !strings.HasPrefix(tag, `"`) {
			t.Errorf("ETag %s, _eTag %v", tag, before.body["_eTag"])
		}
		for _, wrong := range []string{"", strings.Trim(tag, `"`), "W/" + tag, "*", `"another"`, strings.ToLower(tag)} {
			header := []string{"If-Match", wrong}
			if wrong == "" {
				header = nil
			}
			want(t, "If-Match "+wrong, do(t, c, "PATCH", s.URL+path, `{"title":"Dr"}`, header...).status, 412)
		}
		time.Sleep(time.Minute)
		r := do(t, c, "PATCH", s.URL+path, `{"title":"Prof","workPhone":"020 7946 0000","homePhone":null,"primaryAddress":{"line1":"Hedge Row"},"officeIds":["OFF000002","OFF000001"]}`, "If-Match", tag)
		if r.status != 204 || r.text != "" || r.header.Get("ETag") != "" {
			t.Errorf("a PATCH answered %d %q, ETag %q", r.status, r.text, r.header.Get("ETag"))
		}
		after := do(t, c, "GET", s.URL+path, "").body
		want(t, "title", after["title"], any("Prof"))
		want(t, "homePhone", after["homePhone"], nil)
		address, old := after["primaryAddress"].(map[string]any), before.body["primaryAddress"].(map[string]any)
		want(t, "line1", address["line1"], any("Hedge Row"))
		want(t, "postcode", address["postcode"], old["postcode"])
		want(t, "order of offices", fmt.Sprint(after["officeIds"]), "[OFF000002 OFF000001]")
		want(t, "created", after["created"], before.body["created"])
		want(t, "modified", after["modified"], any(stamp(time.Now())))
		if after["_eTag"] == tag {
			t.Error("the entity tag is still the same")
		}
		want(t, "the old tag", do(t, c, "PATCH", s.URL+path, `{"title":"Dr"}`, "If-Match", tag).status, 412)

		tag = after["_eTag"].(string)
		for body, status := range map[string]int{
			`{"modified":"2001-01-01T00:00:00.0000000Z"}`:  422,
			`{"id":"CON000005"}`:                           422,
			`{"surname":""}`:                               422,
			`{"surname":null}`:                             422,
			`{"title":7}`:                                  422,
			`{"officeIds":"OFF000001"}`:                    422,
			`{"email":"nobody"}`:                           422,
			`[{"op":"replace","path":"/title","value":1}]`: 400,
			`{"title":`:                                    400,
			`{} {}`:                                        400,
		} {
			r := do(t, c, "PATCH", s.URL+path, body, "If-Match", tag)
			want(t, body, r.status, status)
			if errors, _ := r.body["errors"].([]any); status == 422 && (len(errors) != 1 || errors[0].(map[string]any)["field"] == "" || errors[0].(map[string]any)["message"] == "") {
				t.Errorf("%s: %s", body, r.text)
			}
		}
		want(t, "another media type", do(t, c, "PATCH", s.URL+path, `{"title":"Dr"}`, "If-Match", tag, "Content-Type", "text/plain").status, 415)
		want(t, "json-patch+json with an object", do(t, c, "PATCH", s.URL+path, `{"title":"Dr"}`, "If-Match", tag, "Content-Type", "application/json-patch+json").status, 204)
		want(t, "nobody", do(t, c, "PATCH", s.URL+"/contacts/CON999999", `{}`, "If-Match", tag).status, 404)
	})
}

func TestWholeBodiesAreCounted(t *testing.T) {
	bubble(t, open(Config{}), func(t *testing.T, s *Server, c *http.Client) {
		whole := do(t, c, "GET", s.URL+"/contacts/CON000001", "")
		text := strings.Replace(whole.text, `"title":"`, `"title":"X`, 1)
		want(t, "a whole body", do(t, c, "PATCH", s.URL+"/contacts/CON000001", text, "If-Match", whole.header.Get("ETag")).status, 204)
		if n := s.Stats().Unchanged; n < len(whole.body)-1 {
			t.Errorf("%d of %d members counted as unchanged", n, len(whole.body))
		}
	})
}

func TestCreate(t *testing.T) {
	bubble(t, open(Config{IndexLag: 10 * time.Second}), func(t *testing.T, s *Server, c *http.Client) {
		r := do(t, c, "POST", s.URL+"/contacts", `{"surname":"Rush","email":"rush@new.example"}`)
		where := r.header.Get("Location")
		if r.status != 201 || r.text != "" || where != s.URL+"/contacts/CON000051" {
			t.Fatalf("a POST answered %d %q, Location %q", r.status, r.text, where)
		}
		want(t, "by its id at once", do(t, c, "GET", where, "").body["surname"], any("Rush"))
		want(t, "by a search at once", do(t, c, "GET", s.URL+"/contacts?email=rush@new.example", "").ids(), "")
		time.Sleep(10 * time.Second)
		want(t, "by a search later", do(t, c, "GET", s.URL+"/contacts?email=rush@new.example", "").ids(), "CON000051")
		for body, status := range map[string]int{
			`{"forename":"only"}`: 422, `{"surname":"x","id":"CON000001"}`: 422, `[]`: 400, ``: 415,
		} {
			want(t, "POST "+body, do(t, c, "POST", s.URL+"/contacts", body).status, status)
		}
		want(t, "a landlord who is nobody", do(t, c, "POST", s.URL+"/landlords", `{"related":[{"associatedId":"CON999999","associatedType":"contact"}]}`).status, 422)
		want(t, "a landlord", do(t, c, "POST", s.URL+"/landlords/", `{"related":[{"associatedId":"CON000051","associatedType":"contact"}]}`).status, 201)
	})
	bubble(t, open(Config{FullSchema: true}), func(t *testing.T, s *Server, c *http.Client) {
		want(t, "without its required members", do(t, c, "POST", s.URL+"/contacts", `{"surname":"Rush"}`).status, 422)
		want(t, "with them", do(t, c, "POST", s.URL+"/contacts", `{"surname":"Rush","marketingConsent":"deny","officeIds":["OFF000001"],"negotiatorIds":["NEG000001"]}`).status, 201)
	})
}

func TestDelete(t *testing.T) {
	bubble(t, open(Config{}), func(t *testing.T, s *Server, c *http.Client) {
		want(t, "with a stale tag", do(t, c, "DELETE", s.URL+"/contacts/CON000002", "", "If-Match", `"x"`).status, 412)
		want(t, "DELETE", do(t, c, "DELETE", s.URL+"/contacts/CON000002", "").status, 204)
		want(t, "again", do(t, c, "DELETE", s.URL+"/contacts/CON000002", "").status, 404)
		want(t, "GET", do(t, c, "GET", s.URL+"/contacts/CON000002", "").status, 404)
		want(t, "in a list", do(t, c, "GET", s.URL+"/contacts?id=CON000002", "").ids(), "")
		want(t, "total", do(t, c, "GET", s.URL+"/contacts", "").body["totalCount"], any(49.0))
		want(t, "living", len(s.IDs("SBOX", "contacts")), 49)
	})
}

func TestMetadata(t *testing.T) {
	bubble(t, open(Config{}), func(t *testing.T, s *Server, c *http.Client) {
		where := do(t, c, "POST", s.URL+"/metadata", `{"entityType":"contact","entityId":"CON000001","metadata":{"a":1,"list":[1,2]}}`).header.Get("Location")
		value := func() string { return fmt.Sprint(do(t, c, "GET", where, "").body["metadata"]) }
		for _, step := range []struct {
			patch  string
			status int
			after  string
		}{
			{`[{"op":"add","path":"/list/1","value":9},{"op":"add","path":"/list/-","value":3}]`, 204, "map[a:1 list:[1 9 2 3]]"},
			{`[{"op":"test","path":"/a","value":1},{"op":"replace","path":"/a","value":2}]`, 204, "map[a:2 list:[1 9 2 3]]"},
			{`[{"op":"remove","path":"/list/0"},{"op":"test","path":"/a","value":1}]`, 422, "map[a:2 list:[1 9 2 3]]"}, // all or nothing
			{`[{"op":"move","from":"/a","path":"/b"},{"op":"copy","from":"/list/0","path":"/c"}]`, 204, "map[b:2 c:1 list:[1 9 2 3]]"},
			{`[{"op":"remove","path":"/list"},{"op":"add","path":"/x~1y~0z","value":null}]`, 204, "map[b:2 c:1 x/y~z:<nil>]"},
			{`[{"op":"replace","path":"","value":{"a":{}}}]`, 204, "map[a:map[]]"},
			{`[{"op":"move","from":"/a","path":"/a/b"}]`, 422, "map[a:map[]]"},
			{`[{"op":"replace","path":"/none","value":1}]`, 422, "map[a:map[]]"},
			{`[{"op":"remove","path":"/none"}]`, 422, "map[a:map[]]"},
			{`[{"op":"add","path":"none","value":1}]`, 422, "map[a:map[]]"},
			{`[{"op":"add","path":"/b"}]`, 422, "map[a:map[]]"},
			{`[{"op":"burn","path":"/a"}]`, 422, "map[a:map[]]"},
			{`[7]`, 422, "map[a:map[]]"},
			{`{"a":1}`, 400, "map[a:map[]]"},
			{`[{"op":"add","path":"/list","value":[{},{}]}]`, 204, "map[a:map[] list:[map[] map[]]]"},
			{`[{"op":"move","from":"/list/0","path":"/list/0/x"}]`, 422, "map[a:map[] list:[map[] map[]]]"},
			{`[{"op":"remove","path":"/list/-"}]`, 422, "map[a:map[] list:[map[] map[]]]"},
			{`[{"op":"add","path":"/list/3","value":1}]`, 422, "map[a:map[] list:[map[] map[]]]"},
		} {
			want(t, step.patch, do(t, c, "PATCH", where, step.patch).status, step.status)
			want(t, "after "+step.patch, value(), step.after)
		}
		want(t, "PUT", do(t, c, "PUT", where, `{"metadata":{"b":1}}`).status, 204)
		want(t, "after PUT", value(), "map[b:1]")
		want(t, "PUT of nothing", do(t, c, "PUT", where, `{}`).status, 422)
		want(t, "DELETE", do(t, c, "DELETE", where, "").status, 204)
		want(t, "PATCH of none", do(t, c, "PATCH", where, `[]`).status, 404)
	})
}

func TestRoutes(t *testing.T) {
	bubble(t, open(Config{}), func(t *testing.T, s *Server, c *http.Client) {
		for _, col := range collections() {
			want(t, "list of "+col.name, do(t, c, "GET", s.URL+"/"+col.name+"/", "").body["totalCount"], any(float64(col.rows)))
			r := do(t, c, "GET", s.URL+"/"+col.name+"/"+col.id(0), "")
			want(t, "first of "+col.name, r.body["id"], any(col.id(0)))
			head := do(t, c, "HEAD", s.URL+"/"+col.name+"/"+col.id(0), "")
			want(t, "HEAD of "+col.name, head.header.Get("Content-Length"), fmt.Sprint(len(r.text)))
			if r.header.Get("x-amzn-RequestId") == head.header.Get("x-amzn-RequestId") || r.header.Get("api-version") != "2020-01-31" {
				t.Errorf("header is %v", r.header)
			}
		}
		want(t, "no collection", do(t, c, "GET", s.URL+"/nothing", "").status, 404)
		want(t, "no entity", do(t, c, "GET", s.URL+"/contacts/CON999999", "").status, 404)
		want(t, "no entity of that prefix", do(t, c, "GET", s.URL+"/contacts/1", "").status, 404)
		want(t, "no route", do(t, c, "GET", s.URL+"/contacts/CON000001/more", "").status, 404)
		put := do(t, c, "PUT", s.URL+"/contacts/CON000001", "{}")
		want(t, "no method", fmt.Sprint(put.status, put.header.Get("Allow")), "405GET, HEAD, PATCH, DELETE")
		want(t, "two customers", func() int {
			req, _ := http.NewRequest("GET", s.URL+"/contacts", nil)
			req.Header["Reapit-Customer"] = []string{"A", "B"}
			resp, err := c.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			return resp.StatusCode
		}(), 400)
	})
}
