package conflict

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// roundTrip is a base made of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func staleOnce(s *entityServer) (*entityServer, string) {
	tag := s.tag("/c")
	s.set("/c", strings.Replace(contactText, "Ann", "Anna", 1))
	return s, tag
}

// The caller's request is as it was afterwards.
func TestFault01RequestUntouched(t *testing.T) {
	s := newServer("/c", contactText)
	a, _ := newApp(t, s, Config{})
	entity, tag := a.get("/c")
	staleOnce(s)
	req := request("PATCH", "/c?embed=x", strings.Replace(entity, "Wells", "Frome", 1), "If-Match", tag, "Idempotency-Key", "k")
	url, header, body, length := *req.URL, req.Header.Clone(), req.Body, req.ContentLength
	resp, err := a.c.Transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if *req.URL != url || fmt.Sprint(req.Header) != fmt.Sprint(header) || req.Body != body || req.ContentLength != length || req.Method != "PATCH" {
		t.Errorf("the request was changed: %v %v", req.URL, req.Header)
	}
	if resp.Request == req || resp.Request.URL.String() != req.URL.String() || resp.Request.Header.Get("If-Match") != tag {
		t.Error("resp.Request is not a copy of the caller's request")
	}
}

func TestFault02NilParts(t *testing.T) {
	layer, _ := NewTransport(roundTrip(func(*http.Request) (*http.Response, error) { panic("reached") }), Config{})
	for _, req := range []*http.Request{{}, {Header: http.Header{}}, nil} {
		var body closeCounter
		if req != nil {
			req.Body = &body
		}
		if _, err := layer.RoundTrip(req); err == nil || req != nil && body.n.Load() != 1 {
			t.Errorf("%v, closed %d times", err, body.n.Load())
		}
	}
}

type closeCounter struct {
	io.Reader
	n atomic.Int32
}

func (c *closeCounter) Read(p []byte) (int, error) {
	if c.Reader == nil {
		return 0, io.EOF
	}
	return c.Reader.Read(p)
}
func (c *closeCounter) Close() error { c.n.Add(1); return nil }

// A body that cannot be had again, or is too large, passes untouched and is not
// sent twice; a conflict is handed on, readable.
func TestFault04And06BodiesThatPass(t *testing.T) {
	large := `{"x":"` + strings.Repeat("y", 200) + `","city":"Wells"}`
	for _, c := range []struct {
		name, body string
		getBody    bool
		length     int64
	}{
		{"pipe", `{"city":"Wells"}`, false, -1},
		{"no GetBody, known length", `{"city":"Wells"}`, false, 16},
		{"above MaxBody", large, true, int64(len(large))},
		{"above MaxBody, unknown length", large, true, -1},
	} {
		s := newServer("/c", contactText)
		a, _ := newApp(t, s, Config{MaxBody: 100})
		_, tag := staleOnce(s)
		s.forget()
		req := request("PATCH", "/c", c.body, "If-Match", tag)
		counter := &closeCounter{Reader: strings.NewReader(c.body)}
		req.Body, req.ContentLength = counter, c.length
		if !c.getBody {
			req.GetBody = nil
		}
		resp, err := a.c.Transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		out, _ := Details(resp)
		if got := s.seen(); len(got) != 1 || !strings.HasSuffix(got[0], c.body) || resp.StatusCode != 412 || !strings.Contains(string(b), "stale") || out.Reason != NotReplayable {
			t.Errorf("%s: %q, %d, %v", c.name, got, resp.StatusCode, out.Reason)
		}
		if counter.n.Load() != 1 {
			t.Errorf("%s: body closed %d times", c.name, counter.n.Load())
		}
	}
}

// GetBody is never needed: it may fail.
func TestFault05GetBodyFails(t *testing.T) {
	s := newServer("/c", contactText)
	a, _ := newApp(t, s, Config{})
	entity, tag := a.get("/c")
	staleOnce(s)
	req := request("PATCH", "/c", strings.Replace(entity, "Wells", "Frome", 1), "If-Match", tag)
	req.GetBody = func() (io.ReadCloser, error) { return nil, errors.New("no") }
	if r, err := a.do(req); err != nil || r.out.Reason != Replayed {
		t.Errorf("%+v, %v", r, err)
	}
}

// A body that fails or blocks: its error, or the context's, and closed.
func TestFault07And08BodiesThatFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer("/c", contactText)
		a, _ := newApp(t, s, Config{})
		broken := errors.New("disk")
		req := request("PATCH", "/c", "{}", "If-Match", `"1"`)
		body := &closeCounter{Reader: io.MultiReader(strings.NewReader(`{"a":`), failing{broken})}
		req.Body = body
		if _, err := a.c.Transport.RoundTrip(req); err != broken || body.n.Load() != 1 {
			t.Errorf("%v, closed %d times", err, body.n.Load())
		}
		pr, _ := io.Pipe()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		req = request("PATCH", "/c", "{}", "If-Match", `"1"`).WithContext(ctx)
		req.Body = pr
		start := time.Now()
		if _, err := a.c.Transport.RoundTrip(req); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		if len(s.seen()) != 0 {
			t.Errorf("sent: %q", s.seen())
		}
	})
}

func TestFault09CloseTwiceAndPanickingClose(t *testing.T) {
	s := newServer("/c", contactText)
	a, _ := newApp(t, s, Config{})
	resp, err := a.c.Do(request("GET", "/c", ""))
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	resp.Body.Close()
	layer, _ := NewTransport(s, Config{})
	if _, err := layer.RoundTrip(&http.Request{Method: "PATCH", Body: panicsOnClose{}}); err == nil {
		t.Error("no URL, no error")
	}
}

type panicsOnClose struct{ io.Reader }

func (panicsOnClose) Close() error { panic("no") }

// Expect, trailers, upgrades, digests: not a byte is changed, nothing is read
// before the base asks for it.
func TestFault10To12BoundRequests(t *testing.T) {
	for _, header := range []string{"Expect", "Upgrade", "Content-Encoding", "Content-Md5", "Digest", "Content-Digest", "Signature", "If-None-Match", "If-Unmodified-Since"} {
		var body *closeCounter
		base := roundTrip(func(req *http.Request) (*http.Response, error) {
			if req.Body != body {
				t.Errorf("%s: the body is not the caller's", header)
			}
			req.Body.Close()
			return &http.Response{StatusCode: 412, Body: http.NoBody, Header: http.Header{}}, nil
		})
		a, _ := newApp(t, base, Config{})
		req := request("PATCH", "/c", `{"a":1}`, "If-Match", `"1"`, header, "x")
		body = &closeCounter{Reader: strings.NewReader("{}")}
		req.Body = body
		resp, err := a.c.Transport.RoundTrip(req)
		if out, _ := Details(resp); err != nil || out.Reason != NotReplayable {
			t.Errorf("%s: %v, %v", header, out.Reason, err)
		}
	}
}

// Unannounced response trailers survive, and a ranged or partial answer is no base.
func TestFault11Trailers(t *testing.T) {
	base := &answers{get: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("ETag", `"1"`)
		io.WriteString(w, `{"a":1,"b":2,"c":3}`)
		w.Header().Set(http.TrailerPrefix+"X-Sum", "7")
	}}
	a, layer := newApp(t, base, Config{})
	resp, err := a.c.Do(request("GET", "/c", ""))
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, resp.Body)
	if resp.Trailer.Get("X-Sum") != "7" {
		t.Errorf("trailers: %v", resp.Trailer)
	}
	layer.memory.clear()
	a.must("GET", "/c", "", "Range", "bytes=0-5")
	if n, _ := layer.memory.size(); n != 0 {
		t.Error("an answer to a Range became a base")
	}
}

// Cancelled while it waits: for its turn, for the back-off, by context or req.Cancel.
func TestFault16To19CancelledWhileWaiting(t *testing.T) {
	for _, how := range []string{"context", "cancel", "timeout"} {
		for _, where := range []string{"turn", "pause"} {
			synctest.Test(t, func(t *testing.T) {
				s := newServer("/c", contactText)
				a, layer := newApp(t, s, Config{})
				_, tag := a.get("/c")
				s.fault = func(w http.ResponseWriter, r *http.Request) bool {
					if r.Method == "PATCH" {
						w.WriteHeader(412) // for ever: the version handed out is refused
					}
					return r.Method == "PATCH"
				}
				if where == "turn" {
					leave, _ := layer.queue.wait(request("PATCH", "/c", "{}"), layer.key("", request("GET", "/c", "").URL))
					defer leave()
				}
				s.forget()
				req := request("PATCH", "/c", `{"city":"Frome"}`, "If-Match", tag)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				stop := make(chan struct{})
				switch how {
				case "context":
					req = req.WithContext(ctx)
					time.AfterFunc(500*time.Millisecond, cancel)
				case "cancel":
					req.Cancel = stop //nolint:staticcheck // what http.Client.Timeout sets
					time.AfterFunc(500*time.Millisecond, func() { close(stop) })
				case "timeout":
					a.c.Timeout = 500 * time.Millisecond
				}
				start := time.Now()
				_, err := a.do(req)
				took := time.Since(start)
				if where == "pause" && how == "timeout" {
					// The wait would outlast the deadline: the conflict is handed over at once.
					if err != nil || took != 0 {
						t.Errorf("%v after %v", err, took)
					}
				} else if err == nil || took != 500*time.Millisecond {
					t.Errorf("%s, %s: %v after %v", how, where, err, took)
				}
				if want := map[string]int{"turn": 0, "pause": 2}[where]; len(s.seen()) != want {
					t.Errorf("%s, %s: %q", how, where, s.seen())
				}
			})
		}
	}
}

// A redirect turns a PATCH into a GET above this layer: that is no write here.
func TestFault24RedirectedPatchIsAGet(t *testing.T) {
	s := newServer("/d", contactText)
	s.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/c" {
			w.Header().Set("Location", "/d")
			w.WriteHeader(303)
		}
		return r.URL.Path == "/c"
	}
	a, layer := newApp(t, s, Config{})
	r := a.must("PATCH", "/c", `{"a":1}`, "If-Match", `"1"`)
	if r.status != 200 || r.known || layer.Stats().Refetches != 0 {
		t.Errorf("%d, %+v", r.status, r.out)
	}
}

func TestFault26LowerCasePatch(t *testing.T) {
	s := newServer("/c", contactText)
	a, _ := newApp(t, s, Config{})
	_, tag := a.get("/c")
	s.forget()
	a.must("patch", "/c", `{"city":"Wells","id":"C1","notes":"n"}`, "If-Match", tag)
	wantSeen(t, s, `patch /c "1" {"city":"Wells","id":"C1","notes":"n"}`)
}

// A hook that panics or blocks harms its own call only, and frees what it held.
func TestFault29And30Hooks(t *testing.T) {
	s := newServer("/c", contactText)
	block := make(chan struct{})
	var mode atomic.Int32
	a, layer := newApp(t, s, Config{Hooks: Hooks{Finished: func(context.Context, Outcome) {
		switch mode.Load() {
		case 1:
			panic("mine")
		case 2:
			mode.Store(0)
			<-block
		}
	}}})
	entity, tag := a.get("/c")
	mode.Store(1)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic did not reach its caller")
			}
		}()
		a.must("PATCH", "/c", `{"notes":"1"}`, "If-Match", tag)
	}()
	mode.Store(2)
	done := make(chan struct{})
	go func() { // blocked in its hook
		a.do(request("PATCH", "/c", `{"notes":"2"}`, "If-Match", `"2"`))
		close(done)
	}()
	for mode.Load() != 0 {
		time.Sleep(time.Millisecond)
	}
	start := time.Now()
	if r := a.must("PATCH", "/c", strings.Replace(entity, "Wells", "Frome", 1), "If-Match", tag); r.status != 204 {
		t.Errorf("%d", r.status)
	}
	if time.Since(start) > 10*time.Second || len(layer.queue.turns) != 0 {
		t.Error("the blocked hook held the entity's turn")
	}
	close(block)
	<-done
}

func TestFault32BadConfig(t *testing.T) {
	for _, c := range []struct {
		c    Config
		want string
	}{
		{Config{Mode: 9}, "conflict: Config.Mode is policy.Mode(9), want enforce or observe"},
		{Config{AutoIfMatch: 9}, "conflict: Config.AutoIfMatch is policy.Switch(9), want by-profile, on or off"},
		{Config{OnOverlap: 9}, "conflict: Config.OnOverlap is conflict.OnOverlap(9), want replay or fail-on-overlap"},
		{Config{Depth: 9}, "conflict: Config.Depth is conflict.Depth(9), want top-level, deep or off"},
		{Config{MaxAttempts: -1}, "conflict: Config.MaxAttempts is -1, want at least 1 (0: 5)"},
		{Config{MaxBody: -1}, "conflict: Config.MaxBody is -1, want 1 to 1 GiB (0: 1 MiB)"},
		{Config{CacheTTL: -1}, "conflict: Config.CacheTTL is -1ns, want a positive time (0: 5m)"},
		{Config{Backoff: -1}, "conflict: Config.Backoff is -1ns, want a positive time (0: 50ms)"},
		{Config{FreshFor: -1}, "conflict: Config.FreshFor is -1ns, want a positive time"},
		{Config{Backoff: time.Second, MaxBackoff: 1}, "conflict: Config.MaxBackoff is 1ns, want at least Backoff"},
		{Config{NeverReplay: []string{"notes"}}, `conflict: Config.NeverReplay is "notes", want JSON pointers such as "/notes"`},
		{Config{KeepEqual: []string{"/a~2"}}, `conflict: Config.KeepEqual is "/a~2", want JSON pointers such as "/notes"`},
		{Config{Dialect: Dialect{Success: 201}}, "conflict: Config.Dialect.Success is 201, want 204, 200 or -1"},
		{Config{Dialect: Dialect{Version: []Source{{}}}}, "conflict: Config.Dialect.Version is {Header: Trailer: Pointer:}, want exactly one of header, trailer and JSON pointer"},
		{Config{Dialect: Dialect{Conflict: []Match{{Status: 204}}}}, "conflict: Config.Dialect.Conflict is {Status:204 Contains:}, want a status from 400 to 599"},
	} {
		if _, err := NewTransport(nil, c.c); err == nil || err.Error() != c.want {
			t.Errorf("%v\nwant %s", err, c.want)
		}
	}
	layer, _ := NewTransport(nil, Config{})
	if err := layer.SetMode(7); err == nil || err.Error() != "conflict: mode is policy.Mode(7), want enforce or observe" {
		t.Errorf("%v", err)
	}
}

// What a base gets wrong is mended: nothing leaks, nothing panics.
func TestFault37And38Bases(t *testing.T) {
	var body closeCounter
	for name, base := range map[string]roundTrip{
		"both":     func(*http.Request) (*http.Response, error) { return &http.Response{Body: &body}, errLost },
		"neither":  func(*http.Request) (*http.Response, error) { return nil, nil },
		"no body":  func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: 200}, nil },
		"no body!": func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: 412}, nil },
	} {
		for _, method := range []string{"GET", "PATCH"} {
			layer, _ := NewTransport(base, Config{})
			resp, err := layer.RoundTrip(request(method, "/c", map[string]string{"PATCH": `{"a":1}`}[method], "If-Match", `"1"`))
			if noBody := strings.HasPrefix(name, "no body"); (err == nil) != noBody || (resp != nil) != noBody {
				t.Errorf("%s %s: %v, %v", method, name, resp, err)
			}
			if resp != nil && resp.Body == nil {
				t.Errorf("%s %s: no body", method, name)
			}
		}
	}
	if body.n.Load() != 2 {
		t.Errorf("the body beside an error was closed %d times", body.n.Load())
	}
}

// What a refetch must not be fooled by: cut, HTML, malformed, array, null, bomb,
// a version no header can hold. The conflict comes back as it was.
func TestFault41To46Refetches(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000)
	for name, f := range map[string]func(h http.Header) (string, error){
		"cut":           func(http.Header) (string, error) { return `{"id":"C1","ci`, io.ErrUnexpectedEOF },
		"cut, complete": func(http.Header) (string, error) { return contactText, io.ErrUnexpectedEOF },
		"bomb": func(h http.Header) (string, error) {
			h.Set("Content-Encoding", "gzip")
			return zipped(`{"a":"` + strings.Repeat("x", 4<<20) + `"}`), nil
		},
		"large":     func(http.Header) (string, error) { return `{"a":"` + strings.Repeat("x", 4<<20) + `"}`, nil },
		"HTML":      func(h http.Header) (string, error) { h.Set("Content-Type", "text/html"); return "<p>", nil },
		"BOM":       func(http.Header) (string, error) { return "\ufeff" + contactText, nil },
		"twice":     func(http.Header) (string, error) { return `{"a":1,"a":2}`, nil },
		"surrogate": func(http.Header) (string, error) { return `{"a":"\ud800"}`, nil },
		"deep":      func(http.Header) (string, error) { return deep, nil },
		"array":     func(http.Header) (string, error) { return `[` + contactText + `]`, nil },
		"null":      func(http.Header) (string, error) { return `null`, nil },
		"scalar":    func(http.Header) (string, error) { return `5`, nil },
		"no tag":    func(h http.Header) (string, error) { h.Del("ETag"); return `{"a":1}`, nil },
		"bad tag":   func(h http.Header) (string, error) { h.Del("ETag"); return `{"a":1,"_eTag":"\"1\"\r\nX: y"}`, nil },
	} {
		s := newServer("/c", contactText)
		a, _ := newApp(t, roundTrip(func(req *http.Request) (*http.Response, error) {
			if req.Method != "GET" || req.Header.Get("Cache-Control") == "" {
				return s.RoundTrip(req)
			}
			s.RoundTrip(req)
			h := http.Header{"Content-Type": {"application/json"}, "Etag": {`"2"`}}
			text, err := f(h)
			body := io.Reader(strings.NewReader(text))
			if err != nil {
				body = io.MultiReader(body, failing{err})
			}
			return &http.Response{StatusCode: 200, Header: h, Body: io.NopCloser(body), Request: req}, nil
		}), Config{})
		entity, tag := a.get("/c")
		staleOnce(s)
		s.forget()
		r := a.must("PATCH", "/c", strings.Replace(entity, "Wells", "Frome", 1), "If-Match", tag)
		if r.status != 412 || r.out.Reason != RefetchFailed || !strings.Contains(r.body, "stale") || len(s.seen()) != 2 {
			t.Errorf("%s: %d, %v, %q, %q", name, r.status, r.out.Reason, r.body, s.seen())
		}
	}
}

// Tags are opaque and go back byte for byte; header and body differ: header wins.
func TestFault46Tags(t *testing.T) {
	for _, tag := range []string{`W/"1"`, `abc`, `"/x y"`, `""1""`, `"a,b"`, `"\"`, `'x'`, `W/"a\b"`} {
		var named []string
		base := roundTrip(func(req *http.Request) (*http.Response, error) {
			if req.Method == "GET" {
				return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}, "Etag": {tag}},
					Body: io.NopCloser(strings.NewReader(`{"a":1,"b":2,"c":3,"d":4,"_eTag":"other"}`))}, nil
			}
			req.Body.Close()
			named = append(named, req.Header.Get("If-Match"))
			status := 412
			if req.Header.Get("If-Match") == tag {
				status = 204
			}
			return &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody}, nil
		})
		var log bytes.Buffer
		a, _ := newApp(t, base, Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if r := a.must("PATCH", "/c", `{"a":2}`, "If-Match", `"stale"`); r.status != 204 || named[len(named)-1] != tag {
			t.Errorf("%s: %d, named %q", tag, r.status, named)
		}
		if n := strings.Count(log.String(), "differ"); n != 1 {
			t.Errorf("%d warnings: %s", n, log.String())
		}
	}
}

// 412 for ever: bounded attempts, each with a fresh version; the last one comes
// back readable.
func TestFault47ConflictForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer("/c", contactText)
		s.fault = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == "PATCH" {
				s.set("/c", fmt.Sprintf(`{"id":"C1","city":"Wells","n":%d,"x":1,"y":2}`, len(s.seen()))) // somebody else is always faster
			}
			return false
		}
		a, layer := newApp(t, s, Config{})
		_, tag := a.get("/c")
		s.forget()
		start := time.Now()
		r := a.must("PATCH", "/c", `{"city":"Frome"}`, "If-Match", tag)
		if r.status != 412 || r.out.Reason != Contended || r.out.Attempts != 5 || r.out.Refetches != 4 || len(s.seen()) != 9 || !strings.Contains(r.body, "stale") {
			t.Errorf("%d, %+v, %d calls, %q", r.status, r.out, len(s.seen()), r.body)
		}
		if took := time.Since(start); took > 8*time.Second || took == 0 {
			t.Errorf("took %v", took)
		}
		if st := layer.Stats(); st.Conflicts != 5 || st.GaveUp != 1 || st.Replays != 4 {
			t.Errorf("%+v", st)
		}
	})
}

// Our own write landed and its reply was lost: no second write.
func TestFault50LostReply(t *testing.T) {
	s := newServer("/c", contactText)
	lose := true
	s.lose = func(r *http.Request) bool { l := lose && r.Method == "PATCH"; lose = lose && !l; return l }
	a, layer := newApp(t, s, Config{})
	entity, tag := a.get("/c")
	body := strings.Replace(entity, "Wells", "Frome", 1)
	if _, err := a.do(request("PATCH", "/c", body, "If-Match", tag)); !errors.Is(err, errLost) {
		t.Fatal(err)
	}
	s.forget()
	r := a.must("PATCH", "/c", body, "If-Match", tag)
	wantSeen(t, s, `PATCH /c "1" {"city":"Frome"}`, `GET /c`)
	if r.status != 204 || r.out.Reason != AlreadyApplied || !r.out.Synthesised || r.header.Get("ETag") != "" || layer.Stats().AlreadyApplied != 1 {
		t.Errorf("%d, %+v", r.status, r.out)
	}
}

// A conflict answer of any size, or broken off, comes back as it was.
func TestFault60And61ConflictAnswers(t *testing.T) {
	huge := strings.Repeat("z", 200<<10)
	for _, broken := range []bool{false, true} {
		calls := 0
		base := roundTrip(func(req *http.Request) (*http.Response, error) {
			calls++
			if req.Body != nil {
				req.Body.Close()
			}
			body := io.Reader(strings.NewReader(huge))
			if broken {
				body = io.MultiReader(strings.NewReader("half"), failing{io.ErrUnexpectedEOF})
			}
			return &http.Response{StatusCode: map[string]int{"GET": 403, "PATCH": 412}[req.Method], Header: http.Header{}, Body: io.NopCloser(body)}, nil
		})
		layer, _ := NewTransport(base, Config{})
		resp, err := layer.RoundTrip(request("PATCH", "/c", `{"a":1}`, "If-Match", `"1"`))
		if err != nil || resp.StatusCode != 412 {
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		if broken && (string(b) != "half" || err != io.ErrUnexpectedEOF) || !broken && (string(b) != huge || err != nil) {
			t.Errorf("broken %v: %d bytes, %v", broken, len(b), err)
		}
		if !broken && calls != 1 {
			t.Error("another call was made while the answer, too large to hold, was open")
		}
	}
}

// A body that turns out to restate the entity, over a version whose base is not
// known: replaying it would undo what others wrote.
func TestWholeBodyWithoutItsBaseIsNotReplayed(t *testing.T) {
	s := newServer("/c", contactText)
	s.plain = true
	a, _ := newApp(t, s, Config{})
	_, tag := staleOnce(s)
	s.forget()
	r := a.must("PATCH", "/c", strings.Replace(contactText, "Wells", "Frome", 1), "If-Match", tag)
	if len(s.seen()) != 2 || r.status != 412 || r.out.Reason != NotReplayable || s.field("/c", "forename") != `"Anna"` {
		t.Errorf("%q, %d, %+v", s.seen(), r.status, r.out)
	}
}

// No value of a member, no token, no tenant in any log line or error text.
func TestFault101Canaries(t *testing.T) {
	const canary = "s3cr3t"
	entity := fmt.Sprintf(`{"id":"C1","city":"%s","notes":"%[1]s","%[1]s":1,"a":1}`, canary)
	var log bytes.Buffer
	var texts []string
	note := func(v any) { texts = append(texts, fmt.Sprintf("%+v", v), fmt.Sprintf("%#v", v)) }
	c := Config{Tenant: func(*http.Request) string { return canary }, OnOverlap: FailOnOverlap,
		Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Hooks: Hooks{Minimised: func(_ context.Context, m Minimised) { note(m) }, Finished: func(_ context.Context, o Outcome) {
			o.Overlaps = nil // names of members, documented
			note(o)
		}}}
	s := newServer("/c", entity)
	a, _ := newApp(t, s, c)
	do := func(body, tag string) {
		req := request("PATCH", "/c?q="+canary, body, "If-Match", tag, "Authorization", "Bearer "+canary)
		if _, err := a.c.Transport.RoundTrip(req); err != nil {
			note(err)
		}
	}
	req := request("GET", "/c?q="+canary, "")
	req.Header.Del("Authorization")
	a.do(req)
	_, tag := a.get("/c?q=" + canary)
	s.set("/c", strings.Replace(entity, canary, canary+"2", 1))
	do(fmt.Sprintf(`{"city":"%s3","notes":"%[1]s4"}`, canary), tag) // overlap
	for _, bad := range []string{`{"x":"` + canary, `{"` + canary + `":1,"` + canary + `":2}`, `{"a":` + canary} {
		do(bad, tag)
		_, _, err := Prune([]byte(entity), []byte(bad), PruneOptions{})
		note(err)
	}
	s.fault = func(w http.ResponseWriter, r *http.Request) bool { w.WriteHeader(412); return r.Method == "PATCH" }
	texts = append(texts, log.String())
	if log.Len() == 0 || len(texts) < 8 {
		t.Fatalf("nothing was said: %q", texts)
	}
	for _, text := range texts {
		if strings.Contains(text, canary) {
			t.Errorf("the canary is in %q", text)
		}
	}
}
