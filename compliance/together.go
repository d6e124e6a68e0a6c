package compliance

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// judgeTogether judges what this replica and the others have done as one, and gives
// what the sinks are to be told.
func (k *Checker) judgeTogether(all map[string]*snapshot) (h tidings) {
	k.mu.Lock()
	now, id := k.st.app.now(), k.d().keyID()
	mine := slices.Collect(maps.Values(k.st.series))
	tenants := slices.Collect(maps.Values(k.st.tenants))
	others := make([]*snapshot, 0, len(all))
	tomorrow := max(now, uint32(time.Now().Unix())) + 86_400 // whose clock is further ahead is wrong
	for _, sn := range all {
		if sn.keyID == id && (sn.saved+snapshotLife > now || now == 0) && sn.saved <= tomorrow {
			others = append(others, sn)
		}
	}
	k.st.learnLiars(others, now)
	of := byTenant(mine)
	k.mu.Unlock()
	h.inBatches(k, len(tenants), func(i int) { k.judgeTenant(tenants[i], of[tenants[i].name], others) })
	if len(others) == 0 {
		return h
	}
	h.inBatches(k, len(mine), func(i int) { k.judgeMerged(mine[i], others) })
	h.inBatches(k, 1, func(int) { k.judgeLoadTogether(others) })
	return h
}

// inBatches judges n things, the lock held for a few at a time.
func (h *tidings) inBatches(k *Checker, n int, judge func(i int)) {
	for i := 0; i < n; {
		k.mu.Lock()
		for end := min(i+batch/8, n); i < end; i++ {
			contain(func() { judge(i) })
		}
		more := k.release()
		h.news, h.gone = append(h.news, more.news...), append(h.gone, more.gone...)
	}
}

// lookAt is look for what no single call has done: x stands for it. t is nil for
// the app as a whole.
func (k *Checker) lookAt(t *tenant, x *exchange) *look {
	if t != nil {
		x.tenant = t.name
	}
	l := k.look(x)
	l.t, l.merged = t, true
	return l
}

// byTenant gives the series of each tenant.
func byTenant(all []*series) map[string][]*series {
	of := map[string][]*series{}
	for _, s := range all {
		of[s.key.tenant] = append(of[s.key.tenant], s)
	}
	return of
}

// latest gives the series of each of a tenant's collections that was used last,
// to name the stream of what no single stream has done.
func latest(all []*series) (of []*series) {
	for _, s := range all {
		i := slices.IndexFunc(of, func(o *series) bool { return o.key.collection == s.key.collection })
		switch {
		case i < 0:
			of = append(of, s)
		case of[i].last < s.last:
			of[i] = s
		}
	}
	return of
}

// judgeTenant judges one tenant with what the other replicas know of it.
func (k *Checker) judgeTenant(t *tenant, all []*series, others []*snapshot) {
	if k.st.tenants[t.name] != t {
		return // forgotten meanwhile
	}
	parts, latest := ofTenant(t.hash, others), latest(all)
	k.judgeCreates(t, parts)
	for _, s := range latest {
		k.judgeHydration(t, s, others)
		k.judgeUsed(t, s, others)
	}
	k.judgeJobs(t, all, others)
	if len(parts) == 0 {
		return
	}
	k.judgePaces(t, parts)
	k.judgeLoad(t, parts)
	if len(latest) > 0 {
		k.judgeRefetches(t, slices.MaxFunc(latest, func(a, b *series) int { return cmp.Compare(a.last, b.last) }), parts)
	}
}

// judgeRefetches adds up the day's fetches of what was known: GT601. What one
// replica has and another fetches counts as news.
func (k *Checker) judgeRefetches(t *tenant, last *series, others []*shared) {
	d, limits := t.refetches.together(others, func(o *shared) dayCount { return o.refetches }), &k.cfg.Thresholds
	if d.all == t.refetches.all || int(d.all) < limits.RefetchDay || d.share() < limits.RefetchShare {
		return
	}
	l := k.lookAt(t, &exchange{view: WireView, at: int64(last.last) * 1e9, method: "GET", route: last.route, status: 200})
	l.raise(gt601, alarm{sev: Warning, measured: d.share(), threshold: limits.RefetchShare, unit: "of today's fetches gave what was known, all replicas", from: d.day * 86_400, confidence: 1})
}

// judgeHydration judges lists whose rows other replicas open one by one: GT107.
func (k *Checker) judgeHydration(t *tenant, s *series, others []*snapshot) {
	h, limits := t.holding(s.route, k.d().key), &k.cfg.Thresholds
	c, now := h.hydrate, k.st.app.now()
	lately := func(since uint32) bool { return apart(since, now) <= 2*hydrateWindow }
	if !lately(c.since) && !lately(c.single.since) {
		return
	}
	listed, single, merged := h.listed.clone(), readSet{c.single.clone(), c.single.since}, false
	if !lately(c.since) {
		c.pages, c.rows = 0, 0
	}
	for _, sn := range others {
		o := sn.holdings[h.hash]
		if o == nil {
			continue
		}
		if lately(o.hydrate.since) {
			merged = true
			c.pages, c.rows = clip(int(c.pages)+int(o.hydrate.pages)), c.rows+o.hydrate.rows
			listed.merge(&o.listed.sample, 4*listedSlots)
		}
		if lately(o.hydrate.single.since) {
			merged = true
			single.merge(&o.hydrate.single, hydrateWindow, 4*singleSlots)
		}
	}
	need := limits.HydratePages
	if s.user {
		need = limits.HydratePagesUser
	}
	if !merged || int(c.pages) < need {
		return
	}
	opened := listed.common(&single.sample)
	if of := share(opened, int(c.rows)); opened >= limits.HydrateReads && of >= limits.HydrateShare {
		l := k.lookAt(t, &exchange{view: IntentView, at: int64(now) * 1e9, method: "GET", stream: s.key.stream, route: s.route, purpose: s.purpose, status: 200})
		l.raise(gt107, alarm{sev: Warning, measured: min(of, 1), threshold: limits.HydrateShare, unit: "of the listed rows opened one by one, all replicas", from: min(c.since, single.since), confidence: 1})
	}
}

// judgeUsed judges rows that one replica fetches, and maybe another uses: GT207.
func (k *Checker) judgeUsed(t *tenant, s *series, others []*snapshot) {
	h, limits := t.holding(s.route, k.d().key), &k.cfg.Thresholds
	d, news, usage, now := h.used, newsOf(h), k.st.app.usage, k.st.app.now()
	for _, sn := range others {
		usage = usage || sn.usage
		if o := sn.holdings[h.hash]; o != nil && o.used.day == d.day {
			d.all, d.some = d.all+o.used.all, d.some+o.used.some
			news.add(&o.listed)
		}
	}
	d.all = uint32(float64(d.all) * news.share())
	if !usage || s.user || k.replicas() == 0 || d.day != now/86_400 || int(d.all) < limits.UnusedRows {
		h.enoughOfAll = 0
		return
	}
	if h.enoughOfAll == 0 {
		h.enoughOfAll = now
	}
	if now-h.enoughOfAll >= usedWithin && d.share() < limits.UnusedShare {
		l := k.lookAt(t, &exchange{view: IntentView, at: int64(now) * 1e9, method: "GET", stream: s.key.stream, route: s.route, purpose: s.purpose, status: 200})
		l.raise(gt207, alarm{sev: Warning, measured: d.share(), threshold: limits.UnusedShare, unit: "of the rows fetched today were used, by all replicas", from: d.day * 86_400, confidence: 0.9})
	}
}

// judgeMerged judges one series with what the other replicas know of it.
func (k *Checker) judgeMerged(s *series, others []*snapshot) {
	if k.st.series[s.key] != s {
		return // forgotten meanwhile
	}
	t := k.st.tenants[s.key.tenant]
	if t == nil || s.route.reference {
		return
	}
	var merged *series
	covered := s.cover[1].distinct()
	gap := uint32(k.cfg.Thresholds.RunGap.Seconds())
	h := t.holding(s.route, k.d().key)
	wrote, news := h.wrote, newsOf(h)
	for _, sn := range others {
		if o := sn.holdings[h.hash]; o != nil {
			news.add(&o.listed)
			if o.rows > h.rows {
				h.rows, h.at = o.rows, o.at
			}
			wrote = max(wrote, o.wrote)
		}
		o := sn.series[s.hash]
		if o == nil {
			continue
		}
		if merged == nil {
			merged = s.clone()
		}
		merged.merge(o, gap)
		covered += o.cover[1].distinct()
	}
	if merged == nil {
		return
	}
	l := k.lookAt(t, &exchange{view: IntentView, at: int64(merged.last) * 1e9, method: "GET", stream: s.key.stream, route: s.route,
		user: s.user, purpose: s.purpose, status: 200, q: query{params: 1}})
	// Windows begin at different times; in one that has just begun all is new.
	merged.hours.scale(min(news.share(), share(merged.cover[1].distinct(), max(covered, 1))))
	if e := &merged.numbers; merged.recent.used > 0 { // listed in one, read in another
		e.known, e.listed = uint32(merged.recent.distinct()), uint32(news.union.common(&merged.recent.sample))
	}
	whole := *h
	whole.wrote = wrote
	l.s, l.h, l.n = merged, &whole, h.rowsOf(l.x)
	if k.exempt(s.route, l.n) {
		return
	}
	l.judgeSeries()
}

// judgeSeries judges all that a series holds.
func (l *look) judgeSeries() {
	for i := range l.s.queries {
		l.judgeSweep(&l.s.queries[i])
	}
	for _, sh := range l.s.shapes {
		l.judgeSlices(sh)
		l.judgeCopies(sh)
		l.judgeRuns(sh)
	}
	l.judgeUnique(&l.s.recent)
	l.judgeUnique(&l.s.week)
	l.judgeNumbers(&l.s.numbers)
	l.judgeProbes(&l.s.numbers)
	l.judgeCover()
	l.judgeDelivered()
	l.judgeHours()
	l.judgeUnbound()
}

// judgeRuns judges a shape's runs, the last of them as the one that goes on.
func (l *look) judgeRuns(sh *shape) {
	runs := sh.everyRun()
	if len(runs) < 2 {
		return
	}
	t := &l.k.cfg.Thresholds
	last := runs[len(runs)-1]
	l.bulkRun(sh, int(last.rows), int(last.pages), last.start, last.last)
	sh.marks = nil
	for i, r := range runs {
		sh.runs = runs[:i]
		l.watermark(sh, r.start, int64(r.since))
	}
	sh.run = run{start: last.start}
	l.intervalsAt(sh, last.start)
	if int(last.pages) >= t.DailyPages && int(last.rows) >= t.DailyRows {
		l.dailyRun(sh)
	}
}
