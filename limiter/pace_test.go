package limiter

import (
	"testing"
	"time"
)

// TestFault81NoDrift: ten million grants of a rate whose gap is no round number end
// to the nanosecond where the plain product says.
func TestFault81NoDrift(t *testing.T) {
	const grants = 10_000_000
	gap := (time.Second + 50*time.Millisecond) / 19 // 55,263,157.9 ns: what is cut off is cut off once
	p := pace{gap: gap}
	now := time.Hour
	for range grants {
		at, known := p.ready(now)
		if !known {
			t.Fatal("a grant waits for one that was written")
		}
		now = at
		p.wrote(now, p.grant())
		p.forget(false)
	}
	if want := time.Hour + (grants-1)*gap; now != want {
		t.Errorf("%d grants end at %v, want %v: %v off", grants, now, want, now-want)
	}
}
