package conflict

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A comma inside the quotes of a tag is part of it; a list is one by its commas
// outside; a malformed value is passed on as it is.
func TestField13CommaInTag(t *testing.T) {
	for v, want := range map[string][]string{
		`"office,12,3"`:                    {`"office,12,3"`},
		`"a,1" ,  W/"b\c" , "office,12,3"`: {`"a,1"`, `W/"b\c"`, `"office,12,3"`},
		`"a","b"`:                          {`"a"`, `"b"`},
		`"a",, "b" ,`:                      {`"a"`, `"b"`},
		`  W/"x"  `:                        {`W/"x"`},
		`""`:                               {`""`},
		`"unclosed`:                        nil,
		`unquoted`:                         nil,
		`"a" "b"`:                          nil,
		`w/"x"`:                            nil,
		``:                                 nil,
		`,"a"`:                             nil,
		`""x""`:                            nil,
	} {
		tags, ok := splitTags(v)
		if !ok {
			tags = nil
		}
		if fmt.Sprintf("%q", tags) != fmt.Sprintf("%q", want) {
			t.Errorf("%s: %q, want %q", v, tags, want)
		}
	}
	s := newServer("/c", contactText)
	s.plain = true
	const tag = `"office,12,3"`
	a, layer := newApp(t, s, Config{})
	entity, _ := a.get("/c")
	req := request("GET", "/c", "")
	fp, _ := layer.keyer.Principal(req)
	layer.memory.clear()
	layer.memory.put(layer.key("", req.URL), version{tag: tag, body: []byte(entity), who: fp, asked: 1, at: time.Now()})
	body := strings.Replace(entity, "Wells", "Frome", 1)
	for header, pruned := range map[string]bool{tag: true, `"a,1" ,  W/"b\c" , ` + tag: true, `"a,1", "b"`: false, `"unclosed`: false} {
		s.forget()
		r := a.must("PATCH", "/c", body, "If-Match", header)
		first := s.log[0]
		if first.ifMatch != header || (first.body == `{"city":"Frome"}`) != pruned || !pruned && first.body != body && !strings.HasPrefix(first.body, `{"id"`) {
			t.Errorf("%s: the server saw %s %s", header, first.ifMatch, first.body)
		}
		if header == `"unclosed` && (len(s.log) != 1 || r.out.Reason != NotReplayable) {
			t.Errorf("%s: %q, %+v", header, s.seen(), r.out)
		}
		s.entities["/c"] = read([]byte(contactText)).(map[string]any)
		layer.memory.put(layer.key("", req.URL), version{tag: tag, body: []byte(entity), who: fp, asked: 1, at: time.Now()})
	}
}

// The same numbers through the layer: the body restates the entity, and its large
// integer is still meant.
func TestField15ThroughTheLayer(t *testing.T) {
	s := newServer("/c", `{"ref":9007199254740993,"price":250000.00,"rate":1e2,"tiny":0.1}`)
	a, _ := newApp(t, s, Config{})
	_, tag := a.get("/c")
	s.forget()
	a.must("PATCH", "/c", `{"ref":9007199254740992,"price":250000.0,"rate":100,"tiny":0.10000000000000001,"_eTag":"\"1\""}`, "If-Match", tag)
	if got := s.log[0].body; !strings.Contains(got, `"ref":9007199254740992`) || strings.Contains(got, "price") || strings.Contains(got, "rate") || strings.Contains(got, "_eTag") {
		t.Errorf("the server saw %s", got)
	}
}

// "Nothing to say" and "please touch" are told apart.
func TestField16TouchAndNothing(t *testing.T) {
	const entity = `{"id":"1","a":1,"b":2,"metadata":{"k":"v"}}`
	for _, c := range []struct {
		name, body, want string
	}{
		{"a: written by the app", `{}`, `{}`},
		{"b: the entity as it was read", "", ""},
		{"c: emptied member", `{"metadata":{}}`, `{"metadata":{}}`},
		{"d: deleted key", `{"metadata":{"k":null}}`, `{"metadata":{"k":null}}`},
		{"equal members, one by one", `{"a":1}`, `{"a":1}`},
	} {
		s := newServer("/c", entity)
		a, _ := newApp(t, s, Config{})
		read, tag := a.get("/c")
		s.forget()
		body := c.body
		if body == "" {
			body = read
		}
		r := a.must("PATCH", "/c", body, "If-Match", tag)
		if c.want == "" {
			if len(s.seen()) != 0 || r.status != 204 || r.out.Reason != NothingToChange || !r.out.Synthesised || r.header.Get("ETag") != "" {
				t.Errorf("%s: %q, %+v", c.name, s.seen(), r.out)
			}
			continue
		}
		wantSeen(t, s, `PATCH /c "1" `+c.want)
	}
	// A touch that meets a conflict is sent again.
	s := newServer("/c", entity)
	a, _ := newApp(t, s, Config{})
	_, tag := a.get("/c")
	s.set("/c", entity)
	s.forget()
	a.must("PATCH", "/c", `{}`, "If-Match", tag)
	wantSeen(t, s, `PATCH /c "1" {}`, `GET /c`, `PATCH /c "2" {}`)
}
