package goodtenant_test

import (
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pages are what a newcomer reads.
func pages(t *testing.T) []string {
	t.Helper()
	docs, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	return append(docs, "README.md", "CONTRIBUTING.md")
}

var (
	quoted = regexp.MustCompile("`([^`\n]+)`")
	inline = regexp.MustCompile("`(?:compliance|status|otelgoodtenant|t)\\.[A-Z][\\w.()]*\\([^`\n]*\\)`")
	proof  = regexp.MustCompile(`^(?:(\w+): )?((?:Test|Fuzz|Example|Benchmark)\w+)$`)
)

// proofs are the tests that a page names: `package: TestName`; a name alone is of
// the package named last in its line, or of the root.
func proofs(page string) (found [][2]string) {
	for line := range strings.Lines(page) {
		folder := "."
		for _, q := range quoted.FindAllStringSubmatch(line, -1) {
			m := proof.FindStringSubmatch(q[1])
			if m == nil {
				continue
			}
			if m[1] != "" {
				folder = m[1]
			}
			found = append(found, [2]string{folder, m[2]})
		}
	}
	return found
}

// has tells whether a test file of folder, or of the root, declares the func.
func has(t *testing.T, folder, name string) bool {
	t.Helper()
	for _, f := range []string{folder, "."} {
		files, err := filepath.Glob(filepath.Join(f, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(source), "\nfunc "+name+"(") {
				return true
			}
		}
	}
	return false
}

func TestEveryTestNamedInTheDocsExists(t *testing.T) {
	total := 0
	for _, page := range pages(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range proofs(string(text)) {
			total++
			if !has(t, p[0], p[1]) {
				t.Errorf("%s names %s: %s, which is in no test file there", page, p[0], p[1])
			}
		}
	}
	if total < 40 {
		t.Errorf("only %d names were found: the pages changed their form", total)
	}
	if has(t, "limiter", "TestThatNobodyWrote") {
		t.Error("the check sees what is not there")
	}
}

// Each line of Go in README is taken as it stands.
func TestREADMECompiles(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var imports, statements []string
	for _, block := range regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		code := block[1]
		if m := regexp.MustCompile(`(?s)^import \((.*?)\n\)\n`).FindStringSubmatch(code); m != nil {
			imports, code = append(imports, m[1]), code[len(m[0]):]
		}
		statements = append(statements, code)
	}
	calls := inline.FindAllString(string(text), -1)
	if len(statements) < 2 || len(calls) < 6 {
		t.Fatalf("%d blocks of Go and %q were found", len(statements), calls)
	}
	var values, used []string // Used returns nothing
	for _, c := range calls {
		c = strings.Trim(c, "`")
		if strings.Contains(c, ".Used(") {
			used = append(used, c)
		} else {
			values = append(values, c)
		}
	}
	source := `package main
import (
	"context"
	"net/http"

	"github.com/goodtenant/goodtenant/compliance"
	otelgoodtenant "github.com/goodtenant/goodtenant/otel"
	"github.com/goodtenant/goodtenant/policy"
	"github.com/goodtenant/goodtenant/status"
` + strings.Join(imports, "\n") + `
)

func main() {
	use := func(...any) {}
	ctx, client, handler, event, tenant, collection, ids := context.Background(), &http.Client{}, http.NotFoundHandler(), compliance.WebhookEvent{}, "", "", []string{}
	use(ctx, client, handler, event, tenant, collection, ids, policy.Enforce)
	` + strings.Join(statements, "\nuse(client, err)\n") + `
	use(` + strings.Join(values, ", ") + `)
	` + strings.Join(used, "\n") + `
}
`
	formatted, err := format.Source([]byte(source))
	if err != nil {
		t.Fatalf("%v in\n%s", err, source)
	}
	// Inside the module, where no build looks at it by itself.
	dir, err := os.MkdirTemp(".", "_readme")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "main.go"), formatted, 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "vet", "./"+dir).CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s\n%s", err, out, formatted)
	}
}

// What README says of the commands is what there is.
func TestREADMECommandsExist(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	for _, m := range regexp.MustCompile(`make ([a-z-]+)`).FindAllStringSubmatch(string(text), -1) {
		if seen = append(seen, m[1]); !strings.Contains(string(makefile), "\n"+m[1]+":") {
			t.Errorf("README names make %s, which Makefile has not", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`go run (\./\S+)`).FindAllStringSubmatch(string(text), -1) {
		seen = append(seen, m[1])
		if _, err := os.Stat(filepath.Join(m[1], "main.go")); err != nil {
			t.Error(err)
		}
	}
	if !slices.Contains(seen, "test") || !slices.Contains(seen, "./examples/quickstart") {
		t.Errorf("README's two commands are missing: %q", seen)
	}
}
