package compliance

import (
	"net/http"
	"slices"
)

// sameWrites are the writes of one thing after another within 5 minutes.
type sameWrites struct {
	since   uint32
	bodies  [4]uint64 // of the last creates that were new
	made    uint16    // that were
	again   uint16    // creates with one of those bodies
	entity  uint64    // that most updates were of
	updates uint16    // by how many they were more than all others
}

// sameWrites is the writes of the 5 minutes that go on.
func (l *look) sameWrites() *sameWrites {
	if l.t.again == nil {
		l.t.again = &sameWrites{}
	}
	if c := l.t.again; c.since != l.t.synth.since {
		*c = sameWrites{since: l.t.synth.since}
	}
	return l.t.again
}

// createdAgain judges creates of the same thing: GT302. It is nobody's work to make
// one after another.
func (l *look) createdAgain() {
	x, t := l.x, &l.k.cfg.Thresholds
	if x.status != http.StatusCreated || len(x.body) == 0 {
		return
	}
	c := l.sameWrites()
	body := mix(x.route.hash+uint64(len(x.body)), l.k.d().key.sumBytes(x.body[:min(len(x.body), 1024)]))
	if !slices.Contains(c.bodies[:], body) {
		c.bodies[c.made%4] = body
		c.made++
		return
	}
	if c.again++; int(c.again) >= t.SynthSame && 3*uint32(c.again) >= l.t.synth.calls {
		l.raise(gt302, alarm{sev: Warning, measured: float64(c.again), threshold: float64(t.SynthSame), unit: "creates of the same thing in 5 minutes", from: c.since, confidence: 0.9})
	}
}

// updatedAgain judges updates of one entity: GT302. Who saves as he types comes to
// half of them.
func (l *look) updatedAgain() {
	x, t := l.x, &l.k.cfg.Thresholds
	if !x.ok() || x.entity == 0 {
		return
	}
	c := l.sameWrites()
	switch {
	case c.entity == x.entity:
		c.updates++
	case c.updates == 0:
		c.entity, c.updates = x.entity, 1
	default:
		c.updates--
	}
	if int(c.updates) >= 2*t.SynthSame {
		l.raise(gt302, alarm{sev: Warning, measured: float64(c.updates), threshold: float64(2 * t.SynthSame), unit: "updates of one entity in 5 minutes", from: c.since, confidence: 0.9})
	}
}
