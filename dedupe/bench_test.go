package dedupe

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/goodtenant/goodtenant/policy"
)

// The price of a GET that nobody joins, beside the bare base: a stub that answers
// at once. "apart" is a caller that can leave: its request runs on a goroutine of
// its own.
func BenchmarkOverhead(b *testing.B) {
	resp := &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: http.NoBody}
	base := stub(func(*http.Request) (*http.Response, error) { return resp, nil })
	newRequest := func(ctx context.Context) *http.Request {
		return get(ctx, "https://api.test/contacts/C1?embed=offices", "Tenant", "ABC", "Accept", "application/json", "Api-Version", "2020-01-31")
	}
	run := func(b *testing.B, rt http.RoundTripper, req *http.Request) {
		b.ReportAllocs()
		for b.Loop() {
			r, err := rt.RoundTrip(req)
			if err != nil {
				b.Fatal(err)
			}
			r.Body.Close()
		}
	}
	tr := transport(b, base, Config{Tenant: byHeader})
	ctx := b.Context()
	b.Run("bare", func(b *testing.B) { run(b, base, newRequest(context.Background())) })
	b.Run("alone", func(b *testing.B) { run(b, tr, newRequest(context.Background())) })
	b.Run("apart", func(b *testing.B) { run(b, tr, newRequest(ctx)) })
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		var n atomic.Int64
		b.RunParallel(func(pb *testing.PB) {
			req := newRequest(context.Background())
			req.Header.Set("X-Worker", string(rune('a'+n.Add(1))))
			for pb.Next() {
				tr.RoundTrip(req)
			}
		})
	})
	tr.SetMode(1)
	b.Run("observe", func(b *testing.B) { run(b, tr, newRequest(context.Background())) })
}

func TestOverheadAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	resp := &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody}
	base := stub(func(*http.Request) (*http.Response, error) { return resp, nil })
	tr := transport(t, base, Config{Tenant: byHeader})
	for _, c := range []struct {
		name string
		ctx  context.Context
		mode policy.Mode
		want float64
	}{
		{"alone", context.Background(), policy.Enforce, 0},
		{"apart", t.Context(), policy.Enforce, 13},
		{"observe", t.Context(), policy.Observe, 0},
	} {
		tr.SetMode(c.mode)
		req := get(c.ctx, "https://api.test/contacts/C1?embed=offices", "Tenant", "ABC", "Accept", "application/json")
		if n := testing.AllocsPerRun(1000, func() { tr.RoundTrip(req) }); n > c.want {
			t.Errorf("%s: %v allocations for a read that nobody joins, want %v or fewer", c.name, n, c.want)
		}
	}
}

// BenchmarkBurst is a hundred identical reads at once, against as many bare ones,
// over a base that takes 1 ms.
func BenchmarkBurst(b *testing.B) {
	for _, shared := range []bool{false, true} {
		name := map[bool]string{false: "bare", true: "shared"}[shared]
		b.Run(name, func(b *testing.B) {
			var calls atomic.Int64
			base := stub(func(*http.Request) (*http.Response, error) {
				calls.Add(1)
				time.Sleep(time.Millisecond)
				return answerWith(200, "body"), nil
			})
			var rt http.RoundTripper = base
			if shared {
				rt = transport(b, base, Config{})
			}
			for b.Loop() {
				var all [100]<-chan result
				for i := range all {
					all[i] = start(rt, get(context.Background(), office))
				}
				for _, ch := range all {
					<-ch
				}
			}
			b.ReportMetric(float64(calls.Load())/float64(b.N), "calls/op")
		})
	}
}
