//go:build race

package conflict

// raced: the race detector is on, and slows different code differently.
const raced = true
