package limiter

import (
	"errors"
	"net/http"
	"time"
)

// apart is what an attempt has that is made on a goroutine of its own, since the
// caller may leave before it ends. That goroutine is a new one each time: one that
// waits for the next call would be left behind by an app that does not call Close.
type apart struct {
	came chan struct{} // closed when the base has answered
	got  arrival       // its answer, until it is taken
}

// arrival is what the base made of an attempt.
type arrival struct {
	resp  *http.Response
	err   error
	panic any
}

// sendApart makes the attempt and waits for it no longer than the caller wants.
func (k *sending) sendApart(out *http.Request) (*http.Response, error) {
	a := k.a
	a.came = make(chan struct{})
	out.Header = out.Header.Clone() // the caller may have it back before the exchange has ended
	go a.sendApart(k.t, out)
	var why error
	select {
	case <-a.came:
		return k.arrived()
	case <-k.ctx.Done():
		why = leftBecause(k.ctx)
	case <-k.req.Cancel:
		why = errCanceled
	}
	select {
	case <-a.came: // both at once
		return k.arrived()
	default:
	}
	k.a = nil
	if a.leave(k.src != nil) {
		a.core.ranOn()
		k.src.Finish()
	} else {
		a.cancel(why)
		k.src.Abort()
	}
	t := k.t
	a.core.loose(a, func() { a.seeOff(t) })
	return nil, why
}

func (k *sending) arrived() (*http.Response, error) {
	r := k.a.take()
	if r.panic != nil {
		panic(r.panic)
	}
	return k.came(r.resp, r.err)
}

func (a *attempt) sendApart(t *Transport, out *http.Request) {
	r := &a.got
	defer func() {
		if r.panic = recover(); r.panic == nil && r.resp == nil && r.err == nil {
			r.err = errors.New("limiter: the base transport ended its goroutine")
		}
		close(a.came)
	}()
	if t.hooked.v.Load() {
		makeRoom(len(out.Header))
	}
	r.resp, r.err = t.roundTrip(out)
}

// makeRoom lets a new goroutine's stack grow to what net/http needs, at once and
// while there is next to nothing on it to be moved. That halves what the goroutine
// costs.
//
//go:noinline
func makeRoom(i int) byte {
	var room [3 << 10]byte
	room[i%len(room)] = 1
	return room[0]
}

// take is what came. The attempt lets go of it: a body that the app drops must not
// be reached from here.
func (a *attempt) take() (r arrival) {
	r, a.got = a.got, r
	return r
}

// seeOff waits for the end of an exchange that the app has left.
func (a *attempt) seeOff(t *Transport) {
	stop := time.AfterFunc(lingerCap, func() { a.cancel(errLong) })
	<-a.came
	stop.Stop()
	switch r := a.take(); {
	case r.panic != nil:
		a.finish(EndCut)
		panic(r.panic)
	case r.err != nil:
		a.failed(t)
	default:
		a.answered(r.resp)
		a.drain(r.resp.Body)
	}
}
