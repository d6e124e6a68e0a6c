package compliance

import (
	"math"
	"slices"
)

// judgeLoad judges the load of one tenant from all replicas: the slots of GT301,
// GT302 and GT303.
func (k *Checker) judgeLoad(t *tenant, others []*shared) {
	now := k.st.app.now()
	if now < (maxMinutes+1)*60 {
		return
	}
	var sum [maxMinutes + 1]minuteLoad // the last of them goes on
	first := now/60 - maxMinutes
	for _, s := range append(others, &t.shared) {
		s.minutes.addTo(sum[:], first)
	}
	l := k.lookAt(t, &exchange{view: WireView, method: "GET", route: &routeInfo{}})
	l.slots(sum[:maxMinutes], first)
	own, usual := uint32(0), t.minutes.usual
	for _, m := range sum[maxMinutes-volumeMinutes : maxMinutes] {
		own += m.own
	}
	for _, o := range others {
		usual += o.minutes.usual
	}
	l.until(now / 60 * 60)
	l.judgeVolume(own, now/60-volumeMinutes, usual)
	if k.sandbox(t.name) {
		l.sandbox(sum[:], first)
	}
	for _, mine := range [...]*synthetic{&t.synth, t.before} {
		if mine != nil {
			l.synthesizedBy(mine, others)
		}
	}
}

// slots asks for the mean of the slots in use over some whole minutes: a call
// takes one for as long as it is in flight, so what replicas count adds up.
func (l *look) slots(sum []minuteLoad, first uint32) {
	t, limit := &l.k.cfg.Thresholds, l.k.cfg.Platform.Concurrent
	n := int(max(t.SatFor.Minutes(), 1))
	if limit <= 0 {
		return
	}
	for i := 0; i+n <= len(sum); i++ {
		calls, busy := 0, 0.0
		for _, m := range sum[i : i+n] {
			calls, busy = calls+int(m.calls), busy+float64(m.busy)
		}
		if used := busy / float64(n*60_000*limit); calls >= satCalls && used >= t.SatSlots {
			l.until((first + uint32(i+n)) * 60)
			l.raise(gt301, alarm{sev: Warning, measured: min(used, 1), threshold: t.SatSlots, unit: "of the slots taken, over 5 minutes, all replicas", from: (first + uint32(i)) * 60, confidence: 0.9})
			return
		}
	}
}

// sandbox is GT303 over whole minutes, which may hold some seconds more by another
// machine's clock.
func (l *look) sandbox(sum []minuteLoad, first uint32) {
	t := &l.k.cfg.Thresholds
	minute, ten := t.SandboxRate*(60+2*clockSkew), float64(t.SandboxCalls)*(600+2*clockSkew)/600
	for i, m := range sum {
		calls := 0.0
		for _, n := range sum[max(0, i-9) : i+1] {
			calls += float64(n.calls)
		}
		a := alarm{sev: Error, confidence: 1}
		switch {
		case float64(m.calls) > minute && calls >= sandboxTests:
			a.measured, a.threshold, a.unit, a.from = float64(m.calls), minute, "calls to the sandbox in a minute, all replicas", (first+uint32(i))*60
		case calls > ten:
			a.measured, a.threshold, a.unit, a.from = calls, ten, "calls to the sandbox in 10 minutes, all replicas", (first+uint32(max(0, i-9)))*60
		default:
			continue
		}
		l.until((first + uint32(i+1)) * 60)
		l.raise(gt303, a)
		return
	}
}

// until says when what was measured ended, in unix seconds.
func (l *look) until(sec uint32) { l.x.at, l.now = int64(sec)*1e9, sec }

// synthesizedBy judges the same 5 minutes of all replicas: GT302. Each replica
// sees other pauses than the platform does, so what counts is how evenly the calls
// of all fall.
func (l *look) synthesizedBy(mine *synthetic, others []*shared) {
	sum := mine.clone()
	for _, o := range others {
		for _, s := range [...]*synthetic{&o.synth, o.before} {
			if s != nil && s.since == sum.since {
				sum.merge(s)
			}
		}
	}
	if sum.calls > mine.calls {
		l.until(sum.since + synthSeconds)
		l.judgeSyntheticBy(&sum, sum.dispersion())
	}
}

func (s *synthetic) clone() synthetic {
	c := *s
	c.urls, c.routes, c.beats = s.urls.clone(), slices.Clone(s.routes), new([beats]uint16)
	if s.beats != nil {
		*c.beats = *s.beats
	}
	return c
}

func (s *synthetic) merge(o *synthetic) {
	s.calls += o.calls
	s.urls.merge(&o.urls, 4*synthURLs)
	for _, r := range o.routes {
		if i := slices.IndexFunc(s.routes, func(c routeCount) bool { return c.hash == r.hash }); i >= 0 {
			s.routes[i].n += r.n
		} else {
			s.routes = append(s.routes, r)
		}
	}
	if o.beats != nil {
		for i, n := range o.beats {
			s.beats[i] = clip(int(s.beats[i]) + int(n))
		}
	}
}

// dispersion is how much the pauses vary, told by how unevenly the calls fall into
// beats: over many pauses the variance of the counts is their mean times the square
// of it.
func (s *synthetic) dispersion() float64 {
	counts := s.beats[:]
	for len(counts) > 0 && counts[0] == 0 {
		counts = counts[1:]
	}
	for len(counts) > 0 && counts[len(counts)-1] == 0 {
		counts = counts[:len(counts)-1]
	}
	if len(counts) < beats/6 {
		return math.Inf(1)
	}
	counts = counts[1 : len(counts)-1] // those at the ends are cut
	var mean, m2 float64
	for i, n := range counts {
		d := float64(n) - mean
		mean += d / float64(i+1)
		m2 += d * (float64(n) - mean)
	}
	return math.Sqrt(m2 / float64(len(counts)) / mean)
}

// judgeLoadTogether adds up what the replicas sent in each second: GT403 and
// GT301 for the app as a whole, and the day's budget.
func (k *Checker) judgeLoadTogether(others []*snapshot) {
	a, limit := &k.st.app, k.cfg.Platform.PerSecond
	newest, spent := a.now(), a.day.some
	for _, sn := range others {
		newest = max(newest, min(sn.saved, newest+clockSkew))
		if sn.day.day == a.day.day {
			spent += sn.day.some
		}
	}
	l := k.lookAt(nil, &exchange{view: WireView, method: "GET", route: &routeInfo{}})
	if limit > 0 && newest >= loadSeconds {
		var sum [loadSeconds]secondLoad
		first := newest - loadSeconds + 1
		addSeconds(&sum, first, a.seconds[:])
		for _, sn := range others {
			addSeconds(&sum, first, sn.seconds)
		}
		l.rateOfAll(&sum, first, limit)
		l.saturatedByAll(&sum, first, limit)
	}
	l.until(newest)
	// Around midnight a clock that is wrong counts calls for the other day.
	if p := k.cfg.Platform.PerDay; p > 0 && int(spent) > p+2*clockSkew*max(limit, 0) {
		l.raiseApp(gt404, alarm{sev: Error, measured: float64(spent), threshold: float64(p), unit: "calls today, all replicas", confidence: 1})
	}
}

func addSeconds(sum *[loadSeconds]secondLoad, first uint32, seconds []secondLoad) {
	for _, s := range seconds {
		if i := s.sec - first; s.sec >= first && i < loadSeconds {
			sum[i].calls, sum[i].server = clip(int(sum[i].calls)+int(s.calls)), clip(int(sum[i].server)+int(s.server))
		}
	}
}

// rateOfAll judges the rate of all replicas: GT403. Each counts by its own clock,
// so calls of one second here may have been of some seconds; it is an error only
// where they were too many for all that time, and a warning where they were too
// many if the clocks agree.
func (l *look) rateOfAll(sum *[loadSeconds]secondLoad, first uint32, limit int) {
	raise := func(sev Severity, calls, seconds, at int, confidence float64) {
		l.until(first + uint32(at+seconds))
		l.raiseApp(gt403, alarm{sev: sev, measured: float64(calls) / float64(seconds), threshold: float64(limit), unit: "calls a second, all replicas",
			from: first + uint32(at), confidence: confidence})
	}
	for _, span := range [...]int{60, 20, 5, 1} {
		calls := 0
		for i, s := range sum {
			calls += int(s.calls)
			if i >= span {
				calls -= int(sum[i-span].calls)
			}
			switch {
			case calls > limit*(span+2*clockSkew):
				raise(Error, calls, span, i-span+1, 1)
				return
			case span == 1 && calls > limit:
				raise(Warning, calls, span, i, 0.5)
				return
			}
		}
	}
}

// saturatedByAll looks through the last minutes for a stretch near the limit:
// GT301 and the warning of GT403.
func (l *look) saturatedByAll(sum *[loadSeconds]secondLoad, first uint32, limit int) {
	t := &l.k.cfg.Thresholds
	near := t.SatShare * float64(limit)
	var w rateWindow
	since, at, worst := uint32(0), uint32(0), alarm{}
	for i, s := range sum {
		now := first + uint32(i) + 1
		w.add(s, near, 1)
		if i < 60 {
			continue
		}
		w.add(sum[i-60], near, -1)
		l.until(now)
		l.fullMinute(w, now, limit)
		switch {
		case !w.saturated(t):
			since = 0
			continue
		case since == 0:
			since = now - 60
		}
		if a := w.saturation(t, now, since); a.sev >= worst.sev {
			worst, at = a, now
		}
	}
	if worst.sev > 0 {
		l.until(at)
		l.raiseApp(gt301, worst)
	}
}
