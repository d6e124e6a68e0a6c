package otelgoodtenant

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/goodtenant/goodtenant"
	"github.com/goodtenant/goodtenant/compliance"
	"github.com/goodtenant/goodtenant/conflict"
	"github.com/goodtenant/goodtenant/dedupe"
	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/policy"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	nooplog "go.opentelemetry.io/otel/log/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// everything makes each hook tell something, once.
func (r *rig) everything(ctx context.Context, tenant string) {
	l, c, d, k := r.tel.limiterHooks(), r.tel.conflictHooks(), r.tel.dedupeHooks(), r.tel.complianceHooks()
	l.Admitted(ctx, limiter.Admitted{Tenant: tenant, Priority: limiter.Interactive, Wait: time.Second, Waits: limiter.Waits{
		Day: time.Second / 8, Slot: time.Second / 8, Rate: time.Second / 8, Pause: time.Second / 8, Store: time.Second / 8}})
	l.Refused(ctx, &limiter.RefusedError{Tenant: tenant, Reason: limiter.QueueFull, Limit: limiter.PerSecond(20)})
	l.Refused(ctx, &limiter.RefusedError{Tenant: tenant, Reason: limiter.Closed})
	l.Ended(ctx, limiter.Ended{Tenant: tenant, Took: time.Second, How: limiter.EndEOF})
	l.Throttled(ctx, limiter.Throttled{Tenant: tenant, Status: 429, Kind: limiter.Rate, Inside: true, Wait: 2 * time.Second})
	l.Resent(ctx, limiter.Resent{Tenant: tenant, Attempt: 1, Wait: time.Second})
	l.Resent(ctx, limiter.Resent{Tenant: tenant, Attempt: 1, Hidden: true})
	l.Adapted(ctx, limiter.Adapted{Tenant: tenant, Limit: limiter.PerSecond(20), Level: 1, Rate: .8})
	l.Day(ctx, limiter.DayLevel{Tenant: tenant, Limit: limiter.PerDay(100), Percent: 80, Used: 80})
	c.Minimised(ctx, conflict.Minimised{Members: 9, Removed: 7, NoRequest: true})
	c.Conflicted(ctx, conflict.Conflicted{Attempt: 1, Status: 412, Next: conflict.Replayed, Wait: time.Second})
	c.Finished(ctx, conflict.Outcome{Reason: conflict.Replayed, Attempts: 2})
	d.Shared(ctx, dedupe.SharedRead{})
	d.Shared(ctx, dedupe.SharedRead{Mode: policy.Observe, Reused: true})
	d.Duplicate(ctx, dedupe.Duplicate{Rule: tenant, Key: tenant, Matches: 1, Action: dedupe.Refuse})
	d.Unchecked(ctx, dedupe.Unchecked{Rule: tenant, Reason: dedupe.NoKey, Sent: true})
	d.Lookup(ctx, dedupe.Lookup{Rule: tenant, Calls: 1, Matches: 1})
	d.Lookup(ctx, dedupe.Lookup{Rule: tenant, Calls: 1, Err: errors.New(tenant)})
	k.Finding(ctx, compliance.Finding{Rule: "GT101", Title: "page sweep", Clause: "bulk", Severity: compliance.Error, Tenant: tenant,
		Stream: tenant, Collection: tenant, Site: tenant, Message: tenant, Count: 2, Measured: 9, Threshold: 5})
	k.Gated(ctx, compliance.GateError{Rule: "GT101", Tenant: tenant, Stream: tenant})
	k.Evicted(ctx, compliance.Eviction{Tenant: tenant, Collection: tenant})
}

// each metric that is recorded as things happen, with the points that everything
// makes; histograms are counted.
var recorded = map[string]struct {
	unit   string
	points map[string]float64
}{
	"http.client.request.duration": {"s", map[string]float64{
		"http.request.method=GET http.response.status_code=200 server.address=api.test server.port=443": 1}},
	"goodtenant.request.time_in_queue": {"s", map[string]float64{"goodtenant.observed=false goodtenant.priority=interactive": 1}},
	"goodtenant.wait.duration": {"s", map[string]float64{
		"goodtenant.observed=false goodtenant.wait.cause=backoff": 1,
		"goodtenant.observed=false goodtenant.wait.cause=day":     1,
		"goodtenant.observed=false goodtenant.wait.cause=pause":   1,
		"goodtenant.observed=false goodtenant.wait.cause=queue":   1,
		"goodtenant.observed=false goodtenant.wait.cause=rate":    1,
		"goodtenant.observed=false goodtenant.wait.cause=slot":    1,
		"goodtenant.observed=false goodtenant.wait.cause=store":   1}},
	"goodtenant.lease.duration": {"s", map[string]float64{"goodtenant.lease.end=eof": 1}},
	"goodtenant.requests.refused": {"{request}", map[string]float64{
		"goodtenant.limit.kind=rate goodtenant.limit.scope=app goodtenant.observed=false goodtenant.refused.reason=queue-full": 1,
		"goodtenant.limit.kind=none goodtenant.limit.scope=none goodtenant.observed=false goodtenant.refused.reason=closed":    1}},
	"goodtenant.requests.resent": {"{request}", map[string]float64{"goodtenant.resend.hidden=false": 1, "goodtenant.resend.hidden=true": 1}},
	"goodtenant.throttles": {"{response}", map[string]float64{
		"goodtenant.limit.kind=rate goodtenant.limit.scope=app goodtenant.throttle.inside_limits=true http.response.status_code=429": 1}},
	"goodtenant.requests.saved": {"{request}", map[string]float64{
		"goodtenant.observed=false goodtenant.saved.reason=coalesced": 1,
		"goodtenant.observed=true goodtenant.saved.reason=reused":     1,
		"goodtenant.observed=false goodtenant.saved.reason=no_change": 1,
		"goodtenant.observed=false goodtenant.saved.reason=duplicate": 1}},
	"goodtenant.patch.members.removed": {"{member}", map[string]float64{"goodtenant.observed=false": 7}},
	"goodtenant.conflicts":             {"{response}", map[string]float64{"goodtenant.conflict.outcome=replayed goodtenant.observed=false": 1}},
	"goodtenant.writes":                {"{request}", map[string]float64{"goodtenant.conflict.outcome=replayed": 1}},
	"goodtenant.creates": {"{request}", map[string]float64{
		"goodtenant.observed=false goodtenant.uniqueness.outcome=duplicate": 1,
		"goodtenant.observed=false goodtenant.uniqueness.outcome=unchecked": 1}},
	"goodtenant.lookups":              {"{request}", map[string]float64{"goodtenant.uniqueness.outcome=found": 1, "goodtenant.uniqueness.outcome=failed": 1}},
	"goodtenant.findings":             {"{finding}", map[string]float64{"goodtenant.finding.rule=GT101 goodtenant.finding.severity=error": 1}},
	"goodtenant.requests.gated":       {"{request}", map[string]float64{"goodtenant.finding.rule=GT101 goodtenant.observed=false": 1}},
	"goodtenant.compliance.evictions": {"{eviction}", map[string]float64{"": 1}},
}

func TestEveryRecordedMetric(t *testing.T) {
	r := newRig(t)
	r.tel.profile = ""
	r.everything(context.Background(), "SMITH")
	_, err := r.do("GET", address)
	require.NoError(t, err)
	got := r.metrics()
	for name, want := range recorded {
		m, ok := got[name]
		require.True(t, ok, "no metric %s", name)
		require.Equal(t, want.points, points(m), name)
		require.Equal(t, want.unit, m.Unit, name)
		require.NotEmpty(t, m.Description, name)
	}
}

// A snapshot with something in each place.
func fullSnapshot(at time.Time) goodtenant.Snapshot {
	resets, out := at.Add(time.Hour), at.Add(30*time.Minute)
	return goodtenant.Snapshot{
		At: at, Profile: "test",
		Modes: map[string]policy.Mode{"limiter": policy.Observe, "conflict": policy.Observe, "dedupe": policy.Observe, "compliance": policy.Enforce},
		Limiter: limiter.Snapshot{
			At: at, TenantCount: 3, Queued: 3, Would: &limiter.Would{Delayed: 4, Refused: 2, Resent: 1},
			Store: &limiter.StoreState{Up: true},
			App: limiter.ScopeState{InFlight: 4, OldestWait: time.Second, Queued: limiter.Lanes{Interactive: 1, Normal: 2},
				Limits: []limiter.LimitState{
					{Name: "rate", Kind: limiter.Rate, Max: 20, Used: 15, Free: 5, Guard: 5 * time.Millisecond, Burst: 5, Rate: .8, Level: 1},
					{Name: "day", Kind: limiter.Day, Max: 1000, Used: 900, Free: 100, Resets: &resets, RunsOut: &out},
				}},
			Tenants: []limiter.ScopeState{
				{Tenant: "SMITH", PausedFor: 3 * time.Second, OldestWait: 2 * time.Second, Limits: []limiter.LimitState{{Name: "slots", Kind: limiter.Concurrency, Max: 5, Used: 1, Free: 4}}},
				{Tenant: "JONES", Limits: []limiter.LimitState{{Name: "slots", Kind: limiter.Concurrency, Max: 5, Used: 5}}},
			},
		},
		Conflict: conflict.Stats{Would: conflict.Would{Replayed: 6, NoRequest: 7}},
		Dedupe:   dedupe.Stats{Would: dedupe.Would{Shared: 8, Duplicates: 9}},
		Findings: []compliance.Finding{{Rule: "GT101", Severity: compliance.Warning}, {Rule: "GT101", Severity: compliance.Warning}},
	}
}

const rate, day, slots = "goodtenant.limit.kind=rate goodtenant.limit.name=rate goodtenant.limit.scope=app",
	"goodtenant.limit.kind=day goodtenant.limit.name=day goodtenant.limit.scope=app",
	"goodtenant.limit.kind=concurrency goodtenant.limit.name=slots goodtenant.limit.scope=tenant"

// each metric that is read from a Snapshot.
var read = map[string]map[string]float64{
	"goodtenant.budget.limit":          {rate: 20, day: 1000},
	"goodtenant.budget.usage":          {rate: 15, day: 900},
	"goodtenant.budget.left":           {rate: 5, day: 100},
	"goodtenant.budget.utilization":    {rate: .75, day: .9, slots: 1},
	"goodtenant.budget.reset":          {day: 3600},
	"goodtenant.budget.exhaustion":     {day: 1800},
	"goodtenant.rate.guard":            {rate: .005},
	"goodtenant.rate.factor":           {rate: .8},
	"goodtenant.rate.burst":            {rate: 5},
	"goodtenant.rate.level":            {rate: 1},
	"goodtenant.lease.active":          {"": 4},
	"goodtenant.request.queued":        {"goodtenant.priority=interactive": 1, "goodtenant.priority=normal": 2, "goodtenant.priority=background": 0},
	"goodtenant.request.queued.oldest": {"": 2},
	"goodtenant.pause.remaining":       {"": 3},
	"goodtenant.tenants":               {"": 3},
	"goodtenant.findings.open":         {"goodtenant.finding.rule=GT101 goodtenant.finding.severity=warning": 2},
	"goodtenant.store.up":              {"": 1},
	"goodtenant.observing":             {"goodtenant.layer=limiter": 1, "goodtenant.layer=conflict": 1, "goodtenant.layer=dedupe": 1, "goodtenant.layer=compliance": 0},
	"goodtenant.would": {"goodtenant.action=delay": 4, "goodtenant.action=refuse": 2, "goodtenant.action=resend": 1, "goodtenant.action=replay": 6,
		"goodtenant.action=send_nothing": 7, "goodtenant.action=share": 8, "goodtenant.action=refuse_duplicate": 9},
}

func TestEveryReadMetric(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	tel := newTelemetry(config{meters: sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))})
	release := tel.inst.observe(func() goodtenant.Snapshot { return fullSnapshot(time.Unix(1e9, 0)) }, tel)
	collect := func() map[string]metricdata.Metrics {
		var rm metricdata.ResourceMetrics
		require.NoError(t, reader.Collect(t.Context(), &rm))
		all := map[string]metricdata.Metrics{}
		for _, sm := range rm.ScopeMetrics {
			for _, m := range sm.Metrics {
				all[m.Name] = m
			}
		}
		return all
	}
	got := collect()
	for name, want := range read {
		require.Equal(t, want, points(got[name]), name)
		require.NotEmpty(t, got[name].Description, name)
		require.NotEmpty(t, got[name].Unit, name)
	}
	for name := range got {
		require.Contains(t, read, name, "a metric that no test knows")
	}
	release()
	require.Empty(t, collect(), "nothing is read after Close")
}

func TestOneClientOfSeveralByName(t *testing.T) {
	r := newRig(t, WithName("backfill"))
	r.tel.resentOnce()
	require.Equal(t, map[string]float64{"goodtenant.client=backfill goodtenant.profile=test goodtenant.resend.hidden=true": 1},
		points(r.metrics()["goodtenant.requests.resent"]))
}

func (t *telemetry) resentOnce() {
	t.limiterHooks().Resent(context.Background(), limiter.Resent{Hidden: true})
}

func TestEvents(t *testing.T) {
	r := newRig(t, WithTenants(1))
	r.everything(context.Background(), "SMITH")
	for _, c := range []struct {
		name     string
		severity log.Severity
		want     map[string]any
	}{
		{eventThrottled, log.SeverityWarn, map[string]any{"goodtenant.profile": "test", "goodtenant.tenant": "SMITH", "http.response.status_code": int64(429),
			"goodtenant.limit.kind": "rate", "goodtenant.limit.scope": "app", "goodtenant.throttle.pause": 2.0, "goodtenant.throttle.inside_limits": true}},
		{eventFinding, log.SeverityError, map[string]any{"goodtenant.profile": "test", "goodtenant.tenant": "SMITH", "goodtenant.finding.rule": "GT101",
			"goodtenant.finding.clause": "bulk", "goodtenant.finding.severity": "error", "goodtenant.finding.count": int64(2),
			"goodtenant.finding.measured": 9.0, "goodtenant.finding.threshold": 5.0}},
		{eventAdapted, log.SeverityWarn, map[string]any{"goodtenant.profile": "test", "goodtenant.tenant": "SMITH", "goodtenant.limit.kind": "rate",
			"goodtenant.limit.scope": "app", "goodtenant.rate.level": int64(1), "goodtenant.rate.factor": .8, "goodtenant.throttle.pause": 0.0}},
		{eventDay, log.SeverityWarn, map[string]any{"goodtenant.profile": "test", "goodtenant.tenant": "SMITH", "goodtenant.limit.scope": "app",
			"goodtenant.budget.percent": int64(80), "goodtenant.budget.used": int64(80)}},
		{eventReplayed, log.SeverityInfo, map[string]any{"goodtenant.profile": "test", "goodtenant.attempts": int64(2), "goodtenant.conflict.refetches": int64(0),
			"goodtenant.patch.members.sent": int64(0), "goodtenant.conflict.outcome": "replayed"}},
	} {
		found := r.logs.named(c.name)
		require.Len(t, found, 1, c.name)
		require.Equal(t, c.severity, found[0].Severity(), c.name)
		require.Equal(t, c.want, logAttributes(found[0]), c.name)
		require.NotEmpty(t, found[0].Body().AsString())
		require.False(t, found[0].Timestamp().IsZero())
	}
	r.tel.dayLevel(context.Background(), limiter.DayLevel{Percent: 100})
	r.tel.dayLevel(context.Background(), limiter.DayLevel{Percent: 50})
	r.tel.adapted(context.Background(), limiter.Adapted{})
	require.Equal(t, log.SeverityError, r.logs.named(eventDay)[1].Severity())
	require.Equal(t, log.SeverityInfo, r.logs.named(eventDay)[2].Severity())
	require.Equal(t, log.SeverityInfo, r.logs.named(eventAdapted)[1].Severity())
}

// A million tenants and routes do not make a million series (faults.md 102).
func TestFault102SeriesAreCapped(t *testing.T) {
	for _, c := range []struct {
		name string
		opts []Option
		most int
	}{
		{"default", nil, 500},
		{"twenty tenants shown", []Option{WithTenants(20)}, 500},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, append(c.opts, WithLoggerProvider(nooplog.NewLoggerProvider()))...)
			for i := range 10_000 {
				tenant := fmt.Sprintf("TENANT%05d", i)
				r.everything(context.Background(), tenant)
				if i%100 == 0 {
					_, err := r.do(fmt.Sprintf("M%d", i), "https://api.test/contacts/"+tenant+"?id="+tenant)
					require.NoError(t, err)
				}
			}
			series, names := 0, []string{}
			for name, m := range r.metrics() {
				series += len(points(m))
				names = append(names, fmt.Sprintf("%s %d", name, len(points(m))))
			}
			slices.Sort(names)
			t.Logf("%d series with 10,000 tenants", series)
			if series >= c.most {
				t.Errorf("%d series, want fewer than %d: %q", series, c.most, names)
			}
		})
	}
}

func TestSetsAreBounded(t *testing.T) {
	s := newSets(none, func(i int) []attribute.KeyValue { return []attribute.KeyValue{attribute.Int("i", i)} })
	for i := range 3 * maxSets {
		s.of(i)
	}
	require.Len(t, s.ready, maxSets)
	require.Same(t, s.of(-1), s.of(-2))
	require.NotSame(t, s.of(0), s.of(-2))
}

// Recording one measurement allocates nothing.
func TestRecordAllocations(t *testing.T) {
	r := newRig(t)
	ctx, span := r.inSpan("app", 0)
	defer span.End()
	for name, f := range map[string]func(){
		"histogram": func() { r.tel.inst.queue.record(ctx, .1, queueKind{"normal", false, ""}) },
		"counter":   func() { r.tel.inst.resent.add(ctx, 1, resentKind{true}) },
		"duration": func() {
			r.tel.inst.duration.record(ctx, .1, attemptKind{method: "GET", host: "api.test", port: 443, status: 200})
		},
		"ended": func() { r.tel.ended(ctx, limiter.Ended{Took: time.Second, How: limiter.EndEOF}) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations a record, want none", name, n)
		}
	}
}

// Measurements inside a sampled span carry its ids.
func TestExemplars(t *testing.T) {
	r := newRig(t)
	_, err := r.do("GET", address)
	require.NoError(t, err)
	h := r.metrics()["http.client.request.duration"].Data.(metricdata.Histogram[float64])
	require.Len(t, h.DataPoints[0].Exemplars, 1)
	span := r.one(attemptSpan).SpanContext().SpanID()
	require.Equal(t, span[:], h.DataPoints[0].Exemplars[0].SpanID)
}
