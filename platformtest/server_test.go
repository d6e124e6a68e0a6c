package platformtest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

// Loopback TCP, in all four ways, with the platform's own host names, and with
// no goroutine left.
func TestLoopback(t *testing.T) {
	defer goleak.VerifyNone(t)
	for _, c := range []Config{{}, {TLS: true}, {HTTP2: true}, {HTTP2: true, MaxStreams: 2}} {
		s := NewServer(c)
		client := s.Client()
		scheme := strings.SplitAfter(s.URL, "://")[0]
		for _, url := range []string{s.URL + "/contacts", scheme + "platform.reapit.cloud/contacts"} {
			want(t, url, do(t, client, "GET", url, "").status, 200)
		}
		want(t, "token", do(t, client, "POST", s.TokenURL, "grant_type=client_credentials").status, 200)
		want(t, "protocol", s.Requests()[0].Proto, map[bool]string{false: "HTTP/1.1", true: "HTTP/2.0"}[c.HTTP2])
		want(t, "host", s.Requests()[1].Host, "platform.reapit.cloud")
		s.Close()
		s.Close()
		if _, err := client.Get(s.URL); err == nil {
			t.Error("a closed server answered")
		}
	}
}

func TestAClientOfItsOwnTrustsTheCertificate(t *testing.T) {
	s := NewServer(Config{HTTP2: true})
	defer s.Close()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	defer tr.CloseIdleConnections()
	r := do(t, &http.Client{Transport: tr}, "GET", s.URL+"/contacts/CON000001", "")
	want(t, "status", r.status, 200)
	want(t, "protocol", s.Requests()[0].Proto, "HTTP/2.0")
	plain := NewServer(Config{})
	defer plain.Close()
	if plain.Certificate() != nil {
		t.Error("a server without TLS has a certificate")
	}
}

func TestMounted(t *testing.T) {
	s := NewServer(Config{})
	defer s.Close()
	mux := http.NewServeMux()
	mux.Handle("/", s)
	other := http.Server{Handler: mux}
	defer other.Close()
	w := &writer{header: http.Header{}}
	r, _ := http.NewRequest("GET", "http://mounted.test/offices/OFF000001", http.NoBody)
	mux.ServeHTTP(w, r)
	want(t, "status", w.status, 200)
}

// The last byte leaves when the call is no longer in flight, and not before.
func TestTheLastByteComesAfterTheEnd(t *testing.T) {
	s := NewServer(Config{})
	defer s.Close()
	ended := func() bool { return !s.Requests()[0].End.IsZero() }
	var writes []bool
	w := &writer{header: http.Header{}, onWrite: func() { writes = append(writes, ended()) }}
	r, _ := http.NewRequest("GET", "http://mounted.test/contacts", http.NoBody)
	s.ServeHTTP(w, r)
	want(t, "ended at each write", fmt.Sprint(writes), "[false true]")
}

type writer struct {
	header  http.Header
	status  int
	onWrite func()
}

func (w *writer) Header() http.Header    { return w.header }
func (w *writer) WriteHeader(status int) { w.status = status }

func (w *writer) Write(p []byte) (int, error) {
	if w.onWrite != nil {
		w.onWrite()
	}
	return len(p), nil
}

func TestWireKeepsEveryByte(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(Config{InMemory: true, Wire: true})
		defer s.Close()
		c := s.Client()
		do(t, c, "GET", s.URL+"/offices", "", "X-One", "1")
		do(t, c, "POST", s.URL+"/contacts", `{"surname":"x"}`)
		wire := s.Wire()
		if len(wire) != 1 || !strings.HasPrefix(string(wire[0]), "GET /offices HTTP/1.1\r\n") || !strings.HasSuffix(string(wire[0]), "\r\n\r\n"+`{"surname":"x"}`) {
			t.Errorf("on the wire: %q", wire)
		}
		want(t, "connections", s.Stats().Connections, 1)
	})
}

func TestCut(t *testing.T) {
	bubble(t, Config{Service: time.Minute}, func(t *testing.T, s *Server, c *http.Client) {
		time.AfterFunc(time.Second, s.Cut)
		start := time.Now()
		// A POST, which net/http does not send again by itself.
		if r, err := try(c, "POST", s.URL+"/contacts", `{"surname":"x"}`); err == nil || time.Since(start) != time.Second {
			t.Errorf("after a cut: %d, %v after %s", r.status, err, time.Since(start))
		}
	})
}

func TestHangUpEvery(t *testing.T) {
	bubble(t, open(Config{HangUpEvery: 3}), func(t *testing.T, s *Server, c *http.Client) {
		for range 9 {
			want(t, "status", do(t, c, "GET", s.URL+"/offices", "").status, 200)
			time.Sleep(10 * time.Second) // GOAWAY leaves the connection open for a moment
		}
		want(t, "connections", s.Stats().Connections, 3)
	})
}

func TestDelays(t *testing.T) {
	c := Config{
		Up:   func() time.Duration { return 20 * time.Millisecond },
		Down: func() time.Duration { return 30 * time.Millisecond },
		Dial: func() time.Duration { return 40 * time.Millisecond },
	}
	c.InMemory = true
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(c)
		defer s.Close()
		start := time.Now()
		do(t, s.Client(), "GET", s.URL+"/offices", "")
		want(t, "the first call took", time.Since(start), 90*time.Millisecond)
		want(t, "it arrived after", s.Requests()[0].Arrival.Sub(start), 60*time.Millisecond)
	})
}

func TestServiceFunc(t *testing.T) {
	bubble(t, Config{ServiceFunc: func(r *http.Request) time.Duration {
		if r.Method == "POST" {
			return time.Second
		}
		return 0
	}}, func(t *testing.T, s *Server, c *http.Client) {
		start := time.Now()
		do(t, c, "GET", s.URL+"/offices", "")
		want(t, "a GET took", time.Since(start), 0)
		do(t, c, "POST", s.URL+"/contacts", `{"surname":"x"}`)
		want(t, "a POST took", time.Since(start), time.Second)
	})
}

// Close does not wait for service times, hanging calls or idle connections.
func TestCloseEndsWhatIsInFlight(t *testing.T) {
	bubble(t, Config{Service: time.Hour}, func(t *testing.T, s *Server, c *http.Client) {
		s.Inject(Is("GET", "/hang"), Hang)
		errs := make(chan error, 2)
		for _, path := range []string{"/hang", "/slow"} {
			go func() {
				_, err := try(c, "GET", s.URL+path, "")
				errs <- err
			}()
		}
		synctest.Wait()
		start := time.Now()
		s.Close()
		want(t, "Close took", time.Since(start), 0)
		for range 2 {
			if <-errs == nil {
				t.Error("a call that was cut off succeeded")
			}
		}
	})
}

func TestKeepIsABound(t *testing.T) {
	bubble(t, open(Config{Keep: 3}), func(t *testing.T, s *Server, c *http.Client) {
		for range 8 {
			do(t, c, "GET", s.URL+"/offices", "")
		}
		var seq []int
		for _, r := range s.Requests() {
			seq = append(seq, r.Seq)
		}
		want(t, "kept", fmt.Sprint(seq), "[6 7 8]")
		want(t, "counted", s.Stats().Requests, 8)
	})
}

func TestLargeBodies(t *testing.T) {
	bubble(t, open(Config{}), func(t *testing.T, s *Server, c *http.Client) {
		r, err := try(c, "POST", s.URL+"/contacts", `{"surname":"`+strings.Repeat("x", largest)+`"}`)
		if err == nil && r.status != http.StatusRequestEntityTooLarge {
			t.Errorf("a body past the limit was answered %d", r.status)
		}
		if n := len(s.Requests()[0].Body); n != recorded {
			t.Errorf("%d bytes of it were kept, want %d", n, recorded)
		}
	})
}

// Everything at once, for the race detector.
func TestConcurrentUse(t *testing.T) {
	s := NewServer(open(Config{Seed: 9}))
	defer s.Close()
	c := s.Client()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	done := make(chan struct{})
	work := []func(){
		func() { try(c, "GET", s.URL+"/contacts?pageSize=5&sortBy=surname", "") },
		func() { try(c, "POST", s.URL+"/contacts", `{"surname":"x","email":"x@y.example"}`) },
		func() { try(c, "PATCH", s.URL+"/metadata/MET000001", `[{"op":"add","path":"/x","value":1}]`) },
		func() { s.Edit("SBOX", "contacts", "CON000001", map[string]any{"title": "Dr"}) },
		func() { s.Entity("SBOX", "contacts", "CON000001"); s.Requests(); s.Stats(); s.Violations() },
		func() { s.Control(Is("GET", "/offices"), s.Serve); try(c, "GET", s.URL+"/offices", "") },
	}
	for _, f := range work {
		go func() {
			defer func() { done <- struct{}{} }()
			for ctx.Err() == nil {
				f()
			}
		}()
	}
	for range work {
		<-done
	}
	if s.Stats().Requests == 0 {
		t.Error("nothing was sent")
	}
}
