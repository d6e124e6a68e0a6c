package conflict

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
)

// soak tells whether the full counts run.
var soak = os.Getenv("GOODTENANT_SOAK") == "1"

func times(quick, full int) int {
	if soak {
		return full
	}
	return quick
}

// apply is MergePatch of RFC 7396 section 2, word for word: the oracle.
func apply(target, patch any) any {
	p, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	t, ok := target.(map[string]any)
	if !ok {
		t = map[string]any{}
	}
	t = maps.Clone(t)
	for name, value := range p {
		if value == nil {
			delete(t, name)
		} else {
			t[name] = apply(t[name], value)
		}
	}
	return t
}

// read decodes with numbers as they are spelled.
func read(b []byte) any {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		panic(fmt.Sprintf("%v in %q", err, b))
	}
	return v
}

// plain makes values comparable: members that are null go, numbers become
// canonical, and the result is a text.
func plain(v any) string {
	var b strings.Builder
	var walk func(v any, inArray bool)
	walk = func(v any, inArray bool) {
		switch v := v.(type) {
		case map[string]any:
			b.WriteByte('{')
			for _, k := range slices.Sorted(maps.Keys(v)) {
				if v[k] != nil {
					fmt.Fprintf(&b, "%q:", k)
					walk(v[k], false)
					b.WriteByte(',')
				}
			}
			b.WriteByte('}')
		case []any:
			b.WriteByte('[')
			for _, e := range v {
				walk(e, true)
				b.WriteByte(',')
			}
			b.WriteByte(']')
		case json.Number:
			b.WriteString(canonical(string(v)))
		default:
			fmt.Fprintf(&b, "%#v", v)
		}
	}
	walk(v, false)
	return b.String()
}

// gen makes random JSON from a few names and values, so that documents share a
// lot: numbers and strings come in several spellings.
type gen struct{ *rand.Rand }

func (g gen) pick(from ...string) string { return from[g.IntN(len(from))] }

func (g gen) value(depth int) string {
	switch n := g.IntN(10); {
	case n < 2 && depth > 0:
		return g.object(depth - 1)
	case n < 3 && depth > 0:
		return g.array(depth - 1)
	case n < 6:
		return g.pick("1", "1.0", "1e0", "10e-1", "-0", "0", "0.0", "9007199254740992", "9007199254740993", "1e400",
			"250000.00", "2.5e5", "0.1", "0.10000000000000001", "1e99999999999", "10e99999999998", "-1")
	case n < 8:
		return g.pick(`"a"`, `"\u0061"`, `"é"`, `"\u00e9"`, `"/"`, `"\/"`, `"😀"`, `"\ud83d\ude00"`, `""`, `"\n"`, `"<&"`)
	}
	return g.pick("null", "null", "true", "false")
}

func (g gen) object(depth int) string {
	var members []string
	for _, name := range []string{`"a"`, `"b"`, `"c"`, `"dé"`, `"e/f"`, `"g~"`, `""`} {
		if g.IntN(3) > 0 {
			if name == `"dé"` && g.IntN(2) == 0 {
				name = `"d\u00e9"`
			}
			members = append(members, name+g.pick(":", " : ")+g.value(depth))
		}
	}
	if g.IntN(8) == 0 { // past the few that are searched one by one
		for i := range 12 {
			members = append(members, fmt.Sprintf(`"m%d":%s`, i, g.value(0)))
		}
	}
	g.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	return "{" + strings.Join(members, g.pick(",", " , ")) + "}"
}

func (g gen) array(depth int) string {
	var elements []string
	for range g.IntN(4) {
		elements = append(elements, g.value(depth))
	}
	return "[" + strings.Join(elements, ",") + "]"
}

// mutate changes, adds and removes a few top-level members of an object.
func (g gen) mutate(object string) string {
	m := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(object), &m); err != nil {
		panic(err)
	}
	for range g.IntN(3) {
		m[g.pick("a", "b", "c", "dé", "z")] = json.RawMessage(g.value(2))
	}
	if g.IntN(3) == 0 {
		delete(m, g.pick("a", "b", "c", "dé"))
	}
	var members []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		name, _ := json.Marshal(k)
		members = append(members, string(name)+":"+string(m[k]))
	}
	return "{" + strings.Join(members, ",") + "}"
}
