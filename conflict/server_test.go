package conflict

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goodtenant/goodtenant/internal/call"
)

// entityServer is a platform with entities under any path: ETag and _eTag, 412
// on another If-Match than the current one, merge on PATCH, 204. It is the judge:
// it keeps every request it saw and every version it ever had.
type entityServer struct {
	mu       sync.Mutex
	entities map[string]map[string]any
	versions map[string]int
	log      []arrival
	need     bool                                              // a write without If-Match is refused (412)
	plain    bool                                              // no _eTag member
	fault    func(w http.ResponseWriter, r *http.Request) bool // true: it has answered
	lose     func(r *http.Request) bool                        // the write is done, its answer is lost
}

type arrival struct {
	method, url, body, ifMatch string
	header                     http.Header
	origin                     call.Origin
	at                         time.Time
}

func newServer(path, entity string) *entityServer {
	s := &entityServer{entities: map[string]map[string]any{}, versions: map[string]int{}}
	s.set(path, entity)
	return s
}

// set gives the entity a new content and version, as another app does.
func (s *entityServer) set(path, entity string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entities[path] = read([]byte(entity)).(map[string]any)
	s.versions[path]++
	return s.tag(path)
}

func (s *entityServer) tag(path string) string { return fmt.Sprintf(`"%d"`, s.versions[path]) }

func (s *entityServer) text(path string) string {
	m := map[string]any{}
	maps.Copy(m, s.entities[path])
	if !s.plain {
		m["_eTag"] = s.tag(path)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.Encode(m)
	return strings.TrimSpace(b.String())
}

func (s *entityServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(b))
	s.mu.Lock()
	s.log = append(s.log, arrival{r.Method, r.URL.RequestURI(), string(b), r.Header.Get("If-Match"), r.Header.Clone(), call.OriginOf(r.Context()), time.Now()})
	s.mu.Unlock()
	if s.fault != nil && s.fault(w, r) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := r.URL.Path
	if s.entities[p] == nil {
		http.Error(w, `{"statusCode":404}`, http.StatusNotFound)
		return
	}
	if m := r.Header.Get("If-Match"); r.Method != "GET" && (m != "" && m != "*" && !strings.Contains(m, s.tag(p)) || m == "" && s.need) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusPreconditionFailed)
		io.WriteString(w, `{"statusCode":412,"description":"stale"}`)
		return
	}
	switch r.Method {
	case "GET":
		text := s.text(p)
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("ETag", s.tag(p))
		w.Header().Set("Content-Length", strconv.Itoa(len(text)))
		io.WriteString(w, text)
	case "PATCH":
		if b[0] == '[' {
			for _, op := range read(b).([]any) {
				o := op.(map[string]any)
				s.entities[p][o["path"].(string)[1:]] = o["value"]
			}
		} else {
			s.entities[p] = apply(s.entities[p], read(b)).(map[string]any)
		}
		s.versions[p]++
		w.WriteHeader(http.StatusNoContent)
	case "PUT":
		s.entities[p] = read(b).(map[string]any)
		delete(s.entities[p], "_eTag")
		s.versions[p]++
		w.WriteHeader(http.StatusNoContent)
	case "DELETE":
		delete(s.entities, p)
		w.WriteHeader(http.StatusNoContent)
	}
}

// RoundTrip makes the server a base of its own, without a network.
func (s *entityServer) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	in := req.Clone(req.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	in.RequestURI = req.URL.RequestURI()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, in)
	if req.Body != nil {
		req.Body.Close()
	}
	if s.lose != nil && s.lose(req) {
		return nil, errLost
	}
	resp := w.Result()
	resp.Request = req
	return resp, nil
}

var errLost = fmt.Errorf("the reply is lost")

// seen lists what arrived, as "GET /x" or "PATCH /x \"1\" {...}".
func (s *entityServer) seen() (l []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.log {
		line := a.method + " " + a.url
		if a.ifMatch != "" {
			line += " " + a.ifMatch
		}
		if a.body != "" {
			line += " " + a.body
		}
		l = append(l, line)
	}
	return l
}

func (s *entityServer) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = nil
}

func (s *entityServer) field(path, name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return plain(s.entities[path][name])
}

// app is a plain net/http program.
type app struct {
	t *testing.T
	c *http.Client
}

func newApp(t *testing.T, base http.RoundTripper, c Config) (*app, *Transport) {
	t.Helper()
	layer, err := NewTransport(base, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { layer.Close() })
	return &app{t, &http.Client{Transport: layer}}, layer
}

func request(method, path, body string, header ...string) *http.Request {
	var rd io.Reader
	if body != "" {
		rd = strings.NewReader(body)
	}
	req, err := http.NewRequest(method, "https://api.test"+path, rd)
	if err != nil {
		panic(err)
	}
	req.Header.Set("Authorization", "Bearer token")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return req
}

type reply struct {
	status int
	body   string
	header http.Header
	out    Outcome
	known  bool
}

// do sends and reads the answer to its end.
func (a *app) do(req *http.Request) (reply, error) {
	resp, err := a.c.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return reply{}, err
	}
	out, known := Details(resp)
	return reply{resp.StatusCode, string(b), resp.Header, out, known}, nil
}

func (a *app) must(method, path, body string, header ...string) reply {
	a.t.Helper()
	r, err := a.do(request(method, path, body, header...))
	if err != nil {
		a.t.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

// get reads an entity and gives its tag.
func (a *app) get(path string) (entity, tag string) {
	a.t.Helper()
	r := a.must("GET", path, "")
	return r.body, r.header.Get("ETag")
}

func wantSeen(t *testing.T, s *entityServer, want ...string) {
	t.Helper()
	got := s.seen()
	if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		t.Errorf("the server saw\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}
