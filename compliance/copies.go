package compliance

import "slices"

// copying is a series of runs over the same rows.
type copying struct {
	set    *lowest // of the last long run
	runs   uint16
	since  uint32
	writes uint32
}

// copied judges a long run against the last one: GT206.
func (l *look) copied(sh *shape) {
	t, c, set := &l.k.cfg.Thresholds, &sh.copies, sh.run.set
	if r := &sh.run; set == nil || float64(r.rows()) < 2*t.RunPage*float64(r.pages) { // people's searches have small pages
		return
	}
	// The run goes on, so it is asked whether what it has is in the last one.
	if c.set == nil || c.writes != l.h.writes || set.within(c.set) < t.CopyOverlap {
		*c = copying{set: c.set, since: sh.run.start, writes: l.h.writes}
	}
	if c.runs++; int(c.runs) >= t.CopyRuns {
		l.raise(gt206, alarm{sev: Error, measured: float64(c.runs), threshold: float64(t.CopyRuns), unit: "copies of the same rows", from: c.since, confidence: 1})
	}
}

// longRun is a run, or a replica's part of one, that may be a copy: which rows it
// had.
type longRun struct {
	start, last uint32
	rows        uint32
	set         lowest
}

const (
	maxLongRuns = 4
	copyPart    = 16 // a run of so small a part of Thresholds.CopyRows is kept: other replicas may have the rest
)

// keepLong keeps the run that is over, the oldest giving its memory.
func (sh *shape) keepLong(least int) {
	r := &sh.run
	if rows := r.rows(); r.set != nil && rows >= least {
		sh.long = appendLong(sh.long, longRun{r.start, r.last, uint32(rows), *r.set})
	}
}

func appendLong(all []longRun, r longRun) []longRun {
	if len(all) < maxLongRuns {
		return append(all, r)
	}
	copy(all, all[1:])
	all[maxLongRuns-1] = r
	return all
}

// everyLong is the long runs with the one that goes on.
func (sh *shape) everyLong() []longRun {
	all := slices.Clone(sh.long)
	if r := &sh.run; r.set != nil {
		all = append(all, longRun{r.start, r.last, uint32(r.rows()), *r.set})
	}
	return all
}

// joinLong joins what replicas read at the same time: one run, its rows read by
// several.
func joinLong(all []longRun, gap uint32) []longRun {
	joined := joinRuns(all, gap)
	for i := range joined {
		p := &joined[i]
		if distinct := uint32(p.set.distinct()); distinct < p.rows*5/9 { // as run.rows does
			p.rows = distinct
		}
	}
	return joined
}

func (r *longRun) span() (start, last uint32) { return r.start, r.last }

func (r *longRun) join(o longRun) {
	r.last, r.rows = max(r.last, o.last), r.rows+o.rows
	r.set.merge(&o.set)
}

// judgeCopies judges the long runs of all replicas, since the last write: GT206.
func (l *look) judgeCopies(sh *shape) {
	t := &l.k.cfg.Thresholds
	copies, since := 0, uint32(0)
	var last *longRun
	for i := range sh.long {
		r := &sh.long[i]
		if int(r.rows) < t.CopyRows || r.start <= l.h.wrote {
			continue
		}
		if last == nil || r.set.within(&last.set) < t.CopyOverlap {
			copies, since = 0, r.start
		}
		copies++
		last = r
		if copies >= t.CopyRuns {
			l.raise(gt206, alarm{sev: Error, measured: float64(copies), threshold: float64(t.CopyRuns), unit: "copies of the same rows, all replicas", from: since, confidence: 1})
		}
	}
}
