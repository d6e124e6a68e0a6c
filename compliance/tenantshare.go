package compliance

import (
	"slices"
	"unsafe"
)

// shared is the part of what is known of a tenant that goes into snapshots:
// replicas add theirs up, and a process that starts anew goes on with its own.
type shared struct {
	users     []userPace
	checks    []checkMade
	waiting   []waitingCreate
	bare      *bareCreate
	creates   dayCount // some: without a check
	refetches dayCount // some: unchanged
	minutes   minutes
	synth     synthetic
	jobs      []*job     // jobs.go
	before    *synthetic // the 5 minutes before those of synth, where they were busy
}

func (s *shared) size() int {
	n := cap(s.users)*int(unsafe.Sizeof(userPace{})) + cap(s.checks)*24 + s.synth.size()
	n += cap(s.waiting) * int(unsafe.Sizeof(waitingCreate{}))
	for i := range s.waiting {
		n += cap(s.waiting[i].values) * 8
	}
	for _, j := range s.jobs {
		n += int(unsafe.Sizeof(job{})) + 8 + cap(j.runs)*int(unsafe.Sizeof(pastRun{}))
	}
	if s.minutes.past != nil {
		n += int(unsafe.Sizeof(*s.minutes.past))
	}
	if s.before != nil {
		n += int(unsafe.Sizeof(synthetic{})) + s.before.size()
	}
	return n
}

// fresh tells whether anything of it can still count after now.
func (s *shared) fresh(now uint32) bool {
	last := max(s.creates.day, s.refetches.day)*86_400 + 86_400
	last = max(last, s.minutes.now.minute*60+1200, s.synth.since+600)
	if s.minutes.usual > 0 {
		last = max(last, s.minutes.now.minute*60+3*86_400)
	}
	for i := range s.users {
		last = max(last, s.users[i].last+86_400, s.users[i].implausible)
	}
	for i := range s.checks {
		last = max(last, s.checks[i].at+checkAge)
	}
	for _, j := range s.jobs {
		last = max(last, j.run.last+snapshotLife)
	}
	return last > now || len(s.waiting) > 0
}

const shareBytes = int(unsafe.Sizeof(shared{})) + 48

// wakeTenant gives a tenant that a call names what an earlier process knew of it.
func (st *state) wakeTenant(t *tenant) {
	t.hash = st.key.sum(t.name)
	if old := st.dormantTenants[t.hash]; old != nil {
		st.dropDormant(t.hash, old)
		t.shared = *old
	}
}

func (st *state) dropDormant(hash uint64, s *shared) {
	delete(st.dormantTenants, hash)
	st.dormantBytes -= shareBytes + s.size()
}

func (s *shared) code(c *coder) {
	list(c, &s.users, maxUsers, func(c *coder, u *userPace) { u.code(c) })
	list(c, &s.checks, maxChecks, func(c *coder, m *checkMade) {
		c.u64(&m.collection)
		c.u64(&m.value)
		number32(c, &m.at)
		c.bool(&m.found)
	})
	list(c, &s.waiting, maxWaiting, func(c *coder, w *waitingCreate) {
		number32(c, &w.at)
		c.u64(&w.collection)
		list(c, &w.values, maxIdentifying, (*coder).u64)
	})
	s.creates.code(c)
	s.refetches.code(c)
	s.minutes.now.code(c)
	optional(c, &s.minutes.past, func(past *[maxMinutes]minuteLoad, c *coder) {
		for i := range past {
			past[i].code(c)
		}
	})
	number32(c, &s.minutes.usual)
	s.synth.code(c)
	optional(c, &s.before, (*synthetic).code)
	list(c, &s.jobs, maxJobs, func(c *coder, p **job) {
		if c.reading {
			*p = new(job)
		}
		(*p).code(c)
	})
}

func (j *job) code(c *coder) {
	c.u64(&j.stream)
	j.run.code(c)
	c.u64(&j.run.collection)
	c.bool(&j.run.several)
	number32(c, &j.run.judged)
	list(c, &j.runs, maxJobRuns, func(c *coder, r *pastRun) { r.code(c) })
}

func (u *userPace) code(c *coder) {
	c.u64(&u.hash)
	number32(c, &u.minute)
	for i := range u.pace {
		number32(c, &u.pace[i])
	}
	number32(c, &u.fast)
	number32(c, &u.day)
	number32(c, &u.pages)
	number32(c, &u.hours)
	number32(c, &u.last)
	number32(c, &u.implausible)
}

func (m *minuteLoad) code(c *coder) {
	number32(c, &m.minute)
	number32(c, &m.calls)
	number32(c, &m.busy)
	number32(c, &m.own)
}

func (s *synthetic) code(c *coder) {
	number32(c, &s.since)
	number32(c, &s.steady)
	number32(c, &s.calls)
	s.urls.code(c)
	list(c, &s.routes, maxRoutes, func(c *coder, r *routeCount) {
		c.u64(&r.hash)
		number32(c, &r.n)
	})
	c.float(&s.gaps)
	c.float(&s.square)
	optional(c, &s.beats, func(all *[beats]uint16, c *coder) {
		for i := range all {
			number32(c, &all[i])
		}
	})
}

// ofTenant gives what other replicas know of the tenant with this hash.
func ofTenant(hash uint64, others []*snapshot) (all []*shared) {
	for _, sn := range others {
		if s := sn.tenants[hash]; s != nil {
			all = append(all, s)
		}
	}
	return all
}

// together is a day's count of this replica and of others.
func (d dayCount) together(others []*shared, of func(*shared) dayCount) dayCount {
	for _, o := range others {
		if n := of(o); n.day == d.day {
			d.all, d.some = d.all+n.all, d.some+n.some
		}
	}
	return d
}

func (s *shared) userByHash(hash uint64) *userPace {
	i := slices.IndexFunc(s.users, func(u userPace) bool { return u.hash == hash })
	if i < 0 {
		return nil
	}
	return &s.users[i]
}
