package otelgoodtenant

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goodtenant/goodtenant"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// stuck is an exporter of all three signals that does not come back until it is
// freed.
type stuck chan struct{}

func (s stuck) wait(ctx context.Context) error {
	select {
	case <-s:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s stuck) ExportSpans(ctx context.Context, _ []sdktrace.ReadOnlySpan) error { return s.wait(ctx) }
func (s stuck) Export(ctx context.Context, _ []sdklog.Record) error              { return s.wait(ctx) }
func (stuck) Shutdown(context.Context) error                                     { return nil }
func (stuck) ForceFlush(context.Context) error                                   { return nil }

type stuckMetrics struct{ stuck }

func (stuckMetrics) Temporality(sdkmetric.InstrumentKind) metricdata.Temporality {
	return metricdata.CumulativeTemporality
}
func (stuckMetrics) Aggregation(k sdkmetric.InstrumentKind) sdkmetric.Aggregation {
	return sdkmetric.DefaultAggregationSelector(k)
}
func (s stuckMetrics) Export(ctx context.Context, _ *metricdata.ResourceMetrics) error {
	return s.wait(ctx)
}

// Exporters that hang hold no call up (faults.md 99): a thousand calls over a stub take
// no time on the bubble's clock, with the SDK's queues long full.
func TestFault99StuckExporterBlocksNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hung := make(stuck)
		tp := sdktrace.NewTracerProvider(sdktrace.WithBatcher(hung, sdktrace.WithMaxQueueSize(16), sdktrace.WithMaxExportBatchSize(8)))
		mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(stuckMetrics{hung}, sdkmetric.WithInterval(time.Second))))
		lp := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(hung, sdklog.WithMaxQueueSize(16), sdklog.WithExportMaxBatchSize(8))))
		tel := newTelemetry(config{tracers: tp, meters: mp, loggers: lp})
		stack := &perCall{tel, roundTrip(func(req *http.Request) (*http.Response, error) {
			(&rig{tel: tel}).everything(req.Context(), "T")
			return (&perAttempt{t: tel, next: roundTrip(func(*http.Request) (*http.Response, error) { return answer(200), nil })}).RoundTrip(req)
		})}
		begun := time.Now()
		for range 1000 {
			req, err := http.NewRequest("GET", address, nil)
			require.NoError(t, err)
			_, err = stack.RoundTrip(req)
			require.NoError(t, err)
		}
		if d := time.Since(begun); d != 0 {
			t.Errorf("the calls waited for %v, want not at all", d)
		}
		close(hung)
		require.NoError(t, errors.Join(tp.Shutdown(t.Context()), mp.Shutdown(t.Context()), lp.Shutdown(t.Context())))
	})
}

// The globals may be set after the client was made; until then nothing is done.
func TestGlobalsAreFollowed(t *testing.T) {
	r := newRig(t)
	require.Zero(t, allocations(t, Instrument())-allocations(t), "without an SDK a call costs no allocation more")
	tr, err := goodtenant.New(roundTrip(func(*http.Request) (*http.Response, error) { return answer(200), nil }),
		Instrument(nil, WithRoutes("/contacts/{id}")))
	require.NoError(t, err)
	defer tr.Close()
	send := func() {
		req, err := http.NewRequest("GET", address, nil)
		require.NoError(t, err)
		_, err = tr.RoundTrip(req)
		require.NoError(t, err)
	}
	send()
	require.Empty(t, r.spans.Started())
	otel.SetTracerProvider(r.tracer)
	send()
	require.Len(t, r.ended(callSpan), 1)
	require.Len(t, r.ended(attemptSpan), 1)
}

// One option, two Transports: each counts for itself, and Close ends its own.
func TestOneOptionForTwoTransports(t *testing.T) {
	r := newRig(t)
	option := Instrument(r.options()...)
	base := roundTrip(func(*http.Request) (*http.Response, error) { return answer(200), nil })
	a, err := goodtenant.New(base, option)
	require.NoError(t, err)
	b, err := goodtenant.New(base, option)
	require.NoError(t, err)
	require.NoError(t, a.Close())
	for _, tr := range []*goodtenant.Transport{b, b.Over(base)} {
		req, err := http.NewRequest("GET", address, nil)
		require.NoError(t, err)
		_, err = tr.RoundTrip(req)
		require.NoError(t, err)
	}
	require.Len(t, r.ended("GET"), 2)
	require.Contains(t, r.metrics(), "goodtenant.lease.active", "b is still read")
	require.NoError(t, b.Close())
}
