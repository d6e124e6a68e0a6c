package compliance

import "slices"

// watermarks is what the runs of a shape that ask for what has changed since a time
// have in common.
type watermarks struct {
	tile tiling
	back lookback
}

// watermark judges the watermark of a run's first page: GT201. It needs no total.
func (l *look) watermark(sh *shape, now uint32, w int64) {
	if w == 0 {
		return
	}
	if sh.marks == nil {
		sh.marks = &watermarks{}
	}
	l.tile(sh, now, w)
	l.lookBack(sh, now, w)
}

// tiling is a chain of runs, each asking for what changed since about the run
// before.
type tiling struct {
	run       uint32 // start of the last run with a watermark
	watermark int64
	chain     uint16
	since     uint32
}

func (l *look) tile(sh *shape, now uint32, w int64) {
	x, t, c := l.x, &l.k.cfg.Thresholds, &sh.marks.tile
	before := *c
	c.run, c.watermark = now, w
	if before.run == 0 || now <= before.run {
		c.chain, c.since = 0, now
		return
	}
	gap := float64(now - before.run)
	if gap < t.TileGap.Seconds() {
		c.run, c.watermark = before.run, before.watermark
		return
	}
	from, to := float64(before.run)-t.TileBefore*gap, float64(before.run)+t.TileAfter*gap
	if float64(w) < from-1 || float64(w) > to+1 || w <= before.watermark {
		c.chain, c.since = 0, now
		return
	}
	c.chain = clip(int(c.chain) + 1)
	need := t.TileRuns
	if x.user {
		need = t.TileRunsUser
	}
	if int(c.chain) >= need && !l.byHand(sh, now) {
		l.raise(gt201, alarm{sev: Error, measured: float64(c.chain), threshold: float64(need), unit: "runs, each from where the last one ended",
			period: medianGap(sh.runs, now), from: c.since, confidence: 1}.repeats(l, sh))
	}
}

// byHand tells whether a chain may be a person's, who now and then looks for what
// is new since the last look: few rows, at odd times and not by night. So few
// rows need a timer's pace as well: of a few intervals, one that chance hardly has.
func (l *look) byHand(sh *shape, now uint32) bool {
	t, last := &l.k.cfg.Thresholds, sh.runs[max(0, len(sh.runs)-l.k.cfg.Thresholds.TileRuns):]
	if len(last) > 0 && medianOf(last, pastRun.rowCount) >= t.RegularRows {
		return false
	}
	for i, limit := range [...]float64{t.RegularSpread / 3, t.RegularSpread, t.RegularSpread4} {
		n := t.RegularIntervals << i
		if n > len(sh.runs) {
			break
		}
		gaps := gapsOf(sh.runs[len(sh.runs)-n:], now)
		if mid, mad := spread(gaps); mad < limit && slices.Max(gaps) < t.RegularMax*mid {
			return false
		}
	}
	return true
}

func (m *watermarks) code(c *coder) {
	number32(c, &m.tile.run)
	c.int(&m.tile.watermark)
	number32(c, &m.tile.chain)
	number32(c, &m.tile.since)
	b := &m.back
	number32(c, &b.since)
	number32(c, &b.last)
	c.u64(&b.filter)
	c.int(&b.from)
	c.int(&b.at)
	number32(c, &b.runs)
	number32(c, &b.moved)
	number32(c, &b.off)
}
