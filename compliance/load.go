package compliance

import "math"

// saturatedRate judges the last minute when a new second begins: GT301 and the
// warning of GT403.
func (l *look) saturatedRate(a *app, limit int) { l.saturatedBy(&a.seconds, &a.satFor, limit) }

func (l *look) saturatedBy(seconds *[60]secondLoad, since *uint32, limit int) {
	t, now := &l.k.cfg.Thresholds, l.x.sec()
	busy, all, server := 0, 0, 0
	for _, s := range seconds {
		if s.sec == now || now-s.sec > 60 {
			continue
		}
		all += int(s.calls)
		server += int(s.server)
		if float64(s.calls) >= t.SatShare*float64(limit) {
			busy++
		}
	}
	if float64(all) > t.RateShare*60*float64(limit) {
		l.raiseApp(gt403, alarm{sev: Warning, measured: float64(all) / 60, threshold: t.RateShare * float64(limit), unit: "calls a second for a minute", from: now - 60, confidence: 1})
	}
	if float64(busy) < t.SatSeconds*60 || share(server, all) > t.SatServer {
		*since = 0
		return
	}
	if *since == 0 {
		*since = now - 60
	}
	sev := Warning
	if now-*since >= uint32(t.SatFor.Seconds()) {
		sev = Error
	}
	l.raiseApp(gt301, alarm{sev: sev, measured: float64(busy), threshold: t.SatSeconds * 60, unit: "of the last 60 seconds near the rate limit", from: *since, confidence: 1})
}

// saturatedSlots judges a tenant whose slots are always full: GT301. The mean is
// asked for, since a recording that lacks some calls never shows them all full.
func (l *look) saturatedSlots() {
	t, f, now := &l.k.cfg.Thresholds, &l.t.flight, l.x.sec()
	limit := l.k.cfg.Platform.Concurrent
	if limit <= 0 {
		return
	}
	if now-f.from > uint32(t.SatFor.Seconds()) {
		if used := share(int(f.used), int(f.all)*limit); f.all >= 250 && used >= t.SatSlots {
			l.raise(gt301, alarm{sev: Warning, measured: used, threshold: t.SatSlots, unit: "of the slots taken, over 5 minutes", from: f.from, confidence: 1})
		}
		f.from, f.all, f.used = now, 0, 0
	}
	f.all++
	f.used += uint32(min(l.x.inFlight, limit))
}

// loaded notes for the second of x's start what the server caused.
func (l *look) loaded() {
	x := l.x
	s := &l.k.st.app.seconds[x.sec()%60]
	if s.sec == x.sec() && (x.attempt > 0 || x.failed()) {
		s.server++
	}
}

// sandboxTests is how many calls in a few minutes may be a run of integration
// tests: as fast as it likes, but soon over.
const sandboxTests = 500

// sandboxLoad counts the calls to a sandbox tenant.
type sandboxLoad struct {
	minute, ten   uint32 // when the windows began
	calls, tenner uint32
}

// sandboxed judges load on a sandbox: GT303.
func (l *look) sandboxed() {
	x, t, c := l.x, &l.k.cfg.Thresholds, &l.t.sandbox
	sandbox := false
	for _, name := range l.k.cfg.Platform.Sandbox {
		sandbox = sandbox || name == x.tenant
	}
	if !sandbox {
		return
	}
	now := x.sec()
	if now-c.minute >= 60 {
		c.minute, c.calls = now, 0
	}
	if now-c.ten >= 600 {
		c.ten, c.tenner = now, 0
	}
	c.calls++
	c.tenner++
	switch {
	case float64(c.calls) > 60*t.SandboxRate && (now-c.minute >= 55 || int(c.tenner) >= sandboxTests):
		l.raise(gt303, alarm{sev: Error, measured: float64(c.calls), threshold: 60 * t.SandboxRate, unit: "calls to the sandbox in a minute", from: c.minute, confidence: 1})
	case int(c.tenner) > t.SandboxCalls:
		l.raise(gt303, alarm{sev: Error, measured: float64(c.tenner), threshold: float64(t.SandboxCalls), unit: "calls to the sandbox in 10 minutes", from: c.ten, confidence: 1})
	}
}

// synthetic is what GT302 knows of 5 minutes of a tenant's calls.
type synthetic struct {
	since  uint32
	last   int64
	calls  uint32
	urls   sample
	routes []routeCount
	gaps   float64 // sum of the pauses, in nanoseconds
	square float64 // sum of their squares
}

type routeCount struct {
	hash uint64
	n    uint32
}

func (s *synthetic) size() int { return s.urls.bytes() + 16*cap(s.routes) }

// synthesized judges whether a tenant's traffic looks made by a load generator:
// GT302.
func (l *look) synthesized() {
	x, t, c := l.x, &l.k.cfg.Thresholds, &l.t.synth
	now := x.sec()
	if now-c.since > 300 {
		l.judgeSynthetic()
		c.urls.reset()
		*c = synthetic{since: now, urls: c.urls, routes: c.routes[:0]}
	}
	c.calls++
	c.urls.add(x.url, 256)
	if c.last != 0 && x.at >= c.last {
		gap := float64(x.at - c.last)
		c.gaps += gap
		c.square += gap * gap
	}
	c.last = max(c.last, x.at)
	id := mix(x.route.hash, uint64(len(x.method))+uint64(x.entity>>63))
	found := false
	for i := range c.routes {
		if c.routes[i].hash == id {
			c.routes[i].n++
			found = true
			break
		}
	}
	if !found && len(c.routes) < 16 {
		c.routes = append(c.routes, routeCount{id, 1})
	}
	if int(c.calls) == t.SynthCalls {
		l.judgeSynthetic()
	}
}

func (l *look) judgeSynthetic() {
	t, c := &l.k.cfg.Thresholds, &l.t.synth
	if int(c.calls) < t.SynthCalls || len(c.routes) < 2 || len(c.routes) == 16 {
		return
	}
	repeat := 1 - share(c.urls.distinct(), int(c.calls))
	even := evenness(c.routes)
	// Constant pauses vary by 0, random ones by 1, several workers' between; people
	// come in bursts, which vary by more.
	n := float64(c.calls)
	cv := math.Sqrt(max(c.square*n-c.gaps*c.gaps, 0)) / c.gaps
	if repeat >= t.SynthRepeat && even >= t.SynthEven && cv < t.SynthVary {
		l.raise(gt302, alarm{sev: Warning, measured: even, threshold: t.SynthEven, unit: "evenness of routes, over few repeated URLs", from: c.since, confidence: 0.9})
	}
}

// evenness is the entropy of the routes' shares, 1 where all are equal.
func evenness(routes []routeCount) float64 {
	var all, h float64
	for _, r := range routes {
		all += float64(r.n)
	}
	for _, r := range routes {
		p := float64(r.n) / all
		h -= p * math.Log(p)
	}
	return h / math.Log(float64(len(routes)))
}
