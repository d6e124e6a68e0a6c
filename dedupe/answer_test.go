package dedupe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

type closer struct {
	io.ReadCloser
	f func()
}

func (c closer) Close() error { c.f(); return c.ReadCloser.Close() }

func TestSoloAnswerStreamsAndEndsWithItsCaller(t *testing.T) {
	overBoth(t, func(t *testing.T, w *world) {
		serverSaw := make(chan error, 1)
		w.handle = func(rw http.ResponseWriter, r *http.Request) {
			io.WriteString(rw, "first")
			rw.(http.Flusher).Flush()
			<-r.Context().Done()
			serverSaw <- r.Context().Err()
		}
		tr := w.transport(Config{})
		why := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		resp, err := tr.RoundTrip(get(ctx, office))
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 5)
		if _, err := io.ReadFull(resp.Body, b); err != nil || string(b) != "first" {
			t.Fatalf("read %q, %v", b, err)
		}
		if resp.Request.Context() != ctx {
			t.Error("resp.Request has another context than the caller's")
		}
		cancel(why)
		if _, err := resp.Body.Read(b); !errors.Is(err, why) && !errors.Is(err, context.Canceled) {
			t.Errorf("after its end: %v", err)
		}
		resp.Body.Close()
		<-serverSaw
	})
}

func TestSoloAnswerEndsWithCancelChannel(t *testing.T) {
	overBoth(t, func(t *testing.T, w *world) {
		w.handle = func(rw http.ResponseWriter, r *http.Request) {
			rw.(http.Flusher).Flush()
			<-r.Context().Done()
		}
		req := get(context.Background(), office)
		cancel := make(chan struct{})
		req.Cancel = cancel
		resp, err := w.transport(Config{}).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Second, func() { close(cancel) })
		begin := time.Now()
		if _, err := resp.Body.Read(make([]byte, 1)); err == nil || err == io.EOF || time.Since(begin) != time.Second {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		resp.Body.Close()
	})
}

// Callers that begin in the same instant, on as many cores as there are.
func TestBeginningTogetherIsOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		tr := transport(t, stub(func(*http.Request) (*http.Response, error) {
			calls.Add(1)
			time.Sleep(time.Second)
			return answerWith(200, "x"), nil
		}), Config{})
		const rounds = 300
		for range rounds {
			begin := make(chan struct{})
			var wg sync.WaitGroup
			for i := range 16 {
				ctx := t.Context()
				if i%4 == 0 {
					ctx = context.Background()
				}
				wg.Go(func() {
					req := get(ctx, office)
					<-begin
					do(tr, req).want(t, 200, "x")
				})
			}
			close(begin)
			wg.Wait()
		}
		if calls.Load() != rounds {
			t.Errorf("%d rounds made %d calls", rounds, calls.Load())
		}
	})
}

func TestSoloAnswerOutlivesNobodyButItsBody(t *testing.T) {
	overBoth(t, func(t *testing.T, w *world) {
		big := strings.Repeat("0123456789", 20_000)
		w.handle = func(rw http.ResponseWriter, r *http.Request) { io.WriteString(rw, big) }
		tr := w.transport(Config{})
		for range 20 {
			do(tr, get(t.Context(), office)).want(t, 200, big)
		}
	})
}

func TestFault67LargeAndStreamingBodies(t *testing.T) {
	big := strings.Repeat("x", 3000)
	for name, c := range map[string]struct {
		serve func(http.ResponseWriter)
		calls int
		want  string
	}{
		"known, above the cap":   {func(rw http.ResponseWriter) { rw.Header().Set("Content-Length", "3000"); io.WriteString(rw, big) }, 5, big},
		"unknown, above the cap": {func(rw http.ResponseWriter) { rw.(http.Flusher).Flush(); io.WriteString(rw, big) }, 5, big},
		"unknown, below the cap": {func(rw http.ResponseWriter) { rw.(http.Flusher).Flush(); io.WriteString(rw, "small") }, 1, "small"},
		"empty":                  {func(rw http.ResponseWriter) {}, 1, ""},
		"event stream":           {func(rw http.ResponseWriter) { rw.Header().Set("Content-Type", "text/event-stream") }, 5, ""},
		"slow, length unknown": {func(rw http.ResponseWriter) {
			for range 5 {
				io.WriteString(rw, "x")
				rw.(http.Flusher).Flush()
				time.Sleep(time.Second)
			}
		}, 5, "xxxxx"},
	} {
		t.Run(name, func(t *testing.T) {
			overBoth(t, func(t *testing.T, w *world) {
				w.handle = func(rw http.ResponseWriter, r *http.Request) {
					time.Sleep(100 * time.Millisecond)
					c.serve(rw)
				}
				tr := w.transport(Config{Coalesce: Coalesce{MaxBody: 2000}})
				var all []<-chan result
				for i := range 5 {
					ctx := context.Background()
					if i%2 == 1 {
						ctx = t.Context()
					}
					all = append(all, start(tr, get(ctx, office)))
				}
				for _, ch := range all {
					(<-ch).want(t, 200, c.want)
				}
				if w.arrivals() != c.calls {
					t.Errorf("%d calls, want %d", w.arrivals(), c.calls)
				}
			})
		})
	}
}

// A body without an end must not hold up those who joined, nor the leader.
func TestEndlessBodyIsHandedOver(t *testing.T) {
	overBoth(t, func(t *testing.T, w *world) {
		w.handle = func(rw http.ResponseWriter, r *http.Request) {
			time.Sleep(10 * time.Millisecond)
			for i := 0; r.Context().Err() == nil; i++ {
				fmt.Fprintf(rw, "%d\n", i)
				rw.(http.Flusher).Flush()
				time.Sleep(700 * time.Millisecond)
			}
		}
		tr := w.transport(Config{})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var wg sync.WaitGroup
		begin := time.Now()
		for range 3 {
			wg.Go(func() {
				resp, err := tr.RoundTrip(get(ctx, office))
				if err != nil {
					t.Error(err)
					return
				}
				if at := time.Since(begin); at > 3*time.Second {
					t.Errorf("response after %v", at)
				}
				b := make([]byte, 12)
				if _, err := io.ReadFull(resp.Body, b); err != nil || string(b) != "0\n1\n2\n3\n4\n5\n" {
					t.Errorf("read %q, %v", b, err)
				}
				resp.Body.Close()
			})
		}
		wg.Wait()
	})
}

func TestFault25UnshareableAnswers(t *testing.T) {
	for _, header := range [][2]string{
		{"Set-Cookie", "s=1"}, {"Cache-Control", "private, no-store"}, {"Vary", "*"}, {"Vary", "Accept, User-Agent"},
	} {
		overBoth(t, func(t *testing.T, w *world) {
			w.handle = func(rw http.ResponseWriter, r *http.Request) {
				time.Sleep(time.Second)
				rw.Header().Set(header[0], header[1])
				io.WriteString(rw, "mine")
			}
			tr := w.transport(Config{})
			var all []<-chan result
			for range 4 {
				all = append(all, start(tr, get(t.Context(), office)))
			}
			for _, ch := range all {
				(<-ch).want(t, 200, "mine")
			}
			if s := tr.Stats(); w.arrivals() != 4 || s.Shared != 0 || s.Unshared != 3 {
				t.Errorf("%v: %d calls, %+v", header, w.arrivals(), s)
			}
		})
	}
}

// Who knows that an answer will not be shared does not wait for it.
func TestSolitaryReadsAreNotJoinedAgain(t *testing.T) {
	overBoth(t, func(t *testing.T, w *world) {
		cookie := true
		w.handle = func(rw http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			if cookie {
				rw.Header().Set("Set-Cookie", "lb=1")
			}
		}
		tr := w.transport(Config{})
		burst := func() (slowest time.Duration) {
			var all []<-chan result
			for range 4 {
				all = append(all, start(tr, get(t.Context(), office)))
			}
			for _, ch := range all {
				slowest = max(slowest, (<-ch).at)
			}
			return slowest
		}
		if d := burst(); d != 2*time.Second {
			t.Errorf("the first burst took %v", d)
		}
		if d := burst(); d != time.Second {
			t.Errorf("the second burst took %v: it waited for what it cannot have", d)
		}
		if s := tr.Stats(); s.Unshared != 3 || w.arrivals() != 8 {
			t.Errorf("%d calls, %+v", w.arrivals(), s)
		}
		cookie = false
		time.Sleep(solitaryFor)
		if d, n := burst(), w.arrivals(); d != time.Second || n != 9 {
			t.Errorf("after a while: %v, %d calls", d, n)
		}
	})
}

func TestFault41TruncatedBodyIsNotShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, false)
		w.handle = func(rw http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			if w.arrivals() == 1 {
				rw.Header().Set("Content-Length", "10")
			}
			io.WriteString(rw, "half")
		}
		tr := w.transport(Config{})
		leader := start(tr, get(t.Context(), office))
		synctest.Wait()
		follower := start(tr, get(t.Context(), office))
		if r := <-leader; !errors.Is(r.err, io.ErrUnexpectedEOF) || r.body != "half" {
			t.Errorf("leader: %q, %v", r.body, r.err)
		}
		(<-follower).want(t, 200, "half")
	})
}

func TestFault66FollowersShareNothingMutable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := transport(t, stub(func(req *http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			resp := answerWith(200, "abc", "X", "1")
			resp.Trailer = http.Header{"Sum": {"9"}}
			resp.Request = req
			return resp, nil
		}), Config{})
		reqs := []*http.Request{get(context.Background(), office), get(t.Context(), office), get(t.Context(), office)}
		got := make([]*http.Response, len(reqs))
		var wg sync.WaitGroup
		for i, req := range reqs {
			wg.Go(func() { got[i], _ = tr.RoundTrip(req) })
			synctest.Wait()
		}
		wg.Wait()
		for i, resp := range got {
			if resp.Request != reqs[i] {
				t.Errorf("%d has another's request", i)
			}
			resp.Header.Set("X", "changed")
			resp.Trailer.Set("Sum", "changed")
			b, _ := io.ReadAll(resp.Body)
			for j := range b {
				b[j] = 'z'
			}
			resp.Body.Close()
			if _, err := resp.Body.Read(b); err != http.ErrBodyReadAfterClose {
				t.Errorf("reading a closed body: %v", err)
			}
			for _, other := range got[i+1:] {
				if other.Header.Get("X") != "1" || other.Trailer.Get("Sum") != "9" {
					t.Error("one answer's maps are another's")
				}
			}
			if string(b) != "zzz" {
				t.Errorf("%d read %q", i, b)
			}
		}
	})
}

func TestFault11TrailersSurvive(t *testing.T) {
	overBoth(t, func(t *testing.T, w *world) {
		w.handle = func(rw http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			io.WriteString(rw, "abc")
			rw.(http.Flusher).Flush()
			rw.Header().Set(http.TrailerPrefix+"Sum", "9")
		}
		tr := w.transport(Config{})
		for n := range 3 {
			var all []<-chan result
			for range n + 1 {
				all = append(all, start(tr, get(t.Context(), office)))
			}
			for _, ch := range all {
				if r := <-ch; r.resp == nil || r.resp.Trailer.Get("Sum") != "9" {
					t.Errorf("of %d: trailer lost, %v", n+1, r.err)
				}
			}
		}
	})
}

// The context that a flight has of its own ends with the last use of it: what
// waits on it below is freed.
func TestContextOfAFlightEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var own []context.Context
		tr := transport(t, stub(func(req *http.Request) (*http.Response, error) {
			own = append(own, req.Context())
			time.Sleep(time.Second)
			return answerWith(200, req.URL.Path), nil
		}), Config{})
		do(tr, get(t.Context(), office)) // alone
		all := []<-chan result{start(tr, get(t.Context(), office)), start(tr, get(t.Context(), office))}
		for _, ch := range all {
			<-ch
		}
		resp, err := tr.RoundTrip(get(t.Context(), office)) // closed early
		if err != nil || own[2].Err() != nil {
			t.Fatal(err, own[2].Err())
		}
		resp.Body.Close()
		for i, ctx := range own {
			if ctx.Err() == nil || ctx == t.Context() {
				t.Errorf("flight %d: its context goes on", i)
			}
		}
	})
}
