package compliance

import (
	"slices"
	"strings"
	"time"
)

// inBounds tells whether a call keeps what its purpose declares; period is that
// of a schedule, 0 where it is not about one.
func (l *look) inBounds(period time.Duration) bool {
	x, p := l.x, l.x.purpose
	switch {
	case !p.covers(x.route):
		return false
	case !p.Review.IsZero() && x.time().Truncate(24*time.Hour).After(p.Review):
		return false
	case !p.hoursAllow(x.time()):
		return false
	case period > 0 && float64(period) < 0.9*float64(p.Every):
		return false
	case p.MaxShare > 0 && l.s != nil && l.n > 0 && share(l.s.cover[0].distinct(), l.n) > p.MaxShare:
		return false
	}
	if x.entity != 0 || len(x.q.ids) > 0 || len(p.Query) == 0 || x.rawURL == nil { // of a merge: no request to look at
		return true
	}
	sent := strings.Split(paramNames(x.rawURL.RawQuery), "&")
	return !slices.ContainsFunc(p.Query, func(name string) bool { return !slices.Contains(sent, name) })
}

func (p *Purpose) covers(r *routeInfo) bool {
	return slices.ContainsFunc(p.Routes, func(name string) bool {
		return name == r.template || strings.Trim(name, "/") == r.collection
	})
}
