// Package status shows what a goodtenant Transport does now, as a page for people
// and as JSON for programs:
//
//	go status.ListenAndServe("", transport) // http://127.0.0.1:6060
//
// or, on a mux of the app's own, behind its own login:
//
//	mux.Handle("/debug/goodtenant", status.Handler(transport))
//
// The page is one answer: no script, no image, no other request. It comes anew by
// itself every two seconds. It shows no header, no body, no path and no query;
// tenants appear as a digest unless [ShowTenants] is given. Who may see it is for
// the app to decide: Handler has no login, and [ListenAndServe] is for this
// machine unless it is told otherwise.
package status
