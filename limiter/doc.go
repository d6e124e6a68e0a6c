// Package limiter keeps a platform's limits for an app that calls it: rates over
// any sliding window, calls in flight, and units a day, for the whole app and for
// each tenant, in one admission.
//
// # What changes for the caller
//
// A Transport is an http.RoundTripper around another one. A call waits until the
// limits allow it, with what is fair between tenants and priorities; it is refused
// at once, with a bare *RefusedError, where waiting is in vain (the day is spent,
// its deadline is nearer than its earliest possible start, the queue is full). A
// 429, and a 503 with Retry-After, close the limit's scope for everyone and are
// sent again through the queue, within a budget. An answer that came is returned
// as it is, the last 429 too. Redirects, lookups, refetches and re-sends are calls
// like any other.
//
// # What is counted
//
// A platform counts arrivals, and it counts a call as in flight from its arrival
// until its own work is done. So a window's entry is stamped when the request is
// written, not when it is granted, and a slot is kept until the exchange has
// really ended:
//
//   - at the end of the answer (EOF), or when an answer without content came;
//   - after an early Close or a caller who has left, when the exchange that runs
//     on without them has ended: 256 KiB and 30 seconds at most (Config.RunOn);
//   - after what was cut off, when Config.Linger has passed;
//   - for a body that was dropped, when the collector has found it and somebody
//     waits for the slot. Over HTTP/2 a connection keeps its unread streams'
//     answers alive, so that only Config.MaxHold finds those.
//
// A small JSON answer of known length is read inside RoundTrip, so that its slot
// does not depend on the app's care (Config.ReadAhead).
//
// # The guarantee of Strict
//
// Let a call's request begin to be written at s, arrive at the platform's counter
// at a, and its answer be seen here at r. Whatever the delays, s <= a <= r: that
// is causality, on one clock. Strict has N entries for a limit of N in W; an entry
// is taken before s and is free again at r + W.
//
// Then no window of length W at the platform, wherever it begins, holds more than
// N arrivals. Proof: of N+1 arrivals in it, two used the same entry, one after the
// other. The later was written after the entry was free, so a2 >= s2 >= r1 + W >=
// a1 + W: it is not in the same window. It covers fixed windows of any phase, and
// it is the least careful rule that does: who knows only s and r cannot tell where
// between them a lies. Its price is rate: N/(W+L) at a latency of L, 90.9 % of
// 20/s at 100 ms.
//
// Config.Floor gives that back: a call that takes at least F frees its entry at
// r + W - F. With a time that the app vouches for the proof holds. LearnFloor
// takes it from what was seen, which is a guess about the future: when the
// platform gets faster than it has ever been, more than N can arrive.
//
// # Balanced
//
// Balanced frees an entry at w + J + W, where w is when the request was written
// and J, the guard, is how much the way's delay may vary: 10 ms, or less where
// answers vary by less, and never more than the gap between two calls. While that
// is true no window holds more than N, at N/(W+J) of the rate: 99 %. Calls that
// follow each other are spaced by (W+J)/N, since many platforms refuse bursts that
// a window would allow; after a rest Config.Burst calls go at once.
//
// A 429 although we kept to the limits means that something here is not as it
// seems: another client shares the budget, or the platform counts otherwise. Then
// the burst goes, the guard grows, and if that does not help the rate shrinks, the
// windows follow the Strict rule with LearnFloor, and the scope pauses. Quiet time
// gives it all back. Hooks.Adapted and Snapshot show it.
//
// # What no client can promise
//
//   - A call without an answer (cut, timed out) has no r: its entry and slot are
//     kept for Linger, and the guarantee holds if the platform is done by then.
//   - net/http sends a request again by itself when a kept-alive connection turns
//     out dead or an HTTP/2 stream was refused. The second write of one attempt
//     waits for a window's entry and a day's unit of its own. What it cannot have is
//     a second slot: where a connection is cut while the platform goes on with the
//     first try, that looks like a dead idle connection from here, and one more
//     call than the limit may be in flight.
//   - Over HTTP/1.1 an answer of known length may be complete before its handler
//     is: Config.ReleaseDelay is for such platforms. Over HTTP/2 the end of the
//     stream says it.
//   - The stamp is the hand-over to the connection's buffer; the guard covers the
//     microseconds after it. A base that calls no httptrace hooks is stamped at its
//     answer.
//   - Other clients of the same budget, and proxies that send calls again, are seen
//     only by their 429s.
//   - A base with HTTP2.StrictMaxConcurrentRequests hangs in net/http itself once a
//     server allows fewer streams than there are slots; leave it off.
//
// # Observe
//
// With policy.Observe calls go as without the Transport: under the app's own
// context, none delayed, refused, read ahead or sent again. Everything is counted
// all the same; Snapshot.Would says what Enforce would have done, and a step to
// Enforce knows the calls made before it.
//
// # Time
//
// Durations are counted on the monotonic clock, in whole nanoseconds; only days
// look at the wall clock, and no clock that is set, forward or back, gives units
// back early. A Transport made, used and closed inside one testing/synctest bubble
// works there.
package limiter
