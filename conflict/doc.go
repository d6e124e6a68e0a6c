// Package conflict makes an app's writes carry only what they change, and wins the
// 412 without losing anyone's edit.
//
// Several apps work on one customer's data at once. The platform's guidelines
// therefore ask two things of an update: that a PATCH sends only the members that
// change, and that after a 412 (the version was stale) the app reads the entity
// anew, makes its change again over the fresh version, and submits that. A program
// that sends whole entities and gives up, or sends them again with a new version,
// undoes what others have written. With a [Transport] under its http.Client the
// same program keeps both rules:
//
//   - Versions are remembered as the app reads them: from the answers to its GETs,
//     single entities and the rows of lists, per tenant and principal, bounded in
//     bytes and time.
//   - A PATCH that names one of them (If-Match, a version member in its body,
//     [WithBase]) is sent without the members that equal it. What is sent keeps the
//     app's bytes; numbers are compared to the last digit, strings by what they say.
//   - When the platform refuses the version, the entity is read anew, the change
//     set is laid over it three-way, and sent with the new version: at most
//     Config.MaxAttempts times, with jittered pauses that never outlast the
//     context's deadline. Writes of this process to one entity go one after the
//     other. Each read and each attempt is a call of its own to the base below, so a
//     limiter there paces and counts it, and no answer is open meanwhile.
//   - Members changed on both sides are an overlap: replayed and reported by
//     default, or an [*Error] with the three documents, or Config.Resolve's word.
//   - A conflict that is only the echo of our own lost reply is seen to be one.
//
// What was done is told by [Details], by the [Hooks] and by Transport.Stats. The
// caller's request is never changed, and every answer that came from the platform
// is returned as it came, whatever its status.
//
// # What it will not do
//
// It touches no request that is bound to its bytes (digests, signatures,
// Content-Encoding) or to another precondition (If-None-Match, If-Match: *), whose
// body cannot be had again (no GetBody), is larger than Config.MaxBody, or is not
// strict JSON. It never replays a body that restates the whole entity when the
// version it was made from is unknown, nor a JSON Patch that hangs on array
// positions. It cannot know that a value was computed from the old one: list
// counters in Config.NeverReplay, and change them with [Update]. Two members that
// only make sense together are two members to it. An entity whose version is a
// pair of numbers is not supported.
//
// Observe mode sends every request as it is, and counts in Stats.Would what
// Enforce would have done.
package conflict
