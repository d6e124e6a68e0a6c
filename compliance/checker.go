package compliance

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/goodtenant/goodtenant/policy"
)

// Checker watches. Make one with [New]; all its methods are safe for concurrent
// use.
type Checker struct {
	cfg        Config
	digester   atomic.Pointer[digester]
	off        [ruleCount]bool
	gates      []ruleIndex
	needTenant bool
	mode       atomic.Uint32
	closed     atomic.Bool
	hasIntent  atomic.Bool // an intent view stands above the wire view
	sites      *sites
	syncing    *syncing // nil without Snapshots

	mu          sync.Mutex // guards what follows; never held across a wait or a callback
	st          *state
	open        map[findingKey]*open
	news        []*open
	live        bool // calls come from a client, not from a recording
	untold      int  // alarms for which there was no room
	skipped     int
	refused     int       // by the gate
	wouldRefuse int       // under policy.Observe
	looking     look      // the exchange under judgement, kept here to spare an allocation
	one         [1]uint64 // likewise
}

// New makes a Checker. Its error names the field of c that is wrong.
func New(c Config) (*Checker, error) {
	needTenant := c.Platform.TenantHeader != ""
	c = c.WithDefaults()
	if err := c.validate(); err != nil {
		return nil, err
	}
	k := &Checker{cfg: c, needTenant: needTenant, st: newState(c.MaxBytes), open: map[findingKey]*open{}}
	k.mode.Store(uint32(c.Mode))
	for i := range rules {
		k.off[i] = slices.Contains(c.Off, rules[i].ID)
		if slices.Contains(c.Gate, rules[i].ID) {
			k.gates = append(k.gates, ruleIndex(i))
		}
	}
	if c.CallSites.Enabled(true) {
		k.sites = newSites()
	}
	key := c.Key
	var mine *snapshot
	if c.Snapshots != nil {
		key, mine = k.join()
	}
	if len(key) == 0 {
		key = make([]byte, 16)
		rand.Read(key)
	}
	k.digester.Store(newDigester(&k.cfg, newHashKey(key)))
	if c.Snapshots != nil {
		k.startSync(mine)
	}
	return k, nil
}

// d turns requests into exchanges; another takes its place when replicas agree on
// another key.
func (k *Checker) d() *digester { return k.digester.Load() }

// Feed judges one event of a recording, or of a client that is not net/http.
// Events should come in the order of their times. One whose URL can not be read
// is counted as skipped.
func (k *Checker) Feed(e Event) {
	if k.closed.Load() {
		return
	}
	d := k.d()
	x := d.get()
	defer d.put(x)
	if !d.event(x, &e) {
		k.mu.Lock()
		k.skipped++
		k.mu.Unlock()
		return
	}
	if x.token {
		x.judgeGrant()
	}
	k.mu.Lock()
	defer k.unlock(context.Background())
	if x.view != IntentView && !x.token {
		k.begin(x, false)
	}
	k.judge(x)
}

// unlock ends a piece of judging: what is too much is forgotten, the lock is
// given back, and the sinks hear the news.
func (k *Checker) unlock(ctx context.Context) {
	if len(k.news) == 0 && !k.st.over() { // mostly
		k.mu.Unlock()
		return
	}
	k.release().tell(ctx, k)
}

// tidings are what the sinks are to be told.
type tidings struct {
	news []Finding
	gone []Eviction
}

func (h tidings) tell(ctx context.Context, k *Checker) {
	if len(h.news) > 0 || len(h.gone) > 0 {
		k.announce(ctx, h.news, h.gone)
	}
}

// release is unlock for who must not call the sinks yet.
func (k *Checker) release() (h tidings) {
	if k.st.over() {
		for _, u := range k.st.evict() {
			e := Eviction{Bytes: k.st.bytes}
			if u.series != nil {
				e.Tenant, e.Collection = u.series.key.tenant, u.series.key.collection
			} else {
				e.Tenant = u.tenant.name
			}
			h.gone = append(h.gone, e)
		}
	}
	for _, f := range k.news {
		h.news = append(h.news, f.copy(f.Last))
	}
	k.news = k.news[:0]
	k.mu.Unlock()
	return h
}

// Findings gives the findings, worst first.
func (k *Checker) Findings() []Finding {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.sorted()
}

// Report gives the findings with what they rest on.
func (k *Checker) Report() Report {
	k.mu.Lock()
	defer k.mu.Unlock()
	a := &k.st.app
	r := Report{Calls: a.calls, Skipped: k.skipped, Refused: k.refused, WouldRefuse: k.wouldRefuse, Tenants: len(k.st.tenants), Findings: k.sorted(), Missing: k.st.missing.lines(),
		Evicted: k.st.evicted, Config: k.configHash()}
	if a.calls > 0 {
		r.From, r.To = time.Unix(0, a.first).UTC(), time.Unix(0, a.last).UTC()
	}
	if r.Evicted > 0 {
		r.Missing = append(r.Missing, fmt.Sprintf("%d pieces of state were forgotten to stay inside %d bytes: what they would have shown is lost", r.Evicted, k.cfg.MaxBytes))
	}
	if k.untold > 0 {
		r.Missing = append(r.Missing, fmt.Sprintf("no room for more than %d findings: %d alarms of others were not filed", maxFindings, k.untold))
	}
	return r
}

// configHash names the thresholds and the platform's data that findings rest on.
func (k *Checker) configHash() string {
	b, _ := json.Marshal(struct {
		P Platform
		T Thresholds
		U []Purpose
	}{k.cfg.Platform, k.cfg.Thresholds, k.cfg.Purposes})
	var fixed hashKey
	return fmt.Sprintf("%016x", fixed.sumBytes(b))
}

// Used says that entities fetched before were shown to somebody or acted upon. It
// is the only honest base for GT207, fetched and not used.
func (k *Checker) Used(tenantName, collection string, ids ...string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.st.app.now()
	k.st.app.usage = true
	t := k.st.tenants[k.d().short(tenantName)]
	if t == nil {
		return
	}
	for _, h := range t.holdings {
		if h.collection == collection {
			h.used.roll(now)
			h.used.some += uint32(max(len(ids), 1))
		}
	}
}

// Mode tells whether the gate acts.
func (k *Checker) Mode() policy.Mode { return policy.Mode(k.mode.Load()) }

// SetMode switches the gate at run time; state and findings stay.
func (k *Checker) SetMode(m policy.Mode) error {
	if !m.Valid() {
		return fmt.Errorf("compliance: unknown mode %v, want enforce or observe", m)
	}
	k.mode.Store(uint32(m))
	return nil
}

// Close saves the state and ends the background work. Calls still pass through;
// they are no longer judged. Findings and Report still answer.
func (k *Checker) Close() error {
	if k.closed.Swap(true) {
		return nil
	}
	if k.syncing != nil {
		return k.stopSync()
	}
	return nil
}

// Intent gives the outermost view: what the app asks for. It is a *Transport.
// nil: http.DefaultTransport, looked up for each call.
func (k *Checker) Intent(next http.RoundTripper) http.RoundTripper {
	k.hasIntent.Store(true)
	return &Transport{k: k, base: next, view: IntentView}
}

// Wire gives the innermost view: every attempt that the platform sees. It is a
// *Transport. Used alone, without Intent above it, it judges both.
func (k *Checker) Wire(next http.RoundTripper) http.RoundTripper {
	return &Transport{k: k, base: next, view: WireView}
}
