package compliance

import "math"

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
	t, f, now := &l.k.cfg.Thresholds, &l.t.flight, l.x.sec()
	limit := l.k.cfg.Platform.Concurrent
	if limit <= 0 {
		return
	}
	if now-f.from > uint32(t.SatFor.Seconds()) {
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
	x := l.x
	l.t.minutes.add(x)
	s := &l.k.st.app.seconds[x.sec()%loadSeconds]
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

// sandbox tells whether a tenant holds no customer's data.
func (k *Checker) sandbox(tenant string) bool {
	for _, name := range k.cfg.Platform.Sandbox {
		if name == tenant {
			return true
		}
	}
	return false
}

// sandboxed judges load on a sandbox: GT303.
func (l *look) sandboxed() {
	x, t, c := l.x, &l.k.cfg.Thresholds, &l.t.sandbox
	if !l.k.sandbox(x.tenant) {
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
	since  uint32 // by the clock, so that replicas count the same 5 minutes
	last   int64
	calls  uint32
	urls   sample
	routes []routeCount
	gaps   float64        // sum of the pauses, in nanoseconds
	square float64        // sum of their squares
	beats  *[beats]uint16 // calls in each 5 seconds
}

const (
	synthSeconds = 300
	synthURLs    = 256
	maxRoutes    = 16
	beats        = 60
	firstBeat    = 8 // calls from which on beats are counted
)

type routeCount struct {
	hash uint64
	n    uint32
}

func (s *synthetic) size() int {
	n := s.urls.bytes() + 16*cap(s.routes)
	if s.beats != nil {
		n += 2 * beats
	}
	return n
}

// synthesized judges whether a tenant's traffic looks made by a load generator:
// GT302.
func (l *look) synthesized() {
	x, t, c := l.x, &l.k.cfg.Thresholds, &l.t.synth
	now := x.sec()
	if now >= c.since+synthSeconds || c.since > now+3600 { // or the clock was put back
		l.judgeSynthetic()
		l.t.nextSynthetic(now-now%synthSeconds, uint32(t.SynthCalls))
	}
	c.calls++
	c.beat(now)
	c.urls.add(x.url, synthURLs)
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
	if !found && len(c.routes) < maxRoutes {
		c.routes = append(c.routes, routeCount{id, 1})
	}
	if int(c.calls) == t.SynthCalls {
		l.judgeSynthetic()
	}
}

// nextSynthetic begins another 5 minutes, and keeps those that are over where
// there was load to speak of.
func (s *shared) nextSynthetic(begin, many uint32) {
	c := &s.synth
	if c.calls >= many/16 {
		if s.before == nil {
			s.before = &synthetic{}
		}
		*s.before, *c = *c, *s.before
	}
	c.urls.reset()
	if c.beats != nil {
		*c.beats = [beats]uint16{}
	}
	*c = synthetic{since: begin, urls: c.urls, routes: c.routes[:0], beats: c.beats}
}

func (c *synthetic) beat(now uint32) {
	if c.beats == nil {
		if c.calls < firstBeat {
			return
		}
		c.beats = new([beats]uint16)
	}
	if i := (now - c.since) / (synthSeconds / beats); i < beats { // not of one that ended late
		c.beats[i] = clip(int(c.beats[i]) + 1)
	}
}

func (l *look) judgeSynthetic() {
	c := &l.t.synth
	// Constant pauses vary by 0, random ones by 1, several workers' between; people
	// come in bursts, which vary by more.
	l.judgeSyntheticBy(c, math.Sqrt(max(c.square*float64(c.calls)-c.gaps*c.gaps, 0))/c.gaps)
}

func (l *look) judgeSyntheticBy(c *synthetic, vary float64) {
	t := &l.k.cfg.Thresholds
	calls, urls := int(c.calls), c.urls.distinct()
	if calls < t.SynthCalls {
		return
	}
	repeat := 1 - share(urls, calls)
	if repeat >= t.SynthRepeat && vary < t.SynthVary && len(c.routes) > 1 && len(c.routes) < maxRoutes {
		if even := evenness(c.routes); even >= t.SynthEven {
			l.raise(gt302, alarm{sev: Warning, measured: even, threshold: t.SynthEven, unit: "evenness of routes, over few repeated URLs", from: c.since, confidence: 0.9})
			return
		}
	}
	// A handful of URLs over and over: at a program's pace, or so many that it does
	// not matter.
	steady, many := vary < t.SynthVary*2/3, calls >= 2*t.SynthCalls && urls <= t.SynthCalls/10
	if repeat >= t.SynthPool && (steady || many) {
		l.raise(gt302, alarm{sev: Warning, measured: repeat, threshold: t.SynthPool, unit: "of the calls repeat a few URLs", from: c.since, confidence: 0.9})
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
