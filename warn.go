package goodtenant

import (
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/goodtenant/goodtenant/internal/endpoint"
	"github.com/goodtenant/goodtenant/limiter"
)

// missesBeforeWarning is how many calls may miss the profile's hosts, from the
// first on, before the logger says so.
const missesBeforeWarning = 20

// warnings are what the root itself says, each once, with its remedy.
type warnings struct {
	log    *slog.Logger
	hosts  []string
	misses atomic.Int32 // calls that missed the hosts; negative once one has hit
	idle   atomic.Bool  // the idle connections have been judged
}

// hit notes a call under the policy.
func (w *warnings) hit() {
	if w.log != nil && w.misses.Load() >= 0 {
		w.misses.Store(-1 << 30)
	}
}

// miss notes a call to a host that the profile does not name.
func (w *warnings) miss(req *http.Request) {
	if w.log == nil || w.misses.Load() < 0 || w.misses.Add(1) != missesBeforeWarning {
		return
	}
	w.log.Warn("goodtenant: none of the first calls went to the profile's hosts, so no policy is applied; use Profile.At to name the host that is called",
		"calls", missesBeforeWarning, "called", endpoint.Host(req.URL), "profile", strings.Join(w.hosts, " "))
}

// answered judges the base's idle connections at the first answer over HTTP/1:
// with fewer of them than calls in flight, most calls dial anew.
func (w *warnings) answered(resp *http.Response, base http.RoundTripper, l *limiter.Transport) {
	if w.log == nil || l == nil || resp.ProtoMajor != 1 || w.idle.Load() || w.idle.Swap(true) {
		return
	}
	t, ok := baseOf(base).(*http.Transport)
	if !ok || t.DisableKeepAlives {
		return
	}
	idle := t.MaxIdleConnsPerHost
	if idle == 0 {
		idle = http.DefaultMaxIdleConnsPerHost
	}
	for _, rule := range l.Limits() {
		if rule.Kind == limiter.Concurrency && rule.Max > idle {
			w.log.Warn("goodtenant: the base transport keeps fewer idle connections than calls in flight, so calls dial again and again; raise http.Transport.MaxIdleConnsPerHost",
				"MaxIdleConnsPerHost", idle, "concurrent", rule.Max)
			return
		}
	}
}
