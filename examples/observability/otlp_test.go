package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/goodtenant/goodtenant"
	otelgoodtenant "github.com/goodtenant/goodtenant/otel"
	"github.com/goodtenant/goodtenant/platformtest"
	"github.com/goodtenant/goodtenant/profile"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// receiver is a collector that keeps what it is sent.
type receiver struct {
	mu   sync.Mutex
	sent map[string][]byte // by path
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	b, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	r.sent[req.URL.Path] = append(r.sent[req.URL.Path], b...)
	r.mu.Unlock()
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// What arrives at a collector over OTLP holds nothing personal: no token, no
// e-mail, no name, no tenant, whether it stood in a header, a query, a path or a
// body.
func TestCollectorSeesNothingPersonal(t *testing.T) {
	r := &receiver{sent: map[string][]byte{}}
	collector := httptest.NewServer(r)
	defer collector.Close()
	ctx := t.Context()
	spans, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(collector.URL+"/v1/traces"))
	require.NoError(t, err)
	metrics, err := otlpmetrichttp.New(ctx, otlpmetrichttp.WithEndpointURL(collector.URL+"/v1/metrics"))
	require.NoError(t, err)
	events, err := otlploghttp.New(ctx, otlploghttp.WithEndpointURL(collector.URL+"/v1/logs"))
	require.NoError(t, err)
	tp := sdktrace.NewTracerProvider(sdktrace.WithBatcher(spans))
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(metrics)))
	lp := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(events)))

	platform := platformtest.NewServer(platformtest.Config{RetryAfter: platformtest.RetryAfterSeconds})
	defer platform.Close()
	platform.Control(func(*http.Request) bool { return true }, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTooManyRequests) // for an event
	})
	tr, err := goodtenant.New(platform.Transport(), goodtenant.WithGuidelines(profile.Reapit().At("127.0.0.1")),
		otelgoodtenant.Instrument(otelgoodtenant.WithTracerProvider(tp), otelgoodtenant.WithMeterProvider(mp), otelgoodtenant.WithLoggerProvider(lp),
			otelgoodtenant.WithPropagator(propagation.TraceContext{})))
	require.NoError(t, err)
	defer tr.Close()

	const token, email, name = "T0kenCanary", "mail.canary@mail.example", "SmithCanary"
	client := &http.Client{Transport: tr}
	send := func(method, path, body string) {
		req, err := http.NewRequestWithContext(context.Background(), method, platform.URL+path, strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Reapit-Customer", name)
		req.Header.Set("Api-Version", "2020-01-31")
		req.Header.Set("Content-Type", "application/json")
		if resp, err := client.Do(req); err == nil {
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	}
	send("GET", "/contacts/?email="+email+"&pageSize=10", "")
	send("GET", "/contacts/"+name+"?"+email, "")
	send("GET", "/"+name+"/"+email, "")
	person := fmt.Sprintf(`{"surname":%q,"email":%q,"marketingConsent":"deny","officeIds":["O"],"negotiatorIds":["N"]}`, name, email)
	send("POST", "/contacts/", person)
	send("POST", "/contacts/", person) // a duplicate
	send("PATCH", "/contacts/"+name, person)

	require.NoError(t, tp.Shutdown(ctx))
	require.NoError(t, mp.Shutdown(ctx))
	require.NoError(t, lp.Shutdown(ctx))
	for _, path := range []string{"/v1/traces", "/v1/metrics", "/v1/logs"} {
		got := bytes.ToLower(r.sent[path])
		require.True(t, bytes.Contains(got, []byte("goodtenant.")), "%s: nothing arrived", path)
		for _, secret := range []string{token, email, name, "canary"} {
			if i := bytes.Index(got, bytes.ToLower([]byte(secret))); i >= 0 {
				t.Errorf("%s shows %q: %q", path, secret, got[max(0, i-60):min(len(got), i+40)])
			}
		}
	}
	require.True(t, bytes.Contains(r.sent["/v1/traces"], []byte("email=REDACTED")), "the look-up is seen, its value is not")
}
