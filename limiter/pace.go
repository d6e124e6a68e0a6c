package limiter

import "time"

// pace spaces the calls of one rate under Balanced. Servers with a token bucket
// or a counter refuse calls that come together, though any window would allow
// them.
//
//	state        event                    next
//	rested       grant, credit left       one credit less, no spacing
//	             grant, no credit left    paced
//	paced        grant                    one gap after the one before, on the wire
//	             nobody waits for a gap   one credit more, up to burst
//
// Grants are spaced from where the one before was written, not from where it was
// granted: a grant that has to dial first arrives late, and the next would come
// on its heels. What is granted and not yet written counts as still to come.
type pace struct {
	gap     time.Duration // between two calls: (window + guard) / max
	guard   time.Duration // after a burst
	burst   int           // the most credit
	catchUp int           // gaps by which a late call may be made up for

	last   time.Duration // when a call was written last
	next   time.Duration // when the next spaced call may be written
	credit int
	rested time.Duration // until when rest has been turned into credit

	toCome      int // granted with spacing, not written
	burstToCome int // granted from credit, not written
}

// rest turns the time in which nobody waited into credit. It is called when a
// call comes and the queue is empty.
func (p *pace) rest(now time.Duration) {
	from := max(p.next, p.rested)
	if now <= from || p.gap <= 0 {
		return
	}
	if n := int((now - from) / p.gap); p.credit+n >= p.burst {
		p.credit, p.rested = p.burst, now
	} else {
		p.credit += n
		p.rested = from + time.Duration(n)*p.gap
	}
}

// ready is when a call may be granted; known is false where that waits for what
// is to come.
func (p *pace) ready(now time.Duration) (at time.Duration, known bool) {
	if p.gap <= 0 || p.credit > 0 {
		return now, true
	}
	if p.burstToCome > 0 || p.toCome > p.catchUp {
		return 0, false
	}
	return max(now, p.next+time.Duration(p.toCome)*p.gap), true
}

// grant counts a call and tells whether it was taken from the credit.
func (p *pace) grant() (fromCredit bool) {
	if p.credit > 0 {
		p.credit--
		p.burstToCome++
		return true
	}
	p.toCome++
	return false
}

// wrote says that a granted call was written at w.
func (p *pace) wrote(w time.Duration, fromCredit bool) {
	p.last = max(p.last, w)
	if fromCredit {
		p.next = max(p.next, w+p.guard+p.gap)
		return
	}
	p.next = max(p.next, w-time.Duration(p.catchUp)*p.gap) + p.gap
}

// forget takes a granted call off that is no longer waited for.
func (p *pace) forget(fromCredit bool) {
	if fromCredit {
		p.burstToCome--
	} else {
		p.toCome--
	}
}

// giveBack undoes a grant that was never written.
func (p *pace) giveBack(fromCredit bool) {
	p.forget(fromCredit)
	if fromCredit {
		p.credit++
	}
}

// freeAt is the earliest time for a call behind ahead others.
func (p *pace) freeAt(now time.Duration, ahead int) time.Duration {
	if p.gap <= 0 || ahead < p.credit {
		return now
	}
	ahead -= p.credit
	return max(now, p.next) + time.Duration(max(0, ahead-p.catchUp))*p.gap
}
