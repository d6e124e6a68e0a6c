package limiter

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goodtenant/goodtenant/internal/memnet"
)

// wire is a real http.Server and http.Transport on a network in memory. It counts
// the handlers at work, which is what a platform counts.
type wire struct {
	t    *testing.T
	net  memnet.Network
	base *http.Transport
	srv  *http.Server
	url  string

	now, peak, arrivals atomic.Int64
}

// overWire runs f over HTTP/1.1 and over HTTP/2 with TLS, in a bubble each.
func overWire(t *testing.T, handle func(w http.ResponseWriter, r *http.Request), f func(t *testing.T, x *wire)) {
	cert, pool, err := memnet.Certificate("api.example.test")
	if err != nil {
		t.Fatal(err)
	}
	for _, proto := range []int{1, 2} {
		t.Run(fmt.Sprint("HTTP", proto), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := &wire{t: t, url: "http://api.example.test"}
				x.srv = &http.Server{ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					x.arrivals.Add(1)
					n := x.now.Add(1)
					defer x.now.Add(-1)
					for {
						p := x.peak.Load()
						if n <= p || x.peak.CompareAndSwap(p, n) {
							break
						}
					}
					handle(w, r)
				})}
				x.base = &http.Transport{DialContext: x.net.DialContext, MaxIdleConnsPerHost: 10}
				l := x.net.Listen("")
				if proto == 2 {
					x.url = "https://api.example.test"
					x.base.ForceAttemptHTTP2 = true
					x.base.TLSClientConfig = &tls.Config{RootCAs: pool}
					x.srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}}
					go x.srv.ServeTLS(l, "", "")
				} else {
					go x.srv.Serve(l)
				}
				f(t, x)
				x.base.CloseIdleConnections()
				time.Sleep(2 * time.Minute)
				x.srv.Close()
				x.net.Close()
				time.Sleep(time.Minute)
			})
		})
	}
}

func (x *wire) request(ctx context.Context, method, path string, body io.Reader) *http.Request {
	r, err := http.NewRequestWithContext(ctx, method, x.url+path, body)
	if err != nil {
		x.t.Fatal(err)
	}
	return r
}

func (x *wire) limiter(c Config) *Transport { return newTransport(x.t, x.base, c) }

// kept fails the test where more than most handlers were at work at once.
func (x *wire) kept(most int64) {
	x.t.Helper()
	if p := x.peak.Load(); p > most {
		x.t.Errorf("%d handlers at work at once, the limit is %d", p, most)
	}
}

// slow writes one byte at once and ends after d.
func slow(d time.Duration) func(w http.ResponseWriter, r *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "a")
		w.(http.Flusher).Flush()
		time.Sleep(d)
		io.WriteString(w, "z")
	}
}

// TestFault35SlotUntilTheEndOfTheAnswer: freed at EOF, once, closed or not.
func TestFault35SlotUntilTheEndOfTheAnswer(t *testing.T) {
	overWire(t, slow(time.Second), func(t *testing.T, x *wire) {
		tr := x.limiter(Config{Limits: Limits{Concurrent(2)}})
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				resp, err := tr.RoundTrip(x.request(context.Background(), "GET", "/", nil))
				if err != nil {
					t.Error(err)
					return
				}
				io.Copy(io.Discard, resp.Body) // and no Close
				resp.Body.Read(nil)
			})
		}
		wg.Wait()
		if d := time.Since(began(t)); d > 3100*time.Millisecond {
			t.Errorf("6 calls of 1 s on 2 slots took %v", d)
		}
		x.kept(2)
		tr.Close()
	})
}

// began is when a bubble's clock starts.
func began(*testing.T) time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }

// TestFault33EarlyCloseAndCancel: Close returns at once, and the slot is kept
// while the server works, whatever the app's context does.
func TestFault33EarlyCloseAndCancel(t *testing.T) {
	overWire(t, slow(3*time.Second), func(t *testing.T, x *wire) {
		tr := x.limiter(Config{Limits: Limits{Concurrent(2)}})
		for range 6 {
			ctx, cancel := context.WithCancel(context.Background())
			resp, err := tr.RoundTrip(x.request(ctx, "GET", "/", nil))
			if err != nil {
				t.Fatal(err)
			}
			at := time.Now()
			resp.Body.Read(make([]byte, 1))
			resp.Body.Close()
			resp.Body.Close()
			cancel()
			if d := time.Since(at); d > 0 {
				t.Errorf("Close took %v", d)
			}
			if _, err := resp.Body.Read(make([]byte, 1)); err == nil || err == io.EOF {
				t.Errorf("Read after Close: %v", err)
			}
		}
		x.kept(2)
		tr.Close()
	})
}

// TestAbandonedCallsAreSeenToTheirEnd: left by context, deadline and req.Cancel.
func TestAbandonedCallsAreSeenToTheirEnd(t *testing.T) {
	overWire(t, func(w http.ResponseWriter, r *http.Request) { time.Sleep(900 * time.Millisecond) }, func(t *testing.T, x *wire) {
		tr := x.limiter(Config{Limits: Limits{Concurrent(2)}})
		c := &http.Client{Transport: tr, Timeout: 100 * time.Millisecond}
		for i := range 9 {
			at := time.Now()
			ctx, cancel := context.WithCancel(context.Background())
			r := x.request(ctx, "GET", "/", nil)
			var err error
			switch i % 3 {
			case 0:
				time.AfterFunc(100*time.Millisecond, cancel)
				_, err = tr.RoundTrip(r)
				if !errors.Is(err, context.Canceled) {
					t.Errorf("context: %v", err)
				}
			case 1:
				_, err = c.Do(r)
				if e, ok := err.(interface{ Timeout() bool }); !ok || !e.Timeout() {
					t.Errorf("Client.Timeout: %v", err)
				}
			default:
				ch := make(chan struct{})
				r.Cancel = ch
				time.AfterFunc(100*time.Millisecond, func() { close(ch) })
				_, err = tr.RoundTrip(r)
			}
			if d := time.Since(at); err == nil || d > 100*time.Millisecond {
				t.Errorf("call %d ended after %v with %v", i, d, err)
			}
			cancel()
		}
		time.Sleep(10 * time.Second)
		x.kept(2)
		if s := tr.Snapshot(); s.App.InFlight != 0 || s.Totals.RunOn < 2 {
			t.Errorf("in flight %d, seen to their end %d", s.App.InFlight, s.Totals.RunOn)
		}
		tr.Close()
	})
}

// TestFault36NoContentFreesAtReturn, also where the end of the stream comes
// later than the headers.
func TestFault36NoContentFreesAtReturn(t *testing.T) {
	overWire(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/204late":
			w.WriteHeader(204)
			w.(http.Flusher).Flush()
			time.Sleep(100 * time.Millisecond)
		case "/204":
			w.WriteHeader(204)
		case "/json":
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			io.WriteString(w, `{"id":"A"}`)
		case "/head":
			w.Header().Set("Content-Length", "1000")
		}
	}, func(t *testing.T, x *wire) {
		tr := x.limiter(Config{Limits: Limits{Concurrent(1)}})
		for _, path := range []string{"/204", "/204late", "/json", "/empty", "/head", "/204"} {
			method := "GET"
			if path == "/head" {
				method = "HEAD"
			}
			for range 3 {
				ctx, cancel := context.WithTimeout(context.Background(), time.Second)
				if _, err := tr.RoundTrip(x.request(ctx, method, path, nil)); err != nil {
					t.Errorf("%s, the answers before it never closed: %v", path, err)
				}
				cancel()
			}
		}
		if strings.HasPrefix(x.url, "https") { // over HTTP/1.1 such an answer is over before its handler
			x.kept(1)
		}
		tr.Close()
	})
}

// TestFault11TrailersAndStreaming: the first byte comes when it is sent, and
// trailers nobody announced are there at the end.
func TestFault11TrailersAndStreaming(t *testing.T) {
	overWire(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, "[1")
		w.(http.Flusher).Flush()
		time.Sleep(5 * time.Second)
		io.WriteString(w, "]")
		w.Header().Set(http.TrailerPrefix+"X-Sum", "42")
	}, func(t *testing.T, x *wire) {
		tr := x.limiter(Config{Limits: Limits{Concurrent(1)}})
		at := time.Now()
		resp, err := tr.RoundTrip(x.request(context.Background(), "GET", "/", nil))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Read(make([]byte, 2))
		if d := time.Since(at); d > 0 {
			t.Errorf("the first byte came after %v", d)
		}
		b, err := io.ReadAll(resp.Body)
		if string(b) != "]" || err != nil || resp.Trailer.Get("X-Sum") != "42" {
			t.Errorf("%q %v, trailer %v", b, err, resp.Trailer)
		}
		tr.Close()
	})
}

// TestFault16To18Leaving: while queued, with a dead context, at a deadline.
func TestFault16To18Leaving(t *testing.T) {
	overWire(t, func(w http.ResponseWriter, r *http.Request) { time.Sleep(10 * time.Second) }, func(t *testing.T, x *wire) {
		tr := x.limiter(Config{Limits: Limits{Concurrent(1), PerDay(10)}})
		go tr.RoundTrip(x.request(context.Background(), "GET", "/", nil))
		time.Sleep(time.Second)
		dead, cancel := context.WithCancel(context.Background())
		cancel()
		body := &closes{}
		if _, err := tr.RoundTrip(x.request(dead, "POST", "/", body)); !errors.Is(err, context.Canceled) || body.n.Load() != 1 {
			t.Errorf("a dead context: %v, the body was closed %d times", err, body.n.Load())
		}
		why := errors.New("why")
		ctx, cancelCause := context.WithCancelCause(context.Background())
		time.AfterFunc(time.Second, func() { cancelCause(why) })
		if _, err := tr.RoundTrip(x.request(ctx, "GET", "/", nil)); !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
			t.Errorf("cancelled with a cause: %v", err)
		}
		ch := make(chan struct{})
		r := x.request(context.Background(), "GET", "/", nil)
		r.Cancel = ch
		time.AfterFunc(time.Second, func() { close(ch) })
		at := time.Now()
		if _, err := tr.RoundTrip(r); err == nil || time.Since(at) != time.Second {
			t.Errorf("req.Cancel: %v after %v", err, time.Since(at))
		}
		time.Sleep(10 * time.Second)
		if n := x.arrivals.Load(); n != 1 {
			t.Errorf("%d arrivals, 1 was let go", n)
		}
		for _, l := range tr.Snapshot().App.Limits {
			if l.Kind == Day && l.Used != 1 {
				t.Errorf("%d units of the day are used, who left before the start paid", l.Used)
			}
		}
		tr.Close()
	})
}

// TestFault103HiddenResends: net/http writes a call again when its kept-alive
// connection has died. Each arrival is counted, and no window is broken.
func TestFault103HiddenResends(t *testing.T) {
	var n atomic.Int64
	overWire(t, func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1)%7 == 0 {
			panic(http.ErrAbortHandler) // the connection, or the stream, is cut
		}
	}, func(t *testing.T, x *wire) {
		tr := x.limiter(Config{Limits: Limits{PerSecond(20), PerDay(200)}, Guarantee: Strict})
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 30 {
					r := x.request(WithPriority(context.Background(), Interactive), "GET", "/", nil)
					if resp, err := tr.RoundTrip(r); err == nil {
						resp.Body.Close()
					}
				}
			})
		}
		wg.Wait()
		if got := x.arrivals.Load(); got > 200 || got < 190 {
			t.Errorf("%d arrivals for a day of 200", got)
		}
		tr.Close()
	})
}

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestFault12Upgrade: the answer's body stays a Writer, and keeps its slot.
func TestFault12Upgrade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := &pipeBody{}
		tr := newTransport(t, roundTripFunc(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 101, Header: http.Header{}, Body: up, Request: r}, nil
		}), Config{Limits: Limits{Concurrent(1)}})
		resp, err := tr.RoundTrip(request(t, context.Background(), "A"))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := resp.Body.(io.ReadWriteCloser); !ok {
			t.Errorf("the body of a 101 is a %T", resp.Body)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if _, err := tr.RoundTrip(request(t, ctx, "A")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the only slot was given away: %v", err)
		}
		if half, ok := resp.Body.(interface{ CloseWrite() error }); !ok || half.CloseWrite() != nil || !up.halfClosed {
			t.Errorf("the body of a 101 can not be closed for writing alone: %T", resp.Body)
		}
		resp.Body.Close()
		if _, err := tr.RoundTrip(request(t, context.Background(), "A")); err != nil {
			t.Error(err)
		}
		tr.Close()
	})
}

type pipeBody struct{ halfClosed bool }

func (p *pipeBody) CloseWrite() error { p.halfClosed = true; return nil }

func (*pipeBody) Read([]byte) (int, error)    { return 0, nil }
func (*pipeBody) Write(p []byte) (int, error) { return len(p), nil }
func (*pipeBody) Close() error                { return nil }
