package otelgoodtenant

import (
	"context"
	"time"

	"github.com/goodtenant/goodtenant/compliance"
	"github.com/goodtenant/goodtenant/conflict"
	"github.com/goodtenant/goodtenant/limiter"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
)

// emit writes one event. The body is a sentence for people and holds nothing that
// varies; what varies is in attributes.
func (t *telemetry) emit(ctx context.Context, name string, severity log.Severity, body string, attributes ...attribute.KeyValue) {
	if !t.logger.Enabled(ctx, log.EnabledParameters{Severity: severity, EventName: name}) {
		return
	}
	var r log.Record
	r.SetEventName(name)
	r.SetTimestamp(time.Now())
	r.SetSeverity(severity)
	r.SetSeverityText(severity.String())
	r.SetBody(attribute.StringValue(body))
	r.AddAttributes(t.fixed()...)
	r.AddAttributes(attributes...)
	t.logger.Emit(ctx, r)
}

func (t *telemetry) throttledEvent(ctx context.Context, h limiter.Throttled, tenant string) {
	body := "The platform said no."
	if h.Inside {
		body = "The platform said no although we were inside the limits: another client may share this budget."
	}
	t.emit(ctx, eventThrottled, log.SeverityWarn, body, tenanted(tenant,
		attribute.Int("http.response.status_code", h.Status),
		keyLimitKind.String(h.Kind.String()),
		keyLimitScope.String(h.Scope.String()),
		keyPause.Float64(h.Wait.Seconds()),
		keyInside.Bool(h.Inside))...)
}

func (t *telemetry) replayedEvent(ctx context.Context, o conflict.Outcome) {
	t.emit(ctx, eventReplayed, log.SeverityInfo, "A change set was replayed over the fresh version.",
		keyAttempts.Int(o.Attempts), keyRefetches.Int(o.Refetches),
		keyMembersSent.Int(o.Members-o.Removed), keyOutcome.String(o.Reason.String()))
}

func (t *telemetry) findingEvent(ctx context.Context, f compliance.Finding) {
	severity := log.SeverityInfo
	switch f.Severity {
	case compliance.Warning:
		severity = log.SeverityWarn
	case compliance.Error:
		severity = log.SeverityError
	}
	t.emit(ctx, eventFinding, severity, f.Title, tenanted(t.tenants.show(f.Tenant),
		keyRule.String(f.Rule), keyClause.String(f.Clause), keySeverity.String(f.Severity.String()),
		keyCount.Int(f.Count), keyMeasured.Float64(f.Measured), keyAllowed.Float64(f.Threshold))...)
}

func (t *telemetry) adapted(ctx context.Context, a limiter.Adapted) {
	severity, body := log.SeverityInfo, "The limiter is less careful again."
	if a.Level > 0 {
		severity, body = log.SeverityWarn, "The limiter became more careful."
	}
	t.emit(ctx, eventAdapted, severity, body, tenanted(t.tenants.show(a.Tenant),
		keyLimitKind.String(a.Limit.Kind.String()), keyLimitScope.String(a.Limit.Scope.String()),
		keyRateLevel.Int(a.Level), keyRateFactor.Float64(a.Rate), keyPause.Float64(a.Pause.Seconds()))...)
}

func (t *telemetry) dayLevel(ctx context.Context, d limiter.DayLevel) {
	severity := log.SeverityInfo
	switch {
	case d.Percent >= 95:
		severity = log.SeverityError
	case d.Percent >= 80:
		severity = log.SeverityWarn
	}
	t.emit(ctx, eventDay, severity, "A part of the day's budget is spent.", tenanted(t.tenants.show(d.Tenant),
		keyLimitScope.String(d.Limit.Scope.String()), keyPercent.Int(d.Percent), keyUsed.Int(d.Used))...)
}
