package compliance

import "math/bits"

// userPace is what is known of one label that claims to be a person.
type userPace struct {
	hash        uint64 // of the label
	pace        [paceMinutes]uint16
	minute      uint32 // last of pace; a minute's place is its number modulo paceMinutes
	fast        uint16 // minutes in a row that were too fast
	day         uint32
	pages       uint32
	hours       uint32 // bit a UTC hour of the day
	last        uint32
	implausible uint32 // until when it is not believed

	// Of its last read here; without a route the label is known by its hash alone.
	label, stream string
	route         *routeInfo
}

const (
	maxUsers    = 32
	paceMinutes = 16
	maxLiars    = 1024

	// clockSkew is how many seconds the clocks of two machines may differ without
	// making a finding of it.
	clockSkew = 3
)

// userOf finds the pace of a label, or makes one in place of the one used longest
// ago.
func (l *look) userOf(label string, now uint32) *userPace {
	t := l.t
	for i := range t.users {
		if t.users[i].label == label && t.users[i].route != nil {
			return &t.users[i]
		}
	}
	hash := l.k.d().key.sum(label)
	u := t.userByHash(hash)
	if u == nil {
		u = t.newUser()
		*u = userPace{hash: hash, minute: now / 60}
	}
	u.label, u.last = label, now
	u.implausible = max(u.implausible, l.k.st.liars[mix(t.hash, hash)])
	return u
}

func (s *shared) newUser() *userPace {
	if len(s.users) < maxUsers {
		s.users = append(s.users, userPace{})
		return &s.users[len(s.users)-1]
	}
	oldest := 0
	for i := range s.users {
		if s.users[i].last < s.users[oldest].last {
			oldest = i
		}
	}
	return &s.users[oldest]
}

// roll makes m the last minute.
func (u *userPace) roll(m uint32) {
	for past := min(m-u.minute, paceMinutes); m > u.minute && past > 0; past-- {
		u.pace[(m-past+1)%paceMinutes] = 0
	}
	u.minute = max(u.minute, m)
}

// read counts n entities read in minute m; limit is how many a person reads.
func (u *userPace) read(m uint32, n, limit int) {
	p := &u.pace[m%paceMinutes]
	before := int(*p)
	*p = clip(before + n)
	if before <= limit && int(*p) > limit {
		u.fast++
	}
}

// claims gives what a person could not have done, if anything.
func (u *userPace) claims(t *Thresholds) (a alarm, found bool) {
	a = alarm{sev: Error, confidence: 0.99}
	switch {
	case u.fast >= fastMinutes:
		a.measured, a.threshold, a.unit = float64(u.pace[u.minute%paceMinutes]), float64(t.UserReads), "entities a minute, for 5 minutes, under one user's label"
	case int(u.pages) > t.UserPages:
		a.measured, a.threshold, a.unit = float64(u.pages), float64(t.UserPages), "pages a day under one user's label"
	case bits.OnesCount32(u.hours) > t.UserHours:
		a.measured, a.threshold, a.unit = float64(bits.OnesCount32(u.hours)), float64(t.UserHours), "hours of a day under one user's label"
	}
	return a, a.unit != ""
}

const fastMinutes = 5

// merge adds what another replica knows of the same label.
func (u *userPace) merge(o *userPace) {
	u.roll(o.minute)
	for back := range min(paceMinutes, o.minute+1) {
		if m := o.minute - back; u.minute-m < paceMinutes {
			p := &u.pace[m%paceMinutes]
			*p = clip(int(*p) + int(o.pace[m%paceMinutes]))
		}
	}
	switch {
	case o.day > u.day:
		u.day, u.pages, u.hours = o.day, o.pages, o.hours
	case o.day == u.day:
		u.pages, u.hours = u.pages+o.pages, u.hours|o.hours
	}
	u.implausible = max(u.implausible, o.implausible)
}

// hurry counts the fast minutes in a row anew, where there are enough of them. A
// minute of one clock may hold some seconds more by another's.
func (u *userPace) hurry(limit int) {
	run := uint16(0)
	u.fast = 0
	for back := range min(paceMinutes, u.minute+1) {
		if int(u.pace[(u.minute-back)%paceMinutes])*60 <= limit*(60+2*clockSkew) {
			run = 0
			continue
		}
		if run++; run >= fastMinutes {
			u.fast, u.minute = run, u.minute-back // for the alarm
			return
		}
	}
}

// judgePaces judges t's labels with what other replicas know of them: GT701. Who
// is not believed in one replica is not in another.
func (k *Checker) judgePaces(t *tenant, others []*shared) {
	for i := range t.users {
		u, merged := &t.users[i], false
		sum := *u
		for _, o := range others {
			if p := o.userByHash(u.hash); p != nil {
				sum.merge(p)
				merged = true
			}
		}
		if !merged {
			continue
		}
		u.implausible = sum.implausible
		if u.route == nil {
			continue // restored; no call has told the label yet
		}
		l := k.lookAt(t, &exchange{view: IntentView, at: int64(sum.last) * 1e9, method: "GET", stream: u.stream, route: u.route, initiator: User, label: u.label})
		sum.hurry(k.cfg.Thresholds.UserReads)
		if a, found := sum.claims(&k.cfg.Thresholds); found {
			a.unit += ", all replicas"
			u.implausible = max(u.implausible, sum.last+86_400)
			l.raise(gt701, a)
		}
	}
}

// learnLiars notes who is not believed elsewhere, for labels that come here later.
func (st *state) learnLiars(others []*snapshot, now uint32) {
	st.liars = map[uint64]uint32{}
	for _, sn := range others {
		for hash, s := range sn.tenants {
			for i := range s.users {
				if u := &s.users[i]; u.implausible > now && len(st.liars) < maxLiars {
					id := mix(hash, u.hash)
					st.liars[id] = max(st.liars[id], u.implausible)
				}
			}
		}
	}
}
