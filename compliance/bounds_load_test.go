package compliance

import (
	"fmt"
	"net/http"
	"time"
)

// spread adds n calls at even pauses inside a span, the i-th made by f.
func (m *maker) spread(span time.Duration, n int, f func(i int) Event) *maker {
	start := m.at
	for i := range n {
		m.at = start.Add(span * time.Duration(i) / time.Duration(n))
		m.add(0, f(i))
	}
	m.at = start.Add(span)
	return m
}

// loadBounds are those of GT301 and GT303, and of a few URLs of GT302.
func loadBounds() []bound {
	const s = time.Second
	call := func(i int) Event { return entity(i) }
	seconds := func(m *maker, n, calls int, f func(i int) Event) { // n seconds of calls, and one call more
		for range n {
			m.spread(s, calls, f)
		}
		m.add(0, entity(1))
	}
	steady := func(calls int) func(*maker, int) {
		return func(m *maker, n int) { seconds(m, n, calls, call) }
	}
	// slots is 304 calls in five minutes and one after them, four of which take n seconds.
	slots := func(m *maker, n int) {
		m.single(0, 0, 4, func(e *Event) { e.Duration = time.Duration(n)*s + s/2 })
		m.at = m.at.Add(s)
		m.single(s, 4, 301)
	}
	mix := func(n int, pause time.Duration, f func(i int) string) func(*maker) {
		return func(m *maker) { m.each(n, pause, func(i int) Event { return Event{URL: f(i)} }) }
	}
	four := func(i int) string {
		return []string{"/contacts/K1X", "/properties/K2X", "/tasks/?a=1", "/offers/?a=1"}[i%4]
	}
	two := func(i, a, b int) string {
		return fmt.Sprintf([]string{"/contacts/K%dX", "/properties/K%dX"}[a], b)
	}
	routes := func(m *maker, n int) {
		mix(500, 400*time.Millisecond, func(i int) string { return fmt.Sprintf("/%c/?a=1", 'a'+i%n) })(m)
	}
	bursts := func(m *maker, n int) { // fifty calls at once, ten seconds apart, and one more when the five minutes are over
		for i := range n {
			gap := 10 * time.Millisecond
			if i%50 == 49 {
				gap = 10 * s
			}
			m.add(gap, Event{URL: two(0, 0, i%10)})
		}
		m.at = day0.Add(301 * s)
		m.add(0, entity(1))
	}
	sandbox := func(i int) Event { return entity(i, func(e *Event) { e.Tenant = "SBOX" }) }
	lastCall := func(before int, span time.Duration) func(*maker, int) { // and one call n seconds after the first
		return func(m *maker, n int) {
			m.spread(span, before, sandbox)
			m.at = day0.Add(time.Duration(n) * s)
			m.add(0, sandbox(1))
		}
	}
	return []bound{
		{rule: "GT301", field: "SatShare", of: "calls a second", make: func(m *maker, n int) { seconds(m, 62, n, call) },
			quiet: 13, loud: 14, want: Warning, measured: 60, threshold: 42, to: .5, movedQuiet: 9, movedLoud: 10},
		{rule: "GT301", field: "SatSeconds", of: "busy seconds", make: steady(14),
			quiet: 41, loud: 42, want: Warning, measured: 42, threshold: 42, to: .5, movedQuiet: 29, movedLoud: 30},
		{rule: "GT301", field: "SatFor", of: "busy seconds, the first 18 being one's own", make: steady(14),
			quiet: 281, loud: 282, milder: Warning, want: Error, measured: 60, threshold: 42, to: 2 * time.Minute, movedQuiet: 101, movedLoud: 102},
		{rule: "GT301", field: "SatServer", of: "of 15 calls a second that the server caused", make: func(m *maker, n int) {
			seconds(m, 62, 15, func(i int) Event {
				switch {
				case i < n/2:
					return entity(i, func(e *Event) { e.Attempt = 1 })
				case i < n:
					return entity(i, status(503))
				}
				return entity(i)
			})
		}, quiet: 4, loud: 3, want: Warning, measured: 60, threshold: 42, to: .5, movedQuiet: 8, movedLoud: 7},
		{rule: "GT301", field: "SatSlots", of: "seconds with all slots taken, of 300", make: slots,
			quiet: 245, loud: 246, want: Warning, measured: 1294. / 1520, threshold: .85, to: .6, movedQuiet: 150, movedLoud: 151},
		{rule: "GT301", of: "calls that tell of five minutes", make: func(m *maker, n int) {
			m.single(0, 0, 4, func(e *Event) { e.Duration = 400 * s })
			m.at = m.at.Add(s)
			m.spread(299*s, n-4, call)
			m.at = day0.Add(301 * s)
			m.add(0, entity(1))
		}, quiet: 249, loud: 250, want: Warning, measured: 1240. / 1250, threshold: .85},

		{rule: "GT302", field: "SynthCalls", of: "calls", make: func(m *maker, n int) { mix(n, 400*time.Millisecond, four)(m) },
			quiet: 499, loud: 500, want: Warning, measured: 1, threshold: .81, to: 300, movedQuiet: 299, movedLoud: 300},
		{rule: "GT302", field: "SynthRepeat", of: "URLs of 500 calls", make: func(m *maker, n int) {
			mix(500, 400*time.Millisecond, func(i int) string { return two(i, i%2, i%n) })(m)
		}, quiet: 51, loud: 50, want: Warning, measured: 1, threshold: .81, to: .7, movedQuiet: 151, movedLoud: 150},
		{rule: "GT302", field: "SynthEven", of: "calls of one route, of 500", make: func(m *maker, n int) {
			mix(500, 400*time.Millisecond, func(i int) string {
				if i*n%500 < n {
					return two(i, 0, 1)
				}
				return two(i, 1, 1)
			})(m)
		}, base: thresholds(Thresholds{SynthPool: 1}), quiet: 124, loud: 125, want: Warning, measured: .8113, threshold: .81, to: .95, movedQuiet: 184, movedLoud: 185},
		{rule: "GT302", field: "SynthVary", of: "tenths of a second of each tenth pause", make: func(m *maker, n int) {
			for i := range 500 {
				gap := 100 * time.Millisecond
				if i%10 == 9 {
					gap *= time.Duration(n)
				}
				m.add(gap, Event{URL: four(i)})
			}
		}, quiet: 8, loud: 7, want: Warning, measured: 1, threshold: .81, to: .9, movedQuiet: 6, movedLoud: 5},
		{rule: "GT302", field: "SynthPool", of: "URLs of 500 calls of one route", make: func(m *maker, n int) { mix(500, 400*time.Millisecond, func(i int) string { return two(0, 0, i%n) })(m) },
			quiet: 26, loud: 25, want: Warning, measured: .95, threshold: .95, to: .8, movedQuiet: 101, movedLoud: 100},
		{rule: "GT302", of: "calls of ten URLs, in bursts", make: bursts, quiet: 999, loud: 1000, want: Warning, measured: .99, threshold: .9},
		{rule: "GT302", of: "URLs of 1,000 calls, in bursts", make: func(m *maker, n int) {
			bursts(m, 1000)
			for i := range m.es {
				m.es[i].URL = "https://api.example.test" + two(0, 0, i%n)
			}
		}, quiet: 101, loud: 100, want: Warning, measured: .9, threshold: .9},
		{rule: "GT302", of: "routes", make: routes, base: thresholds(Thresholds{SynthPool: 1}), quiet: 1, loud: 2, want: Warning, measured: 1, threshold: .81},
		{rule: "GT302", of: "many routes", make: routes, base: thresholds(Thresholds{SynthPool: 1}), quiet: 16, loud: 15, want: Warning, measured: 1, threshold: .81},
		{rule: "GT302", of: "milliseconds from call to call", make: func(m *maker, n int) { mix(501, time.Duration(n)*time.Millisecond, four)(m) },
			quiet: 610, loud: 600, want: Warning, measured: 1, threshold: .81},

		{rule: "GT303", field: "SandboxRate", of: "calls in a minute", make: func(m *maker, n int) { m.spread(60*s, n, sandbox) },
			quiet: 300, loud: 301, want: Error, measured: 301, threshold: 300, to: 3., movedQuiet: 180, movedLoud: 181},
		{rule: "GT303", field: "SandboxCalls", of: "calls in ten minutes", make: func(m *maker, n int) { m.spread(600*s, n, sandbox) },
			quiet: 2000, loud: 2001, milder: Warning, want: Error, measured: 2001, threshold: 2000, to: 1000, movedQuiet: 1000, movedLoud: 1001},
		{rule: "GT303", field: "SandboxCalls", of: "calls in ten minutes, near to too many", make: func(m *maker, n int) { m.spread(600*s, n, sandbox) },
			quiet: 1500, loud: 1501, want: Warning, measured: 1501, threshold: 1500, to: 1000, movedQuiet: 750, movedLoud: 751},
		{rule: "GT303", of: "seconds to the 301st call", make: lastCall(300, 50*s),
			quiet: 60, loud: 59, want: Error, measured: 301, threshold: 300},
		{rule: "GT303", of: "seconds of a burst of 301 calls", make: lastCall(300, 50*s),
			quiet: 54, loud: 55, want: Error, measured: 301, threshold: 300},
		{rule: "GT303", of: "seconds to the 2,001st call", make: lastCall(2000, 590*s),
			quiet: 600, loud: 599, milder: Warning, want: Error, measured: 2001, threshold: 2000},
		{rule: "GT303", of: "calls in half a minute", make: func(m *maker, n int) { m.spread(30*s, n, sandbox) },
			quiet: 499, loud: 500, want: Error, measured: 500, threshold: 300},
	}
}

// programBounds are those of GT302 that are about more than 5 minutes' calls of a
// few URLs: the same thing created, volume, and what goes on at a program's pace.
func programBounds() []bound {
	const s = time.Second
	same := func(others int) func(*maker, int) { // n creates of one thing, after other calls
		return func(m *maker, n int) {
			m.single(s/2, 0, others).each(n, s/2, func(int) Event { return newContact(1) })
		}
	}
	// volume is ten minutes of n calls, after others of minutes each a second long,
	// and a call when they are over.
	volume := func(m *maker, n int, before []int, more ...func(*Event)) {
		call := func(i int) Event { return entity(i, more...) }
		for _, calls := range before {
			m.spread(60*s, calls, call)
		}
		m.spread(600*s, n, call).add(0, call(n))
	}
	quiet := func(first int) []int { return []int{first, 10, 10, 10, 10, 10, 10} } // busy, and calm until that is the past
	// steady is windows of 5 minutes, of calls of so many URLs, and a call after them.
	steady := func(m *maker, windows, calls, urls int) {
		for range windows {
			m.spread(300*s, calls, func(i int) Event { return entity(i % urls) })
		}
		m.add(0, entity(0))
	}
	return []bound{
		{rule: "GT302", field: "SynthSame", of: "creates of one thing", make: same(0),
			quiet: 100, loud: 101, want: Warning, measured: 100, threshold: 100, to: 30, movedQuiet: 30, movedLoud: 31},
		{rule: "GT302", of: "updates of one entity", make: func(m *maker, n int) {
			m.each(n, s/2, func(int) Event { return patch(1, `"1"`, `{"a":2}`, 204) })
		}, quiet: 199, loud: 200, want: Warning, measured: 200, threshold: 200},
		{rule: "GT302", of: "other calls before 101 creates of one thing", make: func(m *maker, n int) { same(n)(m, 101) },
			quiet: 200, loud: 199, want: Warning, measured: 100, threshold: 100},
		{rule: "GT302", of: "seconds from the first of 101 creates of one thing to the last", make: func(m *maker, n int) {
			same(0)(m, 100)
			m.at = day0.Add(time.Duration(n) * s)
			m.add(0, newContact(1))
		}, quiet: 300, loud: 299, want: Warning, measured: 100, threshold: 100},
		{rule: "GT302", field: "SynthVolume", of: "calls in ten minutes", make: func(m *maker, n int) { volume(m, n, nil) },
			quiet: 1499, loud: 1500, want: Warning, measured: 1500, threshold: 1500, to: 600, movedQuiet: 599, movedLoud: 600},
		{rule: "GT302", field: "SynthVolume", of: "calls of users in ten minutes", make: func(m *maker, n int) { volume(m, n, nil, by(User, "ann")) },
			quiet: 2999, loud: 3000, want: Warning, measured: 1500, threshold: 1500, to: 600, movedQuiet: 1199, movedLoud: 1200},
		{rule: "GT302", field: "SynthUsual", of: "calls in a busy minute before 1,500", make: func(m *maker, n int) { volume(m, 1500, quiet(n)) },
			quiet: 38, loud: 37, want: Warning, measured: 1500, threshold: 1500, to: 3., movedQuiet: 51, movedLoud: 50},
		{rule: "GT302", field: "SynthSteady", of: "calls of 12 URLs in each of four times 5 minutes", make: func(m *maker, n int) { steady(m, 4, n, 12) },
			quiet: 149, loud: 150, want: Warning, measured: 150, threshold: 150, to: 100, movedQuiet: 99, movedLoud: 100},
		{rule: "GT302", of: "times 5 minutes", make: func(m *maker, n int) { steady(m, n, 150, 12) },
			quiet: 3, loud: 4, want: Warning, measured: 150, threshold: 150},
		{rule: "GT302", of: "URLs of 150 calls in each 5 minutes", make: func(m *maker, n int) { steady(m, 4, 150, n) },
			quiet: 9, loud: 10, want: Warning, measured: 150, threshold: 150},
		{rule: "GT302", of: "URLs of 1,000 calls in ten minutes", make: func(m *maker, n int) { steady(m, 2, 500, n) },
			quiet: 330, loud: 270, want: Warning, measured: .73, about: .05, threshold: .7},
	}
}

// limitBounds are those of GT401 to GT405.
func limitBounds() []bound {
	const s, ms = time.Second, time.Millisecond
	refusedAfter := func(ok int) func(*maker, int) { // n calls are refused, after others
		return func(m *maker, n int) { m.single(s/2, 0, ok).single(s/2, ok, n, status(429)) }
	}
	long := func(tenant func(i int) string) func(*maker, int) { // n calls in flight together
		return func(m *maker, n int) {
			m.each(n, ms*200, func(i int) Event {
				return entity(i, func(e *Event) { e.Duration, e.Tenant = 30*s, tenant(i) })
			})
		}
	}
	one := func(int) string { return "ABC" }
	many := func(i int) string { return fmt.Sprint("T", i%7) }
	attempts := func(pauses ...time.Duration) func(*maker) {
		return func(m *maker) {
			for _, p := range append(pauses, 0) {
				m.add(p, entity(1, status(503)))
			}
		}
	}
	evening := func(m *maker, n int, f func(i int) Event) { // when the day is all but over
		m.at = day0.Add(23*time.Hour + 30*time.Minute)
		m.each(n, ms*100, f)
	}
	embed99 := func(i int) Event { return listing(fmt.Sprint("/contacts/?embed=", commas(99)), 0, 25, 0) }
	day := func(perDay int) func(*Config) { return platform(Platform{PerDay: perDay}) }
	return []bound{
		{rule: "GT401", of: "429s", make: func(m *maker, n int) { refusedAfter(50)(m, n) }, quiet: 0, loud: 1, want: Note, measured: 1, threshold: 1},
		{rule: "GT401", field: "ThrottledCount", of: "429s", make: refusedAfter(50),
			quiet: 9, loud: 10, milder: Note, want: Warning, measured: 10, threshold: 10, to: 5, movedQuiet: 4, movedLoud: 5},
		{rule: "GT401", field: "ThrottledShare", of: "429s after 300 calls", make: refusedAfter(300),
			quiet: 3, loud: 4, milder: Note, want: Warning, measured: 4. / 304, threshold: .01, to: .02, movedQuiet: 6, movedLoud: 7},
		{rule: "GT401", of: "calls before two 429s", make: func(m *maker, n int) { refusedAfter(n)(m, 2) },
			quiet: 197, loud: 198, milder: Note, want: Warning, measured: .01, threshold: .01},
		{rule: "GT401", of: "seconds for ten 429s", make: func(m *maker, n int) {
			m.single(s, 0, 9, status(429))
			m.at = day0.Add(time.Duration(n) * s)
			m.single(0, 9, 1, status(429))
		}, quiet: 301, loud: 300, milder: Note, want: Warning, measured: 10, threshold: 10},
		{rule: "GT401", of: "milliseconds of a pause of 5 s", make: func(m *maker, n int) {
			m.single(time.Duration(n)*ms, 0, 1, status(429), func(e *Event) { e.ResponseHeader = http.Header{"Retry-After": {"5"}} }).single(0, 1, 1)
		}, quiet: 5001, loud: 5000, milder: Note, want: Error, measured: .001, threshold: 0},
		{rule: "GT401", of: "milliseconds from a call's start, refused after one", make: func(m *maker, n int) {
			m.single(time.Duration(n)*ms, 0, 1, status(429), func(e *Event) { e.ResponseHeader = http.Header{"Retry-After": {"5"}} }).single(0, 1, 1)
		}, quiet: 0, loud: 1, milder: Note, want: Error, measured: 5, threshold: 0},

		{rule: "GT402", field: "Platform.Concurrent", of: "calls in flight for one tenant", make: long(one),
			quiet: 5, loud: 6, want: Error, measured: 6, threshold: 5, base: platform(Platform{ConcurrentApp: 100}), to: 3, movedQuiet: 3, movedLoud: 4},
		{rule: "GT402", field: "Platform.ConcurrentApp", of: "calls in flight for all", make: long(many),
			quiet: 5, loud: 6, want: Warning, measured: 6, threshold: 5, to: 3, movedQuiet: 3, movedLoud: 4},
		{rule: "GT402", of: "milliseconds after which six calls are five again", make: func(m *maker, n int) {
			m.single(0, 0, 5, func(e *Event) { e.Duration = s })
			m.at = m.at.Add(time.Duration(n) * ms)
			m.single(0, 5, 1)
		}, quiet: 1000, loud: 999, want: Error, measured: 6, threshold: 5},
		{rule: "GT403", field: "Platform.PerSecond", of: "calls in a second", make: func(m *maker, n int) { m.spread(900*ms, n, func(i int) Event { return entity(i) }) },
			quiet: 20, loud: 21, want: Error, measured: 21, threshold: 20, to: 10, movedQuiet: 10, movedLoud: 11},
		{rule: "GT403", of: "milliseconds for 21 calls", make: func(m *maker, n int) {
			m.single(10*ms, 0, 20).single(0, 20, 0)
			m.at = day0.Add(time.Duration(n) * ms)
			m.single(0, 20, 1)
		},
			quiet: 995, loud: 994, want: Error, measured: 21, threshold: 20},
		{rule: "GT403", field: "RateShare", of: "calls in a minute", make: func(m *maker, n int) {
			for i := range 60 {
				m.spread(s, (n+59-i)/60, func(i int) Event { return entity(i) })
			}
			m.add(0, entity(1))
		}, quiet: 960, loud: 961, want: Warning, measured: 961. / 60, threshold: 16, to: .75, movedQuiet: 900, movedLoud: 901},

		{rule: "GT404", field: "DayShare", of: "calls of 1,000", make: func(m *maker, n int) { evening(m, n, func(i int) Event { return entity(i) }) },
			base: day(1000), quiet: 799, loud: 800, want: Warning, measured: 800, threshold: 800, to: .5, movedQuiet: 499, movedLoud: 500},
		{rule: "GT404", field: "Platform.PerDay", of: "hundreds of calls", make: func(m *maker, n int) { evening(m, n, embed99) },
			quiet: 2500, loud: 2501, milder: Warning, want: Error, measured: 250_100, threshold: 250_000, to: 100_000, movedQuiet: 1000, movedLoud: 1001},
		{rule: "GT404", of: "calls of 1,000 at midnight", make: func(m *maker, n int) { m.single(time.Second, 0, n) }, base: day(1000),
			quiet: 250, loud: 251, want: Warning, measured: 1004, threshold: 1000},
		{rule: "GT404", of: "calls of 1,000 at noon", make: func(m *maker, n int) { m.at = day0.Add(12 * time.Hour); m.single(0, 0, n) }, base: day(1000),
			quiet: 500, loud: 501, want: Warning, measured: 1002, threshold: 1000},

		{rule: "GT405", field: "HotRetries", of: "attempts", make: func(m *maker, n int) { m.each(n, s, func(int) Event { return entity(1, status(503)) }) },
			quiet: 4, loud: 5, want: Warning, measured: 5, threshold: 5, to: 3, movedQuiet: 2, movedLoud: 3},
		{rule: "GT405", field: "HotGrowth", of: "milliseconds of the last pause, the first being a second", make: func(m *maker, n int) {
			attempts(s, 2*s, 2*s, time.Duration(n)*ms)(m)
		}, quiet: 1500, loud: 1499, want: Warning, measured: 5, threshold: 5, to: 2., movedQuiet: 2000, movedLoud: 1999},
		{rule: "GT405", of: "milliseconds from attempt to attempt", make: func(m *maker, n int) {
			p := time.Duration(n) * ms
			attempts(p, p, p, p)(m)
		}, quiet: 15_001, loud: 15_000, want: Warning, measured: 5, threshold: 5},
	}
}
