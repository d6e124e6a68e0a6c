// Package dedupe spares the platform what it has been asked already: identical
// reads in flight share one answer, and an entity that exists is not created a
// second time.
//
// A [Transport] is an http.RoundTripper; put it below the transport that adds
// credentials. Compared with a plain client:
//
//   - A GET or HEAD that is identical to one in flight sends nothing: it gets its
//     own copy of that one's answer. Identical means the same method, endpoint,
//     tenant, URL byte for byte and request headers, credentials included; only
//     headers of tracing and the like may differ (Coalesce.Ignore). Without a
//     credential in sight nothing is shared.
//   - The flight belongs to all who wait for it. Who leaves gets the error of its
//     own context, at once; the last one to leave cancels the request. A write
//     by this process ends joining for what it may have changed, so that a read
//     after a write is never answered from before it.
//   - Nothing is shared that is one caller's own or may not end: answers with
//     Set-Cookie, Cache-Control: no-store or Vary: *, event streams, bodies
//     above Coalesce.MaxBody, and bodies of unknown length that take more than
//     two seconds. Those who had joined then fetch for themselves. Ranges,
//     conditional reads, reads with a body and upgrades are left alone.
//   - A create under a [Rule] is looked up first. Where its entity exists, the
//     call ends in [*DuplicateError] and nothing is sent, or in what Policy says.
//     Where that cannot be found out, it ends in [*CheckError].
//
// # Uniqueness
//
// The usage guidelines ask for a uniqueness check before a contact, or an entity
// that is made of contacts, is added. Searches alone do not give one: they find
// loosely, they lag behind, and two creates may pass each other. So the rows found
// are compared exactly, after normalisation; one create of a key is under way at
// a time, in this process and, with [Locks], over all replicas; what was created
// is remembered for Config.Remember; a create whose answer was lost is in doubt
// until a search shows it or that time is over. A response is handed on whatever
// its status: 409 is remembered, not turned into an error.
//
// A checked create is sent without GetBody, so that net/http does not send it
// again by itself. Its lookups pass the layers below like any other call: they
// are paced and counted.
//
// # What it does not do
//
// It does not search for a person under every key: the first usable key of a rule
// decides, unless Rule.EveryKey is set. It does not know of creates that bypass
// it: those of other apps are seen once the platform's search shows them. It
// keeps values only as keyed hashes, so it cannot say which value matched. Where
// no tenant is known, creates under two credentials are apart, for their
// entities may be.
//
// Under policy.Observe it sends no call of its own and changes, delays and refuses
// none; [Stats].Would counts what Enforce would have done.
package dedupe
