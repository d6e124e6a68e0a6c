package limiter

import (
	"testing"
	"testing/synctest"
	"time"
)

// cloud is the way of limits.md: one-way 20 ms and a little, now and then a dial.
func cloud(d *dice, p *platform) {
	way := func() time.Duration { return 20*time.Millisecond + d.lognormal(700*time.Microsecond, 1) }
	p.up, p.down = way, way
	p.service = func() time.Duration { return d.lognormal(60*time.Millisecond, .5) }
	p.dial = constant(80 * time.Millisecond)
	p.cold = func() bool { return d.float() < .002 }
}

// saturated runs 25 callers on 10 tenants and gives the use of the rate, and the
// refusals for 1,000 calls, after a start.
func saturated(t *testing.T, cfg Config, p *platform, d time.Duration, free float64) (use, per1000 float64) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTransport(t, p, cfg)
		const start = 60 * time.Second
		fleet(tr, 25, 10, start+d, nil)
		n := p.served(start, start+d)
		use = float64(n) / (free * d.Seconds())
		per1000 = 1000 * float64(p.refused(start)) / float64(n)
		tr.Close()
	})
	return use, per1000
}

func TestFiguresTable(t *testing.T) {
	limits := Limits{PerSecond(20), Concurrent(5).EachTenant()}
	for _, m := range []struct {
		name  string
		p     *platform
		free  float64
		rough bool
	}{
		{"cloud", &platform{model: slidingLog, rate: 20}, 20, false},
		{"cloud", &platform{model: countsRejects, rate: 20}, 20, false},
		{"cloud", &platform{model: fixedWindow, rate: 20}, 20, false},
		{"cloud", &platform{model: bucket, rate: 20, burst: 5}, 20, false},
		{"cloud", &platform{model: bucket, rate: 20, burst: 2}, 20, false},
		{"cloud", &platform{model: slidingCounter, rate: 20}, 20, false},
		{"foreign", &platform{model: slidingLog, rate: 20, foreign: 200 * time.Millisecond}, 15, false},
		{"foreign", &platform{model: countsRejects, rate: 20, foreign: 200 * time.Millisecond}, 15, false},
		{"foreign", &platform{model: fixedWindow, rate: 20, foreign: 200 * time.Millisecond}, 15, false},
		{"foreign", &platform{model: bucket, rate: 20, burst: 5, foreign: 200 * time.Millisecond}, 15, false},
		{"foreign", &platform{model: bucket, rate: 20, burst: 2, foreign: 200 * time.Millisecond}, 15, false},
	} {
		p := m.p
		p.concurrent = 5
		cloud(newDice(*seedFlag), p)
		use, rej := saturated(t, Config{Limits: limits, Tenant: byHeader, MaxQueue: 1000}, p, 600*time.Second, m.free)
		t.Logf("%s %v b=%d: use %.1f %%, %.1f/1000", m.name, p.model, p.burst, 100*use, rej)
	}
}
