// Package dedupe spares the platform what it has been asked already: identical
// reads in flight share one answer, and an entity that exists is not created
// again (the guidelines' uniqueness check).
package dedupe
