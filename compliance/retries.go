package compliance

import "slices"

// retryChain is a request that is tried again and again.
type retryChain struct {
	url         uint64
	first, last int64
	opening     int64 // the first pause
	until       int64 // the platform asked to wait until then; 0: it did not
	n           uint16
}

const maxChains = 8

// retried judges repeats of a request that has just failed: GT405.
func (l *look) retried() {
	x, t := l.x, &l.k.cfg.Thresholds
	id := mix(x.url, uint64(len(x.method)))
	i := slices.IndexFunc(l.t.retries, func(c retryChain) bool { return c.url == id })
	if i < 0 && !x.failed() {
		return
	}
	if i < 0 {
		if len(l.t.retries) < maxChains {
			l.t.retries = append(l.t.retries, retryChain{})
			i = len(l.t.retries) - 1
		} else {
			i = oldestChain(l.t.retries)
		}
		l.t.retries[i] = retryChain{url: id, first: x.at, last: x.at, until: x.pausedTo, n: 1}
		return
	}
	c := &l.t.retries[i]
	if x.at-c.first > 60e9 {
		*c = retryChain{url: id, first: x.at, last: x.at, until: x.pausedTo, n: 1}
		return
	}
	gap, patient := x.at-c.last, c.until != 0 && x.at >= c.until-startSlack
	c.last, c.until = x.at, x.pausedTo
	if !patient { // who waits as long as he is told to is not in haste
		c.n++
	}
	if c.n == 2 && c.opening == 0 {
		c.opening = gap
	}
	if !patient && int(c.n) >= t.HotRetries && float64(gap) < t.HotGrowth*float64(c.opening) {
		l.raise(gt405, alarm{sev: Warning, measured: float64(c.n), threshold: float64(t.HotRetries), unit: "attempts of one request in 60 s, the pauses not growing",
			from: uint32(c.first / 1e9), confidence: 1})
	}
	if !x.failed() {
		l.t.retries = slices.Delete(l.t.retries, i, i+1)
	}
}

func oldestChain(all []retryChain) int {
	oldest := 0
	for i := range all {
		if all[i].last < all[oldest].last {
			oldest = i
		}
	}
	return oldest
}
