package compliance

// startSlack is how far the clock here may differ from the one at the wire.
const startSlack = 5e6

func (l *look) rate(a *app, limit int) {
	x, now := l.x, l.now
	if len(a.starts) != limit {
		a.starts = make([]int64, limit)
	}
	oldest := a.starts[a.at]
	a.starts[a.at] = x.at
	if a.at++; a.at == limit {
		a.at = 0
	}
	if oldest != 0 && x.at-oldest < 1e9-startSlack && x.at >= oldest {
		l.raiseApp(gt403, alarm{sev: Error, measured: float64(limit + 1), threshold: float64(limit), unit: "calls in one second", confidence: 1})
	}
	s := &a.seconds[now%loadSeconds]
	if s.sec != now {
		*s = secondLoad{sec: now}
		// Only a busy second can bring the last minute nearer to the limit.
		if last := a.seconds[(now-1)%loadSeconds]; last.sec == now-1 && float64(last.calls) >= l.k.cfg.Thresholds.SatShare*float64(limit) {
			l.saturatedRate(a, limit)
		}
	}
	s.calls++
}
