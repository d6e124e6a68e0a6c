package dedupe

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/goodtenant/goodtenant/policy"
)

// offspring finds the keys of the entities that this process created, by keyed
// hashes of their URLs: when it deletes one itself, the keys are free again.
type offspring struct {
	mu   sync.Mutex
	keys map[string][]string
}

// maxOffspring bounds what is found; what is not found is remembered until its
// time is over.
const maxOffspring = 20_000

func (o *offspring) add(name string, keys []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.keys == nil || len(o.keys) >= maxOffspring {
		o.keys = map[string][]string{}
	}
	o.keys[name] = keys
}

func (o *offspring) take(name string) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	keys := o.keys[name]
	delete(o.keys, name)
	return keys
}

// offspringName is how an entity is found again, whatever the spelling of its URL.
func (t *Transport) offspringName(req *http.Request, u *url.URL) string {
	return t.unique.vault.hash("entity", t.entityScope(req), strings.Join(segments(u.Path), "/"))
}

// adopt notes which keys a new entity has.
func (c *creation) adopt(n *note, keys []*heldKey) {
	u, err := url.Parse(n.URL)
	if err != nil || n.URL == "" {
		return
	}
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.name
	}
	c.t.unique.offspring.add(c.t.offspringName(c.req, u), names)
}

// forget frees the keys of an entity that was deleted.
func (t *Transport) forget(req *http.Request) {
	if len(t.unique.rules) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(req.Context()), saveWait)
	defer cancel()
	for _, name := range t.unique.offspring.take(t.offspringName(req, req.URL)) {
		t.unique.local.put(name, nil, 0)
		if t.unique.shared != nil && t.Mode() == policy.Enforce {
			if _, err := t.unique.shared.Lock(ctx, name, "delete", saveWait); err == nil {
				_ = t.unique.shared.Save(ctx, name, "delete", nil, 0, 0)
			}
		}
	}
}
