package redisstore

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/goodtenant/goodtenant/limiter"
)

// A step beside a call of a script that does nothing, by the same client to the
// same server; the step takes what has ended and asks for one more.
func BenchmarkStep(b *testing.B) {
	rdb := common(b).client(b)
	defer rdb.Close()
	ctx := context.Background()
	b.Run("bare EVALSHA", func(b *testing.B) {
		nothing := redis.NewScript("return ''")
		b.ReportAllocs()
		for b.Loop() {
			require.NoError(b, nothing.Run(ctx, rdb, []string{"gt:{bench}"}).Err())
		}
	})
	for _, others := range []int{0, 7} {
		b.Run(fmt.Sprintf("Step beside %d who wait", others), func(b *testing.B) {
			name := app(b)
			settledState(b, rdb, name)
			limits := []limiter.Limit{limiter.PerWindow(1_000_000, time.Second), limiter.Concurrent(5).EachTenant(), limiter.PerDay(1_000_000_000)}
			for range others { // they wait for another tenant's slots
				s := newStepper(open(b, rdb, name), "other", limits...)
				s.b.Seq++
				s.b.Asks = []limiter.Ask{{Tenant: "busy", Calls: 8, Cost: 1}}
				_, err := s.Step(ctx, s.b)
				require.NoError(b, err)
			}
			s := newStepper(open(b, rdb, name), "one", limits...)
			g, err := s.ask(1)
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				var done []limiter.Done
				for _, x := range g.Grants {
					done = append(done, limiter.Done{ID: x.ID, Free: true})
				}
				g, err = s.ask(1, done...)
				require.NoError(b, err)
			}
		})
	}
}
