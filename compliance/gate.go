package compliance

import (
	"net/http"
	"time"

	"github.com/goodtenant/goodtenant/internal/call"
	"github.com/goodtenant/goodtenant/policy"
)

// refuse is the gate: an error where a rule of Config.Gate has an open error
// finding that x belongs to. Under policy.Observe it only tells the hook.
func (k *Checker) refuse(req *http.Request, x *exchange) error {
	if len(k.gates) == 0 || x.token || x.view == WireView || x.origin != call.App || x.attempt > 0 {
		return nil
	}
	observe := k.Mode() == policy.Observe
	k.mu.Lock()
	e := k.gated(x)
	switch {
	case e != nil && observe:
		k.wouldRefuse++
	case e != nil:
		k.refused++
	}
	k.mu.Unlock()
	if e == nil {
		return nil
	}
	if k.cfg.Hooks.Gated != nil {
		contain(func() { k.cfg.Hooks.Gated(req.Context(), *e) })
	}
	if observe {
		return nil
	}
	return e
}

func (k *Checker) gated(x *exchange) *GateError {
	collection, stream := x.route.collection, x.stream
	if t := k.st.tenants[x.tenant]; t != nil && stream != x.site {
		stream = t.streamOf(stream, x.initiator == User, x.sec())
	}
	for _, i := range k.gates {
		for _, key := range [...]findingKey{{i, x.tenant, stream, collection}, {i, x.tenant, "", collection}, {i, x.tenant, "", ""}, {rule: i}} {
			f := k.open[key]
			if f == nil || f.Severity < Error || f.clearedAt(x.time()) {
				continue
			}
			return &GateError{Rule: f.Rule, Clause: f.Clause, Tenant: x.tenant, Stream: f.Stream, Remedy: f.Remedy, Until: f.Last.Add(rules[i].lasts())}
		}
	}
	return nil
}

// lasts is how long a finding stays open when nothing more happens, as Clears says
// it.
func (r *rule) lasts() time.Duration {
	switch r.ID {
	case "GT301", "GT401":
		return 5 * time.Minute
	case "GT302", "GT303", "GT402", "GT403", "GT405", "GT505", "GT609":
		return time.Hour
	case "GT101":
		return 6 * time.Hour
	case "GT204":
		return 3 * 24 * time.Hour
	case "GT103":
		return 7 * 24 * time.Hour
	}
	return 24 * time.Hour
}
