package route

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestTable(t *testing.T) {
	table := New([]string{
		"/contacts/", "/contacts/{id}", "/invoices/{id}", "/invoices/payments", "/invoices/payments/{id}",
		"/properties/{id}/certificates/{certificateId}", "/properties/{id}/certificates/responsibilities",
		"DELETE /contacts/{contactId}", "/bad/<img>\x00/{id}",
	})
	for _, c := range []struct{ method, path, want string }{
		{"GET", "/contacts", "/contacts/"},
		{"GET", "/contacts/", "/contacts/"},
		{"GET", "//contacts//", "/contacts/"},
		{"GET", "/contacts/OXF1", "/contacts/{id}"},
		{"GET", "/contacts/OXF1/", "/contacts/{id}"},
		{"DELETE", "/contacts/OXF1", "/contacts/{contactId}"},
		{"GET", "/invoices/payments", "/invoices/payments"},
		{"GET", "/invoices/payments/P1", "/invoices/payments/{id}"},
		{"GET", "/invoices/I1", "/invoices/{id}"},
		{"GET", "/properties/P1/certificates/responsibilities", "/properties/{id}/certificates/responsibilities"},
		{"GET", "/properties/P1/certificates/C2", "/properties/{id}/certificates/{certificateId}"},
		{"GET", "/bad/_img__/1", "/bad/_img__/{id}"},
		{"GET", "/v1/widgets/550e8400-e29b-41d4-a716-446655440000/parts", "/v1/widgets/{x}/parts"},
		{"GET", "/", "/"},
		{"GET", "", "/"},
	} {
		require.Equal(t, c.want, table.Find(c.method, c.path).Name, "%s %s", c.method, c.path)
	}
	require.Equal(t, Other, (*Table)(nil).Find("GET", "/a").Name)
	require.Equal(t, Other, new(Table).Find("GET", "/a").Name)
}

func TestVaries(t *testing.T) {
	for _, seg := range []string{"123", "ABC123", "OXF000123", "550e8400-e29b-41d4-a716-446655440000",
		"deadbeef01", "2026-11-25", "a@b.example", "Ann Lee", "MKT", "xXCANARYx", strings.Repeat("a", 33), "é", "%20", "\x00"} {
		require.True(t, varies(seg), seg)
	}
	for _, seg := range []string{"contacts", "propertyImages", "signedUrl", "v1", "v12", "oauth2", "identity-checks", "deadbeef", "a.json"} {
		require.False(t, varies(seg), seg)
	}
}

func TestPositionWithManyValuesBecomesParameter(t *testing.T) {
	table := New(nil)
	word := func(i int) string { return "w" + strings.Repeat("x", i%26) + string(rune('a'+i/26)) }
	for i := range maxLiterals {
		require.Equal(t, "/users/"+word(i)+"/posts", table.Find("GET", "/users/"+word(i)+"/posts").Name)
	}
	require.Equal(t, "/users/{x}/posts", table.Find("GET", "/users/onemore/posts").Name)
	require.Equal(t, "/users/{x}/posts", table.Find("GET", "/users/"+word(3)+"/posts").Name)
	require.Equal(t, 1, table.learned.templates)
}

func TestTemplatesAreBounded(t *testing.T) {
	table := New(nil)
	seen := map[string]bool{}
	for i := range 40 {
		for j := range 40 {
			seen[table.Find("GET", fmt.Sprintf("/%c%c/%c%c", 'a'+i/20, 'a'+i%20, 'a'+j/20, 'a'+j%20)).Name] = true
		}
	}
	require.LessOrEqual(t, len(seen), maxTemplates+1)
	require.True(t, seen[Other])
	require.Equal(t, Other, table.Find("GET", strings.Repeat("/a", 1000)).Name)
}

// Field names of faults.md 100: a hostile path is safe text and small.
func TestFault100HostileNames(t *testing.T) {
	table := New([]string{"/x/{id}"})
	for _, p := range []string{"/<img src=x onerror=alert(1)>", "/\u202Egnp.exe", "/a\x00b", "/" + strings.Repeat("m", 1<<20),
		"/\xff\xfe", "/=cmd|calc", "/{x}/{y}", "/..//../", "/a b/c\nd"} {
		checkSafe(t, table.Find("GET", p).Name)
	}
}

func checkSafe(t testing.TB, tpl string) {
	t.Helper()
	require.True(t, utf8.ValidString(tpl))
	require.NotEmpty(t, tpl)
	require.LessOrEqual(t, len(tpl), (maxLiteral+1)*(maxSegments+1))
	require.Empty(t, strings.Trim(tpl, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/{}"))
}

func TestConcurrentLearning(t *testing.T) {
	table := New(nil)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 2000 {
				table.Find("GET", fmt.Sprintf("/a%c/b%c/c", 'a'+(i+g)%26, 'a'+i/26%26))
			}
		})
	}
	wg.Wait()
}

func FuzzTemplate(f *testing.F) {
	f.Add("/contacts/OXF1")
	f.Add("//\xff/{x}")
	table := New([]string{"/contacts/{id}"})
	f.Fuzz(func(t *testing.T, path string) {
		first := table.Find("GET", path).Name
		checkSafe(t, first)
	})
}

// TestIDsAreOnes checks that templates that are known at one time never share an
// ID, not even after a position has become a parameter.
func TestIDsAreOnes(t *testing.T) {
	table := New([]string{"/a/{id}", "/b/"})
	for round := range 30 {
		for i := range maxLiterals + 1 {
			table.Find("GET", fmt.Sprintf("/r%c%c/w%c%c/x", 'a'+round%26, 'a'+round/26, 'a'+i/26, 'a'+i%26))
		}
	}
	seen := map[int]string{0: Other}
	var walk func(n *learned)
	note := func(tpl *Template) {
		require.Less(t, tpl.ID, table.Bound())
		require.Empty(t, seen[tpl.ID], "the ID of %s is %s's too", tpl.Name, seen[tpl.ID])
		seen[tpl.ID] = tpl.Name
	}
	walk = func(n *learned) {
		if n == nil {
			return
		}
		if n.template != nil {
			note(n.template)
		}
		for _, child := range n.literal {
			walk(child)
		}
		walk(n.any)
	}
	note(table.Find("GET", "/a/1"))
	note(table.Find("GET", "/b"))
	walk(table.learned.root.Load())
	require.Len(t, seen, 3+30)
	require.Equal(t, maxTemplates-30, len(table.learned.free))
}

// platformTemplates are the paths of the platform's public description where it
// is at hand, else as many made-up ones.
func platformTemplates(t testing.TB) []string {
	if f, err := os.Open("../../../shared/data/platform-openapi.json.gz"); err == nil {
		defer f.Close()
		z, err := gzip.NewReader(f)
		require.NoError(t, err)
		var doc struct{ Paths map[string]json.RawMessage }
		require.NoError(t, json.NewDecoder(z).Decode(&doc))
		var all []string
		for p := range doc.Paths {
			all = append(all, p)
		}
		slices.Sort(all)
		return all
	}
	var all []string
	for i := range 45 {
		r := fmt.Sprintf("/res%c%c", 'a'+i/26, 'a'+i%26)
		all = append(all, r+"/", r+"/{id}", r+"/{id}/parts", r+"/{id}/parts/{partId}")
	}
	return append(all, "/last/")
}

func TestPlatformTemplates(t *testing.T) {
	all := platformTemplates(t)
	table := New(all)
	for _, tpl := range all {
		path := strings.NewReplacer("{", "K", "}", "7").Replace(tpl)
		for _, p := range []string{path, strings.TrimSuffix(path, "/"), strings.TrimSuffix(path, "/") + "/"} {
			require.Equal(t, tpl, table.Find("GET", p).Name)
		}
	}
	require.Zero(t, testing.AllocsPerRun(100, func() { table.Find("GET", all[len(all)/2]) }))
	require.Zero(t, testing.AllocsPerRun(100, func() { table.Find("GET", "/unknown/ABC123/x") }))
}

func BenchmarkTemplate(b *testing.B) {
	all := platformTemplates(b)
	table := New(all)
	paths := make([]string, len(all))
	for i, tpl := range all {
		paths[i] = strings.NewReplacer("{", "K", "}", "7").Replace(tpl)
	}
	b.Run("table", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			table.Find("GET", paths[i%len(paths)])
		}
	})
	b.Run("learned", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			table.Find("GET", "/v1/unknown/ABC123/parts")
		}
	})
}
