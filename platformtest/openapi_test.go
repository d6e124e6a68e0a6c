package platformtest

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// described is what the platform's public description says about one
// collection, as far as the table in collections relies on it. The same facts
// are checked against the description itself where it is at hand.
type described struct {
	search, embeds, required []string
	methods                  string // of the collection, then of an entity
}

// beyond are things that the table has and the description lacks, and why.
var beyond = map[string]string{
	"POST /vendors/":      "the guideline speaks of adding vendors",
	"DELETE of an entity": "the platform deletes softly; the description shows it for metadata only",
}

// facts is the built-in copy.
var facts = map[string]described{
	"contacts": {
		search:   strings.Fields("active address contactDetail createdFrom createdTo email embed id marketingConsent modifiedFrom modifiedTo name negotiatorId officeId pageNumber pageSize sortBy"),
		embeds:   strings.Fields("documents identityChecks negotiators offices relationships source"),
		required: strings.Fields("marketingConsent negotiatorIds officeIds surname"), methods: "get post; get patch",
	},
	"applicants": {
		search:   strings.Fields("active contactDetail createdFrom createdTo departmentId emailAddresses embed id modifiedFrom modifiedTo name negotiatorId officeId pageNumber pageSize sortBy"),
		embeds:   strings.Fields("appointments areas department documents negotiators offers offices solicitor source"),
		required: strings.Fields("departmentId marketingMode negotiatorIds officeIds related"), methods: "get post; get patch",
	},
	"landlords": {
		search:   strings.Fields("active createdFrom createdTo email embed id modifiedFrom modifiedTo name officeId pageNumber pageSize sortBy"),
		embeds:   strings.Fields("appointments documents office properties solicitor source"),
		required: strings.Fields("officeId related"), methods: "get post; get patch",
	},
	"vendors": {
		search: strings.Fields("createdFrom createdTo email embed id modifiedFrom modifiedTo name negotiatorId officeId pageNumber pageSize sortBy"),
		embeds: strings.Fields("negotiator offices property sellingReason solicitor source type"), methods: "get; get patch",
	},
	"companies": {
		search:   strings.Fields("address contactDetail createdFrom createdTo embed id modifiedFrom modifiedTo name negotiatorId officeId pageNumber pageSize sortBy typeId"),
		embeds:   strings.Fields("companyTypes relationships"),
		required: strings.Fields("name typeIds"), methods: "get post; get patch",
	},
	"properties": {
		search:   strings.Fields("address createdFrom createdTo departmentId embed id landlordId marketingMode modifiedFrom modifiedTo negotiatorId officeId pageNumber pageSize sortBy"),
		embeds:   strings.Fields("appointments area certificates department documents images keys landlord negotiator offers offices tenancies vendor"),
		required: strings.Fields("address departmentId marketingMode negotiatorId officeIds"), methods: "get post; get patch",
	},
	"offices": {
		search: strings.Fields("active address createdFrom createdTo embed id modifiedFrom modifiedTo name pageNumber pageSize region sortBy"),
		embeds: strings.Fields("negotiators"), required: strings.Fields("address name"), methods: "get post; get patch",
	},
	"negotiators": {
		search: strings.Fields("active createdFrom createdTo email embed id modifiedFrom modifiedTo name officeId pageNumber pageSize sortBy"),
		embeds: strings.Fields("office"), required: strings.Fields("name officeId"), methods: "get post; get patch",
	},
	"metadata": {
		search:   strings.Fields("entityId entityType id pageNumber pageSize"),
		required: strings.Fields("entityType metadata"), methods: "get post; delete get patch put",
	},
}

// TestTableAgainstTheFacts: what is served is what is described.
func TestTableAgainstTheFacts(t *testing.T) {
	for _, col := range collections() {
		f := facts[col.name]
		search := slices.Concat(everySearch, col.filters)
		if col.name == metadata {
			search = slices.Concat([]string{"pageSize", "pageNumber", "id"}, col.filters)
		}
		slices.Sort(search)
		if !slices.Equal(search, f.search) {
			t.Errorf("%s is searched by %v, described are %v", col.name, search, f.search)
		}
		if !slices.Equal(col.embeds, f.embeds) {
			t.Errorf("%s embeds %v, described are %v", col.name, col.embeds, f.embeds)
		}
		if f.required == nil {
			continue // no create is described
		}
		required := slices.Concat(col.needed, col.required)
		slices.Sort(required)
		if !slices.Equal(required, f.required) {
			t.Errorf("%s requires %v, described are %v", col.name, required, f.required)
		}
	}
	want(t, "collections", len(facts), len(collections()))
}

// TestFactsAgainstTheDescription: the built-in copy is a part of what the
// platform publishes.
func TestFactsAgainstTheDescription(t *testing.T) {
	spec := description(t)
	schemas := spec["components"].(map[string]any)["schemas"].(map[string]any)
	paths := spec["paths"].(map[string]any)
	for name, f := range facts {
		list, _ := paths["/"+name+"/"].(map[string]any)
		entity, _ := paths["/"+name+"/{id}"].(map[string]any)
		if list == nil || entity == nil {
			t.Errorf("%s is not described", name)
			continue
		}
		methods := fmt.Sprint(slices.Sorted(maps.Keys(list)), slices.Sorted(maps.Keys(entity)))
		methods = strings.NewReplacer("] [", "; ", "[", "", "]", "").Replace(methods)
		want(t, "methods of "+name, methods, f.methods)
		params := map[string]any{}
		for _, p := range list["get"].(map[string]any)["parameters"].([]any) {
			p := p.(map[string]any)
			params[p["name"].(string)] = p["schema"]
		}
		for _, p := range f.search {
			if params[p] == nil {
				t.Errorf("the description of %s has no parameter %s", name, p)
			}
		}
		if f.embeds != nil {
			var embeds []string
			for _, v := range params["embed"].(map[string]any)["items"].(map[string]any)["enum"].([]any) {
				embeds = append(embeds, v.(string))
			}
			slices.Sort(embeds)
			want(t, "embeds of "+name, fmt.Sprint(embeds), fmt.Sprint(f.embeds))
		}
		if patch := entity["patch"].(map[string]any); name != metadata {
			hasIfMatch := false
			for _, p := range patch["parameters"].([]any) {
				p := p.(map[string]any)
				hasIfMatch = hasIfMatch || p["name"] == "If-Match" && p["in"] == "header" && p["required"] == true
			}
			want(t, "PATCH of "+name+" requires If-Match", hasIfMatch, true)
		}
		if post, ok := list["post"].(map[string]any); ok && f.required != nil {
			want(t, "required members of "+name, fmt.Sprint(members(schemas, post)), fmt.Sprint(f.required))
		}
	}
	for _, col := range collections() {
		get := paths["/"+col.name+"/{id}"].(map[string]any)["get"].(map[string]any)
		ref := get["responses"].(map[string]any)["200"].(map[string]any)["content"].(map[string]any)["application/json"].(map[string]any)["schema"].(map[string]any)["$ref"].(string)
		properties := schemas[strings.TrimPrefix(ref, "#/components/schemas/")].(map[string]any)["properties"].(map[string]any)
		for member, kind := range col.members {
			p, ok := properties[member].(map[string]any)
			if !ok {
				t.Errorf("the description of %s has no member %s", col.name, member)
				continue
			}
			described, _ := p["type"].(string)
			if described == "" {
				described = "object" // a reference
			}
			asText := map[string]kindName{"string": "a string", "boolean": "true or false", "integer": "a number", "number": "a number", "array": "an array", "object": "an object"}
			want(t, col.name+"."+member, string(asText[described]), kind.String())
		}
	}
}

type kindName string

func members(schemas map[string]any, post map[string]any) []string {
	ref := post["requestBody"].(map[string]any)["content"].(map[string]any)["application/json"].(map[string]any)["schema"].(map[string]any)["$ref"].(string)
	required, _ := schemas[strings.TrimPrefix(ref, "#/components/schemas/")].(map[string]any)["required"].([]any)
	var out []string
	for _, m := range required {
		out = append(out, m.(string))
	}
	slices.Sort(out)
	return out
}

// description reads the platform's published OpenAPI description.
func description(t *testing.T) map[string]any {
	f, err := os.Open(filepath.Join("..", "..", "shared", "data", "platform-openapi.json.gz"))
	if err != nil {
		t.Skip("the published description is not here; TestTableAgainstTheFacts holds against the built-in copy: ", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var spec map[string]any
	if err := json.NewDecoder(z).Decode(&spec); err != nil {
		t.Fatal(err)
	}
	return spec
}

// TestBeyondTheDescription: each exception is really one, and served.
func TestBeyondTheDescription(t *testing.T) {
	s := NewServer(open(Config{}))
	defer s.Close()
	for what, reason := range beyond {
		if reason == "" {
			t.Errorf("%s has no reason", what)
		}
	}
	want(t, "POST of a vendor", do(t, s.Client(), "POST", s.URL+"/vendors/", `{"related":[{"associatedId":"CON000001","associatedType":"contact"}]}`).status, 201)
	want(t, "DELETE of a vendor", do(t, s.Client(), "DELETE", s.URL+"/vendors/VEN000001", "").status, 204)
}
