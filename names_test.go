package goodtenant_test

import (
	"context"
	"encoding/json"
	"iter"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/goodtenant/goodtenant"
	"github.com/goodtenant/goodtenant/compliance"
	"github.com/goodtenant/goodtenant/conflict"
	"github.com/goodtenant/goodtenant/dedupe"
	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/limiter/storetest"
	"github.com/goodtenant/goodtenant/platformtest"
	"github.com/goodtenant/goodtenant/policy"
	"github.com/goodtenant/goodtenant/profile"
	"github.com/goodtenant/goodtenant/rttest"
)

// The public names that apps are built on, with their types: this file stops
// compiling when one of them changes.
var (
	_ func(http.RoundTripper, ...goodtenant.Option) (*goodtenant.Transport, error) = goodtenant.New
	_ func(*http.Client, ...goodtenant.Option) (*http.Client, error)               = goodtenant.Wrap
	_ func(*http.Client) (*goodtenant.Transport, bool)                             = goodtenant.From
	_ func(*goodtenant.Transport, *http.Request) (*http.Response, error)           = (*goodtenant.Transport).RoundTrip
	_ func(*goodtenant.Transport, http.RoundTripper) *goodtenant.Transport         = (*goodtenant.Transport).Over
	_ func(*goodtenant.Transport)                                                  = (*goodtenant.Transport).CloseIdleConnections
	_ func(*goodtenant.Transport) http.RoundTripper                                = (*goodtenant.Transport).Unwrap
	_ func(*goodtenant.Transport) http.RoundTripper                                = (*goodtenant.Transport).WrappedRoundTripper
	_ func(*goodtenant.Transport) *compliance.Checker                              = (*goodtenant.Transport).Compliance
	_ func(*goodtenant.Transport) goodtenant.Snapshot                              = (*goodtenant.Transport).Snapshot
	_ func(*goodtenant.Transport) goodtenant.EffectiveConfig                       = (*goodtenant.Transport).EffectiveConfig
	_ func(*goodtenant.Transport, limiter.Limits) error                            = (*goodtenant.Transport).SetLimits
	_ func(*goodtenant.Transport, goodtenant.Layer, policy.Mode) error             = (*goodtenant.Transport).SetMode
	_ func(*goodtenant.Transport, context.Context) error                           = (*goodtenant.Transport).Shutdown
	_ func(*goodtenant.Transport) error                                            = (*goodtenant.Transport).Close
	_ func(...goodtenant.Option) goodtenant.Option                                 = goodtenant.Options
	_ func(profile.Profile) goodtenant.Option                                      = goodtenant.WithGuidelines
	_ func(profile.Profile) goodtenant.Option                                      = goodtenant.WithProfile
	_ func(limiter.Config) goodtenant.Option                                       = goodtenant.WithLimiter
	_ func(conflict.Config) goodtenant.Option                                      = goodtenant.WithConflict
	_ func(dedupe.Config) goodtenant.Option                                        = goodtenant.WithDedupe
	_ func(compliance.Config) goodtenant.Option                                    = goodtenant.WithCompliance
	_ func(goodtenant.Layer) goodtenant.Option                                     = goodtenant.WithoutLayer
	_ func(func(*http.Request) string) goodtenant.Option                           = goodtenant.WithTenant
	_ func(func(*http.Request) string) goodtenant.Option                           = goodtenant.WithPrincipal
	_ func(*http.Request) string                                                   = goodtenant.OnePrincipal
	_ func(func(http.RoundTripper) http.RoundTripper) goodtenant.Option            = goodtenant.WithPerCall
	_ func(func(http.RoundTripper) http.RoundTripper) goodtenant.Option            = goodtenant.WithPerAttempt
	_ func(*slog.Logger) goodtenant.Option                                         = goodtenant.WithLogger
	_ func(goodtenant.Hooks) goodtenant.Option                                     = goodtenant.WithHooks
	_ func(*goodtenant.Transport) (release func())                                 = goodtenant.Hooks{}.Bind
	_                                                                              = []goodtenant.Layer{goodtenant.Limiter, goodtenant.Conflict, goodtenant.Dedupe, goodtenant.Compliance}
	_                                                                              = goodtenant.Snapshot{Limiter: limiter.Snapshot{}, Conflict: conflict.Stats{}, Dedupe: dedupe.Stats{}, Findings: []compliance.Finding{}}
	_ func() profile.Profile                                                       = profile.Reapit
	_ func([]byte) (profile.Profile, error)                                        = profile.Parse
	_ func(profile.Profile, ...string) profile.Profile                             = profile.Profile.At
	_ func(profile.Profile) limiter.Config                                         = profile.Profile.Limiter
	_ func(profile.Profile) conflict.Config                                        = profile.Profile.Conflict
	_ func(profile.Profile) dedupe.Config                                          = profile.Profile.Dedupe
	_ func(profile.Profile) compliance.Config                                      = profile.Profile.Compliance
	_                                                                              = profile.Profile{Hosts: nil, TenantHeader: "", CredentialHeaders: nil, Name: "", Source: "", Checked: ""}
	_                                                                              = []policy.Mode{policy.Enforce, policy.Observe}
	_                                                                              = []policy.Switch{policy.ByProfile, policy.On, policy.Off}

	_ = limiter.Limits{limiter.PerSecond(20), limiter.PerMinute(1), limiter.PerWindow(1, time.Second), limiter.Concurrent(5).EachTenant(), limiter.PerDay(250_000)}
	_ = limiter.Limit{Name: "", Kind: limiter.Kind(0), Max: 0, Per: 0, Scope: limiter.Scope(0)} == limiter.Limit{}
	_ = limiter.Config{Mode: policy.Enforce, Limits: nil, Guarantee: limiter.Strict, Floor: 0, Store: nil, Outage: limiter.LocalShare, Retry: limiter.Retry{Max: -1},
		MaxQueue: 0, MaxWait: 0, Linger: 0, MaxHold: 0, RunOn: policy.Off, ReadAhead: 0, Day: limiter.Boundary{Zone: "", Hour: 0, Minute: 0}, Reserve: 0.0,
		Tenant: nil, Cost: nil, Classify: func(*http.Response) limiter.Throttle {
			return limiter.Throttle{Kind: 0, Scope: 0, Wait: 0, Until: time.Time{}}
		}, Hooks: limiter.Hooks{}}
	_                                                                             = []limiter.Guarantee{limiter.Balanced, limiter.Strict}
	_                                                                             = []limiter.Outage{limiter.FailClosed, limiter.LocalShare, limiter.FailOpen}
	_ time.Duration                                                               = limiter.LearnFloor
	_ func(http.RoundTripper, limiter.Config) (*limiter.Transport, error)         = limiter.NewTransport
	_ func(*limiter.Transport, limiter.Limits) error                              = (*limiter.Transport).SetLimits
	_ func(context.Context, limiter.Priority) context.Context                     = limiter.WithPriority
	_                                                                             = []limiter.Priority{limiter.Interactive, limiter.Normal, limiter.Background}
	_ func(context.Context) context.Context                                       = limiter.WithIdempotent
	_ error                                                                       = &limiter.RefusedError{Reason: limiter.QuotaSpent, Limit: limiter.Limit{}, Tenant: "", RetryAt: time.Time{}}
	_                                                                             = []limiter.Reason{limiter.QuotaSpent, limiter.DeadlineTooNear, limiter.QueueFull, limiter.Paused, limiter.StoreDown, limiter.Closed}
	_ error                                                                       = limiter.ErrClosed
	_ func(limiter.Store, context.Context, limiter.Batch) (limiter.Grants, error) = limiter.Store.Step
	_ func(limiter.Store) limiter.Kinds                                           = limiter.Store.Shares
	_ func(string) (limiter.Store, error)                                         = limiter.NewFileStore
	_ func(*testing.T, func(*testing.T) limiter.Store)                            = storetest.Run

	_ = conflict.Config{Mode: policy.Enforce, AutoIfMatch: policy.On, OnOverlap: conflict.FailOnOverlap,
		Resolve:     func(context.Context, *conflict.Error) (json.RawMessage, error) { return nil, nil },
		NeverReplay: nil, KeepEqual: nil, Depth: conflict.Deep, ZeroForNull: true, ReplayPUT: true, ReplayDELETE: true,
		MaxAttempts: 0, MaxBody: 0, CacheBytes: 0, Dialect: conflict.Dialect{}}
	_                                                                                               = []conflict.OnOverlap{conflict.Replay, conflict.FailOnOverlap}
	_                                                                                               = []conflict.Depth{conflict.TopLevel, conflict.Deep, conflict.Off}
	_ func(http.RoundTripper, conflict.Config) (*conflict.Transport, error)                         = conflict.NewTransport
	_ func([]byte, []byte, conflict.PruneOptions) ([]byte, bool, error)                             = conflict.Prune
	_                                                                                               = conflict.PruneOptions{Depth: conflict.Deep}
	_ func(context.Context, json.RawMessage) context.Context                                        = conflict.WithBase
	_ error                                                                                         = &conflict.Error{Base: nil, Ours: nil, Theirs: nil, Overlaps: []string{}, Attempts: 0}
	_ func(*http.Response) (conflict.Outcome, bool)                                                 = conflict.Details
	_ func(*http.Client, *http.Request, func(json.RawMessage) (any, error)) (*http.Response, error) = conflict.Update

	_                                                                   = dedupe.Config{Mode: policy.Enforce, Coalesce: dedupe.Coalesce{}, Unique: []dedupe.Rule{}, OnDuplicate: dedupe.UseExisting, Locks: nil, Country: "GB"}
	_                                                                   = []dedupe.Policy{dedupe.Refuse, dedupe.UseExisting, dedupe.Report}
	_ func(http.RoundTripper, dedupe.Config) (*dedupe.Transport, error) = dedupe.NewTransport
	_ error                                                             = &dedupe.DuplicateError{Rule: "", Existing: []dedupe.Entity{{ID: "", URL: "", Differs: nil}}}
	_ func(context.Context) context.Context                             = dedupe.WithoutCoalescing
	_ func(context.Context) context.Context                             = dedupe.AllowDuplicate

	_ = compliance.Config{Mode: policy.Observe, Purposes: []compliance.Purpose{{Name: "", Routes: nil, Query: nil, Every: 0, Approved: ""}},
		Stream: func(context.Context) string { return "" }, Snapshots: nil, Gate: []string{}}
	_ func(compliance.Config) (*compliance.Checker, error)                                   = compliance.New
	_ func(*compliance.Checker, http.RoundTripper) http.RoundTripper                         = (*compliance.Checker).Intent
	_ func(*compliance.Checker, http.RoundTripper) http.RoundTripper                         = (*compliance.Checker).Wire
	_ func(*compliance.Checker) []compliance.Finding                                         = (*compliance.Checker).Findings
	_ func(*compliance.Checker) compliance.Report                                            = (*compliance.Checker).Report
	_ func(*compliance.Checker) error                                                        = (*compliance.Checker).Close
	_ func(*compliance.Checker, string, string, ...string)                                   = (*compliance.Checker).Used
	_                                                                                        = compliance.Finding{Rule: "", Clause: "", Severity: compliance.Error, Tenant: "", Stream: "", Site: "", Evidence: []compliance.Evidence{}, Remedy: ""}
	_                                                                                        = []compliance.Severity{compliance.Note, compliance.Warning, compliance.Error}
	_                                                                                        = compliance.Event{Time: time.Time{}, Duration: 0, Method: "", URL: "", Status: 0, RequestHeader: http.Header{}, ResponseHeader: http.Header{}, RequestBody: []byte{}, ResponseBody: []byte{}, Stream: "", Purpose: "", Initiator: compliance.User, Webhook: &compliance.WebhookEvent{}}
	_                                                                                        = compliance.WebhookEvent{ID: "", Topic: "", EntityID: "", Time: time.Time{}}
	_                                                                                        = []compliance.Initiator{compliance.User, compliance.Webhook, compliance.Schedule, compliance.Batch, compliance.System}
	_ func(context.Context, compliance.Initiator, string) context.Context                    = compliance.WithInitiator
	_ func(context.Context, compliance.WebhookEvent) context.Context                         = compliance.FromWebhook
	_ func(context.Context, string) context.Context                                          = compliance.WithPurpose
	_ func(http.Handler, ...compliance.InboundOption) http.Handler                           = compliance.Inbound
	_ func(iter.Seq2[compliance.Event, error], compliance.Config) (compliance.Report, error) = compliance.Check

	_                                                                             = platformtest.Config{Model: 0, Rate: 0, Per: 0, Concurrent: 0, Day: 0, Burst: 0, CountRejected: true, InMemory: true, Rows: map[string]int{}, IndexLag: 0, Service: 0, Seed: 0}
	_ func(platformtest.Config) *platformtest.Server                              = platformtest.NewServer
	_ func(*platformtest.Server) *http.Client                                     = (*platformtest.Server).Client
	_ func(*platformtest.Server) *http.Transport                                  = (*platformtest.Server).Transport
	_ func(*platformtest.Server) []platformtest.Violation                         = (*platformtest.Server).Violations
	_ func(*platformtest.Server) []platformtest.Request                           = (*platformtest.Server).Requests
	_ func(*testing.T, func(http.RoundTripper) http.RoundTripper, rttest.Options) = rttest.Run
)
