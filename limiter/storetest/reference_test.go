package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/goodtenant/goodtenant/limiter"
)

// memory is a Store as simple as can be, to hold the suite against; flaw breaks
// it in one named way.
type memory struct {
	*state
	flaw   string
	closed bool
}

// state is what all stores over one name share.
type state struct {
	mu      sync.Mutex
	spent   []spending
	entries []*entry
	inUse   map[string]int
	closed  map[limiter.Pause]time.Time
	lowest  map[limiter.Limit]int
	told    map[string]answer
	permits map[uint64]*permit
	nextID  uint64
}

type spending struct {
	limit  limiter.Limit
	tenant string
	at     time.Time
	units  int
	of     *permit
}

type entry struct {
	limit  limiter.Limit
	tenant string
	at     time.Time
	open   bool
	of     *permit
}

type permit struct {
	tenant string
	cost   int
	slots  []string
	gone   bool
}

type answer struct {
	seq    uint64
	grants limiter.Grants
}

func newState() *state {
	return &state{inUse: map[string]int{}, closed: map[limiter.Pause]time.Time{}, lowest: map[limiter.Limit]int{},
		told: map[string]answer{}, permits: map[uint64]*permit{}}
}

func (m *memory) is(flaw string) bool { return m.flaw == flaw }

func (m *memory) Shares() limiter.Kinds {
	return limiter.KindsOf(limiter.Day, limiter.Rate, limiter.Concurrency)
}

func (m *memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	if m.is("forgets days") {
		m.spent = nil
	}
	if m.is("forgets windows") {
		m.entries = nil
	}
	if m.is("keeps its block") {
		m.spent = append(m.spent, spending{kind(limiter.PerDay(1)), "", time.Now(), 7, nil})
	}
	return nil
}

// kind is a limit without its value.
func kind(l limiter.Limit) limiter.Limit { l.Max, l.Name = 0, ""; return l }

func whose(l limiter.Limit, tenant string) string {
	if l.Scope == limiter.App {
		return ""
	}
	return "tenant " + tenant
}

func (m *memory) Step(_ context.Context, b limiter.Batch) (limiter.Grants, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if old := now.Add(-50 * time.Hour); !m.is("starts anew from midnight to the hour") && len(m.spent) > 0 && m.spent[0].at.Before(old) {
		m.spent = slices.DeleteFunc(m.spent, func(s spending) bool { return s.at.Before(old) })
	}
	last := m.told[b.Client]
	switch {
	case m.closed && !m.is("lives on"):
		return limiter.Grants{}, errors.New("closed")
	case b.Seq == last.seq && !m.is("takes replays"):
		return last.grants, nil
	case b.Seq < last.seq && !m.is("takes stale steps"):
		return limiter.Grants{}, errors.New("stale")
	}
	m.settle(b, now)
	for _, p := range b.Pauses {
		if m.is("closes for all") {
			p.Scope, p.Tenant = limiter.App, ""
		}
		if !m.is("never closes") {
			m.closed2(p, now)
		}
	}
	for _, l := range b.Limits {
		k := kind(l)
		if low, ok := m.lowest[k]; !ok || l.Max < low || m.is("higher holds") {
			m.lowest[k] = l.Max
		}
	}
	g := limiter.Grants{Now: now}
	for _, a := range b.Asks {
		a.Cost = max(1, a.Cost)
		if m.is("ignores costs") {
			a.Cost = 1
		}
		for range a.Calls {
			wait, refusal := m.fits(b, a, now)
			if refusal != nil {
				if !m.is("refuses in silence") {
					g.Refused = append(g.Refused, *refusal)
				}
				break
			}
			if wait > 0 {
				if m.is("spends while it waits") {
					m.spend(b, a, nil, now)
				}
				if g.Next == 0 || wait < g.Next {
					g.Next = wait
				}
				break
			}
			m.nextID++
			p := &permit{tenant: a.Tenant, cost: a.Cost}
			m.permits[m.nextID] = p
			m.take(b, a, p, now)
			g.Grants = append(g.Grants, limiter.Grant{ID: m.nextID, Tenant: a.Tenant, Cost: a.Cost})
		}
	}
	for _, l := range b.Limits {
		for _, a := range b.Asks {
			if l.Kind == limiter.Day {
				n, resets := m.day(b.Day, l, a.Tenant, now)
				g.Day = append(g.Day, limiter.DayCount{Limit: l, Tenant: a.Tenant, Used: n, Resets: resets})
			}
		}
	}
	m.told[b.Client] = answer{b.Seq, g}
	return g, nil
}

func (m *memory) closed2(p limiter.Pause, now time.Time) {
	until := now.Add(p.For)
	p.For = 0
	m.state.closed[p] = until
}

func (m *memory) settle(b limiter.Batch, now time.Time) {
	for _, d := range b.Done {
		p := m.permits[d.ID]
		if p == nil || p.gone && !m.is("gives back twice") {
			continue
		}
		if d.Unsent || d.Free {
			if p.gone = true; !m.is("keeps slots") {
				for _, s := range p.slots {
					m.inUse[s]--
				}
				p.slots = nil
			}
		}
		if m.is("counts when told") && !d.Unsent {
			m.spend(b, limiter.Ask{Tenant: p.tenant, Cost: p.cost}, p, now)
		}
		if d.Unsent && !m.is("gives nothing back") {
			for i, s := range m.spent {
				if s.of == p {
					m.spent = slices.Delete(m.spent, i, i+1)
					break
				}
			}
			if m.is("gives back twice") && len(m.spent) > 0 {
				m.spent = m.spent[1:]
			}
			if !m.is("windows keep what was not sent") {
				m.entries = slices.DeleteFunc(m.entries, func(e *entry) bool { return e.of == p })
			}
			continue
		}
		for i := range m.spent {
			if s := &m.spent[i]; s.of == p && d.Cost > 0 && !m.is("ignores what it really cost") {
				s.units = d.Cost
			}
		}
		for _, e := range m.entries {
			if e.of == p && e.open && d.Age >= 0 {
				if e.open = false; !m.is("counts from the grant") {
					e.at = now.Add(-d.Age)
				}
			}
		}
	}
}

func (m *memory) take(b limiter.Batch, a limiter.Ask, p *permit, now time.Time) {
	if !m.is("counts when told") {
		m.spend(b, a, p, now)
	}
	for _, l := range b.Limits {
		switch l.Kind {
		case limiter.Rate:
			m.entries = append(m.entries, &entry{kind(l), whose(l, a.Tenant), now, !m.is("counts from the grant"), p})
		case limiter.Concurrency:
			s := l.Scope.String() + whose(l, a.Tenant)
			m.inUse[s]++
			p.slots = append(p.slots, s)
		}
	}
}

func (m *memory) spend(b limiter.Batch, a limiter.Ask, p *permit, now time.Time) {
	for _, l := range b.Limits {
		if l.Kind == limiter.Day {
			m.spent = append(m.spent, spending{kind(l), whose(l, a.Tenant), now, a.Cost, p})
		}
	}
}

func (m *memory) fits(b limiter.Batch, a limiter.Ask, now time.Time) (time.Duration, *limiter.Refusal) {
	var wait time.Duration
	for p, until := range m.state.closed {
		if p.Scope == limiter.App || p.Tenant == a.Tenant {
			wait = max(wait, until.Sub(now))
		}
	}
	for _, l := range b.Limits {
		most := m.lowest[kind(l)]
		switch l.Kind {
		case limiter.Day:
			if m.is("empty tenant is free") && a.Tenant == "" || m.is("app counts nothing") && l.Scope == limiter.App {
				continue
			}
			if m.is("one too many") {
				most++
			}
			if n, resets := m.day(b.Day, l, a.Tenant, now); n+a.Cost > most {
				if m.is("retry at once") {
					resets = now
				}
				return 0, &limiter.Refusal{Tenant: a.Tenant, Limit: l, RetryAt: resets}
			}
		case limiter.Rate:
			n, free := 0, now.Add(time.Hour)
			for _, e := range m.entries {
				if e.limit != kind(l) || e.tenant != whose(l, a.Tenant) {
					continue
				}
				switch leaves := e.at.Add(l.Per); {
				case m.is("fixed windows") && e.at.Truncate(l.Per) != now.Truncate(l.Per):
				case e.open:
					n, free = n+1, now.Add(time.Millisecond)
				case leaves.After(now):
					if n++; leaves.Before(free) {
						free = leaves
					}
				}
			}
			if n >= most || m.is("starves one") && b.Client == "client 2" {
				wait = max(wait, free.Sub(now))
			}
		case limiter.Concurrency:
			if m.inUse[l.Scope.String()+whose(l, a.Tenant)] >= most && !m.is("ignores slots") {
				wait = max(wait, time.Millisecond)
			}
		}
	}
	return wait, nil
}

// day is what is spent of a Day limit, and when something comes back.
func (m *memory) day(day limiter.Boundary, l limiter.Limit, tenant string, now time.Time) (n int, resets time.Time) {
	if m.is("UTC days") && day.Zone == "" {
		day.Zone = "UTC"
	}
	loc, err := time.LoadLocation(day.Zone)
	if err != nil {
		panic(err)
	}
	edge := func(t time.Time, days int) time.Time {
		y, mon, d := t.In(loc).Date()
		return time.Date(y, mon, d+days, day.Hour, day.Minute, 0, 0, loc)
	}
	resets = edge(now, 1)
	const guard = 5 * time.Second
	today, early := edge(now, 0), edge(now.Add(-guard+1), 0)
	if day.Zone == "" {
		resets = now.Add(24 * time.Hour)
	}
	for _, s := range m.spent {
		if s.limit != kind(l) || s.tenant != whose(l, tenant) && !m.is("tenants are one") {
			continue
		}
		switch {
		case day.Zone == "":
			if back := s.at.Add(24*time.Hour + time.Minute); back.After(now) {
				if n += s.units; back.Before(resets) {
					resets = back
				}
			}
		case m.is("starts anew from midnight to the hour"): // field 01
			if first := m.spent[0].at; s.at.Truncate(24*time.Hour) == now.Truncate(24*time.Hour) && now.Sub(first) > 24*time.Hour {
				n += s.units
			}
		case edge(s.at.Add(guard), 0).Equal(today) || edge(s.at, 0).Equal(early):
			n += s.units
		}
	}
	return n, resets
}
