package limiter

import (
	"math"
	"time"
)

// fromBlocks serves a batch out of the blocks in memory, if it wants nothing
// that is in the file.
func (s *fileStore) fromBlocks(b Batch, now time.Time) (g Grants, ok bool) {
	if len(b.Pauses) > 0 || !s.settlesInMemory(b.Done) {
		return g, false
	}
	for _, l := range b.Limits {
		if l.Kind == Rate {
			return g, false
		}
	}
	ok = true
	for _, a := range b.Asks {
		for _, l := range b.Limits {
			ok = ok && (l.Kind != Day || s.inBlock(b, a, l, now))
		}
	}
	for _, a := range b.Asks {
		for _, l := range b.Limits {
			if c := s.counts[s.home(idOf(l, a.Tenant))]; c != nil {
				c.wanted = 0
			}
		}
	}
	if !ok {
		return g, false
	}
	s.settle(b, now) // touches nothing in the file, as was seen above
	g.Now = now
	for _, a := range b.Asks {
		for range a.Calls {
			g.Grants = append(g.Grants, s.grant(b.Limits, a, now))
		}
	}
	g.Day = s.dayCounts(b, now)
	return g, true
}

// inBlock reports whether the block of l's count has a's units, beside those
// asked for before.
func (s *fileStore) inBlock(b Batch, a Ask, l Limit, now time.Time) bool {
	c := s.counts[s.home(idOf(l, a.Tenant))]
	if c == nil || !c.there || c.jumped != s.jumped || c.block.most != l.Max || c.cell.boundary != b.Day.fingerprint() {
		return false
	}
	c.cell.day.advance(now)
	c.wanted += a.Calls * max(1, a.Cost)
	return c.block.mark == c.cell.day.mark() && c.wanted <= c.block.left
}

// pause notes how long scopes are closed.
func (s *fileStore) pause(pauses []Pause, now time.Time) error {
	for _, p := range pauses {
		if p.Kind != Rate && p.Kind != Day || p.For <= 0 {
			continue
		}
		c, err := s.ensure(pauseID(p.Scope, p.Tenant), now)
		if err != nil {
			return err
		}
		length := int64(min(p.For, math.MaxInt64/4))
		if held := &c.cell.pauses[p.Kind]; now.UnixNano()+length > held.until {
			*held = pause{now.UnixNano() + length, length}
			s.touch(c)
		}
	}
	return nil
}

func pauseID(scope Scope, tenant string) countID {
	return idOf(Limit{Kind: pauseCell, Scope: scope}, tenant)
}

// left is how long a pause still lasts.
func (p pause) left(now time.Time) time.Duration {
	return time.Duration(max(0, min(p.until-now.UnixNano(), p.length)))
}

// admit grants what may start now.
func (s *fileStore) admit(b Batch, now time.Time) (Grants, error) {
	g := Grants{Now: now}
	if err := s.keepOpen(now); err != nil {
		return g, err
	}
	for _, a := range b.Asks {
		for range a.Calls {
			wait, refusal, err := s.fits(b, a, now)
			if err != nil {
				return g, err
			}
			if refusal != nil {
				g.Refused = append(g.Refused, *refusal)
				break
			}
			if wait > 0 {
				if g.Next == 0 || wait < g.Next {
					g.Next = wait
				}
				break
			}
			g.Grants = append(g.Grants, s.grant(b.Limits, a, now))
		}
	}
	if err := s.loadDays(b, now); err != nil {
		return g, err
	}
	g.Day = s.dayCounts(b, now)
	g.Lost, s.lost = s.lost, false
	return g, nil
}

// fits tells what keeps one call of a from starting: a wait, a day that is spent,
// or nothing. Blocks are filled up on the way; nothing else is taken.
func (s *fileStore) fits(b Batch, a Ask, now time.Time) (wait time.Duration, _ *Refusal, _ error) {
	for _, scope := range []Scope{App, Tenant} {
		c := s.count(pauseID(scope, a.Tenant))
		if err := s.load(c, now); err != nil {
			return 0, nil, err
		}
		wait = max(wait, c.cell.pauses[Rate].left(now))
		if left := c.cell.pauses[Day].left(now); left > 0 {
			return 0, &Refusal{Tenant: a.Tenant, Limit: dayLimit(b.Limits, scope), RetryAt: now.Add(left)}, nil
		}
	}
	for _, l := range b.Limits {
		if l.Kind != Day && l.Kind != Rate {
			continue
		}
		c, err := s.ensure(idOf(l, a.Tenant), now)
		if err != nil {
			return 0, nil, err
		}
		if l.Kind == Rate {
			span := l.Per + b.Guard
			c.cell.window.advance(now.UnixNano(), span)
			wait = max(wait, c.cell.window.wait(now.UnixNano(), span, s.lowest(c, l.Max, now)))
			continue
		}
		retryAt, err := s.fill(c, l, b, max(1, a.Cost), now)
		if err != nil {
			return 0, nil, err
		}
		if !retryAt.IsZero() {
			return 0, &Refusal{Tenant: a.Tenant, Limit: l, RetryAt: retryAt}, nil
		}
	}
	return wait, nil, nil
}

// dayLimit is the Day limit of a scope, or what stands for one.
func dayLimit(limits Limits, scope Scope) Limit {
	for _, l := range limits {
		if l.Kind == Day && l.Scope == scope {
			return l
		}
	}
	return Limit{Kind: Day, Scope: scope}
}

// fill sees to it that c's block has cost units, or tells when there will be.
func (s *fileStore) fill(c *count, l Limit, b Batch, cost int, now time.Time) (retryAt time.Time, _ error) {
	d, err := s.dayOf(c, b.Day, now)
	if err != nil {
		return time.Time{}, err
	}
	if held := c.block; held.mark == d.mark() && held.most == l.Max && held.left >= cost {
		return time.Time{}, nil
	}
	d.giveBack(c.block.mark, c.block.left)
	most := s.lowest(c, l.Max, now)
	// what this step has handed out may be lost with the block
	size := max(cost, min(c.block.nextSize(now), blockMax-s.handed, (most-d.used(now))/8))
	mark, ok := d.take(now, size, most)
	if !ok {
		size = cost
		mark, ok = d.take(now, size, most)
	}
	if c.block.left > 0 || ok {
		c.grown += size
		s.touch(c)
	}
	if !ok {
		c.block = block{}
		return d.freeAt(now, cost, most), nil
	}
	c.block = block{mark: mark, left: size, size: size, most: l.Max, since: now}
	return time.Time{}, nil
}

// grant takes what fits has seen to be there.
func (s *fileStore) grant(limits Limits, a Ask, now time.Time) Grant {
	s.nextID++
	s.handed += max(1, a.Cost)
	p := &permit{at: now, cost: max(1, a.Cost)}
	for _, l := range limits {
		id := s.home(idOf(l, a.Tenant))
		c := s.counts[id]
		switch l.Kind {
		case Day:
			c.block.left -= p.cost
			p.charges = append(p.charges, charge{of: id, mark: c.block.mark})
		case Rate:
			c.cell.window.add(stamp{at: now.UnixNano(), n: 1, open: true})
			s.touch(c)
			p.charges = append(p.charges, charge{of: id, at: now.UnixNano()})
			p.open = true
		}
	}
	s.granted[s.nextID] = p
	return Grant{ID: s.nextID, Tenant: a.Tenant, Cost: p.cost}
}

// loadDays reads the Day counts that b touches without asking for a unit.
func (s *fileStore) loadDays(b Batch, now time.Time) error {
	for _, l := range b.Limits {
		for _, a := range b.Asks {
			if l.Kind != Day || a.Calls > 0 {
				continue
			}
			c := s.count(s.home(idOf(l, a.Tenant)))
			if err := s.load(c, now); err != nil || !c.there {
				return err
			}
			if _, err := s.dayOf(c, b.Day, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// dayCounts tells what is spent of the Day limits that b touched, without the
// part of our own blocks that is not.
func (s *fileStore) dayCounts(b Batch, now time.Time) (counts []DayCount) {
	for _, l := range b.Limits {
		if l.Kind != Day {
			continue
		}
		for _, a := range b.Asks {
			c := s.counts[s.home(idOf(l, a.Tenant))]
			if c == nil || !c.there {
				continue
			}
			d := &c.cell.day
			used := d.used(now)
			if d.rule.calendar == nil || c.block.mark == d.mark() {
				used -= c.block.left
			}
			counts = append(counts, DayCount{Limit: l, Tenant: c.id.tenant, Used: max(0, used), Resets: d.resetAt(now)})
			if l.Scope == App {
				break
			}
		}
	}
	return counts
}
