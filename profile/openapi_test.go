package profile

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// The platform's public description lies beside the project where its facts are
// checked; the project does not need it.
const description = "../../shared/data/platform-openapi.json.gz"

func TestReapitAgreesWithThePlatformsDescription(t *testing.T) {
	file, err := os.Open(description)
	if err != nil {
		t.Skip("the platform's description is not here")
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct{ Name string }
		}
	}
	if err := json.NewDecoder(z).Decode(&doc); err != nil {
		t.Fatal(err)
	}
	p := Reapit()
	for path := range doc.Paths {
		if !slices.Contains(p.Routes, path) {
			t.Errorf("the route %s is not in the profile", path)
		}
	}
	if len(p.Routes) != len(doc.Paths) {
		t.Errorf("%d routes, the description has %d", len(p.Routes), len(doc.Paths))
	}
	takes := func(path, param string) bool {
		for _, q := range doc.Paths[path]["get"].Parameters {
			if q.Name == param {
				return true
			}
		}
		return false
	}
	for _, c := range p.Collections {
		for _, k := range c.Keys {
			if !takes(k.Lookup, k.Param) {
				t.Errorf("%s: GET %s takes no parameter %s", c.Path, k.Lookup, k.Param)
			}
		}
		if !slices.ContainsFunc(p.Routes, func(r string) bool { return strings.HasPrefix(r, c.Path) }) {
			t.Errorf("%s: no such collection", c.Path)
		}
	}
	for _, param := range append(append([]string{p.Lists.SizeParam, p.Lists.NumberParam, p.Lists.IDParam, p.Embeds.Param}, p.Lists.Since...), p.Lists.Until...) {
		if !takes("/contacts/", param) {
			t.Errorf("GET /contacts/ takes no parameter %s", param)
		}
	}
	if takes("/contacts/", "nonsense") {
		t.Error("the check cannot fail")
	}
}
