package rttest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

func retryChecks() []check {
	return []check{
		{name: "retry/unsafe", run: unsafeMethods},
		{name: "retry/final-429", run: final429},
		{name: "retry/again", when: retries, run: sentAgain},
		{name: "retry/fresh-body", when: retries, run: freshBody},
		{name: "retry/large-body", when: retries, run: largeBody},
		{name: "retry/getbody-error", when: retries, run: getBodyError},
		{name: "retry/drained", when: retries, run: drained},
		{name: "retry/cancel", when: retries, run: cancelBackoff},
		{name: "retry/deadline", when: retries, run: deadlineBeforeRetry},
		{name: "retry/after", when: retries, run: retryAfter},
	}
}

// unsafeMethods: what may have been done must not be done twice.
func unsafeMethods(e *env) {
	for _, method := range []string{http.MethodPost, http.MethodPatch} {
		for what, handler := range map[string]func(http.ResponseWriter){
			"a 500":               func(w http.ResponseWriter) { w.WriteHeader(500) },
			"a 502":               func(w http.ResponseWriter) { w.WriteHeader(502) },
			"a broken connection": func(w http.ResponseWriter) { panic(http.ErrAbortHandler) },
		} {
			before := e.arrived()
			e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
				io.Copy(io.Discard, r.Body)
				handler(w)
			})
			if a := e.await(e.send(e.request(method, "/unsafe", strings.NewReader("{}")))); a.err == nil {
				e.read(a.resp)
			}
			if n := e.arrived() - before; n != 1 {
				e.failf("a %s must not be sent again after %s, since it may have been done; it arrived %d times", method, what, n)
			}
		}
	}
}

// final429: a throttle that does not end is the caller's to see.
func final429(e *env) {
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
		w.Header().Set("Retry-After", "1")
		w.Header().Set("X-Problem", "minute")
		w.WriteHeader(http.StatusTooManyRequests)
		io.WriteString(w, "too many")
	})
	a := e.await(e.send(e.get("/throttled")))
	switch {
	case a.err != nil:
		e.failf("a 429 that is not retried any more must be handed on as a response; it became the error: %v", a.err)
	case a.resp.StatusCode != http.StatusTooManyRequests || a.resp.Header.Get("X-Problem") != "minute":
		e.failf("a 429 that is not retried any more must be handed on as it is; it became %s", a.resp.Status)
	default:
		if text := e.read(a.resp); text != "too many" {
			e.failf("the body of the last 429 must be readable; %q was left of it", text)
		}
	}
	if e.arrived() > 100 {
		e.failf("retries must be bounded; %d calls arrived for one", e.arrived())
	}
}

// sentAgain: what Options.Retries says is so.
func sentAgain(e *env) {
	e.handle(throttleOnce)
	start := time.Now()
	resp := e.roundTrip(e.get("/again"))
	e.read(resp)
	if resp.StatusCode != 200 {
		e.failf("a wrapper that retries must send a GET again after a 429; it handed on %s", resp.Status)
	}
	if took := time.Since(start); took < time.Second {
		e.failf("Retry-After: 1 must be waited for; the second call came after %s", took)
	}
}

// freshBody: each attempt carries the whole body, or there is no second one.
func freshBody(e *env) {
	for what, wrap := range map[string]func(io.Reader) io.Reader{
		"with GetBody":               func(r io.Reader) io.Reader { return r },
		"that can be read only once": func(r io.Reader) io.Reader { return io.MultiReader(r) },
	} {
		var mu sync.Mutex
		var bodies []string
		seen := e.arrived()
		e.handle(from(seen, func(w http.ResponseWriter, r *http.Request, n int) {
			b, _ := io.ReadAll(r.Body)
			mu.Lock()
			bodies = append(bodies, string(b))
			mu.Unlock()
			if n <= 2 {
				w.Header().Set("Retry-After", "1")
				w.WriteHeader(http.StatusTooManyRequests)
				io.WriteString(w, "too many")
			}
		}))
		resp := e.roundTrip(e.request(http.MethodPost, "/fresh", wrap(strings.NewReader("content"))))
		text := e.read(resp)
		mu.Lock()
		for i, b := range bodies {
			if b != "content" {
				e.failf("each attempt must carry the whole body; attempt %d of one %s carried %q", i+1, what, b)
			}
		}
		mu.Unlock()
		if resp.StatusCode == http.StatusTooManyRequests && text != "too many" {
			e.failf("a call that cannot be sent again (a body %s) must hand on its 429 readable; %q was left of it", what, text)
		}
	}
}

// largeBody: what is too large to keep is streamed, and its 429 handed on.
func largeBody(e *env) {
	size := 2*e.MaxBody + 1
	seen := e.arrived()
	e.handle(from(seen, func(w http.ResponseWriter, r *http.Request, n int) {
		got, _ := io.Copy(io.Discard, r.Body)
		if got != size {
			e.failf("each attempt must carry the whole body; attempt %d carried %d of %d bytes", n, got, size)
		}
		if n == 1 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}))
	e.read(e.roundTrip(e.request(http.MethodPost, "/large", io.LimitReader(zeros{}, size))))
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// getBodyError: the body cannot be had again.
func getBodyError(e *env) {
	var empty bool
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
		if b, _ := io.ReadAll(r.Body); len(b) == 0 {
			empty = true
		}
		throttleOnce(w, r, n)
	})
	req := e.request(http.MethodPost, "/getbody", strings.NewReader("content"))
	gone := errors.New("rttest: the file is gone")
	req.GetBody = func() (io.ReadCloser, error) { return nil, gone }
	a := e.await(e.send(req))
	switch {
	case a.err == nil:
		if a.resp.StatusCode == 429 {
			if text := e.read(a.resp); text != "too many" {
				e.failf("the 429 that is handed on must be readable; %q was left of it", text)
			}
		} else {
			e.read(a.resp)
		}
	case !errors.Is(a.err, gone):
		e.failf("when GetBody fails, its error or the 429 must be handed on; this was: %v", a.err)
	}
	if empty {
		e.failf("when GetBody fails, the call must not be sent again without its body; it was")
	}
}

// drained: the answers that are not handed on must give their connection back.
func drained(e *env) {
	text := strings.Repeat("too many ", 2000)
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
		if n%2 == 1 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			io.WriteString(w, text)
		}
	})
	for range 5 {
		e.read(e.roundTrip(e.get("/drained")))
		e.wait(10 * time.Second)
	}
	if dials := e.net.Dials(); dials != 1 {
		e.failf("an answer that is not handed on must be read out and closed before the next attempt, so that its connection is used again; 5 calls with one retry each took %d connections", dials)
	}
	if open := e.probe.stillOpen(); open != 0 {
		e.failf("an answer that is not handed on must be closed; %d of 10 bodies were not", open)
	}
}

// cancelBackoff: a caller that gives up does not wait for the next attempt.
func cancelBackoff(e *env) {
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
		w.Header().Set("Retry-After", "20")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	ctx, cancel := context.WithCancel(e.ctx)
	time.AfterFunc(time.Second, cancel)
	a := e.await(e.send(e.get("/backoff").WithContext(ctx)))
	if a.took > time.Second+e.Patience {
		e.failf("a cancel must end the wait between attempts at once; it took %s more", a.took-time.Second)
	}
	if a.err != nil && !errors.Is(a.err, context.Canceled) {
		e.failf("a call that is cancelled between attempts must fail with context.Canceled; it failed with: %v", a.err)
	}
	if a.err == nil {
		e.read(a.resp)
	}
}

// deadlineBeforeRetry: what cannot succeed in time is told at once.
func deadlineBeforeRetry(e *env) {
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
		w.Header().Set("Retry-After", "20")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	ctx, cancel := context.WithTimeout(e.ctx, 5*time.Second)
	defer cancel()
	a := e.await(e.send(e.get("/deadline").WithContext(ctx)))
	if a.took > time.Second+e.Patience {
		e.failf("when the next attempt would come after the deadline, the call must end at once; it waited for %s", a.took)
	}
	switch {
	case a.err == nil:
		e.read(a.resp)
	case !errors.Is(a.err, context.DeadlineExceeded):
		e.failf("a call that cannot be sent again before its deadline must hand on its 429 or fail with context.DeadlineExceeded; it failed with: %v", a.err)
	}
}

// skewed stands for a date three seconds after the answer's own Date.
const skewed = "date+3"

// retryAfter: no form of the field may become a hot loop, and none a wait
// shorter than it asks for.
func retryAfter(e *env) {
	for _, c := range []struct {
		value []string
		least time.Duration // that the next attempt must wait
	}{
		{[]string{"3"}, 3 * time.Second},
		{[]string{skewed}, 3 * time.Second},
		{[]string{"2", "4"}, 2 * time.Second},
		{[]string{"0"}, 0},
		{[]string{"-5"}, 0},
		{[]string{"1.5"}, 0},
		{[]string{"date-3600"}, 0},
		{[]string{"soon"}, 0},
		{[]string{"9223372037"}, time.Minute},
		{[]string{"100000000000000000000"}, time.Minute},
		{[]string{"Fri, 31 Dec 9999 23:59:59 GMT"}, time.Minute},
	} {
		var mu sync.Mutex
		var at []time.Time
		e.handle(from(e.arrived(), func(w http.ResponseWriter, r *http.Request, n int) {
			mu.Lock()
			at = append(at, time.Now())
			mu.Unlock()
			if n > 1 {
				return
			}
			// The server's clock is an hour ahead, as its Date says.
			server := time.Now().Add(time.Hour).UTC()
			w.Header().Set("Date", server.Format(http.TimeFormat))
			for _, v := range c.value {
				switch v {
				case skewed:
					v = server.Add(3 * time.Second).Format(http.TimeFormat)
				case "date-3600":
					v = server.Add(-time.Hour).Format(http.TimeFormat)
				}
				w.Header().Add("Retry-After", v)
			}
			w.WriteHeader(http.StatusTooManyRequests)
		}))
		ctx, cancel := context.WithTimeout(e.ctx, 40*time.Second)
		if a := e.await(e.send(e.get("/after").WithContext(ctx))); a.err == nil {
			e.read(a.resp)
		}
		cancel()
		mu.Lock()
		if len(at) > 1 && at[1].Sub(at[0]) < c.least {
			e.failf("Retry-After %q must be waited for; the next attempt came after %s", c.value, at[1].Sub(at[0]))
		}
		if c.value[0] == skewed && (len(at) < 2 || at[1].Sub(at[0]) > 10*time.Second) {
			e.failf("a Retry-After date is on the server's clock, which Date tells; one 3 s after Date was not followed by an attempt within 10 s")
		}
		if len(at) > 2 {
			e.failf("a call must not be sent again after it was answered; Retry-After %q: %d arrived", c.value, len(at))
		}
		mu.Unlock()
		time.Sleep(2 * time.Minute)
	}
	// A server that always says 0 must not be hammered.
	seen := e.arrived()
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	if a := e.await(e.send(e.get("/hot"))); a.err == nil {
		e.read(a.resp)
	}
	if n := e.arrived() - seen; n > 20 {
		e.failf("Retry-After: 0 must not become a hot loop; one call arrived %d times", n)
	}
}
