// Package compliance is a mirror for the app: it watches the calls an app makes
// and says, before the platform does, that it looks like a bulk extractor, a
// scheduled copier or a load test, or that it misses a limit or a rule for
// creates and updates. It changes no call. Only a [Config.Gate], which an app
// must ask for, refuses calls.
//
// A [Checker] sees every call twice. [Checker.Intent] goes outermost: what the
// app asked for. [Checker.Wire] goes innermost: every attempt the platform saw,
// with the retries, lookups and refetches of the layers between. Conduct (limits,
// creates, updates, load) is judged by the wire, purpose (bulk, schedule, claims)
// by the intent.
//
// Answers are scanned for ids and totals while the app reads them. Nothing is
// buffered, read ahead or altered; what the app does not read is not seen. Ids
// are kept as keyed hashes only.
//
// An app says why it calls with [WithInitiator], [FromWebhook], [WithPurpose] and
// [Inbound]. What it says moves thresholds and severities; it switches no rule
// off, and claims that the traffic contradicts are findings of their own. Reads
// bound to an event, ten of each at most, are the event's: whether there was one,
// nobody can tell.
//
// # What it cannot see
//
// Calls that do not pass through it. Rows of an answer that is compressed by the
// app's own choice, is not JSON, or is not read. Whether data was used, unless
// [Checker.Used] says so. A slow copy that reads like a person: few
// rows, repeated reads, irregular hours. Two apps that share one credential.
// Searches by POST, and ids tried by HEAD. What an app sets out to hide: events
// that it makes up, a path or a tenant spelt anew for each call.
package compliance
