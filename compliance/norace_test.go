//go:build !race

package compliance

const sparse = 1
