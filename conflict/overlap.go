package conflict

import (
	"encoding/json"
	"errors"
)

// compare decides over the fresh version.
func (x *exchange) compare() state {
	if x.theirsTag == x.tag && x.out.Attempts > 0 {
		if x.sameTag++; x.sameTag > 2 {
			x.t.warn(&x.t.warned.notAccepted, "the platform refuses the very version it hands out: does the version depend on the representation (Accept, a projection)?")
			return x.giveUp(VersionNotAccepted)
		}
		return x.pause(sameTagWait+x.backoff(), x.send)
	}
	fresh := x.theirsTag
	switch x.kind {
	case remove:
		if x.t.cfg.OnOverlap == FailOnOverlap && (x.base == nil || !exact.equal(x.base, 0, x.theirs, 0)) {
			return x.fail(Overlap, []string{""}, nil)
		}
	case ops:
		if x.ours.doneIn(x.steps, x.theirs) {
			return x.applied()
		}
		if !x.ours.stillMeans(x.steps, x.base, x.theirs) {
			return x.giveUp(Overlap)
		}
		if hit := x.neverReplay(); len(hit) > 0 {
			return x.fail(NotReplayable, hit, x.raw)
		}
	default:
		return x.replayOver(fresh)
	}
	x.tag = fresh
	return x.send
}

// replayOver lays the change set over the fresh version.
func (x *exchange) replayOver(fresh string) state {
	if x.base == nil && x.kind == patch {
		if x.judgeWhole(x.theirs); x.whole {
			return x.giveUp(NotReplayable)
		}
	}
	r := x.rebase(x.theirs)
	changeSet, differs := r.run(), r.changes > 0 || r.members == 0
	if x.kind == put {
		r = x.rebase(x.theirs)
		changeSet, differs = r.runWhole()
	}
	if !differs {
		return x.applied()
	}
	if hit := x.neverReplay(); len(hit) > 0 {
		return x.fail(NotReplayable, hit, changeSet)
	}
	overlaps := r.overlaps
	if x.base == nil && r.members > 0 && (x.t.cfg.OnOverlap == FailOnOverlap || x.t.cfg.Resolve != nil) {
		overlaps = topPointers(changeSet) // nobody knows what the app started from
	}
	x.counts.Overlaps += int64(len(overlaps))
	x.out.Overlaps = overlaps
	x.body, x.tag = changeSet, fresh
	if len(overlaps) > 0 {
		return x.overlapped(overlaps, changeSet)
	}
	return x.send
}

// overlapped lets the policy decide.
func (x *exchange) overlapped(overlaps []string, changeSet []byte) state {
	switch resolve := x.t.cfg.Resolve; {
	case resolve != nil:
		x.leave() // no turn is held across a callback
		e := &Error{Ours: changeSet, Theirs: x.theirs.src, Version: x.theirsTag, Overlaps: overlaps, Attempts: x.out.Attempts, Reason: Overlap}
		if x.base != nil {
			e.Base = x.base.src
		}
		resolved, err := resolve(x.req.Context(), e)
		if err != nil {
			return x.unresolved(err)
		}
		if len(resolved) == 0 {
			return x.fail(Overlap, overlaps, changeSet)
		}
		return x.resolved(resolved)
	case x.t.cfg.OnOverlap == FailOnOverlap:
		return x.fail(Overlap, overlaps, changeSet)
	}
	return x.send
}

// resolved goes on with the app's own answer: it starts from theirs.
func (x *exchange) resolved(answer json.RawMessage) state {
	d, err := parse(answer)
	if err == nil && !d.isObject(0) {
		err = errors.New("conflict: Config.Resolve gave no JSON object")
	}
	if err != nil {
		return x.unresolved(err)
	}
	if err := x.enter(); err != nil {
		return x.end(nil, err)
	}
	x.ours, x.base, x.partial, x.body = d, x.theirs, false, answer
	if x.kind == patch && x.t.cfg.Depth != Off && d.nodes[0].size > 0 {
		r := x.rebase(x.theirs) // an answer made from the whole of theirs is minimised like the app's own
		if x.body = r.run(); r.sent == 0 {
			return x.applied()
		}
	}
	return x.send
}

// unresolved ends a write that Config.Resolve has not decided.
func (x *exchange) unresolved(err error) state {
	x.counts.GaveUp++
	x.out.Reason = Overlap
	return x.end(nil, err)
}

// applied ends a conflict that was none: the platform holds the change set.
func (x *exchange) applied() state {
	x.counts.AlreadyApplied++
	if x.t.cfg.Dialect.Success < 0 { // no answer is made here
		x.body, x.tag = []byte("{}"), x.theirsTag
		if x.kind != patch {
			x.body = x.raw
		}
		return x.send
	}
	return x.end(x.answer(AlreadyApplied, x.theirs.src), nil)
}
