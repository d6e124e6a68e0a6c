//go:build race

package otelgoodtenant

// raceSlack: the race detector keeps on the heap some of what else is on the
// stack.
const raceSlack = 4
