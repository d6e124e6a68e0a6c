//go:build !race

package otelgoodtenant

const raceSlack = 0
