package compliance

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// warm is a checker that has seen traffic, and the exchanges of a normal app.
func warm(t testing.TB) (*Checker, []*exchange) {
	k, err := New(Config{Key: []byte("0123456789abcdef")})
	require.NoError(t, err)
	t.Cleanup(func() { k.Close() })
	k.Feed(Event{Time: day0, Method: "DELETE", URL: "https://api.example.test/contacts/K1X", Status: 204}) // no app that only reads
	var xs []*exchange
	for i := range 64 {
		path := fmt.Sprintf("https://api.example.test/contacts/K%dX", i%16*31)
		if i%4 == 0 {
			path = fmt.Sprintf("https://api.example.test/properties/?officeId=OXF&pageSize=25&pageNumber=%d", i%3+1)
		}
		u, err := url.Parse(path)
		require.NoError(t, err)
		x := k.d().get()
		x.at = day0.UnixNano()
		x.tenant, x.stream, x.initiator = "ABC", "GET /diary", System
		k.d().request(x, "GET", u, http.Header{"Reapit-Customer": {"ABC"}})
		k.d().response(x, 200, http.Header{"Etag": {`"v1"`}})
		x.known = true
		xs = append(xs, x)
	}
	for range 4 {
		feedAll(k, xs, time.Second)
	}
	return k, xs
}

func feedAll(k *Checker, xs []*exchange, gap time.Duration) {
	for _, x := range xs {
		x.at += int64(64 * gap)
		x.end = x.at + 1e7
		k.mu.Lock()
		k.begin(x, false)
		k.judge(x)
		k.unlock(context.Background())
	}
}

func TestJudgingAllocatesNothing(t *testing.T) {
	k, xs := warm(t)
	require.Zero(t, testing.AllocsPerRun(200, func() { feedAll(k, xs, 2*time.Second) }))
}

// BenchmarkEvent is the whole cost of one event without an answer's body: digest,
// both views, the lock. In the mix one in four is a list.
func BenchmarkEvent(b *testing.B) {
	for name, keep := range map[string]func(*exchange) bool{
		"entity": func(x *exchange) bool { return x.entity != 0 },
		"list":   func(x *exchange) bool { return x.entity == 0 },
		"mix":    func(*exchange) bool { return true },
	} {
		b.Run(name, func(b *testing.B) { benchmarkEvent(b, keep) })
	}
}

func benchmarkEvent(b *testing.B, keep func(*exchange) bool) {
	k, xs := warm(b)
	xs = slices.DeleteFunc(xs, func(x *exchange) bool { return !keep(x) })
	headers := http.Header{"Reapit-Customer": {"ABC"}, "Authorization": {"Bearer x"}}
	answer := http.Header{"Content-Type": {"application/json"}}
	at := xs[0].at
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		x := k.d().get()
		at += 1e9
		x.at, x.end = at, at+1e7
		x.stream, x.initiator = "GET /diary", System
		k.d().request(x, "GET", xs[i%len(xs)].rawURL, headers)
		k.mu.Lock()
		k.begin(x, true)
		k.unlock(context.Background())
		k.d().response(x, 200, answer)
		x.known = true
		k.mu.Lock()
		k.st.app.flight.live--
		k.st.app.week.some = 1 // no app that only reads
		x.of.flight.live--
		k.judge(x)
		k.unlock(context.Background())
		k.d().put(x)
	}
}

// BenchmarkRoundTrip is a call with an answer of 100 rows through a stub, bare and
// through both views, in one run: the ratio is what watching costs.
func BenchmarkRoundTrip(b *testing.B) {
	doc := realistic(100)
	base := roundTrip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(doc)), Request: r}, nil
	})
	k, err := New(Config{Platform: Platform{PerDay: -1, PerSecond: -1}})
	require.NoError(b, err)
	defer k.Close()
	call := func(rt http.RoundTripper, req *http.Request, buf []byte) {
		resp, err := rt.RoundTrip(req)
		if err != nil {
			b.Fatal(err)
		}
		for err == nil {
			_, err = resp.Body.Read(buf)
		}
		resp.Body.Close()
	}
	req, _ := http.NewRequest("GET", "http://api.example.test/properties/?officeId=OXF", nil)
	buf := make([]byte, 4096)
	watched := k.Intent(k.Wire(base))
	var bare, with time.Duration
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		call(base, req, buf)
		middle := time.Now()
		call(watched, req, buf)
		bare, with = bare+middle.Sub(start), with+time.Since(middle)
	}
	b.ReportMetric(float64(with-bare)/float64(b.N)/float64(len(doc)), "ns-added/byte")
}
