package goodtenant_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/goodtenant/goodtenant"

// linked are the modules that an app which uses every layer links, each with the
// reason why it is worth it.
var linked = map[string]string{
	"github.com/evanphx/json-patch/v5": "conflict: RFC 6902 documents",
	"golang.org/x/net":                 "endpoint, dedupe: IDNA forms of host names",
	"golang.org/x/text":                "comes with x/net/idna; dedupe: Unicode normal form",
	"github.com/dunglas/httpsfv":       "limiter: RateLimit fields are structured fields",
}

// telemetry are those that an app links beside them with the package otel: the
// OpenTelemetry API and what it stands on. The SDK is the app's choice.
var telemetry = map[string]string{
	"go.opentelemetry.io/otel":        "otel: attributes, propagation, the global providers",
	"go.opentelemetry.io/otel/trace":  "otel: spans",
	"go.opentelemetry.io/otel/metric": "otel: instruments",
	"go.opentelemetry.io/otel/log":    "otel: events",
	"go.opentelemetry.io/auto/sdk":    "comes with the API: instrumentation from outside of the process",
	"github.com/cespare/xxhash/v2":    "comes with the API: hashes of attribute sets",
	"github.com/go-logr/logr":         "comes with the API: its own log",
	"github.com/go-logr/stdr":         "comes with the API: its own log",
}

// may says what a folder may import of this module; a layer stands on leaves
// only, so that each works without the others and without a profile.
var may = map[string][]string{
	"policy":            {"internal"},
	"limiter":           {"policy", "internal"},
	"conflict":          {"policy", "internal"},
	"dedupe":            {"policy", "internal"},
	"compliance":        {"policy", "internal"},
	"profile":           {"policy", "internal", "limiter", "conflict", "dedupe", "compliance"},            // data for the layers' Configs
	"":                  {"policy", "internal", "limiter", "conflict", "dedupe", "compliance", "profile"}, // root joins the layers
	"otel":              {"", "policy", "internal", "limiter", "conflict", "dedupe", "compliance", "profile"},
	"status":            {"", "policy", "internal", "limiter", "conflict", "dedupe", "compliance", "profile"},
	"platformtest":      {"internal"}, // app authors link it into their tests: nothing else comes along
	"rttest":            {"internal"}, // for any RoundTripper, not only ours
	"internal":          {"internal", "policy"},
	"limiter/storetest": {"limiter", "policy", "internal"},
}

type pkg struct {
	ImportPath string
	Imports    []string
	Deps       []string
	Module     *struct{ Path string }
	Standard   bool
}

func list(t *testing.T, args ...string) (all []pkg) {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list", "-json=ImportPath,Imports,Deps,Module,Standard"}, args...)...).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// folder is a package's place in this module; ok is false for others.
func folder(path string) (string, bool) {
	rest, ok := strings.CutPrefix(path, module)
	return strings.TrimPrefix(rest, "/"), ok
}

// group is the key of may that governs a folder.
func group(folder string) string {
	if _, ok := may[folder]; ok {
		return folder
	}
	first, _, _ := strings.Cut(folder, "/")
	return first
}

func TestImportsRunOneWay(t *testing.T) {
	for _, p := range list(t, "./...") {
		from, _ := folder(p.ImportPath)
		allowed, ok := may[group(from)]
		if !ok {
			t.Errorf("%s: no rule says what it may import", p.ImportPath)
			continue
		}
		for _, i := range p.Imports {
			if to, ours := folder(i); ours && !slices.Contains(allowed, group(to)) && group(to) != group(from) {
				t.Errorf("%s imports %s; it may import %q of this module", p.ImportPath, i, allowed)
			}
		}
		for _, i := range p.Imports {
			switch {
			case strings.HasPrefix(i, "go.opentelemetry.io/") && group(from) != "otel":
				t.Errorf("%s imports %s: telemetry belongs to otel/", p.ImportPath, i)
			case strings.HasPrefix(i, "go.opentelemetry.io/otel/sdk"):
				t.Errorf("%s imports %s: the SDK is the app's choice", p.ImportPath, i)
			case strings.Contains(i, "testify") || strings.Contains(i, "rapid") || strings.Contains(i, "goleak"):
				t.Errorf("%s imports %s outside its tests", p.ImportPath, i)
			case i == "expvar" || i == "net/http/pprof":
				t.Errorf("%s imports %s, which registers routes on the app's mux", p.ImportPath, i)
			case strings.Contains(i, "redis"):
				t.Errorf("%s imports %s: a client for Redis belongs to redisstore", p.ImportPath, i)
			}
		}
	}
}

func TestLinkedModulesAreFew(t *testing.T) {
	for pattern, allowed := range map[string][]string{
		".":              keys(linked),
		"./status":       keys(linked),
		"./otel":         append(keys(linked), keys(telemetry)...),
		"./platformtest": nil,
	} {
		for _, p := range list(t, "-deps", pattern) {
			if p.Standard || p.Module == nil || p.Module.Path == module {
				continue
			}
			if !slices.Contains(allowed, p.Module.Path) {
				t.Errorf("%s links %s (%s): name it here with its reason, or do without", pattern, p.Module.Path, p.ImportPath)
			}
		}
	}
}

func keys(m map[string]string) (k []string) {
	for name := range m {
		k = append(k, name)
	}
	return k
}
