package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// What the README promises of the main job, at the server.
func TestQuickstart(t *testing.T) {
	for model := range models {
		t.Run(model, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if err := quickstart(t.Context(), []string{"-seconds", "4", "-model", model, "-json"}, &out, io.Discard); err != nil {
				t.Fatal(err)
			}
			var results []result
			if err := json.Unmarshal(out.Bytes(), &results); err != nil || len(results) != 2 {
				t.Fatalf("%v: %s", err, &out)
			}
			bare, with := results[0], results[1]
			if bare.TooMany < 100 || bare.MostInFlight <= 5 || bare.Unchanged == 0 {
				t.Errorf("the bare client broke too little to show anything: %+v", bare)
			}
			if with.TooMany != 0 || with.MostInSecond > 20 || with.MostInFlight > 5 || with.Failures != 0 || with.Unchanged != 0 {
				t.Errorf("the wrapped client: %+v", with)
			}
			if with.Jobs <= bare.Jobs {
				t.Errorf("%d jobs done with, %d without", with.Jobs, bare.Jobs)
			}
		})
	}
}

func TestQuickstartAgainstAnotherServer(t *testing.T) {
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { calls.Add(1) }))
	defer server.Close()
	var out bytes.Buffer
	if err := quickstart(t.Context(), []string{"-url", server.URL + "/contacts/"}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if calls.Load() != most || !strings.Contains(out.String(), "100") {
		t.Errorf("%d calls, want %d\n%s", calls.Load(), most, &out)
	}
}

func TestBadFlagsAreNamed(t *testing.T) {
	for args, words := range map[string]string{
		"-seconds 0":        "-seconds is 0",
		"-seconds 100000":   "-seconds is 100000",
		"-model leaky":      `-model is "leaky"`,
		"-url contacts":     `-url is "contacts"`,
		"more":              `"more"`,
		"-nonsense":         "nonsense",
		"-url http://[::1%": "-url",
	} {
		err := quickstart(t.Context(), strings.Fields(args), io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), strings.TrimPrefix(words, "-url")) {
			t.Errorf("%s: err = %v, want one with %s", args, err, words)
		}
	}
}
