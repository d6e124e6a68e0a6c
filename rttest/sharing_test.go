package rttest

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// sharing answers identical GETs in flight with one call; flaws make it wrong.
type sharing struct {
	http.RoundTripper
	key       func(*http.Request) string
	own       bool // a header of its own for each caller
	leaderCtx bool // the call ends with its first caller

	mu      sync.Mutex
	flights map[string]*flight
}

type flight struct {
	done chan struct{}
	resp *http.Response
	body []byte
	err  error
}

func newSharing(base http.RoundTripper) http.RoundTripper {
	return &sharing{RoundTripper: base, key: wholeKey, own: true, flights: map[string]*flight{}}
}

// wholeKey is empty for what must not be shared.
func wholeKey(req *http.Request) string {
	if req.Method != http.MethodGet || req.URL == nil || req.Header == nil {
		return ""
	}
	var key strings.Builder
	key.WriteString(req.URL.String())
	for _, name := range slices.Sorted(maps.Keys(req.Header)) {
		key.WriteString("\n" + name + ":" + strings.Join(req.Header[name], ","))
	}
	return key.String()
}

func (t *sharing) Unwrap() http.RoundTripper              { return t.RoundTripper }
func (t *sharing) WrappedRoundTripper() http.RoundTripper { return t.RoundTripper }
func (t *sharing) CloseIdleConnections() {
	t.RoundTripper.(interface{ CloseIdleConnections() }).CloseIdleConnections()
}

func (t *sharing) RoundTrip(req *http.Request) (*http.Response, error) {
	key := t.key(req)
	if key == "" || req.Context().Err() != nil || req.Header.Get("Upgrade") != "" {
		return t.single(req)
	}
	t.mu.Lock()
	f := t.flights[key]
	if f == nil {
		f = &flight{done: make(chan struct{})}
		t.flights[key] = f
		t.mu.Unlock()
		return t.lead(req, key, f)
	}
	t.mu.Unlock()
	select {
	case <-f.done:
	case <-req.Context().Done():
		return nil, context.Cause(req.Context())
	}
	if f.err != nil && !t.leaderCtx {
		return t.single(req)
	}
	return f.answer(req, t.own)
}

// lead streams its own answer when nobody could have joined; to keep this
// sample short it gathers those of its paths that are about sharing.
func (t *sharing) lead(req *http.Request, key string, f *flight) (*http.Response, error) {
	forget := func() {
		t.mu.Lock()
		delete(t.flights, key)
		t.mu.Unlock()
		close(f.done)
	}
	if !slices.Contains([]string{"/same", "/copies", "/different", "/leader", "/methods", "/many"}, req.URL.Path) {
		f.err = errBase
		forget()
		return t.single(req)
	}
	call := req
	if !t.leaderCtx {
		call = req.WithContext(context.WithoutCancel(req.Context()))
	}
	go func() {
		defer forget()
		if f.resp, f.err = t.RoundTripper.RoundTrip(call); f.err == nil {
			f.body, f.err = io.ReadAll(f.resp.Body)
			f.resp.Body.Close()
		}
	}()
	select {
	case <-f.done:
		return f.answer(req, t.own)
	case <-req.Context().Done():
		return nil, context.Cause(req.Context())
	}
}

func (f *flight) answer(req *http.Request, own bool) (*http.Response, error) {
	if f.err != nil {
		return nil, f.err
	}
	resp := *f.resp
	resp.Request = req
	if own {
		resp.Header = resp.Header.Clone()
	}
	resp.Body = io.NopCloser(bytes.NewReader(f.body))
	return &resp, nil
}

func (t *sharing) single(req *http.Request) (*http.Response, error) {
	resp, err := t.RoundTripper.RoundTrip(req)
	switch {
	case err != nil:
		if resp != nil && resp.Body != nil {
			resp.Body.Close()
		}
		return nil, err
	case resp == nil:
		return nil, errBase
	case resp.Body == nil:
		resp.Body = http.NoBody
	}
	return resp, nil
}
