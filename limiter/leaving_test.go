package limiter

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/goodtenant/goodtenant/policy"
)

// lagging answers with a small JSON body whose stream ends ten seconds later.
func lagging(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", "2")
	io.WriteString(w, "{}")
	w.(http.Flusher).Flush()
	time.Sleep(10 * time.Second)
}

// Who reads to the end of a small answer whose stream has not ended waits no
// longer than its context and its Close say.
func TestLeavingWhileTheEndOfASmallAnswerLags(t *testing.T) {
	overWire(t, lagging, func(t *testing.T, x *wire) {
		tr := x.limiter(Config{Limits: Limits{Concurrent(2)}})
		began := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		resp, err := tr.RoundTrip(x.request(ctx, "GET", "/", nil))
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(resp.Body)
		if took := time.Since(began); string(data) != "{}" || took > time.Second || err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%q, %v after %v, at a deadline of 1s", data, err, took)
		}
		resp.Body.Close()
		resp, err = tr.RoundTrip(x.request(context.Background(), "GET", "/", nil))
		if err != nil {
			t.Fatal(err)
		}
		began = time.Now()
		time.AfterFunc(time.Second, func() { resp.Body.Close() })
		io.ReadAll(resp.Body)
		if took := time.Since(began); took > time.Second {
			t.Errorf("a Read went on for %v, Close came after 1s", took)
		}
		time.Sleep(15 * time.Second)
		x.kept(2)
		if n := tr.Snapshot().App.InFlight; n != 0 {
			t.Errorf("%d in flight at last", n)
		}
		tr.Close()
	})
}

// Where nothing counts calls in flight, or RunOn is Off, leaving cuts an answer
// as it does without us.
func TestLeavingCutsWhereNoSlotIsCounted(t *testing.T) {
	for _, c := range []Config{{Limits: Limits{PerSecond(20)}}, {Limits: Limits{Concurrent(2)}, RunOn: policy.Off}} {
		var cut atomic.Int64 // when the handler was told, 0: not
		overWire(t, func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "a")
			w.(http.Flusher).Flush()
			select {
			case <-r.Context().Done():
				cut.Store(time.Now().UnixNano())
			case <-time.After(20 * time.Second):
			}
		}, func(t *testing.T, x *wire) {
			cut.Store(0)
			tr := x.limiter(c)
			ctx, cancel := context.WithCancel(context.Background())
			resp, err := tr.RoundTrip(x.request(ctx, "GET", "/", nil))
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Read(make([]byte, 1))
			left := time.Now()
			cancel()
			time.Sleep(time.Second)
			if at := cut.Load(); at == 0 || time.Duration(at-left.UnixNano()) > 100*time.Millisecond {
				t.Errorf("%v: the platform was not told that the app has left", c.Limits)
			}
			resp.Body.Close()
			tr.Close()
		})
	}
}

// Close ends what runs on without the app at once, however the two meet.
func TestCloseEndsWhatRunsOn(t *testing.T) {
	overWire(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "a")
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
		case <-time.After(20 * time.Second):
		}
	}, func(t *testing.T, x *wire) {
		for range times(100, 2000) {
			tr := x.limiter(Config{Limits: Limits{Concurrent(4)}})
			for range 4 {
				resp, err := tr.RoundTrip(x.request(context.Background(), "GET", "/", nil))
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Read(make([]byte, 1))
				go resp.Body.Close()
			}
			go tr.Close()
			time.Sleep(time.Second)
			if n := x.now.Load(); n > 0 {
				t.Fatalf("%d exchanges go on a second after Close", n)
			}
		}
	})
}
