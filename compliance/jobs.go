package compliance

import (
	"cmp"
	"slices"
)

// job is what a tenant's stream reads of several collections, one after the other:
// runs that are long enough only when they are added up.
type job struct {
	stream uint64 // hash of its name
	run    jobRun
	runs   []pastRun // those of several collections that were long, oldest first
}

// jobRun is the run that goes on.
type jobRun struct {
	pastRun
	collection uint64 // of its first page
	several    bool   // another one has followed
	judged     uint8  // as long, and as twice as long
}

const (
	maxJobs    = 8
	maxJobRuns = 24
)

// jobPage takes a page of rows into the run of its stream, whatever the collection,
// and judges that when it is long enough: GT204.
func (l *look) jobPage() {
	t, x := &l.k.cfg.Thresholds, l.x
	now, gap := l.now, uint32(l.k.cfg.Thresholds.RunGap.Seconds())
	j := l.job()
	if j == nil {
		if j = l.severalNow(now, gap); j == nil {
			return
		}
		j = l.t.keepJob(j)
	}
	r := &j.run
	if now > r.last+gap {
		j.keep(t)
		*r = jobRun{pastRun: pastRun{start: now}, collection: x.route.hash}
	}
	r.last, r.pages, r.rows = max(r.last, now), clip(int(r.pages)+1), clip(int(r.rows)+x.rows())
	r.several = r.several || r.collection != x.route.hash
	if long := r.long(t); long > r.judged {
		r.judged = long
		l.dailyJob(append(slices.Clip(j.runs), r.pastRun))
	}
}

// severalNow begins a job where x's stream has just read another collection.
func (l *look) severalNow(now, gap uint32) *job {
	for _, s := range l.t.near {
		if s == nil || s == l.s || s.key.stream != l.x.stream || now > s.last+gap {
			continue
		}
		for _, sh := range s.shapes {
			if r := &sh.run; r.pages > 0 && now <= r.last+gap {
				return &job{stream: l.k.d().key.sum(l.x.stream), run: jobRun{pastRun: pastRun{start: r.start, last: now, pages: clip(int(r.pages)), rows: clip(int(r.delivered))}, collection: s.route.hash}}
			}
		}
	}
	return nil
}

// long tells whether the run is one of several collections and long enough: 1, or 2
// where it is twice as long.
func (r *jobRun) long(t *Thresholds) uint8 {
	if !r.several {
		return 0
	}
	return uint8(min(int(r.pages)/t.DailyPages, int(r.rows)/t.DailyRows, 2))
}

func (j *job) keep(t *Thresholds) {
	if j.run.long(t) == 0 {
		return
	}
	if len(j.runs) == maxJobRuns {
		j.runs = slices.Delete(j.runs, 0, 1)
	}
	j.runs = append(j.runs, j.run.pastRun)
}

// dailyJob judges runs, the last of them now. The morning's screens ask for several
// collections too: little is a timer's only when it comes on the minute.
func (l *look) dailyJob(runs []pastRun) {
	t, last := &l.k.cfg.Thresholds, runs[len(runs)-1]
	sharp := onTheMinute
	if int(last.rows) >= 2*t.DailyRows && int(last.pages) >= 2*t.DailyPages {
		sharp = t.DailyR
	}
	if a, found := l.daily(runs[:len(runs)-1], last.start, sharp, 1); found {
		a.rows, a.unit = int(last.rows), a.unit+", several collections"
		l.raise(gt204, a)
	}
}

// onTheMinute is the mean vector of times of day that differ by three minutes.
const onTheMinute = 0.9999

// job finds the job of x's stream.
func (l *look) job() *job {
	if len(l.t.jobs) == 0 {
		return nil
	}
	stream := l.k.d().key.sum(l.x.stream)
	if i := slices.IndexFunc(l.t.jobs, func(j *job) bool { return j.stream == stream }); i >= 0 {
		return l.t.jobs[i]
	}
	return nil
}

// keepJob keeps another job, in the place of the oldest where there are many.
func (s *shared) keepJob(j *job) *job {
	if len(s.jobs) == maxJobs {
		oldest := slices.MinFunc(s.jobs, func(a, b *job) int { return cmp.Compare(a.run.last, b.run.last) })
		*oldest = *j
		return oldest
	}
	s.jobs = append(s.jobs, j)
	return j
}

// judgeJobs judges what the streams of a tenant read of several collections in all
// replicas: GT204. A replica may have seen one page of each run only, so it is the
// runs of the collections, not the jobs, that are put together.
func (k *Checker) judgeJobs(t *tenant, all []*series, others []*snapshot) {
	streams := map[string][]*series{}
	for _, s := range all {
		streams[s.key.stream] = append(streams[s.key.stream], s)
	}
	for _, of := range streams {
		if len(of) > 1 {
			k.judgeJob(t, of, others)
		}
	}
}

// judgeJob judges one stream's runs of its collections.
func (k *Checker) judgeJob(t *tenant, collections []*series, others []*snapshot) {
	limits, merged := &k.cfg.Thresholds, false
	var last *series
	var parts []jobRun
	for _, s := range collections {
		h := t.holding(s.route, k.d().key)
		if k.exempt(s.route, max(int(h.rows), s.route.rows)) {
			continue
		}
		parts = s.jobParts(parts, s.route.hash)
		for _, sn := range others {
			if o := sn.series[s.hash]; o != nil {
				parts, merged = o.jobParts(parts, s.route.hash), true
			}
		}
		if last == nil || s.last > last.last {
			last = s
		}
	}
	var runs []pastRun
	for _, r := range joinRuns(parts, uint32(limits.RunGap.Seconds())) {
		if r.long(limits) > 0 {
			runs = append(runs, r.pastRun)
		}
	}
	if !merged || len(runs) == 0 {
		return
	}
	l := k.lookAt(t, &exchange{view: IntentView, at: int64(runs[len(runs)-1].last) * 1e9, method: "GET", stream: last.key.stream, route: last.route,
		user: last.user, purpose: last.purpose, status: 200})
	l.dailyJob(runs[max(0, len(runs)-maxJobRuns-1):])
}

// jobParts adds what s has read of a collection, as parts of a job's runs.
func (s *series) jobParts(parts []jobRun, collection uint64) []jobRun {
	for _, sh := range s.shapes {
		for _, r := range sh.everyRun() {
			parts = append(parts, jobRun{pastRun: r, collection: collection})
		}
	}
	return parts
}

func (r *jobRun) join(o jobRun) {
	r.pastRun.join(o.pastRun)
	r.several = r.several || o.several || r.collection != o.collection
}
