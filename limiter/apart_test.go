package limiter

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goodtenant/goodtenant/policy"
)

// The base's context has the app's values, and an end of its own: what is derived
// from it learns of the exchange's end, not of the app's leaving, and takes no
// goroutine.
func TestTheContextOfAnExchange(t *testing.T) {
	type key struct{}
	why := errors.New("why")
	synctest.Test(t, func(t *testing.T) {
		ctx, leave := context.WithCancelCause(context.WithValue(context.Background(), key{}, "value"))
		seen := make(chan error, 1)
		tr := newTransport(t, roundTripFunc(func(r *http.Request) (*http.Response, error) {
			if v := r.Context().Value(key{}); v != "value" {
				t.Errorf("the app's value is %v", v)
			}
			before := runtime.NumGoroutine()
			var derived context.Context
			for range 100 {
				var cancel context.CancelFunc
				derived, cancel = context.WithCancel(r.Context())
				defer cancel()
			}
			if n := runtime.NumGoroutine() - before; n > 50 {
				t.Errorf("%d goroutines more for 100 derived contexts", n)
			}
			leave(why)
			time.Sleep(time.Second)
			if err := errors.Join(r.Context().Err(), derived.Err(), context.Cause(r.Context()), context.Cause(derived)); err != nil {
				t.Errorf("the app has left, the exchange has not: %v", err)
			}
			<-derived.Done()
			seen <- context.Cause(derived)
			return nil, derived.Err()
		}), Config{Limits: Limits{Concurrent(1)}})
		began := time.Now()
		if err := get(tr, ctx, "A"); !errors.Is(err, why) || time.Since(began) > 0 {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		synctest.Wait()
		time.Sleep(2 * time.Second)
		tr.Close() // cuts what runs on
		if err := <-seen; !errors.Is(err, context.Canceled) || errors.Is(err, why) {
			t.Errorf("the exchange was cut: %v", err)
		}
		windUp(tr)
	})
}

// Our hooks come first, the app's follow, once each, also where the base asks for
// them more than once, and in every mode of sending.
func TestTheAppsHooksFollowOurs(t *testing.T) {
	base := roundTripFunc(func(r *http.Request) (*http.Response, error) {
		trace := httptrace.ContextClientTrace(r.Context())
		trace.GetConn("")
		trace.GotConn(httptrace.GotConnInfo{})
		httptrace.ContextClientTrace(r.Context()).WroteRequest(httptrace.WroteRequestInfo{})
		trace.GotFirstResponseByte()
		return stub{}.RoundTrip(r)
	})
	mayEnd := t.Context()
	for name, ctx := range map[string]context.Context{"never ends": context.Background(), "may end": mayEnd} {
		for _, mode := range []policy.Mode{policy.Enforce, policy.Observe} {
			tr := newTransport(t, base, Config{Limits: Limits{Concurrent(1)}, Mode: mode})
			var heard []string
			ctx := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
				GetConn:              func(string) { heard = append(heard, "get") },
				GotConn:              func(httptrace.GotConnInfo) { heard = append(heard, "got") },
				WroteRequest:         func(httptrace.WroteRequestInfo) { heard = append(heard, "wrote") },
				GotFirstResponseByte: func() { heard = append(heard, "answer") },
			})
			if err := get(tr, ctx, "A"); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(heard, " "); got != "get got wrote answer" {
				t.Errorf("%s, %v: the app heard %q", name, mode, got)
			}
			if !tr.hooked.v.Load() {
				t.Errorf("%s, %v: ours were not called", name, mode)
			}
			tr.Close()
		}
	}
}

// What goes wrong in a base comes to the caller, on whatever goroutine it was.
func TestABaseThatGoesWrongApart(t *testing.T) {
	ctx := t.Context()
	for name, base := range map[string]roundTripFunc{
		"panic":  func(*http.Request) (*http.Response, error) { panic("base") },
		"Goexit": func(*http.Request) (*http.Response, error) { runtime.Goexit(); return nil, nil },
	} {
		tr := newTransport(t, base, Config{Limits: Limits{Concurrent(1)}})
		body := &closes{}
		r, _ := http.NewRequestWithContext(ctx, "POST", "http://api.example.test/", body)
		var recovered any
		err := func() error {
			defer func() { recovered = recover() }()
			_, err := tr.RoundTrip(r)
			return err
		}()
		if name == "panic" && recovered != "base" || name == "Goexit" && (err == nil || !strings.Contains(err.Error(), "goroutine")) {
			t.Errorf("%s: recovered %v, error %v", name, recovered, err)
		}
		if n := body.n.Load(); n != 1 {
			t.Errorf("%s: the body was closed %d times", name, n)
		}
		tr.Close()
	}
}

// The caller may use its request again as soon as it has left, header values in
// place too; the race detector tells.
func TestTheRequestIsTheCallersAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTransport(t, roundTripFunc(func(r *http.Request) (*http.Response, error) {
			time.Sleep(time.Second) // the caller has left
			if v := r.Header["X"]; len(v) != 1 || v[0] != "as sent" {
				t.Errorf("the base sees %q", v)
			}
			return stub{}.RoundTrip(r)
		}), Config{Limits: Limits{Concurrent(1)}})
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		r := request(t, ctx, "A")
		r.Header.Set("X", "as sent")
		if _, err := tr.RoundTrip(r); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		r.Header["X"][0] = "another"
		r.Header.Add("X", "more")
		windUp(tr)
	})
}

// A body that the app drops is collected, whatever its exchange ran on.
func TestADroppedBodyOfACallThatMightEnd(t *testing.T) {
	tr := newTransport(t, roundTripFunc(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, ProtoMajor: 1, ProtoMinor: 1, Body: io.NopCloser(strings.NewReader("a")), Request: r}, nil
	}), Config{Limits: Limits{Concurrent(1)}})
	defer tr.Close()
	func() {
		ctx, cancel := context.WithCancel(context.Background())
		_ = cancel // dropped with the answer
		if _, err := tr.RoundTrip(request(t, ctx, "A")); err != nil {
			t.Fatal(err)
		}
	}()
	for range 100 {
		runtime.GC()
		tr.core.droppedMu.Lock()
		n := len(tr.core.dropped)
		tr.core.droppedMu.Unlock()
		if n == 1 {
			return
		}
		runtime.Gosched()
	}
	t.Error("the answer was not collected")
}
