//go:build race

package compliance_test

// sparse: the race detector makes scoring ten times as slow, so under it every
// eighth scene is played; the figures are made without it.
const sparse = 8
