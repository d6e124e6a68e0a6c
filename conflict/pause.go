package conflict

import (
	"context"
	"math/rand/v2"
	"net/http"
	"time"
)

// pause waits before then.
func (x *exchange) pause(d time.Duration, then state) state {
	ctx := x.req.Context()
	if deadline, ok := ctx.Deadline(); ok && d > 0 && time.Until(deadline) <= d {
		return x.giveUp(DeadlineTooNear)
	}
	if err := sleep(x.req, d); err != nil {
		return x.end(nil, err)
	}
	return then
}

// sleep waits for d, or for the request to be given up.
func sleep(req *http.Request, d time.Duration) error {
	ctx := req.Context()
	if d <= 0 {
		return context.Cause(ctx)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-req.Cancel: //nolint:staticcheck // http.Client still sets it
		return context.Canceled
	}
}

// backoff draws the wait after a repeated conflict, never from a range shorter
// than a round trip. The first conflict is mostly a stale screen, and waits for
// nothing; one that comes again is a crowd, and the range is wide at once.
func (x *exchange) backoff() time.Duration {
	c := &x.t.cfg
	return jitter(max(c.Backoff, min(x.roundTrip, c.MaxBackoff)), c.MaxBackoff, x.conflicts)
}

// jitter draws from the whole of a range that grows fourfold with each conflict
// after the first, up to most.
func jitter(span, most time.Duration, conflicts int) time.Duration {
	for ; conflicts > 1 && span < most; conflicts-- {
		span *= 4
	}
	return rand.N(min(span, most)) + 1
}

// sameTagWait is the least wait before the platform is given the very version
// that it has just refused and then handed out again.
const sameTagWait = time.Second
