package platformtest

import (
	"net/http"
	"strings"
	"testing"
)

func rules(s *Server) string {
	var out []string
	for _, v := range s.Violations() {
		out = append(out, v.Rule.String()+": "+v.Detail)
	}
	return strings.Join(out, "\n")
}

func TestDuplicatesAreReported(t *testing.T) {
	bubble(t, open(Config{}), func(t *testing.T, s *Server, c *http.Client) {
		old := do(t, c, "GET", s.URL+"/contacts/CON000003", "")
		email := old.body["email"].(string)
		post := func(path, body string) { t.Helper(); want(t, body, do(t, c, "POST", s.URL+path, body).status, 201) }
		post("/contacts", `{"surname":"Rush","email":"one@new.example"}`)
		post("/contacts", `{"surname":"Reed"}`) // no address is no duplicate
		post("/contacts", `{"surname":"Reed","email":""}`)
		want(t, "violations", rules(s), "")
		post("/contacts", `{"surname":"Rush","email":" `+strings.ToUpper(email)+`"}`)
		want(t, "violations", rules(s), "duplicate: POST /contacts: CON000054 has the e-mail address of CON000003, which is alive")
		want(t, "in another tenant", do(t, c, "POST", s.URL+"/contacts", `{"surname":"R","email":"`+email+`"}`, "reapit-customer", "OTHER").status, 201)
		post("/landlords", `{"related":[{"associatedId":"CON000003","associatedType":"contact"}]}`)
		want(t, "a second landlord", strings.Count(rules(s), "LLD000026 has the e-mail address of LLD000003"), 1)
		fourth := do(t, c, "GET", s.URL+"/contacts/CON000004", "").header.Get("ETag")
		do(t, c, "PATCH", s.URL+"/contacts/CON000004", `{"email":"one@new.example"}`, "If-Match", fourth)
		want(t, "by an update", strings.Count(rules(s), "PATCH /contacts/CON000004: CON000004 has the e-mail address of CON000051"), 1)
		want(t, "all", len(s.Violations()), 3)

		do(t, c, "DELETE", s.URL+"/contacts/CON000009", "")
		post("/contacts", `{"surname":"Again","email":"`+mustEmail(t, s, "CON000010")+`x"}`)
		want(t, "all", len(s.Violations()), 3)
	})
}

func mustEmail(t *testing.T, s *Server, id string) string {
	t.Helper()
	v, err := decode(s.Entity("SBOX", "contacts", id))
	if err != nil {
		t.Fatal(err)
	}
	return v.(map[string]any)["email"].(string)
}

func TestLostUpdatesAreReported(t *testing.T) {
	bubble(t, open(Config{}), func(t *testing.T, s *Server, c *http.Client) {
		const path = "/contacts/CON000001"
		tag := func() string { return do(t, c, "GET", s.URL+path, "").header.Get("ETag") }
		patch := func(body, who string) {
			t.Helper()
			want(t, body, do(t, c, "PATCH", s.URL+path, body, "If-Match", tag(), "Authorization", who).status, 204)
		}
		patch(`{"title":"One","primaryAddress":{"line1":"first"}}`, "Bearer A")
		if err := s.Edit("SBOX", "contacts", "CON000001", map[string]any{"title": "Two", "primaryAddress": map[string]any{"line1": "second"}}); err != nil {
			t.Fatal(err)
		}
		patch(`{"surname":"New"}`, "Bearer A")                     // touches nothing of the other app's
		patch(`{"title":"Three"}`, "Bearer A")                     // decides anew
		patch(`{"title":"Two"}`, "Bearer A")                       // its own change taken back
		patch(`{"primaryAddress":{"line1":"second"}}`, "Bearer A") // what is there already
		want(t, "violations", rules(s), "")
		patch(`{"forename":"F","primaryAddress":{"line1":"first"}}`, "Bearer A") // what it had read before the edit
		want(t, "violations", rules(s), "lost update: PATCH /contacts/CON000001: /primaryAddress/line1 was put back to what it held before another writer changed it")
		patch(`{"forename":"G"}`, "Bearer B")
		patch(`{"forename":"F"}`, "Bearer A")
		want(t, "between two apps", len(s.Violations()), 2)
	})
}

func TestEditAndCreateSayWhatIsWrong(t *testing.T) {
	s := NewServer(open(Config{}))
	defer s.Close()
	for what, err := range map[string]error{
		"no collection":              s.Edit("A", "nothing", "1", map[string]any{}),
		"no entity":                  s.Edit("A", "contacts", "CON999999", map[string]any{}),
		"no object":                  s.Edit("A", "contacts", "CON000001", 7),
		"no JSON":                    s.Edit("A", "contacts", "CON000001", func() {}),
		"read-only":                  s.Edit("A", "contacts", "CON000001", map[string]any{"id": "2"}),
		"no collection to create in": func() error { _, err := s.Create("A", "nothing", map[string]any{}); return err }(),
		"no object to create":        func() error { _, err := s.Create("A", "contacts", 7); return err }(),
	} {
		if err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	id, err := s.Create("A", "contacts", map[string]any{"surname": "Fen"})
	if err != nil || !strings.Contains(string(s.Entity("A", "contacts", id)), `"surname":"Fen"`) {
		t.Errorf("created %q, %v", id, err)
	}
	if s.Entity("A", "nothing", id) != nil || s.Entity("A", "contacts", "CON999999") != nil || s.IDs("A", "nothing") != nil {
		t.Error("something was found where nothing is")
	}
	want(t, "calls", s.Stats().Requests, 0)
}
