package compliance

import (
	"net/http"
	"slices"
)

// sameCreates are the creates of one thing after another within 5 minutes.
type sameCreates struct {
	since  uint32
	bodies [4]uint64
	other  uint16 // bodies that were new
	same   uint16
}

// createdAgain judges creates of the same thing: GT302. It is nobody's work to make
// one after another.
func (l *look) createdAgain() {
	x, t := l.x, &l.k.cfg.Thresholds
	if x.status != http.StatusCreated || len(x.body) == 0 {
		return
	}
	c, calls := l.t.again, l.t.synth.calls
	if c == nil {
		c = &sameCreates{}
		l.t.again = c
	}
	if c.since != l.t.synth.since {
		*c = sameCreates{since: l.t.synth.since}
	}
	body := mix(x.route.hash+uint64(len(x.body)), l.k.d().key.sumBytes(x.body[:min(len(x.body), 1024)]))
	if !slices.Contains(c.bodies[:], body) {
		c.bodies[c.other%4] = body
		c.other++
		return
	}
	if c.same++; int(c.same) >= t.SynthSame && 3*uint32(c.same) >= calls {
		l.raise(gt302, alarm{sev: Warning, measured: float64(c.same), threshold: float64(t.SynthSame), unit: "creates of the same thing in 5 minutes", from: c.since, confidence: 0.9})
	}
}
