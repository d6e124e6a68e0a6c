// Observability shows what goodtenant tells: it starts a strict platform on
// loopback, sends it the work of a small app through a wrapped client, and serves
// what is known about it.
//
//	go run ./observability                    # in the folder examples
//	open http://127.0.0.1:9464/               # the status page
//	curl http://127.0.0.1:9464/metrics        # for Prometheus: prometheus.yml here
//
// With OTEL_EXPORTER_OTLP_ENDPOINT set, traces and events go there; otherwise events
// are written to the log.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/goodtenant/goodtenant"
	"github.com/goodtenant/goodtenant/compliance"
	otelgoodtenant "github.com/goodtenant/goodtenant/otel"
	"github.com/goodtenant/goodtenant/platformtest"
	"github.com/goodtenant/goodtenant/profile"
	"github.com/goodtenant/goodtenant/status"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stderr, nil); err != nil {
		fmt.Fprintln(os.Stderr, "observability:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends. ready, when not nil, is told the address.
func run(ctx context.Context, args []string, out io.Writer, ready chan<- string) error {
	flags := flag.NewFlagSet("observability", flag.ContinueOnError)
	flags.SetOutput(out)
	addr := flags.String("listen", "127.0.0.1:9464", "where the page and the metrics are served")
	if err := flags.Parse(args); err != nil {
		return err
	}
	logger := slog.New(slog.NewTextHandler(out, nil))

	tel, err := newTelemetry(ctx, logger)
	if err != nil {
		return err
	}
	defer tel.shutdown()

	platform := platformtest.NewServer(platformtest.Config{RetryAfter: platformtest.RetryAfterSeconds, Service: 20 * time.Millisecond})
	defer platform.Close()

	transport, err := goodtenant.New(platform.Transport(),
		goodtenant.WithGuidelines(profile.Reapit().At("127.0.0.1")),
		goodtenant.WithCompliance(compliance.Config{}),
		goodtenant.WithPrincipal(goodtenant.OnePrincipal),
		goodtenant.WithLogger(logger),
		otelgoodtenant.Instrument(tel.options()...),
	)
	if err != nil {
		return err
	}
	defer transport.Close()

	mux := http.NewServeMux()
	mux.Handle("/{$}", status.Handler(transport))
	mux.Handle("/metrics", tel.metrics)
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go server.Serve(listener)
	defer server.Close()
	logger.Info("serving", "page", "http://"+listener.Addr().String()+"/", "metrics", "http://"+listener.Addr().String()+"/metrics")
	if ready != nil {
		ready <- listener.Addr().String()
	}

	work(ctx, platform, &http.Client{Transport: transport, Timeout: time.Minute})
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}
