package main

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"time"

	otelgoodtenant "github.com/goodtenant/goodtenant/otel"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	otellog "go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/propagation"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// telemetry is the SDK: metrics for Prometheus, traces and events for a collector.
type telemetry struct {
	traces  *sdktrace.TracerProvider
	meters  *sdkmetric.MeterProvider
	logs    *sdklog.LoggerProvider
	metrics http.Handler
}

func newTelemetry(ctx context.Context, logger *slog.Logger) (*telemetry, error) {
	registry := prometheus.NewRegistry()
	reader, err := otelprometheus.New(otelprometheus.WithRegisterer(registry), otelprometheus.WithoutScopeInfo())
	if err != nil {
		return nil, err
	}
	t := &telemetry{
		meters:  sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)),
		metrics: promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true}), // exemplars
	}
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" {
		t.traces = sdktrace.NewTracerProvider()
		t.logs = sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(toSlog{logger}, sdklog.WithExportInterval(time.Second))))
		return t, nil
	}
	spans, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, err
	}
	events, err := otlploghttp.New(ctx)
	if err != nil {
		return nil, err
	}
	t.traces = sdktrace.NewTracerProvider(sdktrace.WithBatcher(spans, sdktrace.WithBatchTimeout(time.Second)))
	t.logs = sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(events, sdklog.WithExportInterval(time.Second))))
	return t, nil
}

// options are those of Instrument; an app that sets the global providers needs none.
func (t *telemetry) options() []otelgoodtenant.Option {
	return []otelgoodtenant.Option{
		otelgoodtenant.WithTracerProvider(t.traces),
		otelgoodtenant.WithMeterProvider(t.meters),
		otelgoodtenant.WithLoggerProvider(t.logs),
		otelgoodtenant.WithPropagator(propagation.TraceContext{}),
	}
}

func (t *telemetry) shutdown() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	t.traces.Shutdown(ctx)
	t.logs.Shutdown(ctx)
	t.meters.Shutdown(ctx)
}

// toSlog writes events to the app's log.
type toSlog struct{ logger *slog.Logger }

func (s toSlog) Export(ctx context.Context, records []sdklog.Record) error {
	for _, r := range records {
		level := slog.LevelInfo
		switch {
		case r.Severity() >= otellog.SeverityError:
			level = slog.LevelError
		case r.Severity() >= otellog.SeverityWarn:
			level = slog.LevelWarn
		}
		attrs := []slog.Attr{slog.String("event", r.EventName())}
		if r.TraceID().IsValid() {
			attrs = append(attrs, slog.String("trace", r.TraceID().String()))
		}
		r.WalkAttributes(func(kv attribute.KeyValue) bool {
			attrs = append(attrs, slog.Any(string(kv.Key), kv.Value.AsInterface()))
			return true
		})
		s.logger.LogAttrs(ctx, level, r.Body().AsString(), attrs...)
	}
	return nil
}

func (toSlog) Shutdown(context.Context) error   { return nil }
func (toSlog) ForceFlush(context.Context) error { return nil }
