// Package otelgoodtenant shows what a goodtenant Transport does, in OpenTelemetry
// traces, metrics and log-based events. It uses the OpenTelemetry API only; the
// SDK and its exporters are the app's choice.
//
//	client, err := goodtenant.Wrap(client,
//		goodtenant.WithGuidelines(profile.Reapit()),
//		otelgoodtenant.Instrument())
//
// # Traces
//
// Each call of the app is one INTERNAL span, "goodtenant GET /contacts/{id}", that
// says why it took as long as it did: how long it waited and for what, how often
// it was sent, whether it was answered by another call's answer, how a conflict
// ended. Below it is one CLIENT span for every attempt on the wire, with
// http.request.resend_count, and one INTERNAL span for every wait of 5 ms or more,
// made when the wait is over. Spans end when the answer's headers are there, as the
// conventions advise for clients whose callers may never read a body; how long
// the slot was held is the metric goodtenant.lease.duration.
//
// A 404 that answers a look-up of our own, and a 412 that is replayed, are what was
// expected: their spans are not marked as errors.
//
// # Beside otelhttp
//
// An otelhttp transport below (as the base, or as a WithPerAttempt middleware that
// comes later) makes the CLIENT spans, the duration metric and the propagation
// itself; this package then leaves them out. Give that transport
// [Annotate](base) as its own base to have the route and the resend count on its
// spans. An otelhttp transport above the client covers waits and retries with its
// one CLIENT span; this package then adds no span around the call, makes the
// attempts INTERNAL, and leaves the duration metric out. Below is the better place.
//
// # What leaves the process
//
// No header, no body, no error text, no path as it was sent: a path appears as
// the template that the profile (or [WithRoutes]) has for it, else as "{other}". Of
// a query, the names of well-known parameters and the values of an allow-list
// ([WithQueryValues]) are shown; all else is REDACTED. A tenant appears nowhere unless [WithTenants] allows it.
//
// # When nobody listens
//
// Without an SDK a call costs no allocation more. A batch processor (the SDK's
// default) drops what a dead exporter does not take and never holds a call up; a
// simple processor exports on the call's own time, and is for tests.
package otelgoodtenant
