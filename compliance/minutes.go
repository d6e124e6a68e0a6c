package compliance

// minuteLoad is one minute of a tenant's calls.
type minuteLoad struct {
	minute uint32 // its number since 1970
	calls  uint32 // that began in it
	busy   uint32 // milliseconds that they were in flight, added up
	own    uint32 // twice the calls that no user or event explains; a user's count half
}

// minutes are the last minutes of a tenant in which there was load to speak of.
type minutes struct {
	now  minuteLoad
	past *[maxMinutes]minuteLoad // oldest first; nil: none yet

	usual uint32 // own of the busiest minute before those of past, forgotten little by little
}

const (
	maxMinutes = 16
	busyMinute = 4 // calls that make a minute worth keeping
	longCall   = 60_000
)

// add counts a call, and tells whether another minute has begun.
func (m *minutes) add(x *exchange) (begun bool) {
	sec := x.sec()
	if sec-m.now.minute*60 < 60 {
		m.now.add(x)
		return false
	}
	n := sec / 60
	if n > m.now.minute {
		if m.now.calls >= busyMinute {
			m.keep()
		}
		m.now, begun = minuteLoad{minute: n}, true
	}
	to := &m.now
	if n < m.now.minute && m.past != nil { // it has ended late
		for i := range m.past {
			if m.past[i].minute == n {
				to = &m.past[i]
			}
		}
	}
	to.add(x)
	return begun
}

func (m *minuteLoad) add(x *exchange) {
	m.calls++
	m.busy += uint32(min(max(x.end-x.at, 0)/1e6, longCall))
	switch {
	case x.webhook != nil:
	case x.initiator == User:
		m.own++
	default:
		m.own += 2
	}
}

func (m *minutes) keep() {
	if m.past == nil {
		m.past = new([maxMinutes]minuteLoad)
	}
	m.usual = max(m.usual-(m.usual+1023)/1024, m.past[0].own)
	copy(m.past[:], m.past[1:])
	m.past[maxMinutes-1] = m.now
}

// addTo adds up what is known of the minutes from first on, with the one that goes
// on.
func (m *minutes) addTo(sum []minuteLoad, first uint32) {
	add := func(p minuteLoad) {
		if i := p.minute - first; p.minute >= first && int(i) < len(sum) {
			s := &sum[i]
			s.calls, s.busy, s.own = s.calls+p.calls, s.busy+p.busy, s.own+p.own
		}
	}
	if m.past != nil {
		for _, p := range m.past {
			add(p)
		}
	}
	add(m.now)
}
