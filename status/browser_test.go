package status

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// browser is a Chromium that is spoken to over its debugging pipe: JSON messages,
// each ended by a zero byte.
type browser struct {
	t      *testing.T
	in     *os.File
	events chan event
	calls  chan call
	page   string // the session
}

type call struct {
	id   int
	done chan json.RawMessage
}

type event struct {
	Method string
	Params json.RawMessage
}

// startBrowser needs a Chromium. Without one, the test is skipped on a developer's
// machine; in CI it fails.
func startBrowser(t *testing.T) *browser {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("no chromium on the path: CI installs it (see .ci/needs)")
		}
		t.Skip("no chromium on the path: the page is not opened in a real browser")
	}
	theirIn, ourOut, err := os.Pipe()
	require.NoError(t, err)
	ourIn, theirOut, err := os.Pipe()
	require.NoError(t, err)
	cmd := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions", "--disable-default-apps",
		"--hide-scrollbars", "--remote-debugging-pipe", "--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles = []*os.File{theirIn, theirOut} // 3 and 4 there
	require.NoError(t, cmd.Start())
	theirIn.Close()
	theirOut.Close()
	b := &browser{t: t, in: ourOut, events: make(chan event, 1000), calls: make(chan call, 10)}
	read := make(chan struct{})
	go func() {
		defer close(read)
		b.read(ourIn)
	}()
	t.Cleanup(func() {
		b.send("Browser.close", nil)
		gone := make(chan struct{})
		go func() { cmd.Wait(); close(gone) }()
		select {
		case <-gone:
		case <-time.After(10 * time.Second):
			cmd.Process.Kill()
			<-gone
		}
		ourOut.Close()
		ourIn.Close()
		<-read
	})

	var target struct{ TargetID string }
	b.call(&target, "Target.createTarget", map[string]any{"url": "about:blank"})
	var session struct{ SessionID string }
	b.call(&session, "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true})
	b.page = session.SessionID
	for _, domain := range []string{"Page", "Log", "Runtime", "Network"} {
		b.call(nil, domain+".enable", nil)
	}
	return b
}

var lastID int // of messages; tests with a browser do not run in parallel

func (b *browser) read(from *os.File) {
	d := json.NewDecoder(&zeroToSpace{from})
	waiting := map[int]chan json.RawMessage{}
	for {
		var m struct {
			ID     int
			Result json.RawMessage
			Error  json.RawMessage
			event
		}
		if d.Decode(&m) != nil {
			return
		}
		for len(b.calls) > 0 {
			c := <-b.calls
			waiting[c.id] = c.done
		}
		switch {
		case m.ID != 0:
			if m.Error != nil {
				b.t.Errorf("chromium: %s", m.Error)
			}
			if done := waiting[m.ID]; done != nil {
				done <- m.Result
			}
		case m.Method != "":
			select {
			case b.events <- m.event:
			default:
			}
		}
	}
}

// zeroToSpace makes the pipe's messages a stream that encoding/json reads.
type zeroToSpace struct{ *os.File }

func (z *zeroToSpace) Read(p []byte) (int, error) {
	n, err := z.File.Read(p)
	for i := range p[:n] {
		if p[i] == 0 {
			p[i] = ' '
		}
	}
	return n, err
}

func (b *browser) send(method string, params map[string]any) chan json.RawMessage {
	lastID++
	done := make(chan json.RawMessage, 1)
	b.calls <- call{lastID, done}
	m := map[string]any{"id": lastID, "method": method, "params": params}
	if params == nil {
		m["params"] = map[string]any{}
	}
	if b.page != "" && !strings.HasPrefix(method, "Browser.") {
		m["sessionId"] = b.page
	}
	raw, err := json.Marshal(m)
	require.NoError(b.t, err)
	b.in.Write(append(raw, 0))
	return done
}

func (b *browser) call(result any, method string, params map[string]any) {
	b.t.Helper()
	select {
	case raw := <-b.send(method, params):
		if result != nil {
			require.NoError(b.t, json.Unmarshal(raw, result), "%s: %s", method, raw)
		}
	case <-time.After(30 * time.Second):
		b.t.Fatalf("chromium does not answer %s", method)
	}
}

// open goes to url and waits until it is loaded.
func (b *browser) open(url string) (seen []event) {
	b.t.Helper()
	for len(b.events) > 0 {
		<-b.events
	}
	b.call(nil, "Page.navigate", map[string]any{"url": url})
	deadline := time.After(30 * time.Second)
	for {
		select {
		case e := <-b.events:
			seen = append(seen, e)
			if e.Method == "Page.loadEventFired" {
				return seen
			}
		case <-deadline:
			b.t.Fatalf("%s is not loaded", url)
		}
	}
}

func (b *browser) eval(expression string) (value any) {
	b.t.Helper()
	var r struct{ Result struct{ Value any } }
	b.call(&r, "Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true})
	return r.Result.Value
}

// The page in a real browser, while calls are under way, in each size and scheme: no
// error on the console, no request but its own, nothing cut off at the side.
func TestRealBrowser(t *testing.T) {
	b := startBrowser(t)
	tr := newTransport(t)
	stop := make(chan struct{})
	loaded := make(chan struct{})
	go func() {
		defer close(loaded)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			req, _ := http.NewRequest("GET", "https://api.test/contacts/CON1", nil)
			req.Header.Set("Reapit-Customer", fmt.Sprint("T", i%3))
			req.Header.Set("Authorization", "Bearer x")
			req.Header.Set("Api-Version", "2020-01-31")
			if resp, err := tr.RoundTrip(req); err == nil {
				resp.Body.Close()
			}
		}
	}()
	defer func() { close(stop); <-loaded }()

	mux := http.NewServeMux()
	mux.Handle("/live", Handler(tr))
	mux.Handle("/busy", newHandler(busy, routes))
	mux.Handle("/crowded", newHandler(crowded, routes, ShowTenants()))
	srv := httptest.NewServer(mux)
	defer srv.Close()

	for _, width := range []int{1280, 390} {
		for _, scheme := range []string{"light", "dark"} {
			b.call(nil, "Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false})
			b.call(nil, "Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}})
			for _, page := range []string{"/live", "/busy", "/crowded"} {
				name := fmt.Sprint(page, " at ", width, " in ", scheme)
				seen := b.open(srv.URL + page)
				require.Equal(t, float64(width), b.eval("innerWidth"), name)
				require.LessOrEqual(t, b.eval("document.documentElement.scrollWidth"), float64(width), "%s is wider than the window", name)
				require.NotEqual(t, "", b.eval("getComputedStyle(document.querySelector('section')).backgroundColor"), name)
				require.Equal(t, scheme == "dark", b.eval("matchMedia('(prefers-color-scheme: dark)').matches"), name)
				require.Equal(t, "12px", b.eval("getComputedStyle(document.querySelector('section')).borderRadius"), "%s: the policy lets the style in", name)
				require.Empty(t, complaints(seen, srv.URL), name)
				b.keep(page, width, scheme)
			}
		}
	}
	require.NotEqual(t, "0", b.eval("document.querySelectorAll('.tile b')[2].textContent"), "calls are under way")
}

// complaints are the errors of the console and the requests to elsewhere.
func complaints(seen []event, home string) (all []string) {
	for _, e := range seen {
		switch e.Method {
		case "Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled":
			all = append(all, e.Method+string(e.Params))
		case "Network.requestWillBeSent":
			var p struct{ Request struct{ URL string } }
			if json.Unmarshal(e.Params, &p) != nil || !strings.HasPrefix(p.Request.URL, home+"/") && p.Request.URL != "data:," {
				all = append(all, "requests "+p.Request.URL)
			}
		}
	}
	return all
}

// The check above can fail: a page with a script and a picture from elsewhere is
// complained about.
func TestBrowserComplains(t *testing.T) {
	b := startBrowser(t)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", newHandler(busy, nil).policy)
		fmt.Fprint(w, `<!DOCTYPE html><script>alert(1)</script><p style="color:red">x<img src="http://127.0.0.1:1/x.png">`)
	}))
	defer srv.Close()
	got := complaints(b.open(srv.URL+"/"), srv.URL)
	require.NotEmpty(t, got)
	require.True(t, slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "Content Security Policy") }), "%q", got)
}

// keep writes a picture of the page to the folder that GOODTENANT_PICTURES names.
func (b *browser) keep(page string, width int, scheme string) {
	folder := os.Getenv("GOODTENANT_PICTURES")
	if folder == "" {
		return
	}
	var shot struct{ Data string }
	b.call(&shot, "Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": true})
	png, err := base64.StdEncoding.DecodeString(shot.Data)
	require.NoError(b.t, err)
	name := fmt.Sprintf("%s-%d-%s.png", strings.TrimPrefix(page, "/"), width, scheme)
	require.NoError(b.t, os.WriteFile(filepath.Join(folder, name), png, 0o644))
}
