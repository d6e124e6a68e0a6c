// Package goodtenant makes an app a good tenant of the platform whose API it
// calls. It wraps the http.Client that the app already has; no call site changes:
//
//	client, err := goodtenant.Wrap(client, goodtenant.WithGuidelines(profile.Reapit()))
//
// # What changes for the caller, compared with the plain client
//
//   - A call may wait: for a slot, for its turn, for a pause that the platform
//     asked for. It waits at most until its context's deadline, and is refused at
//     once with a [limiter.RefusedError] when it could not start before that.
//   - A 429 is waited out and the call sent again, where that is safe. The last
//     one is handed back as the response it is: a response that was received is
//     returned with a nil error whatever its status.
//   - A PATCH sends only the members that differ from the version it names. After
//     a 412 the change set is replayed over the fresh version.
//   - A create of a contact-like entity is preceded by a look-up, and refused with
//     a [dedupe.DuplicateError] where the entity exists.
//   - Identical GETs in flight share one answer.
//   - Conduct that the platform forbids becomes a [compliance.Finding], with the
//     clause, the evidence and the remedy.
//
// # The road a request takes
//
// The order of the layers is fixed; options only switch them on.
//
//	http.Client (redirects, cookies, Timeout), the app's auth transport
//	  WithPerCall    the app's middleware (and the telemetry's logical span)
//	  compliance     intent: what the app asked for
//	  dedupe         uniqueness: is this create a duplicate?
//	  dedupe         coalescing: identical reads in flight share one answer
//	  conflict       minimise PATCH; 412: refetch, replay, resubmit
//	  limiter        admission, then send; retries of 429 and 503 live here
//	  WithPerAttempt the app's middleware, once for each wire attempt
//	  compliance     wire: what the platform saw
//	base transport
//
// Authentication belongs above: dedupe must see the credential to keep two
// principals apart, so wrap the base of an oauth2.Transport, or give oauth2 the
// wrapped client. Only requests to the profile's hosts are under the policy;
// others (token services, pre-signed uploads) pass untouched.
//
// # Into a running app
//
// Every layer can run in [policy.Observe]: it changes, delays and refuses
// nothing and counts what it would have done (see [Transport.Snapshot]). Switch a
// layer at run time with [Transport.SetMode].
//
// # What it will not do
//
// It cannot see other programs that share the app's budget, except by their
// effect: a 429 inside the limits lowers the rate. It does not cache answers, does
// not follow links by itself, does not merge arrays, and makes no call that the
// app did not cause.
package goodtenant
