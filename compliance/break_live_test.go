package compliance

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/goodtenant/goodtenant/internal/memnet"
	"github.com/goodtenant/goodtenant/policy"
)

// stage is a real server and transport in memory, with and without a checker.
type stage struct {
	url   string
	bare  *http.Transport
	k     *Checker
	views http.RoundTripper // both, over bare
}

// onStage runs f over HTTP/1.1 and over HTTP/2, in a bubble each, which fails where a
// goroutine is left. In the end nothing may count as in flight.
func onStage(t *testing.T, c Config, handle http.HandlerFunc, f func(t *testing.T, s *stage)) {
	cert, pool, err := memnet.Certificate("api.example.test")
	require.NoError(t, err)
	for _, proto := range []string{"HTTP/1.1", "HTTP/2"} {
		t.Run(proto, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var network memnet.Network
				protocols := new(http.Protocols)
				protocols.SetHTTP1(proto == "HTTP/1.1")
				protocols.SetHTTP2(proto == "HTTP/2")
				server := &http.Server{Handler: handle, Protocols: protocols, ErrorLog: log.New(io.Discard, "", 0), TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}}}
				s := &stage{url: "http://api.example.test", bare: &http.Transport{DialContext: network.DialContext, Protocols: protocols, TLSClientConfig: &tls.Config{RootCAs: pool}}}
				l := network.Listen("")
				if proto == "HTTP/2" {
					s.url = "https://api.example.test"
					go server.ServeTLS(l, "", "")
				} else {
					go server.Serve(l)
				}
				s.k, err = New(c)
				require.NoError(t, err)
				s.views = s.k.Intent(s.k.Wire(s.bare))
				defer func() {
					s.k.Close()
					s.bare.CloseIdleConnections()
					server.Close()
					network.Close()
					time.Sleep(time.Minute) // for handlers that sleep
				}()
				f(t, s)
				synctest.Wait()
				require.Zero(t, s.k.st.app.flight.live)
				for _, x := range s.k.st.tenants {
					require.Zero(t, x.flight.live, x.name)
				}
			})
		})
	}
}

// heard is all that an app can tell of an answer.
type heard struct {
	Status   int
	Proto    string
	Header   http.Header
	Length   int64
	Encoding []string
	Unzipped bool
	Body     string
	BodyErr  string
	Trailer  http.Header
	Err      string
	Interim  []int
}

// hear sends what build makes through rt and reads at most limit bytes, a few at a time.
func hear(rt http.RoundTripper, build func() *http.Request, limit int64) (h heard) {
	req := build()
	ctx := httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
		h.Interim = append(h.Interim, code)
		return nil
	}})
	resp, err := (&http.Client{Transport: rt}).Do(req.WithContext(ctx))
	if err != nil {
		h.Err = regexp.MustCompile(`stream ID \d+`).ReplaceAllString(err.Error(), "stream ID")
		return h
	}
	var b bytes.Buffer
	_, err = io.CopyBuffer(struct{ io.Writer }{&b}, struct{ io.Reader }{io.LimitReader(resp.Body, limit)}, make([]byte, 7))
	if err != nil {
		h.BodyErr = regexp.MustCompile(`stream ID \d+`).ReplaceAllString(err.Error(), "stream ID")
	}
	resp.Body.Close()
	resp.Header.Del("Date")
	h.Status, h.Proto, h.Header, h.Length = resp.StatusCode, resp.Proto, resp.Header, resp.ContentLength
	h.Encoding, h.Unzipped, h.Body, h.Trailer = resp.TransferEncoding, resp.Uncompressed, b.String(), resp.Trailer
	return h
}

func zipped(doc string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, doc)
	w.Close()
	return b.Bytes()
}

// TestBreakAnswersAreTheSame: whatever an answer is, the app hears the same with a
// checker and without.
func TestBreakAnswersAreTheSame(t *testing.T) {
	doc := page(100, 4000)
	answers := map[string]http.HandlerFunc{
		"json": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, doc)
		},
		"zipped": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(zipped(doc))
		},
		"half zipped": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(zipped(doc)[:200])
		},
		"trailers": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Trailer", "X-Sum")
			io.WriteString(w, doc)
			w.(http.Flusher).Flush()
			w.Header().Set("X-Sum", "17")
		},
		"interim": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(103)
			w.WriteHeader(103)
			io.WriteString(w, "{}")
		},
		"none":    func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(204) },
		"not new": func(w http.ResponseWriter, r *http.Request) { w.Header().Set("ETag", `"1"`); w.WriteHeader(304) },
		"moved": func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("again") == "" {
				http.Redirect(w, r, "/contacts/?again=1", http.StatusTemporaryRedirect)
				return
			}
			io.Copy(w, r.Body)
		},
		"echo": func(w http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%s %d %v %s", r.Method, r.ContentLength, r.TransferEncoding, b)
		},
		"torn": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, doc[:900])
			w.(http.Flusher).Flush()
			time.Sleep(time.Second) // so that what was written arrives
			panic(http.ErrAbortHandler)
		},
		"nothing": func(w http.ResponseWriter, r *http.Request) { time.Sleep(time.Second); panic(http.ErrAbortHandler) },
		"early":   func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(413); io.WriteString(w, `{"e":1}`) },
	}
	const text = `{"email":"Ann@example.test","surname":"Lee"}`
	bodies := map[string]func() io.Reader{
		"none": func() io.Reader { return nil },
		"kept": func() io.Reader { return strings.NewReader(text) },
		"once": func() io.Reader { return io.NopCloser(struct{ io.Reader }{strings.NewReader(text)}) },
		"long": func() io.Reader { return bytes.NewReader(bytes.Repeat([]byte(text), 5000)) },
	}
	onStage(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		if name := r.Header.Get("X-Answer"); name == "torn" || name == "nothing" { // what it hangs up over is chance
			io.Copy(io.Discard, r.Body)
		}
		answers[r.Header.Get("X-Answer")](w, r)
	}, func(t *testing.T, s *stage) {
		for name := range answers {
			for _, method := range []string{"GET", "HEAD", "POST", "PATCH", "DELETE"} {
				for body, reader := range bodies {
					for _, own := range []bool{false, true} {
						if own && name != "json" && name != "zipped" {
							continue
						}
						if (body == "none") != (method == "GET" || method == "HEAD") || name == "early" && body == "long" || name == "torn" && body == "long" || name == "nothing" && body == "long" || name == "none" && body == "long" {
							continue // when the server hangs up over half a body is chance
						}
						build := func() *http.Request {
							req, err := http.NewRequest(method, s.url+"/contacts/", reader())
							require.NoError(t, err)
							req.Header.Set("X-Answer", name)
							if own {
								req.Header.Set("Accept-Encoding", "gzip")
							}
							return req
						}
						for _, limit := range []int64{100, 1 << 30} {
							want := hear(s.bare, build, limit)
							s.bare.CloseIdleConnections() // one that is being closed is chance
							synctest.Wait()
							require.Equal(t, want, hear(s.views, build, limit), "%s %s, body %s, own encoding %v, %d bytes", method, name, body, own, limit)
							s.bare.CloseIdleConnections()
							synctest.Wait()
						}
					}
				}
			}
		}
	})
}

// TestBreakBodyOfOneFile: a GetBody that rewinds one and the same file goes on
// working, though it should give another body.
func TestBreakBodyOfOneFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "body")
	require.NoError(t, os.WriteFile(name, bytes.Repeat([]byte(`{"email":"a@example.test"}`), 4000), 0o600))
	onStage(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, n)
	}, func(t *testing.T, s *stage) {
		build := func() *http.Request {
			f, err := os.Open(name)
			require.NoError(t, err)
			req, err := http.NewRequest("POST", s.url+"/contacts/", f)
			require.NoError(t, err)
			req.ContentLength = 26 * 4000
			req.GetBody = func() (io.ReadCloser, error) { _, err := f.Seek(0, io.SeekStart); return f, err }
			return req
		}
		want := hear(s.bare, build, 1<<20)
		require.Equal(t, "104000", want.Body)
		require.Equal(t, want, hear(s.views, build, 1<<20))
	})
}

// TestBreakUpgrade: an upgraded connection can be closed for writing alone, as a
// reverse proxy does.
func TestBreakUpgrade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, err := New(Config{})
		require.NoError(t, err)
		closed := false
		base := roundTrip(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 101, Header: http.Header{"Upgrade": {"echo"}}, Body: halfCloser{io.NopCloser(strings.NewReader("x")), &closed}, Request: r}, nil
		})
		req := httptest.NewRequest("GET", "http://api.example.test/contacts/", nil)
		resp, err := k.Intent(k.Wire(base)).RoundTrip(req)
		require.NoError(t, err)
		_, writes := resp.Body.(io.Writer)
		require.True(t, writes)
		half, ok := resp.Body.(interface{ CloseWrite() error })
		require.True(t, ok)
		require.NoError(t, half.CloseWrite())
		require.True(t, closed)
		require.NoError(t, resp.Body.Close())
		require.Zero(t, k.st.app.flight.live)
		require.NoError(t, k.Close())
	})
}

type halfCloser struct {
	io.ReadCloser
	closed *bool
}

func (h halfCloser) Write(p []byte) (int, error) { return len(p), nil }
func (h halfCloser) CloseWrite() error           { *h.closed = true; return nil }

// TestBreakLiveUpgrade: over a real connection, both ways, and hung up by the server.
func TestBreakLiveUpgrade(t *testing.T) {
	bubble(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		io.WriteString(rw, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		rw.Flush()
		line, _ := rw.ReadString('\n')
		io.WriteString(rw, line)
		rw.Flush()
	}, func(k *Checker, client *http.Client) {
		req, _ := http.NewRequest("GET", "http://api.example.test/contacts/", nil)
		req.Header.Set("Connection", "Upgrade")
		req.Header.Set("Upgrade", "echo")
		resp, err := client.Do(req)
		require.NoError(t, err)
		rw := resp.Body.(io.ReadWriteCloser)
		io.WriteString(rw, "hello\n")
		line, err := bufio.NewReader(rw).ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "hello\n", line)
		require.Equal(t, 1, k.st.app.flight.live)
		_, err = io.Copy(io.Discard, rw)
		require.NoError(t, err)
		rw.Close()
		require.Zero(t, k.st.app.flight.live)
	})
}

// TestBreakCancelled: a call that is given up in any of its phases counts as over.
func TestBreakCancelled(t *testing.T) {
	onStage(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("at") {
		case "head":
			<-r.Context().Done()
		case "body":
			io.WriteString(w, `{"_embedded":[`)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		default:
			for r.Context().Err() == nil { // for ever
				if _, err := io.WriteString(w, `{"id":"A1"},`); err != nil {
					return
				}
				w.(http.Flusher).Flush()
				time.Sleep(time.Second)
			}
		}
	}, func(t *testing.T, s *stage) {
		for _, at := range []string{"head", "body", "stream"} {
			for _, after := range []time.Duration{0, time.Second, time.Minute} {
				for _, how := range []string{"cancel", "close", "drop"} {
					ctx, cancel := context.WithCancel(context.Background())
					if after == 0 {
						cancel()
					}
					time.AfterFunc(after, cancel)
					req, _ := http.NewRequestWithContext(ctx, "GET", s.url+"/contacts/?at="+at, nil)
					resp, err := s.views.RoundTrip(req)
					if err != nil {
						require.ErrorIs(t, err, context.Canceled)
						cancel()
						continue
					}
					switch how {
					case "close":
						resp.Body.Close()
					case "cancel":
						_, err := io.Copy(io.Discard, resp.Body)
						require.ErrorIs(t, err, context.Canceled)
					default: // read until cancelled by somebody else while Close comes from a third
						go io.Copy(io.Discard, resp.Body)
						time.Sleep(after / 2)
						go resp.Body.Close()
						resp.Body.Close()
					}
					cancel()
				}
			}
		}
	})
}

// TestBreakTwoReaders: a body that two goroutines read and a third closes.
func TestBreakTwoReaders(t *testing.T) {
	doc := page(100, 4000)
	onStage(t, Config{}, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, doc) }, func(t *testing.T, s *stage) {
		for range 50 {
			resp, err := (&http.Client{Transport: s.views}).Get(s.url + "/contacts/")
			require.NoError(t, err)
			readers := 3
			if resp.ProtoMajor == 2 {
				readers = 1 // net/http wakes one only
			}
			var wg sync.WaitGroup
			for range readers {
				wg.Go(func() { io.CopyBuffer(io.Discard, struct{ io.Reader }{resp.Body}, make([]byte, 64)) })
			}
			if readers == 1 {
				resp.Body.Close()
			}
			wg.Wait()
			resp.Body.Close()
		}
	})
}

// TestBreakOddBases: a base that panics, or answers oddly, leaves nothing behind.
func TestBreakOddBases(t *testing.T) {
	errBase := errors.New("base")
	closed := 0
	bases := map[string]roundTrip{
		"panics":    func(*http.Request) (*http.Response, error) { panic("base") },
		"nothing":   func(*http.Request) (*http.Response, error) { return nil, nil },
		"an error":  func(*http.Request) (*http.Response, error) { return nil, errBase },
		"no body":   func(r *http.Request) (*http.Response, error) { return &http.Response{StatusCode: 200}, nil },
		"no status": func(r *http.Request) (*http.Response, error) { return &http.Response{Body: http.NoBody}, nil },
		"both": func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("{}"))}, errBase
		},
		"body panics": func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: panicking{}}, nil
		},
		"reads too much": func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: counted{&closed}}, nil
		},
	}
	for name, base := range bases {
		for _, mode := range []string{"intent", "wire", "both"} {
			k, err := New(Config{})
			require.NoError(t, err)
			var rt http.RoundTripper = base
			if mode != "intent" {
				rt = k.Wire(rt)
			}
			if mode != "wire" {
				rt = k.Intent(rt)
			}
			func() {
				defer func() { _ = recover() }()
				req, _ := http.NewRequest("GET", "http://api.example.test/contacts/A1", nil)
				resp, err := (&http.Client{Transport: rt}).Do(req)
				if err == nil {
					func() {
						defer func() { _ = recover() }()
						io.Copy(io.Discard, io.LimitReader(resp.Body, 10))
					}()
					resp.Body.Close()
				}
			}()
			require.Zero(t, k.st.app.flight.live, "%s, %s", name, mode)
			require.True(t, k.mu.TryLock(), "%s, %s", name, mode)
			k.mu.Unlock()
		}
	}
}

type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("read") }
func (panicking) Close() error             { panic("close") }

// counted says that it has read more than it was asked for, and less than nothing.
type counted struct{ closes *int }

func (c counted) Read(p []byte) (int, error) { return len(p) + 1, nil }
func (c counted) Close() error               { *c.closes++; return nil }

// TestBreakCloseUnderWay: Close, SetMode and Over in the midst of calls harm no call.
func TestBreakCloseUnderWay(t *testing.T) {
	onStage(t, Config{Gate: []string{"GT504"}}, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(time.Second)
		io.WriteString(w, "{}")
	}, func(t *testing.T, s *stage) {
		over := s.views.(*Transport).Over(s.k.Wire(s.bare))
		var wg sync.WaitGroup
		for i := range 30 {
			wg.Go(func() {
				rt := s.views
				if i%2 == 0 {
					rt = over
				}
				time.Sleep(time.Duration(i) * 100 * time.Millisecond)
				resp, err := (&http.Client{Transport: rt}).Get(fmt.Sprintf("%s/contacts/A%d", s.url, i))
				if err != nil {
					t.Error(err)
					return
				}
				b, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				if string(b) != "{}" || err != nil {
					t.Errorf("%q, %v", b, err)
				}
			})
		}
		for i := range 5 {
			time.Sleep(200 * time.Millisecond)
			require.NoError(t, s.views.(*Transport).SetMode(policy.Mode(i%2)))
		}
		require.NoError(t, over.Close())
		wg.Wait()
	})
}

// TestBreakRequestUsedAgain: one request sent many times, and by many at once.
func TestBreakRequestUsedAgain(t *testing.T) {
	onStage(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(time.Second)
		io.Copy(w, r.Body)
	}, func(t *testing.T, s *stage) {
		req, err := http.NewRequest("PATCH", s.url+"/contacts/A1", strings.NewReader(`{"a":1}`))
		require.NoError(t, err)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				again := req.Clone(context.Background())
				again.Body, _ = req.GetBody()
				resp, err := s.views.RoundTrip(again)
				if err != nil {
					t.Error(err)
					return
				}
				b, _ := io.ReadAll(resp.Body)
				resp.Body.Close()
				if string(b) != `{"a":1}` {
					t.Errorf("%q", b)
				}
			})
		}
		wg.Wait()
	})
}
