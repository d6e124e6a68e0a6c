package otelgoodtenant_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/goodtenant/goodtenant"
	otelgoodtenant "github.com/goodtenant/goodtenant/otel"
	"github.com/goodtenant/goodtenant/profile"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// One call is one INTERNAL span, with a CLIENT span for each attempt below it. An
// app that sets the global providers calls Instrument without options.
func ExampleInstrument() {
	spans := tracetest.NewInMemoryExporter()
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	defer tracers.Shutdown(context.Background())

	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	client, err := goodtenant.Wrap(nil,
		goodtenant.WithGuidelines(profile.Reapit().At("127.0.0.1")),
		otelgoodtenant.Instrument(otelgoodtenant.WithTracerProvider(tracers)))
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := client.Get(server.URL + "/contacts/OXF1?email=ann@mail.example")
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
	for _, s := range spans.GetSpans() {
		fmt.Println(s.SpanKind, s.Name)
	}
	// Output:
	// client GET /contacts/{id}
	// internal goodtenant GET /contacts/{id}
}
