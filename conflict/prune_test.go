package conflict

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	jsonpatch "github.com/evanphx/json-patch/v5"
)

// canonical writes a number as sign, digits and exponent, by math/big where that
// is possible: an oracle that shares no code with sameNumber.
func canonical(s string) string {
	mantissa, exp, _ := strings.Cut(strings.ToLower(s), "e")
	e := new(big.Int)
	if exp != "" {
		e.SetString(strings.TrimPrefix(exp, "+"), 10)
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	m, _ := new(big.Int).SetString(whole+fraction, 10)
	if m.Sign() == 0 {
		return "0"
	}
	e.Sub(e, big.NewInt(int64(len(fraction))))
	digits := m.String()
	for strings.HasSuffix(digits, "0") {
		digits = strings.TrimSuffix(digits, "0")
		e.Add(e, big.NewInt(1))
	}
	return digits + "e" + e.String()
}

func TestSameNumber(t *testing.T) {
	numbers := []string{"0", "-0", "0.0", "0e5", "-0.000e-9", "1", "1.0", "1e0", "10e-1", "0.1e1", "-1", "100", "1e2", "1E+2", "1.00e02",
		"1.10", "1.1", "11", "1.01", "9007199254740992", "9007199254740993", "9007199254740992.0", "1e400", "1e401", "10e399",
		"1e99999999999", "10e99999999998", "1e-99999999999", "0.05", "5e-2", "0.50", "500e-3", "123456789012345678901234567890",
		"12345678901234567890123456789e1", "0.10000000000000001", "1000.5", "10005e-1", "1.0005e3", "1.5", "15", "0.15", "150"}
	for _, a := range numbers {
		for _, b := range numbers {
			if got, want := sameNumber([]byte(a), []byte(b)), canonical(a) == canonical(b); got != want {
				t.Errorf("sameNumber(%s, %s) = %v", a, b, got)
			}
		}
	}
	// An exponent that no integer holds equals its own spelling only.
	huge := "1e" + strings.Repeat("9", 50)
	if !sameNumber([]byte(huge), []byte(huge)) || sameNumber([]byte(huge), []byte("1"+huge[1:]+"0")) {
		t.Error("huge exponents")
	}
	if n := testing.AllocsPerRun(100, func() { sameNumber([]byte("1e99999999999"), []byte("10e99999999998")) }); n != 0 {
		t.Errorf("%v allocations for a number of 10^11 digits", n)
	}
}

// The pruned body does what the whole body does: 100,000 random pairs, at both
// depths, judged by RFC 7396 as written in its section 2.
func TestPruneHasTheEffectOfTheWhole(t *testing.T) {
	const seed = 4
	g := gen{rand.New(rand.NewPCG(seed, 0))}
	second, dropped, members := 0, 0, 0
	for i := range times(3_000, 100_000) {
		base := g.object(3)
		body := g.mutate(base)
		if i%4 == 0 {
			body = g.object(3)
		}
		want := plain(apply(read([]byte(base)), read([]byte(body))))
		for _, depth := range []Depth{TopLevel, Deep} {
			out, changed, err := Prune([]byte(base), []byte(body), PruneOptions{Depth: depth})
			if err != nil {
				t.Fatalf("seed %d, %d: %v", seed, i, err)
			}
			got := plain(apply(read([]byte(base)), read(out)))
			if got != want {
				t.Fatalf("seed %d, %d, %v:\nbase %s\nbody %s\nout  %s\ngot  %s\nwant %s", seed, i, depth, base, body, out, got, want)
			}
			if changed != (string(out) != "{}") {
				t.Fatalf("changed %v, out %s", changed, out)
			}
			var a, b map[string]json.RawMessage
			json.Unmarshal([]byte(body), &a)
			json.Unmarshal(out, &b)
			members += len(a)
			dropped += len(a) - len(b)
			for name, value := range b {
				if depth == TopLevel && !bytes.Equal(value, a[name]) {
					t.Fatalf("bytes of %q changed: %s, %s", name, a[name], value)
				}
			}
			// Nothing that is left could go: without it the effect is another.
			for name := range b {
				less := map[string]json.RawMessage{}
				for k, v := range b {
					if k != name {
						less[k] = v
					}
				}
				lessText, _ := json.Marshal(less)
				if depth == Deep && plain(apply(read([]byte(base)), read(lessText))) == want && !inexpressible(b[name]) {
					t.Fatalf("%q of %s is not needed over %s", name, out, base)
				}
			}
		}
		// json-patch as a second opinion where it follows the RFC: no null and no
		// backslash in sight.
		if !strings.Contains(base+body, "null") && !strings.Contains(base+body, `\`) {
			out, _, _ := Prune([]byte(base), []byte(body), PruneOptions{})
			theirs, err := jsonpatch.MergePatch([]byte(base), out)
			if err != nil {
				t.Fatalf("json-patch: %v", err)
			}
			if got := plain(read(theirs)); got != want {
				t.Fatalf("second opinion:\nbase %s\nbody %s\nout  %s\ngot  %s\nwant %s", base, body, out, got, want)
			}
			second++
		}
	}
	t.Logf("seed %d: %d of %d members dropped, %d second opinions", seed, dropped, members, second)
	if dropped*3 < members || second < 100 {
		t.Errorf("the pairs share too little to show anything: %d of %d dropped, %d second opinions", dropped, members, second)
	}
}

// inexpressible: an object with null in it makes an object where there is none,
// although null and absent count as equal.
func inexpressible(v json.RawMessage) bool {
	return strings.Contains(string(v), "{")
}

func TestPruneTable(t *testing.T) {
	for _, c := range []struct{ name, base, body, want string }{
		{"equal", `{"a":1,"b":2}`, `{"b":2,"a":1}`, `{}`},
		{"the app's bytes are kept", `{"a":1,"c":0}`, `{"a" : 1.50e1, "c":0, "b":"\u00e9"}`, `{"a":1.50e1,"b":"\u00e9"}`},
		{"all changed: the very same body", `{"a":1}`, `{ "a" : 2 }`, `{ "a" : 2 }`},
		{"absent is not deleted", `{"a":1,"b":2}`, `{"a":1}`, `{}`},
		{"a null deletes", `{"a":1}`, `{"a":null}`, `{"a":null}`},
		{"a null for nothing", `{"a":1}`, `{"b":null,"a":2}`, `{"a":2}`},
		{"nested null", `{"m":{"k":"v"}}`, `{"m":{"k":null}}`, `{"m":{"k":null}}`},
		{"emptied object", `{"m":{"k":"v"}}`, `{"m":{}}`, `{"m":{}}`},
		{"null in an array is data", `{"a":[null]}`, `{"a":[]}`, `{"a":[]}`},
		{"array order is data", `{"a":[1,2]}`, `{"a":[2,1]}`, `{"a":[2,1]}`},
		{"escapes", `{"a":"é/"}`, `{"a":"\u00e9\/"}`, `{}`},
		{"escaped name", `{"é":1}`, `{"\u00e9":1}`, `{}`},
		{"surrogate pair", `{"a":"😀"}`, `{"a":"\ud83d\ude00"}`, `{}`},
		{"type change", `{"a":"1"}`, `{"a":1}`, `{"a":1}`},
		{"false is not null", `{"a":null}`, `{"a":false}`, `{"a":false}`},
		{"scalar", `{"a":null}`, `5`, `5`},
		{"array", `[1]`, `[2]`, `[2]`},
		{"no object before", `5`, `{"a":null}`, `{"a":null}`},
		{"literal {}", `{"a":1}`, ` {} `, ` {} `},
		{"no base", ``, `{"a":1}`, `{"a":1}`},
	} {
		out, changed, err := Prune([]byte(c.base), []byte(c.body), PruneOptions{})
		if err != nil || string(out) != c.want || changed != (strings.TrimSpace(c.want) != "{}") {
			t.Errorf("%s: %s, %v, %v; want %s", c.name, out, changed, err, c.want)
		}
	}
	out, _, _ := Prune([]byte(`{"m":{"a":1,"b":2},"n":1}`), []byte(`{"m":{"a":1,"b":3},"n":1}`), PruneOptions{Depth: Deep})
	if string(out) != `{"m":{"b":3}}` {
		t.Errorf("deep: %s", out)
	}
	out, _, _ = Prune([]byte(`{"a":1,"m":{"b":2,"c":3}}`), []byte(`{"a":1,"m":{"b":2,"c":4}}`), PruneOptions{Depth: Deep, KeepEqual: []string{"/a", "/m/b"}})
	if string(out) != `{"a":1,"m":{"b":2,"c":4}}` {
		t.Errorf("keep equal: %s", out)
	}
	out, changed, _ := Prune([]byte(`{"a":1}`), []byte(`{"a":1}`), PruneOptions{Depth: Off})
	if string(out) != `{"a":1}` || !changed {
		t.Errorf("off: %s", out)
	}
}

// contact is an app's idea of the entity of the golden: it knows neither
// metadata nor _eTag, and its types are those that Go programs use.
type contact struct {
	ID               string            `json:"id"`
	Created          time.Time         `json:"created"`
	Modified         time.Time         `json:"modified"`
	Forename         string            `json:"forename"`
	DateOfBirth      *string           `json:"dateOfBirth"`
	Price            float64           `json:"price"`
	Big              float64           `json:"big"`
	WorkPhone        string            `json:"workPhone"`
	SecondaryAddress *map[string]any   `json:"secondaryAddress"`
	OfficeIDs        []string          `json:"officeIds"`
	NegotiatorIDs    []string          `json:"negotiatorIds"`
	Notes            string            `json:"notes"`
	PrimaryAddress   map[string]string `json:"primaryAddress"`
}

const goldenEntity = `{
  "id": "OXF200001",
  "created": "2026-03-01T09:15:30.1234500Z",
  "modified": "2026-11-24T16:45:12.7654320Z",
  "forename": "Ann",
  "dateOfBirth": null,
  "price": 250000.00,
  "big": 9007199254740993,
  "workPhone": null,
  "secondaryAddress": null,
  "officeIds": ["OXF", "SOL"],
  "negotiatorIds": [],
  "notes": "flat < house & garden",
  "primaryAddress": {"line1": "1 High Street", "postcode": "OX1 1AA"},
  "metadata": {"source": "website"},
  "_eTag": "\"7\""
}`

// goldenBody is what a program sends that reads the entity into its struct,
// changes the forename and writes it back.
func goldenBody(t testing.TB) []byte {
	var c contact
	if err := json.Unmarshal([]byte(goldenEntity), &c); err != nil {
		t.Fatal(err)
	}
	c.Forename = "Anna"
	body, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestGoldenOneMember(t *testing.T) {
	body := goldenBody(t)
	names := func(b []byte) (l []string) {
		d, err := parse(b)
		if err != nil {
			t.Fatal(err)
		}
		for name := range d.members(0) {
			l = append(l, d.unquote(name))
		}
		return l
	}
	created, err := jsonpatch.CreateMergePatch([]byte(goldenEntity), body)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(names(created)); n != 8 {
		t.Errorf("CreateMergePatch: %d members, want 8: %s", n, created)
	}
	out, _, err := Prune([]byte(goldenEntity), body, PruneOptions{})
	if want := []string{"created", "modified", "forename", "big", "workPhone"}; err != nil || !reflect.DeepEqual(names(out), want) {
		t.Errorf("exact: %v, want %v (%v)", names(out), want, err)
	}
	out, _, err = Prune([]byte(goldenEntity), body, PruneOptions{Instants: true, Floats: true, ZeroForNull: true})
	if err != nil || string(out) != `{"forename":"Anna"}` {
		t.Errorf("with the three equivalences: %s, %v", out, err)
	}
}

// Each equivalence alone, and where it must not reach.
func TestEquivalences(t *testing.T) {
	for _, c := range []struct {
		name, base, body string
		o                PruneOptions
		sent             bool
	}{
		{"instant", `"2026-03-01T09:15:30.1234500Z"`, `"2026-03-01T09:15:30.12345Z"`, PruneOptions{Instants: true}, false},
		{"instant, other zone", `"2026-03-01T09:15:30Z"`, `"2026-03-01T10:15:30+01:00"`, PruneOptions{Instants: true}, false},
		{"instant, off", `"2026-03-01T09:15:30.0Z"`, `"2026-03-01T09:15:30Z"`, PruneOptions{}, true},
		{"tenth digit", `"2026-03-01T09:15:30.1234567891Z"`, `"2026-03-01T09:15:30.1234567892Z"`, PruneOptions{Instants: true}, true},
		{"another instant", `"2026-03-01T09:15:30Z"`, `"2026-03-01T09:15:31Z"`, PruneOptions{Instants: true}, true},
		{"a date", `"2026-03-01"`, `"2026-03-02"`, PruneOptions{Instants: true}, true},
		{"float", `9007199254740993`, `9007199254740992`, PruneOptions{Floats: true}, false},
		{"float, off", `9007199254740993`, `9007199254740992`, PruneOptions{}, true},
		{"not its float", `9007199254740993`, `9007199254740994`, PruneOptions{Floats: true}, true},
		{"a float's printing", `0.3000000000000000444`, `0.30000000000000004`, PruneOptions{Floats: true}, false},
		{"beyond float64", `1e400`, `1e401`, PruneOptions{Floats: true}, true},
		{"zero", `null`, `""`, PruneOptions{ZeroForNull: true}, false},
		{"zero struct", `null`, `{"a":"","b":0,"c":null}`, PruneOptions{ZeroForNull: true}, false},
		{"not zero struct", `null`, `{"a":"","b":1}`, PruneOptions{ZeroForNull: true}, true},
		{"empty object", `null`, `{}`, PruneOptions{ZeroForNull: true}, true},
		{"zero time", `null`, `"0001-01-01T00:00:00Z"`, PruneOptions{ZeroForNull: true}, false},
		{"zero, off", `null`, `""`, PruneOptions{}, true},
		{"zero over a value", `"x"`, `""`, PruneOptions{ZeroForNull: true}, true},
		{"null over zero", `""`, `null`, PruneOptions{ZeroForNull: true}, true},
	} {
		_, sent, err := Prune([]byte(`{"v":`+c.base+`}`), []byte(`{"v":`+c.body+`}`), c.o)
		if err != nil || sent != c.sent {
			t.Errorf("%s: sent %v, want %v (%v)", c.name, sent, c.sent, err)
		}
	}
}

// Numbers are compared by value; a body whose numbers no float64 prints means
// what it says.
func TestField15LargeIntegers(t *testing.T) {
	base := `{"ref":9007199254740993,"price":250000.00,"rate":1e2,"tiny":0.1,"_eTag":"\"1\""}`
	body := `{"ref":9007199254740992,"price":250000.0,"rate":100,"tiny":0.10000000000000001,"_eTag":"\"1\""}`
	for _, o := range []PruneOptions{{}, {Floats: true}} {
		out, _, err := Prune([]byte(base), []byte(body), o)
		if err != nil || string(out) != `{"ref":9007199254740992,"tiny":0.10000000000000001}` {
			t.Errorf("%+v: %s, %v", o, out, err)
		}
	}
}

// Hostile bodies come back untouched, in linear time, without a panic.
func TestFault44HostileBodies(t *testing.T) {
	hostile := map[string]string{
		"empty": ``, "BOM": "\xef\xbb\xbf{}", "cut": `{"a":`, "cut string": `{"a":"x`, "trailing comma": `{"a":1,}`,
		"two documents": `{}{}`, "trailing text": `{} x`, "twice": `{"a":1,"a":2}`, "twice escaped": `{"a":1,"\u0061":2}`,
		"nested twice": `{"x":[{"a":1,"a":2}]}`, "lone high": `{"a":"\ud800"}`, "lone low": `{"a":"\udc00"}`,
		"pair reversed": `{"a":"\udc00\ud800"}`, "bad UTF-8": "{\"a\":\"\xff\"}", "bad UTF-8 name": "{\"\xff\":1}",
		"surrogate in UTF-8": "{\"a\":\"\xed\xa0\x80\"}", "control": "{\"a\":\"\n\"}", "bad escape": `{"a":"\x"}`, "plus": `{"a":+1}`,
		"leading zero": `{"a":01}`, "point": `{"a":1.}`, "hex": `{"a":0x1}`, "NaN": `{"a":NaN}`, "single quotes": `{'a':1}`,
		"too deep": strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000),
		"10^5":     strings.Repeat("[", 100_000), "colon": `{"a" 1}`, "name": `{1:1}`, "only comma": `{,}`, "word": `{"a":nul}`,
	}
	for i := range 20 {
		hostile[fmt.Sprint("twice of many ", i)] = `{` + strings.Join(append(many(20), fmt.Sprintf(`"m%d":1`, i)), ",") + `}`
	}
	for name, body := range hostile {
		for _, pair := range [][2]string{{`{"a":1}`, body}, {body, `{"a":1}`}} {
			out, changed, err := Prune([]byte(pair[0]), []byte(pair[1]), PruneOptions{})
			if name == "empty" && pair[0] == "" {
				continue
			}
			if err == nil || !changed || string(out) != pair[1] {
				t.Errorf("%s: untouched %v, changed %v, %v", name, string(out) == pair[1], changed, err)
			}
			if err != nil && len(body) > 4 && strings.Contains(err.Error(), body) {
				t.Errorf("%s: the error quotes the body: %v", name, err)
			}
		}
	}
}

func many(n int) (l []string) {
	for i := range n {
		l = append(l, fmt.Sprintf(`"m%d":%d`, i, i))
	}
	return l
}

// What is lawful but odd is kept to the byte.
func TestFault44OddBodies(t *testing.T) {
	for _, v := range []string{"1e400", "9007199254740993", "-0.0e-0", `"\u0000"`, `"\u2028<>&"`, "[[[[]]]]", `{"":""}`, "1E+2", `"\ud83d\ude00"`} {
		body := `{"same":1,"v":` + v + `}`
		out, _, err := Prune([]byte(`{"same":1.0}`), []byte(body), PruneOptions{})
		if want := `{"v":` + v + `}`; err != nil || string(out) != want {
			t.Errorf("%s: %s, %v", v, out, err)
		}
	}
	members := strings.Join(many(100_000), ",")
	out, changed, err := Prune([]byte("{"+members+"}"), []byte(`{"x":1,`+members+"}"), PruneOptions{})
	if err != nil || !changed || string(out) != `{"x":1}` {
		t.Errorf("100,000 members: %d bytes, %v", len(out), err)
	}
}
