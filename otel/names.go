package otelgoodtenant

import "go.opentelemetry.io/otel/attribute"

// Attributes of our own. All values come from closed lists, except the names of
// the profile, of limits and of this client, which the app's code gives, and
// tenants where WithTenants shows them.
const (
	keyProfile  = attribute.Key("goodtenant.profile")
	keyClient   = attribute.Key("goodtenant.client")
	keyTenant   = attribute.Key("goodtenant.tenant")
	keyLayer    = attribute.Key("goodtenant.layer")
	keyObserved = attribute.Key("goodtenant.observed") // true: it would have been so, the mode is observe
	keyOverflow = attribute.Key("goodtenant.overflow") // true: too many kinds to tell apart

	keyOrigin   = attribute.Key("goodtenant.origin") // of an attempt: app, lookup, refetch, replay
	keyAttempts = attribute.Key("goodtenant.attempts")
	keyPriority = attribute.Key("goodtenant.priority")

	keyWait      = attribute.Key("goodtenant.wait.duration") // seconds, of a call
	keyWaitCause = attribute.Key("goodtenant.wait.cause")

	keyLimitName  = attribute.Key("goodtenant.limit.name")
	keyLimitKind  = attribute.Key("goodtenant.limit.kind")
	keyLimitScope = attribute.Key("goodtenant.limit.scope")

	keyRefused   = attribute.Key("goodtenant.refused.reason")
	keyThrottled = attribute.Key("goodtenant.throttled") // 429s seen by a call
	keyInside    = attribute.Key("goodtenant.throttle.inside_limits")
	keyPause     = attribute.Key("goodtenant.throttle.pause") // seconds
	keyHidden    = attribute.Key("goodtenant.resend.hidden")
	keyEnd       = attribute.Key("goodtenant.lease.end")

	keyRateLevel  = attribute.Key("goodtenant.rate.level")
	keyRateFactor = attribute.Key("goodtenant.rate.factor")
	keyPercent    = attribute.Key("goodtenant.budget.percent")
	keyUsed       = attribute.Key("goodtenant.budget.used")

	keyCoalesced = attribute.Key("goodtenant.coalesced")
	keySaved     = attribute.Key("goodtenant.saved.reason")

	keyMembersSent    = attribute.Key("goodtenant.patch.members.sent")
	keyMembersRemoved = attribute.Key("goodtenant.patch.members.removed")
	keyOutcome        = attribute.Key("goodtenant.conflict.outcome")
	keyConflicts      = attribute.Key("goodtenant.conflict.count")
	keyRefetches      = attribute.Key("goodtenant.conflict.refetches")
	keyOverlaps       = attribute.Key("goodtenant.conflict.overlaps") // members, counted

	keyUniqueness = attribute.Key("goodtenant.uniqueness.outcome")
	keyLookups    = attribute.Key("goodtenant.uniqueness.lookups")

	keyRule     = attribute.Key("goodtenant.finding.rule")
	keyClause   = attribute.Key("goodtenant.finding.clause")
	keySeverity = attribute.Key("goodtenant.finding.severity")
	keyCount    = attribute.Key("goodtenant.finding.count")
	keyMeasured = attribute.Key("goodtenant.finding.measured")
	keyAllowed  = attribute.Key("goodtenant.finding.threshold")

	keyAction = attribute.Key("goodtenant.action")
)

// Names of events. None holds a value that varies.
const (
	eventThrottled = "goodtenant.throttled"
	eventFinding   = "goodtenant.finding"
	eventAdapted   = "goodtenant.rate.adapted"
	eventDay       = "goodtenant.budget.level"
	eventReplayed  = "goodtenant.patch.replayed"
)

// cause is what a call waited for.
type cause uint8

const (
	causeDay cause = iota
	causeQueue
	causeSlot
	causeRate
	causePause
	causeBackoff
	causeStore
	causes
)

var causeNames = [causes]string{"day", "queue", "slot", "rate", "pause", "backoff", "store"}

func (c cause) String() string { return causeNames[c] }
