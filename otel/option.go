package otelgoodtenant

import (
	"github.com/goodtenant/goodtenant"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Option changes what [Instrument] does. The order of options does not matter.
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// config is what the options have said.
type config struct {
	tracers    trace.TracerProvider
	meters     metric.MeterProvider
	loggers    log.LoggerProvider
	propagator propagation.TextMapPropagator

	name        string
	routes      []string
	queryValues []string
	tenants     int
	withoutHTTP bool
}

// Instrument is the option of goodtenant.New that switches telemetry on. It never
// fails: what a provider refuses is told to otel.Handle and left out. The option
// may be given to several Transports; each is counted by itself.
func Instrument(opts ...Option) goodtenant.Option {
	return goodtenant.PerTransport(func() goodtenant.Option {
		var c config
		for _, o := range opts {
			if o != nil {
				o.apply(&c)
			}
		}
		return newTelemetry(c).option()
	})
}

// WithTracerProvider takes spans to p instead of the global provider.
func WithTracerProvider(p trace.TracerProvider) Option {
	return optionFunc(func(c *config) { c.tracers = p })
}

// WithMeterProvider takes metrics to p instead of the global provider.
func WithMeterProvider(p metric.MeterProvider) Option {
	return optionFunc(func(c *config) { c.meters = p })
}

// WithLoggerProvider takes events to p instead of the global provider.
func WithLoggerProvider(p log.LoggerProvider) Option {
	return optionFunc(func(c *config) { c.loggers = p })
}

// WithPropagator writes the trace into requests with p instead of the global
// propagator, which writes nothing until the app sets one.
func WithPropagator(p propagation.TextMapPropagator) Option {
	return optionFunc(func(c *config) { c.propagator = p })
}

// WithName sets goodtenant.client on every metric, to tell several Transports of
// one process apart. Without it, all are one client.
func WithName(name string) Option {
	return optionFunc(func(c *config) { c.name = name })
}

// WithRoutes adds path templates, such as "/contacts/{id}", to those of the
// profile. A path without a template is shown as "{other}".
func WithRoutes(templates ...string) Option {
	return optionFunc(func(c *config) { c.routes = append(c.routes, templates...) })
}

// WithQueryValues replaces the list of query parameters whose values are shown in
// url.full. The default is those of pages: pageSize, pageNumber, sortBy, embed.
// Without a name, no value is shown.
func WithQueryValues(names ...string) Option {
	return optionFunc(func(c *config) { c.queryValues = append([]string{}, names...) })
}

// WithTenants shows tenants as goodtenant.tenant on spans, events and metrics: the
// first max tenants by the name the platform gives them, all further ones as
// "_other". Without it, or with max below 1, no tenant is shown anywhere.
func WithTenants(max int) Option {
	return optionFunc(func(c *config) { c.tenants = max })
}

// WithoutHTTP leaves the CLIENT spans, http.client.request.duration and the writing
// of the trace into requests to another instrumentation. An otelhttp transport is
// recognised without it, except one above the client that has metrics and no
// traces.
func WithoutHTTP() Option {
	return optionFunc(func(c *config) { c.withoutHTTP = true })
}

// withDefaults takes what was not said from the globals.
func (c config) withDefaults() config {
	if c.tracers == nil {
		c.tracers = otel.GetTracerProvider()
	}
	if c.meters == nil {
		c.meters = otel.GetMeterProvider()
	}
	if c.loggers == nil {
		c.loggers = otel.GetLoggerProvider()
	}
	if c.queryValues == nil {
		c.queryValues = []string{"pageSize", "pageNumber", "sortBy", "embed"}
	}
	return c
}
