package limiter

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// The guard begins at one gap, is learned from the answers, and grows on a machine
// that wakes its own timer late; it is never more than a gap.
func TestGuardFollowsWhatIsSeen(t *testing.T) {
	var l latency
	if g := l.guard(); g != guardFirst {
		t.Errorf("%v before anything was seen", g)
	}
	for range latencies {
		l.answered(40 * time.Millisecond)
	}
	if g := l.guard(); g != guardLeast {
		t.Errorf("%v where no answer varies", g)
	}
	l.woke(25 * time.Millisecond)
	if g := l.guard(); g != 25*time.Millisecond {
		t.Errorf("%v where the timer was 25ms late", g)
	}
	l.woke(time.Hour)
	if g := l.guard(); g != guardBusy {
		t.Errorf("%v after an hour's sleep", g)
	}
	for range 2000 {
		l.woke(100 * time.Microsecond)
	}
	if g := l.guard(); g != guardLeast {
		t.Errorf("%v when the machine is well again", g)
	}
}

// The first seconds are safe behind delays on the way that are larger than the
// guard will be, up to a gap, and cost 1 % at most.
func TestTheFirstSecondsAreSafe(t *testing.T) {
	for _, m := range []model{slidingLog, countsRejects, fixedWindow} {
		d := newDice(*seedFlag)
		var mu sync.Mutex
		n := 0
		p := &platform{model: m, rate: 20, service: constant(20 * time.Millisecond), up: func() time.Duration {
			mu.Lock()
			defer mu.Unlock()
			if n++; n > 30 {
				return 0
			}
			return d.between(0, 45*time.Millisecond)
		}}
		synctest.Test(t, func(t *testing.T) {
			tr := newTransport(t, p, Config{Limits: Limits{PerSecond(20)}})
			fleet(tr, 8, 1, 10*time.Second, nil)
			windUp(tr)
		})
		if got := p.served(0, 10*time.Second); p.refused(0) > 0 || got < 198 {
			t.Errorf("%s, %d in ten seconds", describe(p), got)
		}
	}
}
