package dedupe

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A read that begins after this process's write must not get an answer from
// before it.
func TestFault68ReadYourWrites(t *testing.T) {
	for _, c := range []struct {
		method, path string
		joins        bool
	}{
		{"PATCH", "/offices/O1", false},
		{"PUT", "/offices/O2", false}, // the same collection
		{"DELETE", "/offices/O1/", false},
		{"POST", "/offices", false},
		{"POST", "/offices/O1/archive", false}, // below it
		{"POST", "/offices/O2/archive", true},
		{"PATCH", "/contacts/O1", true},
		{"PATCH", "/officesX/O1", true},
		{"PATCH", "/office/O1", true},
		{"GET", "/offices/O1", true},
		{"OPTIONS", "/offices/O1", true},
	} {
		overBoth(t, func(t *testing.T, w *world) {
			w.handle = func(rw http.ResponseWriter, r *http.Request) {
				if r.Method == "GET" {
					time.Sleep(time.Second)
				}
			}
			tr := w.transport(Config{Tenant: byHeader})
			leader := start(tr, get(t.Context(), office, "Tenant", "A"))
			synctest.Wait()
			req := request(t.Context(), c.method, "http://api.test"+c.path, "")
			if c.method == "GET" {
				req = get(t.Context(), "http://api.test"+c.path)
			}
			req.Header.Set("Tenant", "A")
			if c.method == "GET" {
				req.Header.Set("X-Other", "1")
				go do(tr, req)
				synctest.Wait()
			} else {
				do(tr, req).want(t, 200, "")
			}
			before := w.arrivals()
			follower := start(tr, get(t.Context(), office, "Tenant", "A"))
			synctest.Wait()
			if joined := w.arrivals() == before; joined != c.joins {
				t.Errorf("after %s %s: joined %v, want %v", c.method, c.path, joined, c.joins)
			}
			<-leader
			<-follower
			time.Sleep(time.Minute)
		})
	}
}

func TestWritesOfOtherTenantsDoNotEndJoining(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, false)
		w.handle = func(rw http.ResponseWriter, r *http.Request) {
			if r.Method == "GET" {
				time.Sleep(time.Second)
			}
		}
		tr := w.transport(Config{Tenant: byHeader})
		leader := start(tr, get(t.Context(), office, "Tenant", "A"))
		synctest.Wait()
		req := request(t.Context(), "PATCH", office, "")
		req.Header.Set("Tenant", "B")
		do(tr, req)
		follower := start(tr, get(t.Context(), office, "Tenant", "A"))
		<-leader
		<-follower
		if w.arrivals() != 2 {
			t.Errorf("%d calls, want one GET and one PATCH", w.arrivals())
		}
	})
}

// A failed write may have been carried out, and a base may panic: both end
// joining.
func TestFailedWriteEndsJoining(t *testing.T) {
	for _, how := range []string{"error", "panic"} {
		synctest.Test(t, func(t *testing.T) {
			reads := 0
			tr := transport(t, stub(func(req *http.Request) (*http.Response, error) {
				if req.Method != "GET" {
					if how == "panic" {
						panic(how)
					}
					return nil, io.ErrUnexpectedEOF
				}
				reads++
				time.Sleep(time.Second)
				return answerWith(200, ""), nil
			}), Config{})
			leader := start(tr, get(t.Context(), office))
			synctest.Wait()
			func() {
				defer func() { _ = recover() }()
				tr.RoundTrip(request(t.Context(), "PATCH", office, "{}"))
			}()
			follower := start(tr, get(t.Context(), office))
			<-leader
			<-follower
			if reads != 2 {
				t.Errorf("%s: %d reads, want 2", how, reads)
			}
		})
	}
}

func TestReuse(t *testing.T) {
	overBoth(t, func(t *testing.T, w *world) {
		w.handle = func(rw http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/no-store":
				rw.Header().Set("Cache-Control", "no-store")
			case "/no-cache":
				rw.Header().Set("Cache-Control", "no-cache")
			case "/missing":
				rw.WriteHeader(404)
			}
			fmt.Fprint(rw, w.arrivals())
		}
		tr := w.transport(Config{Coalesce: Coalesce{Reuse: time.Second}, Tenant: byHeader})
		expect := func(calls int, what, path string, headers ...string) {
			t.Helper()
			before := w.arrivals()
			do(tr, get(t.Context(), "http://api.test"+path, headers...))
			if n := w.arrivals() - before; n != calls {
				t.Errorf("%s: %d calls, want %d", what, n, calls)
			}
		}
		expect(1, "first", "/offices/O1")
		expect(0, "within the window", "/offices/O1")
		expect(1, "another principal", "/offices/O1", "Authorization", "Bearer two")
		expect(1, "asks for a fresh one", "/offices/O1", "Cache-Control", "no-cache")
		time.Sleep(time.Second + 1)
		expect(1, "after the window", "/offices/O1")
		do(tr, request(t.Context(), "PATCH", office, "{}"))
		expect(1, "after a write", "/offices/O1")
		for _, path := range []string{"/no-store", "/no-cache", "/missing"} {
			expect(1, path, path)
			expect(1, path+" again", path)
		}
		tr.Close()
		expect(1, "after Close", "/offices/O1")
		if s := tr.Stats(); s.Reused != 1 || s.Shared != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// What began before a write's end is not kept after it.
func TestReuseKeepsNothingFromBeforeAWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, false)
		w.handle = func(rw http.ResponseWriter, r *http.Request) {
			if r.Method == "GET" {
				time.Sleep(time.Second)
			}
		}
		tr := w.transport(Config{Coalesce: Coalesce{Reuse: time.Minute}})
		leader := start(tr, get(t.Context(), office))
		synctest.Wait()
		do(tr, request(t.Context(), "PATCH", office, "{}"))
		<-leader
		before := w.arrivals()
		do(tr, get(t.Context(), office))
		if w.arrivals() == before {
			t.Error("an answer from before the write was reused")
		}
	})
}

func TestReuseIsBounded(t *testing.T) {
	body := strings.Repeat("x", 1<<20)
	tr := transport(t, stub(func(*http.Request) (*http.Response, error) { return answerWith(200, body), nil }),
		Config{Coalesce: Coalesce{Reuse: time.Hour}})
	for i := range 40 {
		do(tr, get(t.Context(), fmt.Sprint(office, i)))
	}
	if tr.keptBytes > maxKept || tr.keptBytes == 0 {
		t.Errorf("%d bytes kept", tr.keptBytes)
	}
}
