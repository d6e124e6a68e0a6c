package compliance

import "math"

// synthetic is what GT302 knows of 5 minutes of a tenant's calls.
type synthetic struct {
	since  uint32 // by the clock, so that replicas count the same 5 minutes
	steady uint32 // how many windows before this one were calls at a program's pace
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

	manyPool      = 0.9
	pairRepeat    = 0.7
	steadyWindows = 4
	steadyURLs    = 10 // fewer are a screen's, which asks again and again
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
	x, t, c, now := l.x, &l.k.cfg.Thresholds, &l.t.synth, l.now
	if now >= c.since+synthSeconds || c.since > now+3600 { // or the clock was put back
		l.judgeSynthetic()
		steady := l.goesOn(c)
		if now >= c.since+2*synthSeconds {
			steady = 0
		}
		l.t.nextSynthetic(now-now%synthSeconds, uint32(t.SynthCalls))
		c.steady = steady
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
	if int(c.calls)%t.SynthCalls == 0 {
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
	c, before := &l.t.synth, l.t.before
	l.judgeSyntheticBy(c, c.vary())
	if before != nil && before.since+synthSeconds == c.since {
		l.judgePair(before, c)
	}
}

// vary is how much the pauses differ: constant ones by 0, random ones by 1, several
// workers' between; people come in bursts, which vary by more.
func (c *synthetic) vary() float64 {
	return math.Sqrt(max(c.square*float64(c.calls)-c.gaps*c.gaps, 0)) / c.gaps
}

// programs tells whether pauses that vary so much are a program's.
func (t *Thresholds) programs(vary float64) bool { return vary < t.SynthVary*2/3 }

// judgePair judges 10 minutes: what repeats itself too slowly for 5.
func (l *look) judgePair(before, c *synthetic) {
	t := &l.k.cfg.Thresholds
	calls := int(before.calls + c.calls)
	if calls < 2*t.SynthCalls || !t.programs(max(before.vary(), c.vary())) {
		return
	}
	urls := before.urls.clone()
	urls.merge(&c.urls, synthURLs)
	if repeat := 1 - share(urls.distinct(), calls); repeat >= pairRepeat {
		l.raise(gt302, alarm{sev: Warning, measured: repeat, threshold: pairRepeat, unit: "of the calls in 10 minutes repeat others", from: before.since, confidence: 0.9})
	}
}

// goesOn counts the windows of a program's pace, and judges them: GT302.
func (l *look) goesOn(c *synthetic) (steady uint32) {
	t, urls := &l.k.cfg.Thresholds, c.urls.distinct()
	if int(c.calls) < t.SynthSteady || !t.programs(c.vary()) || 1-share(urls, int(c.calls)) < t.SynthRepeat || urls < steadyURLs {
		return 0
	}
	if steady = c.steady + 1; steady >= steadyWindows {
		l.raise(gt302, alarm{sev: Warning, measured: float64(c.calls), threshold: float64(t.SynthSteady), unit: "calls in each 5 minutes, at a program's pace", from: c.since - (steady-1)*synthSeconds, confidence: 0.8})
	}
	return steady
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
	// A handful of URLs over and over, at a program's pace; or so many calls that
	// their pace does not matter.
	few, many := t.SynthPool, calls >= 2*t.SynthCalls
	if many {
		few = min(few, manyPool)
	}
	if repeat >= few && (many || t.programs(vary)) {
		l.raise(gt302, alarm{sev: Warning, measured: repeat, threshold: few, unit: "of the calls repeat a few URLs", from: c.since, confidence: 0.9})
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
