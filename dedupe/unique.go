package dedupe

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/goodtenant/goodtenant/internal/body"
	"github.com/goodtenant/goodtenant/policy"
)

// maxCreate bounds a body that is read to be checked.
const maxCreate = 1 << 20

// registry holds the rules and what they need.
type registry struct {
	rules  []*rule
	norm   *normaliser
	vault  *vault
	local  *MemoryLocks
	shared Locks
	paging paging
}

func newRegistry(c Config) *registry {
	r := &registry{
		norm:   &normaliser{email: c.Email, country: c.Country, custom: c.Normalize},
		vault:  newVault(c.HashKey),
		local:  NewMemoryLocks(),
		shared: c.Locks,
		paging: newPaging(c.Paging),
	}
	for _, rule := range c.Unique {
		r.rules = append(r.rules, compile(rule))
	}
	return r
}

// ruleFor gives the first rule for req, or nil.
func (r *registry) ruleFor(req *http.Request) *rule {
	if len(r.rules) == 0 {
		return nil
	}
	segs := segments(req.URL.Path)
	for _, rule := range r.rules {
		if rule.matches(req, segs) {
			return rule
		}
	}
	return nil
}

// A creation is one create on its way through its check:
//
//	step      event                    next
//	read      no usable key            Rule.OnNoKey
//	lock      key by key, in order     this process's locks first, then the shared ones
//	recall    we created it            match
//	recall    in doubt, or 409 before  look up; nothing found: refuse all the same
//	look up   failed                   FailClosed, FailOpen, OnLookupDenied
//	look up   exact match              Refuse, UseExisting, Report; Unless: Report
//	send      (a doubt is noted first)
//	answered  2xx                      note: created, with its Location
//	answered  409                      note: exists; the answer is handed on
//	answered  5xx, 408, error          note: in doubt, unless nothing was sent
//	answered  other                    as before
//	free      the keys, with the note  on every path; then the hooks
//
// The guidelines' clause on uniqueness checks before a create is why it exists.
type creation struct {
	t     *Transport
	rule  *rule
	req   *http.Request
	ctx   context.Context // req's, ended by req.Cancel too
	data  []byte
	doc   any
	owner string
	held  []*heldKey
	after []func() // hooks, called when the keys are free
	what  []candidate
	whom  []relative
}

// heldKey is a key that this creation holds.
type heldKey struct {
	name   string
	label  string // Key.Name
	prior  *note
	next   *note // what is left when it is freed
	shared bool
}

func (t *Transport) create(r *rule, req *http.Request) (resp *http.Response, err error) {
	t.count.creates.Add(1)
	if t.Mode() == policy.Observe {
		return t.watchCreate(r, req)
	}
	ctx, stop := withCancel(req)
	defer stop()
	rc := &onceCloser{ReadCloser: req.Body}
	unblock := context.AfterFunc(ctx, func() { rc.Close() })
	data, whole, rest, err := body.Peek(rc.orNil(), maxCreate)
	unblock()
	if ctx.Err() != nil {
		rc.Close()
		return nil, ended(ctx)
	}
	if err != nil {
		return nil, err
	}
	c := &creation{t: t, rule: r, req: req, ctx: ctx, data: data, owner: rand.Text()}
	defer func() { c.callHooks(resp) }()
	if whole {
		c.understand()
	}
	if len(c.what) == 0 && len(c.whom) == 0 {
		return c.withoutKey(rest)
	}
	return c.checked()
}

// understand reads the body and finds what makes its entity unique.
func (c *creation) understand() {
	if enc := c.req.Header.Get("Content-Encoding"); enc != "" && enc != "identity" {
		return
	}
	dec := json.NewDecoder(bytes.NewReader(c.data))
	dec.UseNumber()
	if dec.Decode(&c.doc) != nil {
		return
	}
	if c.rule.related != nil {
		c.whom = c.rule.relatives(c.doc)
		return
	}
	c.what = c.rule.candidates(c.doc, c.t.unique.norm)
}

func (c *creation) withoutKey(rest io.ReadCloser) (*http.Response, error) {
	if c.rule.OnNoKey == Report {
		c.unchecked(NoKey, true)
		if rest == nil {
			rest = newSentBody(c.data)
		}
		return c.pass(rest)
	}
	if rest != nil {
		rest.Close()
	}
	return nil, c.refuse(&CheckError{Reason: NoKey})
}

// checked is the way of a create with a usable key.
func (c *creation) checked() (*http.Response, error) {
	defer c.free()
	failed := c.lock()
	if failed == nil && c.ctx.Value(allowDuplicate) == nil {
		var dup *DuplicateError
		var excused bool
		dup, excused, failed = c.check()
		if dup != nil {
			resp, err, done := c.duplicate(dup, excused)
			if done {
				return resp, err
			}
		}
	}
	if failed == nil {
		failed = c.doubt()
	}
	if failed == nil {
		return c.send()
	}
	switch {
	case c.ctx.Err() != nil:
		c.leave(nil)
		return nil, ended(c.ctx)
	case !c.open(failed):
		c.leave(nil)
		return nil, c.refuse(failed)
	}
	c.unchecked(failed.Reason, true)
	c.leave(&note{State: noteDoubt, At: time.Now()})
	return c.send()
}

// open tells whether a create goes out in spite of a failed check.
func (c *creation) open(failed *CheckError) bool {
	for _, k := range c.held {
		if k.prior != nil {
			return false // it may well exist: no option sends a second one unseen
		}
	}
	switch failed.Reason {
	case LocksFailed:
		return false
	case LookupDenied:
		return c.t.cfg.OnLookupDenied == Report
	case NoKey:
		return c.rule.OnNoKey == Report
	}
	return c.t.cfg.LookupFailed == FailOpen
}

func (c *creation) refuse(e *CheckError) error {
	e.Rule = c.rule.Name
	c.t.count.refused.Add(1)
	c.unchecked(e.Reason, false)
	return e
}

func (c *creation) unchecked(reason Reason, sent bool) {
	if sent {
		c.t.count.unchecked.Add(1)
	}
	if h := c.t.cfg.Hooks.Unchecked; h != nil {
		e := Unchecked{Rule: c.rule.Name, Reason: reason, Sent: sent}
		c.after = append(c.after, func() { h(c.req.Context(), e) })
	}
}

// duplicate carries out the policy. done is false where the create is sent.
func (c *creation) duplicate(dup *DuplicateError, excused bool) (resp *http.Response, err error, done bool) {
	action := c.rule.OnDuplicate
	if excused {
		action = Report
	}
	if action == UseExisting && (len(dup.Existing) != 1 || dup.Existing[0].URL == "") {
		action = Refuse
	}
	if h := c.t.cfg.Hooks.Duplicate; h != nil {
		e := Duplicate{Rule: dup.Rule, Key: dup.Key, Matches: len(dup.Existing), Recent: dup.Recent, Action: action}
		c.after = append(c.after, func() { h(c.req.Context(), e) })
	}
	switch action {
	case Report:
		c.t.count.reported.Add(1)
		return nil, nil, false
	case UseExisting:
		c.t.count.duplicates.Add(1)
		return c.useExisting(dup), nil, true
	}
	c.t.count.duplicates.Add(1)
	return nil, dup, true
}

// useExisting makes the answer that a create would have had.
func (c *creation) useExisting(dup *DuplicateError) *http.Response {
	return &http.Response{
		Status: "201 Created", StatusCode: http.StatusCreated,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:  http.Header{"Location": {dup.Existing[0].URL}},
		Body:    http.NoBody,
		Request: c.req.WithContext(context.WithValue(c.req.Context(), existingKey, dup)),
	}
}

// lock holds every key of the create, in the order of their names, so that two
// creates never wait for each other.
func (c *creation) lock() *CheckError {
	u := c.t.unique
	for _, k := range c.t.lockKeys(c.rule, c.req, c.what, c.whom) {
		sealed, err := u.local.Lock(c.ctx, k.name, c.owner, forever)
		if err != nil {
			return &CheckError{Reason: LocksFailed, Err: err}
		}
		k.prior = u.vault.open(sealed, k.name)
		k.next = k.prior
		c.held = append(c.held, k)
	}
	if u.shared == nil {
		return nil
	}
	for _, k := range c.held {
		sealed, err := u.shared.Lock(c.ctx, k.name, c.owner, c.t.cfg.Hold)
		if err != nil {
			return c.locksFailed(err) // with FailOpen the rest is not asked either
		}
		k.shared = true
		if n := u.vault.open(sealed, k.name); n != nil {
			k.prior, k.next = n, n
		}
	}
	return nil
}

// locksFailed is for shared locks that cannot be asked. With FailOpen this
// process's own locks and the search go on alone; but a hold that was lost means
// that another replica may be creating at this moment.
func (c *creation) locksFailed(err error) *CheckError {
	if c.ctx.Err() == nil {
		c.t.warn(warnLocks, "dedupe: the shared locks did not answer",
			"remedy", "see to the store; until then creates are refused, or with Config.LookupFailed = FailOpen checked by each replica for itself")
	}
	if c.t.cfg.LookupFailed == FailOpen && !errors.Is(err, ErrLockLost) {
		return nil
	}
	return &CheckError{Reason: LocksFailed, Err: err}
}

// lockKeys are the keys of a create, sorted by name.
func (t *Transport) lockKeys(r *rule, req *http.Request, what []candidate, whom []relative) []*heldKey {
	var keys []*heldKey
	scope := t.entityScope(req)
	for _, w := range what {
		fields := append([]string{"value", scope, r.Collection, w.key.Name, w.canonical}, w.also...)
		keys = append(keys, &heldKey{name: t.unique.vault.hash(fields...), label: w.key.Name})
	}
	for _, w := range whom {
		name := t.unique.vault.hash("related", scope, r.Collection, r.related.Collections[w.kind], w.id)
		keys = append(keys, &heldKey{name: name, label: relatedLabel(w)})
	}
	slices.SortFunc(keys, func(a, b *heldKey) int { return strings.Compare(a.name, b.name) })
	return slices.CompactFunc(keys, func(a, b *heldKey) bool { return a.name == b.name })
}

func relatedLabel(w relative) string {
	if w.kind == "" {
		return "related entity"
	}
	return "related " + w.kind
}

// entityScope is whose entities a create is for: those of the endpoint's tenant.
// Where no tenant is known, those that the credential sees.
func (t *Transport) entityScope(req *http.Request) string {
	scope := string(t.appendScope(nil, req))
	switch {
	case t.cfg.Tenant != nil && t.cfg.Tenant(req) != "":
		return scope
	case t.cfg.Principal != nil:
		return scope + "p" + t.cfg.Principal(req)
	}
	for _, name := range t.cfg.Credentials {
		for _, v := range req.Header[name] {
			scope += "c" + t.unique.vault.hash("credential", name, v)
		}
	}
	return scope
}

// doubt notes that the create is about to be sent: should this process die now,
// the others must not take the key for free.
func (c *creation) doubt() *CheckError {
	n := &note{State: noteDoubt, At: time.Now()}
	c.leave(n)
	for _, k := range c.held {
		if k.shared {
			sealed := c.t.unique.vault.close(n, k.name)
			if err := c.t.unique.shared.Save(c.ctx, k.name, c.owner, sealed, c.t.cfg.Remember, c.t.cfg.Hold); err != nil {
				if failed := c.locksFailed(err); failed != nil {
					return failed
				}
			}
		}
	}
	return nil
}

// leave sets what is left behind; nil is what was there before.
func (c *creation) leave(n *note) {
	for _, k := range c.held {
		if k.next = n; n == nil {
			k.next = k.prior
		}
	}
}

// saveWait bounds what frees the shared keys; the caller may have left.
const saveWait = 5 * time.Second

// free gives the keys back with what is now known.
func (c *creation) free() {
	u := c.t.unique
	if len(c.held) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), saveWait)
	defer cancel()
	for _, k := range c.held {
		var sealed []byte
		var keep time.Duration
		if k.next != nil {
			// What was there before is not remembered any longer than it was.
			if keep = time.Until(k.next.At.Add(c.t.cfg.Remember)); keep > 0 {
				sealed = u.vault.close(k.next, k.name)
			}
		}
		if k.shared {
			// Where this fails, the doubt stays: late, never wrong.
			_ = u.shared.Save(ctx, k.name, c.owner, sealed, keep, 0)
		}
		_ = u.local.Save(ctx, k.name, c.owner, sealed, keep, 0)
	}
}

// callHooks tells the app. Where a hook panics, the response goes to nobody and
// is closed.
func (c *creation) callHooks(resp *http.Response) {
	called := false
	defer func() {
		if !called && resp != nil {
			resp.Body.Close()
		}
	}()
	for _, f := range c.after {
		f()
	}
	called = true
}

// send sends the create once: without GetBody, net/http does not send it again by
// itself (faults.md 103).
func (c *creation) send() (*http.Response, error) {
	sent := newSentBody(c.data)
	resp, err := c.pass(sent)
	if err != nil {
		if !sent.read.Load() {
			c.leave(nil)
		} else {
			c.t.count.inDoubt.Add(1)
		}
		return nil, err
	}
	switch s := resp.StatusCode; {
	case s >= 200 && s < 300:
		c.leave(c.created(resp))
	case s == http.StatusConflict:
		c.t.count.conflicts.Add(1)
		c.leave(&note{State: noteExists, At: time.Now()})
	case s >= 500 || s == http.StatusRequestTimeout || s >= 300 && s < 307:
		c.t.count.inDoubt.Add(1)
	default:
		c.leave(nil)
	}
	return resp, nil
}

// pass sends the request with rc as its body.
func (c *creation) pass(rc io.ReadCloser) (*http.Response, error) {
	out := c.req.WithContext(c.req.Context())
	out.GetBody = nil
	if out.Body != nil && out.Body != http.NoBody {
		out.Body = rc
	}
	resp, err := send(c.t.next(), out)
	if resp != nil && resp.Request == out {
		resp.Request = c.req
	}
	return resp, err
}

// created notes the new entity.
func (c *creation) created(resp *http.Response) *note {
	n := &note{State: noteCreated, At: time.Now(), Marks: map[string]string{}}
	n.ID, n.URL = located(c.req.URL, resp.Header.Get("Location"))
	for _, names := range [][]string{c.rule.Identify, c.rule.Unless} {
		for i, p := range pointers(names) {
			if v := c.rule.member(names[i], p, c.doc, c.t.unique.norm); v != "" {
				n.Marks[names[i]] = c.t.unique.vault.hash("member", names[i], v)
			}
		}
	}
	return n
}

// located is the entity at a Location, if that is at the platform itself
// (faults.md 58, 59).
func located(base *url.URL, location string) (id, abs string) {
	if location == "" {
		return "", ""
	}
	u, err := base.Parse(location)
	if err != nil || u.Scheme != base.Scheme || u.Host != base.Host {
		return "", ""
	}
	u.User, u.Fragment = nil, ""
	return path.Base(u.Path), u.String()
}

// sentBody is the body of a checked create. It tells whether anything asked for
// it: a request whose body was never read has created nothing.
type sentBody struct {
	*bytes.Reader
	read atomic.Bool
}

func newSentBody(data []byte) *sentBody { return &sentBody{Reader: bytes.NewReader(data)} }

func (b *sentBody) Read(p []byte) (int, error) {
	b.read.Store(true)
	return b.Reader.Read(p)
}

func (b *sentBody) WriteTo(w io.Writer) (int64, error) {
	b.read.Store(true)
	return b.Reader.WriteTo(w)
}

func (b *sentBody) Close() error { return nil }

// onceCloser closes a caller's body once, whoever comes first.
type onceCloser struct {
	io.ReadCloser
	closed atomic.Bool
}

func (o *onceCloser) Close() error {
	if o.ReadCloser == nil || o.closed.Swap(true) {
		return nil
	}
	defer func() { _ = recover() }()
	return o.ReadCloser.Close()
}

// orNil is o, or nil for a request without a body.
func (o *onceCloser) orNil() io.ReadCloser {
	if o.ReadCloser == nil {
		return nil
	}
	return o
}

// withCancel is req's context, ended by req.Cancel too.
func withCancel(req *http.Request) (ctx context.Context, stop func()) {
	if req.Cancel == nil {
		return req.Context(), func() {}
	}
	ctx, cancel := context.WithCancel(req.Context())
	go func() {
		select {
		case <-req.Cancel:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}
