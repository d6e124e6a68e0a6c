//go:build !race

package compliance_test

const sparse = 1
