package dedupe

import (
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

const office = "http://api.test/offices/O1"

func slowly(d time.Duration, body string) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(d):
			io.WriteString(rw, body)
		case <-r.Context().Done():
		}
	}
}

func TestIdenticalReadsAtOnceAreOneCall(t *testing.T) {
	overBoth(t, func(t *testing.T, w *world) {
		w.handle = slowly(300*time.Millisecond, "office")
		tr := w.transport(Config{})
		for _, ctx := range []context.Context{context.Background(), t.Context()} {
			before := w.arrivals()
			var all []<-chan result
			for range 100 {
				all = append(all, start(tr, get(ctx, office)))
			}
			for _, ch := range all {
				r := <-ch
				r.want(t, 200, "office")
				r.header.Set("Mine", "1") // each has a map of its own, or -race says so
			}
			if n := w.arrivals() - before; n != 1 {
				t.Errorf("100 identical reads made %d calls", n)
			}
		}
		if s := tr.Stats(); s.Shared != 198 || s.Reads != 200 {
			t.Errorf("stats %+v", s)
		}
	})
}

// The rows of flight's table, in its order.

func TestField22LeaderLeavesFollowersStay(t *testing.T) {
	overBoth(t, func(t *testing.T, w *world) {
		w.handle = slowly(300*time.Millisecond, "office")
		tr := w.transport(Config{})
		begin := time.Now()
		within := func(d time.Duration) context.Context {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			t.Cleanup(cancel)
			return ctx
		}
		a := start(tr, get(within(100*time.Millisecond), office))
		time.Sleep(10 * time.Millisecond)
		b := start(tr, get(within(5*time.Second), office))
		c := start(tr, get(within(5*time.Second), office))
		time.Sleep(110 * time.Millisecond)
		d := start(tr, get(context.Background(), office))
		ra := <-a
		if !errors.Is(ra.err, context.DeadlineExceeded) || ra.at != 100*time.Millisecond {
			t.Errorf("A: %v after %v", ra.err, ra.at)
		}
		for _, ch := range []<-chan result{b, c, d} {
			(<-ch).want(t, 200, "office")
		}
		if at := time.Since(begin); at != 300*time.Millisecond {
			t.Errorf("served after %v", at)
		}
		if n := w.arrivals(); n != 1 {
			t.Errorf("%d calls arrived, want 1", n)
		}
	})
}

func TestField22VariantAllButOneLeaveAtOnce(t *testing.T) {
	overBoth(t, func(t *testing.T, w *world) {
		w.handle = slowly(300*time.Millisecond, "office")
		tr := w.transport(Config{})
		ctx, cancel := context.WithCancel(t.Context())
		var gone []<-chan result
		for range 3 {
			gone = append(gone, start(tr, get(ctx, office)))
		}
		time.Sleep(100 * time.Millisecond)
		d := start(tr, get(t.Context(), office))
		synctest.Wait()
		cancel()
		for _, ch := range gone {
			if r := <-ch; !errors.Is(r.err, context.Canceled) {
				t.Errorf("left with %v", r.err)
			}
		}
		(<-d).want(t, 200, "office")
		if w.most.Load() != 1 || w.arrivals() != 1 {
			t.Errorf("%d alive at once, %d in all", w.most.Load(), w.arrivals())
		}
	})
}

func TestFault64FollowerLeavesAlone(t *testing.T) {
	overBoth(t, func(t *testing.T, w *world) {
		w.handle = slowly(300*time.Millisecond, "office")
		tr := w.transport(Config{})
		for _, leaderCtx := range []context.Context{context.Background(), t.Context()} {
			before := w.arrivals()
			leader := start(tr, get(leaderCtx, office))
			synctest.Wait()
			ctx, cancel := context.WithCancelCause(t.Context())
			follower := start(tr, get(ctx, office))
			synctest.Wait()
			why := errors.New("the user closed the page")
			cancel(why)
			if r := <-follower; !errors.Is(r.err, context.Canceled) || !errors.Is(r.err, why) {
				t.Errorf("follower: %v", r.err)
			}
			(<-leader).want(t, 200, "office")
			if n := w.arrivals() - before; n != 1 {
				t.Errorf("%d calls", n)
			}
		}
	})
}

func TestLastToLeaveCancelsTheFlight(t *testing.T) {
	overBoth(t, func(t *testing.T, w *world) {
		ended := make(chan time.Time, 1)
		w.handle = func(rw http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
				ended <- time.Now()
			case <-time.After(time.Hour):
				ended <- time.Now()
			}
		}
		tr := w.transport(Config{})
		begin := time.Now()
		for i := range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i+1)*time.Second)
			defer cancel()
			defer func(ch <-chan result) { <-ch }(start(tr, get(ctx, office)))
			synctest.Wait()
		}
		if at := (<-ended).Sub(begin); at < 3*time.Second || at > 3*time.Second+time.Millisecond {
			t.Errorf("the call ended after %v, want 3s: with its last caller", at)
		}
	})
}

func TestNewcomerNeverJoinsADyingFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		stubborn := stub(func(req *http.Request) (*http.Response, error) {
			calls++
			if calls > 1 {
				return answerWith(200, "fresh"), nil
			}
			<-req.Context().Done()
			time.Sleep(time.Minute) // it hears of its end, and takes its time
			return nil, req.Context().Err()
		})
		tr := transport(t, stubborn, Config{})
		ctx, cancel := context.WithCancel(t.Context())
		first := start(tr, get(ctx, office))
		synctest.Wait()
		cancel()
		if r := <-first; !errors.Is(r.err, context.Canceled) || r.at != 0 {
			t.Errorf("first: %v after %v", r.err, r.at)
		}
		do(tr, get(t.Context(), office)).want(t, 200, "fresh")
		time.Sleep(time.Hour)
	})
}

func TestFault16CancelChannelEndsTheWait(t *testing.T) {
	overBoth(t, func(t *testing.T, w *world) {
		w.handle = slowly(time.Hour, "never")
		tr := w.transport(Config{})
		other, stop := context.WithCancel(t.Context())
		defer stop()
		leader := start(tr, get(other, office))
		synctest.Wait()
		follow := get(context.Background(), office)
		cancel := make(chan struct{})
		follow.Cancel = cancel
		follower := start(tr, follow)
		synctest.Wait()
		close(cancel)
		if r := <-follower; r.err == nil || r.at != 0 {
			t.Errorf("follower: %+v", r)
		}
		stop()
		<-leader
	})
}

func TestFault17ClientTimeoutOfTheLeader(t *testing.T) {
	overBoth(t, func(t *testing.T, w *world) {
		w.handle = slowly(300*time.Millisecond, "office")
		tr := w.transport(Config{})
		hasty := &http.Client{Transport: tr, Timeout: 100 * time.Millisecond}
		leader := make(chan error)
		go func() {
			_, err := hasty.Do(get(context.Background(), office))
			leader <- err
		}()
		synctest.Wait()
		follower := start(tr, get(context.Background(), office))
		err := <-leader
		var timeout interface{ Timeout() bool }
		if !errors.As(err, &timeout) || !timeout.Timeout() || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("leader: %v", err)
		}
		(<-follower).want(t, 200, "office")
		if w.arrivals() != 1 {
			t.Errorf("%d calls", w.arrivals())
		}
	})
}

func TestErrorGoesToAllWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reset := errors.New("connection reset")
		calls := 0
		tr := transport(t, stub(func(*http.Request) (*http.Response, error) {
			calls++
			time.Sleep(time.Second)
			return nil, reset
		}), Config{})
		var all []<-chan result
		for range 10 {
			all = append(all, start(tr, get(t.Context(), office)))
		}
		for _, ch := range all {
			if r := <-ch; r.err != reset {
				t.Errorf("got %v", r.err)
			}
		}
		if calls != 1 {
			t.Errorf("%d calls", calls)
		}
	})
}

// A layer below may refuse a call for its deadline; who has more time goes on.
func TestLeadersDeadlineIsNotTheFollowers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		tr := transport(t, stub(func(req *http.Request) (*http.Response, error) {
			calls++
			d, ok := req.Context().Deadline()
			time.Sleep(50 * time.Millisecond)
			if ok && time.Until(d) < time.Minute {
				return nil, context.DeadlineExceeded
			}
			return answerWith(200, "office"), nil
		}), Config{})
		hasty, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		leader := start(tr, get(hasty, office))
		synctest.Wait()
		var all []<-chan result
		for range 10 {
			all = append(all, start(tr, get(t.Context(), office)))
		}
		if r := <-leader; !errors.Is(r.err, context.DeadlineExceeded) {
			t.Errorf("leader: %v", r.err)
		}
		for _, ch := range all {
			(<-ch).want(t, 200, "office")
		}
		if calls != 2 {
			t.Errorf("%d calls, want the leader's and one more", calls)
		}
	})
}

// The flight's deadline is the latest of those who wait.
func TestDeadlineOfAFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := make(chan time.Duration, 2)
		tr := transport(t, stub(func(req *http.Request) (*http.Response, error) {
			for range 2 {
				left := time.Duration(-1)
				if d, ok := req.Context().Deadline(); ok {
					left = time.Until(d)
				}
				got <- left
				time.Sleep(100 * time.Millisecond)
			}
			return answerWith(200, ""), nil
		}), Config{})
		for _, second := range []time.Duration{5 * time.Second, 0} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			leader := start(tr, get(ctx, office))
			synctest.Wait()
			other := context.Context(t.Context())
			if second > 0 {
				var cancel context.CancelFunc
				other, cancel = context.WithTimeout(other, second)
				defer cancel()
			}
			follower := start(tr, get(other, office))
			<-leader
			<-follower
			first, later := <-got, <-got
			if want := second - 100*time.Millisecond; first != time.Second || second > 0 && later != want || second == 0 && later != -1 {
				t.Errorf("deadlines %v, %v with a follower of %v", first, later, second)
			}
		}
	})
}

func TestFault65PanicAndGoexit(t *testing.T) {
	for _, how := range []string{"panic", "goexit"} {
		for _, leads := range []string{"inline", "apart"} {
			t.Run(how+" "+leads, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					calls := 0
					tr := transport(t, stub(func(*http.Request) (*http.Response, error) {
						calls++
						if calls > 1 {
							return answerWith(200, "well"), nil
						}
						time.Sleep(time.Second)
						if how == "panic" {
							panic("broken base")
						}
						runtime.Goexit()
						return nil, nil
					}), Config{})
					ctx := context.Background()
					if leads == "apart" {
						ctx = t.Context()
					}
					leader := make(chan any, 1)
					go func() {
						got := any("goexit")
						defer func() { leader <- got }()
						defer func() {
							if r := recover(); r != nil {
								got = r
							}
						}()
						_, err := tr.RoundTrip(get(ctx, office))
						got = err
					}()
					synctest.Wait()
					follower := start(tr, get(t.Context(), office))
					switch got := <-leader; {
					case how == "panic" && got != any("broken base"):
						t.Errorf("the leader's panic became %v", got)
					case how == "goexit" && leads == "inline" && got != any("goexit"):
						t.Errorf("the leader's Goexit became %v", got)
					case how == "goexit" && leads == "apart" && got != any(ErrSharedCall):
						t.Errorf("the leader got %v", got)
					}
					if r := <-follower; r.err != ErrSharedCall {
						t.Errorf("follower: %v", r.err)
					}
					do(tr, get(ctx, office)).want(t, 200, "well") // the key is not poisoned
				})
			})
		}
	}
}

func TestFault38BaseBreaksItsContract(t *testing.T) {
	closed := false
	resp := answerWith(200, "x")
	resp.Body = closer{resp.Body, func() { closed = true }}
	tr := transport(t, stub(func(*http.Request) (*http.Response, error) { return resp, io.ErrUnexpectedEOF }), Config{})
	if r := do(tr, get(t.Context(), office)); r.err != io.ErrUnexpectedEOF || !closed {
		t.Errorf("response and error: %v, body closed %v", r.err, closed)
	}
	tr = transport(t, stub(func(*http.Request) (*http.Response, error) { return nil, nil }), Config{})
	if r := do(tr, get(context.Background(), office)); r.err == nil {
		t.Error("neither response nor error was accepted")
	}
	tr = transport(t, stub(func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: 204}, nil }), Config{})
	do(tr, get(t.Context(), office)).want(t, 204, "")
}

// A base may make calls of its own through the same Transport, under the context
// of the flight that it carries.
func TestFault30CallWithinACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr *Transport
		tr = transport(t, stub(func(req *http.Request) (*http.Response, error) {
			if req.URL.Path == "/offices/O1" {
				r := do(tr, get(req.Context(), "http://api.test/token"))
				return answerWith(200, r.body), r.err
			}
			time.Sleep(time.Second)
			return answerWith(200, "inner"), nil
		}), Config{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		other := start(tr, get(ctx, "http://api.test/token"))
		synctest.Wait()
		do(tr, get(ctx, office)).want(t, 200, "inner")
		(<-other).want(t, 200, "inner")
		if s := tr.Stats(); s.Shared != 1 {
			t.Errorf("%+v", s)
		}
	})
}
