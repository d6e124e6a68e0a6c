// Package platformtest is a strict SaaS platform as a test server: it enforces
// the published limits, knows the platform's resources and conventions, goes
// wrong on demand, and tells afterwards which guidelines were broken. Test an
// app against it instead of load-testing the sandbox.
package platformtest
