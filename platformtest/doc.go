// Package platformtest is a strict SaaS platform as a test server, for an app's
// own tests: the guidelines forbid load-testing the real one, its sandbox
// included. It enforces the published limits, serves the platform's resources
// in the platform's manner, goes wrong on demand, and tells afterwards which
// guidelines were broken, by which call and how.
//
//	s := platformtest.NewServer(platformtest.Config{})
//	defer s.Close()
//	runMyApp(s.URL, s.Client())
//	for _, v := range s.Violations() {
//		t.Error(v)
//	}
//
// # Limits
//
// A call is judged when it arrives, by three limits at once: the rate over all
// customers, the calls in flight of its customer (the reapit-customer header;
// one that is missing is a customer too), and the day. One that any of them
// refuses is answered 429 and counts for none, unless Config.CountRejected says
// otherwise. The platform does not publish how it counts; Config.Model chooses
// among the ways in use. A call is in flight from its arrival until just before
// the last byte of its answer is written, so that a client which reads each body
// to its end before the next call is never accused. A client that leaves does
// not shorten the call: the server works on.
//
// # Resources
//
// Contacts, applicants, landlords, vendors, companies, properties, offices,
// negotiators and metadata, for every customer its own, made from Config.Seed.
// Lists have pages, filters, order and embedded entities; an update needs the
// entity tag in If-Match and has merge meaning (RFC 7396), that of metadata is a
// JSON Patch (RFC 6902); a create is answered 201 with a Location and found by
// searches after Config.IndexLag; a delete is soft. Errors have the platform's
// shape. What the published description has beyond that, such as the
// relationships routes, is answered 404.
//
// # Faults
//
// Inject makes one call go wrong, Control hands one call to a handler of the
// test, Edit and Create play another app that works on the same data.
//
// # Time
//
// With Config.InMemory the server runs inside a testing/synctest bubble, where
// an hour of calls takes no time; see the example.
package platformtest
