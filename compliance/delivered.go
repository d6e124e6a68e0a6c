package compliance

// judgeDelivered judges all that a stream was given of a collection, by whatever
// queries, in a day and in a week: GT102. Who has half of it and hardly a row twice
// has looked for none of them; nor has who has nearly all of it, with fewer rows
// twice than chance would have: his queries overlap, and leave nothing out.
func (l *look) judgeDelivered() {
	t := &l.k.cfg.Thresholds
	least, ratio := t.SliceRows, t.SliceRatio
	if l.x.user {
		least, ratio = t.SweepRowsUser, t.SliceRatioUser
	}
	for i := range l.s.cover {
		c := &l.s.cover[i]
		rows := c.distinct()
		if l.n == 0 || rows < least || share(rows, l.n) < t.CoverDay {
			continue
		}
		lambda, part, limit := c.byChance(l.n), ratio, t.UniqueP
		if !l.x.user && share(rows, l.n) >= t.SweepWhole {
			part, limit = t.CoverRatio, t.UniquePUser
		}
		if p := poisson(c.repeats(), lambda); float64(c.repeats()) < part*lambda && p < limit {
			l.raise(gt102, alarm{sev: Error, measured: float64(rows), threshold: float64(least), unit: "rows of any queries, hardly one of them twice", from: c.since, confidence: 1 - p})
			return
		}
	}
}
