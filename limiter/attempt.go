package limiter

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http/httptrace"
	"sync"
	"time"
)

// attempt is one sending of a call. It is the context under which the exchange
// runs: it has the app's values and not its cancellation, so that an exchange
// that the app has left can be seen to its end.
type attempt struct {
	ticket ticket
	core   *core
	trace  httptrace.ClientTrace // filled when the base asks for it
	values context.Context       // the app's
	until  time.Time             // the app's deadline, for a ticket that a re-send asks for
	hooked *sighting             // the base has called hooks
	apart

	mu      sync.Mutex
	done    chan struct{} // made when somebody asks for it
	cause   error         // why it was cancelled; nil: it was not
	after   []*func()     // to be called when it is cancelled
	conns   int           // connections it was given
	dialing bool          // it waits for a connection
	asking  bool          // it waits for a ticket for a re-send
	written bool          // wholly, as far as the hooks tell
	left    bool          // the app has gone
	over    bool          // finished
	status  int

	reads  int // by the app, of the answer's body: to tell whether it is idle
	seen   int // of reads, at the last sweep
	idleAt time.Duration
	body   bool // the app holds a body that has not ended
}

// Deadline is none: see attempt.
func (a *attempt) Deadline() (time.Time, bool) { return time.Time{}, false }

// Done is closed by cancel.
func (a *attempt) Done() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.done == nil {
		a.done = make(chan struct{})
		if a.cause != nil {
			close(a.done)
		}
	}
	return a.done
}

// Err is context.Canceled after cancel.
func (a *attempt) Err() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.cause != nil {
		return context.Canceled
	}
	return nil
}

// Value is the app's, but for what this context has of its own: the hooks of
// httptrace, beside the app's, and its end, which is not the app's.
func (a *attempt) Value(key any) any {
	switch key {
	case traceKey:
		return a.clientTrace()
	case cancelKey:
		return nil
	}
	return a.values.Value(key)
}

// The keys under which net/http and package context look for what an attempt has
// of its own. They are not exported: they are seen when somebody asks.
var (
	traceKey  = keyAsked(func(ctx context.Context) { httptrace.ContextClientTrace(ctx) })
	cancelKey = keyAsked(func(ctx context.Context) { context.Cause(ctx) })
)

func keyAsked(ask func(context.Context)) any {
	l := &listener{Context: context.Background()}
	ask(l)
	return l.key
}

// listener is a context that has ended and remembers what it was asked for.
type listener struct {
	context.Context
	key any
}

func (l *listener) Err() error { return context.Canceled }

func (l *listener) Value(key any) any {
	l.key = key
	return nil
}

// clientTrace has our hooks and, after them, the app's.
func (a *attempt) clientTrace() *httptrace.ClientTrace {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.trace.GotConn == nil {
		a.hook()
		if httptrace.ContextClientTrace(a.values) != nil {
			httptrace.WithClientTrace(a.values, &a.trace)
		}
	}
	return &a.trace
}

func (a *attempt) hook() {
	a.trace.GetConn, a.trace.GotConn, a.trace.WroteRequest = a.getConn, a.gotConn, a.wroteRequest
}

// AfterFunc saves package context a goroutine for each derived context.
func (a *attempt) AfterFunc(f func()) (stop func() bool) {
	a.mu.Lock()
	if a.cause != nil {
		a.mu.Unlock()
		go f()
		return func() bool { return false }
	}
	a.after = append(a.after, &f)
	a.mu.Unlock()
	return func() bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		for i, g := range a.after {
			if g == &f {
				a.after = append(a.after[:i], a.after[i+1:]...)
				return true
			}
		}
		return false
	}
}

// cancel ends the exchange now.
func (a *attempt) cancel(cause error) {
	a.mu.Lock()
	if a.cause != nil {
		a.mu.Unlock()
		return
	}
	a.cause = cause
	if a.done != nil {
		close(a.done)
	}
	after := a.after
	a.after = nil
	a.mu.Unlock()
	for _, f := range after {
		(*f)()
	}
}

func (a *attempt) canceledBy() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.cause
}

// connsMost bounds the connections that net/http may try in one attempt: it
// sends again without end while a server says GOAWAY.
const connsMost = 10

var errConns = errors.New("limiter: net/http was about to send one request over more than 10 connections")

// gotConn is the trace hook: the request is about to be written to a connection.
// For the second one and later ones the request has been written before, and
// will arrive again: that takes a ticket of its own, here, before the write.
func (a *attempt) gotConn(info httptrace.GotConnInfo) {
	a.mu.Lock()
	a.conns++
	n := a.conns
	a.dialing = false
	a.mu.Unlock()
	a.hooked.set()
	if n == 1 || !a.resends() {
		return
	}
	err := error(errConns)
	if n <= connsMost {
		a.setAsking(true)
		err = a.core.admitAgain(a)
		a.setAsking(false)
		if err == nil {
			a.mu.Lock()
			a.written = false
			a.mu.Unlock()
			return
		}
	}
	// net/http/HTTP2 asks the context before it writes. HTTP/1 does not: there
	// the connection, which this request has for itself, is taken away.
	a.cancel(err)
	if c, ok := info.Conn.(*tls.Conn); info.Conn != nil && !(ok && c.ConnectionState().NegotiatedProtocol == "h2") {
		info.Conn.Close()
	}
}

func (a *attempt) setAsking(b bool) {
	a.mu.Lock()
	a.asking = b
	a.mu.Unlock()
}

// getConn is the trace hook: a connection is looked for.
func (a *attempt) getConn(string) {
	a.mu.Lock()
	a.dialing = true
	a.mu.Unlock()
}

// wroteRequest is the trace hook: the request was handed to the connection.
func (a *attempt) wroteRequest(info httptrace.WroteRequestInfo) {
	a.hooked.set()
	if info.Err != nil {
		a.core.touched(&a.ticket)
		return
	}
	a.mu.Lock()
	a.written = true
	a.mu.Unlock()
	a.core.wrote(&a.ticket)
}

// leave is called when the app has gone. It tells whether the exchange runs on:
// it does when the request is written.
func (a *attempt) leave(hasBody bool) (on bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.left = true
	return a.cause == nil && !a.dialing && !a.asking && (a.written || !hasBody)
}

// finish ends the ticket, once.
func (a *attempt) finish(how EndKind) {
	a.mu.Lock()
	if a.over {
		a.mu.Unlock()
		return
	}
	a.over = true
	status := a.status
	a.mu.Unlock()
	c, p := a.core, &a.ticket
	var took time.Duration
	if c.cfg.Hooks.Ended != nil {
		took = time.Since(c.began) - p.granted
	}
	switch how {
	case EndEOF:
		c.ended(p)
	case EndUnsent:
		c.unsent(p)
	case EndDropped:
		c.cut(p, lingerMin)
	default:
		c.cut(p, 0)
	}
	if f := c.cfg.Hooks.Ended; f != nil {
		f(a.values, Ended{Tenant: p.name, Took: took, Status: status, How: how})
	}
}

// resends reports whether the request was written before, so that writing it
// again is another arrival that has to be admitted, and notes it.
func (a *attempt) resends() bool {
	c, p := a.core, &a.ticket
	c.mu.Lock()
	now, wall := c.tick()
	if !p.sent || p.state != granted {
		c.mu.Unlock()
		return false
	}
	c.totals.Hidden++
	if !p.observed {
		c.mu.Unlock()
		return true
	}
	// count it and let it go
	extra := &ticket{t: p.t, name: p.name, lane: p.lane, extra: true, cost: p.cost, observed: true, asked: now}
	c.settleLocked(p, now)
	c.grantLocked(extra, now, wall)
	c.adoptLocked(p, extra)
	c.mu.Unlock()
	c.dayHooks(a.values, extra)
	return false
}

// admitAgain takes a window's entry and the day's units for a re-send by
// net/http. The entry of the first try ends a window from now: the request has
// arrived by then, or never will. Keeping both would deadlock when all
// kept-alive connections die at once.
func (c *core) admitAgain(a *attempt) error {
	p := &a.ticket
	c.mu.Lock()
	now, _ := c.tick()
	c.settleLocked(p, now)
	c.unblockLocked(p.t)
	c.mu.Unlock()
	extra := &ticket{name: p.name, lane: p.lane, front: true, again: true, extra: true, cost: p.cost, method: p.method, attempt: a}
	if err := c.admit(a, a.until, nil, extra); err != nil {
		return err
	}
	c.mu.Lock()
	c.adoptLocked(p, extra)
	c.mu.Unlock()
	if f := c.cfg.Hooks.Resent; f != nil {
		f(a.values, Resent{Tenant: p.name, Hidden: true})
	}
	c.dayHooks(a.values, extra)
	return nil
}

// adoptLocked lets p hold what extra has taken.
func (c *core) adoptLocked(p, extra *ticket) {
	c.writtenLocked(extra)
	c.overLocked(extra)
	extra.state = over
	p.app, p.own, p.wrote = extra.app, extra.own, 0
	p.appDay, p.ownDay = extra.appDay, extra.ownDay
	p.grant, p.counted = extra.grant, false
	c.waitForWriteLocked(p)
	p.granted = max(p.granted, extra.granted)
}

// touched notes that something of p may have been written.
func (c *core) touched(p *ticket) {
	c.mu.Lock()
	p.sent = true
	c.mu.Unlock()
}
