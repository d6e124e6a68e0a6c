package limiter

import (
	"context"

	"github.com/goodtenant/goodtenant/internal/enum"
)

// Priority is a call's lane. Inside a tenant Interactive goes first, then
// Normal, then Background, which still gets a tenth while it waits.
type Priority uint8

const (
	// Normal is the default.
	Normal Priority = iota
	// Interactive: somebody waits for the answer.
	Interactive
	// Background: may wait; a day's reserve is kept from it.
	Background
)

var priorityNames = []string{"normal", "interactive", "background"}

// String gives the name.
func (p Priority) String() string { return enum.String("limiter.Priority", priorityNames, p) }

// MarshalText writes the name.
func (p Priority) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

type (
	priorityKey   struct{}
	idempotentKey struct{}
)

// WithPriority puts the calls made under ctx into p's lane. An unknown p counts as Normal.
func WithPriority(ctx context.Context, p Priority) context.Context {
	return context.WithValue(ctx, priorityKey{}, p)
}

// PriorityOf is the lane of the calls made under ctx.
func PriorityOf(ctx context.Context) Priority {
	p, _ := ctx.Value(priorityKey{}).(Priority)
	if p > Background {
		return Normal
	}
	return p
}

// WithIdempotent says that the calls made under ctx may be sent twice without
// harm: after a connection error they are sent again, whatever their method.
func WithIdempotent(ctx context.Context) context.Context {
	return context.WithValue(ctx, idempotentKey{}, true)
}

func idempotent(ctx context.Context) bool {
	ok, _ := ctx.Value(idempotentKey{}).(bool)
	return ok
}
