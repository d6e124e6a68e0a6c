package compliance

import "time"

// rateWindow is what the seconds of a minute add up to.
type rateWindow struct{ calls, server, busy int }

// add takes a second in, or out where sign is -1; near is what makes it busy.
func (w *rateWindow) add(s secondLoad, near float64, sign int) {
	w.calls, w.server = w.calls+sign*int(s.calls), w.server+sign*int(s.server)
	if float64(s.calls) >= near {
		w.busy += sign
	}
}

// saturatedRate judges the last minute when a new second begins: GT301 and the
// warning of GT403.
func (l *look) saturatedRate(a *app, limit int) {
	t, now := &l.k.cfg.Thresholds, l.x.sec()
	var w rateWindow
	for back := uint32(1); back <= 60; back++ {
		if s := a.seconds[(now-back)%loadSeconds]; s.sec == now-back {
			w.add(s, t.SatShare*float64(limit), 1)
		}
	}
	l.fullMinute(w, now, limit)
	if !w.saturated(t) {
		a.satFor = 0
		return
	}
	if a.satFor == 0 {
		a.satFor = now - 60
	}
	l.raiseApp(gt301, w.saturation(t, now, a.satFor))
}

// fullMinute is the warning of GT403.
func (l *look) fullMinute(w rateWindow, now uint32, limit int) {
	if share := l.k.cfg.Thresholds.RateShare * float64(limit); float64(w.calls) > 60*share {
		l.raiseApp(gt403, alarm{sev: Warning, measured: float64(w.calls) / 60, threshold: share, unit: "calls a second for a minute", from: now - 60, confidence: 1})
	}
}

func (w rateWindow) saturated(t *Thresholds) bool {
	return float64(w.busy) >= t.SatSeconds*60 && share(w.server, w.calls) <= t.SatServer
}

// saturation is the alarm of a minute near the limit, where it has been so since.
func (w rateWindow) saturation(t *Thresholds, now, since uint32) alarm {
	sev := Warning
	if now-since >= uint32(t.SatFor.Seconds()) {
		sev = Error
	}
	return alarm{sev: sev, measured: float64(w.busy), threshold: t.SatSeconds * 60, unit: "of the last 60 seconds near the rate limit", from: since, confidence: 1}
}

// satCalls is how many calls in 5 minutes the slots are judged by, at least.
const satCalls = 250

// saturatedSlots judges a tenant whose slots are always full: GT301. The mean is
// asked for, since a recording that lacks some calls never shows them all full.
func (l *look) saturatedSlots() {
	t, f, now := &l.k.cfg.Thresholds, &l.t.flight, l.now
	limit := l.k.cfg.Platform.Concurrent
	if limit <= 0 {
		return
	}
	if time.Duration(now-f.from)*time.Second > t.SatFor {
		if used := share(int(f.used), int(f.all)*limit); f.all >= satCalls && used >= t.SatSlots {
			l.raise(gt301, alarm{sev: Warning, measured: used, threshold: t.SatSlots, unit: "of the slots taken, over 5 minutes", from: f.from, confidence: 1})
		}
		f.from, f.all, f.used = now, 0, 0
	}
	f.all++
	f.used += uint32(min(l.x.inFlight, limit))
}

// loaded notes for the second of x's start what the server caused, and for its
// minute what it took.
func (l *look) loaded() {
	x, now := l.x, l.now
	if l.t.minutes.add(x) {
		l.volume(&l.t.minutes)
	}
	s := &l.k.st.app.seconds[now%loadSeconds]
	if s.sec == now && (x.attempt > 0 || x.failed()) {
		s.server++
	}
}
