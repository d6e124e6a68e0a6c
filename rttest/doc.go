// Package rttest checks that a wrapper around an http.RoundTripper keeps the
// promises which callers of net/http rely on without thinking of them: the
// request stays untouched and its body is closed on every path, a response is
// streamed and keeps its trailers, a cancelled call returns at once with the
// caller's error, a slot is held until the exchange has ended, and some thirty
// more. Most wrappers in use break several of them.
//
//	func TestContract(t *testing.T) {
//		rttest.Run(t, func(base http.RoundTripper) http.RoundTripper {
//			return mine.New(base)
//		}, rttest.Options{Retries: true})
//	}
//
// Each check is a subtest, over HTTP/1.1 and over HTTP/2 with TLS, and runs in
// a testing/synctest bubble of its own with a real http.Server and
// http.Transport over an in-memory network: no check waits in real time, and a
// goroutine that is left behind fails the check that left it. The wrapper is
// made inside the bubble, once for each check, and closed at the check's end.
//
// What it cannot check: a body that is dropped without Close (the collector does
// not run on a bubble's clock), and whatever a wrapper does for one platform
// only.
package rttest
