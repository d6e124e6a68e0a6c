package dedupe

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// A create whose answer was lost is in doubt: looked up before another is sent.
func TestFault70LostAnswerLeavesDoubt(t *testing.T) {
	for name, lose := range map[string]func(rw http.ResponseWriter){
		"connection cut": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"500":            func(rw http.ResponseWriter) { rw.WriteHeader(500) },
		"503":            func(rw http.ResponseWriter) { rw.WriteHeader(503) },
		"408":            func(rw http.ResponseWriter) { rw.WriteHeader(408) },
	} {
		for _, open := range []bool{false, true} {
			t.Run(fmt.Sprint(name, open), func(t *testing.T) {
				overCRM(t, func(t *testing.T, w *world, c *crm) {
					c.lag = 5 * time.Second
					first := true
					real := w.handle
					w.handle = func(rw http.ResponseWriter, r *http.Request) {
						if r.Method == "POST" && first {
							first = false
							real(discard{http.Header{}}, r)
							lose(rw)
							return
						}
						real(rw, r)
					}
					cfg := unique()
					if open {
						failOpen(&cfg)
					}
					tr := w.transport(cfg)
					do(tr, withEmail(t, "ann@corp.test"))
					begin := time.Now()
					e := do(tr, withEmail(t, "ann@corp.test")).unchecked(t, InDoubt)
					if e.RetryAt.Sub(begin) > DefaultRemember || !e.RetryAt.After(begin) {
						t.Errorf("doubt ends at %v", e.RetryAt.Sub(begin))
					}
					time.Sleep(6 * time.Second)
					do(tr, withEmail(t, "ann@corp.test")).duplicate(t, "N1")
					if c.made() != 1 {
						t.Errorf("%d created", c.made())
					}
					if s := tr.Stats(); s.InDoubt != 1 {
						t.Errorf("%+v", s)
					}
				})
			})
		}
	}
}

type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

// Doubt ends: when nothing has shown up for the time of Remember, nothing came.
func TestDoubtEndsAndAttemptsDoNotProlongIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, c := newWorld(t, false), newCRM()
		lost := true
		w.handle = func(rw http.ResponseWriter, r *http.Request) {
			if r.Method == "POST" && lost {
				lost = false
				io.Copy(io.Discard, r.Body)
				panic(http.ErrAbortHandler) // and nothing was created
			}
			c.ServeHTTP(rw, r)
		}
		tr := w.transport(unique())
		do(tr, withEmail(t, "ann@corp.test"))
		for range 9 {
			time.Sleep(time.Minute)
			do(tr, withEmail(t, "ann@corp.test")).unchecked(t, InDoubt)
		}
		time.Sleep(time.Minute)
		do(tr, withEmail(t, "ann@corp.test")).want(t, 201, "")
	})
}

func TestRefusalsDoNotProlongTheMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, c := newWorld(t, false), newCRM()
		w.handle = c.ServeHTTP
		tr := w.transport(unique())
		do(tr, withEmail(t, "ann@corp.test")).want(t, 201, "")
		c.rows = map[string][]row{} // deleted by another app
		for range 9 {
			time.Sleep(time.Minute)
			do(tr, withEmail(t, "ann@corp.test")).duplicate(t, "N1")
		}
		time.Sleep(time.Minute)
		do(tr, withEmail(t, "ann@corp.test")).want(t, 201, "")
	})
}

// Where nothing was sent there is no doubt.
func TestRefusedBelowLeavesNoDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, c := newWorld(t, false), newCRM()
		w.handle = c.ServeHTTP
		refuse := true
		full := errors.New("queue full")
		tr := transport(t, stub(func(req *http.Request) (*http.Response, error) {
			if req.Method == "POST" && refuse {
				req.Body.Close()
				return nil, full
			}
			return w.base.RoundTrip(req)
		}), unique())
		if r := do(tr, withEmail(t, "ann@corp.test")); r.err != full {
			t.Errorf("got %v", r.err)
		}
		refuse = false
		do(tr, withEmail(t, "ann@corp.test")).want(t, 201, "")
	})
}

func TestStatusDecidesWhatIsRemembered(t *testing.T) {
	for status, next := range map[int]string{
		200: "duplicate", 201: "duplicate", 202: "duplicate", 400: "sent", 401: "sent", 404: "sent", 422: "sent",
		429: "sent", 307: "sent", 308: "sent", 409: "exists", 303: "doubt", 500: "doubt", 502: "doubt", 504: "doubt",
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, false)
			posts := 0
			w.handle = func(rw http.ResponseWriter, r *http.Request) {
				if r.Method == "GET" {
					io.WriteString(rw, `{"_embedded":[]}`)
					return
				}
				posts++
				rw.WriteHeader(status)
				if status != 204 {
					io.WriteString(rw, "why")
				}
			}
			tr := w.transport(unique())
			do(tr, withEmail(t, "ann@corp.test")).want(t, status, "why") // a response is handed on whatever its status
			r := do(tr, withEmail(t, "ann@corp.test"))
			switch next {
			case "duplicate", "exists":
				r.duplicate(t)
			case "doubt":
				r.unchecked(t, InDoubt)
			default:
				r.want(t, status, "why")
			}
			if want := map[string]int{"sent": 2}[next]; want != 0 && posts != want || want == 0 && posts != 1 {
				t.Errorf("%d: %d posts", status, posts)
			}
		})
	}
}

// A create sent unchecked whose answer is lost is in doubt like any other, and
// FailOpen sends no second one.
func TestFailOpenKeepsDoubts(t *testing.T) {
	overCRM(t, func(t *testing.T, w *world, c *crm) {
		c.before = func(rw http.ResponseWriter, r *http.Request) bool {
			if r.Method == "GET" {
				rw.WriteHeader(500)
			}
			return r.Method == "GET"
		}
		c.after = func(*http.Request) { panic(http.ErrAbortHandler) }
		cfg := unique()
		failOpen(&cfg)
		tr := w.transport(cfg)
		if r := do(tr, withEmail(t, "ann@corp.test")); r.err == nil {
			t.Errorf("the answer was not lost: %d", r.status)
		}
		do(tr, withEmail(t, "ann@corp.test")).unchecked(t, LookupError)
		if c.made() != 1 {
			t.Errorf("%d created", c.made())
		}
	})
}
