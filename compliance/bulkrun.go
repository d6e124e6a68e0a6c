package compliance

// longRun judges the run that goes on: GT105 at once; GT204 and GT206 as soon as
// it is long enough to count.
func (l *look) longRun(sh *shape) {
	t, r := &l.k.cfg.Thresholds, &sh.run
	rows := r.rows()
	l.bulkRun(sh, rows, int(r.pages), r.start, r.last)
	if r.judged {
		return
	}
	if int(r.pages) >= t.DailyPages && rows >= t.DailyRows {
		l.dailyRun(sh)
		if rows >= t.CopyRows {
			r.judged = true
			l.copied(sh)
		}
	}
}

// bulkRun judges a run of so many rows on so many pages: GT105.
func (l *look) bulkRun(sh *shape, rows, pages int, start, last uint32) {
	t := &l.k.cfg.Thresholds
	limit := t.RunRows
	if l.x.user {
		limit = t.RunRowsUser
	}
	if took := max(int(last-start), 1); rows >= limit && float64(rows) > t.RunRate*float64(took) && float64(rows) >= t.RunPage*float64(pages) {
		l.raise(gt105, alarm{sev: l.runLevel(sh, rows, limit), measured: float64(rows), threshold: float64(limit), unit: "rows in one run", from: start, confidence: 1})
	}
}

// runLevel is how bad a run of so many rows is: twice as many as the limit are a
// copy, and so are those that many queries together have brought.
func (l *look) runLevel(sh *shape, rows, limit int) Severity {
	queries := sh.slices.filters.distinct()
	if rows >= 2*limit || !l.x.user && queries >= manyQueries && share(int(sh.slices.exhausted), int(sh.slices.delivered)) >= l.k.cfg.Thresholds.SliceExhausted {
		return Error
	}
	return Warning
}

const manyQueries = 50
