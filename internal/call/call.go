// Package call carries, in a request's context, what one layer of the stack
// knows about a call to the layers below it: why it is sent, and which attempt
// it is. Layers never import each other; this leaf is what they share.
package call

import "context"

// Origin says who asked for a call.
type Origin uint8

const (
	// App: the application itself. The zero value.
	App Origin = iota
	// Lookup: a uniqueness check made before a create.
	Lookup
	// Refetch: the GET that follows a failed precondition.
	Refetch
	// Replay: the write sent again with a new version.
	Replay
)

var names = [...]string{"app", "lookup", "refetch", "replay"}

// String gives the origin's name.
func (o Origin) String() string { return names[o] }

type originKey struct{}
type resendKey struct{}

// WithOrigin marks the calls made under ctx as ours, for the reason o.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// OriginOf tells why a call is sent; App where nothing was said.
func OriginOf(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}

// WithResend says that the attempt under ctx is the n-th re-send (1, 2, ...) of
// one request by the limiter's retry loop.
func WithResend(ctx context.Context, n int) context.Context {
	return context.WithValue(ctx, resendKey{}, n)
}

// ResendOf is 0 for a first attempt.
func ResendOf(ctx context.Context) int {
	n, _ := ctx.Value(resendKey{}).(int)
	return n
}
