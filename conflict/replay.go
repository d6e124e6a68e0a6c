package conflict

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/goodtenant/goodtenant/internal/call"
)

// The way of a write, one method a state:
//
//	state    event                                         next
//	begin    nothing to change, version current and fresh  answer: nothing-to-change
//	begin    the version named is known to be past         fetch
//	begin    otherwise                                     send
//	send     error                                         error
//	send     no conflict                                   its answer
//	send     the same is asked for again                   pause, send
//	send     a version is wanted                           its answer: no-version
//	refused  not to be replayed                            its answer: not-replayable
//	refused  attempts used up                              its answer (or *Error): contended
//	refused  otherwise                                     pause, fetch
//	fetch    404, 410                                      that answer: gone; DELETE: answer
//	fetch    no entity or no version to be had             the answer held: refetch-failed
//	compare  the version sent, for the third time          the answer held: version-not-accepted
//	compare  the version sent                              pause, send
//	compare  the change set is there                       answer: already-applied
//	compare  overlap, and the policy says so               *Error, or what Resolve gives
//	compare  otherwise                                     send
//	pause    the context ends                              its error
//	pause    would outlast the deadline                    the answer held: deadline-too-near
//
// No answer is open while another request is sent: a conflict's is held in
// memory, so that it can still be handed over, whole.
type state func() state

// end is the last state; the answer is in x.
func (x *exchange) end(resp *http.Response, err error) state {
	x.resp, x.err = resp, err
	return nil
}

// giveUp hands over the last answer of the platform. Where none is held (the
// version was known to be past), the app's request goes out as it is, and the
// platform says what it thinks.
func (x *exchange) giveUp(why Reason) state {
	if x.held == nil && x.out.Attempts == 0 {
		x.last, x.body, x.tag = true, x.raw, x.appTag()
		return x.send
	}
	x.out.Reason = why
	x.counts.GaveUp++
	x.conflicted(Conflicted{Attempt: x.out.Attempts, Status: x.held.StatusCode, Overlaps: x.out.Overlaps, Next: why})
	return x.end(x.held, nil)
}

func (x *exchange) fail(why Reason, overlaps []string, ours []byte) state {
	e := &Error{Ours: ours, Version: x.theirsTag, Overlaps: overlaps, Attempts: x.out.Attempts, Reason: why}
	if x.base != nil {
		e.Base = x.base.src
	}
	if x.theirs != nil {
		e.Theirs = x.theirs.src
	}
	x.out.Reason, x.out.Overlaps = why, overlaps
	x.counts.GaveUp++
	x.conflicted(Conflicted{Attempt: x.out.Attempts, Overlaps: overlaps, Next: why})
	return x.end(nil, e)
}

// appTag is the version as the app wrote it.
func (x *exchange) appTag() string { return x.t.cfg.Dialect.precondition(x.req, x.ours) }

func (x *exchange) begin() state {
	if x.tag == "" && x.t.cfg.AutoIfMatch.Enabled(false) && (x.kind == patch || x.kind == ops) {
		if err := x.nameVersion(); err != nil {
			return x.end(nil, err)
		}
	}
	x.out.BaseKnown = x.base != nil
	if x.tag != "" || !x.t.cfg.AutoIfMatch.Enabled(false) { // without a version it goes out as written
		x.minimise()
	}
	entity, unneeded := x.unneeded()
	if x.out.Members > 0 {
		x.minimised(Minimised{Members: x.out.Members, Removed: x.out.Removed, BytesBefore: len(x.raw), BytesLeft: len(x.body), NoRequest: unneeded})
	}
	if unneeded {
		x.counts.NoRequest++
		return x.end(x.answer(NothingToChange, entity), nil)
	}
	if x.byApp && !x.updating && x.replayable() && x.t.memory.ended(x.key, x.tag) {
		x.counts.KnownStale++
		return x.fetch
	}
	return x.send
}

// nameVersion chooses the version for a write that names none, and reads the
// entity where a sparse body has none yet. The error is the context's.
func (x *exchange) nameVersion() error {
	if !x.chooseVersion() && !x.whole {
		answer, err := x.read()
		if err != nil && x.req.Context().Err() != nil {
			return context.Cause(x.req.Context())
		}
		if answer == nil && err == nil {
			if x.judgeWhole(x.theirs); !x.whole {
				x.tag, x.out.Versioned = x.theirsTag, true
				if x.kind == ops { // nothing is taken out of a JSON Patch: the version may be its base
					x.base = x.theirs
				}
			}
		}
	}
	if x.out.Versioned {
		x.counts.Versioned++
	}
	return nil
}

// chooseVersion takes a version that is remembered. A body that restates the
// entity is only right for the version it was made from: it gets the one that the
// app was given, where that is certain, and never one read after it was built.
func (x *exchange) chooseVersion() bool {
	now := time.Now()
	newest, current := x.t.memory.newest(x.key, now)
	if newest.body != nil && !x.whole {
		if d, err := parse(newest.body); err == nil {
			x.judgeWhole(d)
		}
	}
	switch {
	case !x.known:
	case x.whole:
		if v, ok := x.t.memory.only(x.key, x.who, now); ok {
			x.tag, x.out.Versioned = v.tag, true
			x.useBase(v)
		}
	case current && newest.who == x.who:
		x.tag, x.out.Versioned = newest.tag, true
		if x.kind == ops {
			x.useBase(newest)
		}
	}
	return x.out.Versioned
}

// send makes one attempt.
func (x *exchange) send() state {
	resp, err := x.attempt()
	if err != nil {
		x.t.memory.end(x.key, "") // it may have been done all the same
		return x.end(nil, err)
	}
	switch x.t.cfg.Dialect.meaning(resp.StatusCode, x.tag != "", func() []byte { return peek(resp) }) {
	case stale:
		return x.refused(resp)
	case again:
		x.conflicts++
		if x.out.Attempts < x.t.cfg.MaxAttempts && !x.last && hold(resp) {
			x.held = resp
			return x.pause(x.backoff(), x.send)
		}
		x.out.Reason = Contended
	case required:
		x.counts.Conflicts++
		x.counts.GaveUp++
		x.out.Reason = NoVersion
		x.conflicted(Conflicted{Attempt: x.out.Attempts, Status: resp.StatusCode, Next: NoVersion})
	default:
		x.accepted(resp)
	}
	return x.end(resp, nil)
}

// attempt sends the body as it stands, with the version as it stands.
func (x *exchange) attempt() (*http.Response, error) {
	ctx := x.req.Context()
	resent := x.out.Attempts > 0 || x.out.Refetches > 0 && x.byApp && !x.last
	if resent {
		ctx = call.WithOrigin(ctx, call.Replay)
	}
	req := x.req.Clone(ctx)
	b := x.body
	if x.tag != "" && x.tag != x.appTag() {
		b = x.t.cfg.Dialect.name(req, b, x.tag)
	}
	if x.kind != remove {
		setBody(req, b)
	}
	if key := req.Header.Get("Idempotency-Key"); key != "" && resent {
		// Another body under the same key would be answered with the stored 412.
		req.Header.Set("Idempotency-Key", key+"-r"+strconv.Itoa(max(x.out.Attempts, 1)))
	}
	if x.out.Attempts++; x.out.Attempts > 1 {
		x.counts.Replays++
	}
	start := time.Now()
	resp, err := x.t.send(req)
	x.roundTrip = time.Since(start)
	return resp, err
}

// accepted takes note of an answer that is no conflict.
func (x *exchange) accepted(resp *http.Response) {
	if resp.StatusCode >= 300 {
		return
	}
	tag := x.tag
	if tags, ok := splitTags(tag); ok && len(tags) > 1 {
		tag = ""
	}
	x.t.memory.end(x.key, tag)
	if x.conflicts > 0 || x.out.Refetches > 0 && x.byApp && !x.last {
		x.out.Reason = Replayed
	}
	x.t.watch(x.req, resp, x.t.memory.tick(), true)
}

// refused judges a conflict.
func (x *exchange) refused(resp *http.Response) state {
	x.conflicts++
	x.counts.Conflicts++
	why := Passed
	switch {
	case x.updating:
		return x.end(resp, nil)
	case x.last:
		why = RefetchFailed
	case !x.replayable():
		why = NotReplayable
	case x.out.Attempts >= x.t.cfg.MaxAttempts:
		why = Contended
	case !hold(resp):
		why = NotReplayable
	}
	x.held = resp
	if why == Contended && x.t.cfg.FailContended {
		hold(resp)
		resp.Body.Close()
		return x.fail(Contended, x.out.Overlaps, x.body)
	}
	if why != Passed {
		return x.giveUp(why)
	}
	wait := time.Duration(0)
	if x.conflicts > 1 {
		wait = x.backoff()
	}
	x.conflicted(Conflicted{Attempt: x.out.Attempts, Status: resp.StatusCode, Next: Replayed, Wait: wait})
	if x.t.cfg.Hooks.Conflicted != nil { // told at once, without the turn; what others write meanwhile is read next
		x.leave()
		x.tell()
		if err := x.enter(); err != nil {
			return x.end(nil, err)
		}
	}
	return x.pause(wait, x.fetch)
}

// replayable: sending it again over another version can be right at all.
func (x *exchange) replayable() bool {
	switch x.kind {
	case put, ops:
		return x.base != nil
	case patch:
		return x.base != nil || !x.whole
	}
	return true
}
