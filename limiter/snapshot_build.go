package limiter

import (
	"cmp"
	"slices"
	"time"

	"github.com/goodtenant/goodtenant/policy"
)

// holdersMost bounds ScopeState.Holders.
const holdersMost = 16

// snapshot copies the state under the mutex, in one go.
func (c *core) snapshot() Snapshot {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, wall := c.tick()
	s := Snapshot{Mode: c.mode, Guarantee: c.cfg.Guarantee, At: wall, Closed: c.closed || c.draining,
		TenantCount: len(c.tenants), Queued: c.queued, Totals: c.totals, Recent: slices.Clone(c.recent)}
	s.App = c.stateLocked(&c.app, nil, now, wall)
	shown := c.busiestLocked()
	s.Tenants = make([]ScopeState, 0, len(shown))
	index := make(map[*tenant]int, len(shown))
	for i, t := range shown {
		c.syncLocked(t)
		s.Tenants = append(s.Tenants, c.stateLocked(&t.scope, t, now, wall))
		index[t] = i
		s.Tenants[i].count(t, now)
	}
	for _, t := range c.tenants {
		s.App.count(t, now)
	}
	if c.overflow != nil {
		s.App.count(c.overflow, now)
	}
	hold := func(p *ticket) {
		h := Holder{Method: p.method, State: p.holding, Age: now - p.granted}
		if len(s.App.Holders) < holdersMost {
			s.App.Holders = append(s.App.Holders, h)
		}
		if i, ok := index[p.t]; ok && len(s.Tenants[i].Holders) < holdersMost {
			s.Tenants[i].Holders = append(s.Tenants[i].Holders, h)
		}
	}
	for p := c.flying.head; p != nil; p = p.next {
		hold(p)
	}
	for p := c.lingering.head; p != nil; p = p.next {
		hold(p)
	}
	s.Totals.ByReason = byReason(&c.reasons)
	if c.mode == policy.Observe || c.would.Calls > 0 {
		w := c.would
		w.ByReason = byReason(&c.wouldReasons)
		s.Would = &w
	}
	if c.store != nil {
		s.Store = c.store.stateLocked()
	}
	return s
}

// busiestLocked are the tenants that a snapshot shows. It does not sort all of
// them: the mutex is held.
func (c *core) busiestLocked() []*tenant {
	order := func(a, b *tenant) int {
		return cmp.Or(cmp.Compare(b.waiting+b.scope.slots, a.waiting+a.scope.slots), cmp.Compare(a.name, b.name))
	}
	most := SnapshotTenants
	if c.overflow != nil {
		most--
	}
	shown := make([]*tenant, 0, SnapshotTenants+1)
	for _, t := range c.tenants {
		if len(shown) == most && order(t, shown[most-1]) > 0 {
			continue
		}
		i, _ := slices.BinarySearchFunc(shown, t, order)
		shown = slices.Insert(shown, i, t)
		shown = shown[:min(len(shown), most)]
	}
	if c.overflow != nil {
		shown = slices.Insert(shown, 0, c.overflow)
	}
	return shown
}

// count adds the calls of t that wait.
func (s *ScopeState) count(t *tenant, now time.Duration) {
	if t.waiting == 0 {
		return
	}
	for l := range laneCount {
		*laneCountOf(&s.Queued, l) += t.lanes[l].n
		if p := t.lanes[l].head; p != nil {
			s.OldestWait = max(s.OldestWait, now-p.asked)
		}
	}
}

func byReason(counts *[Closed + 1]uint64) (by map[string]uint64) {
	for r, n := range counts {
		if n > 0 {
			if by == nil {
				by = map[string]uint64{}
			}
			by[Reason(r).String()] = n
		}
	}
	return by
}

func laneCountOf(l *Lanes, lane int) *int {
	switch lane {
	case laneInteractive:
		return &l.Interactive
	case laneBackground:
		return &l.Background
	}
	return &l.Normal
}

func (c *core) stateLocked(s *scope, t *tenant, now time.Duration, wall time.Time) ScopeState {
	out := ScopeState{InFlight: s.slots, Limits: []LimitState{}}
	if t != nil {
		out.Tenant = t.name
	}
	if s.slotMax > 0 {
		out.Limits = append(out.Limits, limitState(s.slotOf, s.slotMax, s.slots))
	}
	for i := range s.rates {
		r := &s.rates[i]
		if r.off {
			continue
		}
		l := limitState(r.limit, r.win.max, r.win.used(now))
		l.Guard, l.Burst, l.Rate, l.Level = r.guard, r.pace.burst, r.ladder.part(), r.ladder.level
		if l.Level > 0 {
			out.Note = sharesNote
		}
		out.Limits = append(out.Limits, l)
	}
	if d := s.day; d != nil && !d.off {
		l := limitState(d.limit, d.limit.Max, d.used(wall))
		if at := d.count.resetAt(wall); !at.IsZero() {
			l.Resets = &at
		}
		if at, ok := d.count.forecast(wall, d.limit.Max); ok {
			l.RunsOut = &at
		}
		if d.until.After(wall) {
			at := d.until
			l.Resets, l.Used, l.Free = &at, l.Max, 0
		}
		out.Limits = append(out.Limits, l)
	}
	if g := s.gate; g != nil && g.until > now {
		out.PausedFor, out.Pause = g.until-now, g.why
	}
	return out
}

func limitState(l Limit, most, used int) LimitState {
	in := min(used, most)
	return LimitState{Name: l.String(), Kind: l.Kind, Per: l.Per, Max: most, Used: in, Free: most - in, Over: used - in}
}
