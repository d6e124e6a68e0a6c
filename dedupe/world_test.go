package dedupe

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goodtenant/goodtenant/internal/memnet"
)

// overBoth runs f in a bubble of its own over HTTP/1.1 and over HTTP/2, with a
// real server and transport on a network in memory.
func overBoth(t *testing.T, f func(t *testing.T, w *world)) {
	for _, http2 := range []bool{false, true} {
		name := "HTTP1"
		if http2 {
			name = "HTTP2"
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { f(t, newWorld(t, http2)) })
		})
	}
}

// world is a platform and the way to it. handle is set by the test.
type world struct {
	t       *testing.T
	base    *http.Transport
	handle  http.HandlerFunc
	arrived atomic.Int64
	alive   atomic.Int64
	most    atomic.Int64 // most alive at once

	mu   sync.Mutex
	seen []*http.Request
}

func newWorld(t *testing.T, http2 bool) *world {
	w := &world{t: t}
	var protocols http.Protocols
	protocols.SetHTTP1(!http2)
	protocols.SetUnencryptedHTTP2(http2)
	network := &memnet.Network{}
	listener := network.Listen("")
	srv := &http.Server{Protocols: &protocols, Handler: http.HandlerFunc(w.serve)}
	go srv.Serve(listener)
	w.base = &http.Transport{DialContext: network.DialContext, Protocols: &protocols, MaxIdleConnsPerHost: 200}
	t.Cleanup(func() {
		w.base.CloseIdleConnections()
		srv.Close()
		network.Close()
		for w.alive.Load() > 0 {
			time.Sleep(time.Second) // handlers must see their end
		}
	})
	return w
}

func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	w.arrived.Add(1)
	w.mu.Lock()
	w.seen = append(w.seen, r)
	w.mu.Unlock()
	for now := w.alive.Add(1); ; {
		most := w.most.Load()
		if now <= most || w.most.CompareAndSwap(most, now) {
			break
		}
	}
	defer w.alive.Add(-1)
	w.handle(rw, r)
}

func (w *world) arrivals() int { return int(w.arrived.Load()) }

func (w *world) transport(c Config) *Transport { return transport(w.t, w.base, c) }

func transport(t testing.TB, base http.RoundTripper, c Config) *Transport {
	t.Helper()
	tr, err := NewTransport(base, c)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// get is a GET with a credential; headers follow in pairs.
func get(ctx context.Context, url string, headers ...string) *http.Request {
	req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		panic(err)
	}
	req.Header.Set("Authorization", "Bearer one")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return req
}

func request(ctx context.Context, method, url, body string) *http.Request {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	req.Header.Set("Authorization", "Bearer one")
	req.Header.Set("Content-Type", "application/json")
	return req
}

// result is how a call ended.
type result struct {
	status int
	body   string
	header http.Header
	resp   *http.Response
	err    error // of RoundTrip, or of reading the body
	at     time.Duration
}

// do makes a call and reads its answer.
func do(rt http.RoundTripper, req *http.Request) result {
	start := time.Now()
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return result{err: err, at: time.Since(start)}
	}
	b, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	return result{status: resp.StatusCode, body: string(b), header: resp.Header, resp: resp, err: err, at: time.Since(start)}
}

// start makes a call on a goroutine of its own.
func start(rt http.RoundTripper, req *http.Request) <-chan result {
	ch := make(chan result, 1)
	go func() { ch <- do(rt, req) }()
	return ch
}

func (r result) want(t *testing.T, status int, body string) {
	t.Helper()
	if r.err != nil || r.status != status || r.body != body {
		t.Errorf("got %d %q, %v; want %d %q", r.status, r.body, r.err, status, body)
	}
}

// stub is a base that answers without a network.
type stub func(*http.Request) (*http.Response, error)

func (s stub) RoundTrip(req *http.Request) (*http.Response, error) { return s(req) }

func answerWith(status int, body string, headers ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(headers); i += 2 {
		h.Add(headers[i], headers[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
}
