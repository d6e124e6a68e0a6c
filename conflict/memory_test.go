package conflict

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var me = [16]byte{1}

func ver(tag string, size int) version {
	return version{tag: tag, body: make([]byte, size), who: me, asked: 1, at: time.Now(), handed: true}
}

func TestMemoryIsBounded(t *testing.T) {
	m := newMemory(10_000, time.Minute)
	for i := range 1000 {
		m.put(fmt.Sprint("k", i), ver(`"1"`, 500))
		if m.bytes > 10_000 {
			t.Fatalf("%d bytes", m.bytes)
		}
		m.named("k0", me, `"1"`, time.Now()) // used again and again: it stays
	}
	if _, ok := m.named("k0", me, `"1"`, time.Now()); !ok {
		t.Error("the entity in use was dropped")
	}
	if _, ok := m.named("k999", me, `"1"`, time.Now()); !ok {
		t.Error("the newest entity was dropped")
	}
	sum := 0
	for _, el := range m.entities {
		sum += el.Value.(*entity).bytes
	}
	if n, b := m.size(); b != sum || n != m.recent.Len() || n < 8 {
		t.Errorf("%d entities of %d bytes, counted %d", n, sum, b)
	}
	m.put("large", ver(`"1"`, 20_000))
	if _, ok := m.named("large", me, `"1"`, time.Now()); ok {
		t.Error("an entity above the bound was kept")
	}
	for i := range maxVersions + 6 { // a few versions of one entity
		m.put("k0", ver(fmt.Sprint(i), 10))
	}
	if e := m.entities["k0"].Value.(*entity); len(e.versions) != maxVersions || e.versions[0].tag != "6" {
		t.Errorf("%d versions", len(e.versions))
	}
	m.clear()
	if n, b := m.size(); n != 0 || b != 0 {
		t.Errorf("cleared: %d, %d", n, b)
	}
}

func TestMemoryForgetsWithTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(1<<20, time.Minute)
		m.put("k", ver(`"1"`, 10))
		time.Sleep(40 * time.Second)
		m.put("k", ver(`"2"`, 10))
		time.Sleep(30 * time.Second)
		if _, ok := m.named("k", me, `"1"`, time.Now()); ok {
			t.Error("an old version is remembered")
		}
		if v, ok := m.newest("k", time.Now()); !ok || v.tag != `"2"` {
			t.Error("the younger version went with it")
		}
	})
}

func TestMemoryKnowsWhatIsPast(t *testing.T) {
	m := newMemory(1<<20, time.Minute)
	now := time.Now()
	put := func(tag string) {
		v := ver(tag, 10)
		v.asked = m.tick()
		m.put("k", v)
	}
	put(`"1"`)
	if v, ok := m.only("k", me, now); !ok || v.tag != `"1"` {
		t.Error("the only version")
	}
	early := m.tick() // a read that is asked for before the write, and answered after it
	m.end("k", `"1"`)
	if !m.ended("k", `"1"`) || m.ended("k", `"2"`) {
		t.Error("ended")
	}
	if _, ok := m.newest("k", now); ok {
		t.Error("a version ended by a write counts as current")
	}
	v := ver(`"0"`, 10)
	v.asked = early
	m.put("k", v)
	if _, ok := m.newest("k", now); ok {
		t.Error("an answer to a read from before the write counts as current")
	}
	if _, ok := m.named("k", me, `"1"`, now); !ok {
		t.Error("the past version is needed as a base")
	}
	put(`"2"`)
	if _, ok := m.newest("k", now); !ok {
		t.Error("a version read after the write is current")
	}
	for i := range 3 * maxDead {
		m.end("k", fmt.Sprint(i))
	}
	if n := len(m.entities["k"].Value.(*entity).dead); n != maxDead {
		t.Errorf("%d dead tags", n)
	}
}

// Two tenants, two principals, two hosts: nobody's version is another's base.
func TestVersionsAreKeptApart(t *testing.T) {
	tenant := func(r *http.Request) string { return r.Header.Get("X-Tenant") }
	for _, c := range []struct {
		name, url string
		header    []string
		shared    bool
	}{
		{"the same", "/c", nil, true},
		{"a projection of it", "/c?embed=x", nil, true},
		{"another tenant", "/c", []string{"X-Tenant", "B"}, false},
		{"another principal", "/c", []string{"Authorization", "Bearer 2"}, false},
		{"another query", "/c?id=2", nil, false},
		{"another path", "/d", nil, false},
	} {
		s := newServer("/c", contactText)
		s.set("/d", contactText)
		a, _ := newApp(t, s, Config{Tenant: tenant})
		entity := a.must("GET", "/c", "", "X-Tenant", "A").body
		s.forget()
		body := strings.Replace(entity, "Wells", "Frome", 1)
		header := append([]string{"X-Tenant", "A", "If-Match", `"1"`}, c.header...)
		a.must("PATCH", c.url, body, header...)
		if pruned := s.log[0].body == `{"city":"Frome"}`; pruned != c.shared {
			t.Errorf("%s: the server saw %s", c.name, s.log[0].body)
		}
	}
}

// answers is a base that gives one fixed answer to GETs and records writes.
type answers struct {
	get   func(w http.ResponseWriter, r *http.Request)
	wrote []string
}

func (f *answers) RoundTrip(req *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if req.Method == "GET" {
		f.get(w, req)
	} else {
		b, _ := io.ReadAll(req.Body)
		req.Body.Close()
		f.wrote = append(f.wrote, string(b))
		w.WriteHeader(204)
	}
	resp := w.Result()
	resp.Request = req
	return resp, nil
}

func zipped(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, s)
	z.Close()
	return b.String()
}

// What becomes a base, and what does not.
func TestWhatIsRemembered(t *testing.T) {
	const entity = `{"a":1,"b":2,"c":3,"d":4}`
	bomb := zipped(`{"a":"` + strings.Repeat("x", 4<<20) + `"}`)
	for _, c := range []struct {
		name string
		get  func(w http.ResponseWriter)
		tag  string
		read func(io.Reader) // default: to the end
		want bool
	}{
		{"plain", func(w http.ResponseWriter) { io.WriteString(w, entity) }, `"1"`, nil, true},
		{"json.Decoder does not see the end", func(w http.ResponseWriter) { io.WriteString(w, entity+"\n") }, `"1"`, func(r io.Reader) {
			var v any
			json.NewDecoder(io.LimitReader(r, int64(len(entity)))).Decode(&v)
		}, true},
		{"left half read", func(w http.ResponseWriter) { io.WriteString(w, entity) }, `"1"`, func(r io.Reader) { io.ReadFull(r, make([]byte, 9)) }, false},
		{"gzip as the app asked", func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			io.WriteString(w, zipped(entity))
		}, `"1"`, nil, true},
		{"gzip bomb", func(w http.ResponseWriter) { w.Header().Set("Content-Encoding", "gzip"); io.WriteString(w, bomb) }, `"1"`, nil, false},
		{"br", func(w http.ResponseWriter) { w.Header().Set("Content-Encoding", "br"); io.WriteString(w, entity) }, `"1"`, nil, false},
		{"weak tag", func(w http.ResponseWriter) { w.Header().Set("ETag", `W/"1"`); io.WriteString(w, entity) }, `W/"1"`, nil, true},
		{"weak tag, named as strong", func(w http.ResponseWriter) { w.Header().Set("ETag", `W/"1"`); io.WriteString(w, entity) }, `"1"`, nil, false},
		{"no quotes", func(w http.ResponseWriter) { w.Header().Set("ETag", `abc`); io.WriteString(w, entity) }, `abc`, nil, true},
		{"a blank in it", func(w http.ResponseWriter) { w.Header().Set("ETag", `"/x y"`); io.WriteString(w, entity) }, `"/x y"`, nil, true},
		{"doubly quoted", func(w http.ResponseWriter) { w.Header().Set("ETag", `""1""`); io.WriteString(w, entity) }, `""1""`, nil, true},
		{"partial", func(w http.ResponseWriter) { w.WriteHeader(206); io.WriteString(w, entity) }, `"1"`, nil, false},
		{"error page with a tag", func(w http.ResponseWriter) { w.WriteHeader(500); io.WriteString(w, entity) }, `"1"`, nil, false},
		{"HTML", func(w http.ResponseWriter) { w.Header().Set("Content-Type", "text/html"); io.WriteString(w, entity) }, `"1"`, nil, false},
		{"array", func(w http.ResponseWriter) { io.WriteString(w, "["+entity+"]") }, `"1"`, nil, false},
		{"cut", func(w http.ResponseWriter) { io.WriteString(w, entity[:10]) }, `"1"`, nil, false},
		{"above MaxBody", func(w http.ResponseWriter) {
			io.WriteString(w, `{"x":"`+strings.Repeat("y", 1<<20)+`",`+entity[1:])
		}, `"1"`, nil, false},
		{"pointer", func(w http.ResponseWriter) { w.Header().Del("ETag"); io.WriteString(w, `{"_eTag":"\"7\"",`+entity[1:]) }, `"7"`, nil, true},
		{"trailer", func(w http.ResponseWriter) {
			w.Header().Del("ETag")
			w.Header().Set("Trailer", "ETag")
			io.WriteString(w, entity)
			w.Header().Set("ETag", `"8"`)
		}, `"8"`, nil, true},
	} {
		base := &answers{get: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("ETag", `"1"`)
			c.get(w)
		}}
		a, _ := newApp(t, base, Config{})
		resp, err := a.c.Do(request("GET", "/c", ""))
		if err != nil {
			t.Fatal(err)
		}
		if c.read == nil {
			io.Copy(io.Discard, resp.Body)
		} else {
			c.read(resp.Body)
		}
		resp.Body.Close()
		a.must("PATCH", "/c", `{"a":1,"b":2,"c":3,"d":5}`, "If-Match", c.tag)
		if got := base.wrote[0] == `{"d":5}`; got != c.want {
			t.Errorf("%s: the platform saw %s", c.name, base.wrote[0])
		}
	}
}

// Rows of a list are bases, of the same origin only, and say nothing about what
// they leave out.
func TestListRows(t *testing.T) {
	page := `{"_embedded":[
		{"id":"1","a":1,"b":2,"c":3,"d":4,"_eTag":"\"r1\"","_links":{"self":{"href":"/c/1"}}},
		{"id":"2","a":1,"b":2,"c":3,"d":4,"_eTag":"\"r2\"","_links":{"self":{"href":"https://evil.test/c/2"}}},
		{"id":"3","a":1,"b":2,"c":3,"d":4,"_eTag":"\"r3\"","_links":{"self":{"href":"https://api.test:443/c/3"}}}
	],"pageNumber":1}`
	base := &answers{get: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, page)
	}}
	a, layer := newApp(t, base, Config{})
	a.must("GET", "/c?pageSize=3", "")
	for i, want := range []string{`{"d":5,"gone":null}`, `{"a":1,"b":2,"c":3,"d":5,"gone":null}`, `{"d":5,"gone":null}`} {
		a.must("PATCH", fmt.Sprint("/c/", i+1), `{"a":1,"b":2,"c":3,"d":5,"gone":null}`, "If-Match", fmt.Sprintf(`"r%d"`, i+1))
		if base.wrote[i] != want {
			t.Errorf("row %d: %s, want %s", i+1, base.wrote[i], want)
		}
	}
	req := request("PATCH", "", `{"a":1,"b":2}`, "If-Match", `"r2"`)
	req.URL.Host, req.Host, req.URL.Path = "evil.test", "evil.test", "/c/2"
	if _, err := a.do(req); err != nil || base.wrote[3] != `{"a":1,"b":2}` {
		t.Errorf("a row spoke for another host: %s, %v", base.wrote[3], err)
	}
	if st := layer.Stats(); st.Entities == 0 || st.Bytes == 0 {
		t.Errorf("%+v", st)
	}
	off, layer := newApp(t, base, Config{ListRows: 2})
	off.must("GET", "/c", "")
	if layer.Stats().Entities != 0 {
		t.Error("rows are remembered with ListRows off")
	}
}

// A partial view (a projection, a row) does not prove that a member is absent.
func TestNullAgainstAProjection(t *testing.T) {
	base := &answers{get: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("ETag", `"1"`)
		io.WriteString(w, `{"a":1,"b":2,"c":3}`)
	}}
	for query, want := range map[string]string{"": `{"a":2}`, "?fields=a,b,c": `{"a":2,"z":null}`} {
		base.wrote = nil
		a, _ := newApp(t, base, Config{})
		a.must("GET", "/c"+query, "")
		a.must("PATCH", "/c", `{"a":2,"b":2,"c":3,"z":null}`, "If-Match", `"1"`)
		if base.wrote[0] != want {
			t.Errorf("%q: %s, want %s", query, base.wrote[0], want)
		}
	}
}

func TestQueueGivesTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(10 * time.Second)
		req := request("PATCH", "/", "{}")
		leave, _ := q.wait(req, "k")
		other, _ := q.wait(req, "another") // not held up
		other()
		start := time.Now()
		late, err := q.wait(req, "k")
		if err != nil || time.Since(start) != 10*time.Second {
			t.Errorf("went on after %v, %v", time.Since(start), err)
		}
		late()
		leave()
		leave()
		inside, most := 0, 0
		var mu sync.Mutex
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				leave, _ := q.wait(req, "k")
				mu.Lock()
				inside++
				most = max(most, inside)
				mu.Unlock()
				time.Sleep(100 * time.Millisecond)
				mu.Lock()
				inside--
				mu.Unlock()
				leave()
			})
		}
		wg.Wait()
		if most != 1 || len(q.turns) != 0 {
			t.Errorf("%d inside at once, %d turns left", most, len(q.turns))
		}
	})
}
