// Quickstart shows what goodtenant is for: it starts a strict platform on
// loopback and runs one ordinary program against it twice, first with its own
// http.Client, then with the same client wrapped.
//
//	go run ./examples/quickstart
//	go run ./examples/quickstart -model token-bucket -seconds 15
//	go run ./examples/quickstart -url https://api.example.test/contacts/   (100 calls at most)
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/goodtenant/goodtenant"
	"github.com/goodtenant/goodtenant/platformtest"
	"github.com/goodtenant/goodtenant/profile"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := quickstart(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(2)
	}
}

// models are the ways of counting a rate that -model can ask for.
var models = map[string]platformtest.Config{
	"sliding-log":                 {},
	"sliding-log-counts-rejected": {CountRejected: true},
	"fixed-window":                {Model: platformtest.FixedWindow},
	"token-bucket":                {Model: platformtest.TokenBucket, Burst: 5},
}

func quickstart(ctx context.Context, args []string, out, progress io.Writer) error {
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the error is said once, by main
	flags.Usage = func() { flags.SetOutput(progress); flags.PrintDefaults() }
	seconds := flags.Int("seconds", 10, "how long each of the two runs lasts, 1 to 600")
	model := flags.String("model", "sliding-log", "how the platform counts: sliding-log, sliding-log-counts-rejected, fixed-window, token-bucket")
	url := flags.String("url", "", "call this URL instead of the built-in platform: wrapped only, 100 calls at most")
	asJSON := flags.Bool("json", false, "print the result as JSON")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if *seconds < 1 || *seconds > 600 {
		return fmt.Errorf("-seconds is %d, want 1 to 600", *seconds)
	}
	config, ok := models[*model]
	if !ok {
		return fmt.Errorf("-model is %q, want one of sliding-log, sliding-log-counts-rejected, fixed-window, token-bucket", *model)
	}
	if *url != "" {
		r, err := foreign(ctx, *url, progress)
		if err != nil {
			return err
		}
		return print(out, *asJSON, []result{r})
	}
	var results []result
	for _, name := range []string{"bare", "goodtenant"} {
		r, err := run(ctx, name, config, time.Duration(*seconds)*time.Second, progress)
		if err != nil {
			return err
		}
		results = append(results, r)
	}
	return print(out, *asJSON, results)
}

// run lets the app work for d against a platform of its own.
func run(ctx context.Context, name string, config platformtest.Config, d time.Duration, progress io.Writer) (result, error) {
	config.Service = 120 * time.Millisecond
	config.Keep = -1
	config.RetryAfter = platformtest.RetryAfterSeconds
	server := platformtest.NewServer(config)
	defer server.Close()
	a := &app{client: &http.Client{Transport: server.Transport()}, url: server.URL}
	if name != "bare" {
		host := strings.TrimPrefix(server.URL, "http://")
		// This is all there is to it.
		client, err := goodtenant.Wrap(a.client, goodtenant.WithGuidelines(profile.Reapit().At(host)))
		if err != nil {
			return result{}, err
		}
		t, _ := goodtenant.From(client)
		defer t.Close()
		a.client = client
	}
	start := time.Now()
	working, stop := context.WithTimeout(ctx, d)
	defer stop()
	ended := make(chan struct{})
	go func() { a.run(working); close(ended) }()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for running := true; running; {
		select {
		case <-ended:
			running = false
		case <-tick.C:
		}
		s := server.Stats()
		fmt.Fprintf(progress, "\r%-10s %4.1fs  %6d calls  %6d refused  %4d jobs done ", name, time.Since(start).Seconds(), s.Requests, s.Refused, a.jobs.Load())
	}
	fmt.Fprintln(progress)
	s := server.Stats()
	r := result{
		Name: name, Calls: s.Requests, TooMany: s.Refused, MostInSecond: s.MostInWindow, MostInFlight: s.MostInFlight,
		Jobs: int(a.jobs.Load()), Failures: int(a.failures.Load()), Reasons: a.reasons, Unchanged: s.Unchanged,
		Seconds: time.Since(start).Seconds(),
	}
	return r, ctx.Err()
}

// most is how many calls -url makes at the most.
const most = 100

// foreign reads url with the wrapped client, from as many goroutines as the app.
func foreign(ctx context.Context, url string, progress io.Writer) (result, error) {
	seen := &observer{next: http.DefaultTransport}
	req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		return result{}, err
	}
	if req.URL.Host == "" {
		return result{}, fmt.Errorf("-url is %q, want an absolute URL", url)
	}
	client, err := goodtenant.Wrap(&http.Client{Transport: seen}, goodtenant.WithGuidelines(profile.Reapit().At(req.URL.Host)))
	if err != nil {
		return result{}, err
	}
	t, _ := goodtenant.From(client)
	defer t.Close()
	return seen.watch(client, req, progress), nil
}

// print writes the results as a table or as JSON.
func print(out io.Writer, asJSON bool, results []result) error {
	if asJSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(results)
	}
	_, err := io.WriteString(out, table(results))
	return err
}
