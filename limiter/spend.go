package limiter

import (
	"math"
	"time"
)

// dayLevels are the parts of a day, in percent, that Hooks.Day is told of.
var dayLevels = [...]int{50, 80, 90, 95, 100}

// spent says that cost units are not left of s's day.
func (s *scope) spent(cost int, wall time.Time) *RefusedError {
	d := s.day
	if d == nil || d.off {
		return nil
	}
	used := d.used(wall)
	if d.until.After(wall) {
		return &RefusedError{Reason: QuotaSpent, Limit: d.limit, RetryAt: d.until, Used: used}
	}
	if d.elsewhere+cost > d.limit.Max && d.elsewhereUntil.After(wall) {
		return &RefusedError{Reason: QuotaSpent, Limit: d.limit, RetryAt: d.elsewhereUntil, Used: used}
	}
	if d.count.fits(cost, d.limit.Max) {
		return nil
	}
	return &RefusedError{Reason: QuotaSpent, Limit: d.limit, Used: used, RetryAt: d.count.freeAt(wall, cost, d.limit.Max)}
}

// used is what is spent, by all who share it as far as is known.
func (d *day) used(wall time.Time) int {
	used := max(d.count.used(wall), d.shared)
	if d.elsewhereUntil.After(wall) {
		used = max(used, d.elsewhere)
	}
	return used
}

// spendLocked takes p's units from the days. That they are there was asked
// before, under the same lock; under Observe they are counted even if not.
func (c *core) spendLocked(p *ticket, wall time.Time) {
	p.appDay = c.app.spend(p, "", wall)
	p.ownDay = p.t.scope.spend(p, p.name, wall)
}

func (s *scope) spend(p *ticket, tenant string, wall time.Time) dayMark {
	d := s.day
	if d == nil || p.cost == 0 {
		return 0
	}
	mark, ok := d.count.take(wall, p.cost, d.limit.Max)
	if !ok {
		mark, _ = d.count.take(wall, p.cost, math.MaxInt)
	}
	if d.off {
		return mark
	}
	used, most := d.used(wall), d.limit.Max
	for d.told > 0 && used*100 < (dayLevels[d.told-1]-10)*most {
		d.told--
	}
	for d.told < len(dayLevels) && used*100 >= dayLevels[d.told]*most {
		l := DayLevel{Limit: d.limit, Tenant: tenant, Percent: dayLevels[d.told], Used: used, Resets: d.count.resetAt(wall)}
		if at, ok := d.count.forecast(wall, most); ok {
			l.RunsOut = at
		}
		n := p.tell()
		n.levels = append(n.levels, l)
		d.told++
	}
	return mark
}

// unspendLocked gives p's units back.
func (c *core) unspendLocked(p *ticket) {
	if d := c.app.day; d != nil {
		d.count.giveBack(p.appDay, p.cost)
	}
	if d := p.t.scope.day; d != nil {
		d.count.giveBack(p.ownDay, p.cost)
	}
	p.appDay, p.ownDay = 0, 0
}

// spentOut reports whether not even one unit is left.
func (s *scope) spentOut() bool {
	d := s.day
	return d != nil && !d.off && !d.count.fits(1, d.limit.Max)
}
