//go:build race

package compliance

// sparse: under the race detector, which finds nothing in what one goroutine does,
// every eighth edge is tried in each guise.
const sparse = 8
