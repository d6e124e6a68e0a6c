package limiter

import "time"

// settlesInMemory reports whether done changes no cell.
func (s *fileStore) settlesInMemory(done []Done) bool {
	for _, d := range done {
		p := s.granted[d.ID]
		if p == nil {
			continue
		}
		if p.open && (d.Unsent || d.Age >= 0) || !d.Unsent && d.Cost > 0 && d.Cost != p.cost {
			return false
		}
		for _, ch := range p.charges {
			if d.Unsent && ch.mark != 0 && s.count(ch.of).block.mark != ch.mark {
				return false
			}
		}
	}
	return true
}

// settle carries out what has become of earlier grants. What it does not know is
// settled already.
func (s *fileStore) settle(b Batch, now time.Time) error {
	for _, d := range b.Done {
		p := s.granted[d.ID]
		if p == nil {
			continue
		}
		for i := range p.charges {
			ch := &p.charges[i]
			c := s.count(ch.of)
			var err error
			switch {
			case ch.mark == 0:
				err = s.settleWindow(c, ch, p, d, now)
			case d.Unsent:
				err = s.back(c, b.Day, ch.mark, p.cost, now)
			case d.Cost > p.cost:
				err = s.more(c, b.Day, d.Cost-p.cost, now)
			case d.Cost > 0 && d.Cost < p.cost:
				err = s.back(c, b.Day, ch.mark, p.cost-d.Cost, now)
			}
			if err != nil {
				return err
			}
		}
		p.open = p.open && !d.Unsent && d.Age < 0
		if d.Cost > 0 {
			p.cost = d.Cost
		}
		if d.Unsent || d.Age >= 0 { // there is no slot here to wait for
			delete(s.granted, d.ID)
		}
	}
	return nil
}

// settleWindow moves a permit's entry to when the call was counted, or removes it.
func (s *fileStore) settleWindow(c *count, ch *charge, p *permit, d Done, now time.Time) error {
	if !p.open || !d.Unsent && d.Age < 0 {
		return nil
	}
	if err := s.load(c, now); err != nil || !c.there {
		return err
	}
	t := now.UnixNano()
	if c.cell.window.takeOpen(ch.at) && !d.Unsent {
		c.cell.window.add(stamp{at: min(max(ch.at, t-int64(d.Age)), t), n: 1})
	}
	s.touch(c)
	return nil
}

// back gives n units back to the block they were from, or to the file.
func (s *fileStore) back(c *count, b Boundary, mark dayMark, n int, now time.Time) error {
	if c.block.mark == mark {
		c.block.left += n
		return nil
	}
	if err := s.load(c, now); err != nil || !c.there {
		return err
	}
	d, err := s.dayOf(c, b, now)
	if err != nil {
		return err
	}
	d.giveBack(mark, n)
	s.touch(c)
	return nil
}

// more counts n units that a call has cost beside those it asked for, whether
// they are left or not.
func (s *fileStore) more(c *count, b Boundary, n int, now time.Time) error {
	if err := s.load(c, now); err != nil || !c.there {
		return err
	}
	d, err := s.dayOf(c, b, now)
	if err != nil {
		return err
	}
	d.charge(n, max(1, c.block.most))
	c.grown += n
	s.touch(c)
	return nil
}

// revoke takes back grants that the file could not be told of.
func (s *fileStore) revoke(grants []Grant) {
	for _, g := range grants {
		for _, ch := range s.granted[g.ID].charges {
			if c := s.count(ch.of); ch.mark != 0 && c.block.mark == ch.mark {
				c.block.left += g.Cost
			}
		}
		delete(s.granted, g.ID)
	}
}

// keepOpen renews the lease of this process's permits that wait for the wire, and
// forgets those that nobody will settle.
func (s *fileStore) keepOpen(now time.Time) error {
	if now.Sub(s.kept).Abs() < openLease/4 {
		return nil
	}
	s.kept = now
	for id, p := range s.granted {
		if now.Sub(p.at) > permitAge {
			delete(s.granted, id)
			continue
		}
		for i := range p.charges {
			ch := &p.charges[i]
			if !p.open || ch.mark != 0 {
				continue
			}
			c := s.count(ch.of)
			if err := s.load(c, now); err != nil {
				return err
			}
			if c.there && c.cell.window.takeOpen(ch.at) {
				c.cell.window.add(stamp{at: now.UnixNano(), n: 1, open: true})
				ch.at = now.UnixNano()
				s.touch(c)
			}
		}
	}
	return nil
}

// release gives everything back, with the file locked for the last time.
func (s *fileStore) release() error {
	now := s.last.Round(0)
	if err := s.refresh(now); err != nil {
		return err
	}
	for _, c := range s.counts {
		if c.block.left == 0 {
			continue
		}
		left, mark := c.block.left, c.block.mark
		c.block = block{}
		if err := s.back(c, c.boundary, mark, left, now); err != nil {
			return err
		}
	}
	for _, p := range s.granted { // what is still open counts as made now
		for i := range p.charges {
			if ch := &p.charges[i]; ch.mark == 0 {
				if err := s.settleWindow(s.count(ch.of), ch, p, Done{}, now); err != nil {
					return err
				}
			}
		}
	}
	return s.flush(now)
}
