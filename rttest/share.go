package rttest

import (
	"context"
	"io"
	"net/http"
	"testing/synctest"
	"time"
)

func shareChecks() []check {
	return []check{
		{name: "share/nothing-unasked", when: func(o Options) bool { return !o.Dedupes }, run: sharesNothing},
		{name: "share/own-copies", run: ownCopies},
		{name: "share/different", run: differentCalls},
		{name: "share/leader-leaves", run: leaderLeaves},
		{name: "share/methods", run: neverShared},
	}
}

// gather lets calls meet at the server: handlers answer after a second.
func (e *env) gather() {
	e.handle(func(w http.ResponseWriter, r *http.Request, n int) {
		io.Copy(io.Discard, r.Body)
		e.wait(time.Second)
		w.Header().Set("X-Of", "server")
		io.WriteString(w, "for "+r.Header.Get("Authorization"))
	})
}

// sharesNothing: a wrapper that does not say it shares sends every call.
func sharesNothing(e *env) {
	e.gather()
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		before := e.arrived()
		e.sendAll(e.request(method, "/same", nil), e.request(method, "/same", nil), e.request(method, "/same", nil))
		if n := e.arrived() - before; n != 3 {
			e.failf("every call must be sent (set Options.Dedupes for a wrapper that shares answers); of 3 identical %s %d arrived", method, n)
		}
	}
}

// ownCopies: callers may change the header they were given, each its own.
func ownCopies(e *env) {
	e.gather()
	got := e.sendAll(e.get("/copies"), e.get("/copies"), e.get("/copies"))
	for _, a := range got {
		if a.err != nil {
			e.fatalf("identical calls at once must all be answered; one failed: %v", a.err)
		}
		if a.text != "for Bearer rttest" {
			e.failf("each of several identical calls must get the whole body; one got %q", a.text)
		}
	}
	for _, a := range got {
		resp := a.resp
		if resp.Header.Get("X-Of") != "server" {
			e.failf("callers that share an answer must each have a header of their own; one saw what another had changed")
		}
		resp.Header.Set("X-Of", "caller")
		if resp.Request == nil || resp.Request.URL.Path != "/copies" {
			e.failf("Response.Request must be set on a shared answer too; it was not")
		}
	}
}

// differentCalls: what may be answered differently is never shared.
func differentCalls(e *env) {
	e.gather()
	for name, value := range map[string]string{
		"Authorization": "Bearer another", "Cookie": "session=another", "Accept": "text/csv", "Accept-Language": "cy",
		"Range": "bytes=0-1", "If-None-Match": `"1"`, "X-Unknown": "another",
	} {
		one, other := e.get("/different"), e.get("/different")
		other.Header.Set(name, value)
		e.arriveBoth(one, other, name)
	}
	e.arriveBoth(e.get("/different?a=1"), e.get("/different?a=2"), "query")
}

func (e *env) arriveBoth(one, other *http.Request, differs string) {
	before := e.arrived()
	reqs := []*http.Request{one, other}
	for i, a := range e.sendAll(reqs...) {
		want := "for " + reqs[i].Header.Get("Authorization")
		if a.err == nil && reqs[i].Method != http.MethodHead && a.text != want {
			e.failf("a call must get its own answer; one got %q instead of %q", a.text, want)
		}
	}
	if n := e.arrived() - before; n != 2 {
		e.failf("calls that differ in %s must not share an answer; %d of 2 arrived", differs, n)
	}
}

// neverShared: only what reads may be, and not with another method.
func neverShared(e *env) {
	e.gather()
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		e.arriveBoth(e.request(method, "/methods", nil), e.request(method, "/methods", nil), "nothing but are "+method)
	}
	e.arriveBoth(e.request(http.MethodHead, "/methods", nil), e.get("/methods"), "method (HEAD and GET)")
}

// leaderLeaves: who gives up takes nobody along.
func leaderLeaves(e *env) {
	e.gather()
	ctx, cancel := context.WithCancel(e.ctx)
	defer cancel()
	leader := e.send(e.get("/leader").WithContext(ctx))
	synctest.Wait()
	followers := make(chan []answer, 1)
	go func() {
		defer close(followers)
		e.guard(func() { followers <- e.sendAll(e.get("/leader"), e.get("/leader")) })
	}()
	time.Sleep(time.Second / 2)
	cancel()
	if a := e.await(leader); a.err == nil {
		e.read(a.resp)
	} else if late := a.took - time.Second/2; late > e.Patience {
		e.failf("a call that is cancelled must return at once, shared or not; it took %s more", late)
	}
	for _, a := range <-followers {
		if a.err != nil {
			e.failf("a call must not fail because another one was cancelled; it failed: %v", a.err)
		} else if a.text != "for Bearer rttest" {
			e.failf("a call must get its whole answer when another one was cancelled; it got %q", a.text)
		}
	}
}
