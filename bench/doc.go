// Package bench measures goodtenant beside its peers, in one run and in turn, since
// a machine's speed changes from minute to minute: what counts is the ratio. It is a
// module of its own, so that the peers are nobody else's dependencies:
//
//	cd bench && GOWORK=off go test -bench . -benchmem
package bench
