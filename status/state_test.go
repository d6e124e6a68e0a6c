package status

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/goodtenant/goodtenant"
	"github.com/goodtenant/goodtenant/compliance"
	"github.com/goodtenant/goodtenant/conflict"
	"github.com/goodtenant/goodtenant/dedupe"
	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/policy"
)

// busy is the state of a busy app, with something in each place.
func busy() goodtenant.Snapshot {
	at := time.Date(2026, 11, 25, 14, 3, 20, 0, time.UTC)
	resets, out := at.Add(70*time.Minute), at.Add(3*time.Hour+12*time.Minute)
	r := rand.New(rand.NewPCG(1, 2))
	recent := make([]goodtenant.Activity, 60)
	level := 90.
	for i := range recent {
		level = max(5, min(195, level+r.Float64()*60-30))
		recent[i].Sent = int(level)
		if i == 22 || i == 23 || i == 51 {
			recent[i].Throttled = 1
		}
	}
	slots := func(used int) []limiter.LimitState {
		return []limiter.LimitState{{Name: "concurrent", Kind: limiter.Concurrency, Max: 5, Used: used, Free: 5 - used}}
	}
	s := goodtenant.Snapshot{
		At: at, Profile: "Reapit Foundations",
		Modes:    map[string]policy.Mode{"limiter": policy.Enforce, "conflict": policy.Enforce, "dedupe": policy.Observe, "compliance": policy.Enforce},
		Recent:   recent,
		LastHour: goodtenant.Activity{Sent: 31_204, Delayed: 8_110, Refused: 3, Throttled: 3, Shared: 412, Conflicts: 17, Replayed: 15, Duplicates: 4},
		Conflict: conflict.Stats{Counts: conflict.Counts{NoRequest: 88}, LastHour: conflict.Counts{GaveUp: 2, MembersRemoved: 6_301}},
		Dedupe:   dedupe.Stats{Shared: 2_940, Would: dedupe.Would{Shared: 41, Unchecked: 2}},
		Limiter: limiter.Snapshot{
			At: at, TenantCount: 148, Queued: 23,
			Totals: limiter.Totals{Resent: 5, Hidden: 1, Dropped: 2},
			App: limiter.ScopeState{InFlight: 14, Queued: limiter.Lanes{Interactive: 3, Normal: 8, Background: 12}, OldestWait: 2300 * time.Millisecond,
				Note: "another client shares this budget?",
				Limits: []limiter.LimitState{
					{Name: "per second", Kind: limiter.Rate, Per: time.Second, Max: 20, Used: 17, Free: 3, Guard: 4 * time.Millisecond, Burst: 5, Rate: .8, Level: 1},
					{Name: "day", Kind: limiter.Day, Max: 250_000, Used: 241_870, Free: 8_130, Resets: &resets, RunsOut: &out},
				}},
			Tenants: []limiter.ScopeState{
				{Tenant: "SMITH", InFlight: 5, Limits: slots(5), Queued: limiter.Lanes{Interactive: 2, Normal: 4}, OldestWait: 2300 * time.Millisecond,
					Holders: []limiter.Holder{{Method: "GET", State: "body", Age: 1900 * time.Millisecond}, {Method: "PATCH", State: "waiting", Age: 340 * time.Millisecond},
						{Method: "GET", State: "waiting", Age: 120 * time.Millisecond}, {Method: "GET", State: "sending", Age: 900 * time.Microsecond}, {Method: "POST", State: "waiting", Age: 71 * time.Second}}},
				{Tenant: "JONES", InFlight: 4, Limits: slots(4), Queued: limiter.Lanes{Background: 12}, OldestWait: 900 * time.Millisecond,
					Holders: []limiter.Holder{{Method: "GET", State: "waiting", Age: 80 * time.Millisecond}}},
				{Tenant: "PATEL", InFlight: 1, Limits: slots(1), PausedFor: 4200 * time.Millisecond, Pause: "the platform asked for it (Retry-After)",
					Holders: []limiter.Holder{{Method: "GET", State: "waiting", Age: 44 * time.Millisecond}}},
				{Tenant: "", Limits: slots(0)},
			},
			Recent: []limiter.Throttle429{
				{At: at.Add(-6 * time.Minute), Status: 429, Kind: limiter.Rate, Wait: time.Second, Inside: true},
				{At: at.Add(-90 * time.Second), Status: 429, Kind: limiter.Concurrency, Scope: limiter.Tenant, Wait: 5 * time.Second},
			},
		},
		Findings: []compliance.Finding{
			{Rule: "GT607", Title: "no api version", Clause: "api", Severity: compliance.Note, Count: 1, Measured: 1, Unit: "calls",
				Tenant: "SMITH", Site: "sync/client.go:88", Remedy: "Send the api-version header with every call."},
			{Rule: "GT101", Title: "page sweep", Clause: "bulk", Severity: compliance.Error, Count: 14, Measured: 9_870, Threshold: 500, Unit: "rows",
				Tenant: "JONES", Collection: "/contacts", Stream: "nightly", Site: "export/run.go:212", Message: "9,870 rows of /contacts were read page by page",
				Evidence: []compliance.Evidence{{Method: "GET", Template: "/contacts"}}, Fingerprint: "f00",
				Remedy: "Ask for what a user looks at, when they look at it; take changes from webhooks."},
			{Rule: "GT402", Title: "polling by the clock", Clause: "schedule", Severity: compliance.Warning, Count: 3, Measured: 60, Threshold: 300, Unit: "s",
				Tenant: "SMITH", Site: "cron/poll.go:31", Remedy: "Subscribe to the webhook of this entity."},
		},
	}
	return s
}

// crowded is as much state as a Snapshot may hold, with the longest of names.
func crowded() goodtenant.Snapshot {
	s := busy()
	long := fmt.Sprintf("%01000d", 7)
	for i := range limiter.SnapshotTenants {
		t := limiter.ScopeState{Tenant: long + fmt.Sprint(i), Pause: long, Note: long, PausedFor: time.Hour, Limits: s.Limiter.Tenants[0].Limits}
		for range 16 {
			t.Holders = append(t.Holders, limiter.Holder{Method: long, State: "waiting", Age: time.Second})
		}
		s.Limiter.Tenants = append(s.Limiter.Tenants, t)
	}
	for range 200 {
		s.Findings = append(s.Findings, s.Findings[1])
		s.Limiter.Recent = append(s.Limiter.Recent, s.Limiter.Recent[0])
	}
	return s
}
