package conflict

import (
	"context"
	"encoding/json"
)

type baseKey struct{}

// WithBase gives the entity, as the app last saw it, that a write under ctx
// starts from: from a webhook, a database, a page that was open for an hour. It
// is the base even where another version of the same tag is remembered. Its
// version member (Dialect.Version's pointers) names the version of a write that
// names none.
func WithBase(ctx context.Context, entity json.RawMessage) context.Context {
	return context.WithValue(ctx, baseKey{}, entity)
}

func baseOf(ctx context.Context) json.RawMessage {
	b, _ := ctx.Value(baseKey{}).(json.RawMessage)
	return b
}
