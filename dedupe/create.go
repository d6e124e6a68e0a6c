package dedupe

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/goodtenant/goodtenant/internal/body"
	"github.com/goodtenant/goodtenant/policy"
)

// maxCreate bounds a body that is read to be checked.
const maxCreate = 1 << 20

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
