package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// result is what one run came to.
type result struct {
	Name         string         `json:"name"`
	Calls        int            `json:"calls"`
	TooMany      int            `json:"answered_429"`
	MostInSecond int            `json:"most_in_any_second"`
	MostInFlight int            `json:"most_in_flight_per_customer"`
	Unchanged    int            `json:"unchanged_members_sent"`
	Jobs         int            `json:"jobs_done"`
	Failures     int            `json:"failures"`
	Reasons      map[string]int `json:"reasons,omitempty"`
	Seconds      float64        `json:"wall_seconds"`
}

// table sets the runs side by side, with what each line means.
func table(results []result) string {
	var b strings.Builder
	row := func(name string, cell func(result) string, meaning string) {
		fmt.Fprintf(&b, "%-28s", name)
		for _, r := range results {
			fmt.Fprintf(&b, "%12s", cell(r))
		}
		fmt.Fprintf(&b, "   %s\n", meaning)
	}
	count := func(f func(result) int) func(result) string {
		return func(r result) string { return fmt.Sprint(f(r)) }
	}
	b.WriteByte('\n')
	row("", func(r result) string { return r.Name }, "")
	row("calls", count(func(r result) int { return r.Calls }), "that left the program")
	row("answered 429", count(func(r result) int { return r.TooMany }), "over a limit; the guideline wants none")
	row("most in any second", count(func(r result) int { return r.MostInSecond }), "the platform allows 20")
	row("most in flight / customer", count(func(r result) int { return r.MostInFlight }), "the platform allows 5")
	row("unchanged members sent", count(func(r result) int { return r.Unchanged }), "a PATCH should send what changes")
	row("jobs done", count(func(r result) int { return r.Jobs }), "a search, a read and a write that all succeeded; with -url, a read")
	row("failures the program saw", count(func(r result) int { return r.Failures }), "jobs that ended in an error")
	row("wall time", func(r result) string { return fmt.Sprintf("%.1fs", r.Seconds) }, "work that has begun is finished: calls that wait for their turn take longer")
	for _, r := range results {
		for _, reason := range slices.Sorted(maps.Keys(r.Reasons)) {
			fmt.Fprintf(&b, "\n%s: %d jobs failed, %s", r.Name, r.Reasons[reason], reason)
		}
	}
	b.WriteByte('\n')
	return b.String()
}
