package compliance

import (
	"context"
	"net/http"
)

// claim is what an app says about a call. One value in the context carries all of
// it, so that looking costs one step.
type claim struct {
	initiator Initiator
	label     string // who or what: WithInitiator's label
	stream    string // the inbound route
	purpose   string
	event     *binding
}

// binding is a verified webhook event.
type binding struct{ WebhookEvent }

type claimKey struct{}

func claimOf(ctx context.Context) *claim {
	c, _ := ctx.Value(claimKey{}).(*claim)
	return c
}

func withClaim(ctx context.Context, change func(*claim)) context.Context {
	var c claim
	if old := claimOf(ctx); old != nil {
		c = *old
	}
	change(&c)
	return context.WithValue(ctx, claimKey{}, &c)
}

// WithInitiator says what makes the app call under ctx, and names it: a job, or
// one person by a number of his. The label is the stream that the calls belong to,
// except a User's: what all users do in one place is one stream. Labels that differ
// in their numbers ("step-1", "step-2") are one stream. A label that holds an "@" is
// shown as a hash only. It is a claim: a User's label that reads faster
// or longer than one person can is a finding (GT701); an empty one says that some
// person waits, and not who.
func WithInitiator(ctx context.Context, i Initiator, label string) context.Context {
	return withClaim(ctx, func(c *claim) { c.initiator, c.label = i, label })
}

// FromWebhook binds the calls under ctx to a notification that the app has
// received and verified. Up to Thresholds.WebhookReads reads an event count as
// made for it; with more, the claim is dropped (GT702).
func FromWebhook(ctx context.Context, e WebhookEvent) context.Context {
	return withClaim(ctx, func(c *claim) { c.initiator, c.event = Webhook, &binding{WebhookEvent: e} })
}

// WithPurpose says that the calls under ctx serve a purpose declared in
// [Config.Purposes]. An unknown name counts for nothing.
func WithPurpose(ctx context.Context, name string) context.Context {
	return withClaim(ctx, func(c *claim) { c.purpose = name })
}

// InboundOption changes what [Inbound] looks for.
type InboundOption func(*inbound)

type inbound struct {
	next     http.Handler
	user     []string
	verified func(*http.Request) (WebhookEvent, bool)
}

// UserHeaders names headers whose presence means that a person's session asks;
// without it, Authorization and Cookie.
func UserHeaders(names ...string) InboundOption {
	return func(in *inbound) { in.user = names }
}

// VerifiedWebhook gives the event of a request whose signature the app has
// verified; false: it is none.
func VerifiedWebhook(f func(*http.Request) (WebhookEvent, bool)) InboundOption {
	return func(in *inbound) { in.verified = f }
}

// Inbound wraps an app's own handler, so that the calls made while it serves
// carry their cause: a User where a session header is there, a Webhook where the
// app verified one, and the handler's route (Request.Pattern) as the stream. Put
// it inside the mux, around the handlers, where Pattern is known; around the mux
// itself the stream is the method alone.
func Inbound(next http.Handler, opts ...InboundOption) http.Handler {
	in := &inbound{next: next, user: []string{"Authorization", "Cookie"}}
	for _, o := range opts {
		if o != nil {
			o(in)
		}
	}
	return in
}

func (in *inbound) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx := withClaim(r.Context(), func(c *claim) {
		if r.Pattern != "" {
			c.stream = r.Pattern
		} else {
			c.stream = r.Method
		}
		if in.verified != nil {
			if e, ok := in.verified(r); ok {
				c.initiator, c.event = Webhook, &binding{WebhookEvent: e}
				return
			}
		}
		for _, h := range in.user {
			if r.Header.Get(h) != "" {
				c.initiator = User
			}
		}
	})
	in.next.ServeHTTP(w, r.WithContext(ctx))
}
