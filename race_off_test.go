//go:build !race

package goodtenant_test

const raceEnabled = false
