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

// What the README promises of the main job, at the server. What the bare client
// breaks beside the rate depends on the model (one that counts refusals locks it
// out before it writes) and on how fast the machine is: each kind is to be seen
// somewhere.
func TestQuickstart(t *testing.T) {
	bare := make(chan result, len(models))
	t.Run("models", func(t *testing.T) {
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
				without, with := results[0], results[1]
				if without.TooMany < 100 || without.MostInSecond <= 20 || without.Failures < 100 {
					t.Errorf("the bare client broke too little to show anything: %+v", without)
				}
				if with.TooMany != 0 || with.MostInSecond > 20 || with.MostInFlight > 5 || with.Failures != 0 || with.Unchanged != 0 {
					t.Errorf("the wrapped client: %+v", with)
				}
				if with.Jobs <= without.Jobs {
					t.Errorf("%d jobs done with, %d without", with.Jobs, without.Jobs)
				}
				bare <- without
			})
		}
	})
	close(bare)
	var crowded, whole bool
	for r := range bare {
		crowded = crowded || r.MostInFlight > 5
		whole = whole || r.Unchanged > 0
	}
	if !crowded || !whole {
		t.Errorf("the bare client never had more than 5 in flight (%v), or never sent what had not changed (%v)", !crowded, !whole)
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

// The table says what failed, not just how often.
func TestQuickstartSaysWhatFailed(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	for _, want := range []string{"100 jobs failed, answered 404", "100 jobs failed, no answer"} {
		var out bytes.Buffer
		if err := quickstart(t.Context(), []string{"-url", server.URL}, &out, io.Discard); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("%v, want %q in %s", err, want, &out)
		}
		server.Close() // and for the second nobody is there
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
