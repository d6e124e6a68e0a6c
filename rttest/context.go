package rttest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

func contextChecks() []check {
	return []check{
		{name: "context/cancel-in-flight", run: cancelInFlight},
		{name: "context/cancel-body", run: cancelBody},
		{name: "context/deadline", run: deadline},
		{name: "context/client-timeout", run: clientTimeout},
		{name: "context/base-error", run: baseError},
		{name: "context/values", run: contextValues},
	}
}

// cancelInFlight: the caller that gives up is let go at once.
func cancelInFlight(e *env) {
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) { e.hang(r) })
	gaveUp := errors.New("the user closed the page")
	for what, cancel := range map[string]func() (context.Context, func()){
		"cancelled": func() (context.Context, func()) {
			ctx, cancel := context.WithCancel(e.ctx)
			return ctx, func() { cancel() }
		},
		"cancelled with a cause": func() (context.Context, func()) {
			ctx, cancel := context.WithCancelCause(e.ctx)
			return ctx, func() { cancel(gaveUp) }
		},
	} {
		ctx, stop := cancel()
		call := e.send(e.get("/hang").WithContext(ctx))
		time.Sleep(time.Second)
		stop()
		a := e.await(call)
		if late := a.took - time.Second; late > e.Patience {
			e.failf("a call that is %s must return at once; it took %s more", what, late)
		}
		if a.err == nil {
			e.failf("a call that is %s must fail; it was answered %s", what, a.resp.Status)
		} else if !errors.Is(a.err, context.Canceled) && !errors.Is(a.err, context.Cause(ctx)) {
			e.failf("a call that is %s must fail with the context's error or its cause; it failed with: %v", what, a.err)
		}
	}
}

// cancelBody: a cancelled call's body ends.
func cancelBody(e *env) {
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
		io.WriteString(w, "a")
		http.NewResponseController(w).Flush()
		e.hang(r)
	})
	ctx, cancel := context.WithCancel(e.ctx)
	resp := e.roundTrip(e.get("/body").WithContext(ctx))
	time.AfterFunc(time.Second, cancel)
	start := time.Now()
	if _, err := e.readErr(resp); err == nil {
		e.failf("reading the body of a cancelled call must fail; it ended as if it were whole")
	}
	if took := time.Since(start) - time.Second; took > e.Patience {
		e.failf("a cancel must interrupt a Read that waits; it took %s more", took)
	}
}

// deadline is a context's own end.
func deadline(e *env) {
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) { e.hang(r) })
	ctx, cancel := context.WithTimeout(e.ctx, time.Second)
	defer cancel()
	a := e.await(e.send(e.get("/hang").WithContext(ctx)))
	if a.err == nil || !errors.Is(a.err, context.DeadlineExceeded) {
		e.failf("a call past its deadline must fail with context.DeadlineExceeded; it returned %v", a.err)
	}
	if late := a.took - time.Second; late > e.Patience {
		e.failf("a call must return at its deadline; it took %s more", late)
	}
}

// clientTimeout: apps ask the error of an http.Client whether it was a timeout.
func clientTimeout(e *env) {
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) { e.hang(r) })
	c := e.client()
	c.Timeout = time.Second
	start := time.Now()
	errs := make(chan error, 1)
	go func() {
		resp, err := c.Do(e.get("/hang"))
		if err == nil {
			resp.Body.Close()
		}
		errs <- err
	}()
	var err error
	select {
	case err = <-errs:
	case <-time.After(hour):
		e.fatalf("http.Client.Timeout must end a call; an hour later it had not")
	}
	if timeout, ok := errors.AsType[net.Error](err); !ok || !timeout.Timeout() || !errors.Is(err, context.DeadlineExceeded) {
		e.failf("through http.Client a timeout must be a net.Error with Timeout() true and context.DeadlineExceeded; it was: %v", err)
	}
	if late := time.Since(start) - time.Second; late > e.Patience {
		e.failf("http.Client.Timeout must end a call on time; it took %s more", late)
	}
}

// typedError is an error that a base may return.
type typedError struct{ code int }

func (*typedError) Error() string { return "rttest: typed" }

// baseError: what failed below is told as it is.
func baseError(e *env) {
	e.probe.fail(func(*http.Request) (*http.Response, error) { return nil, &typedError{42} })
	a := e.await(e.send(e.request(http.MethodPost, "/fails", strings.NewReader("content"))))
	if a.resp != nil {
		e.failf("with an error there must be no response; there was one")
	}
	if typed, ok := errors.AsType[*typedError](a.err); !ok || typed.code != 42 {
		e.failf("the base's error must be found by errors.As; it became: %v", a.err)
	}
}

type valueKey struct{}

// contextValues: tracing, logging and credentials travel in them.
func contextValues(e *env) {
	seen := make(chan any, 1)
	e.probe.fail(func(req *http.Request) (*http.Response, error) {
		select {
		case seen <- req.Context().Value(valueKey{}):
		default:
		}
		return nil, errBase
	})
	req := e.get("/values")
	e.await(e.send(req.WithContext(context.WithValue(req.Context(), valueKey{}, "kept"))))
	select {
	case v := <-seen:
		if v != "kept" {
			e.failf("the base must see the values of the caller's context; it saw %v", v)
		}
	default:
		e.failf("a call must reach the base; it did not")
	}
}
