package platformtest

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestRate(t *testing.T) {
	bubble(t, Config{}, func(t *testing.T, s *Server, c *http.Client) {
		for i := range 25 {
			r := do(t, c, "GET", s.URL+"/contacts/CON000001", "")
			want(t, fmt.Sprint("call ", i+1), r.status, map[bool]int{true: 200, false: 429}[i < 20])
			if i >= 20 && (r.body["statusCode"] != 429.0 || r.body["description"] == "" || r.header.Get("Retry-After") != "") {
				t.Errorf("a 429 has another shape: %s", r.text)
			}
		}
		time.Sleep(time.Second)
		want(t, "a second later", do(t, c, "GET", s.URL+"/contacts/CON000001", "").status, 200)
		v := s.Violations()
		want(t, "violations", len(v), 5)
		want(t, "rule", v[0].Rule, RateLimit)
		want(t, "request", v[0].Request, 21)
		if text := v[0].String(); !strings.Contains(text, "21 arrivals in the last 1s where the SlidingLog allows 20") || !strings.Contains(text, `customer "SBOX"`) {
			t.Errorf("the violation reads: %s", text)
		}
		st := s.Stats()
		if st.Requests != 26 || st.Admitted != 21 || st.Refused != 5 || st.RateLimited != 5 || st.MostInWindow != 25 || st.Billed != 21 {
			t.Errorf("stats are %+v", st)
		}
		log := s.Requests()
		want(t, "status of request 21", log[20].Status, 429)
		want(t, "arrival of request 26", log[25].Arrival.Sub(log[0].Arrival), time.Second)
	})
}

func TestRateThatCountsRejectsLocksOut(t *testing.T) {
	bubble(t, Config{CountRejected: true, Keep: -1}, func(t *testing.T, s *Server, c *http.Client) {
		admitted := 0
		for range 300 { // 30 a second, without a pause
			if do(t, c, "GET", s.URL+"/offices", "").status == 200 {
				admitted++
			}
			time.Sleep(time.Second / 30)
		}
		want(t, "admitted", admitted, 20)
		want(t, "kept", len(s.Requests()), 0)
	})
}

func TestConcurrencyIsPerCustomerAndOutlivesItsClient(t *testing.T) {
	bubble(t, Config{Service: 10 * time.Second, Rate: -1}, func(t *testing.T, s *Server, c *http.Client) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var all sync.WaitGroup
		for range 5 { // clients that leave
			req, _ := http.NewRequestWithContext(ctx, "GET", s.URL+"/offices", nil)
			req.Header.Set("reapit-customer", "SBOX")
			all.Go(func() {
				if resp, err := c.Do(req); err == nil {
					resp.Body.Close()
					t.Error("a call ended before its service time")
				}
			})
		}
		all.Wait()
		want(t, "the sixth", do(t, c, "GET", s.URL+"/offices", "").status, 429)
		want(t, "another customer's", do(t, c, "GET", s.URL+"/offices", "", "reapit-customer", "OTHER").status, 200)
		want(t, "once the five are done", do(t, c, "GET", s.URL+"/offices", "").status, 200)
		v := s.Violations()
		if len(v) != 1 || v[0].Rule != Concurrency || !strings.Contains(v[0].Detail, "6 calls of this customer in flight where 5 are allowed") {
			t.Errorf("violations are %v", v)
		}
		st := s.Stats()
		if st.MostInFlight != 6 || st.MostByTenant["SBOX"] != 6 || st.MostByTenant["OTHER"] != 1 {
			t.Errorf("stats are %+v", st)
		}
	})
}

// A client that waits for the end of each body is never accused, however large
// the answer.
func TestNoCallIsInFlightAfterItsBodyHasEnded(t *testing.T) {
	bubble(t, Config{Rate: -1, Concurrent: 1, Rows: map[string]int{"contacts": 100}}, func(t *testing.T, s *Server, c *http.Client) {
		for range 8 {
			want(t, "status", do(t, c, "GET", s.URL+"/contacts?pageSize=100", "").status, 200)
			want(t, "status", do(t, c, "HEAD", s.URL+"/contacts/CON000001", "").status, 200)
			want(t, "status", do(t, c, "DELETE", s.URL+"/contacts/none", "").status, 404)
		}
		want(t, "violations", len(s.Violations()), 0)
	})
}

func TestSlowBodiesAreInFlight(t *testing.T) {
	bubble(t, Config{Rate: -1, Concurrent: 1, BodyTime: 2 * time.Second}, func(t *testing.T, s *Server, c *http.Client) {
		req, _ := http.NewRequest("GET", s.URL+"/contacts", nil)
		req.Header.Set("reapit-customer", "SBOX")
		start := time.Now()
		resp, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		want(t, "the header came after", time.Since(start), 0)
		want(t, "the second", do(t, c, "GET", s.URL+"/contacts", "").status, 429)
		resp.Body.Close()
	})
}

func TestDay(t *testing.T) {
	bubble(t, Config{Day: 3, DayBoundary: Boundary{Zone: "UTC", Hour: 6}, RetryAfter: RetryAfterSeconds}, func(t *testing.T, s *Server, c *http.Client) {
		for range 3 {
			do(t, c, "GET", s.URL+"/offices", "")
		}
		r := do(t, c, "GET", s.URL+"/offices", "")
		want(t, "the fourth", r.status, 429)
		want(t, "Retry-After", r.header.Get("Retry-After"), strconv.Itoa(6*3600)) // a bubble starts at midnight UTC
		time.Sleep(6 * time.Hour)
		want(t, "the next day", do(t, c, "GET", s.URL+"/offices", "").status, 200)
		if v := s.Violations(); len(v) != 1 || v[0].Rule != DayLimit || s.Stats().DaySpent != 1 {
			t.Errorf("violations are %v", v)
		}
	})
}

func TestRetryAfterDateIsOnTheServersClock(t *testing.T) {
	bubble(t, Config{Rate: 1, Per: 3500 * time.Millisecond, RetryAfter: RetryAfterDate, ClockSkew: -90 * time.Minute}, func(t *testing.T, s *Server, c *http.Client) {
		do(t, c, "GET", s.URL+"/offices", "")
		r := do(t, c, "GET", s.URL+"/offices", "")
		date, _ := http.ParseTime(r.header.Get("Date"))
		at, err := http.ParseTime(r.header.Get("Retry-After"))
		if err != nil || at.Sub(date) != 4*time.Second || time.Since(date).Round(time.Second) != 90*time.Minute {
			t.Errorf("Date %s, Retry-After %s", r.header.Get("Date"), r.header.Get("Retry-After"))
		}
		time.Sleep(4 * time.Second)
		want(t, "after it", do(t, c, "GET", s.URL+"/offices", "").status, 200)
	})
}

func TestRateLimitHeaders(t *testing.T) {
	bubble(t, Config{RateLimitHeaders: RateLimitList, Rate: 2}, func(t *testing.T, s *Server, c *http.Client) {
		r := do(t, c, "GET", s.URL+"/offices", "")
		want(t, "policy", r.header.Get("RateLimit-Policy"), `"rate";q=2;w=1`)
		want(t, "first", r.header.Get("RateLimit"), `"rate";r=1;t=0`)
		want(t, "second", do(t, c, "GET", s.URL+"/offices", "").header.Get("RateLimit"), `"rate";r=0;t=1`)
	})
	bubble(t, Config{RateLimitHeaders: RateLimitTriple, Rate: 2}, func(t *testing.T, s *Server, c *http.Client) {
		h := do(t, c, "GET", s.URL+"/offices", "").header
		want(t, "limit, remaining, reset", h.Get("RateLimit-Limit")+" "+h.Get("RateLimit-Remaining")+" "+h.Get("RateLimit-Reset"), "2 1 0")
	})
}

// The three models tell bursts apart: 40 calls in 100 ms across a boundary.
func TestModelsDiffer(t *testing.T) {
	for _, c := range []struct {
		cfg      Config
		admitted int
	}{
		{Config{}, 20},
		{Config{Model: FixedWindow}, 40},
		{Config{Model: TokenBucket, Burst: 5}, 6}, // 5, and 2 that the first 95 ms bring: one whole
	} {
		c.cfg.Concurrent = -1
		bubble(t, c.cfg, func(t *testing.T, s *Server, client *http.Client) {
			time.Sleep(952500 * time.Microsecond)
			got := 0
			for range 40 {
				if do(t, client, "GET", s.URL+"/offices", "").status == 200 {
					got++
				}
				time.Sleep(2375 * time.Microsecond)
			}
			want(t, fmt.Sprint(c.cfg.Model), got, c.admitted)
			want(t, "most in a second", s.Stats().MostInWindow, 40)
		})
	}
}

func TestHeadersAndTokens(t *testing.T) {
	bubble(t, Config{RequireHeaders: true, RequireToken: true, Rate: -1}, func(t *testing.T, s *Server, c *http.Client) {
		want(t, "no version", do(t, c, "GET", s.URL+"/offices", "").status, 400)
		version := []string{"api-version", "2020-01-31"}
		want(t, "no customer", do(t, c, "GET", s.URL+"/offices", "", append(version, "reapit-customer", "")...).status, 400)
		want(t, "another version", do(t, c, "GET", s.URL+"/offices", "", "api-version", "2019-01-01").status, 400)
		want(t, "no token", do(t, c, "GET", s.URL+"/offices", "", version...).status, 401)
		want(t, "a token by GET", do(t, c, "GET", s.TokenURL, "").status, 405)
		token := do(t, c, "POST", s.TokenURL, "grant_type=client_credentials").body
		want(t, "expires_in", token["expires_in"], any(3600.0))
		with := append(version, "Authorization", "Bearer "+token["access_token"].(string))
		want(t, "a token", do(t, c, "GET", s.URL+"/offices", "", with...).status, 200)
		time.Sleep(time.Hour)
		want(t, "an old token", do(t, c, "GET", s.URL+"/offices", "", with...).status, 401)
		st := s.Stats()
		if st.Tokens != 2 || st.Requests != 6 {
			t.Errorf("calls to the token service must be counted apart: %+v", st)
		}
	})
}

func TestNonsenseIsRefusedByName(t *testing.T) {
	for want, c := range map[string]Config{
		"Config.Model is 9":                    {Model: 9},
		"Config.RetryAfter is 7":               {RetryAfter: 7},
		"Config.RateLimitHeaders is 7":         {RateLimitHeaders: 7},
		"Config.Per is -1s":                    {Per: -time.Second},
		"Config.Burst is -2":                   {Burst: -2},
		"Config.Service is -1s":                {Service: -time.Second},
		"Config.BodyTime is -1s":               {BodyTime: -time.Second},
		"Config.IndexLag is -1s":               {IndexLag: -time.Second},
		"Config.MaxStreams is -1":              {MaxStreams: -1},
		"Config.HangUpEvery is -1":             {HangUpEvery: -1},
		"Config.Wire is true":                  {Wire: true, HTTP2: true},
		"Config.InMemory is false":             {Up: func() time.Duration { return 0 }},
		`Config.DayBoundary.Zone is "Nowhere"`: {DayBoundary: Boundary{Zone: "Nowhere"}},
		"Config.DayBoundary is 24:00":          {DayBoundary: Boundary{Zone: "UTC", Hour: 24}},
		`Config.Rows is "contact"`:             {Rows: map[string]int{"contact": 1}},
		"Config.Rows[contacts] is -1":          {Rows: map[string]int{"contacts": -1}},
	} {
		func() {
			defer func() {
				if p := recover(); p == nil || !strings.Contains(fmt.Sprint(p), want) {
					t.Errorf("want a panic that says %q, got %v", want, p)
				}
			}()
			NewServer(c).Close()
		}()
	}
}
