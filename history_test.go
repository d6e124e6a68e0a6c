package goodtenant

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goodtenant/goodtenant/conflict"
	"github.com/goodtenant/goodtenant/dedupe"
	"github.com/goodtenant/goodtenant/limiter"
	"github.com/goodtenant/goodtenant/policy"
	"github.com/stretchr/testify/require"
)

func TestHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h history
		observing := false
		hooks, ctx := h.hooks(func() bool { return observing }), context.Background()
		hooks.Limiter.Admitted(ctx, limiter.Admitted{})
		time.Sleep(historyStep)
		hooks.Limiter.Admitted(ctx, limiter.Admitted{Wait: 1})
		hooks.Conflict.Finished(ctx, conflict.Outcome{Reason: conflict.Replayed})
		hooks.Conflict.Finished(ctx, conflict.Outcome{Reason: conflict.Overlap})
		hour, recent := h.read(time.Now())
		require.Equal(t, Activity{Sent: 2, Delayed: 1, Replayed: 1}, hour)
		require.Len(t, recent, 60)
		require.Equal(t, Activity{Sent: 1, Delayed: 1, Replayed: 1}, recent[59], "the newest is last")
		require.Equal(t, Activity{Sent: 1}, recent[58])
		require.Zero(t, recent[57])

		time.Sleep(10 * time.Minute)
		hour, recent = h.read(time.Now())
		require.Equal(t, 2, hour.Sent)
		require.Equal(t, make([]Activity, 60), recent, "ten minutes later none of it is recent")
		time.Sleep(50*time.Minute - historyStep)
		hour, _ = h.read(time.Now())
		require.Equal(t, Activity{Sent: 1, Delayed: 1, Replayed: 1}, hour, "the first step is an hour old")
		time.Sleep(48 * time.Hour)
		hour, _ = h.read(time.Now())
		require.Zero(t, hour)
		observing = true
		hooks.Limiter.Refused(ctx, &limiter.RefusedError{})
		hooks.Dedupe.Shared(ctx, dedupe.SharedRead{Mode: policy.Observe})
		hooks.Dedupe.Duplicate(ctx, dedupe.Duplicate{Mode: policy.Observe})
		hour, _ = h.read(time.Now())
		require.Zero(t, hour, "what would have been is not what was")
		observing = false
		hooks.Limiter.Refused(ctx, &limiter.RefusedError{})
		hooks.Dedupe.Shared(ctx, dedupe.SharedRead{})
		hooks.Dedupe.Duplicate(ctx, dedupe.Duplicate{})
		hour, _ = h.read(time.Now())
		require.Equal(t, Activity{Refused: 1, Shared: 1, Duplicates: 1}, hour)
		h.count(Activity{Sent: 1})
		hour, _ = h.read(time.Now().Add(-time.Hour))
		require.Equal(t, 1, hour.Sent, "a clock that goes back loses nothing")
	})
}
