package compliance

import "time"

// hourRows counts the rows of each of the last 48 hours.
type hourRows struct {
	rows  []hourCount // 48, of the hour's number modulo 48
	hour  uint32      // last
	first uint32
}

type hourCount struct{ fresh, all uint16 }

func (h *hourRows) bytes() int { return 4 * cap(h.rows) }

func (h *hourRows) add(hour uint32, fresh, all int) {
	if len(h.rows) == 0 {
		h.rows, h.hour, h.first = make([]hourCount, 48), hour, hour
	}
	if hour < h.hour {
		return
	}
	for past := min(hour-h.hour, 48); past > 0; past-- {
		h.rows[(hour-past+1)%48] = hourCount{}
	}
	h.hour = hour
	h.rows[hour%48].add(fresh, all)
}

func (c *hourCount) add(fresh, all int) {
	c.fresh, c.all = clip(int(c.fresh)+fresh), clip(int(c.all)+all)
}

// hour judges new rows round the clock: GT205.
func (l *look) hour() {
	l.s.hours.add(l.x.sec()/3600, l.fresh, l.x.rows())
	l.judgeHours()
}

func (l *look) judgeHours() {
	t, h := &l.k.cfg.Thresholds, &l.s.hours
	if len(h.rows) == 0 || h.hour-h.first < 47 {
		return
	}
	need := t.ClockHours
	if l.x.user {
		need = t.ClockHoursUser
	}
	busy, fresh, all := 0, 0, 0
	for i := range 24 {
		a, b := h.rows[i], h.rows[i+24]
		if int(a.fresh)+int(b.fresh) >= t.ClockRows || int(a.all)+int(b.all) >= 3*t.ClockRows {
			busy++
		}
		fresh += int(a.fresh) + int(b.fresh)
		all += int(a.all) + int(b.all)
	}
	if busy >= need && share(fresh, all) >= t.ClockNew {
		l.raise(gt205, alarm{sev: Warning, measured: float64(busy), threshold: float64(need), unit: "hours of the day with new rows", period: 24 * time.Hour,
			from: h.first * 3600, confidence: 1})
	}
}
