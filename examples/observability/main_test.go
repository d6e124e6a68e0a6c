package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// need gives the path of a program. Without it, a developer's test is skipped and
// CI's fails.
func need(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	switch {
	case err == nil:
		return path
	case os.Getenv("CI") != "":
		t.Fatalf("no %s on the path: CI installs it (see .ci/needs)", program)
	}
	t.Skipf("no %s on the path: nothing is scraped", program)
	return ""
}

// A real Prometheus scrapes the running example, and every panel of the dashboard
// has data.
func TestEveryPanelHasData(t *testing.T) {
	prometheus := need(t, "prometheus")
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- run(ctx, []string{"-listen", "127.0.0.1:0"}, io.Discard, ready) }()
	defer func() {
		cancel()
		require.NoError(t, <-done)
	}()
	app := <-ready

	folder := t.TempDir()
	config := filepath.Join(folder, "prometheus.yml")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, "global: {scrape_interval: 250ms}\nscrape_configs:\n- job_name: goodtenant\n  static_configs: [{targets: [%q]}]\n", app), 0o600))
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := free.Addr().String()
	free.Close()
	cmd := exec.Command(prometheus, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(folder, "data"), "--web.listen-address="+addr,
		"--enable-feature=exemplar-storage", "--log.level=error")
	var log strings.Builder
	cmd.Stderr = &log
	require.NoError(t, cmd.Start())
	defer func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	}()

	queries := panels(t)
	require.Greater(t, len(queries), 20)
	api := "http://" + addr + "/api/v1/"
	deadline := time.Now().Add(20 * time.Second)
	for {
		var empty []string
		for panel, expr := range queries {
			if n := series(t, api, expr); n < 1 {
				empty = append(empty, panel)
			}
		}
		if len(empty) == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Errorf("no data in the panels %q", empty)
			break
		}
		time.Sleep(250 * time.Millisecond)
	}

	var exemplars struct {
		Data []struct {
			Exemplars []struct{ Labels map[string]string }
		}
	}
	fetch(t, api+"query_exemplars?start="+url.QueryEscape(time.Now().Add(-time.Minute).Format(time.RFC3339))+"&end="+url.QueryEscape(time.Now().Format(time.RFC3339))+
		"&query=http_client_request_duration_seconds_bucket", &exemplars)
	require.NotEmpty(t, exemplars.Data, "answers lead to traces")
	require.NotEmpty(t, exemplars.Data[0].Exemplars[0].Labels["trace_id"])

	page, err := http.Get("http://" + app + "/")
	require.NoError(t, err)
	defer page.Body.Close()
	html, err := io.ReadAll(page.Body)
	require.NoError(t, err)
	require.Contains(t, string(html), "Reapit Foundations")

	names := map[string]bool{}
	var all struct{ Data []string }
	fetch(t, api+"label/__name__/values", &all)
	total := 0
	for _, n := range all.Data {
		names[n] = true
		if strings.HasPrefix(n, "goodtenant_") || strings.HasPrefix(n, "http_client_") {
			total += series(t, api, n)
		}
	}
	require.True(t, names["goodtenant_throttles_total"])
	t.Logf("%d panels, %d series", len(queries), total)
}

// panels are the dashboard's queries.
func panels(t *testing.T) map[string]string {
	raw, err := os.ReadFile("dashboard.json")
	require.NoError(t, err)
	var d struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	require.NoError(t, json.Unmarshal(raw, &d))
	all := map[string]string{}
	for _, p := range d.Panels {
		require.NotEmpty(t, p.Targets, p.Title)
		for i, target := range p.Targets {
			all[fmt.Sprintf("%s %d", p.Title, i+1)] = strings.ReplaceAll(target.Expr, "$__rate_interval", "10s")
		}
	}
	return all
}

// series is how many a query gives that hold a number; -1 while Prometheus starts.
func series(t *testing.T, api, expr string) int {
	var r struct {
		Data struct{ Result []struct{ Value [2]any } }
	}
	if !fetch(t, api+"query?query="+url.QueryEscape(expr), &r) {
		return -1
	}
	n := 0
	for _, x := range r.Data.Result {
		if x.Value[1] != "NaN" {
			n++
		}
	}
	return n
}

func fetch(t *testing.T, address string, into any) bool {
	resp, err := http.Get(address)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	if resp.StatusCode == http.StatusServiceUnavailable {
		return false
	}
	require.Equal(t, 200, resp.StatusCode, "%s: %s", address, body)
	require.NoError(t, json.Unmarshal(body, into))
	return true
}

func TestAlertRules(t *testing.T) {
	promtool := need(t, "promtool")
	for _, args := range [][]string{{"check", "rules", "rules.yml"}, {"test", "rules", "rules_test.yml"}, {"check", "config", "prometheus.yml"}} {
		out, err := exec.Command(promtool, args...).CombinedOutput()
		require.NoError(t, err, "promtool %v: %s", args, out)
	}
	rules, err := os.ReadFile("rules.yml")
	require.NoError(t, err)
	tests, err := os.ReadFile("rules_test.yml")
	require.NoError(t, err)
	for line := range strings.SplitSeq(string(rules), "\n") {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "- alert: "); ok {
			require.Contains(t, string(tests), `alertname="`+name+`"`, "an alert that no test fires")
		}
	}
}

func TestBadArguments(t *testing.T) {
	require.Error(t, run(t.Context(), []string{"-nonsense"}, io.Discard, nil))
	require.Error(t, run(t.Context(), []string{"-listen", "nowhere:x"}, io.Discard, nil))
}
