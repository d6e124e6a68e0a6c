package platformtest

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestFaults(t *testing.T) {
	const path = "/contacts/CON000001"
	patch := func(t *testing.T, s *Server, c *http.Client, title string) (reply, error) {
		tag := do(t, c, "GET", s.URL+path, "").header.Get("ETag")
		return try(c, "PATCH", s.URL+path, `{"title":"`+title+`"}`, "If-Match", tag)
	}
	title := func(t *testing.T, s *Server, c *http.Client) any {
		return do(t, c, "GET", s.URL+path, "").body["title"]
	}
	bubble(t, open(Config{RetryAfter: RetryAfterSeconds}), func(t *testing.T, s *Server, c *http.Client) {
		before := title(t, s, c)
		taken := s.Inject(Is("PATCH", path), CutBefore)
		want(t, "taken before the call", taken(), false)
		if r, err := patch(t, s, c, "cut"); err == nil {
			t.Errorf("CutBefore answered %d", r.status)
		}
		want(t, "taken", taken(), true)
		want(t, "title after CutBefore", title(t, s, c), before)
		if r, err := patch(t, s, c, "again"); err != nil || r.status != 204 {
			t.Errorf("a fault happened twice: %d %v", r.status, err)
		}

		s.Inject(Is("PATCH", ""), CutAfter)
		if r, err := patch(t, s, c, "done"); err == nil {
			t.Errorf("CutAfter answered %d", r.status)
		}
		want(t, "title after CutAfter", title(t, s, c), any("done"))

		s.Inject(nil, CutAfter)
		if r, err := try(s.Client(), "GET", s.URL+"/contacts?pageSize=100", ""); err == nil || r.status != 0 {
			t.Errorf("CutAfter let an answer begin: %d, %v", r.status, err)
		}

		s.Inject(nil, Unavailable)
		r := do(t, c, "GET", s.URL+path, "")
		want(t, "Unavailable", fmt.Sprint(r.status, r.header.Get("Retry-After")), "5031")

		s.Inject(Is("PATCH", path), Spurious412)
		if r, err := patch(t, s, c, "spurious"); err != nil || r.status != 412 {
			t.Errorf("Spurious412 answered %d, %v", r.status, err)
		}
		want(t, "title after Spurious412", title(t, s, c), any("done"))

		s.Inject(Is("GET", path), Malformed)
		r = do(t, c, "GET", s.URL+path, "")
		if _, err := decode([]byte(r.text)); r.status != 200 || err == nil || r.body != nil {
			t.Errorf("Malformed answered %d %s", r.status, r.text)
		}

		s.Inject(nil, Truncated)
		r, err := try(c, "GET", s.URL+path, "")
		if err == nil || !strings.HasPrefix(r.text, `{"_eTag`) || r.status != 200 {
			t.Errorf("Truncated answered %d %q, %v", r.status, r.text, err)
		}

		s.Inject(nil, SlowBody)
		start := time.Now()
		want(t, "SlowBody", do(t, c, "GET", s.URL+path, "").body["id"], any("CON000001"))
		want(t, "it took", time.Since(start), 10*time.Second)

		s.Inject(nil, Hang)
		c.Timeout = time.Minute
		start = time.Now()
		if _, err := try(c, "GET", s.URL+path, ""); err == nil || time.Since(start) != time.Minute {
			t.Errorf("Hang ended after %s with %v", time.Since(start), err)
		}
		synctest.Wait()
		last := s.Requests()[len(s.Requests())-1]
		if last.Status != 0 || last.End.IsZero() {
			t.Errorf("the call that hung is recorded as %+v", last)
		}
	})
}

func TestEveryFaultHasAName(t *testing.T) {
	for f := CutBefore; f <= Hang; f++ {
		if strings.ContainsAny(f.String(), "0123456789") && f != Spurious412 {
			t.Errorf("fault %d prints %q", uint8(f), f)
		}
	}
	s := NewServer(Config{})
	defer s.Close()
	defer func() {
		if recover() == nil {
			t.Error("a fault that does not exist must panic")
		}
	}()
	s.Inject(nil, Hang+1)
}

func TestControl(t *testing.T) {
	bubble(t, Config{Rate: 1}, func(t *testing.T, s *Server, c *http.Client) {
		var order []string
		for _, who := range []string{"first", "second"} {
			s.Control(Is("GET", "/offices"), func(w http.ResponseWriter, r *http.Request) {
				order = append(order, who)
				w.Header().Set("X-Control", who)
				w.WriteHeader(http.StatusTeapot)
				io.WriteString(w, r.Header.Get("reapit-customer"))
			})
		}
		seen := s.Control(Is("POST", "/contacts"), func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Control", "passed on")
			s.Serve(w, r)
		})
		r := do(t, c, "GET", s.URL+"/offices", "")
		want(t, "answer", fmt.Sprint(r.status, r.text, r.header.Get("X-Control")), "418SBOXfirst")
		want(t, "the next", do(t, c, "GET", s.URL+"/offices", "").header.Get("X-Control"), "second")
		want(t, "the one after", do(t, c, "GET", s.URL+"/offices", "").status, 429)
		want(t, "order", fmt.Sprint(order), "[first second]")
		time.Sleep(time.Second)
		want(t, "taken", seen(), false)
		r = do(t, c, "POST", s.URL+"/contacts", `{"surname":"x"}`)
		want(t, "passed on", fmt.Sprint(r.status, r.header.Get("X-Control")), "201passed on")
		want(t, "taken", seen(), true)
		// The second control took a call that was one too many: judged, though
		// it was answered.
		want(t, "violations", len(s.Violations()), 2)
		log := s.Requests()
		want(t, "recorded", fmt.Sprint(log[0].Status, log[1].Status, log[2].Status, log[3].Status, string(log[3].Body)), `418 418 429 201{"surname":"x"}`)
	})
}

// Of many calls at once exactly one is taken.
func TestControlTakesExactlyOne(t *testing.T) {
	bubble(t, open(Config{}), func(t *testing.T, s *Server, c *http.Client) {
		do(t, c, "GET", s.URL+"/offices", "") // over HTTP/2 the others share its connection
		s.Control(nil, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusTeapot) })
		statuses := make(chan int, 50)
		for range cap(statuses) {
			go func() {
				r, _ := try(c, "GET", s.URL+"/offices", "")
				statuses <- r.status
			}()
		}
		teapots := 0
		for range cap(statuses) {
			if <-statuses == http.StatusTeapot {
				teapots++
			}
		}
		want(t, "taken", teapots, 1)
	})
}
