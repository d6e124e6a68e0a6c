package compliance

// minuteLoad is one minute of a tenant's calls.
type minuteLoad struct {
	minute uint32 // its number since 1970
	calls  uint32 // that began in it
	busy   uint32 // milliseconds that they were in flight, added up
}

// minutes are the last minutes of a tenant in which there was load to speak of.
type minutes struct {
	now  minuteLoad
	past *[maxMinutes]minuteLoad // oldest first; nil: none yet
}

const (
	maxMinutes = 16
	busyMinute = 4 // calls that make a minute worth keeping
	longCall   = 60_000
)

func (m *minutes) add(x *exchange) {
	sec, busy := x.sec(), uint32(min(max(x.end-x.at, 0)/1e6, longCall))
	if sec-m.now.minute*60 < 60 {
		m.now.calls, m.now.busy = m.now.calls+1, m.now.busy+busy
		return
	}
	n := sec / 60
	if n > m.now.minute {
		if m.now.calls >= busyMinute {
			m.keep()
		}
		m.now = minuteLoad{minute: n}
	}
	to := &m.now
	if n < m.now.minute && m.past != nil { // it has ended late
		for i := range m.past {
			if m.past[i].minute == n {
				to = &m.past[i]
			}
		}
	}
	to.calls, to.busy = to.calls+1, to.busy+busy
}

func (m *minutes) keep() {
	if m.past == nil {
		m.past = new([maxMinutes]minuteLoad)
	}
	copy(m.past[:], m.past[1:])
	m.past[maxMinutes-1] = m.now
}

// addTo adds up what is known of the minutes from first on, with the one that goes
// on.
func (m *minutes) addTo(sum []minuteLoad, first uint32) {
	add := func(p minuteLoad) {
		if i := p.minute - first; p.minute >= first && int(i) < len(sum) {
			sum[i].calls, sum[i].busy = sum[i].calls+p.calls, sum[i].busy+p.busy
		}
	}
	if m.past != nil {
		for _, p := range m.past {
			add(p)
		}
	}
	add(m.now)
}
