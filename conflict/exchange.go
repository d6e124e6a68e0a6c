package conflict

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/goodtenant/goodtenant/internal/body"
)

// exchange is one write on its way to an answer: the app's request as it is
// understood. replay.go has the states it goes through.
type exchange struct {
	t      *Transport
	req    *http.Request // the caller's; never changed
	kind   kind
	tenant string
	key    string   // of the entity
	who    [16]byte // the principal
	known  bool     // there is a credential in sight

	raw   []byte // the app's body
	ours  *doc   // it; nil for a DELETE
	steps []operation

	tag      string // the version that the next attempt names; "" names none
	byApp    bool   // the app named it
	base     *doc   // the version that the app started from; nil where unknown
	partial  bool   // base may lack members
	whole    bool   // the body restates the entity
	body     []byte // of the next attempt
	nothing  bool   // base holds all of the body
	updating bool   // Update replays by itself

	held      *http.Response // the last conflict answer, body in memory
	theirs    *doc           // the fresh version
	theirsTag string
	conflicts int // answers that refused a version
	sameTag   int // of them, those that refused the version just read
	last      bool
	roundTrip time.Duration
	leave     func() // gives the entity's turn back

	resp   *http.Response
	err    error
	out    Outcome
	counts Counts
	events []func(Hooks)
}

// write takes a write through the layer.
func (t *Transport) write(req *http.Request, k kind) (*http.Response, error) {
	x := t.newExchange(req, k)
	if rest, err := x.readBody(); err != nil {
		return nil, err
	} else if rest != nil || !x.understand() {
		return t.pass(x.unchanged(rest), untouched)
	}
	if err := x.enter(); err != nil {
		return nil, err
	}
	defer func() { x.leave() }() // a callback may panic; leave changes with the turn
	for next := state(x.begin); next != nil; {
		next = next()
	}
	x.leave()
	return x.finish()
}

func (t *Transport) newExchange(req *http.Request, k kind) *exchange {
	x := &exchange{t: t, req: req, kind: k, leave: func() {}, updating: updatingOf(req.Context()) != nil}
	x.tenant = t.keyer.Tenant(req)
	x.key = t.key(x.tenant, req.URL)
	x.who, x.known = t.keyer.Principal(req)
	return x
}

// readBody takes the request's body over. rest is the body to send where it is
// larger than Config.MaxBody. A body that blocks is given up with the context.
func (x *exchange) readBody() (rest io.ReadCloser, err error) {
	if x.kind == remove {
		return nil, nil
	}
	ctx := x.req.Context()
	stop := context.AfterFunc(ctx, func() { body.CloseRequest(x.req) })
	defer stop()
	data, whole, rest, err := body.Peek(x.req.Body, int64(x.t.cfg.MaxBody))
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if x.raw = data; whole {
		rest = nil
	}
	return rest, err
}

// unchanged is the caller's request with the body that was read for it.
func (x *exchange) unchanged(rest io.ReadCloser) *http.Request {
	req := x.req.Clone(x.req.Context())
	if req.Body = rest; rest == nil {
		setBody(req, x.raw)
	}
	return req
}

func setBody(req *http.Request, b []byte) {
	req.ContentLength = int64(len(b))
	req.TransferEncoding = nil
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
	req.Body, _ = req.GetBody()
}

// understand reads the body and the version that the request names; false where
// the request is not one that this layer touches.
func (x *exchange) understand() bool {
	if x.kind != remove {
		var err error
		if x.ours, err = parse(x.raw); err != nil {
			return false
		}
	}
	switch x.kind {
	case patch:
		if steps, ok := x.ours.operations(); ok {
			x.kind, x.steps = ops, steps
		} else if !x.ours.isObject(0) || x.ours.isOperations() {
			return false
		}
	case put:
		if !x.ours.isObject(0) {
			return false
		}
	}
	return x.identify()
}

// isOperations recognises {"operations":[{"op":...}]}.
func (d *doc) isOperations() bool {
	list := d.member(0, "operations")
	return list != none && d.nodes[list].kind == '[' && d.nodes[list].size > 0 && d.member(list+1, "op") != none
}

// identify finds the version that the request names and the base it stands for.
// false: it names a version in a way that nothing can be done for.
func (x *exchange) identify() bool {
	d := &x.t.cfg.Dialect
	now := time.Now()
	x.body = x.raw
	x.tag = d.precondition(x.req, x.ours)
	x.byApp = x.tag != ""
	if x.tag == "*" {
		return false
	}
	if given, err := parse(baseOf(x.req.Context())); err == nil && given.isObject(0) {
		x.base = given
	}
	if x.tag == "" && x.kind != remove {
		x.fromBody(d)
	}
	if x.tag != "" && x.base == nil && !x.fromMemory(x.tag, now) && d.Precondition.Header != "" && x.byApp {
		tags, ok := splitTags(x.tag)
		switch {
		case !ok && strings.Contains(x.tag, `"`):
			return false
		case len(tags) > 1:
			x.fromList(tags, now)
		}
	}
	x.judgeWhole(x.base)
	return true
}

// fromBody takes the version that the body or the given base carries for the one
// that the request names. It goes into the precondition only with AutoIfMatch.
func (x *exchange) fromBody(d *Dialect) {
	tag := ""
	if x.ours.isObject(0) {
		tag = d.member(x.ours)
	}
	if tag == "" && x.base != nil {
		tag = d.member(x.base)
	}
	if tag == "" {
		return
	}
	if x.t.cfg.AutoIfMatch.Enabled(false) {
		x.tag, x.byApp, x.out.Versioned = tag, true, true
		x.counts.Versioned++
	} else if x.base == nil {
		x.fromMemory(tag, time.Now())
	}
}

func (x *exchange) fromMemory(tag string, now time.Time) bool {
	v, ok := x.t.memory.named(x.key, x.who, tag, now)
	if ok {
		x.useBase(v)
	}
	return x.base != nil
}

func (x *exchange) useBase(v version) {
	if d, err := parse(v.body); err == nil {
		x.base, x.partial = d, v.partial
	}
}

// fromList takes the one tag of a list whose version is known for the base.
func (x *exchange) fromList(tags []string, now time.Time) {
	var one version
	for _, tag := range tags {
		if v, ok := x.t.memory.named(x.key, x.who, tag, now); ok {
			if one.body != nil {
				return
			}
			one = v
		}
	}
	if one.body != nil {
		x.useBase(one)
	}
}

// judgeWhole decides whether the body restates the whole entity: it carries what
// only an entity as it was read carries, or at least 80 % of its members.
func (x *exchange) judgeWhole(entity *doc) {
	if !x.ours.isObject(0) {
		return
	}
	d := &x.t.cfg.Dialect
	for name := range x.ours.members(0) {
		n := x.ours.unquote(name)
		x.whole = x.whole || slices.Contains(d.Whole, n) || d.Precondition.Member == "" && d.versionMember(n)
	}
	if x.whole || !entity.isObject(0) || x.ours.nodes[0].size < fewMembers {
		return
	}
	shared, in := 0, entity.finder(0)
	for name := range x.ours.members(0) {
		if in.find(x.ours, name) != none {
			shared++
		}
	}
	x.whole = shared*5 >= int(entity.nodes[0].size)*4
}

// fewMembers: with fewer, a body says nothing about the entity's size.
const fewMembers = 3

// enter waits for the entity's turn where the request names a version, or will.
func (x *exchange) enter() error {
	if x.tag == "" && !x.t.cfg.AutoIfMatch.Enabled(false) {
		return nil
	}
	leave, err := x.t.queue.wait(x.req, x.key)
	if err != nil {
		return err
	}
	x.leave = leave
	return nil
}

// answer makes a success here, in the form that the profile gives. It carries no
// validator: RFC 9110 section 13.1.1 asks for none unless one is sure.
func (x *exchange) answer(why Reason, entity []byte) *http.Response {
	r := &http.Response{StatusCode: http.StatusNoContent, Status: "204 No Content", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Goodtenant-Synthesised": {why.String()}}, Body: http.NoBody}
	if x.t.cfg.Dialect.Success == http.StatusOK && x.kind != remove {
		r.StatusCode, r.Status = http.StatusOK, "200 OK"
		r.Header.Set("Content-Type", "application/json")
		r.ContentLength = int64(len(entity))
		r.Body = io.NopCloser(bytes.NewReader(entity))
	}
	x.out.Reason, x.out.Synthesised = why, true
	return r
}

// finish counts, tells the hooks and hands the answer over.
func (x *exchange) finish() (*http.Response, error) {
	x.counts.Writes++
	x.t.tally.add(time.Now(), x.counts)
	if x.resp != nil {
		out := x.out
		attach(x.resp, x.req, &out)
	}
	x.told(x.resp, func() {
		x.tell()
		if f := x.t.cfg.Hooks.Finished; f != nil {
			f(x.req.Context(), x.out)
		}
	})
	return x.resp, x.err
}

// told calls hooks before resp is handed over. Where one panics, the caller gets
// no response to close, and it is closed.
func (x *exchange) told(resp *http.Response, hooks func()) {
	done := false
	defer func() {
		if !done && resp != nil {
			resp.Body.Close()
		}
	}()
	hooks()
	done = true
}

// tell calls the hooks for what has happened since the last time. No turn may be
// held.
func (x *exchange) tell() {
	events := x.events
	x.events = nil
	for _, tell := range events {
		tell(x.t.cfg.Hooks)
	}
}

// minimised notes how much smaller the body became.
func (x *exchange) minimised(m Minimised) {
	m.At = time.Now()
	x.events = append(x.events, func(h Hooks) {
		if h.Minimised != nil {
			h.Minimised(x.req.Context(), m)
		}
	})
}

// conflicted notes a refused version.
func (x *exchange) conflicted(c Conflicted) {
	c.At = time.Now()
	x.events = append(x.events, func(h Hooks) {
		if h.Conflicted != nil {
			h.Conflicted(x.req.Context(), c)
		}
	})
}
