package dedupe

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
)

// heldKey is a key that this creation holds.
type heldKey struct {
	name   string
	label  string // Key.Name
	own    *note  // what this process remembers
	prior  *note  // what is known, by the shared locks too
	next   *note  // what is left when it is freed
	shared bool
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
		k.own = u.vault.open(sealed, k.name)
		k.prior, k.next = k.own, k.own
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
	scope := string(t.scopeOf(req).append(nil))
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

// patienceToSave leaves a caller with a deadline the time to get its answer.
func (c *creation) patienceToSave() time.Duration {
	if d, ok := c.ctx.Deadline(); ok {
		if left := time.Until(d); left > 0 {
			return min(saveWait, left/2)
		}
	}
	return saveWait
}

// free gives the keys back with what is now known.
func (c *creation) free() {
	u := c.t.unique
	if len(c.held) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), c.patienceToSave())
	defer cancel()
	for _, k := range c.held {
		own := k.next
		if k.next == k.prior {
			own = k.own // what the others know stays theirs: they may forget it
		}
		if k.shared {
			// Where this fails, the doubt stays: late, never wrong.
			sealed, keep := c.seal(k, k.next)
			_ = u.shared.Save(ctx, k.name, c.owner, sealed, keep, 0)
		}
		sealed, keep := c.seal(k, own)
		_ = u.local.Save(ctx, k.name, c.owner, sealed, keep, 0)
	}
}

// seal makes a note ready to be kept, for as long as it is still to be believed.
func (c *creation) seal(k *heldKey, n *note) (sealed []byte, keep time.Duration) {
	if n == nil {
		return nil, 0
	}
	if keep = time.Until(n.At.Add(c.t.cfg.Remember)); keep <= 0 {
		return nil, 0
	}
	return c.t.unique.vault.close(n, k.name), keep
}
